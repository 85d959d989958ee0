//! `attach-partition-without-check`: a table is attached as a partition, and all its rows are looked at under a lock.

use crate::history::schema::Step;
use crate::operation::{ConstraintKind, Operation, TableStatement};
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds `ATTACH PARTITION` in `upgrade` for a table that was there before and is not known to have a validated check. On
    /// PostgreSQL.
    ///
    /// ## Why is this bad?
    /// PostgreSQL looks whether each row fits the bounds, under an `ACCESS EXCLUSIVE` lock on the table that is attached. A check that
    /// says what the bounds say spares it that. Where there is a default partition, that one is looked at as well.
    ///
    /// ## Example
    /// ```python bad
    /// op.execute("ALTER TABLE invoice ATTACH PARTITION old_invoice FOR VALUES FROM ('2019-01-01') TO ('2020-01-01')")
    /// ```
    ///
    /// ## Use instead
    /// In a revision before, a check with the same bounds that is added as not valid and validated, `day >= '2019-01-01' AND day <
    /// '2020-01-01' AND day IS NOT NULL`; then attach, then drop the check.
    ///
    /// ## References
    /// - pgfence: `attach-partition`
    /// - [PostgreSQL: partition maintenance](https://www.postgresql.org/docs/current/ddl-partitioning.html#DDL-PARTITIONING-DECLARATIVE-MAINTENANCE)
    "attach-partition-without-check", Locking, Warning,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Step(check),
}

fn check(step: &Step<'_>, sink: &mut Sink<'_>) {
    if !step.context.server.is_postgresql()
        || !step.upgrade().any(|moment| attached(moment.operation).is_some())
    {
        return;
    }
    step.walk(|moment, created| {
        let operation = moment.operation;
        let Some(about) = attached(operation) else { return };
        let Some(partition) = about.other.as_ref().filter(|table| !created.may_have_table(table)) else { return };
        let has_check = moment.schema.table(partition).yes().is_some_and(|table| {
            table.constraints.iter().any(|constraint| {
                constraint.kind == ConstraintKind::Check && constraint.validated == Some(true)
            })
        });
        if has_check {
            return;
        }
        sink.report(
            operation.span,
            format!(
                "{} looks at all rows of {} while reads and writes of it wait, to attach it to {}",
                operation.subject(),
                partition.quoted(),
                about.table.quoted()
            ),
        )
        .call_sites(&operation.call_sites)
        .help("add a check that says what the bounds say, as not valid, and validate it in a revision before this one");
    });
}

fn attached(operation: &Operation) -> Option<&TableStatement> {
    operation.on_table().filter(|about| &*about.verb == "ALTER TABLE ATTACH PARTITION")
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    const ATTACH: &str = "op.execute('ALTER TABLE t ATTACH PARTITION p FOR VALUES FROM (1) TO (2)')";

    #[test]
    fn without_a_check() {
        Tester::new(&RULE).upgrade(ATTACH).finds(&[
            "this SQL looks at all rows of `p` while reads and writes of it wait, to attach it to `t`",
        ]);
        let table = "op.create_table('p', sa.Column('a', sa.Integer()))";
        Tester::new(&RULE).history(&[table, ATTACH]).finds(&["`p`"]);
    }

    #[test]
    fn with_one_or_new() {
        let table = "op.create_table('p', sa.Column('a', sa.Integer()), sa.CheckConstraint('a = 1'))";
        Tester::new(&RULE).history(&[table, ATTACH]).ok();
        Tester::new(&RULE).upgrade(&format!("op.create_table('p')\n{ATTACH}")).ok();
    }
}

//! `alter-tables-can-be-combined`: several statements go through a table that one could do.

use crate::history::schema::Step;
use crate::operation::{Change, Operation, TableName};
use crate::rule::{Sink, declare_rule};
use crate::server::{Work, effects};

declare_rule! {
    /// ## What it does
    /// Finds operations of `upgrade` that follow each other, change the same table, and each of which reads or rewrites all its rows. On
    /// PostgreSQL.
    ///
    /// ## Why is this bad?
    /// Each statement goes through the table again while nobody can read it. One `ALTER TABLE` with several actions goes through it once.
    ///
    /// ## Example
    /// ```python bad
    /// op.alter_column("invoice", "number", nullable=False)
    /// op.alter_column("invoice", "day", nullable=False)
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.execute("ALTER TABLE invoice ALTER number SET NOT NULL, ALTER day SET NOT NULL")
    /// ```
    ///
    /// ## References
    /// - eugene: `W12`
    /// - [PostgreSQL: ALTER TABLE](https://www.postgresql.org/docs/current/sql-altertable.html)
    "alter-tables-can-be-combined", Locking, Info,
    preset: All, fix: None, since: "0.1.0",
    check: Step(check),
}

fn check(step: &Step<'_>, sink: &mut Sink<'_>) {
    let server = step.context.server;
    if !server.is_postgresql() || step.upgrade().filter(|moment| is_alter(moment.operation)).count() < 2 {
        return;
    }
    let mut last: Option<(TableName, &Operation)> = None;
    step.walk(|moment, created| {
        let operation = moment.operation;
        let effects = effects(&moment, created, server);
        let slow = effects
            .into_iter()
            .find(|effect| effect.lock.blocks_reads() && matches!(effect.work, Work::Scan | Work::Rewrite));
        let Some(slow) = slow.filter(|_| is_alter(operation)) else {
            last = None;
            return;
        };
        match &last {
            // The actions of one statement have one place.
            Some((table, before)) if *table == slow.table && before.span != operation.span => {
                sink.report(
                    operation.span,
                    format!(
                        "{} goes through {} again, right after {}: one `ALTER TABLE` can do both",
                        operation.subject(),
                        slow.table.quoted(),
                        before.subject()
                    ),
                )
                .call_sites(&operation.call_sites)
                .help("write one `ALTER TABLE` with both actions");
            }
            _ => {}
        }
        last = Some((slow.table, operation));
    });
}

fn is_alter(operation: &Operation) -> bool {
    matches!(operation.change, Change::AddColumn(_) | Change::AlterColumn(_) | Change::CreateConstraint(_))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    const FIRST: &str = "op.alter_column('t', 'a', nullable=False)";
    const SECOND: &str = "op.alter_column('t', 'b', nullable=False)";

    #[test]
    fn one_after_the_other() {
        Tester::new(&RULE)
            .upgrade(&format!("{FIRST}\n{SECOND}"))
            .finds(&["`op.alter_column` goes through `t` again, right after `op.alter_column`"]);
    }

    #[test]
    fn what_goes_through_once() {
        let upgrade = |body: &str| Tester::new(&RULE).upgrade(body);
        upgrade("op.execute('ALTER TABLE t ALTER a SET NOT NULL, ALTER b SET NOT NULL')").ok();
        upgrade(&format!("{FIRST}\nop.alter_column('t', 'b', nullable=True)")).ok();
        upgrade(&format!("{FIRST}\n{}", SECOND.replace("'t'", "'u'"))).ok();
    }
}

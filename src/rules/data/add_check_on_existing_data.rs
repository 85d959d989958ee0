//! `add-check-on-existing-data`: rows that are there may not keep to it.

use crate::operation::{Argument, Change, ConstraintKind};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds check constraints that `upgrade` adds to tables that were there before and that the database checks at once. Not `NOT VALID`, and
    /// not those of a column that the same upgrade adds.
    ///
    /// ## Why is this bad?
    /// One row that does not keep to it stops the upgrade, and only production has that row:
    /// ```text
    /// check constraint "total_is_positive" of relation "invoice" is violated by some row
    /// ```
    ///
    /// ## Example
    /// ```python bad
    /// op.create_check_constraint("total_is_positive", "invoice", "total >= 0")
    /// ```
    ///
    /// ## Use instead
    /// Look for such rows first, and mend them in a revision before. On PostgreSQL add it with `postgresql_not_valid=True`, which binds new
    /// rows only, and validate it later.
    /// ```python good
    /// op.create_check_constraint("total_is_positive", "invoice", "total >= 0", postgresql_not_valid=True)
    /// ```
    ///
    /// ## References
    /// - `check-without-not-valid` for the lock that it takes
    "add-check-on-existing-data", Data, Info,
    preset: Strict, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let Some(upgrade) = context.revision.upgrade_on_dialect() else { return };
    upgrade.walk(|operation, created| {
        let Change::CreateConstraint(create) = &operation.change else { return };
        let constraint = &create.constraint;
        let is_later = constraint.options.iter().any(|(key, value)| {
            matches!(&**key, "postgresql_not_valid" | "not_valid") && *value == Argument::Bool(true)
        });
        if constraint.kind != ConstraintKind::Check || is_later || created.has_table(&create.table) {
            return;
        }
        let is_of_new_column =
            constraint.columns.iter().flatten().any(|column| created.has_column(&create.table, column));
        if is_of_new_column {
            return;
        }
        sink.report(
            operation.span,
            format!(
                "{} fails where a row of {} does not keep to it",
                operation.subject(),
                create.table.quoted()
            ),
        )
        .call_sites(&operation.call_sites)
        .help("look for such rows, and mend them in a revision before");
    });
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    #[test]
    fn rows_that_are_there() {
        let upgrade = |body: &str| Tester::new(&RULE).upgrade(body);
        upgrade("op.create_check_constraint('c', 't', 'a > 0')")
            .finds(&["fails where a row of `t` does not keep to it"]);
        upgrade("op.create_check_constraint('c', 't', 'a > 0', postgresql_not_valid=True)").ok();
        upgrade("op.create_table('t', sa.Column('a', sa.Integer()))\nop.create_check_constraint('c', 't', 'a > 0')").ok();
    }
}

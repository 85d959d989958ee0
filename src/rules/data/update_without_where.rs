//! `update-without-where`: every row of a table is rewritten.

use crate::operation::{Operation, Statement, TableName};
use crate::revision::RevisionContext;
use crate::rule::{Severity, Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds `UPDATE` without a condition, or with one that is always true, in `upgrade`, as SQL or as a
    /// SQLAlchemy statement. Tables that the same upgrade made are left alone. Where the upgrade adds a column
    /// to the table first, the update most likely fills that column, and the finding is a warning, which on
    /// PostgreSQL tells of the lock: the table that got the column stays closed until all rows are done.
    ///
    /// ## Why is this bad?
    /// What the rows held before is gone, and `downgrade` cannot bring it back. On a large table one statement
    /// locks every row until the transaction ends. A forgotten `WHERE` looks just like this.
    ///
    /// ## Example
    /// ```python bad
    /// op.execute("UPDATE account SET is_active = true")
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.execute("UPDATE account SET is_active = true WHERE is_active IS NULL")
    /// ```
    /// For a large table, fill the column in batches, outside the revision.
    ///
    /// ## References
    /// - pgfence: `update-without-where`
    /// - `strong_migrations`: backfilling data
    "update-without-where", Data, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let Some(upgrade) = &context.revision.upgrade else { return };
    upgrade.walk_picked(changed, |operation, table, created| {
        if created.has_table(table) {
            return;
        }
        let report = sink
            .report(
                operation.span,
                format!("{} rewrites every row of {}: no condition limits it", operation.subject(), table.quoted()),
            )
            .call_sites(&operation.call_sites);
        if !created.has_column_in(table) {
            report.help(
                "add a `WHERE`; where really every row has to change, approve: \
                 `# alembic-lint: allow[update-without-where] -- <reason>`",
            );
        } else if created.is_changing(table) && context.keeps_locks() && context.runs_on_dialect(operation) {
            let between = context.siblings.environment.to_commit_between();
            report.severity(Severity::Warning).help(format!(
                "the new column keeps {} locked against reads and writes until all rows are filled: give it a \
                 `server_default`, or fill it in a revision of its own{between}; for few rows approve: \
                 `# alembic-lint: allow[update-without-where] -- <reason>`",
                table.quoted()
            ));
        } else {
            report.severity(Severity::Warning).help(
                "filling a new column locks every row of the table: on a large one, do it in batches; else approve: \
                 `# alembic-lint: allow[update-without-where] -- <reason>`",
            );
        }
    });
}

/// The table of an `UPDATE` of all rows.
fn changed(operation: &Operation) -> Option<&TableName> {
    match operation.statement()? {
        Statement::Update { table, has_where: false } => Some(table),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rule::Severity;
    use crate::testing::Tester;

    const FILL: &str = "op.add_column('t', sa.Column('a', sa.Integer()))\nop.execute('UPDATE t SET a = 1')";

    fn upgrade(body: &str) -> Tester {
        Tester::new(&RULE).upgrade(body)
    }

    #[test]
    fn sql_and_core() {
        upgrade("op.execute('UPDATE t SET a = 1')").finds(&["this SQL rewrites every row of `t`"]);
        upgrade("t = sa.table('t', sa.column('a'))\nop.execute(t.update().values(a=1))")
            .finds(&["this statement rewrites every row of `t`"]);
        upgrade("op.get_bind().execute(sa.text('update t set a = 1 where true'))").finds(&["`t`"]);
    }

    #[test]
    fn with_a_condition() {
        upgrade("op.execute('UPDATE t SET a = 1 WHERE a IS NULL')").ok();
        upgrade("t = sa.table('t', sa.column('a'))\nop.execute(t.update().where(t.c.a == 2).values(a=1))")
            .ok();
    }

    #[test]
    fn filling_a_new_column_is_a_warning() {
        upgrade("op.execute('UPDATE t SET a = 1')").has_severity(Severity::Error);
        upgrade(FILL).has_severity(Severity::Warning);
    }

    #[test]
    fn a_new_column_keeps_its_table_locked_while_it_is_filled() {
        let help = |body: &str| upgrade(body).finds(&["rewrites every row of `t`"]).help().to_owned();
        let locked = "keeps `t` locked against reads and writes until all rows are filled";
        assert!(help(FILL).contains(locked));
        assert!(help(&format!("op.execute('COMMIT')\nop.execute('BEGIN')\n{FILL}")).contains(locked));
        assert!(!help(&format!("op.execute('COMMIT')\n{FILL}")).contains(locked));
        let elsewhere =
            FILL.replace("op.execute", "if op.get_bind().dialect.name == 'mysql':\n    op.execute");
        assert!(!help(&elsewhere).contains(locked));
    }

    #[test]
    fn a_table_of_the_same_upgrade() {
        upgrade("op.create_table('t', sa.Column('a', sa.Integer()))\nop.execute('UPDATE t SET a = 1')").ok();
    }

    #[test]
    fn downgrade_is_not_judged() {
        upgrade("op.drop_table('b')").downgrade("op.execute('UPDATE a SET x = 1')").ok();
    }
}

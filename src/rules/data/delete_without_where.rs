//! `delete-without-where`: all rows of a table are deleted. With a condition it is `delete-data`'s.

use crate::operation::{Operation, Statement, TableName};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds `DELETE` without a condition, or with one that is always true (`WHERE 1 = 1`), in `upgrade`, as SQL
    /// or as a SQLAlchemy statement. Tables that the same upgrade made are left alone.
    ///
    /// ## Why is this bad?
    /// Every row is gone, and `downgrade` cannot bring one back. A forgotten `WHERE` looks just like this.
    ///
    /// ## Example
    /// ```python bad
    /// op.execute("DELETE FROM session")
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.execute("DELETE FROM session WHERE expires < now()")
    /// ```
    ///
    /// ## References
    /// - pgfence: `delete-without-where`
    "delete-without-where", Data, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let Some(upgrade) = &context.revision.upgrade else { return };
    upgrade.walk_picked(emptied, |operation, table, created| {
        if created.has_table(table) {
            return;
        }
        sink.report(
            operation.span,
            format!(
                "{} deletes every row of {}: no condition limits it",
                operation.subject(),
                table.quoted()
            ),
        )
        .call_sites(&operation.call_sites)
        .help(
            "add a `WHERE`; where really every row has to go, keep a copy and approve: \
             `# alembic-lint: allow[delete-without-where] -- <reason>`",
        );
    });
}

/// The table of a `DELETE` of all rows.
fn emptied(operation: &Operation) -> Option<&TableName> {
    match operation.statement()? {
        Statement::Delete { table, has_where: false } => Some(table),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    fn upgrade(body: &str) -> Tester {
        Tester::new(&RULE).upgrade(body)
    }

    #[test]
    fn sql_and_core() {
        upgrade("op.execute('DELETE FROM t')").finds(&["this SQL deletes every row of `t`"]);
        upgrade("t = sa.table('t')\nop.execute(t.delete())")
            .finds(&["this statement deletes every row of `t`"]);
        upgrade("op.get_bind().execute(sa.text('delete from t'))").finds(&["`t`"]);
    }

    #[test]
    fn a_condition_that_is_always_true() {
        upgrade("op.execute('DELETE FROM t WHERE 1 = 1')").finds(&["`t`"]);
    }

    #[test]
    fn with_a_condition() {
        upgrade("op.execute('DELETE FROM t WHERE a = 1')").ok();
    }

    #[test]
    fn a_table_of_the_same_upgrade() {
        upgrade("op.create_table('t', sa.Column('a', sa.Integer()))\nop.execute('DELETE FROM t')").ok();
    }

    #[test]
    fn downgrade_is_not_judged() {
        upgrade("op.drop_table('b')").downgrade("op.execute('DELETE FROM a')").ok();
    }
}

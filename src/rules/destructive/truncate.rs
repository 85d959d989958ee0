//! `truncate`: a table that was there before is emptied by TRUNCATE. DELETE is `delete-data`'s.

use crate::operation::{Operation, Statement, TableName};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds `TRUNCATE` in `upgrade`, one finding for each table. Tables that the same upgrade made are left
    /// alone.
    ///
    /// ## Why is this bad?
    /// Every row is gone and `downgrade` cannot bring one back. With `CASCADE`, PostgreSQL empties each table
    /// that refers to it as well, and tables that refer to those. It also takes an exclusive lock.
    ///
    /// ## Example
    /// ```python bad
    /// op.execute("TRUNCATE session CASCADE")
    /// ```
    ///
    /// ## Use instead
    /// Delete what has to go and nothing else, outside the revision, where it can be watched and stopped. A
    /// table that holds nothing of value may be emptied with an approval.
    ///
    /// ## References
    /// - squawk: `ban-truncate-cascade`
    /// - [PostgreSQL: TRUNCATE](https://www.postgresql.org/docs/current/sql-truncate.html)
    "truncate", Destructive, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let Some(upgrade) = &context.revision.upgrade else { return };
    upgrade.walk_picked(truncated, |operation, (table, cascade), created| {
        if created.has_table(table) {
            return;
        }
        let more = if cascade { ", and of every table that refers to it (CASCADE)" } else { "" };
        sink.report(
            operation.span,
            format!("{} deletes all rows of {}{more}", operation.subject(), table.quoted()),
        )
        .call_sites(&operation.call_sites)
        .help(
            "delete only what has to go, or keep a copy and approve: \
                 `# alembic-lint: allow[truncate] -- <reason>`",
        );
    });
}

/// The table, and whether those that refer to it are emptied too.
fn truncated(operation: &Operation) -> Option<(&TableName, bool)> {
    match operation.statement()? {
        Statement::Truncate { table, cascade } => Some((table, *cascade)),
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
    fn each_table_is_a_finding() {
        upgrade("op.execute('TRUNCATE TABLE a, app.b')").finds(&["all rows of `a`", "all rows of `app.b`"]);
    }

    #[test]
    fn cascade_is_named() {
        upgrade("op.execute('TRUNCATE a CASCADE')").finds(&["every table that refers to it (CASCADE)"]);
    }

    #[test]
    fn through_a_connection() {
        upgrade("op.get_bind().exec_driver_sql('truncate table a')").finds(&["`a`"]);
    }

    #[test]
    fn a_table_of_the_same_upgrade() {
        upgrade("op.create_table('a', sa.Column('x', sa.Integer()))\nop.execute('TRUNCATE a')").ok();
    }

    #[test]
    fn downgrade_is_not_judged() {
        upgrade("op.drop_table('b')").downgrade("op.execute('TRUNCATE a')").ok();
    }
}

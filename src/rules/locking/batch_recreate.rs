//! `batch-recreate`: a table is copied where it could be altered.

use crate::operation::{Dialect, Operation};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds `batch_alter_table(.., recreate="always")` on PostgreSQL, MySQL and MariaDB.
    ///
    /// ## Why is this bad?
    /// Batch mode then makes a new table, copies all rows, drops the old one and renames the new one: for SQLite, which can alter
    /// little. On a server that takes as long as the table is large, and what Alembic does not read of the old table (triggers, rights,
    /// policies, checks without a name) is gone.
    ///
    /// ## Example
    /// ```python bad
    /// with op.batch_alter_table("invoice", recreate="always") as batch_op:
    ///     batch_op.add_column(sa.Column("note", sa.Text()))
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// with op.batch_alter_table("invoice") as batch_op:
    ///     batch_op.add_column(sa.Column("note", sa.Text()))
    /// ```
    /// Without the argument batch mode copies on SQLite, and alters elsewhere.
    ///
    /// ## References
    /// - [Alembic: batch migrations](https://alembic.sqlalchemy.org/en/latest/batch.html)
    "batch-recreate", Locking, Warning,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let Some(upgrade) = context.revision.upgrade_on_dialect() else { return };
    let is_copied = |operation: &Operation| operation.recreate;
    if context.dialect == Dialect::Sqlite || !upgrade.operations.iter().any(is_copied) {
        return;
    }
    let mut last = None;
    upgrade.walk_those(is_copied, |operation, created| {
        let Some(table) = operation.change.table().cloned() else { return };
        // One block is one copy.
        if last.as_ref() == Some(&table) || created.may_have_table(&table) {
            return;
        }
        sink.report(
            operation.span,
            format!(
                "`recreate=\"always\"` copies {} row by row, and loses its triggers, rights and policies",
                table.quoted()
            ),
        )
        .call_sites(&operation.call_sites)
        .help("leave `recreate` out: batch mode copies on SQLite only");
        last = Some(table);
    });
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::config::Settings;
    use crate::operation::Dialect;
    use crate::testing::Tester;

    const COPY: &str = "with op.batch_alter_table('t', recreate='always') as b:\n    b.drop_column('a')\n    b.drop_column('b')";

    #[test]
    fn once_for_a_block() {
        Tester::new(&RULE).upgrade(COPY).finds(&["copies `t` row by row"]);
    }

    #[test]
    fn sqlite_and_new_tables() {
        let sqlite = Settings { dialect: Some(Dialect::Sqlite), ..Settings::default() };
        Tester::new(&RULE).settings(sqlite).upgrade(COPY).ok();
        Tester::new(&RULE).upgrade("with op.batch_alter_table('t') as b:\n    b.drop_column('a')").ok();
        Tester::new(&RULE)
            .upgrade(&format!("op.create_table('t', sa.Column('a', sa.Integer()))\n{COPY}"))
            .ok();
    }
}

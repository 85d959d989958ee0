//! `mysql-non-atomic-revision`: a revision that fails half way stays half done.

use crate::operation::{Change, Operation};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds revisions that change the structure of tables that are there by two or more statements. On MySQL and MariaDB.
    ///
    /// ## Why is this bad?
    /// Each such statement commits by itself. When the second one fails, the first one stays, `alembic_version` still names the
    /// revision before, and the next `alembic upgrade` stops at what is already done:
    /// ```text
    /// (1060, "Duplicate column name 'note'")
    /// ```
    /// Somebody has to clean up by hand, in production.
    ///
    /// ## Example
    /// ```python bad dialect=mysql
    /// op.add_column("invoice", sa.Column("note", sa.Text()))
    /// op.create_index("by_day", "invoice", ["day"])
    /// ```
    ///
    /// ## Use instead
    /// A revision for each statement; or statements that can run twice (`if_not_exists=True`, on MariaDB).
    /// ```python good dialect=mysql
    /// op.add_column("invoice", sa.Column("note", sa.Text()))
    /// ```
    ///
    /// ## References
    /// - [MySQL: statements that cause an implicit commit](https://dev.mysql.com/doc/refman/8.0/en/implicit-commit.html)
    "mysql-non-atomic-revision", Locking, Warning,
    preset: Strict, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let Some(upgrade) = context.revision.upgrade_on_dialect().filter(|_| context.server.is_mysql_like())
    else {
        return;
    };
    let mut changes: Vec<&Operation> = Vec::new();
    upgrade.walk(|operation, created| {
        let is_of_new = operation.change.table().is_some_and(|table| created.has_table(table));
        let is_same_statement = changes.last().is_some_and(|last| {
            operation.is_raw_sql() && last.span == operation.span && last.origin == operation.origin
        });
        if !is_of_new && !is_same_statement && can_stay_half_done(operation) {
            changes.push(operation);
        }
    });
    let [_, second, ..] = changes.as_slice() else { return };
    sink.report(
        second.span,
        format!(
            "{} statements that MySQL commits one by one: where this one fails, what is before it stays",
            changes.len()
        ),
    )
    .call_sites(&second.call_sites)
    .help("give each a revision of its own");
}

/// Whether it changes the structure, and fails when it runs a second time.
fn can_stay_half_done(operation: &Operation) -> bool {
    match &operation.change {
        Change::CreateTable(create) => !create.if_not_exists,
        Change::DropTable(drop) => !drop.if_exists,
        Change::AddColumn(add) => !add.if_not_exists,
        Change::DropColumn(drop) => !drop.if_exists,
        Change::CreateIndex(create) => !create.if_not_exists,
        Change::DropIndex(drop) => !drop.if_exists,
        Change::DropConstraint(drop) => !drop.if_exists,
        Change::RenameTable(_) | Change::CreateConstraint(_) => true,
        Change::AlterColumn(_)
        | Change::CreateTableComment(_)
        | Change::DropTableComment(_)
        | Change::BulkInsert(_)
        | Change::Execute(_)
        | Change::Custom(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::config::Settings;
    use crate::operation::Dialect;
    use crate::testing::Tester;

    fn upgrade(body: &str) -> Tester {
        let settings = Settings { dialect: Some(Dialect::Mariadb), ..Settings::default() };
        Tester::new(&RULE).settings(settings).upgrade(body)
    }

    #[test]
    fn what_can_stay_half_done() {
        upgrade("op.add_column('t', sa.Column('a', sa.Integer()))\nop.create_index('i', 't', ['b'])\nop.drop_column('t', 'c')")
            .finds(&["3 statements that MySQL commits one by one"]);
    }

    #[test]
    fn one_statement_or_one_that_can_run_twice() {
        upgrade("op.add_column('t', sa.Column('a', sa.Integer()))").ok();
        upgrade("op.execute('ALTER TABLE t ADD COLUMN a int, ADD COLUMN b int')").ok();
        upgrade("op.create_table('t', sa.Column('a', sa.Integer()))\nop.create_index('i', 't', ['a'])").ok();
        upgrade(
            "op.add_column('t', sa.Column('a', sa.Integer()), if_not_exists=True)\nop.drop_column('t', 'b')",
        )
        .ok();
        upgrade("op.drop_column('t', 'b')\nop.execute('UPDATE t SET a = 1')").ok();
    }
}

//! `rename-table`: code that still runs asks for the table by its old name.

use crate::operation::{Change, Name, Operation, RenameTable, Statement, TableName};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds tables that `upgrade` renames, unless it made them itself or leaves a view or a table under the old name.
    ///
    /// ## Why is this bad?
    /// The statement is instant, and from that moment on every process that still runs the old code fails:
    /// ```text
    /// relation "user" does not exist
    /// Table 'app.user' doesn't exist
    /// ```
    /// The new code fails as long as the upgrade has not run, and again after a downgrade. There is no order of deployment in
    /// which nothing breaks.
    ///
    /// ## Example
    /// ```python bad
    /// op.rename_table("user", "account")
    /// ```
    ///
    /// ## Use instead
    /// Keep the name in the database and rename the model only (`__tablename__ = "user"`). Or leave a view under the old name in
    /// the same revision, through which PostgreSQL reads and writes, and drop it when nobody asks for it any more:
    /// ```python good
    /// op.rename_table("user", "account")
    /// op.execute('CREATE VIEW "user" AS SELECT * FROM account')
    /// ```
    ///
    /// ## References
    /// - squawk: `renaming-table`
    /// - `strong_migrations`: renaming a table
    /// - django-migration-linter: `RENAME_TABLE`
    /// - Atlas: BC101
    "rename-table", Compatibility, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let Some(upgrade) = context.revision.upgrade_on_dialect() else { return };
    let is_rename = |operation: &Operation| matches!(operation.change, Change::RenameTable(_));
    if !upgrade.operations.iter().any(is_rename) {
        return;
    }
    upgrade.walk(|operation, created| {
        let Change::RenameTable(rename) = &operation.change else { return };
        let is_left = || upgrade.operations.iter().any(|other| takes_its_place(&other.change, rename));
        if created.has_table(&rename.table) || rename.table.name == rename.to || is_left() {
            return;
        }
        let to = TableName { schema: Name::None, name: rename.to.clone() };
        sink.report(
            operation.span,
            format!(
                "{} makes {} {}: code that still runs asks for the old name and fails",
                operation.subject(),
                rename.table.quoted(),
                to.quoted()
            ),
        )
        .call_sites(&operation.call_sites)
        .help(
            "keep the name in the database and rename the model only; or create a view of the old name in this revision, \
             and drop it later",
        );
    });
}

/// Whether something has the old name afterwards.
fn takes_its_place(change: &Change, rename: &RenameTable) -> bool {
    match change {
        Change::CreateTable(create) => create.table == rename.table,
        Change::RenameTable(other) => other.to == rename.table.name,
        Change::Execute(execute) => {
            matches!(&execute.statement, Statement::CreateView { name } if name.name == rename.table.name)
        }
        _ => false,
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
    fn every_spelling() {
        upgrade("op.rename_table('a', 'b')").finds(&["`op.rename_table` makes `a` `b`"]);
        upgrade("op.rename_table('a', 'b', schema='s')").finds(&["makes `s.a` `b`"]);
        upgrade("op.execute('ALTER TABLE a RENAME TO b')").finds(&["this SQL makes `a` `b`"]);
    }

    #[test]
    fn something_has_the_old_name() {
        upgrade("op.rename_table('a', 'b')\nop.execute('CREATE VIEW a AS SELECT * FROM b')").ok();
        upgrade("op.rename_table('a', 'b')\nop.create_table('a', sa.Column('x', sa.Integer()))").ok();
        upgrade("op.create_table('new', sa.Column('x', sa.Integer()))\nop.rename_table('a', 'old')\nop.rename_table('new', 'a')").ok();
    }

    #[test]
    fn a_table_of_the_same_upgrade() {
        upgrade("op.create_table('a', sa.Column('x', sa.Integer()))\nop.rename_table('a', 'b')").ok();
        upgrade("op.drop_table('c')").downgrade("op.rename_table('a', 'b')").ok();
    }
}

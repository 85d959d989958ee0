//! `rename-column`: code that still runs asks for the column by its old name.

use crate::operation::{Change, Name};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds columns that `upgrade` renames, unless it made them itself.
    ///
    /// ## Why is this bad?
    /// The statement is instant, and from that moment on every process that still runs the old code fails; `SQLAlchemy` names
    /// all columns of a model in each query:
    /// ```text
    /// column user.fullname does not exist
    /// Unknown column 'user.fullname' in 'field list'
    /// ```
    /// The new code fails as long as the upgrade has not run, and again after a downgrade.
    ///
    /// ## Example
    /// ```python bad
    /// op.alter_column("user", "fullname", new_column_name="name")
    /// ```
    ///
    /// ## Use instead
    /// Keep the name in the database and rename the attribute only: `name: str = Field(sa_column=Column("fullname", String))`. Or go
    /// in steps, each deployed by itself: add the new column and write to both, copy the values, read from the new one, and
    /// drop the old one when nobody asks for it.
    /// ```python good
    /// op.add_column("user", sa.Column("name", sa.String(), nullable=True))
    /// ```
    /// Where the application stands still during the upgrade, approve:
    /// `# alembic-lint: allow[rename-column] -- maintenance window, ticket DB-17`.
    ///
    /// ## References
    /// - squawk: `renaming-column`
    /// - `strong_migrations`: renaming a column
    /// - django-migration-linter: `RENAME_COLUMN`
    /// - Atlas: BC102
    "rename-column", Compatibility, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let Some(upgrade) = context.revision.upgrade_on_dialect() else { return };
    let renames =
        |change: &Change| matches!(change, Change::AlterColumn(alter) if alter.new_name != Name::None);
    if !upgrade.operations.iter().any(|operation| renames(&operation.change)) {
        return;
    }
    upgrade.walk(|operation, created| {
        let Change::AlterColumn(alter) = &operation.change else { return };
        let is_rename = alter.new_name != Name::None && alter.new_name != alter.column;
        if !is_rename || created.has_column(&alter.table, &alter.column) {
            return;
        }
        let to = match alter.new_name.known() {
            Some(name) => format!("`{name}`"),
            None => "a name that only running it would tell".to_owned(),
        };
        sink.report(
            operation.span,
            format!(
                "{} makes {} {to}: code that still runs asks for the old name and fails",
                operation.subject(),
                alter.table.quoted_column(&alter.column)
            ),
        )
        .call_sites(&operation.call_sites)
        .help(
            "keep the name in the database and rename the attribute of the model only; or add the new column, write to both, \
             copy, and drop the old one in a later release",
        );
    });
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
        upgrade("op.alter_column('t', 'a', new_column_name='b')")
            .finds(&["`op.alter_column` makes `t.a` `b`"]);
        upgrade("with op.batch_alter_table('t') as batch:\n    batch.alter_column('a', new_column_name='b', nullable=True)")
            .finds(&["`batch_op.alter_column` makes `t.a` `b`"]);
        upgrade("op.execute('ALTER TABLE t RENAME COLUMN a TO b')").finds(&["this SQL makes `t.a` `b`"]);
        upgrade("op.alter_column('t', 'a', new_column_name=name())").finds(&["a name that only running it"]);
    }

    #[test]
    fn what_nobody_knows_yet() {
        upgrade("op.add_column('t', sa.Column('a', sa.Integer()))\nop.alter_column('t', 'a', new_column_name='b')").ok();
        upgrade("op.create_table('t', sa.Column('a', sa.Integer()))\nop.alter_column('t', 'a', new_column_name='b')").ok();
        upgrade("op.alter_column('t', 'a', new_column_name='a', nullable=True)").ok();
        upgrade("op.alter_column('t', 'a', nullable=True)").ok();
        upgrade("op.drop_table('x')").downgrade("op.alter_column('t', 'a', new_column_name='b')").ok();
    }
}

//! `primary-key-not-added`: `op.add_column` leaves `primary_key=True` of the column out.

use crate::operation::{
    AddColumn, Argument, Change, ConstraintKind, Dialect, Operation, Statement, TableName,
};
use crate::revision::{Body, RevisionContext};
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds `add_column` with a column that says `primary_key=True`, in `upgrade` and `downgrade`, unless it is given
    /// `inline_primary_key=True` or the same function makes the primary key.
    ///
    /// ## Why is this bad?
    /// `create_table` makes the primary key of such columns, `add_column` does not. It writes
    /// ```text
    /// ALTER TABLE event ADD COLUMN id SERIAL NOT NULL
    /// ```
    /// and the table has no primary key: duplicates go in, foreign keys to the column are refused. MySQL and MariaDB refuse a number
    /// that counts up by itself and is no key:
    /// ```text
    /// (1075, 'Incorrect table definition; there can be only one auto column and it must be defined as a key')
    /// ```
    ///
    /// ## Example
    /// ```python bad
    /// op.add_column("event", sa.Column("id", sa.Integer(), primary_key=True))
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.add_column("event", sa.Column("id", sa.Integer(), primary_key=True), inline_primary_key=True)
    /// ```
    /// with Alembic 1.18.4 or later, or
    /// ```python good
    /// op.add_column("event", sa.Column("id", sa.Integer(), sa.Identity(), nullable=False))
    /// op.create_primary_key("pk_event", "event", ["id"])
    /// ```
    /// A primary key that is there must be dropped before. SQLite adds none to a table that is there: use batch mode and
    /// `batch_op.create_primary_key`.
    ///
    /// ## References
    /// - [Alembic: `add_column`](https://alembic.sqlalchemy.org/en/latest/ops.html#alembic.operations.Operations.add_column)
    "primary-key-not-added", Content, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let bodies = [context.revision.upgrade_on_dialect(), context.revision.downgrade_on_dialect()];
    for body in bodies.into_iter().flatten() {
        for operation in &body.operations {
            let Some(add) = left_out(operation) else { continue };
            // A copy of a table makes the key, if it has none; on SQLite the other changes decide whether one is made.
            let is_copied = operation.batch && (operation.recreate || context.dialect == Dialect::Sqlite);
            if is_copied || may_make_key(body, &add.table) {
                continue;
            }
            sink.report(
                operation.span,
                format!(
                    "{} adds {} without its `primary_key=True`: it becomes no primary key",
                    operation.subject(),
                    add.table.quoted_column(&add.column.name)
                ),
            )
            .call_sites(&operation.call_sites)
            .help(if context.dialect == Dialect::Sqlite {
                "use `batch_alter_table` with `batch_op.create_primary_key`"
            } else {
                "give `add_column` `inline_primary_key=True` (Alembic 1.18.4 or later), or add `op.create_primary_key`"
            });
        }
    }
}

/// A column whose key `add_column` leaves out.
fn left_out(operation: &Operation) -> Option<&AddColumn> {
    match &operation.change {
        Change::AddColumn(add) => {
            let is_left_out = add.column.primary_key && !operation.is_raw_sql() && !is_inline(add);
            is_left_out.then_some(add)
        }
        _ => None,
    }
}

fn is_inline(add: &AddColumn) -> bool {
    let mut options = add.options.iter();
    options.any(|(key, value)| &**key == "inline_primary_key" && *value != Argument::Bool(false))
}

/// Whether something in the function makes, or may make, the primary key of the table.
fn may_make_key(body: &Body, table: &TableName) -> bool {
    let is_hidden = body.unresolved.iter().any(|unresolved| unresolved.hides_after.is_some());
    is_hidden
        || body.operations.iter().any(|operation| match &operation.change {
            Change::CreateConstraint(create) => {
                create.constraint.kind == ConstraintKind::PrimaryKey && create.table.is_same(table)
            }
            Change::AddColumn(add) => {
                add.column.primary_key && left_out(operation).is_none() && add.table.is_same(table)
            }
            Change::Execute(execute) => match &execute.statement {
                Statement::ConstraintUsingIndex { table: of, primary_key, .. } => {
                    *primary_key && of.is_same(table)
                }
                Statement::Unparsed | Statement::Unknown => true,
                _ => false,
            },
            _ => false,
        })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::config::Settings;
    use crate::operation::Dialect;
    use crate::testing::Tester;

    const ADD: &str = "op.add_column('t', sa.Column('id', sa.Integer(), primary_key=True))";

    fn upgrade(body: &str) -> Tester {
        Tester::new(&RULE).upgrade(body)
    }

    fn on_sqlite(body: &str) -> Tester {
        upgrade(body).settings(Settings { dialect: Some(Dialect::Sqlite), ..Settings::default() })
    }

    #[test]
    fn the_key_is_left_out() {
        let found = upgrade(ADD).finds(&["`op.add_column` adds `t.id` without its `primary_key=True`"]);
        assert!(found.help().contains("inline_primary_key=True"));
        upgrade("pass").downgrade(ADD).finds(&["`t.id`"]);
        upgrade("with op.batch_alter_table('t') as b:\n    b.add_column(sa.Column('id', sa.Uuid(), primary_key=True))")
            .finds(&["`batch_op.add_column` adds `t.id`"]);
        upgrade(&format!("{ADD}\nop.create_primary_key('pk', 'u', ['id'])")).finds(&["`t.id`"]);
        let found = on_sqlite(ADD).finds(&["`t.id`"]);
        assert!(found.help().contains("batch_op.create_primary_key"));
    }

    #[test]
    fn the_key_is_made() {
        upgrade(
            "op.add_column('t', sa.Column('id', sa.Integer(), primary_key=True), inline_primary_key=True)",
        )
        .ok();
        upgrade(&format!("{ADD}\nop.create_primary_key('pk', 't', ['id'])")).ok();
        upgrade(&format!("{ADD}\nop.execute('ALTER TABLE t ADD PRIMARY KEY (id)')")).ok();
        upgrade(&format!("{ADD}\nop.execute(sql())")).ok();
        upgrade("op.execute('ALTER TABLE t ADD COLUMN id serial PRIMARY KEY')").ok();
        upgrade("op.create_table('t', sa.Column('id', sa.Integer(), primary_key=True))").ok();
        let batch = "b.add_column(sa.Column('id', sa.Integer(), primary_key=True))";
        upgrade(&format!("with op.batch_alter_table('t', recreate='always') as b:\n    {batch}")).ok();
        on_sqlite(&format!("with op.batch_alter_table('t') as b:\n    {batch}")).ok();
    }
}

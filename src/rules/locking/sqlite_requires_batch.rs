//! `sqlite-requires-batch`: SQLite cannot alter a table so, and Alembic can only in batch mode.

use crate::diagnostic::Fix;
use crate::fix::put_into_batch;
use crate::operation::{
    Argument, Attribute, Change, Column, Dialect, Name, Operation, Origin, ServerDefault, last_part,
};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds, in projects on SQLite, changes of columns and constraints outside `op.batch_alter_table`, in `upgrade` and in
    /// `downgrade`. Renames, added and dropped columns and indexes need no batch.
    ///
    /// ## Why is this bad?
    /// SQLite has no `ALTER COLUMN` and no `ADD CONSTRAINT`. The call always fails, and since SQLite commits each statement, what
    /// ran before it stays:
    /// ```text
    /// sqlite3.OperationalError: near "ALTER": syntax error
    /// NotImplementedError: No support for ALTER of constraints in SQLite dialect. Please refer to the batch mode feature
    /// ```
    ///
    /// ## Example
    /// ```python bad dialect=sqlite
    /// op.alter_column("user", "name", existing_type=sa.String(), nullable=False)
    /// ```
    ///
    /// ## Use instead
    /// ```python good dialect=sqlite
    /// with op.batch_alter_table("user") as batch_op:
    ///     batch_op.alter_column("name", existing_type=sa.String(), nullable=False)
    /// ```
    /// `render_as_batch=True` in `env.py` lets autogenerate write it.
    ///
    /// ## Fix safety
    /// Safe: without a batch the calls can only fail. Calls that follow each other on one table share a batch, which copies it once.
    /// Constraints without a name are left to you: batch mode needs one.
    ///
    /// ## References
    /// - [Alembic: running "batch" migrations for SQLite](https://alembic.sqlalchemy.org/en/latest/batch.html)
    /// - [SQLite: ALTER TABLE](https://www.sqlite.org/lang_altertable.html)
    "sqlite-requires-batch", Locking, Error,
    preset: Recommended, fix: Sometimes, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    if context.dialect != Dialect::Sqlite {
        return;
    }
    let bodies = [context.revision.upgrade_on_dialect(), context.revision.downgrade_on_dialect()];
    for body in bodies.into_iter().flatten() {
        let is_directive = |operation: &&Operation| operation.origin == Origin::Directive && !operation.batch;
        let refused: Vec<(&Operation, &str)> = body
            .operations
            .iter()
            .filter(is_directive)
            .filter_map(|one| Some((one, refused(one)?)))
            .collect();
        let mut rest = refused.as_slice();
        while let Some(((first, what), after)) = rest.split_first() {
            let report = sink
                .report(first.span, format!("{} {what}, which SQLite has no statement for", first.subject()))
                .call_sites(&first.call_sites)
                .help("put it into `with op.batch_alter_table(..) as batch_op:`, which copies the table");
            let group = together(context, first, after);
            if let Some(edits) =
                put_into_batch(context, &group).filter(|_| group.iter().all(|one| has_name(one)))
            {
                report.fix(Fix::safe("put it into batch mode", edits));
            }
            // One copy of the table for all of them: the repair of the first is the repair of the others.
            for (other, (operation, what)) in group.iter().skip(1).zip(after) {
                sink.report(
                    other.span,
                    format!("{} {what}, which SQLite has no statement for", operation.subject()),
                )
                .help("put it into the same `with op.batch_alter_table(..) as batch_op:`");
            }
            rest = after.get(group.len() - 1..).unwrap_or_default();
        }
    }
}

/// The operation with those that follow it, statement by statement, on the same table.
fn together<'a>(
    context: &RevisionContext<'_>,
    first: &'a Operation,
    after: &[(&'a Operation, &str)],
) -> Vec<&'a Operation> {
    let place = |operation: &Operation| {
        let statements = &context.revision.statements;
        context.own_call(operation).and_then(|_| statements.iter().position(|span| *span == operation.span))
    };
    let mut group = vec![first];
    let mut last = place(first);
    for (operation, _) in after {
        let next = place(operation);
        let follows = last.is_some() && next == last.map(|last| last + 1);
        if !follows || operation.change.table() != first.change.table() || !has_name(operation) {
            break;
        }
        group.push(operation);
        last = next;
    }
    group
}

/// Batch mode finds constraints by their names, and makes none without (`alembic/operations/batch.py`).
fn has_name(operation: &Operation) -> bool {
    match &operation.change {
        Change::CreateConstraint(_) | Change::DropConstraint(_) => *operation.change.name() != Name::None,
        _ => true,
    }
}

/// What an operation does that SQLite cannot, as a verb.
fn refused(operation: &Operation) -> Option<&'static str> {
    match &operation.change {
        Change::AlterColumn(alter) if alter.type_.is_some() => Some("changes the type of a column"),
        Change::AlterColumn(alter) if alter.nullable != Attribute::Unchanged => {
            Some("changes whether a column takes NULL")
        }
        Change::AlterColumn(alter) if alter.server_default != ServerDefault::NotGiven => {
            Some("changes the default of a column")
        }
        Change::CreateConstraint(_) => Some("adds a constraint"),
        Change::DropConstraint(_) => Some("drops a constraint"),
        Change::AddColumn(add) if has_constraint(&add.column) => Some("adds a column with a constraint"),
        _ => None,
    }
}

/// Whether SQLAlchemy adds a constraint of the column by a statement of its own.
fn has_constraint(column: &Column) -> bool {
    let is_foreign_key = |item: &Argument| item.path().is_some_and(|path| last_part(path) == "ForeignKey");
    column.unique || column.items.iter().any(is_foreign_key)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::config::Settings;
    use crate::operation::Dialect;
    use crate::testing::Tester;

    fn upgrade(body: &str) -> Tester {
        let settings = Settings { dialect: Some(Dialect::Sqlite), ..Settings::default() };
        Tester::new(&RULE).settings(settings).upgrade(body)
    }

    #[test]
    fn what_sqlite_has_no_statement_for() {
        upgrade("op.alter_column('t', 'a', nullable=False)").finds(&[
            "`op.alter_column` changes whether a column takes NULL, which SQLite has no statement for",
        ]);
        upgrade("op.alter_column('t', 'a', type_=sa.Text())").finds(&["changes the type"]);
        upgrade("op.alter_column('t', 'a', server_default=None)").finds(&["changes the default"]);
        upgrade("op.create_unique_constraint('uq', 't', ['a'])").finds(&["adds a constraint"]);
        upgrade("pass")
            .downgrade("op.drop_constraint('uq', 't', type_='unique')")
            .finds(&["drops a constraint"]);
        upgrade("op.add_column('t', sa.Column('a', sa.Integer(), sa.ForeignKey('u.id')))")
            .finds(&["adds a column with"]);
        upgrade("op.add_column('t', sa.Column('a', sa.Integer(), unique=True))")
            .finds(&["adds a column with"]);
    }

    #[test]
    fn statements_on_one_table_share_a_batch() {
        upgrade("op.alter_column('t', 'a', nullable=False)\nop.create_unique_constraint('uq', 't', ['a'], schema='s')")
            .finds(&["NULL", "adds a constraint"])
            .fixes(
                "    op.alter_column('t', 'a', nullable=False)\n    op.create_unique_constraint('uq', 't', ['a'], schema='s')\n",
                "    with op.batch_alter_table('t') as batch_op:\n        batch_op.alter_column('a', nullable=False)\n    \
                 with op.batch_alter_table('t', schema='s') as batch_op:\n        batch_op.create_unique_constraint('uq', ['a'])\n",
            );
        upgrade("op.drop_constraint('fk', 't', type_='foreignkey')\nop.create_foreign_key(\n    'fk', 't',\n    'u', ['a'], ['id'],\n)")
            .finds(&["drops a constraint", "adds a constraint"])
            .fixes(
                "    op.drop_constraint('fk', 't', type_='foreignkey')\n    op.create_foreign_key(\n        'fk', 't',\n        'u', ['a'], ['id'],\n    )\n",
                "    with op.batch_alter_table('t') as batch_op:\n        batch_op.drop_constraint('fk', type_='foreignkey')\n        \
                 batch_op.create_foreign_key(\n            'fk', 'u', ['a'], ['id'],\n        )\n",
            );
        upgrade("op.create_unique_constraint(None, 't', ['a'])").finds(&["adds a constraint"]).without_fix();
    }

    #[test]
    fn what_it_can_do() {
        upgrade("with op.batch_alter_table('t') as b:\n    b.alter_column('a', nullable=False)\n    b.create_unique_constraint('uq', ['a'])").ok();
        upgrade("op.alter_column('t', 'a', new_column_name='b')").ok();
        upgrade("op.add_column('t', sa.Column('a', sa.Integer(), sa.CheckConstraint('a > 0'), index=True))")
            .ok();
        upgrade("op.drop_column('t', 'a')\nop.create_index('ix', 't', ['a'], unique=True)").ok();
        upgrade("op.alter_column('t', 'a', existing_type=sa.Text())").ok();
        upgrade("if op.get_context().dialect.name != 'sqlite':\n    op.drop_constraint('uq', 't')").ok();
        Tester::new(&RULE).upgrade("op.alter_column('t', 'a', nullable=False)").ok();
    }
}

//! `unique-constraint-builds-index`: a unique constraint builds its index while the table is locked.

use crate::operation::{Change, ConstraintKind, Operation, TableName};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds unique constraints that `upgrade` adds to a table that was there before: `create_unique_constraint`,
    /// `Column(unique=True)` in `add_column`, `ADD UNIQUE`. On PostgreSQL.
    ///
    /// ## Why is this bad?
    /// The constraint needs an index, and `ALTER TABLE` builds it under an `ACCESS EXCLUSIVE` lock: nobody reads from the table or
    /// writes to it until the index is there and the transaction has ended.
    ///
    /// ## Example
    /// ```python bad
    /// op.create_unique_constraint("invoice_number_key", "invoice", ["number"])
    /// ```
    ///
    /// ## Use instead
    /// Build the index concurrently, in a revision of its own, then make the constraint of it:
    /// ```python good
    /// with op.get_context().autocommit_block():
    ///     op.create_index(
    ///         "invoice_number_key", "invoice", ["number"], unique=True, postgresql_concurrently=True
    ///     )
    /// op.execute(
    ///     "ALTER TABLE invoice ADD CONSTRAINT invoice_number_key UNIQUE USING INDEX invoice_number_key"
    /// )
    /// ```
    ///
    /// `alembic-lint split <revision>` writes such a sequence of revisions.
    ///
    /// ## References
    /// - squawk: `disallowed-unique-constraint`; `strong_migrations`: adding a unique constraint; atlas: `PG105`
    /// - [PostgreSQL: ALTER TABLE, `ADD CONSTRAINT .. USING INDEX`](https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-TABLE-CONSTRAINT-USING-INDEX)
    "unique-constraint-builds-index", Locking, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    context.on_postgresql(
        |operation| made_unique(operation).is_some(),
        |operation, created| {
            let Some((table, what)) = made_unique(operation).filter(|(table, _)| !created.may_have_table(table)) else {
                return;
            };
            let help = if context.siblings.partitioned.contains(table) {
                "a partitioned table takes no constraint from an index: choose a time at which nobody needs it"
            } else {
                "create a unique index with `postgresql_concurrently=True` in an `autocommit_block`, then \
                 `ALTER TABLE .. ADD CONSTRAINT .. UNIQUE USING INDEX ..`"
            };
            sink.report(
                operation.span,
                format!(
                    "{} builds the index of {what} while reads and writes of {} wait",
                    operation.subject(),
                    table.quoted()
                ),
            )
            .call_sites(&operation.call_sites)
            .help(help);
        },
    );
}

/// The table and what becomes unique. With `index=True` as well SQLAlchemy makes a unique index instead.
fn made_unique(operation: &Operation) -> Option<(&TableName, String)> {
    match &operation.change {
        Change::CreateConstraint(create) if create.constraint.kind == ConstraintKind::Unique => {
            let name = create.constraint.name.known();
            let name =
                name.map_or("a unique constraint".to_owned(), |name| format!("unique constraint `{name}`"));
            Some((&create.table, name))
        }
        Change::AddColumn(add) if add.column.unique && !add.column.index => Some((
            &add.table,
            format!("unique column {}", add.column.name.quoted_or("whose name is not known")),
        )),
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
    fn every_spelling() {
        upgrade("op.create_unique_constraint('q', 't', ['a'])").finds(&[
            "`op.create_unique_constraint` builds the index of unique constraint `q` while reads and writes of `t` wait",
        ]);
        upgrade("op.create_unique_constraint(None, 't', ['a'])").finds(&["index of a unique constraint"]);
        upgrade("with op.batch_alter_table('t') as b:\n    b.create_unique_constraint('q', ['a'])")
            .finds(&["`batch_op.create_unique_constraint`"]);
        upgrade("op.add_column('t', sa.Column('a', sa.Integer(), unique=True))")
            .finds(&["unique column `a`"]);
        upgrade("op.execute('ALTER TABLE t ADD UNIQUE (a)')").finds(&["this SQL"]);
    }

    #[test]
    fn from_an_index_or_on_a_new_table() {
        upgrade("op.execute('ALTER TABLE t ADD CONSTRAINT q UNIQUE USING INDEX q')").ok();
        upgrade("op.add_column('t', sa.Column('a', sa.Integer(), unique=True, index=True))").ok();
        upgrade("op.create_table('t', sa.Column('a', sa.Integer()))\nop.create_unique_constraint('q', 't', ['a'])").ok();
    }
}

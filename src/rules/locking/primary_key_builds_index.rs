//! `primary-key-builds-index`: a primary key builds its index while the table is locked.

use crate::operation::{Argument, Change, ConstraintKind, Operation, TableName};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};
use crate::server::{Filling, Work};

declare_rule! {
    /// ## What it does
    /// Finds primary keys that `upgrade` adds to a table that was there before: `create_primary_key`, `ADD PRIMARY KEY`,
    /// a column that is added as the primary key. On PostgreSQL.
    ///
    /// ## Why is this bad?
    /// `ALTER TABLE` builds the index, and looks for NULL in columns that allow it, under an `ACCESS EXCLUSIVE` lock: nobody reads
    /// from the table or writes to it until that is done and the transaction has ended.
    ///
    /// ## Example
    /// ```python bad
    /// op.create_primary_key("invoice_pkey", "invoice", ["id"])
    /// ```
    ///
    /// ## Use instead
    /// Build the index concurrently, in a revision of its own, then make the key of it. The columns have to be `NOT NULL` before:
    /// ```python good
    /// with op.get_context().autocommit_block():
    ///     op.create_index("invoice_pkey", "invoice", ["id"], unique=True, postgresql_concurrently=True)
    /// op.execute("ALTER TABLE invoice ADD CONSTRAINT invoice_pkey PRIMARY KEY USING INDEX invoice_pkey")
    /// ```
    ///
    /// ## References
    /// - squawk: `adding-serial-primary-key-field`; atlas: `PG104`
    /// - [PostgreSQL: ALTER TABLE, `ADD CONSTRAINT .. USING INDEX`](https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-TABLE-CONSTRAINT-USING-INDEX)
    "primary-key-builds-index", Locking, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    context.on_postgresql(
        |operation| keyed(operation).is_some(),
        |operation, created| {
            let Some(table) = keyed(operation).filter(|table| !created.may_have_table(table)) else { return };
            // What rewrites the table has a rule of its own.
            if let Change::AddColumn(add) = &operation.change
                && Filling::of(&add.column, operation.is_raw_sql(), context.server)
                    .postgresql_work(context.server)
                    == Work::Rewrite
            {
                return;
            }
            sink.report(
                operation.span,
                format!(
                    "{} builds the index of the primary key while reads and writes of {} wait",
                    operation.subject(),
                    table.quoted()
                ),
            )
            .call_sites(&operation.call_sites)
            .help(
                "create a unique index with `postgresql_concurrently=True` in an `autocommit_block`, then \
                 `ALTER TABLE .. ADD CONSTRAINT .. PRIMARY KEY USING INDEX ..`",
            );
        },
    );
}

/// The table that gets a primary key. `Column(primary_key=True)` alone adds none.
fn keyed(operation: &Operation) -> Option<&TableName> {
    match &operation.change {
        Change::CreateConstraint(create) if create.constraint.kind == ConstraintKind::PrimaryKey => {
            Some(&create.table)
        }
        Change::AddColumn(add) if add.column.primary_key => {
            let is_inline = add
                .options
                .iter()
                .any(|(key, value)| &**key == "inline_primary_key" && *value == Argument::Bool(true));
            (operation.is_raw_sql() || is_inline).then_some(&add.table)
        }
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
        upgrade("op.create_primary_key('k', 't', ['id'])").finds(&[
            "`op.create_primary_key` builds the index of the primary key while reads and writes of `t` wait",
        ]);
        upgrade("with op.batch_alter_table('t') as b:\n    b.create_primary_key('k', ['id'])")
            .finds(&["`batch_op.create_primary_key`"]);
        upgrade("op.execute('ALTER TABLE t ADD PRIMARY KEY (id)')").finds(&["this SQL"]);
        upgrade("op.execute('ALTER TABLE t ADD id uuid PRIMARY KEY')").finds(&["this SQL"]);
    }

    #[test]
    fn no_index_is_built_or_nobody_waits() {
        upgrade("op.execute('ALTER TABLE t ADD CONSTRAINT k PRIMARY KEY USING INDEX k')").ok();
        upgrade(
            "op.create_table('t', sa.Column('id', sa.Integer()))\nop.create_primary_key('k', 't', ['id'])",
        )
        .ok();
        upgrade("op.add_column('t', sa.Column('id', sa.Uuid(), primary_key=True))").ok();
    }

    #[test]
    fn what_numbers_all_rows_is_another_rule() {
        upgrade("op.execute('ALTER TABLE t ADD id bigserial PRIMARY KEY')").ok();
    }
}

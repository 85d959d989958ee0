//! `stored-generated-column`: a stored generated column is added, so every row is written anew.

use crate::operation::Change;
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};
use crate::server::Filling;

declare_rule! {
    /// ## What it does
    /// Finds stored generated columns that `upgrade` adds to a table that was there before: `Computed(.., persisted=True)`,
    /// `GENERATED ALWAYS AS (..) STORED`. On PostgreSQL. Before release 18 every generated column is stored.
    ///
    /// ## Why is this bad?
    /// The value is computed for every row, and the table and its indexes are written anew under an `ACCESS EXCLUSIVE` lock: nobody
    /// reads from the table or writes to it until the transaction has ended.
    ///
    /// ## Example
    /// ```python bad
    /// op.add_column("invoice", sa.Column("gross", sa.Numeric(), sa.Computed("net * 1.2", persisted=True)))
    /// ```
    ///
    /// ## Use instead
    /// A plain column that a trigger or the application fills, and a backfill in batches; an expression in a view or an index; on
    /// PostgreSQL 18 a virtual column, `persisted=False`, which costs nothing.
    ///
    /// ## References
    /// - squawk: `adding-field-with-default`; `strong_migrations`: adding a stored generated column; eugene: `E11`
    /// - [PostgreSQL: generated columns](https://www.postgresql.org/docs/current/ddl-generated-columns.html)
    "stored-generated-column", Locking, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    context.on_postgresql(
        |operation| matches!(&operation.change, Change::AddColumn(add) if !add.column.items.is_empty()),
        |operation, created| {
            let Change::AddColumn(add) = &operation.change else { return };
            let filling = Filling::of(&add.column, operation.is_raw_sql(), context.server);
            if filling != Filling::Stored || created.may_have_table(&add.table) {
                return;
            }
            let help = if context.server.is_postgresql_from(18) {
                "make it virtual (`persisted=False`), or add a plain column and fill it in batches"
            } else {
                "add a plain column that a trigger or the application fills, and fill the rows that are there in batches"
            };
            sink.report(
                operation.span,
                format!(
                    "{} computes {} for every row: the table is rewritten while reads and writes wait",
                    operation.subject(),
                    add.table.quoted_column(&add.column.name)
                ),
            )
            .call_sites(&operation.call_sites)
            .help(help);
        },
    );
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::config::Settings;
    use crate::testing::Tester;

    fn on(version: &str, upgrade: &str) -> Tester {
        let settings = Settings { database_version: Some(version.to_owned()), ..Settings::default() };
        Tester::new(&RULE).upgrade(upgrade).settings(settings)
    }

    fn column(persisted: &str) -> String {
        format!("op.add_column('t', sa.Column('a', sa.Integer(), sa.Computed('b + 1'{persisted})))")
    }

    #[test]
    fn stored_ones() {
        on("14", &column(", persisted=True"))
            .finds(&["`op.add_column` computes `t.a` for every row: the table is rewritten"]);
        on("14", &column("")).finds(&["`t.a`"]);
        on("18", &column(", persisted=True")).finds(&["`t.a`"]);
        on("14", "op.execute('ALTER TABLE t ADD a int GENERATED ALWAYS AS (b + 1) STORED')")
            .finds(&["this SQL"]);
    }

    #[test]
    fn virtual_ones_and_new_tables() {
        on("18", &column("")).ok();
        on("18", &column(", persisted=False")).ok();
        on("18", "op.execute('ALTER TABLE t ADD a int GENERATED ALWAYS AS (b + 1) VIRTUAL')").ok();
        on("14", &format!("op.create_table('t')\n{}", column(", persisted=True"))).ok();
    }
}

//! `index-not-concurrent`: an index is built while nobody can write to the table.

use crate::diagnostic::Fix;
use crate::operation::{Change, Operation, TableName};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds indexes that `upgrade` creates without `postgresql_concurrently=True` on a table that was there before:
    /// `create_index`, `Column(index=True)` in `add_column`, `CREATE INDEX`. On PostgreSQL.
    ///
    /// ## Why is this bad?
    /// `CREATE INDEX` takes a `SHARE` lock until the transaction ends. Every `INSERT`, `UPDATE` and `DELETE` on the table waits
    /// meanwhile, on a large table for minutes, and Alembic's transaction keeps the lock until the last operation is done.
    ///
    /// ## Example
    /// ```python bad
    /// op.create_index("ix_invoice_number", "invoice", ["number"])
    /// ```
    ///
    /// ## Use instead
    /// Build it concurrently, outside the transaction, in a revision of its own:
    /// ```python good
    /// with op.get_context().autocommit_block():
    ///     op.create_index(
    ///         "ix_invoice_number", "invoice", ["number"], postgresql_concurrently=True
    ///     )
    /// ```
    /// If the build fails, an index marked `INVALID` is left behind: drop it before the next attempt. A partitioned table takes
    /// no concurrent index: build one on each partition concurrently, then `CREATE INDEX .. ON ONLY` the table and attach them.
    ///
    /// ## Fix safety
    /// Unsafe: the block commits what stands before it. `op.create_index` alone is repaired; SQL and batch operations are not.
    ///
    /// ## References
    /// - squawk: `require-concurrent-index-creation`; `strong_migrations`: adding an index non-concurrently; atlas: `PG101`
    /// - [PostgreSQL: CREATE INDEX, building indexes concurrently](https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY)
    "index-not-concurrent", Locking, Error,
    preset: Recommended, fix: Sometimes, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    context.on_postgresql(
        |operation| built(operation).is_some(),
        |operation, created| {
            let Some((table, index)) = built(operation).filter(|(table, _)| !created.may_have_table(table)) else {
                return;
            };
            let is_hypertable = table.name.known().is_some_and(|name| context.siblings.hypertables.contains(name));
            let help = if is_hypertable {
                "TimescaleDB refuses `CONCURRENTLY` on a hypertable: create the index while few write, or chunk by chunk with \
                 `WITH (timescaledb.transaction_per_chunk)`"
            } else if context.siblings.refuses_concurrent_index(table) {
                "a partitioned table takes no concurrent index: build one on each partition concurrently, then create \
                 this one with `ON ONLY` and attach them"
            } else if matches!(operation.change, Change::AddColumn(_)) {
                "leave `index=True` out and create the index with `postgresql_concurrently=True` in a revision of its own, \
                 within `with op.get_context().autocommit_block():`"
            } else {
                "give `postgresql_concurrently=True` and put it in `with op.get_context().autocommit_block():`, in a \
                 revision of its own"
            };
            let report = sink.report(
                operation.span,
                format!(
                    "{} builds {index} on {}: all writes to the table wait until it is done",
                    operation.subject(),
                    table.quoted()
                ),
            )
            .call_sites(&operation.call_sites)
            .help(help);
            let is_repairable = matches!(operation.change, Change::CreateIndex(_))
                && !context.siblings.refuses_concurrent_index(table);
            if let Some(edits) = context.made_concurrent(operation).filter(|_| is_repairable) {
                report.fix(Fix::unsafe_("build it concurrently, in an `autocommit_block`", edits));
            }
        },
    );
}

/// The table and the index that is built on it while writes wait.
fn built(operation: &Operation) -> Option<(&TableName, String)> {
    match &operation.change {
        // Without the partitions there is nothing to build.
        Change::CreateIndex(create) if !create.concurrently && !is_on_only(operation) => {
            let name = create.name.known().map_or("an index".to_owned(), |name| format!("index `{name}`"));
            Some((&create.table, name))
        }
        Change::AddColumn(add) if add.column.index && !operation.is_raw_sql() => {
            let of = add.column.name.quoted_or("the new column");
            Some((&add.table, format!("the index of {of}")))
        }
        _ => None,
    }
}

fn is_on_only(operation: &Operation) -> bool {
    let sql = operation.sql().unwrap_or_default();
    let words: Vec<_> = sql.split_whitespace().collect();
    words.windows(2).any(|pair| {
        matches!(pair, [on, only] if on.eq_ignore_ascii_case("on") && only.eq_ignore_ascii_case("only"))
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::config::Settings;
    use crate::operation::Dialect;
    use crate::testing::Tester;

    fn upgrade(body: &str) -> Tester {
        Tester::new(&RULE).upgrade(body)
    }

    #[test]
    fn a_misspelt_keyword_is_mended_first() {
        upgrade("op.create_index('ix', 't', ['a'], concurrently=True)")
            .finds(&["builds index"])
            .without_fix();
    }

    #[test]
    fn every_spelling() {
        let found = upgrade("op.create_index('ix', 't', ['a'])")
            .finds(&["`op.create_index` builds index `ix` on `t`: all writes to the table wait"]);
        assert!(found.help().starts_with("give `postgresql_concurrently=True`"));
        upgrade("with op.batch_alter_table('t') as b:\n    b.create_index('ix', ['a'])")
            .finds(&["`batch_op.create_index`"]);
        upgrade("op.add_column('t', sa.Column('a', sa.Integer(), index=True))")
            .finds(&["builds the index of `a` on `t`"]);
        upgrade("op.execute('CREATE UNIQUE INDEX ON app.t (a)')").finds(&["builds an index on `app.t`"]);
        upgrade("op.create_index('ix', 't', ['a'], if_not_exists=True)").finds(&["`ix`"]);
    }

    #[test]
    fn the_repair() {
        upgrade("op.create_index('ix', 't', ['a'])").finds(&["`ix`"]).has_unsafe_fix();
        upgrade("op.create_index(\n    'ix',\n    't',\n    ['a'],\n)").finds(&["`ix`"]).has_unsafe_fix();
        upgrade("op.execute('CREATE INDEX ix ON t (a)')").finds(&["`ix`"]).without_fix();
        upgrade("op.create_index('ix', 't', **options)").finds(&["`ix`"]).without_fix();
        upgrade("with op.get_context().autocommit_block():\n    op.create_index('ix', 't', ['a'])")
            .finds(&["`ix`"])
            .without_fix();
        upgrade(
            "op.execute('CREATE TEMP TABLE x (a text) ON COMMIT DROP')\nop.create_index('ix', 't', ['a'])",
        )
        .finds(&["`ix`"])
        .without_fix();
        upgrade("op.add_column('t', sa.Column('a', sa.Text()))\nop.create_index('ix', 't', ['a'])")
            .finds(&["`ix`"])
            .without_fix();
    }

    #[test]
    fn concurrent_ones() {
        upgrade("op.create_index('ix', 't', ['a'], postgresql_concurrently=True)").ok();
        upgrade("op.execute('CREATE INDEX CONCURRENTLY ix ON t (a)')").ok();
    }

    #[test]
    fn nobody_uses_a_table_of_the_same_upgrade() {
        upgrade("op.create_table('t', sa.Column('a', sa.Integer()))\nop.create_index('ix', 't', ['a'])").ok();
        upgrade("op.execute('CREATE MATERIALIZED VIEW v AS SELECT 1 AS a; CREATE INDEX ON v (a)')").ok();
        upgrade("op.execute('CREATE TEMP TABLE t (a int)')\nop.execute('CREATE INDEX ON t (a)')").ok();
    }

    #[test]
    fn partitioned_tables() {
        let parent =
            "op.create_table('t', sa.Column('a', sa.Integer()), postgresql_partition_by='RANGE (a)')";
        let found =
            Tester::new(&RULE).history(&[parent, "op.create_index('ix', 't', ['a'])"]).finds(&["`ix`"]);
        assert!(found.help().starts_with("a partitioned table"));
        upgrade("op.execute('CREATE INDEX ix ON ONLY t (a)')").ok();
        let hypertable = "op.execute(\"SELECT create_hypertable('public.t', 'a')\")";
        let found =
            Tester::new(&RULE).history(&[hypertable, "op.create_index('ix', 't', ['a'])"]).finds(&["`ix`"]);
        assert!(found.help().starts_with("TimescaleDB refuses `CONCURRENTLY`"));
        found.without_fix();
    }

    #[test]
    fn other_servers_and_the_way_back() {
        let settings = Settings { dialect: Some(Dialect::Mysql), ..Settings::default() };
        upgrade("op.create_index('ix', 't', ['a'])").settings(settings).ok();
        upgrade("op.drop_table('b')").downgrade("op.create_index('ix', 't', ['a'])").ok();
    }
}

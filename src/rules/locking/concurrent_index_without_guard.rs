//! `concurrent-index-without-guard`: a concurrent build that failed leaves an index that the next attempt does not expect.

use crate::operation::{Change, Operation};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds indexes that `upgrade` creates concurrently without dropping what an earlier attempt may have left. On PostgreSQL.
    ///
    /// ## Why is this bad?
    /// A concurrent build that fails, by a deadlock, a timeout or a duplicate, leaves an index that is marked `INVALID`: it costs
    /// every write and serves no query. The next attempt fails because the name is taken; with `if_not_exists=True` it passes, and
    /// the invalid index stays for good.
    ///
    /// ## Example
    /// ```python bad
    /// with op.get_context().autocommit_block():
    ///     op.create_index(
    ///         "ix_invoice_number", "invoice", ["number"], postgresql_concurrently=True, if_not_exists=True
    ///     )
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// with op.get_context().autocommit_block():
    ///     op.drop_index(
    ///         "ix_invoice_number", "invoice", postgresql_concurrently=True, if_exists=True
    ///     )
    ///     op.create_index(
    ///         "ix_invoice_number", "invoice", ["number"], postgresql_concurrently=True
    ///     )
    /// ```
    ///
    /// ## References
    /// - `strong_migrations`: `remove_invalid_indexes`; squawk: `prefer-robust-stmts`
    /// - [PostgreSQL: CREATE INDEX, building indexes concurrently](https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY)
    "concurrent-index-without-guard", Locking, Info,
    preset: Strict, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let is_wanted = |operation: &Operation| match &operation.change {
        Change::CreateIndex(create) => create.concurrently,
        Change::DropIndex(drop) => drop.if_exists,
        _ => false,
    };
    let mut dropped = Vec::new();
    context.on_postgresql(is_wanted, |operation, _| match &operation.change {
        Change::DropIndex(drop) => dropped.extend(drop.name.known().map(str::to_owned)),
        Change::CreateIndex(create) => {
            let Some(name) = create.name.known().filter(|name| !dropped.iter().any(|other| other == name))
            else {
                return;
            };
            let what = if create.if_not_exists {
                "passes over an invalid index that a failed attempt left"
            } else {
                "fails where a failed attempt left an invalid index"
            };
            sink.report(operation.span, format!("{} of `{name}` {what}", operation.subject()))
                .call_sites(&operation.call_sites)
                .help(format!(
                    "drop it first: `op.drop_index(\"{name}\", postgresql_concurrently=True, if_exists=True)`"
                ));
        }
        _ => {}
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
    fn with_and_without_if_not_exists() {
        let create = "op.create_index('ix', 't', ['a'], postgresql_concurrently=True";
        upgrade(&format!("{create})"))
            .finds(&["`op.create_index` of `ix` fails where a failed attempt left"]);
        upgrade(&format!("{create}, if_not_exists=True)")).finds(&["passes over an invalid index"]);
        upgrade("op.execute('CREATE INDEX CONCURRENTLY IF NOT EXISTS ix ON t (a)')")
            .finds(&["this SQL of `ix`"]);
    }

    #[test]
    fn dropped_before() {
        let create = "op.create_index('ix', 't', ['a'], postgresql_concurrently=True)";
        upgrade(&format!("op.execute('DROP INDEX CONCURRENTLY IF EXISTS ix')\n{create}")).ok();
        upgrade(&format!("op.execute('DROP INDEX IF EXISTS iy')\n{create}")).finds(&["`ix`"]);
        upgrade("op.create_index('ix', 't', ['a'])").ok();
    }
}

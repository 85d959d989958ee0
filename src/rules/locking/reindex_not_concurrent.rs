//! `reindex-not-concurrent`: an index is built anew while writes, and most reads, wait.

use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds `REINDEX` without `CONCURRENTLY` in `upgrade`. On PostgreSQL 12 and later.
    ///
    /// ## Why is this bad?
    /// `REINDEX` blocks all writes to the table while it builds. It also locks the index so that no query can use it, and since the planner
    /// looks at every index of a table, most queries on the table wait as well.
    ///
    /// ## Example
    /// ```python bad
    /// op.execute("REINDEX INDEX ix_invoice_number")
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// with op.get_context().autocommit_block():
    ///     op.execute("REINDEX INDEX CONCURRENTLY ix_invoice_number")
    /// ```
    ///
    /// ## References
    /// - squawk: `require-concurrent-reindex`
    /// - [PostgreSQL: REINDEX](https://www.postgresql.org/docs/current/sql-reindex.html)
    "reindex-not-concurrent", Locking, Warning,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    if !context.server.is_postgresql_from(12) {
        return;
    }
    context.on_postgresql(
        |operation| {
            operation.on_table().is_some_and(|about| {
                about.verb.starts_with("REINDEX ") && !about.concurrently && &*about.verb != "REINDEX SYSTEM"
            })
        },
        |operation, created| {
            let Some(about) = operation.on_table().filter(|about| !created.may_have_table(&about.table))
            else {
                return;
            };
            sink.report(operation.span, {
                let what = match about.table.name.known() {
                    Some(_) => about.table.quoted(),
                    None => "all indexes".to_owned(),
                };
                format!("{} builds {what} anew while writes, and most reads, wait", operation.subject())
            })
            .call_sites(&operation.call_sites)
            .help("write `CONCURRENTLY` and put it in `with op.get_context().autocommit_block():`");
        },
    );
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    fn sql(sql: &str) -> Tester {
        Tester::new(&RULE).upgrade(&format!("op.execute(\"{sql}\")"))
    }

    #[test]
    fn blocking_ones() {
        sql("REINDEX INDEX ix").finds(&["this SQL builds `ix` anew while writes, and most reads, wait"]);
        sql("REINDEX TABLE app.t").finds(&["`app.t`"]);
        sql("REINDEX DATABASE d").finds(&["all indexes"]);
    }

    #[test]
    fn concurrent_ones_and_new_tables() {
        sql("REINDEX INDEX CONCURRENTLY ix").ok();
        sql("REINDEX (CONCURRENTLY) TABLE t").ok();
        sql("CREATE TABLE t (a int); REINDEX TABLE t").ok();
    }
}

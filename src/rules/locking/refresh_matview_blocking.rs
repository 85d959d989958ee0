//! `refresh-matview-blocking`: nobody can read a materialized view while it is refreshed.

use crate::operation::Operation;
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds `REFRESH MATERIALIZED VIEW` without `CONCURRENTLY` in `upgrade`. On PostgreSQL. A view that the same upgrade makes is left
    /// alone, and so is `WITH NO DATA`.
    ///
    /// ## Why is this bad?
    /// It takes an `ACCESS EXCLUSIVE` lock on the view while its query runs: nobody reads from it until the transaction has ended.
    ///
    /// ## Example
    /// ```python bad
    /// op.execute("REFRESH MATERIALIZED VIEW invoice_totals")
    /// ```
    ///
    /// ## Use instead
    /// With a unique index on the view:
    /// ```python good
    /// op.execute("REFRESH MATERIALIZED VIEW CONCURRENTLY invoice_totals")
    /// ```
    ///
    /// ## References
    /// - pgfence: `refresh-matview-blocking`
    /// - [PostgreSQL: REFRESH MATERIALIZED VIEW](https://www.postgresql.org/docs/current/sql-refreshmaterializedview.html)
    "refresh-matview-blocking", Locking, Warning,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    context.on_postgresql(is_blocking, |operation, created| {
        let Some(about) = operation.on_table().filter(|about| !created.may_have_table(&about.table)) else {
            return;
        };
        sink.report(
            operation.span,
            format!("{} fills {} anew while reads of it wait", operation.subject(), about.table.quoted()),
        )
        .call_sites(&operation.call_sites)
        .help("write `CONCURRENTLY`, which needs a unique index on the view");
    });
}

fn is_blocking(operation: &Operation) -> bool {
    operation.on_table().is_some_and(|about| {
        &*about.verb == "REFRESH MATERIALIZED VIEW" && !about.concurrently && !operation.says("with no data")
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    fn sql(sql: &str) -> Tester {
        Tester::new(&RULE).upgrade(&format!("op.execute(\"{sql}\")"))
    }

    #[test]
    fn without_concurrently() {
        sql("REFRESH MATERIALIZED VIEW v").finds(&["this SQL fills `v` anew while reads of it wait"]);
        sql("REFRESH MATERIALIZED VIEW app.v WITH DATA").finds(&["`app.v`"]);
    }

    #[test]
    fn nobody_waits() {
        sql("REFRESH MATERIALIZED VIEW CONCURRENTLY v").ok();
        sql("REFRESH MATERIALIZED VIEW v WITH NO DATA").ok();
        sql("CREATE MATERIALIZED VIEW v AS SELECT 1; REFRESH MATERIALIZED VIEW v").ok();
    }
}

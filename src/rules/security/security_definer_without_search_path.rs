//! `security-definer-without-search-path`: a function that lends its owner's rights to whoever makes a table.

use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds functions that are made with `SECURITY DEFINER` and without `SET search_path`. On PostgreSQL.
    ///
    /// ## Why is this bad?
    /// The function runs with the rights of its owner and looks for tables and functions in the `search_path` of its caller. Whoever
    /// can make a temporary table, or an object in a schema of that path, decides what the function reads and calls.
    ///
    /// ## Example
    /// ```python bad
    /// op.execute(
    ///     "CREATE FUNCTION total() RETURNS bigint LANGUAGE sql SECURITY DEFINER"
    ///     " AS 'SELECT count(*) FROM invoice'"
    /// )
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.execute(
    ///     "CREATE FUNCTION total() RETURNS bigint LANGUAGE sql SECURITY DEFINER"
    ///     " SET search_path = public, pg_temp AS 'SELECT count(*) FROM invoice'"
    /// )
    /// ```
    ///
    /// ## References
    /// - [PostgreSQL: writing SECURITY DEFINER functions safely](https://www.postgresql.org/docs/current/sql-createfunction.html#SQL-CREATEFUNCTION-SECURITY)
    "security-definer-without-search-path", Security, Warning,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    context.on_postgresql(
        |operation| {
            operation.first_word("create")
                && operation.says("security definer")
                && !operation.says("set search_path")
        },
        |operation, _| {
            sink.report(
                operation.span,
                "this function runs with its owner's rights and its caller's `search_path`",
            )
            .call_sites(&operation.call_sites)
            .help("add `SET search_path = <schema>, pg_temp` to the function");
        },
    );
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    #[test]
    fn functions() {
        let sql = |sql: &str| Tester::new(&RULE).upgrade(&format!("op.execute(\"{sql}\")"));
        sql("CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'")
            .finds(&["this function runs with its owner's rights"]);
        sql(
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = a AS 'SELECT 1'",
        )
        .ok();
        sql("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'").ok();
    }
}

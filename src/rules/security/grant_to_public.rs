//! `grant-to-public`: rights for everybody who can connect.

use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds `GRANT .. TO PUBLIC`. On PostgreSQL.
    ///
    /// ## Why is this bad?
    /// `PUBLIC` is every role of the server, those for reports, monitoring and other applications among them, and those that will be
    /// made later.
    ///
    /// ## Example
    /// ```python bad
    /// op.execute("GRANT SELECT ON invoice TO PUBLIC")
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.execute("GRANT SELECT ON invoice TO reporting")
    /// ```
    ///
    /// ## References
    /// - [PostgreSQL: GRANT](https://www.postgresql.org/docs/current/sql-grant.html)
    "grant-to-public", Security, Warning,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    context.on_postgresql(
        |operation| operation.first_word("grant") && operation.says("to public"),
        |operation, _| {
            sink.report(operation.span, "this SQL grants rights to `PUBLIC`: to everybody who can connect")
                .call_sites(&operation.call_sites)
                .help("grant them to the roles that need them");
        },
    );
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    #[test]
    fn everybody_or_somebody() {
        let sql = |sql: &str| Tester::new(&RULE).upgrade(&format!("op.execute('{sql}')"));
        sql("GRANT ALL ON t TO PUBLIC").finds(&["this SQL grants rights to `PUBLIC`"]);
        sql("GRANT SELECT ON t TO reporting").ok();
        sql("REVOKE ALL ON t FROM PUBLIC").ok();
    }
}

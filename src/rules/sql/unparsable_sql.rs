//! `unparsable-sql`: SQL that no database takes as it stands, or that this program does not know.

use crate::rule::declare_rule;

declare_rule! {
    /// ## What it does
    /// Finds SQL that is wholly known and cannot be parsed, in `upgrade` and `downgrade`.
    ///
    /// ## Why is this bad?
    /// Most often it is a slip, and the database stops at it: a bracket that is missing, a comma too many. What cannot be parsed
    /// cannot be judged either: no other rule knows what it does.
    ///
    /// ## Example
    /// ```python bad
    /// op.execute("UPDATE invoice SET paid = WHERE id = 1")
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.execute("UPDATE invoice SET paid = true WHERE id = 1")
    /// ```
    /// Where the database does take it, such as the SQL of an extension, approve: `# alembic-lint: allow[unparsable-sql] -- <reason>`.
    ///
    /// ## References
    /// - squawk: `syntax-error`
    "unparsable-sql", Sql, Warning,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Statement(CODE),
}

/// squawk's name for it. Where the revisions run on another server, its parser tells.
const CODE: &str = "syntax-error";

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    #[test]
    fn a_slip() {
        let upgrade = |body: &str| Tester::new(&RULE).upgrade(body);
        upgrade("op.execute('UPDATE t SET a = WHERE b')").finds(&[
            "this SQL is not PostgreSQL's: `UPDATE t SET a = WHERE b`: expected an expression, found WHERE",
        ]);
        upgrade("pass")
            .downgrade("op.execute('ALTR TABLE t ADD a int')")
            .finds(&["`ALTR TABLE t ADD a int`"]);
        upgrade("op.execute('UPDATE t SET a = 1')").ok();
        upgrade("op.execute('UPDATE t SET a = 1 WHERE b IN :ids')").ok();
        upgrade("op.execute('UPDATE t SET a = ' + value())").ok();
    }
}

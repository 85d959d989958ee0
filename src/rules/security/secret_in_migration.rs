//! `secret-in-migration`: a password stands in the repository.

use crate::operation::Origin;
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds SQL that gives a role or user a password that is written into the revision.
    ///
    /// ## Why is this bad?
    /// Revisions are kept for ever, in every clone and every backup of the repository, and the same password is set in every
    /// database that runs them. PostgreSQL writes the statement into its log as well.
    ///
    /// ## Example
    /// ```python bad
    /// op.execute("CREATE ROLE reporting LOGIN PASSWORD 'tr0ub4dor'")
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.execute("CREATE ROLE reporting LOGIN")
    /// ```
    /// and set the password where the database is set up, from a secret store. One that was committed must be changed.
    ///
    /// ## References
    /// - [PostgreSQL: CREATE ROLE](https://www.postgresql.org/docs/current/sql-createrole.html)
    /// - CWE-798
    "secret-in-migration", Security, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let bodies = [&context.revision.upgrade, &context.revision.downgrade];
    for operation in bodies.into_iter().flatten().flat_map(|body| &body.operations) {
        let Origin::RawSql { text, span, .. } = &operation.origin else { continue };
        if !sets_password(text) {
            continue;
        }
        sink.report(
            span.unwrap_or(operation.span),
            "this SQL sets a password that everyone who has the repository can read",
        )
        .call_sites(&[operation.span])
        .help("leave the password out and set it from a secret store; change it, if it was ever used");
    }
}

/// Whether a statement about a role holds a password as a literal.
fn sets_password(sql: &str) -> bool {
    let upper = sql.to_ascii_uppercase();
    let words: Vec<&str> = upper.split_whitespace().collect();
    let is_about_roles = match words.as_slice() {
        ["CREATE" | "ALTER", what, ..] => matches!(*what, "ROLE" | "USER" | "GROUP"),
        ["GRANT" | "SET", ..] => true,
        _ => false,
    };
    let is_literal = |at: usize| words.get(at).is_some_and(|next| next.starts_with('\'') && next.len() > 2);
    is_about_roles
        && words.iter().enumerate().any(|(at, word)| match *word {
            "PASSWORD" => is_literal(at + 1) || (words.get(at + 1) == Some(&"=") && is_literal(at + 2)),
            "IDENTIFIED" => words.get(at + 1) == Some(&"BY") && is_literal(at + 2),
            _ => false,
        })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    fn upgrade(body: &str) -> Tester {
        Tester::new(&RULE).upgrade(body)
    }

    #[test]
    fn passwords() {
        upgrade("op.execute(\"CREATE ROLE r LOGIN PASSWORD 'secret'\")")
            .finds(&["sets a password that everyone"]);
        upgrade("op.execute(\"ALTER USER r WITH ENCRYPTED PASSWORD 'md5abc'\")").finds(&["sets a password"]);
        upgrade("op.execute(\"CREATE USER 'r'@'%' IDENTIFIED BY 'secret'\")").finds(&["sets a password"]);
    }

    #[test]
    fn no_password_or_one_from_elsewhere() {
        upgrade("op.execute('CREATE ROLE r LOGIN')").ok();
        upgrade("op.execute('ALTER ROLE r PASSWORD NULL')").ok();
        upgrade("op.execute(sa.text('ALTER ROLE r PASSWORD :password').bindparams(password=given()))").ok();
        upgrade("op.execute(\"UPDATE t SET password = 'x'\")").ok();
    }
}

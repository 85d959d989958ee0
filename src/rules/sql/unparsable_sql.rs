//! `unparsable-sql`: SQL that no database takes as it stands, or that this program does not know.

use crate::operation::{Change, Dialect, Operation, Origin, Statement};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};
use crate::sql::syntax_error;

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
    check: Revision(check),
}

/// How many words of the SQL a message shows.
const WORDS: usize = 8;

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let bodies = [context.revision.upgrade_on_dialect(), context.revision.downgrade_on_dialect()];
    let mut last = None;
    for operation in bodies.into_iter().flatten().flat_map(|body| &body.operations) {
        let Origin::RawSql { text, span, dynamic: false } = &operation.origin else { continue };
        // One statement with several actions gives an operation for each.
        if last.replace((operation.span, text)) == Some((operation.span, text)) {
            continue;
        }
        let Some(reason) = refusal(operation, text, context.dialect) else { continue };
        let mut calls = vec![operation.span];
        calls.extend(operation.call_sites.iter().copied());
        sink.report(
            span.unwrap_or(operation.span),
            format!("this SQL is not {}'s: `{}`{reason}", context.dialect.title(), beginning(text)),
        )
        .call_sites(&calls)
        .help("try it on a database; where it is right, approve: `# alembic-lint: allow[unparsable-sql] -- <reason>`");
    }
}

/// Why a statement cannot be parsed, as the end of a sentence.
fn refusal(operation: &Operation, text: &str, dialect: Dialect) -> Option<String> {
    let is_unread = match &operation.change {
        // What an anonymous block does is for `do-block-not-analysed`.
        Change::Execute(execute) => execute.statement == Statement::Unparsed && !operation.first_word("do"),
        _ => false,
    };
    match dialect {
        Dialect::Postgresql => syntax_error(text).map(|message| format!(": {message}")),
        Dialect::Mysql | Dialect::Mariadb | Dialect::Sqlite => is_unread.then(String::new),
    }
}

/// The first words of a text, in one line.
fn beginning(text: &str) -> String {
    let shown: Vec<&str> = text.split_whitespace().take(WORDS).collect();
    let more = if text.split_whitespace().nth(WORDS).is_some() { " .." } else { "" };
    format!("{}{more}", shown.join(" "))
}

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
        upgrade("op.execute('UPDATE t SET a = ' + value())").ok();
    }
}

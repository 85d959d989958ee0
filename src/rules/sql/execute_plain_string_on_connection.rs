//! `execute-plain-string-on-connection`: SQLAlchemy 2 executes no plain text.

use crate::diagnostic::Fix;
use crate::fix::{CallText, Writer, insert_import};
use crate::operation::Misfit;
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};
use crate::source::Span;

declare_rule! {
    /// ## What it does
    /// Finds plain text given to `execute`, `scalar` and `scalars` of a connection or session, such as
    /// `op.get_bind().execute("UPDATE ..")`. `op.execute` and cursors of the driver take it.
    ///
    /// ## Why is this bad?
    /// SQLAlchemy 1.4 warned; 2.0 stops the upgrade, in the middle of what it does:
    /// ```text
    /// sqlalchemy.exc.ObjectNotExecutableError: Not an executable object: 'UPDATE user SET active = true'
    /// sqlalchemy.exc.ArgumentError: Textual SQL expression 'UPDATE user ...' should be explicitly declared as text('UPDATE user ...')
    /// ```
    ///
    /// ## Example
    /// ```python bad
    /// op.get_bind().execute("UPDATE account SET active = true WHERE active IS NULL")
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.get_bind().execute(sa.text("UPDATE account SET active = true WHERE active IS NULL"))
    /// ```
    ///
    /// ## Fix safety
    /// Safe: the call could only fail, or did the same in SQLAlchemy 1.
    ///
    /// ## References
    /// - [SQLAlchemy 2.0: migration guide, text()](https://docs.sqlalchemy.org/en/20/changelog/migration_20.html)
    "execute-plain-string-on-connection", Sql, Error,
    preset: Recommended, fix: Sometimes, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let bodies = [&context.revision.upgrade, &context.revision.downgrade];
    for call in bodies.into_iter().flatten().flat_map(|body| &body.misfits) {
        if call.misfit == Misfit::PlainText {
            let report = sink
                .report(call.span, "plain text is executed on a connection, which SQLAlchemy 2 refuses")
                .help("wrap it in `sa.text(..)`");
            if let Some(fix) = wrapped(context, call.span) {
                report.fix(fix);
            }
        }
    }
}

/// The repair that puts `sa.text(..)` around the only argument.
fn wrapped(context: &RevisionContext<'_>, span: Span) -> Option<Fix> {
    let mut writer = Writer::new(context.revision, context.text());
    let text = writer.path("sqlalchemy.text")?;
    let mut edits = Vec::from(CallText::new(context.text(), span)?.wrap_argument(&text)?);
    edits.extend(writer.imports().map(|line| insert_import(context.revision, context.text(), line)));
    Some(Fix::safe(format!("wrap the text in `{text}(..)`"), edits))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    fn upgrade(body: &str) -> Tester {
        Tester::new(&RULE).upgrade(body)
    }

    #[test]
    fn on_connections_and_sessions() {
        upgrade("op.get_bind().execute('SELECT 1')")
            .finds(&["plain text is executed on a connection"])
            .fixes("'SELECT 1'", "sa.text('SELECT 1')");
        upgrade("conn = op.get_bind()\nconn.scalar('SELECT 1')").finds(&["plain text"]);
        upgrade("from sqlalchemy.orm import Session\nSession(bind=op.get_bind()).execute('DELETE FROM t')")
            .finds(&["plain text"]);
        upgrade("pass").downgrade("op.get_bind().execute(f'SELECT {1}')").finds(&["plain text"]);
    }

    #[test]
    fn what_takes_text() {
        upgrade("op.execute('SELECT 1')").ok();
        upgrade("op.get_bind().execute(sa.text('SELECT 1'))").ok();
        upgrade("op.get_bind().exec_driver_sql('SELECT 1')").ok();
        upgrade("op.get_bind().connection.cursor().execute('SELECT 1')").ok();
        upgrade("with op.get_bind().engine.raw_connection() as raw:\n    raw.cursor().execute('SELECT 1')")
            .ok();
        upgrade("op.get_bind().execute(statement())").ok();
    }
}

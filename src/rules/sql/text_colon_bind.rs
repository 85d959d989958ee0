//! `text-colon-bind`: SQLAlchemy takes a colon inside a literal for a parameter.

use crate::diagnostic::Fix;
use crate::fix::CallText;
use crate::operation::Misfit;
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds SQL given to `op.execute` or `sa.text` whose literals hold a colon with a name or number behind it, where no letter
    /// stands before it: JSON without blanks, text such as `'see :note'`.
    ///
    /// ## Why is this bad?
    /// `sa.text`, which `op.execute` uses for strings, knows no quotes: every such colon starts a parameter, and nobody gives it a
    /// value:
    /// ```text
    /// sqlalchemy.exc.InvalidRequestError: A value is required for bind parameter '12'
    /// ```
    ///
    /// ## Example
    /// ```python bad
    /// op.execute("""UPDATE account SET settings = '{"limit":12}'""")
    /// ```
    ///
    /// ## Use instead
    /// A backslash before the colon, a blank after it, or a parameter for the whole value:
    /// ```python good
    /// op.execute(r"""UPDATE account SET settings = '{"limit"\:12}'""")
    /// op.execute("""UPDATE account SET settings = '{"limit": 12}'""")
    /// ```
    ///
    /// ## Fix safety
    /// Safe: what is a parameter now gets no value, and the call can only fail. Text that stands elsewhere than in the call is left to
    /// you.
    ///
    /// ## References
    /// - [SQLAlchemy: text()](https://docs.sqlalchemy.org/en/20/core/sqlelement.html#sqlalchemy.sql.expression.text)
    "text-colon-bind", Sql, Error,
    preset: Recommended, fix: Sometimes, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let bodies = [&context.revision.upgrade, &context.revision.downgrade];
    for call in bodies.into_iter().flatten().flat_map(|body| &body.misfits) {
        let Misfit::Colon(parameter) = &call.misfit else { continue };
        let report = sink.report(
            call.span,
            format!(
                "`:{parameter}` inside a literal is a parameter to SQLAlchemy, and nobody gives it a value"
            ),
        )
        .help(format!("write `\\:{parameter}` in a raw string, or put a blank after the colon"));
        let edits = CallText::new(context.text(), call.span).map(CallText::escape_colons).unwrap_or_default();
        if !edits.is_empty() {
            report.fix(Fix::safe("escape the colons of the literal", edits));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    fn upgrade(body: &str) -> Tester {
        Tester::new(&RULE).upgrade(body)
    }

    #[test]
    fn wherever_text_is_made() {
        upgrade("op.execute('UPDATE t SET a = \\'{\"x\":1}\\'')")
            .finds(&["`:1` inside a literal is a parameter"])
            .fixes("\"x\":1", "\"x\"\\\\:1");
        upgrade("op.get_bind().execute(sa.text(\"UPDATE t SET a = ':x'\"))").finds(&["`:x`"]);
        upgrade("pass").downgrade("op.execute(\"UPDATE t SET a = 'to :b'\")").finds(&["`:b`"]);
    }

    #[test]
    fn what_is_no_parameter_or_is_meant() {
        upgrade("op.execute(\"UPDATE t SET a = '12:30', b = c::text\")").ok();
        upgrade("op.get_bind().execute(sa.text('UPDATE t SET a = :x'), {'x': 1})").ok();
        upgrade("op.get_bind().exec_driver_sql(\"UPDATE t SET a = ':x'\")").ok();
        upgrade("op.get_bind().connection.cursor().execute(\"UPDATE t SET a = ':x'\")").ok();
        upgrade("op.execute(r\"UPDATE t SET a = '\\:x'\")").ok();
    }
}

//! `dynamic-sql`: SQL whose text only running the revision would tell.

use crate::operation::{Change, HOLE, Operation, Origin, Statement};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};
use crate::source::Span;

declare_rule! {
    /// ## What it does
    /// Finds SQL in `upgrade` that is put together from parts that are not in the revision: results of
    /// queries, environment variables, files, arguments. Constants, loops over constants and functions of the
    /// revision are followed; what they give is known.
    ///
    /// ## Why is this bad?
    /// Nobody can review what is not there yet: the statement differs between databases, and neither this
    /// program nor a person can say which tables it changes. A value that holds a quote breaks the statement,
    /// or does something else.
    ///
    /// ## Example
    /// ```python bad
    /// for (name,) in op.get_bind().execute(sa.text("SELECT name FROM tenant")):
    ///     op.execute(f"DELETE FROM {name}_cache")
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// for name in ("north", "south"):
    ///     op.execute(f"DELETE FROM {name}_cache")
    /// ```
    /// Give values as parameters: `sa.text("UPDATE t SET a = :a").bindparams(a=value)`.
    ///
    /// ## References
    /// - bandit: `hardcoded_sql_expressions` (B608)
    /// - [Alembic: Operations.execute](https://alembic.sqlalchemy.org/en/latest/ops.html#alembic.operations.Operations.execute)
    "dynamic-sql", Sql, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let Some(upgrade) = &context.revision.upgrade else { return };
    let mut done: Vec<Span> = Vec::new();
    for operation in &upgrade.operations {
        let Some(text) = dynamic_text(operation) else { continue };
        if done.contains(&operation.span) {
            continue;
        }
        done.push(operation.span);
        let message = if text.is_empty() {
            "what is executed here is only known when the revision runs".to_owned()
        } else {
            format!("this SQL is put together when the revision runs: `{text}`")
        };
        sink.report(operation.span, message).call_sites(&operation.call_sites).help(
            "write the statement out, take names from constants and values from bind parameters, or approve: \
             `# alembic-lint: allow[dynamic-sql] -- <reason>`",
        );
    }
}

/// The start of the SQL with an ellipsis for each part that is not known; empty where nothing is known.
fn dynamic_text(operation: &Operation) -> Option<String> {
    let is_unknown = match &operation.change {
        Change::Execute(execute) => execute.statement == Statement::Unknown,
        _ => false,
    };
    match &operation.origin {
        Origin::RawSql { text, dynamic, .. } if *dynamic || is_unknown => {
            let words: Vec<_> = text.split_whitespace().collect();
            let text = words.join(" ").replace(HOLE, "…").replace('`', "'");
            if text == "…" {
                return Some(String::new());
            }
            let start: String = text.chars().take(60).collect();
            Some(if start.len() < text.len() { format!("{start}…") } else { text })
        }
        _ => is_unknown.then(String::new),
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
    fn every_way_to_put_text_together() {
        for sql in [
            "f'DELETE FROM {name()}'",
            "'DELETE FROM ' + name()",
            "'DELETE FROM %s' % name()",
            "'DELETE FROM {}'.format(name())",
        ] {
            upgrade(&format!("op.execute({sql})")).finds(&["`DELETE FROM …`"]);
        }
    }

    #[test]
    fn nothing_is_known() {
        upgrade("op.execute(statement())").finds(&["only known when the revision runs"]);
        upgrade("op.execute(open('x.sql').read())").finds(&["only known when the revision runs"]);
    }

    #[test]
    fn constants_are_followed() {
        upgrade("table = 't'\nop.execute(f'DELETE FROM {table}')").ok();
        upgrade("for t in ('a', 'b'):\n    op.execute(f'DELETE FROM {t}')").ok();
    }

    #[test]
    fn parameters_are_no_text() {
        upgrade("op.execute(sa.text('UPDATE t SET a = :a').bindparams(a=value()))").ok();
    }

    #[test]
    fn downgrade_is_not_judged() {
        upgrade("op.drop_table('t')").downgrade("op.execute(statement())").ok();
    }
}

//! `environment-dependent-migration`: a revision that does something else on each machine.

use crate::revision::{BoundName, RevisionContext};
use crate::rule::{Sink, declare_rule};
use crate::source::Span;

declare_rule! {
    /// ## What it does
    /// Finds revisions that read environment variables or arguments of the command line, or ask for the name of the machine.
    ///
    /// ## Why is this bad?
    /// Databases at the same revision then differ, and nobody can tell from the history how. What ran in the test is not what runs in
    /// production, and the next revision builds on a schema that is not there.
    ///
    /// ## Example
    /// ```python bad
    /// import os
    /// if os.environ.get("WITH_AUDIT"):
    ///     op.create_table("audit", sa.Column("id", sa.Integer(), primary_key=True))
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.create_table("audit", sa.Column("id", sa.Integer(), primary_key=True))
    /// ```
    /// What differs between installations belongs into the application, or into a version location or branch of its own.
    ///
    /// ## References
    /// - [Alembic: working with branches](https://alembic.sqlalchemy.org/en/latest/branches.html)
    "environment-dependent-migration", Content, Warning,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

/// What differs from machine to machine.
const SOURCES: [&str; 6] =
    ["os.environ", "os.getenv", "sys.argv", "socket.gethostname", "getpass.getuser", "platform.node"];

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let names = &context.revision.names;
    let used =
        names.module_uses.iter().filter_map(|place| source(&place.path).map(|name| (place.span, name)));
    let imported = names.imports.iter().flat_map(|import| {
        import.bound.iter().filter_map(|bound| match bound {
            BoundName::Alias { path, .. } => source(path).map(|name| (import.span, name)),
            BoundName::Module { .. } => None,
        })
    });
    let first: Option<(Span, &str)> = used.chain(imported).min_by_key(|(span, _)| span.start);
    let Some((span, name)) = first else { return };
    sink.report(
        span,
        format!("what this revision does depends on `{name}`: databases at the same revision will differ"),
    )
    .help("do the same everywhere; what differs belongs into the application");
}

fn source(path: &str) -> Option<&'static str> {
    SOURCES
        .into_iter()
        .find(|source| path.strip_prefix(source).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    fn header(line: &str) -> Tester {
        Tester::new(&RULE).header(line).upgrade("x = os.environ.get('X')")
    }

    #[test]
    fn what_differs() {
        header("import os").finds(&["what this revision does depends on `os.environ`"]);
        header("from os import getenv").finds(&["`os.getenv`"]);
    }

    #[test]
    fn what_does_not() {
        Tester::new(&RULE).header("import os").upgrade("x = os.path.join('a', 'b')").ok();
        Tester::new(&RULE).header("from datetime import datetime").upgrade("x = datetime.now()").ok();
    }
}

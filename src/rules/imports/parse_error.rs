//! `parse-error`: a file in a version location that Python cannot import. Judges no content.

use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};
use crate::source::Span;

declare_rule! {
    /// ## What it does
    /// Finds files in a version location that cannot be read or are not Python: broken syntax, conflict
    /// markers of a merge, objects that autogenerate could not write out (`<function now at 0x7f..>`), text in
    /// another encoding.
    ///
    /// ## Why is this bad?
    /// Alembic imports every file of a version location for nearly every command. One file that cannot be
    /// imported stops `upgrade`, `heads`, `history` and `revision` for the whole project.
    ///
    /// ## Example
    /// ```python bad
    /// op.add_column("user", sa.Column("created", sa.DateTime(), server_default=<function now at 0x7f3a>))
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.add_column("user", sa.Column("created", sa.DateTime(), server_default=sa.text("now()")))
    /// ```
    ///
    /// ## References
    /// - squawk: `syntax-error`
    "parse-error", Imports, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    if let Err(reason) = &context.file.text {
        sink.report(
            Span::default(),
            format!("the file cannot be read ({reason}), so no Alembic command runs"),
        )
        .help("make it a UTF-8 file that can be opened, or move it out of the version location");
        return;
    }
    // Nobody knows whether it is Python; see rule `internal-error`.
    if context.revision.failure.is_some() {
        return;
    }
    let Some(error) = context.revision.syntax_errors.first() else { return };
    let report = sink.report(
        error.span,
        format!("not valid Python, so no Alembic command runs: {}", error.message.trim_end_matches('.')),
    );
    let line = line_at(context.text(), error.span);
    let is_conflict = ["<<<<<<<", "=======", ">>>>>>>"].iter().any(|marker| line.starts_with(marker));
    report.help(if is_conflict {
        "resolve the merge conflict and remove its markers"
    } else {
        "correct the syntax; what autogenerate could not write out has to be written by hand"
    });
}

/// The line in which `span` starts.
fn line_at(text: &str, span: Span) -> &str {
    let before = text.get(..span.start as usize).unwrap_or_default();
    let start = before.rfind(['\n', '\r']).map_or(0, |end| end + 1);
    text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    #[test]
    fn objects_that_autogenerate_could_not_write() {
        Tester::new(&RULE).upgrade("op.execute(<function now at 0x7f>)").finds(&["not valid Python"]);
    }

    #[test]
    fn conflict_markers() {
        Tester::new(&RULE)
            .file("versions/a1.py", "revision = 'a1'\n<<<<<<< HEAD\ndown_revision = None\n")
            .finds(&["no Alembic command runs"]);
    }

    #[test]
    fn several_errors_in_one_file_are_one_finding() {
        Tester::new(&RULE).file("versions/a1.py", "x = (\ny = ]\n").finds(&["not valid Python"]);
    }

    #[test]
    fn unreadable_files() {
        Tester::new(&RULE).unreadable("versions/a1.py", "not UTF-8").finds(&["cannot be read (not UTF-8)"]);
    }

    #[test]
    fn valid_python_of_any_version() {
        Tester::new(&RULE).upgrade("match 1:\n    case 1:\n        pass\nx = f\"{'a'!r:>{10}}\"").ok();
    }
}

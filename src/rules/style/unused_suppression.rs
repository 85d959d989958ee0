//! `unused-suppression`: comments that silence nothing.

use std::collections::BTreeSet;

use crate::diagnostic::{Edit, Fix};
use crate::rule::{Sink, declare_rule};
use crate::source::Span;
use crate::suppression::{Reach, Reason, Scope, Suppression, Suppressions, is_meta, never_silenced};

declare_rule! {
    /// ## What it does
    /// Finds names in suppression comments that silence nothing.
    ///
    /// A comment is judged only for rules that run, and only in files whose findings were asked for.
    ///
    /// ## Why is this bad?
    /// An approval that outlives what it approved silences the next finding at that place, which nobody has
    /// agreed to.
    ///
    /// ## Example
    /// ```python bad
    /// op.rename_table("user", "account")  # alembic-lint: allow[drop-table] -- moved to the account service
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.rename_table("user", "account")
    /// ```
    ///
    /// ## Fix safety
    /// Safe where other names remain: only the unused name is deleted. Where none remains, the fix deletes the
    /// whole comment and its reason, which someone wrote for the next reader, so it is unsafe. Comments of other
    /// tools on the same line are kept.
    ///
    /// ## References
    /// - `# alembic-lint: allow[rule] -- reason` speaks of the statement beside it or right below it
    /// - `# alembic-lint: allow-file[rule] -- reason`, outside any statement, speaks of the whole file
    "unused-suppression", Style, Warning,
    preset: Recommended, fix: Sometimes, since: "0.1.0",
    check: Suppressions(check),
}

fn check(suppressions: &Suppressions<'_>, sink: &mut Sink<'_>) {
    for suppression in suppressions.judged() {
        let directive = &suppression.directive;
        if directive.mistake.is_some() || directive.reason != Reason::Given {
            continue;
        }
        if suppression.reach == Reach::Misplaced {
            sink.report_in(
                suppression.file,
                directive.span,
                "`allow-file` inside a statement or behind code silences nothing",
            )
            .help("move the comment to a line of its own at the top level of the file");
            continue;
        }
        let unused = unused(suppressions, suppression);
        let fix = removal(suppression, &unused.iter().map(|name| name.index).collect());
        for name in unused {
            sink.report_in(suppression.file, name.span, name.message).help(name.help).fix(fix.clone());
        }
    }
}

struct Unused {
    index: usize,
    span: Span,
    message: String,
    help: &'static str,
}

fn unused(suppressions: &Suppressions<'_>, suppression: &Suppression) -> Vec<Unused> {
    let scope = suppression.directive.scope;
    let mut seen = BTreeSet::new();
    let mut out = Vec::new();
    for (index, (name, used)) in suppression.names().enumerate() {
        let Some(rule) = suppressions.rule(&name.text) else { continue };
        let (message, help) = if !seen.insert(rule.name) {
            (format!("`{}` is named twice", rule.name), "delete one of them")
        } else if let Some(why) = never_silenced(rule.name) {
            (format!("`{}` cannot be allowed in a file: {why}", rule.name), "delete the name")
        } else if is_meta(rule) {
            if scope == Scope::File {
                continue;
            }
            (
                format!("`{}` can be allowed for the whole file only", rule.name),
                "write `allow-file`, or delete the name",
            )
        } else if used || !suppressions.has_run(rule, suppression.file) {
            continue;
        } else {
            let place = if scope == Scope::File { "in this file" } else { "here" };
            (
                format!("`{}` finds nothing {place} to allow", rule.name),
                "delete the name, or the whole comment",
            )
        };
        out.push(Unused { index, span: name.span, message, help });
    }
    out
}

/// Deletes names; the comment with its reason where none is left.
fn removal(suppression: &Suppression, gone: &BTreeSet<usize>) -> Fix {
    let names = suppression.directive.names.iter().enumerate();
    let kept: Vec<_> = names.filter(|(i, _)| !gone.contains(i)).map(|(_, name)| &*name.text).collect();
    if kept.is_empty() {
        let edit = Edit { span: suppression.removal, content: String::new() };
        Fix::unsafe_("delete the comment and its reason", vec![edit])
    } else {
        let edit = Edit { span: suppression.directive.list, content: kept.join(", ") };
        Fix::safe("delete what allows nothing", vec![edit])
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    const DROP: &str = "op.drop_table('user')  # alembic-lint: ";

    #[test]
    fn names_that_can_never_be_used() {
        Tester::new(&RULE)
            .upgrade(&format!("{DROP}allow[drop-table, drop-table, unused-suppression] -- moved"))
            .finds(&[
                "`drop-table` is named twice",
                "`unused-suppression` can be allowed for the whole file only",
            ])
            .fixes("allow[drop-table, drop-table, unused-suppression]", "allow[drop-table]");
        Tester::new(&RULE)
            .header("# alembic-lint: allow-file[parse-error] -- old  # noqa")
            .upgrade("pass")
            .finds(&["`parse-error` cannot be allowed in a file"])
            .fixes_unsafely("# alembic-lint: allow-file[parse-error] -- old  # noqa", "# noqa");
    }

    #[test]
    fn rules_that_do_not_run_and_comments_that_do_not_count() {
        Tester::new(&RULE).upgrade(&format!("{DROP}allow[drop-table] -- moved")).ok();
        Tester::new(&RULE).upgrade(&format!("{DROP}allow[parse-error]")).ok();
        Tester::new(&RULE).upgrade(&format!("{DROP}ignore[parse-error] -- old")).ok();
        Tester::new(&RULE)
            .header("# alembic-lint: allow-file[unused-suppression] -- old")
            .upgrade("pass")
            .ok();
    }

    #[test]
    fn the_file_form_inside_a_function() {
        Tester::new(&RULE)
            .upgrade(&format!("{DROP}allow-file[drop-table] -- moved"))
            .finds(&["`allow-file` inside a statement or behind code silences nothing"])
            .without_fix();
    }
}

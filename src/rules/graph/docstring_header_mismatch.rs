//! `docstring-header-mismatch`: the header says one thing, the variables another. Files without a header pass.

use crate::diagnostic::{Edit, Fix};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};
use crate::source::Span;

declare_rule! {
    /// ## What it does
    /// Finds `Revision ID:` and `Revises:` lines in the docstring that differ from `revision` and `down_revision`.
    ///
    /// ## Why is this bad?
    /// Alembic goes by the variables, people by the header. It is forgotten when a revision gets another parent by hand,
    /// and the next reader follows a history that does not exist.
    ///
    /// ## Example
    /// ```python bad file=versions/ab12_add_user.py
    /// """add user
    ///
    /// Revision ID: ab12
    /// Revises: cd34
    ///
    /// """
    /// revision = "ab12"
    /// down_revision = "ef56"
    /// ```
    ///
    /// ## Use instead
    /// ```python good file=versions/ab12_add_user.py
    /// """add user
    ///
    /// Revision ID: ab12
    /// Revises: ef56
    ///
    /// """
    /// revision = "ab12"
    /// down_revision = "ef56"
    /// ```
    ///
    /// ## Fix safety
    /// Only the two lines are written, as Alembic's template writes them: several parents are joined by a comma, and
    /// the first revision has none.
    ///
    /// ## References
    /// - `alembic/templates/generic/script.py.mako`
    "docstring-header-mismatch", Graph, Warning,
    preset: Recommended, fix: Sometimes, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let (Some(id), text) = (context.revision.id(), context.text()) else { return };
    let header = context.revision.header(text);
    if let Some(place) = header.revision {
        let said = words(place, text);
        if said != [id] {
            report(sink, place, text, ("Revision ID:", "revision"), &[id]);
        }
    }
    if let (Some(place), Some(parents)) = (header.revises, context.revision.parents()) {
        let mut said = words(place, text);
        said.sort_unstable();
        let is_none = parents.is_empty() && said.iter().all(|word| matches!(*word, "None" | "none" | "base"));
        let mut expected = parents.clone();
        expected.sort_unstable();
        if said != expected && !is_none {
            report(sink, place, text, ("Revises:", "down_revision"), &parents);
        }
    }
}

/// The identifiers of a line: people add quotes, brackets and commas.
fn words(place: Span, text: &str) -> Vec<&str> {
    place.of(text).split(is_between).filter(|word| !word.is_empty()).collect()
}

fn is_between(c: char) -> bool {
    c.is_whitespace() || ",;'\"`()[]<>".contains(c)
}

fn report(sink: &mut Sink<'_>, place: Span, text: &str, (line, variable): (&str, &str), ids: &[&str]) {
    let value = ids.join(", ");
    let said = place.of(text).trim();
    let shown = |value: &str| if value.is_empty() { "nothing".to_owned() } else { format!("`{value}`") };
    let start = place.start.saturating_sub(u32::try_from(line.len()).unwrap_or(0));
    let content = if value.is_empty() { String::new() } else { format!(" {value}") };
    let finding = sink
        .report(
            Span::new(start, place.end),
            format!("`{line}` in the docstring says {}, but `{variable}` is {}", shown(said), shown(&value)),
        )
        .help("Alembic goes by the variable; let the docstring say the same");
    // An identifier with spaces or a backslash would be read back as something else.
    if !ids.iter().any(|id| id.contains(|c| is_between(c) || c == '\\')) {
        finding.fix(Fix::safe(format!("write what `{variable}` is"), vec![Edit { span: place, content }]));
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    fn header(lines: &str, down: &str) -> Tester {
        let text =
            format!("\"\"\"add user\n\n{lines}\n\n\"\"\"\nrevision = 'ab12'\ndown_revision = {down}\n");
        Tester::new(&RULE).file("versions/a.py", &text)
    }

    #[test]
    fn the_lines_are_rewritten_from_the_variables() {
        header("Revision ID: ab11\nRevises: cd34", "'cd34'")
            .finds(&["`Revision ID:` in the docstring says `ab11`, but `revision` is `ab12`"])
            .fixes("Revision ID: ab11\n", "Revision ID: ab12\n");
        header("Revision ID: ab12\nRevises: cd34", "('ef56', 'a1')")
            .finds(&["`Revises:` in the docstring says `cd34`, but `down_revision` is `ef56, a1`"])
            .fixes("Revises: cd34", "Revises: ef56, a1");
        header("Revises: cd34", "None").finds(&["is nothing"]).fixes("Revises: cd34", "Revises:");
        header("Revises: (none)", "None").ok();
        header("Revises:", "'cd34'").finds(&["says nothing"]).fixes("Revises:", "Revises: cd34");
    }

    #[test]
    fn identifiers_that_are_no_word_are_left_to_the_author() {
        header("Revision ID: ab12\nRevises: cd34", "'cd34 x'").finds(&["is `cd34 x`"]).without_fix();
    }

    #[test]
    fn other_spellings_say_the_same() {
        header("Revision ID: ab12\nRevises: b, a", "('a', 'b')").ok();
        header("Revision ID: `ab12`\nRevises: ('a', 'b')", "('a', 'b')").ok();
        header("Revises: <base>", "None").ok();
        header("Revises: None", "None").ok();
        header("Revises: ", "None").ok();
        header("no header", "'cd34'").ok();
        header("Revises: cd34", "compute()").ok();
    }
}

//! `todo-in-migration`: something was to be done before the revision is merged.

use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds comments with `TODO`, `FIXME` or `XXX`.
    ///
    /// ## Why is this bad?
    /// A revision is done when it is merged: databases run it, and after that it must not change any more.
    ///
    /// ## Example
    /// ```python bad
    /// op.drop_column("invoice", "note")  # TODO: keep a copy
    /// ```
    ///
    /// ## Use instead
    /// Do it, or write a revision of its own for it.
    ///
    /// ## References
    /// - `applied-revision-edited`
    "todo-in-migration", Content, Info,
    preset: All, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    for comment in &context.revision.comments {
        let text = comment.span.of(context.text());
        let is_word = |word: &&str| text.split(|c: char| !c.is_alphanumeric()).any(|part| part == *word);
        let Some(word) = ["TODO", "FIXME", "XXX"].into_iter().find(is_word) else { continue };
        sink.report(
            comment.span,
            format!("`{word}`: it cannot be done when databases have run the revision"),
        )
        .help("do it now, or in a revision of its own");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    #[test]
    fn comments() {
        Tester::new(&RULE).upgrade("pass  # TODO: index").finds(&["`TODO`"]);
        Tester::new(&RULE).upgrade("op.execute('SELECT 1 -- TODO')").ok();
        Tester::new(&RULE).upgrade("pass  # todos and TODOS").ok();
    }
}

//! Edits that put a statement before another, or at the end of a function. Knows no directive.

use crate::diagnostic::Edit;
use crate::operation::Operation;
use crate::revision::{Body, Revision, RevisionContext};
use crate::source::Span;

/// The edit that puts a line before the statement around `span`, as deep as it; `None` where that shares its line with others.
pub fn insert_before(revision: &Revision, text: &str, span: Span, line: &str) -> Option<Edit> {
    let around = |statement: &&Span| statement.start <= span.start && span.end <= statement.end;
    let statement = revision.statements.iter().filter(around).max_by_key(|statement| statement.start)?;
    let indent = indentation(text, statement.start)?;
    Some(Edit { span: Span::new(statement.start, statement.start), content: format!("{line}\n{indent}") })
}

/// The edit that puts a line at the end of a function's body, as deep as its first statement; `None` where nothing that is there
/// would run.
pub fn append_to(revision: &Revision, text: &str, body: &Body, line: &str) -> Option<Edit> {
    let indent = indentation(text, body.block.start)?;
    if leaves_early(revision, text, body, indent) {
        return None;
    }
    Some(Edit { span: Span::new(body.block.end, body.block.end), content: format!("\n{indent}{line}") })
}

/// Whether a statement of the body itself returns or raises.
fn leaves_early(revision: &Revision, text: &str, body: &Body, indent: &str) -> bool {
    let own = revision.statements.iter().filter(|statement| {
        (body.block.start..body.block.end).contains(&statement.start)
            && indentation(text, statement.start) == Some(indent)
    });
    own.map(|statement| statement.of(text)).any(|statement| {
        ["return", "raise"].iter().any(|word| {
            let rest = statement.strip_prefix(word);
            rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
        })
    })
}

/// The edit that takes away the statement at `span`, with its lines; `pass` stays where it is the only one of its block. `None` where
/// it shares a line with others.
pub fn remove(text: &str, span: Span) -> Option<Edit> {
    let indent = indentation(text, span.start).map_or(0, str::len);
    let line_start = (span.start as usize).checked_sub(indent)?;
    let (before, rest) = (text.get(..line_start)?, text.get(span.end as usize..)?);
    let line_end = line_break(rest).map_or(rest.len(), |(_, behind)| behind);
    let after = rest.get(..line_end)?.trim();
    let is_alone = indent > 0 && (after.is_empty() || after.starts_with('#'));
    if !is_alone || before.trim_end_matches(['\n', '\r']).ends_with('\\') {
        return None;
    }
    let is_code = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let deep = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len() >= indent;
    // What opens a block may itself go over several lines, and a comment may be behind the colon.
    let has_colon = |line: &str| line.split('#').any(|part| part.trim_end().ends_with(':'));
    let opens = before.split(['\n', '\r']).rfind(is_code).is_some_and(|line| !deep(line) || has_colon(line));
    let closes = rest.get(line_end..)?.split(['\n', '\r']).find(is_code).is_none_or(|line| !deep(line));
    let at = |offset: usize| u32::try_from(offset).ok();
    if opens && closes {
        return Some(Edit { span, content: "pass".to_owned() });
    }
    let end = span.end.checked_add(at(line_end)?)?;
    Some(Edit { span: Span::new(at(line_start)?, end), content: String::new() })
}

/// Where the first line of a text ends, and where the next one starts.
fn line_break(text: &str) -> Option<(usize, usize)> {
    let end = text.find(['\n', '\r'])?;
    Some((end, end + if text.get(end..)?.starts_with("\r\n") { 2 } else { 1 }))
}

/// The edits that move a call that is a statement of a function's body behind the statement that holds another one; `None` where other
/// things stand on its lines.
pub fn move_behind(
    context: &RevisionContext<'_>,
    body: &Body,
    moved: &Operation,
    behind: &Operation,
) -> Option<Vec<Edit>> {
    let (revision, text) = (context.revision, context.text());
    let span = moved.span;
    let is_own = revision.statements.contains(&span) && moved.call_sites.is_empty();
    if !is_own || at_depth_of(revision, text, body, span)? != span.start || !behind.call_sites.is_empty() {
        return None;
    }
    let indent = indentation(text, span.start)?;
    let rest = text.get(span.end as usize..)?;
    let (line_end, next_line) = line_break(rest)?;
    if !rest.get(..line_end)?.trim().is_empty() {
        return None;
    }
    let start = span.start - u32::try_from(indent.len()).ok()?;
    let end = span.end + u32::try_from(next_line).ok()?;
    let call = span.of(text);
    let next = revision.statements.iter().map(|statement| statement.start).filter(|start| {
        (behind.span.end..=body.block.end).contains(start) && indentation(text, *start) == Some(indent)
    });
    let insertion = match next.min() {
        Some(next) => Edit { span: Span::new(next, next), content: format!("{call}\n{indent}") },
        None => append_to(revision, text, body, call)?,
    };
    Some(vec![Edit { span: Span::new(start, end), content: String::new() }, insertion])
}

/// Where the statement of a function's body starts that holds `span`, as deep as the first one.
pub(super) fn at_depth_of(revision: &Revision, text: &str, body: &Body, span: Span) -> Option<u32> {
    let indent = indentation(text, body.block.start)?;
    let starts = revision.statements.iter().map(|statement| statement.start);
    starts
        .filter(|start| {
            (body.block.start..=span.start).contains(start) && indentation(text, *start) == Some(indent)
        })
        .max()
}

/// The blanks before a place, where nothing else stands before it on its line.
pub(super) fn indentation(text: &str, offset: u32) -> Option<&str> {
    let before = text.get(..offset as usize)?;
    let line = before.rsplit(['\n', '\r']).next().unwrap_or_default();
    (!line.is_empty() && line.chars().all(|char| matches!(char, ' ' | '\t'))).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fix::apply_edits;

    fn without(text: &str, statement: &str) -> Option<String> {
        let start = text.find(statement).unwrap();
        let at = |offset: usize| u32::try_from(offset).unwrap();
        let edit = remove(text, Span::new(at(start), at(start + statement.len())))?;
        apply_edits(text, &[edit])
    }

    #[test]
    fn a_statement_goes_with_its_lines() {
        let text = "def f():\n    # why\n    a(\n        1\n    )  # that\n    b()\n\n\ndef g():\n    c()\n";
        let one = without(text, "a(\n        1\n    )").unwrap();
        assert_eq!(one, "def f():\n    # why\n    b()\n\n\ndef g():\n    c()\n");
        assert_eq!(without(text, "b()").unwrap(), text.replace("    b()\n", ""));
    }

    #[test]
    fn a_block_keeps_a_statement() {
        assert_eq!(without("def f():\n    a()\n", "a()").unwrap(), "def f():\n    pass\n");
        assert_eq!(without("if x:\n  a()\nelse:\n  b()\n", "a()").unwrap(), "if x:\n  pass\nelse:\n  b()\n");
        assert_eq!(without("def f():\n    \"why\"\n    a()", "a()").unwrap(), "def f():\n    \"why\"\n");
    }

    #[test]
    fn a_block_whose_head_has_several_lines_keeps_a_statement() {
        assert_eq!(
            without("if (a and\n        b):\n    x()\n", "x()").unwrap(),
            "if (a and\n        b):\n    pass\n"
        );
        assert_eq!(
            without("if f(a,\n      b):  # why\n    x()", "x()").unwrap(),
            "if f(a,\n      b):  # why\n    pass"
        );
    }

    #[test]
    fn a_single_carriage_return_ends_a_line() {
        assert_eq!(without("def f():\r    a()\r    b()\n", "a()").unwrap(), "def f():\r    b()\n");
        assert_eq!(without("def f():\n    a()  # why\r    b()\n", "a()").unwrap(), "def f():\n    b()\n");
        assert_eq!(without("def f():\r\n    a()\r\n    b()\r\n", "a()").unwrap(), "def f():\r\n    b()\r\n");
    }

    #[test]
    fn a_statement_on_a_continued_line_stays() {
        assert_eq!(without("def f():\n    \\\n    a()\n    b()\n", "a()"), None);
    }

    #[test]
    fn a_statement_among_others_in_its_line_stays() {
        assert_eq!(without("def f():\n    a(); b()\n", "a()"), None);
        assert_eq!(without("def f(): a()\n", "a()"), None);
    }
}

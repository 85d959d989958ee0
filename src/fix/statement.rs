//! Edits that put a statement before another, or at the end of a function. Knows no directive.

use crate::diagnostic::Edit;
use crate::revision::{Body, Revision};
use crate::source::Span;

/// The edit that puts a line before the statement around `span`, as deep as it; `None` where that shares its line with others.
pub fn insert_before(revision: &Revision, text: &str, span: Span, line: &str) -> Option<Edit> {
    let around = |statement: &&Span| statement.start <= span.start && span.end <= statement.end;
    let statement = revision.statements.iter().filter(around).max_by_key(|statement| statement.start)?;
    let indent = indentation(text, statement.start)?;
    Some(Edit { span: Span::new(statement.start, statement.start), content: format!("{line}\n{indent}") })
}

/// The edit that puts a line at the end of a function's body, as deep as its first statement.
pub fn append_to(text: &str, body: &Body, line: &str) -> Option<Edit> {
    let indent = indentation(text, body.block.start)?;
    Some(Edit { span: Span::new(body.block.end, body.block.end), content: format!("\n{indent}{line}") })
}

/// The blanks before a place, where nothing else stands before it on its line.
fn indentation(text: &str, offset: u32) -> Option<&str> {
    let before = text.get(..offset as usize)?;
    let line = before.rsplit(['\n', '\r']).next().unwrap_or_default();
    (!line.is_empty() && line.chars().all(|char| matches!(char, ' ' | '\t'))).then_some(line)
}

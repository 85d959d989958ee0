//! `downgrade` written into a revision that has none, or one that does nothing.

use super::layout::Style;
use super::undo::{Undo, undo};
use crate::diagnostic::{Edit, Fix};
use crate::fix::insert_import;
use crate::history::schema::Step;
use crate::operation::Dialect;
use crate::revision::Body;
use crate::source::Span;

/// The repair that lets `downgrade` undo what `upgrade` does; `None` where that cannot be told for sure.
pub fn write_downgrade(step: &Step<'_>) -> Option<Fix> {
    let context = &step.context;
    let (revision, text) = (context.revision, context.text());
    let upgrade = revision.upgrade.as_ref()?;
    let undo = undo(step)?;
    let indent = indentation(text, upgrade.block)?;
    let is_batch = upgrade.operations.iter().any(|operation| operation.batch);
    let style = Style { op: &undo.op, indent, batch: is_batch || context.dialect == Dialect::Sqlite };
    let lines = style.lines(&undo.directives);
    let body = match &revision.downgrade {
        Some(downgrade) => replace_body(text, downgrade, &lines)?,
        None => append(text, upgrade, &lines),
    };
    let imports = undo.imports.iter().map(|line| insert_import(revision, text, line));
    let edits = imports.chain([body]).collect();
    Some(Fix::unsafe_(description(&undo), edits))
}

fn description(undo: &Undo) -> String {
    match undo.directives.len() {
        1 => "write the statement that undoes `upgrade` into `downgrade`".to_owned(),
        count => format!("write the {count} statements that undo `upgrade` into `downgrade`"),
    }
}

/// The blanks before the first statement of a body that stands on lines of its own.
fn indentation(text: &str, block: Span) -> Option<&str> {
    let before = text.get(..block.start as usize)?;
    let line = before.get(before.rfind(['\n', '\r'])? + 1..)?;
    (!line.is_empty() && line.chars().all(|char| matches!(char, ' ' | '\t'))).then_some(line)
}

/// Puts the lines in the place of `pass` or `...`, which may follow a docstring, or after a docstring that stands alone.
fn replace_body(text: &str, downgrade: &Body, lines: &str) -> Option<Edit> {
    let block = downgrade.block;
    indentation(text, block)?;
    let content = lines.trim_end_matches('\n').to_owned();
    let last = text.get(..block.end as usize)?.rfind(['\n', '\r'])? + 1;
    let last = Span::new(u32::try_from(last).ok()?, block.end);
    let is_whole = || downgrade.is_trivial || last.start <= block.start;
    match last.of(text).trim_start() {
        "pass" | "..." | "return" | "return None" if is_whole() => Some(Edit { span: last, content }),
        _ => after_docstring(downgrade, text, &content),
    }
}

fn after_docstring(downgrade: &Body, text: &str, content: &str) -> Option<Edit> {
    let block = downgrade.block;
    match block.of(text) {
        literal
            if downgrade.is_trivial && literal.starts_with(['"', '\'']) && literal.ends_with(['"', '\'']) =>
        {
            Some(Edit { span: Span::new(block.end, block.end), content: format!("\n{content}") })
        }
        _ => None,
    }
}

/// A function of its own at the end of the file, with the annotation of `upgrade`.
fn append(text: &str, upgrade: &Body, lines: &str) -> Edit {
    let annotation = if upgrade.span.of(text).contains("-> None") { " -> None" } else { "" };
    let end = text.trim_end().len();
    let offset = u32::try_from(end).unwrap_or(u32::MAX);
    let lines = lines.trim_end_matches('\n');
    let last = if text.len() == end { "\n" } else { "" };
    Edit {
        span: Span::new(offset, offset),
        content: format!("\n\n\ndef downgrade(){annotation}:\n{lines}{last}"),
    }
}

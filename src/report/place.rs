//! Lines and columns of findings, and text that cannot break a line or a terminal.

use std::borrow::Cow;

use crate::project::Project;
use crate::source::{FileId, LineCounter, SourceFile, Span};

/// Where a finding is, for people: 1-based, columns in characters, the end exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place<'a> {
    pub(super) path: &'a str,
    pub(super) line: u32,
    pub(super) column: u32,
    pub(super) end_line: u32,
    pub(super) end_column: u32,
}

/// Turns byte ranges into places; fast for findings of one file that follow each other.
#[derive(Debug)]
pub(super) struct Places<'a> {
    project: &'a Project,
    current: Option<(FileId, &'a SourceFile, LineCounter<'a>)>,
}

impl<'a> Places<'a> {
    pub(super) const fn new(project: &'a Project) -> Self {
        Self { project, current: None }
    }

    pub(super) fn place(&mut self, id: FileId, span: Span) -> Place<'a> {
        if self.current.as_ref().is_none_or(|(current, ..)| *current != id) {
            let file = self.project.file(id);
            self.current = file.map(|file| (id, file, LineCounter::new(file.text())));
        }
        let Some((_, file, lines)) = &mut self.current else {
            return Place { path: "", line: 1, column: 1, end_line: 1, end_column: 1 };
        };
        let [(line, column), (end_line, end_column)] = lines.lines_columns(span);
        Place { path: &file.path, line, column, end_line, end_column }
    }
}

/// Whether a character could break a line, turn the order of what follows, or is forbidden in XML.
fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}')
}

/// The text on one line: line breaks, control characters and the like are written as escapes.
pub(super) fn one_line(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_harmful) {
        return Cow::Borrowed(text);
    }
    let escaped = text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        if is_harmful(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
        out
    });
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_cannot_break_a_line_or_a_terminal() {
        assert_eq!(one_line("deletes `a\nb` \u{1b}[2J"), "deletes `a\\nb` \\u{1b}[2J");
        assert_eq!(one_line("größe"), "größe");
        assert_eq!(one_line("a\u{202e}b\u{ffff}"), "a\\u{202e}b\\u{ffff}", "no turned text, no broken XML");
    }
}

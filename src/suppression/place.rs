//! Which statements a comment belongs to, and what is deleted with it. Knows nothing of what comments say.

use crate::revision::{Comment, Revision};
use crate::source::{LineIndex, Span};

/// The statements a comment speaks of: those it stands beside or in, else the one on the next line that is no
/// comment.
pub(super) fn statements(comment: &Comment, revision: &Revision, text: &str) -> Vec<Span> {
    let at = comment.span.start;
    let inside = revision.statements.iter().filter(|s| s.start < at && at < s.end);
    let inside: Vec<_> = inside.copied().collect();
    if !inside.is_empty() {
        return inside;
    }
    let lines = LineIndex::new(text);
    if comment.own_line { below(comment, revision, &lines) } else { beside(comment, revision, &lines, text) }
}

/// The statements with a part on the comment's line; else the one before it, of which only brackets and the
/// colon of a header came between.
fn beside(comment: &Comment, revision: &Revision, lines: &LineIndex, text: &str) -> Vec<Span> {
    let at = comment.span.start;
    let line = lines.line(at);
    let before = || revision.statements.iter().filter(|statement| statement.end <= at);
    let on_line: Vec<_> =
        before().filter(|statement| lines.line(last_offset(**statement)) == line).copied().collect();
    if !on_line.is_empty() {
        return on_line;
    }
    let is_rest = |c: char| c.is_whitespace() || matches!(c, ')' | ',' | ':' | '\\');
    let closest = before().max_by_key(|statement| statement.end);
    closest.into_iter().filter(|s| Span::new(s.end, at).of(text).chars().all(is_rest)).copied().collect()
}

/// The statements that start on the next line, comment lines between not counted.
fn below(comment: &Comment, revision: &Revision, lines: &LineIndex) -> Vec<Span> {
    let mut line = lines.line(comment.span.start) + 1;
    for next in revision.comments.iter().filter(|c| c.span.start > comment.span.start) {
        if !next.own_line || lines.line(next.span.start) != line {
            break;
        }
        line += 1;
    }
    revision.statements.iter().filter(|statement| lines.line(statement.start) == line).copied().collect()
}

fn last_offset(span: Span) -> u32 {
    span.end.saturating_sub(1).max(span.start)
}

/// Whether a place starts within a statement.
pub(super) fn holds(statement: Span, place: Span) -> bool {
    statement.start <= place.start && (place.start < statement.end || place == statement)
}

/// Widens the removal of a comment's part: to its whole line where nothing else stands there, else to the
/// blanks before it where it is the last thing on its line.
pub(super) fn removal(comment: &Comment, part: Span, text: &str) -> Span {
    if part.end < comment.span.end {
        return part;
    }
    let before = Span::new(0, part.start).of(text);
    let code = u32::try_from(before.trim_end_matches([' ', '\t']).len()).unwrap_or(part.start);
    if part.start > comment.span.start || !comment.own_line {
        return Span::new(code, part.end);
    }
    let rest = text.get(part.end as usize..).unwrap_or_default();
    let newline = if rest.starts_with("\r\n") { 2 } else { u32::from(!rest.is_empty()) };
    Span::new(code, part.end + newline)
}

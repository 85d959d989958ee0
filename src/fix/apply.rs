//! Edits applied to a text. Knows nothing of rounds, rules or files.

use super::newline_of;
use crate::diagnostic::Edit;

/// Whether two edits cannot both be made: their ranges share bytes, or one inserts within or beside the other.
/// Whole lines that are inserted at one place go together, in the order of their text.
fn collide(a: &Edit, b: &Edit) -> bool {
    if a.span == b.span
        && (adds_line_before(a) && adds_line_before(b) || adds_line_after(a) && adds_line_after(b))
    {
        return false;
    }
    let (a, b) = (a.span, b.span);
    let (start, end) = (a.start.max(b.start), a.end.min(b.end));
    let inserts = a.start == a.end || b.start == b.end;
    if inserts { start <= end } else { start < end }
}

/// Whether an edit inserts one line at the start of a line.
fn adds_line_before(edit: &Edit) -> bool {
    edit.span.start == edit.span.end && edit.content.find('\n') == edit.content.len().checked_sub(1)
}

/// Whether an edit inserts one line at the end of a text that has no line break there.
fn adds_line_after(edit: &Edit) -> bool {
    edit.span.start == edit.span.end && edit.content.rfind('\n') == Some(0) && edit.content.len() > 1
}

/// The edits of several fixes of one text, each fix whole or not at all.
#[derive(Debug, Default)]
pub struct EditSet {
    edits: Vec<Edit>,
}

impl EditSet {
    /// Takes the edits of one fix unless they collide with what was taken before or with each other.
    /// Edits that were taken before are not made twice. Returns whether they were taken.
    pub fn add(&mut self, edits: &[Edit]) -> bool {
        let mut new: Vec<Edit> = Vec::new();
        for edit in edits {
            if self.edits.contains(edit) || new.contains(edit) {
                continue;
            }
            if self.edits.iter().chain(&new).any(|taken| collide(taken, edit)) {
                return false;
            }
            new.push(edit.clone());
        }
        self.edits.append(&mut new);
        true
    }

    /// The text after all edits; `None` where one does not fit the text. Lines that are added end as the
    /// lines of the text do.
    pub fn apply(mut self, text: &str) -> Option<String> {
        self.edits.sort();
        let newline = newline_of(text);
        let mut out = text.to_owned();
        for edit in self.edits.iter().rev() {
            let range = edit.span.start as usize..edit.span.end as usize;
            out.get(range.clone())?;
            match behind_line_end(edit, text, newline) {
                Some((at, content)) => out.insert_str(at, &with_newline(&content, newline)),
                None => out.replace_range(range, &with_newline(&edit.content, newline)),
            }
        }
        Some(out)
    }
}

/// The text after `edits`; `None` where they collide or do not fit.
pub fn apply_edits(text: &str, edits: &[Edit]) -> Option<String> {
    let mut set = EditSet::default();
    set.add(edits).then(|| set.apply(text)).flatten()
}

/// Lines that are added at the end of a line which does not end as most lines do: they go behind its line end, which it keeps.
fn behind_line_end(edit: &Edit, text: &str, newline: &str) -> Option<(usize, String)> {
    let at = edit.span.start as usize;
    let added = edit.content.strip_prefix('\n').filter(|_| edit.span.start == edit.span.end)?;
    let rest = text.get(at..)?;
    let end =
        ["\r\n", "\n", "\r"].into_iter().find(|end| rest.starts_with(end)).filter(|end| *end != newline)?;
    Some((at + end.len(), format!("{added}\n")))
}

fn with_newline(content: &str, newline: &str) -> String {
    let unix = content.replace("\r\n", "\n");
    if newline == "\n" { unix } else { unix.replace('\n', newline) }
}

#[cfg(test)]
mod tests {
    use crate::source::Span;

    use super::*;

    fn edit(start: u32, end: u32, content: &str) -> Edit {
        Edit { span: Span::new(start, end), content: content.to_owned() }
    }

    #[test]
    fn a_line_keeps_its_end_when_others_are_added_behind_it() {
        let added = |text: &str, at| apply_edits(text, &[edit(at, at, "\nx")]).unwrap();
        assert_eq!(added("a\r\nb\nc\n", 1), "a\r\nx\nb\nc\n");
        assert_eq!(added("a\nb\r\nc\r\n", 1), "a\nx\r\nb\r\nc\r\n");
        assert_eq!(added("a\nb\n", 1), "a\nx\nb\n");
    }

    #[test]
    fn edits_apply_to_the_offsets_of_the_old_text() {
        let edits = [edit(8, 9, "Z"), edit(0, 1, "longer"), edit(4, 4, "+")];
        assert_eq!(apply_edits("a = bb, c", &edits).as_deref(), Some("longer = +bb, Z"));
    }

    #[test]
    fn a_fix_that_collides_is_left_for_the_next_round() {
        let mut set = EditSet::default();
        assert!(set.add(&[edit(0, 3, "x")]));
        assert!(!set.add(&[edit(5, 6, "y"), edit(2, 4, "z")]), "one edit overlaps, so none is made");
        assert!(set.add(&[edit(3, 4, "w")]), "touching ranges do not overlap");
        assert_eq!(set.apply("abcdef").as_deref(), Some("xwef"));
    }

    #[test]
    fn inserts_at_one_place_collide_unless_they_are_the_same() {
        let mut set = EditSet::default();
        assert!(set.add(&[edit(1, 1, "x")]));
        assert!(!set.add(&[edit(1, 1, "y")]));
        assert!(set.add(&[edit(1, 1, "x"), edit(2, 2, "z")]));
        assert!(!set.add(&[edit(1, 2, "")]));
        assert!(!set.add(&[edit(0, 3, "")]), "an insert inside a range that goes");
        assert_eq!(set.apply("abc").as_deref(), Some("axbzc"));
    }

    #[test]
    fn lines_inserted_at_one_place_stand_in_order() {
        for lines in [["b\n", "a\n"], ["a\n", "b\n"]] {
            let edits = lines.map(|line| edit(2, 2, line));
            assert_eq!(apply_edits("x\ny\n", &edits).as_deref(), Some("x\na\nb\ny\n"));
        }
        assert_eq!(apply_edits("x", &[edit(1, 1, "\nb"), edit(1, 1, "\na")]).as_deref(), Some("x\na\nb"));
        assert_eq!(apply_edits("x", &[edit(1, 1, "\nb\n\n"), edit(1, 1, "\na\n\n")]), None);
    }

    #[test]
    fn added_lines_end_as_the_text_does() {
        assert_eq!(apply_edits("a\r\nb\r\n", &[edit(3, 3, "x\n")]).as_deref(), Some("a\r\nx\r\nb\r\n"));
        assert_eq!(apply_edits("a\rb\r", &[edit(2, 2, "x\n")]).as_deref(), Some("a\rx\rb\r"));
        assert_eq!(apply_edits("a\nb\r\n\n", &[edit(2, 2, "x\n")]).as_deref(), Some("a\nx\nb\r\n\n"));
    }

    #[test]
    fn an_edit_beyond_the_text_or_inside_a_character_is_refused() {
        assert_eq!(apply_edits("abc", &[edit(2, 9, "")]), None);
        assert_eq!(apply_edits("\u{e9}", &[edit(1, 2, "")]), None);
    }
}

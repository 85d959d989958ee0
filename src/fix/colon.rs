//! Edits that escape colons in the SQL of a call. Knows Python's literals and SQL's quotes.

use super::CallText;
use super::call::{line_length, string_length};
use crate::diagnostic::Edit;

impl CallText<'_> {
    /// The edits that put a backslash before colons that SQLAlchemy's `text` would take for a parameter inside a SQL literal, in all
    /// string literals of the call.
    pub fn escape_colons(self) -> Vec<Edit> {
        let call = self.span.of(self.text);
        let mut edits = Vec::new();
        let mut at = 0;
        let mut is_quoted = false;
        let mut code_before = String::new();
        while let Some(rest) = call.get(at..).filter(|rest| !rest.is_empty()) {
            let first = rest.chars().next().unwrap_or_default();
            if !matches!(first, '"' | '\'') {
                code_before.push(first);
                if first == '#' {
                    at += line_length(rest);
                } else {
                    at += first.len_utf8();
                }
                continue;
            }
            let prefix: String = code_before.chars().rev().take_while(char::is_ascii_alphabetic).collect();
            let prefix = prefix.to_ascii_lowercase();
            let escape = if prefix.contains('r') { "\\" } else { "\\\\" };
            let length = string_length(rest, first);
            let quotes = if rest.starts_with(&first.to_string().repeat(3)) { 3 } else { 1 };
            let inner = rest.get(quotes..length.saturating_sub(quotes)).unwrap_or_default();
            for colon in colons(inner, &mut is_quoted) {
                let place = at + quotes + colon;
                edits.push(self.replace(place..place, escape));
            }
            at += length;
            code_before.clear();
        }
        edits
    }
}

/// Where colons stand inside SQL literals that a parameter's name may follow. `is_quoted` goes on from one Python literal to the next.
fn colons(inner: &str, is_quoted: &mut bool) -> Vec<usize> {
    let is_word = |char: char| char.is_alphanumeric() || char == '_';
    let mut before = ' ';
    let mut found = Vec::new();
    for (at, char) in inner.char_indices() {
        if char == '\'' {
            *is_quoted = !*is_quoted;
        }
        let starts = char == ':' && !(is_word(before) || matches!(before, ':' | '\\'));
        before = char;
        if starts && *is_quoted && inner.get(at + 1..).is_some_and(|rest| rest.starts_with(is_word)) {
            found.push(at);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fix::apply_edits;
    use crate::source::Span;

    #[test]
    fn colons_in_literals_are_escaped() {
        let escaped = |call: &str| {
            let span = Span::new(0, u32::try_from(call.len()).unwrap());
            apply_edits(call, &CallText::new(call, span).unwrap().escape_colons()).unwrap()
        };
        let json = r#"op.execute('UPDATE t SET a = \'{"x":1,"y":"z :b"}\' WHERE b = :b')"#;
        assert_eq!(
            escaped(json),
            r#"op.execute('UPDATE t SET a = \'{"x"\\:1,"y":"z \\:b"}\' WHERE b = :b')"#
        );
        assert_eq!(
            escaped(r#"op.execute(r"UPDATE t SET a = ':x'")"#),
            r#"op.execute(r"UPDATE t SET a = '\:x'")"#
        );
        assert_eq!(escaped("f(\"a ':x\"\n  \":y', :z\")"), "f(\"a '\\\\:x\"\n  \"\\\\:y', :z\")");
        assert_eq!(escaped("f(\"a = '12:30', b::text, '\\\\:x'\")"), "f(\"a = '12:30', b::text, '\\\\:x'\")");
    }
}

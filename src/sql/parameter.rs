//! Parameters that `sqlalchemy.text` sees in SQL text: it knows neither quotes nor comments.

/// The first parameter that stands inside a quoted literal: `12` in `'{"a":12}'`.
///
/// SQLAlchemy looks for `(?<![:\w\x5c]):(\w+)(?!:)` (`sqlalchemy/sql/elements.py`, class `TextClause`).
pub fn parameter_in_literal(sql: &str) -> Option<&str> {
    if !sql.contains(':') || !sql.contains('\'') {
        return None;
    }
    let is_word = |char: char| char.is_alphanumeric() || char == '_';
    let mut is_quoted = false;
    let mut before = ' ';
    for (at, char) in sql.char_indices() {
        if char == '\'' {
            is_quoted = !is_quoted;
        }
        let starts = char == ':' && !(is_word(before) || matches!(before, ':' | '\\'));
        before = char;
        if !is_quoted || !starts {
            continue;
        }
        let rest = sql.get(at + 1..).unwrap_or_default();
        let end = rest.find(|char| !is_word(char)).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        // `:a:` gives back characters until no colon follows.
        let is_followed = after.starts_with(':');
        if name.chars().count() > usize::from(is_followed) {
            return Some(name);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::parameter_in_literal;

    #[test]
    fn colons_in_literals() {
        assert_eq!(parameter_in_literal("UPDATE t SET a = '{\"x\":12}'"), Some("12"));
        assert_eq!(parameter_in_literal("INSERT INTO t VALUES ('see :note')"), Some("note"));
        for sql in [
            "UPDATE t SET a = :value",
            "UPDATE t SET a = '12:30'",
            "UPDATE t SET a = '{\"x\": 12}'",
            "UPDATE t SET a = '{\"x\"\\:12}'",
            "SELECT 'a'::text",
            "SELECT '::text'",
            "SELECT 'it''s', :b",
        ] {
            assert_eq!(parameter_in_literal(sql), None, "{sql}");
        }
    }
}

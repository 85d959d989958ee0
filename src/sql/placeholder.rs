//! Bind parameters -> names of the same width, so that SQL parsers read on and places stay right.
//!
//! Knows `:name` (SQLAlchemy), `%(name)s` and `%s` (drivers) and the escaped colon `\:`. `?` stays: it is an
//! operator of PostgreSQL, and no schema statement takes one.

use super::lex::{Kind, Token};

/// First character of a replaced parameter; any name that holds it is unknown. Two bytes wide, as wide as
/// the shortest parameter, and a letter for every parser.
pub(super) const MARK: char = 'µ';

/// `source` with every parameter outside quotes and comments replaced; `None` where there is none.
pub(super) fn mask(source: &str, tokens: &[Token]) -> Option<String> {
    let mut masked: Option<String> = None;
    let mut index = 0;
    while let Some(rest) = tokens.get(index..).filter(|rest| !rest.is_empty()) {
        let before = index.checked_sub(1).and_then(|before| tokens.get(before));
        let found = escaped_colons(rest).or_else(|| parameter(source, before, rest));
        let (Some((mut replacement, used)), Some(first)) = (found, rest.first()) else {
            index += 1;
            continue;
        };
        let mut start = first.start;
        // `IN :ids` is sent with a list in its place: an expanding parameter, or a tuple that the driver writes out.
        if let Some(word) = before.filter(|word| replacement.starts_with(MARK) && word.is_word(source, "in"))
            && word.end < start
        {
            replacement = list(start + replacement.len() - word.end);
            start = word.end;
        }
        let text = masked.get_or_insert_with(|| source.to_owned());
        text.replace_range(start..start + replacement.len(), &replacement);
        index += used;
    }
    masked
}

/// `\:` is a colon, `\:\:` the two of a cast.
fn escaped_colons(rest: &[Token]) -> Option<(String, usize)> {
    let mut count = 0;
    while let [slash, colon, ..] = rest.get(count * 2..)? {
        if slash.kind != Kind::Mark(b'\\') || colon.kind != Kind::Mark(b':') || slash.end != colon.start {
            break;
        }
        count += 1;
    }
    (count > 0).then(|| (" ".repeat(count) + &":".repeat(count), count * 2))
}

/// A bind parameter that starts here, as its replacement and the number of its tokens.
fn parameter(source: &str, before: Option<&Token>, rest: &[Token]) -> Option<(String, usize)> {
    let first = rest.first()?;
    let touches = |index: usize| {
        let (left, right) = (rest.get(index.checked_sub(1)?)?, rest.get(index)?);
        (left.end == right.start).then_some(right)
    };
    match first.kind {
        Kind::Mark(b':') => {
            let name = touches(1).filter(|name| name.kind == Kind::Word)?;
            let after_colon =
                before.is_some_and(|token| token.kind == Kind::Mark(b':') && token.end == first.start);
            (!after_colon).then(|| (replacement(name.end - first.start), 2))
        }
        Kind::Mark(b'%') => {
            if let Some(letter) = touches(1).filter(|letter| letter.is_word(source, "s")) {
                return Some((replacement(letter.end - first.start), 2));
            }
            touches(1).filter(|token| token.kind == Kind::Mark(b'('))?;
            touches(2).filter(|token| token.kind == Kind::Word)?;
            touches(3).filter(|token| token.kind == Kind::Mark(b')'))?;
            let letter = touches(4).filter(|letter| letter.is_word(source, "s"))?;
            Some((replacement(letter.end - first.start), 5))
        }
        _ => None,
    }
}

/// A list of one value, at least three bytes wide.
fn list(width: usize) -> String {
    let inner = width.saturating_sub(2);
    let value = if inner < MARK.len_utf8() { "0".to_owned() } else { replacement(inner) };
    format!("({value})")
}

fn replacement(width: usize) -> String {
    let mut text = String::from(MARK);
    text.push_str(&"_".repeat(width.saturating_sub(MARK.len_utf8())));
    text
}

//! Names and texts as SQL writes them -> names and arguments of operations.
//!
//! Quotes are taken off; unquoted names stay as they are written.

use super::placeholder::MARK;
use crate::operation::{Argument, Call, Name, TableName, holds_hole};

/// A name as it is written, quoted or not.
pub(super) fn name(written: &str) -> Name {
    plain(&unquoted(written))
}

/// A name without quotes.
pub(super) fn plain(text: &str) -> Name {
    if text.contains(MARK) { Name::Unknown } else { Name::new(text) }
}

/// The text of a name without its quotes.
pub(super) fn unquoted(written: &str) -> String {
    let mut chars = written.chars();
    let close = match chars.next() {
        Some('[') => ']',
        Some(quote @ ('"' | '`' | '\'')) => quote,
        _ => return written.to_owned(),
    };
    if chars.next_back() != Some(close) {
        return written.to_owned();
    }
    let doubled: String = [close, close].iter().collect();
    chars.as_str().replace(&doubled, &close.to_string())
}

/// A table from the parts of its path; more than two parts are `database.schema.table`.
pub(super) fn table(parts: &[Name]) -> TableName {
    match parts {
        [] => TableName::default(),
        [name] => TableName::new(name.clone()),
        [.., schema, name] => TableName { schema: schema.clone(), name: name.clone() },
    }
}

/// SQL text as an argument, blanks folded; unknown if any part of it is.
pub(super) fn text(sql: &str) -> Argument {
    if is_unknown(sql) {
        return Argument::Unknown;
    }
    Argument::Str(folded(sql).into())
}

/// An SQL expression, as `sa.text(..)` would give it.
pub(super) fn expression(sql: &str) -> Argument {
    call("sqlalchemy.text", vec![text(sql)], Vec::new())
}

/// A call that is kept as a value.
pub(super) fn call(callee: &str, args: Vec<Argument>, keywords: Vec<(Box<str>, Argument)>) -> Argument {
    Argument::Call(Box::new(Call { callee: callee.into(), args: args.into(), keywords: keywords.into() }))
}

/// Known names as strings, others as unknown arguments.
pub(super) fn argument(name: &Name) -> Argument {
    match name {
        Name::Known(text) => Argument::Str(text.clone()),
        Name::None => Argument::None,
        Name::Unknown => Argument::Unknown,
    }
}

/// Whether part of a text is known only when the revision runs.
pub(super) fn is_unknown(sql: &str) -> bool {
    holds_hole(sql) || sql.contains(MARK)
}

/// Runs of blanks become one blank.
pub(super) fn folded(sql: &str) -> String {
    let mut words = sql.split_whitespace();
    let mut text = words.next().unwrap_or_default().to_owned();
    for word in words {
        text.push(' ');
        text.push_str(word);
    }
    text
}

//! Conditions of checks, as far as anybody asks.

use std::borrow::Cow;

use super::{Argument, Constraint, last_part};

impl Constraint {
    /// The condition of a check as SQL, where it is known.
    pub fn condition(&self) -> Option<Cow<'_, str>> {
        let option =
            |wanted: &str| self.options.iter().find(|(key, _)| &**key == wanted).map(|(_, value)| value);
        option("condition").or_else(|| option("")).and_then(condition_text)
    }
}

/// A condition as SQL: a text, `sa.text(..)`, `sa.column("a").is_not(None)`.
pub fn condition_text(value: &Argument) -> Option<Cow<'_, str>> {
    match value {
        Argument::Call(call) if last_part(&call.callee) == "text" => {
            call.args.first().and_then(condition_text)
        }
        Argument::Call(call) if matches!(last_part(&call.callee), "is_not" | "isnot") => {
            let [Argument::Call(column), Argument::None] = &*call.args else { return None };
            let is_column = matches!(last_part(&column.callee), "column" | "Column");
            let name = column.args.iter().rev().find_map(Argument::as_str).filter(|_| is_column)?;
            Some(Cow::Owned(format!("{name} IS NOT NULL")))
        }
        value => value.as_str().map(Cow::Borrowed),
    }
}

/// The column of a condition that demands nothing but that it is not NULL.
pub fn only_not_null(condition: &str) -> Option<&str> {
    let words = condition.split(|char: char| char.is_whitespace() || matches!(char, '"' | '(' | ')'));
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let [column, rest @ ..] = words.as_slice() else { return None };
    let is_it = rest.len() == 3
        && rest.iter().zip(["is", "not", "null"]).all(|(word, of)| word.eq_ignore_ascii_case(of));
    is_it.then_some(column)
}

#[cfg(test)]
mod tests {
    use super::only_not_null;

    #[test]
    fn a_condition_that_forbids_null_and_no_more() {
        assert_eq!(only_not_null("(\"age\" is NOT null)"), Some("age"));
        for more in ["age IS NOT NULL AND age > 0", "age IS NULL", "age > 0", "", "age"] {
            assert_eq!(only_not_null(more), None, "{more}");
        }
    }
}

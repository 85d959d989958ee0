//! Strings: literals, f-strings, `%`, `.format`, concatenation and methods. Unknown parts become [`HOLE`].

use std::rc::Rc;

use ruff_python_ast::{ExprFString, ExprStringLiteral, FStringPart, InterpolatedStringElement};

use super::Interpreter;
use super::argument::display;
use super::scope::{ModuleId, Scope};
use super::value::{Arguments, Text, Value};
use crate::operation::{HOLE, holds_hole};

impl<'a> Interpreter<'a> {
    pub(super) fn string_literal(&self, node: &'a ExprStringLiteral, scope: &Scope<'a>) -> Value<'a> {
        let value = node.value.to_str();
        let origin = match node.value.as_slice() {
            [literal] if scope.module == ModuleId::Revision => {
                let content = literal.content_range();
                let shown = self.text.get(content.start().to_usize()..content.end().to_usize());
                (shown == Some(value)).then(|| content.start().to_u32())
            }
            _ => None,
        };
        Value::Str(Rc::new(Text { value: value.into(), origin, dynamic: false }))
    }

    pub(super) fn f_string(&mut self, node: &'a ExprFString, scope: &Rc<Scope<'a>>) -> Value<'a> {
        let mut alternatives = vec![String::new()];
        for part in node.value.as_slice() {
            match part {
                FStringPart::Literal(literal) => append(&mut alternatives, &[literal.value.to_string()]),
                FStringPart::FString(f_string) => {
                    for element in &f_string.elements {
                        match element {
                            InterpolatedStringElement::Literal(literal) => {
                                append(&mut alternatives, &[literal.value.to_string()]);
                            }
                            InterpolatedStringElement::Interpolation(inner) => {
                                let value = self.expression(&inner.expression, scope);
                                let spec = inner.format_spec.as_deref().map(|spec| &*spec.elements);
                                let plain = inner.debug_text.is_none() && spec.is_none_or(is_plain_spec);
                                let quoted = inner.conversion == ruff_python_ast::ConversionFlag::Repr;
                                let texts: Vec<String> = value
                                    .alternatives()
                                    .iter()
                                    .map(|value| match display(value) {
                                        _ if !plain => HOLE.to_owned(),
                                        text if quoted && matches!(value, Value::Str(_)) => {
                                            format!("'{text}'")
                                        }
                                        text => text,
                                    })
                                    .collect();
                                append(&mut alternatives, &texts);
                            }
                        }
                    }
                }
            }
        }
        Value::one_of(alternatives.into_iter().map(Value::str))
    }

    /// `left + right`, one of them a string.
    pub(super) fn concatenate(left: &Value<'a>, right: &Value<'a>) -> Value<'a> {
        let origin = match (left, right) {
            (Value::Str(text), Value::Str(more)) if more.value.is_empty() => text.origin,
            _ => None,
        };
        let value = display(left) + &display(right);
        let dynamic = holds_hole(&value);
        Value::Str(Rc::new(Text { value: value.into(), origin, dynamic }))
    }

    /// `format % right`.
    pub(super) fn percent_format(format: &str, right: &Value<'a>) -> Value<'a> {
        // A choice inside the tuple gives a choice of texts.
        if let Value::Tuple(items) = right
            && let Some(at) = items.iter().position(|item| matches!(item, Value::OneOf(_)))
        {
            let texts = items.get(at).into_iter().flat_map(Value::alternatives).map(|choice| {
                let mut items = items.to_vec();
                if let Some(slot) = items.get_mut(at) {
                    *slot = choice.clone();
                }
                Self::percent_format(format, &Value::Tuple(items.into()))
            });
            return Value::one_of(texts.collect::<Vec<_>>());
        }
        let single = std::slice::from_ref(right);
        let mut positional = if let Value::Tuple(items) = right { items.iter() } else { single.iter() };
        let mut out = String::with_capacity(format.len());
        let mut rest = format;
        while let Some((before, after)) = rest.split_once('%') {
            out.push_str(before);
            rest = after;
            if let Some(after) = rest.strip_prefix('%') {
                out.push('%');
                rest = after;
                continue;
            }
            let mut value = None;
            if let Some((key, after)) = rest.strip_prefix('(').and_then(|named| named.split_once(')')) {
                rest = after;
                value = Some(match right {
                    Value::Dict(dict) => dict
                        .entries
                        .borrow()
                        .iter()
                        .rev()
                        .find(|(known, _)| known.as_str() == Some(key))
                        .map_or(Value::Unknown, |(_, value)| value.clone()),
                    _ => Value::Unknown,
                });
            }
            let flags = rest.len()
                - rest.trim_start_matches(|c: char| c.is_ascii_digit() || "#-+ .".contains(c)).len();
            let padded = flags > 0;
            rest = rest.get(flags..).unwrap_or_default();
            let mut chars = rest.chars();
            let kind = chars.next();
            rest = chars.as_str();
            let value = value.or_else(|| positional.next().cloned()).unwrap_or(Value::Unknown);
            match kind {
                Some('s' | 'd' | 'i') if !padded => out.push_str(&display(&value)),
                Some('r') if !padded && value.as_str().is_some() => {
                    out.push('\'');
                    out.push_str(&display(&value));
                    out.push('\'');
                }
                _ => out.push_str(HOLE),
            }
        }
        out.push_str(rest);
        Value::str(out)
    }

    /// `template.format(..)`.
    fn brace_format(template: &str, arguments: &Arguments<'a>) -> Value<'a> {
        let mut out = String::with_capacity(template.len());
        let mut chars = template.chars().peekable();
        let mut next = 0;
        while let Some(char) = chars.next() {
            match char {
                '{' if chars.next_if_eq(&'{').is_some() => out.push('{'),
                '}' => {
                    chars.next_if_eq(&'}');
                    out.push('}');
                }
                '{' => {
                    let field: String = chars.by_ref().take_while(|c| *c != '}').collect();
                    let plain = field.chars().all(|c| c.is_alphanumeric() || c == '_');
                    let value = if field.is_empty() {
                        next += 1;
                        arguments.positional.get(next - 1)
                    } else if let Ok(index) = field.parse::<usize>() {
                        arguments.positional.get(index)
                    } else {
                        arguments.keyword(&field)
                    };
                    out.push_str(&value.filter(|_| plain).map_or_else(|| HOLE.to_owned(), display));
                }
                other => out.push(other),
            }
        }
        Value::str(out)
    }

    /// A method of a string.
    pub(super) fn string_method(
        &mut self,
        text: &Rc<Text<'a>>,
        name: &str,
        arguments: &Arguments<'a>,
    ) -> Value<'a> {
        let value = &*text.value;
        let part = |part: &str| Value::str(part.to_owned());
        let first = arguments.positional.first();
        let first_text = || first.and_then(Value::as_str);
        match name {
            "format" => Self::brace_format(value, arguments),
            "format_map" => Value::str(HOLE),
            "join" => {
                let items = first.map(Self::turns);
                match items {
                    Some(turns) if turns.certain => {
                        let parts: Vec<String> = turns.items.iter().map(display).collect();
                        Value::str(parts.join(value))
                    }
                    _ => Value::str(HOLE),
                }
            }
            "strip" if first.is_none() => {
                let stripped = value.trim();
                let start = value.len() - value.trim_start().len();
                let origin = text.origin.map(|origin| origin + u32::try_from(start).unwrap_or(0));
                Value::Str(Rc::new(Text { value: stripped.to_owned().into(), origin, dynamic: text.dynamic }))
            }
            "lstrip" if first.is_none() => part(value.trim_start()),
            "rstrip" if first.is_none() => part(value.trim_end()),
            "strip" | "lstrip" | "rstrip" => match first_text() {
                Some(set) => {
                    let within = |c: char| set.contains(c);
                    part(match name {
                        "strip" => value.trim_matches(within),
                        "lstrip" => value.trim_start_matches(within),
                        _ => value.trim_end_matches(within),
                    })
                }
                None => Value::str(HOLE),
            },
            "encode" | "decode" | "expandtabs" | "__str__" => Value::Str(Rc::clone(text)),
            // The hole must stay readable as one.
            _ if text.dynamic => match name {
                "replace" | "lower" | "upper" | "title" | "capitalize" | "removeprefix" | "removesuffix" => {
                    Value::Str(Rc::clone(text))
                }
                _ => Value::Unknown,
            },
            "lower" | "casefold" => Value::str(value.to_lowercase()),
            "upper" => Value::str(value.to_uppercase()),
            "capitalize" => {
                let mut chars = value.chars();
                let first: String = chars.next().into_iter().flat_map(char::to_uppercase).collect();
                Value::str(first + &chars.as_str().to_lowercase())
            }
            "replace" => match (first_text(), arguments.positional.get(1)) {
                (Some(old), Some(new)) => Value::str(value.replace(old, &display(new))),
                _ => Value::str(HOLE),
            },
            "removeprefix" => {
                first_text().map_or(Value::Unknown, |p| part(value.strip_prefix(p).unwrap_or(value)))
            }
            "removesuffix" => {
                first_text().map_or(Value::Unknown, |p| part(value.strip_suffix(p).unwrap_or(value)))
            }
            "startswith" => first_text().map_or(Value::Unknown, |p| Value::Bool(value.starts_with(p))),
            "endswith" => first_text().map_or(Value::Unknown, |p| Value::Bool(value.ends_with(p))),
            "splitlines" => self.strings(value.lines()),
            "split" => match (first, first_text(), arguments.positional.get(1)) {
                (None | Some(Value::None), _, None) => self.strings(value.split_whitespace()),
                (_, Some(separator), None) => self.strings(value.split(separator)),
                (_, Some(separator), Some(Value::Int(limit))) => {
                    let limit = usize::try_from(*limit).unwrap_or(usize::MAX - 1).saturating_add(1);
                    self.strings(value.splitn(limit, separator))
                }
                _ => Value::Unknown,
            },
            "rsplit" => match (first_text(), arguments.positional.get(1)) {
                (Some(separator), Some(Value::Int(1))) => match value.rsplit_once(separator) {
                    Some((before, after)) => self.strings([before, after].into_iter()),
                    None => self.strings(std::iter::once(value)),
                },
                _ => Value::Unknown,
            },
            _ => Value::Unknown,
        }
    }

    fn strings<'t>(&self, parts: impl Iterator<Item = &'t str>) -> Value<'a> {
        Value::list(parts.map(|part| Value::str(part.to_owned())).collect(), self.conditional)
    }
}

/// Whether a format specification leaves a string as it is: none, or `s`.
fn is_plain_spec(elements: &[InterpolatedStringElement]) -> bool {
    match elements {
        [] => true,
        [InterpolatedStringElement::Literal(literal)] => &*literal.value == "s",
        _ => false,
    }
}

/// Appends each of `texts` to each alternative; too many alternatives become one with a hole.
fn append(alternatives: &mut Vec<String>, texts: &[String]) {
    if let [text] = texts {
        for alternative in alternatives.iter_mut() {
            alternative.push_str(text);
        }
    } else if alternatives.len() * texts.len() > 8 {
        for alternative in alternatives.iter_mut() {
            alternative.push_str(HOLE);
        }
    } else {
        *alternatives = alternatives
            .iter()
            .flat_map(|alternative| texts.iter().map(move |text| format!("{alternative}{text}")))
            .collect();
    }
}

/// `textwrap.dedent`.
pub(super) fn dedent(text: &str) -> String {
    let indent = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start().len())
        .min()
        .unwrap_or(0);
    let lines: Vec<&str> = text
        .split('\n')
        .map(|line| if line.trim().is_empty() { "" } else { line.get(indent..).unwrap_or(line) })
        .collect();
    lines.join("\n")
}

/// The span of a literal's content that `range` of its text covers.
pub(super) fn place_in_literal(text: &Text, range: &std::ops::Range<usize>) -> Option<crate::source::Span> {
    let origin = text.origin?;
    let offset = |at: usize| u32::try_from(at).ok().map(|at| origin + at);
    Some(crate::source::Span::new(offset(range.start)?, offset(range.end)?))
}

#[cfg(test)]
mod tests {
    use super::dedent;

    #[test]
    fn dedent_takes_the_common_indent_and_empties_blank_lines() {
        assert_eq!(dedent("\n    a\n      b\n  \n    c"), "\na\n  b\n\nc");
    }
}

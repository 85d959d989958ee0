//! Strings: literals, f-strings, `%`, `.format`, concatenation and methods. Unknown parts become [`HOLE`].

use std::borrow::Cow;
use std::rc::Rc;

use ruff_python_ast::{ExprFString, ExprStringLiteral, FStringPart, InterpolatedStringElement};

use super::Interpreter;
use super::argument::display;
use super::budget::{Budget, Growing};
use super::scope::{ModuleId, Scope};
use super::value::{Arguments, Text, Value};
use crate::operation::{HOLE, holds_hole};

/// How many texts may come of one with choices inside.
const MAX_TEXTS: usize = 8;

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
        let budget = Rc::clone(&self.budget);
        let mut alternatives = Alternatives::new(&budget);
        for part in node.value.as_slice() {
            match part {
                FStringPart::Literal(literal) => alternatives.append(&[Cow::Borrowed(&*literal.value)]),
                FStringPart::FString(f_string) => {
                    for element in &f_string.elements {
                        match element {
                            InterpolatedStringElement::Literal(literal) => {
                                alternatives.append(&[Cow::Borrowed(&*literal.value)]);
                            }
                            InterpolatedStringElement::Interpolation(inner) => {
                                let value = self.expression(&inner.expression, scope);
                                let spec = inner.format_spec.as_deref().map(|spec| &*spec.elements);
                                let plain = inner.debug_text.is_none() && spec.is_none_or(is_plain_spec);
                                let quoted = inner.conversion == ruff_python_ast::ConversionFlag::Repr;
                                let texts: Vec<Cow<'_, str>> = value
                                    .alternatives()
                                    .iter()
                                    .map(|value| match display(value) {
                                        _ if !plain => HOLE.into(),
                                        text if quoted && matches!(value, Value::Str(_)) => {
                                            format!("'{text}'").into()
                                        }
                                        text => text,
                                    })
                                    .collect();
                                alternatives.append(&texts);
                            }
                        }
                    }
                }
            }
        }
        alternatives.finish()
    }

    /// `left + right`, one of them a string.
    pub(super) fn concatenate(&self, left: &Value<'a>, right: &Value<'a>) -> Value<'a> {
        let origin = match (left, right) {
            (Value::Str(text), Value::Str(more)) if more.value.is_empty() => text.origin,
            _ => None,
        };
        let (first, last) = (display(left), display(right));
        if !self.budget.afford_text(first.len() + last.len()) {
            return Value::Unknown;
        }
        let value = [first, last].concat();
        let dynamic = holds_hole(&value);
        Value::Str(Rc::new(Text { value: value.into(), origin, dynamic }))
    }

    /// `format % right`.
    pub(super) fn percent_format(&self, format: &str, right: &Value<'a>) -> Value<'a> {
        let choices = match right {
            Value::Tuple(items) => {
                items.iter().map(|item| item.alternatives().len()).fold(1, usize::saturating_mul)
            }
            _ => 1,
        };
        // Too many choices leave holes.
        if let Value::Tuple(items) = right
            && choices > MAX_TEXTS
        {
            let certain = items.iter().map(|item| match item {
                Value::OneOf(_) => Value::Unknown,
                known => known.clone(),
            });
            return self.percent_format(format, &Value::Tuple(certain.collect()));
        }
        // A choice inside the tuple gives a choice of texts.
        if let Value::Tuple(items) = right
            && let Some(at) = items.iter().position(|item| matches!(item, Value::OneOf(_)))
        {
            let texts = items.get(at).into_iter().flat_map(Value::alternatives).map(|choice| {
                let mut items = items.to_vec();
                if let Some(slot) = items.get_mut(at) {
                    *slot = choice.clone();
                }
                self.percent_format(format, &Value::Tuple(items.into()))
            });
            return Value::one_of(texts.collect::<Vec<_>>());
        }
        let single = std::slice::from_ref(right);
        let mut positional = if let Value::Tuple(items) = right { items.iter() } else { single.iter() };
        let mut out = Growing::new(&self.budget);
        let mut rest = format;
        while let Some((before, after)) = rest.split_once('%') {
            out.push(before);
            rest = after;
            if let Some(after) = rest.strip_prefix('%') {
                out.push("%");
                rest = after;
                continue;
            }
            let mut value = None;
            if let Some((key, after)) = rest.strip_prefix('(').and_then(|named| named.split_once(')')) {
                rest = after;
                value = Some(match right {
                    Value::Dict(dict) if self.budget.afford(dict.entries.borrow().len() / 4) => dict
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
                Some('s' | 'd' | 'i') if !padded => out.push(&display(&value)),
                Some('r') if !padded && value.as_str().is_some() => {
                    out.push("'");
                    out.push(&display(&value));
                    out.push("'");
                }
                _ => out.push(HOLE),
            }
        }
        out.push(rest);
        out.finish()
    }

    /// `template.format(..)`.
    fn brace_format(&self, template: &str, arguments: &Arguments<'a>) -> Value<'a> {
        let mut out = Growing::new(&self.budget);
        let mut chars = template.chars().peekable();
        let mut next = 0;
        while let Some(char) = chars.next() {
            match char {
                '{' if chars.next_if_eq(&'{').is_some() => out.push("{"),
                '}' => {
                    chars.next_if_eq(&'}');
                    out.push("}");
                }
                '{' => {
                    let field: String = chars.by_ref().take_while(|c| *c != '}').collect();
                    let plain = field.chars().all(|c| c.is_alphanumeric() || c == '_');
                    let value = if field.is_empty() {
                        next += 1;
                        arguments.positional.get(next - 1)
                    } else if let Ok(index) = field.parse::<usize>() {
                        arguments.positional.get(index)
                    } else if self.budget.afford(arguments.keywords.len() / 4) {
                        arguments.keyword(&field)
                    } else {
                        None
                    };
                    out.push(&value.filter(|_| plain).map_or(HOLE.into(), display));
                }
                other => out.push(other.encode_utf8(&mut [0; 4])),
            }
        }
        out.finish()
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
        if !self.budget.afford_text(value.len().saturating_mul(2)) {
            return Value::Unknown;
        }
        match name {
            "format" => self.brace_format(value, arguments),
            "format_map" => Value::str(HOLE),
            "join" => {
                let items = first.map(|items| self.turns(items));
                match items {
                    Some(turns) if turns.certain => {
                        let mut out = Growing::new(&self.budget);
                        for (i, item) in turns.items.iter().enumerate() {
                            out.push(if i == 0 { "" } else { value });
                            out.push(&display(item));
                        }
                        out.finish()
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
                (Some(old), Some(new)) => {
                    let new = display(new);
                    let size =
                        value.matches(old).count().saturating_mul(new.len()).saturating_add(value.len());
                    if self.budget.afford_text(size) {
                        Value::str(value.replace(old, &new))
                    } else {
                        Value::Unknown
                    }
                }
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
        let mut items = Vec::new();
        for part in parts {
            if !self.budget.afford(4) {
                return Value::Unknown;
            }
            items.push(Value::str(part.to_owned()));
        }
        Value::list(items, self.conditional)
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

/// The texts that an f-string may be.
struct Alternatives<'b> {
    texts: Vec<String>,
    fits: bool,
    budget: &'b Budget,
}

impl<'b> Alternatives<'b> {
    fn new(budget: &'b Budget) -> Self {
        Self { texts: vec![String::new()], fits: true, budget }
    }

    /// Appends each of `texts` to each alternative; too many alternatives become one with a hole.
    fn append(&mut self, texts: &[Cow<'_, str>]) {
        let hole = [Cow::Borrowed(HOLE)];
        let texts = if texts.len() > 1 && self.texts.len() * texts.len() > MAX_TEXTS { &hole } else { texts };
        let lengths = texts.iter().map(|text| text.len());
        let before: usize = self.texts.iter().map(String::len).sum();
        let copied = if texts.len() == 1 { 0 } else { before * texts.len() };
        self.fits = self.fits && self.budget.afford_text(lengths.sum::<usize>() * self.texts.len() + copied);
        if !self.fits {
            return;
        }
        if let [text] = texts {
            self.texts.iter_mut().for_each(|alternative| alternative.push_str(text));
        } else {
            let joined =
                |alternative: &String| texts.iter().map(|text| [alternative, &**text].concat()).collect();
            self.texts =
                self.texts.iter().flat_map(|alternative| -> Vec<String> { joined(alternative) }).collect();
        }
    }

    fn finish<'a>(self) -> Value<'a> {
        if self.fits { Value::one_of(self.texts.into_iter().map(Value::str)) } else { Value::Unknown }
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

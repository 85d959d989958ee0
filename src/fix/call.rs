//! Edits of one call, by its text: keywords renamed, given another value, added. Knows no directive.

use crate::diagnostic::Edit;
use crate::source::Span;

/// A call in a file's text; its place is that of the whole expression, from the name to the closing parenthesis.
#[derive(Debug, Clone, Copy)]
pub struct CallText<'a> {
    pub(super) text: &'a str,
    pub(super) span: Span,
}

/// A keyword argument of a call, or of a call inside it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Keyword {
    /// Offset of the name in the call.
    name: usize,
    /// Where the value starts and ends in the call.
    value: std::ops::Range<usize>,
}

impl<'a> CallText<'a> {
    /// The call at `span`; `None` where no call stands there.
    pub fn new(text: &'a str, span: Span) -> Option<Self> {
        let call = span.of(text);
        (call.ends_with(')') && call.contains('(')).then_some(Self { text, span })
    }

    /// The edit that gives a keyword another name; `None` where it does not stand there once.
    pub fn rename_keyword(self, from: &str, to: &str) -> Option<Edit> {
        let keyword = self.keyword(from)?;
        Some(self.replace(keyword.name..keyword.name + from.len(), to))
    }

    /// The edit that gives a keyword another name and value; `None` where it does not stand there once.
    pub fn replace_keyword(self, from: &str, argument: &str) -> Option<Edit> {
        let keyword = self.keyword(from)?;
        Some(self.replace(keyword.name..keyword.value.end, argument))
    }

    /// The edit that adds an argument at the end.
    pub fn add_argument(self, argument: &str) -> Edit {
        let call = self.span.of(self.text);
        let inner = call.get(..call.len().saturating_sub(1)).unwrap_or_default();
        let end = inner.trim_end().len();
        let before = inner.get(..end).unwrap_or_default();
        let separator = if before.ends_with('(') {
            ""
        } else if before.ends_with(',') {
            " "
        } else {
            ", "
        };
        // One argument a line stays one argument a line.
        let last_line = before.rsplit('\n').next().unwrap_or_default();
        let is_split = inner.get(end..).is_some_and(|rest| rest.contains('\n')) && before.contains('\n');
        if is_split {
            let indent: String = last_line.chars().take_while(|char| matches!(char, ' ' | '\t')).collect();
            let comma = if before.ends_with([',', '(']) { "" } else { "," };
            let trailing = if before.ends_with(',') { "," } else { "" };
            return self.replace(end..end, &format!("{comma}\n{indent}{argument}{trailing}"));
        }
        self.replace(end..end, &format!("{separator}{argument}"))
    }

    /// The edits that put a call around the only argument; `None` where there are several.
    pub fn wrap_argument(self, callee: &str) -> Option<[Edit; 2]> {
        let first = self.first_argument()?;
        let is_alone = self.span.of(self.text).get(first.end..)?.trim() == ")";
        let edits = [
            self.replace(first.start..first.start, &format!("{callee}(")),
            self.replace(first.end..first.end, ")"),
        ];
        is_alone.then_some(edits)
    }

    /// The edit that puts a value in the place of `None`, which is the first argument or that of a keyword.
    pub fn replace_none(self, keyword: &str, value: &str) -> Option<Edit> {
        let call = self.span.of(self.text);
        let argument = match self.keyword(keyword) {
            Some(keyword) => keyword.value,
            None => self.first_argument()?,
        };
        (call.get(argument.clone())? == "None").then(|| self.replace(argument, value))
    }

    /// The calls among its arguments, however deep; the outer ones first.
    pub fn inner_calls(self) -> Vec<Self> {
        let call = self.span.of(self.text);
        let mut open = Vec::new();
        let mut found: Vec<std::ops::Range<usize>> = Vec::new();
        let mut scanner = Scanner { text: call, at: 0 };
        while let Some(char) = scanner.next_code() {
            match char {
                '(' => {
                    let before = call.get(..scanner.at - 1).unwrap_or_default();
                    let is_callee = |char: char| char.is_alphanumeric() || matches!(char, '_' | '.');
                    open.push(before.trim_end_matches(is_callee).len()..scanner.at);
                }
                ')' => found.extend(open.pop().map(|callee| callee.start..scanner.at)),
                _ => {}
            }
        }
        found.sort_by_key(|range| range.start);
        let inner = found.into_iter().filter(|range| range.start > 0);
        let calls = inner.map(|range| Self { text: self.text, span: self.place(range) });
        calls.filter(|call| !call.callee().is_empty()).collect()
    }

    /// The text before the first bracket.
    pub fn callee(self) -> &'a str {
        self.span.of(self.text).split('(').next().unwrap_or_default()
    }

    /// The edit that lets it call something else.
    pub fn replace_callee(self, callee: &str) -> Edit {
        self.replace(0..self.callee().len(), callee)
    }

    /// The text of the one argument with this keyword, anywhere in the call.
    pub fn argument(self, keyword: &str) -> Option<&'a str> {
        self.span.of(self.text).get(self.keyword(keyword)?.value)
    }

    /// Where the first argument stands in the call.
    fn first_argument(self) -> Option<std::ops::Range<usize>> {
        let call = self.span.of(self.text);
        let start = self.inner_start()?;
        let end = value_end(call, start);
        let argument = call.get(start..end)?;
        Some(start + argument.len() - argument.trim_start().len()..end)
    }

    /// The value of the argument of this name, or at this place where it has none, with the edit that takes it away; `None` where
    /// it is not given, or arguments are unpacked.
    pub fn take_argument(self, at: usize, name: &str) -> Option<(&'a str, Edit)> {
        let call = self.span.of(self.text);
        let arguments = self.arguments()?;
        let (found, value) = self.find_argument(&arguments, at, name)?;
        let own = arguments.get(found)?;
        let value = call.get(value)?;
        let range =
            match (found.checked_sub(1).and_then(|before| arguments.get(before)), arguments.get(found + 1)) {
                (_, Some(next)) => own.start..next.start,
                (Some(before), None) => before.end..own.end,
                (None, None) => own.clone(),
            };
        Some((value, self.replace(range, "")))
    }

    /// The edit that writes another value for the argument of this name, or at this place where it has none; `None` where it is not
    /// given, arguments are unpacked, or nothing else is to be written.
    pub fn replace_argument(
        self,
        at: usize,
        name: &str,
        write: impl FnOnce(&str) -> Option<String>,
    ) -> Option<Edit> {
        let (_, value) = self.find_argument(&self.arguments()?, at, name)?;
        let written = write(self.span.of(self.text).get(value.clone())?)?;
        Some(self.replace(value, &written))
    }

    /// Which argument has this name, or stands at this place without one, and where its value stands in the call.
    fn find_argument(
        self,
        arguments: &[std::ops::Range<usize>],
        at: usize,
        name: &str,
    ) -> Option<(usize, std::ops::Range<usize>)> {
        let call = self.span.of(self.text);
        let keyword = |argument: &std::ops::Range<usize>| {
            let (key, value) = call.get(argument.clone())?.split_once('=')?;
            let is_name = key.trim().chars().all(|c| c.is_alphanumeric() || c == '_');
            let start = argument.end - value.trim_start().len();
            (is_name && !value.starts_with('=')).then(|| (key.trim(), start..start + value.trim().len()))
        };
        let by_name =
            arguments.iter().position(|argument| keyword(argument).is_some_and(|(key, _)| key == name));
        let by_place = || arguments.get(at).filter(|argument| keyword(argument).is_none()).map(|_| at);
        let found = by_name.or_else(by_place)?;
        let own = arguments.get(found)?;
        let trimmed = own.start + call.get(own.clone())?.trim_end().len();
        Some((found, keyword(own).map_or(own.start..trimmed, |(_, value)| value)))
    }

    /// Where each argument stands in the call; `None` where some are unpacked.
    fn arguments(self) -> Option<Vec<std::ops::Range<usize>>> {
        let call = self.span.of(self.text);
        let mut start = self.inner_start()?;
        let mut arguments = Vec::new();
        loop {
            let end = value_end(call, start);
            let text = call.get(start..end)?;
            let inner = text.trim_start();
            // The end of the call.
            if inner.trim_end().is_empty() {
                return Some(arguments);
            }
            if inner.starts_with('*') || inner.starts_with('#') {
                return None;
            }
            arguments.push(end - inner.len()..end);
            start = end + 1;
        }
    }

    /// Behind the opening bracket of the call that ends last.
    fn inner_start(self) -> Option<usize> {
        let mut open = Vec::new();
        let mut last = None;
        let mut scanner = Scanner { text: self.span.of(self.text), at: 0 };
        while let Some(char) = scanner.next_code() {
            match char {
                '(' => open.push(scanner.at),
                ')' => last = open.pop(),
                _ => {}
            }
        }
        last
    }

    pub(super) fn replace(self, range: std::ops::Range<usize>, content: &str) -> Edit {
        Edit { span: self.place(range), content: content.to_owned() }
    }

    /// A part of the call as a place in the file.
    fn place(self, range: std::ops::Range<usize>) -> Span {
        let at = |offset: usize| self.span.start + u32::try_from(offset).unwrap_or_default();
        Span::new(at(range.start), at(range.end))
    }

    /// The one keyword of this name.
    fn keyword(self, name: &str) -> Option<Keyword> {
        let call = self.span.of(self.text);
        let mut found = None;
        let mut scanner = Scanner { text: call, at: 0 };
        let mut before = ' ';
        while let Some(char) = scanner.next_code() {
            let start = scanner.at - char.len_utf8();
            let is_start = !(before.is_alphanumeric() || before == '_' || before == '.');
            before = char;
            let Some(rest) = call.get(start..).filter(|rest| is_start && rest.starts_with(name)) else {
                continue;
            };
            let after = rest.get(name.len()..).unwrap_or_default();
            let value = after.trim_start().strip_prefix('=').filter(|value| !value.starts_with('='));
            let Some(value) = value else { continue };
            let value_start = call.len() - value.trim_start().len();
            if found.is_some() {
                return None;
            }
            found = Some(Keyword { name: start, value: value_start..value_end(call, value_start) });
        }
        found
    }
}

/// Where the value that starts at `start` ends: at the next comma or closing bracket of its own level.
fn value_end(call: &str, start: usize) -> usize {
    let mut depth = 0_u32;
    let mut scanner = Scanner { text: call, at: start };
    while let Some(char) = scanner.next_code() {
        let at = scanner.at - char.len_utf8();
        match char {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' if depth == 0 => {
                return call.get(..at).map_or(at, |before| before.trim_end().len());
            }
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => return at,
            _ => {}
        }
    }
    call.len()
}

/// Steps through Python code, strings and comments left out.
struct Scanner<'a> {
    text: &'a str,
    /// Behind what was given last.
    at: usize,
}

impl Scanner<'_> {
    fn next_code(&mut self) -> Option<char> {
        loop {
            let rest = self.text.get(self.at..)?;
            let char = rest.chars().next()?;
            match char {
                '#' => self.at += rest.find('\n').unwrap_or(rest.len()),
                '"' | '\'' => self.at += string_length(rest, char),
                char => {
                    self.at += char.len_utf8();
                    return Some(char);
                }
            }
        }
    }
}

/// The length of the string literal that `rest` starts with.
pub(super) fn string_length(rest: &str, quote: char) -> usize {
    let triple: String = [quote, quote, quote].iter().collect();
    let end = if rest.starts_with(&triple) { triple } else { quote.to_string() };
    let mut at = end.len();
    while let Some(tail) = rest.get(at..).filter(|tail| !tail.is_empty()) {
        if tail.starts_with(&end) {
            return at + end.len();
        }
        let mut chars = tail.chars();
        at += chars.next().map_or(1, char::len_utf8);
        if tail.starts_with('\\') {
            at += chars.next().map_or(0, char::len_utf8);
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fix::apply_edits;

    fn edited(call: &str, edit: impl Fn(CallText<'_>) -> Option<Edit>) -> Option<String> {
        let text = format!("x = 1\n{call}\n");
        let start = 6;
        let span = Span::new(start, start + u32::try_from(call.len()).unwrap());
        let edit = edit(CallText::new(&text, span).unwrap())?;
        let new = apply_edits(&text, &[edit]).unwrap();
        Some(new.trim_start_matches("x = 1\n").trim_end().to_owned())
    }

    #[test]
    fn keywords_get_other_names_and_values() {
        let renamed = |call| edited(call, |call| call.rename_keyword("type", "type_"));
        assert_eq!(renamed("op.a('t', type=sa.Text())").unwrap(), "op.a('t', type_=sa.Text())");
        assert_eq!(
            renamed("op.a(\n    'type=',  # type=\n    type = x,\n)").unwrap(),
            "op.a(\n    'type=',  # type=\n    type_ = x,\n)"
        );
        assert_eq!(renamed("op.a('t', existing_type=x)"), None);
        assert_eq!(renamed("op.a(type=x, b=c(type=y))"), None, "which one is not known");
        let replaced = |call| edited(call, |call| call.replace_keyword("default", "server_default='0'"));
        assert_eq!(replaced("f(C('a', default=0), b)").unwrap(), "f(C('a', server_default='0'), b)");
        assert_eq!(replaced("f(default=[1, (2)], b=1)").unwrap(), "f(server_default='0', b=1)");
        assert_eq!(replaced("f(server_default=1)"), None);
    }

    #[test]
    fn the_only_argument_is_wrapped() {
        let wrapped = |call: &str| {
            let span = Span::new(0, u32::try_from(call.len()).unwrap());
            let edits = CallText::new(call, span).unwrap().wrap_argument("sa.text")?;
            apply_edits(call, &edits)
        };
        assert_eq!(wrapped("bind().execute('(a), b')").unwrap(), "bind().execute(sa.text('(a), b'))");
        assert_eq!(
            wrapped("c.execute(\n    'a'\n    'b'\n)").unwrap(),
            "c.execute(\n    sa.text('a'\n    'b')\n)"
        );
        assert_eq!(wrapped("c.execute('a', {})"), None);
    }

    #[test]
    fn none_gets_a_value() {
        let named = |call| edited(call, |call| call.replace_none("constraint_name", "'fk'"));
        assert_eq!(named("op.f(None, 't', x=None)").unwrap(), "op.f('fk', 't', x=None)");
        assert_eq!(named("op.f(\n    None,\n    't',\n)").unwrap(), "op.f(\n    'fk',\n    't',\n)");
        assert_eq!(
            named("op.f(table='t', constraint_name=None)").unwrap(),
            "op.f(table='t', constraint_name='fk')"
        );
        assert_eq!(named("op.f(name, None)"), None);
        assert_eq!(named("op.f()"), None);
    }

    #[test]
    fn calls_inside_a_call() {
        let text = "op.f('x(', sa.C('a', p.E('b', (1, 2), name='st')), g()(1))";
        let call = CallText::new(text, Span::new(0, u32::try_from(text.len()).unwrap())).unwrap();
        let callees: Vec<_> = call.inner_calls().into_iter().map(CallText::callee).collect();
        assert_eq!(callees, ["sa.C", "p.E", "g"]);
        let names: Vec<_> = call.inner_calls().into_iter().map(|call| call.argument("name")).collect();
        assert_eq!(names, [Some("'st'"), Some("'st'"), None]);
    }

    #[test]
    fn arguments_are_taken_away() {
        let taken = |call: &str, at: usize, name: &str| {
            let span = Span::new(0, u32::try_from(call.len()).unwrap());
            let (value, edit) = CallText::new(call, span).unwrap().take_argument(at, name)?;
            Some((value.to_owned(), apply_edits(call, &[edit]).unwrap()))
        };
        let result = |value: &str, call: &str| Some((value.to_owned(), call.to_owned()));
        assert_eq!(taken("op.a('t', 'c', x=1)", 0, "table"), result("'t'", "op.a('c', x=1)"));
        assert_eq!(taken("op.a('c', table='t')", 1, "table"), result("'t'", "op.a('c')"));
        assert_eq!(
            taken("op.a(\n    t(1, 2),\n    'c',\n)", 0, "table"),
            result("t(1, 2)", "op.a(\n    'c',\n)")
        );
        assert_eq!(taken("op.a('c', x=1)", 1, "table"), None);
        assert_eq!(taken("op.a(*args)", 0, "table"), None);
        assert_eq!(taken("op.a('t')", 0, "table"), result("'t'", "op.a()"));
        assert_eq!(taken("op.a('a=b', 'c')", 0, "table"), result("'a=b'", "op.a('c')"));
    }

    #[test]
    fn arguments_are_added_as_the_others_stand() {
        let added = |call| edited(call, |call| Some(call.add_argument("b=1"))).unwrap();
        assert_eq!(added("f(a)"), "f(a, b=1)");
        assert_eq!(added("f()"), "f(b=1)");
        assert_eq!(added("f(a,)"), "f(a, b=1)");
        assert_eq!(added("f(\n    a,\n)"), "f(\n    a,\n    b=1,\n)");
        assert_eq!(added("f(\n    a\n)"), "f(\n    a,\n    b=1\n)");
        assert_eq!(added("f(a,\n  c)"), "f(a,\n  c, b=1)");
    }
}

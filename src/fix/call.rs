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

    /// The edit that gives a keyword another name; `None` where it is not there once, or the other name is there too.
    pub fn rename_keyword(self, from: &str, to: &str) -> Option<Edit> {
        let keyword = self.keyword(from)?;
        if self.keywords(to).next().is_some() {
            return None;
        }
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
        let mut scanner = Scanner::new(inner, 0);
        while scanner.next_code().is_some() {}
        let end = scanner.code_end;
        let before = inner.get(..end).unwrap_or_default();
        let rest = inner.get(end..).unwrap_or_default();
        // One argument a line stays one argument a line.
        if rest.contains(['\n', '\r']) && before.contains(['\n', '\r']) && !rest.contains('\\') {
            let last_line = before.rsplit(['\n', '\r']).next().unwrap_or_default();
            let indent: String = last_line.chars().take_while(|char| matches!(char, ' ' | '\t')).collect();
            let comma = if before.ends_with([',', '(']) { "" } else { "," };
            let trailing = if before.ends_with(',') { "," } else { "" };
            // A comment stays behind the argument that it is about.
            let comment = rest.get(..line_length(rest)).unwrap_or_default().trim_end();
            let content = format!("{comma}{comment}\n{indent}{argument}{trailing}");
            return self.replace(end..end + comment.len(), &content);
        }
        let separator = match before.chars().next_back() {
            Some('(') => "",
            Some(',') => " ",
            _ => ", ",
        };
        self.replace(end..end, &format!("{separator}{argument}"))
    }

    /// The edits that put a call around the only argument; `None` where there are several.
    pub fn wrap_argument(self, callee: &str) -> Option<[Edit; 2]> {
        let first = self.first_argument()?;
        let call = self.span.of(self.text);
        let is_alone = !first.is_empty() && call.get(code_start(call, first.end)..) == Some(")");
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
        let mut scanner = Scanner::new(call, 0);
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
        let start = code_start(call, self.inner_start()?);
        Some(start..value_end(call, start))
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
        // A comment there is about one of the arguments, and who knows which.
        let is_plain = code_between(call, &range, own).is_some_and(|rest| !rest.contains('#'));
        is_plain.then(|| (value, self.replace(range, "")))
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
            let start = code_start(call, argument.end - value.len());
            (is_name && !value.starts_with('=')).then(|| (key.trim(), start..argument.end))
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
            let first = code_start(call, start);
            let (end, next) = value_ends(call, first);
            // The end of the call.
            if first >= next {
                return Some(arguments);
            }
            if call.get(first..)?.starts_with('*') {
                return None;
            }
            arguments.push(first..end);
            start = next + 1;
        }
    }

    /// Behind the opening bracket of the call that ends last.
    fn inner_start(self) -> Option<usize> {
        let mut open = Vec::new();
        let mut last = None;
        let mut scanner = Scanner::new(self.span.of(self.text), 0);
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
        let mut found = self.keywords(name);
        found.next().filter(|_| found.next().is_none())
    }

    /// All keywords of this name, also of calls inside.
    fn keywords(self, name: &str) -> impl Iterator<Item = Keyword> {
        let call = self.span.of(self.text);
        let mut scanner = Scanner::new(call, 0);
        let mut before = ' ';
        std::iter::from_fn(move || {
            while let Some(char) = scanner.next_code() {
                let start = scanner.at - char.len_utf8();
                let is_start = !(before.is_alphanumeric() || before == '_' || before == '.');
                before = char;
                let Some(rest) = call.get(start..).filter(|rest| is_start && rest.starts_with(name)) else {
                    continue;
                };
                let equals = code_start(rest, name.len());
                let value = rest.get(equals..).and_then(|value| value.strip_prefix('='));
                let Some(value) = value.filter(|value| !value.starts_with('=')) else { continue };
                let value_start = code_start(call, call.len() - value.len());
                return Some(Keyword { name: start, value: value_start..value_end(call, value_start) });
            }
            None
        })
    }
}

/// Where the value that starts at `start` ends: before the blanks and comments at the next comma or closing bracket of its own level.
fn value_end(call: &str, start: usize) -> usize {
    value_ends(call, start).0
}

/// The same, and where that comma or bracket is.
fn value_ends(call: &str, start: usize) -> (usize, usize) {
    let mut depth = 0_u32;
    let mut scanner = Scanner::new(call, start);
    while let Some(char) = scanner.next_code() {
        let at = scanner.at - char.len_utf8();
        match char {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' | ',' if depth == 0 => return (scanner.code_before, at),
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
    }
    (call.len(), call.len())
}

/// Behind the blanks, comments and continued line ends at `start`.
fn code_start(text: &str, start: usize) -> usize {
    let mut at = start;
    while let Some(rest) = text.get(at..) {
        let Some(char) = rest.chars().next() else { break };
        match char {
            '#' => at += line_length(rest),
            '\\' => at += 1,
            char if char.is_whitespace() => at += char.len_utf8(),
            _ => break,
        }
    }
    at
}

/// What `range` has before and behind `own`.
fn code_between(text: &str, range: &std::ops::Range<usize>, own: &std::ops::Range<usize>) -> Option<String> {
    Some(
        [text.get(range.start..own.start.max(range.start))?, text.get(own.end..range.end.max(own.end))?]
            .concat(),
    )
}

/// Up to the end of the line.
pub(super) fn line_length(rest: &str) -> usize {
    rest.find(['\n', '\r']).unwrap_or(rest.len())
}

/// Steps through Python code, strings and comments left out.
struct Scanner<'a> {
    text: &'a str,
    /// Behind what was given last.
    at: usize,
    /// Behind the last code, literals included, that was passed.
    code_end: usize,
    /// The same before what was given last.
    code_before: usize,
}

impl<'a> Scanner<'a> {
    const fn new(text: &'a str, at: usize) -> Self {
        Self { text, at, code_end: at, code_before: at }
    }

    fn next_code(&mut self) -> Option<char> {
        loop {
            let rest = self.text.get(self.at..)?;
            let char = rest.chars().next()?;
            match char {
                '#' => self.at += line_length(rest),
                '"' | '\'' => {
                    self.at += string_length(rest, char);
                    self.code_end = self.at;
                }
                char => {
                    self.code_before = self.code_end;
                    self.at += char.len_utf8();
                    if !(char.is_whitespace() || char == '\\') {
                        self.code_end = self.at;
                    }
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
    fn comments_and_continued_lines_are_no_part_of_an_argument() {
        let wrapped = |call: &str| {
            let span = Span::new(0, u32::try_from(call.len()).unwrap());
            apply_edits(call, &CallText::new(call, span).unwrap().wrap_argument("sa.text")?)
        };
        assert_eq!(wrapped("c.execute(f'a'  # why\n)").unwrap(), "c.execute(sa.text(f'a')  # why\n)");
        assert_eq!(wrapped("c.execute(# it's\r'a' # )\r)").unwrap(), "c.execute(# it's\rsa.text('a') # )\r)");
        assert_eq!(wrapped("c.execute(\\\n'a' \\\n)").unwrap(), "c.execute(\\\nsa.text('a') \\\n)");
        assert_eq!(wrapped("c.execute(  # nothing\n)"), None);
        let added = |call| edited(call, |call| Some(call.add_argument("b=1"))).unwrap();
        assert_eq!(added("f(\n    a  # why\n)"), "f(\n    a,  # why\n    b=1\n)");
        assert_eq!(added("f(\n    a,  # why\n    # )\n)"), "f(\n    a,  # why\n    b=1,\n    # )\n)");
        assert_eq!(added("f(a  # why\n)"), "f(a, b=1  # why\n)");
        assert_eq!(added("f(  # why\n)"), "f(b=1  # why\n)");
        let replaced = |call| edited(call, |call| call.replace_keyword("default", "server_default='0'"));
        assert_eq!(replaced("f(a, default = 0 # c\n, b)").unwrap(), "f(a, server_default='0' # c\n, b)");
        assert_eq!(replaced("f(default=\\\n'0'\\\n)").unwrap(), "f(server_default='0'\\\n)");
    }

    #[test]
    fn a_keyword_gets_no_name_that_another_one_has() {
        let renamed = |call| edited(call, |call| call.rename_keyword("type", "type_"));
        assert_eq!(renamed("op.a('t', type=x, type_=y)"), None);
        assert_eq!(renamed("op.a('t', type=x, type_  # why\n=y)"), None);
    }

    #[test]
    fn an_argument_beside_a_comment_is_not_taken_away() {
        let taken = |call: &str| {
            let span = Span::new(0, u32::try_from(call.len()).unwrap());
            CallText::new(call, span).unwrap().take_argument(1, "table").is_some()
        };
        assert!(!taken("op.a(\n    'c',  # about c\n    't'\n)"));
        assert!(!taken("op.a('c', 't',  # about t\n x)"));
        assert!(taken("op.a('c', 't', x)"));
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

//! Text -> syntax tree, with the errors Python itself would raise. Evaluates nothing.

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{ModModule, PySourceType, PythonVersion};
use ruff_python_parser::{Mode, ParseOptions, Parsed, lexer, parse_unchecked};
use ruff_text_size::{Ranged, TextRange};

use crate::revision::SyntaxError;
use crate::source::Span;

/// How deep blocks may be indented; `CPython` refuses more (`Parser/lexer/state.h`, MAXINDENT).
const MAX_INDENTS: usize = 99;

/// How deep expressions may nest, each operator, attribute and call on top of the one before: `CPython` gives up on
/// `1 + 1 + ..` and `a.b.c..` of a few thousand, too.
const MAX_NESTING: usize = 3_000;

/// How long a text may be to be parsed before its nesting is looked at: the parser's memory grows with it.
const MAX_BYTES_UNSEEN: usize = 32_000;

/// How deep brackets may nest; `CPython`'s tokenizer refuses more (`Parser/lexer/lexer.c`, MAXLEVEL).
const MAX_BRACKETS: usize = 200;

/// A range of the parser as one of ours.
pub(super) fn span(range: TextRange) -> Span {
    Span::new(range.start().to_u32(), range.end().to_u32())
}

/// Parses a module.
///
/// The tree is `None` where walking it would not be safe: brackets nest deeper than Python allows.
pub(super) fn parse(text: &str) -> (Option<Parsed<ModModule>>, Vec<SyntaxError>) {
    let (parsed, _, errors) = parse_with_comments(text);
    (parsed, errors)
}

/// [`parse`] with the places of all comments.
pub(super) fn parse_with_comments(
    text: &str,
) -> (Option<Parsed<ModModule>>, Vec<TextRange>, Vec<SyntaxError>) {
    let options = ParseOptions::from(PySourceType::Python).with_target_version(PythonVersion::latest());
    if text.len() > MAX_BYTES_UNSEEN
        && let Some(message) = refusal(text)
    {
        return (None, Vec::new(), vec![SyntaxError { span: refused_place(text), message }]);
    }
    let parsed = parse_unchecked(text, options);
    let Seen { comments, too_deep } =
        look_through(parsed.tokens().iter().map(|token| (token.kind(), token.range())));
    if let Some(error) = too_deep {
        // Dropping the tree recurses as deep as it nests; a file that Python refuses is not worth the stack.
        std::mem::forget(parsed);
        return (None, comments, vec![error]);
    }
    let errors = parsed
        .errors()
        .iter()
        .map(|error| SyntaxError {
            span: span(error.location),
            message: lower_first(&error.error.to_string()),
        })
        .collect();
    (parsed.try_into_module(), comments, errors)
}

/// What is asked of the tokens.
#[derive(Default)]
struct Seen {
    comments: Vec<TextRange>,
    /// The first place that nests too deep.
    too_deep: Option<SyntaxError>,
}

/// Goes over the tokens once: there are many of them.
fn look_through(tokens: impl Iterator<Item = (TokenKind, TextRange)>) -> Seen {
    let mut seen = Seen::default();
    let mut nesting = Nesting::default();
    for (kind, range) in tokens {
        if kind == TokenKind::Comment {
            seen.comments.push(range);
        } else if let Some(message) = nesting.refuses(kind) {
            seen.too_deep = Some(SyntaxError { span: span(range), message });
            break;
        }
    }
    seen
}

/// What is wrong where a text nests too deep to be parsed.
fn refusal(text: &str) -> Option<Box<str>> {
    let mut lexer = lexer::lex(text, Mode::Module);
    let mut nesting = Nesting::default();
    loop {
        match lexer.next_token() {
            TokenKind::EndOfFile => return None,
            kind => {
                if let Some(message) = nesting.refuses(kind) {
                    return Some(message);
                }
            }
        }
    }
}

/// Where a refused text begins to nest too deep: the lexer does not say where its tokens are.
fn refused_place(text: &str) -> Span {
    let (mut fits, mut refused) = (0, text.len());
    while refused - fits > 1 {
        let middle = text.floor_char_boundary(usize::midpoint(fits, refused));
        if middle <= fits {
            break;
        }
        if text.get(..middle).is_some_and(|part| refusal(part).is_some()) {
            refused = middle;
        } else {
            fits = middle;
        }
    }
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span::new(offset(fits), offset(refused))
}

/// How deep the code nests at a token, or deeper: what may nest is taken to do so.
#[derive(Default)]
struct Nesting {
    indents: usize,
    /// For each open bracket how many operators and the like came before it in the expression it stands in.
    outer: Vec<Level>,
    current: Level,
    /// The sum of `outer`.
    depth: usize,
}

/// What nests between two brackets.
#[derive(Default, Clone, Copy)]
struct Level {
    /// Since the last comma.
    in_item: usize,
    /// What a comma does not end: `lambda a, b: lambda c, d: ..`.
    in_all: usize,
}

impl Level {
    const fn depth(self) -> usize {
        self.in_item + self.in_all
    }
}

impl Nesting {
    /// Takes the next token; says what is wrong where it nests too deep.
    fn refuses(&mut self, kind: TokenKind) -> Option<Box<str>> {
        match kind {
            TokenKind::Indent => self.indents += 1,
            TokenKind::Dedent => self.indents = self.indents.saturating_sub(1),
            TokenKind::Newline | TokenKind::Semi if self.outer.is_empty() => self.current = Level::default(),
            TokenKind::Comma if !self.outer.is_empty() => self.current.in_item = 0,
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace => {
                self.current.in_item += 1;
                self.depth += self.current.depth();
                self.outer.push(std::mem::take(&mut self.current));
            }
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace => {
                if let Some(outer) = self.outer.pop() {
                    self.current = outer;
                    self.depth -= outer.depth();
                }
            }
            TokenKind::Lambda
            | TokenKind::For
            | TokenKind::While
            | TokenKind::With
            | TokenKind::Def
            | TokenKind::Class => self.current.in_all += 1,
            TokenKind::Name
            | TokenKind::Int
            | TokenKind::Float
            | TokenKind::Complex
            | TokenKind::String
            | TokenKind::Comma
            | TokenKind::Equal
            | TokenKind::Newline
            | TokenKind::NonLogicalNewline
            | TokenKind::FStringMiddle
            | TokenKind::FStringEnd => {}
            _ => self.current.in_item += 1,
        }
        if self.outer.len() > MAX_BRACKETS {
            Some(format!("more than {MAX_BRACKETS} nested brackets, which Python refuses").into())
        } else if self.indents > MAX_INDENTS {
            Some(format!("more than {MAX_INDENTS} levels of indentation, which Python refuses").into())
        } else if self.depth + self.current.depth() > MAX_NESTING {
            Some(format!("an expression that nests more than {MAX_NESTING} levels deep").into())
        } else {
            None
        }
    }
}

fn lower_first(message: &str) -> Box<str> {
    let mut chars = message.chars();
    let lowered: String = match chars.next() {
        // An error that starts with a name or a token keeps its case.
        Some(first) if !chars.as_str().starts_with(char::is_uppercase) => {
            first.to_lowercase().chain(chars).collect()
        }
        _ => message.to_owned(),
    };
    lowered.into()
}

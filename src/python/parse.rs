//! Text -> syntax tree, with the errors Python itself would raise. Evaluates nothing.

use ruff_python_ast::token::{TokenKind, Tokens};
use ruff_python_ast::{ModModule, PySourceType, PythonVersion};
use ruff_python_parser::{ParseOptions, Parsed, parse_unchecked};
use ruff_text_size::{Ranged, TextRange};

use crate::revision::SyntaxError;
use crate::source::Span;

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
    let parsed = parse_unchecked(text, options);
    let Seen { comments, too_deep } = look_through(parsed.tokens());
    if let Some(place) = too_deep {
        // Dropping the tree recurses as deep as it nests; a file that Python refuses is not worth the stack.
        std::mem::forget(parsed);
        let message = format!("more than {MAX_BRACKETS} nested brackets, which Python refuses");
        return (None, comments, vec![SyntaxError { span: span(place), message: message.into() }]);
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
    /// The first bracket that nests too deep.
    too_deep: Option<TextRange>,
}

/// Goes over the tokens once: there are many of them.
fn look_through(tokens: &Tokens) -> Seen {
    let mut seen = Seen::default();
    let mut depth = 0_usize;
    for token in tokens {
        match token.kind() {
            TokenKind::Comment => seen.comments.push(token.range()),
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace => {
                depth += 1;
                if depth > MAX_BRACKETS {
                    seen.too_deep = Some(token.range());
                    break;
                }
            }
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    seen
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

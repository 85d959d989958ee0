//! Conditions that are always true: `1 = 1`, `TRUE`, `id > 3 OR 1 = 1`.

use super::lex::{Kind, Token};

/// Whether a condition holds for every row. An empty one does.
pub(super) fn is_always_true(source: &str, tokens: &[Token]) -> bool {
    holds(source, tokens, 10)
}

/// The same with a bound on the brackets that are followed.
fn holds(source: &str, tokens: &[Token], depth: usize) -> bool {
    let tokens = without_brackets(tokens);
    if tokens.is_empty() {
        return true;
    }
    let has_between = tokens.iter().any(|token| token.is_word(source, "between"));
    if has_between || tokens.iter().any(|token| token.is_word(source, "case")) {
        return false;
    }
    parts(source, tokens, "or").iter().any(|either| {
        parts(source, either, "and").iter().all(|part| {
            let inner = without_brackets(part);
            if inner.len() == part.len() || inner.is_empty() {
                is_true(source, part)
            } else {
                depth > 0 && holds(source, inner, depth - 1)
            }
        })
    })
}

/// One comparison or constant.
fn is_true(source: &str, tokens: &[Token]) -> bool {
    match tokens {
        [one] => {
            one.is_word(source, "true")
                || (one.kind == Kind::Number
                    && one.text(source).bytes().any(|byte| (b'1'..=b'9').contains(&byte)))
        }
        [not, one] => not.is_word(source, "not") && one.is_word(source, "false"),
        [left, Token { kind: Kind::Mark(b'='), .. }, right] => is_same(source, left, right),
        [left, Token { kind: Kind::Mark(b'='), .. }, Token { kind: Kind::Mark(b'='), .. }, right] => {
            is_same(source, left, right)
        }
        _ => false,
    }
}

fn is_same(source: &str, left: &Token, right: &Token) -> bool {
    let text = left.text(source);
    !super::names::is_unknown(text) && text == right.text(source)
}

/// The parts between a keyword outside brackets.
fn parts<'t>(source: &str, tokens: &'t [Token], keyword: &str) -> Vec<&'t [Token]> {
    let mut depth = 0_usize;
    tokens
        .split(|token| {
            match token.kind {
                Kind::Mark(b'(') => depth += 1,
                Kind::Mark(b')') => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && token.is_word(source, keyword)
        })
        .collect()
}

/// The tokens without the pairs of brackets that enclose all of them.
fn without_brackets(tokens: &[Token]) -> &[Token] {
    const MOST: usize = 20;
    let mut rest = tokens;
    let mut pairs = 0;
    while let [Token { kind: Kind::Mark(b'('), .. }, inner @ .., Token { kind: Kind::Mark(b')'), .. }] = rest
    {
        let mut depth = 0_i32;
        let closes_early = inner.iter().any(|token| {
            match token.kind {
                Kind::Mark(b'(') => depth += 1,
                Kind::Mark(b')') => depth -= 1,
                _ => {}
            }
            depth < 0
        });
        pairs += 1;
        if closes_early || pairs > MOST {
            break;
        }
        rest = inner;
    }
    rest
}

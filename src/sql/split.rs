//! Tokens of a text -> tokens of its statements.
//!
//! A `;` ends a statement unless it stands in brackets or in the body of a trigger or routine. `DELIMITER`
//! lines of the MySQL client are obeyed.

use super::lex::{self, Kind, Rules, Token};

/// The tokens of each statement, without separators. Never an empty list.
pub(super) fn statements(source: &str, rules: Rules) -> Vec<Vec<Token>> {
    if has_delimiter_line(source) {
        return delimited(source, rules);
    }
    let tokens = lex::tokens(source, rules);
    let mut statements = Vec::new();
    split(source, &tokens, &mut statements);
    statements
}

/// Splits at `;`.
fn split(source: &str, tokens: &[Token], statements: &mut Vec<Vec<Token>>) {
    let mut rest = tokens;
    while !rest.is_empty() {
        let length = statement_length(source, rest);
        let (statement, after) = rest.split_at(length.min(rest.len()));
        if !statement.is_empty() {
            statements.push(statement.to_vec());
        }
        rest = after.get(1..).unwrap_or_default();
    }
}

/// Number of tokens before the `;` that ends the first statement.
fn statement_length(source: &str, tokens: &[Token]) -> usize {
    let plain = || tokens.iter().position(is_semicolon).unwrap_or(tokens.len());
    let body = has_body(source, tokens);
    let mut brackets = 0_usize;
    let mut blocks = 0_usize;
    for (index, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Mark(b'(') => brackets += 1,
            Kind::Mark(b')') => brackets = brackets.saturating_sub(1),
            Kind::Mark(b';') if brackets == 0 && blocks == 0 => return index,
            Kind::Word if body => {
                let after_end = index
                    .checked_sub(1)
                    .and_then(|before| tokens.get(before))
                    .is_some_and(|before| before.is_word(source, "end"));
                if token.is_word(source, "begin") || (token.is_word(source, "case") && !after_end) {
                    blocks += 1;
                } else if token.is_word(source, "end") && !ends_inner_block(source, tokens.get(index + 1)) {
                    blocks = blocks.saturating_sub(1);
                }
            }
            _ => {}
        }
    }
    // Something was opened and never closed: it must not hide the statements that follow.
    if brackets > 0 || blocks > 0 { plain() } else { tokens.len() }
}

fn is_semicolon(token: &Token) -> bool {
    token.kind == Kind::Mark(b';')
}

/// `END IF` and its like close what was not counted.
fn ends_inner_block(source: &str, next: Option<&Token>) -> bool {
    next.is_some_and(|next| {
        ["if", "loop", "while", "repeat", "for"].iter().any(|word| next.is_word(source, word))
    })
}

/// Whether the statement is one whose body holds statements.
fn has_body(source: &str, tokens: &[Token]) -> bool {
    tokens.first().is_some_and(|token| token.is_word(source, "create") || token.is_word(source, "alter"))
        && tokens
            .iter()
            .take(14)
            .take_while(|token| !is_semicolon(token) && token.kind != Kind::Mark(b'('))
            .any(|token| {
                ["trigger", "procedure", "function", "event"].iter().any(|word| token.is_word(source, word))
            })
}

fn delimiter_of(line: &str) -> Option<&str> {
    let line = line.trim_start();
    if !line.starts_with(['d', 'D']) {
        return None;
    }
    let line = line.trim_end();
    let (word, delimiter) = line.split_once(char::is_whitespace)?;
    word.eq_ignore_ascii_case("delimiter").then(|| delimiter.trim()).filter(|text| !text.is_empty())
}

fn has_delimiter_line(source: &str) -> bool {
    source.lines().any(|line| delimiter_of(line).is_some())
}

/// Splits a script with `DELIMITER` lines.
fn delimited(source: &str, rules: Rules) -> Vec<Vec<Token>> {
    let mut statements = Vec::new();
    let mut delimiter = ";";
    let mut start = 0;
    let mut at = 0;
    for line in source.split_inclusive('\n') {
        let end = at + line.len();
        if let Some(next) = delimiter_of(line) {
            section(source, start..at, delimiter, rules, &mut statements);
            delimiter = next;
            start = end;
        }
        at = end;
    }
    section(source, start..at, delimiter, rules, &mut statements);
    statements
}

/// Splits a part of the text in which one delimiter holds.
fn section(
    source: &str,
    range: std::ops::Range<usize>,
    delimiter: &str,
    rules: Rules,
    statements: &mut Vec<Vec<Token>>,
) {
    let offset = range.start;
    let part = source.get(range).unwrap_or_default();
    let rules = if delimiter == ";" { rules } else { rules.without_dollar_quotes() };
    let mut tokens = lex::tokens(part, rules);
    for token in &mut tokens {
        token.start += offset;
        token.end += offset;
    }
    if delimiter == ";" {
        split(source, &tokens, statements);
        return;
    }
    let mut statement: Vec<Token> = Vec::new();
    let mut skip_to = 0;
    for token in tokens {
        if token.start < skip_to {
            continue;
        }
        let rest = source.get(token.start..).unwrap_or_default();
        if rest.starts_with(delimiter) {
            skip_to = token.start + delimiter.len();
            push(std::mem::take(&mut statement), statements);
        } else if let Some(cut) = token.text(source).find(delimiter).filter(|_| token.kind == Kind::Word) {
            // A delimiter of letters or `$` may touch the last word: `END$$`.
            statement.push(Token { end: token.start + cut, ..token });
            skip_to = token.start + cut + delimiter.len();
            push(std::mem::take(&mut statement), statements);
        } else {
            statement.push(token);
        }
    }
    push(statement, statements);
}

/// Adds a statement without the `;` that people write before their own delimiter.
fn push(mut statement: Vec<Token>, statements: &mut Vec<Vec<Token>>) {
    while statement.last().is_some_and(is_semicolon) {
        statement.pop();
    }
    if !statement.is_empty() {
        statements.push(statement);
    }
}

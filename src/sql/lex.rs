//! SQL text -> tokens: words, quoted names, strings, punctuation, each with its place.
//!
//! Enough to find statements, placeholders and keywords in any of the three syntaxes. No grammar: what the
//! tokens mean is decided elsewhere. Comments and blanks give no tokens.

use crate::operation::{Dialect, HOLE};

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A keyword or an unquoted name.
    Word,
    /// A name in double quotes, backticks or (SQLite) brackets.
    Quoted,
    /// A string in single quotes or dollar quotes.
    Text,
    /// A number.
    Number,
    /// One character of anything else.
    Mark(u8),
}

/// One token and its place in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    /// What it is.
    pub(super) kind: Kind,
    /// Where it starts, in bytes.
    pub(super) start: usize,
    /// Where it ends.
    pub(super) end: usize,
}

impl Token {
    /// Its text.
    pub(super) fn text<'t>(&self, source: &'t str) -> &'t str {
        source.get(self.start..self.end).unwrap_or_default()
    }

    /// Whether it is this unquoted word, in any case.
    pub(super) fn is_word(&self, source: &str, word: &str) -> bool {
        self.kind == Kind::Word && self.text(source).eq_ignore_ascii_case(word)
    }

    /// Whether it is exactly the mark for something unknown.
    pub(super) fn is_hole(&self, source: &str) -> bool {
        self.kind == Kind::Word && self.text(source) == HOLE
    }
}

/// How quotes and comments are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    /// A backslash escapes inside quotes, `#` starts a comment.
    mysql: bool,
    /// `[name]` is a quoted name.
    brackets: bool,
    /// `$tag$ .. $tag$` is a string.
    dollar: bool,
}

impl Rules {
    /// The rules of a dialect.
    pub(super) fn of(dialect: Dialect) -> Self {
        let mysql = matches!(dialect, Dialect::Mysql | Dialect::Mariadb);
        Self { mysql, brackets: dialect == Dialect::Sqlite, dollar: true }
    }

    /// The same without dollar quotes: under `DELIMITER $$` they end statements.
    pub(super) fn without_dollar_quotes(self) -> Self {
        Self { dollar: false, ..self }
    }
}

/// All tokens of `source`.
pub(super) fn tokens(source: &str, rules: Rules) -> Vec<Token> {
    Lexer { source, bytes: source.as_bytes(), rules, at: 0 }.run()
}

struct Lexer<'t> {
    source: &'t str,
    bytes: &'t [u8],
    rules: Rules,
    at: usize,
}

impl Lexer<'_> {
    fn run(mut self) -> Vec<Token> {
        // Words and the blanks between them.
        let mut tokens = Vec::with_capacity(self.bytes.len() / 6 + 4);
        while let Some(byte) = self.byte(0) {
            if byte.is_ascii_whitespace() || byte == 0 {
                self.at += 1;
            } else if !self.skip_comment(byte) {
                let start = self.at;
                let kind = self.token(byte);
                self.at = self.at.clamp(start + 1, self.bytes.len());
                tokens.push(Token { kind, start, end: self.at });
            }
        }
        tokens
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    /// Steps over a comment that starts here.
    fn skip_comment(&mut self, byte: u8) -> bool {
        let line_comment = match byte {
            b'-' => {
                self.byte(1) == Some(b'-')
                    && (!self.rules.mysql || self.byte(2).is_none_or(|next| next.is_ascii_whitespace()))
            }
            b'#' => self.rules.mysql,
            b'/' if self.byte(1) == Some(b'*') => {
                self.skip_block_comment();
                return true;
            }
            b'*' if self.rules.mysql && self.byte(1) == Some(b'/') => {
                // The end of an executable comment, whose content was read as code.
                self.at += 2;
                return true;
            }
            _ => false,
        };
        if line_comment {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            self.at += rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
        }
        line_comment
    }

    fn skip_block_comment(&mut self) {
        if self.rules.mysql && self.byte(2) == Some(b'!') {
            // MySQL runs what is inside `/*!40101 .. */`.
            self.at += 3;
            while self.byte(0).is_some_and(|byte| byte.is_ascii_digit()) {
                self.at += 1;
            }
            return;
        }
        let mut depth = 0_usize;
        while let Some(byte) = self.byte(0) {
            match (byte, self.byte(1)) {
                (b'/', Some(b'*')) if depth == 0 || !self.rules.mysql => {
                    depth += 1;
                    self.at += 2;
                }
                (b'*', Some(b'/')) => {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        return;
                    }
                }
                _ => self.at += 1,
            }
        }
    }

    /// Reads one token that starts here and says what it is.
    fn token(&mut self, byte: u8) -> Kind {
        match byte {
            b'\'' => {
                self.quoted(b'\'', self.rules.mysql);
                Kind::Text
            }
            b'"' | b'`' => {
                self.quoted(byte, self.rules.mysql && byte == b'"');
                Kind::Quoted
            }
            b'[' if self.rules.brackets => {
                self.quoted(b']', false);
                Kind::Quoted
            }
            b'E' | b'e' if self.byte(1) == Some(b'\'') => {
                self.at += 1;
                self.quoted(b'\'', true);
                Kind::Text
            }
            b'$' if self.rules.dollar && self.dollar_quoted() => Kind::Text,
            b'0'..=b'9' => {
                self.number();
                Kind::Number
            }
            _ if is_word_start(byte) => {
                while self.byte(0).is_some_and(is_word_byte) {
                    self.at += 1;
                }
                Kind::Word
            }
            _ => {
                self.at += 1;
                Kind::Mark(byte)
            }
        }
    }

    /// Steps over a quoted run; a doubled quote does not end it.
    fn quoted(&mut self, close: u8, backslash: bool) {
        self.at += 1;
        while let Some(byte) = self.byte(0) {
            if byte == b'\\' && backslash {
                self.at += 2;
            } else if byte == close {
                self.at += 1;
                if self.byte(0) != Some(close) {
                    return;
                }
                self.at += 1;
            } else {
                self.at += 1;
            }
        }
    }

    /// Steps over `$tag$ .. $tag$`, if one starts here.
    fn dollar_quoted(&mut self) -> bool {
        let mut length = 1;
        while self.byte(length).is_some_and(|byte| is_word_byte(byte) && byte != b'$') {
            length += 1;
        }
        if self.byte(length) != Some(b'$') || self.byte(1).is_some_and(|byte| byte.is_ascii_digit()) {
            return false;
        }
        let open = self.at..=self.at + length;
        let rest = self.source.get(self.at + length + 1..);
        let (Some(tag), Some(rest)) = (self.source.get(open), rest) else { return false };
        self.at = match rest.find(tag) {
            Some(close) => self.at + tag.len() * 2 + close,
            None => self.bytes.len(),
        };
        true
    }

    /// Steps over a number. Letters that follow are another token: `1` and an unknown clause may touch.
    fn number(&mut self) {
        while self.byte(0).is_some_and(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b'_') {
            self.at += 1;
        }
    }
}

fn is_word_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn is_word_byte(byte: u8) -> bool {
    is_word_start(byte) || byte.is_ascii_digit() || byte == b'$'
}

/// The content of a string token, without its quotes and with doubled quotes undone.
pub(super) fn string_content(token: &str) -> String {
    let (open, close) = if token.starts_with('$') {
        let tag = token.get(1..).and_then(|rest| rest.find('$')).map_or(token.len(), |tag| tag + 2);
        (tag, tag)
    } else {
        (token.find('\'').map_or(0, |quote| quote + 1), 1)
    };
    let content = token.get(open..token.len().saturating_sub(close)).unwrap_or_default();
    if token.starts_with('$') { content.to_owned() } else { content.replace("''", "'") }
}

/// Whether a recursive parser can be trusted with these tokens: brackets and chains of operators of a text
/// that a person wrote are far below the limits.
pub(super) fn is_shallow(source: &str, tokens: &[Token]) -> bool {
    const DEPTH: usize = 60;
    const CHAIN: usize = 4_000;
    let mut depth = 0_usize;
    let mut chain = 0_usize;
    let mut after_operator = false;
    for token in tokens {
        let is_operator = match token.kind {
            Kind::Mark(mark) => b"-+~!@<>=|&#".contains(&mark),
            _ => token.is_word(source, "not"),
        };
        // An operator after another one may be a prefix, and each prefix is a level of its own.
        chain += if is_operator && after_operator { 20 } else { 1 };
        after_operator = is_operator;
        match token.kind {
            Kind::Mark(b'(' | b'[') => depth += 1,
            Kind::Mark(b')' | b']') => depth = depth.saturating_sub(1),
            Kind::Mark(b',') => chain = 0,
            Kind::Word if token.is_word(source, "case") => chain += 30,
            _ => {}
        }
        if depth > DEPTH || chain > CHAIN {
            return false;
        }
    }
    true
}

//! Steps through the tokens of one statement: takes keywords and names as they come.

use super::lex::{Kind, Token};
use super::names;
use crate::operation::{Name, TableName};

/// A place among the tokens of a statement.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'t> {
    source: &'t str,
    tokens: &'t [Token],
}

impl<'t> Cursor<'t> {
    /// Stands before the first token.
    pub(super) fn new(source: &'t str, tokens: &'t [Token]) -> Self {
        Self { source, tokens }
    }

    /// The text that the places of the tokens mean.
    pub(super) fn source(&self) -> &'t str {
        self.source
    }

    /// What was not taken yet.
    pub(super) fn rest(&self) -> &'t [Token] {
        self.tokens
    }

    /// The next token.
    pub(super) fn peek(&self) -> Option<&'t Token> {
        self.tokens.first()
    }

    /// Steps over one token.
    pub(super) fn advance(&mut self) -> Option<&'t Token> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }

    /// Whether the next token is this keyword.
    pub(super) fn is_at(&self, word: &str) -> bool {
        self.peek().is_some_and(|token| token.is_word(self.source, word))
    }

    /// Takes this keyword, if it is next.
    pub(super) fn take(&mut self, word: &str) -> bool {
        let found = self.is_at(word);
        if found {
            self.advance();
        }
        found
    }

    /// Takes one of these keywords, if it is next.
    pub(super) fn take_any(&mut self, words: &[&str]) -> bool {
        words.iter().any(|word| self.take(word))
    }

    /// Takes these keywords in a row, or none.
    pub(super) fn take_all(&mut self, words: &[&str]) -> bool {
        let mut ahead = *self;
        let found = words.iter().all(|word| ahead.take(word));
        if found {
            *self = ahead;
        }
        found
    }

    /// Takes this punctuation, if it is next.
    pub(super) fn take_mark(&mut self, mark: u8) -> bool {
        let found = self.peek().is_some_and(|token| token.kind == Kind::Mark(mark));
        if found {
            self.advance();
        }
        found
    }

    /// `IF EXISTS`.
    pub(super) fn if_exists(&mut self) -> bool {
        self.take_all(&["if", "exists"])
    }

    /// `IF NOT EXISTS`.
    pub(super) fn if_not_exists(&mut self) -> bool {
        self.take_all(&["if", "not", "exists"])
    }

    /// `CASCADE` or `RESTRICT`; whether it is `CASCADE`.
    pub(super) fn cascade(&mut self) -> bool {
        self.take("cascade") || {
            self.take("restrict");
            false
        }
    }

    /// The next token as a keyword, upper case.
    pub(super) fn keyword(&mut self) -> Option<String> {
        let token = self.peek().filter(|token| token.kind == Kind::Word)?;
        self.advance();
        Some(token.text(self.source).to_ascii_uppercase())
    }

    /// The parts of a dotted name.
    pub(super) fn path(&mut self) -> Option<Vec<Name>> {
        let mut parts = Vec::new();
        loop {
            // SQLite takes a string where it expects a name.
            let token = self.peek().filter(|token| match token.kind {
                Kind::Word | Kind::Quoted => true,
                Kind::Text => token.text(self.source).starts_with('\''),
                _ => false,
            })?;
            self.advance();
            parts.push(names::name(token.text(self.source)));
            // `t.*` is how MySQL's DELETE may write a table.
            if !self.take_mark(b'.') || self.take_mark(b'*') {
                return Some(parts);
            }
        }
    }

    /// A table name.
    pub(super) fn table(&mut self) -> Option<TableName> {
        Some(names::table(&self.path()?))
    }

    /// The last part of a dotted name.
    pub(super) fn name(&mut self) -> Option<Name> {
        self.path()?.pop()
    }

    /// Names with commas between them.
    pub(super) fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.take_mark(b',') {
            items.push(item(self)?);
        }
        Some(items)
    }

    /// The content of a string literal, doubled quotes undone. Literals on lines that follow belong to it,
    /// as in standard SQL.
    pub(super) fn string(&mut self) -> Option<String> {
        let mut content = String::new();
        let mut end = None;
        while let Some(token) = self.peek().filter(|token| token.kind == Kind::Text) {
            let gap = end.and_then(|end| self.source.get(end..token.start));
            if gap.is_some_and(|gap| !gap.contains('\n')) {
                break;
            }
            self.advance();
            content.push_str(&super::lex::string_content(token.text(self.source)));
            end = Some(token.end);
        }
        end.map(|_| content)
    }

    /// Whether nothing is left, or only what the running revision would tell.
    pub(super) fn is_done(&self) -> bool {
        self.tokens.iter().all(|token| token.is_hole(self.source))
    }
}

//! PostgreSQL's statements about one table that have no directive -> their first words and that table.

use super::cursor::Cursor;
use super::lex::{Kind, Token};
use super::{Sql, execute, verbs};
use crate::operation::{Change, Dialect, Statement, TableName, TableStatement};

/// Lowers a statement that starts with `word`. `None` where it is about no table, or not PostgreSQL's.
pub(super) fn read(sql: Sql<'_>, tokens: &[Token], word: &str) -> Option<Vec<Change>> {
    if sql.dialect != Dialect::Postgresql {
        return None;
    }
    let mut cursor = Cursor::new(sql.source, tokens);
    cursor.advance();
    match word {
        "LOCK" => lock(cursor),
        "REINDEX" => reindex(cursor),
        "VACUUM" => Some(vacuum(cursor)),
        "ANALYZE" | "ANALYSE" => Some(analyze(cursor)),
        "CLUSTER" => cluster(cursor),
        "REFRESH" => refresh(cursor),
        "CREATE" | "DROP" | "ALTER" => attached(sql, tokens),
        _ => None,
    }
}

/// A statement about `table` as a change.
pub(super) fn about(verb: &str, table: TableName) -> Change {
    change(TableStatement { verb: verb.into(), table, ..TableStatement::default() })
}

pub(super) fn change(statement: TableStatement) -> Change {
    execute(Statement::OnTable(Box::new(statement)))
}

fn lock(mut cursor: Cursor<'_>) -> Option<Vec<Change>> {
    cursor.take("table");
    let tables = cursor.list(|cursor| {
        cursor.take("only");
        let table = cursor.table();
        cursor.take_mark(b'*');
        table
    })?;
    let mut mode = None;
    if cursor.take("in") {
        let words = cursor.rest().iter().take_while(|token| !token.is_word(cursor.source(), "mode"));
        let words: Vec<_> = words.map(|token| token.text(cursor.source()).to_ascii_uppercase()).collect();
        mode = Some(words.join(" ").into_boxed_str());
    }
    let lock = |table| TableStatement {
        verb: "LOCK TABLE".into(),
        table,
        mode: mode.clone(),
        ..TableStatement::default()
    };
    Some(tables.into_iter().map(lock).map(change).collect())
}

/// Steps over `(VERBOSE, FULL)`; whether `word` stands in it and is not turned off.
fn options(cursor: &mut Cursor<'_>, word: &str) -> bool {
    let mut is_on = false;
    if cursor.take_mark(b'(') {
        while cursor.peek().is_some() && !cursor.take_mark(b')') {
            if cursor.take(word) {
                is_on = !cursor.take_any(&["false", "off"]);
            } else {
                cursor.advance();
            }
        }
    }
    is_on
}

fn reindex(mut cursor: Cursor<'_>) -> Option<Vec<Change>> {
    let option = options(&mut cursor, "concurrently");
    let kind = cursor.keyword()?;
    if !["INDEX", "TABLE", "SCHEMA", "DATABASE", "SYSTEM"].contains(&kind.as_str()) {
        return None;
    }
    let concurrently = cursor.take("concurrently") || option;
    let named = cursor.table().filter(|_| matches!(kind.as_str(), "INDEX" | "TABLE"));
    Some(vec![change(TableStatement {
        verb: format!("REINDEX {kind}").into(),
        table: named.unwrap_or_default(),
        concurrently,
        ..TableStatement::default()
    })])
}

fn vacuum(mut cursor: Cursor<'_>) -> Vec<Change> {
    let option = options(&mut cursor, "full");
    let full = cursor.take("full") || option;
    while cursor.take_any(&["freeze", "verbose", "analyze", "analyse"]) {}
    let verb = if full { "VACUUM FULL" } else { "VACUUM" };
    each_table(verb, cursor)
}

fn analyze(mut cursor: Cursor<'_>) -> Vec<Change> {
    options(&mut cursor, "verbose");
    cursor.take("verbose");
    each_table("ANALYZE", cursor)
}

/// The tables that are named, each with a list of columns perhaps; one change without a table where there is none.
fn each_table(verb: &str, mut cursor: Cursor<'_>) -> Vec<Change> {
    let tables = cursor.list(|cursor| {
        let table = cursor.table()?;
        options(cursor, "");
        Some(table)
    });
    tables.unwrap_or_else(|| vec![TableName::default()]).into_iter().map(|table| about(verb, table)).collect()
}

/// `CLUSTER t USING i`, and `CLUSTER i ON t` of old.
fn cluster(mut cursor: Cursor<'_>) -> Option<Vec<Change>> {
    options(&mut cursor, "verbose");
    cursor.take("verbose");
    let first = cursor.table().unwrap_or_default();
    let table = if cursor.take("on") { cursor.table()? } else { first };
    Some(vec![about("CLUSTER", table)])
}

fn refresh(mut cursor: Cursor<'_>) -> Option<Vec<Change>> {
    if !cursor.take_all(&["materialized", "view"]) {
        return None;
    }
    let concurrently = cursor.take("concurrently");
    Some(vec![change(TableStatement {
        verb: "REFRESH MATERIALIZED VIEW".into(),
        table: cursor.table()?,
        concurrently,
        ..TableStatement::default()
    })])
}

/// Triggers and policies: `CREATE TRIGGER .. ON t`.
fn attached(sql: Sql<'_>, tokens: &[Token]) -> Option<Vec<Change>> {
    let verb = verbs::first_words(sql.source, tokens);
    let is_attached = ["TRIGGER", "POLICY"].iter().any(|kind| {
        let verb = verb.strip_suffix(kind).map(str::trim_end);
        verb.is_some_and(|verb| ["CREATE", "DROP", "ALTER"].contains(&verb))
    });
    if !is_attached {
        return None;
    }
    let on = tokens.iter().position(|token| token.kind == Kind::Word && token.is_word(sql.source, "on"))?;
    let mut cursor = Cursor::new(sql.source, tokens.get(on + 1..)?);
    Some(vec![about(&verb, cursor.table()?)])
}

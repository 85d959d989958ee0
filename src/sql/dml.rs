//! Statements that read and write rows -> changes, from their keywords alone.
//!
//! `SELECT`, `INSERT`, `UPDATE`, `DELETE` and their kin are the same in all three syntaxes as far as their
//! table and condition go, so no parser is asked.

use super::cursor::Cursor;
use super::lex::{Kind, Token};
use super::tautology;
use super::{Sql, execute};
use crate::operation::{Change, CreateTable, HOLE, Name, Statement, TableName, holds_hole};

const WRITES: [&str; 4] = ["delete", "update", "insert", "merge"];

/// Lowers a row statement; data-changing `WITH` items come first. `None` where no table can be read.
pub(super) fn read(sql: Sql<'_>, tokens: &[Token]) -> Option<Vec<Change>> {
    let source = sql.source;
    let mut changes = Vec::new();
    for index in 0..tokens.len() {
        let Some([before, open, head, ..]) = tokens.get(index..) else { break };
        let is_item = open.kind == Kind::Mark(b'(')
            && (before.is_word(source, "as") || before.is_word(source, "materialized"))
            && WRITES.iter().any(|word| head.is_word(source, word));
        if is_item {
            let inner = in_brackets(tokens.get(index + 1..).unwrap_or_default());
            changes.extend(single(sql, inner)?);
        }
    }
    changes.extend(single(sql, main_statement(source, tokens))?);
    Some(changes)
}

/// What stands between the first token, a bracket, and the one that closes it.
fn in_brackets(tokens: &[Token]) -> &[Token] {
    let mut depth = 0_usize;
    let close = tokens.iter().position(|token| {
        match token.kind {
            Kind::Mark(b'(') => depth += 1,
            Kind::Mark(b')') => depth -= 1,
            _ => {}
        }
        depth == 0
    });
    tokens.get(1..close.unwrap_or(tokens.len())).unwrap_or_default()
}

/// The tokens from the verb on, without the `WITH` before and the brackets around it.
fn main_statement<'t>(source: &str, tokens: &'t [Token]) -> &'t [Token] {
    let mut rest = tokens;
    while let Some((Token { kind: Kind::Mark(b'('), .. }, inner)) = rest.split_first() {
        rest = inner;
    }
    if !rest.first().is_some_and(|token| token.is_word(source, "with")) {
        return rest;
    }
    let verbs = ["select", "insert", "update", "delete", "merge", "values", "table", "replace"];
    let start = outer(rest)
        .find(|(_, token)| verbs.iter().any(|verb| token.is_word(source, verb)))
        .map_or(0, |(index, _)| index);
    rest.get(start..).unwrap_or_default()
}

/// The tokens outside brackets, with their index.
fn outer(tokens: &[Token]) -> impl Iterator<Item = (usize, &Token)> {
    let mut depth = 0_usize;
    tokens.iter().enumerate().filter(move |(_, token)| {
        match token.kind {
            Kind::Mark(b'(') => depth += 1,
            Kind::Mark(b')') => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
    })
}

/// One statement that starts with its verb.
fn single(sql: Sql<'_>, tokens: &[Token]) -> Option<Vec<Change>> {
    let mut cursor = Cursor::new(sql.source, tokens);
    let statement = match cursor.keyword()?.as_str() {
        "SELECT" => return Some(vec![select(sql, cursor)]),
        "INSERT" | "REPLACE" | "MERGE" => insert(cursor)?,
        "COPY" => copy(cursor)?,
        "LOAD" => load(cursor)?,
        "UPDATE" => update(cursor)?,
        "DELETE" => return delete(cursor),
        "WITH" | "VALUES" | "TABLE" | "SHOW" | "DESCRIBE" | "DESC" | "HELP" => Statement::Select,
        _ => return None,
    };
    Some(vec![execute(statement)])
}

/// `SELECT .. INTO t` makes a table; anywhere else `INTO` names a variable or a file.
fn select(sql: Sql<'_>, cursor: Cursor<'_>) -> Change {
    let source = cursor.source();
    let into = outer(cursor.rest())
        .take_while(|(_, token)| !token.is_word(source, "from"))
        .find(|(_, token)| token.is_word(source, "into"));
    let Some((index, _)) = into.filter(|_| !sql.in_body) else { return execute(Statement::Select) };
    let mut target = Cursor::new(source, cursor.rest().get(index + 1..).unwrap_or_default());
    let temporary = target.take_any(&["temporary", "temp"]);
    target.take("unlogged");
    target.take("table");
    if target.take_any(&["outfile", "dumpfile"]) {
        return execute(Statement::Select);
    }
    match target.table() {
        Some(table) => Change::CreateTable(CreateTable { table, temporary, ..CreateTable::default() }),
        None => execute(Statement::Select),
    }
}

/// After `INSERT`, `REPLACE` or `MERGE`.
fn insert(mut cursor: Cursor<'_>) -> Option<Statement> {
    skip_modifiers(&mut cursor);
    cursor.take("into");
    cursor.take("only");
    Some(Statement::Insert { table: cursor.table()? })
}

/// After `COPY`.
fn copy(mut cursor: Cursor<'_>) -> Option<Statement> {
    cursor.take("binary");
    if cursor.peek()?.kind == Kind::Mark(b'(') {
        return Some(Statement::Select);
    }
    let table = cursor.table()?;
    let writes = outer(cursor.rest()).any(|(_, token)| token.is_word(cursor.source(), "from"));
    Some(if writes { Statement::Insert { table } } else { Statement::Select })
}

/// After `LOAD`: `LOAD DATA` writes, all else loads a library or a cache.
fn load(mut cursor: Cursor<'_>) -> Option<Statement> {
    if !cursor.take_any(&["data", "xml"]) {
        return Some(Statement::Other { verb: "LOAD".into() });
    }
    while cursor.advance().is_some() {
        if cursor.take_all(&["into", "table"]) {
            return Some(Statement::Insert { table: cursor.table()? });
        }
    }
    None
}

/// After `UPDATE`.
fn update(mut cursor: Cursor<'_>) -> Option<Statement> {
    let verb_on = cursor.rest();
    skip_modifiers(&mut cursor);
    cursor.take("only");
    let table = cursor.table()?;
    let source = cursor.source();
    let rest = cursor.rest();
    let has_set = outer(rest).any(|(_, token)| token.is_word(source, "set"));
    let has_hole = rest.iter().any(|token| holds_hole(token.text(source))) || table.name.is_unknown();
    if !has_set && !has_hole {
        return None;
    }
    // `UPDATE <unknown>` alone may well hold the whole statement.
    let has_where = !has_set
        || is_limited(source, rest)
        || is_limited_by_join(source, rest)
        || holds_two_unknown(source, verb_on);
    Some(Statement::Update { table, has_where, columns: assigned(source, rest) })
}

/// MySQL's `UPDATE t JOIN u ON ..`: rows without a partner stay as they are. An outer join keeps all rows of the table before it.
fn is_limited_by_join(source: &str, tokens: &[Token]) -> bool {
    let set = outer(tokens).find(|(_, token)| token.is_word(source, "set"));
    let joins = set.and_then(|(end, _)| tokens.get(..end)).unwrap_or_default();
    let is_any = |token: &Token, words: &[&str]| words.iter().any(|word| token.is_word(source, word));
    let starts: Vec<usize> = outer(joins)
        .filter(|(_, token)| is_any(token, &["join", "straight_join"]))
        .map(|(index, _)| index)
        .collect();
    starts.iter().enumerate().any(|(number, &start)| {
        let before = joins.get(..start).unwrap_or_default();
        let mut kinds = before
            .iter()
            .rev()
            .take_while(|token| is_any(token, &["natural", "inner", "left", "right", "outer", "cross"]));
        let is_natural = before.iter().rev().take(3).any(|token| token.is_word(source, "natural"));
        if kinds.any(|token| token.is_word(source, "left")) {
            return false;
        }
        let end = starts.get(number + 1).copied().unwrap_or(joins.len());
        let joined = joins.get(start + 1..end).unwrap_or_default();
        let condition = outer(joined).find(|(_, token)| is_any(token, &["on", "using"]));
        is_natural
            || condition.is_some_and(|(at, word)| {
                let condition = joined.get(at + 1..).unwrap_or_default();
                word.is_word(source, "using") || !tautology::is_always_true(source, condition)
            })
    })
}

/// The columns that an `UPDATE` sets, by the last part of their names.
fn assigned(source: &str, tokens: &[Token]) -> Option<Box<[Name]>> {
    let ends = ["where", "from", "returning", "order", "limit"];
    let set = outer(tokens).find(|(_, token)| token.is_word(source, "set"))?.0;
    let tokens = tokens.get(set + 1..)?;
    let end = outer(tokens).find(|(_, token)| ends.iter().any(|word| token.is_word(source, word)));
    let tokens = tokens.get(..end.map_or(tokens.len(), |(index, _)| index))?;
    let commas =
        outer(tokens).filter(|(_, token)| token.kind == Kind::Mark(b',')).map(|(index, _)| index + 1);
    let mut columns = Vec::new();
    for start in std::iter::once(0).chain(commas) {
        let mut cursor = Cursor::new(source, tokens.get(start..)?);
        if cursor.take_mark(b'(') {
            columns.extend(cursor.list(Cursor::name)?);
        } else {
            columns.push(cursor.name()?);
        }
    }
    columns.iter().all(|column| column.known().is_some()).then(|| columns.into())
}

/// After `DELETE`; MySQL may name several tables, before `FROM` by their alias.
fn delete(mut cursor: Cursor<'_>) -> Option<Vec<Change>> {
    let verb_on = cursor.rest();
    skip_modifiers(&mut cursor);
    let direct = cursor.take("from");
    let mut tables = cursor.list(|cursor| {
        cursor.take("only");
        cursor.table()
    })?;
    if !direct {
        if !cursor.take("from") {
            return None;
        }
        for target in &mut tables {
            *target = resolve_alias(cursor, target);
        }
    }
    let source = cursor.source();
    let has_where = is_limited(source, cursor.rest()) || holds_two_unknown(source, verb_on);
    Some(tables.into_iter().map(|table| execute(Statement::Delete { table, has_where })).collect())
}

/// The table that an alias stands for in `FROM t AS alias ..`.
fn resolve_alias(cursor: Cursor<'_>, alias: &TableName) -> TableName {
    let mut place = cursor;
    while place.peek().is_some() && !place.is_at("where") {
        let mut ahead = place;
        if let Some(table) = ahead.table() {
            let is_join_word = ["join", "on", "and", "or", "inner", "left", "right", "cross", "using"]
                .iter()
                .any(|word| place.is_at(word));
            ahead.take("as");
            if !is_join_word && ahead.table().as_ref() == Some(alias) {
                return table;
            }
        }
        place.advance();
    }
    alias.clone()
}

/// `LOW_PRIORITY`, `IGNORE`, `OR REPLACE` and the like between the verb and the table.
fn skip_modifiers(cursor: &mut Cursor<'_>) {
    loop {
        if cursor.take("or") {
            cursor.advance();
        } else if !cursor.take_any(&["low_priority", "high_priority", "delayed", "quick", "ignore"]) {
            return;
        }
    }
}

/// Whether a condition limits the rows. Something unknown where a clause could stand counts as one.
fn is_limited(source: &str, tokens: &[Token]) -> bool {
    let ends = ["returning", "order", "limit", "group"];
    if let Some((start, _)) = outer(tokens).find(|(_, token)| token.is_word(source, "where")) {
        let condition = tokens.get(start + 1..).unwrap_or_default();
        let end = outer(condition)
            .find(|(_, token)| ends.iter().any(|word| token.is_word(source, word)))
            .map_or(condition.len(), |(index, _)| index);
        let condition = condition.get(..end).unwrap_or_default();
        return !tautology::is_always_true(source, condition);
    }
    outer(tokens).any(|(index, token)| may_hold_clause(source, tokens, index, token))
}

/// Whether two unknown parts touch at the end: the second is hardly a part of a name, but may be a clause.
fn holds_two_unknown(source: &str, tokens: &[Token]) -> bool {
    tokens.last().is_some_and(|last| last.text(source).ends_with(&HOLE.repeat(2)))
}

/// Whether an unknown part of the text may bring a `WHERE`.
fn may_hold_clause(source: &str, tokens: &[Token], index: usize, token: &Token) -> bool {
    if !token.is_hole(source) {
        return false;
    }
    let expects_value = [
        "from",
        "using",
        "join",
        "on",
        "as",
        "and",
        "or",
        "not",
        "in",
        "like",
        "by",
        "limit",
        "returning",
        "is",
        "when",
        "then",
        "else",
        "only",
    ];
    match index.checked_sub(1).and_then(|before| tokens.get(before)) {
        None => true,
        Some(before) => match before.kind {
            Kind::Word if before.is_word(source, "set") => {
                !tokens.get(index + 1).is_some_and(|next| matches!(next.kind, Kind::Mark(b'=' | b'.')))
            }
            Kind::Word => !expects_value.iter().any(|word| before.is_word(source, word)),
            Kind::Quoted | Kind::Text | Kind::Number => true,
            Kind::Mark(mark) => mark == b')',
        },
    }
}

//! Schema statements of a fixed form (`DROP ..`, `TRUNCATE`, `COMMENT ON`, `RENAME TABLE`, types, schemas,
//! sequences) -> changes. What needs a parser (`CREATE TABLE`, `ALTER TABLE`, `CREATE INDEX`) is elsewhere.

use super::cursor::Cursor;
use super::lex::{Kind, Token};
use super::{Sql, definition, execute, names, other, verbs};
use crate::operation::{
    Change, CreateTable, Dialect, DropIndex, DropTable, Name, RenameTable, Statement, TableComment, TableName,
};

/// Lowers a statement that starts with `CREATE`. `None` where it is not understood.
pub(super) fn create(sql: Sql<'_>, tokens: &[Token]) -> Option<Vec<Change>> {
    let mut cursor = Cursor::new(sql.source, tokens);
    cursor.advance();
    cursor.take_all(&["or", "replace"]);
    while cursor.take_any(&["temporary", "temp", "unlogged", "global", "local"]) {}
    if cursor.is_at("table") {
        return definition::read(sql, tokens);
    }
    if ["index", "unique", "fulltext", "spatial"].iter().any(|word| cursor.is_at(word)) {
        return definition::read(sql, tokens);
    }
    if cursor.take_all(&["virtual", "table"]) {
        let if_not_exists = cursor.if_not_exists();
        let table = cursor.table()?;
        return Some(vec![Change::CreateTable(CreateTable {
            table,
            if_not_exists,
            ..CreateTable::default()
        })]);
    }
    if let Some(view) = created_view(cursor) {
        return Some(vec![view]);
    }
    let mysql = matches!(sql.dialect, Dialect::Mysql | Dialect::Mariadb);
    let statement = if cursor.take("schema") || (mysql && cursor.take("database")) {
        cursor.if_not_exists();
        cursor.take("authorization");
        Statement::CreateSchema { name: cursor.name()? }
    } else if cursor.take("sequence") {
        cursor.if_not_exists();
        Statement::CreateSequence { name: cursor.name()? }
    } else if cursor.take("type") {
        create_type(cursor)?
    } else if cursor.peek().is_none_or(|kind| names::is_unknown(kind.text(sql.source))) {
        return None;
    } else {
        return Some(vec![other(&verbs::first_words(sql.source, tokens))]);
    };
    Some(vec![execute(statement)])
}

/// `[MATERIALIZED] VIEW name ..` after `CREATE`, with MySQL's clauses between.
fn created_view(mut cursor: Cursor<'_>) -> Option<Change> {
    while cursor.take_any(&["recursive", "materialized"]) {}
    if !cursor.take("view") {
        return None;
    }
    cursor.if_not_exists();
    Some(execute(Statement::CreateView { name: cursor.table()? }))
}

/// After `CREATE TYPE`.
fn create_type(mut cursor: Cursor<'_>) -> Option<Statement> {
    let if_missing = cursor.if_not_exists();
    let name = cursor.name()?;
    if !cursor.take_all(&["as", "enum"]) {
        return Some(Statement::CreateType { name, labels: None, if_missing });
    }
    if !cursor.take_mark(b'(') {
        return None;
    }
    if cursor.take_mark(b')') {
        return Some(Statement::CreateType { name, labels: Some(Vec::new()), if_missing });
    }
    if let Some(labels) = cursor.list(|cursor| Some(Name::new(&cursor.string()?))) {
        let is_closed = cursor.take_mark(b')') && cursor.is_done();
        return is_closed.then_some(Statement::CreateType { name, labels: Some(labels), if_missing });
    }
    let has_unknown = cursor.rest().iter().any(|token| names::is_unknown(token.text(cursor.source())));
    has_unknown.then_some(Statement::CreateType { name, labels: None, if_missing })
}

/// Lowers a statement that starts with `DROP`.
pub(super) fn drop(sql: Sql<'_>, tokens: &[Token]) -> Option<Vec<Change>> {
    let mut cursor = Cursor::new(sql.source, tokens);
    cursor.advance();
    let temporary = cursor.take_any(&["temporary", "temp"]);
    let mysql = matches!(sql.dialect, Dialect::Mysql | Dialect::Mariadb);
    let changes = match cursor.keyword()?.as_str() {
        "TABLE" | "TABLES" => drop_tables(&mut cursor)?,
        _ if temporary => return None,
        "INDEX" => drop_indexes(&mut cursor)?,
        "SCHEMA" => drop_each(&mut cursor, |name, cascade| Statement::DropSchema { name, cascade })?,
        "DATABASE" if mysql => {
            drop_each(&mut cursor, |name, cascade| Statement::DropSchema { name, cascade })?
        }
        "DATABASE" => {
            let changes = drop_each(&mut cursor, |name, _| Statement::DropDatabase { name })?;
            cursor.take("with");
            if cursor.take_mark(b'(') {
                cursor.take("force");
                cursor.take_mark(b')');
            }
            changes
        }
        "TYPE" => drop_each(&mut cursor, |name, cascade| Statement::DropType { name, cascade })?,
        "SEQUENCE" => drop_each(&mut cursor, |name, _| Statement::DropSequence { name })?,
        "VIEW" => drop_views(&mut cursor)?,
        "MATERIALIZED" if cursor.take("view") => drop_views(&mut cursor)?,
        word if names::is_unknown(&word.to_lowercase()) => return None,
        _ => return Some(vec![other(&verbs::first_words(sql.source, tokens))]),
    };
    cursor.is_done().then_some(changes)
}

fn drop_tables(cursor: &mut Cursor<'_>) -> Option<Vec<Change>> {
    let if_exists = cursor.if_exists();
    let tables = cursor.list(Cursor::table)?;
    let cascade = cursor.cascade();
    let drop = |table| Change::DropTable(DropTable { table, if_exists, cascade, ..DropTable::default() });
    Some(tables.into_iter().map(drop).collect())
}

fn drop_views(cursor: &mut Cursor<'_>) -> Option<Vec<Change>> {
    cursor.if_exists();
    let views = cursor.list(Cursor::table)?;
    cursor.cascade();
    Some(views.into_iter().map(|name| execute(Statement::DropView { name })).collect())
}

fn drop_indexes(cursor: &mut Cursor<'_>) -> Option<Vec<Change>> {
    let concurrently = cursor.take("concurrently");
    let if_exists = cursor.if_exists();
    let mut indexes = cursor.list(Cursor::table)?;
    let on = if cursor.take("on") { Some(cursor.table()?) } else { None };
    let cascade = cursor.cascade();
    while cursor.take_any(&["algorithm", "lock"]) {
        cursor.take_mark(b'=');
        cursor.advance();
    }
    let drop = |index: TableName| {
        // An index lives in the schema of its table, so `DROP INDEX s.x` tells the schema.
        let table = on.clone().unwrap_or(TableName { schema: index.schema, name: Name::None });
        let name = index.name;
        Change::DropIndex(DropIndex { name, table, concurrently, if_exists, cascade, ..DropIndex::default() })
    };
    Some(indexes.drain(..).map(drop).collect())
}

/// `[IF EXISTS] a, b [CASCADE]` after the kind of object.
fn drop_each(cursor: &mut Cursor<'_>, statement: impl Fn(Name, bool) -> Statement) -> Option<Vec<Change>> {
    cursor.if_exists();
    let names = cursor.list(Cursor::name)?;
    let cascade = cursor.cascade();
    Some(names.into_iter().map(|name| execute(statement(name, cascade))).collect())
}

/// Lowers a statement that starts with `ALTER`.
pub(super) fn alter(sql: Sql<'_>, tokens: &[Token]) -> Option<Vec<Change>> {
    let mut cursor = Cursor::new(sql.source, tokens);
    cursor.advance();
    cursor.take_any(&["ignore", "online"]);
    if cursor.is_at("table") {
        return definition::read(sql, tokens);
    }
    if let Some(renamed) = renamed(cursor) {
        return Some(vec![execute(renamed)]);
    }
    if !cursor.take("type") {
        return Some(vec![other(&verbs::first_words(sql.source, tokens))]);
    }
    let name = cursor.name()?;
    if !cursor.take_all(&["add", "value"]) {
        let action = verbs::leading_keywords(sql.source, cursor.rest());
        return Some(vec![other(format!("ALTER TYPE {action}").trim_end())]);
    }
    cursor.if_not_exists();
    let value = match cursor.string() {
        Some(value) => Name::new(&value),
        None if names::is_unknown(cursor.advance()?.text(sql.source)) => Name::Unknown,
        None => return None,
    };
    if cursor.take_any(&["before", "after"]) {
        cursor.advance();
    }
    cursor.is_done().then(|| vec![execute(Statement::AddEnumValue { name, value })])
}

/// `INDEX a RENAME TO b` and its like, after `ALTER`.
fn renamed(mut cursor: Cursor<'_>) -> Option<Statement> {
    let kind = cursor.keyword()?;
    if kind == "MATERIALIZED" && !cursor.is_at("view") {
        return None;
    }
    cursor.take("view");
    cursor.if_exists();
    let path = cursor.table()?;
    if !cursor.take("rename") {
        return None;
    }
    if kind == "TYPE" && cursor.take("value") {
        let from = Name::new(&cursor.string()?);
        cursor.take("to").then_some(())?;
        let to = Name::new(&cursor.string()?);
        return cursor.is_done().then_some(Statement::RenameEnumValue { name: path.name, from, to });
    }
    cursor.take("to").then_some(())?;
    let to = cursor.name()?;
    if !cursor.is_done() {
        return None;
    }
    match kind.as_str() {
        "INDEX" => {
            let table = TableName { schema: path.schema, name: Name::None };
            Some(Statement::RenameIndex { table, name: path.name, to })
        }
        "TYPE" => Some(Statement::RenameType { name: path.name, to }),
        "SEQUENCE" => Some(Statement::RenameSequence { name: path.name, to }),
        "VIEW" | "MATERIALIZED" => Some(Statement::RenameView { name: path.name, to }),
        _ => None,
    }
}

/// Lowers `TRUNCATE`.
pub(super) fn truncate(sql: Sql<'_>, tokens: &[Token]) -> Option<Vec<Change>> {
    let mut cursor = Cursor::new(sql.source, tokens);
    cursor.advance();
    cursor.take("table");
    cursor.if_exists();
    let tables = cursor.list(|cursor| {
        cursor.take("only");
        let table = cursor.table();
        cursor.take_mark(b'*');
        table
    })?;
    if cursor.take_any(&["restart", "continue"]) {
        cursor.take("identity");
    }
    let cascade = cursor.cascade();
    let truncate = |table| execute(Statement::Truncate { table, cascade });
    cursor.is_done().then(|| tables.into_iter().map(truncate).collect())
}

/// Lowers `COMMENT ON`.
pub(super) fn comment(sql: Sql<'_>, tokens: &[Token]) -> Option<Vec<Change>> {
    let mut cursor = Cursor::new(sql.source, tokens);
    if !cursor.take_all(&["comment", "on"]) {
        return None;
    }
    if !cursor.take("table") {
        return Some(vec![execute(Statement::Comment)]);
    }
    let table = cursor.table()?;
    if !cursor.take("is") {
        return None;
    }
    if cursor.take("null") {
        return Some(vec![Change::DropTableComment(TableComment { table, comment: None })]);
    }
    let comment = cursor.string().filter(|text| !names::is_unknown(text)).map(Into::into);
    Some(vec![Change::CreateTableComment(TableComment { table, comment })])
}

/// Lowers MySQL's `RENAME TABLE a TO b, c TO d`.
pub(super) fn rename(sql: Sql<'_>, tokens: &[Token]) -> Option<Vec<Change>> {
    let mut cursor = Cursor::new(sql.source, tokens);
    cursor.advance();
    if !cursor.take_any(&["table", "tables"]) {
        return Some(vec![other("RENAME")]);
    }
    cursor.if_exists();
    let renames = cursor.list(|cursor| {
        let table = cursor.table()?;
        if !cursor.take("to") {
            return None;
        }
        Some(Change::RenameTable(RenameTable { table, to: cursor.name()? }))
    })?;
    cursor.is_done().then_some(renames)
}

/// Lowers `SET`, `RESET` and `PRAGMA`.
pub(super) fn setting(sql: Sql<'_>, tokens: &[Token]) -> Option<Vec<Change>> {
    let mut cursor = Cursor::new(sql.source, tokens);
    cursor.advance();
    let local = cursor.take("local");
    if cursor.take_all(&["session", "authorization"]) {
        let name = Name::new("session_authorization");
        return Some(vec![execute(Statement::Set { name, local })]);
    }
    if !local {
        cursor.take_any(&["session", "global", "persist"]);
    }
    if cursor.take_all(&["time", "zone"]) {
        return Some(vec![execute(Statement::Set { name: Name::new("timezone"), local })]);
    }
    // MySQL: `SET @@session.sql_mode = ..`, `SET @x = ..`.
    while cursor.peek().is_some_and(|token| token.kind == Kind::Mark(b'@')) {
        cursor.advance();
    }
    let path = cursor.path()?;
    let mut text = String::new();
    for part in &path {
        let Some(part) = part.known() else {
            return Some(vec![execute(Statement::Set { name: Name::Unknown, local })]);
        };
        let is_scope = text.is_empty()
            && path.len() > 1
            && ["session", "global", "main", "temp"].iter().any(|scope| part.eq_ignore_ascii_case(scope));
        if !is_scope {
            if !text.is_empty() {
                text.push('.');
            }
            text.push_str(&part.to_lowercase());
        }
    }
    Some(vec![execute(Statement::Set { name: Name::new(&text), local })])
}

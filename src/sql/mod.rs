//! SQL text -> changes. The only module that sees SQL parsers.
//!
//! PostgreSQL is read by `squawk-syntax`, MySQL / MariaDB and SQLite by `sqlparser`. Text that no parser
//! knows stays a statement of its own; nothing is dropped.

mod body;
mod cursor;
mod definition;
mod dml;
mod generic;
mod generic_items;
mod lex;
mod names;
mod on_table;
mod parameter;
mod placeholder;
mod plain_alter;
mod postgres;
mod postgres_items;
mod schema;
mod split;
mod squawk;
mod tautology;
#[cfg(test)]
mod tests;
mod verbs;

pub use parameter::parameter_in_literal;
pub use squawk::{Grammar, Remark, remarks, rules as squawk_rules};

use std::ops::Range;

use crate::operation::{Change, Dialect, Execute, Statement};
use lex::{Kind, Rules, Token};

/// One statement of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct SqlStatement {
    /// Byte range in the text that was given, without the `;` and surrounding blanks.
    pub range: Range<usize>,
    /// What it does; an `ALTER TABLE` with three actions gives three. Never empty.
    pub changes: Vec<Change>,
}

/// Splits `text` into statements and lowers each one.
///
/// `:name` bind parameters and [`crate::operation::HOLE`] are read as values or identifiers. Text without a
/// statement (empty, comments only) gives nothing.
pub fn lower(text: &str, dialect: Dialect) -> Vec<SqlStatement> {
    let rules = Rules::of(dialect);
    let mut statements = split::statements(text, rules);
    let masked = if text.contains([':', '%']) { placeholder::mask(text, &statements.concat()) } else { None };
    if let Some(masked) = &masked {
        statements = split::statements(masked, rules);
    }
    let sql = Sql { source: masked.as_deref().unwrap_or(text), dialect, in_body: false };
    let lowered = statements
        .iter()
        .map(|tokens| SqlStatement { range: range(tokens), changes: statement_changes(sql, tokens) });
    lowered.collect()
}

/// A text that is being read.
#[derive(Debug, Clone, Copy)]
struct Sql<'t> {
    /// The text, parameters replaced.
    source: &'t str,
    dialect: Dialect,
    /// Inside a `DO` block, where `SELECT .. INTO` sets a variable.
    in_body: bool,
}

/// Where a statement stands.
fn range(tokens: &[Token]) -> Range<usize> {
    let start = tokens.first().map_or(0, |token| token.start);
    start..tokens.last().map_or(start, |token| token.end)
}

/// What one statement does; unknown or unparsed where nothing could be read. Never empty.
fn statement_changes(sql: Sql<'_>, tokens: &[Token]) -> Vec<Change> {
    let changes = by_first_word(sql, tokens).filter(|changes| !changes.is_empty());
    changes.unwrap_or_else(|| {
        let unknown =
            tokens.iter().any(|token| token.kind != Kind::Text && names::is_unknown(token.text(sql.source)));
        vec![execute(if unknown { Statement::Unknown } else { Statement::Unparsed })]
    })
}

/// Chooses by the first word; only what it says must be parsed is parsed.
fn by_first_word(sql: Sql<'_>, tokens: &[Token]) -> Option<Vec<Change>> {
    let first = tokens.iter().find(|token| token.kind != Kind::Mark(b'('))?;
    if first.kind != Kind::Word {
        return None;
    }
    let word = first.text(sql.source).to_ascii_uppercase();
    if let Some(changes) = on_table::read(sql, tokens, &word) {
        return Some(changes);
    }
    match word.as_str() {
        "SELECT" | "WITH" | "VALUES" | "TABLE" | "SHOW" | "DESCRIBE" | "DESC" | "HELP" | "INSERT"
        | "REPLACE" | "MERGE" | "COPY" | "LOAD" | "UPDATE" | "DELETE" => dml::read(sql, tokens),
        "EXPLAIN" => Some(explain(sql, tokens)),
        "CREATE" => schema::create(sql, tokens),
        "DROP" => schema::drop(sql, tokens),
        "ALTER" => schema::alter(sql, tokens),
        "TRUNCATE" => schema::truncate(sql, tokens),
        "COMMENT" => schema::comment(sql, tokens),
        "RENAME" => schema::rename(sql, tokens),
        "SET" | "RESET" | "PRAGMA" => schema::setting(sql, tokens),
        "BEGIN" | "START" | "COMMIT" | "END" | "ROLLBACK" | "ABORT" | "SAVEPOINT" | "RELEASE" => {
            Some(vec![execute(Statement::Transaction)])
        }
        "DO" => Some(body::read(sql, tokens)),
        "PREPARE" if tokens.get(1).is_some_and(|next| next.is_word(sql.source, "transaction")) => {
            Some(vec![execute(Statement::Transaction)])
        }
        "REFRESH" | "IMPORT" => Some(vec![other(&verbs::first_words(sql.source, tokens))]),
        "REINDEX" | "VACUUM" | "LOCK" | "SECURITY" | "REASSIGN" => {
            let seconds =
                ["TABLE", "TABLES", "INDEX", "SCHEMA", "DATABASE", "SYSTEM", "FULL", "LABEL", "OWNED"];
            Some(vec![other(&verbs::with_second(sql.source, tokens, &seconds))])
        }
        "GRANT" | "REVOKE" | "ANALYZE" | "ANALYSE" | "CLUSTER" | "UNLOCK" | "CALL" | "EXEC" | "USE"
        | "LISTEN" | "NOTIFY" | "UNLISTEN" | "CHECKPOINT" | "DISCARD" | "EXECUTE" | "PREPARE"
        | "DEALLOCATE" | "DECLARE" | "CLOSE" | "FETCH" | "MOVE" | "ATTACH" | "DETACH" | "OPTIMIZE"
        | "REPAIR" | "CHECK" | "FLUSH" | "KILL" | "INSTALL" | "UNINSTALL" | "PURGE" | "CHANGE" => {
            Some(vec![other(&word)])
        }
        _ => None,
    }
}

/// `EXPLAIN ANALYZE` runs what it explains; plain `EXPLAIN` reads.
fn explain(sql: Sql<'_>, tokens: &[Token]) -> Vec<Change> {
    let verbs = ["select", "with", "insert", "update", "delete", "merge", "create"];
    let start = tokens.iter().position(|token| verbs.iter().any(|verb| token.is_word(sql.source, verb)));
    let (options, explained) = tokens.split_at(start.unwrap_or(tokens.len()));
    if options.iter().any(|token| token.is_word(sql.source, "analyze")) && !explained.is_empty() {
        return statement_changes(sql, explained);
    }
    vec![execute(Statement::Select)]
}

/// A statement that is no directive, as a change.
fn execute(statement: Statement) -> Change {
    Change::Execute(Execute { statement })
}

/// A statement kept by its first words.
fn other(verb: &str) -> Change {
    execute(Statement::Other { verb: verb.into() })
}

//! Operations whose effect is not known: how much they put in doubt.

use std::borrow::Cow;

use super::super::model::{Open, Table, TableKey};
use super::Apply;
use super::constraint::words;
use crate::operation::{Argument, Custom, HOLE};

impl<'a> Apply<'_, 'a> {
    /// A statement that is known by its first words only.
    pub(super) fn other(&mut self, verb: &str) {
        let has_cascade =
            || self.sql.is_some_and(|sql| words(sql).iter().any(|word| word.eq_ignore_ascii_case("cascade")));
        match verb {
            "CALL" | "EXEC" | "EXECUTE" => self.shake("a procedure is called, and what it does is not known"),
            "DROP EXTENSION" | "DROP DOMAIN" | "DROP OWNED BY" | "DROP FUNCTION" if has_cascade() => {
                self.doubt_all(
                    Open::ALL,
                    "something is dropped with everything that depends on it (CASCADE)",
                );
            }
            "CREATE VIEW" | "CREATE MATERIALIZED VIEW" | "CREATE FOREIGN TABLE" | "IMPORT" => {
                self.store.open();
            }
            _ => {}
        }
    }

    /// Functions of extensions that make or change columns are selected.
    pub(super) fn select(&mut self) {
        let Some(sql) = self.sql else { return };
        let changing =
            ["addgeometrycolumn", "dropgeometrycolumn", "dropgeometrytable", "create_distributed_table"];
        let lower = sql.to_ascii_lowercase();
        if changing.iter().any(|function| lower.contains(function)) {
            self.unread();
        }
    }

    /// SQL that was not understood: what it speaks of may be changed, and there may be more than before.
    pub(super) fn unread(&mut self) {
        let Some(sql) = self.sql else {
            return self.shake("a statement is run that is not known");
        };
        // With parts missing, the name of any table may stand there.
        if sql.contains(HOLE) {
            if is_about_rows(sql) {
                return;
            }
            return self.shake("SQL is run that is put together from parts that are not known");
        }
        self.doubt_mentioned(&words_everywhere(sql));
        self.unknown("SQL is run that could not be read");
    }

    /// A directive that is not known: it may touch what its arguments name.
    pub(super) fn custom(&mut self, custom: &'a Custom) {
        let mut words = Vec::new();
        for argument in custom.args.iter().chain(custom.keywords.iter().map(|(_, value)| value)) {
            collect(argument, &mut words);
        }
        self.doubt_mentioned(&words);
        self.unknown(format!("the directive `op.{}` is not known", custom.name));
    }

    /// Tables of these names, and what refers to them, may be changed; others may be made.
    fn doubt_mentioned(&mut self, words: &[&str]) {
        self.store.open();
        let now = self.store.now();
        let mut keys: Vec<TableKey<'a>> = Vec::new();
        for word in words {
            let direct = TableKey { schema: None, name: Cow::Borrowed(*word) };
            let direct =
                self.store.table(&direct, now).and_then(|entry| entry.value).map(|table| table.key.clone());
            keys.extend(direct);
            keys.extend(self.store.traces(word).into_iter().cloned());
        }
        for pair in words.windows(2) {
            if let [schema, name] = pair {
                let key = TableKey { schema: Some(Cow::Borrowed(*schema)), name: Cow::Borrowed(*name) };
                keys.extend(
                    self.store.table(&key, now).and_then(|entry| entry.value).map(|table| table.key.clone()),
                );
            }
        }
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            if self.current(&key).is_some() {
                self.store.edit(&key, Table::doubt);
            }
        }
    }

    /// Anything may have been done.
    pub(super) fn shake(&mut self, reason: &str) {
        self.store.shake();
        self.unknown(reason);
    }

    /// Something is added to a table, and which one is not known.
    pub(super) fn open_all(&mut self, open: Open, reason: &str) {
        self.unknown(reason);
        self.store.open();
        self.store.edit_all(
            |table| table.open.with(open) != table.open,
            |table| table.open = table.open.with(open),
        );
    }

    /// Something happens to parts of a table, and to which one is not known.
    pub(super) fn doubt_all(&mut self, open: Open, reason: &str) {
        self.unknown(reason);
        self.store.open();
        self.store.edit_all(
            |_| true,
            |table| {
                if open.columns {
                    table.doubt_columns();
                }
                if open.indexes {
                    table.doubt_indexes();
                }
                if open.constraints {
                    table.doubt_constraints();
                }
            },
        );
    }
}

/// Whether the known parts say that rows are written, not definitions.
fn is_about_rows(sql: &str) -> bool {
    let first = sql.split_whitespace().next().unwrap_or_default();
    ["insert", "update", "delete", "select", "merge", "truncate", "set", "grant", "revoke"]
        .iter()
        .any(|verb| first.eq_ignore_ascii_case(verb))
}

/// All words of a text, those inside strings too: a `DO` block builds statements from them.
fn words_everywhere(text: &str) -> Vec<&str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$'))
        .filter(|word| !word.is_empty())
        .collect()
}

/// The words of all strings in a value.
fn collect<'v>(value: &'v Argument, words: &mut Vec<&'v str>) {
    match value {
        Argument::Str(text) => words.extend(words_everywhere(text)),
        Argument::List(items) => items.iter().for_each(|item| collect(item, words)),
        Argument::Dict(entries) => {
            for (key, value) in entries {
                collect(key, words);
                collect(value, words);
            }
        }
        Argument::Call(call) => {
            call.args.iter().for_each(|argument| collect(argument, words));
            call.keywords.iter().for_each(|(_, argument)| collect(argument, words));
        }
        _ => {}
    }
}

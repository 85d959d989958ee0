//! Indexes: made, dropped, renamed.

use std::borrow::Cow;
use std::sync::Arc;

use super::super::model::{
    Gone, Index, IndexColumn, ObjectName, Open, Part, Table, TableKey, Text, same_name,
};
use super::super::{convention, folding, names};
use super::Apply;
use super::constraint::{doubt_unnamed, is_indexed, words};
use crate::operation::last_part;
use crate::operation::{Argument, ConstraintKind, CreateIndex, Dialect, DropIndex, Name, TableName};

impl<'a> Apply<'_, 'a> {
    pub(super) fn create_index(&mut self, create: &'a CreateIndex) {
        let Some(key) = self.key(&create.table) else {
            return self.open_all(Open::INDEXES, "an index is made on a table whose name is not known");
        };
        let name = self.part_name(&create.name);
        if create.if_not_exists
            && let (Some(name), Some(table)) = (&name, self.current(&key))
            && table.indexes.iter().any(|index| index.sure && index.name.known() == Some(name))
        {
            return;
        }
        let columns = create.columns.as_deref().and_then(|columns| self.index_columns(columns));
        let option = |suffix: &str| {
            let found = create.options.iter().find(|(key, _)| {
                key.strip_suffix(suffix).is_some_and(|dialect| self.is_own(dialect.trim_end_matches('_')))
            });
            found.map(|(_, value)| value)
        };
        let condition = option("_where");
        let method = option("_using").and_then(Argument::as_str);
        let mut table = self.taken_out(&key);
        let name = match (&create.name, name) {
            (Name::Known(_), _)
                if self.sql.is_none() && convention::wraps_indexes(self.store.convention()) =>
            {
                ObjectName::Unknown
            }
            (_, Some(name)) => ObjectName::Given(name),
            (Name::None, None) if self.sql.is_some() => {
                let is_taken = |name: &str| {
                    table.indexes.iter().any(|index| index.name.known() == Some(name))
                        || self.is_taken(key.schema.as_deref(), name)
                };
                names::sql_index(self.dialect, &table, columns.as_deref(), is_taken)
            }
            (Name::None, None) => {
                convention::index(self.store.convention(), self.dialect, &key, columns.as_deref())
                    .unwrap_or_else(|| {
                        names::sqlalchemy_index(
                            self.dialect,
                            &key,
                            create.table.schema.known(),
                            columns.as_deref(),
                        )
                    })
            }
            (Name::Known(_) | Name::Unknown, None) => {
                self.unknown(format!("an index is made on `{}` whose name is not known", key.id()));
                ObjectName::Unknown
            }
        };
        // It may have been there in another shape.
        let columns = columns.filter(|_| !create.if_not_exists || !table.open.indexes);
        let index = Index {
            name,
            sure: true,
            made: self.position,
            columns,
            unique: Some(create.unique),
            condition,
            method,
            is_plain: self.is_plain(create),
            implicit: false,
        };
        self.push_index(&mut table, index);
        self.put(&key, table);
    }

    /// Whether an index holds its columns as they are.
    fn is_plain(&self, create: &CreateIndex) -> bool {
        const HARMLESS: [&str; 5] = ["concurrently", "tablespace", "using", "where", "with"];
        let is_harmless = |key: &str| {
            key.split_once('_')
                .is_none_or(|(dialect, option)| !self.is_own(dialect) || HARMLESS.contains(&option))
        };
        let is_column = |column: &Argument| matches!(column, Argument::Str(_));
        let is_special = |word: &str| {
            let word = word.to_ascii_lowercase();
            word.ends_with("_ops") || ["desc", "nulls", "collate"].contains(&&*word)
        };
        // MySQL's `name (10)`: the first bytes only.
        let has_length =
            |sql: &str| words(sql).iter().any(|word| word.bytes().all(|byte| byte.is_ascii_digit()));
        create.options.iter().all(|(key, _)| is_harmless(key))
            && create.columns.iter().flatten().all(is_column)
            && !self.sql.is_some_and(|sql| words(sql).iter().any(|word| is_special(word)) || has_length(sql))
    }

    /// Whether a dialect's prefix of an option is meant for this dialect.
    fn is_own(&self, prefix: &str) -> bool {
        match self.dialect {
            Dialect::Postgresql => prefix == "postgresql",
            Dialect::Mysql => prefix == "mysql",
            Dialect::Mariadb => matches!(prefix, "mysql" | "mariadb"),
            Dialect::Sqlite => prefix == "sqlite",
        }
    }

    pub(super) fn push_index(&self, table: &mut Table<'a>, index: Index<'a>) {
        if let Some(name) = index.name.known() {
            table.gone.retain(|gone| gone.part != Part::Index || gone.name != name);
            table.indexes.retain(|other| other.sure || other.name.known() != Some(name));
        }
        table.indexes.push(Arc::new(index));
        self.drop_implicit(table);
    }

    /// MySQL's own indexes go as soon as another one serves the foreign key.
    pub(super) fn drop_implicit(&self, table: &mut Table<'a>) {
        if !self.is_mysql() {
            return;
        }
        let served: Vec<bool> = table
            .indexes
            .iter()
            .map(|index| {
                let columns: Vec<Text<'a>> =
                    index.columns.iter().flatten().filter_map(|column| column.column().map(own)).collect();
                index.implicit && is_indexed(table, &columns)
            })
            .collect();
        let mut served = served.into_iter();
        table.indexes.retain(|_| !served.next().unwrap_or_default());
    }

    /// `Column(index=True)`.
    pub(super) fn column_index(&mut self, table: &mut Table<'a>, column: &Text<'a>, unique: bool) {
        let columns = vec![IndexColumn::Column(column.clone())];
        let conventional =
            convention::index(self.store.convention(), self.dialect, &table.key, Some(&columns));
        let name = conventional.unwrap_or_else(|| {
            names::sqlalchemy_index(self.dialect, &table.key, table.key.schema.as_deref(), Some(&columns))
        });
        let index = Index {
            name,
            sure: true,
            made: self.position,
            columns: Some(columns),
            unique: Some(unique),
            condition: None,
            method: None,
            is_plain: true,
            implicit: false,
        };
        self.push_index(table, index);
    }

    /// What an index orders by; `None` where any of it is not known.
    fn index_columns(&self, given: &'a [Argument]) -> Option<Vec<IndexColumn<'a>>> {
        given.iter().map(|column| self.index_column(column)).collect()
    }

    fn index_column(&self, given: &'a Argument) -> Option<IndexColumn<'a>> {
        let column = |name| IndexColumn::Column(folding::folded(name, self.sql, self.dialect));
        match given {
            Argument::Str(_) => Some(column(given.as_str()?)),
            Argument::Call(call) => match (last_part(&call.callee), &*call.args) {
                ("text" | "literal_column", [text, ..]) => Some(expression(text.as_str())),
                // `sa.desc("a")`, `sa.column("a").desc()`.
                (
                    "desc" | "asc" | "nulls_first" | "nulls_last" | "nullsfirst" | "nullslast" | "column",
                    [inner, ..],
                ) => self.index_column(inner),
                _ => Some(IndexColumn::Expression(None)),
            },
            Argument::Unknown | Argument::None => None,
            _ => Some(IndexColumn::Expression(None)),
        }
    }

    pub(super) fn drop_index(&mut self, drop: &'a DropIndex) {
        let given = match drop.table.name {
            Name::None => None,
            Name::Known(_) => self.key(&drop.table),
            Name::Unknown => {
                return self
                    .doubt_all(self.indexes(), "an index is dropped from a table whose name is not known");
            }
        };
        let Some(name) = self.part_name(&drop.name) else {
            let Some(key) = given else {
                return self.doubt_all(self.indexes(), "an index is dropped whose name is not known");
            };
            self.unknown(format!("an index of `{}` is dropped whose name is not known", key.id()));
            let is_mysql = self.is_mysql();
            return self.edit(&key, |table| {
                table.doubt_indexes();
                if is_mysql {
                    table.doubt_constraints_of(Some(ConstraintKind::Unique));
                }
            });
        };
        // A revision may name another table than the index has; PostgreSQL and SQLite do not look at it.
        let has = |key: &TableKey<'a>| {
            self.current(key).is_some_and(|table| {
                table.indexes.iter().any(|index| {
                    index.name.known().is_some_and(|other| same_name(self.dialect, other, &name))
                })
            })
        };
        let schema = drop.table.schema.known();
        let traced = || {
            let mut traces = self.store.traces(&name).into_iter().filter(|key| has(key));
            let found = traces
                .find(|key| schema.is_none() || key.schema.as_deref() == schema || schema == Some("public"));
            found.cloned()
        };
        let key = given.clone().filter(|key| has(key)).or_else(traced).or(given);
        let Some(key) = key else {
            // It may be any index of a table that is not wholly known.
            if !drop.if_exists {
                self.store.open();
            }
            return;
        };
        let (dialect, position, is_mysql) = (self.dialect, self.position, self.is_mysql());
        self.edit(&key, |table| {
            let before = table.indexes.len();
            table
                .indexes
                .retain(|index| !index.name.known().is_some_and(|other| same_name(dialect, other, &name)));
            let parts = table.indexes.len() + table.constraints.len();
            if table.indexes.len() == before {
                // MySQL takes unique constraints and indexes for one; elsewhere the statement would have failed.
                table.constraints.retain(|constraint| {
                    constraint.kind != ConstraintKind::Unique
                        || !constraint.name.known().is_some_and(|other| same_name(dialect, other, &name))
                });
            }
            let is_found =
                table.indexes.len() < before || table.indexes.len() + table.constraints.len() < parts;
            if !is_found {
                for index in &mut table.indexes {
                    if !matches!(index.name, ObjectName::Given(_)) {
                        Arc::make_mut(index).sure = false;
                    }
                }
                if is_mysql {
                    doubt_unnamed(table, |constraint| constraint.kind == ConstraintKind::Unique);
                }
            }
            table.gone.push(Gone { part: Part::Index, name: name.clone(), by: position });
        });
    }

    /// What an index can be: MySQL takes unique constraints and indexes for one.
    fn indexes(&self) -> Open {
        if self.is_mysql() { Open::CONSTRAINTS } else { Open::INDEXES }
    }

    /// Renames an index; a constraint that it backs goes by its name.
    pub(super) fn rename_index(&mut self, table: &'a TableName, name: &'a Name, to: &'a Name) {
        let (Some(old), Some(new)) = (self.part_name(name), self.part_name(to)) else {
            return self.doubt_all(Open::INDEXES, "an index is renamed whose names are not known");
        };
        let key = match table.name {
            Name::Known(_) => self.key(table),
            _ => self
                .store
                .traces(&old)
                .into_iter()
                .find(|key| self.current(key).is_some_and(|table| has_name(table, &old)))
                .cloned(),
        };
        let Some(key) = key else {
            return self.store.open();
        };
        self.edit(&key, |table| {
            for index in &mut table.indexes {
                if index.name.known() == Some(&*old) {
                    Arc::make_mut(index).name = ObjectName::Given(new.clone());
                }
            }
            for constraint in &mut table.constraints {
                if constraint.name.known() == Some(&*old) {
                    Arc::make_mut(constraint).name = ObjectName::Given(new.clone());
                }
            }
        });
        self.store.trace(&new, &key);
    }
}

/// Whether an index or constraint of a table has this name.
pub(super) fn has_name(table: &Table<'_>, name: &str) -> bool {
    table.indexes.iter().any(|index| index.name.known() == Some(name))
        || table.constraints.iter().any(|constraint| constraint.name.known() == Some(name))
}

fn own<'a>(name: &str) -> Text<'a> {
    Cow::Owned(name.to_owned())
}

/// `created_at DESC` and `name COLLATE "C"` are plain columns, anything longer an expression.
fn expression(text: Option<&str>) -> IndexColumn<'_> {
    let Some(text) = text else { return IndexColumn::Expression(None) };
    let mut words = text.split_whitespace();
    let first = words.next().unwrap_or_default();
    let is_order = |word: &str| {
        ["asc", "desc", "nulls", "first", "last"].iter().any(|order| word.eq_ignore_ascii_case(order))
    };
    let bare = first.strip_prefix('"').and_then(|name| name.strip_suffix('"')).unwrap_or(first);
    let is_name = !bare.is_empty()
        && bare.chars().all(|c| c.is_alphanumeric() || c == '_')
        && !bare.starts_with(|c: char| c.is_ascii_digit());
    let mut is_only_ordered = is_name;
    while let Some(word) = words.next() {
        is_only_ordered &= is_order(word) || (word.eq_ignore_ascii_case("collate") && words.next().is_some());
    }
    if is_only_ordered {
        return IndexColumn::Column(Cow::Borrowed(bare));
    }
    IndexColumn::Expression(Some(Cow::Borrowed(text)))
}

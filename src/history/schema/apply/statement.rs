//! Statements without a directive.

use std::borrow::Cow;
use std::sync::Arc;

use super::super::folding;
use super::super::model::{Object, ObjectName, Open, Table, TableKey, Text};
use super::super::store::Kind;
use super::Apply;
use super::constraint::words;
use crate::operation::{ConstraintKind, Name, Statement, TableName};

impl<'a> Apply<'_, 'a> {
    pub(super) fn statement(&mut self, statement: &'a Statement) {
        match statement {
            Statement::CreateSchema { name } => self.make_object(Kind::Schema, name, None, false),
            Statement::DropSchema { name, .. } => self.drop_schema(name),
            Statement::DropDatabase { .. } => self.shake("a database is dropped"),
            Statement::CreateType { name, labels, .. } => {
                let is_other = labels.is_none() && self.sql.is_some();
                let labels = labels.as_deref().and_then(|labels| {
                    let labels = labels.iter().map(|label| label.known().map(Cow::Borrowed));
                    labels.collect::<Option<Vec<Text<'a>>>>()
                });
                self.make_object(Kind::Type, name, labels, is_other);
            }
            Statement::DropType { name, cascade } => {
                self.drop_object(Kind::Type, name);
                if *cascade {
                    self.drop_columns_of_type(name);
                }
            }
            Statement::AddEnumValue { name, value } => self.add_enum_value(name, value),
            Statement::CreateSequence { name } => self.make_object(Kind::Sequence, name, None, false),
            Statement::DropSequence { name } => self.drop_object(Kind::Sequence, name),
            Statement::ValidateConstraint { table, name } => self.validate(table, name),
            Statement::ConstraintUsingIndex { table, name, index, primary_key } => {
                self.constraint_using_index(table, name, index, *primary_key);
            }
            Statement::RenameIndex { table, name, to } => self.rename_index(table, name, to),
            Statement::RenameConstraint { table, name, to } => self.rename_constraint(table, name, to),
            Statement::SetSchema { table, schema } => self.set_schema(table, schema),
            Statement::CreateView { name } => self.make_object(Kind::View, &name.name, None, false),
            Statement::DropView { name } => self.drop_object(Kind::View, &name.name),
            Statement::RenameType { name, to } => self.rename_object(Kind::Type, name, to),
            Statement::RenameSequence { name, to } => self.rename_object(Kind::Sequence, name, to),
            Statement::RenameView { name, to } => self.rename_object(Kind::View, name, to),
            Statement::RenameEnumValue { name, from, to } => self.rename_enum_value(name, from, to),
            Statement::OnTable(about) => self.other(&about.verb),
            Statement::Other { verb } => self.other(verb),
            Statement::Unparsed | Statement::Unknown => self.unread(),
            Statement::Select => self.select(),
            Statement::Update { table, .. } => {
                if let Some(key) = self.key(table) {
                    self.store.update(key, self.position);
                }
            }
            Statement::Insert { .. }
            | Statement::Delete { .. }
            | Statement::Truncate { .. }
            | Statement::Comment
            | Statement::Set { .. }
            | Statement::Transaction => {}
        }
    }

    fn make_object(
        &mut self,
        kind: Kind,
        name: &'a Name,
        labels: Option<Vec<Text<'a>>>,
        is_other_type: bool,
    ) {
        let Some(name) = self.name(name) else {
            self.store.open();
            return self.unknown("something is made whose name is not known");
        };
        // Which schema a type is in that SQL names with one is not kept.
        let is_placed = kind == Kind::Type
            && self.sql.is_some_and(|sql| {
                sql.contains(&format!(".{name}")) || sql.contains(&format!(".\"{name}\""))
            });
        let object = Object {
            sure: !self.store.is_maybe() && !is_placed,
            made: self.position,
            labels,
            is_other_type,
            schema: None,
        };
        let now = self.store.now();
        let old = self.store.object(kind, &name, now).filter(|entry| !entry.is_doubted);
        let object = match old.and_then(|entry| entry.value) {
            // `checkfirst=True`, `IF NOT EXISTS`, `OR REPLACE`: what is there stays, where that is sure.
            Some(old) if old.sure => return,
            Some(old) => Object {
                labels: object.labels.filter(|labels| old.labels.as_ref() == Some(labels)),
                ..object
            },
            None => object,
        };
        self.store.put_object(kind, name, Some(object));
    }

    fn drop_object(&mut self, kind: Kind, name: &'a Name) {
        let Some(name) = self.name(name) else {
            return self.shake("something is dropped whose name is not known");
        };
        let now = self.store.now();
        let value = if self.store.is_maybe() {
            let old = self.store.object(kind, &name, now).and_then(|entry| entry.value.cloned());
            old.map(|old| Object { sure: false, ..old })
        } else {
            None
        };
        self.store.put_object(kind, name, value);
    }

    fn rename_object(&mut self, kind: Kind, name: &'a Name, to: &'a Name) {
        let (Some(old), Some(new)) = (self.name(name), self.name(to)) else {
            return self.shake("something is renamed whose names are not known");
        };
        let now = self.store.now();
        let object = self.store.object(kind, &old, now).and_then(|entry| entry.value.cloned());
        let is_maybe = self.store.is_maybe();
        let object = object.unwrap_or(Object {
            sure: true,
            made: super::super::model::Position::OUTSIDE,
            labels: None,
            is_other_type: false,
            schema: None,
        });
        let left = is_maybe.then(|| Object { sure: false, ..object.clone() });
        self.store.put_object(kind, old, left);
        self.store.put_object(kind, new, Some(Object { sure: object.sure && !is_maybe, ..object }));
    }

    fn change_labels(&mut self, name: &'a Name, change: impl FnOnce(&mut Vec<Text<'a>>) -> bool) {
        let Some(name) = self.name(name) else {
            return self.shake("a type is changed whose name is not known");
        };
        let now = self.store.now();
        let object = self.store.object(Kind::Type, &name, now).and_then(|entry| entry.value.cloned());
        let mut object = object.unwrap_or(Object {
            sure: true,
            made: super::super::model::Position::OUTSIDE,
            labels: None,
            is_other_type: false,
            schema: None,
        });
        let is_known = !self.store.is_maybe() && object.labels.as_mut().is_some_and(change);
        if !is_known {
            object.labels = None;
        }
        self.store.put_object(Kind::Type, name, Some(object));
    }

    fn add_enum_value(&mut self, name: &'a Name, value: &'a Name) {
        let is_placed = self.sql.is_some_and(|sql| {
            words(sql)
                .iter()
                .any(|word| word.eq_ignore_ascii_case("before") || word.eq_ignore_ascii_case("after"))
        });
        self.change_labels(name, |labels| {
            let Some(value) = value.known() else { return false };
            if labels.iter().any(|label| *label == value) {
                return true;
            }
            labels.push(Cow::Borrowed(value));
            !is_placed
        });
    }

    fn rename_enum_value(&mut self, name: &'a Name, from: &'a Name, to: &'a Name) {
        self.change_labels(name, |labels| {
            let (Some(from), Some(to)) = (from.known(), to.known()) else { return false };
            let Some(label) = labels.iter_mut().find(|label| **label == from) else { return false };
            *label = Cow::Borrowed(to);
            true
        });
    }

    fn drop_schema(&mut self, name: &'a Name) {
        let Some(schema) = self.name(name) else {
            return self.shake("a schema is dropped whose name is not known");
        };
        let ids: Vec<TableKey<'a>> = self
            .store
            .table_ids()
            .into_iter()
            .filter_map(|id| self.store.table_by_id(id, self.store.now())?.value)
            .filter(|table| table.key.schema.as_ref() == Some(&schema))
            .map(|table| table.key.clone())
            .collect();
        for key in ids {
            self.store.put(&key, None);
        }
        self.drop_object(Kind::Schema, name);
    }

    /// `DROP TYPE .. CASCADE` takes the columns along.
    fn drop_columns_of_type(&mut self, name: &'a Name) {
        let Some(type_) = name.known() else { return };
        let uses = |table: &Table<'a>| {
            table.columns.iter().any(|column| {
                column
                    .type_
                    .and_then(|given| super::super::types::sql_name(given, self.dialect))
                    .is_none_or(|text| text.trim_end_matches("[]").eq_ignore_ascii_case(type_))
            })
        };
        let keys: Vec<TableKey<'a>> = self
            .store
            .table_ids()
            .into_iter()
            .filter_map(|id| self.store.table_by_id(id, self.store.now())?.value)
            .filter(|table| uses(table))
            .map(|table| table.key.clone())
            .collect();
        for key in keys {
            self.store.edit(&key, |table| {
                let sure = table.sure;
                table.doubt_parts();
                table.sure = sure;
            });
        }
    }

    fn set_schema(&mut self, table: &'a TableName, schema: &'a Name) {
        let (Some(old), Some(schema)) = (self.key(table), self.name(schema)) else {
            return self.shake("a table is moved to another schema, and the names are not known");
        };
        let schema = Some(schema).filter(|schema| !folding::is_default(schema, self.dialect));
        let new = TableKey { schema, name: old.name.clone() };
        self.move_table(&old, &new);
    }

    fn validate(&mut self, table: &'a TableName, name: &'a Name) {
        let (Some(key), Some(name)) = (self.key(table), self.part_name(name)) else { return };
        self.edit(&key, |table| {
            for constraint in &mut table.constraints {
                if constraint.name.known() == Some(&*name) {
                    Arc::make_mut(constraint).validated = Some(true);
                }
            }
        });
    }

    /// `ADD CONSTRAINT .. USING INDEX`: the index becomes the constraint and takes its name.
    fn constraint_using_index(
        &mut self,
        table: &'a TableName,
        name: &'a Name,
        index: &'a Name,
        primary_key: bool,
    ) {
        let (Some(key), Some(index)) = (self.key(table), self.part_name(index)) else {
            let changed = Open { indexes: true, constraints: true, ..Open::default() };
            return self
                .doubt_all(changed, "a constraint is made from an index, and the names are not known");
        };
        let name = self.part_name(name).unwrap_or_else(|| index.clone());
        let kind = if primary_key { ConstraintKind::PrimaryKey } else { ConstraintKind::Unique };
        let mut changed = self.taken_out(&key);
        let at = changed.indexes.iter().position(|other| other.name.known() == Some(&*index));
        let columns = at.and_then(|at| {
            let found = changed.indexes.remove(at);
            let columns = found.columns.clone()?;
            columns
                .into_iter()
                .map(|column| match column {
                    super::super::model::IndexColumn::Column(name) => Some(name),
                    super::super::model::IndexColumn::Expression(_) => None,
                })
                .collect()
        });
        let constraint = self.bare(kind, ObjectName::Given(name), columns);
        if primary_key {
            super::table::set_key_columns(&mut changed, constraint.columns.as_deref(), self.dialect, false);
        }
        self.push(&mut changed, constraint);
        self.put(&key, changed);
    }
}

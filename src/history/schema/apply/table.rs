//! Tables: made, dropped, renamed.

use std::borrow::Cow;
use std::sync::Arc;

use super::super::columns::{self, Attached};
use super::super::model::{Column, Constraint, Object, ObjectName, Open, Position, Table, TableKey, Text};
use super::super::store::Kind;
use super::super::types::{self, EnumType};
use super::Apply;
use crate::operation::{
    self, Argument, ConstraintKind, CreateTable, Dialect, DropTable, RenameTable, TableComment,
};

impl<'a> Apply<'_, 'a> {
    pub(super) fn create_table(&mut self, create: &'a CreateTable) {
        let Some(key) = self.key(&create.table) else {
            self.store.open();
            return self.unknown("a table is made whose name is not known");
        };
        let is_there = self.store.table(&key, self.store.now()).is_some_and(|entry| entry.value.is_some());
        if create.if_not_exists && is_there && self.is_settled(&key) {
            return;
        }
        let may_be_older = create.if_not_exists && (is_there || !self.is_closed());
        if !create.complete && !create.if_not_exists {
            self.unknown(format!("not all of table `{}` could be read", key.id()));
        }
        self.make_enum_types(create);
        let mut table = self.new_table(&key, create);
        if may_be_older {
            table.doubt_parts();
        }
        self.put(&key, table);
        for index in &create.indexes {
            self.create_index(index);
        }
    }

    fn is_closed(&self) -> bool {
        self.store.is_closed(self.store.now())
    }

    /// Puts a whole table where it was not.
    pub(super) fn put(&mut self, key: &TableKey<'a>, mut table: Table<'a>) {
        table.limit();
        for constraint in &table.constraints {
            self.remember(key, constraint);
        }
        for index in &table.indexes {
            if let ObjectName::Given(name) | ObjectName::Derived(name) = &index.name {
                self.store.trace(name, key);
            }
        }
        self.store.put(key, Some(Arc::new(table)));
    }

    /// Keeps where a constraint is found by its name and by what it refers to.
    pub(super) fn remember(&mut self, key: &TableKey<'a>, constraint: &Constraint<'a>) {
        if let ObjectName::Given(name) | ObjectName::Derived(name) = &constraint.name {
            self.store.trace(name, key);
        }
        if let Some(referent) = &constraint.referent {
            self.store.refer(referent, key);
        }
    }

    fn new_table(&mut self, key: &TableKey<'a>, create: &'a CreateTable) -> Table<'a> {
        let mut table = Table::new(key.clone(), self.position);
        table.temporary = create.temporary;
        if !create.complete {
            table.open = Open::ALL;
        }
        let comment = create.options.iter().find(|(option, _)| &**option == "comment");
        table.comment = match comment {
            Some((_, value)) => columns::text(value),
            None => create.complete.then_some(None),
        };
        for given in &create.columns {
            match self.new_column(given) {
                Some(column) => add_column(&mut table, column),
                None => table.open.columns = true,
            }
        }
        self.primary_key(&mut table, create);
        for given in &create.columns {
            let Some(name) = self.name(&given.name) else { continue };
            for attached in columns::attached(given, self.sql.is_some(), self.dialect) {
                self.attach(&mut table, &name, attached, given);
            }
        }
        for constraint in &create.constraints {
            let is_later = self.sql.is_none() && self.leaves_out(&constraint.options);
            if constraint.kind != ConstraintKind::PrimaryKey && !is_later {
                self.add_to(&mut table, constraint);
            }
        }
        if self.dialect == Dialect::Postgresql {
            merge_equal_keys(&mut table);
        }
        self.name_rest(&mut table);
        self.index_foreign_keys(&mut table, 0);
        table
    }

    pub(super) fn new_column(&self, given: &'a operation::Column) -> Option<Column<'a>> {
        columns::column(given, self.sql, self.dialect, self.position)
    }

    /// `use_alter=True`: `CREATE TABLE` goes without the foreign key, where the database can add it later
    /// (`sqlalchemy/sql/compiler.py`, `create_table_constraints`); nothing in a revision does so by itself.
    fn leaves_out(&self, options: &[(Box<str>, Argument)]) -> bool {
        let is_given =
            |(key, value): &(Box<str>, Argument)| &**key == "use_alter" && *value == Argument::Bool(true);
        self.dialect != Dialect::Sqlite && options.iter().any(is_given)
    }

    /// The primary key: the table's own item, else the columns that are marked.
    fn primary_key(&mut self, table: &mut Table<'a>, create: &'a CreateTable) {
        let item = create.constraints.iter().find(|item| item.kind == ConstraintKind::PrimaryKey);
        let marked = || {
            let marked = create.columns.iter().filter(|column| column.primary_key);
            marked.map(|column| self.name(&column.name)).collect::<Option<Vec<_>>>()
        };
        let mut key = match item {
            Some(item) => self.constraint(table, item),
            None => self.bare(ConstraintKind::PrimaryKey, ObjectName::None, Some(Vec::new())),
        };
        if key.columns.as_ref().is_some_and(Vec::is_empty) {
            key.columns = marked();
        }
        // A key over nothing is none (SQLAlchemy writes no empty PRIMARY KEY).
        if key.columns.as_ref().is_some_and(Vec::is_empty) {
            return;
        }
        let is_sql = self.sql.is_some();
        set_key_columns(table, key.columns.as_deref(), self.dialect, is_sql);
        if self.dialect == Dialect::Sqlite && !is_sql {
            // SQLAlchemy writes NOT NULL for columns of the key that do not say otherwise.
            let silent = create.columns.iter().filter(|column| column.nullable.is_none() && column.complete);
            for name in silent.filter_map(|column| self.name(&column.name)) {
                let is_key = key.columns.iter().flatten().any(|column| *column == name);
                if is_key && let Some(column) = table.columns.iter_mut().find(|column| column.name == name) {
                    Arc::make_mut(column).nullable = Some(false);
                }
            }
        }
        self.push(table, key);
    }

    /// The enum types that `create_table` makes on PostgreSQL before the table (`sqlalchemy/dialects/postgresql/named_types.py`).
    fn make_enum_types(&mut self, create: &'a CreateTable) {
        if self.dialect != Dialect::Postgresql || self.sql.is_some() {
            return;
        }
        for column in &create.columns {
            let Some(found) = column.type_.as_ref().and_then(types::enum_of) else { continue };
            let is_made = found.is_created_with_table;
            if found.name.is_none() && is_made != Some(false) {
                self.store.open();
            }
            match is_made {
                Some(true) => self.put_enum_type(found, self.position, true),
                Some(false) => self.put_enum_type(found, Position::OUTSIDE, true),
                None => self.put_enum_type(found, self.position, false),
            }
        }
    }

    /// A column with this type is made, so its enum type is there, whoever made it.
    pub(super) fn use_type(&mut self, type_: Option<&'a Argument>) {
        if self.dialect == Dialect::Postgresql
            && self.sql.is_none()
            && let Some(found) = type_.and_then(types::enum_of)
        {
            self.put_enum_type(found, Position::OUTSIDE, true);
        }
    }

    /// An enum type that is there from now on, if it was not.
    fn put_enum_type(&mut self, found: EnumType<'a>, made: Position, is_sure: bool) {
        let (Some(name), Some(schema)) = (found.name, found.schema) else { return };
        let now = self.store.now();
        let old = self.store.object(Kind::Type, &name, now);
        if old.is_some_and(|entry| !entry.is_doubted && entry.value.is_some_and(|object| object.sure)) {
            return;
        }
        let made = match old.and_then(|entry| entry.value) {
            Some(old) if made == Position::OUTSIDE => old.made,
            _ => made,
        };
        let labels =
            found.labels.map(|labels| labels.into_iter().map(Cow::Borrowed).collect::<Vec<Text<'a>>>());
        let object = Object {
            sure: is_sure && !self.store.is_maybe(),
            made,
            labels: labels.filter(|_| made == self.position),
            is_other_type: false,
            schema: schema.map(Cow::Borrowed),
        };
        self.store.put_object(Kind::Type, name, Some(object));
    }

    pub(super) fn drop_table(&mut self, drop: &'a DropTable) {
        let Some(key) = self.key(&drop.table) else {
            return self.shake("a table is dropped whose name is not known");
        };
        let is_known = self.store.table(&key, self.store.now()).is_some();
        if !is_known && !drop.if_exists {
            self.store.open();
        }
        if drop.cascade {
            for from in self.store.referrers(&key) {
                if self.current(&from).is_some() && from != key {
                    self.store.edit(&from, |table| {
                        table.constraints.retain(|constraint| constraint.referent.as_ref() != Some(&key));
                    });
                }
            }
        }
        self.store.put(&key, None);
    }

    pub(super) fn rename_table(&mut self, rename: &'a RenameTable) {
        let (Some(old), Some(name)) = (self.key(&rename.table), self.name(&rename.to)) else {
            return self.shake("a table is renamed whose old or new name is not known");
        };
        let new = TableKey { schema: old.schema.clone(), name };
        self.move_table(&old, &new);
    }

    /// Gives a table another name or schema; what refers to it follows.
    pub(super) fn move_table(&mut self, old: &TableKey<'a>, new: &TableKey<'a>) {
        if old == new {
            return;
        }
        let mut table = self.store.edit(old, |table| table.clone());
        self.store.put(old, None);
        table.sure = true;
        table.key = new.clone();
        for constraint in &mut table.constraints {
            if constraint.referent.as_ref() == Some(old) {
                Arc::make_mut(constraint).referent = Some(new.clone());
            }
        }
        if self.is_mysql() {
            rename_generated(&mut table, &old.name, &new.name);
        }
        self.put(new, table);
        for from in self.store.referrers(old) {
            let refers = self.current(&from).is_some_and(|table| {
                table.constraints.iter().any(|constraint| constraint.referent.as_ref() == Some(old))
            });
            if refers {
                self.store.edit(&from, |table| {
                    for constraint in &mut table.constraints {
                        if constraint.referent.as_ref() == Some(old) {
                            Arc::make_mut(constraint).referent = Some(new.clone());
                        }
                    }
                });
                self.store.refer(new, &from);
            }
        }
    }

    pub(super) fn table_comment(&mut self, comment: &'a TableComment, is_dropped: bool) {
        let Some(key) = self.key(&comment.table) else {
            return self.unknown("the comment of a table is set whose name is not known");
        };
        let text = match &comment.comment {
            Some(text) => Some(Some(Cow::Borrowed(&**text))),
            None => is_dropped.then_some(None),
        };
        self.edit(&key, |table| table.comment = text);
    }

    /// Attaches what a column brings along.
    pub(super) fn attach(
        &mut self,
        table: &mut Table<'a>,
        column: &Text<'a>,
        attached: Attached<'a>,
        given: &'a operation::Column,
    ) {
        let columns = || Some(vec![column.clone()]);
        match attached {
            Attached::Unique => {
                let unique = self.bare(ConstraintKind::Unique, ObjectName::None, columns());
                self.push(table, unique);
            }
            Attached::Index(unique) => self.column_index(table, column, unique),
            Attached::ForeignKey(call) if self.leaves_out(&call.keywords) => {}
            Attached::ForeignKey(call) => {
                let key = self.column_foreign_key(column, call);
                self.push(table, key);
            }
            Attached::Check(call) => {
                let check = self.column_check(table, column, call);
                self.push(table, check);
            }
            Attached::TypeCheck(name) => {
                let name = name.map_or(ObjectName::None, |name| ObjectName::Given(Cow::Borrowed(name)));
                let check = self.bare(ConstraintKind::Check, name, columns());
                self.push(table, check);
            }
            Attached::Unknown => {
                table.open.constraints = true;
                table.open.indexes = true;
                self.unknown(format!(
                    "not all of column `{}` could be read",
                    given.name.known().unwrap_or("?")
                ));
            }
        }
    }
}

/// Adds a column in the place of one of the same name.
pub(super) fn add_column<'a>(table: &mut Table<'a>, column: Column<'a>) {
    table.gone.retain(|gone| gone.part != super::super::model::Part::Column || gone.name != column.name);
    match table.columns.iter_mut().find(|other| other.name == column.name) {
        Some(other) => *other = Arc::new(column),
        None => table.columns.push(Arc::new(column)),
    }
}

/// The columns of a primary key take no NULL; those of SQLite may.
pub(super) fn set_key_columns(
    table: &mut Table<'_>,
    columns: Option<&[Text<'_>]>,
    dialect: Dialect,
    is_sql: bool,
) {
    for name in columns.unwrap_or_default() {
        let column = table
            .columns
            .iter_mut()
            .find(|column| super::super::model::same_name(dialect, &column.name, name));
        let Some(column) = column else { continue };
        if dialect != Dialect::Sqlite || (!is_sql && column.nullable != Some(true)) {
            Arc::make_mut(column).nullable = Some(false);
        }
    }
}

/// PostgreSQL makes one of several keys over the same columns (`transformIndexConstraints`).
fn merge_equal_keys(table: &mut Table<'_>) {
    let is_key = |constraint: &Constraint<'_>| {
        matches!(constraint.kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique)
    };
    let mut kept: Vec<Arc<Constraint<'_>>> = Vec::with_capacity(table.constraints.len());
    for constraint in table.constraints.drain(..) {
        let twin = kept.iter_mut().find(|other| {
            is_key(&constraint)
                && is_key(other)
                && other.columns.is_some()
                && other.columns == constraint.columns
        });
        match twin {
            Some(twin) if twin.name == ObjectName::None => Arc::make_mut(twin).name = constraint.name.clone(),
            Some(_) => {}
            None => kept.push(constraint),
        }
    }
    table.constraints = kept;
}

/// `InnoDB` renames the foreign keys that it named after the table.
fn rename_generated(table: &mut Table<'_>, old: &str, new: &str) {
    let prefix = format!("{old}_ibfk_");
    for constraint in &mut table.constraints {
        let number = constraint.name.known().and_then(|name| name.strip_prefix(&prefix)).map(str::to_owned);
        if let Some(number) = number {
            Arc::make_mut(constraint).name = ObjectName::Derived(Cow::Owned(format!("{new}_ibfk_{number}")));
        }
    }
}

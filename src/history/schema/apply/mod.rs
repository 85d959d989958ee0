//! What each operation does to the schema. Judges nothing; what an operation does that is not known becomes unknown.

mod batch;
mod column;
mod constraint;
mod index;
mod statement;
mod table;
mod unknown;

use std::sync::Arc;

pub(super) use batch::Batch;

use super::folding;
use super::model::{ObjectName, Position, Table, TableKey, Text};
use super::store::Store;
use crate::operation::{Change, ConstraintKind, Dialect, Name, Operation, TableName};

/// Puts operations into a store.
#[derive(Debug)]
pub(super) struct Apply<'s, 'a> {
    pub(super) store: &'s mut Store<'a>,
    pub(super) dialect: Dialect,
    /// The revision whose operations these are.
    pub(super) position: Position,
    /// Why something became unknown, in plain words; filled by [`Self::operation`].
    pub(super) reason: Option<String>,
    /// The SQL that the operation was written in.
    sql: Option<&'a str>,
}

impl<'s, 'a> Apply<'s, 'a> {
    pub(super) fn new(store: &'s mut Store<'a>, dialect: Dialect, position: Position) -> Self {
        Self { store, dialect, position, reason: None, sql: None }
    }

    /// Does what an operation does, or may do; why something became unknown, where it did.
    pub(super) fn operation(&mut self, operation: &'a Operation, may_be_lost: bool) -> Option<String> {
        self.sql = operation.sql();
        self.reason = None;
        if operation.conditional || may_be_lost || self.sql.is_some_and(is_block) {
            let Self { store, dialect, position, sql, .. } = self;
            let (dialect, position, sql) = (*dialect, *position, *sql);
            let mut reason = None;
            store.maybe(|store| {
                let mut apply = Apply { store, dialect, position, reason: None, sql };
                apply.change(operation);
                reason = apply.reason;
            });
            return reason;
        }
        self.change(operation);
        self.reason.take()
    }

    /// Whether indexes and unique constraints are one and the same.
    const fn is_mysql(&self) -> bool {
        matches!(self.dialect, Dialect::Mysql | Dialect::Mariadb)
    }

    fn change(&mut self, operation: &'a Operation) {
        self.change_alone(operation);
        let is_recreated = self.dialect == Dialect::Sqlite && operation.is_copy_in_batch();
        if is_recreated && let Some(key) = operation.change.table().and_then(|table| self.key(table)) {
            // SQLite's batch mode makes the table anew without the checks that have no name (`alembic/operations/batch.py`,
            // `_grab_table_elements`) and without indexes of expressions, which SQLAlchemy cannot read.
            let position = self.position;
            self.store.edit(&key, |table| {
                table.constraints.retain(|constraint| {
                    constraint.kind != ConstraintKind::Check || constraint.name != ObjectName::None
                });
                table.indexes.retain(|index| index.made == position || !index.has_expression());
                // One of the same block is made after the table.
                for index in table.indexes.iter_mut().filter(|index| index.has_expression()) {
                    Arc::make_mut(index).sure = false;
                }
            });
        }
    }

    fn change_alone(&mut self, operation: &'a Operation) {
        match &operation.change {
            Change::CreateTable(create) => self.create_table(create),
            Change::DropTable(drop) => self.drop_table(drop),
            Change::RenameTable(rename) => self.rename_table(rename),
            Change::AddColumn(add) => self.add_column(add),
            Change::DropColumn(drop) => self.drop_column(drop),
            Change::AlterColumn(alter) => self.alter_column(alter),
            Change::CreateIndex(create) => self.create_index(create),
            Change::DropIndex(drop) => self.drop_index(drop),
            Change::CreateConstraint(create) => self.create_constraint(create),
            Change::DropConstraint(drop) => self.drop_constraint(drop),
            Change::CreateTableComment(comment) | Change::DropTableComment(comment) => {
                self.table_comment(comment, matches!(operation.change, Change::DropTableComment(_)));
            }
            Change::BulkInsert(_) => {}
            Change::Execute(execute) => self.statement(&execute.statement),
            Change::Custom(custom) => self.custom(custom),
        }
    }

    /// A table's key; what happens to a table that is not known may happen to any.
    fn key(&self, table: &'a TableName) -> Option<TableKey<'a>> {
        folding::key_of(table, self.sql, self.dialect)
    }

    fn name(&self, name: &'a Name) -> Option<Text<'a>> {
        folding::known(name, self.sql, self.dialect)
    }

    /// The name of an index or constraint, as long as the database takes it.
    fn part_name(&self, name: &'a Name) -> Option<Text<'a>> {
        let name = self.name(name)?;
        Some(super::names::cut_to_fit(self.dialect, self.sql.is_some(), name))
    }

    fn unknown(&mut self, reason: impl Into<String>) {
        self.reason.get_or_insert_with(|| reason.into());
    }

    /// Whether something in a schema has this name.
    fn is_taken(&self, schema: Option<&str>, name: &str) -> bool {
        let now = self.store.now();
        let is_name_of = |table: &Table<'a>| {
            let of_index = table.indexes.iter().any(|index| index.name.known() == Some(name));
            of_index || table.constraints.iter().any(|constraint| constraint.name.known() == Some(name))
        };
        let mut traces = self.store.traces(name).into_iter().filter(|key| key.schema.as_deref() == schema);
        let is_part = traces.any(|key| {
            let table = self.store.table(key, now).and_then(|entry| entry.value);
            table.is_some_and(|table| is_name_of(table))
        });
        is_part || {
            let key = TableKey { schema: schema.map(Text::from), name: Text::from(name) };
            self.store.table(&key, now).is_some_and(|entry| entry.value.is_some())
        }
    }

    /// The table as it is, whether that is sure or not.
    fn current(&self, key: &TableKey<'_>) -> Option<&Table<'a>> {
        self.store.table(key, self.store.now()).and_then(|entry| entry.value).map(|table| &**table)
    }

    /// Whether the table surely is there and nothing unknown happened to it.
    fn is_settled(&self, key: &TableKey<'_>) -> bool {
        let entry = self.store.table(key, self.store.now());
        entry.is_some_and(|entry| !entry.is_doubted && entry.value.is_some_and(|table| table.sure))
    }

    /// Changes a table that an operation is about: it surely is there.
    fn edit(&mut self, key: &TableKey<'a>, change: impl FnOnce(&mut Table<'a>)) {
        self.store.edit(key, |table| {
            table.sure = true;
            change(table);
            table.limit();
        });
    }
}

/// `DO $$ .. $$`: what stands inside may run or not.
fn is_block(sql: &str) -> bool {
    let mut words = sql.split_whitespace();
    words
        .next()
        .is_some_and(|word| word.eq_ignore_ascii_case("do") || word.to_ascii_lowercase().starts_with("do$"))
}

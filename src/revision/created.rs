//! What an upgrade has made by the time an operation runs: such objects hold no rows anybody would miss.
//!
//! Only what surely was made counts: a creation that may not run, or that may find the object there
//! (`if_not_exists`), leaves it in doubt, and doubt means "was there before". A renamed object stays what it was. Once it is
//! committed (`autocommit_block`, `COMMIT`), a new table is like any other: others may have written to it.
//!
//! This is the one place that knows what "made in the same revision" means; it needs no schema, so that a rule
//! can ask in a history with faults as well.

use rustc_hash::FxHashSet;

use super::Body;
use crate::operation::{AlterColumn, Change, Name, Operation, Statement, TableName};

/// Schema objects that earlier operations of the same body made.
#[derive(Debug, Clone, Default)]
pub struct Created {
    tables: FxHashSet<TableName>,
    /// Those that may have been there before, or may not have been made.
    perhaps: FxHashSet<TableName>,
    /// Nobody else ever sees these.
    temporary: FxHashSet<TableName>,
    columns: FxHashSet<(TableName, Name)>,
    indexes: FxHashSet<(TableName, Name)>,
    constraints: FxHashSet<(TableName, Name)>,
    schemas: FxHashSet<Name>,
    /// Tables whose rows were all deleted, none of which others can have filled since.
    emptied: FxHashSet<TableName>,
    /// MySQL's `foreign_key_checks` is off.
    foreign_keys_off: bool,
    /// No transaction is open any more.
    committed_singly: bool,
}

impl Body {
    /// Visits the operations in which `pick` finds something, in order, each with that and with what all before it made. Costs next
    /// to nothing where there are none.
    pub fn walk_picked<'a, T>(
        &'a self,
        pick: impl Fn(&'a Operation) -> Option<T>,
        mut visit: impl FnMut(&'a Operation, T, &Created),
    ) {
        let Some(last) = self.operations.iter().rposition(|operation| pick(operation).is_some()) else {
            return;
        };
        let operations = self.operations.get(..=last).unwrap_or_default();
        visit_with_created(operations, |operation, created| {
            if let Some(picked) = pick(operation) {
                visit(operation, picked, created);
            }
        });
    }

    /// [`Self::walk_picked`] for operations that are wanted whole.
    pub fn walk_those<'a>(
        &'a self,
        is_wanted: impl Fn(&Operation) -> bool,
        mut visit: impl FnMut(&'a Operation, &Created),
    ) {
        self.walk_picked(
            |operation| is_wanted(operation).then_some(()),
            |operation, (), created| visit(operation, created),
        );
    }

    /// Visits all operations in order, each with what the ones before it made.
    pub fn walk<'a>(&'a self, visit: impl FnMut(&'a Operation, &Created)) {
        visit_with_created(&self.operations, visit);
    }
}

fn visit_with_created<'a>(operations: &'a [Operation], mut visit: impl FnMut(&'a Operation, &Created)) {
    let mut created = Created::default();
    for operation in operations {
        if operation.autocommit {
            created.commit();
        }
        visit(operation, &created);
        created.absorb(operation);
        if operation.autocommit || operation.commits() {
            created.commit();
        }
        if operation.commits() {
            created.committed_singly = true;
        } else if operation.begins() {
            created.committed_singly = false;
        }
    }
}

impl Operation {
    /// Whether it is SQL that ends the transaction and keeps what was done.
    pub fn commits(&self) -> bool {
        let is_transaction = matches!(
            &self.change,
            Change::Execute(execute) if execute.statement == Statement::Transaction
        );
        let first = || self.sql().unwrap_or_default().split(|c: char| !c.is_ascii_alphabetic()).next();
        is_transaction
            && first()
                .is_some_and(|word| word.eq_ignore_ascii_case("commit") || word.eq_ignore_ascii_case("end"))
    }
}

impl Created {
    /// Whether the table is new (or temporary, or in a new schema).
    pub fn has_table(&self, table: &TableName) -> bool {
        self.tables.contains(table) || self.temporary.contains(table) || self.has_schema(&table.schema)
    }

    /// Whether the table is new, or may be: it was made where it was missing, or on a condition. Whether others wait for it is asked
    /// this way, as the databases that make it have no rows in it.
    pub fn may_have_table(&self, table: &TableName) -> bool {
        let is_it = |made: &TableName| {
            made.name == table.name
                && (made.schema == table.schema || made.schema.is_unknown() || table.schema.is_unknown())
        };
        self.has_table(table) || self.perhaps.iter().chain(&self.tables).any(is_it)
    }

    /// Whether the table holds no rows: it is new, or all were deleted.
    pub fn has_no_rows(&self, table: &TableName) -> bool {
        self.has_table(table) || self.emptied.contains(table)
    }

    /// Whether the table is gone when the session ends.
    pub fn is_temporary(&self, table: &TableName) -> bool {
        self.temporary.contains(table)
    }

    /// Whether MySQL checks no foreign keys.
    pub fn has_foreign_keys_off(&self) -> bool {
        self.foreign_keys_off
    }

    /// Whether the column is new, by itself or with its table.
    pub fn has_column(&self, table: &TableName, column: &Name) -> bool {
        self.has_table(table)
            || (column.known().is_some() && self.columns.contains(&(table.clone(), column.clone())))
    }

    /// Whether a column was added to the table, which itself may be old.
    pub fn has_column_in(&self, table: &TableName) -> bool {
        self.columns.iter().any(|(of, _)| of == table)
    }

    /// Whether the transaction that added a column to the table is still open.
    pub fn is_changing(&self, table: &TableName) -> bool {
        self.has_column_in(table) && !self.committed_singly
    }

    /// Whether the index is new, by itself or with its table.
    pub fn has_index(&self, table: &TableName, index: &Name) -> bool {
        let is_it = |(of, name): &(TableName, Name)| {
            name == index && (table.name == Name::None || of.name == table.name)
        };
        self.has_table(table) || self.indexes.iter().any(is_it)
    }

    /// Whether the constraint is new, by itself or with its table.
    pub fn has_constraint(&self, table: &TableName, constraint: &Name) -> bool {
        self.has_table(table) || self.constraints.contains(&(table.clone(), constraint.clone()))
    }

    /// Whether the schema is new.
    pub fn has_schema(&self, schema: &Name) -> bool {
        self.schemas.contains(schema)
    }

    fn absorb(&mut self, operation: &Operation) {
        self.absorb_rows(operation);
        match &operation.change {
            Change::CreateTable(create)
                if operation.conditional || create.if_not_exists || create.table.schema.is_unknown() =>
            {
                self.perhaps.insert(create.table.clone());
            }
            _ if operation.conditional => {}
            Change::CreateTable(create) if create.temporary => {
                self.temporary.insert(create.table.clone());
            }
            Change::CreateTable(create) => self.make_table(&create.table),
            Change::DropTable(drop) => {
                self.tables.remove(&drop.table);
                self.temporary.remove(&drop.table);
            }
            Change::RenameTable(rename) => {
                let renamed = TableName { schema: rename.table.schema.clone(), name: rename.to.clone() };
                self.move_table(&rename.table, &renamed);
            }
            Change::AddColumn(add) if !add.if_not_exists => self.make_column(&add.table, &add.column.name),
            Change::DropColumn(drop) => {
                self.columns.remove(&(drop.table.clone(), drop.column.clone()));
            }
            Change::AlterColumn(alter) if alter.new_name != Name::None => self.rename_column(alter),
            Change::CreateIndex(create) if !create.if_not_exists && create.name.known().is_some() => {
                self.indexes.insert((create.table.clone(), create.name.clone()));
            }
            Change::CreateConstraint(create) if create.constraint.name.known().is_some() => {
                self.constraints.insert((create.table.clone(), create.constraint.name.clone()));
            }
            Change::Execute(execute) => self.absorb_statement(operation, &execute.statement),
            _ => {}
        }
    }

    /// What happens to the rows of tables. Rows that may have been written count, rows that may have been deleted do not.
    fn absorb_rows(&mut self, operation: &Operation) {
        match &operation.change {
            Change::BulkInsert(insert) => {
                self.emptied.remove(&insert.table);
            }
            Change::RenameTable(rename) => {
                self.emptied.remove(&rename.table);
            }
            Change::Execute(execute) => match &execute.statement {
                Statement::Delete { table, has_where: false } | Statement::Truncate { table, .. }
                    if !operation.conditional && table.name.known().is_some() =>
                {
                    self.emptied.insert(table.clone());
                }
                Statement::Insert { table } if table.name.known().is_some() => {
                    self.emptied.remove(table);
                }
                Statement::Insert { .. }
                | Statement::Unparsed
                | Statement::Unknown
                | Statement::Other { .. } => {
                    self.emptied.clear();
                }
                _ => {}
            },
            Change::Custom(_) => self.emptied.clear(),
            _ => {}
        }
    }

    fn absorb_statement(&mut self, operation: &Operation, statement: &Statement) {
        match statement {
            Statement::Set { .. } => {
                let turned = operation.switches_foreign_keys();
                self.foreign_keys_off = turned.map_or(self.foreign_keys_off, |on| !on);
            }
            Statement::CreateSchema { name } => {
                let may_exist =
                    operation.sql().is_some_and(|sql| sql.to_ascii_lowercase().contains("if not exists"));
                if name.known().is_some() && !may_exist {
                    self.schemas.insert(name.clone());
                }
            }
            Statement::DropSchema { name, .. } => {
                self.schemas.remove(name);
            }
            // A materialized view has indexes and locks like a table.
            Statement::CreateView { name } => {
                self.perhaps.insert(name.clone());
            }
            Statement::SetSchema { table, schema } => {
                let moved = TableName { schema: schema.clone(), name: table.name.clone() };
                self.move_table(table, &moved);
            }
            Statement::RenameIndex { name, to, .. } => {
                let old = self.indexes.iter().find(|(_, index)| index == name).cloned();
                if let Some(old) = old.filter(|_| to.known().is_some()) {
                    self.indexes.remove(&old);
                    self.indexes.insert((old.0, to.clone()));
                }
            }
            Statement::RenameConstraint { table, name, to }
                if to.known().is_some() && self.constraints.remove(&(table.clone(), name.clone())) =>
            {
                self.constraints.insert((table.clone(), to.clone()));
            }
            _ => {}
        }
    }

    /// What was made so far can be seen by others from now on. Without an index or a constraint of their own nobody loses
    /// anything.
    fn commit(&mut self) {
        self.tables.clear();
        self.perhaps.clear();
        self.columns.clear();
        self.emptied.clear();
        self.schemas.clear();
    }

    fn make_table(&mut self, table: &TableName) {
        if table.name.known().is_some() && !table.schema.is_unknown() {
            self.tables.insert(table.clone());
        }
    }

    fn make_column(&mut self, table: &TableName, column: &Name) {
        if table.name.known().is_some() && !table.schema.is_unknown() && column.known().is_some() {
            self.columns.insert((table.clone(), column.clone()));
        }
    }

    fn rename_column(&mut self, alter: &AlterColumn) {
        if self.columns.remove(&(alter.table.clone(), alter.column.clone())) {
            self.make_column(&alter.table, &alter.new_name);
        }
    }

    /// A new table stays new under its new name; an old one makes that name old.
    fn move_table(&mut self, table: &TableName, renamed: &TableName) {
        if self.tables.remove(table) {
            self.make_table(renamed);
        } else {
            self.tables.remove(renamed);
        }
        if self.perhaps.remove(table) {
            self.perhaps.insert(renamed.clone());
        }
        if self.temporary.remove(table) {
            self.temporary.insert(renamed.clone());
        }
        let moved: Vec<_> = self.columns.iter().filter(|(of, _)| of == table).cloned().collect();
        for key in moved {
            self.columns.remove(&key);
            self.make_column(renamed, &key.1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::{AddColumn, Column, CreateTable, Origin, RenameTable, ServerDefault};
    use crate::source::Span;

    fn table(name: &str) -> TableName {
        TableName::new(Name::new(name))
    }

    fn operation(change: Change) -> Operation {
        Operation {
            change,
            span: Span::default(),
            call_sites: Box::default(),
            via: Box::default(),
            conditional: false,
            arms: Box::default(),
            guarded: false,
            autocommit: false,
            batch: false,
            recreate: false,
            origin: Origin::Directive,
        }
    }

    fn create(name: &str) -> CreateTable {
        CreateTable { table: table(name), ..CreateTable::default() }
    }

    fn add(of: &str, column: &str) -> Change {
        let column = Column {
            name: Name::new(column),
            type_: None,
            nullable: None,
            primary_key: false,
            unique: false,
            index: false,
            server_default: ServerDefault::NotGiven,
            python_default: None,
            items: Box::default(),
            options: Box::default(),
            complete: true,
        };
        Change::AddColumn(Box::new(AddColumn {
            table: table(of),
            column,
            if_not_exists: false,
            options: Box::default(),
        }))
    }

    fn after(operations: &[Operation]) -> Created {
        let mut created = Created::default();
        for operation in operations {
            created.absorb(operation);
        }
        created
    }

    #[test]
    fn only_sure_creations_count() {
        let sure = after(&[operation(Change::CreateTable(create("t")))]);
        assert!(sure.has_table(&table("t")));
        assert!(sure.has_column(&table("t"), &Name::new("any")));

        let guarded = CreateTable { if_not_exists: true, ..create("t") };
        assert!(!after(&[operation(Change::CreateTable(guarded))]).has_table(&table("t")));

        let mut perhaps = operation(Change::CreateTable(create("t")));
        perhaps.conditional = true;
        let perhaps = after(&[perhaps]);
        assert!(!perhaps.has_table(&table("t")) && perhaps.may_have_table(&table("t")));
    }

    #[test]
    fn a_renamed_table_stays_what_it_was() {
        let rename = || operation(Change::RenameTable(RenameTable { table: table("a"), to: Name::new("b") }));
        assert!(!after(&[rename()]).has_table(&table("b")));
        let made = after(&[operation(Change::CreateTable(create("a"))), rename()]);
        assert!(made.has_table(&table("b")));
        assert!(!made.has_table(&table("a")));
        let column = after(&[operation(add("a", "c")), rename()]);
        assert!(column.has_column(&table("b"), &Name::new("c")));
        assert!(!column.has_table(&table("b")));
    }
}

//! What an operation touches, so that those keep their order that touch the same. Judges nothing.

use crate::history::schema::enum_of;
use crate::operation::{Argument, Change, Constraint, Execute, Name, Operation, Statement, TableName};

/// Whether a constraint is made without a look at the rows.
pub(super) fn is_not_valid(constraint: &Constraint) -> bool {
    let is_set = |(key, value): &(Box<str>, Argument)| {
        &**key == "postgresql_not_valid" && *value == Argument::Bool(true)
    };
    constraint.options.iter().any(is_set)
}

/// What an operation touches.
#[derive(Debug, Clone, Default)]
pub(super) struct Footprint {
    /// It may touch anything.
    everything: bool,
    /// Tables that come, go or are renamed.
    whole: Vec<TableName>,
    /// Tables that it is about in any other way.
    mentioned: Vec<TableName>,
    /// Columns that come, go, or get another type or name.
    written: Vec<(TableName, Name)>,
    /// Columns that change in any way.
    altered: Vec<(TableName, Name)>,
    /// Columns that an index or a constraint is about.
    read: Vec<(TableName, Name)>,
    /// Tables whose rows it changes.
    rows: Vec<TableName>,
    /// It reads rows of any table.
    looks: bool,
    /// Tables whose rows must be otherwise from then on, or need not any more.
    restricted: Vec<TableName>,
    /// Indexes, constraints, types and other objects.
    names: Vec<Name>,
}

impl Footprint {
    /// What may touch anything.
    pub(super) fn everything() -> Self {
        Self { everything: true, ..Self::default() }
    }

    /// What an operation touches.
    pub(super) fn of(operation: &Operation) -> Self {
        let mut found = Self::default();
        found.add(&operation.change);
        let is_nameless = |table: &TableName| table.name.is_unknown() || table.schema.is_unknown();
        let tables = found.whole.iter().chain(&found.mentioned).chain(&found.rows);
        if tables.into_iter().any(is_nameless) || found.names.iter().any(Name::is_unknown) {
            return Self::everything();
        }
        found
    }

    /// Adds what another one touches.
    pub(super) fn extend(&mut self, other: Self) {
        self.everything |= other.everything;
        self.looks |= other.looks;
        self.whole.extend(other.whole);
        self.mentioned.extend(other.mentioned);
        self.written.extend(other.written);
        self.altered.extend(other.altered);
        self.read.extend(other.read);
        self.rows.extend(other.rows);
        self.restricted.extend(other.restricted);
        self.names.extend(other.names);
    }

    /// Whether `later`, which comes after this one, must not come before it.
    pub(super) fn conflicts(&self, later: &Self) -> bool {
        self.everything
            || later.everything
            || self.is_whole_of(later)
            || later.is_whole_of(self)
            || self.changes_columns_of(later)
            || later.changes_columns_of(self)
            || self.names.iter().any(|name| later.names.contains(name))
            || (self.is_about_rows() && later.is_about_rows())
            || self.rows.iter().any(|table| later.restricted.contains(table))
            || later.rows.iter().any(|table| self.restricted.contains(table))
            // What was dropped, rows cannot be about any more; what was added, comes first anyway.
            || later.rows.iter().any(|table| self.altered.iter().any(|(of, _)| of == table))
            || (later.looks && !self.altered.is_empty())
    }

    fn is_about_rows(&self) -> bool {
        self.looks || !self.rows.is_empty()
    }

    /// Whether tables come, go or are renamed that the other one is about.
    fn is_whole_of(&self, other: &Self) -> bool {
        let is_about = |table: &TableName| {
            other.whole.contains(table) || other.mentioned.contains(table) || other.rows.contains(table)
        };
        self.whole.iter().any(is_about)
    }

    fn changes_columns_of(&self, other: &Self) -> bool {
        let of_written = |column| {
            [&other.written, &other.altered, &other.read].iter().any(|columns| columns.contains(column))
        };
        // An index or a constraint does not ask whether its column takes NULL.
        self.written.iter().any(of_written)
            || self.altered.iter().any(|column| other.altered.contains(column))
    }

    fn add(&mut self, change: &Change) {
        match change {
            Change::CreateTable(create) => {
                self.whole.push(create.table.clone());
                let referents =
                    create.constraints.iter().filter_map(|constraint| constraint.referent.clone());
                self.mentioned.extend(referents);
                for column in &create.columns {
                    self.column_items(&column.items);
                    self.type_(column.type_.as_ref());
                }
            }
            Change::DropTable(drop) => self.whole.push(drop.table.clone()),
            Change::RenameTable(rename) => {
                self.whole.push(rename.table.clone());
                self.whole.push(TableName { schema: rename.table.schema.clone(), name: rename.to.clone() });
            }
            Change::AddColumn(add) => {
                self.write(&add.table, &add.column.name);
                self.column_items(&add.column.items);
                self.type_(add.column.type_.as_ref());
            }
            Change::DropColumn(drop) => self.write(&drop.table, &drop.column),
            Change::AlterColumn(alter) => {
                self.mentioned.push(alter.table.clone());
                self.altered.push((alter.table.clone(), alter.column.clone()));
                self.everything |= alter.column.is_unknown();
                if alter.new_name != Name::None {
                    self.write(&alter.table, &alter.column);
                    self.write(&alter.table, &alter.new_name);
                } else if alter.type_.is_some() {
                    self.write(&alter.table, &alter.column);
                }
                self.type_(alter.type_.as_ref());
                self.type_(alter.existing_type.as_ref());
            }
            Change::CreateIndex(create) => {
                self.mentioned.push(create.table.clone());
                self.names.push(create.name.clone());
                let columns = create.columns.iter().flatten().filter_map(Argument::as_str);
                self.read.extend(columns.map(|column| (create.table.clone(), Name::new(column))));
                if create.unique {
                    self.restricted.push(create.table.clone());
                }
            }
            Change::DropIndex(drop) => {
                self.mentioned.push(drop.table.clone());
                self.restricted.push(drop.table.clone());
                self.names.push(drop.name.clone());
            }
            Change::CreateConstraint(create) => {
                self.mentioned.push(create.table.clone());
                self.restricted.push(create.table.clone());
                self.constraint(&create.table, &create.constraint);
            }
            Change::DropConstraint(drop) => {
                self.mentioned.push(drop.table.clone());
                self.restricted.push(drop.table.clone());
                self.names.push(drop.name.clone());
            }
            Change::CreateTableComment(comment) | Change::DropTableComment(comment) => {
                self.mentioned.push(comment.table.clone());
            }
            Change::BulkInsert(insert) => self.rows.push(insert.table.clone()),
            Change::Execute(execute) => self.statement(execute),
            Change::Custom(_) => self.everything = true,
        }
    }

    fn write(&mut self, table: &TableName, column: &Name) {
        self.mentioned.push(table.clone());
        self.written.push((table.clone(), column.clone()));
        self.everything |= column.is_unknown();
    }

    /// Foreign keys in a column.
    fn column_items(&mut self, items: &[Argument]) {
        let referents = items.iter().filter_map(|item| match item {
            Argument::Call(call) if call.callee.ends_with("ForeignKey") => call.referent(),
            _ => None,
        });
        self.mentioned.extend(referents);
    }

    fn type_(&mut self, type_: Option<&Argument>) {
        let name = type_.and_then(enum_of).and_then(|of| of.name);
        self.names.extend(name.map(|name| Name::new(&name)));
    }

    fn constraint(&mut self, table: &TableName, constraint: &Constraint) {
        if constraint.name != Name::None {
            self.names.push(constraint.name.clone());
        }
        let mut read = |table: &TableName, columns: &Option<Vec<Name>>| {
            let columns = columns.iter().flatten();
            self.read.extend(columns.map(|column| (table.clone(), column.clone())));
        };
        read(table, &constraint.columns);
        if let Some(referent) = &constraint.referent {
            read(referent, &constraint.referent_columns);
            self.mentioned.push(referent.clone());
        }
    }

    fn statement(&mut self, execute: &Execute) {
        match &execute.statement {
            Statement::Insert { table }
            | Statement::Update { table, .. }
            | Statement::Delete { table, .. }
            | Statement::Truncate { table, .. } => self.rows.push(table.clone()),
            Statement::CreateType { name, .. }
            | Statement::DropType { name, .. }
            | Statement::AddEnumValue { name, .. }
            | Statement::CreateSequence { name }
            | Statement::DropSequence { name } => self.names.push(name.clone()),
            Statement::RenameType { name, to } | Statement::RenameSequence { name, to } => {
                self.names.extend([name.clone(), to.clone()]);
            }
            Statement::ValidateConstraint { table, name } => {
                self.mentioned.push(table.clone());
                self.restricted.push(table.clone());
                self.names.push(name.clone());
            }
            Statement::ConstraintUsingIndex { table, name, index, .. } => {
                self.mentioned.push(table.clone());
                self.restricted.push(table.clone());
                self.names.extend([name.clone(), index.clone()]);
            }
            Statement::RenameIndex { table, name, to } | Statement::RenameConstraint { table, name, to } => {
                self.mentioned.push(table.clone());
                self.names.extend([name.clone(), to.clone()]);
            }
            Statement::Select => self.looks = true,
            Statement::Comment => {}
            _ => self.everything = true,
        }
    }
}

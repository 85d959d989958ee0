//! Whether an index or a constraint that an upgrade drops is replaced in it, or goes with its table or column.
//!
//! A drop names no columns; where `downgrade` makes the object again, that tells them.

use super::{Body, Revision};
use crate::operation::{Change, ConstraintKind, DropConstraint, DropIndex, Name, TableName};

/// An index or a constraint as far as it matters here.
#[derive(Debug, Clone, Default)]
pub struct KeyObject {
    /// Its table, where the drop or `downgrade` names it.
    pub table: TableName,
    /// Its name.
    pub name: Name,
    /// Its columns, where `downgrade` tells them.
    pub columns: Option<Vec<Box<str>>>,
    /// Whether it keeps values unique, where `downgrade` tells it.
    pub unique: bool,
    /// The kind of a constraint; `None` for an index or where nothing tells it.
    pub kind: Option<ConstraintKind>,
}

impl Revision {
    /// What a `drop_index` drops.
    pub fn dropped_index(&self, drop: &DropIndex) -> KeyObject {
        let mut made = self.made_again(|made| *made.name == drop.name && made.kind.is_none());
        made.name = drop.name.clone();
        if drop.table.name != Name::None {
            made.table = drop.table.clone();
        }
        made
    }

    /// What a `drop_constraint` drops.
    pub fn dropped_constraint(&self, drop: &DropConstraint) -> KeyObject {
        let mut made =
            self.made_again(|m| *m.name == drop.name && m.table.is_same(&drop.table) && m.kind.is_some());
        made.name = drop.name.clone();
        made.table = drop.table.clone();
        made.kind = drop.kind.or(made.kind);
        made
    }

    fn made_again(&self, is_it: impl Fn(&Made<'_>) -> bool) -> KeyObject {
        let operations = self.downgrade.as_ref().map_or(&[][..], |body| &body.operations);
        let mut made = operations.iter().filter_map(|operation| Made::by(&operation.change));
        made.find(is_it).map(Made::object).unwrap_or_default()
    }
}

impl Body {
    /// Whether the body drops the object's table or one of its columns, or makes an object of the same name or
    /// on the same columns.
    pub fn replaces_or_removes_owner(&self, dropped: &KeyObject) -> bool {
        let renamed = dropped.after_renames(self);
        self.operations.iter().any(|operation| match &operation.change {
            Change::DropTable(drop) => drop.table.is_same(&dropped.table),
            Change::DropColumn(drop) => drop.table.is_same(&dropped.table) && dropped.is_on(&drop.column),
            change => Made::by(change).is_some_and(|made| made.replaces(dropped) || made.replaces(&renamed)),
        })
    }
}

impl KeyObject {
    /// Whether the column is one of its columns: known from `downgrade`, else guessed from its name.
    fn is_on(&self, column: &Name) -> bool {
        let (Some(column), Some(name)) = (column.known(), self.name.known()) else { return false };
        match &self.columns {
            Some(columns) => columns.iter().any(|own| &**own == column),
            None => format!("_{name}_").contains(&format!("_{column}_")),
        }
    }

    /// The same object under the names that its table and columns get in `body`.
    fn after_renames(&self, body: &Body) -> Self {
        let mut renamed = self.clone();
        for operation in &body.operations {
            match &operation.change {
                Change::RenameTable(rename) if rename.table.is_same(&renamed.table) => {
                    renamed.table.name = rename.to.clone();
                }
                Change::AlterColumn(alter) if alter.table.is_same(&renamed.table) => {
                    let (Some(old), Some(new)) = (alter.column.known(), alter.new_name.known()) else {
                        continue;
                    };
                    for column in renamed.columns.iter_mut().flatten().filter(|column| &***column == old) {
                        *column = new.into();
                    }
                }
                _ => {}
            }
        }
        renamed
    }
}

/// The index or constraint that a change makes.
struct Made<'a> {
    change: &'a Change,
    table: &'a TableName,
    name: &'a Name,
    unique: bool,
    kind: Option<ConstraintKind>,
}

impl<'a> Made<'a> {
    fn by(change: &'a Change) -> Option<Self> {
        match change {
            Change::CreateIndex(create) => Some(Self {
                change,
                table: &create.table,
                name: &create.name,
                unique: create.unique,
                kind: None,
            }),
            Change::CreateConstraint(create) => Some(Self {
                change,
                table: &create.table,
                name: &create.constraint.name,
                unique: matches!(create.constraint.kind, ConstraintKind::Unique | ConstraintKind::PrimaryKey),
                kind: Some(create.constraint.kind),
            }),
            _ => None,
        }
    }

    fn columns(&self) -> Option<Vec<Box<str>>> {
        match self.change {
            Change::CreateIndex(create) => {
                create.columns.as_ref()?.iter().map(|column| column.as_str().map(Into::into)).collect()
            }
            Change::CreateConstraint(create) => create
                .constraint
                .columns
                .as_ref()?
                .iter()
                .map(|column| column.known().map(Into::into))
                .collect(),
            _ => None,
        }
    }

    fn object(self) -> KeyObject {
        KeyObject {
            table: self.table.clone(),
            name: self.name.clone(),
            columns: self.columns(),
            unique: self.unique,
            kind: self.kind,
        }
    }

    fn replaces(&self, dropped: &KeyObject) -> bool {
        let in_unknown_schema = self.table.schema.is_unknown() || dropped.table.schema.is_unknown();
        let is_same_table = dropped.table.name == Name::None
            || self.table.is_same(&dropped.table)
            || (in_unknown_schema && self.table.name == dropped.table.name);
        if !is_same_table {
            return false;
        }
        let is_same_name = self.name.known().is_some() && *self.name == dropped.name;
        let is_same_columns = || dropped.columns.is_some() && self.columns() == dropped.columns;
        let serves_as = match (self.kind, dropped.kind) {
            (made, old) if made == old => true,
            (made, None) => matches!(made, Some(ConstraintKind::Unique | ConstraintKind::PrimaryKey)),
            (None, Some(ConstraintKind::Unique)) => self.unique,
            _ => false,
        };
        // A table has one primary key, whatever its name and columns.
        let is_next_primary_key = self.kind == dropped.kind && self.kind == Some(ConstraintKind::PrimaryKey);
        is_same_name || is_next_primary_key || (serves_as && is_same_columns())
    }
}

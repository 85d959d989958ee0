//! What batch mode of SQLite leaves out without a word. Changes nothing itself.

use crate::operation::{Change, Dialect, Name, Operation, TableName};

/// What the operations just before renamed.
#[derive(Debug, Default)]
pub(in super::super) struct Batch<'a> {
    renamed: Vec<(&'a TableName, &'a str)>,
}

impl<'a> Batch<'a> {
    /// Whether the next operation may do nothing: a constraint of columns by names that they get in the same block is not made
    /// (`alembic/operations/batch.py`, `_transfer_elements_to_new_table`). Where a block ends is not known here.
    pub(in super::super) fn may_lose(&mut self, operation: &'a Operation, dialect: Dialect) -> bool {
        let (Dialect::Sqlite, true, Some(table)) = (dialect, operation.batch, operation.change.table())
        else {
            self.renamed.clear();
            return false;
        };
        self.renamed.retain(|(other, _)| *other == table);
        match &operation.change {
            Change::AlterColumn(alter) => {
                self.renamed.extend(alter.new_name.known().map(|name| (table, name)));
                false
            }
            Change::CreateConstraint(create) => {
                let mut columns = create.constraint.columns.iter().flatten().filter_map(Name::known);
                columns.any(|column| self.renamed.iter().any(|(_, name)| *name == column))
            }
            _ => false,
        }
    }
}

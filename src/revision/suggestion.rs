//! A message for a revision, from what its upgrade does. Judges no message.

use super::Revision;
use crate::operation::{Change, Operation};

/// How many operations a suggested message names.
const NAMED: usize = 3;

impl Revision {
    /// A message from what `upgrade` does; `None` where nothing it does can be named.
    pub fn suggested_message(&self) -> Option<String> {
        let operations = &self.upgrade.as_ref()?.operations;
        let mut parts: Vec<String> = Vec::new();
        for part in operations.iter().filter_map(phrase) {
            if !parts.contains(&part) {
                parts.push(part);
            }
        }
        let rest = parts.len().saturating_sub(NAMED);
        parts.truncate(NAMED);
        let more = if rest > 0 { " and more" } else { "" };
        (!parts.is_empty()).then(|| format!("{}{more}", parts.join(", ")))
    }
}

fn phrase(operation: &Operation) -> Option<String> {
    let table = operation.target().and_then(|table| table.name.known());
    let name = operation.change.name().known();
    match (&operation.change, table, name) {
        (Change::CreateTable(_), Some(table), _) => Some(format!("create table {table}")),
        (Change::DropTable(_), Some(table), _) => Some(format!("drop table {table}")),
        (Change::RenameTable(_), Some(table), Some(name)) => Some(format!("rename table {table} to {name}")),
        (Change::AddColumn(_), Some(table), Some(name)) => Some(format!("add {table}.{name}")),
        (Change::DropColumn(_), Some(table), Some(name)) => Some(format!("drop {table}.{name}")),
        (Change::AlterColumn(_), Some(table), Some(name)) => Some(format!("alter {table}.{name}")),
        (Change::CreateIndex(_), _, Some(name)) => Some(format!("create index {name}")),
        (Change::DropIndex(_), _, Some(name)) => Some(format!("drop index {name}")),
        (Change::CreateConstraint(_), Some(table), Some(name)) => {
            Some(format!("add constraint {name} to {table}"))
        }
        (Change::DropConstraint(_), Some(table), Some(name)) => {
            Some(format!("drop constraint {name} of {table}"))
        }
        (Change::BulkInsert(_) | Change::Execute(_), Some(table), _) => {
            Some(format!("change rows of {table}"))
        }
        _ => None,
    }
}

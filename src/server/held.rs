//! The tables that a transaction keeps locked. Judges nothing.

use super::Effect;
use crate::operation::{Operation, TableName};
use crate::revision::Transaction;

/// The tables that the transaction under way keeps locked against reads and writes, each with the operation that locked it
/// first.
#[derive(Debug, Default)]
pub struct Held<'a> {
    transaction: Option<Transaction>,
    tables: Vec<(TableName, &'a Operation)>,
}

impl<'a> Held<'a> {
    /// Goes on to an operation: another transaction than before holds nothing yet. The tables that were held, if they are
    /// given back.
    pub fn enter(&mut self, transaction: Transaction) -> Vec<(TableName, &'a Operation)> {
        let is_same = self.transaction == Some(transaction) && transaction != Transaction::Outside;
        self.transaction = Some(transaction);
        if is_same { Vec::new() } else { std::mem::take(&mut self.tables) }
    }

    /// Adds what an operation locks.
    pub fn add(&mut self, operation: &'a Operation, effects: &[Effect]) {
        for effect in effects.iter().filter(|effect| effect.lock.blocks_reads()) {
            if effect.table.name.known().is_some() && self.by(&effect.table).is_none() {
                self.tables.push((effect.table.clone(), operation));
            }
        }
    }

    /// The operation that locked a table.
    pub fn by(&self, table: &TableName) -> Option<&'a Operation> {
        self.tables.iter().find(|(held, _)| held == table).map(|(_, operation)| *operation)
    }

    /// What is held, first locked first.
    pub fn tables(&self) -> &[(TableName, &'a Operation)] {
        &self.tables
    }
}

//! Which operations share a transaction. Knows no server.

use super::Body;
use crate::operation::{Change, Operation, Statement};

/// The transaction that an operation runs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transaction {
    /// The one of this number: operations of one body with the same number are committed together.
    Numbered(u32),
    /// None: the statement is committed by itself.
    Outside,
}

impl Body {
    /// The transaction of each operation, where `env.py` opens one: an `autocommit_block` and a `COMMIT` end it.
    pub fn transactions(&self) -> Vec<Transaction> {
        let mut number = 0;
        let mut is_open = true;
        let of_operation = |(at, operation): (usize, &Operation)| {
            if self.empty_commits.contains(&at) {
                number += 1;
            }
            if operation.autocommit {
                number += 1;
                return Transaction::Outside;
            }
            let own = if is_open { Transaction::Numbered(number) } else { Transaction::Outside };
            if operation.commits() {
                number += 1;
                is_open = false;
            } else if operation.begins() {
                is_open = true;
            }
            own
        };
        self.operations.iter().enumerate().map(of_operation).collect()
    }
}

impl Operation {
    /// Whether it is SQL that opens a transaction.
    pub(super) fn begins(&self) -> bool {
        let is_transaction = matches!(
            &self.change,
            Change::Execute(execute) if execute.statement == Statement::Transaction
        );
        let first = || self.sql().unwrap_or_default().split_whitespace().next().unwrap_or_default();
        is_transaction && ["begin", "start"].iter().any(|word| first().to_ascii_lowercase().starts_with(word))
    }

    /// Whether it is SQL that says how long PostgreSQL waits for a lock: `SET lock_timeout`, `set_config('lock_timeout', ..)`.
    pub fn limits_waiting(&self) -> bool {
        let Change::Execute(execute) = &self.change else { return false };
        match &execute.statement {
            Statement::Set { name, .. } => {
                let is_endless = || {
                    self.says("lock_timeout 0")
                        || self.says("lock_timeout to 0")
                        || self.says("reset lock_timeout")
                };
                name.known() == Some("lock_timeout") && !is_endless()
            }
            Statement::Select => self.says("set_config lock_timeout"),
            _ => false,
        }
    }
}

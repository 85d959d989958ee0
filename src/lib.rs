//! alembic-lint reads Alembic revisions without running them, judges what they would do, and repairs them.

pub mod cli;
pub mod config;
pub mod diagnostic;
pub mod fix;
pub mod history;
pub mod linter;
pub mod operation;
pub mod project;
pub mod python;
pub mod report;
pub mod revision;
pub mod rule;
pub mod rules;
pub mod selection;
pub mod source;
pub mod sql;
pub mod suppression;

#[cfg(test)]
mod testing;

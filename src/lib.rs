//! alembic-lint reads Alembic revisions without running them, judges what they would do, and repairs them.
//!
//! Data flows one way:
//!
//! 1. [`project`] finds script directories and reads files; [`history::applied`] asks git and, where
//!    one is configured, a database what was applied.
//! 2. [`python`] parses each file and evaluates `upgrade()` and `downgrade()` symbolically; [`sql`] reads the SQL
//!    inside. Both give [`operation`]s, collected in a [`revision::Revision`].
//! 3. [`linter::lint`] runs the [`rules`] that [`selection`] turned on over each revision and over the
//!    [`history`], and lets [`suppression`] comments silence what a person approved.
//! 4. [`fix`] repairs, [`split`] takes a revision apart, [`report`] renders, and [`cli`] alone prints.
//!
//! What holds everywhere: analysis does not fail, it says what it does not know; applied revisions are never written;
//! nothing is written that no longer parses; the output depends on nothing but the input. ARCHITECTURE.md has
//! the map and the whole list.

pub mod cli;
pub mod config;
pub mod custom_rule;
pub mod diagnostic;
pub mod fix;
pub mod history;
pub mod isolation;
pub mod linter;
pub mod operation;
pub mod project;
pub mod python;
pub mod report;
pub mod revision;
pub mod rule;
pub mod rules;
pub mod selection;
pub mod server;
pub mod severity;
pub mod source;
pub mod split;
pub mod sql;
pub mod suppression;

#[cfg(test)]
mod testing;

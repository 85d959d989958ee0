//! Which revisions databases may already have run, and therefore nobody may edit. Judging what was edited
//! is for the rules.

mod base;
mod command;
pub mod database;
pub mod environment;
pub mod git;
pub mod lineage;
pub mod lock;
mod moved;
mod objects;
mod paths;
mod percent;
pub mod record;
mod set;
pub mod underway;
mod upcoming;
mod vanished;

pub use set::{AppliedRevisions, Changed, Gone};

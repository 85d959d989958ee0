//! Which revisions databases may already have run, and therefore nobody may edit. Judging what was edited
//! is for the rules.

mod base;
mod command;
pub mod environment;
pub mod git;
pub mod lineage;
mod moved;
mod objects;
mod paths;

//! Which revisions databases may already have run.

pub mod git;

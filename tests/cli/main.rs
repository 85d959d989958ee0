//! The program as people start it: arguments, files and environment in; output, files and exit code out.

#![allow(
    clippy::expect_used,
    clippy::format_collect,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "clippy lets tests do this, but not the functions that tests share"
)]

mod applied;
mod bad_files;
mod completions;
mod custom_rules;
mod dialect;
mod exit_codes;
mod fixes;
mod formats;
mod graph;
mod imports;
#[cfg(debug_assertions)]
mod isolation;
mod limits;
mod lock;
mod paths;
mod project;
mod review;
mod rules;
mod schema;
mod split;

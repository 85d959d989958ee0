//! The command line.

mod arguments;

//! Python source -> revisions. The only module that sees the Python parser.

pub mod meaning;

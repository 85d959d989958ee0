//! Suppression comments: who may silence a finding, and whether they had a reason.

/// The suppression comments of all files, after the other rules ran.
#[derive(Debug, Clone, Copy)]
pub struct Suppressions<'a> {
    /// Placeholder until the comments are read.
    pub comments: &'a [()],
}

//! The registry (stand-in).

use crate::rule::Rule;

/// The history in the repository differs from what databases have run.
pub mod applied {
    pub(crate) mod applied_revision_deleted;
    pub(crate) mod applied_revision_edited;
    pub(crate) mod applied_revision_renamed;
    pub(crate) mod applied_revision_reparented;
}

/// All rules.
pub static RULES: &[&Rule] = &[
    &applied::applied_revision_deleted::RULE,
    &applied::applied_revision_edited::RULE,
    &applied::applied_revision_renamed::RULE,
    &applied::applied_revision_reparented::RULE,
];

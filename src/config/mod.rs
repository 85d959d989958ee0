//! `[tool.alembic-lint]` / `alembic-lint.toml` -> [`Settings`], validated.

use std::collections::BTreeMap;

use crate::operation::Dialect;
use crate::rule::Severity;

/// The configuration of a run, after files and command line are merged.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Presets, categories and rule names that are on; empty means `recommended`.
    pub select: Vec<String>,
    /// Added to `select`.
    pub extend_select: Vec<String>,
    /// Categories and rule names that are off.
    pub ignore: Vec<String>,
    /// Severities by rule name.
    pub severity: BTreeMap<String, Severity>,
    /// The database family, if configured.
    pub dialect: Option<Dialect>,
    /// The server version, if configured.
    pub database_version: Option<String>,
    /// Which revisions must import sqlmodel, if configured.
    pub sqlmodel_import: Option<SqlmodelImport>,
    /// Modules every revision must import.
    pub required_imports: Vec<String>,
    /// How applied revisions are told from new ones.
    pub applied_ref: AppliedRef,
    /// Judge applied revisions too.
    pub all: bool,
}

/// Which revisions must `import sqlmodel`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SqlmodelImport {
    /// Every revision.
    Always,
    /// Those that use it.
    WhenUsed,
}

/// `applied-ref`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum AppliedRef {
    /// The pull request's base, else the default branch.
    #[default]
    Detect,
    /// Git is not asked.
    Off,
    /// This ref.
    Named(String),
}

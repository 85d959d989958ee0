//! `[tool.alembic-lint]` / `alembic-lint.toml` -> [`Settings`], validated.
//!
//! Whether a rule name exists is not decided here: selection knows the rules, and [`Settings::origin`] tells it
//! where a name was written.

mod custom_rule;
mod discover;
mod document;
mod options;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::operation::Dialect;
use crate::severity::Severity;

pub use custom_rule::{CustomDirection, CustomRule, MessagePart, Patterns, message_parts};
pub use options::schema;

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
    /// The least severity that fails a run, if configured.
    pub fail_on: Option<Severity>,
    /// The database family, if configured.
    pub dialect: Option<Dialect>,
    /// The server version, if configured.
    pub database_version: Option<String>,
    /// Which revisions must import sqlmodel, if configured.
    pub sqlmodel_import: Option<SqlmodelImport>,
    /// Modules every revision must import.
    pub required_imports: Vec<String>,
    /// The git ref that is asked.
    pub applied_ref: AppliedRef,
    /// References to the revisions that deployed databases are at.
    pub applied_through: Vec<String>,
    /// The environment variable with the URL of a database that tells what is applied.
    pub database_url_env: Option<String>,
    /// Alembic's version table, if configured.
    pub version_table: Option<String>,
    /// Its schema, if configured.
    pub version_table_schema: Option<String>,
    /// Directories of revisions that the project's code hands to Alembic; absolute where the configuration
    /// file's path is.
    pub version_locations: Vec<PathBuf>,
    /// Judge applied revisions too.
    pub all: bool,
    /// Renames that the author confirms; from the command line only.
    pub renames: Vec<Rename>,
    /// Whether revisions are taken apart after their fixes (`split`), so that an `autocommit_block` cuts nothing in half.
    pub in_parts: bool,
    /// Rules of one's own.
    pub custom_rules: Vec<CustomRule>,
    /// Where the names in `select`, `extend_select`, `ignore` and `severity` were written.
    pub origins: BTreeMap<(Key, String), String>,
}

impl Settings {
    /// Whether the rules are selected by a preset that demands a reason for all hand-written SQL.
    pub fn is_strict(&self) -> bool {
        self.select.iter().chain(&self.extend_select).any(|name| matches!(name.as_str(), "strict" | "all"))
    }

    /// Where the configuration names `rule` under `key` (`pyproject.toml:12:11`); `None` for names that came
    /// from the command line.
    pub fn origin(&self, key: Key, rule: &str) -> Option<&str> {
        self.origins.get(&(key, rule.to_owned())).map(String::as_str)
    }
}

/// A column that got another name: what was written as a drop and an add is a rename.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rename {
    /// The table, with its schema where it has one.
    pub table: String,
    /// The old name.
    pub column: String,
    /// The new name.
    pub to: String,
}

impl Rename {
    /// What the repair does.
    pub fn description(&self) -> String {
        format!("rename `{}.{}` to `{}`", self.table, self.column, self.to)
    }
}

impl std::str::FromStr for Rename {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = || {
            let (old, new) = text.split_once('=')?;
            let (table, column) = old.trim().rsplit_once('.')?;
            // The table may be said again: `user.fullname=user.name`.
            let to = new.trim().rsplit_once('.').map_or(new.trim(), |(_, to)| to);
            let is_whole = ![table, column, to].iter().any(|part| part.is_empty());
            is_whole.then(|| Self { table: table.into(), column: column.into(), to: to.into() })
        };
        parts().ok_or_else(|| "expected the old and the new name, such as user.fullname=name".to_owned())
    }
}

/// A setting that holds rule names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// `select`.
    Select,
    /// `extend-select`.
    ExtendSelect,
    /// `ignore`.
    Ignore,
    /// `severity`.
    Severity,
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

/// A configuration that cannot be used, with the place and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {message}")]
pub struct ConfigError {
    /// `path:line:column`, a path, or `--config`.
    pub place: String,
    /// What is wrong and what was expected.
    pub message: String,
}

/// Reads the configuration that holds for `start`, the working directory.
///
/// `explicit` are the values of `--config`: each names a file, which replaces the search, or is a TOML pair
/// (`dialect = "mysql"`), which goes before the file. The path is that of the file that was read.
pub fn load(start: &Path, explicit: &[String]) -> Result<(Settings, Option<PathBuf>), ConfigError> {
    let mut named = None;
    let mut pairs = Vec::new();
    for value in explicit {
        let path = start.join(value);
        if path.is_file() {
            if let Some(first) = named.replace(path) {
                return Err(ConfigError {
                    place: "--config".to_owned(),
                    message: format!(
                        "names two files, `{}` and `{value}`; give one file and put the rest into it",
                        display(start, &first)
                    ),
                });
            }
        } else if value.contains('=') {
            pairs.push(value);
        } else {
            return Err(ConfigError {
                place: "--config".to_owned(),
                message: format!(
                    "`{value}` is neither a file nor a `key = value` pair; give the path of an alembic-lint.toml \
                     or pyproject.toml, or a pair such as 'dialect = \"postgresql\"'"
                ),
            });
        }
    }
    let found = match named {
        Some(path) => Some(discover::named(start, path)?),
        None => discover::nearest(start)?,
    };
    let mut settings = Settings::default();
    if let Some(file) = &found {
        let options = document::read(&file.text, file.table, &file.place)?;
        let directory = file.path.parent().unwrap_or(start);
        options.apply(&mut settings, &document::Source::file(&file.place, &file.text), directory)?;
    }
    for pair in pairs {
        let place = format!("--config '{pair}'");
        let options = document::read(pair, document::Table::Root, &place)?;
        options.apply(&mut settings, &document::Source::file(&place, pair), start)?;
    }
    Ok((settings, found.map(|file| file.path)))
}

/// `path` relative to `start` where it lies below, with `/`.
fn display(start: &Path, path: &Path) -> String {
    path.strip_prefix(start).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

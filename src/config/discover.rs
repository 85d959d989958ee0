//! Which configuration file holds: the nearest one upward, or the one that was named. Does not read settings.

use std::fs;
use std::path::{Path, PathBuf};

use super::document::{self, Table};
use super::{ConfigError, display};

/// A configuration file that will be used.
pub(super) struct ConfigFile {
    /// As opened.
    pub(super) path: PathBuf,
    /// As printed.
    pub(super) place: String,
    /// Its content.
    pub(super) text: String,
    /// Where in it the settings stand.
    pub(super) table: Table,
}

/// The nearest file from `start` upward, up to the root of the repository.
pub(super) fn nearest(start: &Path) -> Result<Option<ConfigFile>, ConfigError> {
    for directory in start.ancestors() {
        for name in ["alembic-lint.toml", ".alembic-lint.toml", "pyproject.toml"] {
            let path = directory.join(name);
            if !path.is_file() {
                continue;
            }
            let file = open(start, path)?;
            if file.table == Table::Root || document::has_table(&file.text, &file.place)? {
                return Ok(Some(file));
            }
        }
        if directory.join(".git").exists() {
            break;
        }
    }
    Ok(None)
}

/// The file that `--config` names; a `pyproject.toml` must hold the table.
pub(super) fn named(start: &Path, path: PathBuf) -> Result<ConfigFile, ConfigError> {
    let file = open(start, path)?;
    if file.table == Table::Pyproject && !document::has_table(&file.text, &file.place)? {
        return Err(ConfigError {
            place: file.place,
            message: "has no `[tool.alembic-lint]` table; add one, or name another file with `--config`"
                .to_owned(),
        });
    }
    Ok(file)
}

fn open(start: &Path, path: PathBuf) -> Result<ConfigFile, ConfigError> {
    let place = display(start, &path);
    let table =
        if path.file_name().is_some_and(|n| n == "pyproject.toml") { Table::Pyproject } else { Table::Root };
    let unreadable = |reason: String| ConfigError { place: place.clone(), message: reason };
    let bytes = fs::read(&path)
        .map_err(|error| unreadable(format!("cannot be read: {error}; make it readable or remove it")))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        unreadable(format!("is not UTF-8 at byte {offset}; TOML files must be UTF-8"))
    })?;
    Ok(ConfigFile { path, place, text, table })
}

//! Where revisions are: `alembic.ini` / `pyproject.toml`, script directories, version locations, files.
//!
//! [`Project`] is plain data; only [`load`] touches the disk.

mod alembic_config;
mod dependencies;
mod dialect;
mod discover;
mod disk;
mod engine;
mod ini;
mod layouts;
mod loader;
mod metadata;
mod modules;
mod naming;
mod notes;
pub mod read;
mod script_directory;
mod services;

use std::path::PathBuf;

use crate::config::Settings;
use crate::operation::Dialect;
use crate::source::{FileId, SourceFile};

pub use naming::{NamingConvention, Template};
pub use read::{decode, encode, read};

/// Everything that is judged together.
#[derive(Debug, Clone, Default)]
pub struct Project {
    /// The script directories, sorted by path.
    pub directories: Vec<ScriptDirectory>,
    /// All files, sorted by path.
    pub files: Vec<SourceFile>,
    /// Revisions that the base ref has got since the merge base, and the work tree has not: what a merge will bring.
    pub upcoming: Vec<SourceFile>,
    /// What could not be found or checked, for people: loud, but no finding.
    pub notes: Vec<String>,
    /// Script directories that a configuration names and that are not there: each place where one could have been, with its
    /// version locations.
    pub absent: Vec<ScriptDirectory>,
    /// What Alembic itself would fail on before it sees a revision (a broken `alembic.ini`, an unreadable folder):
    /// the rest is judged, and the run ends with exit code 2.
    pub errors: Vec<String>,
}

impl Project {
    /// The files with their identities.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(i, file)| (FileId(u32::try_from(i).unwrap_or(u32::MAX)), file))
    }

    /// A file by its identity.
    pub fn file(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }
}

/// One Alembic environment.
#[derive(Debug, Clone, Default)]
pub struct ScriptDirectory {
    /// Its path as printed.
    pub path: Box<str>,
    /// The version locations, as printed.
    pub version_locations: Vec<Box<str>>,
    /// Whether Alembic's configuration lists them, so that it loads them together. Where the project's code chooses,
    /// each may hold a history of its own.
    pub lists_locations: bool,
    /// The database family, where files tell: URLs, the revisions, sample environments, the dependencies.
    pub dialect: Option<Dialect>,
    /// What told [`Self::dialect`], or that it is one that is not judged here.
    pub dialect_source: Option<DialectSource>,
    /// The driver that `env.py` runs the revisions on, as its module or package is called (`asyncpg`), where that is known.
    pub driver: Option<Box<str>>,
    /// Whether a module that `env.py` leads to, or a URL of the configuration, sets `lock_timeout`.
    pub sets_lock_timeout: bool,
    /// How its metadata names constraints and indexes, where `env.py` tells.
    pub naming_convention: NamingConvention,
    /// Packages the project depends on, normalised (`geoalchemy2`), as far as files tell.
    pub dependencies: Vec<Box<str>>,
    /// The commit that contents are compared with, where git knows one.
    pub base: Option<BaseCommit>,
    /// What tells applied revisions from new ones.
    pub applied: AppliedSource,
}

impl ScriptDirectory {
    /// The database family of a file at `path`: that whose name its version location bears, where there are several
    /// (`versions/sqlite`, `versions/postgresql`); else [`Self::dialect`].
    pub fn dialect_at(&self, path: &str) -> Option<Dialect> {
        let is_around = |location: &&str| {
            path.strip_prefix(*location).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let locations = self.version_locations.iter().map(|location| &**location);
        let own = locations.filter(is_around).max_by_key(|location| location.len());
        let named = own.filter(|_| self.version_locations.len() > 1).and_then(|location| {
            match location.rsplit('/').find(|part| *part != "versions")? {
                "postgresql" | "postgres" => Some(Dialect::Postgresql),
                "mysql" => Some(Dialect::Mysql),
                "mariadb" => Some(Dialect::Mariadb),
                "sqlite" => Some(Dialect::Sqlite),
                _ => None,
            }
        });
        named.or(self.dialect)
    }

    /// Whether it is a bare directory of revisions: a part of a history that other code puts together.
    pub fn is_part(&self) -> bool {
        self.version_locations.first() == Some(&self.path)
    }
}

/// What tells the database family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DialectSource {
    /// The place, as a part of a sentence: "`psycopg2` in requirements.txt".
    pub place: Box<str>,
    /// Whether it need not be the database of the engine: it was not read from a URL that leads there.
    pub is_guess: bool,
}

/// The merge base of HEAD and the branch that deployed databases follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseCommit {
    /// The ref it was found by (`origin/main`).
    pub reference: Box<str>,
    /// The commit, abbreviated.
    pub commit: Box<str>,
}

/// The file beside `env.py` in which `alembic-lint lock` records applied revisions.
pub const LOCK_FILE: &str = "alembic-lint.lock";

/// What tells applied revisions from new ones; the set itself is made in [`crate::linter::lint`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum AppliedSource {
    /// Nothing was asked or could be found; every revision counts as new.
    #[default]
    Unknown,
    /// The revisions of [`ScriptDirectory::base`].
    Git,
    /// The lines of the file with [`crate::source::Role::Lock`].
    Lock,
    /// These references, and all that the revisions they name need.
    Through(Vec<Box<str>>),
    /// What stands in a database's version table, and all that those revisions need.
    Database {
        /// The database for messages, without its password.
        name: Box<str>,
        /// The identifiers in the table.
        heads: Vec<Box<str>>,
    },
}

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct LoadRequest {
    /// Where the search starts, and what printed paths are relative to.
    pub working_directory: PathBuf,
    /// Files and directories; empty for the project around and below the working directory.
    pub paths: Vec<PathBuf>,
}

/// A request that cannot be met.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProjectError {
    /// A path that is not there.
    #[error(
        "`{path}` does not exist; give the path of a revision file, a script directory or an alembic.ini"
    )]
    NotFound {
        /// The path, as given.
        path: String,
    },
    /// A path that cannot be looked at.
    #[error("`{path}` cannot be read: {reason}; check its permissions")]
    Unreadable {
        /// The path, as given.
        path: String,
        /// What the operating system says.
        reason: String,
    },
}

/// Finds and reads the files that `request` is about, with everything they are judged against.
pub fn load(request: &LoadRequest, settings: &Settings) -> Result<Project, ProjectError> {
    let working_directory =
        std::path::absolute(&request.working_directory).unwrap_or_else(|_| request.working_directory.clone());
    let mut search = layouts::Layouts::new(&working_directory, &settings.version_locations);
    let selection = search.find(&request.paths)?;
    Ok(loader::read_project(&working_directory, search, &selection))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_locations_that_bear_the_name_of_a_database_are_for_it() {
        let mut directory = ScriptDirectory {
            version_locations: vec![
                "m/versions/sqlite".into(),
                "m/postgresql/versions".into(),
                "m/core".into(),
            ],
            dialect: Some(Dialect::Mysql),
            ..ScriptDirectory::default()
        };
        assert_eq!(directory.dialect_at("m/versions/sqlite/a.py"), Some(Dialect::Sqlite));
        assert_eq!(directory.dialect_at("m/postgresql/versions/a.py"), Some(Dialect::Postgresql));
        for elsewhere in ["m/core/a.py", "m/versions/sqlite2/a.py", ""] {
            assert_eq!(directory.dialect_at(elsewhere), Some(Dialect::Mysql), "{elsewhere}");
        }
        directory.version_locations.truncate(1);
        assert_eq!(directory.dialect_at("m/versions/sqlite/a.py"), Some(Dialect::Mysql));
    }
}

//! Where revisions are: `alembic.ini` / `pyproject.toml`, script directories, version locations, files.
//!
//! [`Project`] is plain data; only [`load`] touches the disk.

pub mod read;

use crate::operation::Dialect;
use crate::source::{FileId, SourceFile};

/// Everything that is judged together.
#[derive(Debug, Clone, Default)]
pub struct Project {
    /// The script directories, sorted by path.
    pub directories: Vec<ScriptDirectory>,
    /// All files, sorted by path.
    pub files: Vec<SourceFile>,
    /// What could not be found or checked, for people: loud, but no finding.
    pub notes: Vec<String>,
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
    /// The database family, where `alembic.ini` or the dependencies tell.
    pub dialect: Option<Dialect>,
    /// Packages the project depends on, normalised (`geoalchemy2`), as far as files tell.
    pub dependencies: Vec<Box<str>>,
    /// What is known of applied revisions.
    pub applied: AppliedSource,
}

/// How applied revisions were told from new ones.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum AppliedSource {
    /// Nothing was asked or could be found; every revision counts as new.
    #[default]
    Unknown,
    /// The merge base of HEAD with this ref.
    Git {
        /// The ref, as found (`origin/main`).
        reference: Box<str>,
        /// The merge base, abbreviated.
        commit: Box<str>,
    },
}

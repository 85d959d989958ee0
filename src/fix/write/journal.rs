//! What a change is about to do, written down beside the files before it is done.
//!
//! `.alembic-lint-x.prepared` lists files that may be half written: they can be deleted. Once all are whole, it is renamed
//! to `.alembic-lint-x.commit`, and the change must be completed.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// How the name of everything starts that is written beside revisions for a while. No such name ends in `.py`, since Alembic loads what
/// it finds in a version location.
pub(super) const PREFIX: &str = ".alembic-lint-";

/// How the name of a file ends that takes the place of another one later.
const TEMPORARY: &str = ".tmp";
const PREPARED: &str = "prepared";
const COMMITTED: &str = "commit";

/// One file that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Step {
    /// The file that holds the new text until then.
    pub(super) temporary: PathBuf,
    /// The file that changes.
    pub(super) target: PathBuf,
    /// The hash of what it holds before; `None` where it does not exist.
    old: Option<String>,
    new: String,
}

/// What became of a step that a killed process may have made or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    /// It was made before.
    Before,
    /// It is made now.
    Now,
    /// Someone else changed the file: their text stays.
    Never,
}

impl Step {
    pub(super) fn new(id: &str, at: usize, target: &Path, old: Option<&[u8]>, new: &[u8]) -> Self {
        let temporary = target.with_file_name(format!("{id}-{at}{TEMPORARY}"));
        Self { temporary, target: target.to_owned(), old: old.map(hash), new: hash(new) }
    }

    /// Gives the new file the name of the old one.
    pub(super) fn make(&self) -> io::Result<()> {
        if self.old.is_some() {
            return fs::rename(&self.temporary, &self.target);
        }
        let temporary = tempfile::TempPath::try_from_path(&self.temporary)?;
        temporary.persist_noclobber(&self.target).map_err(|error| error.error)
    }

    /// Makes the step unless it was made, or the file is not what it was.
    pub(super) fn complete(&self) -> io::Result<Made> {
        let (temporary, target) = (read(&self.temporary)?, read(&self.target)?);
        let target = target.as_deref().map(hash);
        if target.as_ref() == Some(&self.new) {
            remove(&self.temporary)?;
            return Ok(Made::Before);
        }
        let is_whole = temporary.is_some_and(|bytes| hash(&bytes) == self.new);
        if !is_whole || target != self.old {
            remove(&self.temporary)?;
            return Ok(Made::Never);
        }
        self.make()?;
        Ok(Made::Now)
    }

    /// Whether it is a file that this program wrote beside its target.
    pub(super) fn is_own(&self) -> bool {
        let name = self.temporary.file_name().and_then(|name| name.to_str());
        self.temporary.parent() == self.target.parent()
            && name.is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(TEMPORARY))
    }
}

/// The record of a change.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    steps: Vec<Step>,
}

impl Journal {
    /// Writes the steps down, before any of their files exists; they are made for the change's identifier.
    pub(super) fn begin(directory: &Path, steps: impl FnOnce(&str) -> Vec<Step>) -> io::Result<Self> {
        let suffix = format!(".{PREPARED}");
        let mut file = tempfile::Builder::new().prefix(PREFIX).suffix(&suffix).tempfile_in(directory)?;
        let name = file.path().file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let steps = steps(name.strip_suffix(&suffix).unwrap_or(name));
        serde_json::to_writer(&mut file, &steps)?;
        file.flush()?;
        file.as_file().sync_all()?;
        let (_, path) = file.keep().map_err(|error| error.error)?;
        Ok(Self { path, steps })
    }

    /// The journal in a file; a half written one has no steps, since nothing was done yet. `None` for another file.
    pub(super) fn read(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        if !name.starts_with(PREFIX) || !matches!(path.extension()?.to_str()?, PREPARED | COMMITTED) {
            return None;
        }
        let steps =
            fs::read(path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        Some(Self { path: path.to_owned(), steps })
    }

    pub(super) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// All files are prepared: from now on the change is completed, whatever happens.
    pub(super) fn commit(&mut self) -> io::Result<()> {
        let committed = self.path.with_extension(COMMITTED);
        fs::rename(&self.path, &committed)?;
        self.path = committed;
        Ok(())
    }

    pub(super) fn is_committed(&self) -> bool {
        self.path.extension().is_some_and(|extension| extension == COMMITTED)
    }

    /// Takes the record away.
    pub(super) fn end(&self) {
        let _ = fs::remove_file(&self.path);
    }
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Deletes a file that may be gone already.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

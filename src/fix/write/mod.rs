//! Puts new texts in the place of old ones: several files are one change, and each file is whole at any moment.
//!
//! A change is prepared beside the files and recorded in a journal before the first file changes. A process that is killed
//! leaves a journal, from which the next one cleans up or completes the change (`leftovers`). Decides nothing about fixes.

mod journal;
mod leftovers;
mod locked;

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use crate::project::encode;
use crate::source::SourceFile;

use journal::{Journal, Step};
use locked::Locked;

pub use leftovers::{Completed, Leftovers, complete_leftovers, find_leftovers};

/// Why a file was left as it was.
#[derive(Debug, thiserror::Error)]
#[error("cannot write `{path}`: {reason}")]
pub struct WriteError {
    /// The file, as printed.
    pub path: Box<str>,
    /// What was in the way.
    pub reason: Reason,
}

/// What is in the way of writing a file.
#[derive(Debug, thiserror::Error)]
pub enum Reason {
    /// Somebody else wrote it.
    #[error("it changed while it was checked; run again")]
    Changed,
    /// Its mode says so.
    #[error("it is read-only; make it writable to have it fixed")]
    ReadOnly,
    /// No file can be made beside it.
    #[error("no file can be made in its directory `{}`, which replacing it whole needs ({error})", directory.display())]
    Directory {
        /// The directory.
        directory: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// A character has no bytes in its encoding.
    #[error("the repaired text {0}")]
    Encoding(String),
    /// A new file would take the place of another one.
    #[error("a file of that name exists; move it away and run again")]
    Exists,
    /// Anything else.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// One file of a change.
#[derive(Debug, Clone, Copy)]
pub enum FileChange<'a> {
    /// The text of a file that holds `old` becomes `new`. A file that holds `new` already is as good as written.
    ///
    /// Mode and, where the system lets us, owner stay. A symbolic link stays one, its target is written. Of a file with several
    /// hard links, only this name gets the new text.
    Rewrite {
        /// The file.
        file: &'a SourceFile,
        /// The text that the disk must still hold.
        old: &'a str,
        /// The text it gets.
        new: &'a str,
    },
    /// A file that does not exist yet gets its own text, and the mode of another one.
    Create {
        /// The new file.
        file: &'a SourceFile,
        /// The file whose mode and owner it gets.
        model: &'a SourceFile,
    },
}

impl FileChange<'_> {
    fn fails(&self, reason: Reason) -> WriteError {
        let (Self::Rewrite { file, .. } | Self::Create { file, .. }) = self;
        WriteError { path: file.path.clone(), reason }
    }

    /// Checks that the change can be made; `None` where the file holds its new text already.
    fn plan(&self) -> Result<Option<Planned>, WriteError> {
        self.checked().map_err(|reason| self.fails(reason))
    }

    fn checked(&self) -> Result<Option<Planned>, Reason> {
        match *self {
            Self::Rewrite { file, old, new } => {
                let old = encode(old, file.encoding).map_err(Reason::Encoding)?;
                let new = encode(new, file.encoding).map_err(Reason::Encoding)?;
                let target = fs::canonicalize(&file.location)?;
                let metadata = fs::metadata(&target)?;
                demand_writable(&target, &metadata)?;
                let current = fs::read(&target)?;
                if current == new {
                    return Ok(None);
                }
                if current != old {
                    return Err(Reason::Changed);
                }
                let directory = fs::canonicalize(directory_of(&file.location))?;
                Ok(Some(Planned {
                    path: file.path.clone(),
                    directory,
                    target,
                    old: Some(old),
                    new,
                    metadata,
                }))
            }
            Self::Create { file, model } => {
                let new = encode(file.text(), file.encoding).map_err(Reason::Encoding)?;
                let metadata = fs::metadata(fs::canonicalize(&model.location)?)?;
                let directory = fs::canonicalize(directory_of(&file.location))?;
                let target = directory.join(file.location.file_name().unwrap_or_default());
                match fs::read(&target) {
                    Ok(current) if current == new => return Ok(None),
                    Ok(_) => return Err(Reason::Exists),
                    Err(error) if error.kind() == ErrorKind::NotFound => {}
                    Err(error) => return Err(error.into()),
                }
                Ok(Some(Planned { path: file.path.clone(), directory, target, old: None, new, metadata }))
            }
        }
    }

    /// Where the file is, and where it leads if it is a symbolic link.
    fn directories(&self) -> impl Iterator<Item = PathBuf> {
        let (Self::Rewrite { file, .. } | Self::Create { file, .. }) = self;
        let target = fs::canonicalize(&file.location).ok();
        let of_target = target.map(|target| directory_of(&target).to_owned());
        of_target.into_iter().chain(fs::canonicalize(directory_of(&file.location)))
    }
}

/// The change of a file that can be made.
struct Planned {
    /// As printed.
    path: Box<str>,
    /// Where the file is, also if it is a symbolic link: the place where a later run looks.
    directory: PathBuf,
    /// The real file.
    target: PathBuf,
    /// What it holds; `None` where it does not exist.
    old: Option<Vec<u8>>,
    new: Vec<u8>,
    /// Of the file whose mode and owner it gets.
    metadata: Metadata,
}

impl Planned {
    fn fails(&self, reason: Reason) -> WriteError {
        WriteError { path: self.path.clone(), reason }
    }

    /// Whether the file is still as it was when the change was planned.
    fn is_current(&self) -> bool {
        match (&self.old, fs::read(&self.target)) {
            (Some(old), Ok(current)) => *old == current,
            (None, Err(error)) => error.kind() == ErrorKind::NotFound,
            _ => false,
        }
    }

    /// Writes the new bytes to a file that takes the name of the old one later.
    fn prepare(&self, temporary: &Path) -> Result<(), Reason> {
        let made = OpenOptions::new().write(true).create_new(true).open(temporary);
        let mut file = made.map_err(|error| no_file_in(directory_of(temporary), error))?;
        file.write_all(&self.new)?;
        keep_owner(&file, &self.metadata);
        file.set_permissions(self.metadata.permissions())?;
        file.sync_all()?;
        Ok(())
    }

    /// Puts the old state back.
    fn take_back(&self, temporary: &Path) {
        match &self.old {
            Some(old) if fs::write(temporary, old).is_ok() => {
                let _ = fs::set_permissions(temporary, self.metadata.permissions());
                let _ = fs::rename(temporary, &self.target);
            }
            Some(old) => {
                let _ = fs::write(&self.target, old);
            }
            None => {
                let _ = fs::remove_file(&self.target);
            }
        }
    }
}

/// Replaces the text of one file.
pub fn write(file: &SourceFile, old: &str, new: &str) -> Result<(), WriteError> {
    write_together(&[FileChange::Rewrite { file, old, new }])
}

/// Makes a file that does not exist yet; its mode is that of `model`, a file beside it.
pub fn create(file: &SourceFile, model: &SourceFile) -> Result<(), WriteError> {
    write_together(&[FileChange::Create { file, model }])
}

/// Makes all changes, or none of them where one cannot be made.
///
/// All are checked and prepared first. The files then change one by one, in the order that is given, which must keep the history
/// valid at each step. No other run of this program writes to their directories in the meantime.
pub fn write_together(changes: &[FileChange<'_>]) -> Result<(), WriteError> {
    match write_observed(changes, &mut || ControlFlow::Continue(())) {
        Ok(()) | Err(Ended::Cut) => Ok(()),
        Err(Ended::Failed(error)) => Err(error),
    }
}

/// Makes those changes that can be made, together, and gives the reasons for the others.
pub fn write_possible(changes: &[FileChange<'_>]) -> Vec<WriteError> {
    let mut errors = Vec::new();
    let mut possible = Vec::with_capacity(changes.len());
    for change in changes {
        match change.plan() {
            Ok(_) => possible.push(*change),
            Err(error) => errors.push(error),
        }
    }
    errors.extend(write_together(&possible).err());
    errors
}

/// Why a change was not made to its end.
#[derive(Debug)]
pub enum Ended {
    /// The observer ended it: the disk is as if the process had been killed at this moment.
    Cut,
    /// It could not be made, and all is as it was.
    Failed(WriteError),
}

impl From<WriteError> for Ended {
    fn from(error: WriteError) -> Self {
        Self::Failed(error)
    }
}

/// [`write_together`], where `before_step` is called before each step on the disk and may end everything there: so a test sees
/// every state that a killed process can leave.
pub fn write_observed(
    changes: &[FileChange<'_>],
    before_step: &mut dyn FnMut() -> ControlFlow<()>,
) -> Result<(), Ended> {
    let mut directories: Vec<PathBuf> = changes.iter().flat_map(FileChange::directories).collect();
    directories.sort_unstable();
    directories.dedup();
    let locked = Locked::take(directories);
    // Another run may have been killed since this one looked.
    if let Some(change) = changes.first() {
        leftovers::complete_in(&locked).map_err(|error| change.fails(Reason::Io(error)))?;
    }
    let mut planned = Vec::with_capacity(changes.len());
    for change in changes {
        planned.extend(change.plan()?);
    }
    let Some(first) = planned.first() else { return Ok(()) };
    step(before_step)?;
    let directory = &first.directory;
    let steps = |id: &str| {
        let all = planned.iter().enumerate();
        all.map(|(at, planned)| Step::new(id, at, &planned.target, planned.old.as_deref(), &planned.new))
            .collect()
    };
    let journal =
        Journal::begin(directory, steps).map_err(|error| first.fails(no_file_in(directory, error)))?;
    let mut transaction = Transaction { planned, journal, done: 0 };
    let made = transaction.run(before_step);
    if matches!(made, Err(Ended::Failed(_))) {
        transaction.take_back();
    }
    made
}

fn step(before_step: &mut dyn FnMut() -> ControlFlow<()>) -> Result<(), Ended> {
    match before_step() {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(Ended::Cut),
    }
}

/// A change on its way to the disk.
struct Transaction {
    planned: Vec<Planned>,
    journal: Journal,
    /// How many files hold their new text.
    done: usize,
}

impl Transaction {
    fn run(&mut self, before_step: &mut dyn FnMut() -> ControlFlow<()>) -> Result<(), Ended> {
        for (planned, entry) in self.planned.iter().zip(self.journal.steps()) {
            step(before_step)?;
            planned.prepare(&entry.temporary).map_err(|reason| planned.fails(reason))?;
        }
        if let Some(changed) = self.planned.iter().find(|planned| !planned.is_current()) {
            return Err(changed.fails(Reason::Changed).into());
        }
        step(before_step)?;
        let Some(first) = self.planned.first() else { return Ok(()) };
        self.journal.commit().map_err(|error| first.fails(Reason::Io(error)))?;
        for (planned, entry) in self.planned.iter().zip(self.journal.steps()) {
            step(before_step)?;
            entry.make().map_err(|error| planned.fails(Reason::Io(error)))?;
            self.done += 1;
        }
        step(before_step)?;
        self.journal.end();
        Ok(())
    }

    /// Puts everything back to how it was.
    fn take_back(self) {
        let Self { planned, journal, done } = self;
        for (planned, entry) in planned.iter().zip(journal.steps()).take(done) {
            planned.take_back(&entry.temporary);
        }
        for entry in journal.steps() {
            let _ = fs::remove_file(&entry.temporary);
        }
        journal.end();
    }
}

fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn no_file_in(directory: &Path, error: io::Error) -> Reason {
    Reason::Directory { directory: directory.to_owned(), error }
}

/// A file that its owner protected is not replaced, although its directory would allow it.
fn demand_writable(target: &Path, metadata: &Metadata) -> Result<(), Reason> {
    if metadata.permissions().readonly() {
        return Err(Reason::ReadOnly);
    }
    match OpenOptions::new().write(true).open(target) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Err(Reason::ReadOnly),
        Err(error) => Err(Reason::Io(error)),
    }
}

#[cfg(unix)]
fn keep_owner(file: &File, metadata: &Metadata) {
    use std::os::unix::fs::{MetadataExt, fchown};
    let is_same = |made: Metadata| (made.uid(), made.gid()) == (metadata.uid(), metadata.gid());
    if !file.metadata().is_ok_and(is_same) {
        // Only root may give files away; a fixed file that changed hands is better than none.
        let _ = fchown(file, Some(metadata.uid()), Some(metadata.gid()));
    }
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &Metadata) {}

#[cfg(test)]
mod tests;

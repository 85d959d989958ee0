//! Completes or takes away what a killed process left beside revisions.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::directory_of;
use super::journal::{Journal, Made, PREFIX, remove};
use super::locked::Locked;

/// What was left of a change and is done now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Completed {
    /// The files that got their new text.
    pub written: Vec<PathBuf>,
    /// The files that changed since, and were left as they are.
    pub left: Vec<PathBuf>,
}

/// What of a change is beside revisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leftovers {
    /// Nothing.
    None,
    /// Another run is making it.
    Underway,
    /// A process that was killed did not complete it.
    Abandoned,
}

/// Looks for unfinished changes in directories.
pub fn find_leftovers(directories: &[PathBuf]) -> Leftovers {
    let mut found = directories.iter().filter(|directory| !names_in(directory).is_empty()).peekable();
    if found.peek().is_none() {
        Leftovers::None
    } else if found.all(|directory| Locked::is_taken(directory)) {
        Leftovers::Underway
    } else {
        Leftovers::Abandoned
    }
}

/// Completes the changes that killed processes left in these directories, or takes away what they prepared. Waits for processes that
/// are still at work there.
pub fn complete_leftovers(directories: &[PathBuf]) -> io::Result<Completed> {
    let mut directories: Vec<PathBuf> =
        directories.iter().filter_map(|directory| fs::canonicalize(directory).ok()).collect();
    directories.sort_unstable();
    directories.dedup();
    complete_in(&Locked::take(directories))
}

pub(super) fn complete_in(locked: &Locked) -> io::Result<Completed> {
    let mut completed = Completed::default();
    for directory in locked.directories() {
        for journal in names_in(directory).iter().filter_map(|name| Journal::read(name)) {
            // Where a file is elsewhere, a run that looks there as well completes it.
            let is_here = |step: &super::Step| step.is_own() && locked.contains(directory_of(&step.target));
            if journal.steps().iter().all(is_here) {
                complete(&journal, &mut completed)?;
            }
        }
    }
    Ok(completed)
}

fn complete(journal: &Journal, completed: &mut Completed) -> io::Result<()> {
    for step in journal.steps() {
        if !journal.is_committed() {
            remove(&step.temporary)?;
            continue;
        }
        match step.complete()? {
            Made::Before => {}
            Made::Now => completed.written.push(step.target.clone()),
            Made::Never => completed.left.push(step.target.clone()),
        }
    }
    journal.end();
    Ok(())
}

/// The files in a directory that bear this program's name, sorted; none where it cannot be read.
fn names_in(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().filter_map(Result::ok);
    let own = entries.filter(|entry| entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX)));
    let mut names: Vec<PathBuf> = own.map(|entry| entry.path()).collect();
    names.sort_unstable();
    names
}

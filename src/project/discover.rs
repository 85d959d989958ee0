//! Where to look: what lies below a directory. Does not read configuration.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};

use ignore::{DirEntry, WalkBuilder, WalkState};
use rayon::prelude::*;
use regex::bytes::Regex;

use super::disk::{Disk, Entry};

/// What lies below a directory, each list sorted.
#[derive(Debug, Default)]
pub(super) struct Below {
    /// Directories with an `.ini` file or a `pyproject.toml`.
    pub(super) configured: Vec<PathBuf>,
    /// Directories with an `env.py`.
    pub(super) environments: Vec<PathBuf>,
    /// Directories with Python files.
    pub(super) python: Vec<PathBuf>,
}

/// Directories that hold other people's code, or none.
const SKIPPED: [&str; 16] = [
    ".git",
    ".hg",
    ".svn",
    ".venv",
    "venv",
    ".tox",
    ".nox",
    ".eggs",
    ".mypy_cache",
    ".ruff_cache",
    "node_modules",
    "site-packages",
    "__pycache__",
    "build",
    "dist",
    "target",
];

fn is_left_out(name: &OsStr) -> bool {
    SKIPPED.iter().any(|skipped| name == *skipped)
}

/// Walks `directory`; what git ignores and environments are left out.
pub(super) fn below(directory: &Path) -> Below {
    let found = Mutex::new(Below::default());
    walker(directory).build_parallel().run(|| {
        Box::new(|entry| {
            if let Ok(entry) = entry {
                found.lock().unwrap_or_else(PoisonError::into_inner).add(&entry);
            }
            WalkState::Continue
        })
    });
    found.into_inner().unwrap_or_else(PoisonError::into_inner).sorted()
}

/// [`below`] for each of `directories`, in their order.
pub(super) fn below_each(directories: &[PathBuf]) -> Vec<Below> {
    if let [only] = directories {
        return vec![below(only)];
    }
    let share = directories.len().div_ceil(rayon::current_num_threads()).max(1);
    directories.par_chunks(share).flat_map_iter(below_in_one_walk).collect()
}

/// One walk in one thread: it reads the ignore files above the directories once, and starts no threads for each.
fn below_in_one_walk(directories: &[PathBuf]) -> Vec<Below> {
    let [first, rest @ ..] = directories else { return Vec::new() };
    let mut builder = walker(first);
    for directory in rest {
        builder.add(directory);
    }
    let mut found: Vec<Below> = directories.iter().map(|_| Below::default()).collect();
    let mut current = 0;
    for entry in builder.build().flatten() {
        if entry.depth() == 0 {
            let is_root = |directory: &PathBuf| directory == entry.path();
            current = directories.iter().position(is_root).unwrap_or(current);
        }
        if let Some(below) = found.get_mut(current) {
            below.add(&entry);
        }
    }
    found.into_iter().map(Below::sorted).collect()
}

impl Below {
    fn add(&mut self, entry: &DirEntry) {
        if entry.file_type().is_some_and(|kind| kind.is_dir()) {
            return;
        }
        let name = entry.file_name().to_string_lossy();
        let Some(parent) = entry.path().parent() else { return };
        if name == "pyproject.toml" || name.ends_with(".ini") {
            self.configured.push(parent.to_owned());
        } else if name.ends_with(".py") {
            if name == "env.py" {
                self.environments.push(parent.to_owned());
            }
            if self.python.last().is_none_or(|last| last.as_os_str() != parent.as_os_str()) {
                self.python.push(parent.to_owned());
            }
        }
    }

    fn sorted(mut self) -> Self {
        for list in [&mut self.configured, &mut self.environments, &mut self.python] {
            list.sort();
            list.dedup();
        }
        self
    }
}

fn walker(directory: &Path) -> WalkBuilder {
    let mut builder = WalkBuilder::new(directory);
    builder.hidden(false).ignore(false).filter_entry(|entry| {
        let is_directory = entry.file_type().is_some_and(|kind| kind.is_dir());
        if entry.depth() == 0 || !is_directory {
            return true;
        }
        !is_left_out(entry.file_name()) && !entry.path().join("pyvenv.cfg").exists()
    });
    builder
}

/// Directories below `directory` that hold revisions, sorted; script directories of their own are left out.
pub(super) fn revision_directories(directory: &Path, disk: &Disk) -> Vec<PathBuf> {
    let holds_any = |files: &Vec<PathBuf>| files.iter().any(|file| holds_revision(file));
    python_below(directory, disk, |_| false)
        .into_par_iter()
        .filter(|(_, files)| holds_any(files))
        .map(|(directory, _)| directory)
        .collect()
}

/// [`revision_directories`] without those that `is_skipped`, with the number of revisions in each.
pub(super) fn revision_counts(
    directory: &Path,
    disk: &Disk,
    is_skipped: impl Fn(&Path) -> bool,
) -> Vec<(PathBuf, usize)> {
    python_below(directory, disk, is_skipped)
        .into_par_iter()
        .map(|(directory, files)| (directory, files.iter().filter(|file| holds_revision(file)).count()))
        .filter(|(_, count)| *count > 0)
        .collect()
}

/// Directories at and below `directory` with their Python files, sorted, without those that `is_skipped`; script
/// directories of their own are left out. Symbolic links to directories are not followed, as Alembic does not.
fn python_below(
    directory: &Path,
    disk: &Disk,
    is_skipped: impl Fn(&Path) -> bool,
) -> Vec<(PathBuf, Vec<PathBuf>)> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(current) = open.pop() {
        let Ok(entries) = disk.entries(&current) else { continue };
        if current != directory && disk.is_script_directory(&current) {
            continue;
        }
        let directories = entries.iter().filter(|entry| entry.kind.is_some_and(|kind| kind.is_dir()));
        let ours = directories.filter(|entry| !is_left_out(&entry.name));
        open.extend(ours.map(|entry| current.join(&entry.name)));
        let files = python_files(&current, &entries);
        if !files.is_empty() && !is_skipped(&current) {
            found.push((current, files));
        }
    }
    found.sort();
    found
}

/// Whether a directory holds a revision itself.
pub(super) fn holds_revisions(directory: &Path, disk: &Disk) -> bool {
    let Ok(entries) = disk.entries(directory) else { return false };
    python_files(directory, &entries).iter().any(|file| holds_revision(file))
}

fn python_files(directory: &Path, entries: &[Entry]) -> Vec<PathBuf> {
    let is_file = |entry: &&Entry| entry.kind.is_some_and(|kind| !kind.is_dir());
    let names = entries.iter().filter(is_file).map(|entry| Path::new(&entry.name));
    names.filter(|name| is_python(name)).map(|name| directory.join(name)).collect()
}

fn is_python(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "py")
}

/// Whether a file binds `revision` and `down_revision` at its top level, by its text.
pub(super) fn holds_revision(path: &Path) -> bool {
    const MAX_BYTES: u64 = 1_000_000;
    static IDENTIFIERS: LazyLock<Option<[Regex; 2]>> = LazyLock::new(|| {
        let pattern =
            |name: &str| Regex::new(&format!(r"(?m-u)(?:^|\r)(?:\xef\xbb\xbf)?{name}[ \t]*[:=]")).ok();
        Some([pattern("down_revision")?, pattern("revision")?])
    });
    let is_small = fs::metadata(path).is_ok_and(|data| data.is_file() && data.len() <= MAX_BYTES);
    let Some(bytes) = is_small.then(|| fs::read(path).ok()).flatten() else { return false };
    IDENTIFIERS.as_ref().is_some_and(|patterns| patterns.iter().all(|pattern| pattern.is_match(&bytes)))
}

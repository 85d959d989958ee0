//! What the disk says about paths, each asked once: the same few directories stand above every script directory.
//! Reads no files.

use std::ffi::{OsStr, OsString};
use std::fs::{self, FileType};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustc_hash::FxHashMap;

/// What one run has learnt of the disk; what changes during the run is not seen. By the bytes of paths, for hashing a path takes it
/// apart.
#[derive(Debug, Default)]
pub(super) struct Disk {
    kinds: Mutex<FxHashMap<OsString, Option<Kind>>>,
    canonical: Mutex<FxHashMap<OsString, PathBuf>>,
    listings: Mutex<FxHashMap<OsString, Arc<[Entry]>>>,
}

/// A name in a directory.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: OsString,
    /// What it is, symbolic links not followed; `None` where that cannot be told.
    pub(super) kind: Option<FileType>,
}

/// What the listing of a directory tells of a path in it.
enum Told {
    /// The directory was not listed, or the path is written so that no listing shows it.
    Nothing,
    Missing,
    Kind(FileType),
}

/// What a path leads to, symbolic links followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    File,
    Directory,
    Other,
}

impl From<FileType> for Kind {
    fn from(kind: FileType) -> Self {
        match kind {
            kind if kind.is_dir() => Self::Directory,
            kind if kind.is_file() => Self::File,
            _ => Self::Other,
        }
    }
}

impl Disk {
    /// Whether the path leads to a regular file.
    pub(super) fn is_file(&self, path: &Path) -> bool {
        self.kind(path) == Some(Kind::File)
    }

    /// Whether the path leads to a directory.
    pub(super) fn is_dir(&self, path: &Path) -> bool {
        self.kind(path) == Some(Kind::Directory)
    }

    /// Whether the path leads anywhere.
    pub(super) fn exists(&self, path: &Path) -> bool {
        self.kind(path).is_some()
    }

    fn kind(&self, path: &Path) -> Option<Kind> {
        match self.told(path) {
            Told::Missing => return None,
            Told::Kind(kind) if !kind.is_symlink() => return Some(kind.into()),
            Told::Kind(_) | Told::Nothing => {}
        }
        let known = held(&self.kinds).get(path.as_os_str()).copied();
        if let Some(known) = known {
            return known;
        }
        let kind = fs::metadata(path).ok().map(|data| data.file_type().into());
        held(&self.kinds).insert(path.as_os_str().to_owned(), kind);
        kind
    }

    /// What a directory holds, by name. One that cannot be listed is asked again each time.
    pub(super) fn entries(&self, directory: &Path) -> io::Result<Arc<[Entry]>> {
        let known = held(&self.listings).get(directory.as_os_str()).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let entries = fs::read_dir(directory)?.flatten();
        let mut entries: Vec<Entry> =
            entries.map(|entry| Entry { name: entry.file_name(), kind: entry.file_type().ok() }).collect();
        entries.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        let entries: Arc<[Entry]> = entries.into();
        held(&self.listings).insert(directory.as_os_str().to_owned(), Arc::clone(&entries));
        Ok(entries)
    }

    /// What was listed already tells of a path. On Linux only: elsewhere a name that is written otherwise may lead to the file.
    fn told(&self, path: &Path) -> Told {
        // Taking the path apart in other ways takes several times as long.
        let Some((parent, name)) =
            path.to_str().filter(|_| cfg!(target_os = "linux")).and_then(|path| path.rsplit_once('/'))
        else {
            return Told::Nothing;
        };
        if matches!(name, "" | "." | "..") {
            return Told::Nothing;
        }
        let listings = held(&self.listings);
        let Some(entries) = listings.get(OsStr::new(parent)) else { return Told::Nothing };
        match entries.binary_search_by(|entry| entry.name.as_os_str().cmp(OsStr::new(name))) {
            Ok(at) => entries.get(at).and_then(|entry| entry.kind).map_or(Told::Nothing, Told::Kind),
            Err(_) => Told::Missing,
        }
    }

    /// A path without symbolic links; as it is where it does not exist.
    pub(super) fn canonical(&self, path: &Path) -> PathBuf {
        let known = held(&self.canonical).get(path.as_os_str()).cloned();
        if let Some(known) = known {
            return known;
        }
        let canonical = self.resolved(path).unwrap_or_else(|| path.to_owned());
        held(&self.canonical).insert(path.as_os_str().to_owned(), canonical.clone());
        canonical
    }

    /// The last component needs a look of its own only where it is a link; what stands before it is known already.
    fn resolved(&self, path: &Path) -> Option<PathBuf> {
        let is_plain = matches!(path.components().next_back(), Some(Component::Normal(_)));
        let parent = path.parent().filter(|_| is_plain && path.is_absolute());
        let (Some(parent), Some(name)) = (parent, path.file_name()) else {
            return fs::canonicalize(path).ok();
        };
        let kind = match self.told(path) {
            Told::Missing => return None,
            Told::Kind(kind) => kind,
            Told::Nothing => fs::symlink_metadata(path).ok()?.file_type(),
        };
        if kind.is_symlink() {
            return fs::canonicalize(path).ok();
        }
        Some(self.canonical(parent).join(name))
    }

    /// A path without `.` and `..`, as long as it still leads to the same place.
    pub(super) fn tidy(&self, path: &Path) -> PathBuf {
        let mut tidy = PathBuf::new();
        let mut went_up = false;
        for component in path.components() {
            match component {
                Component::CurDir => {}
                Component::ParentDir => {
                    went_up = true;
                    tidy.pop();
                }
                other => tidy.push(other),
            }
        }
        if went_up && self.canonical(&tidy) != self.canonical(path) { path.to_owned() } else { tidy }
    }

    /// `directory` and the directories above it, up to the root of the repository where there is one.
    pub(super) fn upward(&self, directory: &Path) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for ancestor in directory.ancestors() {
            found.push(ancestor.to_owned());
            if self.exists(&ancestor.join(".git")) {
                break;
            }
        }
        found
    }

    /// Lists `directory` and those above it, up to the root of the repository: what is asked of them later is known then.
    pub(super) fn list_upward(&self, directory: &Path) {
        for ancestor in directory.ancestors() {
            // One that cannot be listed is asked for each name.
            let _ = self.entries(ancestor);
            if self.exists(&ancestor.join(".git")) {
                break;
            }
        }
    }

    /// Whether a directory is an Alembic environment by what it holds.
    pub(super) fn is_script_directory(&self, directory: &Path) -> bool {
        self.is_file(&directory.join("env.py"))
            && (self.is_file(&directory.join("script.py.mako")) || self.is_dir(&directory.join("versions")))
    }
}

/// What is known, for as long as nobody else looks.
fn held<T>(known: &Mutex<T>) -> MutexGuard<'_, T> {
    known.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether `path` is `directory` or lies below it; both are spelled alike, as [`Disk::canonical`] does.
///
/// `Path::starts_with` asks the same, part by part, and takes twenty times as long.
pub(super) fn lies_in(path: &Path, directory: &Path) -> bool {
    let (path, directory) = (path.as_os_str().as_encoded_bytes(), directory.as_os_str().as_encoded_bytes());
    let is_separator = |byte: u8| std::path::is_separator(char::from(byte));
    path.strip_prefix(directory).is_some_and(|rest| {
        rest.first().is_none_or(|next| is_separator(*next))
            || directory.last().is_some_and(|last| is_separator(*last))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_holds_itself_and_what_is_below() {
        for (path, directory) in [("/a/b", "/a"), ("/a", "/a"), ("/a", "/"), ("/", "/"), ("/a/b/c", "/a/b")] {
            assert!(lies_in(Path::new(path), Path::new(directory)), "{path} in {directory}");
        }
        for (path, directory) in [("/ab", "/a"), ("/a", "/a/b"), ("/b/a", "/a")] {
            assert!(!lies_in(Path::new(path), Path::new(directory)), "{path} in {directory}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_wherever_they_stand() {
        let directory = tempfile::tempdir().unwrap();
        let top = fs::canonicalize(directory.path()).unwrap();
        fs::create_dir_all(top.join("real/inner")).unwrap();
        std::os::unix::fs::symlink(top.join("real"), top.join("link")).unwrap();
        std::os::unix::fs::symlink(top.join("real/inner"), top.join("real/short")).unwrap();
        let disk = Disk::default();
        for path in ["real/inner", "link/inner", "link/short", "real/short", "link/../real/inner"] {
            assert_eq!(disk.canonical(&top.join(path)), top.join("real/inner"), "{path}");
        }
        assert_eq!(disk.canonical(&top.join("link/none")), top.join("link/none"), "what is not there stays");
        assert_eq!(disk.tidy(&top.join("real/../real/inner")), top.join("real/inner"));
        assert_eq!(disk.tidy(&top.join("real/short/../inner")), top.join("real/inner"));
        fs::create_dir(top.join("other")).unwrap();
        std::os::unix::fs::symlink(top.join("real/inner"), top.join("other/away")).unwrap();
        let led_astray = top.join("other/away/../inner");
        assert_eq!(
            disk.tidy(&led_astray),
            led_astray,
            "`..` after a link leads elsewhere than its text says"
        );
    }
}

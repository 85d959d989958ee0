//! Paths as git spells them (from the top of the work tree) and as they are printed.

use std::path::{Component, Path, PathBuf};

use rustc_hash::FxHashMap;

use super::command::Repository;
use crate::project::ScriptDirectory;
use crate::source::SourceFile;

/// Where directories really are, each asked for once.
#[derive(Debug)]
pub(super) struct Places {
    /// What printed paths are relative to.
    working_directory: PathBuf,
    known: FxHashMap<PathBuf, Option<Place>>,
}

/// A directory in a work tree.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// The top of the work tree.
    pub(super) root: PathBuf,
    /// The path from there, with `/`; empty for the top itself.
    pub(super) path: String,
}

impl Places {
    /// Printed paths of `files` start where one of them tells by the path it is opened by.
    pub(super) fn new(files: &[SourceFile]) -> Self {
        let start = |file: &SourceFile| {
            let printed = Path::new(&*file.path);
            if !printed.is_relative() || !file.location.is_absolute() || !file.location.ends_with(printed) {
                return None;
            }
            file.location.ancestors().nth(printed.components().count()).map(Path::to_path_buf)
        };
        let working_directory = files.iter().find_map(start).unwrap_or_else(|| PathBuf::from("."));
        Self { working_directory, known: FxHashMap::default() }
    }

    /// The place of a directory, which need not exist any more.
    pub(super) fn directory(&mut self, directory: &Path) -> Option<&Place> {
        if !self.known.contains_key(directory) {
            let place = locate(&self.working_directory.join(directory));
            self.known.insert(directory.to_path_buf(), place);
        }
        self.known.get(directory)?.as_ref()
    }

    /// The work tree of a file and its path from the top.
    pub(super) fn file(&mut self, location: &Path) -> Option<(PathBuf, String)> {
        let name = location.file_name()?.to_str()?;
        let place = self.directory(location.parent()?)?;
        Some((place.root.clone(), join(&place.path, name)))
    }
}

fn locate(directory: &Path) -> Option<Place> {
    let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    let absolute = existing(directory)?;
    let root = Repository::find(&absolute)?;
    let path = absolute.strip_prefix(&root).ok()?;
    let names: Option<Vec<&str>> = path
        .components()
        .map(|component| match component {
            Component::Normal(name) => name.to_str(),
            _ => None,
        })
        .collect();
    Some(Place { path: names?.join("/"), root })
}

/// The path without symbolic links, as far as it exists; what exists no more is added as it is.
fn existing(directory: &Path) -> Option<PathBuf> {
    if let Ok(real) = std::fs::canonicalize(directory) {
        return Some(real);
    }
    let parent = directory.parent()?;
    let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
    Some(existing(parent)?.join(directory.file_name()?))
}

/// `directory/name`; `name` alone in the top or working directory.
pub(super) fn join(directory: &str, name: &str) -> String {
    match directory.trim_end_matches('/') {
        "" if directory.is_empty() => name.to_string(),
        "." => name.to_string(),
        directory => format!("{directory}/{name}"),
    }
}

/// The rest of `path` below `directory`.
pub(super) fn below<'a>(directory: &str, path: &'a str) -> Option<&'a str> {
    if directory.is_empty() {
        return Some(path);
    }
    path.strip_prefix(directory)?.strip_prefix('/')
}

/// One script directory as git sees it.
#[derive(Debug)]
pub(super) struct Locations {
    /// Its index in the project.
    pub(super) directory: usize,
    /// The script directory: as git spells it and as printed.
    script: Option<(String, Box<str>)>,
    /// The version locations, likewise.
    versions: Vec<(String, Box<str>)>,
    /// Whether Alembic walks into subfolders of the version locations.
    recursive: bool,
}

/// How a file of the base commit was loaded.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Loaded {
    /// It lies in a version location; its path as printed.
    Surely(String),
    /// It lies in a folder of the script directory that is no more; a revision if it reads like one.
    IfRevision(String),
}

impl Locations {
    /// The part of a script directory that lies in the work tree at `root`. `revisions` are the paths of its
    /// revision files that are there now.
    pub(super) fn new(
        index: usize,
        directory: &ScriptDirectory,
        root: &Path,
        places: &mut Places,
        revisions: &[&str],
    ) -> Self {
        let mut place = |printed: &str| {
            let place = places.directory(Path::new(printed)).filter(|place| place.root == root)?;
            Some((place.path.clone(), Box::from(printed)))
        };
        let versions: Vec<_> =
            directory.version_locations.iter().filter_map(|printed| place(printed)).collect();
        let is_deeper = |path: &&str| {
            let mut inside = versions.iter().filter_map(|(location, _)| below(location, path)).peekable();
            inside.peek().is_some() && inside.all(|rest| rest.contains('/'))
        };
        Self {
            directory: index,
            script: place(&directory.path),
            recursive: revisions.iter().any(is_deeper),
            versions,
        }
    }

    /// The directories that git is asked about.
    pub(super) fn directories(&self) -> impl Iterator<Item = &String> {
        self.script.iter().chain(&self.versions).map(|(path, _)| path)
    }

    /// Whether Alembic would have loaded the file at `path` of the work tree at `root`.
    pub(super) fn loads(&self, path: &str, root: &Path) -> Option<Loaded> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        // Alembic's own pattern minds the case of the ending.
        let is_module = Path::new(name).extension().is_some_and(|ending| ending == "py")
            && !name.starts_with("__init__")
            && !name.starts_with(".#");
        if !is_module || path.split('/').any(|part| part == "__pycache__") {
            return None;
        }
        for (location, printed) in &self.versions {
            if let Some(rest) = below(location, path)
                && (self.recursive || !rest.contains('/'))
            {
                return Some(Loaded::Surely(join(printed, rest)));
            }
        }
        let (script, printed) = self.script.as_ref()?;
        let rest = below(script, path)?;
        (rest.contains('/') && !root.join(folder).is_dir()).then(|| Loaded::IfRevision(join(printed, rest)))
    }
}

#[cfg(test)]
mod tests {
    use super::{below, join};

    #[test]
    fn paths_are_joined_and_taken_apart_by_whole_names() {
        assert_eq!(join("a/b", "c.py"), "a/b/c.py");
        assert_eq!(join("a/b/", "c.py"), "a/b/c.py");
        assert_eq!(join("", "c.py"), "c.py");
        assert_eq!(join(".", "c.py"), "c.py");
        assert_eq!(join("/", "c.py"), "/c.py");
        assert_eq!(below("a/b", "a/b/c.py"), Some("c.py"));
        assert_eq!(below("a/b", "a/bc/c.py"), None);
        assert_eq!(below("", "c.py"), Some("c.py"));
    }
}

//! What Alembic's `ScriptDirectory` is made of: the directory, its version locations, the files it would load.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::alembic_config::AlembicConfig;
use super::discover;
use super::disk::{Disk, Entry, lies_in};

/// A script directory being put together.
#[derive(Debug, Clone, Default)]
pub(super) struct Layout {
    /// The directory, as opened.
    pub(super) root: PathBuf,
    /// The same without symbolic links: its identity.
    pub(super) key: PathBuf,
    /// Where revisions are.
    pub(super) locations: Vec<Location>,
    /// Whether Alembic's configuration lists the locations, so that it loads them together.
    pub(super) lists_locations: bool,
    /// Directories that Python would import modules from.
    pub(super) import_roots: Vec<PathBuf>,
    /// Database URLs from configuration.
    pub(super) urls: Vec<String>,
    /// The configuration files that describe it.
    pub(super) config_files: Vec<PathBuf>,
    /// Version locations that were taken by what they hold, because the configured ones hold nothing.
    pub(super) assumed: Vec<PathBuf>,
}

/// A script directory that a configuration names and that is not there.
#[derive(Debug, Clone)]
pub(super) struct Absent {
    /// The configuration file.
    pub(super) file: PathBuf,
    /// What was not found.
    pub(super) reason: String,
    /// Where it could have been.
    pub(super) places: Vec<PathBuf>,
    /// The version locations that are configured.
    pub(super) locations: Vec<PathBuf>,
}

/// A version location.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Location {
    /// The directory, as opened.
    pub(super) path: PathBuf,
    /// The same without symbolic links.
    pub(super) key: PathBuf,
    /// Whether its subfolders are searched too.
    pub(super) recursive: bool,
}

impl Location {
    pub(super) fn new(path: PathBuf, recursive: bool, disk: &Disk) -> Self {
        let key = disk.canonical(&path);
        Self { path, key, recursive }
    }

    /// Whether Alembic would load a file that lies in the directory `key`.
    pub(super) fn covers(&self, key: &Path) -> bool {
        key.as_os_str() == self.key.as_os_str() || (self.recursive && lies_in(key, &self.key))
    }
}

impl Layout {
    /// A script directory without configuration.
    pub(super) fn unconfigured(root: PathBuf, disk: &Disk) -> Self {
        let locations = vec![Location::new(root.join("versions"), false, disk)];
        Self {
            key: disk.canonical(&root),
            import_roots: import_roots(&root, None, disk),
            root,
            locations,
            ..Self::default()
        }
    }

    /// A directory of revisions that lies in no script directory.
    pub(super) fn bare(root: PathBuf, disk: &Disk) -> Self {
        let locations = vec![Location::new(root.clone(), false, disk)];
        Self {
            key: disk.canonical(&root),
            import_roots: import_roots(&root, None, disk),
            root,
            locations,
            ..Self::default()
        }
    }

    /// The script directory that a configuration describes, or that it is absent.
    pub(super) fn configured(config: &AlembicConfig, disk: &Disk) -> Result<Self, Absent> {
        let here = config.file.parent().unwrap_or(&config.file).to_owned();
        let roots = import_roots(&here, Some(config), disk);
        let bases = disk.upward(&here);
        let root = match &config.script_location {
            Some(location) => resolve(location, &bases, &roots, disk),
            None => Some(here.clone()),
        };
        let mut locations: Vec<Location> = config
            .version_locations
            .iter()
            .map(|location| {
                let path = resolve(location, &bases, &roots, disk)
                    .unwrap_or_else(|| disk.tidy(&here.join(location)));
                Location::new(path, config.recursive, disk)
            })
            .collect();
        let Some(root) = root else {
            let location = config.script_location.as_deref().unwrap_or_default();
            let places = places(location, &bases, &roots).map(|place| disk.tidy(&place));
            return Err(Absent {
                file: config.file.clone(),
                reason: format!(
                    "`script_location = {location}` leads to no directory; looked from `{}` upward",
                    here.display()
                ),
                places: places.collect(),
                locations: locations.into_iter().map(|location| location.path).collect(),
            });
        };
        if locations.is_empty() {
            locations.push(Location::new(root.join("versions"), config.recursive, disk));
        }
        let mut import_roots = roots;
        add_missing(&mut import_roots, package_root(&root, disk));
        for ancestor in disk.upward(&root) {
            add_missing(&mut import_roots, ancestor);
        }
        Ok(Self {
            key: disk.canonical(&root),
            root,
            locations,
            lists_locations: !config.version_locations.is_empty(),
            import_roots,
            urls: config.urls.clone(),
            config_files: vec![config.file.clone()],
            assumed: Vec::new(),
        })
    }

    /// Adds what another description of the same script directory knows.
    pub(super) fn merge(&mut self, other: Self) {
        for location in other.locations {
            self.add_location(location);
        }
        self.lists_locations |= other.lists_locations;
        for root in other.import_roots {
            add_missing(&mut self.import_roots, root);
        }
        for url in other.urls {
            add_missing(&mut self.urls, url);
        }
        for file in other.config_files {
            add_missing(&mut self.config_files, file);
        }
        for path in other.assumed {
            add_missing(&mut self.assumed, path);
        }
    }

    /// Adds the version locations that the configuration names for this script directory and, where none holds a
    /// revision, every directory below it that does: the project sets them in code.
    pub(super) fn complete(mut self, configured: &[PathBuf], disk: &Disk) -> Self {
        for path in configured {
            let location = Location::new(path.clone(), false, disk);
            if lies_in(&location.key, &self.key) {
                self.add_location(location);
            }
        }
        if !self.has_revisions(disk) {
            for directory in discover::revision_directories(&self.root, disk) {
                self.add_location(Location::new(directory.clone(), false, disk));
                self.assumed.push(directory);
            }
        }
        self
    }

    /// Adds a version location; searching subfolders goes before not searching them.
    pub(super) fn add_location(&mut self, location: Location) {
        match self.locations.iter_mut().find(|known| known.key == location.key) {
            Some(known) => known.recursive |= location.recursive,
            None => self.locations.push(location),
        }
    }

    /// Whether Alembic would load a file that lies in the directory `key`.
    pub(super) fn covers(&self, key: &Path) -> bool {
        self.locations.iter().any(|location| location.covers(key))
    }

    /// Whether any version location holds a revision file.
    pub(super) fn has_revisions(&self, disk: &Disk) -> bool {
        self.locations.iter().any(|location| {
            if location.recursive {
                return list(location, disk).is_ok_and(|listing| !listing.files.is_empty());
            }
            let Ok(entries) = disk.entries(&location.path) else { return false };
            entries.iter().any(|entry| {
                let is_file = entry.kind.is_some_and(|kind| !kind.is_dir());
                is_file && is_revision_name(&entry.name.to_string_lossy())
            })
        })
    }
}

fn add_missing<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

/// A file that Alembic would load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RevisionFile {
    /// As found in the location.
    pub(super) path: PathBuf,
    /// Its directory without symbolic links, with its own name.
    pub(super) key: PathBuf,
    /// The file that a link leads to, which is read in the end.
    pub(super) link_target: Option<PathBuf>,
    /// Whether it is a regular file itself, not a link, a pipe or a device.
    pub(super) is_regular: bool,
}

/// What a version location holds.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// What Alembic would load.
    pub(super) files: Vec<RevisionFile>,
    /// Directories whose names look like revision files; Alembic passes them over.
    pub(super) directories_named_py: Vec<PathBuf>,
}

/// Lists a version location; one that does not exist is empty, as for Alembic.
pub(super) fn list(location: &Location, disk: &Disk) -> io::Result<Listing> {
    let mut listing = Listing::default();
    let mut open = vec![(location.path.clone(), location.key.clone())];
    while let Some((directory, key)) = open.pop() {
        let entries = match disk.entries(&directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => continue,
            Err(error) => return Err(error),
        };
        for Entry { name, kind } in entries.iter() {
            let Some(kind) = kind else { continue };
            let path = directory.join(name);
            if kind.is_dir() {
                if location.recursive && !name.to_string_lossy().ends_with("__pycache__") {
                    open.push((path, key.join(name)));
                } else if is_revision_name(&name.to_string_lossy()) {
                    listing.directories_named_py.push(path);
                }
                continue;
            }
            let link_target = if kind.is_symlink() {
                let Some(target) = target_of(&path) else { continue };
                Some(target)
            } else {
                None
            };
            let read_name = link_target.as_deref().map_or(Some(name.as_os_str()), Path::file_name);
            if read_name.is_some_and(|name| is_revision_name(&name.to_string_lossy())) {
                let is_regular = kind.is_file();
                listing.files.push(RevisionFile { path, key: key.join(name), link_target, is_regular });
            }
        }
    }
    // By bytes: comparing paths component by component takes ten times as long.
    listing.files.sort_by(|a, b| a.path.as_os_str().cmp(b.path.as_os_str()));
    Ok(listing)
}

/// The file a symbolic link leads to, there or not; `None` for a link to a directory, which Alembic does not follow.
fn target_of(path: &Path) -> Option<PathBuf> {
    match fs::canonicalize(path) {
        Ok(target) => (!target.is_dir()).then_some(target),
        Err(_) => fs::read_link(path).ok().map(|target| path.parent().unwrap_or(path).join(target)),
    }
}

/// Alembic's `(?!\.\#|__init__)(.*\.py)$`.
fn is_revision_name(name: &str) -> bool {
    name.strip_suffix(".py").is_some() && !name.starts_with(".#") && !name.starts_with("__init__")
}

/// A `script_location` or version location as a directory that exists: `package:path` through the import roots,
/// anything else from the configuration file's directory upward, since people run Alembic from the root.
fn resolve(location: &str, bases: &[PathBuf], import_roots: &[PathBuf], disk: &Disk) -> Option<PathBuf> {
    let found = places(location, bases, import_roots).find(|path| disk.is_dir(path))?;
    Some(if is_in_package(location) { found } else { disk.tidy(&found) })
}

/// Where such a location could be, likeliest first.
fn places<'a>(
    location: &str,
    bases: &'a [PathBuf],
    import_roots: &'a [PathBuf],
) -> impl Iterator<Item = PathBuf> + use<'a> {
    let is_in_package = is_in_package(location);
    let path = match location.split_once(':') {
        Some((package, inner)) if is_in_package => {
            Path::new(&package.replace('.', "/")).join(inner.split(':').collect::<PathBuf>())
        }
        _ => PathBuf::from(location),
    };
    let starts = if is_in_package { import_roots } else { bases };
    starts.iter().map(move |start| start.join(&path))
}

fn is_in_package(location: &str) -> bool {
    location.contains(':') && !Path::new(location).is_absolute()
}

/// Directories that Python may import the project's modules from, likeliest first.
fn import_roots(here: &Path, config: Option<&AlembicConfig>, disk: &Disk) -> Vec<PathBuf> {
    let mut roots = Vec::new();
    let bases = disk.upward(here);
    for entry in config.map(|config| config.prepend_sys_path.as_slice()).unwrap_or_default() {
        for base in &bases {
            let path = disk.tidy(&base.join(entry));
            if disk.is_dir(&path) {
                add_missing(&mut roots, path);
            }
        }
    }
    for base in bases {
        let source = base.join("src");
        add_missing(&mut roots, base);
        if disk.is_dir(&source) {
            add_missing(&mut roots, source);
        }
    }
    add_missing(&mut roots, package_root(here, disk));
    roots
}

/// The directory that the top-level package around `directory` lies in.
fn package_root(directory: &Path, disk: &Disk) -> PathBuf {
    let mut current = directory;
    while disk.is_file(&current.join("__init__.py"))
        && let Some(parent) = current.parent()
    {
        current = parent;
    }
    current.to_owned()
}

#[cfg(test)]
mod tests {
    use super::is_revision_name;

    #[test]
    fn revision_names_are_those_alembic_loads() {
        for name in ["a1.py", "helpers.py", ".py", "env.py", ".hidden.py"] {
            assert!(is_revision_name(name), "{name}");
        }
        for name in ["__init__.py", "__init__x.py", ".#a1.py", "a1.pyc", "a1.py~", "README"] {
            assert!(!is_revision_name(name), "{name}");
        }
    }
}

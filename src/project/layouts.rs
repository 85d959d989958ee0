//! Which script directories a request is about. Lists no revisions and reads none, beyond a look at what a file holds.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::ProjectError;
use super::alembic_config::{self, ConfigFault};
use super::discover::{self, Below};
use super::disk::{Disk, lies_in};
use super::script_directory::{Absent, Layout, Location};

/// The script directories found so far.
#[derive(Debug)]
pub(super) struct Layouts {
    working_directory: PathBuf,
    /// What the disk said so far.
    pub(super) disk: Disk,
    /// `version-locations` of the configuration.
    pub(super) version_locations: Vec<PathBuf>,
    /// What was found, each script directory once.
    pub(super) found: Vec<Layout>,
    /// Configuration files that cannot be used.
    pub(super) faults: Vec<ConfigFault>,
    /// What configuration names and is not there.
    pub(super) absent: Vec<Absent>,
    /// What was read before anybody asked, by directory.
    read_ahead: FxHashMap<OsString, Described>,
    /// Layouts by the directory of their configuration files.
    configured: FxHashMap<OsString, Rc<[Layout]>>,
    /// Script directories by their own path.
    by_root: FxHashMap<OsString, Layout>,
    /// Directories of requested files without symbolic links, by their paths.
    parents: FxHashMap<PathBuf, PathBuf>,
    /// What stands around a directory of requested files, by its key.
    owners: FxHashMap<PathBuf, Owner>,
}

/// What findings were asked for.
#[derive(Debug, Default)]
pub(super) struct Selection {
    /// Everything.
    pub(super) all: bool,
    /// Files, by directory without symbolic links and own name, with the path as asked.
    pub(super) files: FxHashMap<PathBuf, PathBuf>,
    /// Directories without symbolic links: everything below them.
    pub(super) directories: Vec<PathBuf>,
    /// Whole script directories, by key: their configuration file was named.
    pub(super) script_directories: FxHashSet<PathBuf>,
}

impl Selection {
    /// What was asked for of one script directory.
    pub(super) fn of<'a>(&'a self, layout: &Layout) -> Asked<'a> {
        let is_near = |directory: &&PathBuf| {
            let is_around = |key: &Path| lies_in(key, directory) || lies_in(directory, key);
            is_around(&layout.key) || layout.locations.iter().any(|location| is_around(&location.key))
        };
        Asked {
            all: self.all || self.script_directories.contains(&layout.key),
            files: &self.files,
            directories: self.directories.iter().filter(is_near).map(PathBuf::as_path).collect(),
        }
    }
}

/// What findings were asked for in one script directory.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    all: bool,
    files: &'a FxHashMap<PathBuf, PathBuf>,
    directories: Vec<&'a Path>,
}

impl Asked<'_> {
    /// Whether findings in this file were asked for.
    pub(super) fn holds(&self, key: &Path) -> bool {
        self.all
            || self.files.contains_key(key)
            || self.directories.iter().any(|directory| lies_in(key, directory))
    }
}

/// What a directory of requested files is to Alembic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// Inside a version location.
    VersionLocation,
    /// Inside a script directory, where Alembic does not look.
    ScriptDirectory,
    /// Neither.
    None,
}

/// Directories that are looked into for revisions even where other script directories were found.
const USUAL_NAMES: [&str; 3] = ["alembic", "migrations", "versions"];

impl Layouts {
    pub(super) fn new(working_directory: &Path, version_locations: &[PathBuf]) -> Self {
        let disk = Disk::default();
        Self {
            working_directory: disk.tidy(working_directory),
            version_locations: version_locations.iter().map(|path| disk.tidy(path)).collect(),
            disk,
            found: Vec::new(),
            faults: Vec::new(),
            absent: Vec::new(),
            read_ahead: FxHashMap::default(),
            configured: FxHashMap::default(),
            by_root: FxHashMap::default(),
            parents: FxHashMap::default(),
            owners: FxHashMap::default(),
        }
    }

    /// Finds the script directories that `paths` are about; without paths those around and below the working
    /// directory.
    pub(super) fn find(&mut self, paths: &[PathBuf]) -> Result<Selection, ProjectError> {
        let mut selection = Selection { all: paths.is_empty(), ..Selection::default() };
        if paths.is_empty() {
            self.find_around(&self.working_directory.clone());
            self.add_configured_locations();
            return Ok(selection);
        }
        let mut files = Vec::new();
        let mut directories = Vec::new();
        for given in paths {
            let path = self.disk.tidy(&self.working_directory.join(given));
            let shown = || given.to_string_lossy().into_owned();
            match fs::symlink_metadata(&path) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                    return Err(ProjectError::NotFound { path: shown() });
                }
                Err(error) => {
                    return Err(ProjectError::Unreadable { path: shown(), reason: error.to_string() });
                }
                Ok(data) if data.is_dir() || (data.is_symlink() && path.is_dir()) => directories.push(path),
                Ok(_) => files.push(path),
            }
        }
        let all_below = discover::below_each(&directories);
        let configured = all_below.iter().flat_map(|below| &below.configured);
        self.read_ahead(&directories.iter().chain(configured).collect::<Vec<_>>());
        for (path, below) in directories.iter().zip(all_below) {
            let key = self.disk.canonical(path);
            self.find_below(path, below, true);
            // A script directory is asked for with its version locations, wherever they lie.
            let inside = self.found.iter().filter(|layout| lies_in(&layout.key, &key));
            selection.script_directories.extend(inside.map(|layout| layout.key.clone()));
            selection.directories.push(key);
        }
        for path in files {
            self.find_for_file(&path, &mut selection);
        }
        Ok(selection)
    }

    /// Asks the disk in several threads for what the search will need of the directories and those around them.
    fn read_ahead(&mut self, directories: &[&PathBuf]) {
        directories.par_iter().for_each(|directory| self.disk.list_upward(directory));
        let upward = directories.iter().flat_map(|directory| self.disk.upward(directory));
        let all: FxHashSet<OsString> = upward.map(PathBuf::into_os_string).collect();
        let read = |directory: OsString| {
            let described = Described::read(Path::new(&directory), &self.version_locations, &self.disk);
            (directory, described)
        };
        let read: Vec<_> = all.into_par_iter().map(read).collect();
        self.read_ahead = read.into_iter().collect();
    }

    /// The nearest configuration upward, and everything below.
    fn find_around(&mut self, directory: &Path) {
        for ancestor in self.disk.upward(directory) {
            let layouts = self.layouts_in(&ancestor);
            if !layouts.is_empty() {
                layouts.iter().for_each(|layout| self.add(layout.clone()));
                break;
            }
        }
        self.find_below(directory, discover::below(directory), false);
    }

    fn find_below(&mut self, directory: &Path, below: Below, is_requested: bool) {
        let key = self.disk.canonical(directory);
        for configured in &below.configured {
            let layouts = self.layouts_in(configured);
            layouts.iter().for_each(|layout| self.add(layout.clone()));
        }
        for root in &below.environments {
            if self.disk.is_script_directory(root) {
                let layout = self.layout_at(root);
                self.add(layout);
            }
        }
        for ancestor in self.disk.upward(directory) {
            if is_requested {
                let layouts = self.layouts_in(&ancestor);
                let touching = layouts.iter().filter(|layout| touches(layout, &key));
                touching.for_each(|layout| self.add(layout.clone()));
            }
            if self.disk.is_script_directory(&ancestor) {
                let layout = self.layout_at(&ancestor);
                self.add(layout);
                break;
            }
        }
        if is_requested {
            self.add_requested_locations(directory, &key);
        }
        let is_thorough = !self.found.iter().any(|layout| touches(layout, &key));
        self.add_bare_directories(below.python, is_thorough);
    }

    /// A requested directory inside a script directory where Alembic is not told to look: the project hands it
    /// to Alembic in code, so what holds revisions there is a version location.
    fn add_requested_locations(&mut self, directory: &Path, key: &Path) {
        let is_known = self.found.iter().flat_map(|layout| &layout.locations).any(|location| {
            location.covers(key) || (lies_in(&location.key, key) && self.disk.is_dir(&location.path))
        });
        let around = self
            .found
            .iter_mut()
            .filter(|layout| lies_in(key, &layout.key) && key != layout.key)
            .max_by_key(|layout| layout.key.as_os_str().len());
        let Some(layout) = around.filter(|_| !is_known) else { return };
        for path in discover::revision_directories(directory, &self.disk) {
            layout.add_location(Location::new(path, false, &self.disk));
        }
    }

    /// `version-locations` that lie in no script directory.
    fn add_configured_locations(&mut self) {
        for path in self.version_locations.clone() {
            let key = self.disk.canonical(&path);
            if path.is_dir() && !self.found.iter().any(|layout| layout.covers(&key)) {
                self.add(Layout::bare(path, &self.disk));
            }
        }
    }

    /// Directories of revisions outside any script directory.
    fn add_bare_directories(&mut self, python: Vec<PathBuf>, is_thorough: bool) {
        let outside: Vec<PathBuf> = python
            .into_iter()
            .filter(|path| {
                is_thorough
                    || path.file_name().is_some_and(|name| USUAL_NAMES.iter().any(|usual| name == *usual))
            })
            .filter(|path| {
                let key = self.disk.canonical(path);
                !self.found.iter().any(|layout| lies_in(&key, &layout.key) || layout.covers(&key))
            })
            .collect();
        let bare: Vec<PathBuf> =
            outside.into_par_iter().filter(|path| discover::holds_revisions(path, &self.disk)).collect();
        for path in bare {
            self.add(Layout::bare(path, &self.disk));
        }
    }

    fn find_for_file(&mut self, path: &Path, selection: &mut Selection) {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return };
        let parent_key = match self.parents.get(parent) {
            Some(key) => key.clone(),
            None => self.disk.canonical(parent),
        };
        self.parents.entry(parent.to_owned()).or_insert_with(|| parent_key.clone());
        selection.files.insert(parent_key.join(name), path.to_owned());
        let name = name.to_string_lossy();
        if name == "pyproject.toml" || name.ends_with(".ini") {
            for layout in self.layouts_in(parent).iter() {
                if layout.config_files.iter().any(|file| file == path) {
                    selection.script_directories.insert(layout.key.clone());
                    self.add(layout.clone());
                }
            }
            return;
        }
        if (name == "env.py" || name == "script.py.mako") && self.is_script_directory(parent) {
            let layout = self.layout_at(parent);
            self.add(layout);
            return;
        }
        if !name.ends_with(".py") {
            return;
        }
        let owner = match self.owners.get(&parent_key) {
            Some(owner) => *owner,
            None => self.find_owner(parent, &parent_key),
        };
        self.owners.insert(parent_key.clone(), owner);
        if owner == Owner::None && discover::holds_revision(path) {
            self.add_layout_elsewhere(parent, &parent_key);
            self.owners.insert(parent_key, Owner::VersionLocation);
        }
    }

    fn is_script_directory(&mut self, directory: &Path) -> bool {
        let key = self.disk.canonical(directory);
        self.disk.is_script_directory(directory)
            || self
                .disk
                .upward(directory)
                .iter()
                .any(|ancestor| self.layouts_in(ancestor).iter().any(|layout| layout.key == key))
    }

    /// The script directory that loads the files of `directory`, by configuration or by its files upward.
    fn find_owner(&mut self, directory: &Path, key: &Path) -> Owner {
        if self.found.iter().any(|layout| layout.covers(key)) {
            return Owner::VersionLocation;
        }
        let ancestors = self.disk.upward(directory);
        for ancestor in &ancestors {
            let layouts = self.layouts_in(ancestor);
            if let Some(layout) = layouts.iter().find(|layout| layout.covers(key)) {
                self.add(layout.clone());
                return Owner::VersionLocation;
            }
        }
        let Some(root) = ancestors.iter().find(|ancestor| self.disk.is_script_directory(ancestor)) else {
            return Owner::None;
        };
        let layout = self.layout_at(root);
        let covers = layout.covers(key);
        // What is passed over is told to the user with its script directory.
        self.add(layout);
        if covers { Owner::VersionLocation } else { Owner::ScriptDirectory }
    }

    /// A revision with no script directory around it: one that is configured elsewhere in the project, else its
    /// own directory.
    fn add_layout_elsewhere(&mut self, directory: &Path, key: &Path) {
        for configured in discover::below(&self.working_directory).configured {
            let layouts = self.layouts_in(&configured);
            if let Some(layout) = layouts.iter().find(|layout| layout.covers(key)) {
                self.add(layout.clone());
                return;
            }
        }
        self.add(Layout::bare(directory.to_owned(), &self.disk));
    }

    /// The script directory `root`, as the nearest configuration that names it says.
    fn layout_at(&mut self, root: &Path) -> Layout {
        if let Some(known) = self.by_root.get(root.as_os_str()) {
            return known.clone();
        }
        let layout = self.find_layout_at(root);
        self.by_root.insert(root.as_os_str().to_owned(), layout.clone());
        layout
    }

    fn find_layout_at(&mut self, root: &Path) -> Layout {
        let key = self.disk.canonical(root);
        for ancestor in self.disk.upward(root) {
            let layouts = self.layouts_in(&ancestor);
            let mut matching = layouts.iter().filter(|layout| layout.key == key);
            if let Some(first) = matching.next() {
                let mut layout = first.clone();
                matching.for_each(|other| layout.merge(other.clone()));
                return layout;
            }
        }
        Layout::unconfigured(root.to_owned(), &self.disk).complete(&self.version_locations, &self.disk)
    }

    /// The script directories that the configuration files of a directory describe.
    fn layouts_in(&mut self, directory: &Path) -> Rc<[Layout]> {
        if let Some(known) = self.configured.get(directory.as_os_str()) {
            return Rc::clone(known);
        }
        let described = self
            .read_ahead
            .remove(directory.as_os_str())
            .unwrap_or_else(|| Described::read(directory, &self.version_locations, &self.disk));
        self.faults.extend(described.faults);
        self.absent.extend(described.absent);
        let layouts: Rc<[Layout]> = described.layouts.into();
        self.configured.insert(directory.as_os_str().to_owned(), Rc::clone(&layouts));
        layouts
    }

    fn add(&mut self, layout: Layout) {
        match self.found.iter_mut().find(|known| known.key == layout.key) {
            Some(known) => known.merge(layout),
            None => self.found.push(layout),
        }
    }
}

/// What the configuration files of one directory say.
#[derive(Debug)]
struct Described {
    layouts: Vec<Layout>,
    faults: Vec<ConfigFault>,
    absent: Vec<Absent>,
}

impl Described {
    fn read(directory: &Path, version_locations: &[PathBuf], disk: &Disk) -> Self {
        let (configs, faults) = alembic_config::read_directory(directory, disk);
        let mut described = Self { layouts: Vec::new(), faults, absent: Vec::new() };
        for config in configs {
            // Without `script_location` the file serves a script directory only where it lies in one.
            if config.script_location.is_none() && !disk.is_file(&directory.join("env.py")) {
                continue;
            }
            match Layout::configured(&config, disk) {
                Ok(layout) => described.layouts.push(layout.complete(version_locations, disk)),
                Err(absent) => described.absent.push(absent),
            }
        }
        described
    }
}

/// Whether a script directory or one of its version locations lies in the directory `key`, or around it.
fn touches(layout: &Layout, key: &Path) -> bool {
    lies_in(&layout.key, key)
        || layout.locations.iter().any(|location| lies_in(&location.key, key) || location.covers(key))
}

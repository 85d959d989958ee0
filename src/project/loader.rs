//! Script directories found -> a [`Project`] with every file read. Searches for nothing.

use std::ffi::OsString;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::{FxBuildHasher, FxHashSet};

use super::dependencies::Dependencies;
use super::dialect::Evidence;
use super::disk::Disk;
use super::engine::{Engine, Url};
use super::layouts::{Layouts, Selection};
use super::modules::Module;
use super::script_directory::{self, Absent, Layout, Listing, RevisionFile};
use super::{LOCK_FILE, Project, ScriptDirectory, metadata, modules, notes, read, services};
use crate::source::{Applied, Encoding, Role, SourceFile};

/// Lists and reads what `search` found.
pub(super) fn read_project(working_directory: &Path, search: Layouts, selection: &Selection) -> Project {
    let printer = Printer { working_directory: search.disk.tidy(working_directory) };
    let mut project = Project::default();
    let mut layouts = search.found;
    layouts.sort_by_cached_key(|layout| printer.show(&layout.root));
    for fault in &search.faults {
        let place = match fault.line {
            Some(line) => format!("{}:{line}", printer.show(&fault.file)),
            None => printer.show(&fault.file),
        };
        project.errors.push(format!("{place}: {}", fault.message));
    }
    let absent = search.version_locations.iter().filter(|path| !path.is_dir());
    project.errors.extend(absent.map(|path| {
        format!(
            "`version-locations` names `{}`, which is no directory; correct or remove it",
            printer.show(path)
        )
    }));
    for absent in &search.absent {
        project.notes.push(format!("{}: {}", printer.show(&absent.file), absent.reason));
        project.absent.extend(absent_directories(absent, &printer));
    }

    let listings: Vec<Vec<_>> = layouts
        .par_iter()
        .map(|layout| {
            let list = |location| script_directory::list(location, &search.disk);
            layout.locations.iter().map(list).collect()
        })
        .collect();
    let count = listings.iter().flatten().flatten().map(|listing| listing.files.len()).sum();
    let mut listed = Listed::with_capacity(count);
    for (index, (layout, listings)) in layouts.iter().zip(listings).enumerate() {
        let files = files_listed(layout, listings, &printer, &mut project);
        listed.add(layout, files, index, selection, &search.disk);
    }
    let wanted = listed.wanted;
    project.files = wanted.into_par_iter().map(|file| file.read(&printer)).collect();
    let (modules, (unloaded, directories)) = rayon::join(
        || modules_of(&layouts, &search.disk, &project.files, &printer),
        || {
            let mut dependencies = Dependencies::default();
            let files = &project.files;
            let describe = |(index, layout)| {
                describe(layout, files_of(files, index), &printer, &mut dependencies, &search.disk)
            };
            (notes::unloaded(&layouts, &search.disk), layouts.iter().enumerate().map(describe).collect())
        },
    );
    project.files.extend(modules);
    project.directories = directories;
    project.files.sort_by(|a, b| a.path.cmp(&b.path).then(a.directory.cmp(&b.directory)));
    notes::add(&mut project, &layouts, &unloaded, selection, &listed.keys, &printer);
    project
}

/// What a script directory that is not there would be in each of its places.
fn absent_directories(absent: &Absent, printer: &Printer) -> impl Iterator<Item = ScriptDirectory> {
    absent.places.iter().map(|place| {
        let usual = [place.join("versions")];
        let locations = if absent.locations.is_empty() { &usual[..] } else { &absent.locations };
        ScriptDirectory {
            path: printer.show(place).into(),
            version_locations: locations.iter().map(|location| printer.show(location).into()).collect(),
            lists_locations: !absent.locations.is_empty(),
            ..ScriptDirectory::default()
        }
    })
}

/// The files of one script directory; they stand in the order of these.
fn files_of(files: &[SourceFile], index: usize) -> &[SourceFile] {
    let start = files.partition_point(|file| file.directory < index);
    let end = files.partition_point(|file| file.directory <= index);
    files.get(start..end).unwrap_or_default()
}

/// The project's own modules that revisions and the metadata need, of each script directory; `files` are what was read.
fn modules_of(layouts: &[Layout], disk: &Disk, files: &[SourceFile], printer: &Printer) -> Vec<SourceFile> {
    let of_layout = |(index, layout): (usize, &Layout)| {
        let files = files_of(files, index);
        let mut modules = modules::load(layout, disk, files);
        if let Some(environment) = files.iter().find(|file| file.role == Role::Environment) {
            let known: FxHashSet<Box<str>> = modules.iter().map(|module| module.name.clone()).collect();
            let of_metadata = metadata::load(layout, disk, environment.text()).into_iter();
            modules.extend(of_metadata.filter(|module| !known.contains(&module.name)));
        }
        modules.into_iter().map(move |module| module.file(index, printer))
    };
    layouts.par_iter().enumerate().flat_map_iter(of_layout).collect()
}

/// What the version locations of a script directory hold; what is wrong with them goes to the project's errors and notes.
fn files_listed(
    layout: &Layout,
    listings: Vec<io::Result<Listing>>,
    printer: &Printer,
    project: &mut Project,
) -> Vec<RevisionFile> {
    let mut files = Vec::new();
    for (location, listing) in layout.locations.iter().zip(listings) {
        match listing {
            Ok(listing) => {
                files.extend(listing.files);
                let directories = listing.directories_named_py.iter();
                project.notes.extend(directories.map(|path| {
                    format!(
                        "`{}` is a directory, which Alembic does not load as a revision",
                        printer.show(path)
                    )
                }));
            }
            Err(error) => project.errors.push(format!(
                "{}: the version location cannot be read: {error}; give the current user access",
                printer.show(&location.path)
            )),
        }
    }
    files
}

/// Files that will be read.
struct Listed {
    wanted: Vec<Wanted>,
    /// Keys of the files, to tell which requested paths are none of them.
    keys: FxHashSet<PathBuf>,
    /// Revision files that belong to a script directory already; as bytes, for hashing a path takes it apart.
    taken: FxHashSet<OsString>,
}

/// One file that will be read.
struct Wanted {
    path: PathBuf,
    directory: usize,
    role: Role,
    is_selected: bool,
    is_regular: bool,
}

impl Listed {
    fn with_capacity(files: usize) -> Self {
        let taken = FxHashSet::with_capacity_and_hasher(files, FxBuildHasher);
        Self { wanted: Vec::with_capacity(files), keys: FxHashSet::default(), taken }
    }

    fn add(
        &mut self,
        layout: &Layout,
        files: Vec<RevisionFile>,
        directory: usize,
        selection: &Selection,
        disk: &Disk,
    ) {
        let asked = selection.of(layout);
        for file in files {
            let is_selected = asked.holds(&file.key);
            if !selection.files.is_empty() {
                self.keys.insert(file.key.clone());
            }
            // Alembic loads a file once, however many locations or links lead to it.
            if self.taken.insert(file.link_target.unwrap_or(file.key).into_os_string()) {
                let (path, is_regular) = (file.path, file.is_regular);
                self.wanted.push(Wanted { path, directory, role: Role::Revision, is_selected, is_regular });
            }
        }
        for (name, role) in
            [("script.py.mako", Role::Template), ("env.py", Role::Environment), (LOCK_FILE, Role::Lock)]
        {
            let key = layout.key.join(name);
            let path = layout.root.join(name);
            if disk.exists(&path) && !self.taken.contains(key.as_os_str()) {
                let is_selected = asked.holds(&key);
                self.keys.insert(key);
                self.wanted.push(Wanted { path, directory, role, is_selected, is_regular: false });
            }
        }
    }
}

impl Wanted {
    fn read(self, printer: &Printer) -> SourceFile {
        let read = if self.is_regular { read::read_regular(&self.path) } else { read::read(&self.path) };
        let (text, encoding) = match read {
            Ok((text, encoding)) => (Ok(Arc::from(text)), encoding),
            Err(reason) => (Err(reason.into()), Encoding::Utf8),
        };
        SourceFile {
            path: printer.show(&self.path).into(),
            location: self.path,
            directory: self.directory,
            role: self.role,
            text,
            encoding,
            selected: self.is_selected,
            applied: Applied::No,
        }
    }
}

impl Module {
    fn file(self, directory: usize, printer: &Printer) -> SourceFile {
        SourceFile {
            path: printer.show(&self.path).into(),
            location: self.path,
            directory,
            role: Role::Module(self.name),
            text: Ok(self.text),
            encoding: self.encoding,
            selected: false,
            applied: Applied::No,
        }
    }
}

fn describe(
    layout: &Layout,
    files: &[SourceFile],
    printer: &Printer,
    dependencies: &mut Dependencies,
    disk: &Disk,
) -> ScriptDirectory {
    let start = layout.config_files.first().and_then(|file| file.parent()).unwrap_or(&layout.root);
    let environment = files.iter().find(|file| file.role == Role::Environment);
    let engine = environment
        .map(|file| Engine::of(layout, disk, (file.text(), &file.path), printer))
        .unwrap_or_default();
    let sets_lock_timeout =
        engine.sets_lock_timeout || layout.urls.iter().any(|url| url.contains("lock_timeout"));
    let place = layout.config_files.first().map(|file| printer.show(file)).unwrap_or_default();
    let configured = layout.urls.iter().filter_map(|url| {
        Some(Url { scheme: url.split_once(':')?.0.trim().to_lowercase(), place: place.clone() })
    });
    let drivers = dependencies.drivers(start, disk).into_iter();
    let drivers: Vec<_> = drivers.map(|(name, file)| (name, printer.show(&file).into_boxed_str())).collect();
    let services = services::find(start, disk, printer);
    let evidence = Evidence::new(configured.collect(), engine, files, services, &drivers);
    let mut directory = ScriptDirectory {
        path: printer.show(&layout.root).into(),
        version_locations: layout
            .locations
            .iter()
            .map(|location| printer.show(&location.path).into())
            .collect(),
        lists_locations: layout.lists_locations,
        dependencies: dependencies.listed(start, disk),
        sets_lock_timeout,
        ..ScriptDirectory::default()
    };
    evidence.describe(&mut directory);
    directory
}

/// Prints paths relative to the working directory, with `/`.
pub(super) struct Printer {
    working_directory: PathBuf,
}

impl Printer {
    pub(super) fn show(&self, path: &Path) -> String {
        if let Some(inner) = self.plain_inner(path) {
            return inner.to_owned();
        }
        let shown = match path.strip_prefix(&self.working_directory) {
            Ok(inner) if inner.as_os_str().is_empty() => ".".into(),
            Ok(inner) => inner.to_string_lossy(),
            Err(_) => return self.show_outside(path),
        };
        if cfg!(windows) { shown.replace('\\', "/") } else { shown.into_owned() }
    }

    /// What follows the working directory, where the text alone tells it: taking thousands of paths apart would take longer.
    fn plain_inner<'a>(&self, path: &'a Path) -> Option<&'a str> {
        let inner = path.to_str()?.strip_prefix(self.working_directory.to_str()?)?.strip_prefix('/')?;
        let is_plain = !inner.is_empty() && !inner.starts_with(['/', '.']) && !inner.ends_with(['/', '.']);
        is_plain.then_some(inner)
    }

    /// A path that shares more than the root with the working directory goes up to what they share.
    fn show_outside(&self, path: &Path) -> String {
        let is_named = |component: &(Component<'_>, Component<'_>)| component.0 == component.1;
        let shared = self.working_directory.components().zip(path.components()).take_while(is_named).count();
        if shared < 2 {
            return path.to_string_lossy().replace('\\', "/");
        }
        let up = self.working_directory.components().skip(shared).map(|_| "..".to_owned());
        let down = path.components().skip(shared).map(|part| part.as_os_str().to_string_lossy().into_owned());
        let parts: Vec<String> = up.chain(down).collect();
        parts.join("/")
    }
}

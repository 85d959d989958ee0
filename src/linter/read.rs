//! Reads all revisions of a project at once. Judges nothing.

use rayon::prelude::*;

use crate::config::Settings;
use crate::history::graph::Graph;
use crate::operation::{Dialect, Server, Version};
use crate::project::{AppliedSource, Project, ScriptDirectory};
use crate::python::{Modules, read_revision, read_with_fingerprint};
use crate::revision::Revision;
use crate::source::{Applied, Role, SourceFile};

/// The revisions of a project, and the base commit's version of those that changed or are gone; each in the
/// order of [`Project::files`].
pub(super) fn revisions(
    project: &Project,
    settings: &Settings,
) -> (Vec<Option<Revision>>, Vec<Option<Box<Revision>>>) {
    let directories = project.directories.len().max(1);
    let modules: Vec<_> = (0..directories).into_par_iter().map(|i| Modules::new(&project.files, i)).collect();
    let no_modules = Modules::default();
    let read = |file: &SourceFile, is_now: bool| {
        let modules = modules.get(file.directory).unwrap_or(&no_modules);
        let directory = project.directories.get(file.directory);
        let dialect = dialect(settings, directory, &file.path);
        // A lock tells by hashes what changed.
        if is_now && directory.is_some_and(|directory| directory.applied == AppliedSource::Lock) {
            read_with_fingerprint(file, modules, dialect)
        } else {
            read_revision(file, modules, dialect)
        }
    };
    project
        .files
        .par_iter()
        .map(|file| match (&file.role, &file.applied) {
            (Role::Revision, Applied::Changed { base, .. }) => {
                let base = SourceFile { text: Ok(base.clone()), ..file.clone() };
                (Some(read(file, true)), Some(Box::new(read(&base, false))))
            }
            (Role::Revision, Applied::No | Applied::Unchanged) => (Some(read(file, true)), None),
            (Role::Deleted, _) => (None, Some(Box::new(read(file, false)))),
            (Role::Template | Role::Environment | Role::Module(_) | Role::Lock, _) => (None, None),
        })
        .unzip()
}

/// What a merge with the base ref will bring, in the order of [`Project::upcoming`].
pub(super) fn upcoming(project: &Project, settings: &Settings) -> Vec<Revision> {
    let modules = Modules::default();
    let read = |file: &SourceFile| {
        read_revision(file, &modules, dialect(settings, project.directories.get(file.directory), &file.path))
    };
    project.upcoming.par_iter().map(read).collect()
}

/// The dialect of a file at `path`: configured, else detected, else [`Dialect::Postgresql`].
pub(super) fn dialect(settings: &Settings, directory: Option<&ScriptDirectory>, path: &str) -> Dialect {
    let detected = directory.and_then(|directory| directory.dialect_at(path));
    settings.dialect.or(detected).unwrap_or(Dialect::Postgresql)
}

/// The dialect of a history: that of its first file.
pub(super) fn dialect_of(settings: &Settings, project: &Project, graph: &Graph<'_>) -> Dialect {
    let first = graph.nodes().next().and_then(|(_, node)| project.file(node.file));
    dialect(settings, project.directories.get(graph.directory()), first.map_or("", |file| &file.path))
}

/// The oldest server of the dialect that the revisions run on: as configured, else the oldest supported one.
pub(super) fn server(settings: &Settings, dialect: Dialect) -> Server {
    let configured = settings.database_version.as_deref().and_then(Version::parse);
    let oldest = Server::oldest_supported(dialect);
    configured.map_or(oldest, |version| Server { version, ..oldest })
}

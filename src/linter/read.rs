//! Reads all revisions of a project at once. Judges nothing.

use rayon::prelude::*;

use crate::config::Settings;
use crate::operation::Dialect;
use crate::project::{Project, ScriptDirectory};
use crate::python::{Modules, read_revision};
use crate::revision::Revision;
use crate::source::{Applied, Role, SourceFile};

/// The revisions of a project, and the base commit's version of those that changed or are gone; each in the
/// order of [`Project::files`].
pub(super) fn revisions(
    project: &Project,
    settings: &Settings,
) -> (Vec<Option<Revision>>, Vec<Option<Revision>>) {
    let directories = project.directories.len().max(1);
    let modules: Vec<_> = (0..directories).map(|i| Modules::new(&project.files, i)).collect();
    let no_modules = Modules::default();
    let read = |file: &SourceFile| {
        let modules = modules.get(file.directory).unwrap_or(&no_modules);
        let dialect = dialect(settings, project.directories.get(file.directory));
        read_revision(file, modules, dialect)
    };
    project
        .files
        .par_iter()
        .map(|file| match (&file.role, &file.applied) {
            (Role::Revision, Applied::Changed { base, .. }) => {
                let base = SourceFile { text: Ok(base.clone()), ..file.clone() };
                (Some(read(file)), Some(read(&base)))
            }
            (Role::Revision, Applied::No | Applied::Unchanged) => (Some(read(file)), None),
            (Role::Deleted, _) => (None, Some(read(file))),
            (Role::Template | Role::Environment | Role::Module(_) | Role::Lock, _) => (None, None),
        })
        .unzip()
}

/// The dialect: configured, else detected, else [`Dialect::Postgresql`].
pub(super) fn dialect(settings: &Settings, directory: Option<&ScriptDirectory>) -> Dialect {
    let detected = directory.and_then(|directory| directory.dialect);
    settings.dialect.or(detected).unwrap_or(Dialect::Postgresql)
}

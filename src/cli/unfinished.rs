//! Changes that a killed run left half made: a command that writes completes them first, others mention them.

use std::path::{Path, PathBuf};

use anyhow::Context;

use super::load::Loaded;
use crate::fix::{Completed, Leftovers, complete_leftovers, find_leftovers};
use crate::project::Project;

/// Loads a project; where a run was killed while it wrote there, its change is completed first if this command writes.
pub(super) fn load_settled(
    is_writing: bool,
    mut load: impl FnMut() -> anyhow::Result<Loaded>,
) -> anyhow::Result<Loaded> {
    let mut loaded = load()?;
    let directories = directories(&loaded.project);
    match find_leftovers(&directories) {
        Leftovers::None => Ok(loaded),
        Leftovers::Underway if !is_writing => Ok(loaded),
        Leftovers::Abandoned if !is_writing => {
            loaded.project.notes.push(
                "a run of alembic-lint was stopped while it wrote here, and some files may still be unchanged; the next \
                 `alembic-lint --fix` completes its change"
                    .to_owned(),
            );
            Ok(loaded)
        }
        Leftovers::Underway | Leftovers::Abandoned => {
            let completed = complete_leftovers(&with_links(&loaded.project, directories))
                .context("the change of a stopped run cannot be completed")?;
            let mut loaded = load()?;
            loaded.project.notes.extend(notes(&completed));
            Ok(loaded)
        }
    }
}

/// Where this program may have written.
fn directories(project: &Project) -> Vec<PathBuf> {
    let parents = project.files.iter().filter_map(|file| file.location.parent()).map(Path::to_owned);
    let mut directories: Vec<PathBuf> = parents.collect();
    // Files of one directory are beside each other.
    directories.dedup();
    directories.sort_unstable();
    directories.dedup();
    directories
}

/// The same, and where symbolic links lead.
fn with_links(project: &Project, mut directories: Vec<PathBuf>) -> Vec<PathBuf> {
    let targets = project.files.iter().filter_map(|file| std::fs::canonicalize(&file.location).ok());
    directories.extend(targets.filter_map(|target| target.parent().map(Path::to_owned)));
    directories
}

fn notes(completed: &Completed) -> Vec<String> {
    let name = |path: &PathBuf| format!("`{}`", path.display());
    let written = completed
        .written
        .iter()
        .map(|path| format!("{} was written to complete the change of a run that was stopped", name(path)));
    let left = completed.left.iter().map(|path| {
        format!(
            "{} was left as it is: it changed after the run that was to change it was stopped",
            name(path)
        )
    });
    written.chain(left).collect()
}

//! Script directories of the base commit that are gone as a whole, so that nothing on the disk tells of them. What was
//! in them is found like any other deleted revision.

use std::path::Path;

use rustc_hash::{FxHashMap, FxHashSet};

use super::base;
use super::command::{GitError, Repository};
use super::environment::CiEnvironment;
use super::objects;
use super::paths::{Locations, Places, below, join};
use crate::config::AppliedRef;
use crate::project::{Project, ScriptDirectory};

/// Adds to a project that misses a script directory those that the base commit has where the configuration says, and below
/// the working directory.
pub(super) fn add(
    project: &mut Project,
    places: &mut Places,
    setting: &AppliedRef,
    environment: &CiEnvironment,
) -> Result<(), GitError> {
    if project.absent.is_empty() && !project.directories.is_empty() {
        return Ok(());
    }
    let Some(here) = places.directory(Path::new("")).cloned() else { return Ok(()) };
    let repository = Repository::new(here.root.clone());
    let Ok(base) = base::find(&repository, setting, environment)? else { return Ok(()) };
    let tree = objects::tree(&repository, &base.commit)?;
    let mut gone: Vec<(ScriptDirectory, Vec<&str>)> = Vec::new();
    for directory in &project.absent {
        let locations = Locations::new(project.directories.len(), directory, &here.root, places, &[]);
        let revisions = tree.keys().filter(|path| locations.loads(path, &here.root).is_some());
        let revisions: Vec<&str> = revisions.map(|path| name_of(path)).collect();
        if !revisions.is_empty() {
            gone.push((directory.clone(), revisions));
        }
    }
    let paths: Vec<&str> = tree.keys().filter_map(|path| below(&here.path, path)).collect();
    for (directory, revisions) in script_directories(&paths) {
        let path = if directory.is_empty() { "." } else { directory };
        let is_there = here.root.join(&here.path).join(directory).join("env.py").exists();
        if !is_there && !gone.iter().any(|(known, _)| *known.path == *path) {
            let versions = vec![join(directory, "versions").into()];
            let directory = ScriptDirectory {
                version_locations: versions,
                path: path.into(),
                ..ScriptDirectory::default()
            };
            gone.push((directory, revisions));
        }
    }
    if gone.is_empty() {
        return Ok(());
    }
    // What moved has its names elsewhere.
    let files = objects::work_tree(&repository)?;
    let names: FxHashSet<&str> = files.iter().map(|path| name_of(path)).collect();
    gone.retain(|(_, revisions)| {
        let elsewhere = revisions.iter().filter(|name| names.contains(*name)).count();
        revisions.is_empty() || elsewhere * 2 < revisions.len()
    });
    gone.sort_by(|(a, _), (b, _)| a.path.cmp(&b.path));
    project.directories.extend(gone.into_iter().map(|(directory, _)| directory));
    Ok(())
}

fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

/// The script directories among `paths`, by what they hold, each with the names of the files in `versions`.
fn script_directories<'a>(paths: &[&'a str]) -> FxHashMap<&'a str, Vec<&'a str>> {
    let split = |path: &'a str| path.rsplit_once('/').unwrap_or(("", path));
    let named = |wanted: &'static str| {
        paths
            .iter()
            .map(move |path| split(path))
            .filter(move |(_, name)| *name == wanted)
            .map(|(place, _)| place)
    };
    let templates: FxHashSet<&str> = named("script.py.mako").collect();
    let mut versions: FxHashMap<&str, Vec<&str>> = FxHashMap::default();
    for (place, name) in paths.iter().map(|path| split(path)) {
        let parent = if place == "versions" { Some("") } else { place.strip_suffix("/versions") };
        let is_revision =
            Path::new(name).extension().is_some_and(|ending| ending == "py") && name != "__init__.py";
        if let Some(parent) = parent.filter(|_| is_revision) {
            versions.entry(parent).or_default().push(name);
        }
    }
    named("env.py")
        .filter(|place| templates.contains(place) || versions.contains_key(place))
        .map(|place| (place, versions.get(place).cloned().unwrap_or_default()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::script_directories;

    #[test]
    fn a_script_directory_is_told_by_its_files() {
        let found = script_directories(&[
            "env.py",
            "versions/aa_x.py",
            "app/db/env.py",
            "app/db/script.py.mako",
            "app/other/env.py",
            "app/other/conversions/x.py",
            "versions/README",
            "versions/__init__.py",
        ]);
        let mut found: Vec<_> = found.into_iter().collect();
        found.sort();
        assert_eq!(found, [("", vec!["aa_x.py"]), ("app/db", vec![])]);
    }
}

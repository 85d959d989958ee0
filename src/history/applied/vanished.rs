//! Script directories of the base commit that are gone as a whole, so that nothing on the disk tells of them. What was
//! in them is found like any other deleted revision.

use std::path::Path;

use rustc_hash::{FxHashMap, FxHashSet};

use super::base;
use super::command::{GitError, Repository};
use super::environment::CiEnvironment;
use super::objects;
use super::paths::{Places, below, join};
use crate::config::AppliedRef;
use crate::project::{Project, ScriptDirectory};
use crate::source::{Role, SourceFile};

/// Adds to a project that misses a script directory those that the base commit has below the working directory.
pub(super) fn add(
    project: &mut Project,
    places: &mut Places,
    setting: &AppliedRef,
    environment: &CiEnvironment,
) -> Result<(), GitError> {
    if !project.misses_directory && !project.directories.is_empty() {
        return Ok(());
    }
    let Some(here) = places.directory(Path::new("")).cloned() else { return Ok(()) };
    let repository = Repository::new(here.root.clone());
    let Ok(base) = base::find(&repository, setting, environment)? else { return Ok(()) };
    let tree = objects::tree(&repository, &base.commit)?;
    let paths: Vec<&str> = tree.keys().filter_map(|path| below(&here.path, path)).collect();
    // What moved has its names elsewhere.
    let is_revision = |file: &&SourceFile| file.role == Role::Revision;
    let names: FxHashSet<&str> = project.files.iter().filter(is_revision).map(SourceFile::name).collect();
    let mut gone: Vec<String> = script_directories(&paths)
        .into_iter()
        .filter(|(directory, revisions)| {
            let has_moved = revisions.iter().any(|name| names.contains(name));
            !has_moved && !here.root.join(&here.path).join(directory).join("env.py").exists()
        })
        .map(|(directory, _)| directory.to_owned())
        .collect();
    gone.sort();
    project.directories.extend(gone.into_iter().map(|directory| ScriptDirectory {
        version_locations: vec![join(&directory, "versions").into()],
        path: if directory.is_empty() { "." } else { &*directory }.into(),
        ..ScriptDirectory::default()
    }));
    Ok(())
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
        if let Some(parent) =
            parent.filter(|_| Path::new(name).extension().is_some_and(|ending| ending == "py"))
        {
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
        ]);
        let mut found: Vec<_> = found.into_iter().collect();
        found.sort();
        assert_eq!(found, [("", vec!["aa_x.py"]), ("app/db", vec![])]);
    }
}

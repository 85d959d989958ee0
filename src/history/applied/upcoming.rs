//! What the base ref has got since the merge base: the revisions that a merge will bring. They are not applied.

use rustc_hash::FxHashSet;

use super::base::Base;
use super::command::{GitError, Repository};
use super::objects::{self, Blob};
use super::paths::{Loaded, Locations};
use crate::project::{Project, decode};
use crate::source::{Applied, Role, SourceFile};

/// Reads the revision files that the tip of the base ref has beyond `base`, as [`Project::upcoming`].
pub(super) fn add(
    repository: &Repository,
    base: &Base,
    locations: &[Locations],
    present: &FxHashSet<&str>,
    project: &mut Project,
) -> Result<(), GitError> {
    let directories: Vec<&String> = locations.iter().flat_map(Locations::directories).collect();
    let Some(tip) = base.tip.as_deref().filter(|_| !directories.is_empty()) else { return Ok(()) };
    let loaded = |path: &str| {
        locations.iter().find_map(|locations| match locations.loads(path, &repository.root)? {
            Loaded::Surely(printed) => Some((locations.directory, printed)),
            Loaded::IfRevision(_) => None,
        })
    };
    let added = objects::added(repository, (&base.commit, tip), &directories)?.into_iter();
    let revisions: Vec<(String, Blob, usize, String)> = added
        .filter(|(path, _)| !present.contains(path.as_str()))
        .filter_map(|(path, blob)| loaded(&path).map(|(directory, printed)| (path, blob, directory, printed)))
        .collect();
    let blobs: Vec<Blob> = revisions.iter().map(|(_, blob, ..)| blob.clone()).collect();
    let contents = objects::contents(repository, &blobs)?;
    for ((path, _, directory, printed), bytes) in revisions.into_iter().zip(contents) {
        let Some(Ok((text, encoding))) = bytes.map(decode) else { continue };
        project.upcoming.push(SourceFile {
            path: printed.into(),
            location: repository.root.join(path),
            directory,
            role: Role::Revision,
            text: Ok(text.into()),
            encoding,
            selected: false,
            applied: Applied::No,
        });
    }
    Ok(())
}

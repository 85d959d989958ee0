//! A script directory that moved as a whole: its revisions are applied although the base commit has them
//! elsewhere. Single files that moved are for the rules.

use rustc_hash::FxHashMap;

use super::command::{GitError, Repository};
use super::objects::{self, Blob};

/// Finds in the whole of `commit` where `files` came from: a file of the same name that is no longer in its
/// place. A copy, whose original is still there, is a new revision.
pub(super) fn origins<'a>(
    repository: &Repository,
    commit: &str,
    files: impl Iterator<Item = &'a str>,
) -> Result<FxHashMap<String, Blob>, GitError> {
    let name_of = |path: &str| path.rsplit('/').next().unwrap_or_default().to_string();
    let mut wanted: FxHashMap<String, &str> = files.map(|path| (name_of(path), path)).collect();
    let mut found: FxHashMap<String, Blob> = FxHashMap::default();
    if wanted.is_empty() {
        return Ok(found);
    }
    let mut everything: Vec<_> = objects::tree(repository, commit)?.into_iter().collect();
    everything.sort_by(|(a, _), (b, _)| a.cmp(b));
    for (path, blob) in everything {
        if let Some(file) = wanted.get(&name_of(&path))
            && !repository.root.join(&path).exists()
        {
            found.insert((*file).to_string(), blob);
            wanted.remove(&name_of(&path));
        }
    }
    Ok(found)
}

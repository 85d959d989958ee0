//! Which revision files Alembic loads together, and in which order. Looks at no link but to tell histories apart.

use rustc_hash::FxHashMap;

use super::File;
use crate::project::ScriptDirectory;

/// Sorts the files of one script directory as Alembic loads them.
pub(super) fn put_in_order(directory: &ScriptDirectory, files: &mut [File<'_>]) {
    files.sort_by_cached_key(|file| load_order(directory, file.path));
}

/// The files of each history of one script directory, in the order Alembic loads them.
///
/// Version locations that the project's code hands to Alembic may be alternatives (one for each database family); those
/// that no `down_revision` or `depends_on` joins are then histories of their own.
pub(super) fn histories<'a>(directory: &ScriptDirectory, mut files: Vec<File<'a>>) -> Vec<Vec<File<'a>>> {
    put_in_order(directory, &mut files);
    let locations: Vec<usize> = files.iter().map(|file| location_of(directory, folder(file.path))).collect();
    let is_single = locations.first() == locations.last();
    if directory.lists_locations || is_single {
        return vec![files];
    }
    let groups = Groups::new(&files, &locations);
    let mut histories: Vec<(usize, Vec<File<'a>>)> = Vec::new();
    for (file, location) in files.into_iter().zip(locations) {
        let group = groups.of(location);
        match histories.iter_mut().find(|(known, _)| *known == group) {
            Some((_, files)) => files.push(file),
            None => histories.push((group, vec![file])),
        }
    }
    histories.into_iter().map(|(_, files)| files).collect()
}

/// Version locations that hold one history together.
struct Groups {
    /// The group of each location; the number of a group is that of one of its locations.
    of_location: FxHashMap<usize, usize>,
}

impl Groups {
    fn new(files: &[File<'_>], locations: &[usize]) -> Self {
        let mut holders: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
        let mut groups = Self { of_location: FxHashMap::default() };
        for (file, own) in files.iter().zip(locations) {
            groups.of_location.insert(*own, *own);
            let labels = file.revision.identifiers.branch_labels.value.strings();
            for name in file.revision.id().into_iter().chain(labels.iter().map(|label| &**label)) {
                holders.entry(name).or_default().push(*own);
            }
        }
        for (file, own) in files.iter().zip(locations) {
            let identifiers = &file.revision.identifiers;
            let links = [&identifiers.down_revision, &identifiers.depends_on];
            for name in links.iter().flat_map(|link| link.value.strings()) {
                let Some(holders) = holders.get(&**name) else { continue };
                if let Some(other) = holders.first()
                    && !holders.contains(own)
                {
                    groups.join(*own, *other);
                }
            }
        }
        groups
    }

    fn of(&self, location: usize) -> usize {
        self.of_location.get(&location).copied().unwrap_or(location)
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.of(one), self.of(other));
        if one != other {
            self.of_location.values_mut().filter(|group| **group == other).for_each(|group| *group = one);
        }
    }
}

/// What Alembic's walk sorts files by: version locations as configured, a directory's files before its subfolders.
fn load_order<'a>(directory: &ScriptDirectory, path: &'a str) -> (usize, Vec<&'a str>, &'a str) {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    (location_of(directory, folder), folder.split('/').collect(), name)
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Which version location a folder is, or lies in.
fn location_of(directory: &ScriptDirectory, folder: &str) -> usize {
    let locations = || directory.version_locations.iter().map(|location| location.trim_end_matches('/'));
    let below = |location: &str| folder.strip_prefix(location).is_some_and(|rest| rest.starts_with('/'));
    locations()
        .position(|location| location == folder)
        .or_else(|| locations().position(below))
        .unwrap_or(usize::MAX)
}

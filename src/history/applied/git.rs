//! Applied by git: what the merge base with the default branch holds.
//!
//! By hand the work tree is judged, under pre-commit the index. This marks files; it judges no content.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::base::{self, Base};
use super::command::{GitError, Repository};
use super::environment::CiEnvironment;
use super::moved;
use super::objects::{self, Blob, Change, Trees};
use super::paths::{Loaded, Locations, Places};
use super::upcoming;
use super::vanished;
use crate::config::AppliedRef;
use crate::project::{AppliedSource, BaseCommit, Project, decode};
use crate::source::{Applied, Encoding, Role, SourceFile};

/// Says of each revision how it stands in the base commit, adds those that are gone from it as [`Role::Deleted`], and
/// puts the texts of the index in place where pre-commit asks. Gives, for people, the reasons why git could not tell;
/// [`unchecked`] makes a note of one.
pub fn mark_applied(project: &mut Project, setting: &AppliedRef, environment: &CiEnvironment) -> Vec<String> {
    if *setting == AppliedRef::Off && !environment.pre_commit {
        return Vec::new();
    }
    let mut places = Places::new(&project.files);
    let mut notes = Vec::new();
    if *setting != AppliedRef::Off
        && let Err(error) = vanished::add(project, &mut places, setting, environment)
    {
        notes.push(error.to_string());
    }
    let (repositories, outside) = group(project, &mut places);
    if !outside.is_empty() && *setting != AppliedRef::Off {
        let directories: Vec<String> = outside.iter().map(|path| format!("`{path}`")).collect();
        notes.push(format!("{} is in no git repository", directories.join(", ")));
    }
    // Files are removed and added only after every repository was looked at, so that indices stay true.
    let mut plan = Plan::default();
    for (root, files) in repositories {
        let repository = Repository::new(root);
        let found = look(&repository, &files, project, &mut places, setting, environment);
        match found.and_then(|marking| marking.carry_out(&repository, project, &mut plan)) {
            Ok(note) => notes.extend(note),
            Err(error) => notes.push(error.to_string()),
        }
    }
    plan.apply(project);
    notes
}

/// The note that nothing is known of applied revisions.
pub fn unchecked(reason: &str) -> String {
    format!(
        "applied revisions were not checked, every revision counts as new: {reason}. \
         `applied-ref = false` switches the check off"
    )
}

/// The project's files in one work tree, by their path from its top.
pub(super) type Files = FxHashMap<String, usize>;

/// The project's files by work tree, and the script directories that are in none.
pub(super) fn group(project: &Project, places: &mut Places) -> (Vec<(PathBuf, Files)>, Vec<Box<str>>) {
    let mut repositories: Vec<(PathBuf, Files)> = Vec::new();
    let mut outside = Vec::new();
    let mut add = |root: PathBuf, file: Option<(String, usize)>| {
        let position = repositories.iter().position(|(known, _)| *known == root).unwrap_or_else(|| {
            repositories.push((root, Files::default()));
            repositories.len() - 1
        });
        if let Some((_, files)) = repositories.get_mut(position) {
            files.extend(file);
        }
    };
    for directory in &project.directories {
        let locations = directory.version_locations.iter().chain([&directory.path]);
        let mut found = false;
        for location in locations {
            if let Some(place) = places.directory(Path::new(&**location)) {
                add(place.root.clone(), None);
                found = true;
            }
        }
        if !found {
            outside.push(directory.path.clone());
        }
    }
    for (index, file) in project.files.iter().enumerate() {
        if let Some((root, path)) = places.file(&file.location) {
            add(root, Some((path, index)));
        }
    }
    (repositories, outside)
}

/// What is known of one work tree before blobs are read.
struct Marking {
    base: Option<Base>,
    note: Option<String>,
    trees: Trees,
    /// What files of script directories that moved were in the base commit.
    moved: FxHashMap<String, Blob>,
    locations: Vec<Locations>,
    files: Vec<(String, usize)>,
    index_is_judged: bool,
    /// Whether untracked files that were asked for stay.
    keep_selected: bool,
}

fn look(
    repository: &Repository,
    files: &Files,
    project: &Project,
    places: &mut Places,
    setting: &AppliedRef,
    environment: &CiEnvironment,
) -> Result<Marking, GitError> {
    let found = match setting {
        AppliedRef::Off => None,
        _ => Some(base::find(repository, setting, environment)?),
    };
    let (base, note) = match found {
        Some(Ok(base)) => (Some(base), None),
        Some(Err(reason)) => (None, Some(reason)),
        None => (None, None),
    };
    let mut sorted: Vec<(String, usize)> = files.iter().map(|(path, index)| (path.clone(), *index)).collect();
    sorted.sort();
    let revisions_of = |directory: usize| {
        sorted.iter().filter_map(move |(path, file)| {
            let file = project.files.get(*file)?;
            (file.directory == directory && file.role == Role::Revision).then_some(path.as_str())
        })
    };
    let locations: Vec<Locations> = project
        .directories
        .iter()
        .enumerate()
        .map(|(index, directory)| {
            let revisions: Vec<&str> = revisions_of(index).collect();
            Locations::new(index, directory, &repository.root, places, &revisions)
        })
        .collect();
    let directories: FxHashSet<String> = locations.iter().flat_map(Locations::directories).cloned().collect();
    let is_needed = !directories.is_empty() && (base.is_some() || environment.pre_commit);
    let trees = if is_needed {
        let mut directories: Vec<String> = directories.into_iter().collect();
        directories.sort();
        // The top is among them: everything is asked for.
        if directories.first().is_some_and(String::is_empty) {
            directories.clear();
        }
        Trees::read(repository, base.as_ref().map(|base| base.commit.as_str()), &directories)?
    } else {
        Trees::default()
    };
    let moved = match &base {
        Some(base) => {
            let is_new =
                |directory: &usize| !revisions_of(*directory).any(|path| trees.base.contains_key(path));
            let directories = (0..locations.len()).filter(is_new);
            moved::origins(repository, &base.commit, directories.flat_map(revisions_of))?
        }
        None => FxHashMap::default(),
    };
    let revisions = || project.files.iter().filter(|file| file.role == Role::Revision);
    Ok(Marking {
        base,
        note,
        trees,
        moved,
        locations,
        files: sorted.clone(),
        index_is_judged: environment.pre_commit && is_needed,
        keep_selected: revisions().any(|file| !file.selected),
    })
}

/// What to do with one path once the blobs are there.
enum Task {
    /// Mark an existing file as changed: base, and the index's text where it is a third one.
    Changed { file: usize, base: Blob, staged: Option<Blob> },
    /// Judge an existing file by its text in the index.
    Indexed { file: usize, blob: Blob },
    /// Add a revision of the base that is gone.
    Deleted { directory: usize, loaded: Loaded, path: String, base: Blob },
    /// Add a revision that is in the index but not in the work tree; with the base where that differs.
    Restored { directory: usize, printed: String, path: String, blob: Blob, base: Option<Blob>, is_new: bool },
}

impl Task {
    fn blobs(&self) -> impl Iterator<Item = &Blob> {
        let (first, second) = match self {
            Self::Changed { base, staged, .. } => (base, staged.as_ref()),
            Self::Restored { blob, base, .. } => (blob, base.as_ref()),
            Self::Indexed { blob, .. } => (blob, None),
            Self::Deleted { base, .. } => (base, None),
        };
        std::iter::once(first).chain(second)
    }
}

/// Files to take out of the project and to put into it.
#[derive(Default)]
struct Plan {
    removed: FxHashSet<usize>,
    added: Vec<SourceFile>,
}

impl Plan {
    fn apply(self, project: &mut Project) {
        if self.removed.is_empty() && self.added.is_empty() {
            return;
        }
        let mut index = 0;
        project.files.retain(|_| {
            index += 1;
            !self.removed.contains(&(index - 1))
        });
        project.files.extend(self.added);
        project.files.sort_by(|a, b| a.path.cmp(&b.path));
    }
}

impl Marking {
    /// Marks the project's files; gives the note for people.
    fn carry_out(
        self,
        repository: &Repository,
        project: &mut Project,
        plan: &mut Plan,
    ) -> Result<Option<String>, GitError> {
        let mut tasks = Vec::new();
        for (path, index) in &self.files {
            if let Some(file) = project.files.get_mut(*index) {
                self.mark(path, *index, file, &mut tasks, plan);
            }
        }
        let present: FxHashSet<&str> = self.files.iter().map(|(path, _)| path.as_str()).collect();
        self.find_missing(repository, &present, &mut tasks);
        let blobs: Vec<Blob> = tasks.iter().flat_map(Task::blobs).cloned().collect();
        let mut contents = objects::contents(repository, &blobs)?.into_iter();
        for task in tasks {
            let read: Vec<_> = contents.by_ref().take(task.blobs().count()).collect();
            if let [Some(first), rest @ ..] = read.as_slice() {
                let second = rest.first().and_then(Option::as_deref);
                carry_out_task(task, first, second, repository, project, plan);
            }
        }
        if let Some(base) = &self.base {
            upcoming::add(repository, base, &self.locations, &present, project)?;
            for locations in
                self.locations.iter().filter(|locations| locations.directories().next().is_some())
            {
                if let Some(directory) = project.directories.get_mut(locations.directory) {
                    directory.base = Some(BaseCommit {
                        reference: base.reference.as_str().into(),
                        commit: base.commit.get(..10).unwrap_or(&base.commit).into(),
                    });
                    directory.applied = AppliedSource::Git;
                }
            }
        }
        Ok(self.note)
    }

    /// Decides what a file of the project is.
    fn mark(&self, path: &str, index: usize, file: &mut SourceFile, tasks: &mut Vec<Task>, plan: &mut Plan) {
        let trees = &self.trees;
        if self.index_is_judged {
            if !trees.is_tracked(path) {
                let was_deleted = trees.base.contains_key(path);
                let stays = !was_deleted && self.keep_selected && file.selected;
                if matches!(file.role, Role::Revision | Role::Lock) && !stays {
                    plan.removed.insert(index);
                }
                return;
            }
            if trees.unstaged.contains_key(path)
                && let Some(blob) = trees.indexed(path)
            {
                tasks.push(Task::Indexed { file: index, blob: blob.clone() });
            }
        }
        if file.role != Role::Revision || self.base.is_none() {
            return;
        }
        let Some(base) = trees.base.get(path) else {
            if let Some(base) = self.moved.get(path) {
                tasks.push(Task::Changed { file: index, base: base.clone(), staged: None });
            }
            return;
        };
        let (staged, unstaged) = (trees.staged.get(path), trees.unstaged.get(path));
        let unstaged = unstaged.filter(|_| !self.index_is_judged);
        if staged.is_none() && unstaged.is_none() {
            file.applied = Applied::Unchanged;
            return;
        }
        let third = match (staged, unstaged) {
            (Some(Change::Modified(blob)), Some(_)) => Some(blob.clone()),
            _ => None,
        };
        tasks.push(Task::Changed { file: index, base: base.clone(), staged: third });
    }

    /// Finds revisions that the base or the index has and the project has not.
    fn find_missing(&self, repository: &Repository, present: &FxHashSet<&str>, tasks: &mut Vec<Task>) {
        let loaded = |path: &str| {
            self.locations
                .iter()
                .find_map(|locations| Some((locations.directory, locations.loads(path, &repository.root)?)))
        };
        let mut missing: Vec<&String> = self.trees.staged.keys().chain(self.trees.unstaged.keys()).collect();
        missing.sort();
        missing.dedup();
        for path in missing {
            let base = self.base.as_ref().and_then(|_| self.trees.base.get(path));
            let is_staged = self.trees.staged.get(path) == Some(&Change::Deleted);
            let is_unstaged = self.trees.unstaged.get(path) == Some(&Change::Deleted);
            if is_staged || (is_unstaged && !self.index_is_judged) {
                if let (Some(base), Some((directory, loaded))) = (base, loaded(path)) {
                    tasks.push(Task::Deleted { directory, loaded, path: path.clone(), base: base.clone() });
                }
            } else if is_unstaged
                && !present.contains(path.as_str())
                && let (Some(blob), Some((directory, Loaded::Surely(printed)))) =
                    (self.trees.indexed(path), loaded(path))
            {
                let (blob, path, is_new) = (blob.clone(), path.clone(), base.is_none());
                let base = base.filter(|base| **base != blob).cloned();
                tasks.push(Task::Restored { directory, printed, path, blob, base, is_new });
            }
        }
    }
}

fn carry_out_task(
    task: Task,
    bytes: &[u8],
    second: Option<&[u8]>,
    repository: &Repository,
    project: &mut Project,
    plan: &mut Plan,
) {
    let decoded = decode(bytes.to_vec());
    let base_of = |bytes: Option<&[u8]>| Some(Arc::from(decode(bytes?.to_vec()).ok()?.0));
    let mut add = |directory, printed: String, path: &str, role, applied| {
        let (text, encoding) = text(decoded.clone());
        plan.added.push(SourceFile {
            path: printed.into(),
            location: repository.root.join(path),
            directory,
            role,
            text,
            encoding,
            selected: true,
            applied,
        });
    };
    match task {
        Task::Changed { file, .. } => {
            // What Python cannot decode never ran: a file that is repaired is a new one.
            if let (Some(file), Ok((base, _))) = (project.files.get_mut(file), decoded) {
                let staged = base_of(second);
                file.applied = if staged.is_none() && file.text() == base {
                    Applied::Unchanged
                } else {
                    Applied::Changed { base: base.into(), staged }
                };
            }
        }
        Task::Indexed { file, .. } => {
            if let Some(file) = project.files.get_mut(file) {
                (file.text, file.encoding) = text(decoded);
            }
        }
        Task::Deleted { directory, loaded, path, .. } => {
            let (printed, is_revision) = match loaded {
                Loaded::Surely(printed) => (printed, true),
                Loaded::IfRevision(printed) => (printed, reads_like_a_revision(bytes)),
            };
            if is_revision && decoded.is_ok() {
                add(directory, printed, &path, Role::Deleted, Applied::Unchanged);
            }
        }
        Task::Restored { directory, printed, path, is_new, .. } => {
            let applied = match base_of(second) {
                Some(base) => Applied::Changed { base, staged: None },
                None if is_new => Applied::No,
                None => Applied::Unchanged,
            };
            add(directory, printed, &path, Role::Revision, applied);
        }
    }
}

fn reads_like_a_revision(bytes: &[u8]) -> bool {
    bytes.split(|byte| *byte == b'\n').any(|line| line.starts_with(b"down_revision"))
}

type Decoded = Result<(String, Encoding), String>;

fn text(decoded: Decoded) -> (Result<Arc<str>, Box<str>>, Encoding) {
    match decoded {
        Ok((text, encoding)) => (Ok(text.into()), encoding),
        Err(reason) => (Err(reason.into()), Encoding::Utf8),
    }
}

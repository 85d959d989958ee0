//! A `git merge` or `git rebase` that is under way: which of its two sides is the merged one. Marks nothing as applied.

use std::path::Path;

use rustc_hash::FxHashSet;

use super::base;
use super::command::{GitError, Repository};
use super::environment::CiEnvironment;
use super::git::group;
use super::objects;
use super::paths::Places;
use crate::config::AppliedRef;
use crate::project::Project;
use crate::source::FileId;

/// What git is in the middle of.
#[derive(Debug, Clone, Default)]
pub struct Underway {
    /// The files that the merged side has.
    upstream: FxHashSet<FileId>,
    /// `git merge` or `git rebase`.
    pub command: Option<&'static str>,
    /// Why git does not tell which side is merged, for people.
    pub notes: Vec<String>,
}

impl Underway {
    /// Whether the side that is merged already has a file.
    pub fn is_upstream(&self, file: FileId) -> bool {
        self.upstream.contains(&file)
    }
}

/// Asks the repositories of `project`.
///
/// During `git merge` the merged side is the one of HEAD and `MERGE_HEAD` that the base ref leads to or comes from.
/// During `git rebase` it is what the commits are put onto.
pub fn underway(project: &Project, setting: &AppliedRef, environment: &CiEnvironment) -> Underway {
    let mut found = Underway::default();
    if *setting == AppliedRef::Off {
        return found;
    }
    let (repositories, _) = group(project, &mut Places::new(&project.files));
    for (root, files) in repositories {
        let repository = Repository::new(root);
        let upstream = match upstream(&repository, setting, environment, &mut found) {
            Ok(Some(commit)) => objects::tree(&repository, &commit),
            Ok(None) => continue,
            Err(error) => Err(error),
        };
        match upstream {
            Ok(tree) => {
                let shared = files.iter().filter(|(path, _)| tree.contains_key(*path));
                found
                    .upstream
                    .extend(shared.map(|(_, index)| FileId(u32::try_from(*index).unwrap_or(u32::MAX))));
            }
            Err(error) => found.notes.push(error.to_string()),
        }
    }
    found
}

/// The commit of the merged side.
fn upstream(
    repository: &Repository,
    setting: &AppliedRef,
    environment: &CiEnvironment,
    found: &mut Underway,
) -> Result<Option<String>, GitError> {
    let paths = ["MERGE_HEAD", "rebase-merge/onto", "rebase-apply/onto"];
    let mut arguments = vec!["rev-parse"];
    arguments.extend(paths.iter().flat_map(|path| ["--git-path", path]));
    let output = repository.start(&arguments)?.finish()?;
    let output = String::from_utf8_lossy(&output).into_owned();
    let mut files =
        output.lines().map(|path| std::fs::read_to_string(repository.root.join(Path::new(path))).ok());
    let merged = files.next().flatten();
    if let Some(onto) = files.flatten().next() {
        found.command = Some("git rebase");
        return Ok(Some(onto.trim().to_owned()));
    }
    let Some(merged) = merged else { return Ok(None) };
    found.command = Some("git merge");
    let base = match base::find(repository, setting, environment)? {
        Ok(base) => base,
        Err(reason) => {
            found.notes.push(reason);
            return Ok(None);
        }
    };
    let tip = base.tip.as_deref().unwrap_or(&base.commit);
    let mut sides = Vec::new();
    for side in std::iter::once("HEAD").chain(merged.lines().map(str::trim)) {
        if is_ancestor(repository, tip, side)? || is_ancestor(repository, side, tip)? {
            sides.push(side.to_owned());
        }
    }
    match (sides.pop(), sides.is_empty()) {
        (Some(side), true) => Ok(Some(side)),
        (one, _) => {
            let how_many =
                if one.is_some() { "both sides of the merge belong" } else { "no side of the merge belongs" };
            found
                .notes
                .push(format!("{how_many} to `{}`, so it does not tell which one is merged", base.reference));
            Ok(None)
        }
    }
}

fn is_ancestor(repository: &Repository, earlier: &str, later: &str) -> Result<bool, GitError> {
    let bases = repository.start(&["merge-base", "--all", earlier, later])?.finish();
    let earlier = repository.start(&["rev-parse", earlier])?.finish()?;
    match bases {
        Ok(bases) => Ok(bases.trim_ascii() == earlier.trim_ascii()),
        // They have no commit in common.
        Err(GitError::Failed { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

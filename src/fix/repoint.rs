//! Gives revisions other parents, in memory, and reads the result again before anybody writes it. Chooses no parent.

use std::sync::Arc;

use super::apply_edits;
use crate::config::Settings;
use crate::diagnostic::Edit;
use crate::history::graph::{Fault, Graph, IdentifierKind};
use crate::history::histories;
use crate::linter::{Outcome, lint};
use crate::project::Project;
use crate::selection::Selection;
use crate::source::FileId;

/// A down revision that is to become another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parent {
    /// The file of the revision.
    pub file: FileId,
    /// The down revision it has.
    pub from: String,
    /// The down revision it gets.
    pub to: String,
}

/// A file with another parent.
#[derive(Debug, Clone)]
pub struct Repointed {
    /// The file.
    pub file: FileId,
    /// The text before; [`super::write()`] demands that the disk still holds it.
    pub old: Arc<str>,
    /// The text after.
    pub new: Arc<str>,
}

/// Why a revision cannot get another parent.
#[derive(Debug, thiserror::Error)]
pub enum RepointError {
    /// The statement has no string to replace.
    #[error("{path}: `down_revision` does not spell out `{from}`; write `{to}` in its place by hand")]
    NotSpelledOut {
        /// The file.
        path: Box<str>,
        /// The down revision it has.
        from: String,
        /// The down revision it is to get.
        to: String,
    },
    /// The history that would come out is not the one that was meant.
    #[error("{path}: with `{to}` in the place of `{from}` {reason}; nothing was written")]
    WouldNotHold {
        /// The file.
        path: Box<str>,
        /// The down revision it has.
        from: String,
        /// The down revision it is to get.
        to: String,
        /// What would be wrong.
        reason: String,
    },
}

/// Whether links of a graph may be others than they look.
pub fn is_in_doubt(fault: &Fault<'_>) -> bool {
    !matches!(fault, Fault::Unknown { variable: IdentifierKind::BranchLabels, .. })
}

/// Puts the new parent into the text of a file of `project`, and gives both texts with what was read afterwards.
/// `outcome` is what was read before.
pub fn repoint(
    project: &mut Project,
    settings: &Settings,
    outcome: &Outcome,
    parent: &Parent,
) -> Result<(Repointed, Outcome), RepointError> {
    let Parent { file, from, to } = parent;
    let path: Box<str> = project.file(*file).map_or_else(Box::default, |file| file.path.clone());
    let not_spelled_out =
        || RepointError::NotSpelledOut { path: path.clone(), from: from.clone(), to: to.clone() };
    let old: Arc<str> = project.file(*file).map_or("", |file| file.text()).into();
    let revision = outcome.revisions.get(file.0 as usize).and_then(Option::as_ref);
    let edits = revision.and_then(|revision| revision.repoint(&old, from, to)).ok_or_else(not_spelled_out)?;
    let edits: Vec<Edit> = edits.into_iter().map(|(span, content)| Edit { span, content }).collect();
    let new: Arc<str> = apply_edits(&old, &edits).ok_or_else(not_spelled_out)?.into();
    let before = heads(project, outcome, *file);
    if let Some(file) = project.files.get_mut(file.0 as usize) {
        file.text = Ok(new.clone());
    }
    let after = lint(project, settings, &Selection::of(&[]));
    match objection(project, &after, before, parent) {
        None => Ok((Repointed { file: *file, old, new }, after)),
        Some(reason) => {
            if let Some(file) = project.files.get_mut(file.0 as usize) {
                file.text = Ok(old);
            }
            Err(RepointError::WouldNotHold { path, from: from.clone(), to: to.clone(), reason })
        }
    }
}

/// The number of heads of the history that a file belongs to.
fn heads(project: &Project, outcome: &Outcome, file: FileId) -> usize {
    let graphs = Graph::of_project(project, &outcome.revisions);
    let histories = histories(project, &outcome.revisions, &graphs);
    let own = histories.iter().find(|graph| graph.of_file(file).is_some());
    own.map_or(0, |graph| graph.effective_heads().count())
}

/// What is wrong with the history that came out.
fn objection(project: &Project, outcome: &Outcome, heads: usize, parent: &Parent) -> Option<String> {
    let graphs = Graph::of_project(project, &outcome.revisions);
    let histories = histories(project, &outcome.revisions, &graphs);
    let Some(graph) = histories.iter().find(|graph| graph.of_file(parent.file).is_some()) else {
        return Some("the file would be no revision any more".to_owned());
    };
    if graph.faults().iter().any(is_in_doubt) {
        return Some("the history could not be followed any more".to_owned());
    }
    let parents = graph.of_file(parent.file).map(|node| &graph.node(node).parents);
    let mut parents = parents.into_iter().flatten().map(|parent| graph.node(*parent).id);
    if !parents.any(|id| id == parent.to) {
        return Some("the revision would not follow it".to_owned());
    }
    let after = graph.effective_heads().count();
    (after + 1 != heads).then(|| format!("there would be {after} heads, not {}", heads.saturating_sub(1)))
}

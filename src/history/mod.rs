//! All revisions together.

pub mod applied;
pub mod graph;
pub mod rebase;
pub mod schema;

use std::borrow::Cow;

use crate::config::Settings;
use crate::operation::Server;
use crate::project::{Project, ScriptDirectory};
use crate::revision::{Revision, Siblings};
use crate::source::{FileId, Span};
use applied::AppliedRevisions;
use graph::{Fault, Graph, IdentifierKind};

/// The revisions of a project with what surrounds them.
#[derive(Debug, Clone, Copy)]
pub struct History<'a> {
    /// Files and script directories.
    pub project: &'a Project,
    /// The configuration.
    pub settings: &'a Settings,
    /// What was read from each file of [`Project::files`], in the same order; `None` for files that are no
    /// revision (templates, environments, modules).
    pub revisions: &'a [Option<Revision>],
    /// The base commit's version of changed and deleted revisions, in the same order.
    pub base_revisions: &'a [Option<Box<Revision>>],
    /// What the revisions of each script directory tell together, in the order of [`Project::directories`].
    pub siblings: &'a [Siblings<'a>],
    /// The revisions of each script directory, linked, in the order of [`Project::directories`].
    pub graphs: &'a [Graph<'a>],
    /// What was read from each file of [`Project::upcoming`], in the same order.
    pub upcoming: &'a [Revision],
    /// Which revisions are applied.
    pub applied: &'a AppliedRevisions,
    /// The oldest server of each script directory, in the order of [`Project::directories`].
    pub servers: &'a [Server],
}

impl History<'_> {
    /// What was read from a revision file.
    pub fn revision(&self, id: FileId) -> Option<&Revision> {
        self.revisions.get(id.0 as usize)?.as_ref()
    }

    /// What the base commit has in place of a changed or deleted file.
    pub fn base_revision(&self, id: FileId) -> Option<&Revision> {
        self.base_revisions.get(id.0 as usize)?.as_deref()
    }

    /// The path of a file as it is printed.
    pub fn path(&self, id: FileId) -> &str {
        self.project.file(id).map_or("", |file| &file.path)
    }

    /// Whether databases may have run the revision in a file: nobody may edit it then.
    pub fn is_applied(&self, id: FileId) -> bool {
        self.applied.contains(id)
    }

    /// The place of an identifier variable (`down_revision`); the whole file where nothing binds it.
    pub fn identifier_span(&self, id: FileId, name: &str) -> Span {
        self.revision(id).and_then(|revision| revision.identifiers.span(name)).unwrap_or_default()
    }

    /// Whether a graph is only a part of what Alembic loads: references may lead out of it.
    pub fn is_part(&self, graph: &Graph<'_>) -> bool {
        let directory = self.project.directories.get(graph.directory());
        directory.is_some_and(ScriptDirectory::is_part)
            || graph.faults().iter().any(|fault| {
                matches!(
                    fault,
                    Fault::Unknown { variable: IdentifierKind::Revision, .. } | Fault::NotPython { .. }
                )
            })
    }

    /// The graphs as they will be after a merge with the base ref, of directories where that brings revisions. Their
    /// new nodes have files that only [`Self::upcoming_path`] knows.
    pub fn merged(&self) -> Vec<Graph<'_>> {
        let brings_any = |index: &usize| self.project.upcoming.iter().any(|file| file.directory == *index);
        let directories = (0..self.project.directories.len()).filter(brings_any);
        directories.map(|index| Graph::merged(self.project, self.revisions, self.upcoming, index)).collect()
    }

    /// The path of a file that a merge will bring; `None` for one that is here.
    pub fn upcoming_path(&self, id: FileId) -> Option<&str> {
        let index = (id.0 as usize).checked_sub(self.project.files.len())?;
        self.project.upcoming.get(index).map(|file| &*file.path)
    }

    /// The graphs to judge, see [`histories`].
    pub fn histories(&self) -> Vec<Cow<'_, Graph<'_>>> {
        histories(self.project, self.revisions, self.graphs)
    }
}

/// The graphs to judge: those of the script directories, but a graph for each of several version locations that the
/// project's code chooses from and nothing links.
pub fn histories<'a>(
    project: &'a Project,
    revisions: &'a [Option<Revision>],
    graphs: &'a [Graph<'a>],
) -> Vec<Cow<'a, Graph<'a>>> {
    let mut histories = Vec::with_capacity(graphs.len());
    for (index, (graph, directory)) in graphs.iter().zip(&project.directories).enumerate() {
        if directory.lists_locations || directory.version_locations.len() < 2 {
            histories.push(Cow::Borrowed(graph));
            continue;
        }
        let own = Graph::histories(project, revisions, index);
        histories.extend(own.into_iter().map(Cow::Owned));
    }
    histories
}

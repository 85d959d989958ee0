//! One revision with the schema around it, for whoever repairs. Judges nothing.

use super::{Outcome, read};
use crate::config::Settings;
use crate::history::graph::Graph;
use crate::history::histories;
use crate::history::schema::{Replay, Step};
use crate::project::Project;
use crate::revision::{RevisionContext, Siblings};
use crate::source::FileId;

/// Shows the step of the revision in a file of `project`, which `outcome` was read from; `None` where it is no revision of a
/// script directory.
pub fn with_step<T>(
    project: &Project,
    settings: &Settings,
    outcome: &Outcome,
    id: FileId,
    look: impl FnOnce(&Step<'_>) -> T,
) -> Option<T> {
    let file = project.file(id)?;
    let directory = project.directories.get(file.directory)?;
    let graphs = Graph::of_project(project, &outcome.revisions);
    let siblings = Siblings::of_project(project, &outcome.revisions);
    let dialect = read::dialect(settings, Some(directory), &file.path);
    let convention = &directory.naming_convention;
    let histories = histories(project, &outcome.revisions, &graphs);
    let graph = histories.iter().find(|graph| graph.of_file(id).is_some())?;
    let replay = Replay::of_all(graph, &outcome.revisions, dialect, convention, |other| other == id);
    let context = RevisionContext {
        id,
        file,
        revision: outcome.revisions.get(id.0 as usize)?.as_ref()?,
        directory,
        siblings: siblings.get(file.directory)?,
        settings,
        dialect,
        server: read::server(settings, dialect),
    };
    Step::new(context, &replay).map(|step| look(&step))
}

//! What the operations of each revision do to tables while they run, for `review`. Judges nothing.

use super::{Outcome, read};
use crate::config::Settings;
use crate::history::graph::Graph;
use crate::history::histories;
use crate::history::schema::{Moment, Replay, Step};
use crate::operation::{Change, Operation, Server, Statement};
use crate::project::{Project, ScriptDirectory};
use crate::revision::{Body, Created, Revision, RevisionContext, Siblings};
use crate::server::{Effect, effects};
use crate::source::Role;

/// What the operations of one revision do to tables while they run.
#[derive(Debug, Clone)]
pub struct Locks {
    /// The server they run on.
    pub server: Server,
    /// For each operation of `upgrade`.
    pub upgrade: Vec<LocksOf>,
    /// For each operation of `downgrade`.
    pub downgrade: Vec<LocksOf>,
}

/// What one operation does to tables while it runs; `None` where only running it would tell, or where it does not run on
/// this server.
pub type LocksOf = Option<Vec<Effect>>;

/// The locks of each revision that was asked for; `None` for all other files.
pub fn locks(project: &Project, settings: &Settings, outcome: &Outcome) -> Vec<Option<Locks>> {
    let graphs = Graph::of_project(project, &outcome.revisions);
    let nowhere = (ScriptDirectory::default(), Siblings::default());
    let mut found: Vec<Option<Locks>> = project.files.iter().map(|_| None).collect();
    for graph in histories(project, &outcome.revisions, &graphs) {
        let index = graph.directory();
        let Some(directory) = project.directories.get(index) else { continue };
        let dialect = read::dialect_of(settings, project, &graph);
        let is_asked_for = |id| {
            graph.of_file(id).is_some()
                && project.file(id).is_some_and(|file| file.selected && file.role == Role::Revision)
        };
        let convention = &directory.naming_convention;
        let replay = Replay::of_all(&graph, &outcome.revisions, dialect, convention, is_asked_for);
        for (id, file) in project.files().filter(|(id, _)| is_asked_for(*id)) {
            let place = id.0 as usize;
            let revision = outcome.revisions.get(place).and_then(Option::as_ref);
            let (Some(revision), Some(slot)) = (revision, found.get_mut(place)) else { continue };
            let server = read::server(settings, dialect);
            let siblings = &nowhere.1;
            let context =
                RevisionContext { id, file, revision, directory, siblings, settings, dialect, server };
            *slot = Step::new(context, &replay).map(|step| of_step(&step, revision, server));
        }
    }
    found
}

fn of_step(step: &Step<'_>, revision: &Revision, server: Server) -> Locks {
    let mut upgrade = Vec::new();
    step.walk(|moment, created| upgrade.push((moment.operation, of_moment(&moment, created, server))));
    let mut downgrade = Vec::new();
    if let Some(body) = step.downgrade() {
        body.walk(|moment, created| downgrade.push((moment.operation, of_moment(&moment, created, server))));
    }
    Locks {
        server,
        upgrade: in_place(revision.upgrade.as_ref(), upgrade),
        downgrade: in_place(revision.downgrade.as_ref(), downgrade),
    }
}

fn of_moment(moment: &Moment<'_>, created: &Created, server: Server) -> LocksOf {
    let is_known = match &moment.operation.change {
        Change::Custom(_) => false,
        Change::Execute(execute) => !matches!(execute.statement, Statement::Unparsed | Statement::Unknown),
        _ => true,
    };
    is_known.then(|| effects(moment, created, server))
}

/// Puts what runs on the dialect beside the operations of all dialects.
fn in_place(body: Option<&Body>, known: Vec<(&Operation, LocksOf)>) -> Vec<LocksOf> {
    let mut known = known.into_iter().peekable();
    let operations = body.map_or(&[][..], |body| &body.operations);
    let same = |operation: &Operation, other: &Operation| {
        operation.span == other.span && operation.change == other.change
    };
    operations
        .iter()
        .map(|operation| known.next_if(|(other, _)| same(operation, other)).and_then(|(_, locks)| locks))
        .collect()
}

//! What a lock should say, beside what it says. Writes nothing.

use std::fmt;

use rustc_hash::{FxHashMap, FxHashSet};

use super::lock::{Entry, Links, Lock};
use crate::history::graph::{Graph, NodeId, NodeSet};
use crate::project::Project;
use crate::python::meaning::fingerprint;
use crate::revision::Revision;
use crate::source::{Applied, FileId, Role, Span};

/// A lock with what is new in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// The lock as it should be.
    pub lock: Lock,
    /// What differs from the old one, in the order of the lines; those that go come last.
    pub differences: Vec<Difference>,
}

/// One revision of which the old lock says something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The identifier.
    pub revision: Box<str>,
    /// What differs.
    pub kind: Kind,
    /// Whether the old line guards a revision that databases may have run: it is not replaced unasked.
    pub is_guarded: bool,
}

/// How an old lock differs from what it should say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It has no line.
    Missing,
    /// The hash is another one.
    Edited,
    /// The links are others.
    Relinked,
    /// No file has the revision.
    Gone,
    /// The revision comes after the last one that is to be recorded.
    Beyond,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            Kind::Missing => "is not recorded",
            Kind::Edited => "does something else than recorded",
            Kind::Relinked => "has another down revision, dependency or label than recorded",
            Kind::Gone => "is recorded, and no file has it",
            Kind::Beyond => "is recorded, and comes after what is to be recorded",
        };
        write!(f, "`{}` {what}", self.revision)
    }
}

/// Why no lock can be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The file is no Python.
    #[error("{0}: is no Python that could be recorded; repair it first (`alembic-lint` says where)")]
    NoPython(String),
    /// Its identifier is not known.
    #[error("{0}: its `revision` cannot be told without running it; write it as a plain string first")]
    NoIdentifier(String),
    /// Two files have one identifier.
    #[error("{0}: another file has its revision identifier as well; give each revision one of its own first")]
    Twice(String),
    /// It comes before itself.
    #[error("{0}: comes before itself in the history; give it another `down_revision` first")]
    Cycle(String),
}

/// Makes the lock of the script directory at `directory`, of all revisions or of those in `through`.
pub fn record(
    project: &Project,
    directory: usize,
    revisions: &[Option<Revision>],
    graph: &Graph<'_>,
    through: Option<&NodeSet>,
    old: &Lock,
) -> Result<Record, RecordError> {
    let path = |id: FileId| project.file(id).map_or_else(String::new, |file| file.path.to_string());
    if let Some((_, node)) = graph.nodes().find(|(_, node)| node.is_shadowed) {
        return Err(RecordError::Twice(path(node.file)));
    }
    if let Some(node) = graph.unordered().first() {
        return Err(RecordError::Cycle(path(graph.node(*node).file)));
    }
    for (id, file) in project.files().filter(|(_, file)| file.directory == directory) {
        let revision = revisions.get(id.0 as usize).and_then(Option::as_ref);
        let Some(revision) = revision.filter(|_| graph.of_file(id).is_none()) else { continue };
        if file.text.is_err() || !revision.syntax_errors.is_empty() {
            return Err(RecordError::NoPython(path(id)));
        }
        if revision.has_identifiers() {
            return Err(RecordError::NoIdentifier(path(id)));
        }
    }
    let mut entries: FxHashMap<&str, (NodeId, Entry)> = FxHashMap::default();
    let is_wanted = |node: &&NodeId| through.is_none_or(|through| through.contains(**node));
    let wanted: Vec<NodeId> = graph.in_order().iter().filter(is_wanted).copied().collect();
    for id in &wanted {
        let node = graph.node(*id);
        let text = project.file(node.file).and_then(|file| file.text.as_deref().ok());
        let fingerprint = text.and_then(fingerprint);
        let revision = revisions.get(node.file.0 as usize).and_then(Option::as_ref);
        let (Some(fingerprint), Some(revision)) = (fingerprint, revision) else {
            return Err(RecordError::NoPython(path(node.file)));
        };
        let (links, span) = (Links::of(revision), Span::default());
        entries.insert(node.id, (*id, Entry { revision: node.id.into(), links, fingerprint, span }));
    }
    let lines: FxHashMap<&str, &Entry> = old.entries.iter().map(|entry| (&*entry.revision, entry)).collect();
    let guarded = guarded(project, directory, revisions);
    let is_guarded = |id: &str| guarded.as_ref().is_none_or(|known| known.contains(id));

    let mut order: Vec<NodeId> =
        old.entries.iter().filter_map(|entry| Some(entries.get(&*entry.revision)?.0)).collect();
    let listed: FxHashSet<NodeId> = order.iter().copied().collect();
    order.extend(wanted.iter().filter(|node| !listed.contains(node)));
    if !is_in_order(graph, &order) {
        order = wanted;
    }
    let mut record = Record::default();
    for id in order {
        let Some((_, entry)) = entries.remove(graph.node(id).id) else { continue };
        let kind = match lines.get(&*entry.revision) {
            None => Some(Kind::Missing),
            Some(line) if line.fingerprint != entry.fingerprint => Some(Kind::Edited),
            Some(line) if line.links != entry.links => Some(Kind::Relinked),
            Some(_) => None,
        };
        record.differences.extend(kind.map(|kind| Difference {
            revision: entry.revision.clone(),
            kind,
            is_guarded: kind != Kind::Missing && is_guarded(&entry.revision),
        }));
        record.lock.entries.push(entry);
    }
    let kept: FxHashSet<&str> = record.lock.entries.iter().map(|entry| &*entry.revision).collect();
    for line in old.entries.iter().filter(|line| !kept.contains(&*line.revision)) {
        let kind = if graph.of_id(&line.revision).is_some() { Kind::Beyond } else { Kind::Gone };
        let is_guarded = is_guarded(&line.revision);
        record.differences.push(Difference { revision: line.revision.clone(), kind, is_guarded });
    }
    Ok(record)
}

/// The identifiers of the base commit; `None` where git knows none, so that every line is guarded.
fn guarded<'a>(
    project: &Project,
    directory: usize,
    revisions: &'a [Option<Revision>],
) -> Option<FxHashSet<&'a str>> {
    project.directories.get(directory)?.base.as_ref()?;
    let known = project.files().filter(|(_, file)| file.directory == directory);
    let in_base = known.filter(|(_, file)| file.role == Role::Revision && file.applied != Applied::No);
    Some(in_base.filter_map(|(id, _)| revisions.get(id.0 as usize)?.as_ref()?.id()).collect())
}

/// Whether each revision stands after what it needs.
fn is_in_order(graph: &Graph<'_>, order: &[NodeId]) -> bool {
    let places: FxHashMap<NodeId, usize> = order.iter().enumerate().map(|(at, node)| (*node, at)).collect();
    order.iter().enumerate().all(|(at, node)| {
        graph.node(*node).requirements().all(|needed| places.get(&needed).is_none_or(|place| *place < at))
    })
}

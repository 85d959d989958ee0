//! The upgrade of a whole history, revision by revision. Judges nothing.

use rustc_hash::FxHashMap;

use super::apply::Apply;
use super::model::Position;
use super::store::{Store, Version, Written};
use super::view::Schema;
use crate::history::graph::{Fault, Graph, NodeSet};
use crate::operation::Dialect;
use crate::revision::{Body, Revision};
use crate::source::{FileId, Span};

/// The schema at every revision of one script directory.
#[derive(Debug)]
pub struct Replay<'a> {
    store: Store<'a>,
    dialect: Dialect,
    records: FxHashMap<FileId, Record<'a>>,
    /// The identifiers by place in the order.
    order: Vec<&'a str>,
    doubts: Vec<Doubt>,
    end: Version,
}

/// The moments of one revision that are kept.
#[derive(Debug, Clone)]
pub(super) struct Record<'a> {
    /// The revision's place in the order.
    pub(super) position: Position,
    /// Before each operation of its upgrade.
    pub(super) moments: Vec<Version>,
    /// Before its upgrade.
    pub(super) before: Version,
    /// After its upgrade.
    pub(super) after: Version,
    /// What its upgrade wrote.
    pub(super) written: Written<'a>,
}

/// Something that was done of which the effect is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// The revision file.
    pub file: FileId,
    /// The place.
    pub span: Span,
    /// What is not known, in plain words.
    pub reason: String,
}

impl<'a> Replay<'a> {
    /// Runs the upgrades of a graph. `only` limits it to some revisions; those that `is_kept` can be looked at one
    /// by one afterwards. `revisions` are those of the whole project, by file.
    pub fn new(
        graph: &Graph<'a>,
        revisions: &'a [Option<Revision>],
        dialect: Dialect,
        only: Option<&NodeSet>,
        is_kept: impl Fn(FileId) -> bool,
    ) -> Self {
        let mut replay = Self {
            store: Store::empty(!starts_empty(graph)),
            dialect,
            records: FxHashMap::default(),
            order: Vec::new(),
            doubts: Vec::new(),
            end: 0,
        };
        for id in graph.in_order() {
            let node = graph.node(*id);
            if only.is_some_and(|only| !only.contains(*id)) {
                continue;
            }
            let Some(revision) = revisions.get(node.file.0 as usize).and_then(Option::as_ref) else {
                continue;
            };
            replay.order.push(node.id);
            replay.run(node.file, revision, is_kept(node.file));
        }
        replay.end = replay.store.pin();
        replay
    }

    fn run(&mut self, file: FileId, revision: &'a Revision, is_kept: bool) {
        let position = Position(u32::try_from(self.order.len().saturating_sub(1)).unwrap_or(u32::MAX));
        let before = if is_kept { self.store.pin() } else { 0 };
        if is_kept {
            self.store.watch();
        }
        let mut moments = Vec::new();
        if let Some(body) = runs(revision.upgrade_on_dialect()) {
            let doubts = run_body(&mut self.store, self.dialect, position, body, |store| {
                if is_kept {
                    moments.push(store.pin());
                }
            });
            self.doubts.extend(doubts.into_iter().map(|(span, reason)| Doubt { file, span, reason }));
        }
        if let Some(error) = revision.syntax_errors.first() {
            self.store.shake();
            let reason = "the file is no valid Python".to_owned();
            self.doubts.push(Doubt { file, span: error.span, reason });
        }
        if is_kept {
            let after = self.store.pin();
            let written = self.store.written();
            self.records.insert(file, Record { position, moments, before, after, written });
        }
    }

    /// The schema at the end.
    pub fn schema(&self) -> Schema<'_> {
        self.at(self.end)
    }

    /// What is not known, in the order in which it was run.
    pub fn doubts(&self) -> &[Doubt] {
        &self.doubts
    }

    /// The identifier of the revision at a place in the order.
    pub fn revision_at(&self, position: Position) -> Option<&'a str> {
        self.order.get(position.0 as usize).copied()
    }

    pub(super) fn at(&self, version: Version) -> Schema<'_> {
        Schema::new(&self.store, version, self.dialect)
    }

    pub(super) fn record(&self, file: FileId) -> Option<&Record<'a>> {
        self.records.get(&file)
    }
}

/// The body, if Alembic runs it: it never awaits a coroutine.
pub(super) fn runs(body: Option<&Body>) -> Option<&Body> {
    body.filter(|body| !body.is_async)
}

/// Whether a history tells everything from an empty database on.
fn starts_empty(graph: &Graph<'_>) -> bool {
    let is_torn = |fault: &Fault<'_>| {
        !matches!(fault, Fault::NotPython { .. } | Fault::LabelClash { .. } | Fault::IllegalId { .. })
    };
    graph.is_complete() && !graph.faults().iter().any(is_torn)
}

/// Runs the operations of a body; `before` is called before each of them. What became unknown, with the places.
pub(super) fn run_body<'a>(
    store: &mut Store<'a>,
    dialect: Dialect,
    position: Position,
    body: &'a Body,
    mut before: impl FnMut(&mut Store<'a>),
) -> Vec<(Span, String)> {
    let mut doubts = Vec::new();
    let mut hidden: Vec<_> =
        body.unresolved.iter().filter_map(|unresolved| Some((unresolved.hides_after?, unresolved))).collect();
    hidden.sort_by_key(|(after, _)| *after);
    let mut hidden = hidden.into_iter().peekable();
    for (at, operation) in body.operations.iter().enumerate() {
        while let Some((_, unresolved)) = hidden.next_if(|(after, _)| *after <= at) {
            store.shake();
            doubts.push((unresolved.span, unresolved.reason.to_string()));
        }
        before(store);
        if let Some(reason) = Apply::new(store, dialect, position).operation(operation) {
            doubts.push((operation.span, reason));
        }
    }
    for (_, unresolved) in hidden {
        store.shake();
        doubts.push((unresolved.span, unresolved.reason.to_string()));
    }
    doubts
}

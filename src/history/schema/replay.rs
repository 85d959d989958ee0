//! The upgrade of a whole history, revision by revision. Judges nothing.

use rustc_hash::FxHashMap;

use super::apply::{Apply, Batch};
use super::model::{Position, TableKey};
use super::store::{Store, Version, Written};
use super::view::Schema;
use crate::history::graph::{Fault, Graph, Node, NodeId};
use crate::isolation::{Failure, Unit, isolated};
use crate::operation::Dialect;
use crate::project::NamingConvention;
use crate::revision::{Body, Revision};
use crate::source::{FileId, Span};

/// The schema at every revision of one script directory.
#[derive(Debug)]
pub struct Replay<'a> {
    /// One for all, or one for each history that has nothing to do with the others.
    stores: Vec<Store<'a>>,
    /// Stands in for a store that is not there.
    nothing: Store<'a>,
    dialect: Dialect,
    records: FxHashMap<FileId, Record<'a>>,
    /// The identifiers by place in the order.
    order: Vec<&'a str>,
    doubts: Vec<Doubt>,
    failures: Vec<(FileId, Failure)>,
}

/// The moments of one revision that are kept.
#[derive(Debug, Clone)]
pub(super) struct Record<'a> {
    /// The revision's place in the order.
    pub(super) position: Position,
    /// Its store.
    store: usize,
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
    /// Runs the upgrades that lead to `targets` on one empty database. `revisions` are those of the whole project, by
    /// file.
    pub fn of_targets(
        graph: &Graph<'a>,
        revisions: &'a [Option<Revision>],
        dialect: Dialect,
        convention: &'a NamingConvention,
        targets: &[NodeId],
    ) -> Self {
        let mut replay = Self::empty(dialect, convention, 1, !starts_empty(graph));
        for id in graph.running_order(targets) {
            replay.run(graph.node(id), revisions, 0, false);
        }
        replay
    }

    /// Runs all upgrades. Histories that are not linked run apart, since nobody knows that they share a database.
    /// Those revisions that `is_kept` can be looked at one by one afterwards.
    pub fn of_all(
        graph: &Graph<'a>,
        revisions: &'a [Option<Revision>],
        dialect: Dialect,
        convention: &'a NamingConvention,
        is_kept: impl Fn(FileId) -> bool,
    ) -> Self {
        // Where two files share an identifier, Alembic runs one of them; which history is meant nobody knows.
        if graph.faults().iter().any(|fault| matches!(fault, Fault::DuplicateId { .. })) {
            return Self::empty(dialect, convention, 1, true);
        }
        let (parts, count) = unlinked(graph);
        let mut replay = Self::empty(dialect, convention, count, count > 1 || !starts_empty(graph));
        let heads: Vec<NodeId> = graph.effective_heads().collect();
        for id in graph.running_order(&heads) {
            let node = graph.node(id);
            let store = parts.get(id.index()).copied().unwrap_or(0);
            replay.run(node, revisions, store, is_kept(node.file));
        }
        replay
    }

    /// Of no revisions: nothing is known of the schema.
    pub fn of_none(dialect: Dialect, convention: &'a NamingConvention) -> Self {
        Self::empty(dialect, convention, 1, true)
    }

    fn empty(dialect: Dialect, convention: &'a NamingConvention, stores: usize, is_open: bool) -> Self {
        Self {
            stores: (0..stores.max(1)).map(|_| Store::empty(is_open, convention)).collect(),
            nothing: Store::empty(true, convention),
            dialect,
            records: FxHashMap::default(),
            order: Vec::new(),
            doubts: Vec::new(),
            failures: Vec::new(),
        }
    }

    fn run(&mut self, node: &Node<'a>, revisions: &'a [Option<Revision>], store: usize, is_kept: bool) {
        let file = node.file;
        let Some(revision) = revisions.get(file.0 as usize).and_then(Option::as_ref) else { return };
        let position = Position(u32::try_from(self.order.len()).unwrap_or(u32::MAX));
        self.order.push(node.id);
        let Some(state) = self.stores.get_mut(store) else { return };
        let before = if is_kept { state.pin() } else { 0 };
        if is_kept {
            state.watch();
        }
        let mut moments = Vec::new();
        if let Some(body) = runs(revision.upgrade_on_dialect()) {
            let run = || {
                run_body(state, self.dialect, position, body, |state| {
                    if is_kept {
                        moments.push(state.pin());
                    }
                })
            };
            match isolated(Unit::Replay(node.id), run) {
                Ok(doubts) => {
                    self.doubts.extend(doubts.into_iter().map(|(span, reason)| Doubt { file, span, reason }));
                }
                Err(failure) => {
                    state.shake();
                    self.doubts.push(Doubt { file, span: Span::default(), reason: failure.to_string() });
                    self.failures.push((file, failure));
                    return;
                }
            }
        }
        if let Some(error) = revision.syntax_errors.first() {
            state.shake();
            let reason = match &revision.failure {
                Some(failure) => failure.to_string(),
                None => "the file is not valid Python".to_owned(),
            };
            self.doubts.push(Doubt { file, span: error.span, reason });
        }
        if is_kept {
            let after = state.pin();
            let written = state.written();
            self.records.insert(file, Record { position, store, moments, before, after, written });
        }
    }

    /// The schema at the end; of several histories that of the first.
    pub fn schema(&self) -> Schema<'_> {
        let store = self.stores.first().unwrap_or(&self.nothing);
        Schema::new(store, store.now(), self.dialect)
    }

    /// How many revisions were run.
    pub const fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether none was run.
    pub const fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// What is not known, in the order in which it was run.
    pub fn doubts(&self) -> &[Doubt] {
        &self.doubts
    }

    /// The revisions on which the replay itself failed; they have no record, and everything is unsure after them.
    pub fn failures(&self) -> &[(FileId, Failure)] {
        &self.failures
    }

    /// The identifier of the revision at a place in the order.
    pub fn revision_at(&self, position: Position) -> Option<&'a str> {
        self.order.get(position.0 as usize).copied()
    }

    /// The schema at a moment of a revision.
    pub(super) fn at(&self, record: &Record<'_>, version: Version) -> Schema<'_> {
        let store = self.stores.get(record.store).unwrap_or(&self.nothing);
        Schema::new(store, version, self.dialect)
    }

    /// The schema at the end of the history that a revision belongs to.
    pub(super) fn end_of(&self, record: &Record<'_>) -> Schema<'_> {
        let store = self.stores.get(record.store).unwrap_or(&self.nothing);
        Schema::new(store, store.now(), self.dialect)
    }

    /// Whether a revision from a place in the order up to that of a record changes rows of a table.
    pub(super) fn is_updated(&self, record: &Record<'_>, table: &TableKey<'_>, from: Position) -> bool {
        let store = self.stores.get(record.store).unwrap_or(&self.nothing);
        store.is_updated(table, from, record.position)
    }

    pub(super) fn record(&self, file: FileId) -> Option<&Record<'a>> {
        self.records.get(&file)
    }
}

/// The body, if Alembic runs it: it never awaits a coroutine.
pub(super) fn runs(body: Option<&Body>) -> Option<&Body> {
    body.filter(|body| !body.is_async)
}

/// For each node the history it belongs to, and how many histories there are that nothing links.
fn unlinked(graph: &Graph<'_>) -> (Vec<usize>, usize) {
    let mut parts: Vec<Option<usize>> = vec![None; graph.len()];
    let mut count = 0;
    for (start, _) in graph.nodes() {
        if parts.get(start.index()).is_none_or(Option::is_some) {
            continue;
        }
        let mut open = vec![start];
        while let Some(id) = open.pop() {
            if let Some(part @ None) = parts.get_mut(id.index()) {
                *part = Some(count);
                let node = graph.node(id);
                open.extend(node.requirements().chain(node.followers()));
            }
        }
        count += 1;
    }
    (parts.into_iter().map(Option::unwrap_or_default).collect(), count)
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
    let mut batch = Batch::default();
    for (at, operation) in body.operations.iter().enumerate() {
        while let Some((_, unresolved)) = hidden.next_if(|(after, _)| *after <= at) {
            store.shake();
            doubts.push((unresolved.span, unresolved.reason.to_string()));
        }
        before(store);
        let may_be_lost = batch.may_lose(operation, dialect);
        if let Some(reason) = Apply::new(store, dialect, position).operation(operation, may_be_lost) {
            doubts.push((operation.span, reason));
        }
    }
    for (_, unresolved) in hidden {
        store.shake();
        doubts.push((unresolved.span, unresolved.reason.to_string()));
    }
    doubts
}

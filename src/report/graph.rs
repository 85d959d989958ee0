//! The history of one script directory as rows, newest first. All formats of the `graph` command read this.

use rustc_hash::FxHashMap;

use super::counted;
use crate::history::graph::{Fault, Graph, Node, NodeId};
use crate::operation::{Change, Operation};
use crate::project::Project;
use crate::revision::{Body, Revision};
use crate::source::FileId;

/// Applied revisions in a row that are drawn as one.
const SHORTEST_RUN: usize = 4;

/// Messages longer than this are cut.
const LONGEST_MESSAGE: usize = 72;

/// What `graph` shows of one script directory.
#[derive(Debug)]
pub struct Picture<'a> {
    /// The script directory, as printed.
    pub directory: &'a str,
    /// Children before what they come from.
    pub rows: Vec<Row<'a>>,
    /// How many revisions there are.
    pub revisions: usize,
    /// How many of them are applied.
    pub applied: usize,
    /// How many heads there are.
    pub heads: usize,
}

/// One node of the picture.
#[derive(Debug)]
pub struct Row<'a> {
    /// What stands there.
    pub what: What<'a>,
    /// The rows of its down revisions that stand below.
    pub parents: Vec<usize>,
    /// The rows of what it `depends_on` that stand below.
    pub dependencies: Vec<usize>,
    /// The rows above, or its own, that close a cycle.
    pub closing: Vec<usize>,
}

/// What stands in a row.
#[derive(Debug)]
pub enum What<'a> {
    /// A revision.
    Revision(Card<'a>),
    /// Applied revisions, one behind the other.
    Run {
        /// How many.
        count: usize,
        /// How many of them destroy something.
        destructive: usize,
    },
    /// A revision that is named and that no file has.
    Missing(&'a str),
}

/// A revision as it is drawn.
#[derive(Debug)]
pub struct Card<'a> {
    /// Its identifier.
    pub id: &'a str,
    /// The first line of its docstring.
    pub message: Option<&'a str>,
    /// The branch labels it sets.
    pub labels: Vec<&'a str>,
    /// Whether no other revision comes from it.
    pub is_head: bool,
    /// Whether it starts a history.
    pub is_base: bool,
    /// Whether databases may have run it.
    pub is_applied: bool,
    /// What its upgrade destroys, in plain words.
    pub destroys: Vec<String>,
    /// What is wrong with its place, in plain words.
    pub fault: Option<&'static str>,
}

impl<'a> Picture<'a> {
    /// Draws a history; long runs of applied revisions are one row unless `all`.
    pub fn new(
        project: &'a Project,
        graph: &Graph<'a>,
        revisions: &'a [Option<Revision>],
        is_applied: impl Fn(FileId) -> bool,
        all: bool,
    ) -> Self {
        let directory = project.directories.get(graph.directory()).map_or("", |directory| &directory.path);
        let mut drawing = Drawing {
            graph,
            revisions,
            is_applied: &is_applied,
            rows: Vec::new(),
            place: vec![None; graph.len()],
        };
        let shadowed = graph.nodes().rev().filter(|(_, node)| node.is_shadowed).map(|(id, _)| id);
        let unordered = graph.unordered().iter().rev().copied().filter(|id| !graph.node(*id).is_shadowed);
        let sequence: Vec<NodeId> =
            shadowed.chain(unordered).chain(graph.in_order().iter().rev().copied()).collect();
        for id in &sequence {
            drawing.add(*id, all);
        }
        let rows = drawing.linked();
        Self {
            directory,
            revisions: graph.len(),
            applied: graph.nodes().filter(|(_, node)| is_applied(node.file)).count(),
            heads: graph.heads().filter(|id| !graph.node(*id).is_shadowed).count(),
            rows,
        }
    }

    /// Its numbers in words.
    pub fn summary(&self) -> String {
        let (revisions, heads) = (counted(self.revisions, "revision"), counted(self.heads, "head"));
        format!("{revisions}, {heads}, {} applied", self.applied)
    }
}

/// A picture being put together.
struct Drawing<'g, 'a, F> {
    graph: &'g Graph<'a>,
    revisions: &'a [Option<Revision>],
    is_applied: F,
    rows: Vec<Row<'a>>,
    /// The row of each node, by its index.
    place: Vec<Option<usize>>,
}

impl<'a, F: Fn(FileId) -> bool> Drawing<'_, 'a, F> {
    fn add(&mut self, id: NodeId, all: bool) {
        if self.place.get(id.index()).copied().flatten().is_some() {
            return;
        }
        let run = if all { Vec::new() } else { self.run_from(id) };
        if run.len() >= SHORTEST_RUN {
            let destructive =
                run.iter().filter(|id| !self.destroys(self.graph.node(**id)).is_empty()).count();
            self.push(&run, What::Run { count: run.len(), destructive });
        } else {
            let card = self.card(id);
            self.push(&[id], What::Revision(card));
        }
    }

    fn push(&mut self, nodes: &[NodeId], what: What<'a>) {
        for id in nodes {
            if let Some(place) = self.place.get_mut(id.index()) {
                *place = Some(self.rows.len());
            }
        }
        self.rows.push(Row { what, parents: Vec::new(), dependencies: Vec::new(), closing: Vec::new() });
    }

    /// The applied revisions from `id` downward that nothing else is linked with.
    fn run_from(&self, id: NodeId) -> Vec<NodeId> {
        let mut run = Vec::new();
        let mut next = Some(id);
        while let Some(id) = next.take() {
            let node = self.graph.node(id);
            let is_plain = (self.is_applied)(node.file)
                && node.children.len() == 1
                && !node.is_merge_point()
                && !node.is_shadowed
                && node.own_labels.is_empty()
                && node.dependencies.is_empty()
                && node.dependents.is_empty()
                && self.place.get(id.index()).is_some_and(Option::is_none);
            if let ([parent], true) = (node.parents.as_slice(), is_plain) {
                run.push(id);
                next = Some(*parent);
            }
        }
        run
    }

    fn revision(&self, node: &Node<'_>) -> Option<&'a Revision> {
        self.revisions.get(node.file.0 as usize)?.as_ref()
    }

    fn destroys(&self, node: &Node<'_>) -> Vec<String> {
        let upgrade: Option<&Body> = self.revision(node).and_then(|revision| revision.upgrade.as_ref());
        let operations = upgrade.into_iter().flat_map(|body| &body.operations);
        let mut lost: Vec<&Operation> = operations.filter(|operation| operation.is_destructive()).collect();
        // What loses rows comes before what can be made again.
        lost.sort_by_key(|operation| {
            matches!(
                operation.change,
                Change::DropIndex(_) | Change::DropConstraint(_) | Change::DropTableComment(_)
            )
        });
        lost.into_iter().map(Operation::summary).collect()
    }

    fn card(&self, id: NodeId) -> Card<'a> {
        let node = self.graph.node(id);
        let fault = if node.is_shadowed {
            Some("another file has the same identifier, and Alembic takes that one")
        } else if self.is_in_cycle(id) {
            Some("in a cycle, or behind one")
        } else {
            None
        };
        Card {
            id: node.id,
            message: self.revision(node).and_then(Revision::message),
            labels: node.own_labels.clone(),
            is_head: node.is_head() && !node.is_shadowed,
            is_base: node.is_base(),
            is_applied: (self.is_applied)(node.file),
            destroys: self.destroys(node),
            fault,
        }
    }

    fn is_in_cycle(&self, id: NodeId) -> bool {
        let is_own = |fault: &Fault<'_>| matches!(fault, Fault::SelfLoop { node, .. } if *node == id);
        self.graph.unordered().contains(&id) || self.graph.faults().iter().any(is_own)
    }

    /// The rows with their links, and a row for each revision that is named and missing.
    fn linked(mut self) -> Vec<Row<'a>> {
        let links: Vec<(usize, usize, bool)> = self
            .graph
            .nodes()
            .flat_map(|(id, node)| {
                let parents = node.parents.iter().map(move |to| (id, *to, false));
                parents.chain(node.dependencies.iter().map(move |to| (id, *to, true)))
            })
            .filter_map(|(from, to, is_dependency)| {
                let place = |id: NodeId| self.place.get(id.index()).copied().flatten();
                Some((place(from)?, place(to)?, is_dependency))
            })
            .collect();
        for (from, to, is_dependency) in links {
            self.link(from, to, is_dependency);
        }
        let mut missing: FxHashMap<&'a str, usize> = FxHashMap::default();
        for fault in self.graph.faults() {
            let (node, reference, is_dependency) = match fault {
                Fault::MissingParent { node, reference } => (node, *reference, false),
                Fault::MissingDependency { node, reference } => (node, *reference, true),
                _ => continue,
            };
            let to = *missing.entry(reference).or_insert_with(|| {
                self.rows.push(Row {
                    what: What::Missing(reference),
                    parents: Vec::new(),
                    dependencies: Vec::new(),
                    closing: Vec::new(),
                });
                self.rows.len() - 1
            });
            if let Some(from) = self.place.get(node.index()).copied().flatten() {
                self.link(from, to, is_dependency);
            }
        }
        self.rows
    }

    fn link(&mut self, from: usize, to: usize, is_dependency: bool) {
        let Some(row) = self.rows.get_mut(from) else { return };
        let list = match (from < to, is_dependency) {
            (false, _) => &mut row.closing,
            (true, true) => &mut row.dependencies,
            (true, false) => &mut row.parents,
        };
        if !list.contains(&to) {
            list.push(to);
        }
    }
}

impl Card<'_> {
    /// The message, or what stands for it.
    pub fn title(&self) -> &str {
        self.message.unwrap_or("(no message)")
    }

    /// The message, cut where it is long.
    pub fn short_title(&self) -> String {
        cut(self.title())
    }

    /// "head", "base", branch labels.
    pub fn tags(&self) -> Vec<String> {
        let mut tags: Vec<String> = self.labels.iter().map(|label| format!("label {label}")).collect();
        tags.extend(self.is_head.then(|| "head".to_owned()));
        tags.extend(self.is_base.then(|| "base".to_owned()));
        tags
    }
}

/// The text, cut where it is long.
pub(super) fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST_MESSAGE) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text).trim_end()),
        None => text.to_owned(),
    }
}

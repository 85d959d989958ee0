//! The revisions of one script directory as Alembic links them: heads, bases, order, labels, faults. Reads no file.
//!
//! The truth is Alembic 1.20's `script/revision.py`, class `RevisionMap`; `tests/real_graph.rs` compares.

mod build;
mod fault;
mod heads;
mod labels;
mod locations;
mod order;
mod resolve;
mod running;
mod walk;

use rustc_hash::FxHashMap;

pub use build::File;
pub use fault::{Fault, IdentifierKind};
pub use resolve::ResolveError;
pub use walk::{Links, NodeSet, Walk};

use crate::source::FileId;

/// A node of one graph; it means nothing in another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(u32);

impl NodeId {
    fn new(index: usize) -> Self {
        Self(u32::try_from(index).unwrap_or(u32::MAX))
    }

    /// Its place in [`Graph::nodes`], for tables of facts beside the graph.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// One revision file whose identifier is known.
#[derive(Debug, Clone)]
pub struct Node<'a> {
    /// The file.
    pub file: FileId,
    /// The identifier.
    pub id: &'a str,
    /// What `down_revision` names, in its order, each once.
    pub parents: Vec<NodeId>,
    /// What `depends_on` names, in its order, each once; labels are resolved.
    pub dependencies: Vec<NodeId>,
    /// The revisions whose `down_revision` names this one, in load order.
    pub children: Vec<NodeId>,
    /// The revisions whose `depends_on` names this one, in load order.
    pub dependents: Vec<NodeId>,
    /// The branch labels the file sets itself.
    pub own_labels: Vec<&'a str>,
    /// Whether another file with the same identifier is loaded later: Alembic never runs this one.
    pub is_shadowed: bool,
    /// How many strings `down_revision` holds.
    parent_count: usize,
    /// Whether `down_revision` is known and means "none".
    is_base: bool,
    /// Index in [`Graph::label_sets`].
    labels: u32,
}

impl Node<'_> {
    /// Whether it starts a history: its `down_revision` is `None` or empty.
    pub const fn is_base(&self) -> bool {
        self.is_base
    }

    /// Whether no `down_revision` names it.
    pub const fn is_head(&self) -> bool {
        self.children.is_empty()
    }

    /// Whether neither a `down_revision` nor a `depends_on` names it.
    pub const fn is_effective_head(&self) -> bool {
        self.children.is_empty() && self.dependents.is_empty()
    }

    /// Whether the history forks here.
    pub const fn is_branch_point(&self) -> bool {
        self.children.len() > 1
    }

    /// Whether it joins branches.
    pub const fn is_merge_point(&self) -> bool {
        self.parent_count > 1
    }

    /// What must have run before: down revisions, then dependencies.
    pub fn requirements(&self) -> impl DoubleEndedIterator<Item = NodeId> {
        self.parents.iter().chain(&self.dependencies).copied()
    }

    /// What can only run afterwards: children, then dependents.
    pub fn followers(&self) -> impl DoubleEndedIterator<Item = NodeId> {
        self.children.iter().chain(&self.dependents).copied()
    }
}

/// What [`Graph::node`] gives for a node of another graph.
static NOWHERE: Node<'static> = Node {
    file: FileId(u32::MAX),
    id: "",
    parents: Vec::new(),
    dependencies: Vec::new(),
    children: Vec::new(),
    dependents: Vec::new(),
    own_labels: Vec::new(),
    is_shadowed: true,
    parent_count: 0,
    is_base: false,
    labels: 0,
};

/// The revisions of one script directory that Alembic loads together.
#[derive(Debug, Clone, Default)]
pub struct Graph<'a> {
    directory: usize,
    /// In the order Alembic loads the files.
    nodes: Vec<Node<'a>>,
    /// The file Alembic takes for each identifier.
    by_id: FxHashMap<&'a str, NodeId>,
    by_label: FxHashMap<&'a str, NodeId>,
    by_file: FxHashMap<FileId, NodeId>,
    order: Vec<NodeId>,
    unordered: Vec<NodeId>,
    label_sets: Vec<Box<[&'a str]>>,
    faults: Vec<Fault<'a>>,
    is_complete: bool,
}

impl<'a> Graph<'a> {
    /// The index of the script directory in [`crate::project::Project::directories`].
    pub const fn directory(&self) -> usize {
        self.directory
    }

    /// All nodes in the order Alembic loads their files.
    pub fn nodes(&self) -> impl DoubleEndedIterator<Item = (NodeId, &Node<'a>)> {
        self.nodes.iter().enumerate().map(|(index, node)| (NodeId::new(index), node))
    }

    /// How many nodes there are.
    pub const fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// A node of this graph.
    pub fn node(&self, id: NodeId) -> &Node<'a> {
        self.nodes.get(id.index()).unwrap_or(&NOWHERE)
    }

    /// The node of a revision file; `None` where its identifier is not known.
    pub fn of_file(&self, file: FileId) -> Option<NodeId> {
        self.by_file.get(&file).copied()
    }

    /// The node that Alembic takes for a full identifier.
    pub fn of_id(&self, id: &str) -> Option<NodeId> {
        self.by_id.get(id).copied()
    }

    /// The node that sets a branch label.
    pub fn of_label(&self, label: &str) -> Option<NodeId> {
        self.by_label.get(label).copied()
    }

    /// All full identifiers, in load order.
    pub fn ids(&self) -> impl Iterator<Item = &'a str> {
        self.nodes.iter().filter(|node| !node.is_shadowed).map(|node| node.id)
    }

    /// The branch labels that hold for a node: its own and those of its branch (`RevisionMap._add_branches`), sorted.
    pub fn labels(&self, id: NodeId) -> &[&'a str] {
        self.label_sets.get(self.node(id).labels as usize).map_or(&[], |labels| labels)
    }

    /// `ScriptDirectory.get_heads()`. A file that another one with its identifier shadows is among them, as in Alembic.
    pub fn heads(&self) -> impl Iterator<Item = NodeId> {
        self.nodes().filter(|(_, node)| node.is_head()).map(|(id, _)| id)
    }

    /// `ScriptDirectory.get_heads(consider_depends_on=True)`: what stands in `alembic_version` after `upgrade heads`.
    pub fn effective_heads(&self) -> impl Iterator<Item = NodeId> {
        self.nodes().filter(|(_, node)| node.is_effective_head()).map(|(id, _)| id)
    }

    /// `ScriptDirectory.get_bases()`.
    pub fn bases(&self) -> impl Iterator<Item = NodeId> {
        self.nodes().filter(|(_, node)| node.is_base()).map(|(id, _)| id)
    }

    /// Every revision after all its down revisions and dependencies, along one branch as far as possible. Shadowed
    /// files and what is in a cycle or behind one are left out.
    pub fn in_order(&self) -> &[NodeId] {
        &self.order
    }

    /// The revisions that are in a cycle or behind one, in load order.
    pub fn unordered(&self) -> &[NodeId] {
        &self.unordered
    }

    /// What is wrong with it, in load order of the files.
    pub fn faults(&self) -> &[Fault<'a>] {
        &self.faults
    }

    /// Whether all identifiers could be read: no link is missing that Alembic would see.
    pub const fn is_complete(&self) -> bool {
        self.is_complete
    }
}

#[cfg(test)]
mod tests;

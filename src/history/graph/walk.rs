//! Ancestors and descendants, each once, without recursion. Gives no order one could rely on.

use super::{Graph, NodeId};

/// Which links are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Links {
    /// `down_revision` only.
    Parents,
    /// `down_revision` and `depends_on`.
    All,
}

/// A set of nodes of one graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeSet {
    members: Vec<bool>,
}

impl NodeSet {
    /// The empty set for a graph of `len` nodes.
    pub fn new(len: usize) -> Self {
        Self { members: vec![false; len] }
    }

    /// Adds a node; whether it is new in the set.
    pub fn insert(&mut self, id: NodeId) -> bool {
        match self.members.get_mut(id.index()) {
            Some(member) => !std::mem::replace(member, true),
            None => false,
        }
    }

    /// Takes a node out.
    pub fn remove(&mut self, id: NodeId) {
        if let Some(member) = self.members.get_mut(id.index()) {
            *member = false;
        }
    }

    /// Whether a node is in it.
    pub fn contains(&self, id: NodeId) -> bool {
        self.members.get(id.index()).copied().unwrap_or(false)
    }

    /// The members in load order.
    pub fn iter(&self) -> impl Iterator<Item = NodeId> {
        self.members.iter().enumerate().filter(|(_, member)| **member).map(|(index, _)| NodeId::new(index))
    }
}

/// Walks from some nodes, which come along, to all that links lead to.
#[derive(Debug)]
pub struct Walk<'g, 'a> {
    graph: &'g Graph<'a>,
    links: Links,
    upward: bool,
    seen: NodeSet,
    open: Vec<NodeId>,
}

impl Walk<'_, '_> {
    /// All nodes the walk comes to.
    pub fn into_set(mut self) -> NodeSet {
        while self.next().is_some() {}
        self.seen
    }
}

impl Iterator for Walk<'_, '_> {
    type Item = NodeId;

    fn next(&mut self) -> Option<NodeId> {
        let id = self.open.pop()?;
        let node = self.graph.node(id);
        let (direct, other) = if self.upward {
            (&node.children, &node.dependents)
        } else {
            (&node.parents, &node.dependencies)
        };
        let other = if self.links == Links::All { other.as_slice() } else { &[] };
        for next in direct.iter().chain(other).rev() {
            if self.seen.insert(*next) {
                self.open.push(*next);
            }
        }
        Some(id)
    }
}

impl<'a> Graph<'a> {
    /// `nodes` and all they need, each once.
    pub fn ancestors(&self, nodes: impl IntoIterator<Item = NodeId>, links: Links) -> Walk<'_, 'a> {
        self.walk(nodes, links, false)
    }

    /// `nodes` and all that need them, each once.
    pub fn descendants(&self, nodes: impl IntoIterator<Item = NodeId>, links: Links) -> Walk<'_, 'a> {
        self.walk(nodes, links, true)
    }

    fn walk(&self, nodes: impl IntoIterator<Item = NodeId>, links: Links, upward: bool) -> Walk<'_, 'a> {
        let mut seen = NodeSet::new(self.len());
        let open = nodes.into_iter().filter(|node| seen.insert(*node)).collect();
        Walk { graph: self, links, upward, seen, open }
    }
}

//! The order in which `alembic upgrade` runs revisions from an empty database on. Runs none.
//!
//! Other orders would be as sound for the graph, but not for the schema: of two branches that touch the same table,
//! one runs first.

use super::{Graph, Links, NodeId, NodeSet};

impl Graph<'_> {
    /// The revisions that `alembic upgrade` runs to come to `targets`, first one first (`RevisionMap._topological_sort`,
    /// reversed). What is in a cycle or behind one is left out.
    pub fn running_order(&self, targets: &[NodeId]) -> Vec<NodeId> {
        let mut descent = Descent::new(self, targets);
        let mut order = Vec::with_capacity(descent.open);
        while let Some(node) = descent.next() {
            order.push(node);
        }
        order.reverse();
        order
    }
}

/// A walk from the heads down, along one branch as far as nothing else needs what comes next.
struct Descent<'g, 'a> {
    graph: &'g Graph<'a>,
    /// What is left to be walked.
    todo: NodeSet,
    /// How many.
    open: usize,
    /// By node: how many of those that need it are left.
    waiting: Vec<usize>,
    /// Where branches stand.
    heads: Vec<NodeId>,
    is_head: NodeSet,
    /// The branch that is walked.
    at: usize,
}

impl<'g, 'a> Descent<'g, 'a> {
    fn new(graph: &'g Graph<'a>, targets: &[NodeId]) -> Self {
        let wanted = graph.ancestors(targets.iter().copied(), Links::All).into_set();
        let mut todo = NodeSet::new(graph.len());
        let mut open = 0;
        for node in graph.in_order().iter().filter(|node| wanted.contains(**node)) {
            todo.insert(*node);
            open += 1;
        }
        let mut waiting = vec![0; graph.len()];
        for node in todo.iter() {
            for needed in requirements(graph, node) {
                if let Some(count) = waiting.get_mut(needed.index()) {
                    *count += 1;
                }
            }
        }
        let mut heads: Vec<NodeId> = targets.iter().copied().filter(|node| todo.contains(*node)).collect();
        heads.sort_unstable();
        heads.dedup();
        let mut is_head = NodeSet::new(graph.len());
        for head in &heads {
            is_head.insert(*head);
        }
        Self { graph, todo, open, waiting, heads, is_head, at: 0 }
    }

    fn next(&mut self) -> Option<NodeId> {
        loop {
            let candidate = *self.heads.get(self.at)?;
            let is_needed = self.waiting.get(candidate.index()).is_some_and(|count| *count > 0);
            let Some(other) = self.head_above(candidate).filter(|_| is_needed) else {
                self.step(candidate);
                return Some(candidate);
            };
            self.at = other;
        }
    }

    /// The first other branch that leads to a node.
    fn head_above(&self, node: NodeId) -> Option<usize> {
        if self.waiting.get(node.index()) == Some(&0) {
            return None;
        }
        let mut seen = NodeSet::new(self.graph.len());
        let mut open = vec![node];
        while let Some(next) = open.pop() {
            for follower in self.graph.node(next).followers() {
                if self.todo.contains(follower) && seen.insert(follower) {
                    open.push(follower);
                }
            }
        }
        self.heads.iter().position(|head| seen.contains(*head))
    }

    /// Takes a node and puts what it needs in its place.
    fn step(&mut self, node: NodeId) {
        self.todo.remove(node);
        let needed: Vec<NodeId> = requirements(self.graph, node).collect();
        for needed in &needed {
            if let Some(count) = self.waiting.get_mut(needed.index()) {
                *count = count.saturating_sub(1);
            }
        }
        let is_new = |needed: &NodeId| self.todo.contains(*needed) && !self.is_head.contains(*needed);
        let mut next = needed.into_iter().filter(is_new).collect::<Vec<_>>().into_iter();
        match next.next() {
            None => {
                self.heads.remove(self.at);
                self.at = self.at.saturating_sub(1);
            }
            Some(first) => {
                self.is_head.insert(first);
                if let Some(head) = self.heads.get_mut(self.at) {
                    *head = first;
                }
                for other in next {
                    self.is_head.insert(other);
                    self.heads.push(other);
                }
            }
        }
    }
}

/// Down revisions, then dependencies, each once; not what an ancestor depends on too (`_normalize_depends_on`).
fn requirements<'g>(graph: &'g Graph<'_>, id: NodeId) -> impl Iterator<Item = NodeId> + use<'g> {
    let node = graph.node(id);
    let others = node.dependencies.iter().filter(move |dependency| {
        !node.parents.contains(dependency) && !is_inherited(graph, id, **dependency)
    });
    node.parents.iter().chain(others).copied()
}

fn is_inherited(graph: &Graph<'_>, id: NodeId, dependency: NodeId) -> bool {
    let dependents = &graph.node(dependency).dependents;
    dependents.len() > 1
        && graph
            .ancestors([id], Links::Parents)
            .any(|ancestor| ancestor != id && dependents.contains(&ancestor))
}

//! Branch labels along their branches, as `RevisionMap._add_branches` spreads them.

use rustc_hash::FxHashMap;

use super::{Graph, NodeId};

/// The set of labels of each node, equal sets stored once.
pub(super) struct Labels<'a> {
    /// The different sets; the first one is empty.
    pub(super) sets: Vec<Box<[&'a str]>>,
    /// The index of each node's set.
    pub(super) of_node: Vec<u32>,
}

impl<'a> Labels<'a> {
    fn of(&self, id: NodeId) -> u32 {
        self.of_node.get(id.index()).copied().unwrap_or(0)
    }

    fn set(&self, index: u32) -> &[&'a str] {
        self.sets.get(index as usize).map_or(&[], |set| set)
    }
}

/// Spreads labels to all descendants, and to the ancestors down to where the branch begins: the last branch or merge
/// point. Where the branch of a label forks, its ancestors get none.
pub(super) fn spread<'a>(graph: &Graph<'a>) -> Labels<'a> {
    let mut labels = Labels { sets: vec![Box::default()], of_node: vec![0; graph.len()] };
    let mut added: FxHashMap<NodeId, Vec<&'a str>> = FxHashMap::default();
    for (id, node) in graph.nodes().filter(|(_, node)| !node.own_labels.is_empty()) {
        for member in std::iter::once(id).chain(branch_below(graph, id)) {
            added.entry(member).or_default().extend(&node.own_labels);
        }
    }
    if added.is_empty() {
        return labels;
    }
    let mut known: FxHashMap<Box<[&'a str]>, u32> = FxHashMap::default();
    for id in graph.in_order().iter().chain(graph.unordered()) {
        let parents = &graph.node(*id).parents;
        let own = added.get(id).map_or(&[][..], Vec::as_slice);
        let first = parents.first().map_or(0, |parent| labels.of(*parent));
        let is_plain = own.is_empty() && parents.iter().all(|parent| labels.of(*parent) == first);
        let index = if is_plain {
            first
        } else {
            let inherited = parents.iter().flat_map(|parent| labels.set(labels.of(*parent)));
            let mut set: Vec<&'a str> = inherited.chain(own).copied().collect();
            set.sort_unstable();
            set.dedup();
            let set = set.into_boxed_slice();
            let next = u32::try_from(labels.sets.len()).unwrap_or(0);
            let index = *known.entry(set.clone()).or_insert(next);
            if index == next {
                labels.sets.push(set);
            }
            index
        };
        if let Some(of_node) = labels.of_node.get_mut(id.index()) {
            *of_node = index;
        }
    }
    labels
}

/// The ancestors that share the branch of `id`.
fn branch_below(graph: &Graph<'_>, id: NodeId) -> Vec<NodeId> {
    // Dependents count as well: Alembic's "real" branch points. A child that is a dependent too counts once.
    let is_end = |id: NodeId| {
        let node = graph.node(id);
        let mut followers = node.followers();
        let first = followers.next();
        followers.any(|follower| Some(follower) != first) || node.is_merge_point()
    };
    let mut current = id;
    for _ in 0..graph.len() {
        if is_end(current) {
            return Vec::new();
        }
        match graph.node(current).children.first() {
            Some(child) => current = *child,
            None => break,
        }
    }
    let mut branch = Vec::new();
    current = id;
    while let Some(parent) = graph.node(current).parents.first()
        && !is_end(*parent)
        && branch.len() < graph.len()
    {
        branch.push(*parent);
        current = *parent;
    }
    branch
}

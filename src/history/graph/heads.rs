//! Which heads a branch has too many of. What several ends mean to anyone is for rules.

use std::collections::BTreeMap;

use super::{Fault, Graph, IdentifierKind, Links, NodeId};

impl Graph<'_> {
    /// For each node, by [`NodeId::index`], one node that stands for all it is linked with through `down_revision`,
    /// in either direction.
    pub fn components(&self) -> Vec<NodeId> {
        let mut parents: Vec<NodeId> = self.nodes().map(|(id, _)| id).collect();
        for (id, node) in self.nodes() {
            for parent in &node.parents {
                let (one, other) = (root(&mut parents, id), root(&mut parents, *parent));
                if let Some(place) = parents.get_mut(one.index()) {
                    *place = other;
                }
            }
        }
        let ids: Vec<NodeId> = self.nodes().map(|(id, _)| id).collect();
        ids.into_iter().map(|id| root(&mut parents, id)).collect()
    }

    /// The effective heads of each branch that has several. Branches with different labels, or with beginnings of their
    /// own, are meant; where links cannot be read, nothing is known.
    pub fn contested_heads(&self) -> Vec<Vec<NodeId>> {
        if self.faults().iter().any(hides_links) || !self.unordered().is_empty() {
            return Vec::new();
        }
        let heads: Vec<NodeId> =
            self.effective_heads().filter(|head| !self.node(*head).is_shadowed).collect();
        if heads.len() < 2 {
            return Vec::new();
        }
        // A label that is only known when the module runs tells branches apart as any other.
        let computed: Vec<_> = self
            .faults()
            .iter()
            .filter_map(|fault| match fault {
                Fault::Unknown { file, variable: IdentifierKind::BranchLabels } => self.of_file(*file),
                _ => None,
            })
            .map(|node| self.descendants([node], Links::Parents).into_set())
            .collect();
        let mut groups: BTreeMap<_, Vec<NodeId>> = BTreeMap::new();
        let bases = self.components();
        for head in heads {
            let hidden: Vec<bool> = computed.iter().map(|branch| branch.contains(head)).collect();
            groups
                .entry((bases.get(head.index()).copied(), self.labels(head), hidden))
                .or_default()
                .push(head);
        }
        let mut groups: Vec<Vec<NodeId>> = groups.into_values().filter(|heads| heads.len() > 1).collect();
        groups.sort();
        groups
    }
}

const fn hides_links(fault: &Fault<'_>) -> bool {
    match fault {
        Fault::Unknown { variable, .. } => !matches!(variable, IdentifierKind::BranchLabels),
        Fault::NotPython { .. } | Fault::MissingParent { .. } => true,
        _ => false,
    }
}

/// The root of the tree that `id` is in; halves the way there.
fn root(parents: &mut [NodeId], mut id: NodeId) -> NodeId {
    let parent_of = |parents: &[NodeId], id: NodeId| parents.get(id.index()).copied().unwrap_or(id);
    loop {
        let parent = parent_of(parents, id);
        if parent == id {
            return id;
        }
        let next = parent_of(parents, parent);
        if let Some(place) = parents.get_mut(id.index()) {
            *place = next;
        }
        id = next;
    }
}

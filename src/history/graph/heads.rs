//! Which heads a branch has too many of. What several ends mean to anyone is for rules.

use std::collections::BTreeMap;

use super::{Fault, Graph, IdentifierKind, Links, NodeId};

impl Graph<'_> {
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
        let bases = first_bases(self);
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

/// For each node the base that its first parents lead to.
fn first_bases(graph: &Graph<'_>) -> Vec<NodeId> {
    let mut bases: Vec<NodeId> = graph.nodes().map(|(id, _)| id).collect();
    for id in graph.in_order() {
        let parent = graph.node(*id).parents.first().and_then(|parent| bases.get(parent.index()).copied());
        if let (Some(base), Some(place)) = (parent, bases.get_mut(id.index())) {
            *place = base;
        }
    }
    bases
}

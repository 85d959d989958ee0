//! Upgrade order, and the cycles that have none. No recursion: histories are long.

use super::{Fault, Graph, Links, NodeId, NodeSet};

/// What [`order`] finds.
pub(super) struct Order {
    /// Every node after what it needs.
    pub(super) ordered: Vec<NodeId>,
    /// In a cycle or behind one, in load order.
    pub(super) unordered: Vec<NodeId>,
}

/// Orders the nodes Alembic would run, along one branch as far as possible.
pub(super) fn order(graph: &Graph<'_>) -> Order {
    let mut waiting: Vec<usize> = graph.nodes.iter().map(|node| node.requirements().count()).collect();
    let is_ready =
        |id: NodeId, waiting: &[usize]| waiting.get(id.index()) == Some(&0) && !graph.node(id).is_shadowed;
    let mut ready: Vec<NodeId> =
        graph.nodes().rev().map(|(id, _)| id).filter(|id| is_ready(*id, &waiting)).collect();
    let mut ordered = Vec::with_capacity(graph.len());
    while let Some(id) = ready.pop() {
        ordered.push(id);
        for follower in graph.node(id).followers().rev() {
            if let Some(count) = waiting.get_mut(follower.index()) {
                *count = count.saturating_sub(1);
            }
            if is_ready(follower, &waiting) {
                ready.push(follower);
            }
        }
    }
    let mut seen = NodeSet::new(graph.len());
    for id in &ordered {
        seen.insert(*id);
    }
    let is_left = |(id, _): &(NodeId, _)| !seen.contains(*id) && !graph.node(*id).is_shadowed;
    let unordered = graph.nodes().filter(is_left).map(|(id, _)| id).collect();
    Order { ordered, unordered }
}

/// One cycle for each group of revisions that come before each other, in load order.
pub(super) fn cycles<'a>(graph: &Graph<'a>, unordered: &[NodeId]) -> Vec<Fault<'a>> {
    if unordered.is_empty() {
        return Vec::new();
    }
    let by_parents = groups(graph, unordered, Links::Parents);
    let mut in_a_cycle = NodeSet::new(graph.len());
    for id in by_parents.iter().flatten() {
        in_a_cycle.insert(*id);
    }
    let by_all = groups(graph, unordered, Links::All);
    // What `depends_on` adds to a cycle of down revisions is no second cycle.
    let is_new = |group: &&Vec<NodeId>| !group.iter().any(|id| in_a_cycle.contains(*id));
    let dependent = by_all.iter().filter(is_new);
    let fault = |group: &Vec<NodeId>, links| match cycle(graph, group, links).as_slice() {
        [] => None,
        [node] => Some(Fault::SelfLoop { node: *node, by_dependency: links == Links::All }),
        nodes => Some(Fault::Cycle { nodes: nodes.to_vec(), by_dependency: links == Links::All }),
    };
    let parents = by_parents.iter().filter_map(|group| fault(group, Links::Parents));
    parents.chain(dependent.filter_map(|group| fault(group, Links::All))).collect()
}

fn needs<'g>(graph: &'g Graph<'_>, id: NodeId, links: Links) -> impl Iterator<Item = NodeId> + use<'g> {
    let node = graph.node(id);
    let dependencies = if links == Links::All { node.dependencies.as_slice() } else { &[] };
    node.parents.iter().chain(dependencies).copied()
}

/// Strongly connected components that hold a cycle (Tarjan's algorithm with a stack of its own), in load order.
fn groups(graph: &Graph<'_>, nodes: &[NodeId], links: Links) -> Vec<Vec<NodeId>> {
    #[derive(Clone, Copy, Default)]
    struct State {
        /// When it was reached, from 1; 0 for never.
        number: usize,
        /// The earliest node known to be reachable.
        lowest: usize,
        is_open: bool,
    }
    let mut states = vec![State::default(); graph.len()];
    let mut count = 0;
    let mut open: Vec<NodeId> = Vec::new();
    let mut groups: Vec<Vec<NodeId>> = Vec::new();
    for start in nodes {
        if states.get(start.index()).is_none_or(|state| state.number > 0) {
            continue;
        }
        let mut calls = vec![(*start, needs(graph, *start, links))];
        count += 1;
        if let Some(state) = states.get_mut(start.index()) {
            *state = State { number: count, lowest: count, is_open: true };
        }
        open.push(*start);
        while let Some((id, rest)) = calls.last_mut() {
            let id = *id;
            if let Some(next) = rest.next() {
                let Some(state) = states.get(next.index()).copied() else { continue };
                if state.number == 0 {
                    count += 1;
                    if let Some(state) = states.get_mut(next.index()) {
                        *state = State { number: count, lowest: count, is_open: true };
                    }
                    open.push(next);
                    calls.push((next, needs(graph, next, links)));
                } else if state.is_open
                    && let Some(own) = states.get_mut(id.index())
                {
                    own.lowest = own.lowest.min(state.number);
                }
                continue;
            }
            calls.pop();
            let own = states.get(id.index()).copied().unwrap_or_default();
            if let Some((caller, _)) = calls.last()
                && let Some(state) = states.get_mut(caller.index())
            {
                state.lowest = state.lowest.min(own.lowest);
            }
            if own.lowest == own.number {
                let mut group = Vec::new();
                while let Some(member) = open.pop() {
                    if let Some(state) = states.get_mut(member.index()) {
                        state.is_open = false;
                    }
                    group.push(member);
                    if member == id {
                        break;
                    }
                }
                if group.len() > 1 || needs(graph, id, links).any(|next| next == id) {
                    group.sort_unstable();
                    groups.push(group);
                }
            }
        }
    }
    groups.sort();
    groups
}

/// A cycle through the first node of a group: each node needs the next one, the last one the first.
fn cycle(graph: &Graph<'_>, group: &[NodeId], links: Links) -> Vec<NodeId> {
    let Some(start) = group.first().copied() else { return Vec::new() };
    let mut inside = NodeSet::new(graph.len());
    for id in group {
        inside.insert(*id);
    }
    // Breadth first, so that the cycle is a shortest one.
    let mut came_from = rustc_hash::FxHashMap::default();
    let mut layer = vec![start];
    while !layer.is_empty() {
        let mut next_layer = Vec::new();
        for id in layer {
            for next in needs(graph, id, links) {
                if next == start {
                    let mut path = vec![id];
                    while let Some(previous) = path.last().and_then(|last| came_from.get(last)) {
                        path.push(*previous);
                    }
                    path.reverse();
                    return path;
                }
                if inside.contains(next) && !came_from.contains_key(&next) {
                    came_from.insert(next, id);
                    next_layer.push(next);
                }
            }
        }
        layer = next_layer;
    }
    Vec::new()
}

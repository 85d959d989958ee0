//! Columns for a drawn history: where each row stands, and along which column each link runs. Draws nothing.

use super::graph::Row;

/// The columns of a history.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    /// The column of each row.
    columns: Vec<usize>,
    /// The links.
    pub(super) edges: Vec<Edge>,
    /// How many columns there are.
    pub(super) width: usize,
}

/// A link from a row down to one that it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edge {
    pub(super) child: usize,
    pub(super) parent: usize,
    /// The column between the two.
    pub(super) lane: usize,
    /// `depends_on`.
    pub(super) is_dependency: bool,
}

impl Lanes {
    /// The column of a row.
    pub(super) fn of(&self, row: usize) -> usize {
        self.columns.get(row).copied().unwrap_or(0)
    }
}

/// Lays rows out from the top: a row stands in the first column that leads to it, and its first parent goes on there.
pub(super) fn lanes(rows: &[Row<'_>]) -> Lanes {
    let mut found = Lanes::default();
    // For each column the row it leads to.
    let mut open: Vec<Option<usize>> = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let own = open.iter().position(|to| *to == Some(index)).unwrap_or_else(|| free(&mut open));
        for to in &mut open {
            if *to == Some(index) {
                *to = None;
            }
        }
        found.columns.push(own);
        let parents = row.parents.iter().map(|parent| (*parent, false));
        for (parent, is_dependency) in parents.chain(row.dependencies.iter().map(|needed| (*needed, true))) {
            let known = open.iter().position(|to| *to == Some(parent));
            let is_own_free = open.get(own).is_some_and(Option::is_none);
            let lane = known.or(is_own_free.then_some(own)).unwrap_or_else(|| free(&mut open));
            if let Some(to) = open.get_mut(lane) {
                *to = Some(parent);
            }
            found.edges.push(Edge { child: index, parent, lane, is_dependency });
        }
        found.width = found.width.max(open.len());
        while open.last().is_some_and(Option::is_none) {
            open.pop();
        }
    }
    found
}

/// A column that leads nowhere.
fn free(open: &mut Vec<Option<usize>>) -> usize {
    open.iter().position(Option::is_none).unwrap_or_else(|| {
        open.push(None);
        open.len() - 1
    })
}

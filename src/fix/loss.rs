//! Whether a text that was repaired still does all that it did. Repairs nothing.

use crate::operation::{Name, Operation, TableName};
use crate::revision::{Body, Revision};

/// What both directions of a revision do: directive, table, name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Doings([Vec<Doing>; 2]);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Doing {
    directive: Box<str>,
    table: Option<TableName>,
    name: Name,
}

impl Doings {
    /// What a revision does, as far as it can be read.
    pub(super) fn of(revision: &Revision) -> Self {
        let of = |body: &Option<Body>| {
            body.iter().flat_map(|body| &body.operations).map(Doing::of).collect::<Vec<_>>()
        };
        Self([of(&revision.upgrade), of(&revision.downgrade)])
    }

    /// Whether something of it is missing in `after`. What had no name, or none that is known, may have got one.
    pub(super) fn lack(&self, after: &Self) -> bool {
        self.0.iter().zip(&after.0).any(|(before, after)| {
            let mut left: Vec<&Doing> = after.iter().collect();
            !before.iter().all(|doing| {
                let same = left.iter().position(|other| *other == doing);
                let found = same.or_else(|| left.iter().position(|other| doing.may_be(other)));
                found.map(|at| left.swap_remove(at)).is_some()
            })
        })
    }
}

impl Doing {
    fn of(operation: &Operation) -> Self {
        let change = &operation.change;
        Self {
            directive: change.directive().into(),
            table: change.table().cloned(),
            name: change.name().clone(),
        }
    }

    fn may_be(&self, other: &Self) -> bool {
        let is_open = |table: &Option<TableName>| {
            table.as_ref().is_none_or(|table| table.name.known().is_none() || table.schema.is_unknown())
        };
        self.directive == other.directive
            && (self.table == other.table || is_open(&self.table))
            && (self.name == other.name || self.name.known().is_none())
    }
}

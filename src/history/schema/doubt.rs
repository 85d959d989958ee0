//! How knowledge is lost: an operation that may not have run, and one whose effect is not known.

use std::sync::Arc;

use super::model::{Column, Constraint, Index, Named, Open, Table, keep_equal};

/// What is known of a table where an operation ran or did not run; `None` stands for its absence.
pub(super) fn either<'a>(
    before: Option<&Arc<Table<'a>>>,
    after: Option<&Arc<Table<'a>>>,
) -> Option<Arc<Table<'a>>> {
    match (before, after) {
        (None, None) => None,
        (Some(only), None) | (None, Some(only)) => {
            Some(Arc::new(Table { sure: false, ..Table::clone(only) }))
        }
        (Some(before), Some(after)) if Arc::ptr_eq(before, after) => Some(Arc::clone(before)),
        (Some(before), Some(after)) => Some(Arc::new(merged(before, after))),
    }
}

fn merged<'a>(before: &Table<'a>, after: &Table<'a>) -> Table<'a> {
    let mut table = after.clone();
    table.sure = before.sure && after.sure;
    table.columns = either_part(&before.columns, &after.columns);
    table.indexes = either_part(&before.indexes, &after.indexes);
    table.constraints = either_part(&before.constraints, &after.constraints);
    keep_equal(&mut table.comment, before.comment.as_ref());
    table.open = Open {
        columns: before.open.columns || after.open.columns,
        indexes: before.open.indexes || after.open.indexes,
        constraints: before.open.constraints || after.open.constraints,
    };
    table.gone.retain(|gone| before.gone.contains(gone));
    table
}

fn either_part<'a, T: Named<'a> + Clone + PartialEq>(before: &[Arc<T>], after: &[Arc<T>]) -> Vec<Arc<T>> {
    let twin = |part: &Arc<T>, others: &[Arc<T>]| {
        let same = others.iter().position(|other| Arc::ptr_eq(part, other) || part == other);
        same.or_else(|| {
            part.name().and_then(|name| others.iter().position(|other| other.name() == Some(name)))
        })
    };
    let mut parts = Vec::with_capacity(before.len().max(after.len()));
    for part in before {
        let twin = twin(part, after).and_then(|at| after.get(at));
        parts.push(match twin {
            Some(same) if Arc::ptr_eq(part, same) => Arc::clone(part),
            Some(other) => {
                let mut merged = T::clone(part);
                merged.merge(other);
                Arc::new(merged)
            }
            None => unsure(part),
        });
    }
    parts.extend(after.iter().filter(|part| twin(part, before).is_none()).map(unsure));
    parts
}

fn unsure<'a, T: Named<'a> + Clone>(part: &Arc<T>) -> Arc<T> {
    let mut part = T::clone(part);
    part.set_unsure();
    Arc::new(part)
}

/// Tables of more columns, indexes or constraints are not followed: PostgreSQL takes 1,600 columns, SQLite 2,000,
/// `InnoDB` 1,017, and each state of a table is kept.
const MOST_PARTS: usize = 2000;

impl<'a> Table<'a> {
    /// Forgets what no database would take.
    pub(super) fn limit(&mut self) {
        let most =
            self.columns.len().max(self.indexes.len()).max(self.constraints.len()).max(self.gone.len());
        self.is_too_large |= most > MOST_PARTS;
        if self.is_too_large {
            self.open = Open::ALL;
            (self.columns, self.indexes) = (Vec::new(), Vec::new());
            (self.constraints, self.gone) = (Vec::new(), Vec::new());
        }
    }

    /// Something unknown was done: nothing about it is sure any more.
    pub(super) fn doubt(&mut self) {
        self.sure = false;
        self.doubt_parts();
    }

    /// Something unknown was done to what it holds.
    pub(super) fn doubt_parts(&mut self) {
        self.doubt_columns();
        self.doubt_indexes();
        self.doubt_constraints();
        self.comment = None;
        self.gone.clear();
    }

    /// Something unknown was done to its columns.
    pub(super) fn doubt_columns(&mut self) {
        self.open.columns = true;
        for column in &mut self.columns {
            if column.sure || column.type_.is_some() {
                Arc::make_mut(column).doubt();
            }
        }
    }

    /// Something unknown was done to its indexes.
    pub(super) fn doubt_indexes(&mut self) {
        self.open.indexes = true;
        each(&mut self.indexes, |index: &mut Index<'a>| index.sure = false);
    }

    /// Something unknown was done to its constraints.
    pub(super) fn doubt_constraints(&mut self) {
        self.open.constraints = true;
        each(&mut self.constraints, |constraint: &mut Constraint<'a>| constraint.sure = false);
    }
}

fn each<T: Clone>(parts: &mut [Arc<T>], change: impl Fn(&mut T)) {
    for part in parts {
        change(Arc::make_mut(part));
    }
}

impl Column<'_> {
    /// Something unknown was done to it.
    pub(super) fn doubt(&mut self) {
        self.sure = false;
        self.doubt_attributes();
    }

    /// It is there, but something unknown was done to it.
    pub(super) fn doubt_attributes(&mut self) {
        self.type_ = None;
        self.nullable = None;
        self.server_default = None;
        self.identity = None;
        self.computed = None;
        self.comment = None;
    }
}

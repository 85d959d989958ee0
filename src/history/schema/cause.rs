//! Which operation a difference comes from. Judges nothing.

use super::difference::{Object, constraint_called};
use super::model::{Column, Constraint, Index, Known, Object as Other};
use super::step::{Moment, Step};
use super::view::Schema;
use crate::operation::Operation;

/// The operation after which something is as it stays.
#[derive(Debug, Clone, Copy)]
pub struct Cause<'s> {
    /// The operation.
    pub operation: &'s Operation,
    /// Whether the downgrade did it, not the upgrade.
    pub is_in_downgrade: bool,
}

/// What is known of something at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
enum State<'s> {
    Gone,
    Unknown,
    Table,
    Column(&'s Column<'s>),
    Index(&'s Index<'s>),
    Constraint(&'s Constraint<'s>),
    Other(&'s Other<'s>),
}

impl Step<'_> {
    /// The last operation of the upgrade that changed something; of the downgrade, where none of the upgrade did.
    pub fn cause<'s>(&'s self, object: &Object<'_>) -> Option<Cause<'s>> {
        let in_upgrade = last_change(self.upgrade(), self.after(), object);
        if let Some(operation) = in_upgrade {
            return Some(Cause { operation, is_in_downgrade: false });
        }
        let downgrade = self.downgrade()?;
        let moments: Vec<Moment<'s>> = downgrade.moments().collect();
        let operation = last_change(moments.into_iter(), downgrade.after(), object)?;
        Some(Cause { operation, is_in_downgrade: true })
    }
}

fn last_change<'s>(
    moments: impl Iterator<Item = Moment<'s>>,
    end: Schema<'s>,
    object: &Object<'_>,
) -> Option<&'s Operation> {
    let mut last = None;
    let mut before: Option<(&'s Operation, State<'s>)> = None;
    let after = moments.map(|moment| (Some(moment.operation), moment.schema)).chain([(None, end)]);
    for (operation, schema) in after {
        let state = state(schema, object);
        if let Some((operation, old)) = before
            && old != state
        {
            last = Some(operation);
        }
        before = operation.map(|operation| (operation, state));
    }
    last
}

fn state<'s>(schema: Schema<'s>, object: &Object<'_>) -> State<'s> {
    fn of<'s, T>(known: Known<T>, there: impl FnOnce(T) -> State<'s>) -> State<'s> {
        match known {
            Known::Yes(it) => there(it),
            Known::No => State::Gone,
            Known::Unknown => State::Unknown,
        }
    }
    match object {
        Object::Table(key) => of(schema.table_of(key), |_| State::Table),
        Object::Column(key, name) => of(schema.table_of(key), |table| of(table.column(name), State::Column)),
        Object::Index(key, name) => of(schema.table_of(key), |table| of(table.index(name), State::Index)),
        Object::Constraint(key, name) => of(schema.table_of(key), |table| {
            constraint_called(table, name).map_or(State::Gone, State::Constraint)
        }),
        Object::Other(kind, name) => of(schema.object(*kind, name), State::Other),
    }
}

//! The schema at every revision, replayed from what the revisions do. Judges nothing.
//!
//! All of it is three-valued: what a conditional or unreadable operation touches becomes unknown, never wrong.
//! [`Replay`] runs the history once, in the order of the graph, which is the order in which Alembic runs it from
//! base to heads; [`Step`] shows one revision of it to a rule.

mod apply;
mod cause;
mod columns;
mod convention;
mod difference;
mod doubt;
mod folding;
mod model;
mod names;
mod replay;
mod step;
mod store;
#[cfg(test)]
mod tests;
mod types;
mod view;
mod wording;

pub use cause::Cause;
pub use columns::{Attached, attached};
pub use difference::{Difference, Object as DifferingObject};
pub use model::{
    Column, Constraint, Fact, Gone, Index, IndexColumn, Known, Object, ObjectName, Open, Part, Position,
    Table, TableKey, Text,
};
pub use replay::{Doubt, Replay};
pub use step::{Downgrade, Moment, Step};
pub use store::Kind;
pub use types::{EnumType, enum_of, is_of_type, is_serial, sql_name};
pub use view::{Listed, Schema};

//! What differs between two moments, as far as both are known. Judges nothing.

use super::folding::key_of;
use super::model::{
    Column, Constraint, Index, IndexColumn, Known, ObjectName, Part, Position, Table, TableKey, Text,
};
use super::store::{Kind, Written};
use super::types;
use super::view::Schema;
use crate::operation::{Argument, Change, ConstraintKind, Operation};

/// One thing that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference<'a> {
    /// The upgrade made it and the downgrade leaves it.
    Left(Object<'a>),
    /// It was there before the upgrade and is gone.
    Missing(Object<'a>),
    /// It is there, but otherwise.
    Changed {
        /// What it is.
        object: Object<'a>,
        /// Which attribute.
        attribute: &'static str,
        /// How it was before the upgrade, in plain words.
        before: String,
        /// How it is now.
        after: String,
    },
}

/// What something is, with its names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Object<'a> {
    /// A table.
    Table(TableKey<'a>),
    /// A column.
    Column(TableKey<'a>, Text<'a>),
    /// An index.
    Index(TableKey<'a>, Text<'a>),
    /// A constraint; its name or its columns.
    Constraint(TableKey<'a>, Text<'a>),
    /// A type, sequence, view or schema.
    Other(Kind, Text<'a>),
}

/// An upgrade and the downgrade after it.
pub(super) struct RoundTrip<'s> {
    /// Before the upgrade.
    pub(super) before: Schema<'s>,
    /// After the upgrade.
    pub(super) between: Schema<'s>,
    /// After the downgrade.
    pub(super) after: Schema<'s>,
    /// Marks what the upgrade made.
    pub(super) own: Position,
    /// What both wrote.
    pub(super) written: [&'s Written<'s>; 2],
    /// The operations of the upgrade.
    pub(super) upgrade: &'s [Operation],
}

/// What the round trip leaves otherwise.
pub(super) fn between<'s>(trip: &RoundTrip<'s>) -> Vec<Difference<'s>> {
    let mut out = Vec::new();
    let mut keys: Vec<&TableKey<'s>> = trip.written.iter().flat_map(|written| &written.tables).collect();
    keys.sort_unstable();
    keys.dedup();
    for key in keys {
        table(trip, key, &mut out);
    }
    let mut objects: Vec<_> = trip.written.iter().flat_map(|written| &written.objects).collect();
    objects.sort_unstable();
    objects.dedup();
    for (kind, name) in objects {
        object(trip, *kind, name, &mut out);
    }
    out
}

fn table<'s>(trip: &RoundTrip<'s>, key: &TableKey<'s>, out: &mut Vec<Difference<'s>>) {
    let object = || Object::Table(key.clone());
    match (trip.before.table_of(key), trip.after.table_of(key)) {
        (Known::No, Known::Yes(left)) if !left.temporary => out.push(Difference::Left(object())),
        (Known::Unknown, Known::Yes(left)) if left.made == trip.own && !left.temporary => {
            out.push(Difference::Left(object()));
        }
        (Known::Yes(was), Known::No) if !was.temporary => out.push(Difference::Missing(object())),
        (Known::Unknown, Known::No) if trip.between.table_of(key).is_no() && drops(trip, key) => {
            out.push(Difference::Missing(object()));
        }
        (Known::Yes(before), Known::Yes(after)) => parts(trip, before, after, out),
        (Known::Unknown, Known::Yes(after)) => {
            let before = Table::outside(key.clone());
            parts(trip, &before, after, out);
        }
        _ => {}
    }
}

/// Whether the upgrade drops a table that must have been there.
fn drops(trip: &RoundTrip<'_>, key: &TableKey<'_>) -> bool {
    trip.upgrade.iter().any(|operation| {
        matches!(&operation.change, Change::DropTable(drop) if !drop.if_exists && !operation.conditional
            && key_of(&drop.table, operation.sql(), trip.before.dialect()).as_ref() == Some(key))
    })
}

fn parts<'s>(trip: &RoundTrip<'s>, before: &Table<'s>, after: &Table<'s>, out: &mut Vec<Difference<'s>>) {
    columns(trip, before, after, out);
    indexes(trip, before, after, out);
    constraints(trip, before, after, out);
    for gone in after.gone.iter().filter(|gone| gone.by == trip.own) {
        let was_unknown = match gone.part {
            Part::Column => before.open.columns && before.column(&gone.name).is_unknown(),
            Part::Index => before.open.indexes && before.index(&gone.name).is_unknown(),
            Part::Constraint => before.open.constraints && before.constraint(&gone.name, None).is_unknown(),
        };
        let is_dropped_again =
            after.gone.iter().any(|other| other.by == Position::DOWNGRADE && other.name == gone.name);
        if was_unknown && !is_dropped_again {
            let (key, name) = (after.key.clone(), gone.name.clone());
            out.push(Difference::Missing(match gone.part {
                Part::Column => Object::Column(key, name),
                Part::Index => Object::Index(key, name),
                Part::Constraint => Object::Constraint(key, name),
            }));
        }
    }
}

fn columns<'s>(trip: &RoundTrip<'s>, before: &Table<'s>, after: &Table<'s>, out: &mut Vec<Difference<'s>>) {
    let object = |column: &Column<'s>| Object::Column(after.key.clone(), column.name.clone());
    for was in before.columns.iter().filter(|column| column.sure) {
        match after.column(&was.name) {
            Known::No => out.push(Difference::Missing(object(was))),
            Known::Unknown => {}
            Known::Yes(is) => {
                for (attribute, before, after) in changes(was, is, trip) {
                    out.push(Difference::Changed { object: object(was), attribute, before, after });
                }
            }
        }
    }
    for left in after.columns.iter().filter(|column| column.sure) {
        let was = before.column(&left.name);
        if was.is_no() || (was.is_unknown() && left.made == trip.own) {
            out.push(Difference::Left(object(left)));
        }
    }
}

/// The attributes that surely differ, with how they were and are.
fn changes(was: &Column<'_>, is: &Column<'_>, trip: &RoundTrip<'_>) -> Vec<(&'static str, String, String)> {
    let mut changes = Vec::new();
    let dialect = trip.before.dialect();
    if let (Some(was), Some(is)) = (was.type_, is.type_)
        && was != is
        && let (Some(was), Some(is)) = (types::sql_name(was, dialect), types::sql_name(is, dialect))
        && !types::are_equal(&was, &is)
    {
        changes.push(("type", was, is));
    }
    if let (Some(was), Some(is)) = (was.nullable, is.nullable)
        && was != is
    {
        let word = |nullable| if nullable { "nullable" } else { "not null" }.to_owned();
        changes.push(("nullable", word(was), word(is)));
    }
    if let (Some(was), Some(is)) = (was.server_default, is.server_default)
        && was != is
        && let (Some(was), Some(is)) = (default_text(was), default_text(is))
        && was != is
    {
        changes.push(("server default", was, is));
    }
    changes
}

/// A default as text, so that two spellings compare; `None` where it cannot be told.
fn default_text(default: Option<&Argument>) -> Option<String> {
    let Some(default) = default else { return Some("none".to_owned()) };
    match default {
        Argument::Call(call) => match (super::columns::last(&call.callee), &*call.args) {
            ("text", [text]) => Some(bare(text.as_str()?)),
            ("now" | "current_timestamp", []) => Some("now()".to_owned()),
            ("true" | "false", []) => Some(super::columns::last(&call.callee).to_owned()),
            _ => None,
        },
        other => Some(bare(other.as_str()?)),
    }
}

/// Without quotes, brackets and case: `'x'`, `(1)` and `NOW()` mean what they mean without.
fn bare(text: &str) -> String {
    text.trim().trim_matches(|c| matches!(c, '\'' | '(' | ')' | '"')).to_ascii_lowercase()
}

fn indexes<'s>(trip: &RoundTrip<'s>, before: &Table<'s>, after: &Table<'s>, out: &mut Vec<Difference<'s>>) {
    let named = |table: &Table<'s>| -> Vec<(Text<'s>, Index<'s>)> {
        let real = table.indexes.iter().filter(|index| index.sure && !index.implicit);
        real.filter_map(|index| Some((name_of(&index.name)?, Index::clone(index)))).collect()
    };
    for (name, was) in named(before) {
        match after.index(&name) {
            Known::No => out.push(Difference::Missing(Object::Index(after.key.clone(), name))),
            Known::Yes(is) if was.columns.is_some() && is.columns.is_some() && was.columns != is.columns => {
                out.push(Difference::Changed {
                    object: Object::Index(after.key.clone(), name),
                    attribute: "columns",
                    before: column_list(was.columns.as_deref()),
                    after: column_list(is.columns.as_deref()),
                });
            }
            Known::Yes(is) if was.unique != is.unique && was.unique.is_some() && is.unique.is_some() => {
                let word = |unique| if unique == Some(true) { "unique" } else { "not unique" }.to_owned();
                out.push(Difference::Changed {
                    object: Object::Index(after.key.clone(), name),
                    attribute: "uniqueness",
                    before: word(was.unique),
                    after: word(is.unique),
                });
            }
            _ => {}
        }
    }
    for (name, left) in named(after) {
        let was = before.index(&name);
        if was.is_no() || (was.is_unknown() && left.made == trip.own) {
            out.push(Difference::Left(Object::Index(after.key.clone(), name)));
        }
    }
}

fn column_list(columns: Option<&[IndexColumn<'_>]>) -> String {
    let names = columns.unwrap_or_default().iter().map(|column| column.column().unwrap_or("an expression"));
    names.collect::<Vec<_>>().join(", ")
}

fn constraints<'s>(
    trip: &RoundTrip<'s>,
    before: &Table<'s>,
    after: &Table<'s>,
    out: &mut Vec<Difference<'s>>,
) {
    for was in before.constraints.iter().filter(|constraint| constraint.sure) {
        let is_back = after.constraints.iter().any(|is| is_same(was, is) || (!is.sure && may_be(was, is)));
        let is_known_gone = !after.open.constraints
            || name_of(&was.name).is_some_and(|name| after.dropped(Part::Constraint, &name).is_some());
        if !is_back && is_known_gone {
            out.push(Difference::Missing(Object::Constraint(after.key.clone(), label(was))));
        }
    }
    for left in after.constraints.iter().filter(|constraint| constraint.sure) {
        let was_there =
            before.constraints.iter().any(|was| is_same(was, left) || (!was.sure && may_be(was, left)));
        let is_own = left.made == trip.own;
        if !was_there && (is_own || !before.open.constraints) {
            out.push(Difference::Left(Object::Constraint(after.key.clone(), label(left))));
        }
    }
}

/// Whether both are surely one, by name, or by what they demand where the database chose a name.
fn is_same(one: &Constraint<'_>, other: &Constraint<'_>) -> bool {
    if one.kind != other.kind {
        return false;
    }
    if let (ObjectName::Given(one), ObjectName::Given(other)) = (&one.name, &other.name) {
        return one == other;
    }
    one.kind == ConstraintKind::PrimaryKey || may_be(one, other)
}

fn may_be(one: &Constraint<'_>, other: &Constraint<'_>) -> bool {
    one.kind == other.kind
        && (one.columns.is_none()
            || other.columns.is_none()
            || one.columns == other.columns
            || one.kind == ConstraintKind::Check)
}

fn label<'s>(constraint: &Constraint<'s>) -> Text<'s> {
    name_of(&constraint.name).unwrap_or_else(|| {
        let columns = constraint.columns.as_deref().unwrap_or_default();
        Text::Owned(columns.join(", "))
    })
}

fn name_of<'s>(name: &ObjectName<'s>) -> Option<Text<'s>> {
    match name {
        ObjectName::Given(name) | ObjectName::Derived(name) => Some(name.clone()),
        ObjectName::None | ObjectName::Unknown => None,
    }
}

fn object<'s>(trip: &RoundTrip<'s>, kind: Kind, name: &Text<'s>, out: &mut Vec<Difference<'s>>) {
    let this = || Object::Other(kind, name.clone());
    match (trip.before.object(kind, name), trip.after.object(kind, name)) {
        (Known::No, Known::Yes(_)) => out.push(Difference::Left(this())),
        (Known::Unknown, Known::Yes(left)) if left.made == trip.own => out.push(Difference::Left(this())),
        (Known::Yes(_), Known::No) => out.push(Difference::Missing(this())),
        (Known::Yes(was), Known::Yes(is)) => {
            if let (Some(was), Some(is)) = (&was.labels, &is.labels)
                && was != is
            {
                out.push(Difference::Changed {
                    object: this(),
                    attribute: "labels",
                    before: was.join(", "),
                    after: is.join(", "),
                });
            }
        }
        _ => {}
    }
}

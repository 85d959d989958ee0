//! What differs between two moments, as far as both are known. Judges nothing.

use std::sync::Arc;

use super::folding::key_of;
use super::model::{
    Column, Constraint, Index, IndexColumn, Known, ObjectName, Part, Position, Table, TableKey, Text,
};
use super::store::{Kind, Written};
use super::types;
use super::view::Schema;
use crate::operation::{Argument, Change, ConstraintKind, Dialect, Operation, TableName};

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
    let first = first_use(trip, key);
    match (trip.before.table_of(key), trip.after.table_of(key)) {
        // It is made where it was: the history is not the one of a single database.
        (Known::Yes(_), _) if first == FirstUse::Creates => {}
        (_, Known::Yes(left)) if left.temporary || first == FirstUse::CreatesPartition => {}
        // What the upgrade drops first was there, whoever made it, and the downgrade has it back.
        (Known::Unknown, Known::Yes(_)) if matches!(first, FirstUse::DropsForSure | FirstUse::MayDrop) => {}
        (Known::No, Known::Yes(_)) if first == FirstUse::DropsForSure => {}
        // It is used where it was not.
        (Known::No, Known::Yes(left)) if left.made == Position::OUTSIDE => {}
        (Known::No, Known::Yes(_)) => out.push(Difference::Left(object())),
        (Known::Unknown, Known::Yes(left)) if left.made == trip.own => {
            out.push(Difference::Left(object()));
        }
        (Known::Yes(was), Known::No) if !was.temporary => out.push(Difference::Missing(object())),
        (Known::Unknown, Known::No)
            if trip.between.table_of(key).is_no() && first == FirstUse::DropsForSure =>
        {
            out.push(Difference::Missing(object()));
        }
        (Known::Yes(before), Known::Yes(after)) if !before.temporary => parts(trip, before, after, out),
        (Known::Unknown, Known::Yes(after)) => {
            let before = Table::outside(key.clone());
            parts(trip, &before, after, out);
        }
        _ => {}
    }
}

/// What the upgrade does first to the existence of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FirstUse {
    Creates,
    /// PostgreSQL drops partitions with their table.
    CreatesPartition,
    DropsForSure,
    /// Where it is there, or under a condition.
    MayDrop,
    Other,
}

fn first_use(trip: &RoundTrip<'_>, key: &TableKey<'_>) -> FirstUse {
    let is_it = |table: &TableName, operation: &Operation| {
        key_of(table, operation.sql(), trip.before.dialect()).as_ref() == Some(key)
    };
    let first = trip.upgrade.iter().find_map(|operation| match &operation.change {
        Change::CreateTable(create) if is_it(&create.table, operation) => {
            let sql = operation.sql().unwrap_or_default().to_ascii_lowercase();
            let words: Vec<&str> = sql.split_whitespace().collect();
            Some(match words.windows(2).any(|pair| pair == ["partition", "of"]) {
                true => FirstUse::CreatesPartition,
                false if create.if_not_exists => FirstUse::Other,
                false => FirstUse::Creates,
            })
        }
        Change::DropTable(drop) if is_it(&drop.table, operation) => {
            Some(if drop.if_exists || operation.conditional {
                FirstUse::MayDrop
            } else {
                FirstUse::DropsForSure
            })
        }
        _ => None,
    });
    first.unwrap_or(FirstUse::Other)
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
    let between = trip.between.table_of(&after.key).yes();
    // What the upgrade makes where it was is not known.
    let is_made_anyway = |was: &&Arc<Column<'s>>| {
        between.is_some_and(|table| {
            table.made != trip.own
                && table.column(&was.name).yes().is_some_and(|column| column.made == trip.own)
        })
    };
    for was in before.columns.iter().filter(|column| column.sure && !is_made_anyway(column)) {
        match after.column(&was.name) {
            Known::No => out.push(Difference::Missing(object(was))),
            Known::Unknown => {}
            Known::Yes(is) => {
                // What the upgrade sets as it was shows that it was not so where this was written.
                if is_set_anyway(was, after, between, trip) {
                    continue;
                }
                let is_added_again = is.made == Position::DOWNGRADE && after.made != Position::DOWNGRADE;
                for (attribute, before, after) in changes(was, is, is_added_again, trip) {
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

/// Whether the upgrade alters a column, and leaves it as it was.
fn is_set_anyway(
    was: &Column<'_>,
    after: &Table<'_>,
    between: Option<&Table<'_>>,
    trip: &RoundTrip<'_>,
) -> bool {
    between.and_then(|table| table.column(&was.name).yes()) == Some(was)
        && trip.upgrade.iter().any(|operation| match &operation.change {
            Change::AlterColumn(altered) => {
                altered.column.known() == Some(&*was.name)
                    && key_of(&altered.table, operation.sql(), trip.before.dialect()).as_ref()
                        == Some(&after.key)
            }
            _ => false,
        })
}

/// The attributes that surely differ, with how they were and are.
fn changes(
    was: &Column<'_>,
    is: &Column<'_>,
    is_added_again: bool,
    trip: &RoundTrip<'_>,
) -> Vec<(&'static str, String, String)> {
    let mut changes = Vec::new();
    if let (Some(was), Some(is)) = (was.type_, is.type_)
        && was != is
        && let Some((was, is)) = different_types(was, is, trip)
    {
        changes.push(("type", was, is));
    }
    // Rows that are there by then have no value for a column that is added again.
    if let (Some(was), Some(is)) = (was.nullable, is.nullable)
        && was != is
        && !(is_added_again && is)
    {
        let word = |nullable| if nullable { "nullable" } else { "not null" }.to_owned();
        changes.push(("nullability", word(was), word(is)));
    }
    if let (Some(was), Some(is)) = (was.server_default, is.server_default)
        && was != is
        && !(is_added_again && was.is_none())
        && let (Some(was), Some(is)) = (default_text(was), default_text(is))
        && was != is
    {
        changes.push(("server default", was, is));
    }
    changes
}

/// Two types as the database calls them, if they surely differ.
fn different_types(was: &Argument, is: &Argument, trip: &RoundTrip<'_>) -> Option<(String, String)> {
    if !is_sqlalchemy(was) || !is_sqlalchemy(is) {
        return None;
    }
    let dialect = trip.before.dialect();
    let names = |dialect| Some((types::sql_name(was, dialect)?, types::sql_name(is, dialect)?));
    let (old, new) = names(dialect)?;
    let is_enum = |type_| types::enum_of(type_).is_some();
    // Generic types and what they are on one of the databases are mixed in revisions for several of them.
    let is_equal_somewhere = !is_enum(was)
        && !is_enum(is)
        && [Dialect::Postgresql, Dialect::Mysql, Dialect::Sqlite]
            .into_iter()
            .any(|dialect| names(dialect).is_some_and(|(was, is)| types::are_equal(&was, &is)));
    let is_text = |name: &str| matches!(name, "TEXT" | "VARCHAR");
    // A type that was renamed or dropped since is not what the column has.
    let is_stale = |name: &str| {
        let name = name.trim_end_matches("[]").to_ascii_lowercase();
        let is_gone = |schema: &Schema<'_>| {
            schema.object_entry(Kind::Type, &name).is_some_and(|entry| entry.value.is_none())
        };
        is_gone(&trip.after) || is_gone(&trip.before)
    };
    let is_equal = types::are_equal(&old, &new) || is_equal_somewhere || (is_text(&old) && is_text(&new));
    (!is_equal && !is_stale(&old) && !is_stale(&new)).then_some((old, new))
}

/// Whether a type is one of SQLAlchemy or SQLModel, or SQL: what a type of the project is, only the project knows.
fn is_sqlalchemy(type_: &Argument) -> bool {
    type_.path().is_none_or(|path| matches!(path.split('.').next(), Some("sqlalchemy" | "sqlmodel")))
}

/// A default as text, so that two spellings compare; `None` where it cannot be told.
fn default_text(default: Option<&Argument>) -> Option<String> {
    let Some(default) = default else { return Some("none".to_owned()) };
    match default {
        Argument::Call(call) => match (crate::operation::last_part(&call.callee), &*call.args) {
            ("text", [text]) => Some(bare(text.as_str()?)),
            ("now" | "current_timestamp", []) => Some("now".to_owned()),
            ("true" | "false", []) => Some(bare(crate::operation::last_part(&call.callee))),
            _ => None,
        },
        other => Some(bare(other.as_str()?)),
    }
}

/// Without quotes, brackets, case and cast: `'x'`, `(1)`, `NOW()` and `'x'::text` mean what they mean without.
fn bare(text: &str) -> String {
    let text = text.trim();
    let text = text.rsplit_once("'::").map_or(text, |(literal, _)| literal);
    let text = text.trim_matches(|c| matches!(c, '\'' | '(' | ')' | '"')).to_ascii_lowercase();
    match text.as_str() {
        "current_timestamp" => "now".to_owned(),
        "t" | "true" => "1".to_owned(),
        "f" | "false" => "0".to_owned(),
        _ => text,
    }
}

fn indexes<'s>(trip: &RoundTrip<'s>, before: &Table<'s>, after: &Table<'s>, out: &mut Vec<Difference<'s>>) {
    let named = |table: &Table<'s>| -> Vec<(Text<'s>, Index<'s>)> {
        let real = table.indexes.iter().filter(|index| index.sure && !index.implicit);
        real.filter_map(|index| Some((name_of(&index.name)?, Index::clone(index)))).collect()
    };
    let between = trip.between.table_of(&after.key).yes();
    for (name, was) in named(before) {
        let made = between
            .filter(|table| table.made != trip.own)
            .and_then(|table| table.index(&name).yes())
            .filter(|index| index.made == trip.own);
        match after.index(&name) {
            Known::No if made.is_none() && !has_key(after, &was, trip) => {
                out.push(Difference::Missing(Object::Index(after.key.clone(), name)));
            }
            Known::Yes(is) if is_plain(&was) && is_plain(is) && was.columns != is.columns => {
                out.push(Difference::Changed {
                    object: Object::Index(after.key.clone(), name),
                    attribute: "columns",
                    before: column_list(was.columns.as_deref()),
                    after: column_list(is.columns.as_deref()),
                });
            }
            Known::Yes(is)
                if made.is_none_or(|made| made.unique != was.unique)
                    && was.unique != is.unique
                    && was.unique.is_some()
                    && is.unique.is_some() =>
            {
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
        let is_new = was.is_no() || (was.is_unknown() && left.made == trip.own);
        if is_new && !has_key(before, &left, trip) {
            out.push(Difference::Left(Object::Index(after.key.clone(), name)));
        }
    }
}

/// Whether a table has a unique constraint that is this index: on MySQL both are one, and autogenerate takes either for the other.
fn has_key(table: &Table<'_>, index: &Index<'_>, trip: &RoundTrip<'_>) -> bool {
    table.constraints.iter().any(|constraint| are_one(constraint, index, trip))
}

/// Whether a table has a unique index that is this constraint.
fn has_unique_index(table: &Table<'_>, constraint: &Constraint<'_>, trip: &RoundTrip<'_>) -> bool {
    table.indexes.iter().any(|index| are_one(constraint, index, trip))
}

fn are_one(constraint: &Constraint<'_>, index: &Index<'_>, trip: &RoundTrip<'_>) -> bool {
    matches!(trip.before.dialect(), Dialect::Mysql | Dialect::Mariadb)
        && constraint.kind == ConstraintKind::Unique
        && index.unique == Some(true)
        && constraint.name.known().is_some()
        && constraint.name.known() == index.name.known()
        && constraint.columns.as_ref().zip(index.columns.as_ref()).is_some_and(|(of, by)| {
            of.len() == by.len() && of.iter().zip(by).all(|(of, by)| by.column() == Some(of))
        })
}

/// Whether all it orders by are columns: expressions are written in many ways.
fn is_plain(index: &Index<'_>) -> bool {
    index.columns.as_ref().is_some_and(|columns| columns.iter().all(|column| column.column().is_some()))
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
    let between = trip.between.table_of(&after.key).yes();
    for was in before.constraints.iter().filter(|constraint| constraint.sure) {
        let is_back = after.constraints.iter().any(|is| is_same(was, is) || (!is.sure && may_be(was, is)));
        let is_known_gone = !after.open.constraints
            || name_of(&was.name).is_some_and(|name| after.dropped(Part::Constraint, &name).is_some());
        let is_made_anyway = between.is_some_and(|table| {
            table.made != trip.own
                && table.constraints.iter().any(|other| other.made == trip.own && is_same(was, other))
        });
        if !is_back && is_known_gone && !is_made_anyway && !has_unique_index(after, was, trip) {
            out.push(Difference::Missing(Object::Constraint(after.key.clone(), label(was))));
        }
    }
    for left in after.constraints.iter().filter(|constraint| constraint.sure) {
        let was_there =
            before.constraints.iter().any(|was| is_same(was, left) || (!was.sure && may_be(was, left)));
        let is_own = left.made == trip.own;
        if !was_there && (is_own || !before.open.constraints) && !has_unique_index(before, left, trip) {
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
        // What differs in case only is one on all databases but PostgreSQL.
        return one.eq_ignore_ascii_case(other);
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

/// The constraint that a difference speaks of.
pub(super) fn constraint_called<'s>(table: &'s Table<'s>, name: &str) -> Option<&'s Constraint<'s>> {
    let sure = table.constraints.iter().filter(|constraint| constraint.sure);
    sure.map(|constraint| &**constraint).find(|constraint| label(constraint) == name)
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
        // It may stand for the one that a serial column had.
        (_, Known::Yes(left)) if kind == Kind::Sequence && left.made != trip.own => {}
        (Known::No, Known::Yes(_)) => out.push(Difference::Left(this())),
        (Known::Unknown, Known::Yes(left)) if left.made == trip.own => out.push(Difference::Left(this())),
        (Known::Yes(_), Known::No) => out.push(Difference::Missing(this())),
        (Known::Yes(was), Known::Yes(is)) => {
            // PostgreSQL drops no label: one that was added stays, whatever a downgrade does.
            if let (Some(was), Some(is)) = (&was.labels, &is.labels)
                && !was.iter().all(|label| is.contains(label))
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

//! `sa.Column(..)` and column definitions of SQL -> columns of the model, with the constraints and indexes that
//! hang on them. Names nothing.

use std::borrow::Cow;

use super::folding::folded;
use super::model::{Column, Fact, Position, Text};
use super::types;
use crate::operation::last_part;
use crate::operation::{self, Argument, Call, Dialect, Name, ServerDefault};

/// A constraint or an index that a column brings along.
#[derive(Debug, Clone, Copy)]
pub enum Attached<'a> {
    /// `unique=True`, `UNIQUE`.
    Unique,
    /// `index=True`, and whether it is unique.
    Index(bool),
    /// `ForeignKey(..)`, `REFERENCES ..`.
    ForeignKey(&'a Call),
    /// `CheckConstraint(..)`, `CHECK (..)`.
    Check(&'a Call),
    /// The check of a Boolean or Enum with `create_constraint=True`.
    TypeCheck(Option<&'a str>),
    /// Something that is not known.
    Unknown,
}

/// A column, if its name is known.
pub(super) fn column<'a>(
    given: &'a operation::Column,
    sql: Option<&str>,
    dialect: Dialect,
    made: Position,
) -> Option<Column<'a>> {
    let name = folded(given.name.known()?, sql, dialect);
    let has = |wanted: &str| {
        let in_items =
            given.items.iter().any(|item| item.path().is_some_and(|path| last_part(path) == wanted));
        in_items || matches!(&given.server_default, ServerDefault::Value(value) if is_call(value, wanted))
    };
    let identity = has("Identity");
    let computed = has("Computed");
    // An item that is not known may be either.
    let are_items_known = given.complete
        && given
            .items
            .iter()
            .all(|item| matches!(item, Argument::Call(_) | Argument::None | Argument::Str(_)));
    let in_items = |found: bool| (found || are_items_known).then_some(found);
    let type_ = given.type_.as_ref();
    let comment = given.options.iter().find(|(key, _)| &**key == "comment").map(|(_, value)| value);
    Some(Column {
        name,
        sure: true,
        made,
        type_: type_.and_then(|type_| types::for_dialect(type_, dialect)),
        nullable: nullable(given, identity, sql.is_some(), dialect),
        server_default: match &given.server_default {
            ServerDefault::NotGiven => given.complete.then_some(None),
            given => server_default(given),
        },
        identity: in_items(identity),
        computed: in_items(computed),
        comment: match comment {
            None => given.complete.then_some(None),
            Some(comment) => text(comment),
        },
    })
}

fn is_call(value: &Argument, wanted: &str) -> bool {
    value.path().is_some_and(|path| last_part(path) == wanted)
}

/// Whether the column takes NULL.
fn nullable(given: &operation::Column, identity: bool, is_sql: bool, dialect: Dialect) -> Fact<bool> {
    let serial = is_sql
        && dialect == Dialect::Postgresql
        && given.type_.as_ref().and_then(Argument::as_str).is_some_and(types::is_serial);
    let forced = match dialect {
        Dialect::Postgresql => given.primary_key || identity || serial,
        Dialect::Mysql | Dialect::Mariadb => given.primary_key,
        // The primary key of SQLite takes NULL unless it says otherwise.
        Dialect::Sqlite => false,
    };
    if forced {
        return Some(false);
    }
    match given.nullable {
        Some(nullable) => Some(nullable),
        None if !given.complete => None,
        None if is_sql => Some(true),
        // SQLAlchemy writes NOT NULL for keys and identity columns (`sqlalchemy/sql/schema.py`, class Column).
        None => Some(!given.primary_key && !identity),
    }
}

/// A default as a fact; `None` where it is not mentioned.
pub(super) fn server_default(given: &ServerDefault) -> Fact<Option<&Argument>> {
    match given {
        ServerDefault::NotGiven => None,
        ServerDefault::None => Some(None),
        ServerDefault::Value(value) => match value.path().map(last_part) {
            // These write no DEFAULT.
            Some("Identity" | "Computed" | "FetchedValue") => Some(None),
            _ if *value == Argument::Unknown => None,
            _ => Some(Some(value)),
        },
    }
}

/// A text that may be `None`.
pub(super) fn text(value: &Argument) -> Fact<Option<Text<'_>>> {
    match value {
        Argument::None => Some(None),
        value => value.as_str().map(|text| Some(Cow::Borrowed(text))),
    }
}

/// What a column brings along, in the order in which SQLAlchemy writes it.
pub fn attached(given: &operation::Column, is_sql: bool, dialect: Dialect) -> Vec<Attached<'_>> {
    let mut attached = Vec::new();
    for item in &given.items {
        match item {
            Argument::Call(call) => match last_part(&call.callee) {
                "ForeignKey" => attached.push(Attached::ForeignKey(call)),
                "CheckConstraint" => attached.push(Attached::Check(call)),
                "Identity" | "Computed" | "Sequence" | "FetchedValue" | "DefaultClause" | "ColumnDefault" => {
                }
                _ => attached.push(Attached::Unknown),
            },
            Argument::None | Argument::Str(_) => {}
            _ => attached.push(Attached::Unknown),
        }
    }
    if !given.complete {
        attached.push(Attached::Unknown);
    }
    match (given.index && !is_sql, given.unique) {
        (true, unique) => attached.push(Attached::Index(unique)),
        (false, true) => attached.push(Attached::Unique),
        (false, false) => {}
    }
    if let Some(type_) = &given.type_
        && let Some(name) = types::check_of(type_, dialect)
    {
        attached.push(Attached::TypeCheck(name));
    }
    attached
}

/// Column names, folded; `None` if one of them is not known.
pub(super) fn names<'a>(given: &'a [Name], sql: Option<&str>, dialect: Dialect) -> Fact<Vec<Text<'a>>> {
    given.iter().map(|name| name.known().map(|name| folded(name, sql, dialect))).collect()
}

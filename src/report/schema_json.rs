//! `schema --output-format json`: what is there for sure, for programs. The keys and their order are a promise.

use serde::Serialize;

use super::place::Places;
use super::schema::{Shown, dialect_name};
use super::schema_default::default_sql;
use crate::history::schema::{Column, Constraint, Index, IndexColumn, Kind, Schema, Table, sql_name};
use crate::operation::{ConstraintKind, Dialect};

#[derive(Serialize)]
struct Document<'a> {
    version: u8,
    dialect: Option<&'static str>,
    directories: Vec<Directory<'a>>,
}

#[derive(Serialize)]
struct Directory<'a> {
    path: &'a str,
    dialect: &'static str,
    revisions: &'a [&'a str],
    /// Whether nothing can be there that is not listed.
    complete: bool,
    tables: Vec<TableEntry<'a>>,
    /// Tables that may be there or not.
    uncertain_tables: Vec<String>,
    enums: Vec<EnumEntry<'a>>,
    sequences: Vec<&'a str>,
    views: Vec<&'a str>,
    /// Enums, sequences and views that may be there or not.
    uncertain_objects: Vec<&'a str>,
    unknown: Vec<UnknownEntry<'a>>,
}

#[derive(Serialize)]
struct TableEntry<'a> {
    schema: Option<&'a str>,
    name: &'a str,
    complete: bool,
    columns: Vec<ColumnEntry<'a>>,
    primary_key: Option<Key<'a>>,
    unique_constraints: Vec<Key<'a>>,
    foreign_keys: Vec<ForeignKey<'a>>,
    check_constraints: Vec<Named<'a>>,
    exclude_constraints: Vec<Named<'a>>,
    indexes: Vec<IndexEntry<'a>>,
    comment: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unknown: Vec<&'static str>,
}

#[derive(Serialize)]
struct ColumnEntry<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    type_: Option<String>,
    nullable: Option<bool>,
    server_default: Option<String>,
    identity: bool,
    computed: bool,
    comment: Option<&'a str>,
    /// Of which keys the value is not known; in the others null means that there is none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unknown: Vec<&'static str>,
}

#[derive(Serialize)]
struct Key<'a> {
    name: Option<&'a str>,
    columns: Option<Vec<&'a str>>,
}

#[derive(Serialize)]
struct ForeignKey<'a> {
    name: Option<&'a str>,
    columns: Option<Vec<&'a str>>,
    referent_schema: Option<&'a str>,
    referent_table: Option<&'a str>,
    referent_columns: Option<Vec<&'a str>>,
    ondelete: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unknown: Vec<&'static str>,
}

#[derive(Serialize)]
struct Named<'a> {
    name: Option<&'a str>,
}

#[derive(Serialize)]
struct IndexEntry<'a> {
    name: Option<&'a str>,
    columns: Option<Vec<Option<&'a str>>>,
    unique: Option<bool>,
}

#[derive(Serialize)]
struct EnumEntry<'a> {
    schema: Option<&'a str>,
    name: &'a str,
    labels: Option<Vec<&'a str>>,
}

#[derive(Serialize)]
struct UnknownEntry<'a> {
    revision: Option<&'a str>,
    path: &'a str,
    line: u32,
    reason: &'a str,
}

/// The schemas as one JSON document.
pub fn render(shown: &[Shown<'_>]) -> Result<String, serde_json::Error> {
    let directories = shown.iter().map(directory).collect();
    let dialect = shown.first().map(|shown| dialect_name(shown.dialect));
    Ok(serde_json::to_string_pretty(&Document { version: 1, dialect, directories })? + "\n")
}

fn directory<'s>(shown: &'s Shown<'_>) -> Directory<'s> {
    let schema = shown.replay.schema();
    let mut places = Places::new(shown.project);
    let mut tables = Vec::new();
    let mut uncertain_tables = Vec::new();
    for listed in schema.tables().filter(|listed| !listed.table.temporary) {
        if listed.is_doubted || !listed.table.sure {
            uncertain_tables.push(listed.table.key.to_string());
        } else {
            tables.push(table(listed.table, shown.dialect));
        }
    }
    let names = |kind| schema.objects(kind).filter(|(_, _, sure)| *sure).map(|(name, _, _)| name).collect();
    let uncertain = |kind| schema.objects(kind).filter(|(_, _, sure)| !*sure).map(|(name, _, _)| name);
    Directory {
        path: &shown.directory.path,
        dialect: dialect_name(shown.dialect),
        revisions: &shown.revisions,
        complete: shown.is_complete(),
        tables,
        uncertain_tables,
        enums: enums(schema),
        sequences: names(Kind::Sequence),
        views: names(Kind::View),
        uncertain_objects: [Kind::Type, Kind::Sequence, Kind::View].into_iter().flat_map(uncertain).collect(),
        unknown: shown
            .doubts()
            .iter()
            .map(|doubt| {
                let place = places.place(doubt.file, doubt.span);
                UnknownEntry {
                    revision: shown.revision_of(doubt.file),
                    path: place.path,
                    line: place.line,
                    reason: &doubt.reason,
                }
            })
            .collect(),
    }
}

fn enums(schema: Schema<'_>) -> Vec<EnumEntry<'_>> {
    let types = schema.objects(Kind::Type).filter(|(_, object, sure)| *sure && !object.is_other_type);
    types
        .map(|(name, object, _)| EnumEntry {
            schema: object.schema.as_deref(),
            name,
            labels: object.labels.as_ref().map(|labels| labels.iter().map(|label| &**label).collect()),
        })
        .collect()
}

fn table<'s>(table: &'s Table<'s>, dialect: Dialect) -> TableEntry<'s> {
    let sure =
        || table.constraints.iter().filter(|constraint| constraint.sure).map(|constraint| &**constraint);
    let of = |kind| move |constraint: &&Constraint<'s>| constraint.kind == kind;
    let named =
        |kind| sure().filter(of(kind)).map(|constraint| Named { name: constraint.name.known() }).collect();
    TableEntry {
        schema: table.key.schema.as_deref(),
        name: &table.key.name,
        complete: table.is_complete(),
        columns: table.columns.iter().filter(|column| column.sure).map(|it| column(it, dialect)).collect(),
        primary_key: sure().find(of(ConstraintKind::PrimaryKey)).map(key),
        unique_constraints: sure().filter(of(ConstraintKind::Unique)).map(key).collect(),
        foreign_keys: sure().filter(of(ConstraintKind::ForeignKey)).map(foreign_key).collect(),
        check_constraints: named(ConstraintKind::Check),
        exclude_constraints: named(ConstraintKind::Exclude),
        indexes: table.indexes.iter().filter(|index| index.sure).map(|it| index(it)).collect(),
        comment: table.comment.as_ref().and_then(|comment| comment.as_deref()),
        unknown: unknown([("comment", table.comment.is_none())]),
    }
}

fn column<'s>(column: &'s Column<'s>, dialect: Dialect) -> ColumnEntry<'s> {
    let type_ = column.type_.and_then(|type_| sql_name(type_, dialect));
    let server_default = column.server_default.flatten().and_then(|default| default_sql(default, dialect));
    let has_default = column.server_default.map(|default| default.is_some());
    ColumnEntry {
        name: &column.name,
        unknown: unknown([
            ("type", type_.is_none()),
            ("nullable", column.nullable.is_none()),
            ("server_default", has_default != Some(server_default.is_some())),
            ("identity", column.identity.is_none()),
            ("computed", column.computed.is_none()),
            ("comment", column.comment.is_none()),
        ]),
        type_,
        nullable: column.nullable,
        server_default,
        identity: column.identity == Some(true),
        computed: column.computed == Some(true),
        comment: column.comment.as_ref().and_then(|comment| comment.as_deref()),
    }
}

/// The keys whose value is not known.
fn unknown<const N: usize>(keys: [(&'static str, bool); N]) -> Vec<&'static str> {
    keys.into_iter().filter(|(_, is_unknown)| *is_unknown).map(|(key, _)| key).collect()
}

fn strs<'s>(names: Option<&'s Vec<std::borrow::Cow<'s, str>>>) -> Option<Vec<&'s str>> {
    names.map(|names| names.iter().map(|name| &**name).collect())
}

fn key<'s>(constraint: &'s Constraint<'s>) -> Key<'s> {
    Key { name: constraint.name.known(), columns: strs(constraint.columns.as_ref()) }
}

fn foreign_key<'s>(constraint: &'s Constraint<'s>) -> ForeignKey<'s> {
    let referent = constraint.referent.as_ref();
    ForeignKey {
        name: constraint.name.known(),
        columns: strs(constraint.columns.as_ref()),
        referent_schema: referent.and_then(|table| table.schema.as_deref()),
        referent_table: referent.map(|table| &*table.name),
        referent_columns: strs(constraint.referent_columns.as_ref()),
        ondelete: constraint.ondelete.as_ref().and_then(|action| action.as_deref()),
        unknown: unknown([("ondelete", constraint.ondelete.is_none())]),
    }
}

fn index<'s>(index: &'s Index<'s>) -> IndexEntry<'s> {
    IndexEntry {
        name: index.name.known(),
        columns: index.columns.as_ref().map(|columns| columns.iter().map(IndexColumn::column).collect()),
        unique: index.unique,
    }
}

//! `schema` for people: tables with what is in them, and what is not known.

use std::fmt::Write;

use super::place::{Places, one_line};
use super::schema::{Shown, dialect_name};
use super::schema_default::default_sql;
use super::{Paint, counted};
use crate::history::schema::{
    Column, Constraint, Index, IndexColumn, Kind, Listed, ObjectName, Schema, Table, Text, sql_name,
};
use crate::operation::{ConstraintKind, Dialect};

/// The width that columns of a table may take before their types.
const WIDEST_NAME: usize = 40;

/// The schemas, one script directory after the other.
pub fn render(shown: &[Shown<'_>], paint: Paint) -> String {
    let mut out = String::new();
    for (at, shown) in shown.iter().enumerate() {
        if at > 0 {
            out.push('\n');
        }
        directory(&mut out, shown, paint);
    }
    out
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

fn directory(out: &mut String, shown: &Shown<'_>, paint: Paint) {
    let schema = shown.replay.schema();
    let at = match shown.revisions.as_slice() {
        [] => "before the first revision".to_owned(),
        revisions => format!("at {}", revisions.join(", ")),
    };
    let title = format!("{}: the schema {at}", shown.directory.path);
    line(out, &paint.bold(one_line(&title)));
    let run = counted(shown.run, "revision");
    line(out, &paint.faint(format!("read from {run}, for {}", dialect_name(shown.dialect))));
    let mut count = 0;
    for listed in schema.tables().filter(|listed| !listed.table.temporary) {
        count += 1;
        out.push('\n');
        table(out, listed, shown.dialect, paint);
    }
    if count == 0 {
        line(out, "\nThere are no tables.");
    }
    others(out, schema, paint);
    unknown(out, shown, paint);
}

/// "? " before what may be there or not.
fn doubt(sure: bool, paint: Paint) -> String {
    if sure { String::new() } else { format!("{} ", paint.caution("?")) }
}

fn table(out: &mut String, listed: Listed<'_>, dialect: Dialect, paint: Paint) {
    let table = listed.table;
    let sure = |own: bool| own && !listed.is_doubted;
    let comment = table.comment.as_ref().and_then(|comment| comment.as_deref());
    let comment = comment.map_or_else(String::new, |text| paint.faint(format!("  -- {}", one_line(text))));
    let name = paint.bold(format!("table {}", one_line(&table.key.to_string())));
    line(out, &format!("{}{name}{comment}", doubt(sure(table.sure), paint)));
    let width = table.columns.iter().map(|column| column.name.chars().count()).max().unwrap_or(0);
    for column in &table.columns {
        let text = describe_column(column, width.min(WIDEST_NAME), dialect);
        let comment = column.comment.as_ref().and_then(|comment| comment.as_deref());
        let comment =
            comment.map_or_else(String::new, |text| paint.faint(format!("  -- {}", one_line(text))));
        line(out, &format!("  {}{}{comment}", doubt(sure(column.sure), paint), one_line(&text)));
    }
    for constraint in &table.constraints {
        let text = describe_constraint(constraint);
        line(out, &format!("  {}{}", doubt(sure(constraint.sure), paint), one_line(&text)));
    }
    for index in &table.indexes {
        let text = describe_index(index);
        line(out, &format!("  {}{}", doubt(sure(index.sure), paint), one_line(&text)));
    }
    if let Some(more) = may_have_more(table, listed.is_doubted) {
        line(out, &format!("  {} {more}", paint.caution("?")));
    }
}

fn may_have_more(table: &Table<'_>, is_doubted: bool) -> Option<String> {
    let open = table.open;
    let parts = [
        (open.columns || is_doubted, "columns"),
        (open.constraints || is_doubted, "constraints"),
        (open.indexes || is_doubted, "indexes"),
    ];
    let parts: Vec<&str> = parts.iter().filter(|(on, _)| *on).map(|(_, part)| *part).collect();
    let list = match parts.as_slice() {
        [] => return None,
        [one] => (*one).to_owned(),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    };
    Some(format!("it may have more {list}"))
}

fn describe_column(column: &Column<'_>, width: usize, dialect: Dialect) -> String {
    let type_ = column.type_.and_then(|type_| sql_name(type_, dialect));
    let mut text = format!("{:width$}  {}", column.name, type_.as_deref().unwrap_or("type not known"));
    match column.nullable {
        Some(false) => text.push_str(" not null"),
        Some(true) => {}
        None => text.push_str(", null or not null"),
    }
    match column.server_default {
        Some(None) => {}
        Some(Some(default)) => match default_sql(default, dialect) {
            Some(sql) => {
                let _ = write!(text, " default {sql}");
            }
            None => text.push_str(" with a default"),
        },
        None => text.push_str(", with a default or without"),
    }
    if column.identity == Some(true) {
        text.push_str(" identity");
    }
    if column.computed == Some(true) {
        text.push_str(" computed");
    }
    text
}

fn names(names: Option<&[Text<'_>]>) -> String {
    names.map_or_else(|| "columns not known".to_owned(), |names| names.join(", "))
}

fn called(name: &ObjectName<'_>) -> String {
    match name {
        ObjectName::Given(name) | ObjectName::Derived(name) => format!(" {name}"),
        ObjectName::None => String::new(),
        ObjectName::Unknown => " (name not known)".to_owned(),
    }
}

fn describe_constraint(constraint: &Constraint<'_>) -> String {
    let name = called(&constraint.name);
    let columns = names(constraint.columns.as_deref());
    let text = match constraint.kind {
        ConstraintKind::PrimaryKey => format!("primary key{name} ({columns})"),
        ConstraintKind::Unique => format!("unique{name} ({columns})"),
        ConstraintKind::Exclude => format!("exclude{name}"),
        ConstraintKind::Check => match &constraint.condition {
            Some(condition) => format!("check{name} ({condition})"),
            None => format!("check{name}"),
        },
        ConstraintKind::ForeignKey => {
            let referent = match (&constraint.referent, constraint.referent_columns.as_deref()) {
                (Some(table), Some(to)) => format!("{table} ({})", to.join(", ")),
                (Some(table), None) => table.to_string(),
                (None, _) => "a table that is not known".to_owned(),
            };
            let action = constraint.ondelete.as_ref().and_then(|action| action.as_deref());
            let action =
                action.map_or_else(String::new, |action| format!(" on delete {}", action.to_lowercase()));
            format!("foreign key{name} ({columns}) to {referent}{action}")
        }
    };
    if constraint.validated == Some(false) { format!("{text}, not validated") } else { text }
}

fn describe_index(index: &Index<'_>) -> String {
    let unique = if index.unique == Some(true) { "unique " } else { "" };
    let columns = match &index.columns {
        None => "columns not known".to_owned(),
        Some(columns) => {
            let columns = columns.iter().map(|column| match column {
                IndexColumn::Column(name) => &**name,
                IndexColumn::Expression(Some(text)) => text,
                IndexColumn::Expression(None) => "an expression",
            });
            columns.collect::<Vec<_>>().join(", ")
        }
    };
    let method = index.method.map_or_else(String::new, |method| format!(" using {method}"));
    let partial = if index.condition.is_some() { ", partial" } else { "" };
    format!("{unique}index{} ({columns}){method}{partial}", called(&index.name))
}

fn others(out: &mut String, schema: Schema<'_>, paint: Paint) {
    let kinds =
        [(Kind::Type, "type"), (Kind::Sequence, "sequence"), (Kind::View, "view"), (Kind::Schema, "schema")];
    for (kind, word) in kinds {
        for (at, (name, object, sure)) in schema.objects(kind).enumerate() {
            if at == 0 {
                out.push('\n');
            }
            let labels = match (&object.labels, kind) {
                (Some(labels), _) => format!(" ({})", labels.join(", ")),
                (None, Kind::Type) if !object.is_other_type => " (labels not known)".to_owned(),
                (None, _) => String::new(),
            };
            let name = paint.bold(format!("{word} {}", one_line(name)));
            line(out, &format!("{}{name}{}", doubt(sure, paint), one_line(&labels)));
        }
    }
}

fn unknown(out: &mut String, shown: &Shown<'_>, paint: Paint) {
    if !shown.is_complete() {
        out.push('\n');
        let why = if shown.not_run > 0 {
            format!("{} in or behind a cycle could not be run", counted(shown.not_run, "revision"))
        } else {
            "there may be more: not everything was made by these revisions, or could be read".to_owned()
        };
        line(out, &format!("{} {why}", paint.caution("?")));
    }
    if shown.doubts().is_empty() {
        return;
    }
    let mut places = Places::new(shown.project);
    line(out, &format!("\n{}", paint.bold("Not known")));
    let mut last = String::new();
    for doubt in shown.doubts() {
        let place = places.place(doubt.file, doubt.span);
        let at = paint.hint(format!("{}:{}", one_line(place.path), place.line));
        let text = format!("  {} {}  {at}", paint.caution("?"), one_line(&doubt.reason));
        if text != last {
            line(out, &text);
        }
        last = text;
    }
}

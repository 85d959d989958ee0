//! `sa.Column(..)` and table items as columns and constraints.

use std::rc::Rc;

use super::argument::{argument, name};
use super::value::{Object, Value};
use crate::operation::last_part;
use crate::operation::{Column, Constraint, ConstraintKind, Name, ServerDefault, TableName};

/// Positional arguments of `Column` that are no type (`sqlalchemy/sql/schema.py`, class `SchemaItem`).
const COLUMN_ITEMS: &[&str] = &[
    "ForeignKey",
    "CheckConstraint",
    "Sequence",
    "Identity",
    "Computed",
    "FetchedValue",
    "DefaultClause",
    "ColumnDefault",
    "UniqueConstraint",
    "PrimaryKeyConstraint",
];

/// Whether a value is a `Column`.
pub(super) fn is_column(value: &Value<'_>) -> bool {
    matches!(value, Value::Object(object) if matches!(last_part(&object.callee), "Column" | "mapped_column"))
}

/// A value in the place of a column.
pub(super) fn column(value: Option<&Value<'_>>) -> Column {
    let unknown = |name: Name| Column {
        name,
        type_: None,
        nullable: None,
        primary_key: false,
        unique: false,
        index: false,
        server_default: ServerDefault::NotGiven,
        python_default: None,
        items: Box::default(),
        options: Box::default(),
        complete: false,
    };
    let mut value = value;
    // `column.copy()`.
    while let Some(Value::Object(object)) = value
        && object.receiver.is_some()
        && matches!(last_part(&object.callee), "copy" | "_copy")
    {
        value = object.receiver.as_ref();
    }
    let Some(Value::Object(object)) = value else { return unknown(Name::Unknown) };
    if !matches!(last_part(&object.callee), "Column" | "mapped_column") {
        // A factory of the project: its first string is the best guess at nothing.
        return unknown(Name::Unknown);
    }
    column_of(object)
}

fn column_of(object: &Rc<Object<'_>>) -> Column {
    let arguments = &object.arguments;
    let mut positional = arguments.positional.iter();
    let first_is_name = matches!(positional.clone().next(), Some(first) if !is_type_or_item(first));
    let name = match first_is_name.then(|| positional.next()).flatten() {
        Some(value) => name(Some(value)),
        None => match arguments.keyword("name") {
            Some(value) => name(Some(value)),
            None => Name::Unknown,
        },
    };
    let mut out = Column {
        name,
        type_: arguments.keyword("type_").map(argument),
        nullable: None,
        primary_key: false,
        unique: false,
        index: false,
        server_default: ServerDefault::NotGiven,
        python_default: None,
        items: Box::default(),
        options: Box::default(),
        complete: !arguments.open,
    };
    let mut items = Vec::new();
    for value in positional {
        let argument = argument(value);
        let is_item = argument.path().is_some_and(|path| COLUMN_ITEMS.contains(&last_part(path)));
        if !is_item && out.type_.is_none() {
            out.type_ = Some(argument);
        } else {
            items.push(argument);
        }
    }
    let mut options = Vec::new();
    for (keyword, value) in &arguments.keywords {
        let truth = value.truth();
        match &**keyword {
            "name" | "type_" => {}
            "nullable" => {
                out.nullable = truth;
                out.complete &= truth.is_some();
            }
            "primary_key" => out.primary_key = truth == Some(true),
            "unique" => out.unique = truth == Some(true),
            "index" => out.index = truth == Some(true),
            // A column has no such thing, and SQLAlchemy raises.
            "server_default" if matches!(value, Value::Bool(false)) => {
                out.server_default = ServerDefault::Value(argument(value));
            }
            "server_default" => out.server_default = server_default(value),
            "default" => out.python_default = Some(argument(value)),
            other => options.push((other.into(), argument(value))),
        }
    }
    out.items = items.into();
    out.options = options.into();
    out
}

fn is_type_or_item(value: &Value<'_>) -> bool {
    match value {
        Value::Path(_) | Value::Class(_) => true,
        Value::Object(object) => !matches!(last_part(&object.callee), "quoted_name" | "conv"),
        _ => false,
    }
}

/// `server_default=..`.
pub(super) fn server_default(value: &Value<'_>) -> ServerDefault {
    match value {
        Value::None => ServerDefault::None,
        // `False` means "leave as it is" (`alembic/op.pyi`, `alter_column`).
        Value::Bool(false) => ServerDefault::NotGiven,
        other => ServerDefault::Value(argument(other)),
    }
}

/// A table item that is a constraint.
pub(super) fn constraint(value: &Value<'_>) -> Option<Constraint> {
    let Value::Object(object) = value else { return None };
    let kind = match last_part(&object.callee) {
        "ForeignKeyConstraint" => ConstraintKind::ForeignKey,
        "UniqueConstraint" => ConstraintKind::Unique,
        "CheckConstraint" => ConstraintKind::Check,
        "PrimaryKeyConstraint" => ConstraintKind::PrimaryKey,
        "ExcludeConstraint" => ConstraintKind::Exclude,
        _ => return None,
    };
    let arguments = &object.arguments;
    let own_name = match (arguments.keyword("name"), arguments.open) {
        (Some(value), _) => name(Some(value)),
        (None, true) => Name::Unknown,
        (None, false) => Name::None,
    };
    let mut out = Constraint {
        kind,
        name: own_name,
        columns: None,
        referent: None,
        referent_columns: None,
        options: arguments
            .keywords
            .iter()
            .filter(|(keyword, _)| &**keyword != "name")
            .map(|(keyword, value)| ((&**keyword).into(), argument(value)))
            .collect(),
    };
    match kind {
        ConstraintKind::ForeignKey => {
            out.columns = arguments.get(0, "columns").and_then(names);
            let targets = arguments.get(1, "refcolumns").and_then(names);
            (out.referent, out.referent_columns) = targets.map(referents).unwrap_or_default();
        }
        ConstraintKind::Unique | ConstraintKind::PrimaryKey => {
            out.columns = Some(arguments.positional.iter().map(column_name).collect());
        }
        ConstraintKind::Check | ConstraintKind::Exclude => {
            let conditions = arguments.positional.iter().map(|value| ("".into(), argument(value)));
            out.options = conditions.chain(out.options.into_vec()).collect();
        }
    }
    Some(out)
}

/// `["user.id"]` or `["public.user.id"]` as table and columns.
fn referents(targets: Vec<Name>) -> (Option<TableName>, Option<Vec<Name>>) {
    let mut table = None;
    let mut columns = Vec::new();
    for target in targets {
        let Some(path) = target.known() else {
            columns.push(Name::Unknown);
            continue;
        };
        let (before, column) = path.rsplit_once('.').unwrap_or(("", path));
        let (schema, name) = before.rsplit_once('.').map_or((Name::None, before), |(s, n)| (Name::new(s), n));
        let name = if name.is_empty() { Name::Unknown } else { Name::new(name) };
        table.get_or_insert(TableName { schema, name });
        columns.push(Name::new(column));
    }
    (table, Some(columns))
}

/// A sequence of column names; `None` where it is not known.
pub(super) fn names(value: &Value<'_>) -> Option<Vec<Name>> {
    match value {
        Value::Tuple(items) => Some(items.iter().map(column_name).collect()),
        Value::List(list) if !list.open.get() && !list.uncertain.get() => {
            Some(list.items.borrow().iter().map(column_name).collect())
        }
        // A string is a sequence of characters for Alembic, too.
        Value::Str(text) if !text.dynamic => {
            Some(text.value.chars().map(|c| Name::new(&c.to_string())).collect())
        }
        _ => None,
    }
}

fn column_name(value: &Value<'_>) -> Name {
    match value {
        Value::Object(object) if matches!(last_part(&object.callee), "column" | "Column") => {
            name(object.arguments.positional.first())
        }
        other => name(Some(other)),
    }
}

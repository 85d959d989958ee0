//! Columns and constraints of MySQL and SQLite tables, and the names in `sqlparser`'s trees.

use sqlparser::ast::{
    ColumnOption, ColumnOptionDef, ConstraintCharacteristics, DataType, DeferrableInitial, Expr,
    ForeignKeyConstraint, Ident, IndexColumn, ObjectName, TableConstraint,
};

use super::names;
use crate::operation::{
    Argument, Column, Constraint, ConstraintKind, CreateIndex, Name, Options, ServerDefault, TableName,
};

/// What a table item of `CREATE TABLE` or `ALTER TABLE .. ADD` is.
pub(super) enum TableItem {
    /// A constraint.
    Constraint(Constraint),
    /// `KEY`, `INDEX`, `FULLTEXT`: an index of its own.
    Index(CreateIndex),
    /// None of these.
    Other,
}

/// A name.
pub(super) fn ident(ident: &Ident) -> Name {
    names::plain(&ident.value)
}

/// The parts of a dotted name.
pub(super) fn object(name: &ObjectName) -> Vec<Name> {
    name.0.iter().map(|part| part.as_ident().map_or(Name::Unknown, ident)).collect()
}

/// A table by its name.
pub(super) fn table(name: &ObjectName) -> TableName {
    names::table(&object(name))
}

/// A default by its expression; `NULL` is none.
pub(super) fn default(expression: &str) -> ServerDefault {
    if expression.eq_ignore_ascii_case("null") {
        return ServerDefault::None;
    }
    ServerDefault::Value(names::expression(expression))
}

/// Columns by their names, anything else as an expression.
pub(super) fn index_columns(columns: &[IndexColumn]) -> Vec<Argument> {
    columns.iter().map(|column| index_column(&column.column.expr)).collect()
}

fn index_column(expression: &Expr) -> Argument {
    if let Expr::Identifier(column) = expression {
        return names::argument(&ident(column));
    }
    let text = expression.to_string();
    match prefixed_column(&text) {
        Some(column) => names::argument(&names::name(column)),
        None => names::expression(&text),
    }
}

/// MySQL indexes the first bytes of a column as `name(10)`.
fn prefixed_column(text: &str) -> Option<&str> {
    let (column, length) = text.split_once('(')?;
    let digits = length.strip_suffix(')')?;
    let is_length = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_length.then_some(column)
}

/// The columns of a constraint.
fn key_columns(columns: &[IndexColumn]) -> Option<Vec<Name>> {
    let names = columns.iter().map(|column| match index_column(&column.column.expr) {
        Argument::Str(name) => Some(Name::Known(name)),
        Argument::Unknown => Some(Name::Unknown),
        _ => None,
    });
    names.collect()
}

/// Whether `NOT NULL` is among the options.
pub(super) fn not_null<'a>(mut options: impl Iterator<Item = &'a ColumnOption>) -> bool {
    options.any(|option| matches!(option, ColumnOption::NotNull | ColumnOption::PrimaryKey(_)))
}

/// Default and comment of a column.
pub(super) struct OptionTexts {
    /// `DEFAULT`.
    pub(super) server_default: ServerDefault,
    /// `COMMENT`.
    pub(super) comment: Option<Argument>,
}

/// Reads default and comment from the options of a column.
pub(super) fn option_texts<'a>(options: impl Iterator<Item = &'a ColumnOption>) -> OptionTexts {
    let mut texts = OptionTexts { server_default: ServerDefault::NotGiven, comment: None };
    for option in options {
        match option {
            ColumnOption::Default(value) => texts.server_default = default(&value.to_string()),
            ColumnOption::Comment(text) => texts.comment = Some(names::text(text)),
            _ => {}
        }
    }
    texts
}

/// A column of `CREATE TABLE` or `ADD COLUMN`.
pub(super) fn column(name: &Ident, type_: &DataType, given: &[ColumnOptionDef]) -> Column {
    let texts = option_texts(given.iter().map(|given| &given.option));
    let mut items = Vec::new();
    let mut options: Vec<(Box<str>, Argument)> = Vec::new();
    options.extend(texts.comment.map(|comment| ("comment".into(), comment)));
    let mut column = Column {
        name: ident(name),
        type_: (*type_ != DataType::Unspecified).then(|| names::text(&type_.to_string())),
        nullable: None,
        primary_key: false,
        unique: false,
        index: false,
        server_default: texts.server_default,
        python_default: None,
        items: Box::default(),
        options: Box::default(),
        complete: true,
    };
    for ColumnOptionDef { name, option } in given {
        match option {
            ColumnOption::Null => column.nullable = Some(true),
            ColumnOption::NotNull => column.nullable = Some(false),
            ColumnOption::PrimaryKey(_) => column.primary_key = true,
            ColumnOption::Unique(_) => column.unique = true,
            ColumnOption::ForeignKey(key) => items.push(foreign_key(key, name.as_ref())),
            ColumnOption::Check(check) => {
                let condition = names::text(&check.expr.to_string());
                items.push(names::call("sqlalchemy.CheckConstraint", vec![condition], named(name.as_ref())));
            }
            ColumnOption::Generated { generation_expr: Some(expression), .. } => {
                let expression = names::text(&expression.to_string());
                items.push(names::call("sqlalchemy.Computed", vec![expression], Vec::new()));
            }
            ColumnOption::Generated { .. } | ColumnOption::Identity(_) => {
                items.push(names::call("sqlalchemy.Identity", Vec::new(), Vec::new()));
            }
            ColumnOption::OnUpdate(value) => {
                options.push(("server_onupdate".into(), names::expression(&value.to_string())));
            }
            ColumnOption::DialectSpecific(tokens) => {
                let increments =
                    tokens.iter().any(|token| token.to_string().to_uppercase().starts_with("AUTO"));
                if increments {
                    options.push(("autoincrement".into(), Argument::Bool(true)));
                }
            }
            _ => {}
        }
    }
    column.items = items.into();
    column.options = options.into();
    column
}

fn named(name: Option<&Ident>) -> Vec<(Box<str>, Argument)> {
    name.map(|name| ("name".into(), names::argument(&ident(name)))).into_iter().collect()
}

/// `REFERENCES t (c)` at a column.
fn foreign_key(key: &ForeignKeyConstraint, name: Option<&Ident>) -> Argument {
    let mut target = object(&key.foreign_table);
    target.extend(key.referred_columns.first().map(ident));
    let known: Option<Vec<&str>> = target.iter().map(Name::known).collect();
    let target = known.map_or(Argument::Unknown, |known| Argument::Str(known.join(".").into()));
    let mut options = named(name.or(key.name.as_ref()));
    options.extend(key_options(key));
    names::call("sqlalchemy.ForeignKey", vec![target], options)
}

/// `ON DELETE`, `ON UPDATE`, `DEFERRABLE`.
fn key_options(key: &ForeignKeyConstraint) -> Vec<(Box<str>, Argument)> {
    let mut options: Vec<(Box<str>, Argument)> = Vec::new();
    if let Some(action) = &key.on_delete {
        options.push(("ondelete".into(), Argument::Str(action.to_string().into())));
    }
    if let Some(action) = &key.on_update {
        options.push(("onupdate".into(), Argument::Str(action.to_string().into())));
    }
    options.extend(characteristics(key.characteristics.as_ref()));
    options
}

fn characteristics(given: Option<&ConstraintCharacteristics>) -> Vec<(Box<str>, Argument)> {
    let mut options: Vec<(Box<str>, Argument)> = Vec::new();
    let Some(given) = given else { return options };
    if let Some(deferrable) = given.deferrable {
        options.push(("deferrable".into(), Argument::Bool(deferrable)));
    }
    if let Some(initially) = &given.initially {
        let text = match initially {
            DeferrableInitial::Immediate => "IMMEDIATE",
            DeferrableInitial::Deferred => "DEFERRED",
        };
        options.push(("initially".into(), Argument::Str(text.into())));
    }
    options
}

/// Lowers one item that is no column.
pub(super) fn table_item(table: &TableName, item: &TableConstraint) -> TableItem {
    match item {
        TableConstraint::Unique(unique) => {
            // MySQL: `UNIQUE KEY name (..)` names the constraint by its index.
            let name = unique.name.as_ref().or(unique.index_name.as_ref());
            let options = characteristics(unique.characteristics.as_ref());
            constraint(ConstraintKind::Unique, name, key_columns(&unique.columns), options)
        }
        TableConstraint::PrimaryKey(primary) => {
            let options = characteristics(primary.characteristics.as_ref());
            constraint(
                ConstraintKind::PrimaryKey,
                primary.name.as_ref(),
                key_columns(&primary.columns),
                options,
            )
        }
        TableConstraint::ForeignKey(key) => {
            let columns = key.columns.iter().map(ident).collect();
            let referent_columns: Vec<Name> = key.referred_columns.iter().map(ident).collect();
            TableItem::Constraint(Constraint {
                kind: ConstraintKind::ForeignKey,
                name: key.name.as_ref().or(key.index_name.as_ref()).map_or(Name::None, ident),
                columns: Some(columns),
                referent: Some(self::table(&key.foreign_table)),
                referent_columns: Some(referent_columns).filter(|columns| !columns.is_empty()),
                options: key_options(key).into(),
            })
        }
        TableConstraint::Check(check) => {
            let condition = names::text(&check.expr.to_string());
            let options = vec![("condition".into(), condition)];
            constraint(ConstraintKind::Check, check.name.as_ref(), None, options)
        }
        TableConstraint::Exclude(exclude) => {
            constraint(ConstraintKind::Exclude, exclude.name.as_ref(), None, Vec::new())
        }
        TableConstraint::Index(index) => {
            plain_index(table, index.name.as_ref(), &index.columns, Box::default())
        }
        TableConstraint::FulltextOrSpatial(index) => {
            let prefix = if index.fulltext { "FULLTEXT" } else { "SPATIAL" };
            let options = Box::new([("mysql_prefix".into(), Argument::Str(prefix.into()))]);
            plain_index(table, index.opt_index_name.as_ref(), &index.columns, options)
        }
        TableConstraint::PrimaryKeyUsingIndex(_) | TableConstraint::UniqueUsingIndex(_) => TableItem::Other,
    }
}

fn constraint(
    kind: ConstraintKind,
    name: Option<&Ident>,
    columns: Option<Vec<Name>>,
    options: Vec<(Box<str>, Argument)>,
) -> TableItem {
    TableItem::Constraint(Constraint {
        kind,
        name: name.map_or(Name::None, ident),
        columns,
        referent: None,
        referent_columns: None,
        options: options.into(),
    })
}

fn plain_index(
    table: &TableName,
    name: Option<&Ident>,
    columns: &[IndexColumn],
    options: Options,
) -> TableItem {
    TableItem::Index(CreateIndex {
        name: name.map_or(Name::None, ident),
        table: table.clone(),
        columns: Some(index_columns(columns)),
        options,
        ..CreateIndex::default()
    })
}

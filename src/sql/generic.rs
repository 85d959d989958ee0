//! Definitions of MySQL, MariaDB and SQLite, read by `sqlparser`, as changes. The columns and constraints of
//! a table are in `generic_items`.

use sqlparser::ast::{
    AlterColumnOperation, AlterTable, AlterTableOperation, CreateIndex as IndexDefinition,
    CreateTable as TableDefinition, DropBehavior, Ident, MySQLColumnPosition, RenameTableNameKind,
    Statement as Parsed, TableConstraint,
};
use sqlparser::dialect::{Dialect, GenericDialect, MySqlDialect, SQLiteDialect};
use sqlparser::parser::Parser;

use super::generic_items::{
    TableItem, column, default, ident, index_columns, not_null, object, option_texts, table, table_item,
};
use super::{execute, names, other};
use crate::operation::{
    AddColumn, AlterColumn, Argument, Attribute, Change, ConstraintKind, CreateConstraint, CreateIndex,
    CreateTable, DropColumn, DropConstraint, DropIndex, Name, RenameTable, ServerDefault, Statement,
    TableName,
};

/// Brackets within brackets that are followed; `sqlparser` counts its own calls.
const DEPTH: usize = 200;

/// Lowers a statement that MySQL's grammar accepts.
pub(super) fn mysql(text: &str) -> Option<Vec<Change>> {
    // SQLite's word; MySQL writes AUTO_INCREMENT, and the parser would take it for something else.
    if text.to_ascii_uppercase().contains("AUTOINCREMENT") {
        return None;
    }
    read(&MySqlDialect {}, "mysql", text)
}

/// Lowers a statement that SQLite's grammar accepts.
pub(super) fn sqlite(text: &str) -> Option<Vec<Change>> {
    read(&SQLiteDialect {}, "sqlite", text)
}

/// Lowers a statement that any grammar accepts.
pub(super) fn any(text: &str) -> Option<Vec<Change>> {
    read(&GenericDialect {}, "postgresql", text)
}

/// `prefix` is what keyword arguments for this database start with.
fn read(dialect: &dyn Dialect, prefix: &str, text: &str) -> Option<Vec<Change>> {
    let parser = Parser::new(dialect).with_recursion_limit(DEPTH).try_with_sql(text);
    let mut statements = parser.and_then(|mut parser| parser.parse_statements()).ok()?;
    let statement = statements.pop().filter(|_| statements.is_empty())?;
    match statement {
        Parsed::CreateTable(create) => Some(create_table(&create)),
        Parsed::CreateIndex(create) => Some(vec![create_index(&create, prefix)]),
        Parsed::AlterTable(alter) => Some(alter_table(&alter)),
        _ => None,
    }
}

fn create_table(create: &TableDefinition) -> Vec<Change> {
    let name = table(&create.name);
    let mut constraints = Vec::new();
    let mut indexes = Vec::new();
    let mut complete = create.query.is_none()
        && create.like.is_none()
        && create.clone.is_none()
        && create.inherits.is_none()
        && create.partition_of.is_none();
    for item in &create.constraints {
        match table_item(&name, item) {
            TableItem::Constraint(constraint) => constraints.push(constraint),
            TableItem::Index(index) => indexes.push(Change::CreateIndex(index)),
            TableItem::Other => complete = false,
        }
    }
    let mut columns: Vec<_> =
        create.columns.iter().map(|item| column(&item.name, &item.data_type, &item.options)).collect();
    let declared = columns.len();
    columns.retain(|column| !(column.name.is_unknown() && column.type_.is_none()));
    complete &= declared == columns.len();
    let mut changes = vec![Change::CreateTable(CreateTable {
        table: name,
        columns,
        constraints,
        indexes: Vec::new(),
        if_not_exists: create.if_not_exists,
        temporary: create.temporary,
        options: Box::default(),
        complete,
    })];
    changes.append(&mut indexes);
    changes
}

fn create_index(create: &IndexDefinition, prefix: &str) -> Change {
    let mut options: Vec<(Box<str>, Argument)> = Vec::new();
    if let Some(using) = &create.using {
        options.push((format!("{prefix}_using").into(), names::text(&using.to_string().to_lowercase())));
    }
    if let Some(condition) = &create.predicate {
        options.push((format!("{prefix}_where").into(), names::expression(&condition.to_string())));
    }
    Change::CreateIndex(CreateIndex {
        name: create.name.as_ref().map_or(Name::None, |name| table(name).name),
        table: table(&create.table_name),
        columns: Some(index_columns(&create.columns)),
        unique: create.unique,
        concurrently: create.concurrently,
        if_not_exists: create.if_not_exists,
        options: options.into(),
    })
}

fn alter_table(alter: &AlterTable) -> Vec<Change> {
    let name = table(&alter.name);
    alter.operations.iter().flat_map(|operation| action(&name, operation)).collect()
}

fn cascades(behavior: Option<DropBehavior>) -> bool {
    behavior == Some(DropBehavior::Cascade)
}

fn action(table: &TableName, operation: &AlterTableOperation) -> Vec<Change> {
    let change = match operation {
        AlterTableOperation::AddConstraint { constraint, .. } => add_constraint(table, constraint),
        AlterTableOperation::AddColumn { if_not_exists, column_def, column_position, .. } => {
            Change::AddColumn(Box::new(AddColumn {
                table: table.clone(),
                column: column(&column_def.name, &column_def.data_type, &column_def.options),
                if_not_exists: *if_not_exists,
                options: position(column_position.as_ref()),
            }))
        }
        AlterTableOperation::DropColumn { column_names, if_exists, drop_behavior, .. } => {
            let drop = |column| DropColumn {
                table: table.clone(),
                column: ident(column),
                if_exists: *if_exists,
                cascade: cascades(*drop_behavior),
                options: Box::default(),
            };
            return column_names.iter().map(|column| Change::DropColumn(drop(column))).collect();
        }
        AlterTableOperation::DropConstraint { if_exists, name, drop_behavior } => {
            drop_constraint(table, ident(name), None, *if_exists, *drop_behavior)
        }
        AlterTableOperation::DropPrimaryKey { drop_behavior } => {
            // MySQL calls every primary key PRIMARY.
            let kind = Some(ConstraintKind::PrimaryKey);
            drop_constraint(table, Name::new("PRIMARY"), kind, false, *drop_behavior)
        }
        AlterTableOperation::DropForeignKey { name, drop_behavior } => {
            drop_constraint(table, ident(name), Some(ConstraintKind::ForeignKey), false, *drop_behavior)
        }
        AlterTableOperation::DropIndex { name } => {
            Change::DropIndex(DropIndex { name: ident(name), table: table.clone(), ..DropIndex::default() })
        }
        AlterTableOperation::RenameColumn { old_column_name, new_column_name } => {
            Change::AlterColumn(Box::new(AlterColumn {
                table: table.clone(),
                column: ident(old_column_name),
                new_name: ident(new_column_name),
                ..AlterColumn::default()
            }))
        }
        AlterTableOperation::RenameTable { table_name } => {
            let (RenameTableNameKind::As(to) | RenameTableNameKind::To(to)) = table_name;
            Change::RenameTable(RenameTable {
                table: table.clone(),
                to: object(to).pop().unwrap_or_default(),
            })
        }
        AlterTableOperation::ChangeColumn { old_name, new_name, data_type, options, .. } => {
            let new_name = if old_name == new_name { Name::None } else { ident(new_name) };
            redefined(table, old_name, new_name, &data_type.to_string(), options)
        }
        AlterTableOperation::ModifyColumn { col_name, data_type, options, .. } => {
            redefined(table, col_name, Name::None, &data_type.to_string(), options)
        }
        AlterTableOperation::AlterColumn { column_name, op } => alter_column(table, column_name, op),
        AlterTableOperation::ValidateConstraint { name } => {
            execute(Statement::ValidateConstraint { table: table.clone(), name: ident(name) })
        }
        _ => other_action(operation),
    };
    vec![change]
}

/// `AFTER other_column`.
fn position(position: Option<&MySQLColumnPosition>) -> crate::operation::Options {
    match position {
        Some(MySQLColumnPosition::After(column)) => {
            Box::new([("insert_after".into(), names::argument(&ident(column)))])
        }
        Some(MySQLColumnPosition::First) | None => Box::default(),
    }
}

fn drop_constraint(
    table: &TableName,
    name: Name,
    kind: Option<ConstraintKind>,
    if_exists: bool,
    behavior: Option<DropBehavior>,
) -> Change {
    let cascade = cascades(behavior);
    Change::DropConstraint(DropConstraint { table: table.clone(), name, kind, if_exists, cascade })
}

fn add_constraint(table: &TableName, constraint: &TableConstraint) -> Change {
    if let TableConstraint::PrimaryKeyUsingIndex(using) | TableConstraint::UniqueUsingIndex(using) =
        constraint
    {
        return execute(Statement::ConstraintUsingIndex {
            table: table.clone(),
            name: using.name.as_ref().map_or(Name::None, ident),
            index: ident(&using.index_name),
            primary_key: matches!(constraint, TableConstraint::PrimaryKeyUsingIndex(_)),
        });
    }
    match table_item(table, constraint) {
        TableItem::Constraint(constraint) => {
            Change::CreateConstraint(CreateConstraint { table: table.clone(), constraint })
        }
        TableItem::Index(index) => Change::CreateIndex(index),
        TableItem::Other => other("ALTER TABLE ADD CONSTRAINT"),
    }
}

/// A default that is not stated again is gone.
fn restated(default: ServerDefault) -> ServerDefault {
    if default == ServerDefault::NotGiven { ServerDefault::None } else { default }
}

/// `MODIFY` and `CHANGE` state the whole column anew: without `NOT NULL` it becomes nullable.
fn redefined(
    table: &TableName,
    column: &Ident,
    new_name: Name,
    type_: &str,
    options: &[sqlparser::ast::ColumnOption],
) -> Change {
    let texts = option_texts(options.iter());
    Change::AlterColumn(Box::new(AlterColumn {
        table: table.clone(),
        column: ident(column),
        new_name,
        type_: Some(names::text(type_)),
        nullable: Attribute::Set(!not_null(options.iter())),
        server_default: restated(texts.server_default),
        comment: texts.comment,
        ..AlterColumn::default()
    }))
}

fn alter_column(table: &TableName, column: &Ident, operation: &AlterColumnOperation) -> Change {
    let mut change = AlterColumn { table: table.clone(), column: ident(column), ..AlterColumn::default() };
    match operation {
        AlterColumnOperation::SetNotNull => change.nullable = Attribute::Set(false),
        AlterColumnOperation::DropNotNull => change.nullable = Attribute::Set(true),
        AlterColumnOperation::SetDefault { value } => change.server_default = default(&value.to_string()),
        AlterColumnOperation::DropDefault => change.server_default = ServerDefault::None,
        AlterColumnOperation::SetDataType { data_type, using, .. } => {
            change.type_ = Some(names::text(&data_type.to_string()));
            if let Some(using) = using {
                change.options = Box::new([("postgresql_using".into(), names::text(&using.to_string()))]);
            }
        }
        AlterColumnOperation::AddGenerated { .. } | AlterColumnOperation::GenericOptions { .. } => {
            return other("ALTER TABLE ALTER COLUMN");
        }
    }
    Change::AlterColumn(Box::new(change))
}

/// An action kept by its first words.
fn other_action(operation: &AlterTableOperation) -> Change {
    let text = operation.to_string();
    let is_keyword = |word: &&str| word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_uppercase());
    let words: Vec<&str> = text.split_whitespace().take(3).take_while(is_keyword).collect();
    other(format!("ALTER TABLE {}", words.join(" ")).trim_end())
}

//! PostgreSQL definitions, read by `squawk-syntax`, as changes. The columns and constraints of a table are
//! in `postgres_items`.

use squawk_syntax::ast::{self, AstNode, HasCreateTable};
use squawk_syntax::{SourceFile, SyntaxNode};

use super::postgres_items::{
    Options, cascades, column, constraint, default, last_name, name, node_text, table,
};
use super::{execute, names, on_table, other, verbs};
use crate::operation::{
    AddColumn, AlterColumn, Argument, Attribute, Change, Constraint, CreateConstraint, CreateIndex,
    CreateTable, DropColumn, DropConstraint, Name, RenameTable, ServerDefault, Statement, TableName,
    TableStatement,
};

/// Lowers a statement that PostgreSQL's grammar accepts.
pub(super) fn read(text: &str) -> Option<Vec<Change>> {
    let parse = SourceFile::parse(text);
    if !parse.errors().is_empty() {
        return None;
    }
    let mut statements = parse.tree().stmts();
    let changes = statement(&statements.next()?)?;
    statements.next().is_none().then_some(changes)
}

/// Lowers what can be made out of a `CREATE TABLE` or `ALTER TABLE` that the grammar does not accept as a whole.
pub(super) fn recover_table(text: &str) -> Vec<Change> {
    let parse = SourceFile::parse(text);
    let found = parse.tree().stmts().next().filter(|found| !matches!(found, ast::Stmt::CreateIndex(_)));
    let mut changes = found.and_then(|found| statement(&found)).unwrap_or_default();
    for change in &mut changes {
        if let Change::CreateTable(create) = change {
            create.complete = false;
        }
    }
    changes
}

fn statement(statement: &ast::Stmt) -> Option<Vec<Change>> {
    match statement {
        ast::Stmt::CreateTable(create) => Some(vec![create_table(create)]),
        ast::Stmt::CreateTableAs(create) => Some(vec![create_table_as(create)]),
        ast::Stmt::CreateIndex(create) => Some(vec![create_index(create)?]),
        ast::Stmt::AlterTable(alter) => alter_table(alter),
        _ => None,
    }
}

fn is_temporary(persistence: Option<&ast::Persistence>) -> bool {
    matches!(persistence, Some(ast::Persistence::Temp(_)))
}

fn create_table(create: &ast::CreateTable) -> Change {
    let mut columns = Vec::new();
    let mut constraints = Vec::new();
    let mut options = Options::default();
    let mut complete =
        create.of_type().is_none() && create.inherits().is_none() && create.partition_of().is_none();
    for item in create.table_arg_list().iter().flat_map(ast::TableArgList::args) {
        match &item {
            ast::TableArg::Column(item) => {
                let new = column(item.name().map(|name| name.syntax().clone()), item.ty(), item.syntax());
                if new.name.is_unknown() && new.type_.is_none() {
                    complete = false;
                } else {
                    columns.push(new);
                }
            }
            ast::TableArg::TableConstraint(item) => match constraint(item.syntax()) {
                Some(new) => constraints.push(new),
                None => complete &= matches!(item, ast::TableConstraint::NotNullConstraint(_)),
            },
            ast::TableArg::LikeClause(_) => complete = false,
        }
    }
    if let Some(partition) = create.partition_by() {
        options.text("postgresql_partition_by", partition.syntax());
    }
    if let Some(partition) = create.partition_of() {
        options.text("postgresql_partition_of", partition.syntax());
    }
    Change::CreateTable(CreateTable {
        table: create
            .table_name()
            .and_then(|name| name.path())
            .map(|path| table(path.syntax()))
            .unwrap_or_default(),
        columns,
        constraints,
        indexes: Vec::new(),
        if_not_exists: create.if_not_exists().is_some(),
        temporary: is_temporary(HasCreateTable::persistence(create).as_ref()),
        options: options.into(),
        complete,
    })
}

fn create_table_as(create: &ast::CreateTableAs) -> Change {
    Change::CreateTable(CreateTable {
        table: create
            .table_name()
            .and_then(|name| name.path())
            .map(|path| table(path.syntax()))
            .unwrap_or_default(),
        if_not_exists: create.if_not_exists().is_some(),
        temporary: is_temporary(create.persistence().as_ref()),
        ..CreateTable::default()
    })
}

fn relation(relation: Option<ast::TableRelationName>) -> Option<TableName> {
    Some(table(relation?.table_name_ref()?.path_ref()?.syntax()))
}

fn create_index(create: &ast::CreateIndex) -> Option<Change> {
    let mut options = Options::default();
    if let Some(method) = create.using_method().and_then(|method| method.access_method_ref()) {
        options.text("postgresql_using", method.syntax());
    }
    if let Some(condition) = create.where_clause().and_then(|clause| clause.expr()) {
        options.expression("postgresql_where", condition.syntax());
    }
    if let Some(include) = create.index_include_clause().and_then(|clause| clause.partition_item_list()) {
        let included = include.partition_items().map(|item| index_column(&item)).collect();
        options.push("postgresql_include", Argument::List(included));
    }
    if matches!(create.nulls_distinct_option(), Some(ast::NullsDistinctOption::NullsNotDistinct(_))) {
        options.push("postgresql_nulls_not_distinct", Argument::Bool(true));
    }
    Some(Change::CreateIndex(CreateIndex {
        name: create.index().map_or(Name::None, |index| last_name(index.syntax())),
        table: relation(create.table_relation_name())?,
        columns: create
            .partition_item_list()
            .map(|list| list.partition_items().map(|item| index_column(&item)).collect()),
        unique: create.unique_token().is_some(),
        concurrently: create.concurrently_token().is_some(),
        if_not_exists: create.if_not_exists().is_some(),
        options: options.into(),
    }))
}

/// A column by its name, anything else as an expression.
fn index_column(item: &ast::PartitionItem) -> Argument {
    let Some(expression) = item.expr() else { return Argument::Unknown };
    match expression {
        ast::Expr::NameRef(column) => names::argument(&name(column.syntax())),
        _ => names::expression(&node_text(expression.syntax())),
    }
}

fn alter_table(alter: &ast::AlterTable) -> Option<Vec<Change>> {
    let Some(table) = relation(alter.table_relation_name()) else {
        return alter.all_in_tablespace().is_some().then(|| vec![other("ALTER TABLE ALL")]);
    };
    Some(alter.actions().map(|item| action(&table, &item)).collect())
}

fn action(table: &TableName, action: &ast::AlterTableAction) -> Change {
    match action {
        ast::AlterTableAction::AddColumn(add) => add_column(table, add),
        ast::AlterTableAction::AddConstraint(add) => add_constraint(table, add),
        ast::AlterTableAction::AlterColumn(alter) => alter_column(table, alter),
        ast::AlterTableAction::DropColumn(drop) => Change::DropColumn(DropColumn {
            table: table.clone(),
            column: node_name(drop.column_name_ref()),
            if_exists: drop.if_exists().is_some(),
            cascade: cascades(drop.drop_behavior().as_ref()),
            options: Box::default(),
        }),
        ast::AlterTableAction::DropConstraint(drop) => Change::DropConstraint(DropConstraint {
            table: table.clone(),
            name: node_name(drop.constraint_name_ref()),
            kind: None,
            if_exists: drop.if_exists().is_some(),
            cascade: cascades(drop.drop_behavior().as_ref()),
        }),
        ast::AlterTableAction::RenameColumn(rename) => Change::AlterColumn(Box::new(AlterColumn {
            table: table.clone(),
            column: node_name(rename.column_name_ref()),
            new_name: node_name(rename.column_name()),
            ..AlterColumn::default()
        })),
        ast::AlterTableAction::TableRenameTo(rename) => {
            Change::RenameTable(RenameTable { table: table.clone(), to: node_name(rename.table_name()) })
        }
        ast::AlterTableAction::RenameConstraint(rename) => execute(Statement::RenameConstraint {
            table: table.clone(),
            name: node_name(rename.constraint_name_ref()),
            to: node_name(rename.constraint_name()),
        }),
        ast::AlterTableAction::SetSchema(set) => {
            execute(Statement::SetSchema { table: table.clone(), schema: node_name(set.schema_ref()) })
        }
        ast::AlterTableAction::ValidateConstraint(validate) => execute(Statement::ValidateConstraint {
            table: table.clone(),
            name: node_name(validate.constraint_name_ref()),
        }),
        ast::AlterTableAction::AttachPartition(attach) => on_table::change(TableStatement {
            verb: "ALTER TABLE ATTACH PARTITION".into(),
            table: table.clone(),
            other: named_table(attach.table_name_ref()),
            ..TableStatement::default()
        }),
        ast::AlterTableAction::DetachPartition(detach) => {
            let text = node_text(detach.syntax()).to_ascii_uppercase();
            let verb = if text.ends_with("FINALIZE") {
                "ALTER TABLE DETACH PARTITION FINALIZE"
            } else {
                "ALTER TABLE DETACH PARTITION"
            };
            on_table::change(TableStatement {
                verb: verb.into(),
                table: table.clone(),
                other: named_table(detach.table_name_ref()),
                concurrently: text.ends_with("CONCURRENTLY"),
                ..TableStatement::default()
            })
        }
        _ => other_action(table, action.syntax()),
    }
}

fn named_table(node: Option<ast::TableNameRef>) -> Option<TableName> {
    Some(table(node?.path_ref()?.syntax()))
}

/// The name that a node is; unknown where the text breaks off before it.
fn node_name(node: Option<impl AstNode>) -> Name {
    node.map_or(Name::Unknown, |node| name(node.syntax()))
}

/// An action kept by its first words.
fn other_action(table: &TableName, node: &SyntaxNode) -> Change {
    let text = node_text(node);
    let rules = super::lex::Rules::of(crate::operation::Dialect::Postgresql);
    let words = verbs::leading_keywords(&text, &super::lex::tokens(&text, rules));
    on_table::about(format!("ALTER TABLE {words}").trim_end(), table.clone())
}

fn add_column(table: &TableName, add: &ast::AddColumn) -> Change {
    Change::AddColumn(Box::new(AddColumn {
        table: table.clone(),
        column: column(add.column_name().map(|name| name.syntax().clone()), add.ty(), add.syntax()),
        if_not_exists: add.if_not_exists().is_some(),
        options: Box::default(),
    }))
}

fn add_constraint(table: &TableName, add: &ast::AddConstraint) -> Change {
    let Some(item) = add.constraint() else { return execute(Statement::Unknown) };
    let index = match &item {
        ast::Constraint::UniqueConstraint(unique) => unique.using_index(),
        ast::Constraint::PrimaryKeyConstraint(primary) => primary.using_index(),
        _ => None,
    };
    if let Some(index) = index {
        return execute(Statement::ConstraintUsingIndex {
            table: table.clone(),
            name: item.constraint_name().map_or(Name::None, |name_node| name(name_node.syntax())),
            index: index.index_ref().map_or(Name::Unknown, |index| last_name(index.syntax())),
            primary_key: matches!(item, ast::Constraint::PrimaryKeyConstraint(_)),
        });
    }
    if let ast::Constraint::NotNullConstraint(not_null) = &item {
        return Change::AlterColumn(Box::new(AlterColumn {
            table: table.clone(),
            column: node_name(not_null.column_name_ref()),
            nullable: Attribute::Set(false),
            options: not_valid(&item),
            ..AlterColumn::default()
        }));
    }
    match constraint(item.syntax()) {
        Some(constraint) => Change::CreateConstraint(CreateConstraint {
            table: table.clone(),
            constraint: unnamed_index(constraint),
        }),
        None => other("ALTER TABLE ADD CONSTRAINT"),
    }
}

/// Constraints without columns in a broken text have unknown ones.
fn unnamed_index(constraint: Constraint) -> Constraint {
    Constraint { columns: constraint.columns.filter(|columns| !columns.is_empty()), ..constraint }
}

fn not_valid(constraint: &ast::Constraint) -> crate::operation::Options {
    let mut options = Options::default();
    if constraint.is_not_valid() {
        options.push("postgresql_not_valid", Argument::Bool(true));
    }
    options.into()
}

fn alter_column(table: &TableName, alter: &ast::AlterColumn) -> Change {
    let mut change = AlterColumn {
        table: table.clone(),
        column: node_name(alter.column_name_ref()),
        ..AlterColumn::default()
    };
    match alter.option() {
        Some(ast::AlterColumnOption::SetNotNull(_)) => change.nullable = Attribute::Set(false),
        Some(ast::AlterColumnOption::DropNotNull(_)) => change.nullable = Attribute::Set(true),
        Some(ast::AlterColumnOption::SetDefault(set)) => {
            change.server_default =
                set.expr().map_or(ServerDefault::Value(Argument::Unknown), |expression| {
                    default(&node_text(expression.syntax()))
                });
        }
        Some(
            ast::AlterColumnOption::DropDefault(_)
            | ast::AlterColumnOption::DropIdentity(_)
            | ast::AlterColumnOption::DropExpression(_),
        ) => change.server_default = ServerDefault::None,
        Some(ast::AlterColumnOption::AddGenerated(_)) => {
            let identity = names::call("sqlalchemy.Identity", Vec::new(), Vec::new());
            change.server_default = ServerDefault::Value(identity);
        }
        Some(ast::AlterColumnOption::SetType(set)) => {
            change.type_ =
                Some(set.ty().map_or(Argument::Unknown, |ty| names::text(&node_text(ty.syntax()))));
            let mut options = Options::default();
            if let Some(using) = set.using_expr().and_then(|using| using.expr()) {
                options.text("postgresql_using", using.syntax());
            }
            change.options = options.into();
        }
        Some(option) => return other_action(table, option.syntax()),
        None => return execute(Statement::Unknown),
    }
    Change::AlterColumn(Box::new(change))
}

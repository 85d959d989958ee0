//! Changes as one short line: statements are separated by ` ; `, changes of one statement by ` + `.

use crate::operation::{
    AlterColumn, Argument, Attribute, Change, Column, Constraint, ConstraintKind, CreateIndex, CreateTable,
    Dialect, Name, Options, ServerDefault, Statement, TableName,
};

pub(super) fn text(sql: &str, dialect: Dialect) -> String {
    let statements = crate::sql::lower(sql, dialect);
    let lines: Vec<String> = statements
        .iter()
        .map(|statement| {
            let changes: Vec<String> = statement.changes.iter().map(change).collect();
            changes.join(" + ")
        })
        .collect();
    lines.join(" ; ")
}

fn name(name: &Name) -> &str {
    match name {
        Name::Known(name) => name,
        Name::None => "-",
        Name::Unknown => "?",
    }
}

fn table(table: &TableName) -> String {
    match &table.schema {
        Name::None => name(&table.name).to_owned(),
        schema => format!("{}.{}", name(schema), name(&table.name)),
    }
}

fn names(names: Option<&Vec<Name>>) -> String {
    names.map_or("?".to_owned(), |names| names.iter().map(name).collect::<Vec<_>>().join(","))
}

fn argument(value: &Argument) -> String {
    match value {
        Argument::Str(text) => text.to_string(),
        Argument::Bool(flag) => flag.to_string(),
        Argument::None => "none".to_owned(),
        Argument::List(items) => format!("[{}]", arguments(items)),
        Argument::Call(call) => {
            let callee = call.callee.rsplit('.').next().unwrap_or_default();
            format!("{callee}({}{})", arguments(&call.args), options(&call.keywords))
        }
        _ => "?".to_owned(),
    }
}

fn arguments(values: &[Argument]) -> String {
    values.iter().map(argument).collect::<Vec<_>>().join(",")
}

fn options(options: &Options) -> String {
    let texts: Vec<String> =
        options.iter().map(|(key, value)| format!(" {key}={}", argument(value))).collect();
    texts.concat()
}

fn flags(flags: &[(bool, &str)]) -> String {
    let texts: Vec<String> =
        flags.iter().filter(|(set, _)| *set).map(|(_, flag)| format!(" {flag}")).collect();
    texts.concat()
}

fn default(default: &ServerDefault) -> String {
    match default {
        ServerDefault::NotGiven => String::new(),
        ServerDefault::None => " default=none".to_owned(),
        ServerDefault::Value(value) => format!(" default={}", argument(value)),
    }
}

fn column(column: &Column) -> String {
    let type_ = column.type_.as_ref().map_or(String::new(), |type_| format!(" {}", argument(type_)));
    let null = match column.nullable {
        Some(true) => " null",
        Some(false) => " not-null",
        None => "",
    };
    let items: Vec<String> = column.items.iter().map(|item| format!(" {}", argument(item))).collect();
    let items = items.concat();
    let marks =
        flags(&[(column.primary_key, "pk"), (column.unique, "unique"), (!column.complete, "incomplete")]);
    let default = default(&column.server_default);
    format!("{}{type_}{null}{marks}{default}{items}{}", name(&column.name), options(&column.options))
}

fn kind(kind: ConstraintKind) -> &'static str {
    match kind {
        ConstraintKind::ForeignKey => "fk",
        ConstraintKind::Unique => "unique",
        ConstraintKind::Check => "check",
        ConstraintKind::PrimaryKey => "pk",
        ConstraintKind::Exclude => "exclude",
    }
}

fn constraint(constraint: &Constraint) -> String {
    let referent = constraint.referent.as_ref().map_or(String::new(), |referent| {
        let columns =
            constraint.referent_columns.as_ref().map_or(String::new(), |to| format!("({})", names(Some(to))));
        format!(" -> {}{columns}", table(referent))
    });
    format!(
        "{} {}({}){referent}{}",
        kind(constraint.kind),
        name(&constraint.name),
        names(constraint.columns.as_ref()),
        options(&constraint.options)
    )
}

fn create_table(create: &CreateTable) -> String {
    let mut items: Vec<String> = create.columns.iter().map(column).collect();
    items.extend(create.constraints.iter().map(constraint));
    let marks = flags(&[
        (create.if_not_exists, "if-not-exists"),
        (create.temporary, "temporary"),
        (!create.complete, "incomplete"),
    ]);
    format!("create_table {}{marks} ({}){}", table(&create.table), items.join("; "), options(&create.options))
}

fn create_index(index: &CreateIndex) -> String {
    let marks = flags(&[
        (index.unique, "unique"),
        (index.concurrently, "concurrently"),
        (index.if_not_exists, "if-not-exists"),
    ]);
    let columns = index.columns.as_ref().map_or("?".to_owned(), |columns| arguments(columns));
    format!(
        "create_index {} on {}({columns}){marks}{}",
        name(&index.name),
        table(&index.table),
        options(&index.options)
    )
}

fn alter_column(alter: &AlterColumn) -> String {
    let type_ = alter.type_.as_ref().map_or(String::new(), |type_| format!(" type={}", argument(type_)));
    let null = match alter.nullable {
        Attribute::Unchanged => "",
        Attribute::Set(true) => " null",
        Attribute::Set(false) => " not-null",
        Attribute::Unknown => " null=?",
    };
    let new_name =
        if alter.new_name == Name::None { String::new() } else { format!(" to={}", name(&alter.new_name)) };
    let comment =
        alter.comment.as_ref().map_or(String::new(), |comment| format!(" comment={}", argument(comment)));
    let default = default(&alter.server_default);
    format!(
        "alter_column {}.{}{new_name}{type_}{null}{default}{comment}{}",
        table(&alter.table),
        name(&alter.column),
        options(&alter.options)
    )
}

fn change(change: &Change) -> String {
    match change {
        Change::CreateTable(create) => create_table(create),
        Change::DropTable(drop) => {
            let marks = flags(&[(drop.if_exists, "if-exists"), (drop.cascade, "cascade")]);
            format!("drop_table {}{marks}", table(&drop.table))
        }
        Change::RenameTable(rename) => {
            format!("rename_table {} to={}", table(&rename.table), name(&rename.to))
        }
        Change::AddColumn(add) => {
            let marks = flags(&[(add.if_not_exists, "if-not-exists")]);
            format!(
                "add_column {}.{}{marks}{}",
                table(&add.table),
                column(&add.column),
                options(&add.options)
            )
        }
        Change::DropColumn(drop) => {
            let marks = flags(&[(drop.if_exists, "if-exists"), (drop.cascade, "cascade")]);
            format!("drop_column {}.{}{marks}", table(&drop.table), name(&drop.column))
        }
        Change::AlterColumn(alter) => alter_column(alter),
        Change::CreateIndex(index) => create_index(index),
        Change::DropIndex(drop) => {
            let marks = flags(&[
                (drop.concurrently, "concurrently"),
                (drop.if_exists, "if-exists"),
                (drop.cascade, "cascade"),
            ]);
            format!("drop_index {} on {}{marks}", name(&drop.name), table(&drop.table))
        }
        Change::CreateConstraint(create) => {
            format!("add {}: {}", table(&create.table), constraint(&create.constraint))
        }
        Change::DropConstraint(drop) => {
            let marks = flags(&[(drop.if_exists, "if-exists"), (drop.cascade, "cascade")]);
            let kind = drop.kind.map_or("", kind);
            format!("drop_constraint {}.{}{marks} {kind}", table(&drop.table), name(&drop.name))
                .trim_end()
                .to_owned()
        }
        Change::CreateTableComment(comment) => {
            format!("comment {} {}", table(&comment.table), comment.comment.as_deref().unwrap_or("?"))
        }
        Change::DropTableComment(comment) => format!("drop_comment {}", table(&comment.table)),
        Change::BulkInsert(insert) => format!("bulk_insert {}", table(&insert.table)),
        Change::Execute(execute) => statement(&execute.statement),
        Change::Custom(custom) => custom.name.to_string(),
    }
}

fn statement(statement: &Statement) -> String {
    let cascading = |cascade: bool| if cascade { " cascade" } else { "" };
    let limited = |has_where: bool| if has_where { " where" } else { " all" };
    match statement {
        Statement::Select => "select".to_owned(),
        Statement::Insert { table: to } => format!("insert {}", table(to)),
        Statement::Update { table: to, has_where, .. } => {
            format!("update {}{}", table(to), limited(*has_where))
        }
        Statement::Delete { table: to, has_where } => format!("delete {}{}", table(to), limited(*has_where)),
        Statement::Truncate { table: to, cascade } => {
            format!("truncate {}{}", table(to), cascading(*cascade))
        }
        Statement::CreateSchema { name: schema } => format!("create_schema {}", name(schema)),
        Statement::DropSchema { name: schema, cascade } => {
            format!("drop_schema {}{}", name(schema), cascading(*cascade))
        }
        Statement::DropDatabase { name: database } => format!("drop_database {}", name(database)),
        Statement::CreateType { name: type_, labels, .. } => {
            format!("create_type {}({})", name(type_), names(labels.as_ref()))
        }
        Statement::DropType { name: type_, cascade } => {
            format!("drop_type {}{}", name(type_), cascading(*cascade))
        }
        Statement::AddEnumValue { name: type_, value } => {
            format!("add_enum_value {} {}", name(type_), name(value))
        }
        Statement::CreateSequence { name: sequence } => format!("create_sequence {}", name(sequence)),
        Statement::DropSequence { name: sequence } => format!("drop_sequence {}", name(sequence)),
        Statement::ValidateConstraint { table: of, name: constraint } => {
            format!("validate {}.{}", table(of), name(constraint))
        }
        Statement::ConstraintUsingIndex { table: of, name: constraint, index, primary_key } => {
            let kind = if *primary_key { " pk" } else { "" };
            format!("using_index {}.{} {}{kind}", table(of), name(constraint), name(index))
        }
        Statement::RenameIndex { table: of, name: old, to } => {
            format!("rename_index {} on {} to={}", name(old), table(of), name(to))
        }
        Statement::RenameConstraint { table: of, name: old, to } => {
            format!("rename_constraint {}.{} to={}", table(of), name(old), name(to))
        }
        Statement::SetSchema { table: of, schema } => format!("set_schema {} to={}", table(of), name(schema)),
        Statement::CreateView { name: view } => format!("create_view {}", table(view)),
        Statement::DropView { name: view } => format!("drop_view {}", table(view)),
        Statement::RenameView { name: old, to } => format!("rename_view {} to={}", name(old), name(to)),
        Statement::RenameType { name: old, to } => format!("rename_type {} to={}", name(old), name(to)),
        Statement::RenameEnumValue { name: type_, from, to } => {
            format!("rename_enum_value {} {} to={}", name(type_), name(from), name(to))
        }
        Statement::RenameSequence { name: old, to } => {
            format!("rename_sequence {} to={}", name(old), name(to))
        }
        Statement::Comment => "comment".to_owned(),
        Statement::Set { name: setting, local } => {
            format!("set {}{}", name(setting), if *local { " local" } else { "" })
        }
        Statement::Transaction => "transaction".to_owned(),
        Statement::OnTable(about) => {
            let on = if about.table.name == Name::None {
                String::new()
            } else {
                format!(" on {}", table(&about.table))
            };
            let other = about.other.as_ref().map(|other| format!(" with {}", table(other)));
            let mode = about.mode.as_ref().map(|mode| format!(" in {mode}"));
            let concurrently = if about.concurrently { " concurrently" } else { "" };
            format!(
                "{}{on}{}{}{concurrently}",
                about.verb,
                other.unwrap_or_default(),
                mode.unwrap_or_default()
            )
        }
        Statement::Other { verb } => format!("other {verb}"),
        Statement::Unparsed => "unparsed".to_owned(),
        Statement::Unknown => "unknown".to_owned(),
    }
}

//! Operations in plain words. Says what happens to whom; judges nothing.

use super::last_part;
use super::{
    AddColumn, AlterColumn, Argument, Attribute, Change, Column, Constraint, ConstraintKind, CreateIndex,
    CreateTable, Custom, DropConstraint, DropIndex, Name, Operation, Origin, ServerDefault, Statement,
    TableName, TableStatement,
};

const NOT_KNOWN: &str = "not known before it runs";

/// What the operation does, as a sentence without subject and full stop.
pub(super) fn summary(operation: &Operation) -> String {
    match &operation.change {
        Change::CreateTable(create) => create_table(create),
        Change::DropTable(drop) => {
            format!("drops {} and its data{}", table(&drop.table), cascade(drop.cascade))
        }
        Change::RenameTable(rename) => format!("renames {} to {}", table(&rename.table), bare(&rename.to)),
        Change::AddColumn(add) => add_column(add),
        Change::DropColumn(drop) => {
            format!("drops {} and its data{}", column(&drop.table, &drop.column), cascade(drop.cascade))
        }
        Change::AlterColumn(alter) => alter_column(alter),
        Change::CreateIndex(create) => create_index(create),
        Change::DropIndex(drop) => drop_index(drop),
        Change::CreateConstraint(create) => create_constraint(&create.table, &create.constraint),
        Change::DropConstraint(drop) => drop_constraint(drop),
        Change::CreateTableComment(set) => match &set.comment {
            Some(text) => format!("sets the comment of {} to {text:?}", table(&set.table)),
            None => format!("sets the comment of {}", table(&set.table)),
        },
        Change::DropTableComment(drop) => format!("removes the comment of {}", table(&drop.table)),
        Change::BulkInsert(insert) => match insert.rows {
            Some(rows) => format!("inserts {} into {}", counted(rows, "row"), target(&insert.table)),
            None => format!("inserts rows into {}", target(&insert.table)),
        },
        Change::Execute(execute) => statement(&execute.statement, &operation.origin),
        Change::Custom(custom) => custom_directive(custom),
    }
}

fn create_table(create: &CreateTable) -> String {
    let kind = if create.temporary { "temporary " } else { "" };
    let columns = match (create.columns.len(), create.complete) {
        (0, true) => "no columns".to_owned(),
        (count, true) => counted(count, "column"),
        (0, false) => format!("columns that are {NOT_KNOWN}"),
        (count, false) => format!("at least {}", counted(count, "column")),
    };
    let unless = if create.if_not_exists { ", unless it exists" } else { "" };
    match &create.table.name {
        Name::Known(_) => format!("creates {kind}table {} with {columns}{unless}", path(&create.table)),
        Name::None | Name::Unknown => {
            format!("creates a {kind}table whose name is {NOT_KNOWN}, with {columns}{unless}")
        }
    }
}

fn add_column(add: &AddColumn) -> String {
    let facts = column_facts(&add.column);
    let facts = if facts.is_empty() { String::new() } else { format!(" ({})", facts.join(", ")) };
    format!("adds {}{facts}", column(&add.table, &add.column.name))
}

fn column_facts(column: &Column) -> Vec<String> {
    let mut facts = Vec::new();
    facts.extend(column.type_.as_ref().and_then(type_name));
    if column.primary_key {
        facts.push("primary key".to_owned());
    }
    match column.nullable {
        Some(false) => facts.push("not null".to_owned()),
        Some(true) => facts.push("nullable".to_owned()),
        None => {}
    }
    if column.unique {
        facts.push("unique".to_owned());
    }
    match &column.server_default {
        ServerDefault::NotGiven | ServerDefault::None => {}
        ServerDefault::Value(default) => match value(default) {
            Some(text) => facts.push(format!("default {text}")),
            None => facts.push(format!("a default that is {NOT_KNOWN}")),
        },
    }
    facts
}

/// Each attribute that changes is a clause; the first names the column, the others say "its".
fn alter_column(alter: &AlterColumn) -> String {
    let column = column(&alter.table, &alter.column);
    let mut clauses: Vec<String> = Vec::new();
    let owner = |clauses: &Vec<String>, attribute: &str| {
        if clauses.is_empty() { format!("{attribute} of {column}") } else { format!("its {attribute}") }
    };
    match &alter.new_name {
        Name::Known(new) => clauses.push(format!("renames {column} to `{new}`")),
        Name::Unknown => clauses.push(format!("renames {column} to a name that is {NOT_KNOWN}")),
        Name::None => {}
    }
    if let Some(type_) = &alter.type_ {
        let from = alter.existing_type.as_ref().and_then(type_name).map(|old| format!(" from {old}"));
        let to = type_name(type_).unwrap_or_else(|| format!("a type that is {NOT_KNOWN}"));
        let whose = owner(&clauses, "type");
        clauses.push(format!("changes {whose}{} to {to}", from.unwrap_or_default()));
    }
    if alter.nullable != Attribute::Unchanged {
        let whom = if clauses.is_empty() { column.as_str() } else { "it" };
        clauses.push(match alter.nullable {
            Attribute::Set(true) => format!("makes {whom} nullable"),
            Attribute::Set(false) => format!("makes {whom} not null"),
            Attribute::Unknown | Attribute::Unchanged => {
                format!("makes {whom} nullable or not null, which is {NOT_KNOWN}")
            }
        });
    }
    let whose = owner(&clauses, "default");
    match &alter.server_default {
        ServerDefault::NotGiven => {}
        ServerDefault::None => clauses.push(format!("removes {whose}")),
        ServerDefault::Value(default) => {
            let to = value(default).unwrap_or_else(|| format!("a value that is {NOT_KNOWN}"));
            clauses.push(format!("sets {whose} to {to}"));
        }
    }
    let whose = owner(&clauses, "comment");
    match &alter.comment {
        None => {}
        Some(Argument::None) => clauses.push(format!("removes {whose}")),
        Some(comment) => match comment.as_str() {
            Some(text) => clauses.push(format!("sets {whose} to {text:?}")),
            None => clauses.push(format!("sets {whose}")),
        },
    }
    match (clauses.is_empty(), alter.options.is_empty()) {
        (true, true) => format!("alters {column} without changing anything"),
        (true, false) => {
            let names: Vec<_> = alter.options.iter().map(|(name, _)| format!("`{name}`")).collect();
            format!("alters {column} ({})", names.join(", "))
        }
        (false, _) => clauses.join(", "),
    }
}

fn create_index(create: &CreateIndex) -> String {
    let unique = if create.unique { "unique " } else { "" };
    let columns = match &create.columns {
        Some(columns) => {
            let columns: Vec<_> = columns.iter().map(index_element).collect();
            format!(" ({})", columns.join(", "))
        }
        None => format!(" (columns {NOT_KNOWN})"),
    };
    let how = if create.concurrently { ", concurrently" } else { "" };
    let index = object(&format!("{unique}index"), &create.name);
    format!("creates {index} on {}{columns}{how}", target(&create.table))
}

fn index_element(element: &Argument) -> String {
    match element {
        Argument::Str(_) => {
            element.as_str().map_or_else(|| "not known".to_owned(), |name| format!("`{name}`"))
        }
        other => value(other).unwrap_or_else(|| "an expression".to_owned()),
    }
}

fn drop_index(drop: &DropIndex) -> String {
    let of = match &drop.table.name {
        Name::None => String::new(),
        Name::Known(_) | Name::Unknown => format!(" of {}", target(&drop.table)),
    };
    let how = if drop.concurrently { ", concurrently" } else { "" };
    format!("drops {}{of}{how}{}", object("index", &drop.name), cascade(drop.cascade))
}

fn create_constraint(on: &TableName, constraint: &Constraint) -> String {
    let subject = object(kind(constraint.kind), &constraint.name);
    let columns = column_list(constraint.columns.as_deref());
    match constraint.kind {
        ConstraintKind::ForeignKey => {
            let referent = match &constraint.referent {
                Some(referent) => target(referent),
                None => format!("a table that is {NOT_KNOWN}"),
            };
            let referent_columns = column_list(constraint.referent_columns.as_deref());
            format!("adds {subject} from {}{columns} to {referent}{referent_columns}", target(on))
        }
        ConstraintKind::Check => format!("adds {subject} on {}", target(on)),
        ConstraintKind::Unique | ConstraintKind::PrimaryKey | ConstraintKind::Exclude => {
            format!("adds {subject} on {}{columns}", target(on))
        }
    }
}

fn drop_constraint(drop: &DropConstraint) -> String {
    let kind = drop.kind.map_or("constraint", kind);
    format!("drops {} of {}{}", object(kind, &drop.name), target(&drop.table), cascade(drop.cascade))
}

const fn kind(kind: ConstraintKind) -> &'static str {
    match kind {
        ConstraintKind::ForeignKey => "foreign key",
        ConstraintKind::Unique => "unique constraint",
        ConstraintKind::Check => "check constraint",
        ConstraintKind::PrimaryKey => "primary key",
        ConstraintKind::Exclude => "exclude constraint",
    }
}

fn statement(statement: &Statement, origin: &Origin) -> String {
    match statement {
        Statement::Select => "reads rows and changes nothing".to_owned(),
        Statement::Insert { table } => format!("inserts rows into {}", target(table)),
        Statement::Update { table, has_where, .. } => {
            format!("updates {} of {}", rows(*has_where), target(table))
        }
        Statement::Delete { table, has_where } => {
            format!("deletes {} of {}", rows(*has_where), target(table))
        }
        Statement::Truncate { table: emptied, cascade } => {
            let also = if *cascade { " and every table that refers to it" } else { "" };
            format!("empties {}{also} (TRUNCATE)", table(emptied))
        }
        Statement::CreateSchema { name } => format!("creates {}", object("schema", name)),
        Statement::DropSchema { name, cascade: all } => {
            let contents = if *all { " and everything in it" } else { "" };
            format!("drops {}{contents}", object("schema", name))
        }
        Statement::DropDatabase { name } => format!("drops {} and all its data", object("database", name)),
        Statement::CreateType { name, labels, .. } => match labels {
            Some(labels) => format!("creates {} ({})", object("type", name), some_names(labels)),
            None => format!("creates {}", object("type", name)),
        },
        Statement::DropType { name, cascade: all } => {
            let dependents = if *all { " and the columns that use it" } else { "" };
            format!("drops {}{dependents}", object("type", name))
        }
        Statement::AddEnumValue { name, value } => {
            format!("adds {} to {}", object("value", value), object("type", name))
        }
        Statement::CreateSequence { name } => format!("creates {}", object("sequence", name)),
        Statement::DropSequence { name } => format!("drops {}", object("sequence", name)),
        Statement::ValidateConstraint { table, name } => {
            format!("validates {} of {}", object("constraint", name), target(table))
        }
        Statement::ConstraintUsingIndex { table, name, .. } => {
            format!("adds {} to {} from an index that exists", object("constraint", name), target(table))
        }
        Statement::RenameIndex { name, to, .. } => renames("index", name, to),
        Statement::RenameConstraint { table, name, to } => {
            format!("{} of {}", renames("constraint", name, to), target(table))
        }
        Statement::SetSchema { table: moved, schema } => {
            format!("moves {} to {}", table(moved), object("schema", schema))
        }
        Statement::CreateView { name } => format!("creates {}", view(name)),
        Statement::DropView { name } => format!("drops {}", view(name)),
        Statement::RenameView { name, to } => renames("view", name, to),
        Statement::RenameType { name, to } => renames("type", name, to),
        Statement::RenameEnumValue { name, from, to } => {
            format!("{} of {}", renames("value", from, to), object("type", name))
        }
        Statement::RenameSequence { name, to } => renames("sequence", name, to),
        Statement::Comment => "sets a comment".to_owned(),
        Statement::Set { name, local } => {
            let scope = if *local { " for this transaction" } else { "" };
            format!("sets {}{scope}", object("setting", name))
        }
        Statement::Transaction => "begins or ends a transaction".to_owned(),
        Statement::OnTable(about) => on_table(about),
        Statement::Other { verb } => format!("runs SQL: {verb}"),
        Statement::Unparsed => "runs SQL that could not be parsed".to_owned(),
        Statement::Unknown => match origin {
            Origin::RawSql { .. } => format!("runs SQL that is {NOT_KNOWN}"),
            Origin::Directive | Origin::Core | Origin::Object => {
                format!("runs a statement that is {NOT_KNOWN}")
            }
        },
    }
}

fn on_table(about: &TableStatement) -> String {
    let how = if about.concurrently { ", concurrently" } else { "" };
    match &about.table.name {
        Name::Known(_) => format!("runs SQL: {} on {}{how}", about.verb, path(&about.table)),
        Name::None | Name::Unknown => format!("runs SQL: {}{how}", about.verb),
    }
}

fn renames(kind: &str, name: &Name, to: &Name) -> String {
    format!("renames {} to {}", object(kind, name), bare(to))
}

/// "view `public.active_user`".
fn view(name: &TableName) -> String {
    match &name.name {
        Name::Known(_) => format!("view {}", path(name)),
        Name::None | Name::Unknown => object("view", &name.name),
    }
}

/// The first of many names.
fn some_names(all: &[Name]) -> String {
    const SHOWN: usize = 8;
    match all.get(..SHOWN) {
        Some(first) if all.len() > SHOWN => format!("{} and {} more", names(first), all.len() - SHOWN),
        _ => names(all),
    }
}

const fn rows(has_where: bool) -> &'static str {
    if has_where { "rows" } else { "all rows" }
}

const fn cascade(cascade: bool) -> &'static str {
    if cascade { ", with everything that depends on it (CASCADE)" } else { "" }
}

/// "table `public.user`".
fn table(name: &TableName) -> String {
    match &name.name {
        Name::Known(_) => format!("table {}", path(name)),
        Name::None | Name::Unknown => target(name),
    }
}

/// "`public.user`", where the sentence makes plain that it is a table.
fn target(name: &TableName) -> String {
    match &name.name {
        Name::Known(_) => path(name),
        Name::None => "a table that is not named".to_owned(),
        Name::Unknown => format!("a table whose name is {NOT_KNOWN}"),
    }
}

fn path(name: &TableName) -> String {
    let table = name.name.known().unwrap_or("?");
    match &name.schema {
        Name::Known(schema) => format!("`{schema}.{table}`"),
        Name::None => format!("`{table}`"),
        Name::Unknown => format!("`{table}` (in a schema that is {NOT_KNOWN})"),
    }
}

/// "column `user.email`".
fn column(of: &TableName, name: &Name) -> String {
    match (&of.schema, &of.name, name) {
        (Name::Known(schema), Name::Known(table), Name::Known(column)) => {
            format!("column `{schema}.{table}.{column}`")
        }
        (Name::None, Name::Known(table), Name::Known(column)) => format!("column `{table}.{column}`"),
        (_, _, Name::Known(column)) => format!("column `{column}` of {}", target(of)),
        (_, _, Name::None | Name::Unknown) => {
            format!("a column of {} (its name is {NOT_KNOWN})", target(of))
        }
    }
}

/// "index `ix`", "an index without a name", "an index whose name is not known before it runs".
fn object(kind: &str, name: &Name) -> String {
    let article = if kind.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
    match name {
        Name::Known(name) => format!("{kind} `{name}`"),
        Name::None => format!("{article} {kind} without a name"),
        Name::Unknown => format!("{article} {kind} whose name is {NOT_KNOWN}"),
    }
}

fn bare(name: &Name) -> String {
    match name.known() {
        Some(name) => format!("`{name}`"),
        None => format!("a name that is {NOT_KNOWN}"),
    }
}

fn names(list: &[Name]) -> String {
    let names: Vec<_> =
        list.iter().map(|name| name.known().map_or("?".to_owned(), |name| format!("`{name}`"))).collect();
    names.join(", ")
}

fn column_list(columns: Option<&[Name]>) -> String {
    match columns {
        Some([]) => String::new(),
        Some(columns) => format!(" ({})", names(columns)),
        None => format!(" (columns {NOT_KNOWN})"),
    }
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// A directive that is not known here is shown as it is called, unless that is long.
fn custom_directive(custom: &Custom) -> String {
    const LONGEST: usize = 120;
    let arguments = arguments(&custom.args, &custom.keywords);
    let arguments = if arguments.chars().count() > LONGEST { "..".to_owned() } else { arguments };
    format!("runs the directive `op.{}({arguments})`", custom.name)
}

/// The arguments of a call, as they are written.
fn arguments(args: &[Argument], keywords: &[(Box<str>, Argument)]) -> String {
    let keywords = keywords.iter().map(|(name, argument)| format!("{name}={}", quoted(argument)));
    args.iter().map(quoted).chain(keywords).collect::<Vec<_>>().join(", ")
}

/// A type, where `Integer` and `Integer()` are the same.
fn type_name(type_: &Argument) -> Option<String> {
    let text = value(type_)?;
    Some(text.strip_suffix("()").map_or(text.clone(), str::to_owned))
}

/// A Python value as a reader expects it: `String(length=50)`, `'draft'`, `now()`; `None` if unknown.
fn value(argument: &Argument) -> Option<String> {
    match argument {
        Argument::None => Some("None".to_owned()),
        Argument::Bool(true) => Some("True".to_owned()),
        Argument::Bool(false) => Some("False".to_owned()),
        Argument::Int(number) => Some(number.to_string()),
        Argument::Float(number) => Some(number.to_string()),
        Argument::Str(_) => argument.as_str().map(str::to_owned),
        Argument::List(items) => Some(format!("[{}]", inner(items))),
        Argument::Dict(_) => Some("{..}".to_owned()),
        Argument::Path(path) => Some(last_part(path).to_owned()),
        Argument::Call(call) => {
            if let ("text", [text @ Argument::Str(_)]) = (last_part(&call.callee), &*call.args) {
                return value(text);
            }
            Some(format!("{}({})", last_part(&call.callee), arguments(&call.args, &call.keywords)))
        }
        Argument::Unknown => None,
    }
}

/// A value inside a call or list, where a string carries quotes.
fn quoted(argument: &Argument) -> String {
    match argument.as_str() {
        Some(text) => format!("'{text}'"),
        None => value(argument).unwrap_or_else(|| "..".to_owned()),
    }
}

fn inner(items: &[Argument]) -> String {
    items.iter().map(quoted).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;

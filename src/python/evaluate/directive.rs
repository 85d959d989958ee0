//! Calls of directives as changes.

use std::borrow::Cow;
use std::rc::Rc;

use super::argument::{argument, name};
use super::bind::Bound;
use super::column::{column, constraint, is_column, names, server_default};
use super::scope::Scope;
use super::value::{Arguments, Batch, Object, Value};
use super::{Interpreter, column};
use crate::operation::{
    AddColumn, AlterColumn, Argument, Attribute, BulkInsert, Change, Constraint, ConstraintKind,
    CreateConstraint, CreateIndex, CreateTable, Custom, DropColumn, DropConstraint, DropIndex, DropTable,
    Name, Origin, RenameTable, ServerDefault, Signature, TableComment, TableName, holds_hole,
};
use crate::source::Span;

/// How many positional arguments a directive may have: no database has tables of so many columns.
const MAX_POSITIONAL: usize = 5_000;

/// How many keyword arguments a directive may have.
const MAX_KEYWORDS: usize = 500;

/// Arguments whose alternatives are worth an operation each.
const MAX_COMBINATIONS: usize = 16;

impl<'a> Interpreter<'a> {
    /// `op.name(..)`, or `batch_op.name(..)`.
    pub(super) fn directive(
        &mut self,
        directive: &str,
        arguments: Arguments<'a>,
        batch: Option<&Rc<Batch<'a>>>,
        span: Span,
        scope: &Rc<Scope<'a>>,
    ) -> Value<'a> {
        let arguments = self.affordable(arguments);
        let Some(signature) = Signature::of(directive, batch.is_some()) else {
            return self.custom(directive, &arguments, batch.is_some(), span, scope);
        };
        self.note_misfits(signature, &arguments, batch.is_some(), span, scope);
        if directive == "execute" {
            let method = if batch.is_some() { "batch_op.execute" } else { "op.execute" };
            let statement = arguments.get(0, "sqltext").cloned().unwrap_or(Value::Unknown);
            self.execute(&statement, method, span, scope);
            return Value::None;
        }
        let combinations = combinations(&arguments, signature);
        let several = combinations.len() > 1;
        for arguments in &combinations {
            let bound = Bound::new(signature, arguments);
            let change = change(directive, &bound, batch);
            self.conditional += u32::from(several);
            self.record(change, span, scope, batch.is_some(), Origin::Directive);
            self.conditional -= u32::from(several);
            if let (Some(batch), Some(operation)) = (batch, self.operations.last_mut()) {
                operation.recreate = batch.recreate;
            }
        }
        drop(combinations);
        if directive == "create_table" {
            // The directive returns the table, for `bulk_insert`.
            return Value::Object(Rc::new(Object {
                callee: "sqlalchemy.Table".into(),
                receiver: None,
                arguments: with_metadata(arguments),
            }));
        }
        Value::None
    }

    /// Arguments without those that are too many or too large to be kept.
    fn affordable(&mut self, mut arguments: Arguments<'a>) -> Arguments<'a> {
        if arguments.positional.len() > MAX_POSITIONAL || arguments.keywords.len() > MAX_KEYWORDS {
            arguments.positional.truncate(MAX_POSITIONAL);
            arguments.keywords.truncate(MAX_KEYWORDS);
            arguments.open = true;
            self.unresolved(self.statement, super::TOO_LARGE);
        }
        let Arguments { positional, keywords, .. } = &mut arguments;
        for value in positional.iter_mut().chain(keywords.iter_mut().map(|(_, value)| value)) {
            if value.holds_values() && !self.budget.afford_whole(value) {
                *value = Value::Unknown;
            }
        }
        arguments
    }

    fn custom(
        &mut self,
        directive: &str,
        arguments: &Arguments<'a>,
        batch: bool,
        span: Span,
        scope: &Rc<Scope<'a>>,
    ) -> Value<'a> {
        let keywords =
            arguments.keywords.iter().map(|(key, value)| ((&**key).into(), argument(value))).collect();
        let change = Change::Custom(Custom {
            name: directive.into(),
            args: arguments.positional.iter().map(argument).collect(),
            keywords,
        });
        self.record(change, span, scope, batch, Origin::Directive);
        Value::Unknown
    }

    /// `.create(bind)` or `.drop(bind)` of a table: the same as the directive.
    pub(super) fn table_object(
        &mut self,
        object: &Rc<Object<'a>>,
        create: bool,
        span: Span,
        scope: &Rc<Scope<'a>>,
    ) {
        let change = if create {
            let mut table = table_made_by(object);
            // Its columns are added later, or read from a database.
            table.complete &=
                !table.columns.is_empty() && object.arguments.keyword("autoload_with").is_none();
            Change::CreateTable(table)
        } else {
            let table = table_of(object);
            Change::DropTable(DropTable { table, ..DropTable::default() })
        };
        self.record(change, span, scope, false, Origin::Object);
    }
}

/// `op.create_table("t", *columns)` as `Table("t", metadata, *columns)`.
fn with_metadata(mut arguments: Arguments<'_>) -> Arguments<'_> {
    if !arguments.positional.is_empty() {
        arguments.positional.insert(1, Value::Unknown);
    }
    arguments
}

/// `Table("t", metadata, *columns)` as `create_table`.
fn table_made_by(object: &Object<'_>) -> CreateTable {
    let mut arguments = object.arguments.clone();
    if arguments.positional.get(1).is_some_and(|second| !is_column(second)) {
        arguments.positional.remove(1);
    }
    let signature = Signature::of("create_table", false).copied().unwrap_or(Signature {
        directive: "create_table",
        positional: &["table_name"],
        variadic: true,
        keyword_only: &["schema"],
        any_keyword: true,
    });
    create_table(&Bound::new(&signature, &arguments))
}

/// The name of a `Table(..)` or `table(..)` object.
pub(super) fn table_of(object: &Object<'_>) -> TableName {
    TableName {
        name: required(object.arguments.get(0, "name")),
        schema: name(object.arguments.keyword("schema")),
    }
}

/// A name that must be given: absent means unknown.
pub(super) fn required(value: Option<&Value<'_>>) -> Name {
    match value {
        Some(value) => name(Some(value)),
        None => Name::Unknown,
    }
}

/// One set of arguments for each choice of alternatives among the arguments that name something.
fn combinations<'v, 'a>(arguments: &'v Arguments<'a>, signature: &Signature) -> Vec<Cow<'v, Arguments<'a>>> {
    let names = |keyword: &str| {
        signature.parameter(keyword).is_some_and(|parameter| signature.positional.contains(&parameter))
    };
    let slot = |arguments: &Arguments<'a>| {
        let undecided = |value: &Value<'a>| matches!(value, Value::OneOf(_));
        let positional = arguments.positional.iter().position(undecided);
        let keyword = || arguments.keywords.iter().position(|(name, value)| undecided(value) && names(name));
        positional.map(Slot::Positional).or_else(|| keyword().map(Slot::Keyword))
    };
    let mut open = vec![Cow::Borrowed(arguments)];
    let mut all = Vec::new();
    while let Some(arguments) = open.pop() {
        let Some(slot) = slot(&arguments) else {
            all.push(arguments);
            continue;
        };
        let choices = slot.value(&arguments).map(|value| value.alternatives().to_vec()).unwrap_or_default();
        let too_many = open.len() + all.len() + choices.len() > MAX_COMBINATIONS;
        for choice in if too_many { vec![Value::Unknown] } else { choices }.into_iter().rev() {
            let mut arguments = arguments.clone().into_owned();
            slot.set(&mut arguments, choice);
            open.push(Cow::Owned(arguments));
        }
    }
    all
}

/// The place of an argument in a call.
#[derive(Clone, Copy)]
enum Slot {
    Positional(usize),
    Keyword(usize),
}

impl Slot {
    fn value<'v, 'a>(self, arguments: &'v Arguments<'a>) -> Option<&'v Value<'a>> {
        match self {
            Self::Positional(i) => arguments.positional.get(i),
            Self::Keyword(i) => arguments.keywords.get(i).map(|(_, value)| value),
        }
    }

    fn set<'a>(self, arguments: &mut Arguments<'a>, value: Value<'a>) {
        let slot = match self {
            Self::Positional(i) => arguments.positional.get_mut(i),
            Self::Keyword(i) => arguments.keywords.get_mut(i).map(|(_, slot)| slot),
        };
        if let Some(slot) = slot {
            *slot = value;
        }
    }
}

/// The change a directive makes.
pub(super) fn change<'a>(directive: &str, bound: &Bound<'_, 'a>, batch: Option<&Rc<Batch<'a>>>) -> Change {
    let table = |parameter: &str| match batch {
        Some(batch) => TableName { name: required(Some(&batch.table)), schema: name(Some(&batch.schema)) },
        None => TableName { name: required(bound.get(parameter)), schema: name(bound.get("schema")) },
    };
    match directive {
        "create_table" => Change::CreateTable(create_table(bound)),
        "drop_table" => Change::DropTable(DropTable {
            table: table("table_name"),
            if_exists: bound.flag("if_exists"),
            cascade: false,
            options: bound.options(&[]),
        }),
        "rename_table" => Change::RenameTable(RenameTable {
            table: table("old_table_name"),
            to: required(bound.get("new_table_name")),
        }),
        "add_column" => Change::AddColumn(Box::new(AddColumn {
            table: table("table_name"),
            column: column(bound.get("column")),
            if_not_exists: bound.flag("if_not_exists"),
            options: bound.options(&[
                "inline_references",
                "inline_primary_key",
                "insert_before",
                "insert_after",
            ]),
        })),
        "drop_column" => Change::DropColumn(DropColumn {
            table: table("table_name"),
            column: column_argument(bound.get("column_name")),
            if_exists: bound.flag("if_exists"),
            cascade: false,
            options: bound.options(&[]),
        }),
        "alter_column" => Change::AlterColumn(Box::new(alter_column(bound, table("table_name")))),
        "create_index" => Change::CreateIndex(CreateIndex {
            name: name(bound.get("index_name")),
            table: table("table_name"),
            columns: bound.get("columns").and_then(expressions),
            unique: bound.flag("unique"),
            concurrently: bound.flag("postgresql_concurrently"),
            if_not_exists: bound.flag("if_not_exists"),
            options: bound.options(&[]),
        }),
        "drop_index" => Change::DropIndex(DropIndex {
            name: name(bound.get("index_name")),
            table: if batch.is_some() || bound.given("table_name").is_some() {
                table("table_name")
            } else {
                TableName { name: Name::None, schema: name(bound.get("schema")) }
            },
            concurrently: bound.flag("postgresql_concurrently"),
            if_exists: bound.flag("if_exists"),
            cascade: false,
            options: bound.options(&[]),
        }),
        "drop_constraint" => Change::DropConstraint(DropConstraint {
            table: table("table_name"),
            name: name(bound.get("constraint_name")),
            kind: bound.get("type_").and_then(Value::as_str).and_then(constraint_kind),
            if_exists: bound.flag("if_exists"),
            cascade: false,
        }),
        "create_table_comment" => Change::CreateTableComment(TableComment {
            table: table("table_name"),
            comment: bound.get("comment").and_then(Value::as_str).map(Box::from),
        }),
        "drop_table_comment" => {
            Change::DropTableComment(TableComment { table: table("table_name"), comment: None })
        }
        "bulk_insert" => Change::BulkInsert(bulk_insert(bound)),
        _ => create_constraint(directive, bound, table),
    }
}

fn create_constraint(directive: &str, bound: &Bound<'_, '_>, table: impl Fn(&str) -> TableName) -> Change {
    let kind = match directive {
        "create_foreign_key" => ConstraintKind::ForeignKey,
        "create_unique_constraint" => ConstraintKind::Unique,
        "create_primary_key" => ConstraintKind::PrimaryKey,
        "create_exclude_constraint" => ConstraintKind::Exclude,
        _ => ConstraintKind::Check,
    };
    let mut out = Constraint {
        kind,
        name: name(bound.get("constraint_name")),
        columns: bound.get("columns").and_then(names),
        referent: None,
        referent_columns: None,
        options: bound.options(&["condition", "onupdate", "ondelete", "deferrable", "initially", "match"]),
    };
    let mut target = table("table_name");
    match kind {
        ConstraintKind::ForeignKey => {
            target = table("source_table");
            if target.schema == Name::None {
                target.schema = name(bound.get("source_schema"));
            }
            out.columns = bound.get("local_cols").and_then(names);
            out.referent = Some(TableName {
                name: required(bound.get("referent_table")),
                schema: name(bound.get("referent_schema")),
            });
            out.referent_columns = bound.get("remote_cols").and_then(names);
        }
        ConstraintKind::Exclude => {
            let elements = bound.rest.iter().map(|value| ("".into(), argument(value)));
            out.options = elements.chain(out.options.into_vec()).collect();
        }
        _ => {}
    }
    Change::CreateConstraint(CreateConstraint { table: target, constraint: out })
}

fn create_table(bound: &Bound<'_, '_>) -> CreateTable {
    let mut out = CreateTable {
        table: TableName { name: required(bound.get("table_name")), schema: name(bound.get("schema")) },
        columns: Vec::with_capacity(bound.rest.iter().filter(|item| is_column(item)).count()),
        constraints: Vec::new(),
        indexes: Vec::new(),
        if_not_exists: bound.flag("if_not_exists"),
        temporary: false,
        options: bound.options(&[]),
        complete: !bound.open,
    };
    for item in bound.rest {
        if is_column(item) {
            out.columns.push(column::column(Some(item)));
        } else if let Some(constraint) = constraint(item) {
            out.constraints.push(constraint);
        } else if let Some(index) = index(item, &out.table) {
            out.indexes.push(index);
        } else {
            out.complete = false;
        }
    }
    let prefixes = out.options.iter().find(|(option, _)| &**option == "prefixes").map(|(_, value)| value);
    if let Some(Argument::List(items)) = prefixes {
        out.temporary = items
            .iter()
            .filter_map(Argument::as_str)
            .any(|prefix| prefix.to_ascii_uppercase().contains("TEMP"));
    }
    out
}

/// `sa.Index("ix", "a", "b")` among the items of a table.
fn index(item: &Value<'_>, table: &TableName) -> Option<CreateIndex> {
    let Value::Object(object) = item else { return None };
    if crate::operation::last_part(&object.callee) != "Index" {
        return None;
    }
    let arguments = &object.arguments;
    let columns = arguments.positional.iter().skip(1).map(|column| match column {
        // `sa.Column` objects do not reach revisions; what stands here is a name or an expression.
        Value::Object(object) if crate::operation::last_part(&object.callee) == "column" => {
            object.arguments.positional.first().map_or(Argument::Unknown, argument)
        }
        other => argument(other),
    });
    let flag = |keyword: &str| arguments.keyword(keyword).and_then(Value::truth) == Some(true);
    Some(CreateIndex {
        name: name(arguments.get(0, "name")),
        table: table.clone(),
        columns: (!arguments.open).then(|| columns.collect()),
        unique: flag("unique"),
        concurrently: flag("postgresql_concurrently"),
        if_not_exists: false,
        options: arguments
            .keywords
            .iter()
            .filter(|(keyword, _)| !matches!(&**keyword, "name" | "unique"))
            .map(|(keyword, value)| ((&**keyword).into(), argument(value)))
            .collect(),
    })
}

fn alter_column(bound: &Bound<'_, '_>, table: TableName) -> AlterColumn {
    let given = |name: &str| bound.given(name);
    AlterColumn {
        table,
        column: column_argument(bound.get("column_name")),
        nullable: match given("nullable") {
            None | Some(Value::None) => Attribute::Unchanged,
            Some(value) => value.truth().map_or(Attribute::Unknown, Attribute::Set),
        },
        server_default: given("server_default").map_or(ServerDefault::NotGiven, server_default),
        type_: given("type_").filter(|value| !matches!(value, Value::None)).map(argument),
        new_name: name(given("new_column_name")),
        comment: given("comment").filter(|value| !matches!(value, Value::Bool(false))).map(argument),
        existing_type: given("existing_type").filter(|value| !matches!(value, Value::None)).map(argument),
        existing_nullable: given("existing_nullable").and_then(Value::truth),
        existing_server_default: given("existing_server_default")
            .map_or(ServerDefault::NotGiven, server_default),
        options: bound.options(&["existing_comment", "insert_before", "insert_after"]),
    }
}

/// `drop_column("t", "c")`; a Column object is what some revisions pass.
fn column_argument(value: Option<&Value<'_>>) -> Name {
    match value {
        Some(object) if is_column(object) => column(Some(object)).name,
        value => required(value),
    }
}

fn expressions(value: &Value<'_>) -> Option<Vec<Argument>> {
    match argument(value) {
        Argument::List(items) => Some(items.into_vec()),
        // Alembic takes a text letter by letter.
        Argument::Str(text) if !holds_hole(&text) => {
            Some(text.chars().map(|letter| Argument::Str(letter.to_string().into())).collect())
        }
        _ => None,
    }
}

fn bulk_insert(bound: &Bound<'_, '_>) -> BulkInsert {
    let table = match bound.get("table") {
        Some(Value::Object(object))
            if matches!(crate::operation::last_part(&object.callee), "Table" | "table") =>
        {
            table_of(object)
        }
        _ => TableName::new(Name::Unknown),
    };
    let rows = match bound.get("rows") {
        Some(Value::List(list)) if !list.open.get() && !list.uncertain.get() => {
            Some(list.items.borrow().len())
        }
        Some(Value::Tuple(items)) => Some(items.len()),
        _ => None,
    };
    BulkInsert { table, rows }
}

/// `type_` of `drop_constraint`.
fn constraint_kind(type_: &str) -> Option<ConstraintKind> {
    match type_ {
        "foreignkey" => Some(ConstraintKind::ForeignKey),
        "unique" => Some(ConstraintKind::Unique),
        "check" => Some(ConstraintKind::Check),
        "primary" => Some(ConstraintKind::PrimaryKey),
        _ => None,
    }
}

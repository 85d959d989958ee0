//! Statements that are executed: SQL text, `sa.text(..)`, DDL objects and Core statements.

use std::rc::Rc;

use super::argument::{argument, name};
use super::column::constraint;
use super::core::core_statement;
use super::directive::table_of;
use super::scope::Scope;
use super::text::place_in_literal;
use super::value::{Object, Text, Value};
use super::{Arguments, Interpreter};
use crate::operation::last_part;
use crate::operation::{
    Change, CreateConstraint, CreateIndex, DropConstraint, DropIndex, Execute, HOLE, Misfit, Name, Origin,
    Statement, TableName, holds_hole,
};
use crate::source::Span;
use crate::sql::{self, SqlStatement};

impl<'a> Interpreter<'a> {
    /// Something given to `method` for execution.
    pub(super) fn execute(&mut self, statement: &Value<'a>, method: &str, span: Span, scope: &Rc<Scope<'a>>) {
        if self.deeper(|this| this.execute_one(statement, method, span, scope)).is_none() {
            self.execute_unknown(method, span, scope);
        }
    }

    fn execute_one(&mut self, statement: &Value<'a>, method: &str, span: Span, scope: &Rc<Scope<'a>>) {
        match statement {
            Value::Str(text) => self.execute_text(text, method, span, scope),
            Value::Object(object) => self.execute_object(object, method, span, scope),
            Value::OneOf(values) => {
                for value in values.iter() {
                    self.maybe(|this| this.execute(value, method, span, scope));
                }
            }
            Value::List(_) | Value::Tuple(_) => {
                for value in self.turns(statement).items {
                    self.execute(&value, method, span, scope);
                }
            }
            _ => self.execute_unknown(method, span, scope),
        }
    }

    fn execute_unknown(&mut self, method: &str, span: Span, scope: &Rc<Scope<'a>>) {
        self.unknown_part(
            span,
            scope,
            format!("the statement given to `{method}` is not known before it runs"),
        );
        let origin = Origin::RawSql { text: HOLE.into(), span: None, dynamic: true };
        self.record_statement(Statement::Unknown, span, scope, origin);
    }

    fn record_statement(&mut self, statement: Statement, span: Span, scope: &Scope<'a>, origin: Origin) {
        self.record(Change::Execute(Execute { statement }), span, scope, false, origin);
    }

    fn execute_text(&mut self, text: &Rc<Text>, method: &str, span: Span, scope: &Rc<Scope<'a>>) {
        if !self.recording {
            return;
        }
        // The text is read letter by letter.
        if text.value.trim() == HOLE || !self.budget.afford(text.value.len() / 2) {
            return self.execute_unknown(method, span, scope);
        }
        let has_parameters = !method.starts_with("cursor.") && !method.ends_with("exec_driver_sql");
        if let Some(parameter) = has_parameters.then(|| sql::parameter_in_literal(&text.value)).flatten() {
            self.note_misfit("execute", Misfit::Colon(parameter.into()), false, span, scope);
        }
        for statement in self.lower(&text.value) {
            let written: Box<str> = text.value.get(statement.range.clone()).unwrap_or(&text.value).into();
            let dynamic = holds_hole(&written);
            let place = place_in_literal(text, &statement.range);
            if statement
                .changes
                .iter()
                .any(|c| matches!(c, Change::Execute(e) if e.statement == Statement::Unknown))
            {
                let reason =
                    format!("the SQL given to `{method}` is put together from parts that are not known");
                self.unknown_part(span, scope, reason);
            }
            for change in statement.changes {
                let origin = Origin::RawSql { text: written.clone(), span: place, dynamic };
                self.record(change, span, scope, false, origin);
            }
        }
    }

    /// What SQL does. Where the code asks for the dialect it is evaluated twice, and the same text is read once.
    fn lower(&mut self, text: &str) -> Vec<SqlStatement> {
        if !self.asked && self.lowered.is_empty() {
            return sql::lower(text, self.dialect);
        }
        if let Some(known) = self.lowered.get(text) {
            return known.clone();
        }
        let lowered = sql::lower(text, self.dialect);
        self.lowered.insert(text.into(), lowered.clone());
        lowered
    }

    fn execute_object(&mut self, object: &Rc<Object<'a>>, method: &str, span: Span, scope: &Rc<Scope<'a>>) {
        if let Some(text) = self.sql_text(object) {
            return match text {
                Value::Str(text) => self.execute_text(&text, method, span, scope),
                other => self.execute(&other, method, span, scope),
            };
        }
        if let Some(statement) = core_statement(object) {
            return self.record_statement(statement, span, scope, Origin::Core);
        }
        if self.schema_statement(object, span, scope) {
            return;
        }
        // `func.setval(..)` and expressions are selected.
        if object.callee.contains(".func.") || object.callee.starts_with("sqlalchemy.") {
            return self.record_statement(Statement::Select, span, scope, Origin::Core);
        }
        self.execute_unknown(method, span, scope);
    }

    /// The text of `sa.text(..)` and `sa.DDL(..)`, also behind `.bindparams(..)` and the like.
    fn sql_text(&self, object: &Object<'a>) -> Option<Value<'a>> {
        let object = text_object(object)?;
        let text = object.arguments.get(0, "text").or_else(|| object.arguments.keyword("statement"));
        Some(match (text, object.arguments.keyword("context")) {
            (Some(Value::Str(text)), Some(context)) => self.percent_format(&text.value, context),
            (text, _) => text.cloned().unwrap_or(Value::Unknown),
        })
    }

    /// `CreateTable(t)`, `DropIndex(i)` and their like (`sqlalchemy/sql/ddl.py`).
    fn schema_statement(&mut self, object: &Rc<Object<'a>>, span: Span, scope: &Rc<Scope<'a>>) -> bool {
        let Some(Value::Object(element)) = object.arguments.positional.first() else {
            let named = name(object.arguments.positional.first());
            let statement = match last_part(&object.callee) {
                "CreateSchema" => Statement::CreateSchema { name: named },
                "DropSchema" => {
                    let cascade = object.arguments.keyword("cascade").and_then(Value::truth) == Some(true);
                    Statement::DropSchema { name: named, cascade }
                }
                _ => return false,
            };
            self.record_statement(statement, span, scope, Origin::Core);
            return true;
        };
        match last_part(&object.callee) {
            "CreateTable" => self.table_object(element, true, span, scope),
            "DropTable" => self.table_object(element, false, span, scope),
            "CreateIndex" => self.index_object(element, true, span, scope),
            "DropIndex" => self.index_object(element, false, span, scope),
            "CreateSequence" | "DropSequence" => {
                let is_made = object.callee.ends_with("CreateSequence");
                self.named_object(element, is_made, &Arguments::of(Vec::new()), span, scope);
            }
            "AddConstraint" => {
                let Some(constraint) = constraint(&Value::Object(Rc::clone(element))) else { return false };
                let change = Change::CreateConstraint(CreateConstraint {
                    table: TableName::new(Name::Unknown),
                    constraint,
                });
                self.record(change, span, scope, false, Origin::Core);
            }
            "DropConstraint" => {
                let kind = constraint(&Value::Object(Rc::clone(element)));
                let change = Change::DropConstraint(DropConstraint {
                    table: TableName::new(Name::Unknown),
                    name: kind.as_ref().map_or(Name::Unknown, |constraint| constraint.name.clone()),
                    kind: kind.map(|constraint| constraint.kind),
                    ..DropConstraint::default()
                });
                self.record(change, span, scope, false, Origin::Core);
            }
            _ => return false,
        }
        true
    }

    /// An `Index(..)` that is created or dropped.
    pub(super) fn index_object(
        &mut self,
        object: &Rc<Object<'a>>,
        create: bool,
        span: Span,
        scope: &Rc<Scope<'a>>,
    ) {
        let arguments = &object.arguments;
        let index = name(arguments.get(0, "name"));
        let table = arguments
            .positional
            .iter()
            .skip(1)
            .find_map(table_of_column)
            .unwrap_or(TableName::new(Name::Unknown));
        let flag = |keyword: &str| arguments.keyword(keyword).and_then(Value::truth) == Some(true);
        let change = if create {
            Change::CreateIndex(CreateIndex {
                name: index,
                table,
                columns: Some(arguments.positional.iter().skip(1).map(argument).collect()),
                unique: flag("unique"),
                concurrently: flag("postgresql_concurrently"),
                if_not_exists: false,
                options: Box::default(),
            })
        } else {
            Change::DropIndex(DropIndex { name: index, table, ..DropIndex::default() })
        };
        self.record(change, span, scope, false, Origin::Object);
    }

    /// An enum type or a sequence that is created or dropped.
    pub(super) fn named_object(
        &mut self,
        object: &Rc<Object<'a>>,
        create: bool,
        call: &Arguments<'a>,
        span: Span,
        scope: &Rc<Scope<'a>>,
    ) {
        let arguments = &object.arguments;
        let statement = match (last_part(&object.callee), create) {
            ("Sequence", true) => Statement::CreateSequence { name: name(arguments.get(0, "name")) },
            ("Sequence", false) => Statement::DropSequence { name: name(arguments.get(0, "name")) },
            (_, true) => Statement::CreateType {
                name: enum_name(arguments),
                labels: enum_labels(arguments),
                if_missing: checks_first(object, call),
            },
            (_, false) => Statement::DropType { name: enum_name(arguments), cascade: false },
        };
        self.record_statement(statement, span, scope, Origin::Object);
    }
}

/// Whether `.create(bind)` of a type is, or may be, sent only where the type is missing. The dialect's own types look
/// first unless told otherwise, the generic one does not (`sqlalchemy/dialects/postgresql/named_types.py` and
/// `sqlalchemy/sql/sqltypes.py`, `create`).
fn checks_first(type_: &Object<'_>, call: &Arguments<'_>) -> bool {
    match call.get(1, "checkfirst") {
        None => call.open || last_part(&type_.callee) != "Enum",
        Some(flag) => flag.truth() != Some(false),
    }
}

/// `name=` of an enum type; without one it is the Python enum's name in lower case
/// (`sqlalchemy/sql/sqltypes.py`, class `Enum`).
fn enum_name(arguments: &Arguments<'_>) -> Name {
    match (arguments.keyword("name"), arguments.positional.first()) {
        (Some(value), _) => name(Some(value)),
        (None, Some(Value::Class(class))) => Name::new(&class.name.to_lowercase()),
        (None, _) => Name::Unknown,
    }
}

/// The labels of an enum type: given one by one, or the members of a Python enum.
fn enum_labels(arguments: &Arguments<'_>) -> Option<Vec<Name>> {
    if arguments.open {
        return None;
    }
    match arguments.positional.as_slice() {
        [Value::Class(class)] => {
            let members = class.members.iter().filter(|member| !member.starts_with('_'));
            class.is_enum.then(|| members.map(|member| Name::new(member)).collect())
        }
        labels => Some(labels.iter().map(|label| name(Some(label))).collect()),
    }
}

/// The object that a chain of method calls began with, if it is SQL text.
fn text_object<'v, 'a>(object: &'v Object<'a>) -> Option<&'v Object<'a>> {
    let mut current = object;
    loop {
        match &current.receiver {
            Some(Value::Object(receiver)) => current = receiver,
            Some(_) => return None,
            None => {
                return matches!(last_part(&current.callee), "text" | "DDL" | "TextClause")
                    .then_some(current);
            }
        }
    }
}

/// The table of `t.c.name`.
fn table_of_column(value: &Value<'_>) -> Option<TableName> {
    let mut current = value;
    while let Value::Object(object) = current {
        match &object.receiver {
            Some(Value::Object(table)) if matches!(last_part(&table.callee), "Table" | "table") => {
                return Some(table_of(table));
            }
            Some(receiver) => current = receiver,
            None => return None,
        }
    }
    None
}

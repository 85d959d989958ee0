//! Attributes and methods of connections, contexts and SQLAlchemy objects.

use std::rc::Rc;

use super::Interpreter;
use super::call::{is_execution, is_statement};
use super::core::{is_table, table_of_model};
use super::directive::table_of;
use super::path::{MAX_PATH, Path};
use super::scope::Scope;
use super::value::{Arguments, Object, Value};
use crate::operation::last_part;
use crate::operation::{Change, Execute, Misfit, Name, Origin, Statement, TableName};
use crate::source::Span;

/// Methods of a session that write rows when it is flushed.
const SESSION_WRITES: &[&str] = &[
    "add",
    "add_all",
    "delete",
    "merge",
    "bulk_save_objects",
    "bulk_insert_mappings",
    "bulk_update_mappings",
];

/// Methods that send a query.
const QUERY_READS: &[&str] = &["all", "first", "one", "one_or_none", "scalar", "count", "get", "yield_per"];

impl<'a> Interpreter<'a> {
    /// `bind.name`, `context.name` without calling it.
    pub(super) fn connection_attribute(value: &Value<'a>, name: &str) -> Value<'a> {
        match name {
            "bind" | "connection" | "engine" | "get_bind"
                if matches!(value, Value::Context) && name != "get_bind" =>
            {
                Value::Connection
            }
            "connection" | "driver_connection" | "dbapi_connection" => Value::DriverConnection,
            "engine" | "bind" => Value::Connection,
            // Asking the dialect (`.name`, `.has_table(..)`) changes nothing.
            "dialect" => Value::path("sqlalchemy.dialect"),
            "name" | "info" | "opts" | "config" => Value::Unknown,
            _ => Value::method(value.clone(), name),
        }
    }

    /// An attribute of the result of an outside call.
    pub(super) fn object_attribute(object: &Rc<Object<'a>>, value: &Value<'a>, name: &str) -> Value<'a> {
        if name == "name" && (is_table(object) || last_part(&object.callee) == "Enum") {
            let given = object.arguments.keyword("name").or_else(|| object.arguments.positional.first());
            return given.cloned().unwrap_or(Value::Unknown);
        }
        if matches!(name, "c" | "columns") && is_table(object) {
            return Value::Object(Rc::new(Object {
                callee: "c".into(),
                receiver: Some(value.clone()),
                arguments: Arguments::default(),
            }));
        }
        if &*object.callee == "c" {
            return Value::Object(Rc::new(Object {
                callee: "column".into(),
                receiver: Some(value.clone()),
                arguments: Arguments::of(vec![Value::str(name.to_owned())]),
            }));
        }
        Value::method(value.clone(), name)
    }

    /// A method of a connection, engine, session or migration context.
    pub(super) fn connection_method(
        &mut self,
        receiver: &Value<'a>,
        name: &str,
        arguments: &Arguments<'a>,
        span: Span,
        scope: &Rc<Scope<'a>>,
    ) -> Value<'a> {
        match name {
            "execute" | "executemany" | "exec_driver_sql" | "scalar" | "scalars" | "stream" | "_exec"
            | "executescript" | "exec" => {
                let statement = arguments
                    .positional
                    .first()
                    .or_else(|| arguments.keyword("statement"))
                    .or_else(|| arguments.keyword("object_"))
                    .or_else(|| arguments.keyword("sql"))
                    .cloned()
                    .unwrap_or(Value::Unknown);
                let takes_no_text = matches!(name, "execute" | "scalar" | "scalars" | "stream");
                if takes_no_text && matches!((receiver, &statement), (Value::Connection, Value::Str(_))) {
                    self.note_misfit("execute", Misfit::PlainText, false, span, scope);
                }
                let object =
                    if matches!(receiver, Value::DriverConnection) { "cursor" } else { "connection" };
                self.execute(&statement, &format!("{object}.{name}"), span, scope);
                Value::Unknown
            }
            "autocommit_block" => Value::AutocommitBlock,
            "cursor" | "raw_connection" => Value::DriverConnection,
            "__enter__" if matches!(receiver, Value::DriverConnection) => Value::DriverConnection,
            "connect" | "begin" | "begin_nested" | "begin_twophase" | "execution_options" | "connection"
            | "get_bind" | "__enter__" | "session" | "no_autoflush" => Value::Connection,
            // `bind.run_callable(f)`, `connection.run_sync(f)`.
            "run_callable" | "run_sync" | "run_async" => {
                self.call_back(arguments, Some(&Value::Connection), span, scope)
            }
            "query" => Value::Object(Rc::new(Object {
                callee: "session.query".into(),
                receiver: Some(receiver.clone()),
                arguments: arguments.clone(),
            })),
            _ if SESSION_WRITES.contains(&name) => {
                self.session_write(name, arguments, span, scope);
                Value::None
            }
            _ => Value::Unknown,
        }
    }

    /// Rows that a session writes when it is flushed.
    fn session_write(&mut self, method: &str, arguments: &Arguments<'a>, span: Span, scope: &Rc<Scope<'a>>) {
        let by_model = method.ends_with("_mappings");
        let rows = arguments.positional.get(usize::from(by_model));
        // A list of rows that come from the database may be empty.
        let turns =
            rows.filter(|_| method.starts_with("bulk_") || method == "add_all").map(|rows| self.turns(rows));
        let certain = turns.as_ref().is_none_or(|turns| turns.certain && !turns.items.is_empty());
        let row = if by_model { arguments.positional.first().cloned() } else { None };
        let row = row.or_else(|| turns.map_or_else(|| rows.cloned(), |turns| turns.items.into_iter().next()));
        let table = match &row {
            Some(Value::Instance(row)) => table_of_model(&row.class),
            Some(Value::Class(model)) => table_of_model(model),
            _ => TableName::new(Name::Unknown),
        };
        if table.name.is_unknown() {
            let reason =
                format!("rows are written through an ORM session (`{method}`); of which table is not known");
            self.unknown_part(span, scope, reason);
        }
        let statement = match method {
            "delete" => Statement::Delete { table, has_where: true },
            "bulk_update_mappings" => Statement::Update { table, has_where: true, columns: None },
            _ => Statement::Insert { table },
        };
        self.conditional += u32::from(!certain);
        self.record(Change::Execute(Execute { statement }), span, scope, false, Origin::Core);
        self.conditional -= u32::from(!certain);
    }

    /// A method of the result of an outside call.
    pub(super) fn object_method(
        &mut self,
        object: &Rc<Object<'a>>,
        name: &str,
        arguments: Arguments<'a>,
        span: Span,
        scope: &Rc<Scope<'a>>,
    ) -> Value<'a> {
        let kind = last_part(&object.callee).to_owned();
        let create = name == "create";
        if matches!(name, "create" | "drop") {
            if is_table(object) {
                self.table_object(object, create, span, scope);
                return Value::None;
            }
            if kind == "Index" {
                self.index_object(object, create, span, scope);
                return Value::None;
            }
            if kind == "Sequence" || kind.eq_ignore_ascii_case("enum") || kind == "DOMAIN" {
                self.named_object(object, create, &arguments, span, scope);
                return Value::None;
            }
        }
        if matches!(name, "create_all" | "drop_all") && kind == "MetaData" {
            let reason = format!("`metadata.{name}` works on tables that are not listed here");
            self.unresolved_in(span, scope, reason);
            return Value::None;
        }
        if matches!(kind.as_str(), "ExitStack" | "AsyncExitStack") && matches!(name, "enter_context" | "push")
        {
            let manager = arguments.positional.first().cloned().unwrap_or(Value::Unknown);
            // The block lasts until the stack closes; what follows is taken to be inside.
            if matches!(manager, Value::AutocommitBlock) {
                self.autocommit += 1;
            }
            return manager;
        }
        if matches!(kind.as_str(), "ExitStack" | "AsyncExitStack")
            && name == "callback"
            && !arguments.positional.is_empty()
        {
            let mut arguments = arguments;
            let callback = arguments.positional.remove(0);
            return self.call_value(&callback, arguments, span, scope);
        }
        if matches!(kind.as_str(), "sessionmaker" | "scoped_session" | "async_sessionmaker") {
            return Value::Connection;
        }
        if name == "read" || name == "read_text" {
            return Value::Unknown;
        }
        if is_execution(name) && arguments.positional.first().is_some_and(is_statement) {
            return self.connection_method(&Value::Connection, name, &arguments, span, scope);
        }
        if self.query_method(object, name, span, scope) {
            return Value::Unknown;
        }
        if matches!(name, "copy" | "_copy") && matches!(kind.as_str(), "Column" | "Table") {
            return Value::Object(Rc::clone(object));
        }
        if name == "execute" && matches!(kind.as_str(), "DDL" | "text") {
            self.execute(&Value::Object(Rc::clone(object)), name, span, scope);
            return Value::None;
        }
        if object.callee.len() > MAX_PATH || !self.budget.afford_text(object.callee.len()) {
            self.unknown_part(span, scope, "more methods are called on each other than are followed");
            return Value::Unknown;
        }
        Value::Object(Rc::new(Object {
            callee: Path::dotted(&object.callee, name),
            receiver: Some(Value::Object(Rc::clone(object))),
            arguments,
        }))
    }

    /// `session.query(X).filter(..).delete()`, `.update(..)` and what reads.
    fn query_method(
        &mut self,
        object: &Rc<Object<'a>>,
        name: &str,
        span: Span,
        scope: &Rc<Scope<'a>>,
    ) -> bool {
        let is_sent = QUERY_READS.contains(&name) || matches!(name, "delete" | "update");
        if !object.callee.starts_with("session.query") || !is_sent {
            return false;
        }
        let record = |this: &mut Self, statement| {
            this.record(Change::Execute(Execute { statement }), span, scope, false, Origin::Core);
            true
        };
        if QUERY_READS.contains(&name) {
            return record(self, Statement::Select);
        }
        let has_where = object.callee.contains(".filter") || object.callee.contains(".where");
        let table = queried_model(object);
        let statement = if name == "delete" {
            Statement::Delete { table, has_where }
        } else {
            Statement::Update { table, has_where, columns: None }
        };
        record(self, statement)
    }

    /// `for row in session.query(X)`: going over a query sends it.
    pub(super) fn send_query(&mut self, iterable: &Value<'a>, span: Span, scope: &Rc<Scope<'a>>) {
        if matches!(iterable, Value::Object(object) if object.callee.starts_with("session.query")) {
            let change = Change::Execute(Execute { statement: Statement::Select });
            self.record(change, span, scope, false, Origin::Core);
        }
    }
}

/// The table of the model that `session.query(Model)` began with.
fn queried_model(object: &Rc<Object<'_>>) -> TableName {
    let mut current = Rc::clone(object);
    while let Some(Value::Object(receiver)) = &current.receiver {
        let receiver = Rc::clone(receiver);
        current = receiver;
    }
    match current.arguments.positional.first() {
        Some(Value::Class(model)) => table_of_model(model),
        Some(Value::Object(table)) if is_table(table) => table_of(table),
        _ => TableName::new(Name::Unknown),
    }
}

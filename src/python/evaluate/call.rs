//! Calls: who is called, and what that does.

use std::rc::Rc;

use ruff_python_ast::{Expr, ExprCall};
use ruff_python_stdlib::sys::is_known_standard_library;
use ruff_text_size::Ranged;

use super::Interpreter;
use super::bind::is_directive;
use super::core::core_statement;
use super::path::{MAX_PATH, Path};
use super::scope::Scope;
use super::value::{Arguments, Batch, Binding, Function, Object, Value};
use crate::operation::Dialect;
use crate::python::names::NEWEST_MINOR;
use crate::python::parse::span;
use crate::source::Span;

/// Packages whose calls change nothing by themselves.
const HARMLESS: &[&str] = &[
    "builtins",
    "sqlalchemy",
    "alembic",
    "sqlmodel",
    "sqlalchemy_utils",
    "geoalchemy2",
    "pgvector",
    "oslo_log",
    "structlog",
    "loguru",
    "tqdm",
    "dateutil",
    "pytz",
    "click",
    "rich",
    "yaml",
    "orjson",
    "ujson",
    "six",
    "numpy",
    "pandas",
    "packaging",
    "pydantic",
    "attr",
    "attrs",
    "typing_extensions",
    "log",
    "logger",
    "logging",
];

impl<'a> Interpreter<'a> {
    /// The value of a call expression.
    pub(super) fn call(&mut self, call: &'a ExprCall, scope: &Rc<Scope<'a>>) -> Value<'a> {
        self.call_statement(call, scope).unwrap_or(Value::Unknown)
    }

    /// A call; `None` where it surely raises.
    pub(super) fn call_statement(&mut self, call: &'a ExprCall, scope: &Rc<Scope<'a>>) -> Option<Value<'a>> {
        if !self.step() {
            return Some(Value::Unknown);
        }
        let place = span(call.range());
        if let Expr::Attribute(attribute) = &*call.func {
            let receiver = self.expression(&attribute.value, scope);
            let arguments = self.arguments(&call.arguments, scope);
            return Some(self.call_method(&receiver, attribute.attr.as_str(), arguments, place, scope));
        }
        let callee = self.expression(&call.func, scope);
        let arguments = self.arguments(&call.arguments, scope);
        if let Value::Function(function) = &callee {
            return self.enter(function, arguments, Self::site(place, scope));
        }
        Some(self.call_value(&callee, arguments, place, scope))
    }

    /// Calls a value.
    pub(super) fn call_value(
        &mut self,
        callee: &Value<'a>,
        arguments: Arguments<'a>,
        span: Span,
        scope: &Rc<Scope<'a>>,
    ) -> Value<'a> {
        if !self.step() {
            return Value::Unknown;
        }
        self.deeper(|this| this.call_one(callee, arguments, span, scope)).unwrap_or_default()
    }

    fn call_one(
        &mut self,
        callee: &Value<'a>,
        arguments: Arguments<'a>,
        span: Span,
        scope: &Rc<Scope<'a>>,
    ) -> Value<'a> {
        match callee {
            Value::Function(function) => {
                self.enter(function, arguments, Self::site(span, scope)).unwrap_or(Value::Unknown)
            }
            Value::Path(path) => self.call_path(path, arguments, span, scope),
            Value::Method(method) => self.call_method(&method.receiver, &method.name, arguments, span, scope),
            Value::Class(class) => self.instantiate(&Rc::clone(class), arguments, span, scope),
            Value::Instance(_) => self.call_method(callee, "__call__", arguments, span, scope),
            Value::Partial(partial) => {
                if !self.charge(partial.bound.len() + 1) {
                    return Value::Unknown;
                }
                let mut all = partial.bound.clone();
                all.positional.extend(arguments.positional);
                all.keywords.extend(arguments.keywords);
                all.open |= arguments.open;
                self.call_value(&partial.function, all, span, scope)
            }
            Value::OneOf(values) => {
                if !self.charge(values.len() * arguments.len()) {
                    return Value::Unknown;
                }
                let results: Vec<_> = values
                    .iter()
                    .map(|value| self.maybe(|this| this.call_value(value, arguments.clone(), span, scope)))
                    .collect();
                Value::one_of(results)
            }
            Value::Object(object) => {
                // `sessionmaker(bind)()`, `scoped_session(..)()`.
                if object.callee.contains("session") {
                    return Value::Connection;
                }
                self.foreign(&object.callee, &arguments, span, scope);
                Value::Unknown
            }
            _ => {
                self.foreign("", &arguments, span, scope);
                Value::Unknown
            }
        }
    }

    /// Calls a method of a value.
    pub(super) fn call_method(
        &mut self,
        receiver: &Value<'a>,
        name: &str,
        arguments: Arguments<'a>,
        span: Span,
        scope: &Rc<Scope<'a>>,
    ) -> Value<'a> {
        match receiver {
            Value::Path(path) if &**path == "alembic.op" => self.op_method(name, arguments, span, scope),
            Value::Path(path) if path.len() > MAX_PATH => Value::Unknown,
            Value::Path(path) => self.call_path(&Path::dotted(path, name), arguments, span, scope),
            Value::Batch(batch) => self.batch_method(&Rc::clone(batch), name, arguments, span, scope),
            Value::Connection | Value::DriverConnection | Value::Context => {
                self.connection_method(receiver, name, &arguments, span, scope)
            }
            Value::Str(text) => self.string_method(&Rc::clone(text), name, &arguments),
            Value::List(_) | Value::Tuple(_) | Value::Dict(_) => {
                self.collection_method(receiver, name, &arguments)
            }
            Value::Object(object) => self.object_method(&Rc::clone(object), name, arguments, span, scope),
            Value::Module(module) => {
                let callee = self.module_attribute(&Rc::clone(module), name);
                self.call_value(&callee, arguments, span, scope)
            }
            Value::Instance(instance) => {
                if let Some(own) = instance.attributes.own(name) {
                    return self.call_value(&own, arguments, span, scope);
                }
                match instance.class.attribute(name) {
                    Some(Value::Function(function)) => {
                        let bound = match function.binding {
                            Binding::Class => Some(Value::Class(Rc::clone(&instance.class))),
                            Binding::Nothing => None,
                            Binding::Instance | Binding::Property => Some(receiver.clone()),
                        };
                        self.call_bound(&function, bound, arguments, span, scope)
                    }
                    Some(other) => self.call_value(&other, arguments, span, scope),
                    None => Value::Unknown,
                }
            }
            Value::Class(class) => match class.attribute(name) {
                Some(Value::Function(function)) if function.binding == Binding::Class => {
                    self.call_bound(&function, Some(receiver.clone()), arguments, span, scope)
                }
                Some(own) => self.call_value(&own, arguments, span, scope),
                None => Value::Unknown,
            },
            Value::OneOf(values) => {
                if !self.charge(values.len() * arguments.len()) {
                    return Value::Unknown;
                }
                let results: Vec<_> = values
                    .iter()
                    .filter(|value| !matches!(value, Value::None))
                    .map(|value| {
                        self.maybe(|this| this.call_method(value, name, arguments.clone(), span, scope))
                    })
                    .collect();
                Value::one_of(results)
            }
            Value::Unknown if matches!(name, "insert" | "update" | "delete" | "select") => {
                // A Core statement, if it is executed at all.
                Value::Object(Rc::new(Object {
                    callee: name.into(),
                    receiver: Some(Value::Unknown),
                    arguments,
                }))
            }
            Value::Unknown
                if is_execution(name) && arguments.positional.first().is_some_and(is_statement) =>
            {
                self.connection_method(&Value::Connection, name, &arguments, span, scope)
            }
            Value::Unknown if is_directive(name) && name != "execute" => {
                // Nothing else has methods of these names.
                self.directive(name, arguments, None, span, scope)
            }
            _ => {
                self.foreign("", &arguments, span, scope);
                Value::Unknown
            }
        }
    }

    /// Calls a method with what it is bound to as the first argument.
    fn call_bound(
        &mut self,
        function: &Rc<Function<'a>>,
        bound: Option<Value<'a>>,
        mut arguments: Arguments<'a>,
        span: Span,
        scope: &Rc<Scope<'a>>,
    ) -> Value<'a> {
        arguments.positional.splice(0..0, bound);
        self.enter(function, arguments, Self::site(span, scope)).unwrap_or(Value::Unknown)
    }

    /// Calls something outside the project by its dotted path.
    fn call_path(
        &mut self,
        path: &Path,
        arguments: Arguments<'a>,
        span: Span,
        scope: &Rc<Scope<'a>>,
    ) -> Value<'a> {
        if path.only_makes_value() {
            self.let_call_back(&arguments, span, scope);
            return Value::Object(Rc::new(Object { callee: path.clone(), receiver: None, arguments }));
        }
        if let Some(name) = path.strip_prefix("alembic.op.") {
            return self.op_method(name, arguments, span, scope);
        }
        if let Some(name) = path.strip_prefix("builtins.") {
            return self.builtin(name, arguments, span, scope);
        }
        let last = crate::operation::last_part(path);
        match &**path {
            "alembic.context.execute" => {
                return self.connection_method(&Value::Context, last, &arguments, span, scope);
            }
            "alembic.context.get_bind" => return Value::Connection,
            "alembic.context.get_context" => return Value::Context,
            "sqlalchemy.dialect.identifier_preparer.quote"
            | "sqlalchemy.dialect.identifier_preparer.quote_identifier" => {
                return self.quoted(arguments.positional.first());
            }
            "contextlib.nullcontext" => {
                return arguments.positional.into_iter().next().unwrap_or(Value::None);
            }
            _ => {}
        }
        if let Some(value) = self.library_function(path, &arguments) {
            return value;
        }
        match last {
            // The proxy made by hand: `Operations(MigrationContext.configure(connection))`.
            "Operations" | "context" if path.contains(".Operations") => return Value::path("alembic.op"),
            "import_module" if &**path == "importlib.import_module" => {
                let module = arguments.get(0, "name").and_then(Value::as_str).map(str::to_owned);
                return module.map_or(Value::Unknown, |module| self.module(&module));
            }
            "create_all" | "drop_all" => {
                let reason = format!("`{}` works on tables that are not listed here", &**path);
                self.note_misfit(
                    "execute",
                    crate::operation::Misfit::AllTables(last.into()),
                    false,
                    span,
                    scope,
                );
                self.unresolved_in(span, scope, reason);
                return Value::None;
            }
            "Session" | "create_engine" | "create_session"
                if path.starts_with("sqlalchemy.") || path.starts_with("sqlmodel.") =>
            {
                return Value::Connection;
            }
            "inspect" | "from_engine" | "reflection" if path.starts_with("sqlalchemy.") => {
                return Value::Unknown;
            }
            _ => {}
        }
        if path.starts_with("alembic.") && path.contains("MigrationContext") {
            return Value::Context;
        }
        self.foreign(path, &arguments, span, scope);
        Value::Object(Rc::new(Object { callee: path.clone(), receiver: None, arguments }))
    }

    /// A name as SQL takes it. SQLAlchemy leaves the marks out where the name is the same without them.
    fn quoted(&self, name: Option<&Value<'a>>) -> Value<'a> {
        let Some(name) = name.and_then(Value::as_str) else { return Value::Unknown };
        if !self.budget.afford_text(name.len().saturating_mul(3)) {
            return Value::Unknown;
        }
        let mark = if matches!(self.dialect, Dialect::Mysql | Dialect::Mariadb) { "`" } else { "\"" };
        Value::str(format!("{mark}{}{mark}", name.replace(mark, &mark.repeat(2))))
    }

    /// A method of `op`.
    fn op_method(
        &mut self,
        name: &str,
        arguments: Arguments<'a>,
        span: Span,
        scope: &Rc<Scope<'a>>,
    ) -> Value<'a> {
        match name {
            "f" => arguments.get(0, "name").cloned().unwrap_or(Value::Unknown),
            "get_bind" => Value::Connection,
            "get_context" | "context.get_context" => Value::Context,
            "inline_literal" => arguments.get(0, "value").cloned().unwrap_or(Value::Unknown),
            "batch_alter_table" => Self::batch(&arguments),
            "invoke" => {
                self.invoke(arguments.get(0, "operation"), span, scope);
                Value::Unknown
            }
            "run_async" => self.call_back(&arguments, Some(&Value::Connection), span, scope),
            "register_operation" | "implementation_for" => Value::Unknown,
            // `op.context.impl.execute(..)`, `op._proxy.get_bind()`.
            _ if name.contains('.') => {
                let last = crate::operation::last_part(name).to_owned();
                self.connection_method(&Value::Context, &last, &arguments, span, scope)
            }
            _ => self.directive(name, arguments, None, span, scope),
        }
    }

    /// `op.batch_alter_table(table, schema)`, one for each alternative of the table.
    fn batch(arguments: &Arguments<'a>) -> Value<'a> {
        let table = arguments.get(0, "table_name").cloned().unwrap_or(Value::Unknown);
        let schema = arguments.get(1, "schema").cloned().unwrap_or(Value::None);
        let recreate =
            matches!(arguments.get(2, "recreate"), Some(Value::Str(when)) if when.value == "always");
        let batches = table.alternatives().iter().map(|table| {
            Value::Batch(Rc::new(Batch { table: table.clone(), schema: schema.clone(), recreate }))
        });
        Value::one_of(batches)
    }

    fn batch_method(
        &mut self,
        batch: &Rc<Batch<'a>>,
        name: &str,
        arguments: Arguments<'a>,
        span: Span,
        scope: &Rc<Scope<'a>>,
    ) -> Value<'a> {
        match name {
            "__enter__" => Value::Batch(Rc::clone(batch)),
            "__exit__" => Value::None,
            "f" | "get_bind" | "get_context" | "inline_literal" | "invoke" | "run_async" => {
                self.op_method(name, arguments, span, scope)
            }
            _ => self.directive(name, arguments, Some(batch), span, scope),
        }
    }

    /// A call of something that is not followed: its callbacks may run, and given the database it may change it.
    fn foreign(&mut self, path: &str, arguments: &Arguments<'a>, span: Span, scope: &Rc<Scope<'a>>) {
        if !is_harmless(path) {
            if self.recording {
                self.stranger.get_or_insert_with(|| path.into());
            }
            self.say_not_followed(path, arguments, span, scope);
        }
        self.let_call_back(arguments, span, scope);
    }

    /// What gets functions of the project may call them.
    fn let_call_back(&mut self, arguments: &Arguments<'a>, span: Span, scope: &Rc<Scope<'a>>) {
        if arguments.all().any(is_callback) {
            self.maybe(|this| {
                this.call_back(arguments, None, span, scope);
            });
        }
    }

    fn say_not_followed(&mut self, path: &str, arguments: &Arguments<'a>, span: Span, scope: &Rc<Scope<'a>>) {
        let gets_database = arguments.all().any(|value| match value {
            Value::Connection | Value::DriverConnection | Value::Context | Value::Batch(_) => true,
            Value::Path(path) => &**path == "alembic.op",
            _ => false,
        });
        let what =
            if path.is_empty() { "something that is not known".to_owned() } else { format!("`{path}`") };
        if gets_database {
            let reason = format!("the database is handed to {what}, which is not followed");
            self.unresolved_in(span, scope, reason);
        } else if !path.is_empty() && self.statement == span {
            self.unresolved_in(span, scope, format!("{what} is called, which is not followed"));
        }
    }

    /// Calls the functions of the project among the arguments.
    pub(super) fn call_back(
        &mut self,
        arguments: &Arguments<'a>,
        first: Option<&Value<'a>>,
        span: Span,
        scope: &Rc<Scope<'a>>,
    ) -> Value<'a> {
        let mut result = Value::Unknown;
        let callbacks: Vec<_> = arguments.all().filter(|value| is_callback(value)).cloned().collect();
        for callback in callbacks {
            if !self.charge(arguments.positional.len()) {
                break;
            }
            let mut positional: Vec<Value<'a>> = first.into_iter().cloned().collect();
            positional.extend(arguments.positional.iter().skip(1).cloned());
            let own = if first.is_some() {
                Arguments::of(positional)
            } else {
                Arguments { open: true, ..Arguments::default() }
            };
            result = self.call_value(&callback, own, span, scope);
        }
        result
    }
}

/// Whether what is called by this path changes no database by itself.
fn is_harmless(path: &str) -> bool {
    let root = path.get(..memchr::memchr(b'.', path.as_bytes()).unwrap_or(path.len())).unwrap_or(path);
    !path.is_empty()
        && (is_log(path) || HARMLESS.contains(&root) || is_known_standard_library(NEWEST_MINOR, root))
}

/// Whether a path leads to a logger: `app.logging.logger.info`, `utils.get_logger`.
fn is_log(path: &str) -> bool {
    let mut parts = path.rsplit('.');
    let last = parts.next().unwrap_or_default();
    let is_level = matches!(
        last,
        "debug"
            | "info"
            | "warning"
            | "warn"
            | "error"
            | "exception"
            | "critical"
            | "success"
            | "trace"
            | "log"
    );
    let is_logger = |name: &str| {
        matches!(name.trim_start_matches('_').to_ascii_lowercase().as_str(), "log" | "logger" | "logging")
    };
    matches!(last, "get_logger" | "getLogger" | "setup_logging" | "configure_logging")
        || (is_level && parts.next().is_some_and(is_logger))
}

/// Whether a value is a function of the project, which whoever gets it may call.
fn is_callback(value: &Value<'_>) -> bool {
    matches!(value, Value::Function(_) | Value::Partial(_))
}

/// Whether a method of something unknown is one that executes statements.
pub(super) fn is_execution(method: &str) -> bool {
    matches!(method, "execute" | "exec_driver_sql" | "executemany" | "executescript" | "scalar" | "scalars")
}

/// Whether a value is plainly a statement: text, or an object of SQLAlchemy.
pub(super) fn is_statement(value: &Value<'_>) -> bool {
    match value {
        Value::Str(_) => true,
        Value::Object(object) => object.callee.starts_with("sqlalchemy.") || core_statement(object).is_some(),
        _ => false,
    }
}

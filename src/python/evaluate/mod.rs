//! Symbolic evaluation of `upgrade()` and `downgrade()`: what would run, without running it.
//!
//! Every statement is followed with the values that are known. What only the database or the environment
//! would tell is [`Value::Unknown`]; both arms of an undecided branch are taken and marked conditional.
//! Nothing here fails: what cannot be followed is recorded as unresolved.

mod argument;
mod bind;
mod budget;
mod builtin;
mod call;
mod collection;
mod column;
mod core;
mod directive;
mod dismantle;
mod execute;
mod expression;
mod function;
mod import;
mod model;
mod object;
mod operation_class;
mod path;
mod scope;
mod statement;
#[cfg(test)]
mod tests;
mod text;
mod value;

use std::rc::Rc;

use ruff_python_ast::Stmt;
use rustc_hash::{FxHashMap, FxHashSet};

use self::budget::Budget;
use self::scope::{ModuleId, Scope};
use self::value::{Arguments, Function, Value};
use super::Modules;
use crate::operation::{
    Arm, COLUMNS_OF_TABLE, Change, Dialect, Misfit, Operation, Origin, Signature, misfits, value_misfit,
};
use crate::revision::{Body, Identifier, IdentifierValue, Identifiers, MisfitCall, Unresolved};
use crate::source::Span;
use crate::sql::SqlStatement;

/// How many statements and calls one revision may take; loops beyond it are cut and recorded.
const FUEL: u32 = 200_000;

/// How many steps each further statement of a module has, once the others have used up theirs.
const FUEL_AFTER_CUT: u32 = 50;

/// How many operations one body may have.
const MAX_OPERATIONS: usize = 10_000;

const TOO_MANY_STEPS: &str = "the code takes too many steps to be followed to its end";
const TOO_LARGE: &str = "the code makes values that are too large to be followed";
const TOO_MANY_OPERATIONS: &str = "the code makes too many changes to be followed to its end";

/// Whether a place is unresolved because the code is too much.
fn is_limit(reason: &str) -> bool {
    matches!(reason, TOO_MANY_STEPS | TOO_LARGE | TOO_MANY_OPERATIONS)
}

/// How often a function may be on the way of calls: recursion over unknown values has no end of its own.
const MAX_RECURSION: usize = 2;

/// How deep calls and expressions may nest.
const MAX_DEPTH: u32 = 150;

/// The evaluation of one revision file.
pub(super) struct Interpreter<'a> {
    modules: &'a Modules<'a>,
    dialect: Dialect,
    /// Whether `dialect.name` is taken for known.
    decides: bool,
    /// Whether the name of the dialect was asked for.
    asked: bool,
    /// What SQL does that was read since the dialect was asked for.
    lowered: FxHashMap<Box<str>, Vec<SqlStatement>>,
    /// A function of others that was called and may do anything.
    stranger: Option<Box<str>>,
    text: &'a str,
    /// Project modules that were imported, by dotted name.
    loaded: FxHashMap<&'a str, Rc<Scope<'a>>>,
    root: Rc<Scope<'a>>,
    /// Names of those modules whose statements are being run.
    binding: Vec<(Rc<Scope<'a>>, &'a str)>,
    /// Scopes that functions were defined in: each holds the function that holds it.
    enclosing: Vec<Rc<Scope<'a>>>,
    operations: Vec<Operation>,
    unresolved: Vec<Unresolved>,
    /// The places and reasons of `unresolved`.
    noted: FxHashSet<(Span, Box<str>)>,
    /// Functions that operations came from.
    changing: FxHashSet<&'a str>,
    misfits: Vec<MisfitCall>,
    idle_blocks: Vec<Span>,
    empty_commits: Vec<usize>,
    /// What the module did when it was imported.
    at_import: Vec<Operation>,
    /// Off while modules are imported: nothing there belongs to upgrade or downgrade.
    recording: bool,
    /// How many undecided branches enclose the code.
    conditional: u32,
    /// The arms of undecided branches that enclose the code, none of loops that are run for one turn only.
    arms: Vec<Arm>,
    /// How many undecided branches were met.
    branches: u32,
    /// How many loops that are run for one turn only enclose the code: another turn may take another arm.
    repeats: u32,
    /// How many `try` statements enclose the code whose handlers go on.
    guards: u32,
    autocommit: u32,
    frames: Vec<Frame<'a>>,
    /// Bodies of `with` statements whose context manager is a generator of the project.
    pending_bodies: Vec<PendingBody<'a>>,
    fuel: u32,
    /// What is left for values; as much for the whole file.
    budget: Rc<Budget>,
    /// Places where the module was cut off when it was imported.
    cut: Vec<Unresolved>,
    depth: u32,
    /// How deep blocks of statements nest.
    blocks: u32,
    /// The call that is the statement being run.
    statement: Span,
}

/// A call being followed.
struct Frame<'a> {
    /// The call expression, if it stands in the revision file.
    site: Option<Span>,
    /// Name of the function.
    name: &'a str,
    /// Undecided returns seen so far: the rest is conditional.
    left_early: u32,
    /// Values of those returns.
    returned: Vec<Value<'a>>,
    /// Values that were yielded.
    yielded: Vec<Value<'a>>,
    /// Undecided `break` and `continue` of the loops being run.
    loops: Vec<u32>,
}

impl<'a> Frame<'a> {
    fn new(site: Option<Span>, name: &'a str) -> Self {
        Self { site, name, left_early: 0, returned: Vec::new(), yielded: Vec::new(), loops: Vec::new() }
    }
}

/// What a generator context manager runs at its `yield`.
#[derive(Clone)]
struct PendingBody<'a> {
    items: &'a [ruff_python_ast::WithItem],
    target: Option<&'a ruff_python_ast::Expr>,
    body: &'a [Stmt],
    scope: Rc<Scope<'a>>,
    /// How many frames stood when the `with` began.
    frames: usize,
}

impl<'a> Interpreter<'a> {
    /// Imports the revision module.
    pub(super) fn new(suite: &'a [Stmt], text: &'a str, modules: &'a Modules<'a>, dialect: Dialect) -> Self {
        Self::import_module(suite, text, modules, dialect, false)
    }

    /// Imports the revision module again, as on its dialect and no other; `None` where the code did not ask for it.
    pub(super) fn on_dialect(mut self, suite: &'a [Stmt]) -> Option<Self> {
        if !self.asked {
            return None;
        }
        let mut decided = Self::import_module(suite, self.text, self.modules, self.dialect, true);
        decided.lowered = std::mem::take(&mut self.lowered);
        Some(decided)
    }

    /// `dialect.name`; known only where the evaluation is for one dialect.
    fn dialect_name(&mut self) -> Value<'a> {
        self.asked = true;
        if !self.decides {
            return Value::Unknown;
        }
        // SQLAlchemy calls MariaDB so only behind a `mariadb://` URL; most projects write `mysql://`.
        Value::str(match self.dialect {
            Dialect::Postgresql => "postgresql",
            Dialect::Mysql | Dialect::Mariadb => "mysql",
            Dialect::Sqlite => "sqlite",
        })
    }

    /// `isinstance(bind.dialect, MySQLDialect)`: the same question, asked by the class.
    fn is_of_dialect(&mut self, class: Option<&Value<'a>>) -> Value<'a> {
        let Some(Value::Path(class)) = class else { return Value::Unknown };
        let package = class.strip_prefix("sqlalchemy.dialects.").and_then(|rest| rest.split('.').next());
        match (package, self.dialect_name()) {
            (Some(package @ ("postgresql" | "mysql" | "sqlite")), Value::Str(name)) => {
                Value::Bool(package == name.value)
            }
            _ => Value::Unknown,
        }
    }

    fn import_module(
        suite: &'a [Stmt],
        text: &'a str,
        modules: &'a Modules<'a>,
        dialect: Dialect,
        decides: bool,
    ) -> Self {
        let root = Scope::of_module(ModuleId::Revision);
        let mut interpreter = Self {
            modules,
            dialect,
            decides,
            asked: false,
            lowered: FxHashMap::default(),
            stranger: None,
            text,
            loaded: FxHashMap::default(),
            root: Rc::clone(&root),
            binding: Vec::new(),
            enclosing: Vec::new(),
            operations: Vec::new(),
            unresolved: Vec::new(),
            noted: FxHashSet::default(),
            changing: FxHashSet::default(),
            misfits: Vec::new(),
            idle_blocks: Vec::new(),
            empty_commits: Vec::new(),
            at_import: Vec::new(),
            recording: true,
            conditional: 0,
            arms: Vec::new(),
            branches: 0,
            repeats: 0,
            guards: 0,
            autocommit: 0,
            frames: vec![Frame::new(None, "<module>")],
            pending_bodies: Vec::new(),
            fuel: FUEL,
            budget: Rc::default(),
            cut: Vec::new(),
            depth: 0,
            blocks: 0,
            statement: Span::default(),
        };
        for statement in suite {
            interpreter.block(std::slice::from_ref(statement), &root);
            // What is cut off in one statement must not take away the functions after it.
            interpreter.fuel = interpreter.fuel.max(FUEL_AFTER_CUT);
        }
        interpreter.say_refused();
        interpreter.recording = false;
        interpreter.cut = interpreter.unresolved.drain(..).filter(|place| is_limit(&place.reason)).collect();
        interpreter.noted.clear();
        interpreter.changing.clear();
        interpreter.at_import = std::mem::take(&mut interpreter.operations);
        interpreter.misfits.clear();
        interpreter.idle_blocks.clear();
        interpreter.empty_commits.clear();
        interpreter.reset();
        interpreter
    }

    /// The places of operations that run when the module is imported.
    pub(super) fn at_import(&self) -> Vec<Span> {
        self.at_import.iter().map(|operation| operation.span).collect()
    }

    fn reset(&mut self) {
        self.conditional = 0;
        self.arms.clear();
        self.repeats = 0;
        self.guards = 0;
        self.autocommit = 0;
        self.frames.clear();
        self.frames.push(Frame::new(None, "<module>"));
        self.pending_bodies.clear();
        self.fuel = FUEL;
        self.depth = 0;
    }

    /// The identifiers as module attributes, with the statements that bind them.
    pub(super) fn identifiers(&self, suite: &[Stmt]) -> Identifiers {
        let identifier = |name: &str| {
            let span = super::identifiers::binding(suite, name);
            let value = self.root.own(name).map_or(IdentifierValue::Missing, |value| {
                let source = span.map(|span| span.of(self.text)).unwrap_or_default();
                identifier_value(&value, source)
            });
            Identifier { span, value }
        };
        Identifiers {
            revision: identifier("revision"),
            down_revision: identifier("down_revision"),
            branch_labels: identifier("branch_labels"),
            depends_on: identifier("depends_on"),
        }
    }

    /// Evaluates the module function `name` as Alembic calls it; `None` where the module has none.
    pub(super) fn body(&mut self, name: &str, suite: &[Stmt]) -> Option<Body> {
        let value = self.root.own(name)?;
        let mut body =
            Body { span: super::identifiers::binding(suite, name).unwrap_or_default(), ..Body::default() };
        self.recording = true;
        if let Value::Function(function) = &value {
            if function.scope.module == ModuleId::Revision {
                body.span = function.span;
                body.block = function.block();
            }
            body.is_async = function.is_async;
            body.is_trivial = function.is_trivial();
            let arguments = Self::entry_arguments(function);
            let raised = self.enter(function, arguments, None);
            body.raises = raised.is_none();
        } else {
            self.call_value(&value, Arguments::default(), body.span, &Rc::clone(&self.root));
            if self.operations.is_empty() {
                self.unresolved(body.span, format!("`{name}` is no function of this file"));
            }
        }
        self.say_refused();
        self.recording = false;
        body.stranger = self.stranger.take();
        // As many as there are; what grew stays for the next body.
        body.operations = self.operations.drain(..).collect();
        body.unresolved = self.cut.iter().cloned().chain(self.unresolved.drain(..)).collect();
        self.noted.clear();
        self.changing.clear();
        body.misfits = std::mem::take(&mut self.misfits);
        body.idle_blocks = std::mem::take(&mut self.idle_blocks);
        body.empty_commits = std::mem::take(&mut self.empty_commits);
        body.raises &= body.operations.is_empty();
        self.reset();
        Some(body)
    }

    /// What stands for the parameters of `upgrade(op)` and `upgrade(engine_name)`.
    fn entry_arguments(function: &Function<'a>) -> Arguments<'a> {
        let parameters = function.parameters.into_iter().flat_map(|p| p.args.iter().chain(&p.posonlyargs));
        Arguments::of(
            parameters
                .take_while(|parameter| parameter.default.is_none())
                .map(|parameter| {
                    let annotation = parameter.parameter.annotation.as_deref();
                    let annotated = annotation.is_some_and(|annotation| match annotation {
                        ruff_python_ast::Expr::Name(name) => name.id.as_str() == "Operations",
                        ruff_python_ast::Expr::Attribute(attribute) => {
                            attribute.attr.as_str() == "Operations"
                        }
                        _ => false,
                    });
                    let named = matches!(parameter.parameter.name.as_str(), "op" | "operations");
                    if named || annotated { Value::path("alembic.op") } else { Value::Unknown }
                })
                .collect(),
        )
    }

    /// Records an operation at the code's place.
    fn record(&mut self, change: Change, span: Span, scope: &Scope<'a>, batch: bool, origin: Origin) {
        if !self.recording {
            return;
        }
        if self.operations.len() == MAX_OPERATIONS {
            self.unresolved_in(span, scope, TOO_MANY_OPERATIONS);
            self.fuel = 0;
            return;
        }
        // Where it stands in the code is kept with each operation.
        if !self.charge(self.frames.len()) {
            return;
        }
        let (span, call_sites) = self.place(span, scope);
        if matches!(change.table(), Some(table) if table.name.is_unknown()) || change.name().is_unknown() {
            let what = change.directive();
            let reason = unknown_names(what, &change).into();
            self.unresolved.push(Unresolved { span, reason, hides_after: None });
        }
        self.changing.extend(self.frames.iter().skip(2).map(|frame| frame.name));
        let operation = Operation {
            change,
            span,
            call_sites,
            via: self.frames.iter().skip(2).map(|frame| frame.name.into()).collect(),
            conditional: self.conditional > 0,
            arms: self.arms.as_slice().into(),
            guarded: self.guards > 0,
            autocommit: self.autocommit > 0,
            batch,
            recreate: false,
            origin,
        };
        self.operations.push(operation);
    }

    /// Notes arguments that a directive does not take, where this file has the call.
    fn note_misfits(
        &mut self,
        signature: &'static Signature,
        arguments: &Arguments<'a>,
        batch: bool,
        span: Span,
        scope: &Scope<'a>,
    ) {
        if !self.recording || scope.module != ModuleId::Revision {
            return;
        }
        let keywords = arguments.keywords.iter().map(|(name, _)| &**name);
        let found = misfits(signature, arguments.positional.len(), keywords, arguments.open);
        let by_place = signature.positional.iter().copied().zip(&arguments.positional);
        let by_name =
            arguments.keywords.iter().filter_map(|(name, value)| Some((signature.parameter(name)?, value)));
        let is_table = signature.directive == "create_table";
        let parts = arguments.positional.iter().skip(signature.positional.len());
        let parts = parts.filter(|_| is_table).map(|part| (COLUMNS_OF_TABLE, part));
        let of_values = by_place
            .chain(by_name)
            .chain(parts)
            .filter_map(|(parameter, value)| value_misfit(signature.directive, parameter, value.given()?));
        for misfit in found.into_iter().chain(of_values) {
            self.note_misfit(signature.directive, misfit, batch, span, scope);
        }
    }

    /// Notes one argument that something does not take, where this file has the call.
    fn note_misfit(
        &mut self,
        directive: &'static str,
        misfit: Misfit,
        batch: bool,
        span: Span,
        scope: &Scope<'a>,
    ) {
        if self.recording && scope.module == ModuleId::Revision {
            self.misfits.push(MisfitCall { span, directive, batch, misfit });
        }
    }

    /// Records that something could not be followed.
    fn unresolved(&mut self, span: Span, reason: impl Into<Box<str>>) {
        if !self.recording {
            return;
        }
        let root = Rc::clone(&self.root);
        self.unresolved_in(span, &root, reason);
    }

    fn unresolved_in(&mut self, span: Span, scope: &Scope<'a>, reason: impl Into<Box<str>>) {
        let before = self.operations.len();
        self.add_unresolved(span, scope, reason.into(), Some(before));
    }

    /// Records that an operation is listed of which not everything is known.
    fn unknown_part(&mut self, span: Span, scope: &Scope<'a>, reason: impl Into<Box<str>>) {
        self.add_unresolved(span, scope, reason.into(), None);
    }

    fn add_unresolved(
        &mut self,
        span: Span,
        scope: &Scope<'a>,
        reason: Box<str>,
        hides_after: Option<usize>,
    ) {
        if !self.recording {
            return;
        }
        let (span, _) = self.place(span, scope);
        if self.noted.insert((span, reason.clone())) {
            self.unresolved.push(Unresolved { span, reason, hides_after });
        }
    }

    /// The place in the revision file for code at `span` of `scope`'s module, and the calls that lead there.
    fn place(&self, span: Span, scope: &Scope<'a>) -> (Span, Box<[Span]>) {
        let mut sites: Vec<Span> = self.frames.iter().filter_map(|frame| frame.site).collect();
        let own = if scope.module == ModuleId::Revision { span } else { sites.pop().unwrap_or(span) };
        (own, sites.into())
    }

    /// The scope for a function that is defined in it; see [`Self::enclosing`].
    fn enclose(&mut self, scope: &Rc<Scope<'a>>) -> Rc<Scope<'a>> {
        if !scope.is_root() && self.enclosing.last().is_none_or(|last| !Rc::ptr_eq(last, scope)) {
            self.enclosing.push(Rc::clone(scope));
        }
        Rc::clone(scope)
    }

    /// Takes one step; `false` when the revision has taken too many.
    fn step(&mut self) -> bool {
        if self.fuel == 0 {
            return false;
        }
        self.fuel -= 1;
        if self.fuel == 0 {
            let place = self.frames.iter().rev().find_map(|frame| frame.site).unwrap_or_default();
            self.unresolved(place, TOO_MANY_STEPS);
        }
        self.say_refused();
        true
    }

    /// Says so where a value was too large to be made.
    fn say_refused(&mut self) {
        if self.budget.take_refused() {
            let site = self.frames.iter().rev().find_map(|frame| frame.site);
            self.unresolved(site.unwrap_or(self.statement), TOO_LARGE);
        }
    }

    /// Takes `units` of the budget; where they are not there, nothing more is followed.
    fn charge(&mut self, units: usize) -> bool {
        let affords = self.budget.afford(units);
        if !affords {
            self.say_refused();
            self.fuel = 0;
        }
        affords
    }

    /// Runs `action` one level deeper, unless that is too deep.
    fn deeper<T>(&mut self, action: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.depth > expression::MAX_EXPRESSION_DEPTH {
            return None;
        }
        self.depth += 1;
        let result = action(self);
        self.depth -= 1;
        Some(result)
    }

    /// Runs `action` as code that may not run.
    fn maybe<T>(&mut self, action: impl FnOnce(&mut Self) -> T) -> T {
        self.conditional += 1;
        let result = action(self);
        self.conditional -= 1;
        result
    }
}

impl Drop for Interpreter<'_> {
    /// Takes apart the circles of scopes and functions; else the values of every revision would stay in memory.
    fn drop(&mut self) {
        let modules = self.loaded.values().chain([&self.root]);
        modules.chain(&self.enclosing).for_each(|scope| scope.clear());
    }
}

/// Why an operation is not wholly known, in words.
fn unknown_names(directive: &str, change: &Change) -> String {
    let table = matches!(change.table(), Some(table) if table.name.is_unknown());
    match (table, change.name().is_unknown()) {
        (true, true) => format!("the table and the name given to `{directive}` are not known before it runs"),
        (true, false) => format!("the table given to `{directive}` is not known before it runs"),
        (false, _) => format!("the name given to `{directive}` is not known before it runs"),
    }
}

/// A module attribute as Alembic takes it (`alembic/script/base.py`, `alembic/util/compat.py`).
fn identifier_value(value: &Value<'_>, source: &str) -> IdentifierValue {
    let is_no_string =
        |item: &Value<'_>| matches!(item, Value::None | Value::Bool(_) | Value::Int(_) | Value::Float(_));
    let many = |items: &[Value<'_>]| {
        let known = |item: &Value<'_>| match item {
            Value::Str(text) if !text.dynamic => Some((&*text.value).into()),
            _ => None,
        };
        match items.iter().map(known).collect() {
            Some(strings) => IdentifierValue::Many(strings),
            None if items.iter().any(is_no_string) => IdentifierValue::Unusable(source.into()),
            None => IdentifierValue::Unknown,
        }
    };
    match value {
        Value::None => IdentifierValue::None,
        Value::Str(text) if !text.dynamic => IdentifierValue::One((&*text.value).into()),
        Value::Tuple(items) => many(items),
        Value::List(list) if !list.open.get() && !list.uncertain.get() => many(&list.items.borrow()),
        Value::Bool(_) | Value::Int(_) | Value::Float(_) => IdentifierValue::Unusable(source.into()),
        _ => IdentifierValue::Unknown,
    }
}

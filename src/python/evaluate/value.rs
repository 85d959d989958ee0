//! Python values as far as they are known without running anything.

use std::borrow::Cow;
use std::cell::{Cell, Ref, RefCell};
use std::ops::Deref;
use std::rc::Rc;

use ruff_python_ast::{Expr, Parameters, Stmt};

use super::budget::Budget;
use super::path::{MAX_PATH, Path};
use super::scope::Scope;
use crate::operation::{Given, HOLE, holds_hole};
use crate::source::Span;

/// How many alternatives a value may have before it counts as unknown.
const MAX_ALTERNATIVES: usize = 8;

/// How many values [`Value::is_same`] looks at; what is larger counts as different.
const MAX_LOOKS: u32 = 500;

/// How long texts may be that [`Value::is_same`] compares.
const MAX_COMPARED_TEXT: usize = 10_000;

/// How deep tuples may nest to be compared.
const MAX_COMPARED_DEPTH: u32 = 50;

/// How many base classes are asked for an attribute.
const MAX_ANCESTORS: usize = 50;

/// A value.
#[derive(Debug, Clone, Default)]
pub(super) enum Value<'a> {
    #[default]
    Unknown,
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(Rc<Text<'a>>),
    /// A list or set.
    List(Rc<Sequence<'a>>),
    Tuple(Items<'a>),
    Dict(Rc<Mapping<'a>>),
    /// Something outside the project.
    Path(Path),
    /// What calling such a path gave.
    Object(Rc<Object<'a>>),
    Function(Rc<Function<'a>>),
    /// A class of the project.
    Class(Rc<Class<'a>>),
    /// An instance of one; attributes live in a scope of their own.
    Instance(Rc<Instance<'a>>),
    /// A method not called yet.
    Method(Rc<Method<'a>>),
    /// `functools.partial(..)`.
    Partial(Rc<Partial<'a>>),
    /// A module of the project.
    Module(Rc<Scope<'a>>),
    /// `op.batch_alter_table(..)`, entered or not.
    Batch(Rc<Batch<'a>>),
    /// A connection, engine or session on the database.
    Connection,
    /// A connection or cursor of the driver below SQLAlchemy: it takes plain text.
    DriverConnection,
    /// Alembic's `MigrationContext`.
    Context,
    /// `op.get_context().autocommit_block()`.
    AutocommitBlock,
    /// One of these, depending on something unknown.
    OneOf(Items<'a>),
}

/// Values that do not change.
#[derive(Debug, Clone)]
pub(super) struct Items<'a>(Rc<[Value<'a>]>);

impl<'a> Items<'a> {
    /// Whether both are one.
    fn is_same_as(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    /// The items, where nobody else holds them.
    pub(super) fn last_mut(&mut self) -> Option<&mut [Value<'a>]> {
        Rc::get_mut(&mut self.0)
    }
}

impl<'a> Deref for Items<'a> {
    type Target = [Value<'a>];

    fn deref(&self) -> &[Value<'a>] {
        &self.0
    }
}

impl<'a> From<Vec<Value<'a>>> for Items<'a> {
    fn from(items: Vec<Value<'a>>) -> Self {
        Self(items.into())
    }
}

impl<'a, const N: usize> From<[Value<'a>; N]> for Items<'a> {
    fn from(items: [Value<'a>; N]) -> Self {
        Self(items.into())
    }
}

impl<'a> FromIterator<Value<'a>> for Items<'a> {
    fn from_iter<I: IntoIterator<Item = Value<'a>>>(items: I) -> Self {
        Self(items.into_iter().collect())
    }
}

/// The items of a list or tuple.
pub(super) enum Slice<'v, 'a> {
    List(Ref<'v, Vec<Value<'a>>>),
    Tuple(&'v [Value<'a>]),
}

impl<'a> Deref for Slice<'_, 'a> {
    type Target = [Value<'a>];

    fn deref(&self) -> &[Value<'a>] {
        match self {
            Self::List(items) => items,
            Self::Tuple(items) => items,
        }
    }
}

/// `functools.partial(..)`.
#[derive(Debug)]
pub(super) struct Partial<'a> {
    pub(super) function: Value<'a>,
    pub(super) bound: Arguments<'a>,
}

/// A string.
#[derive(Debug, Clone)]
pub(super) struct Text<'a> {
    /// The text, with [`HOLE`] for unknown parts.
    pub(super) value: Cow<'a, str>,
    /// Offset in the revision file of the first byte, where the literal shows the text byte by byte.
    pub(super) origin: Option<u32>,
    /// Whether it holds unknown parts.
    pub(super) dynamic: bool,
}

/// A list that code may change.
#[derive(Debug)]
pub(super) struct Sequence<'a> {
    pub(super) items: RefCell<Vec<Value<'a>>>,
    /// Each item may be absent.
    pub(super) uncertain: Cell<bool>,
    /// There may be items that are not known.
    pub(super) open: Cell<bool>,
    /// How deep in undecided code it was made.
    pub(super) level: u32,
}

/// A dictionary that code may change.
#[derive(Debug)]
pub(super) struct Mapping<'a> {
    pub(super) entries: RefCell<Vec<(Value<'a>, Value<'a>)>>,
    /// There may be entries that are not known, or known ones may be absent.
    pub(super) open: Cell<bool>,
    /// How deep in undecided code it was made.
    pub(super) level: u32,
}

/// The result of calling something outside the project.
#[derive(Debug)]
pub(super) struct Object<'a> {
    /// Path of what was called; for methods of objects, their callee and the method.
    pub(super) callee: Path,
    /// The object whose method was called.
    pub(super) receiver: Option<Value<'a>>,
    pub(super) arguments: Arguments<'a>,
}

/// Arguments of a call.
#[derive(Debug, Default, Clone)]
pub(super) struct Arguments<'a> {
    pub(super) positional: Vec<Value<'a>>,
    pub(super) keywords: Vec<(Cow<'a, str>, Value<'a>)>,
    /// `*unknown` or `**unknown` was given.
    pub(super) open: bool,
}

impl<'a> Arguments<'a> {
    pub(super) fn of(positional: Vec<Value<'a>>) -> Self {
        Self { positional, keywords: Vec::new(), open: false }
    }

    pub(super) fn keyword(&self, name: &str) -> Option<&Value<'a>> {
        self.keywords.iter().find(|(key, _)| &**key == name).map(|(_, value)| value)
    }

    /// The argument at a position, or by its name.
    pub(super) fn get(&self, position: usize, name: &str) -> Option<&Value<'a>> {
        self.positional.get(position).or_else(|| self.keyword(name))
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.positional.len() + self.keywords.len()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Value<'a>> {
        self.positional.iter().chain(self.keywords.iter().map(|(_, value)| value))
    }
}

/// A function or lambda of the project.
#[derive(Debug)]
pub(super) struct Function<'a> {
    pub(super) name: &'a str,
    pub(super) parameters: Option<&'a Parameters>,
    pub(super) body: FunctionBody<'a>,
    pub(super) scope: Rc<Scope<'a>>,
    pub(super) is_async: bool,
    pub(super) binding: Binding,
    /// Decorated with `contextlib.contextmanager`.
    pub(super) is_context_manager: bool,
    /// The `def` header or the lambda.
    pub(super) span: Span,
}

/// What a function in a class is bound to when it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Binding {
    /// The instance.
    Instance,
    /// The class: `@classmethod`.
    Class,
    /// Nothing: `@staticmethod`.
    Nothing,
    /// The instance, and it is called by naming it: `@property`.
    Property,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum FunctionBody<'a> {
    Suite(&'a [Stmt]),
    Lambda(&'a Expr),
}

/// A class of the project.
#[derive(Debug)]
pub(super) struct Class<'a> {
    pub(super) name: &'a str,
    pub(super) attributes: Rc<Scope<'a>>,
    pub(super) bases: Vec<Value<'a>>,
    /// Classes of the project that it inherits from, in the order in which they are asked.
    pub(super) ancestors: Vec<Rc<Class<'a>>>,
    pub(super) is_enum: bool,
    /// Annotated names in order: the parameters of a data class or named tuple.
    pub(super) fields: Vec<&'a str>,
    /// Assigned names in order: the members of an enum.
    pub(super) members: Vec<&'a str>,
}

impl<'a> Class<'a> {
    /// An attribute of the class or of a base class of the project.
    pub(super) fn attribute(&self, name: &str) -> Option<Value<'a>> {
        self.attributes
            .own(name)
            .or_else(|| self.ancestors.iter().find_map(|class| class.attributes.own(name)))
    }

    /// The classes of the project among and behind `bases`, each once.
    pub(super) fn ancestors(bases: &[Value<'a>]) -> Vec<Rc<Self>> {
        let mut all: Vec<Rc<Self>> = Vec::new();
        for base in bases {
            let Value::Class(base) = base else { continue };
            for class in std::iter::once(base).chain(&base.ancestors) {
                if all.len() < MAX_ANCESTORS && !all.iter().any(|known| Rc::ptr_eq(known, class)) {
                    all.push(Rc::clone(class));
                }
            }
        }
        all
    }
}

/// An instance of a class of the project.
#[derive(Debug)]
pub(super) struct Instance<'a> {
    pub(super) class: Rc<Class<'a>>,
    pub(super) attributes: Rc<Scope<'a>>,
}

/// A method with what it is a method of.
#[derive(Debug)]
pub(super) struct Method<'a> {
    pub(super) receiver: Value<'a>,
    pub(super) name: Box<str>,
}

/// What a batch object works on.
#[derive(Debug)]
pub(super) struct Batch<'a> {
    pub(super) table: Value<'a>,
    pub(super) schema: Value<'a>,
    /// `recreate="always"`.
    pub(super) recreate: bool,
}

impl<'a> Value<'a> {
    pub(super) fn str(text: impl Into<Cow<'a, str>>) -> Self {
        let value = text.into();
        let dynamic = holds_hole(&value);
        Self::Str(Rc::new(Text { value, origin: None, dynamic }))
    }

    pub(super) fn path(path: &str) -> Self {
        Self::Path(Path::new(path))
    }

    /// `receiver.name`, not called yet.
    pub(super) fn method(receiver: Self, name: &str) -> Self {
        Self::Method(Rc::new(Method { receiver, name: name.into() }))
    }

    /// `path.name`.
    pub(super) fn dotted(path: &str, name: &str) -> Self {
        if path.len() > MAX_PATH { Self::Unknown } else { Self::Path(Path::dotted(path, name)) }
    }

    /// The items, where exactly these are there.
    pub(super) fn exact_items(&self) -> Option<Slice<'_, 'a>> {
        match self {
            Self::Tuple(items) => Some(Slice::Tuple(items)),
            Self::List(list) if !list.open.get() && !list.uncertain.get() => {
                Some(Slice::List(list.items.borrow()))
            }
            _ => None,
        }
    }

    /// Whether it may hold other values.
    pub(super) const fn holds_values(&self) -> bool {
        matches!(
            self,
            Self::List(_)
                | Self::Tuple(_)
                | Self::Dict(_)
                | Self::Object(_)
                | Self::Class(_)
                | Self::Instance(_)
                | Self::Method(_)
                | Self::Partial(_)
                | Self::Batch(_)
                | Self::OneOf(_)
        )
    }

    /// What it is, as far as directives ask.
    pub(super) fn given(&self) -> Option<Given<'_>> {
        match self {
            Self::Str(text) if !text.dynamic => Some(Given::Text(&text.value)),
            Self::List(_) => Some(Given::List),
            Self::Dict(_) => Some(Given::Dictionary),
            Self::Object(object) => Some(Given::Object(&object.callee)),
            _ => None,
        }
    }

    pub(super) fn list(items: Vec<Value<'a>>, level: u32) -> Self {
        Self::List(Rc::new(Sequence {
            items: RefCell::new(items),
            uncertain: Cell::new(false),
            open: Cell::new(false),
            level,
        }))
    }

    pub(super) fn dict(entries: Vec<(Value<'a>, Value<'a>)>, open: bool, level: u32) -> Self {
        Self::Dict(Rc::new(Mapping { entries: RefCell::new(entries), open: Cell::new(open), level }))
    }

    /// The text, if it is a wholly known string.
    pub(super) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) if !text.dynamic => Some(&text.value),
            _ => None,
        }
    }

    /// Whether it is true, if that is known.
    pub(super) fn truth(&self) -> Option<bool> {
        match self {
            Self::None => Some(false),
            Self::Bool(value) => Some(*value),
            Self::Int(value) => Some(*value != 0),
            Self::Float(value) => Some(*value != 0.0),
            Self::Str(text) => {
                (!text.dynamic || text.value.len() > HOLE.len()).then(|| !text.value.is_empty())
            }
            Self::List(list) => {
                let empty = list.items.borrow().is_empty();
                let known = !list.uncertain.get() && (!empty || !list.open.get());
                known.then_some(!empty)
            }
            Self::Tuple(items) => Some(!items.is_empty()),
            Self::Dict(dict) => (!dict.open.get()).then(|| !dict.entries.borrow().is_empty()),
            Self::Function(_)
            | Self::Class(_)
            | Self::Module(_)
            | Self::Connection
            | Self::DriverConnection
            | Self::Context => Some(true),
            Self::OneOf(values) => {
                let mut truths = values.iter().map(Value::truth);
                let first = truths.next()??;
                truths.all(|truth| truth == Some(first)).then_some(first)
            }
            _ => None,
        }
    }

    /// Whether both are surely equal (`Some(true)`), surely different, or not comparable here.
    pub(super) fn equals(&self, other: &Self, budget: &Budget) -> Option<bool> {
        self.equals_at(other, budget, 0)
    }

    fn equals_at(&self, other: &Self, budget: &Budget, depth: u32) -> Option<bool> {
        if depth > MAX_COMPARED_DEPTH || !budget.afford(1) {
            return None;
        }
        match (self, other) {
            (Self::Unknown | Self::OneOf(_), _) | (_, Self::Unknown | Self::OneOf(_)) => None,
            (Self::None, Self::None) => Some(true),
            (Self::Bool(a), Self::Bool(b)) => Some(a == b),
            (Self::Int(a), Self::Int(b)) => Some(a == b),
            (Self::Str(a), Self::Str(b)) => {
                let is_known = !a.dynamic && !b.dynamic;
                let is_same = || a.value.len() == b.value.len() && a.value == b.value;
                (is_known && budget.afford_text(a.value.len().min(b.value.len()))).then(is_same)
            }
            (Self::Tuple(a), Self::Tuple(b)) => {
                if a.len() != b.len() {
                    return Some(false);
                }
                let mut all = Some(true);
                for (a, b) in a.iter().zip(b.iter()) {
                    match a.equals_at(b, budget, depth + 1) {
                        Some(false) => return Some(false),
                        None => all = None,
                        Some(true) => {}
                    }
                }
                all
            }
            (Self::None, Self::Str(_) | Self::Int(_) | Self::Bool(_) | Self::Tuple(_) | Self::List(_))
            | (Self::Str(_) | Self::Int(_) | Self::Bool(_) | Self::Tuple(_) | Self::List(_), Self::None)
            | (Self::Str(_), Self::Int(_))
            | (Self::Int(_), Self::Str(_)) => Some(false),
            _ if self.is_same(other) => Some(true),
            _ => None,
        }
    }

    /// Whether both are one and the same, as far as that matters for joining alternatives.
    fn is_same(&self, other: &Self) -> bool {
        let mut looks = MAX_LOOKS;
        self.is_same_within(other, &mut looks)
    }

    fn is_same_within(&self, other: &Self, looks: &mut u32) -> bool {
        let Some(left) = looks.checked_sub(1) else { return false };
        *looks = left;
        match (self, other) {
            (Self::Unknown, Self::Unknown)
            | (Self::None, Self::None)
            | (Self::Connection, Self::Connection)
            | (Self::DriverConnection, Self::DriverConnection)
            | (Self::Context, Self::Context) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a.to_bits() == b.to_bits(),
            (Self::Str(a), Self::Str(b)) => {
                Rc::ptr_eq(a, b) || a.value.len() <= MAX_COMPARED_TEXT && a.value == b.value
            }
            (Self::Path(a), Self::Path(b)) => a == b,
            (Self::List(a), Self::List(b)) => Rc::ptr_eq(a, b),
            (Self::Dict(a), Self::Dict(b)) => Rc::ptr_eq(a, b),
            (Self::Object(a), Self::Object(b)) => Rc::ptr_eq(a, b),
            (Self::Function(a), Self::Function(b)) => Rc::ptr_eq(a, b),
            (Self::Class(a), Self::Class(b)) => Rc::ptr_eq(a, b),
            (Self::Instance(a), Self::Instance(b)) => Rc::ptr_eq(a, b),
            (Self::Module(a), Self::Module(b)) => Rc::ptr_eq(a, b),
            (Self::Batch(a), Self::Batch(b)) => Rc::ptr_eq(a, b),
            (Self::OneOf(a), Self::OneOf(b)) => a.is_same_as(b),
            (Self::Tuple(a), Self::Tuple(b)) => {
                let mut all = || a.iter().zip(b.iter()).all(|(a, b)| a.is_same_within(b, looks));
                a.is_same_as(b) || a.len() == b.len() && all()
            }
            _ => false,
        }
    }

    /// The alternatives; a plain value is its only one.
    pub(super) fn alternatives(&self) -> &[Value<'a>] {
        match self {
            Self::OneOf(values) => values,
            _ => std::slice::from_ref(self),
        }
    }

    /// One of the given values.
    pub(super) fn one_of(values: impl IntoIterator<Item = Value<'a>>) -> Self {
        let mut values = values.into_iter();
        let Some(first) = values.next() else { return Self::Unknown };
        let Some(second) = values.next() else { return first };
        let mut all: Vec<Value<'a>> = Vec::new();
        for value in [first, second].into_iter().chain(values) {
            for alternative in value.alternatives() {
                if !all.iter().any(|known| known.is_same(alternative)) {
                    if all.len() == MAX_ALTERNATIVES {
                        return Self::Unknown;
                    }
                    all.push(alternative.clone());
                }
            }
        }
        match all.len() {
            1 => all.pop().unwrap_or(Self::Unknown),
            _ => Self::OneOf(all.into()),
        }
    }
}

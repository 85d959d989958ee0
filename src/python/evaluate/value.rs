//! Python values as far as they are known without running anything.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use ruff_python_ast::{Expr, Parameters, Stmt};

use super::path::Path;
use super::scope::Scope;
use crate::operation::{Given, HOLE, holds_hole};
use crate::source::Span;

/// How many alternatives a value may have before it counts as unknown.
const MAX_ALTERNATIVES: usize = 8;

/// A value.
#[derive(Debug, Clone)]
pub(super) enum Value<'a> {
    Unknown,
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(Rc<Text<'a>>),
    /// A list or set.
    List(Rc<Sequence<'a>>),
    Tuple(Rc<[Value<'a>]>),
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
    Partial(Rc<Value<'a>>, Rc<Arguments<'a>>),
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
    OneOf(Rc<[Value<'a>]>),
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
    /// Annotated names in order: the parameters of a data class or named tuple.
    pub(super) fields: Vec<&'a str>,
    /// Assigned names in order: the members of an enum.
    pub(super) members: Vec<&'a str>,
}

impl<'a> Class<'a> {
    /// An attribute of the class or of a base class of the project.
    pub(super) fn attribute(&self, name: &str) -> Option<Value<'a>> {
        self.attributes.own(name).or_else(|| {
            self.bases.iter().find_map(|base| match base {
                Value::Class(class) => class.attribute(name),
                _ => None,
            })
        })
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
        Self::Path(Path::dotted(path, name))
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
    pub(super) fn equals(&self, other: &Self) -> Option<bool> {
        match (self, other) {
            (Self::Unknown | Self::OneOf(_), _) | (_, Self::Unknown | Self::OneOf(_)) => None,
            (Self::None, Self::None) => Some(true),
            (Self::Bool(a), Self::Bool(b)) => Some(a == b),
            (Self::Int(a), Self::Int(b)) => Some(a == b),
            (Self::Str(a), Self::Str(b)) => (!a.dynamic && !b.dynamic).then(|| a.value == b.value),
            (Self::Tuple(a), Self::Tuple(b)) => {
                if a.len() != b.len() {
                    return Some(false);
                }
                let mut all = Some(true);
                for (a, b) in a.iter().zip(b.iter()) {
                    match a.equals(b) {
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
        match (self, other) {
            (Self::Unknown, Self::Unknown)
            | (Self::None, Self::None)
            | (Self::Connection, Self::Connection)
            | (Self::DriverConnection, Self::DriverConnection)
            | (Self::Context, Self::Context) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a.to_bits() == b.to_bits(),
            (Self::Str(a), Self::Str(b)) => a.value == b.value,
            (Self::Path(a), Self::Path(b)) => a == b,
            (Self::List(a), Self::List(b)) => Rc::ptr_eq(a, b),
            (Self::Dict(a), Self::Dict(b)) => Rc::ptr_eq(a, b),
            (Self::Object(a), Self::Object(b)) => Rc::ptr_eq(a, b),
            (Self::Function(a), Self::Function(b)) => Rc::ptr_eq(a, b),
            (Self::Class(a), Self::Class(b)) => Rc::ptr_eq(a, b),
            (Self::Instance(a), Self::Instance(b)) => Rc::ptr_eq(a, b),
            (Self::Module(a), Self::Module(b)) => Rc::ptr_eq(a, b),
            (Self::Batch(a), Self::Batch(b)) => Rc::ptr_eq(a, b),
            (Self::OneOf(a), Self::OneOf(b)) => Rc::ptr_eq(a, b),
            (Self::Tuple(a), Self::Tuple(b)) => {
                a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| a.is_same(b))
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
                    all.push(alternative.clone());
                }
            }
        }
        match all.len() {
            1 => all.pop().unwrap_or(Self::Unknown),
            2..=MAX_ALTERNATIVES => Self::OneOf(all.into()),
            _ => Self::Unknown,
        }
    }
}

//! Namespaces: modules, functions, classes, instances.

use std::cell::RefCell;
use std::rc::Rc;

use rustc_hash::{FxBuildHasher, FxHashMap};

use super::value::Value;

/// The names of a scope at one moment.
pub(super) type Names<'a> = FxHashMap<&'a str, Value<'a>>;

/// A namespace with the one around it.
#[derive(Debug)]
pub(super) struct Scope<'a> {
    names: RefCell<Names<'a>>,
    parent: Option<Rc<Scope<'a>>>,
    /// Names that `global` or `nonlocal` sends elsewhere.
    elsewhere: RefCell<FxHashMap<&'a str, Rc<Scope<'a>>>>,
    /// Modules whose names `from x import *` brought in.
    stars: RefCell<Vec<Rc<str>>>,
    /// The module the code stands in.
    pub(super) module: ModuleId,
}

/// Which file code stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ModuleId {
    /// The revision that is read.
    Revision,
    /// A module of the project.
    Project {
        /// Dotted name.
        name: Rc<str>,
        /// Whether it is a package's `__init__.py`.
        is_package: bool,
    },
}

impl<'a> Scope<'a> {
    /// The outermost scope of a module.
    pub(super) fn of_module(module: ModuleId) -> Rc<Self> {
        // The imports, identifiers and functions of a revision fit in; growing moves them each time.
        const USUAL: usize = 14;
        Rc::new(Self {
            names: RefCell::new(Names::with_capacity_and_hasher(USUAL, FxBuildHasher)),
            parent: None,
            elsewhere: RefCell::default(),
            stars: RefCell::default(),
            module,
        })
    }

    /// A scope inside this one.
    pub(super) fn nested(self: &Rc<Self>) -> Rc<Self> {
        Rc::new(Self {
            names: RefCell::default(),
            parent: Some(Rc::clone(self)),
            elsewhere: RefCell::default(),
            stars: RefCell::default(),
            module: self.module.clone(),
        })
    }

    /// The module's outermost scope.
    pub(super) fn root(self: &Rc<Self>) -> Rc<Self> {
        let mut scope = Rc::clone(self);
        while let Some(parent) = scope.parent.clone() {
            scope = parent;
        }
        scope
    }

    /// Whether it is a module's outermost scope.
    pub(super) const fn is_root(&self) -> bool {
        self.parent.is_none()
    }

    /// A name bound in this very scope.
    pub(super) fn own(&self, name: &str) -> Option<Value<'a>> {
        self.names.borrow().get(name).cloned()
    }

    /// A name bound here or further out.
    pub(super) fn get(&self, name: &str) -> Option<Value<'a>> {
        if let Some(value) = self.names.borrow().get(name) {
            return Some(value.clone());
        }
        self.parent.as_ref()?.get(name)
    }

    /// Binds a name, where `global` and `nonlocal` say so.
    pub(super) fn set(&self, name: &'a str, value: Value<'a>) {
        let elsewhere = self.elsewhere.borrow().get(name).map(Rc::clone);
        if let Some(scope) = elsewhere {
            scope.set(name, value);
        } else {
            let mut names = self.names.borrow_mut();
            names.insert(name, value);
        }
    }

    /// `global name`.
    pub(super) fn declare_global(self: &Rc<Self>, name: &'a str) {
        // In the module itself it says nothing.
        if !self.is_root() {
            self.elsewhere.borrow_mut().insert(name, self.root());
        }
    }

    /// `nonlocal name`.
    pub(super) fn declare_nonlocal(&self, name: &'a str) {
        if let Some(scope) = self.parent.as_ref().and_then(|parent| parent.holder(name)) {
            self.elsewhere.borrow_mut().insert(name, scope);
        }
    }

    /// The scope, this one or further out, that binds a name.
    fn holder(self: &Rc<Self>, name: &str) -> Option<Rc<Self>> {
        if self.names.borrow().contains_key(name) {
            return Some(Rc::clone(self));
        }
        self.parent.as_ref()?.holder(name)
    }

    /// `from module import *` of a module outside the project.
    pub(super) fn add_star(&self, module: &str) {
        self.stars.borrow_mut().push(module.into());
    }

    /// The modules of star imports here and further out.
    pub(super) fn stars(&self) -> Vec<Rc<str>> {
        let mut all = self.stars.borrow().clone();
        if let Some(parent) = &self.parent {
            all.extend(parent.stars());
        }
        all
    }

    /// All names as they stand.
    pub(super) fn snapshot(&self) -> Names<'a> {
        self.names.borrow().clone()
    }

    /// Puts names back.
    pub(super) fn restore(&self, names: Names<'a>) {
        *self.names.borrow_mut() = names;
    }

    /// Forgets all names.
    pub(super) fn clear(&self) {
        // Values are dropped after the borrow ends: one of them may hold this scope.
        let names = self.names.take();
        let elsewhere = self.elsewhere.take();
        drop((names, elsewhere));
    }

    /// Moves the values of a scope, and of those around it, that nobody else holds to `open`.
    pub(super) fn release(scope: &mut Rc<Self>, open: &mut Vec<Value<'a>>) {
        let mut current = Rc::get_mut(scope);
        while let Some(scope) = current {
            open.extend(scope.names.take().into_values());
            current = scope.parent.as_mut().and_then(Rc::get_mut);
        }
    }

    /// How many names are bound in this very scope.
    pub(super) fn len(&self) -> usize {
        self.names.borrow().len()
    }

    /// Whether a name is bound in this very scope, as the text that lives as long as the module.
    pub(super) fn own_name(&self, name: &str) -> Option<&'a str> {
        self.names.borrow().get_key_value(name).map(|(name, _)| *name)
    }

    /// Goes on with what several ways through the code left behind.
    pub(super) fn join(&self, ways: Vec<Names<'a>>) {
        let mut ways = ways.into_iter();
        let Some(mut joined) = ways.next() else { return };
        for way in ways {
            for (name, value) in way {
                match joined.get_mut(name) {
                    Some(slot) => *slot = Value::one_of([slot.clone(), value]),
                    None => {
                        joined.insert(name, value);
                    }
                }
            }
        }
        self.restore(joined);
    }
}

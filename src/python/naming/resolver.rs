//! What names of `env.py` and of the project's modules stand for, through imports, attributes and base classes. Knows
//! nothing of conventions.

use std::cell::RefCell;

use ruff_python_ast::{Expr, ExprCall, ModModule, Stmt, StmtClassDef};
use ruff_python_parser::Parsed;

use super::MAX_STEPS;
use crate::python::{Module, Modules};

/// A place where names are looked up.
#[derive(Clone, Copy)]
pub(super) enum Place<'m> {
    Environment,
    Module(&'m str, &'m Module<'m>),
}

/// What a name stands for.
pub(super) enum Meaning<'m> {
    /// An expression of a module.
    Expression(&'m Expr, Place<'m>),
    /// A class of the project.
    Class(&'m StmtClassDef, Place<'m>),
    /// A module of the project.
    Module(Place<'m>),
    /// A dotted path outside the project.
    Foreign(String),
    Unknown,
}

/// `env.py` with the project's modules that it may import.
pub(super) struct Resolver<'m> {
    pub(super) text: &'m str,
    environment: &'m Parsed<ModModule>,
    modules: &'m Modules<'m>,
    /// The imported names being resolved, as module and name: imports may lead back to where they began.
    importing: RefCell<Vec<(&'m str, &'m str)>>,
}

impl<'m> Resolver<'m> {
    pub(super) fn new(text: &'m str, environment: &'m Parsed<ModModule>, modules: &'m Modules<'m>) -> Self {
        Self { text, environment, modules, importing: RefCell::default() }
    }

    pub(super) fn suite(&self, place: Place<'m>) -> &'m [Stmt] {
        match place {
            Place::Environment => self.environment.suite(),
            Place::Module(_, module) => module.parsed().map_or(&[], |parsed| parsed.tree.suite()),
        }
    }

    pub(super) fn places(&self) -> impl Iterator<Item = Place<'m>> {
        let modules = self.modules.modules.iter().map(|(name, module)| Place::Module(name, module));
        modules.chain([Place::Environment])
    }

    pub(super) fn text_of(&self, place: Place<'m>) -> &'m str {
        match place {
            Place::Environment => self.text,
            Place::Module(_, module) => module.file.text(),
        }
    }

    /// The value that a module gives a name last, at its top level.
    pub(super) fn last_value(&self, place: Place<'m>, name: &str) -> Option<&'m Expr> {
        self.suite(place).iter().rev().find_map(|statement| value_for(statement, name))
    }

    fn meaning(&self, place: Place<'m>, name: &'m str) -> Meaning<'m> {
        for statement in self.suite(place).iter().rev() {
            if let Some(value) = value_for(statement, name) {
                return Meaning::Expression(value, place);
            }
            match statement {
                Stmt::ClassDef(class) if class.name.as_str() == name => return Meaning::Class(class, place),
                Stmt::ImportFrom(import) => {
                    let Some(module) = Self::absolute(place, import.level, import.module.as_deref()) else {
                        continue;
                    };
                    for alias in &import.names {
                        let bound = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
                        if bound == name {
                            return self.imported(&module, alias.name.as_str());
                        }
                    }
                }
                Stmt::Import(import) => {
                    for alias in &import.names {
                        let path = alias.name.as_str();
                        let bound = alias.asname.as_ref().map_or_else(
                            || path.split('.').next().unwrap_or(path),
                            ruff_python_ast::Identifier::as_str,
                        );
                        if bound == name {
                            let whole = if alias.asname.is_some() { path } else { bound };
                            return self.module(whole);
                        }
                    }
                }
                _ => {}
            }
        }
        Meaning::Unknown
    }

    fn module(&self, path: &str) -> Meaning<'m> {
        match self.modules.get(path) {
            Some((name, module)) => Meaning::Module(Place::Module(name, module)),
            None => Meaning::Foreign(path.to_owned()),
        }
    }

    /// `from module import name`.
    fn imported(&self, module: &str, name: &'m str) -> Meaning<'m> {
        match self.modules.get(module) {
            Some((path, found)) => self.attribute(Place::Module(path, found), name),
            None => self.module(&format!("{module}.{name}")),
        }
    }

    /// `module.name` as Python finds it: what the module binds, otherwise the module below it. While a package imports
    /// a name from itself, it does not have the name yet.
    fn attribute(&self, place: Place<'m>, name: &'m str) -> Meaning<'m> {
        let Place::Module(path, _) = place else { return self.meaning(place, name) };
        let begun = self.importing.borrow().len();
        let bound = if begun > MAX_STEPS || self.importing.borrow().contains(&(path, name)) {
            Meaning::Unknown
        } else {
            self.importing.borrow_mut().push((path, name));
            let bound = self.meaning(place, name);
            self.importing.borrow_mut().truncate(begun);
            bound
        };
        match bound {
            Meaning::Unknown => self.module(&format!("{path}.{name}")),
            bound => bound,
        }
    }

    /// The module that an import names; `None` for a relative one out of nowhere.
    fn absolute(place: Place<'m>, level: u32, module: Option<&str>) -> Option<String> {
        let module = module.unwrap_or_default();
        if level == 0 {
            return Some(module.to_owned());
        }
        let Place::Module(name, found) = place else { return None };
        let mut base = name;
        for step in 0..level {
            if step > 0 || !found.is_package {
                base = base.rsplit_once('.')?.0;
            }
        }
        Some(if module.is_empty() { base.to_owned() } else { format!("{base}.{module}") })
    }

    /// The last part of what is called.
    pub(super) fn called(&self, call: &'m ExprCall, place: Place<'m>) -> Option<&'m str> {
        match &*call.func {
            Expr::Attribute(attribute) => Some(attribute.attr.as_str()),
            Expr::Name(name) => match self.meaning(place, name.id.as_str()) {
                Meaning::Foreign(path) if path.rsplit('.').next() != Some(name.id.as_str()) => None,
                Meaning::Foreign(_) | Meaning::Unknown => Some(name.id.as_str()),
                _ => None,
            },
            _ => None,
        }
    }

    /// What a name or an attribute stands for, through the project's modules, classes and bases.
    pub(super) fn value_of(&self, expression: &'m Expr, place: Place<'m>, steps: usize) -> Meaning<'m> {
        if steps > MAX_STEPS {
            return Meaning::Unknown;
        }
        match expression {
            Expr::Name(name) => self.meaning(place, name.id.as_str()),
            Expr::Attribute(attribute) => {
                let name = attribute.attr.as_str();
                match self.value_of(&attribute.value, place, steps + 1) {
                    Meaning::Module(inner) => self.attribute(inner, name),
                    Meaning::Class(class, inner) => self.of_class(class, inner, name, steps + 1),
                    Meaning::Expression(Expr::Call(call), inner) if name == "metadata" => {
                        self.of_base(call, inner)
                    }
                    Meaning::Expression(value @ (Expr::Name(_) | Expr::Attribute(_)), inner) => {
                        match self.value_of(value, inner, steps + 1) {
                            Meaning::Class(class, inner) => self.of_class(class, inner, name, steps + 1),
                            Meaning::Module(inner) => self.attribute(inner, name),
                            Meaning::Foreign(path) => Meaning::Foreign(format!("{path}.{name}")),
                            _ => Meaning::Unknown,
                        }
                    }
                    Meaning::Foreign(path) => match self.module(&format!("{path}.{name}")) {
                        Meaning::Foreign(_) => Meaning::Foreign(format!("{path}.{name}")),
                        known => known,
                    },
                    _ => Meaning::Unknown,
                }
            }
            _ => Meaning::Unknown,
        }
    }

    /// An attribute of a class, its own or that of the first base that has it.
    fn of_class(&self, class: &'m StmtClassDef, place: Place<'m>, name: &str, steps: usize) -> Meaning<'m> {
        if let Some(value) = class.body.iter().rev().find_map(|statement| value_for(statement, name)) {
            return Meaning::Expression(value, place);
        }
        if steps > MAX_STEPS {
            return Meaning::Unknown;
        }
        let bases = class.arguments.as_deref().map_or(&[][..], |arguments| &arguments.args);
        for base in bases {
            match self.value_of(base, place, steps + 1) {
                Meaning::Class(base, inner) => return self.of_class(base, inner, name, steps + 1),
                Meaning::Foreign(path) => return Meaning::Foreign(format!("{path}.{name}")),
                Meaning::Expression(Expr::Call(call), inner) if name == "metadata" => {
                    return self.of_base(call, inner);
                }
                _ => {}
            }
        }
        Meaning::Unknown
    }

    /// The metadata of `declarative_base(metadata=..)` and of Flask's `SQLAlchemy(metadata=..)`.
    fn of_base(&self, call: &'m ExprCall, place: Place<'m>) -> Meaning<'m> {
        match self.called(call, place) {
            Some("declarative_base" | "SQLAlchemy" | "automap_base" | "registry") => {
                match keyword(call, "metadata") {
                    Some(metadata) => Meaning::Expression(metadata, place),
                    None => Meaning::Foreign("sqlalchemy.metadata".to_owned()),
                }
            }
            _ => Meaning::Unknown,
        }
    }
}

/// The value that a statement gives a name.
fn value_for<'m>(statement: &'m Stmt, name: &str) -> Option<&'m Expr> {
    let is_it = |target: &Expr| target.as_name_expr().is_some_and(|target| target.id.as_str() == name);
    match statement {
        Stmt::Assign(assign) if assign.targets.iter().any(is_it) => Some(&assign.value),
        Stmt::AnnAssign(assign) if is_it(&assign.target) => assign.value.as_deref(),
        _ => None,
    }
}

/// The value of a keyword argument.
pub(super) fn keyword<'m>(call: &'m ExprCall, name: &str) -> Option<&'m Expr> {
    let mut keywords = call.arguments.keywords.iter();
    keywords.find(|keyword| keyword.arg.as_deref() == Some(name)).map(|keyword| &keyword.value)
}

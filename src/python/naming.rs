//! The naming convention that `env.py` gives Alembic with its `target_metadata`. Runs nothing.

use ruff_python_ast::{Expr, ExprCall, ModModule, Stmt, StmtClassDef};
use ruff_python_parser::Parsed;

use super::{Module, Modules, parse};
use crate::project::NamingConvention;
use crate::source::{Role, SourceFile};

/// How many steps lead from `target_metadata` to the metadata; more are a circle.
const MAX_STEPS: usize = 40;

/// Reads the `env.py` of a script directory and the modules of the project that it names.
pub fn naming_convention(files: &[SourceFile], directory: usize) -> NamingConvention {
    let mut own = files.iter().filter(|file| file.directory == directory);
    let Some(environment) = own.find(|file| file.role == Role::Environment) else {
        return NamingConvention::None;
    };
    let (Some(parsed), _) = parse::parse(environment.text()) else { return NamingConvention::Unknown };
    let modules = Modules::new(files, directory);
    let resolver = Resolver { environment: &parsed, modules: &modules };
    resolver.convention()
}

/// A place where names are looked up.
#[derive(Clone, Copy)]
enum Place<'m> {
    Environment,
    Module(&'m str, &'m Module<'m>),
}

/// What a name stands for.
enum Meaning<'m> {
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

struct Resolver<'m> {
    environment: &'m Parsed<ModModule>,
    modules: &'m Modules<'m>,
}

impl<'m> Resolver<'m> {
    fn suite(&self, place: Place<'m>) -> &'m [Stmt] {
        match place {
            Place::Environment => self.environment.suite(),
            Place::Module(_, module) => module.parsed().map_or(&[], |parsed| parsed.tree.suite()),
        }
    }

    fn convention(&self) -> NamingConvention {
        let target = self.last_value(Place::Environment, "target_metadata");
        // Without one at the top level it is given to `context.configure` in a way that is not followed.
        let Some(target) = target else { return self.unless_silent(NamingConvention::None) };
        let set = self.set_afterwards();
        match self.metadata(target, Place::Environment, 0) {
            Some(of_metadata) => set.unwrap_or(of_metadata),
            None => set.unwrap_or_else(|| self.unless_silent(NamingConvention::Unknown)),
        }
    }

    /// Where nothing that was read speaks of a convention, there is most likely none; else nobody knows.
    fn unless_silent(&self, otherwise: NamingConvention) -> NamingConvention {
        let speaks =
            self.modules.modules.values().any(|module| module.file.text().contains("naming_convention"));
        if speaks { NamingConvention::Unknown } else { otherwise }
    }

    /// `metadata.naming_convention = ..` in `env.py` or a module that was read; several must agree.
    fn set_afterwards(&self) -> Option<NamingConvention> {
        let modules = self.modules.modules.iter().map(|(name, module)| Place::Module(name, module));
        let mut found: Option<NamingConvention> = None;
        for place in modules.chain([Place::Environment]) {
            for statement in self.suite(place) {
                let Stmt::Assign(assign) = statement else { continue };
                let is_set = assign.targets.iter().any(
                    |target| matches!(target, Expr::Attribute(attribute) if attribute.attr.as_str() == "naming_convention"),
                );
                if is_set {
                    let convention = self.templates(&assign.value, place, 0);
                    found = match found {
                        Some(other) if other != convention => Some(NamingConvention::Unknown),
                        _ => Some(convention),
                    };
                }
            }
        }
        found
    }

    /// The value that a module gives a name last, at its top level.
    fn last_value(&self, place: Place<'m>, name: &str) -> Option<&'m Expr> {
        self.suite(place).iter().rev().find_map(|statement| value_for(statement, name))
    }

    fn meaning(&self, place: Place<'m>, name: &str) -> Meaning<'m> {
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

    fn imported(&self, module: &str, name: &str) -> Meaning<'m> {
        match self.modules.get(module) {
            Some((path, found)) => match self.meaning(Place::Module(path, found), name) {
                Meaning::Unknown => self.module(&format!("{module}.{name}")),
                meaning => meaning,
            },
            None => self.module(&format!("{module}.{name}")),
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

    /// The convention of the metadata that an expression gives; `None` where it is not known which metadata it is.
    fn metadata(&self, expression: &'m Expr, place: Place<'m>, steps: usize) -> Option<NamingConvention> {
        if steps > MAX_STEPS {
            return None;
        }
        match expression {
            Expr::NoneLiteral(_) => Some(NamingConvention::None),
            Expr::Name(_) | Expr::Attribute(_) => match self.value_of(expression, place, steps + 1) {
                Meaning::Expression(value, place) => self.metadata(value, place, steps + 1),
                // A library's own metadata has no convention of the project's, but for what is set afterwards.
                Meaning::Foreign(path) if path.ends_with(".metadata") => Some(NamingConvention::None),
                _ => None,
            },
            Expr::Call(call) => self.made(call, place, steps + 1),
            _ => None,
        }
    }

    /// `MetaData(..)`.
    fn made(&self, call: &'m ExprCall, place: Place<'m>, steps: usize) -> Option<NamingConvention> {
        if self.called(call, place) != Some("MetaData")
            || call.arguments.keywords.iter().any(|keyword| keyword.arg.is_none())
        {
            return None;
        }
        Some(match keyword(call, "naming_convention") {
            Some(templates) => self.templates(templates, place, steps),
            None => NamingConvention::None,
        })
    }

    /// The last part of what is called.
    fn called(&self, call: &'m ExprCall, place: Place<'m>) -> Option<&'m str> {
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
    fn value_of(&self, expression: &'m Expr, place: Place<'m>, steps: usize) -> Meaning<'m> {
        if steps > MAX_STEPS {
            return Meaning::Unknown;
        }
        match expression {
            Expr::Name(name) => self.meaning(place, name.id.as_str()),
            Expr::Attribute(attribute) => {
                let name = attribute.attr.as_str();
                match self.value_of(&attribute.value, place, steps + 1) {
                    Meaning::Module(inner) => self.meaning(inner, name),
                    Meaning::Class(class, inner) => self.of_class(class, inner, name, steps + 1),
                    Meaning::Expression(Expr::Call(call), inner) if name == "metadata" => {
                        self.of_base(call, inner)
                    }
                    Meaning::Expression(value @ (Expr::Name(_) | Expr::Attribute(_)), inner) => {
                        match self.value_of(value, inner, steps + 1) {
                            Meaning::Class(class, inner) => self.of_class(class, inner, name, steps + 1),
                            Meaning::Module(inner) => self.meaning(inner, name),
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

    /// The templates of a dictionary of strings.
    fn templates(&self, expression: &'m Expr, place: Place<'m>, steps: usize) -> NamingConvention {
        if steps > MAX_STEPS {
            return NamingConvention::Unknown;
        }
        let text = |expression: &Expr| {
            expression.as_string_literal_expr().map(|text| text.value.to_str().to_owned())
        };
        let pairs: Option<Vec<(Box<str>, Box<str>)>> = match expression {
            Expr::Dict(dict) => dict
                .items
                .iter()
                .map(|item| Some((text(item.key.as_ref()?)?.into(), text(&item.value)?.into())))
                .collect(),
            Expr::Call(call) if call.func.as_name_expr().is_some_and(|name| name.id.as_str() == "dict") => {
                call.arguments
                    .keywords
                    .iter()
                    .map(|keyword| {
                        Some((keyword.arg.as_ref()?.as_str().into(), text(&keyword.value)?.into()))
                    })
                    .collect()
            }
            Expr::Name(_) | Expr::Attribute(_) => {
                return match self.value_of(expression, place, steps + 1) {
                    Meaning::Expression(value, place) => self.templates(value, place, steps + 1),
                    _ => NamingConvention::Unknown,
                };
            }
            _ => None,
        };
        pairs.map_or(NamingConvention::Unknown, NamingConvention::Known)
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

fn keyword<'m>(call: &'m ExprCall, name: &str) -> Option<&'m Expr> {
    let mut keywords = call.arguments.keywords.iter();
    keywords.find(|keyword| keyword.arg.as_deref() == Some(name)).map(|keyword| &keyword.value)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::source::{Applied, Encoding};

    fn file(path: &str, role: Role, text: &str) -> SourceFile {
        SourceFile {
            path: path.into(),
            location: PathBuf::from(path),
            directory: 0,
            role,
            text: Ok(text.into()),
            encoding: Encoding::Utf8,
            selected: false,
            applied: Applied::No,
        }
    }

    fn read(environment: &str, modules: &[(&str, &str)]) -> NamingConvention {
        let mut files = vec![file("env.py", Role::Environment, environment)];
        files.extend(modules.iter().map(|(name, text)| {
            file(&format!("{}.py", name.replace('.', "/")), Role::Module((*name).into()), text)
        }));
        naming_convention(&files, 0)
    }

    fn one() -> NamingConvention {
        NamingConvention::Known(vec![("pk".into(), "pk_%(table_name)s".into())])
    }

    const CONVENTION: &str = "CONVENTION = {'pk': 'pk_%(table_name)s'}\n";

    #[test]
    fn the_forms_that_projects_use() {
        let in_place = "target_metadata = MetaData(naming_convention={'pk': 'pk_%(table_name)s'})";
        assert_eq!(read(in_place, &[]), one());
        let base = format!(
            "{CONVENTION}class Base(DeclarativeBase):\n    metadata = MetaData(naming_convention=CONVENTION)\n"
        );
        let environment = "from app.db import Base\ntarget_metadata = Base.metadata\n";
        assert_eq!(read(environment, &[("app.db", &base)]), one());
        let inherited = format!("{base}class Model(Base):\n    __abstract__ = True\n");
        let environment = "from app import db\ntarget_metadata = db.Model.metadata\n";
        assert_eq!(read(environment, &[("app.db", &inherited), ("app", "")]), one());
        let declarative =
            format!("{CONVENTION}Base = declarative_base(metadata=MetaData(naming_convention=CONVENTION))\n");
        let environment = "from app.db import Base as B\ntarget_metadata = B.metadata\n";
        assert_eq!(read(environment, &[("app.db", &declarative)]), one());
        let again = "from .base import Base\n";
        let environment = "from app.models import Base\ntarget_metadata = Base.metadata\n";
        assert_eq!(read(environment, &[("app.models", again), ("app.base", &base)]), one());
    }

    #[test]
    fn a_convention_that_is_set_afterwards() {
        let environment = "from sqlmodel import SQLModel\nfrom app.names import CONVENTION\n\
                           target_metadata = SQLModel.metadata\ntarget_metadata.naming_convention = CONVENTION\n";
        assert_eq!(read(environment, &[("app.names", CONVENTION)]), one());
        assert_eq!(read(environment, &[]), NamingConvention::Unknown, "the module was not found");
    }

    #[test]
    fn without_a_convention() {
        for environment in [
            "target_metadata = None\n",
            "from sqlmodel import SQLModel\ntarget_metadata = SQLModel.metadata\n",
            "from sqlalchemy import MetaData\ntarget_metadata = MetaData()\n",
            "context.configure(connection=connection)\n",
        ] {
            assert_eq!(read(environment, &[]), NamingConvention::None, "{environment}");
        }
        let base = "class Base(DeclarativeBase):\n    pass\n";
        let environment = "from app.db import Base\ntarget_metadata = Base.metadata\n";
        assert_eq!(
            read(environment, &[("app.db", base)]),
            NamingConvention::Unknown,
            "DeclarativeBase comes from nowhere"
        );
        let base = format!("from sqlalchemy.orm import DeclarativeBase\n{base}");
        assert_eq!(read(environment, &[("app.db", &base)]), NamingConvention::None);
    }

    #[test]
    fn what_cannot_be_read_is_not_known() {
        for environment in [
            "from app.db import Base\ntarget_metadata = make(Base)\n",
            "target_metadata = MetaData(naming_convention={'pk': make})\n",
            "target_metadata = MetaData(**options)\n",
            "target_metadata = target_metadata\n",
        ] {
            assert_eq!(read(environment, &[]), NamingConvention::Unknown, "{environment}");
        }
    }
}

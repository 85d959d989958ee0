//! The naming convention that `env.py` gives Alembic with its `target_metadata`. Runs nothing.

mod resolver;

use ruff_python_ast::{Expr, ExprCall, Stmt};
use ruff_text_size::Ranged;

use self::resolver::{Meaning, Place, Resolver, keyword};
use super::{Modules, parse};
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
    let resolver = Resolver::new(environment.text(), &parsed, &modules);
    resolver.convention()
}

impl<'m> Resolver<'m> {
    fn convention(&self) -> NamingConvention {
        let target = self.last_value(Place::Environment, "target_metadata");
        let found = match target {
            // It may be given to `context.configure` alone.
            None => Some(NamingConvention::None),
            Some(target) => self.metadata(target, Place::Environment, 0),
        };
        let set = target.and_then(|target| self.set_afterwards(target));
        match (set.or(found), target) {
            (None, _) => NamingConvention::Unknown,
            (Some(NamingConvention::None), Some(Expr::NoneLiteral(_))) if self.is_set_once() => {
                NamingConvention::None
            }
            // Something speaks of a convention, in a way that was not followed.
            (Some(NamingConvention::None), _) if self.speaks_of_one() => NamingConvention::Unknown,
            (Some(_), _) if !self.is_set_once() || self.is_changed() => NamingConvention::Unknown,
            (Some(convention), _) => convention,
        }
    }

    fn speaks_of_one(&self) -> bool {
        self.places().any(|place| self.text_of(place).contains("naming_convention"))
    }

    /// Whether `env.py` has no more than one line that sets `target_metadata`, at the top level.
    fn is_set_once(&self) -> bool {
        let sets = |line: &&str| {
            let rest = line.trim_start().strip_prefix("target_metadata").map(str::trim_start);
            rest.is_some_and(|rest| {
                (rest.starts_with('=') && !rest.starts_with("==")) || rest.starts_with(':')
            }) && !line.contains("=target_metadata")
        };
        let lines = self.text.lines().filter(sets).count();
        lines == usize::from(self.last_value(Place::Environment, "target_metadata").is_some())
    }

    /// Whether a convention is changed after it was made: an item of it is set, or another metadata's is.
    fn is_changed(&self) -> bool {
        let is_item = |target: &Expr| {
            let key = target.as_subscript_expr().and_then(|target| target.slice.as_string_literal_expr());
            key.is_some_and(|key| ["pk", "fk", "uq", "ck", "ix"].contains(&key.value.to_str()))
        };
        self.places().any(|place| {
            let own = self.suite(place).iter().filter(|statement| convention_of(statement).is_some()).count();
            let items = self.suite(place).iter().any(
                |statement| matches!(statement, Stmt::Assign(assign) if assign.targets.iter().any(is_item)),
            );
            let text = self.text_of(place);
            let is_set = |at: &usize| {
                let rest = text.get(at + ".naming_convention".len()..).unwrap_or_default().trim_start();
                rest.starts_with('=') && !rest.starts_with("==")
            };
            items || text.match_indices(".naming_convention").map(|(at, _)| at).filter(is_set).count() != own
        })
    }

    /// `target_metadata.naming_convention = ..`, or the same of what `target_metadata` is set to; unknown where another
    /// metadata's is set, which may be the same by another name.
    fn set_afterwards(&self, target: &'m Expr) -> Option<NamingConvention> {
        let target = target.range();
        let own = self.text.get(target.start().to_usize()..target.end().to_usize()).unwrap_or_default();
        let mut found: Option<NamingConvention> = None;
        for place in self.places() {
            for statement in self.suite(place) {
                let Some((metadata, value)) = convention_of(statement) else { continue };
                let range = metadata.range();
                let whose = self
                    .text_of(place)
                    .get(range.start().to_usize()..range.end().to_usize())
                    .unwrap_or_default();
                let is_own =
                    whose == own || (whose == "target_metadata" && matches!(place, Place::Environment));
                let convention =
                    if is_own { self.templates(value, place, 0) } else { NamingConvention::Unknown };
                found = match found {
                    Some(other) if other != convention => Some(NamingConvention::Unknown),
                    _ => Some(convention),
                };
            }
        }
        found
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
                Meaning::Foreign(path) if path.ends_with(".metadata") => {
                    let library = path.split('.').next().unwrap_or_default();
                    ["sqlalchemy", "sqlmodel"].contains(&library).then_some(NamingConvention::None)
                }
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
            Expr::Call(call)
                if call.arguments.args.is_empty()
                    && call.func.as_name_expr().is_some_and(|name| name.id.as_str() == "dict") =>
            {
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

/// The metadata and the value of `metadata.naming_convention = ..`.
fn convention_of(statement: &Stmt) -> Option<(&Expr, &Expr)> {
    let Stmt::Assign(assign) = statement else { return None };
    let [Expr::Attribute(target)] = assign.targets.as_slice() else { return None };
    (target.attr.as_str() == "naming_convention").then_some((&*target.value, &*assign.value))
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
    fn a_package_that_imports_from_itself() {
        let base =
            format!("{CONVENTION}Base = declarative_base(metadata=MetaData(naming_convention=CONVENTION))\n");
        let models = ("app.models", base.as_str());
        for package in
            ["from app import models\n", "from . import models\n", "from app import models as models\n", ""]
        {
            for environment in [
                "from app import models\ntarget_metadata = models.Base.metadata\n",
                "import app.models\ntarget_metadata = app.models.Base.metadata\n",
                "import app.models as m\ntarget_metadata = m.Base.metadata\n",
            ] {
                assert_eq!(read(environment, &[("app", package), models]), one(), "{package}{environment}");
            }
        }
        let environment = "from app import Base\ntarget_metadata = Base.metadata\n";
        for modules in [
            [("app", "from app import Base\n"), models],
            [("app", "from app.other import Base\n"), ("app.other", "from app import Base\n")],
            [("app", "from app import Base as Model\nfrom app import Model as Base\n"), models],
        ] {
            assert_eq!(read(environment, &modules), NamingConvention::Unknown, "{modules:?}");
        }
        let imports: Vec<_> = (0..5_000).map(|i| format!("from app import b{} as b{i}\n", i + 1)).collect();
        let long = imports.concat();
        let environment = "from app import b0\ntarget_metadata = b0.metadata\n";
        assert_eq!(read(environment, &[("app", &long)]), NamingConvention::Unknown);
    }

    #[test]
    fn what_cannot_be_read_is_not_known() {
        for environment in [
            "from app.db import Base\ntarget_metadata = make(Base)\n",
            "target_metadata = MetaData(naming_convention={'pk': make})\n",
            "target_metadata = MetaData(**options)\n",
            "target_metadata = target_metadata\n",
            "context.configure(target_metadata=MetaData(naming_convention={'pk': 'x'}))\n",
            "target_metadata = None\nif x:\n    target_metadata = MetaData(naming_convention={'pk': 'x'})\n",
            "from sqlmodel import SQLModel\ntarget_metadata = SQLModel.metadata\nif x:\n    SQLModel.metadata.naming_convention = y\n",
            "from elsewhere import Base\ntarget_metadata = Base.metadata\n",
            "target_metadata = MetaData(naming_convention={'pk': 'x'})\nother.naming_convention = {'pk': 'y'}\n",
            "c = {'pk': 'x'}\nc['pk'] = 'y'\ntarget_metadata = MetaData(naming_convention=c)\n",
            "target_metadata = MetaData(naming_convention=dict(BASE, pk='x'))\n",
        ] {
            assert_eq!(read(environment, &[]), NamingConvention::Unknown, "{environment}");
        }
    }
}

//! Where `env.py` says that Alembic keeps its state: `context.configure(version_table=.., version_table_schema=..)`.
//! Runs nothing.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, ExprCall, Identifier, Stmt};
use ruff_text_size::Ranged;
use rustc_hash::FxHashMap;

use super::parse;

/// What an `env.py` sets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConfiguredTable {
    /// `version_table`.
    pub name: Configured,
    /// `version_table_schema`.
    pub schema: Configured,
}

/// A keyword argument of `context.configure`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Configured {
    /// It is not given, or `None`: Alembic's default holds.
    #[default]
    Default,
    /// This text.
    Text(Box<str>),
    /// Only running `env.py` would tell; the value as source text.
    Unknown(Box<str>),
}

/// Reads the text of an `env.py`; several calls (offline and online) count when they agree.
pub fn version_table(text: &str) -> ConfiguredTable {
    let (Some(parsed), _) = parse::parse(text) else { return ConfiguredTable::default() };
    let mut calls = Calls { text, constants: constants(parsed.suite()), name: None, schema: None };
    parsed.suite().iter().for_each(|statement| calls.visit_stmt(statement));
    ConfiguredTable { name: calls.name.unwrap_or_default(), schema: calls.schema.unwrap_or_default() }
}

/// The names that the module binds once, to a value.
fn constants(suite: &[Stmt]) -> FxHashMap<&str, Option<&Expr>> {
    let mut constants: FxHashMap<&str, Option<&Expr>> = FxHashMap::default();
    for statement in suite {
        let (target, value) = match statement {
            Stmt::Assign(assign) => match assign.targets.as_slice() {
                [target] => (target, &*assign.value),
                _ => continue,
            },
            Stmt::AnnAssign(assign) => match &assign.value {
                Some(value) => (&*assign.target, &**value),
                None => continue,
            },
            _ => continue,
        };
        if let Expr::Name(name) = target {
            constants.entry(&name.id).and_modify(|known| *known = None).or_insert(Some(value));
        }
    }
    constants
}

struct Calls<'a> {
    text: &'a str,
    constants: FxHashMap<&'a str, Option<&'a Expr>>,
    name: Option<Configured>,
    schema: Option<Configured>,
}

impl<'a> Calls<'a> {
    fn take(&mut self, call: &'a ExprCall) {
        for keyword in &call.arguments.keywords {
            let value = self.value(&keyword.value);
            match keyword.arg.as_ref().map(Identifier::as_str) {
                Some("version_table") => self.name = Some(agreed(self.name.take(), value)),
                Some("version_table_schema") => self.schema = Some(agreed(self.schema.take(), value)),
                _ => {}
            }
        }
    }

    fn value(&self, expression: &'a Expr) -> Configured {
        match expression {
            Expr::StringLiteral(literal) => Configured::Text(literal.value.to_str().into()),
            Expr::NoneLiteral(_) => Configured::Default,
            Expr::Name(name) => match self.constants.get(name.id.as_str()) {
                Some(Some(value)) if !value.is_name_expr() => self.value(value),
                _ => self.unknown(expression),
            },
            _ => self.unknown(expression),
        }
    }

    fn unknown(&self, expression: &Expr) -> Configured {
        Configured::Unknown(parse::span(expression.range()).of(self.text).into())
    }
}

fn agreed(before: Option<Configured>, now: Configured) -> Configured {
    match (before, now) {
        (None, now) => now,
        (Some(before), now) if before == now => now,
        (Some(unknown @ Configured::Unknown(_)), _) | (_, unknown @ Configured::Unknown(_)) => unknown,
        (Some(Configured::Text(text)), _) | (_, Configured::Text(text)) => Configured::Unknown(text),
        (Some(Configured::Default), Configured::Default) => Configured::Default,
    }
}

impl<'a> Visitor<'a> for Calls<'a> {
    fn visit_expr(&mut self, expression: &'a Expr) {
        if let Expr::Call(call) = expression
            && let Expr::Attribute(function) = &*call.func
            && function.attr.as_str() == "configure"
        {
            self.take(call);
        }
        visitor::walk_expr(self, expression);
    }
}

#[cfg(test)]
mod tests {
    use super::{Configured, ConfiguredTable, version_table};

    fn text(text: &str) -> Configured {
        Configured::Text(text.into())
    }

    #[test]
    fn keyword_arguments_of_configure_are_read() {
        let read = version_table(
            "from alembic import context\nSCHEMA: str = 'app'\ndef offline():\n    context.configure(url=url, \
             version_table='v' 'er', version_table_schema=SCHEMA)\ndef online():\n    with engine.connect() as c:\n        \
             context.configure(connection=c, version_table='ver', version_table_schema=SCHEMA)\n",
        );
        assert_eq!(read, ConfiguredTable { name: text("ver"), schema: text("app") });
        assert_eq!(version_table("context.configure(url=u)\n"), ConfiguredTable::default());
        assert_eq!(version_table("context.configure(version_table_schema=None)"), ConfiguredTable::default());
        assert_eq!(version_table("def (:\n"), ConfiguredTable::default());
    }

    #[test]
    fn what_only_the_running_env_py_knows_is_unknown() {
        let name = |text: &str| version_table(text).name;
        let unknown = |text: &str| Configured::Unknown(text.into());
        assert_eq!(name("context.configure(version_table=f'{p}_v')"), unknown("f'{p}_v'"));
        assert_eq!(name("context.configure(version_table=name)"), unknown("name"));
        assert_eq!(name("T = 'a'\nT = 'b'\ncontext.configure(version_table=T)"), unknown("T"));
        assert_eq!(
            name("context.configure(version_table='a')\ncontext.configure(version_table='b')"),
            unknown("a")
        );
    }
}

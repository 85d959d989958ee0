//! Values as Python source, in the words of one file: its aliases, its quotes. Knows no directive.

use std::collections::BTreeSet;

use crate::operation::{Argument, Call, Dialect, last_part};
use crate::revision::{BoundName, ModuleNames, Revision};

/// Writes values for one file, and notes the import lines that they need.
#[derive(Debug)]
pub struct Writer<'a> {
    names: &'a ModuleNames,
    quote: char,
    imports: BTreeSet<String>,
}

impl<'a> Writer<'a> {
    /// A writer for a file with this text.
    pub fn new(revision: &'a Revision, text: &str) -> Self {
        Self { names: &revision.names, quote: quote_of(text), imports: BTreeSet::new() }
    }

    /// The import lines that the file lacks for what was written, sorted.
    pub fn imports(&self) -> impl Iterator<Item = &str> {
        self.imports.iter().map(String::as_str)
    }

    /// A string literal.
    pub fn text(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len() + 2);
        // Of both kinds the one that needs no escapes.
        let other = if self.quote == '"' { '\'' } else { '"' };
        let quote = if text.contains(self.quote) && !text.contains(other) { other } else { self.quote };
        out.push(quote);
        for char in text.chars() {
            match char {
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                char if char == quote => {
                    out.push('\\');
                    out.push(char);
                }
                char if char.is_control() => {
                    let code = format!("\\x{:02x}", u32::from(char));
                    out.push_str(&code);
                }
                char => out.push(char),
            }
        }
        out.push(quote);
        out
    }

    /// A name as it is in the database: `op.f(..)` keeps a naming convention from it.
    pub fn final_name(&mut self, name: &str, has_convention: bool) -> Option<String> {
        let text = self.text(name);
        if !has_convention {
            return Some(text);
        }
        Some(format!("{}.f({text})", self.path("alembic.op")?))
    }

    /// A list of string literals.
    pub fn texts<'t>(&self, texts: impl IntoIterator<Item = &'t str>) -> String {
        let texts: Vec<_> = texts.into_iter().map(|text| self.text(text)).collect();
        format!("[{}]", texts.join(", "))
    }

    /// A value; `None` where it is not wholly known.
    pub fn value(&mut self, argument: &Argument) -> Option<String> {
        Some(match argument {
            Argument::None => "None".to_owned(),
            Argument::Bool(true) => "True".to_owned(),
            Argument::Bool(false) => "False".to_owned(),
            Argument::Int(number) => number.to_string(),
            Argument::Float(number) => format!("{number:?}"),
            Argument::Str(_) => self.text(argument.as_str()?),
            Argument::List(items) => format!("[{}]", self.values(items)?.join(", ")),
            Argument::Dict(entries) => {
                let mut written = Vec::with_capacity(entries.len());
                for (key, value) in entries {
                    written.push(format!("{}: {}", self.value(key)?, self.value(value)?));
                }
                format!("{{{}}}", written.join(", "))
            }
            Argument::Path(path) => self.path(path)?,
            Argument::Call(call) => self.call(call)?,
            Argument::Unknown => return None,
        })
    }

    fn values(&mut self, arguments: &[Argument]) -> Option<Vec<String>> {
        arguments.iter().map(|argument| self.value(argument)).collect()
    }

    fn call(&mut self, call: &Call) -> Option<String> {
        let method = last_part(&call.callee);
        let is_method = matches!(method, "with_variant" | "next_value" | "evolve");
        let (callee, arguments) = match &*call.args {
            [own, rest @ ..] if is_method => (format!("{}.{method}", self.value(own)?), rest),
            arguments => (self.path(&call.callee)?, arguments),
        };
        let mut written = self.values(arguments)?;
        for (key, value) in &call.keywords {
            written.push(format!("{key}={}", self.value(value)?));
        }
        Some(format!("{callee}({})", written.join(", ")))
    }

    /// A type of a column as SQLAlchemy describes it; one that SQL wrote is translated.
    pub fn type_(&mut self, type_: &Argument, dialect: Dialect) -> Option<String> {
        match type_ {
            Argument::Str(_) => {
                let (path, arguments) = type_of_sql(type_.as_str()?, dialect)?;
                Some(format!("{}({arguments})", self.path(&path)?))
            }
            type_ => self.value(type_),
        }
    }

    /// A dotted path by the name that the file has for it; notes the import where it has none.
    pub fn path(&mut self, path: &str) -> Option<String> {
        let bound = self.names.imports.iter().flat_map(|import| &import.bound);
        let reached = bound.filter_map(|bound| reach(bound, path)).max_by_key(|(length, _)| *length);
        if let Some((_, text)) = reached {
            return Some(text);
        }
        let (line, text) = if let Some(rest) = path.strip_prefix("sqlalchemy.dialects.") {
            let dialect = rest.split('.').next()?;
            (format!("from sqlalchemy.dialects import {dialect}"), rest.to_owned())
        } else if let Some(rest) = path.strip_prefix("sqlalchemy.") {
            ("import sqlalchemy as sa".to_owned(), format!("sa.{rest}"))
        } else if let Some(rest) = path.strip_prefix("alembic.") {
            (format!("from alembic import {}", rest.split('.').next()?), rest.to_owned())
        } else {
            let is_class = |part: &&str| part.starts_with(|char: char| char.is_uppercase());
            let module: Vec<_> = path.split('.').take_while(|part| !is_class(part)).collect();
            if module.is_empty() || module.len() == path.split('.').count() {
                return None;
            }
            (format!("import {}", module.join(".")), path.to_owned())
        };
        self.imports.insert(line);
        Some(text)
    }
}

/// How a path is written with a name that an import binds, and how much of it the import stands for.
fn reach(bound: &BoundName, path: &str) -> Option<(usize, String)> {
    match bound {
        BoundName::Module { path: module } => {
            path.strip_prefix(&**module)?.starts_with('.').then(|| (module.len(), path.to_owned()))
        }
        BoundName::Alias { path: of, name } => {
            let rest = path.strip_prefix(&**of)?;
            // `import sqlalchemy as sa` does not load the dialects.
            let is_loaded = !rest.starts_with(".dialects.");
            let is_whole = rest.is_empty() || rest.starts_with('.');
            (is_whole && is_loaded).then(|| (of.len(), format!("{name}{rest}")))
        }
    }
}

/// The quotes that most literals of a text have.
fn quote_of(text: &str) -> char {
    let (mut double, mut single) = (0_usize, 0_usize);
    let mut rest = text.as_bytes();
    while let Some(at) = memchr::memchr2(b'"', b'\'', rest) {
        rest = rest.get(at..).unwrap_or_default();
        match rest {
            [b'"', b'"', b'"', after @ ..] | [b'\'', b'\'', b'\'', after @ ..] => rest = after,
            [quote, after @ ..] => {
                let count = if *quote == b'"' { &mut double } else { &mut single };
                *count += 1;
                rest = after;
            }
            [] => {}
        }
    }
    if double > single { '"' } else { '\'' }
}

/// SQLAlchemy's class for a type of SQL, with its arguments.
fn type_of_sql(sql: &str, dialect: Dialect) -> Option<(String, String)> {
    let text = sql.trim().to_ascii_uppercase();
    let (name, arguments) = match text.split_once('(') {
        Some((name, rest)) => (name.trim(), rest.strip_suffix(')')?.trim()),
        None => (text.as_str(), ""),
    };
    let is_number = arguments.split(',').all(|part| part.trim().parse::<u32>().is_ok());
    if !arguments.is_empty() && !is_number {
        return None;
    }
    let class = match name {
        "SMALLINT" | "INT2" => "sqlalchemy.SmallInteger",
        "INTEGER" | "INT" | "INT4" => "sqlalchemy.Integer",
        "BIGINT" | "INT8" => "sqlalchemy.BigInteger",
        "NUMERIC" | "DECIMAL" => "sqlalchemy.Numeric",
        "REAL" | "FLOAT4" => "sqlalchemy.REAL",
        "DOUBLE PRECISION" | "FLOAT8" | "DOUBLE" => {
            return Some(("sqlalchemy.Float".to_owned(), "53".to_owned()));
        }
        "BOOLEAN" | "BOOL" => "sqlalchemy.Boolean",
        "VARCHAR" | "CHARACTER VARYING" => "sqlalchemy.String",
        "CHAR" | "CHARACTER" => "sqlalchemy.CHAR",
        "TEXT" => "sqlalchemy.Text",
        "DATE" => "sqlalchemy.Date",
        "TIME" | "TIME WITHOUT TIME ZONE" => "sqlalchemy.Time",
        "TIMESTAMP" | "TIMESTAMP WITHOUT TIME ZONE" | "DATETIME" if arguments.is_empty() => {
            "sqlalchemy.DateTime"
        }
        "TIMESTAMPTZ" | "TIMESTAMP WITH TIME ZONE" if arguments.is_empty() => {
            return Some(("sqlalchemy.DateTime".to_owned(), "timezone=True".to_owned()));
        }
        "UUID" if dialect == Dialect::Postgresql => "sqlalchemy.dialects.postgresql.UUID",
        "JSON" => "sqlalchemy.JSON",
        "JSONB" if dialect == Dialect::Postgresql => "sqlalchemy.dialects.postgresql.JSONB",
        "BYTEA" if dialect == Dialect::Postgresql => "sqlalchemy.LargeBinary",
        _ => return None,
    };
    Some((class.to_owned(), arguments.to_owned()))
}

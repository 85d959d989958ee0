//! Import lines: which one a name needs, and whether a file has it. Inserts nothing.

use super::{BoundName, ModuleNames};

/// One import line that configuration or a name in use asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportLine {
    text: String,
    bound: Vec<BoundName>,
}

impl ImportLine {
    /// From a module's path (`geoalchemy2`) or a whole line (`from app import types`).
    pub fn new(entry: &str) -> Self {
        let entry = entry.trim();
        let text = match entry.split_whitespace().next() {
            Some("import" | "from") => entry.to_owned(),
            _ => format!("import {entry}"),
        };
        let bound = bound_by(&text);
        Self { text, bound }
    }

    /// The line.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the module has it, or binds the same names otherwise.
    pub fn is_in(&self, names: &ModuleNames) -> bool {
        let has = |wanted: &BoundName| match wanted {
            BoundName::Module { path } => names.imports_module(path),
            BoundName::Alias { .. } => {
                names.imports.iter().flat_map(|import| &import.bound).any(|bound| bound == wanted)
            }
        };
        self.bound.iter().all(has)
    }

    /// Whether the text of a template has it.
    pub fn is_in_template(&self, text: &str) -> bool {
        let bound: Vec<_> = text.lines().flat_map(bound_by).collect();
        let has = |wanted: &BoundName| match wanted {
            BoundName::Module { path } => bound.iter().any(|bound| loads_below(bound, path)),
            BoundName::Alias { .. } => bound.contains(wanted),
        };
        self.bound.iter().all(has)
    }

    /// The dotted path of what `name` is bound to.
    pub fn origin_of(&self, name: &str) -> Option<String> {
        self.bound.iter().find_map(|bound| match bound {
            BoundName::Module { path } => {
                path.split('.').next().filter(|root| *root == name).map(str::to_owned)
            }
            BoundName::Alias { path, name: alias } => (**alias == *name).then(|| path.to_string()),
        })
    }

    /// The first names of the paths that the line binds under their own name.
    pub fn roots(&self) -> impl Iterator<Item = &str> {
        self.bound.iter().filter_map(|bound| match bound {
            BoundName::Module { path } => path.split('.').next(),
            BoundName::Alias { name, .. } => Some(name),
        })
    }
}

fn loads_below(bound: &BoundName, path: &str) -> bool {
    match bound {
        BoundName::Module { path: loaded } => {
            loaded.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        }
        BoundName::Alias { .. } => false,
    }
}

/// What one line of the plain forms `import a.b [as c], ..` and `from a import b [as c], ..` binds.
fn bound_by(line: &str) -> Vec<BoundName> {
    let line = line.split('#').next().unwrap_or_default().trim_end();
    let (module, names) = if let Some(names) = line.strip_prefix("import ") {
        ("", names)
    } else if let Some((module, names)) =
        line.strip_prefix("from ").and_then(|rest| rest.split_once(" import "))
    {
        (module.trim(), names)
    } else {
        return Vec::new();
    };
    names.split(',').filter_map(|item| bound_item(module, item)).collect()
}

fn bound_item(module: &str, item: &str) -> Option<BoundName> {
    let words: Vec<_> = item.trim_matches(['(', ')', ' ']).split_whitespace().collect();
    let path = |name: &str| if module.is_empty() { name.into() } else { format!("{module}.{name}").into() };
    match words.as_slice() {
        [name] if module.is_empty() => Some(BoundName::Module { path: (*name).into() }),
        [name] => Some(BoundName::Alias { path: path(name), name: (*name).into() }),
        [name, "as", alias] => Some(BoundName::Alias { path: path(name), name: (*alias).into() }),
        _ => None,
    }
}

/// Packages whose types autogenerate writes out by their full path, with the module to import.
const PACKAGES: &[(&str, &str)] = &[
    ("advanced_alchemy", "advanced_alchemy"),
    ("citext", "citext"),
    ("fastapi_users_db_sqlalchemy", "fastapi_users_db_sqlalchemy"),
    ("geoalchemy2", "geoalchemy2"),
    ("pgvector", "pgvector.sqlalchemy"),
    ("snowflake", "snowflake.sqlalchemy.custom_types"),
    ("sqlalchemy_bigquery", "sqlalchemy_bigquery"),
    ("sqlalchemy_file", "sqlalchemy_file"),
    ("sqlalchemy_redshift", "sqlalchemy_redshift.dialect"),
    ("sqlalchemy_utils", "sqlalchemy_utils"),
    ("sqlmodel", "sqlmodel"),
];

/// Modules of the standard library that revisions use.
const STANDARD: &[&str] =
    &["decimal", "enum", "json", "logging", "os", "re", "sys", "textwrap", "time", "typing", "uuid"];

/// The import line that surely defines the first name of `path`, where one is known.
pub fn import_for(path: &str) -> Option<ImportLine> {
    let (root, rest) = path.split_once('.').unwrap_or((path, ""));
    let module = PACKAGES.iter().find(|(package, _)| *package == root).map(|(_, module)| *module);
    let line = match (root, module) {
        (_, Some(module)) => module.to_owned(),
        ("sa", _) => "import sqlalchemy as sa".to_owned(),
        ("op" | "context", _) => format!("from alembic import {root}"),
        ("sqlalchemy" | "alembic", _)
            if rest.is_empty() || rest.chars().next().is_some_and(char::is_uppercase) =>
        {
            root.to_owned()
        }
        ("postgresql" | "mysql" | "sqlite" | "mssql" | "oracle" | "mariadb", _) => {
            format!("from sqlalchemy.dialects import {root}")
        }
        ("datetime", _)
            if matches!(rest.split('.').next(), Some("datetime" | "date" | "timedelta" | "timezone")) =>
        {
            root.to_owned()
        }
        ("Union" | "Optional" | "Any", _) => format!("from typing import {root}"),
        _ if STANDARD.contains(&root) && !rest.is_empty() => root.to_owned(),
        _ => return None,
    };
    Some(ImportLine::new(&line))
}

/// The submodule that `path` needs and that importing its package alone does not load.
pub fn submodule_of(path: &str) -> Option<&'static str> {
    let (_, module) =
        PACKAGES.iter().find(|(package, module)| package != module && starts_path(path, package))?;
    // `import pgvector.sqlalchemy` loads everything below it, whatever the path asks for.
    let first_two =
        module.match_indices('.').nth(1).map_or(*module, |(end, _)| module.get(..end).unwrap_or(module));
    starts_path(path, first_two).then_some(*module)
}

/// Whether `path` is `start` or lies below it.
pub fn starts_path(path: &str, start: &str) -> bool {
    path.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Names that `sqlalchemy` exports and that revisions use without prefix.
const SQLALCHEMY: &str = "ARRAY BIGINT BINARY BLOB BOOLEAN BigInteger Boolean CHAR CLOB CheckConstraint Column Computed DATE \
    DATETIME DDL DECIMAL DOUBLE DOUBLE_PRECISION Date DateTime Double Enum FLOAT FetchedValue Float \
    ForeignKey ForeignKeyConstraint INTEGER Identity Index Integer Interval JSON LargeBinary MetaData \
    NCHAR NUMERIC NVARCHAR Numeric PickleType PrimaryKeyConstraint REAL SMALLINT SmallInteger String \
    TEXT TIME TIMESTAMP Table Text Time UUID Unicode UnicodeText UniqueConstraint Uuid VARBINARY VARCHAR \
    and_ bindparam case cast column delete false func insert literal literal_column not_ null or_ select \
    table text true update";

/// Whether `sqlalchemy` exports the name.
pub fn is_sqlalchemy_name(name: &str) -> bool {
    SQLALCHEMY.split(' ').any(|exported| exported == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(path: &str) -> Option<String> {
        import_for(path).map(|line| line.text().to_owned())
    }

    #[test]
    fn packages_that_autogenerate_renders() {
        assert_eq!(line("pgvector.sqlalchemy.vector.VECTOR").as_deref(), Some("import pgvector.sqlalchemy"));
        assert_eq!(line("geoalchemy2.types.Geometry").as_deref(), Some("import geoalchemy2"));
        assert_eq!(line("postgresql.JSONB").as_deref(), Some("from sqlalchemy.dialects import postgresql"));
        assert_eq!(line("sa.Integer").as_deref(), Some("import sqlalchemy as sa"));
        assert_eq!(line("datetime.now"), None);
        assert_eq!(line("conn.execute"), None);
    }

    #[test]
    fn submodules_that_the_package_does_not_load() {
        assert_eq!(submodule_of("pgvector.sqlalchemy.Vector"), Some("pgvector.sqlalchemy"));
        assert_eq!(submodule_of("pgvector.asyncpg.x"), None);
        assert_eq!(submodule_of("geoalchemy2.types.Geometry"), None);
    }

    #[test]
    fn a_template_has_a_line_in_any_plain_form() {
        let sqlmodel = ImportLine::new("sqlmodel");
        assert!(sqlmodel.is_in_template("import sqlalchemy as sa\nimport sqlmodel  # noqa: F401\n"));
        assert!(sqlmodel.is_in_template("import sqlmodel.sql.sqltypes\n"));
        assert!(!sqlmodel.is_in_template("import sqlmodel as m\n# import sqlmodel\n"));
        assert!(ImportLine::new("from app import types").is_in_template("from app import x, types\n"));
    }
}

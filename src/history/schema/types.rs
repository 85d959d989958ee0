//! Types as the database calls them. Judges no change of type.

use super::model::Fact;
use crate::operation::last_part;
use crate::operation::{Argument, Call, Dialect, sql_identifier};

/// The type that counts for a dialect: `.with_variant(..)` gives others to some. `None` where it is not known.
pub(super) fn for_dialect(type_: &Argument, dialect: Dialect) -> Option<&Argument> {
    let mut type_ = type_;
    while let Argument::Call(call) = type_
        && last_part(&call.callee) == "with_variant"
    {
        let [base, variant, names @ ..] = &*call.args else { return None };
        let is_meant = names.iter().filter_map(Argument::as_str).any(|name| is_called(dialect, name));
        if is_meant {
            return Some(variant);
        }
        type_ = base;
    }
    (*type_ != Argument::Unknown).then_some(type_)
}

/// Whether SQLAlchemy calls the dialect so. MariaDB's is `mysql` with a `mysql://` URL, which nearly all projects have, and
/// `mariadb` with a `mariadb://` URL (`sqlalchemy/dialects/mysql/mariadb.py`).
fn is_called(dialect: Dialect, name: &str) -> bool {
    match dialect {
        Dialect::Postgresql => name == "postgresql",
        Dialect::Mysql => name == "mysql",
        Dialect::Mariadb => matches!(name, "mysql" | "mariadb"),
        Dialect::Sqlite => name == "sqlite",
    }
}

/// Whether a type in SQL is one of PostgreSQL's `serial` types.
pub fn is_serial(text: &str) -> bool {
    ["serial", "bigserial", "smallserial", "serial4", "serial8", "serial2"]
        .iter()
        .any(|serial| text.eq_ignore_ascii_case(serial))
}

/// An enum type of PostgreSQL that a column has.
#[derive(Debug, Clone, PartialEq)]
pub struct EnumType<'a> {
    /// Its name; `None` where it is not known.
    pub name: Option<std::borrow::Cow<'a, str>>,
    /// Its schema; the inner `None` is the default one.
    pub schema: Fact<Option<&'a str>>,
    /// Its labels, in order; `None` where they are not known.
    pub labels: Option<Vec<&'a str>>,
    /// Whether `create_table` makes it: not with `postgresql.ENUM(create_type=False)`. Not known where releases of
    /// SQLAlchemy differ: the generic type took `create_type` for nothing before 2.1, and left types of a `MetaData`
    /// to its `create_all`.
    pub is_created_with_table: Fact<bool>,
}

/// The enum type that a column of this type needs on PostgreSQL; arrays of one included.
pub fn enum_of(type_: &Argument) -> Option<EnumType<'_>> {
    let type_ = for_dialect(type_, Dialect::Postgresql)?;
    let Argument::Call(call) = type_ else { return None };
    match last_part(&call.callee) {
        "ARRAY" => enum_of(call.args.first().or_else(|| call.keyword("item_type"))?),
        "Enum" | "ENUM"
            if call.keyword("native_enum") != Some(&Argument::Bool(false))
                && !call.callee.contains("mysql") =>
        {
            Some(enum_call(call))
        }
        _ => None,
    }
}

fn enum_call(call: &Call) -> EnumType<'_> {
    let of_class = match &*call.args {
        [Argument::Path(class)] => Some(last_part(class)),
        _ => None,
    };
    let name = match call.keyword("name") {
        Some(name) => name.as_str().map(std::borrow::Cow::Borrowed),
        // `sqlalchemy/sql/sqltypes.py`, class Enum: the class's name in lower case.
        None => of_class.map(|class| std::borrow::Cow::Owned(class.to_lowercase())),
    };
    // Without labels the type is made without any, and gets them by ALTER TYPE.
    let labels = call.args.iter().map(Argument::as_str).collect();
    let is_native_known = matches!(call.keyword("native_enum"), None | Some(Argument::Bool(true)));
    EnumType {
        name: name.filter(|_| is_native_known),
        schema: match (call.keyword("inherit_schema"), call.keyword("schema")) {
            (None | Some(Argument::Bool(false)), None | Some(Argument::None)) => Some(None),
            (None | Some(Argument::Bool(false)), Some(schema)) => schema.as_str().map(Some),
            (Some(_), _) => None,
        },
        labels,
        is_created_with_table: is_created_with_table(call),
    }
}

fn is_created_with_table(call: &Call) -> Fact<bool> {
    let is_bound = !matches!(call.keyword("metadata"), None | Some(Argument::None));
    match call.keyword("create_type") {
        _ if is_bound => None,
        None | Some(Argument::Bool(true)) => Some(true),
        Some(Argument::Bool(false)) if last_part(&call.callee) == "ENUM" => Some(false),
        Some(_) => None,
    }
}

/// Whether a column of this type has the type of PostgreSQL that is called so, or an array of it.
pub fn is_of_type(type_: &Argument, name: &str) -> bool {
    enum_of(type_).is_some_and(|found| found.name.as_deref() == Some(name))
        || for_dialect(type_, Dialect::Postgresql)
            .and_then(Argument::as_str)
            .is_some_and(|text| text.trim_end_matches("[]").trim_matches('"').eq_ignore_ascii_case(name))
}

/// The name of the check that a type brings along (`create_constraint=True`), where it brings one.
pub(super) fn check_of(type_: &Argument, dialect: Dialect) -> Fact<Option<&str>> {
    let Argument::Call(call) = for_dialect(type_, dialect)? else { return None };
    if call.keyword("create_constraint") != Some(&Argument::Bool(true)) {
        return None;
    }
    let is_native = match last_part(&call.callee) {
        "Boolean" => matches!(dialect, Dialect::Postgresql),
        "Enum" => dialect != Dialect::Sqlite && call.keyword("native_enum") != Some(&Argument::Bool(false)),
        _ => return None,
    };
    (!is_native).then(|| call.keyword("name").and_then(Argument::as_str))
}

/// A type as the dialect writes it; `None` where that is not known.
pub fn sql_name(type_: &Argument, dialect: Dialect) -> Option<String> {
    let type_ = for_dialect(type_, dialect)?;
    match type_ {
        Argument::Str(_) => type_.as_str().map(sql_text),
        Argument::Path(path) => named(path, &[], &[], dialect),
        Argument::Call(call) => named(&call.callee, &call.args, &call.keywords, dialect),
        _ => None,
    }
}

/// Whether a class is one of SQLAlchemy's, or of a package that names its types as SQL does. Another package, and the project
/// itself, may have a `JSON` or `UUID` of its own that makes something else.
fn is_from_known_package(path: &str) -> bool {
    path.split_once('.').is_some_and(|(package, _)| matches!(package, "sqlalchemy" | "sqlmodel" | "pgvector"))
}

/// A type of SQL text, in the case that SQLAlchemy uses.
fn sql_text(text: &str) -> String {
    if text.contains(['"', '\'', '`']) { text.to_owned() } else { text.to_uppercase() }
}

fn named(
    path: &str,
    args: &[Argument],
    keywords: &[(Box<str>, Argument)],
    dialect: Dialect,
) -> Option<String> {
    if !is_from_known_package(path) {
        return None;
    }
    let class = last_part(path);
    // A class of the project may be called like one of SQLAlchemy and be something else.
    let is_foreign = path.split_once('.').is_some_and(|(root, _)| !matches!(root, "sqlalchemy" | "sqlmodel"));
    if is_foreign && class.bytes().any(|byte| byte.is_ascii_lowercase()) {
        return None;
    }
    let keyword = |name: &str| keywords.iter().find(|(key, _)| &**key == name).map(|(_, value)| value);
    let argument = |at: usize, name: &str| keyword(name).or_else(|| args.get(at));
    let number = |at: usize, name: &str| match argument(at, name) {
        None | Some(Argument::None) => Some(None),
        Some(Argument::Int(number)) => Some(Some(*number)),
        Some(_) => None,
    };
    let sized = |base: &str, at: usize, name: &str| {
        Some(number(at, name)?.map_or_else(|| base.to_owned(), |length| format!("{base}({length})")))
    };
    let mysql = matches!(dialect, Dialect::Mysql | Dialect::Mariadb);
    let postgresql = dialect == Dialect::Postgresql;
    let chosen = |on_postgresql: &str, on_mysql: &str, on_sqlite: &str| {
        let name = if postgresql {
            on_postgresql
        } else if mysql {
            on_mysql
        } else {
            on_sqlite
        };
        Some(name.to_owned())
    };
    match class {
        "BIT" if keyword("varying") == Some(&Argument::Bool(true)) => sized("BIT VARYING", 0, "length"),
        // Of MySQL's own classes, whose numbers may have a width and no sign.
        "INTEGER" | "SMALLINT" | "BIGINT" if mysql && !keywords.is_empty() => {
            named_as_in_sql(class, args, keywords)
        }
        "Integer" | "INTEGER" | "INT" => chosen("INTEGER", "INTEGER", "INTEGER"),
        "SmallInteger" | "SMALLINT" => chosen("SMALLINT", "SMALLINT", "SMALLINT"),
        "BigInteger" | "BIGINT" => chosen("BIGINT", "BIGINT", "BIGINT"),
        // `sqlmodel/sql/sqltypes.py`, `load_dialect_impl`.
        "AutoString" if mysql && number(0, "length")?.is_none() => Some("VARCHAR(255)".to_owned()),
        "String" | "Unicode" | "VARCHAR" | "AutoString" | "NVARCHAR" => sized("VARCHAR", 0, "length"),
        "CHAR" | "NCHAR" => sized("CHAR", 0, "length"),
        "Text" | "UnicodeText" | "TEXT" if mysql => sized("TEXT", 0, "length"),
        "Text" | "UnicodeText" | "TEXT" => Some("TEXT".to_owned()),
        "Boolean" | "BOOLEAN" => chosen("BOOLEAN", "BOOL", "BOOLEAN"),
        "Date" | "DATE" => Some("DATE".to_owned()),
        "DateTime" | "TIMESTAMP" | "Time" | "TIME" | "DATETIME" => {
            let with_zone = match argument(0, "timezone") {
                None | Some(Argument::Bool(false) | Argument::None | Argument::Int(_)) => false,
                Some(Argument::Bool(true)) => true,
                Some(_) => return None,
            };
            let is_time = matches!(class, "Time" | "TIME");
            if postgresql {
                let zone = if with_zone { "WITH TIME ZONE" } else { "WITHOUT TIME ZONE" };
                return Some(format!("{} {zone}", if is_time { "TIME" } else { "TIMESTAMP" }));
            }
            let name = if is_time {
                "TIME"
            } else if class == "TIMESTAMP" {
                "TIMESTAMP"
            } else {
                "DATETIME"
            };
            if mysql { sized(name, usize::MAX, "fsp") } else { Some(name.to_owned()) }
        }
        "Interval" | "INTERVAL" => chosen("INTERVAL", "DATETIME", "DATETIME"),
        // `visit_FLOAT` of `sqlalchemy/sql/compiler.py` writes no precision; PostgreSQL's and MySQL's do.
        "Float" | "FLOAT" if dialect == Dialect::Sqlite => Some("FLOAT".to_owned()),
        "Float" | "FLOAT" => sized("FLOAT", 0, "precision"),
        "Double" | "DOUBLE" | "DOUBLE_PRECISION" => chosen("DOUBLE PRECISION", "DOUBLE", "DOUBLE"),
        "REAL" => Some("REAL".to_owned()),
        "Numeric" | "NUMERIC" | "DECIMAL" => {
            let base = if class == "DECIMAL" { "DECIMAL" } else { "NUMERIC" };
            match (number(0, "precision")?, number(1, "scale")?) {
                (None, _) => Some(base.to_owned()),
                (Some(precision), None) => Some(format!("{base}({precision})")),
                (Some(precision), Some(scale)) => Some(format!("{base}({precision}, {scale})")),
            }
        }
        "LargeBinary" | "BYTEA" => chosen("BYTEA", "BLOB", "BLOB"),
        "Uuid" | "UUID" | "GUID" => chosen("UUID", "CHAR(32)", "CHAR(32)"),
        "ARRAY" => {
            let item = sql_name(argument(0, "item_type")?, dialect)?;
            let dimensions = match number(usize::MAX, "dimensions")? {
                Some(dimensions) => usize::try_from(dimensions).ok()?.min(6),
                None => 1,
            };
            Some(format!("{item}{}", "[]".repeat(dimensions)))
        }
        "Enum" | "ENUM" => enum_name(args, keywords, dialect),
        // `postgresql.TSVECTOR`, `mysql.LONGTEXT`: named as in SQL.
        other if other.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()) => {
            named_as_in_sql(other, args, keywords)
        }
        _ => None,
    }
}

/// A type whose class is called as in SQL, with its length.
fn named_as_in_sql(class: &str, args: &[Argument], keywords: &[(Box<str>, Argument)]) -> Option<String> {
    let mut length = match args {
        [] | [Argument::None | Argument::Bool(_) | Argument::Call(_) | Argument::Path(_)] => None,
        [Argument::Int(length)] => Some(*length),
        _ => return None,
    };
    let (mut is_unsigned, mut is_zerofill) = (false, false);
    for (name, value) in keywords {
        match (&**name, value) {
            ("length" | "dim" | "display_width" | "fsp", Argument::Int(given)) => length = Some(*given),
            ("unsigned", Argument::Bool(given)) => is_unsigned = *given,
            ("zerofill", Argument::Bool(given)) => is_zerofill = *given,
            // The named ones say how Python sees the values, or how they are ordered.
            (_, Argument::None | Argument::Bool(false))
            | ("astext_type" | "text_type" | "none_as_null" | "charset" | "collation", _) => {}
            _ => return None,
        }
    }
    let length = length.map_or_else(String::new, |length| format!("({length})"));
    let unsigned = if is_unsigned { " UNSIGNED" } else { "" };
    let zerofill = if is_zerofill { " ZEROFILL" } else { "" };
    Some(format!("{class}{length}{unsigned}{zerofill}"))
}

fn enum_name(args: &[Argument], keywords: &[(Box<str>, Argument)], dialect: Dialect) -> Option<String> {
    let keyword = |name: &str| keywords.iter().find(|(key, _)| &**key == name).map(|(_, value)| value);
    let is_native = keyword("native_enum") != Some(&Argument::Bool(false));
    let labels =
        || args.iter().map(Argument::as_str).collect::<Option<Vec<_>>>().filter(|all| !all.is_empty());
    match dialect {
        Dialect::Postgresql if is_native => match (keyword("name"), args) {
            (Some(name), _) => name.as_str().map(postgresql_name),
            (None, [Argument::Path(class)]) => Some(postgresql_name(&last_part(class).to_lowercase())),
            (None, _) => None,
        },
        Dialect::Mysql | Dialect::Mariadb if is_native => {
            let quoted: Vec<_> =
                labels()?.iter().map(|label| format!("'{}'", label.replace('\'', "''"))).collect();
            Some(format!("ENUM({})", quoted.join(",")))
        }
        _ => match keyword("length") {
            Some(Argument::Int(length)) => Some(format!("VARCHAR({length})")),
            Some(_) => None,
            None => Some(format!("VARCHAR({})", labels()?.iter().map(|label| label.chars().count()).max()?)),
        },
    }
}

fn postgresql_name(name: &str) -> String {
    sql_identifier(name, Dialect::Postgresql)
}

/// Whether two types, as [`sql_name`] gives them, are one.
pub(super) fn are_equal(one: &str, other: &str) -> bool {
    fn plain(text: &str) -> String {
        let text: String =
            text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_uppercase();
        match text.as_str() {
            "INT" | "INT4" | "SERIAL" => "INTEGER".to_owned(),
            "INT8" | "BIGSERIAL" => "BIGINT".to_owned(),
            "INT2" | "SMALLSERIAL" => "SMALLINT".to_owned(),
            "BOOL" => "BOOLEAN".to_owned(),
            "TIMESTAMPTZ" => "TIMESTAMPWITHTIMEZONE".to_owned(),
            "TIMESTAMP" => "TIMESTAMPWITHOUTTIMEZONE".to_owned(),
            "FLOAT" | "FLOAT8" => "DOUBLEPRECISION".to_owned(),
            _ => text.replace("CHARACTERVARYING", "VARCHAR").replace("DECIMAL", "NUMERIC"),
        }
    }
    plain(one) == plain(other)
}

//! Names as the database folds them. Knows no objects.

use std::borrow::Cow;

use super::model::{TableKey, Text};
use crate::operation::{Dialect, Name, TableName};

/// A name as the database keeps it; `sql` is the text it was written in, where it was SQL.
///
/// PostgreSQL folds unquoted names to lower case; SQLAlchemy quotes names that are not in lower case. MySQL and
/// SQLite keep a name as it is written.
pub(super) fn folded<'a>(name: &'a str, sql: Option<&str>, dialect: Dialect) -> Text<'a> {
    let is_folded = dialect == Dialect::Postgresql
        && name.bytes().any(|byte| byte.is_ascii_uppercase())
        && sql.is_some_and(|sql| !sql.contains(&format!("\"{name}\"")));
    if is_folded { Cow::Owned(name.to_ascii_lowercase()) } else { Cow::Borrowed(name) }
}

/// A known name of an operation.
pub(super) fn known<'a>(name: &'a Name, sql: Option<&str>, dialect: Dialect) -> Option<Text<'a>> {
    name.known().map(|name| folded(name, sql, dialect))
}

/// A table's key; `None` where the name is not known.
pub(super) fn key_of<'a>(table: &'a TableName, sql: Option<&str>, dialect: Dialect) -> Option<TableKey<'a>> {
    let name = known(&table.name, sql, dialect)?;
    let schema = match &table.schema {
        Name::None => None,
        Name::Unknown => return None,
        Name::Known(schema) => {
            Some(folded(schema, sql, dialect)).filter(|schema| !is_default(schema, dialect))
        }
    };
    Some(TableKey { schema, name })
}

pub(super) fn is_default(schema: &str, dialect: Dialect) -> bool {
    match dialect {
        Dialect::Postgresql => schema == "public",
        Dialect::Sqlite => schema == "main",
        Dialect::Mysql | Dialect::Mariadb => false,
    }
}

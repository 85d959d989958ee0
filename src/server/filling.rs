//! What a column that is added holds in the rows that are there, and what it takes to put it there.

use super::{Family, SqlType, Volatility, Work, volatility};
use crate::history::schema::{is_serial as is_serial_type, sql_name};
use crate::operation::{Argument, Call, Column, Server, ServerDefault, last_part};

/// What a new column holds in the rows that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filling {
    /// NULL.
    Null,
    /// A default, which is the same for all rows or not.
    Default(Volatility),
    /// Numbers of a sequence: `SERIAL`, or `AUTO_INCREMENT`.
    Serial,
    /// Numbers of an identity column.
    Identity,
    /// A value that is computed from other columns and stored.
    Stored,
    /// A value that is computed when it is read.
    Virtual,
}

impl Filling {
    /// What `column` holds; `is_sql` where SQL defines it.
    pub fn of(column: &Column, is_sql: bool, server: Server) -> Self {
        if let Some(computed) = item(column, "Computed") {
            // SQLAlchemy 2.1 leaves the word away where `persisted` is not given: the server's default counts
            // (`sqlalchemy/dialects/postgresql/base.py`, `visit_computed_column`).
            let is_stored = match computed.keyword("persisted") {
                Some(Argument::Bool(is_stored)) => *is_stored,
                _ => server.is_postgresql() && !server.is_postgresql_from(18),
            };
            return if is_stored { Self::Stored } else { Self::Virtual };
        }
        if item(column, "Identity").is_some() && server.is_postgresql() {
            return Self::Identity;
        }
        if is_serial(column, is_sql, server) {
            return Self::Serial;
        }
        match &column.server_default {
            ServerDefault::NotGiven | ServerDefault::None => Self::Null,
            ServerDefault::Value(value) if is_path(value, "FetchedValue") => Self::Null,
            ServerDefault::Value(value) => Self::Default(volatility(value)),
        }
    }

    /// What PostgreSQL does to put it into the rows that are there.
    pub fn postgresql_work(self, server: Server) -> Work {
        match self {
            // From 11 on a default is kept in the catalog: postgresql.org/docs/11/release-11.html.
            Self::Default(_) if !server.is_postgresql_from(11) => Work::Rewrite,
            Self::Null | Self::Virtual | Self::Default(Volatility::Stable) => Work::None,
            Self::Default(Volatility::Unknown) => Work::Unknown,
            Self::Default(Volatility::Volatile) | Self::Serial | Self::Identity | Self::Stored => {
                Work::Rewrite
            }
        }
    }
}

fn is_path(value: &Argument, wanted: &str) -> bool {
    value.path().is_some_and(|path| last_part(path) == wanted)
}

/// The item of this class, which may stand at `server_default` too.
fn item<'a>(column: &'a Column, class: &str) -> Option<&'a Call> {
    let default = match &column.server_default {
        ServerDefault::Value(value) => Some(value),
        ServerDefault::NotGiven | ServerDefault::None => None,
    };
    column.items.iter().chain(default).find_map(|item| match item {
        Argument::Call(call) if last_part(&call.callee) == class => Some(&**call),
        _ => None,
    })
}

/// Whether the database counts: a `serial` type in SQL, else an integer that is the primary key
/// (`sqlalchemy/sql/schema.py`, `_autoincrement_column`).
fn is_serial(column: &Column, is_sql: bool, server: Server) -> bool {
    let Some(type_) = &column.type_ else { return false };
    let option = |name: &str| column.options.iter().find(|(key, _)| &**key == name).map(|(_, value)| value);
    if is_sql {
        let counts_up = option("autoincrement") == Some(&Argument::Bool(true));
        return counts_up || type_.as_str().is_some_and(is_serial_type);
    }
    column.primary_key
        && option("autoincrement") != Some(&Argument::Bool(false))
        && column.server_default == ServerDefault::NotGiven
        && item(column, "ForeignKey").is_none()
        && sql_name(type_, server.dialect)
            .is_some_and(|type_| matches!(SqlType::parse(&type_).family, Family::Integer(_)))
}

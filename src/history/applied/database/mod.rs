//! Applied by a database: what stands in its version table. Only reads, and judges nothing.

#[cfg(feature = "database")]
mod connect;
pub mod url;

use std::time::Duration;

use url::DatabaseUrl;

/// The name Alembic gives its table (`alembic/runtime/migration.py`, `MigrationContext.__init__`).
pub const DEFAULT_TABLE: &str = "alembic_version";

/// Where Alembic keeps what it ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionTable {
    /// The table.
    pub name: String,
    /// Its schema; `None` for the connection's own.
    pub schema: Option<String>,
}

impl VersionTable {
    /// The name for people.
    pub fn shown(&self) -> String {
        match &self.schema {
            Some(schema) => format!("{schema}.{}", self.name),
            None => self.name.clone(),
        }
    }
}

/// What a version table holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DatabaseState {
    /// The identifiers in it, sorted.
    pub heads: Vec<Box<str>>,
    /// Whether there is such a table.
    pub has_table: bool,
}

/// Why a database did not answer. No message has the password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseError {
    /// The program was built without the feature.
    #[error(
        "this alembic-lint was built without the feature `database` and can ask none; install it with default features"
    )]
    NotBuilt,
    /// Nobody answers in time.
    #[error(
        "{database} did not answer within {seconds} s; is it reachable from here? `--database-timeout` waits longer"
    )]
    TimedOut {
        /// The database, without its password.
        database: String,
        /// How long was waited.
        seconds: String,
    },
    /// No connection.
    #[error("no connection to {database}: {reason}")]
    NoConnection {
        /// The database, without its password.
        database: String,
        /// What the system or the server said.
        reason: String,
    },
    /// The table cannot be read.
    #[error("`{table}` of {database} cannot be read: {reason}")]
    Unreadable {
        /// The database, without its password.
        database: String,
        /// The version table.
        table: String,
        /// What the server said.
        reason: String,
    },
}

/// Reads a version table, within `timeout` altogether.
pub fn read(
    url: &DatabaseUrl,
    table: &VersionTable,
    timeout: Duration,
) -> Result<DatabaseState, DatabaseError> {
    #[cfg(feature = "database")]
    return connect::read(url, table, timeout);
    #[cfg(not(feature = "database"))]
    {
        let _ = (url, table, timeout);
        Err(DatabaseError::NotBuilt)
    }
}

//! Asks one database, over one connection. The only file that knows the database client.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ColumnIndex, ConnectOptions, Connection, Database, Decode, Executor, Row, Type};

use super::url::{Backend, DatabaseUrl};
use super::{DatabaseError, DatabaseState, VersionTable};
use crate::history::applied::percent::encode;

/// A message for people, before the database is named.
enum Failure {
    /// There is no connection.
    Connection(String),
    /// The table cannot be read.
    Table(String),
}

pub(super) fn read(
    url: &DatabaseUrl,
    table: &VersionTable,
    timeout: Duration,
) -> Result<DatabaseState, DatabaseError> {
    let database = format!("the database `{url}`");
    let no_connection = |reason: String| DatabaseError::NoConnection {
        database: database.clone(),
        reason: redact(url, &reason),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| no_connection(error.to_string()))?;
    let answer = runtime.block_on(async { tokio::time::timeout(timeout, ask(url, table, timeout)).await });
    // A name that is being looked up, or a file that is locked, must not be waited for.
    runtime.shutdown_background();
    match answer {
        Err(_) => Err(DatabaseError::TimedOut { database, seconds: timeout.as_secs_f64().to_string() }),
        Ok(Ok(state)) => Ok(state),
        Ok(Err(Failure::Connection(reason))) => Err(no_connection(reason)),
        Ok(Err(Failure::Table(reason))) => {
            Err(DatabaseError::Unreadable { database, table: table.shown(), reason: redact(url, &reason) })
        }
    }
}

/// `text` without the password, where a server or the client should have put it there.
fn redact(url: &DatabaseUrl, text: &str) -> String {
    /// Shorter ones would be found in innocent words.
    const SHORTEST: usize = 4;
    match &url.password {
        Some(password) if password.len() >= SHORTEST => text.replace(password.as_str(), "***"),
        _ => text.to_owned(),
    }
}

async fn ask(url: &DatabaseUrl, table: &VersionTable, timeout: Duration) -> Result<DatabaseState, Failure> {
    match url.backend {
        Backend::Postgresql => {
            let connection = postgresql(url)?.connect().await.map_err(|error| no_connection(&error))?;
            let begin = Some("START TRANSACTION READ ONLY");
            select(connection, begin, &statement(table, '"'), is_missing_in_postgresql).await
        }
        Backend::Mysql => {
            let connection = mysql(url)?.connect().await.map_err(|error| no_connection(&error))?;
            let begin = Some("START TRANSACTION READ ONLY");
            select(connection, begin, &statement(table, '`'), is_missing_in_mysql).await
        }
        Backend::Sqlite => {
            let connection = sqlite(url, timeout)?.connect().await.map_err(|error| no_connection(&error))?;
            select(connection, None, &statement(table, '"'), is_missing_in_sqlite).await
        }
    }
}

fn statement(table: &VersionTable, quote: char) -> String {
    let quoted = |name: &str| format!("{quote}{}{quote}", name.replace(quote, &format!("{quote}{quote}")));
    let schema = table.schema.as_ref().map(|schema| format!("{}.", quoted(schema))).unwrap_or_default();
    format!("SELECT version_num FROM {schema}{}", quoted(&table.name))
}

/// Reads the table. Plain statements are sent, which connection poolers understand as well.
async fn select<C>(
    mut connection: C,
    begin: Option<&'static str>,
    statement: &str,
    is_missing: fn(&sqlx::Error) -> bool,
) -> Result<DatabaseState, Failure>
where
    C: Connection,
    for<'c> &'c mut C: Executor<'c, Database = C::Database>,
    for<'r> String: Decode<'r, C::Database> + Type<C::Database>,
    usize: ColumnIndex<<C::Database as Database>::Row>,
{
    let unreadable = |error: &sqlx::Error| Failure::Table(message(error));
    if let Some(begin) = begin {
        (&mut connection).execute(sqlx::raw_sql(begin)).await.map_err(|error| unreadable(&error))?;
    }
    let query = sqlx::raw_sql(AssertSqlSafe(statement.to_owned()));
    let rows = match (&mut connection).fetch_all(query).await {
        Ok(rows) => rows,
        Err(error) if is_missing(&error) => return Ok(DatabaseState::default()),
        Err(error) => return Err(unreadable(&error)),
    };
    let mut heads = Vec::new();
    for row in rows {
        let head: String = row.try_get_unchecked(0).map_err(|error| unreadable(&error))?;
        heads.push(head.into());
    }
    heads.sort();
    let _ = connection.close().await;
    Ok(DatabaseState { heads, has_table: true })
}

/// `undefined_table` and `invalid_schema_name` (PostgreSQL's documentation, appendix A).
fn is_missing_in_postgresql(error: &sqlx::Error) -> bool {
    code(error).is_some_and(|code| code == "42P01" || code == "3F000")
}

/// `ER_NO_SUCH_TABLE`.
fn is_missing_in_mysql(error: &sqlx::Error) -> bool {
    code(error).is_some_and(|code| code == "42S02")
}

fn is_missing_in_sqlite(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| error.message().starts_with("no such table"))
}

fn code(error: &sqlx::Error) -> Option<String> {
    Some(error.as_database_error()?.code()?.into_owned())
}

fn no_connection(error: &sqlx::Error) -> Failure {
    Failure::Connection(message(error))
}

/// What the server or the system said, without the client's own preface.
fn message(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        sqlx::Error::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            "connection refused: nothing listens there".to_owned()
        }
        sqlx::Error::Io(error) => error.to_string(),
        // MySQL's `caching_sha2_password` sends no password in the clear, and its own encryption is not built in.
        sqlx::Error::Configuration(error) if error.to_string().contains("RSA") => {
            "the server takes this password over an encrypted connection only; add `?ssl_mode=required` to the URL"
                .to_owned()
        }
        other => other.to_string(),
    }
}

fn postgresql(url: &DatabaseUrl) -> Result<PgConnectOptions, Failure> {
    let mut options = defaults(url)?.application_name("alembic-lint");
    if let Some(host) = &url.host {
        options = options.host(host);
    }
    if let Some(port) = url.port {
        options = options.port(port);
    }
    if let Some(user) = &url.user {
        options = options.username(user);
    }
    if let Some(password) = &url.password {
        options = options.password(password);
    }
    if let Some(database) = &url.database {
        options = options.database(database);
    }
    if let Some(mode) = url.parameter(&["sslmode", "ssl"]) {
        options = options.ssl_mode(postgresql_mode(mode)?);
    }
    if let Some(file) = url.parameter(&["sslrootcert"]) {
        options = options.ssl_root_cert(file);
    }
    if let (Some(certificate), Some(key)) = (url.parameter(&["sslcert"]), url.parameter(&["sslkey"])) {
        options = options.ssl_client_cert(certificate).ssl_client_key(key);
    }
    if let Some(settings) = url.parameter(&["options"]) {
        options = options.options(server_settings(settings));
    }
    Ok(options)
}

/// What the environment says (`PGPASSWORD`, ..). Where no password is given, `.pgpass` may have one, for this host.
fn defaults(url: &DatabaseUrl) -> Result<PgConnectOptions, Failure> {
    let Some(host) = url.host.as_deref().filter(|_| url.password.is_none()) else {
        return Ok(if url.password.is_some() {
            PgConnectOptions::new_without_pgpass()
        } else {
            PgConnectOptions::new()
        });
    };
    let port = url.port.map(|port| port.to_string());
    let parameters = [
        ("host", Some(host)),
        ("port", port.as_deref()),
        ("user", url.user.as_deref()),
        ("dbname", url.database.as_deref()),
    ];
    let known: Vec<String> = parameters
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name}={}", encode(value?))))
        .collect();
    let plain = format!("postgres://localhost?{}", known.join("&"));
    PgConnectOptions::from_str(&plain).map_err(|error| no_connection(&error))
}

/// libpq's words, and those of asyncpg's `ssl`.
fn postgresql_mode(mode: &str) -> Result<PgSslMode, Failure> {
    match mode {
        "true" | "True" | "1" => Ok(PgSslMode::Require),
        "false" | "False" | "0" => Ok(PgSslMode::Disable),
        mode => PgSslMode::from_str(mode).map_err(|_| {
            Failure::Connection(format!(
                "`sslmode={mode}` is not known; there is disable, allow, prefer, require, verify-ca, verify-full"
            ))
        }),
    }
}

/// `-c search_path=app -csearch_path=app --search_path=app`, of which only the settings matter here.
fn server_settings(options: &str) -> Vec<(String, String)> {
    let setting = |word: &str| {
        let word = word.strip_prefix("--").or_else(|| word.strip_prefix("-c")).unwrap_or(word);
        let (name, value) = word.split_once('=')?;
        Some((name.to_owned(), value.to_owned()))
    };
    options.split_whitespace().filter_map(setting).collect()
}

fn mysql(url: &DatabaseUrl) -> Result<MySqlConnectOptions, Failure> {
    let mut options = MySqlConnectOptions::new();
    if let Some(host) = &url.host {
        options = options.host(host);
    }
    if let Some(port) = url.port {
        options = options.port(port);
    }
    if let Some(user) = &url.user {
        options = options.username(user);
    }
    if let Some(password) = &url.password {
        options = options.password(password);
    }
    if let Some(database) = &url.database {
        options = options.database(database);
    }
    if let Some(socket) = url.parameter(&["unix_socket"]) {
        options = options.socket(socket);
    }
    if let Some(file) = url.parameter(&["ssl_ca"]) {
        options = options.ssl_ca(file).ssl_mode(MySqlSslMode::VerifyCa);
    }
    if let (Some(certificate), Some(key)) = (url.parameter(&["ssl_cert"]), url.parameter(&["ssl_key"])) {
        options = options.ssl_client_cert(certificate).ssl_client_key(key);
    }
    if url.parameter(&["ssl_disabled"]).is_some_and(|value| ["true", "True", "1"].contains(&value)) {
        options = options.ssl_mode(MySqlSslMode::Disabled);
    }
    if let Some(mode) = url.parameter(&["ssl_mode", "ssl-mode", "sslmode"]) {
        options = options.ssl_mode(MySqlSslMode::from_str(mode).map_err(|_| {
            Failure::Connection(format!(
                "`ssl_mode={mode}` is not known; there is disabled, preferred, required, verify_ca, verify_identity"
            ))
        })?);
    }
    Ok(options)
}

fn sqlite(url: &DatabaseUrl, timeout: Duration) -> Result<SqliteConnectOptions, Failure> {
    let file = PathBuf::from(url.database.as_deref().unwrap_or_default());
    if !file.is_file() {
        return Err(Failure::Connection("there is no such file".to_owned()));
    }
    let options = SqliteConnectOptions::new().read_only(true).create_if_missing(false).busy_timeout(timeout);
    // Where a write-ahead log is usual and there is none, nobody writes; SQLite would make one even to read.
    let mut log = file.as_os_str().to_owned();
    log.push("-wal");
    let is_at_rest = has_write_ahead_log(&file) && !Path::new(&log).exists();
    Ok(options.immutable(is_at_rest).filename(file))
}

/// Whether the file's header asks for one (sqlite.org/fileformat.html, "File format version numbers").
fn has_write_ahead_log(file: &Path) -> bool {
    let mut header = [0; 20];
    let read = File::open(file).and_then(|mut file| file.read_exact(&mut header));
    read.is_ok() && header.ends_with(&[2, 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_taken_out_of_what_others_say() {
        let url = |password: &str| DatabaseUrl::parse(&format!("postgresql://u:{password}@h/d")).unwrap();
        assert_eq!(redact(&url("hunter%2F2"), "no hunter/2 here"), "no *** here");
        assert_eq!(redact(&url("no"), "no connection"), "no connection");
    }

    #[test]
    fn names_are_quoted() {
        let table = |name: &str, schema: Option<&str>| VersionTable {
            name: name.to_owned(),
            schema: schema.map(str::to_owned),
        };
        assert_eq!(
            statement(&table("alembic_version", None), '"'),
            "SELECT version_num FROM \"alembic_version\""
        );
        assert_eq!(statement(&table("a`b", Some("s")), '`'), "SELECT version_num FROM `s`.`a``b`");
    }

    #[test]
    fn settings_of_the_server_are_read_in_each_spelling() {
        for options in
            ["-c search_path=app", "-csearch_path=app", "--search_path=app", "-c  search_path=app -x"]
        {
            assert_eq!(server_settings(options), [("search_path".to_owned(), "app".to_owned())], "{options}");
        }
    }
}

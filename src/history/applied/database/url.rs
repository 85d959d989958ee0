//! A database's URL as SQLAlchemy spells it. Connects to nothing, and never shows the password.
//!
//! The grammar is that of `sqlalchemy/engine/url.py`, `_parse_url`.

use std::fmt;

use crate::history::applied::percent::decode;

/// Which protocol is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Backend {
    Postgresql,
    /// MariaDB as well.
    Mysql,
    Sqlite,
}

/// A URL, read. Its text for people has no password.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl {
    pub(super) backend: Backend,
    /// What stands before `://`, without the driver.
    dialect: String,
    pub(super) user: Option<String>,
    pub(super) password: Option<String>,
    pub(super) host: Option<String>,
    pub(super) port: Option<u16>,
    /// The database; of SQLite the file.
    pub(super) database: Option<String>,
    /// What follows `?`, decoded.
    pub(super) query: Vec<(String, String)>,
}

/// Why a text is no URL that can be used; never the text itself, which may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// It has no `://`.
    #[error(
        "is no database URL; expected one such as `postgresql://user:password@host/database` or `sqlite:///file.db`"
    )]
    NoUrl,
    /// Another database.
    #[error("names the database `{0}`; PostgreSQL, MySQL, MariaDB and SQLite can be asked")]
    Unsupported(String),
    /// The port is no number.
    #[error("has a port that is no number; a `@`, `/` or `:` in the password is written as %40, %2F or %3A")]
    Port,
    /// SQLite in memory.
    #[error("is a SQLite database in memory, which holds nothing")]
    InMemory,
    /// No file for SQLite.
    #[error("names no file; expected `sqlite:///relative.db` or `sqlite:////absolute.db`")]
    NoFile,
}

impl DatabaseUrl {
    /// Reads a URL.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let (scheme, rest) = text.trim().split_once("://").ok_or(UrlError::NoUrl)?;
        let is_name = |text: &str| {
            !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "+_.-".contains(c))
        };
        if !is_name(scheme) {
            return Err(UrlError::NoUrl);
        }
        let (dialect, driver) = scheme.split_once('+').unwrap_or((scheme, ""));
        let dialect = dialect.to_ascii_lowercase();
        let backend = match dialect.as_str() {
            // CockroachDB speaks PostgreSQL's protocol.
            "postgresql" | "postgres" | "cockroachdb" => Backend::Postgresql,
            "mysql" | "mariadb" => Backend::Mysql,
            "sqlite" if !driver.contains("sqlcipher") => Backend::Sqlite,
            _ => return Err(UrlError::Unsupported(scheme.to_owned())),
        };
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let query: Vec<(String, String)> = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(k, v)| (form(k), form(v)))
            .collect();
        // A password may hold anything, also `/`, `:` and `@`, a user no `/`.
        let (credentials, place) = match rest.rsplit_once('@') {
            Some((credentials, place)) if !is_in_database(credentials) => (Some(credentials), place),
            _ => (None, rest),
        };
        let (place, database) = match place.split_once('/') {
            Some((place, database)) => (place, Some(database)),
            None => (place, None),
        };
        let (user, password) = match credentials.map(|text| text.split_once(':').unwrap_or((text, ""))) {
            Some((user, "")) => (Some(decode(user)), None),
            Some((user, password)) => (Some(decode(user)), Some(decode(password))),
            None => (None, None),
        };
        let (host, port) = split_port(place)?;
        let mut url = Self {
            backend,
            dialect,
            user: user.filter(|user| !user.is_empty()),
            password,
            host: (!host.is_empty()).then(|| host.to_owned()),
            port,
            database: database.filter(|name| !name.is_empty()).map(str::to_owned),
            query,
        };
        url.take_query()?;
        if backend == Backend::Sqlite {
            url.demand_file()?;
        }
        Ok(url)
    }

    /// A parameter of the URL, by any of its names.
    pub(super) fn parameter(&self, names: &[&str]) -> Option<&str> {
        let mut found = self.query.iter().filter(|(name, _)| names.contains(&name.as_str()));
        found.next().map(|(_, value)| value.as_str())
    }

    /// Drivers take connection parameters from the query as well, and these go first.
    fn take_query(&mut self) -> Result<(), UrlError> {
        let take = |names: &[&str]| self.parameter(names).map(str::to_owned);
        let (host, port) = (take(&["host"]), take(&["port"]));
        let (user, password, database) =
            (take(&["user"]), take(&["password", "passwd"]), take(&["dbname", "database", "db"]));
        if let Some(host) = host {
            // `host=a:1&host=b:2` names several; the first one is asked. A path is a directory with a socket.
            let (host, own_port) = if host.starts_with('/') { (&*host, None) } else { split_port(&host)? };
            self.host = Some(host.to_owned());
            self.port = own_port.or(self.port);
        }
        if let Some(port) = port {
            self.port = Some(port.parse().map_err(|_| UrlError::Port)?);
        }
        self.user = user.or(self.user.take());
        self.password = password.or(self.password.take());
        self.database = database.or(self.database.take());
        Ok(())
    }

    /// SQLite's name of the file, without the spelling of its own URLs.
    fn demand_file(&mut self) -> Result<(), UrlError> {
        let Some(name) = self.database.take() else {
            return Err(if self.host.is_some() { UrlError::NoFile } else { UrlError::InMemory });
        };
        let file = name.strip_prefix("file:").map_or_else(|| name.clone(), decode);
        if file.is_empty() || file == ":memory:" || self.parameter(&["mode"]) == Some("memory") {
            return Err(UrlError::InMemory);
        }
        self.database = Some(file);
        Ok(())
    }
}

/// Whether a `@` after `before` is a part of the database's name: a slash comes before any `:`.
fn is_in_database(before: &str) -> bool {
    before.split(':').next().is_some_and(|user| user.contains('/'))
}

fn split_port(place: &str) -> Result<(&str, Option<u16>), UrlError> {
    if let Some((host, rest)) = place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        let port = rest.strip_prefix(':').filter(|port| !port.is_empty());
        return Ok((host, port.map(str::parse).transpose().map_err(|_| UrlError::Port)?));
    }
    match place.rsplit_once(':') {
        Some((host, "")) => Ok((host, None)),
        Some((host, port)) => Ok((host, Some(port.parse().map_err(|_| UrlError::Port)?))),
        None => Ok((place, None)),
    }
}

/// `%2F` is `/` and `+` a blank, as in `urllib.parse.parse_qsl`.
fn form(text: &str) -> String {
    decode(&text.replace('+', " "))
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let database = self.database.as_deref().unwrap_or_default();
        write!(f, "{}://", self.dialect)?;
        if let Some(user) = self.user.as_ref().filter(|_| self.backend != Backend::Sqlite) {
            write!(f, "{user}@")?;
        }
        match &self.host {
            Some(host) if host.contains(':') => write!(f, "[{host}]")?,
            Some(host) => f.write_str(host)?,
            None => {}
        }
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        write!(f, "/{database}")
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> DatabaseUrl {
        DatabaseUrl::parse(text).unwrap()
    }

    /// Backend, user, password, host, port and database.
    type Parts = (Backend, &'static str, &'static str, &'static str, u16, &'static str);

    #[test]
    fn urls_of_sqlalchemy_are_read() {
        use Backend::{Mysql, Postgresql};
        let cases: [(&str, Parts); 14] = [
            ("postgresql://u:p@h:5433/d", (Postgresql, "u", "p", "h", 5433, "d")),
            ("postgresql+psycopg2://u:p@h/d", (Postgresql, "u", "p", "h", 0, "d")),
            ("postgresql+asyncpg://u@h/d", (Postgresql, "u", "", "h", 0, "d")),
            ("postgres://h", (Postgresql, "", "", "h", 0, "")),
            ("postgresql:///d", (Postgresql, "", "", "", 0, "d")),
            ("postgresql://u:p%40%2F%3a%25+@h/d", (Postgresql, "u", "p@/:%+", "h", 0, "d")),
            ("postgresql://u:a/b:c@h/d", (Postgresql, "u", "a/b:c", "h", 0, "d")),
            ("postgresql://u:a@b@h/d", (Postgresql, "u", "a@b", "h", 0, "d")),
            ("postgresql://u:p@[::1]:5/d", (Postgresql, "u", "p", "::1", 5, "d")),
            ("postgresql://u:p@/d?host=/run/pg", (Postgresql, "u", "p", "/run/pg", 0, "d")),
            (
                "postgresql:///?host=a:1&host=b:2&user=u&password=p+q&dbname=d",
                (Postgresql, "u", "p q", "a", 1, "d"),
            ),
            ("mysql+pymysql://u:p@h:3307/d?charset=utf8mb4", (Mysql, "u", "p", "h", 3307, "d")),
            ("mariadb+mariadbconnector://u:p@h:/d", (Mysql, "u", "p", "h", 0, "d")),
            (" mysql://ü%20v:p@h/d\n", (Mysql, "ü v", "p", "h", 0, "d")),
        ];
        for (text, expected) in cases {
            let url = parse(text);
            let or_empty = |part: &'_ Option<String>| part.clone().unwrap_or_default();
            let (user, password, host) = (or_empty(&url.user), or_empty(&url.password), or_empty(&url.host));
            let (port, database) = (url.port.unwrap_or(0), or_empty(&url.database));
            let parts = (url.backend, &*user, &*password, &*host, port, &*database);
            assert_eq!(parts, expected, "{text}");
        }
    }

    #[test]
    fn a_sqlite_url_names_a_file() {
        let file = |text: &str| parse(text).database.unwrap();
        assert_eq!(file("sqlite:///app.db"), "app.db");
        assert_eq!(file("sqlite:////var/app.db"), "/var/app.db");
        assert_eq!(file("sqlite+aiosqlite:///./a b/app.db"), "./a b/app.db");
        assert_eq!(file("sqlite:///file:a%20b.db?mode=ro&uri=true"), "a b.db");
        assert_eq!(file("sqlite:///C:/x.db"), "C:/x.db");
        assert_eq!(file("sqlite:////a@b/c:d@e.db"), "/a@b/c:d@e.db");
        for memory in
            ["sqlite://", "sqlite:///:memory:", "sqlite:///", "sqlite:///file:x?mode=memory&uri=true"]
        {
            assert_eq!(DatabaseUrl::parse(memory), Err(UrlError::InMemory), "{memory}");
        }
        assert_eq!(DatabaseUrl::parse("sqlite://app.db"), Err(UrlError::NoFile));
    }

    #[test]
    fn what_is_no_url_is_not_repeated() {
        for (text, part) in [
            ("postgres:hunter2@h/d", "is no database URL"),
            ("", "is no database URL"),
            ("hunter2 x://h", "is no database URL"),
            ("mssql+pyodbc://u:hunter2@h/d", "names the database `mssql+pyodbc`"),
            ("sqlite+pysqlcipher://:hunter2@/x.db", "names the database `sqlite+pysqlcipher`"),
            ("postgresql://u:hunter2@h:hunter2/d", "%40"),
        ] {
            let said = DatabaseUrl::parse(text).unwrap_err().to_string();
            assert!(said.contains(part), "{said}");
            assert!(!said.contains("hunter2"), "{said}");
        }
    }

    #[test]
    fn the_password_is_never_shown() {
        let url = parse("postgresql+psycopg2://u:hunter2@h:5433/d?password=hunter3&sslpassword=hunter4");
        assert_eq!(url.to_string(), "postgresql://u@h:5433/d");
        assert_eq!(format!("{url:?}"), "postgresql://u@h:5433/d");
        assert_eq!(parse("sqlite:////a.db").to_string(), "sqlite:////a.db");
        assert_eq!(parse("mysql://u:p@[::1]/d").to_string(), "mysql://u@[::1]/d");
    }
}

//! The database family and the driver of a script directory, by what files say. Searches for nothing.

use super::engine::{Engine, Url};
use super::services::Service;
use super::{DialectSource, ScriptDirectory};
use crate::operation::Dialect;
use crate::source::{Role, SourceFile};

/// A database that a URL, an image or a driver is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Database {
    Known(Dialect),
    /// One that is not judged here.
    Other,
}

impl Database {
    /// The database of `postgresql+psycopg`; `None` for a placeholder.
    pub(super) fn of_scheme(scheme: &str) -> Option<Self> {
        let name = scheme.split('+').next().unwrap_or(scheme).trim().to_lowercase();
        match name.as_str() {
            "postgresql" | "postgres" => Some(Self::Known(Dialect::Postgresql)),
            "mysql" => Some(Self::Known(Dialect::Mysql)),
            "mariadb" => Some(Self::Known(Dialect::Mariadb)),
            "sqlite" => Some(Self::Known(Dialect::Sqlite)),
            "oracle" | "mssql" | "snowflake" | "redshift" | "bigquery" | "cockroachdb" | "duckdb" => {
                Some(Self::Other)
            }
            _ => None,
        }
    }

    /// The database that a package is the driver for.
    pub(super) fn of_driver(package: &str) -> Option<Self> {
        let dialect = match package {
            "psycopg" | "psycopg-binary" | "psycopg-c" | "psycopg2" | "psycopg2-binary" | "psycopg2cffi"
            | "asyncpg" | "aiopg" | "pg8000" => Dialect::Postgresql,
            "pymysql"
            | "mysqlclient"
            | "aiomysql"
            | "asyncmy"
            | "cymysql"
            | "mysql-connector"
            | "mysql-connector-python" => Dialect::Mysql,
            "mariadb" => Dialect::Mariadb,
            "aiosqlite" => Dialect::Sqlite,
            _ => return None,
        };
        Some(Self::Known(dialect))
    }

    const fn is_file(self) -> bool {
        matches!(self, Self::Known(Dialect::Sqlite))
    }
}

/// What files say, each with the place that says it.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    /// Alembic's own configuration, then `env.py`, then what it leads to.
    urls: [Vec<(Database, String)>; 3],
    /// The revisions, by the dialects that they import and the keywords that they use.
    revisions: Option<(Database, String)>,
    services: Vec<(Database, String)>,
    /// Packages that are drivers, with the files that list them.
    drivers: Vec<(Database, String)>,
    /// The names of these packages.
    packages: Vec<(Database, String)>,
    /// Drivers that URLs name, likeliest first.
    url_drivers: Vec<String>,
    is_async: Option<bool>,
}

impl Evidence {
    /// Puts together what was read; `configured` are the URLs of Alembic's configuration, `drivers` the packages that
    /// are drivers with the files that list them.
    pub(super) fn new(
        configured: Vec<Url>,
        engine: Engine,
        files: &[SourceFile],
        services: Vec<Service>,
        drivers: &[(Box<str>, Box<str>)],
    ) -> Self {
        let all_urls = configured.iter().chain(&engine.own_urls).chain(&engine.urls);
        let driver_of = |url: &Url| url.scheme.split_once('+').map(|(_, driver)| driver.to_owned());
        let mut url_drivers: Vec<String> = all_urls.filter_map(driver_of).collect();
        url_drivers.extend(services.iter().filter_map(|service| service.driver.clone()));
        let databases = |urls: Vec<Url>| {
            let named =
                |url: Url| Some((Database::of_scheme(&url.scheme)?, format!("the URL in {}", url.place)));
            urls.into_iter().filter_map(named).collect()
        };
        let of_package = |(package, file): &(Box<str>, Box<str>)| {
            Some((Database::of_driver(package)?, format!("`{package}` in {file}")))
        };
        Self {
            urls: [databases(configured), databases(engine.own_urls), databases(engine.urls)],
            revisions: of_revisions(files),
            services: services.into_iter().map(|service| (service.database, service.place)).collect(),
            drivers: drivers.iter().filter_map(of_package).collect(),
            packages: drivers
                .iter()
                .filter_map(|(package, _)| {
                    let name = package.trim_end_matches("-binary").trim_end_matches("-c");
                    Some((Database::of_driver(package)?, name.to_owned()))
                })
                .collect(),
            url_drivers,
            is_async: engine.is_async,
        }
    }

    /// Writes what follows into `directory`.
    pub(super) fn describe(&self, directory: &mut ScriptDirectory) {
        match self.database() {
            Some((Database::Known(dialect), place, is_guess)) => {
                directory.dialect = Some(dialect);
                directory.dialect_source = Some(DialectSource { place: place.into(), is_guess });
            }
            Some((Database::Other, place, is_guess)) => {
                directory.dialect_source = Some(DialectSource { place: place.into(), is_guess });
            }
            None => {}
        }
        directory.driver = self.driver(directory.dialect).map(Box::from);
    }

    /// The first that names a server; a file stands in where the URL of the server comes from elsewhere. With whether it
    /// is guessed: not read from a URL that the engine may get.
    fn database(&self) -> Option<(Database, &str, bool)> {
        let urls = self.urls.iter().map(|urls| (agreed(urls), false));
        let revisions = self.revisions.as_ref().map(|(database, place)| (*database, place.as_str()));
        let others = [(revisions, true), (agreed(&self.services), true), (agreed(&self.drivers), true)];
        let all: Vec<_> = urls
            .chain(others)
            .filter_map(|(found, is_guess)| found.map(|(database, place)| (database, place, is_guess)))
            .collect();
        let server = all.iter().find(|(database, ..)| !database.is_file());
        // Revisions of SQLite's types run nowhere else.
        let of_revisions = || self.revisions.as_ref().filter(|(database, _)| database.is_file());
        let found = match (server, of_revisions()) {
            (Some((_, _, true)), Some((database, place))) => Some((*database, place.as_str(), true)),
            (Some(server), _) => Some(*server),
            (None, _) => all.first().copied(),
        };
        found.map(|(database, place, is_guess)| (self.refined(database), place, is_guess))
    }

    /// SQLAlchemy's dialect of MariaDB is that of MySQL; which server it is, other files say.
    fn refined(&self, database: Database) -> Database {
        let of_revisions = self.revisions.as_ref().is_some_and(|(found, _)| *found == database);
        let is_silent = self.urls.iter().all(Vec::is_empty);
        let mariadb = Database::Known(Dialect::Mariadb);
        let says_mariadb = |list: &[(Database, String)]| list.iter().any(|(found, _)| *found == mariadb);
        if database == Database::Known(Dialect::Mysql)
            && of_revisions
            && is_silent
            && (says_mariadb(&self.services) || says_mariadb(&self.drivers))
        {
            return mariadb;
        }
        database
    }

    /// The driver that revisions run on, as its package or module is called.
    fn driver(&self, dialect: Option<Dialect>) -> Option<&str> {
        let is_for = |database: Database| dialect.is_none_or(|dialect| database == Database::Known(dialect));
        // `psycopg` and the like serve both kinds of engine.
        let may_run = |driver: &str| match self.is_async {
            Some(true) => !matches!(driver, "psycopg2" | "psycopg2cffi" | "pg8000" | "pymysql" | "mysqldb"),
            Some(false) => !matches!(driver, "asyncpg" | "aiomysql" | "asyncmy" | "aiosqlite"),
            None => true,
        };
        let of_urls = self.url_drivers.iter().map(String::as_str);
        let of_url = of_urls
            .into_iter()
            .find(|driver| may_run(driver) && Database::of_driver(driver).is_none_or(is_for));
        of_url.or_else(|| {
            // Without an `env.py` that tells how it connects nothing says which of the packages is meant.
            self.is_async?;
            let runs = |(database, name): &&(Database, String)| is_for(*database) && may_run(name);
            self.packages.iter().find(runs).map(|(_, name)| name.as_str())
        })
    }
}

/// What all of them name; a server goes before a file.
fn agreed(databases: &[(Database, String)]) -> Option<(Database, &str)> {
    let servers: Vec<_> = databases.iter().filter(|(database, _)| !database.is_file()).collect();
    let named = if servers.is_empty() { databases.iter().collect() } else { servers };
    let (first, place) = named.first()?;
    named.iter().all(|(other, _)| other == first).then_some((*first, place.as_str()))
}

/// The dialect that the revisions are written for: by the dialects that `env.py` and they import and by the keywords that
/// they use. `None` where they are for several.
fn of_revisions(files: &[SourceFile]) -> Option<(Database, String)> {
    const DIALECTS: [(&str, Dialect); 3] =
        [("postgresql", Dialect::Postgresql), ("mysql", Dialect::Mysql), ("sqlite", Dialect::Sqlite)];
    let mut counts = [0_usize; 3];
    let mut in_revisions = [0_usize; 3];
    for file in files.iter().filter(|file| matches!(file.role, Role::Revision | Role::Environment)) {
        let text = file.text();
        for (((name, _), count), revisions) in DIALECTS.iter().zip(&mut counts).zip(&mut in_revisions) {
            if speaks(text, name) {
                *count += 1;
                *revisions += usize::from(file.role == Role::Revision);
            }
        }
    }
    let most = *counts.iter().max()?;
    let at = counts.iter().position(|count| *count == most)?;
    let others = counts.iter().sum::<usize>() - most;
    let (name, dialect) = DIALECTS.get(at)?;
    // Projects for several databases import them all.
    if most == 0 || others * 2 > most {
        return None;
    }
    let place = match in_revisions.get(at) {
        Some(0) | None => format!("`sqlalchemy.dialects.{name}` in env.py"),
        Some(1) => format!("1 revision that uses `{name}`"),
        Some(count) => format!("{count} revisions that use `{name}`"),
    };
    Some((Database::Known(*dialect), place))
}

/// Whether a file uses what SQLAlchemy has for one dialect only.
fn speaks(text: &str, dialect: &str) -> bool {
    let is_import = |line: &str| {
        line.trim_start().strip_prefix("from sqlalchemy.dialects").is_some_and(|rest| {
            let names = |list: &str| {
                list.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word == dialect)
            };
            match rest.strip_prefix('.') {
                Some(module) => module.split([' ', '.']).next() == Some(dialect),
                None => rest.split_once("import").is_some_and(|(_, list)| names(list)),
            }
        })
    };
    if !text.contains(dialect) {
        return false;
    }
    // Autogenerate imports what it uses; editors leave imports that nothing uses.
    let is_used =
        || text.contains(&format!("{dialect}.")) || text.contains(&format!("dialects.{dialect} import"));
    let keyword = || {
        let prefix = format!("{dialect}_");
        text.match_indices(&prefix).any(|(at, _)| {
            let before = text.get(..at).unwrap_or_default().chars().next_back();
            let rest = text.get(at + prefix.len()..).unwrap_or_default();
            let word: usize =
                rest.bytes().take_while(|byte| byte.is_ascii_lowercase() || *byte == b'_').count();
            let is_word = before.is_none_or(|char| matches!(char, ' ' | ',' | '(' | '\n' | '\t'));
            is_word && word > 0 && rest.get(word..).is_some_and(|rest| rest.starts_with('='))
        })
    };
    (text.lines().any(is_import) && is_used()) || keyword()
}

#[cfg(test)]
mod tests;

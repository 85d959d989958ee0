//! What the project depends on, by the files that list it, and the database family that follows.

use std::fs;
use std::path::{Path, PathBuf};

use rustc_hash::FxHashMap;

use super::disk::Disk;
use super::ini::Ini;
use crate::operation::Dialect;

/// The names that each directory's files list, each read once.
#[derive(Debug, Default)]
pub(super) struct Dependencies {
    known: FxHashMap<PathBuf, Vec<Box<str>>>,
}

impl Dependencies {
    /// The normalised names in the nearest directory upward whose files list any.
    pub(super) fn listed(&mut self, start: &Path, disk: &Disk) -> Vec<Box<str>> {
        let upward = disk.upward(start);
        upward
            .iter()
            .map(|directory| self.in_directory(directory, disk))
            .find(|names| !names.is_empty())
            .unwrap_or_default()
    }

    fn in_directory(&mut self, directory: &Path, disk: &Disk) -> Vec<Box<str>> {
        if let Some(known) = self.known.get(directory) {
            return known.clone();
        }
        let mut names = Vec::new();
        pyproject(directory, disk, &mut names);
        requirements(directory, disk, &mut names);
        setup_cfg(directory, disk, &mut names);
        pipfile(directory, disk, &mut names);
        names.sort();
        names.dedup();
        let names: Vec<Box<str>> = names.into_iter().map(String::into_boxed_str).collect();
        self.known.insert(directory.to_owned(), names.clone());
        names
    }
}

/// The database family that the URLs name, else the drivers among the dependencies; `None` where they disagree. A driver for a
/// server goes before a file.
pub(super) fn dialect(urls: &[String], dependencies: &[Box<str>]) -> Option<Dialect> {
    let databases: Vec<Database> = urls.iter().filter_map(|url| database(url)).collect();
    let drivers: Vec<Database> =
        dependencies.iter().filter_map(|name| driver(name)).map(Database::Known).collect();
    // A file stands in `alembic.ini` where the URL of the server comes from elsewhere; its driver is still there.
    let is_stand_in = agreed(&databases) == Some(Dialect::Sqlite) && !drivers.is_empty();
    if !databases.is_empty() && !is_stand_in {
        return agreed(&databases);
    }
    if drivers.is_empty() && dependencies.iter().any(|name| &**name == "aiosqlite") {
        return Some(Dialect::Sqlite);
    }
    agreed(&drivers)
}

/// A database that a URL or a driver is for.
#[derive(Debug, PartialEq, Eq)]
enum Database {
    Known(Dialect),
    /// One that is not judged here.
    Other,
}

fn agreed(databases: &[Database]) -> Option<Dialect> {
    match databases {
        [Database::Known(first), rest @ ..] => {
            rest.iter().all(|other| *other == Database::Known(*first)).then_some(*first)
        }
        _ => None,
    }
}

/// The database of `postgresql+psycopg://..`; `None` for a placeholder.
fn database(url: &str) -> Option<Database> {
    let (scheme, _) = url.split_once(':')?;
    let name = scheme.split('+').next().unwrap_or(scheme).trim().to_lowercase();
    match name.as_str() {
        "postgresql" | "postgres" => Some(Database::Known(Dialect::Postgresql)),
        "mysql" => Some(Database::Known(Dialect::Mysql)),
        "mariadb" => Some(Database::Known(Dialect::Mariadb)),
        "sqlite" => Some(Database::Known(Dialect::Sqlite)),
        "oracle" | "mssql" | "snowflake" | "redshift" | "bigquery" | "cockroachdb" => Some(Database::Other),
        _ => None,
    }
}

fn driver(name: &str) -> Option<Dialect> {
    match name {
        "psycopg" | "psycopg-binary" | "psycopg2" | "psycopg2-binary" | "psycopg2cffi" | "asyncpg"
        | "pg8000" => Some(Dialect::Postgresql),
        "pymysql" | "mysqlclient" | "aiomysql" | "asyncmy" | "mysql-connector-python" => Some(Dialect::Mysql),
        "mariadb" => Some(Dialect::Mariadb),
        _ => None,
    }
}

/// The name that a requirement starts with, normalised as PEP 503 says; `None` for options, links and comments.
fn name_of(requirement: &str) -> Option<String> {
    let text = requirement.trim();
    let end = text
        .find(|char: char| !(char.is_ascii_alphanumeric() || matches!(char, '-' | '_' | '.')))
        .unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let starts_well = name.starts_with(|char: char| char.is_ascii_alphanumeric());
    let rest = rest.trim_start();
    let is_plain =
        rest.is_empty() || rest.starts_with(['[', '=', '<', '>', '!', '~', ';', '@', '#', '(', ',']);
    (starts_well && is_plain).then(|| normalised(name))
}

fn normalised(name: &str) -> String {
    let parts: Vec<String> =
        name.split(['-', '_', '.']).filter(|part| !part.is_empty()).map(str::to_lowercase).collect();
    parts.join("-")
}

fn text_of(path: &Path, disk: &Disk) -> Option<String> {
    disk.is_file(path).then(|| fs::read_to_string(path).ok()).flatten()
}

fn toml_file(path: &Path, disk: &Disk) -> Option<toml::Table> {
    toml::from_str(&text_of(path, disk)?).ok()
}

fn pyproject(directory: &Path, disk: &Disk, names: &mut Vec<String>) {
    let Some(document) = toml_file(&directory.join("pyproject.toml"), disk) else { return };
    let project = document.get("project");
    add_list(project.and_then(|project| project.get("dependencies")), names);
    let groups =
        [project.and_then(|project| project.get("optional-dependencies")), document.get("dependency-groups")];
    for group in groups.into_iter().flatten().filter_map(toml::Value::as_table) {
        group.values().for_each(|list| add_list(Some(list), names));
    }
    let tool = document.get("tool");
    let uv = tool.and_then(|tool| tool.get("uv"));
    add_list(uv.and_then(|uv| uv.get("dev-dependencies")), names);
    let Some(poetry) = tool.and_then(|tool| tool.get("poetry")) else { return };
    add_keys(poetry.get("dependencies"), names);
    add_keys(poetry.get("dev-dependencies"), names);
    for group in poetry.get("group").and_then(toml::Value::as_table).into_iter().flat_map(toml::Table::values)
    {
        add_keys(group.get("dependencies"), names);
    }
}

/// `["psycopg[binary]>=3", ..]`
fn add_list(list: Option<&toml::Value>, names: &mut Vec<String>) {
    let entries = list.and_then(toml::Value::as_array).into_iter().flatten();
    names.extend(entries.filter_map(toml::Value::as_str).filter_map(name_of));
}

/// `psycopg = "^3"`, ..
fn add_keys(table: Option<&toml::Value>, names: &mut Vec<String>) {
    let keys = table.and_then(toml::Value::as_table).into_iter().flat_map(toml::Table::keys);
    names.extend(keys.filter(|key| *key != "python").map(|key| normalised(key)));
}

fn requirements(directory: &Path, disk: &Disk, names: &mut Vec<String>) {
    let is_list =
        |path: &Path| path.extension().is_some_and(|extension| extension == "txt" || extension == "in");
    let mut files = Vec::new();
    for (folder, prefix) in [(directory.to_owned(), "requirements"), (directory.join("requirements"), "")] {
        let Some(entries) = disk.is_dir(&folder).then(|| disk.entries(&folder).ok()).flatten() else {
            continue;
        };
        let names = entries.iter().map(|entry| Path::new(&entry.name)).filter(|name| is_list(name));
        let matching = names.filter(|name| name.to_string_lossy().starts_with(prefix));
        files.extend(matching.map(|name| folder.join(name)));
    }
    for file in files {
        let Ok(text) = fs::read_to_string(file) else { continue };
        names.extend(text.lines().filter_map(name_of));
    }
}

fn setup_cfg(directory: &Path, disk: &Disk, names: &mut Vec<String>) {
    let Some(text) = text_of(&directory.join("setup.cfg"), disk) else { return };
    let Ok(ini) = Ini::parse(&text, "") else { return };
    let mut lists = vec![ini.get("options", "install_requires")];
    lists.extend(ini.keys("options.extras_require").map(|key| ini.get("options.extras_require", key)));
    for list in lists.into_iter().filter_map(|value| value.ok().flatten()) {
        names.extend(list.lines().filter_map(name_of));
    }
}

fn pipfile(directory: &Path, disk: &Disk, names: &mut Vec<String>) {
    let Some(document) = toml_file(&directory.join("Pipfile"), disk) else { return };
    add_keys(document.get("packages"), names);
    add_keys(document.get("dev-packages"), names);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirement_names_are_normalised() {
        assert_eq!(name_of("GeoAlchemy2>=0.14 ; python_version > '3'").unwrap(), "geoalchemy2");
        assert_eq!(name_of("psycopg[binary]==3.2").unwrap(), "psycopg");
        assert_eq!(name_of("SQLAlchemy_Utils").unwrap(), "sqlalchemy-utils");
        for other in ["-r base.txt", "# note", "git+https://host/x", "", "./local"] {
            assert_eq!(name_of(other), None, "{other}");
        }
    }

    #[test]
    fn the_url_goes_before_the_drivers_and_placeholders_tell_nothing() {
        let url = |url: &str| dialect(&[url.to_owned()], &["asyncpg".into()]);
        assert_eq!(url("mysql+pymysql://u:p@h/db"), Some(Dialect::Mysql));
        assert_eq!(url("sqlite:///x.db"), Some(Dialect::Postgresql));
        assert_eq!(dialect(&["sqlite:///x.db".to_owned()], &["aiosqlite".into()]), Some(Dialect::Sqlite));
        assert_eq!(url("driver://user:pass@localhost/dbname"), Some(Dialect::Postgresql));
        assert_eq!(url("oracle://h"), None);
    }

    #[test]
    fn drivers_that_disagree_tell_nothing() {
        let from =
            |names: &[&str]| dialect(&[], &names.iter().map(|name| (*name).into()).collect::<Vec<_>>());
        assert_eq!(from(&["psycopg2-binary", "asyncpg"]), Some(Dialect::Postgresql));
        assert_eq!(from(&["psycopg2", "pymysql"]), None);
        assert_eq!(from(&["aiosqlite"]), Some(Dialect::Sqlite));
        assert_eq!(from(&["aiosqlite", "asyncpg"]), Some(Dialect::Postgresql));
        assert_eq!(from(&["mariadb"]), Some(Dialect::Mariadb));
        assert_eq!(from(&[]), None);
    }
}

//! What the project depends on, by the files that list it.

use std::fs;
use std::path::{Path, PathBuf};

use rustc_hash::FxHashMap;

use super::dialect::Database;
use super::disk::Disk;
use super::ini::Ini;

/// A package with the file that lists it.
pub(super) type Package = (Box<str>, PathBuf);

/// The names that each directory's files list, each read once.
#[derive(Debug, Default)]
pub(super) struct Dependencies {
    known: FxHashMap<PathBuf, Vec<Package>>,
}

impl Dependencies {
    /// The normalised names in the nearest directory upward whose files list any.
    pub(super) fn listed(&mut self, start: &Path, disk: &Disk) -> Vec<Box<str>> {
        let upward = disk.upward(start);
        let mut lists = upward.iter().map(|directory| self.in_directory(directory, disk));
        let nearest = lists.find(|packages| !packages.is_empty()).unwrap_or_default();
        let mut names: Vec<Box<str>> = nearest.iter().map(|(name, _)| name.clone()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// The drivers of databases in the nearest directory upward whose files list any; what is locked for other packages'
    /// sake is looked at last.
    pub(super) fn drivers(&mut self, start: &Path, disk: &Disk) -> Vec<Package> {
        let upward = disk.upward(start);
        let is_driver = |(name, _): &Package| Database::of_driver(name).is_some();
        for directory in &upward {
            let found: Vec<_> =
                self.in_directory(directory, disk).iter().filter(|p| is_driver(p)).cloned().collect();
            if !found.is_empty() {
                return found;
            }
        }
        upward
            .iter()
            .map(|directory| locked_drivers(directory, disk))
            .find(|found| !found.is_empty())
            .unwrap_or_default()
    }

    fn in_directory(&mut self, directory: &Path, disk: &Disk) -> Vec<Package> {
        if let Some(known) = self.known.get(directory) {
            return known.clone();
        }
        let mut packages = Vec::new();
        let mut add = |file: PathBuf, read: fn(&Path, &Disk, &mut Vec<String>)| {
            let mut names = Vec::new();
            read(&file, disk, &mut names);
            packages.extend(names.into_iter().map(|name| (name.into_boxed_str(), file.clone())));
        };
        for file in requirement_files(directory, disk) {
            add(file, requirements);
        }
        add(directory.join("pyproject.toml"), pyproject);
        add(directory.join("setup.cfg"), setup_cfg);
        add(directory.join("setup.py"), setup_py);
        add(directory.join("Pipfile"), pipfile);
        self.known.insert(directory.to_owned(), packages.clone());
        packages
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

/// The names of a requirement: its own, and the drivers that its extras bring (`sqlalchemy[asyncpg]`).
fn names_of(requirement: &str) -> Vec<String> {
    let Some(name) = name_of(requirement) else { return Vec::new() };
    let extras = requirement
        .split_once('[')
        .and_then(|(_, rest)| rest.split_once(']'))
        .map_or("", |(extras, _)| extras)
        .split(',')
        .filter_map(|extra| driver_of_extra(&name, &normalised(extra.trim())));
    let drivers: Vec<String> = extras.map(str::to_owned).collect();
    std::iter::once(name).chain(drivers).collect()
}

/// The driver that an extra of SQLAlchemy, or of `databases`, brings.
fn driver_of_extra(package: &str, extra: &str) -> Option<&'static str> {
    if !matches!(package, "sqlalchemy" | "databases") {
        return None;
    }
    match extra {
        "asyncpg" | "postgresql-asyncpg" => Some("asyncpg"),
        "postgresql" | "postgresql-psycopg2binary" | "postgresql-psycopg2cffi" => Some("psycopg2"),
        "postgresql-psycopg" | "postgresql-psycopgbinary" => Some("psycopg"),
        "postgresql-pg8000" => Some("pg8000"),
        "aiopg" => Some("aiopg"),
        "mysql" => Some("mysqlclient"),
        "pymysql" => Some("pymysql"),
        "mysql-connector" => Some("mysql-connector"),
        "aiomysql" => Some("aiomysql"),
        "asyncmy" => Some("asyncmy"),
        "mariadb-connector" => Some("mariadb"),
        "aiosqlite" => Some("aiosqlite"),
        _ => None,
    }
}

fn text_of(path: &Path, disk: &Disk) -> Option<String> {
    disk.is_file(path).then(|| fs::read_to_string(path).ok()).flatten()
}

fn toml_file(path: &Path, disk: &Disk) -> Option<toml::Table> {
    toml::from_str(&text_of(path, disk)?).ok()
}

fn pyproject(file: &Path, disk: &Disk, names: &mut Vec<String>) {
    let Some(document) = toml_file(file, disk) else { return };
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
    names.extend(entries.filter_map(toml::Value::as_str).flat_map(names_of));
}

/// `psycopg = "^3"`, `sqlalchemy = { version = "^2", extras = ["asyncpg"] }`, ..
fn add_keys(table: Option<&toml::Value>, names: &mut Vec<String>) {
    let entries = table.and_then(toml::Value::as_table).into_iter().flatten();
    for (key, value) in entries.filter(|(key, _)| *key != "python") {
        let name = normalised(key);
        let extras = value.get("extras").and_then(toml::Value::as_array).into_iter().flatten();
        let drivers = extras
            .filter_map(toml::Value::as_str)
            .filter_map(|extra| driver_of_extra(&name, &normalised(extra)))
            .map(str::to_owned);
        names.extend(drivers);
        names.push(name);
    }
}

/// `requirements.txt`, `requirements_base.txt`, `dev-requirements.in`, `requirements/base.txt`, ..
fn requirement_files(directory: &Path, disk: &Disk) -> Vec<PathBuf> {
    let is_list =
        |path: &Path| path.extension().is_some_and(|extension| extension == "txt" || extension == "in");
    let mut files = Vec::new();
    for (folder, part) in [(directory.to_owned(), "requirements"), (directory.join("requirements"), "")] {
        let Some(entries) = disk.is_dir(&folder).then(|| disk.entries(&folder).ok()).flatten() else {
            continue;
        };
        let names = entries.iter().map(|entry| Path::new(&entry.name)).filter(|name| is_list(name));
        let matching = names.filter(|name| name.to_string_lossy().contains(part));
        files.extend(matching.map(|name| folder.join(name)));
    }
    // What they include lies elsewhere at times; one step is enough for what people write.
    let included: Vec<PathBuf> = files.iter().flat_map(|file| included(file)).collect();
    for file in included {
        if !files.contains(&file) && disk.is_file(&file) {
            files.push(file);
        }
    }
    files
}

/// The files that `-r` lines name.
fn included(file: &Path) -> Vec<PathBuf> {
    let here = file.parent().unwrap_or(file);
    let Ok(text) = fs::read_to_string(file) else { return Vec::new() };
    let named = text.lines().filter_map(|line| {
        let rest = line.trim().strip_prefix("-r").or_else(|| line.trim().strip_prefix("--requirement"))?;
        let name = rest.trim_start_matches('=').trim().trim_start_matches("./");
        (!name.is_empty()).then(|| here.join(name))
    });
    named.collect()
}

fn requirements(file: &Path, _: &Disk, names: &mut Vec<String>) {
    let Ok(text) = fs::read_to_string(file) else { return };
    names.extend(text.lines().flat_map(names_of));
}

fn setup_cfg(file: &Path, disk: &Disk, names: &mut Vec<String>) {
    let Some(text) = text_of(file, disk) else { return };
    let Ok(ini) = Ini::parse(&text, "") else { return };
    let mut lists = vec![ini.get("options", "install_requires")];
    lists.extend(ini.keys("options.extras_require").map(|key| ini.get("options.extras_require", key)));
    for list in lists.into_iter().filter_map(|value| value.ok().flatten()) {
        names.extend(list.lines().flat_map(names_of));
    }
}

/// The texts in quotes of a `setup.py` that read like requirements, from the first list of them on.
fn setup_py(file: &Path, disk: &Disk, names: &mut Vec<String>) {
    let Some(text) = text_of(file, disk) else { return };
    let starts = ["install_requires", "extras_require", "requires ", "requirements "];
    let Some(start) = starts.iter().filter_map(|word| text.find(word)).min() else { return };
    for line in
        text.get(start..).unwrap_or_default().lines().filter(|line| !line.trim_start().starts_with('#'))
    {
        let parts: Vec<&str> = line.split(['"', '\'']).collect();
        names.extend(parts.iter().skip(1).step_by(2).flat_map(|part| names_of(part)));
    }
}

fn pipfile(file: &Path, disk: &Disk, names: &mut Vec<String>) {
    let Some(document) = toml_file(file, disk) else { return };
    add_keys(document.get("packages"), names);
    add_keys(document.get("dev-packages"), names);
}

/// The drivers among the packages that lock files list.
fn locked_drivers(directory: &Path, disk: &Disk) -> Vec<Package> {
    let mut found = Vec::new();
    for name in ["uv.lock", "poetry.lock", "pdm.lock"] {
        let file = directory.join(name);
        let Some(text) = text_of(&file, disk) else { continue };
        let packages = text.lines().filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
        let drivers = packages.filter(|package| Database::of_driver(package).is_some());
        found.extend(drivers.map(|package| (Box::from(package), file.clone())));
    }
    found
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
    fn extras_bring_drivers() {
        assert_eq!(names_of("SQLAlchemy[asyncio, postgresql_asyncpg]>=2"), ["sqlalchemy", "asyncpg"]);
        assert_eq!(names_of("databases[mysql]"), ["databases", "mysqlclient"]);
        assert_eq!(names_of("celery[mysql]"), ["celery"]);
    }

    /// The drivers that a directory with this file depends on.
    fn drivers(path: &str, text: &str) -> Vec<String> {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::create_dir(directory.path().join(".git")).unwrap();
        fs::write(file, text).unwrap();
        let found = Dependencies::default().drivers(directory.path(), &Disk::default());
        found.into_iter().map(|(name, _)| name.into()).collect()
    }

    #[test]
    fn every_kind_of_list_is_read() {
        for (path, text) in [
            ("requirements.txt", "pymysql==1.1\n"),
            ("requirements/base.txt", "PyMySQL\n"),
            ("requirements_base.txt", "pymysql>=1\n"),
            ("dev-requirements.txt", "pymysql\n"),
            ("Pipfile", "[packages]\npymysql = \"*\"\n"),
            (
                "setup.py",
                "setup(name='pymysql-user',\n    install_requires=[\n        'pymysql>=1',\n    ],\n)",
            ),
            ("setup.cfg", "[options]\ninstall_requires =\n    pymysql\n"),
            ("pyproject.toml", "[project]\ndependencies = [\"pymysql>=1\"]\n"),
            ("pyproject.toml", "[dependency-groups]\ndb = [\"pymysql\"]\n"),
            ("pyproject.toml", "[tool.poetry.group.db.dependencies]\npymysql = \"^1\"\n"),
            (
                "pyproject.toml",
                "[tool.poetry.dependencies]\nsqlalchemy = { version = \"^2\", extras = [\"pymysql\"] }\n",
            ),
            ("uv.lock", "[[package]]\nname = \"pymysql\"\n"),
        ] {
            assert_eq!(drivers(path, text), ["pymysql"], "{path}: {text}");
        }
    }

    #[test]
    fn a_file_that_requirements_include_is_read() {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir_all(directory.path().join("deps")).unwrap();
        fs::create_dir(directory.path().join(".git")).unwrap();
        fs::write(directory.path().join("requirements.txt"), "-r deps/base.lst\n").unwrap();
        fs::write(directory.path().join("deps/base.lst"), "mysqlclient\n").unwrap();
        let found = Dependencies::default().drivers(directory.path(), &Disk::default());
        assert_eq!(found, [("mysqlclient".into(), directory.path().join("deps/base.lst"))]);
    }
}

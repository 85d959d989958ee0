//! What `env.py` and the project's modules that it leads to say of the engine: URLs, the driver, `lock_timeout`. By a
//! scan of their text; evaluates nothing.

use std::collections::{BTreeSet, VecDeque};
use std::path::Path;
use std::sync::LazyLock;

use ignore::WalkBuilder;
use regex::Regex;
use rustc_hash::FxHashSet;

use super::disk::Disk;
use super::loader::Printer;
use super::modules::{Finder, imports, read_module};
use super::script_directory::Layout;

/// How many modules are read; an engine is made a few imports away.
const MAX_MODULES: usize = 40;
/// How many files are searched for the configuration of a Flask application, which `env.py` does not import.
const MAX_FLASK_FILES: usize = 200;

/// A database URL, as far as it says which database and driver it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Url {
    /// What stands before the colon: `postgresql+asyncpg`.
    pub(super) scheme: String,
    /// The file that holds it, as printed.
    pub(super) place: String,
}

/// What the modules around `env.py` tell.
#[derive(Debug, Default)]
pub(super) struct Engine {
    /// URLs of `env.py`.
    pub(super) own_urls: Vec<Url>,
    /// URLs of the modules that it leads to.
    pub(super) urls: Vec<Url>,
    /// Whether it runs the revisions on a connection of an `AsyncEngine`; `None` without an `env.py` that tells.
    pub(super) is_async: Option<bool>,
    /// Whether a module where engines are configured sets `lock_timeout`.
    pub(super) sets_lock_timeout: bool,
}

impl Engine {
    /// Reads what the `env.py` at `place`, of this text, leads to.
    pub(super) fn of(layout: &Layout, disk: &Disk, (text, place): (&str, &str), printer: &Printer) -> Self {
        let mut engine = Self { own_urls: urls(text, place), is_async: is_async(text), ..Self::default() };
        let mut first = BTreeSet::new();
        imports(text, None, &mut first);
        let mut seen: FxHashSet<String> = first.iter().cloned().collect();
        let mut open: VecDeque<String> = first.into_iter().collect();
        let mut finder = Finder::new(&layout.import_roots, disk);
        let mut count = 0;
        while let Some(name) = open.pop_front().filter(|_| count < MAX_MODULES) {
            let Some((module, package)) = finder.find(&name).and_then(|path| read_module(&name, path)) else {
                continue;
            };
            count += 1;
            engine.add(&module.text, &printer.show(&module.path));
            let mut names = BTreeSet::new();
            imports(&module.text, Some(&package), &mut names);
            open.extend(names.into_iter().filter(|name| seen.insert(name.clone())));
        }
        // Flask-Migrate asks the running application, which is configured anywhere.
        if text.contains("current_app") && engine.urls.is_empty() && engine.own_urls.is_empty() {
            engine.add_flask_configuration(layout, printer);
        }
        engine
    }

    fn add(&mut self, text: &str, place: &str) {
        self.urls.extend(urls(text, place));
        self.sets_lock_timeout |= limits_waiting(text);
    }

    fn add_flask_configuration(&mut self, layout: &Layout, printer: &Printer) {
        let Some(home) = layout.root.parent() else { return };
        let mut files = WalkBuilder::new(home);
        files.max_depth(Some(4)).filter_entry(|entry| {
            let name = entry.file_name().to_string_lossy();
            let is_directory = entry.file_type().is_some_and(|kind| kind.is_dir());
            !is_directory
                || (!is_test(&name) && name != "node_modules" && !entry.path().join("pyvenv.cfg").exists())
        });
        let is_python = |path: &Path| path.extension().is_some_and(|extension| extension == "py");
        let paths = files.build().flatten().map(ignore::DirEntry::into_path);
        let mut found: Vec<_> = paths
            .filter(|path| is_python(path) && !path.starts_with(&layout.root))
            .filter(|path| path.file_name().is_some_and(|name| !is_test(&name.to_string_lossy())))
            .take(MAX_FLASK_FILES)
            .collect();
        found.sort();
        for path in found {
            let Some((module, _)) = read_module("", path) else { continue };
            if module.text.contains("SQLALCHEMY_DATABASE_UR")
                || module.text.contains("SQLALCHEMY_ENGINE_OPTIONS")
            {
                self.add(&module.text, &printer.show(&module.path));
            }
        }
    }
}

fn is_test(name: &str) -> bool {
    matches!(name, "tests" | "test" | "conftest.py")
        || name.starts_with("test_")
        || name.ends_with("_test.py")
}

/// `run_sync` hands the connection of an `AsyncEngine` to Alembic; `connect` in `env.py` without it is synchronous.
pub(super) fn is_async(text: &str) -> Option<bool> {
    let mut lines = code(text);
    if lines.any(|line| line.contains("run_sync(")) {
        return Some(true);
    }
    code(text).any(|line| line.contains(".connect(") || line.contains(".begin(")).then_some(false)
}

fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(code_of)
}

/// A line without its comment; `#` belongs to a text where a quote is open.
fn code_of(line: &str) -> &str {
    let mut quote = None;
    for (at, char) in line.char_indices() {
        match (quote, char) {
            (None, '#') => return line.get(..at).unwrap_or_default(),
            (None, '"' | '\'') => quote = Some(char),
            (Some(open), char) if open == char => quote = None,
            _ => {}
        }
    }
    line
}

/// Whether a module that configures engines sets `lock_timeout`: in `connect_args`, by a listener, or as SQL.
fn limits_waiting(text: &str) -> bool {
    const ENGINES: [&str; 7] = [
        "connect_args",
        "server_settings",
        "create_engine",
        "create_async_engine",
        "engine_from_config",
        "listens_for",
        "event.listen",
    ];
    text.contains("lock_timeout")
        && code(text).filter(|line| line.contains("lock_timeout")).any(|line| {
            let upper = line.to_ascii_uppercase();
            [
                "SET LOCK_TIMEOUT",
                "SET SESSION LOCK_TIMEOUT",
                "-C LOCK_TIMEOUT",
                "-CLOCK_TIMEOUT",
                "SET_CONFIG(",
            ]
            .iter()
            .any(|form| upper.contains(form))
                || ENGINES.iter().any(|word| text.contains(word))
        })
}

/// The URLs that stand in a text as literals, and the schemes that calls like `URL.create` get.
pub(super) fn urls(text: &str, place: &str) -> Vec<Url> {
    /// A quote, then a scheme; its end is that of a URL or of the text.
    static SCHEME: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r#"["']((?:postgres(?:ql)?|mysql|mariadb|sqlite|oracle|mssql|cockroachdb|redshift|snowflake|bigquery|duckdb)(?:\+[a-z0-9_]+)?)(:|["'])"#,
        )
        .ok()
    });
    const BUILDERS: [&str; 5] = ["drivername", "scheme", "URL.create(", "URL(", ".build("];
    let Some(scheme) = SCHEME.as_ref() else { return Vec::new() };
    let mut found = Vec::new();
    let mut before = "";
    for line in code(text) {
        for captures in scheme.captures_iter(line) {
            let (Some(all), Some(name), Some(end)) = (captures.get(0), captures.get(1), captures.get(2))
            else {
                continue;
            };
            // A letter before the quote makes it an f-string or a raw text.
            let ahead =
                line.get(..all.start()).unwrap_or_default().trim_end_matches(['f', 'r', 'F', 'R', ' ']);
            let is_asked_for = ["startswith(", "==", "!=", " in", "replace(", "endswith(", "(("]
                .iter()
                .any(|question| ahead.ends_with(question));
            let rest = line.get(end.start()..).unwrap_or_default();
            // In memory is where tests run.
            let is_in_memory = name.as_str().starts_with("sqlite") && rest.contains(":memory:");
            let is_built =
                || [before, ahead].iter().any(|text| BUILDERS.iter().any(|word| text.contains(word)));
            if !is_asked_for
                && !is_in_memory
                && (rest.starts_with("://") || (end.as_str() != ":" && is_built()))
            {
                found.push(Url { scheme: name.as_str().to_owned(), place: place.to_owned() });
            }
        }
        // What pydantic checks.
        for (word, name) in [("PostgresDsn", "postgresql"), ("MySQLDsn", "mysql"), ("MariaDBDsn", "mariadb")]
        {
            if line.contains(word) && !line.contains("import") {
                found.push(Url { scheme: name.to_owned(), place: place.to_owned() });
            }
        }
        if !line.trim().is_empty() {
            before = line;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schemes(text: &str) -> Vec<String> {
        urls(text, "x.py").into_iter().map(|url| url.scheme).collect()
    }

    #[test]
    fn urls_are_found_however_they_are_written() {
        for (text, scheme) in [
            ("engine = create_engine(\"sqlite:///app.db\")", "sqlite"),
            (
                "SQLALCHEMY_DATABASE_URI = os.environ.get('DATABASE_URL') or \\\n    'sqlite:///' + os.path.join(d, 'x')",
                "sqlite",
            ),
            ("url = os.environ.get(\"DB\", \"mysql+pymysql://root@localhost/a#b\")", "mysql+pymysql"),
            ("url = f\"postgresql+asyncpg://{user}:{password}@{host}\"", "postgresql+asyncpg"),
            ("URL.create(\n    \"mariadb+mariadbconnector\",\n    username=u)", "mariadb+mariadbconnector"),
            ("MultiHostUrl.build(\n    scheme=\"postgresql+psycopg\",", "postgresql+psycopg"),
            ("DATABASE_URI: PostgresDsn | None = None", "postgresql"),
            ("url = url.replace('postgres://', 'postgresql+asyncpg://', 1)", "postgresql+asyncpg"),
        ] {
            assert_eq!(schemes(text), [scheme], "{text}");
        }
    }

    #[test]
    fn what_only_asks_or_explains_is_no_url() {
        for text in [
            "# create_engine('sqlite:///x.db')",
            "if url.startswith('sqlite://'):",
            "if url.startswith((\"sqlite://\", x)):",
            "if engine.dialect.name == 'postgresql':",
            "from pydantic import PostgresDsn",
            "TESTING = 'sqlite:///:memory:'",
            "if dialect in ('mysql', 'mariadb'):",
            "NAMES = {'sqlite': 1}",
        ] {
            assert_eq!(schemes(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn an_environment_is_asynchronous_by_how_it_connects() {
        assert_eq!(is_async("async with engine.connect() as c:\n    await c.run_sync(do_run)\n"), Some(true));
        assert_eq!(is_async("with engine.connect() as c:\n    pass\n"), Some(false));
        assert_eq!(is_async("from app import run\nrun()\n"), None);
    }

    #[test]
    fn only_modules_about_engines_limit_waiting() {
        for text in [
            "engine = create_async_engine(URL, connect_args={\n    'server_settings': {'lock_timeout': '5000'}})",
            "ARGS = {'options': '-c lock_timeout=5s'}",
            "@event.listens_for(engine, 'connect')\ndef f(c, r):\n    c.cursor().execute(\"SET lock_timeout TO '5s'\")",
        ] {
            assert!(limits_waiting(text), "{text}");
        }
        for text in ["redis.lock('x', lock_timeout=5)", "# create_engine(lock_timeout)\ncreate_engine(u)"] {
            assert!(!limits_waiting(text), "{text}");
        }
    }
}

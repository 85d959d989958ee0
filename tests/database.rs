//! Applied revisions as real databases tell them: PostgreSQL, MariaDB and SQLite, also where they do not answer.

#![cfg(all(unix, feature = "database"))]
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on must stop"
)]

mod environment;

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use environment::server::{Kind, PASSWORD, PASSWORD_IN_URL, Server, USER, free_port, hand_over};
use environment::{ALEMBIC_LINT, Ran, needs_set_up, python_program};
use tempfile::TempDir;

/// A project with the revisions aa11, bb22 and, both after it, cc33 and dd44, each of which drops a column.
struct Project(TempDir);

impl Project {
    fn new() -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        project.write("alembic.ini", "[alembic]\nscript_location = migrations\n");
        project.write("migrations/env.py", "from alembic import context\ncontext.configure(url='x')\n");
        project.write("alembic-lint.toml", "applied-ref = false\nselect = [\"drop-column\", \"applied\"]\n");
        for (id, down) in [("aa11", "None"), ("bb22", "'aa11'"), ("cc33", "'bb22'"), ("dd44", "'bb22'")] {
            let text = format!(
                "from alembic import op\nrevision = '{id}'\ndown_revision = {down}\n\n\ndef upgrade():\n    \
                 op.drop_column('t', '{id}')\n\n\ndef downgrade():\n    raise NotImplementedError('gone')\n"
            );
            project.write(&format!("migrations/versions/{id}_x.py"), &text);
        }
        project
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(ALEMBIC_LINT);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.current_dir(self.path()).args(["--output-format", "concise", "-v"]).args(arguments);
        command
    }

    /// What the run with this database says; never the password.
    fn run(&self, url: &str, more: &[&str]) -> Ran {
        let arguments: Vec<&str> = ["--database-url", url].iter().chain(more).copied().collect();
        ran(&mut self.command(&arguments))
    }

    /// The revisions that the database has not run.
    fn new_revisions(&self, url: &str) -> Vec<String> {
        let ran = self.run(url, &[]);
        let ids = ["aa11", "bb22", "cc33", "dd44"];
        let is_judged = |id: &&str| ran.stdout.contains(&format!("deletes `t.{id}`"));
        assert!(ran.stdout.contains("drop-column") || ran.code == 0, "{}", ran.text());
        ids.iter().filter(|id| is_judged(id)).map(ToString::to_string).collect()
    }
}

#[track_caller]
fn ran(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    let ran = Ran {
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        code: output.status.code().unwrap(),
    };
    for secret in [PASSWORD, PASSWORD_IN_URL, WRONG] {
        assert!(!ran.text().contains(secret), "the password is in\n{}", ran.text());
    }
    ran
}

const WRONG: &str = "hunter2-wrong";

#[track_caller]
fn fails(ran: &Ran, parts: &[&str]) {
    assert_eq!(ran.code, 2, "{}", ran.text());
    assert!(parts.iter().all(|part| ran.stderr.contains(part)), "not all of {parts:?} in\n{}", ran.text());
    assert_eq!(ran.stdout, "", "nothing is judged where it is not known what is applied");
}

fn table(name: &str, heads: &[&str]) -> String {
    let rows: Vec<String> =
        heads.iter().map(|head| format!("INSERT INTO {name} VALUES ('{head}');")).collect();
    format!("CREATE TABLE {name} (version_num VARCHAR(32) NOT NULL PRIMARY KEY);{}", rows.concat())
}

/// A SQLite file with a version table.
fn sqlite(path: &Path, sql: &str) {
    let script =
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.executescript(sys.argv[2]); c.close()";
    let mut python = Command::new(python_program("python"));
    let output = python.args(["-c", script]).arg(path).arg(sql).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn postgresql_tells_its_heads_and_all_before_them_are_applied() {
    let (server, project) = (Server::postgresql(), Project::new());
    server.create_database("plain");
    server.execute("plain", &table("alembic_version", &["bb22"]));
    for scheme in
        ["postgresql", "postgres", "postgresql+psycopg2", "postgresql+asyncpg", "postgresql+psycopg"]
    {
        assert_eq!(project.new_revisions(&server.url(scheme, "plain")), ["cc33", "dd44"], "{scheme}");
    }
    let ran = project.run(&server.url("postgresql", "plain"), &[]);
    assert!(
        ran.stderr.contains(&format!("in the database postgresql://{USER}@127.0.0.1:")),
        "{}",
        ran.stderr
    );
    assert!(ran.stdout.contains("Checked 2 revisions; 2 applied ones are not judged"), "{}", ran.stdout);
    server.execute(
        "plain",
        "DELETE FROM alembic_version; INSERT INTO alembic_version VALUES ('cc33'), ('dd44')",
    );
    let ran = project.run(&server.url("postgresql", "plain"), &[]);
    assert_eq!(ran.code, 0, "{}", ran.text());
    assert!(
        ran.stdout.contains("all 4 revisions are applied (in the database postgresql://"),
        "{}",
        ran.stdout
    );
}

#[test]
fn mariadb_tells_its_heads_in_each_spelling() {
    let (server, project) = (Server::mariadb(), Project::new());
    server.create_database("plain");
    server.execute("plain", &table("alembic_version", &["cc33"]));
    for scheme in ["mysql", "mysql+pymysql", "mysql+mysqldb", "mariadb", "mariadb+mariadbconnector"] {
        assert_eq!(project.new_revisions(&server.url(scheme, "plain")), ["dd44"], "{scheme}");
    }
    let url = format!("{}?charset=utf8mb4&ssl_disabled=true", server.url("mysql+pymysql", "plain"));
    assert_eq!(project.new_revisions(&url), ["dd44"]);
}

#[test]
fn sqlite_is_read_by_relative_and_absolute_paths_and_never_written() {
    needs_set_up!();
    let project = Project::new();
    let file = project.path().join("app.db");
    for mode in ["DELETE", "WAL"] {
        let _ = fs::remove_file(&file);
        sqlite(&file, &format!("PRAGMA journal_mode={mode};{}", table("alembic_version", &["bb22"])));
        let before = (fs::read(&file).unwrap(), names(project.path()));
        for url in [
            "sqlite:///app.db".to_owned(),
            "sqlite+aiosqlite:///./app.db".to_owned(),
            format!("sqlite:///{}", file.display()),
            "sqlite:///file:app.db?mode=ro&uri=true".to_owned(),
        ] {
            assert_eq!(project.new_revisions(&url), ["cc33", "dd44"], "{url} {mode}");
        }
        assert_eq!((fs::read(&file).unwrap(), names(project.path())), before, "{mode}");
    }
    fails(&project.run("sqlite:///other.db", &[]), &["`sqlite:///other.db`", "there is no such file"]);
    assert!(!project.path().join("other.db").exists());
    project.write(
        "text.db",
        "this is no database, but long enough to be read as one, as SQLite reads 100 bytes\n",
    );
    fails(&project.run("sqlite:///text.db", &[]), &["`alembic_version`", "not a database"]);
    fails(&project.run("sqlite://", &[]), &["--database-url is a SQLite database in memory"]);
}

fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn what_real_alembic_wrote_is_read() {
    needs_set_up!();
    let project = Project::new();
    project.write(
        "migrations/env.py",
        "from alembic import context\nfrom sqlalchemy import create_engine\nSTATE = 'schema_state'\nwith \
         create_engine('sqlite:///real.db').connect() as connection:\n    context.configure(connection=connection, \
         version_table=STATE)\n    with context.begin_transaction():\n        context.run_migrations()\n",
    );
    for revision in ["aa11", "bb22", "cc33", "dd44"] {
        let path = format!("migrations/versions/{revision}_x.py");
        let text = fs::read_to_string(project.path().join(&path)).unwrap();
        project.write(&path, &text.replace("    op.drop_column", "    return\n    op.drop_column"));
    }
    let stamped = environment::run(python_program("alembic"), &["upgrade", "cc33"], project.path());
    stamped.succeeded();
    for revision in ["aa11", "bb22", "cc33", "dd44"] {
        let path = format!("migrations/versions/{revision}_x.py");
        let text = fs::read_to_string(project.path().join(&path)).unwrap();
        project.write(&path, &text.replace("    return\n", ""));
    }
    assert_eq!(project.new_revisions("sqlite:///real.db"), ["dd44"]);
}

#[test]
fn the_version_table_and_schema_of_env_py_or_the_configuration_are_read() {
    let (server, project) = (Server::postgresql(), Project::new());
    server.create_database("other_table");
    server.execute("other_table", "CREATE SCHEMA app");
    server.execute("other_table", &table("app.\"State\"", &["bb22"]));
    server.execute("other_table", &table("configured", &["cc33"]));
    let url = server.url("postgresql", "other_table");
    let configure = |arguments: &str| {
        project.write("migrations/env.py", &format!("SCHEMA = 'app'\ncontext.configure({arguments})\n"));
    };
    configure("version_table='State', version_table_schema=SCHEMA");
    assert_eq!(project.new_revisions(&url), ["cc33", "dd44"]);
    let by_search_path = format!("{url}?options=-csearch_path%3Dapp");
    configure("version_table='State'");
    assert_eq!(project.new_revisions(&by_search_path), ["cc33", "dd44"]);
    let ran = project.run(&url, &[]);
    assert!(ran.stderr.contains("its table `State` does not exist"), "{}", ran.stderr);
    let table = "version-table = \"configured\"";
    let ran = project.run(&url, &["--config", table]);
    assert!(ran.stdout.contains("`t.dd44`") && !ran.stdout.contains("`t.cc33`"), "{}", ran.text());
    configure("version_table=prefix + '_version'");
    let said =
        ["`migrations/env.py` computes the version table (`prefix + '_version'`)", "`version-table = "];
    fails(&project.run(&url, &[]), &said);
    assert_eq!(project.run(&url, &["--config", table]).code, 1);

    let server = Server::mariadb();
    server.create_database("other_table");
    server.execute("other_table", &self::table("`my state`", &["bb22"]));
    configure("version_table='my state', version_table_schema='other_table'");
    assert_eq!(project.new_revisions(&server.url("mysql", "mysql")), ["cc33", "dd44"]);
}

#[test]
fn no_table_and_an_empty_one_mean_that_nothing_is_applied_and_the_run_says_so() {
    needs_set_up!();
    let project = Project::new();
    let (postgresql, mariadb) = (Server::postgresql(), Server::mariadb());
    postgresql.create_database("empty");
    mariadb.create_database("empty");
    sqlite(&project.path().join("empty.db"), "CREATE TABLE t (id INTEGER);");
    let urls = [
        postgresql.url("postgresql", "empty"),
        mariadb.url("mysql", "empty"),
        "sqlite:///empty.db".to_owned(),
    ];
    for (url, why) in urls.iter().zip(["does not exist"; 3]) {
        let ran = project.run(url, &[]);
        assert!(ran.stderr.contains("has run no revision, so every one counts as new"), "{}", ran.stderr);
        assert!(ran.stderr.contains(&format!("its table `alembic_version` {why}")), "{}", ran.stderr);
        assert!(ran.stdout.contains("Found 4 findings"), "{}", ran.stdout);
    }
    postgresql.execute("empty", &table("alembic_version", &[]));
    let ran = project.run(&urls[0], &[]);
    assert!(ran.stderr.contains("its table `alembic_version` is empty"), "{}", ran.stderr);
    let ran = project.run(&urls[0], &["--config", "version-table-schema = \"nope\""]);
    assert!(ran.stderr.contains("its table `nope.alembic_version` does not exist"), "{}", ran.stderr);
}

#[test]
fn a_revision_that_no_file_has_is_an_error_that_names_the_database() {
    let (server, project) = (Server::postgresql(), Project::new());
    server.create_database("ahead");
    server.execute("ahead", &table("alembic_version", &["bb22", "ee55"]));
    let url = server.url("postgresql", "ahead");
    for paths in [&[][..], &["migrations/versions/cc33_x.py"]] {
        let ran = project.run(&url, paths);
        assert_eq!(ran.code, 1, "{}", ran.text());
        let said = format!(
            "migrations/env.py:1:1: error[applied-revision-deleted] the database \
             `postgresql://{USER}@127.0.0.1:{}/ahead` is at the revision `ee55`, which no file has",
            server.port
        );
        assert!(ran.stdout.contains(&said), "{}", ran.stdout);
        assert!(ran.stdout.contains("`t.cc33`") && !ran.stdout.contains("`t.bb22`"), "{}", ran.stdout);
    }
}

#[test]
fn fix_writes_nothing_that_a_database_has_run() {
    let (server, project) = (Server::postgresql(), Project::new());
    server.create_database("fixed");
    server.execute("fixed", &table("alembic_version", &["cc33"]));
    project.write("alembic-lint.toml", "applied-ref = false\nrequired-imports = [\"sqlmodel\"]\n");
    let ran = project.run(&server.url("postgresql", "fixed"), &["--fix"]);
    let has_import = |id: &str| {
        let path = project.path().join(format!("migrations/versions/{id}_x.py"));
        fs::read_to_string(path).unwrap().contains("import sqlmodel")
    };
    assert!(has_import("dd44"), "{}", ran.text());
    assert!(!["aa11", "bb22", "cc33"].iter().any(|id| has_import(id)), "{}", ran.text());
}

#[test]
fn a_server_that_is_down_a_wrong_password_and_a_missing_database_are_told_apart() {
    let project = Project::new();
    let port = free_port();
    for scheme in ["postgresql", "mysql"] {
        let down = format!("{scheme}://{USER}:{PASSWORD_IN_URL}@127.0.0.1:{port}/x");
        let name = format!("the database `{scheme}://{USER}@127.0.0.1:{port}/x`");
        fails(
            &project.run(&down, &[]),
            &[&name, "connection refused", "`--applied-ref REF` asks git instead"],
        );
    }
    for (server, scheme, refused, missing) in [
        (Server::postgresql(), "postgresql", "password authentication failed", "\"nope\" does not exist"),
        (Server::mariadb(), "mysql", "Access denied for user", "Unknown database 'nope'"),
    ] {
        let wrong = format!("{scheme}://{USER}:{WRONG}@127.0.0.1:{}/x", server.port);
        fails(&project.run(&wrong, &[]), &[refused]);
        fails(&project.run(&server.url(scheme, "nope"), &[]), &[missing]);
        let no_user = format!("{scheme}://nobody:{WRONG}@127.0.0.1:{}/x", server.port);
        fails(&project.run(&no_user, &[]), &["no connection to the database"]);
    }
    let unknown = format!("postgresql://{USER}:{WRONG}@127.0.0.1:{port}/x?sslmode=maybe");
    fails(&project.run(&unknown, &[]), &["`sslmode=maybe` is not known"]);
    for wrong in
        [WRONG.to_owned(), format!("oracle://{USER}:{WRONG}@h/x"), format!("mysql://u:{WRONG}@h:{WRONG}/x")]
    {
        fails(&project.run(&wrong, &[]), &["error: --database-url "]);
    }
}

#[test]
fn a_password_file_of_postgresql_is_read_where_the_url_has_no_password() {
    let (server, project) = (Server::postgresql(), Project::new());
    server.create_database("by_file");
    server.execute("by_file", &table("alembic_version", &["bb22"]));
    let file = project.path().join("pgpass");
    let escaped = PASSWORD.replace(':', "\\:");
    let lines =
        format!("*:{}:other:*:wrong\n127.0.0.1:{}:by_file:{USER}:{escaped}\n", server.port, server.port);
    fs::write(&file, lines).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let url = format!("postgresql://{USER}@127.0.0.1:{}/by_file", server.port);
    let found = ran(project.command(&["--database-url", &url]).env("PGPASSFILE", &file));
    assert!(found.stdout.contains("Checked 2 revisions; 2 applied ones"), "{}", found.text());
    let found = ran(project.command(&["--database-url", &url]).env("PGPASSWORD", PASSWORD));
    assert!(found.stdout.contains("Checked 2 revisions; 2 applied ones"), "{}", found.text());
    fails(&project.run(&url, &[]), &["no connection to the database"]);
}

#[test]
fn the_connection_is_encrypted_and_the_certificate_checked_where_the_url_asks() {
    let (server, project) = (Server::start(Kind::Postgresql), Project::new());
    let certificate = |name: &str| {
        let (key, own) =
            (project.path().join(format!("{name}.key")), project.path().join(format!("{name}.crt")));
        let mut openssl = Command::new("openssl");
        openssl.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test"]);
        openssl.args([
            "-addext",
            "subjectAltName=IP:127.0.0.1",
            "-addext",
            "basicConstraints=critical,CA:false",
        ]);
        let made = openssl.arg("-keyout").arg(&key).arg("-out").arg(&own).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        hand_over(&key);
        (key, own)
    };
    let ((key, own), (_, other)) = (certificate("server"), certificate("other"));
    fs::set_permissions(project.path(), fs::Permissions::from_mode(0o755)).unwrap();
    for setting in [
        format!("ssl_cert_file = '{}'", own.display()),
        format!("ssl_key_file = '{}'", key.display()),
        "ssl = on".to_owned(),
    ] {
        server.execute("postgres", &format!("ALTER SYSTEM SET {setting}"));
    }
    server.execute("postgres", "SELECT pg_reload_conf()");
    // The server takes it up soon after.
    let is_on = |_: &usize| server.execute("postgres", "SHOW ssl").trim() == "on";
    assert!((0..1000).find(is_on).is_some(), "the server has no TLS");
    server.create_database("encrypted");
    server.execute(
        "encrypted",
        "CREATE VIEW alembic_version AS SELECT CASE WHEN ssl THEN 'bb22' ELSE 'aa11' END AS version_num \
         FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
    );
    let url = |query: &str| format!("{}?{query}", server.url("postgresql+psycopg2", "encrypted"));
    let trusted = format!("sslmode=verify-full&sslrootcert={}", own.display());
    for query in ["sslmode=require", "", "ssl=true", &trusted] {
        assert_eq!(project.new_revisions(&url(query)), ["cc33", "dd44"], "{query}");
    }
    assert_eq!(project.new_revisions(&url("sslmode=disable")), ["bb22", "cc33", "dd44"]);
    let untrusted = format!("sslmode=verify-full&sslrootcert={}", other.display());
    fails(&project.run(&url(&untrusted), &[]), &["invalid peer certificate"]);
}

#[test]
fn tls_that_is_required_and_not_there_is_refused() {
    let (server, project) = (Server::postgresql(), Project::new());
    server.create_database("no_tls");
    let url = format!("{}?sslmode=require", server.url("postgresql", "no_tls"));
    fails(&project.run(&url, &[]), &["TLS"]);
}

#[test]
fn a_server_that_never_answers_is_given_up() {
    let project = Project::new();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    for scheme in ["postgresql", "mysql"] {
        let url = format!("{scheme}://{USER}:{PASSWORD_IN_URL}@127.0.0.1:{port}/x");
        fails(
            &project.run(&url, &["--database-timeout", "0.2"]),
            &["did not answer within 0.2 s", "`--database-timeout` waits longer"],
        );
    }
}

#[test]
fn a_table_that_somebody_holds_is_given_up() {
    needs_set_up!();
    let (server, project) = (Server::postgresql(), Project::new());
    server.create_database("held");
    server.execute("held", &table("alembic_version", &["bb22"]));
    // The lock is there when the client says so, and lasts until its standard input ends.
    let script = "import sys, sqlalchemy as sa\nwith sa.create_engine(sys.argv[1]).begin() as c:\n    \
                  c.execute(sa.text('LOCK TABLE alembic_version'))\n    print('held', flush=True)\n    sys.stdin.read()";
    let mut python = Command::new(python_program("python"))
        .args(["-c", script, &server.url("postgresql+psycopg", "held")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    BufReader::new(python.stdout.take().unwrap()).read_line(&mut said).unwrap();
    assert_eq!(said, "held\n");
    let ran = project.run(&server.url("postgresql", "held"), &["--database-timeout", "0.3"]);
    fails(&ran, &["did not answer within 0.3 s"]);
    drop(python.stdin.take());
    assert!(python.wait().unwrap().success());
}

#[test]
fn the_connection_may_only_read() {
    let (server, project) = (Server::postgresql(), Project::new());
    server.create_database("watched");
    // Reading this view would write; a transaction that may only read refuses.
    server.execute(
        "watched",
        "CREATE TABLE seen (at int); CREATE FUNCTION note() RETURNS varchar LANGUAGE plpgsql AS \
         $$ BEGIN INSERT INTO seen VALUES (1); RETURN 'bb22'; END $$; \
         CREATE VIEW alembic_version AS SELECT note() AS version_num",
    );
    let ran = project.run(&server.url("postgresql", "watched"), &[]);
    fails(&ran, &["`alembic_version`", "read-only transaction"]);
    assert_eq!(server.execute("watched", "SELECT count(*) FROM seen").trim(), "0");
}

#[test]
fn the_url_comes_from_the_environment_and_never_from_a_file() {
    let (server, project) = (Server::postgresql(), Project::new());
    server.create_database("by_name");
    server.execute("by_name", &table("alembic_version", &["cc33"]));
    let url = server.url("postgresql+psycopg2", "by_name");
    let settings = "applied-ref = false\nselect = [\"drop-column\"]\n";
    project.write("alembic-lint.toml", &format!("{settings}database-url-env = \"APP_DATABASE\"\n"));
    let found = ran(project.command(&[]).env("APP_DATABASE", &url));
    assert!(found.stdout.contains("Checked 1 revision; 3 applied ones"), "{}", found.text());
    for value in [None, Some("")] {
        let mut command = project.command(&[]);
        value.map(|value| command.env("APP_DATABASE", value));
        let unset = ran(&mut command);
        assert!(
            unset.stderr.contains("`APP_DATABASE`, which `database-url-env` names, is not set"),
            "{}",
            unset.stderr
        );
        assert!(unset.stdout.contains("Found 4 findings"), "{}", unset.stdout);
    }
    let down = format!("postgresql://{USER}:{WRONG}@127.0.0.1:{}/x", free_port());
    let failed = ran(project.command(&[]).env("APP_DATABASE", down));
    fails(&failed, &["`APP_DATABASE` (`database-url-env`) does not tell which revisions are applied"]);
    // The command line goes first.
    let named = ran(project.command(&["--applied-through", "aa11"]).env("APP_DATABASE", &url));
    assert!(named.stdout.contains("Checked 3 revisions; 1 applied one"), "{}", named.stdout);
    for key in ["database-url", "database_url", "database-url-env"] {
        project.write("alembic-lint.toml", &format!("{settings}{key} = \"postgresql://u:{WRONG}@h/d\"\n"));
        let refused = ran(&mut project.command(&[]));
        fails(&refused, &["alembic-lint.toml:3:", "belongs in no file", "`database-url-env = "]);
    }
}

#[test]
fn one_database_is_for_one_script_directory() {
    let (server, project) = (Server::postgresql(), Project::new());
    server.create_database("one");
    server.execute("one", &table("alembic_version", &["bb22"]));
    let url = server.url("postgresql", "one");
    project.write("second/alembic.ini", "[alembic]\nscript_location = %(here)s\n");
    project.write("second/env.py", "from alembic import context\n");
    project.write(
        "second/versions/ff66_x.py",
        "revision = 'ff66'\ndown_revision = None\ndef upgrade():\n    pass\n",
    );
    let said = ["`migrations`, `second`", "give one of them as PATH"];
    fails(&project.run(&url, &[]), &said);
    let chosen = project.run(&url, &["migrations"]);
    assert!(chosen.stdout.contains("Checked 2 revisions; 2 applied ones"), "{}", chosen.text());
}

//! Projects that grow stage by stage on real databases: real Alembic writes the revisions, alembic-lint repairs them, and they run there,
//! back and there again with rows in the tables. Python does it (`tests/evolution/`), so that anyone can ask it for the details.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop")]

mod environment;

use environment::server::{Kind, Server};
use environment::{ALEMBIC_LINT, needs_set_up, python_program, repository, run};

/// The oldest and the newest major of PostgreSQL that are supported.
const MAJORS: [u32; 2] = [14, 18];

#[test]
fn what_autogenerate_writes_runs_after_repairs() {
    needs_set_up!();
    let script = repository("tests/evolution/evolution.py");
    let servers = MAJORS.map(|major| (major, Server::start(Kind::Release(major))));
    let mariadb = Server::mariadb().url("mysql+pymysql", "mysql");
    let mut arguments = vec![
        script.to_str().unwrap().to_owned(),
        "--binary".to_owned(),
        ALEMBIC_LINT.to_owned(),
        "--mariadb".to_owned(),
        mariadb,
    ];
    for (major, server) in &servers {
        let url = server.url("postgresql+psycopg", "postgres");
        arguments.extend(["--postgresql".to_owned(), format!("{major}={url}")]);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let evolved = run(python_program("python"), &arguments, &repository("."));
    println!("{}", evolved.stdout);
    evolved.succeeded();
}

#[test]
fn spatial_columns_run_after_repairs() {
    needs_set_up!();
    let script = repository("tests/evolution/spatial.py");
    // The one that is installed has PostGIS.
    let postgresql = Server::postgresql().url("postgresql+psycopg", "postgres");
    let arguments = [script.to_str().unwrap(), "--binary", ALEMBIC_LINT, "--postgresql", &postgresql];
    run(python_program("python"), &arguments, &repository(".")).succeeded();
}

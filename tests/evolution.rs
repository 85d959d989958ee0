//! Projects that grow stage by stage on real databases: real Alembic writes the revisions, alembic-lint repairs them, and they run there,
//! back and there again with rows in the tables. Python does it (`tests/evolution/`), so that anyone can ask it for the details.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop")]

mod environment;

use environment::server::Server;
use environment::{ALEMBIC_LINT, python_program, repository, run};

#[test]
fn what_autogenerate_writes_runs_after_repairs() {
    let script = repository("tests/evolution/evolution.py");
    let postgresql = format!("15={}", Server::postgresql().url("postgresql+psycopg", "postgres"));
    let mariadb = Server::mariadb().url("mysql+pymysql", "mysql");
    let script = script.to_str().unwrap();
    let arguments = [script, "--binary", ALEMBIC_LINT, "--postgresql", &postgresql, "--mariadb", &mariadb];
    let evolved = run(python_program("python"), &arguments, &repository("."));
    println!("{}", evolved.stdout);
    evolved.succeeded();
}

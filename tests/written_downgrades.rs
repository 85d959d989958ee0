//! The downgrades that `--unsafe-fixes` writes, run by real Alembic on real databases: there, back and there again.
//! Python makes the comparison (`tests/python/written_downgrades.py`), so that anyone can ask it for the details.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop")]

mod environment;

use environment::server::Server;
use environment::{ALEMBIC_LINT, needs_set_up, python_program, repository, run};

#[test]
fn downgrades_that_are_written_bring_databases_back() {
    needs_set_up!();
    let script = repository("tests/python/written_downgrades.py");
    let postgresql = Server::postgresql().url("postgresql+psycopg", "postgres");
    let mariadb = Server::mariadb().url("mysql+pymysql", "mysql");
    let script = script.to_str().unwrap();
    let arguments = [script, "--binary", ALEMBIC_LINT, "--postgresql", &postgresql, "--mariadb", &mariadb];
    let compared = run(python_program("python"), &arguments, &repository("."));
    println!("{}", compared.stdout);
    compared.succeeded();
}

//! The schema that is replayed from the files beside what databases hold after real Alembic carried the revisions out.
//! Python makes the comparison (`tests/python/replay.py`), so that anyone can ask it for the details.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop")]

mod environment;

use environment::server::Server;
use environment::{ALEMBIC_LINT, needs_set_up, python_program, repository, run};

#[test]
fn the_replayed_schema_is_what_databases_hold() {
    needs_set_up!();
    let replayed = repository("target/replay");
    assert!(replayed.exists(), "{} is missing: run tests/set_up.sh once", replayed.display());
    let script = repository("tests/python/replay.py");
    let postgresql = Server::postgresql().url("postgresql+psycopg", "postgres");
    let mariadb = Server::mariadb().url("mysql+pymysql", "mysql");
    let arguments = [
        script.to_str().unwrap(),
        "--binary",
        ALEMBIC_LINT,
        "--postgresql",
        &postgresql,
        "--mariadb",
        &mariadb,
    ];
    let compared = run(python_program("python"), &arguments, &repository("."));
    println!("{}", compared.stdout);
    compared.succeeded();
}

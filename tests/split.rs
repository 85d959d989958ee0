//! Revisions that `split` takes apart, run by real Alembic on real databases with rows in the tables. Python does it
//! (`tests/python/split.py`), so that anyone can ask it for the details.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop")]

mod environment;

use environment::server::Server;
use environment::{ALEMBIC_LINT, python_program, repository, run};

#[test]
fn the_parts_run_one_by_one_and_leave_what_the_whole_leaves() {
    let script = repository("tests/python/split.py");
    let postgresql = Server::postgresql().url("postgresql+psycopg", "postgres");
    let mariadb = Server::mariadb().url("mysql+pymysql", "mysql");
    let script = script.to_str().unwrap();
    let arguments = [script, "--binary", ALEMBIC_LINT, "--postgresql", &postgresql, "--mariadb", &mariadb];
    let ran = run(python_program("python"), &arguments, &repository("."));
    println!("{}", ran.stdout);
    ran.succeeded();
}

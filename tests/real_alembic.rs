//! What alembic-lint reads beside what real Alembic does. Python makes the comparison (`tests/python/compare.py`), so
//! that anyone can ask it for the details.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop")]

mod environment;

use environment::{ALEMBIC_LINT, corpus, needs_set_up, python_program, repository, run};

#[test]
fn what_is_read_is_what_alembic_does() {
    needs_set_up!();
    corpus();
    let script = repository("tests/python/compare.py");
    let compared = run(
        python_program("python"),
        &[script.to_str().unwrap(), "--binary", ALEMBIC_LINT, "--details"],
        &repository("."),
    );
    println!("{}", compared.stdout);
    compared.succeeded();
}

#[test]
fn the_example_projects_are_as_alembic_makes_them() {
    needs_set_up!();
    let script = repository("testdata/generate.py");
    run(python_program("python"), &[script.to_str().unwrap(), "--check"], &repository(".")).succeeded();
}

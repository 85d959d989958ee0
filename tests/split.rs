//! Revisions that `split` takes apart, run by real Alembic on real databases with rows in the tables. Python does it
//! (`tests/python/split.py`), so that anyone can ask it for the details.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop")]

mod environment;

use environment::server::Server;
use std::path::PathBuf;

use environment::{ALEMBIC_LINT, corpus, needs_set_up, python_program, repository, run, version_locations};

#[test]
fn the_parts_run_one_by_one_and_leave_what_the_whole_leaves() {
    needs_set_up!();
    let script = repository("tests/python/split.py");
    let postgresql = Server::postgresql().url("postgresql+psycopg", "postgres");
    let mariadb = Server::mariadb().url("mysql+pymysql", "mysql");
    let script = script.to_str().unwrap();
    let arguments = [script, "--binary", ALEMBIC_LINT, "--postgresql", &postgresql, "--mariadb", &mariadb];
    let ran = run(python_program("python"), &arguments, &repository("."));
    println!("{}", ran.stdout);
    ran.succeeded();
}

/// Every fiftieth revision of public packages: each is taken apart, or it is said why not. That the parts leave the schema of the
/// whole, the program looks at itself.
#[test]
fn revisions_of_others_are_taken_apart_or_refused_with_a_reason() {
    needs_set_up!();
    let root = corpus();
    let (places, _) = version_locations();
    let mut files: Vec<PathBuf> = Vec::new();
    for place in &places {
        let entries = std::fs::read_dir(root.join(place)).unwrap().map(|entry| entry.unwrap().path());
        files.extend(entries.filter(|path| path.extension().is_some_and(|extension| extension == "py")));
    }
    files.sort();
    let mut split = 0;
    for file in files.iter().step_by(50) {
        let package = file.strip_prefix(&root).unwrap().components().next().unwrap();
        let arguments = ["split", file.to_str().unwrap(), "--applied-ref", "false", "--dry-run"];
        let ran = run(ALEMBIC_LINT, &arguments, &root.join(package));
        assert!(matches!(ran.code, 0 | 2) && !ran.stderr.contains("panicked"), "{}", ran.stderr);
        assert!(!ran.stderr.contains("please report"), "{}", ran.stderr);
        split += usize::from(ran.stdout.starts_with("1. "));
    }
    assert!(split > 5, "{split}");
}

#[test]
fn packages_whose_revisions_were_taken_apart_leave_the_same_catalog() {
    needs_set_up!();
    let script = repository("tests/python/split_public.py");
    let postgresql = Server::postgresql().url("postgresql+psycopg", "postgres");
    let packages = ["argilla_server", "fractal_server", "meltano"];
    let arguments = [script.to_str().unwrap(), "--binary", ALEMBIC_LINT, "--postgresql", &postgresql];
    let arguments: Vec<&str> = arguments.into_iter().chain(packages).collect();
    let ran = run(python_program("python"), &arguments, &repository("."));
    println!("{}", ran.stdout);
    ran.succeeded();
}

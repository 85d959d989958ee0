//! The pages of the rules about enum types say what happens on a database: their examples, run by real Alembic on real
//! PostgreSQL, one revision at a time, as deployments do. Does not run alembic-lint.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop")]

mod environment;
mod pages;

use std::fs;
use std::path::Path;

use alembic_lint::rules::RULES;
use environment::server::Server;
use environment::{Ran, needs_set_up, python_program, run};
use pages::{Example, examples};

const ENVIRONMENT: &str = "
from alembic import context
from sqlalchemy import create_engine

with create_engine(context.get_x_argument(as_dictionary=True)['url']).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
";

/// The files of an example, with their paths.
fn files(example: &Example) -> Vec<(&str, &str)> {
    let first = (example.file.as_deref().unwrap(), &*example.text);
    let others = example.others.iter().map(|(path, text)| (&**path, &**text));
    std::iter::once(first).chain(others).collect()
}

/// Writes an example as a project of Alembic.
fn project(example: &Example) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let at = |path: &str| directory.path().join(path);
    fs::create_dir_all(at("migrations/versions")).unwrap();
    fs::write(at("alembic.ini"), "[alembic]\nscript_location = migrations\npath_separator = os\n").unwrap();
    fs::write(at("migrations/env.py"), ENVIRONMENT).unwrap();
    for (path, text) in files(example) {
        fs::write(at("migrations").join(path), text).unwrap();
    }
    directory
}

fn alembic(directory: &Path, database: &str, arguments: &[&str]) -> Ran {
    let url = format!("url={}", Server::postgresql().url("postgresql+psycopg", database));
    let arguments: Vec<&str> = ["-x", &url].into_iter().chain(arguments.iter().copied()).collect();
    run(python_program("alembic"), &arguments, directory)
}

/// Upgrades a new database by one revision at a time, as often as there are revisions.
fn upgraded(example: &Example, database: &str) -> (tempfile::TempDir, Vec<Ran>) {
    Server::postgresql().create_database(database);
    let directory = project(example);
    let files = files(example);
    let runs = files.iter().map(|_| alembic(directory.path(), database, &["upgrade", "+1"])).collect();
    (directory, runs)
}

/// The bad example fails at its last revision with this message, the good one goes up, down and up again.
fn is_as_the_page_says(rule: &str, message: &str) {
    let page = RULES.iter().find(|candidate| candidate.name == rule).unwrap().docs;
    assert!(page.contains(message), "the page of {rule} does not name {message}");
    let (mut bad, mut good) = (0, 0);
    for (number, example) in examples(page).iter().enumerate() {
        let database = format!("{}_{number}", rule.replace('-', "_"));
        let (directory, mut runs) = upgraded(example, &database);
        let last = runs.pop().unwrap();
        for run in runs {
            run.succeeded();
        }
        if example.is_bad {
            assert_ne!(last.code, 0, "{}", last.text());
            assert!(last.stderr.contains(message), "{}", last.stderr);
            bad += 1;
        } else {
            last.succeeded();
            alembic(directory.path(), &database, &["downgrade", "base"]).succeeded();
            alembic(directory.path(), &database, &["upgrade", "head"]).succeeded();
            good += 1;
        }
    }
    assert!(bad > 0 && good > 0, "{rule}: {bad} bad and {good} good examples");
}

#[test]
fn a_type_that_nothing_makes() {
    needs_set_up!();
    is_as_the_page_says("enum-type-not-created", "type \"state\" does not exist");
}

#[test]
fn a_type_that_is_there() {
    needs_set_up!();
    is_as_the_page_says("enum-type-created-twice", "type \"state\" already exists");
}

#[test]
fn one_run_from_an_empty_database_does_not_show_it() {
    needs_set_up!();
    let page = RULES.iter().find(|rule| rule.name == "enum-type-created-twice").unwrap().docs;
    let bad = examples(page).into_iter().find(|example| example.is_bad).unwrap();
    Server::postgresql().create_database("at_once");
    let directory = project(&bad);
    alembic(directory.path(), "at_once", &["upgrade", "head"]).succeeded();
}

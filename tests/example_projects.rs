//! The example projects: what a stranger sees in each, and that repaired ones run under real Alembic.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop")]

mod environment;

use std::collections::BTreeMap;

use environment::{ALEMBIC_LINT, copy, needs_set_up, python_program, replace, repository, run};
use serde_json::Value;
use tempfile::TempDir;

/// A copy of an example project outside any git repository.
fn project(name: &str) -> TempDir {
    copy(&repository("testdata/projects").join(name))
}

/// How often each rule speaks in a project.
fn findings(name: &str) -> BTreeMap<String, usize> {
    let project = project(name);
    let check = run(ALEMBIC_LINT, &["--output-format", "json"], project.path());
    let report: Value = serde_json::from_str(&check.stdout).unwrap_or_else(|_| panic!("{}", check.text()));
    let mut counts = BTreeMap::new();
    for finding in report["diagnostics"].as_array().unwrap() {
        *counts.entry(finding["rule"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    assert_eq!(check.code, i32::from(!counts.is_empty()), "{}", check.text());
    counts
}

#[track_caller]
fn finds(name: &str, expected: &[(&str, usize)]) {
    let expected: BTreeMap<String, usize> =
        expected.iter().map(|(rule, count)| ((*rule).to_owned(), *count)).collect();
    assert_eq!(findings(name), expected, "{name}");
}

#[test]
fn clean_and_approved_projects_have_no_findings() {
    finds("clean", &[]);
    finds("suppressed", &[]);
}

#[test]
fn the_shop_has_one_of_each() {
    finds(
        "shop",
        &[
            ("delete-data", 1),
            ("downgrade-add-not-null-without-default", 1),
            ("drop-column", 2),
            ("empty-migration", 1),
            ("missing-sqlmodel-import", 5),
            ("nondescriptive-message", 1),
            ("template-missing-import", 1),
            ("update-without-where", 2),
        ],
    );
}

#[test]
fn each_way_to_set_a_project_up_is_understood() {
    finds("multidb", &[("drop-column", 1)]);
    finds(
        "pyproject",
        &[
            ("drop-without-name", 1),
            ("missing-sqlmodel-import", 2),
            ("sqlite-requires-batch", 2),
            ("template-missing-import", 1),
            ("unnamed-constraint", 1),
        ],
    );
    finds("batch", &[("drop-column", 1), ("set-not-null-without-backfill", 1)]);
    finds("types", &[("undefined-name", 4)]);
}

#[test]
fn the_repaired_shop_can_be_upgraded() {
    needs_set_up!();
    let shop = project("shop");
    let alembic = |arguments: &[&str]| run(python_program("alembic"), arguments, shop.path());
    assert!(alembic(&["upgrade", "head"]).stderr.contains("NameError: name 'sqlmodel' is not defined"));
    run(ALEMBIC_LINT, &["--fix", "--exit-zero"], shop.path()).succeeded();
    alembic(&["upgrade", "head"]).succeeded();
}

#[test]
fn repaired_types_are_types() {
    needs_set_up!();
    let types = project("types");
    // SQLite has none of these types; without a connection Alembic writes the SQL of any database.
    replace(&types.path().join("alembic.ini"), "sqlite:///types.db", "postgresql://localhost/types");
    let alembic = || run(python_program("alembic"), &["upgrade", "head", "--sql"], types.path());
    assert!(alembic().stderr.contains("NameError: name 'sqlalchemy_utils' is not defined"));
    run(ALEMBIC_LINT, &["--fix"], types.path()).succeeded();
    let sql = alembic().succeeded().stdout;
    for column in
        ["contact VARCHAR(255)", "position geometry(POINT,4326)", "embedding VECTOR(3)", "details JSONB"]
    {
        assert!(sql.contains(column), "{column} is not in\n{sql}");
    }
}

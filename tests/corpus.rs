//! Every revision of the corpus: each is read, nothing panics, and repairs are stable and only insert lines.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop")]

mod environment;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use environment::{ALEMBIC_LINT, Ran, copy, corpus, needs_set_up, python_program, run, version_locations};
use serde_json::Value;

/// Runs alembic-lint over all version locations below `root`, with no revision counted as applied.
fn alembic_lint(arguments: &[&str], root: &Path) -> Ran {
    let (places, _) = version_locations();
    let arguments: Vec<&str> = arguments.iter().copied().chain(places.iter().map(String::as_str)).collect();
    let ran = run(ALEMBIC_LINT, &arguments, root);
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    assert!(matches!(ran.code, 0 | 1), "exit code {}: {}", ran.code, ran.stderr);
    ran
}

fn texts(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    walkdir::WalkDir::new(root)
        .into_iter()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            (entry.path().strip_prefix(root).unwrap().to_owned(), std::fs::read(entry.path()).unwrap())
        })
        .collect()
}

#[test]
fn every_revision_is_read() {
    needs_set_up!();
    let root = copy(&corpus());
    let (_, revisions) = version_locations();
    let check = alembic_lint(&["--applied-ref", "false", "--output-format", "json"], root.path());
    let report: Value = serde_json::from_str(&check.stdout).unwrap();
    assert_eq!(report["summary"]["files"], revisions);
    let refused: Vec<&Value> = report["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| {
            finding["rule"] == "parse-error" || finding["rule"] == "missing-revision-identifiers"
        })
        .collect();
    assert!(refused.is_empty(), "{refused:#?}");
}

#[test]
fn what_ran_for_years_is_not_said_to_fail() {
    needs_set_up!();
    let root = copy(&corpus());
    let rules = "unknown-object,duplicate-definition,enum-type-not-created";
    let arguments = ["--all", "--applied-ref", "false", "--select", rules, "--output-format", "json"];
    let report: Value = serde_json::from_str(&alembic_lint(&arguments, root.path()).stdout).unwrap();
    assert_eq!(report["diagnostics"], Value::Array(Vec::new()), "{:#}", report["diagnostics"]);
}

/// The lines of a docstring that repeat the identifiers, and are rewritten where they do so wrongly.
/// How many rules have something to repair in the corpus.
const FEWEST_REPAIRED_RULES: usize = 11;

const HEADERS: [&str; 2] = ["Revision ID:", "Revises:"];

/// Rules whose repairs insert lines, or mend the header.
const INSERTING: &str = "imports,docstring-header-mismatch,unused-suppression";

#[test]
fn all_repairs_of_all_rules_leave_python_and_come_to_an_end() {
    needs_set_up!();
    let root = copy(&corpus());
    let root = root.path();
    let arguments =
        ["--applied-ref", "false", "--select", "all", "--unsafe-fixes", "--output-format", "json"];
    let found: serde_json::Value = serde_json::from_str(&alembic_lint(&arguments, root).stdout).unwrap();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in found["diagnostics"].as_array().unwrap().iter().filter(|finding| !finding["fix"].is_null())
    {
        *counts.entry(finding["rule"].as_str().unwrap()).or_default() += 1;
    }
    println!("repairs on the corpus: {counts:?}");
    assert!(counts.len() >= FEWEST_REPAIRED_RULES, "{counts:?}");

    let (before, operations) = (texts(root), operations(root));
    let fix: Vec<&str> = std::iter::once("--fix").chain(arguments).collect();
    alembic_lint(&fix, root);
    let once = texts(root);
    alembic_lint(&fix, root);
    assert!(once == texts(root), "the second run changed files again");
    let fixed: Vec<&PathBuf> = before.keys().filter(|path| before[*path] != once[*path]).collect();
    println!("{} files were repaired", fixed.len());
    are_python(&fixed, root);
    let (taken, brought) = do_what_was_meant(&operations, &self::operations(root), &found);
    println!("operations taken away: {taken}, brought: {brought}");
}

/// Rules whose repairs take an operation away: one that changes nothing.
const TAKING: [&str; 1] = ["no-op-operation"];

/// Rules whose repairs bring operations: what a downgrade lacks, types, a timeout.
const BRINGING: [&str; 6] = [
    "downgrade-asymmetric",
    "empty-downgrade",
    "missing-downgrade",
    "enum-not-dropped-on-downgrade",
    "enum-type-not-created",
    "missing-lock-timeout",
];

/// What each direction of each revision does: directive, table, name.
type Operations = BTreeMap<(String, &'static str), Vec<[Value; 3]>>;

fn operations(root: &Path) -> Operations {
    let review = alembic_lint(&["review", "--applied-ref", "false", "--output-format", "json"], root);
    let review: Value = serde_json::from_str(&review.stdout).unwrap();
    let mut operations = Operations::new();
    for revision in review["revisions"].as_array().unwrap() {
        for direction in ["upgrade", "downgrade"] {
            let listed = revision[direction]["operations"].as_array().cloned().unwrap_or_default();
            let of = |operation: &Value| ["operation", "table", "name"].map(|key| operation[key].clone());
            let path = revision["path"].as_str().unwrap().to_owned();
            operations.insert((path, direction), listed.iter().map(of).collect());
        }
    }
    operations
}

/// Read again, each revision does what it did, but for what the repairs of its findings are about. A name that nobody gave may be
/// given. Gives how many operations went and came.
fn do_what_was_meant(before: &Operations, after: &Operations, found: &Value) -> (usize, usize) {
    let findings = found["diagnostics"].as_array().unwrap();
    let is_repaired = |path: &str, rules: &[&str]| {
        findings.iter().any(|finding| {
            finding["path"] == path
                && !finding["fix"].is_null()
                && rules.contains(&finding["rule"].as_str().unwrap())
        })
    };
    let (mut taken, mut brought) = (0, 0);
    for (key, before) in before {
        let mut new = after[key].clone();
        let mut gone = before.clone();
        gone.retain(|operation| {
            let is_it = |other: &[Value; 3]| {
                other[..2] == operation[..2] && (other[2] == operation[2] || operation[2].is_null())
            };
            let same = new.iter().position(|other| other == operation).or_else(|| new.iter().position(is_it));
            same.map(|at| new.remove(at)).is_none()
        });
        assert!(gone.is_empty() || is_repaired(&key.0, &TAKING), "{key:?} lost {gone:?}");
        assert!(new.is_empty() || is_repaired(&key.0, &BRINGING), "{key:?} got {new:?}");
        taken += gone.len();
        brought += new.len();
    }
    (taken, brought)
}

#[test]
fn fixing_twice_is_fixing_once_and_only_inserts_lines_and_mends_headers() {
    needs_set_up!();
    let root = copy(&corpus());
    let root = root.path();
    let arguments = ["--fix", "--applied-ref", "false", "--select", INSERTING, "--output-format", "concise"];
    let before = texts(root);
    alembic_lint(&arguments, root);
    let once = texts(root);
    alembic_lint(&arguments, root);
    assert!(once == texts(root), "the second run changed files again");

    assert_eq!(before.keys().collect::<Vec<_>>(), once.keys().collect::<Vec<_>>());
    let fixed: Vec<&PathBuf> = before.keys().filter(|path| before[*path] != once[*path]).collect();
    assert!(!fixed.is_empty());
    for path in &fixed {
        let mut lines = once[*path].split_inclusive(|byte| *byte == b'\n');
        for line in before[*path].split_inclusive(|byte| *byte == b'\n') {
            let header = HEADERS.iter().find(|header| line.trim_ascii_start().starts_with(header.as_bytes()));
            let is_kept = |other: &[u8]| {
                other == line
                    || header.is_some_and(|header| other.trim_ascii_start().starts_with(header.as_bytes()))
            };
            assert!(
                lines.any(is_kept),
                "{}: the line {:?} is gone",
                path.display(),
                String::from_utf8_lossy(line)
            );
        }
    }
    are_python(&fixed, root);
}

/// Asks Python itself.
fn are_python(files: &[&PathBuf], root: &Path) {
    let program = "import ast, sys\nfor path in sys.argv[1:]: ast.parse(open(path, 'rb').read(), path)";
    let revisions = files.iter().filter(|path| path.extension().is_some_and(|end| end == "py"));
    let arguments: Vec<&str> =
        ["-c", program].into_iter().chain(revisions.map(|path| path.to_str().unwrap())).collect();
    run(python_program("python"), &arguments, root).succeeded();
}

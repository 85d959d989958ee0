//! The transcript in the README is what the program prints, and the address in it is the package's own.

#![allow(clippy::expect_used, clippy::panic, reason = "a test may stop")]

use std::fs;
use std::path::Path;
use std::process::Command;

/// The line before the block, and the command the block shows.
const MARK: &str =
    "<!-- Written by tests/readme.rs from what the program prints. -->\n```console\n$ alembic-lint ";

#[test]
fn the_transcript_is_true() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("README.md");
    let readme = fs::read_to_string(&path).expect("README.md");
    let (before, rest) = readme.split_once(MARK).expect("README.md has the marked block");
    let (shown, after) = rest.split_once("```\n").expect("the block ends");
    let arguments = shown.lines().next().unwrap_or_default();

    // The executable's path is no text of ours, so only what follows the command's name is shown.
    let run = Command::new(env!("CARGO_BIN_EXE_alembic-lint"))
        .args(arguments.split(' '))
        .current_dir(root)
        .env_remove("PRE_COMMIT")
        .output()
        .expect("the program starts");
    let printed = String::from_utf8(run.stdout).expect("UTF-8");
    let current = format!("{before}{MARK}{arguments}\n{printed}```\n{after}");
    if current != readme {
        fs::write(&path, current).expect("README.md is written");
        panic!("the transcript in README.md was out of date: rewritten, run the tests again");
    }
}

#[test]
fn the_hooks_are_fetched_from_where_the_package_is() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).expect("README.md");
    let (address, tag) = (env!("CARGO_PKG_REPOSITORY"), env!("CARGO_PKG_VERSION"));
    let changes = fs::read_to_string(root.join("CHANGELOG.md")).expect("CHANGELOG.md");
    // A tag that does not exist yet cannot be fetched.
    let is_released = !changes.contains(&format!("## {tag} (unreleased)"));
    let revision =
        if is_released { format!("v{tag}\n") } else { "main   # nothing is tagged yet".to_owned() };
    let source = format!("  - repo: {address}\n    rev: {revision}");
    assert!(readme.contains(&source), "README.md does not fetch the hooks with\n{source}");
}

//! Two branches that each add a revision: what is said before and after the merge, with real git and real Alembic.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop")]

mod environment;

use std::fs;
use std::path::Path;

use environment::{ALEMBIC_LINT, Ran, needs_set_up, python_program, run};

fn git(root: &Path, arguments: &[&str]) {
    let mut all = vec!["-c", "user.name=A", "-c", "user.email=a@example.org"];
    all.extend(arguments);
    run("git", &all, root).succeeded();
}

fn revision(root: &Path, id: &str, down: &str) {
    let text = format!(
        "\"\"\"add {id}\n\nRevision ID: {id}\nRevises: {down}\n\n\"\"\"\nrevision = {id:?}\ndown_revision = {}\n\n\n\
         def upgrade():\n    pass\n\n\ndef downgrade():\n    pass\n",
        if down.is_empty() { "None".to_owned() } else { format!("{down:?}") }
    );
    fs::write(root.join(format!("migrations/versions/{id}_add.py")), text).unwrap();
}

fn commit(root: &Path, message: &str) {
    git(root, &["add", "--all"]);
    git(root, &["commit", "--quiet", "-m", message]);
}

/// `main` with `aaaa`; then `bbbb` on `main` and `cccc` on `feature`, which is checked out.
fn two_branches() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    fs::create_dir_all(root.join("migrations/versions")).unwrap();
    fs::write(root.join("migrations/env.py"), "").unwrap();
    fs::write(root.join("alembic.ini"), "[alembic]\nscript_location = migrations\n").unwrap();
    git(root, &["init", "--quiet", "-b", "main"]);
    revision(root, "aaaa", "");
    commit(root, "first");
    git(root, &["switch", "--quiet", "-c", "feature"]);
    revision(root, "cccc", "aaaa");
    commit(root, "on feature");
    git(root, &["switch", "--quiet", "main"]);
    revision(root, "bbbb", "aaaa");
    commit(root, "on main");
    git(root, &["switch", "--quiet", "feature"]);
    directory
}

fn lint(root: &Path, more: &[&str]) -> Ran {
    let mut arguments = vec!["--select", "graph", "--output-format", "concise", "--color", "never"];
    arguments.extend(more);
    run(ALEMBIC_LINT, &arguments, root)
}

fn heads(root: &Path) -> Vec<String> {
    let ran = run(python_program("alembic"), &["heads"], root).succeeded();
    ran.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn two_green_branches_are_two_heads_after_the_merge() {
    needs_set_up!();
    let directory = two_branches();
    let root = directory.path();
    assert_eq!(heads(root), ["cccc (head)"]);
    let ran = lint(root, &[]);
    assert_eq!(ran.code, 1, "{}", ran.text());
    assert!(ran.stdout.contains("cccc_add.py:8:1: error[revision-behind-base-head]"), "{}", ran.text());
    let message = "`cccc` will be a second head after the merge: `main` has got `bbbb` \
                   (`migrations/versions/bbbb_add.py`) in the meantime";
    assert!(ran.stdout.contains(message), "{}", ran.text());
    assert!(!ran.stdout.contains("multiple-heads"), "{}", ran.text());

    assert_eq!(lint(root, &["--applied-ref", "false"]).code, 0);
}

#[test]
fn a_branch_that_follows_the_base_is_quiet() {
    needs_set_up!();
    let directory = two_branches();
    let root = directory.path();
    git(root, &["merge", "--quiet", "--no-edit", "main"]);
    revision(root, "cccc", "bbbb");
    commit(root, "after main");
    assert_eq!(heads(root), ["cccc (head)"]);
    let ran = lint(root, &[]);
    assert_eq!(ran.code, 0, "{}", ran.text());
    git(root, &["switch", "--quiet", "main"]);
    git(root, &["commit", "--quiet", "--allow-empty", "-m", "no revision"]);
    git(root, &["switch", "--quiet", "feature"]);
    assert_eq!(lint(root, &[]).code, 0);
}

#[test]
fn after_the_merge_the_new_head_is_put_after_the_applied_one() {
    needs_set_up!();
    let directory = two_branches();
    let root = directory.path();
    git(root, &["merge", "--quiet", "--no-edit", "main"]);
    assert_eq!(heads(root).len(), 2);
    let ran = lint(root, &[]);
    assert_eq!(ran.code, 1);
    assert_eq!(ran.stdout.matches("error[").count(), 1, "{}", ran.text());
    assert!(
        ran.stdout
            .contains("cccc_add.py:8:1: error[multiple-heads] `cccc` is a head, and `bbbb` is a head too")
    );
    assert_eq!(lint(root, &["--fix"]).code, 1);
    assert_eq!(lint(root, &["--fix", "--unsafe-fixes"]).code, 0);
    assert_eq!(heads(root), ["cccc (head)"]);
    let text = fs::read_to_string(root.join("migrations/versions/cccc_add.py")).unwrap();
    assert!(text.contains("Revises: bbbb\n") && text.contains("down_revision = \"bbbb\""), "{text}");
}

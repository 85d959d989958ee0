//! The program in a real hook, where git sets `GIT_INDEX_FILE` and `GIT_DIR`.

use std::fs;
use std::process::{Command, Output};

use crate::tree::{Tree, git_command, revision};

/// A repository whose commits are checked as pre-commit would do it.
fn hooked() -> Tree {
    let tree = Tree::new();
    fs::write(tree.root.join("alembic.ini"), "[alembic]\nscript_location = migrations\n").unwrap();
    fs::write(tree.root.join("migrations/env.py"), "").unwrap();
    tree.commit("configuration");
    let hook = tree.root.join(".git/hooks/pre-commit");
    let program = env!("CARGO_BIN_EXE_alembic-lint");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    fs::write(
        &hook,
        format!("#!/bin/sh\nPRE_COMMIT=1 exec '{program}' --select applied --output-format concise\n"),
    )
    .unwrap();
    let made = Command::new("chmod").arg("+x").arg(&hook).status().unwrap();
    assert!(made.success());
    tree
}

fn commit(tree: &Tree, arguments: &[&str]) -> Output {
    let mut command = git_command(&tree.root);
    // The tests may themselves run for a pull request.
    for variable in
        ["GITHUB_BASE_REF", "CI_MERGE_REQUEST_DIFF_BASE_SHA", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"]
    {
        command.env_remove(variable);
    }
    command.args(["commit", "--quiet", "-m", "x"]).args(arguments).output().unwrap()
}

fn assert_refused(output: &Output) {
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{text}");
    assert!(text.contains("error[applied-revision-edited]"), "{text}");
}

#[test]
fn a_commit_is_judged_by_the_index_git_made_for_it() {
    let tree = hooked();
    tree.edit("aa_one.py", "sa.Integer", "sa.BigInteger");
    assert_refused(&commit(&tree, &["--all"]));
    // The edit stays out of a commit of another file.
    tree.edit("bb_two.py", "add two", "add the column two");
    let partial = commit(&tree, &["migrations/versions/bb_two.py"]);
    assert!(partial.status.success(), "{}", String::from_utf8_lossy(&partial.stderr));
    assert_refused(&commit(&tree, &["migrations/versions/aa_one.py"]));
}

#[test]
fn a_commit_in_a_linked_work_tree_is_judged_there() {
    let tree = hooked();
    let elsewhere = tempfile::tempdir().unwrap();
    let root = elsewhere.path().canonicalize().unwrap().join("linked");
    tree.git(&["worktree", "add", "--quiet", "-b", "feature", root.to_str().unwrap()]);
    let linked = Tree::at(root);
    linked.write("cc_three.py", &revision("cc", "three"));
    linked.git(&["add", "--all"]);
    let added = commit(&linked, &[]);
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    linked.edit("aa_one.py", "sa.Integer", "sa.BigInteger");
    assert_refused(&commit(&linked, &["--all"]));
}

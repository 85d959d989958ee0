//! The program is killed while it writes: the next run gives the result that it would have given, and nothing is left beside it.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop")]

mod environment;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use environment::{ALEMBIC_LINT, run};

/// How often each command is killed, each time a little later.
const KILLS: usize = 12;

const HEAD: &str = "from alembic import op\nimport sqlalchemy as sa\n\n";

fn revision(id: &str, down: &str, upgrade: &str, downgrade: &str) -> String {
    format!(
        "\"\"\"change {id} of the accounts\n\nRevision ID: {id}\nRevises: x\n\n\"\"\"\n{HEAD}revision = \"{id}\"\ndown_revision = {down}\n\n\n\
         def upgrade():\n    {upgrade}\n\n\ndef downgrade():\n    {downgrade}\n"
    )
}

/// A project of twelve revisions, of which the last has another head beside it.
fn project() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let versions = directory.path().join("migrations/versions");
    fs::create_dir_all(&versions).unwrap();
    fs::write(directory.path().join("migrations/env.py"), "from alembic import context\n").unwrap();
    fs::write(
        directory.path().join("alembic.ini"),
        "[alembic]\nscript_location = migrations\nsqlalchemy.url = postgresql://localhost/x\n",
    )
    .unwrap();
    let write = |name: &str, text: &str| fs::write(versions.join(name), text).unwrap();
    let table = "op.create_table(\"t\", sa.Column(\"id\", sa.Integer(), primary_key=True))";
    write("a0.py", &revision("a0", "None", table, "op.drop_table(\"t\")"));
    for at in 1..12 {
        let (id, down) = (format!("a{at}"), format!("\"a{}\"", at - 1));
        let add = format!("op.add_column(\"t\", sa.Column(\"c{at}\", sa.Integer(), nullable=False))");
        write(
            &format!("a{at}.py"),
            &revision(&id, &down, &add, &format!("op.drop_column(\"t\", \"c{at}\")")),
        );
    }
    let other = "op.add_column(\"t\", sa.Column(\"d\", sa.Integer()))";
    write("b1.py", &revision("b1", "\"a0\"", other, "op.drop_column(\"t\", \"d\")"));
    directory
}

/// All files beside revisions with their texts.
fn state(directory: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(directory.join("migrations/versions")).unwrap().map(Result::unwrap);
    let files = entries.map(|entry| (entry.file_name().into_string().unwrap(), entry.path()));
    files.filter_map(|(name, path)| Some((name, fs::read_to_string(path).ok()?))).collect()
}

/// Runs the program and kills it as soon as the directory has changed `n` times, or lets it end before that.
fn kill_after(n: usize, arguments: &[&str], directory: &Path) {
    let mut child = Command::new(ALEMBIC_LINT)
        .args(arguments)
        .current_dir(directory)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (mut seen, mut changes) = (state(directory), 0);
    while changes < n && child.try_wait().unwrap().is_none() {
        let now = state(directory);
        if now != seen {
            (seen, changes) = (now, changes + 1);
        }
    }
    let _ = child.kill();
    child.wait().unwrap();
}

fn survives(arguments: &[&str]) {
    let whole = project();
    let before = state(whole.path());
    run(ALEMBIC_LINT, arguments, whole.path());
    let end = state(whole.path());
    assert_ne!(before, end, "{arguments:?} writes nothing");
    for n in 1..=KILLS {
        let directory = project();
        kill_after(n, arguments, directory.path());
        for (name, text) in state(directory.path()) {
            let is_whole = before.get(&name) == Some(&text) || end.get(&name) == Some(&text);
            let is_python = Path::new(&name).extension().is_some_and(|extension| extension == "py");
            assert!(is_whole || !is_python, "{arguments:?}: {name} is half written: {text}");
        }
        let graph = run(ALEMBIC_LINT, &["graph", "--all"], directory.path());
        assert!(!graph.text().contains("does not exist"), "{arguments:?}: {}", graph.text());
        run(ALEMBIC_LINT, arguments, directory.path());
        assert_eq!(state(directory.path()), end, "{arguments:?}, killed after {n} changes");
    }
}

#[test]
fn fixes_are_completed() {
    survives(&["--fix", "--applied-ref", "false"]);
}

#[test]
fn a_split_is_completed() {
    survives(&["split", "a5", "--applied-ref", "false"]);
}

#[test]
fn a_rebase_is_completed() {
    survives(&["rebase", "b1", "--onto", "a11", "--applied-ref", "false"]);
}

#[test]
fn a_run_that_writes_nothing_mentions_what_a_killed_one_left() {
    let directory = project();
    let journal = directory.path().join("migrations/versions/.alembic-lint-x.prepared");
    fs::write(&journal, "[]").unwrap();
    let said = "a run of alembic-lint was stopped while it wrote here";
    let arguments = ["--applied-ref", "false"];
    let ran = run(ALEMBIC_LINT, &arguments, directory.path());
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
    assert!(journal.exists());
    run(ALEMBIC_LINT, &["--fix", "--applied-ref", "false"], directory.path());
    assert!(!journal.exists());
    let ran = run(ALEMBIC_LINT, &arguments, directory.path());
    assert!(!ran.stderr.contains(said), "{}", ran.stderr);
}

#[test]
fn several_runs_at_once_leave_what_one_leaves() {
    let whole = project();
    let arguments = ["--fix", "--applied-ref", "false"];
    run(ALEMBIC_LINT, &arguments, whole.path());
    let directory = project();
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| run(ALEMBIC_LINT, &arguments, directory.path()));
        }
    });
    run(ALEMBIC_LINT, &arguments, directory.path());
    assert_eq!(state(directory.path()), state(whole.path()));
}

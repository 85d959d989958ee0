//! `alembic-lint rebase` in real git repositories, judged by real Alembic.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop")]

mod environment;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use environment::{ALEMBIC_LINT, Ran, needs_set_up, python_program, replace, run};

const ENV: &str = "\
from alembic import context
from sqlalchemy import create_engine

with create_engine(\"sqlite:///app.db\").connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
";

/// A work tree with the script directory `migrations`.
struct Tree {
    directory: tempfile::TempDir,
}

impl Tree {
    /// On `main` with the revision `aaaa`.
    fn new() -> Self {
        let tree = Self { directory: tempfile::tempdir().unwrap() };
        fs::create_dir_all(tree.root().join("migrations/versions")).unwrap();
        fs::write(tree.root().join("migrations/env.py"), ENV).unwrap();
        fs::write(tree.root().join("alembic.ini"), "[alembic]\nscript_location = migrations\n").unwrap();
        fs::write(tree.root().join(".gitignore"), "*.db\n__pycache__\n").unwrap();
        fs::write(tree.root().join("notes.txt"), "start\n").unwrap();
        tree.git(&["init", "--quiet", "-b", "main"]);
        tree.revision("aaaa", "None");
        tree.commit("first");
        tree
    }

    /// `bbbb` on `main` and `cccc` on `feature`, which is checked out; both change the notes.
    fn forked() -> Self {
        let tree = Self::new();
        tree.git(&["switch", "--quiet", "-c", "feature"]);
        tree.revision("cccc", "\"aaaa\"");
        tree.note("feature");
        tree.commit("on feature");
        tree.git(&["switch", "--quiet", "main"]);
        tree.revision("bbbb", "\"aaaa\"");
        tree.note("main");
        tree.commit("on main");
        tree.git(&["switch", "--quiet", "feature"]);
        tree
    }

    /// The same after `main` was merged.
    fn merged() -> Self {
        let tree = Self::forked();
        tree.merge("main");
        tree.commit("merge");
        tree
    }

    fn root(&self) -> &Path {
        self.directory.path()
    }

    fn path(&self, id: &str) -> PathBuf {
        self.root().join(format!("migrations/versions/{id}_add.py"))
    }

    fn read(&self, id: &str) -> String {
        fs::read_to_string(self.path(id)).unwrap()
    }

    /// Writes a revision that makes the table `id`; `down` as Python spells it.
    fn revision(&self, id: &str, down: &str) {
        let parents = down.replace(['"', '\'', '(', ')', '[', ']'], "").replace("None", "");
        let text = format!(
            "\"\"\"add {id}\n\nRevision ID: {id}\nRevises: {parents}\n\n\"\"\"\nfrom alembic import op\nimport sqlalchemy as sa\n\n\
             revision = \"{id}\"\ndown_revision = {down}\n\n\ndef upgrade():\n    op.create_table(\"{id}\", \
             sa.Column(\"id\", sa.Integer))\n\n\ndef downgrade():\n    op.drop_table(\"{id}\")\n"
        );
        fs::write(self.path(id), text).unwrap();
    }

    fn note(&self, text: &str) {
        fs::write(self.root().join("notes.txt"), format!("{text}\n")).unwrap();
    }

    fn git(&self, arguments: &[&str]) {
        assert!(self.try_git(arguments), "git {arguments:?}");
    }

    fn try_git(&self, arguments: &[&str]) -> bool {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "core.editor=true"]);
        for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"] {
            command.env_remove(name);
        }
        command.args(arguments).current_dir(self.root()).output().unwrap().status.success()
    }

    fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "-m", message]);
    }

    /// Begins a merge, which stops at the notes.
    fn merge(&self, branch: &str) {
        assert!(!self.try_git(&["merge", "--no-edit", branch]), "the notes should be in conflict");
    }

    fn rebase(&self, arguments: &[&str]) -> Ran {
        let mut all = vec!["rebase", "--color", "never"];
        all.extend(arguments);
        run(ALEMBIC_LINT, &all, self.root())
    }

    fn heads(&self) -> Vec<String> {
        let ran = run(python_program("alembic"), &["heads"], self.root()).succeeded();
        ran.stdout.lines().map(|line| line.split(' ').next().unwrap().to_owned()).collect()
    }

    /// What real Alembic makes of it: one head, and every table is made.
    #[track_caller]
    fn upgrades_to(&self, head: &str, tables: &[&str]) {
        assert_eq!(self.heads(), [head]);
        run(python_program("alembic"), &["upgrade", "head"], self.root()).succeeded();
        let script = "import sqlite3; print(*sorted(r[0] for r in sqlite3.connect('app.db').execute(\
                      \"select name from sqlite_master where type = 'table' and name != 'alembic_version'\")))";
        let made = run(python_program("python"), &["-c", script], self.root()).succeeded();
        assert_eq!(made.stdout.split_whitespace().collect::<Vec<_>>(), tables);
    }
}

#[test]
fn a_new_revision_goes_behind_the_merged_one() {
    needs_set_up!();
    let tree = Tree::merged();
    assert_eq!(tree.heads().len(), 2);
    let before = tree.read("cccc");
    let ran = tree.rebase(&[]).succeeded();
    let path = "migrations/versions/cccc_add.py";
    assert!(
        ran.stdout.starts_with(&format!("cccc add cccc: down revision aaaa -> bbbb ({path})\n")),
        "{}",
        ran.text()
    );
    assert!(ran.stdout.contains("no table is changed by both sides"), "{}", ran.text());
    assert_eq!(
        tree.read("cccc"),
        before.replace("Revises: aaaa", "Revises: bbbb").replace("\"aaaa\"", "\"bbbb\"")
    );
    tree.upgrades_to("cccc", &["aaaa", "bbbb", "cccc"]);

    let again = tree.rebase(&[]).succeeded();
    assert!(again.stderr.contains("Nothing to do: `migrations` has one head, `cccc`."), "{}", again.text());
    assert_eq!(again.stdout, "");
}

#[test]
fn dry_run_and_diff_write_nothing() {
    let tree = Tree::merged();
    let before = tree.read("cccc");
    let dry = tree.rebase(&["--dry-run"]).succeeded();
    assert!(dry.stdout.contains("down revision aaaa -> bbbb") && dry.stderr.contains("Nothing was written."));
    let diff = tree.rebase(&["--diff"]).succeeded();
    assert_eq!(tree.read("cccc"), before);
    fs::write(tree.root().join("change.diff"), &diff.stdout).unwrap();
    tree.git(&["apply", "-p0", "change.diff"]);
    let patched = tree.read("cccc");
    fs::write(tree.path("cccc"), &before).unwrap();
    tree.rebase(&[]).succeeded();
    assert_eq!(tree.read("cccc"), patched);
}

#[test]
fn a_chain_moves_by_its_first_revision() {
    needs_set_up!();
    let tree = Tree::forked();
    tree.revision("dddd", "\"cccc\"");
    tree.commit("another");
    tree.merge("main");
    tree.commit("merge");
    replace(
        &tree.path("dddd"),
        "    op.create_table",
        "    op.execute(\"UPDATE bbbb SET id = 1\")\n    op.create_table",
    );
    let ran = tree.rebase(&[]).succeeded();
    assert!(ran.stdout.contains("cccc add cccc: down revision aaaa -> bbbb"), "{}", ran.text());
    assert!(ran.stdout.contains("both sides change `bbbb`"), "{}", ran.text());
    assert!(tree.read("dddd").contains("down_revision = \"cccc\""));
    tree.upgrades_to("dddd", &["aaaa", "bbbb", "cccc", "dddd"]);
}

#[test]
fn in_the_middle_of_a_merge_git_knows_which_side_is_merged() {
    needs_set_up!();
    let tree = Tree::forked();
    tree.merge("main");
    let ran = tree.rebase(&[]).succeeded();
    assert!(ran.stdout.contains("cccc add cccc: down revision aaaa -> bbbb"), "{}", ran.text());
    assert!(ran.stdout.contains("`git add migrations/versions/cccc_add.py` before the `git merge` goes on"));
    tree.commit("merge");
    tree.upgrades_to("cccc", &["aaaa", "bbbb", "cccc"]);

    let other = Tree::forked();
    other.git(&["switch", "--quiet", "main"]);
    other.merge("feature");
    let ran = other.rebase(&[]).succeeded();
    assert!(ran.stdout.contains("cccc add cccc: down revision aaaa -> bbbb"), "{}", ran.text());
    other.upgrades_to("cccc", &["aaaa", "bbbb", "cccc"]);
}

#[test]
fn in_the_middle_of_a_merge_of_two_features_a_person_decides() {
    needs_set_up!();
    let tree = Tree::forked();
    tree.git(&["switch", "--quiet", "-c", "second", "main~1"]);
    tree.revision("dddd", "\"aaaa\"");
    tree.note("second");
    tree.commit("on second");
    tree.merge("feature");
    let ran = tree.rebase(&[]);
    assert_eq!(ran.code, 2, "{}", ran.text());
    assert!(ran.stderr.contains("tells which of the heads `cccc`, `dddd` is merged"), "{}", ran.text());
    assert!(ran.stderr.contains("no side of the merge belongs to `main`"), "{}", ran.text());
    tree.rebase(&["--onto", "cccc"]).succeeded();
    tree.upgrades_to("dddd", &["aaaa", "cccc", "dddd"]);
}

#[test]
fn in_the_middle_of_a_rebase_the_replayed_side_moves() {
    needs_set_up!();
    let tree = Tree::forked();
    assert!(!tree.try_git(&["rebase", "main"]), "the notes should be in conflict");
    let ran = tree.rebase(&[]).succeeded();
    assert!(ran.stdout.contains("cccc add cccc: down revision aaaa -> bbbb"), "{}", ran.text());
    assert!(ran.stdout.contains("before the `git rebase` goes on"), "{}", ran.text());
    tree.git(&["add", "--all"]);
    tree.git(&["rebase", "--continue"]);
    tree.upgrades_to("cccc", &["aaaa", "bbbb", "cccc"]);
}

#[test]
fn a_rebase_onto_what_the_base_ref_does_not_have_yet() {
    needs_set_up!();
    let tree = Tree::forked();
    tree.git(&["branch", "deployed", "main~1"]);
    assert!(!tree.try_git(&["rebase", "main"]), "the notes should be in conflict");
    let ran = tree.rebase(&["--applied-ref", "deployed"]).succeeded();
    assert!(ran.stdout.contains("cccc add cccc: down revision aaaa -> bbbb"), "{}", ran.text());
    assert_eq!(tree.heads(), ["cccc"]);
}

#[test]
fn a_conflict_in_a_revision_is_named_with_the_way_out() {
    let tree = Tree::forked();
    tree.git(&["switch", "--quiet", "main"]);
    tree.revision("cccc", "\"bbbb\"");
    tree.commit("the same revision");
    tree.git(&["switch", "--quiet", "feature"]);
    tree.merge("main");
    let before = tree.read("cccc");
    assert!(before.contains("<<<<<<< "), "{before}");
    let ran = tree.rebase(&[]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("migrations/versions/cccc_add.py:4: git left a conflict"), "{}", ran.text());
    assert_eq!(tree.read("cccc"), before);
}

#[test]
fn a_lock_in_conflict_is_written_afterwards() {
    needs_set_up!();
    let tree = Tree::forked();
    for branch in ["main", "feature"] {
        tree.git(&["switch", "--quiet", branch]);
        run(ALEMBIC_LINT, &["lock"], tree.root()).succeeded();
        tree.commit("lock");
    }
    tree.merge("main");
    let lock = tree.root().join("migrations/alembic-lint.lock");
    assert!(fs::read_to_string(&lock).unwrap().contains("<<<<<<< "));
    let ran = tree.rebase(&[]).succeeded();
    assert!(ran.stdout.contains("cccc add cccc: down revision aaaa -> bbbb"), "{}", ran.text());
    assert!(ran.stdout.contains("run `alembic-lint lock`"), "{}", ran.text());
    run(ALEMBIC_LINT, &["lock"], tree.root()).succeeded();
    run(ALEMBIC_LINT, &["lock", "--check"], tree.root()).succeeded();
    assert!(fs::read_to_string(&lock).unwrap().contains("\ncccc down=bbbb "));
    tree.upgrades_to("cccc", &["aaaa", "bbbb", "cccc"]);
}

#[test]
fn what_would_go_in_circles_is_not_written() {
    needs_set_up!();
    let tree = Tree::new();
    tree.revision("bbbb", "\"aaaa\"\ndepends_on = \"dddd\"");
    tree.revision("cccc", "\"aaaa\"");
    tree.revision("dddd", "\"cccc\"");
    tree.revision("eeee", "\"dddd\"");
    assert_eq!(tree.heads().len(), 2);
    let before = tree.read("cccc");
    let ran = tree.rebase(&["eeee"]);
    assert_eq!(ran.code, 2, "{}", ran.text());
    assert!(
        ran.stderr
            .contains("cccc_add.py: with `bbbb` in the place of `aaaa` the history could not be followed")
    );
    assert_eq!(tree.read("cccc"), before);
}

#[test]
fn a_merge_revision_keeps_its_other_parent() {
    needs_set_up!();
    let tree = Tree::forked();
    tree.merge("main");
    tree.commit("merge");
    tree.revision("dddd", "(\"cccc\", 'bbbb')  # both");
    tree.commit("merge revision");
    tree.git(&["switch", "--quiet", "main"]);
    tree.revision("eeee", "\"bbbb\"");
    tree.commit("later on main");
    tree.git(&["switch", "--quiet", "feature"]);
    tree.git(&["merge", "--quiet", "--no-edit", "main"]);
    assert_eq!(tree.heads().len(), 2);
    tree.rebase(&[]).succeeded();
    let text = tree.read("dddd");
    assert!(text.contains("down_revision = (\"cccc\", 'eeee')  # both"), "{text}");
    assert!(text.contains("Revises: cccc, eeee"), "{text}");
    tree.upgrades_to("dddd", &["aaaa", "bbbb", "cccc", "dddd", "eeee"]);
}

#[test]
fn spelling_line_ends_and_annotations_stay() {
    needs_set_up!();
    let tree = Tree::merged();
    let odd = tree
        .read("cccc")
        .replace("down_revision = \"aaaa\"", "down_revision: str | None = ['aaaa',]  # from aaaa")
        .replace('\n', "\r\n");
    fs::write(tree.path("cccc"), &odd).unwrap();
    tree.rebase(&[]).succeeded();
    let expected = odd.replace("['aaaa',]", "['bbbb',]").replace("Revises: aaaa", "Revises: bbbb");
    assert_eq!(tree.read("cccc"), expected);
    tree.upgrades_to("cccc", &["aaaa", "bbbb", "cccc"]);
}

#[test]
fn a_computed_parent_is_left_to_a_person() {
    let tree = Tree::merged();
    replace(&tree.path("cccc"), "down_revision = \"aaaa\"", "BEFORE = \"aaaa\"\ndown_revision = BEFORE");
    let before = tree.read("cccc");
    let ran = tree.rebase(&[]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("`down_revision` does not spell out `aaaa`; write `bbbb`"), "{}", ran.text());
    assert_eq!(tree.read("cccc"), before);
}

#[test]
fn what_is_applied_is_never_written() {
    let tree = Tree::merged();
    let before = (tree.read("bbbb"), tree.read("cccc"));
    let ran = tree.rebase(&["bbbb"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("`bbbb` is applied or merged"), "{}", ran.text());
    tree.git(&["branch", "--force", "main", "feature"]);
    let ran = tree.rebase(&[]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("join them with `alembic merge bbbb cccc`"), "{}", ran.text());
    assert_eq!((tree.read("bbbb"), tree.read("cccc")), before);
}

#[test]
fn several_new_heads_go_one_by_one() {
    needs_set_up!();
    let tree = Tree::merged();
    tree.revision("dddd", "\"aaaa\"");
    let ran = tree.rebase(&[]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("the heads `cccc`, `dddd` are not merged"), "{}", ran.text());
    tree.rebase(&["cccc"]).succeeded();
    tree.rebase(&["dddd", "migrations"]).succeeded();
    tree.upgrades_to("dddd", &["aaaa", "bbbb", "cccc", "dddd"]);
}

#[test]
fn branches_that_are_meant_are_left_alone() {
    let tree = Tree::new();
    tree.revision("bbbb", "\"aaaa\"\nbranch_labels = \"x\"");
    tree.revision("cccc", "\"aaaa\"\nbranch_labels = \"y\"");
    let ran = tree.rebase(&[]).succeeded();
    assert!(ran.stderr.contains("are on branches of their own"), "{}", ran.text());
}

#[test]
fn a_broken_history_and_an_unknown_revision_stop_it() {
    let tree = Tree::merged();
    let ran = tree.rebase(&["zzzz"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("there is no revision or branch `zzzz`"), "{}", ran.text());
    tree.revision("dddd", "\"gone\"");
    let ran = tree.rebase(&[]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("not every link of the history can be followed"), "{}", ran.text());
}

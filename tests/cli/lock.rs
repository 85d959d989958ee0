//! `alembic-lint lock`, and what a lock does to a run.

use crate::project::{FIRST, Project, SECOND, clean_project, dropping, dropping_project};

const LOCK: &str = "migrations/alembic-lint.lock";
const THIRD: &str = "migrations/versions/cc33_third.py";

/// Without git: the lock alone tells.
fn locked() -> Project {
    let project = dropping_project().with("alembic-lint.toml", "applied-ref = false\n");
    project
        .run(&["lock"])
        .exits(0)
        .warns("Wrote migrations/alembic-lint.lock: 2 revisions, 2 new or changed.");
    project
}

fn third() -> String {
    dropping().replace("aa11", "bb22").replace("\"bb22\"\ndown", "\"cc33\"\ndown").replace("age", "name")
}

/// The lines with revisions.
fn lines(project: &Project) -> Vec<String> {
    project.read(LOCK).lines().skip(4).map(str::to_owned).collect()
}

#[test]
fn a_line_for_each_revision_in_the_order_in_which_they_run() {
    let project = locked();
    let text = project.read(LOCK);
    assert!(text.starts_with("# The revisions that databases may have run"), "{text}");
    assert_eq!(text.lines().nth(3), Some("version 1"));
    let lines = lines(&project);
    assert_eq!(lines.len(), 2);
    assert!(lines[0].starts_with("aa11 down=- hash="), "{text}");
    assert!(lines[1].starts_with("bb22 down=aa11 hash="), "{text}");
    project.run(&["lock"]).exits(0).warns("is up to date: 2 revisions.");
    project.run(&["lock", "--check"]).exits(0).warns("is up to date: 2 revisions.");
    assert_eq!(project.read(LOCK), text);
}

#[test]
fn new_lines_come_last_even_where_the_order_would_put_them_elsewhere() {
    let project = locked();
    let before = project.read(LOCK);
    project.write(
        "migrations/versions/a0_early.py",
        third().replace("\"bb22\"", "\"aa11\"").replace("cc33", "a011"),
    );
    project.run(&["lock", "--check"]).exits(1).warns("is out of date: `a011` is not recorded");
    assert_eq!(project.read(LOCK), before);
    project.run(&["lock"]).exits(0).warns("3 revisions, 1 new or changed.");
    assert!(project.read(LOCK).starts_with(&before));
    assert!(lines(&project)[2].starts_with("a011 down=aa11 "));
}

#[test]
fn what_is_recorded_is_applied_and_what_is_not_is_judged() {
    let project = locked();
    project.write(THIRD, third());
    let run = project.run(&["--output-format", "concise"]).exits(1);
    assert_eq!(run.stdout.matches("drop-column").count(), 1, "{}", run.stdout);
    run.prints("`user.name`").prints("Checked 1 revision; 2 applied ones");
    project.run(&["-v", THIRD]).warns("applied: what is recorded in migrations/alembic-lint.lock");
    project.run(&["lock", "--through", "cc3"]).exits(0);
    project
        .run(&[])
        .exits(0)
        .prints("all 3 revisions are applied (recorded in migrations/alembic-lint.lock)");
    project.run(&["--applied-ref", "false"]).exits(1).prints("Checked 3 revisions.");
    let other =
        project.run(&["--applied-through", "aa11", "-v"]).exits(1).prints("1 applied one is not judged");
    other.warns("not asked: migrations/alembic-lint.lock");
    project.run(&["review", "--output-format", "json", "--all"]).exits(0).prints("\"applied\": true");
}

#[test]
fn another_layout_comment_annotation_or_added_import_keeps_the_lock() {
    let project = locked();
    let text = project.read(SECOND);
    let other = text
        .replace("\"user\", \"age\")", "'user',\n        'age',  # gone\n    )")
        .replace(" -> None", "")
        .replace("import sqlalchemy as sa", "import sqlalchemy as sa\nimport sqlmodel")
        .replace("drop the age of users", "another message");
    assert_ne!(text, other);
    project.write(SECOND, other.replace('\n', "\r\n"));
    project.run(&["lock", "--check"]).exits(0);
    project.run(&[]).exits(0);
}

#[test]
fn an_edit_of_what_is_recorded_is_found_and_not_recorded_unasked() {
    let project = locked();
    let before = project.read(LOCK);
    project.write(SECOND, project.read(SECOND).replace("nullable=True", "nullable=False"));
    let run = project.run(&["--output-format", "concise"]).exits(1);
    run.prints(
        "error[applied-revision-edited] the applied revision `bb22` does something else than when \
                `migrations/alembic-lint.lock` recorded it",
    );
    let refused =
        "is left as it is, since databases may have run what it records: `bb22` does something else";
    project.run(&["lock"]).exits(2).warns(refused).warns("--force");
    project.run(&["lock", "--check"]).exits(1).warns("`bb22` does something else than recorded");
    assert_eq!(project.read(LOCK), before);
    project.run(&["lock", "--force"]).exits(0).warns("1 forced");
    project.run(&[]).exits(0);
}

#[test]
fn a_revision_that_is_no_python_any_more_is_found_and_cannot_be_recorded() {
    let project = locked();
    project.write(SECOND, project.read(SECOND).replace("def upgrade()", "def upgrade("));
    project.run(&[]).exits(1).prints("applied-revision-edited").prints("`bb22` is no Python any more");
    project.run(&["lock", "--force"]).exits(2).warns("bb22_second.py: is no Python");
    project.write(SECOND, b"# \xff\n");
    project.run(&["lock", "--force"]).exits(2).warns("bb22_second.py: is no Python");
    project.write(SECOND, dropping().replace("\"bb22\"", "name()"));
    project.run(&["lock", "--force"]).exits(2).warns("bb22_second.py: its `revision` cannot be told");
    // A helper module is no revision.
    project.write(SECOND, "def help():\n    pass\n");
    project.run(&["lock", "--force"]).exits(0);
}

#[test]
fn another_parent_dependency_or_label_is_found() {
    let project = locked();
    project.write(SECOND, project.read(SECOND).replace("depends_on = None", "depends_on = (\"aa11\",)"));
    let run = project.run(&["--output-format", "concise"]).exits(1);
    run.prints(
        "bb22_second.py:15:1: error[applied-revision-reparented] `depends_on` of the applied revision `bb22` \
                changed from nothing to `aa11` since `migrations/alembic-lint.lock` recorded it",
    )
    .prints_no("applied-revision-edited");
    project
        .run(&["lock"])
        .exits(2)
        .warns("`bb22` has another down revision, dependency or label than recorded");
}

#[test]
fn a_recorded_revision_that_is_gone_is_found_at_its_line() {
    let project = locked();
    std::fs::remove_file(project.path(SECOND)).unwrap();
    let run = project.run(&["--output-format", "concise"]).exits(1);
    run.prints(
        "migrations/alembic-lint.lock:6:1: error[applied-revision-deleted] databases at the applied revision \
                `bb22` fail with",
    );
    let json = project.run(&[FIRST, "--output-format", "json"]).exits(1).json();
    assert_eq!(json["diagnostics"][0]["revision"], "bb22");
    project.run(&["lock"]).exits(2).warns("`bb22` is recorded, and no file has it");
    project.run(&["lock", "--force"]).exits(0).warns("1 revision");
    assert_eq!(lines(&project).len(), 1);
    project.run(&[]).exits(0);
}

#[test]
fn through_records_a_part_and_takes_nothing_out_unasked() {
    let project = dropping_project().with("alembic-lint.toml", "applied-ref = false\n");
    project.run(&["lock", "--check"]).exits(1).warns("is not there");
    project
        .run(&["lock", "--through", "zz"])
        .exits(2)
        .warns("--through: there is no revision or branch `zz`");
    project.run(&["lock", "--through", "aa11"]).exits(0);
    assert_eq!(lines(&project).len(), 1);
    project.run(&["lock", "--check", "--through", "aa11"]).exits(0);
    project.run(&["lock", "--check"]).exits(1).warns("`bb22` is not recorded");
    project.run(&["lock"]).exits(0);
    project.run(&["lock", "--through", "aa11"]).exits(2).warns("`bb22` is recorded, and comes after");
}

#[test]
fn a_broken_lock_stops_the_run_with_its_line() {
    let project = locked();
    let (text, revision) = (project.read(LOCK), project.read(SECOND));
    for (broken, place, said) in [
        (text.replace("bb22", "bb22 x"), 6, "`x` is not understood"),
        (text.replace(" down=aa11", ""), 6, "has no `down=`"),
        (text.replace("version 1", "version 7"), 4, "update alembic-lint"),
        ("nonsense\n".to_owned(), 1, "is no lock of alembic-lint"),
    ] {
        project.write(LOCK, broken);
        for arguments in [&[][..], &["--fix"], &["review"], &["lock"], &["lock", "--check"]] {
            let run = project.run(arguments).exits(2);
            let place = format!("{LOCK}:{place}: ");
            assert!(run.stderr.contains(&place) && run.stderr.contains(said), "{}", run.stderr);
            assert_eq!(project.read(SECOND), revision, "nothing is repaired");
        }
    }
    project.write(LOCK, b"\xff");
    project.run(&[]).exits(2).warns("alembic-lint.lock: is not UTF-8");
}

#[test]
fn a_history_that_has_no_order_cannot_be_recorded() {
    let project = clean_project().with(SECOND, dropping().replace("\"bb22\"", "\"aa11\""));
    project.run(&["lock"]).exits(2).warns("another file has its revision identifier as well");
    let cycle = clean_project()
        .with(FIRST, dropping())
        .with(SECOND, third().replace("bb22", "xx").replace("cc33", "aa11"));
    cycle.write(SECOND, cycle.read(SECOND).replace("\"xx\"", "\"bb22\""));
    cycle.run(&["lock"]).exits(2).warns("comes before itself");
}

/// A repository whose main branch has two recorded revisions.
fn repository() -> Project {
    let project = dropping_project();
    project.git(&["init", "--quiet"]);
    project.run(&["lock", "--quiet"]).exits(0);
    project.git(&["add", "."]);
    project.git(&["commit", "--quiet", "--message", "base"]);
    project.git(&["checkout", "--quiet", "-b", "feature"]);
    project
}

#[test]
fn the_new_revision_of_a_branch_is_judged_although_its_line_is_there_and_may_change() {
    let project = repository();
    project.write(THIRD, third());
    project.run(&["lock"]).exits(0).warns("3 revisions, 1 new or changed");
    project.git(&["add", "."]);
    project.git(&["commit", "--quiet", "--message", "third"]);
    project.run(&[]).exits(1).prints("drop-column").prints("Checked 1 revision; 2 applied ones");
    project.write(THIRD, project.read(THIRD).replace("name", "nick"));
    project.run(&["--select", "applied"]).exits(0);
    project.run(&["lock", "--check"]).exits(1);
    project.run(&["lock"]).exits(0).warns("1 new or changed.");
    std::fs::remove_file(project.path(THIRD)).unwrap();
    project.run(&["lock"]).exits(0).warns("2 revisions");
}

#[test]
fn git_says_more_of_an_edit_and_the_lock_finds_what_was_merged_unnoticed() {
    let project = repository();
    project.write(SECOND, project.read(SECOND).replace("nullable=True", "nullable=False"));
    let run =
        project.run(&[]).exits(1).prints("Found 1 finding").prints("`downgrade()` of the applied revision");
    run.prints("git checkout");
    project.run(&["lock", "--force"]).exits(0);
    project.run(&[]).exits(1).prints("`downgrade()` of the applied revision");
    project.git(&["checkout", "--quiet", "HEAD", "--", LOCK]);
    project.git(&["commit", "--quiet", "--all", "--message", "edited"]);
    project.git(&["branch", "--force", "main"]);
    project.run(&[]).exits(1).prints("Found 1 finding").prints("recorded it");
}

#[test]
fn two_branches_that_both_record_a_revision_conflict() {
    let project = repository();
    project.write(THIRD, third());
    project.run(&["lock"]).exits(0);
    project.git(&["add", "."]);
    project.git(&["commit", "--quiet", "--message", "third"]);
    project.git(&["checkout", "--quiet", "-b", "other", "main"]);
    project.write("migrations/versions/dd44_third.py", third().replace("cc33", "dd44"));
    project.run(&["lock"]).exits(0);
    project.git(&["add", "."]);
    project.git(&["commit", "--quiet", "--message", "fourth"]);
    let merge = std::process::Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.org", "merge", "--quiet", "feature"])
        .current_dir(project.path(""))
        .output()
        .unwrap();
    assert!(!merge.status.success());
    project.run(&["lock", "--check"]).exits(2).warns("migrations/alembic-lint.lock:7: a merge conflict");
    project
        .run(&[])
        .exits(2)
        .warns("a merge conflict: `alembic-lint rebase` puts the new revisions of one side behind");
    // The lines of both are written; that they follow the same revision is said.
    let lock = project.run(&["lock"]).exits(0).warns("Wrote migrations/alembic-lint.lock: 4 revisions");
    lock.warns("the merged history has 2 heads: `cc33`, `dd44`");
    project.run(&["lock", "--check"]).exits(0).warns("4 revisions");
    let name = "migrations/versions/dd44_third.py";
    project.write(name, project.read(name).replace("\"bb22\"", "\"cc33\""));
    project.run(&["lock"]).exits(0);
    let lines = lines(&project);
    assert!(lines[2].starts_with("cc33 down=bb22 ") && lines[3].starts_with("dd44 down=cc33 "), "{lines:?}");
}

#[test]
fn without_the_base_commit_all_lines_count_and_the_run_says_so() {
    let project = repository();
    project.write(THIRD, third());
    project.run(&["lock"]).exits(0);
    project.git(&["branch", "--quiet", "-D", "main"]);
    let run = project.run(&[]).exits(0).prints("all 3 revisions are applied");
    run.warns("all that the lock lists count as applied: none of `origin/HEAD`")
        .warns("`applied-ref = false`");
}

#[test]
fn under_pre_commit_the_staged_lock_counts() {
    let project = repository();
    project.git(&["branch", "--quiet", "-D", "main"]);
    project.write(THIRD, third());
    project.git(&["add", "."]);
    let staged =
        |arguments: &[&str]| crate::project::Run::of(project.command(arguments).env("PRE_COMMIT", "1"));
    // The work tree's lock lists the third revision, the staged one does not.
    project.run(&["lock"]).exits(0);
    project.run(&[]).exits(0).prints("all 3 revisions are applied");
    staged(&[]).exits(1).prints("Checked 1 revision; 2 applied ones");
    staged(&["lock", "--check"]).exits(1).warns("`cc33` is not recorded");
    project.git(&["add", "."]);
    staged(&[]).exits(0).prints("all 3 revisions are applied");
    // A lock that is not in the index is none.
    project.git(&["rm", "--quiet", "--cached", LOCK]);
    staged(&[]).exits(1).prints("Checked 3 revisions.");
    staged(&["lock", "--check"]).exits(1).warns("is not there");
}

#[test]
fn a_detached_head_and_a_bare_directory_of_revisions_work() {
    let project = repository();
    project.git(&["checkout", "--quiet", "--detach", "HEAD"]);
    project.run(&[]).exits(0).prints("all 2 revisions are applied (recorded in");
    let bare = Project::bare().with("revisions/aa11_first.py", crate::project::clean());
    bare.run(&["lock", "revisions"]).exits(0).warns("Wrote revisions/alembic-lint.lock: 1 revision");
    bare.run(&["revisions"]).exits(0).prints("the only revision is applied");
}

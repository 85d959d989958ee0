//! Applied revisions, as git tells them.

use crate::project::{SECOND, clean_project, dropping, dropping_project};

#[test]
fn a_run_in_which_every_revision_is_applied_names_both_switches() {
    let project = dropping_project();
    project.git(&["init", "--quiet"]);
    project.git(&["add", "."]);
    project.git(&["commit", "--quiet", "--message", "all"]);
    project
        .run(&[])
        .exits(0)
        .prints("all 2 revisions are applied (in main)")
        .prints("`--all`")
        .prints("`applied-ref = false`");
    project.run(&["--all"]).exits(1).prints("drop-column");
    project.run(&["--applied-ref", "false"]).exits(1).prints("drop-column");
    project.run(&["--config", "applied-ref = false"]).exits(1).prints("drop-column");
    project.run(&["review"]).exits(0).prints("Nothing to review: all 2 revisions are applied");
    project.run(&["review", "--all"]).exits(0).prints("drops column `user.age`");
}

#[test]
fn revisions_of_a_branch_are_judged_and_applied_ones_are_counted() {
    let project = clean_project();
    project.git(&["init", "--quiet"]);
    project.git(&["add", "."]);
    project.git(&["commit", "--quiet", "--message", "base"]);
    project.git(&["checkout", "--quiet", "-b", "feature"]);
    project.write(SECOND, dropping());
    project.run(&[]).exits(1).prints("drop-column").prints("Checked 1 revision; 1 applied one is not judged");
    let applied = project.run(&["--output-format", "json"]).exits(1).json()["summary"]["applied"].clone();
    assert_eq!(applied, 1);
}

#[test]
fn deleting_all_revisions_is_a_finding_and_no_empty_run() {
    let project = dropping_project();
    project.write("migrations/env.py", "");
    project.git(&["init", "--quiet"]);
    project.git(&["add", "."]);
    project.git(&["commit", "--quiet", "--message", "base"]);
    project.git(&["rm", "--quiet", "-r", "--", "migrations/versions"]);
    project.run(&[]).exits(1).prints("applied-revision-deleted").prints("Found 2 findings");
}

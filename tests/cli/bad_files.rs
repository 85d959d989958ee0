//! Bad files: each is named, and the others are checked all the same.

use std::fs;
use std::path::Path;

use crate::project::{Project, dropping, dropping_project};

#[track_caller]
fn is_named_beside_the_others(project: &Project, bad: &str) {
    let run = project.run(&["--output-format", "concise"]).exits(1);
    run.prints(&format!("{bad}:")).prints("bb22_second.py:20:5: error[drop-column]");
}

#[test]
fn a_file_that_is_not_utf_8() {
    let project = dropping_project().with("migrations/versions/cc33_bad.py", b"revision = '\xff\xfe'\n");
    is_named_beside_the_others(&project, "migrations/versions/cc33_bad.py");
}

#[test]
fn an_empty_file() {
    let project = dropping_project().with("migrations/versions/cc33_empty.py", "");
    is_named_beside_the_others(&project, "migrations/versions/cc33_empty.py:1:1");
}

#[test]
fn a_syntax_error() {
    let project =
        dropping_project().with("migrations/versions/cc33_bad.py", "revision = 'cc33'\ndef upgrade(:\n");
    is_named_beside_the_others(&project, "migrations/versions/cc33_bad.py:2:13");
}

#[test]
fn a_directory_named_like_a_revision() {
    let project = dropping_project();
    fs::create_dir_all(project.path("migrations/versions/cc33_directory.py")).unwrap();
    let run = project.run(&["--output-format", "concise"]).exits(1);
    run.prints("bb22_second.py:20:5: error[drop-column]");
}

#[test]
fn ten_thousand_nested_parentheses() {
    let nested = format!("revision = 'cc33'\nx = {}1{}\n", "(".repeat(10_000), ")".repeat(10_000));
    let project = dropping_project().with("migrations/versions/cc33_deep.py", nested);
    is_named_beside_the_others(&project, "migrations/versions/cc33_deep.py");
}

#[test]
fn a_file_of_five_megabytes() {
    let rows =
        "    {\"id\": 1, \"name\": \"a row of data that somebody put into a revision\"},\n".repeat(70_000);
    let text = dropping().replace("bb22", "cc33").replace("\"aa11\"", "\"bb22\"")
        + &format!("\n\nROWS = [\n{rows}]\n");
    assert!(text.len() > 5_000_000);
    let project = dropping_project().with("migrations/versions/cc33_big.py", text);
    is_named_beside_the_others(&project, "migrations/versions/cc33_big.py:20:5");
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_to_nowhere() {
    let project = dropping_project();
    link("no/such/revision.py", &project.path("migrations/versions/cc33_gone.py"));
    is_named_beside_the_others(&project, "migrations/versions/cc33_gone.py");
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_to_itself() {
    let project = dropping_project();
    link("cc33_loop.py", &project.path("migrations/versions/cc33_loop.py"));
    is_named_beside_the_others(&project, "migrations/versions/cc33_loop.py");
}

#[cfg(unix)]
#[test]
fn a_directory_that_links_to_its_parent() {
    let project = dropping_project();
    link("..", &project.path("migrations/versions/up"));
    link("../..", &project.path("migrations/around"));
    let run = project.run(&["--output-format", "concise"]).exits(1);
    run.prints("bb22_second.py:20:5: error[drop-column]").prints("Checked 2 revisions");
}

#[cfg(unix)]
fn link(target: &str, at: &Path) {
    std::os::unix::fs::symlink(target, at).unwrap();
}

#[test]
fn a_broken_alembic_ini_beside_a_good_one() {
    let project = dropping_project().with("other/alembic.ini", "script_location = versions\n");
    let run = project.run(&["--output-format", "concise"]).exits(2);
    run.warns("other/alembic.ini:1").prints("bb22_second.py:20:5: error[drop-column]");
}

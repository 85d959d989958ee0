//! `--fix`, `--unsafe-fixes`, `--diff`.

use std::fs;

use crate::project::{SECOND, clean_project, dropping, fixable_project, revision, without_import};

#[test]
fn fix_writes_the_file_and_says_what_it_did() {
    let project = fixable_project();
    let run = project.run(&["--fix"]).exits(0).prints("Found 1 finding (1 fixed, 0 remaining).");
    run.warns("Fixed 1 finding in migrations/versions/bb22_second.py: ");
    let expected =
        without_import().replace("import sqlalchemy as sa\n", "import sqlalchemy as sa\nimport sqlmodel\n");
    assert_eq!(project.read(SECOND), expected);
    project.run(&["--fix"]).exits(0).prints("No findings");
    assert_eq!(project.read(SECOND), expected);
}

#[test]
fn fix_fails_while_something_remains() {
    let project = fixable_project().with(
        "migrations/versions/cc33_third.py",
        dropping().replace("bb22", "cc33").replace("aa11", "bb22"),
    );
    project.run(&["--fix"]).exits(1).prints("(1 fixed, 1 remaining)").prints("drop-column");
}

#[test]
fn diff_shows_the_change_and_writes_nothing() {
    let project = fixable_project();
    let run = project.run(&["--diff"]).exits(1).prints("+import sqlmodel\n");
    assert!(run.stdout.starts_with("--- migrations/versions/bb22_second.py\n"), "{}", run.stdout);
    run.warns("Would fix 1 finding in 1 file");
    assert_eq!(project.read(SECOND), without_import());
    clean_project().run(&["--diff"]).exits(0);
}

#[test]
fn available_fixes_are_announced() {
    fixable_project().run(&[]).exits(1).prints("1 fixable with `--fix`.").prints("[*]");
}

#[test]
fn a_file_that_cannot_be_written_is_named_and_the_others_are_written() {
    let third = "migrations/versions/cc33_third.py";
    let text = without_import().replace("\"bb22\"", "\"cc33\"").replace("\"aa11\"", "\"bb22\"");
    let project = fixable_project().with(third, text.replace("email", "phone"));
    let path = project.path(SECOND);
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    project.run(&["--fix"]).exits(2).warns("bb22_second.py").warns("read-only");
    assert_eq!(project.read(SECOND), without_import());
    assert!(project.read(third).contains("import sqlmodel"));
}

#[test]
fn git_applies_what_diff_prints() {
    let project = fixable_project();
    project.run(&["--diff", "--output-file", "change.diff"]).exits(1);
    project.git(&["apply", "-p0", "change.diff"]);
    let patched = project.read(SECOND);
    project.write(SECOND, without_import());
    project.run(&["--fix"]).exits(0);
    assert_eq!(patched, project.read(SECOND));
}

#[test]
fn a_confirmed_rename_is_written_and_a_mistyped_one_is_refused() {
    let add =
        |name: &str| format!("op.add_column(\"user\", sa.Column(\"{name}\", sa.String(), nullable=True))");
    let drop = |name: &str| format!("op.drop_column(\"user\", \"{name}\")");
    let make = revision("bb22", Some("aa11"), "add the email of users", &add("email"), &drop("email"));
    let both = |new, old| format!("{}\n    {}", add(new), drop(old));
    let swap = revision("cc33", Some("bb22"), "rename it", &both("mail", "email"), &both("email", "mail"));
    let path = "migrations/versions/cc33_third.py";
    let project = clean_project().with(SECOND, make).with(path, swap.clone());
    let run = |more: &[&str]| project.run(&[&["--select", "possible-rename"], more].concat());
    run(&["--rename", "user.email=mail"]).exits(2).warns("add --diff to see it");
    run(&["--fix", "--rename", "user.mail=email"]).exits(2).warns("no new revision drops");
    assert_eq!(project.read(path), swap);
    run(&["--fix", "--rename", "user.email=mail"]).exits(0).warns("rename `user.email` to `mail`");
    let renamed = project.read(path);
    for directive in [
        "op.alter_column(\"user\", \"email\", new_column_name=\"mail\")",
        "op.alter_column(\"user\", \"mail\", new_column_name=\"email\")",
    ] {
        assert!(renamed.contains(directive), "{renamed}");
    }
}

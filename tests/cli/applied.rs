//! Applied revisions, as git tells them.

use crate::project::{FIRST, Project, SECOND, clean, clean_project, dropping, dropping_project, revision};

const THIRD: &str = "migrations/versions/cc33_third.py";

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

#[test]
fn a_script_directory_that_vanished_as_a_whole_took_its_revisions_along() {
    let project = dropping_project().with("migrations/script.py.mako", "");
    project.git(&["init", "--quiet"]);
    project.git(&["add", "."]);
    project.git(&["commit", "--quiet", "--message", "base"]);
    project.git(&["checkout", "--quiet", "-b", "feature"]);
    project.git(&["rm", "--quiet", "-r", "--", "migrations"]);
    let found = |project: &Project| {
        let run = project.run(&["--output-format", "concise"]).exits(1).prints("Found 2 findings (2 errors)");
        run.prints("migrations/versions/aa11_first.py:1:1: error[applied-revision-deleted]")
            .prints("There is no revision left to judge.")
            .prints_no("Checked");
    };
    found(&project);
    project.git(&["commit", "--quiet", "--message", "gone"]);
    found(&project);
    // Nothing tells of it any more.
    project.git(&["rm", "--quiet", "alembic.ini"]);
    found(&project);
    // Beside another one that is there.
    project.git(&["checkout", "--quiet", "HEAD", "--", "alembic.ini"]);
    project.write("other/alembic.ini", "[alembic]\nscript_location = %(here)s\n");
    project.write("other/env.py", "from alembic import context\n");
    project.write("other/versions/dd44_x.py", clean().replace("aa11", "dd44"));
    project.run(&["--output-format", "concise"]).exits(1).prints("Found 2 findings (2 errors)");
    // A directory that moved is not gone, and below another directory there was none.
    project.git(&["checkout", "--quiet", "main", "--", "migrations"]);
    std::fs::rename(project.path("migrations"), project.path("database")).unwrap();
    project.run(&["--output-format", "concise"]).prints_no("applied-revision-deleted");
    std::fs::create_dir_all(project.path("docs")).unwrap();
    let elsewhere = crate::project::Run::of(project.command(&[]).current_dir(project.path("docs")));
    elsewhere.prints_no("applied-revision-deleted");
}

#[test]
fn a_script_directory_that_the_configuration_still_names_is_looked_for_from_anywhere() {
    let project = Project::bare()
        .with("app/__init__.py", "")
        .with("app/database/history/aa11_first.py", clean())
        .with("app/database/history/older/bb22_second.py", dropping())
        .with("docs/index.md", "Documentation.\n");
    project.write(
        "alembic.ini",
        "[alembic]\nscript_location = app:database\nversion_locations = %(here)s/app/database/history\n\
         recursive_version_locations = true\n",
    );
    project.git(&["init", "--quiet", "--initial-branch", "main"]);
    project.git(&["add", "."]);
    project.git(&["commit", "--quiet", "--message", "base"]);
    project.git(&["checkout", "--quiet", "-b", "feature"]);
    project.git(&["rm", "--quiet", "-r", "--", "app/database"]);
    for (directory, shown) in [(".", "app/database"), ("docs", "../app/database")] {
        let mut command = project.command(&["--output-format", "concise"]);
        let run = crate::project::Run::of(command.current_dir(project.path(directory)))
            .exits(1)
            .prints(&format!("{shown}/history/aa11_first.py:1:1: error[applied-revision-deleted]"))
            .prints(&format!("{shown}/history/older/bb22_second.py:1:1: error[applied-revision-deleted]"))
            .prints("Found 2 findings (2 errors)")
            .warns("`script_location = app:database` leads to no directory");
        assert!(!run.stderr.contains("there is no alembic.ini"), "{}", run.stderr);
    }
}

/// Three revisions in a row, the last one of which drops a column, in a repository without a default branch.
fn chain() -> Project {
    let project = dropping_project().with(
        THIRD,
        revision(
            "cc33",
            Some("bb22"),
            "drop the name of users",
            r#"op.drop_column("user", "name")"#,
            r#"op.add_column("user", sa.Column("name", sa.Text(), nullable=True))"#,
        ),
    );
    project.write("alembic-lint.toml", "applied-ref = false\n");
    project
}

#[test]
fn a_named_revision_and_all_before_it_are_applied() {
    let project = chain();
    let run = project.run(&["--applied-through", "bb22", "--output-format", "concise"]).exits(1);
    assert_eq!(run.stdout.matches("drop-column").count(), 1, "{}", run.stdout);
    let run = run.prints("`user.name`").prints("Checked 1 revision; 2 applied ones are not judged");
    assert_eq!(run.stderr, "");
    project
        .run(&["--applied-through", "cc33"])
        .exits(0)
        .prints("all 3 revisions are applied (up to `cc33`)")
        .prints("`--applied-ref false` counts every revision as new");
    project.run(&["--applied-through", "head-1", "-v"]).exits(1).warns("applied: what is up to `head-1`");
    project.write("alembic-lint.toml", "applied-ref = false\napplied-through = \"aa11\"\n");
    project.run(&[]).exits(1).prints("Checked 2 revisions; 1 applied one is not judged");
    project.write("alembic-lint.toml", "applied-ref = false\napplied-through = [\"aa11\", \"cc33\"]\n");
    let summary = project.run(&["--output-format", "json"]).exits(0).json()["summary"].clone();
    assert_eq!((&summary["applied"], &summary["files"]), (&3.into(), &3.into()));
    project.run(&["--applied-ref", "false"]).exits(1).prints("Checked 3 revisions.");
}

#[test]
fn what_an_applied_revision_depends_on_is_applied_too() {
    let project = chain();
    let other =
        project.read(THIRD).replace("\"bb22\"", "None").replace("cc33", "dd44").replace("name", "nick");
    project.write("migrations/versions/dd44_other.py", other);
    project.run(&["--applied-through", "cc33"]).exits(1).prints("Checked 1 revision; 3 applied ones");
    project.write(SECOND, project.read(SECOND).replace("depends_on = None", "depends_on = (\"dd44\",)"));
    project.run(&["--applied-through", "cc33"]).exits(0).prints("all 4 revisions are applied");
    project.run(&["--applied-through", "aa11"]).exits(1).prints("1 applied one");
}

#[test]
fn a_reference_that_means_no_revision_stops_the_run_and_names_the_nearest() {
    let project = chain();
    let before = project.read(THIRD);
    for arguments in
        [&["--applied-through", "bb23"][..], &["--fix", "--applied-through", "bb23"], &["review"]]
    {
        let config = ["--config", "applied-through = \"bb23\""];
        let all: Vec<&str> = arguments.iter().copied().chain(config).collect();
        let run = project.run(&all).exits(2);
        assert!(
            run.stderr.contains("there is no revision or branch `bb23`; did you mean `bb22`?"),
            "{}",
            run.stderr
        );
    }
    assert_eq!(project.read(THIRD), before);
}

#[test]
fn each_script_directory_takes_the_references_it_knows_and_else_asks_git() {
    let project = chain();
    project.write("other/env.py", "from alembic import context\n");
    project.write("other/alembic.ini", "[alembic]\nscript_location = %(here)s\n");
    project.write("other/versions/dd44_first.py", clean().replace("aa11", "dd44"));
    let run = project.run(&["--applied-through", "bb22", "-v"]).exits(1);
    run.prints("Checked 2 revisions; 2 applied ones").warns("nothing is known, every revision counts as new");
    project.run(&["--applied-through", "bb22,dd44"]).exits(1).prints("Checked 1 revision; 3 applied ones");
}

#[test]
fn edits_are_found_in_what_is_applied_and_only_there() {
    let project = chain();
    project.write("alembic-lint.toml", "");
    project.git(&["init", "--quiet"]);
    project.git(&["add", "."]);
    project.git(&["commit", "--quiet", "--message", "all"]);
    for path in [SECOND, THIRD] {
        project.write(path, project.read(path).replace("nullable=True", "nullable=False"));
    }
    project.run(&["--select", "applied"]).exits(1).prints("Found 2 findings (2 errors)");
    let run = project.run(&["--select", "applied", "--applied-through", "bb22"]).exits(1);
    run.prints("Found 1 finding (1 error)").prints("`downgrade()` of the applied revision `bb22`");
    project.git(&["checkout", "--quiet", "HEAD", "--", "."]);
    std::fs::remove_file(project.path(SECOND)).unwrap();
    project.write(THIRD, project.read(THIRD).replace("\"bb22\"", "\"aa11\""));
    let run = project.run(&["--select", "applied", "--applied-through", "cc33"]).exits(1);
    run.prints("Found 2 findings").prints("applied-revision-deleted").prints("applied-revision-reparented");
    let run = project.run(&["--select", "applied", "--applied-through", "aa11"]).exits(0);
    run.prints("No findings in 1 revision; 1 applied one");
}

#[test]
fn one_source_is_named_on_the_command_line() {
    let project = chain();
    let url = "sqlite:///x.db";
    let refused = |arguments: &[&str], names: [&str; 2]| {
        let run = project.run(arguments).exits(2);
        assert!(names.iter().all(|name| run.stderr.contains(name)), "{}", run.stderr);
    };
    refused(&["--applied-through", "aa11", "--database-url", url], ["--applied-through", "--database-url"]);
    refused(&["--applied-ref", "main", "--database-url", url], ["--applied-ref", "--database-url"]);
    refused(&["--applied-ref", "main", "--applied-through", "aa11"], ["--applied-ref", "--applied-through"]);
    refused(&["--database-timeout", "0"], ["--database-timeout", "seconds"]);
    // A ref that is configured goes before the rest of the configuration.
    project.write("alembic-lint.toml", "applied-ref = \"main\"\napplied-through = \"cc33\"\n");
    project.git(&["init", "--quiet"]);
    project.git(&["add", FIRST]);
    project.git(&["commit", "--quiet", "--message", "first"]);
    project.run(&["-v"]).exits(1).prints("1 applied one").warns("applied: what is in main");
}

#[test]
fn applied_revisions_that_were_changed_are_judged_although_nothing_else_is() {
    let project = dropping_project();
    project.git(&["init", "--quiet"]);
    project.git(&["add", "."]);
    project.git(&["commit", "--quiet", "--message", "all"]);
    project.write(SECOND, project.read(SECOND).replace("nullable=True", "nullable=False"));
    let run = project.run(&[]).exits(1).prints("Found 1 finding (1 error)");
    run.prints("No revision was judged by its content: all 2 revisions are applied (in main)")
        .prints_no("Nothing was judged");
}

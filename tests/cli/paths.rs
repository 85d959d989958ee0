//! Which files are checked, and what is said when none is.

use std::fs;

use crate::project::{Project, SECOND, clean, clean_project, dropping_project, revision};

#[test]
fn given_paths_are_judged_wherever_options_stand() {
    let project = dropping_project().with("migrations/versions/cc33_third.py", {
        let drop = r#"op.drop_column("user", "name")"#;
        revision("cc33", Some("bb22"), "drop the name of users", drop, "pass")
    });
    let path = project.path(SECOND);
    let run = project.run(&[path.to_str().unwrap(), "--output-format", "concise"]).exits(1);
    run.prints("drop-column").prints_no("cc33_third.py");
}

#[test]
fn a_directory_named_like_a_command_is_reached_with_its_directory() {
    let project = Project::bare().with("rule/aa11_first.py", clean());
    project.run(&["./rule"]).exits(0).prints("No findings in 1 revision.");
}

#[test]
fn a_path_that_does_not_exist_could_not_be_checked() {
    dropping_project().run(&["no/such.py"]).exits(2).warns("no/such.py");
}

#[test]
fn a_mistyped_command_names_the_command() {
    clean_project().run(&["reveiw"]).exits(2).warns("`review`");
    clean_project().run(&["check"]).exits(2).warns("checking needs no command: `alembic-lint` alone does it");
    clean_project().run(&["fix"]).exits(2).warns("did you mean the option `--fix`?");
    clean_project().with("check/versions/a.py", "").run(&["check"]).exits(2).warns("no revision was checked");
}

#[test]
fn a_hook_that_passes_no_revision_passes_and_says_that_nothing_was_checked() {
    let project = clean_project().with("README.md", "hello");
    project.run(&["README.md"]).exits(0).warns("no revision was checked");
}

#[test]
fn a_gate_that_finds_no_revisions_fails() {
    Project::bare().run(&[]).exits(2).warns("no revision");
    let project = Project::bare().with("empty/README.md", "hello");
    project.run(&["empty"]).exits(2).warns("no revision");
    project.run(&["review"]).exits(2).warns("no revision");
    let project = Project::new();
    fs::create_dir_all(project.path("migrations/versions")).unwrap();
    project.run(&[]).exits(0).warns("no revision").warns("migrations/versions");
}

/// As prefect has it: two databases, two histories beside each other that share identifiers.
#[test]
fn histories_of_two_databases_are_judged_apart() {
    let revision = |id: &str, parent: &str, upgrade: &str| {
        format!(
            "\"\"\"change the user\"\"\"\nfrom alembic import op\nimport sqlalchemy as sa\nrevision = '{id}'\n\
             down_revision = {parent}\n\n\ndef upgrade():\n    {upgrade}\n"
        )
    };
    let table = "op.create_table('user', sa.Column('a', sa.Integer()))";
    let strict = "op.alter_column('user', 'a', nullable=False)";
    let mut project = Project::bare().with("migrations/env.py", "from alembic import context\n");
    for database in ["postgresql", "sqlite"] {
        let folder = format!("migrations/versions/{database}");
        project = project
            .with(&format!("{folder}/1_a.py"), revision("8a1b2c3d4e5f", "None", table))
            .with(&format!("{folder}/2_b.py"), revision("9a1b2c3d4e5f", "'8a1b2c3d4e5f'", strict))
            .with(
                &format!("{folder}/3_c.py"),
                revision("7a1b2c3d4e5f", "'9a1b2c3d4e5f'", "op.drop_column('user', 'b')"),
            );
    }
    let rules = "sqlite-requires-batch,set-not-null-scans-table,unknown-object";
    let arguments = ["--applied-ref", "false", "--output-format", "concise", "--select", rules, "migrations"];
    project
        .run(&arguments)
        .exits(1)
        .prints("postgresql/2_b.py:9:5: warning[set-not-null-scans-table]")
        .prints("sqlite/2_b.py:9:5: error[sqlite-requires-batch]")
        .prints("postgresql/3_c.py:9:5: error[unknown-object]")
        .prints("sqlite/3_c.py:9:5: error[unknown-object]")
        .prints_no("postgresql/2_b.py:9:5: error[sqlite-requires-batch]")
        .prints_no("sqlite/2_b.py:9:5: warning[set-not-null");
}

#[test]
fn a_project_without_a_revision_yet_passes_and_says_so() {
    let run = Project::new().run(&[]).exits(0);
    run.warns("no revision was checked: there is none in `migrations/versions`");
    Project::new().run(&["migrations/version"]).exits(2);
}

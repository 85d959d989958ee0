//! `alembic-lint split`: what is written, what is printed, and what is left alone.

use std::fs;

use crate::project::Project;

fn revision(id: &str, parent: &str, upgrade: &str) -> String {
    format!(
        "\"\"\"change the user\"\"\"\nfrom alembic import op\nimport sqlalchemy as sa\nrevision = '{id}'\n\
         down_revision = {parent}\n\n\ndef upgrade():\n    {upgrade}\n"
    )
}

const ADD_AND_DROP: &str =
    "op.add_column('user', sa.Column('b', sa.Text()))\n    op.drop_column('user', 'a')";

/// `0002` adds and drops a column, and `0003` follows it.
fn project() -> Project {
    Project::new()
        .with(
            "migrations/versions/0001_a.py",
            revision("0001", "None", "op.create_table('user', sa.Column('a', sa.Text()))"),
        )
        .with("migrations/versions/0002_b.py", revision("0002", "'0001'", ADD_AND_DROP))
        .with(
            "migrations/versions/0003_c.py",
            revision("0003", "'0002'", "op.add_column('user', sa.Column('c', sa.Text()))"),
        )
}

fn names(project: &Project) -> Vec<String> {
    let entries = fs::read_dir(project.path("migrations/versions")).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn the_parts_are_written_and_told() {
    let project = project();
    project
        .run(&["split", "0002", "--applied-ref", "false"])
        .exits(0)
        .prints("1. 0002: expand (migrations/versions/0002_b.py)")
        .prints("2. 0004: contract (migrations/versions/0004_b_contract.py)")
        .prints("migrations/versions/0003_c.py follows the last of them now");
    assert_eq!(names(&project), ["0001_a.py", "0002_b.py", "0003_c.py", "0004_b_contract.py"]);
    assert!(project.read("migrations/versions/0003_c.py").contains("down_revision = '0004'"));
    project.run(&["split", "0004", "--applied-ref", "false"]).exits(0).warns("Nothing to do");
}

#[test]
fn a_look_writes_nothing() {
    for option in ["--diff", "--dry-run"] {
        let project = project();
        project
            .run(&["split", "0002", option, "--applied-ref", "false"])
            .exits(0)
            .prints("0004")
            .warns("Nothing was written.");
        assert_eq!(names(&project), ["0001_a.py", "0002_b.py", "0003_c.py"]);
        assert!(project.read("migrations/versions/0002_b.py").ends_with(&format!("{ADD_AND_DROP}\n")));
    }
}

#[test]
fn what_stops_half_way_leaves_all_as_it_was() {
    let project = project();
    let whole = project.path("migrations/versions/0002_b.py");
    let mut permissions = fs::metadata(&whole).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&whole, permissions).unwrap();
    let before = project.read("migrations/versions/0003_c.py");
    project.run(&["split", "0002", "--applied-ref", "false"]).exits(2).warns("0002_b.py").warns("read-only");
    assert_eq!(names(&project), ["0001_a.py", "0002_b.py", "0003_c.py"]);
    assert_eq!(project.read("migrations/versions/0003_c.py"), before);
}

#[test]
fn what_cannot_be_split_is_said_with_its_place() {
    let project = project();
    project
        .run(&["split", "0009", "--applied-ref", "false"])
        .exits(2)
        .warns("there is no revision or branch `0009`");
    project
        .run(&["split", "alembic.ini", "--applied-ref", "false"])
        .exits(2)
        .warns("alembic.ini: Alembic loads no revision from it");
    let guarded = format!("if op.get_bind():\n        return\n    {ADD_AND_DROP}");
    project.write("migrations/versions/0002_b.py", revision("0002", "'0001'", &guarded));
    project
        .run(&["split", "0002", "--applied-ref", "false"])
        .exits(2)
        .warns("migrations/versions/0002_b.py: line 9: it may leave the function");
    project.run(&["split", "0002", "--applied-through", "0002"]).exits(2).warns("it is applied");
    project.run(&["splt"]).exits(2).warns("did you mean the command `split`");
}

#[test]
fn an_identifier_of_two_histories_is_not_guessed() {
    let mut project = Project::bare().with("migrations/env.py", "from alembic import context\n");
    for database in ["postgresql", "sqlite"] {
        let path = format!("migrations/versions/{database}/8a1b_a.py");
        project = project.with(&path, revision("8a1b2c3d4e5f", "None", ADD_AND_DROP));
    }
    let path = "migrations/versions/sqlite/8a1b_a.py";
    project
        .run(&["split", "8a1b", "migrations", "--applied-ref", "false"])
        .exits(2)
        .warns("several histories have `8a1b`")
        .warns(path);
    project
        .run(&["split", path, "migrations", "--applied-ref", "false"])
        .exits(0)
        .prints("1. 8a1b2c3d4e5f: expand");
}

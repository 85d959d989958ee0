//! Choosing and explaining rules, and broken configuration.

use crate::project::{Project, clean_project, dropping_project};

#[test]
fn rules_are_listed_and_explained() {
    let project = Project::bare();
    project.run(&["rule"]).exits(0).prints("destructive").prints("drop-column");
    project.run(&["rule", "drop-column"]).exits(0).prints("drop-column").prints("destructive, error");
    let json = project.run(&["rule", "drop-column", "--output-format", "json"]).exits(0).json();
    assert_eq!(json["rules"][0]["name"], "drop-column");
    let all = project.run(&["rule", "--output-format", "json"]).exits(0).json();
    assert!(all["rules"].as_array().unwrap().len() > 10);
}

#[test]
fn an_unknown_rule_names_the_nearest() {
    Project::bare().run(&["rule", "drop-colum"]).exits(2).warns("`drop-column`");
    clean_project().run(&["--select", "drop-colum"]).exits(2).warns("`drop-column`");
}

#[test]
fn rules_are_selected_on_the_command_line() {
    let project = dropping_project();
    project.run(&["--ignore", "drop-column"]).exits(0);
    project.run(&["--select", "imports"]).exits(0);
    project.run(&["--select", "none"]).exits(0);
    project.run(&["--select", "none", "--extend-select", "drop-column"]).exits(1).prints("drop-column");
}

#[test]
fn a_broken_configuration_is_named_with_line_and_key() {
    let project = dropping_project().with("alembic-lint.toml", "ignore = []\nselct = [\"all\"]\n");
    project.run(&[]).exits(2).warns("alembic-lint.toml:2").warns("selct").warns("select");
    let project = dropping_project().with("alembic-lint.toml", "ignore = [\n");
    project.run(&[]).exits(2).warns("alembic-lint.toml");
    let project = dropping_project().with("alembic-lint.toml", "ignore = [\"drop-colum\"]\n");
    project.run(&[]).exits(2).warns("alembic-lint.toml:1").warns("`drop-column`");
}

/// What a rule here says, squawk's does not say once more; indexes nobody asks for by name.
#[test]
fn a_new_name_is_told_once() {
    let renames = [
        "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'",
        "ALTER INDEX ix RENAME TO ix2",
        "ALTER VIEW active RENAME TO current_users",
    ];
    let lines = renames.map(|sql| format!("    op.execute(\"{sql}\")\n")).concat();
    let text =
        format!("from alembic import op\nrevision = 'a1'\ndown_revision = None\n\ndef upgrade():\n{lines}");
    let project = Project::new().with("migrations/versions/a1_x.py", text);
    let rules = "squawk/renaming-object,rename-enum-value";
    let report = project
        .run(&["--applied-ref", "false", "--output-format", "json", "--select", rules])
        .exits(1)
        .json();
    let found: Vec<_> = report["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| (finding["rule"].as_str().unwrap(), finding["line"].as_u64().unwrap()))
        .collect();
    assert_eq!(found, [("rename-enum-value", 6), ("squawk/renaming-object", 8)]);
}

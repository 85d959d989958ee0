//! Rules that the configuration declares: those of docs/custom-rules.md, in a project.

use crate::project::{FIRST, Project, SECOND, clean, clean_project, revision};

/// The examples of the documentation.
fn documented() -> String {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/custom-rules.md");
    let page = std::fs::read_to_string(page).unwrap();
    page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap().to_owned()
}

fn project(upgrade: &str) -> Project {
    let text = revision("bb22", Some("aa11"), "change the audit", upgrade, "pass");
    clean_project().with(SECOND, text).with("pyproject.toml", documented())
}

const DROP: &str = r#"op.drop_table("audit_login")"#;
const SELECT: [&str; 2] = ["--select", "custom"];

#[test]
fn the_documented_rules_speak() {
    let upgrade = r#"op.drop_table("audit_login")
    op.drop_table("login")
    op.create_table("visit", sa.Column("at", sa.DateTime()))
    op.create_index("visit_idx", "visit", ["at"])
    op.create_index("ix_visit_at", "visit", ["at"])
    op.add_column("invoice", sa.Column("email", sa.Text()), schema="billing")
    op.add_column("invoice", sa.Column("email", sa.Text()))"#;
    let run = project(upgrade).run(&["--select", "custom", "--output-format", "concise"]).exits(1);
    let lines: Vec<&str> = run.stdout.lines().filter(|line| line.starts_with(SECOND)).collect();
    let expected = [
        "error audit-tables-stay: drop_table changes audit_login, which auditors read",
        "info index-prefix: the name of index visit_idx starts with neither ix_ nor uq_",
        "warning no-personal-data-in-billing: billing.invoice gets email: personal data stays in the schema people",
    ];
    assert_eq!(lines.len(), expected.len(), "{}", run.stdout);
    for (line, expected) in lines.iter().zip(expected) {
        let words = |text: &str| {
            text.replace(['[', ']', ':'], " ").split_whitespace().map(str::to_owned).collect::<Vec<_>>()
        };
        assert!(words(line).ends_with(&words(expected)), "{line}\n{expected}");
    }
    project(DROP).run(&[]).exits(1).prints("audit-tables-stay").prints("ask compliance");
}

#[test]
fn programs_are_told_too() {
    let run = project(DROP).run(&["--select", "custom", "--output-format", "json"]).exits(1);
    let found = &run.json()["diagnostics"][0];
    assert_eq!(found["rule"], "audit-tables-stay");
    assert_eq!(found["category"], "custom");
    assert_eq!(found["severity"], "error");
    assert_eq!(found["help"], "ask compliance; then approve with the number of the ticket");
    assert!(found["url"].is_null() && found["fix"].is_null(), "{found}");
    project(DROP).run(&["--select", "custom", "--statistics"]).exits(1).prints("audit-tables-stay");
}

#[test]
fn they_are_selected_ignored_and_weighed_by_name() {
    let project = project(DROP);
    project.run(&["--select", "audit-tables-stay"]).exits(1).prints("audit-tables-stay");
    project.run(&["--select", "imports"]).exits(0);
    project.run(&["--ignore", "audit-tables-stay"]).prints_no("audit-tables-stay");
    project.run(&[&SELECT[..], &["--config", "severity.audit-tables-stay = 'info'"]].concat()).exits(0);
    project.run(&["--select", "audit-tables"]).exits(2).warns("did you mean `audit-tables-stay`?");
}

#[test]
fn comments_approve_them() {
    let with = |comment: &str| project(&format!("{DROP}  # alembic-lint: {comment}"));
    let rules =
        ["--select", "custom,unknown-rule-in-suppression,unused-suppression,suppression-without-reason"];
    with("allow[audit-tables-stay] -- moved to the archive").run(&rules).exits(0);
    with("allow[audit-tables-stay]").run(&rules).exits(1).prints("suppression-without-reason");
    with("allow[audit-tables-sty] -- moved").run(&rules).exits(1).prints("write `audit-tables-stay`");
    with("allow[index-prefix] -- moved").run(&rules).exits(1).prints("unused-suppression");
}

#[test]
fn they_are_explained() {
    let project = project(DROP);
    let page = project.run(&["rule", "audit-tables-stay"]).exits(0);
    let page = page.prints("custom, error, preset recommended, no fix, declared by this project");
    let page = page.prints(
        "Finds `drop_table`, `drop_column`, `rename_table` in `upgrade`, the table matching `audit_*`",
    );
    page.prints("{operation} changes {table}, which auditors read")
        .prints("`custom-rule` at pyproject.toml:2:8");
    project.run(&["rule"]).exits(0).prints("custom\n").prints("  audit-tables-stay").prints("  drop-column");
    let json = project.run(&["rule", "index-prefix", "--output-format", "json"]).exits(0).json();
    let rule = &json["rules"][0];
    assert_eq!((rule["category"].as_str(), rule["severity"].as_str()), (Some("custom"), Some("info")));
    assert!(rule["since"].is_null() && rule["url"].is_null(), "{rule}");
    project.run(&["rule", "index-prefx"]).exits(2).warns("did you mean `index-prefix`?");
    let pair = "custom-rule = [{ rule = 'mine', message = 'm', on = 'execute' }]";
    Project::bare().run(&["rule", "mine", "--config", pair]).exits(0).prints("`execute`");
}

#[test]
fn a_mistake_is_named_with_its_place() {
    let with = |text: &str| Project::new().with(FIRST, clean()).with("alembic-lint.toml", text);
    let own =
        |rule: &str, on: &str| format!("[[custom-rule]]\nrule = '{rule}'\non = '{on}'\nmessage = 'm'\n");
    with(&own("mine", "drop_tabel")).run(&[]).exits(2).warns("alembic-lint.toml:3:6: ").warns("`drop_table`");
    let taken = with(&own("drop-column", "drop_table"));
    taken
        .run(&[])
        .exits(2)
        .warns("alembic-lint.toml:2:8: `custom-rule`: there is a rule `drop-column` already");
    taken.run(&["rule", "drop-column"]).exits(0).prints("destructive");
    taken.run(&["rule"]).exits(2).warns("there is a rule `drop-column` already");
}

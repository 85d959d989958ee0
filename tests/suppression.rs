//! What the comments of a revision silence, and what is said about comments that do not.

#![expect(clippy::expect_used, reason = "helpers of tests fail as tests do")]

use alembic_lint::config::Settings;
use alembic_lint::diagnostic::Applicability;
use alembic_lint::fix::fix;
use alembic_lint::linter::{Outcome, lint};
use alembic_lint::project::{AppliedSource, Project, ScriptDirectory};
use alembic_lint::selection::Selection;
use alembic_lint::source::{Applied, Encoding, LineIndex, Role, SourceFile};

fn revision(upgrade: &str) -> String {
    format!(
        "\"\"\"Move users\n\nRevision ID: a1\nRevises:\n\"\"\"\nfrom alembic import op\nimport sqlalchemy as sa\n\n\
         revision = \"a1\"\ndown_revision = None\n\n\n\
         def upgrade():\n{upgrade}\n\n\
         def downgrade():\n    op.create_table(\"user\", sa.Column(\"id\", sa.Integer(), primary_key=True))\n"
    )
}

fn project(text: &str) -> Project {
    let file = SourceFile {
        path: "versions/a1.py".into(),
        location: "versions/a1.py".into(),
        directory: 0,
        role: Role::Revision,
        text: Ok(text.into()),
        encoding: Encoding::Utf8,
        selected: true,
        applied: Applied::No,
    };
    Project { files: vec![file], directories: vec![ScriptDirectory::default()], ..Project::default() }
}

fn settings(select: &[&str]) -> Settings {
    Settings { select: select.iter().map(ToString::to_string).collect(), ..Settings::default() }
}

const META: [&str; 3] = ["unused-suppression", "suppression-without-reason", "unknown-rule-in-suppression"];

/// The settings that select `drop-table`, `raw-sql` and the rules about comments.
fn usual() -> Settings {
    settings(&[&["drop-table", "raw-sql", "parse-error"], META.as_slice()].concat())
}

fn outcome(project: &Project, settings: &Settings) -> Outcome {
    let selection = Selection::resolve(settings).expect("the rules exist");
    lint(project, settings, &selection)
}

/// The findings, one "line rule: message" each.
fn found(text: &str, settings: &Settings) -> Vec<String> {
    let project = project(text);
    let index = LineIndex::new(text);
    let one = |d: &alembic_lint::diagnostic::Diagnostic| {
        format!("{} {}: {}", index.line(d.span.start), d.rule.name, d.message)
    };
    outcome(&project, settings).diagnostics.iter().map(one).collect()
}

/// The text after `--fix`.
fn fixed(text: &str) -> String {
    fixed_at(text, Applicability::Safe)
}

/// The text after fixes of at least this applicability.
fn fixed_at(text: &str, level: Applicability) -> String {
    let (mut project, settings) = (project(text), usual());
    let selection = Selection::resolve(&settings).expect("the rules exist");
    let report = fix(&mut project, &settings, &selection, level);
    assert_eq!(report.refused, []);
    let again = fix(&mut project, &settings, &selection, level);
    assert!(again.files.is_empty(), "a second run changes nothing");
    project.files.first().expect("one file").text().to_owned()
}

#[test]
fn an_approval_silences_and_is_counted() {
    let text = revision("    op.drop_table(\"user\")  # alembic-lint: allow[drop-table] -- moved in 4.2\n");
    assert_eq!(found(&text, &usual()), Vec::<String>::new());
    let summary = outcome(&project(&text), &usual()).summary;
    assert_eq!((summary.suppressed, summary.errors, summary.warnings), (1, 0, 0));
}

#[test]
fn an_approval_without_reason_silences_nothing() {
    let text = revision("    op.drop_table(\"user\")  # alembic-lint: allow[drop-table]\n");
    let found = found(&text, &usual());
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("14 drop-table: "), "{found:?}");
    assert_eq!(
        found[1],
        "14 suppression-without-reason: `allow[..]` gives no reason, so it silences nothing"
    );
}

#[test]
fn what_is_written_wrongly_is_said() {
    for (comment, expected) in [
        (
            "ignore[drop-table] -- moved",
            "unknown-rule-in-suppression: this comment silences nothing: `ignore` is not",
        ),
        (
            "allow drop-table -- moved",
            "unknown-rule-in-suppression: this comment silences nothing: `allow` names no",
        ),
        (
            "allow[drop-table -- moved",
            "unknown-rule-in-suppression: this comment silences nothing: the bracket",
        ),
        (
            "allow[] -- moved",
            "unknown-rule-in-suppression: this comment silences nothing: the brackets are empty",
        ),
        ("allow[drop-table] moved", "suppression-without-reason: what follows `allow[..]` is not marked"),
        ("allow[drop-tabel] -- moved", "unknown-rule-in-suppression: there is no rule `drop-tabel`"),
        (
            "allow[destructive] -- moved",
            "unknown-rule-in-suppression: `destructive` stands for several rules",
        ),
        ("allow[all] -- moved", "unknown-rule-in-suppression: `all` stands for several rules"),
        (
            "allow-file[drop-table] -- moved",
            "unused-suppression: `allow-file` inside a statement or behind code",
        ),
    ] {
        let text = revision(&format!("    op.drop_table(\"user\")  # alembic-lint: {comment}\n"));
        let found = found(&text, &usual());
        assert!(found.iter().any(|finding| finding.starts_with("14 drop-table: ")), "{comment}: {found:?}");
        assert!(found.iter().any(|finding| finding.contains(expected)), "{comment}: {found:?}");
        assert_eq!(found.len(), 2, "{comment}: {found:?}");
    }
}

#[test]
fn a_mistyped_rule_is_written_right() {
    let text = revision("    op.drop_table(\"user\")  # alembic-lint: allow[Drop_Tabel] -- moved in 4.2\n");
    assert_eq!(fixed(&text), text.replace("Drop_Tabel", "drop-table"));
    let nonsense = revision("    op.drop_table(\"user\")  # alembic-lint: allow[whatever-else] -- moved\n");
    assert_eq!(fixed(&nonsense), nonsense);
}

#[test]
fn unused_names_and_comments_go() {
    let body =
        "    op.drop_table(\"user\")  # alembic-lint: allow[raw-sql, drop-table, drop-table] -- moved\n";
    let kept = "    op.drop_table(\"user\")  # alembic-lint: allow[drop-table] -- moved\n";
    assert_eq!(fixed(&revision(body)), revision(kept));

    let body = "\
    # alembic-lint: allow[raw-sql] -- old
    # noqa  # alembic-lint: allow[drop-table] -- older  # type: ignore
    pass  # alembic-lint: allow[raw-sql, drop-table] -- oldest
";
    assert_eq!(fixed(&revision(body)), revision(body), "a reason is deleted by an unsafe fix only");
    let removed = |text: &str| fixed_at(text, Applicability::Unsafe);
    assert_eq!(removed(&revision(body)), revision("    # noqa  # type: ignore\n    pass\n"));

    let crlf = revision("    # alembic-lint: allow[raw-sql] -- old\n    pass\n").replace('\n', "\r\n");
    assert_eq!(removed(&crlf), revision("    pass\n").replace('\n', "\r\n"));

    let file = format!("# alembic-lint: allow-file[raw-sql] -- old\n{}", revision("    pass\n"));
    assert_eq!(removed(&file), revision("    pass\n"));
}

#[test]
fn a_rule_that_did_not_run_leaves_no_unused_comment() {
    let text = revision("    pass  # alembic-lint: allow[drop-column] -- old\n");
    assert_eq!(found(&text, &usual()), Vec::<String>::new());
    let text = revision("    pass  # alembic-lint: allow[drop-table] -- old\n");
    assert_eq!(found(&text, &usual()), ["14 unused-suppression: `drop-table` finds nothing here to allow"]);
}

#[test]
fn rules_about_applied_revisions_run_only_where_git_tells() {
    let text =
        format!("# alembic-lint: allow-file[applied-revision-edited] -- agreed\n{}", revision("    pass\n"));
    let settings = settings(&["applied-revision-edited", "unused-suppression"]);
    assert_eq!(found(&text, &settings), Vec::<String>::new());
    let mut project = project(&text);
    for directory in &mut project.directories {
        directory.applied = AppliedSource::Git;
    }
    assert_eq!(outcome(&project, &settings).diagnostics.len(), 1);
}

#[test]
fn what_no_comment_can_silence_is_said() {
    let text = format!("# alembic-lint: allow-file[parse-error] -- old\n{}", revision("    pass\n"));
    assert_eq!(
        found(&text, &usual()),
        [
            "1 unused-suppression: `parse-error` cannot be allowed in a file: a file that is not Python has no comments"
        ]
    );
    let text = revision("    pass  # alembic-lint: allow[unused-suppression] -- old\n");
    assert_eq!(
        found(&text, &usual()),
        ["14 unused-suppression: `unused-suppression` can be allowed for the whole file only"]
    );
}

#[test]
fn findings_about_comments_are_allowed_for_the_whole_file() {
    let text = format!(
        "# alembic-lint: allow-file[unused-suppression, suppression-without-reason] -- being cleaned up\n{}",
        revision("    pass  # alembic-lint: allow[drop-table] -- old  # alembic-lint: allow[raw-sql]\n")
    );
    assert_eq!(found(&text, &usual()), Vec::<String>::new());
    assert_eq!(outcome(&project(&text), &usual()).summary.suppressed, 2);
}

#[test]
fn applied_revisions_are_not_judged() {
    let text = revision("    pass  # alembic-lint: allow[drop-tabel]\n");
    let mut project = project(&text);
    for file in &mut project.files {
        file.applied = Applied::Unchanged;
    }
    for directory in &mut project.directories {
        directory.applied = AppliedSource::Git;
    }
    assert_eq!(outcome(&project, &usual()).diagnostics.len(), 0);
    let audit = Settings { all: true, ..usual() };
    assert_eq!(outcome(&project, &audit).diagnostics.len(), 2);
}

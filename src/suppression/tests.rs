//! Which comment silences which finding, on text that the real reader reads.

use super::*;
use crate::history::History;
use crate::operation::Dialect;
use crate::python::{Modules, read_revision};
use crate::rule::{FixAvailability, Preset, Severity, Sink};
use crate::source::{Applied, Encoding, Role, SourceFile};

static DROP: Rule = rule("drop-table", Check::History(nothing));
static META: Rule = rule("unused-suppression", Check::Suppressions(nothing_either));
static PARSE: Rule = rule("parse-error", Check::History(nothing));

const fn rule(name: &'static str, check: Check) -> Rule {
    Rule {
        name,
        category: Category::Destructive,
        severity: Severity::Error,
        preset: Preset::Recommended,
        fix: FixAvailability::None,
        since: "0.1.0",
        docs: "",
        check,
    }
}

fn nothing(_: &History<'_>, _: &mut Sink<'_>) {}

fn nothing_either(_: &Suppressions<'_>, _: &mut Sink<'_>) {}

fn approvals(text: &str) -> Approvals {
    let file = SourceFile {
        path: "versions/a.py".into(),
        location: "versions/a.py".into(),
        directory: 0,
        role: Role::Revision,
        text: Ok(text.into()),
        encoding: Encoding::Utf8,
        selected: true,
        applied: Applied::No,
    };
    let revision = read_revision(&file, &Modules::default(), Dialect::Postgresql);
    assert_eq!(revision.syntax_errors, [], "{text}");
    let project = Project { files: vec![file], ..Project::default() };
    Approvals::read(&project, &[Some(revision)], |_, _| true)
}

fn finding(rule: &'static Rule, span: Span, call_sites: &[Span]) -> Diagnostic {
    let mut out = Vec::new();
    Sink::new(rule, Severity::Error, FileId(0), &mut out).report(span, "found").call_sites(call_sites);
    out.remove(0)
}

fn span_of(text: &str, part: &str) -> Span {
    let start = text.find(part).expect("the part stands in the text");
    Span::new(u32::try_from(start).unwrap(), u32::try_from(start + part.len()).unwrap())
}

/// For each `drop_*()` of the text, whether it is silenced; as "first second".
fn silenced(text: &str) -> String {
    let mut approvals = approvals(text);
    let drops = text.match_indices("drop_");
    let names = drops.map(|(start, _)| {
        let name: String = text[start..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let end = start + text[start..].find(')').expect("a call") + 1;
        let span = Span::new(u32::try_from(start).unwrap(), u32::try_from(end).unwrap());
        approvals.silence(&finding(&DROP, span, &[])).map(|_| name)
    });
    names.flatten().collect::<Vec<_>>().join(" ")
}

#[test]
fn beside_or_right_above_the_statement() {
    let text = "\
def upgrade():
    drop_a()  # alembic-lint: allow[drop-table] -- why
    # alembic-lint: allow[drop-table] -- why
    drop_b()
    drop_c()
    # alembic-lint: allow[drop-table] -- why

    drop_d()
    drop_e(); drop_f()  # alembic-lint: allow[drop-table] -- why
";
    assert_eq!(silenced(text), "drop_a drop_b drop_e drop_f");
}

#[test]
fn comments_may_be_stacked_and_shared() {
    let text = "\
def upgrade():
    # alembic-lint: allow[drop-table] -- why
    # alembic-lint: allow[raw-sql] -- why
    # The table moved.
    drop_a()
    drop_b()  # noqa: E501  # alembic-lint: allow[raw-sql, drop-table] -- why  # type: ignore
    drop_c()  # alembic-lint: allow[raw-sql] -- why
";
    assert_eq!(silenced(text), "drop_a drop_b");
}

#[test]
fn any_line_of_a_call() {
    let text = "\
def upgrade():
    drop_a(  # alembic-lint: allow[drop-table] -- why
        'x',
    )
    drop_b(
        # alembic-lint: allow[drop-table] -- why
        'x',
    )
    drop_c(
        'x',
    )  # alembic-lint: allow[drop-table] -- why
    drop_d(
        'x'
    )
";
    assert_eq!(silenced(text), "drop_a drop_b drop_c");
}

#[test]
fn at_a_header_only_the_header() {
    let text = "\
def upgrade():
    # alembic-lint: allow[drop-table] -- why
    with drop_a() as x:
        drop_b()
    with (
        drop_c() as x,
    ):  # alembic-lint: allow[drop-table] -- why
        drop_d()
    for x in drop_e():  # alembic-lint: allow[drop-table] -- why
        drop_f()
";
    assert_eq!(silenced(text), "drop_a drop_c drop_e");
}

#[test]
fn the_whole_file_from_the_top_level() {
    let everywhere =
        "# alembic-lint: allow-file[drop-table] -- why\ndef upgrade():\n    drop_a()\n\ndrop_b()\n";
    assert_eq!(silenced(everywhere), "drop_a drop_b");
    assert_eq!(silenced(&format!("\u{feff}{everywhere}")), "drop_a drop_b");
    let at_the_end = "def upgrade():\n    drop_a()\n\n# alembic-lint: allow-file[drop-table] -- why\n";
    assert_eq!(silenced(at_the_end), "drop_a");
    let inside = "def upgrade():\n    # alembic-lint: allow-file[drop-table] -- why\n    drop_a()\n";
    assert_eq!(silenced(inside), "");
}

#[test]
fn without_reason_or_form_it_does_not_count() {
    for comment in [
        "# alembic-lint: allow[drop-table]",
        "# alembic-lint: allow[drop-table] why",
        "# alembic-lint: ignore[drop-table] -- why",
        "# alembic-lint: allow[drop-table -- why",
        "# alembic-lint: allow[destructive] -- why",
        "# alembic-lint: allow[all] -- why",
        "\"# alembic-lint: allow[drop-table] -- why\"",
    ] {
        assert_eq!(
            silenced(&format!("drop_a(){}{comment}\n", if comment.starts_with('"') { "; " } else { "  " })),
            "",
            "{comment}"
        );
    }
}

#[test]
fn a_call_that_leads_to_the_place_counts_too() {
    let text = "\
def helper():
    drop_a()

def upgrade():
    helper()  # alembic-lint: allow[drop-table] -- why
    helper( )
";
    let place = span_of(text, "drop_a()");
    let mut approvals = approvals(text);
    assert!(approvals.silence(&finding(&DROP, place, &[span_of(text, "helper()  #")])).is_some());
    assert!(approvals.silence(&finding(&DROP, place, &[span_of(text, "helper( )")])).is_none());
}

#[test]
fn findings_about_the_file_need_the_file_form() {
    let mut at_statement = approvals("x = 1  # alembic-lint: allow[drop-table] -- why\n");
    assert!(at_statement.silence(&finding(&DROP, Span::default(), &[])).is_none());
    let mut of_file = approvals("# alembic-lint: allow-file[drop-table] -- why\nx = 1\n");
    assert!(of_file.silence(&finding(&DROP, Span::default(), &[])).is_some());
}

#[test]
fn syntax_errors_and_judgements_of_comments_are_not_silenced_at_a_statement() {
    let text = "x = 1  # alembic-lint: allow[unused-suppression, parse-error] -- why\n";
    let place = Span::new(0, 5);
    assert!(approvals(text).silence(&finding(&META, place, &[])).is_none());
    let text = "# alembic-lint: allow-file[unused-suppression, parse-error] -- why\nx = 1\n";
    assert!(approvals(text).silence(&finding(&META, place, &[])).is_some());
    assert!(approvals(text).silence(&finding(&PARSE, place, &[])).is_none());
}

#[test]
fn the_comment_at_the_statement_is_used_before_that_of_the_file() {
    let text =
        "# alembic-lint: allow-file[drop-table] -- why\ndrop_a()  # alembic-lint: allow[drop-table] -- why\n";
    let mut approvals = approvals(text);
    assert!(approvals.silence(&finding(&DROP, span_of(text, "drop_a()"), &[])).is_some());
    let used: Vec<_> = approvals.all().flat_map(|s| s.names().map(|(_, used)| used)).collect();
    assert_eq!(used, [false, true]);
}

#[test]
fn nothing_is_left_of_a_deleted_comment() {
    for (text, left) in [
        ("a()  # alembic-lint: allow[x] -- why\nb()\n", "a()\nb()\n"),
        ("if a:\n    # alembic-lint: allow[x] -- why\n    b()\n", "if a:\n    b()\n"),
        ("a()\r\n# alembic-lint: allow[x] -- why\r\nb()\r\n", "a()\r\nb()\r\n"),
        ("a()  # noqa  # alembic-lint: allow[x] -- why\n", "a()  # noqa\n"),
        ("a()  # alembic-lint: allow[x] -- why  # noqa\n", "a()  # noqa\n"),
        ("    # noqa  # alembic-lint: allow[x] -- why\n", "    # noqa\n"),
        ("a()\n# alembic-lint: allow[x] -- why", "a()\n"),
        ("\u{feff}# alembic-lint: allow[x] -- why\na()\n", "\u{feff}a()\n"),
    ] {
        let approvals = approvals(text);
        let removal = approvals.all().next().expect("a suppression").removal;
        let mut new = text.to_owned();
        new.replace_range(removal.start as usize..removal.end as usize, "");
        assert_eq!(new, left, "{text}");
    }
}

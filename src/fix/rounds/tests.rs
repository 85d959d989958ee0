//! Rounds with rules made for the purpose: they meet, fight and spoil.

use super::*;
use crate::project::{AppliedSource, ScriptDirectory};
use crate::revision::RevisionContext;
use crate::rule::{Category, Check, FixAvailability, Preset, Rule, Severity, Sink};
use crate::source::{Applied, Encoding, Span};

static FIRST: Rule = rule("first", |context, sink| want_line(context, sink, "import first; "));
static SECOND: Rule = rule("second", |context, sink| want_line(context, sink, "import second; "));
static PONG: Rule = rule("pong", |context, sink| replace(context, sink, "ping", "pong"));
static PING: Rule = rule("ping", |context, sink| replace(context, sink, "pong", "ping"));
static SPOIL: Rule = rule("spoil", |context, sink| replace(context, sink, "x", "("));
static IDLE: Rule = rule("idle", |context, sink| replace(context, sink, "op.f", "str"));
static GROW: Rule = rule("grow", |context, sink| replace(context, sink, "y", "yy"));

const fn rule(name: &'static str, check: fn(&RevisionContext<'_>, &mut Sink<'_>)) -> Rule {
    Rule {
        name,
        category: Category::Content,
        severity: Severity::Warning,
        preset: Preset::Recommended,
        fix: FixAvailability::Always,
        since: "0.1.0",
        docs: "",
        check: Check::Revision(check),
    }
}

fn want_line(context: &RevisionContext<'_>, sink: &mut Sink<'_>, line: &str) {
    if !context.text().contains(line.trim_end()) {
        report(sink, Span::at(0), line);
    }
}

fn replace(context: &RevisionContext<'_>, sink: &mut Sink<'_>, from: &str, to: &str) {
    if let Some(start) = context.text().find(from) {
        let start = u32::try_from(start).unwrap();
        report(sink, Span::new(start, start + u32::try_from(from.len()).unwrap()), to);
    }
}

fn report(sink: &mut Sink<'_>, span: Span, content: &str) {
    sink.report(span, "could be better").fix(Fix {
        applicability: Applicability::Safe,
        description: format!("write `{}`", content.trim_end()),
        edits: vec![Edit { span, content: content.to_owned() }],
        takes_operations: false,
    });
}

fn project(text: &str) -> Project {
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
    let directory = ScriptDirectory { applied: AppliedSource::Git, ..ScriptDirectory::default() };
    Project { directories: vec![directory], files: vec![file], ..Project::default() }
}

fn run(project: &mut Project, rules: &[&'static Rule]) -> FixReport {
    fix(project, &Settings::default(), &Selection::of(rules), Applicability::Safe)
}

#[test]
fn what_collides_is_done_in_the_next_round_and_then_nothing_is_left() {
    let mut project = project("a = 1\r\n");
    let report = run(&mut project, &[&FIRST, &SECOND]);
    assert_eq!(project.files[0].text(), "import second; import first; a = 1\r\n");
    assert_eq!(report.files[0].old.as_ref(), "a = 1\r\n");
    assert_eq!(report.files[0].new.as_ref(), project.files[0].text());
    assert_eq!(report.files[0].fixes.iter().map(|fix| fix.rule).collect::<Vec<_>>(), ["first", "second"]);
    assert_eq!(report.applied(), 2);
    assert!(report.outcome.diagnostics.is_empty() && report.refused.is_empty());
    assert!(run(&mut project, &[&FIRST, &SECOND]).files.is_empty(), "the second run changes nothing");
}

#[test]
fn rules_that_undo_each_other_are_named() {
    let mut project = project("a = ping\n");
    let report = run(&mut project, &[&PING, &PONG]);
    assert_eq!(project.files[0].text(), "a = pong\n");
    assert_eq!((report.refused[0].rules.as_slice(), report.refused[0].reason), (["ping"].as_slice(), FIGHT));
    assert_eq!(report.outcome.diagnostics.len(), 1);
}

#[test]
fn a_fix_without_end_is_stopped() {
    let mut project = project("y = 1\n");
    let report = run(&mut project, &[&GROW]);
    assert_eq!(
        (report.refused[0].rules.as_slice(), report.refused[0].reason),
        (["grow"].as_slice(), ENDLESS)
    );
    assert!(ENDLESS.contains(&format!(" {MAX_ROUNDS} ")));
    assert_eq!(project.files[0].text(), format!("{} = 1\n", "y".repeat(MAX_ROUNDS)));
}

#[test]
fn python_stays_python_and_other_fixes_are_made() {
    let mut project = project("x = 1\n");
    let report = run(&mut project, &[&SPOIL, &SECOND]);
    assert_eq!(project.files[0].text(), "import second; x = 1\n");
    assert_eq!(
        (report.refused[0].rules.as_slice(), report.refused[0].reason),
        (["spoil"].as_slice(), INVALID)
    );
}

#[test]
fn a_repair_that_takes_an_operation_away_is_taken_back() {
    static LOSE: Rule = rule("lose", |context, sink| replace(context, sink, "op.drop_table('t')", "pass"));
    let text = "from alembic import op\ndef upgrade():\n    op.drop_table('t')\n";
    let mut project = project(text);
    let report = run(&mut project, &[&LOSE, &SECOND]);
    assert_eq!(project.files[0].text(), format!("import second; {text}"));
    assert_eq!((report.refused[0].rules.as_slice(), report.refused[0].reason), (["lose"].as_slice(), LOSS));
    assert_eq!(report.files[0].fixes.iter().map(|fix| fix.rule).collect::<Vec<_>>(), ["second"]);
}

#[test]
fn what_a_rule_repaired_before_still_counts() {
    static GO_ON: Rule = rule("go-on", |context, sink| {
        let from =
            if context.text().contains("one") { ("one", "two") } else { ("op.drop_table('t')", "pass") };
        replace(context, sink, from.0, from.1);
    });
    let mut project = project("from alembic import op\none = 1\ndef upgrade():\n    op.drop_table('t')\n");
    let report = run(&mut project, &[&GO_ON]);
    assert_eq!(
        project.files[0].text(),
        "from alembic import op\ntwo = 1\ndef upgrade():\n    op.drop_table('t')\n"
    );
    assert_eq!((report.applied(), report.refused[0].reason), (1, LOSS));
}

#[test]
fn a_repair_may_take_what_it_says_and_name_what_has_no_name() {
    fn take(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
        let Some(start) = context.text().find("op.drop_table('t')") else { return };
        let start = u32::try_from(start).unwrap();
        let edit = Edit { span: Span::new(start, start + 18), content: "pass".to_owned() };
        sink.report(Span::at(0), "is idle").fix(Fix::safe("take it away", vec![edit]).taking_operations());
    }
    static TAKE: Rule = rule("take", take);
    static NAME: Rule = rule("name", |context, sink| replace(context, sink, "None", "'ck'"));
    let mut taken = project("from alembic import op\ndef upgrade():\n    op.drop_table('t')\n");
    assert_eq!(run(&mut taken, &[&TAKE]).applied(), 1);
    let mut named = project(
        "from alembic import op\ndef upgrade():\n    op.create_check_constraint(None, 't', 'a > 0')\n",
    );
    assert_eq!(run(&mut named, &[&NAME]).applied(), 1);
}

#[test]
fn only_what_may_be_written_is_repaired() {
    let touched = |change: fn(&mut SourceFile), all| {
        let mut project = project("a = 1\n");
        change(&mut project.files[0]);
        let settings = Settings { all, ..Settings::default() };
        !fix(&mut project, &settings, &Selection::of(&[&FIRST]), Applicability::Safe).files.is_empty()
    };
    assert!(touched(|_| (), false));
    for all in [false, true] {
        assert!(!touched(|file| file.applied = Applied::Unchanged, all));
        assert!(!touched(|file| file.applied = Applied::Changed { base: "".into(), staged: None }, all));
        assert!(!touched(|file| file.selected = false, all));
        assert!(!touched(|file| file.role = Role::Deleted, all));
        assert!(!touched(|file| file.role = Role::Module("a".into()), all));
        assert!(!touched(|file| file.text = Ok("a = (\n".into()), all));
    }
}

#[test]
fn unsafe_fixes_need_their_own_level() {
    fn risky(_: &RevisionContext<'_>, sink: &mut Sink<'_>) {
        sink.report(Span::at(0), "could be better").fix(Fix {
            applicability: Applicability::Unsafe,
            description: "delete".to_owned(),
            edits: vec![Edit { span: Span::new(0, 1), content: "b".to_owned() }],
            takes_operations: false,
        });
    }
    static RISKY: Rule = rule("risky", risky);
    let mut project = project("a = 1\n");
    assert!(run(&mut project, &[&RISKY]).files.is_empty());
    let selection = Selection::of(&[&RISKY]);
    let report = fix(&mut project, &Settings::default(), &selection, Applicability::Unsafe);
    assert_eq!(report.files[0].new.as_ref(), "b = 1\n");
}

#[test]
fn an_import_goes_with_its_last_use() {
    let mut used = project(
        "import os\nfrom alembic import op\nimport sqlalchemy as sa\n\n\ndef upgrade():\n    op.f\n    sa.y\n",
    );
    let report = run(&mut used, &[&IDLE]);
    let text = used.files[0].text();
    assert_eq!(
        text, "import os\nimport sqlalchemy as sa\n\n\ndef upgrade():\n    str\n    sa.y\n",
        "os had no use before"
    );
    assert_eq!((report.applied(), report.refused.len()), (1, 0));
    assert!(run(&mut used, &[&IDLE]).files.is_empty());
}

#[test]
fn fixes_that_spoil_the_text_only_together_are_made_one_after_the_other() {
    let rule = crate::rules::RULES.iter().find(|rule| rule.name == "no-op-operation").unwrap();
    let text = "from alembic import op\nrevision = 'a'\ndown_revision = None\n\n\ndef upgrade():\n    if x():\n        op.alter_column('t', 'a')\n\
                \x20       op.alter_column('t', 'b')\n    op.drop_table('u')\n";
    let mut two = project(text);
    let report = fix(&mut two, &Settings::default(), &Selection::of(&[rule]), Applicability::Unsafe);
    assert_eq!(report.refused, []);
    assert!(
        two.files[0].text().contains("    if x():\n        pass\n    op.drop_table"),
        "{}",
        two.files[0].text()
    );
}

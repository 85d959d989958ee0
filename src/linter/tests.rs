//! Which findings are shown, in which order, whatever the rules are.

use super::*;
use crate::diagnostic::{Edit, Fix};
use crate::project::AppliedSource;
use crate::rule::{Category, FixAvailability, Preset, Rule, Sink};
use crate::source::{Applied, Encoding, LineIndex, SourceFile};

static PARSE: Rule = rule("parse-error", Check::Revision(find_errors));
static TODO: Rule = rule("todo", Check::Revision(find_todo));
static AGAIN: Rule = rule("again", Check::Revision(find_todo_twice));
static HISTORY: Rule = rule("history", Check::History(find_everywhere));

const fn rule(name: &'static str, check: Check) -> Rule {
    Rule {
        name,
        category: Category::Content,
        severity: Severity::Warning,
        preset: Preset::Recommended,
        fix: FixAvailability::Sometimes,
        since: "0.1.0",
        docs: "",
        check,
    }
}

fn find_errors(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    for error in &context.revision.syntax_errors {
        sink.report(error.span, &*error.message);
    }
    if let Err(reason) = &context.file.text {
        sink.report(Span::default(), &**reason);
    }
}

fn find_todo(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    for (start, _) in context.text().match_indices("todo") {
        let start = u32::try_from(start).unwrap();
        let span = Span::new(start, start + 4);
        sink.report(span, "is to do").fix(Fix {
            applicability: Applicability::Safe,
            description: "do it".to_owned(),
            edits: vec![Edit { span, content: "done".to_owned() }],
            takes_operations: false,
        });
    }
}

fn find_todo_twice(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    find_todo(context, sink);
    find_todo(context, sink);
}

fn find_everywhere(history: &History<'_>, sink: &mut Sink<'_>) {
    for (id, _) in history.project.files() {
        sink.report_in(id, Span::default(), "is there");
    }
}

fn file(path: &str, text: &str) -> SourceFile {
    SourceFile {
        path: path.into(),
        location: path.into(),
        directory: 0,
        role: Role::Revision,
        text: Ok(text.into()),
        encoding: Encoding::Utf8,
        selected: true,
        applied: Applied::No,
    }
}

fn outcome(files: Vec<SourceFile>, rules: &[&'static Rule], settings: &Settings) -> (String, Summary) {
    let directory = ScriptDirectory { applied: AppliedSource::Git, ..ScriptDirectory::default() };
    let project = Project { files, directories: vec![directory], ..Project::default() };
    let outcome = lint(&project, settings, &Selection::of(rules));
    let lines = outcome.diagnostics.iter().map(|d| {
        let file = project.file(d.file).expect("a file of the project");
        let (line, column) = LineIndex::new(file.text()).line_column(file.text(), d.span.start);
        format!("{}:{line}:{column} {}: {}\n", file.path, d.rule.name, d.message)
    });
    (lines.collect(), outcome.summary)
}

fn found(files: Vec<SourceFile>, rules: &[&'static Rule]) -> String {
    outcome(files, rules, &Settings::default()).0
}

#[test]
fn findings_come_by_path_place_and_rule_and_once() {
    let files = || vec![file("b.py", "todo\ntodo\n"), file("a.py", "x\ntodo\n")];
    let expected = "\
a.py:1:1 history: is there
a.py:2:1 again: is to do
a.py:2:1 todo: is to do
b.py:1:1 again: is to do
b.py:1:1 history: is there
b.py:1:1 todo: is to do
b.py:2:1 again: is to do
b.py:2:1 todo: is to do
";
    for threads in [1, 4] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        assert_eq!(
            pool.install(|| found(files(), &[&TODO, &HISTORY, &AGAIN])),
            expected,
            "{threads} threads"
        );
    }
}

#[test]
fn what_is_not_python_gets_one_rule_and_the_history() {
    let mut unreadable = file("c.py", "");
    unreadable.text = Err("is not UTF-8".into());
    let files = vec![file("a.py", "todo = (\n"), file("b.py", "todo\n"), unreadable];
    let text = found(files, &[&PARSE, &TODO, &HISTORY]);
    assert!(!text.contains("a.py:1:1 todo"), "{text}");
    assert!(text.contains("a.py:2:1 parse-error") || text.contains("a.py:1:8 parse-error"), "{text}");
    assert!(text.contains("b.py:1:1 todo"), "{text}");
    assert!(text.contains("c.py:1:1 parse-error: is not UTF-8"), "{text}");
    assert_eq!(text.matches("history").count(), 3, "{text}");
}

#[test]
fn only_what_was_asked_for_and_what_nobody_could_ask_for() {
    let (mut context, mut gone) = (file("a.py", "todo\n"), file("b.py", "todo\n"));
    context.selected = false;
    gone.selected = false;
    gone.role = Role::Deleted;
    let text = found(vec![context, gone, file("c.py", "")], &[&TODO, &HISTORY]);
    assert_eq!(text, "b.py:1:1 history: is there\nc.py:1:1 history: is there\n");
}

#[test]
fn applied_revisions_are_counted_and_judged_only_in_an_audit() {
    let files = || {
        let (mut same, mut edited) = (file("a.py", "todo\n"), file("b.py", "todo\n"));
        same.applied = Applied::Unchanged;
        edited.applied = Applied::Changed { base: "".into(), staged: None };
        vec![same, edited, file("c.py", "todo\n")]
    };
    let (text, summary) = outcome(files(), &[&TODO], &Settings::default());
    assert_eq!(text, "c.py:1:1 todo: is to do\n");
    assert_eq!((summary.files, summary.applied, summary.warnings, summary.fixable), (3, 2, 1, 1));

    let audit = Settings { all: true, ..Settings::default() };
    let (text, summary) = outcome(files(), &[&TODO], &audit);
    assert_eq!(text, "a.py:1:1 todo: is to do\nb.py:1:1 todo: is to do\nc.py:1:1 todo: is to do\n");
    assert_eq!((summary.files, summary.applied, summary.warnings), (3, 0, 3));
    assert_eq!(summary.fixable, 1, "nothing repairs an applied revision");
}

#[test]
fn silenced_findings_are_counted_once() {
    let text = "todo  # alembic-lint: allow[again] -- later\ntodo\n";
    let (text, summary) = outcome(vec![file("a.py", text)], &[&AGAIN], &Settings::default());
    assert_eq!(text, "a.py:2:1 again: is to do\n");
    assert_eq!(summary.suppressed, 1);
}

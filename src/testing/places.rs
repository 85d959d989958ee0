//! Where findings are: each test of a rule keeps the marked source of what it finds in `testdata/places/<rule>.txt`.
//!
//! `UPDATE_PLACES=1 cargo test --lib` rewrites those files; read the difference. A section is named for its test, with a
//! number where the test makes several runs:
//!
//! ```text
//! == each_table_is_a_finding
//! versions/0123456789ab_add_user_age.py:16:5
//!   op.execute('TRUNCATE TABLE a, app.b')
//!   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
//! ```

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::thread;

use crate::diagnostic::Diagnostic;
use crate::project::Project;
use crate::rule::Rule;
use crate::source::{SourceFile, Span};

/// A longer place is shown by its first and last line.
const LONGEST_SHOWN: usize = 6;

/// What comes before the name of a section.
const SECTION: &str = "== ";

thread_local! {
    /// How many runs the test of this thread has made.
    static RUNS: Cell<usize> = const { Cell::new(0) };
}

/// Asserts that the findings of the running test are where they were when its section was written.
#[track_caller]
pub(super) fn assert_places(rule: &Rule, project: &Project, diagnostics: &[Diagnostic]) {
    let Some(section) = section() else { return };
    let found: String = diagnostics.iter().map(|diagnostic| marked(project, diagnostic)).collect();
    let path = path_of(rule);
    if std::env::var_os("UPDATE_PLACES").is_some() {
        update(&path, section, found);
        return;
    }
    let known = sections(&fs::read_to_string(&path).unwrap_or_default());
    let expected = known.get(&section).map_or("", String::as_str);
    assert!(
        found == expected,
        "`{section}` of {} expects its findings here:\n{expected}\nbut they are here:\n{found}\n\
         where that is right, run `UPDATE_PLACES=1 cargo test --lib` and read the difference",
        path.display(),
    );
}

fn path_of(rule: &Rule) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/places").join(format!("{}.txt", rule.name))
}

/// The name of the running test, with a number from its second run on; `None` outside the tests of a rule's file.
fn section() -> Option<String> {
    let current = thread::current();
    let test = current.name()?.strip_prefix("rules::")?.rsplit("::").next()?.to_owned();
    let run = RUNS.replace(RUNS.get() + 1) + 1;
    Some(if run == 1 { test } else { format!("{test} {run}") })
}

/// The place of a finding, and its source with carets below.
fn marked(project: &Project, diagnostic: &Diagnostic) -> String {
    let file = project.file(diagnostic.file);
    let path = file.map_or("", |file| &*file.path);
    let text = file.map_or("", SourceFile::text);
    let Span { start, end } = diagnostic.span;
    if start == end {
        let (line, column) = position(text, start as usize);
        return if end == 0 { format!("{path}\n") } else { format!("{path}:{line}:{column}\n") };
    }
    let (line, column) = position(text, start as usize);
    let mut shown = format!("{path}:{line}:{column}\n");
    let mut offset = 0;
    let mut lines = Vec::new();
    for source in text.split_inclusive('\n') {
        let range = offset..offset + source.len();
        offset = range.end;
        let from = (start as usize).max(range.start);
        let to = (end as usize).min(range.start + source.trim_end().len());
        if from < to {
            let before = text.get(range.start..from).unwrap_or_default().chars().count();
            let within = text.get(from..to).unwrap_or_default().chars().count();
            lines.push((source.trim_end(), before, within));
        }
    }
    // What all lines are indented by says nothing.
    let indent = |line: &str| line.len() - line.trim_start().len();
    let common = lines.iter().map(|(line, ..)| indent(line)).min().unwrap_or_default();
    for (at, (line, before, within)) in lines.iter().enumerate() {
        if lines.len() > LONGEST_SHOWN && at > 0 && at + 1 < lines.len() {
            if at == 1 {
                writeln!(shown, "  ({} lines)", lines.len() - 2).unwrap();
            }
            continue;
        }
        let spaces = " ".repeat(before.saturating_sub(common));
        writeln!(shown, "  {}\n  {spaces}{}", line.get(common..).unwrap_or_default(), "^".repeat(*within))
            .unwrap();
    }
    shown
}

/// Line and column, from 1, in characters.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

fn sections(text: &str) -> BTreeMap<String, String> {
    let mut sections = BTreeMap::new();
    for part in format!("\n{text}").split(&format!("\n{SECTION}")).skip(1) {
        let (name, body) = part.split_once('\n').unwrap_or((part, ""));
        sections.insert(name.to_owned(), format!("{}\n", body.trim_end_matches('\n')));
    }
    sections
}

/// Writes one section; tests of one rule run at the same time, in threads or in processes.
fn update(path: &Path, section: String, found: String) {
    fs::create_dir_all(path.parent().expect("a directory")).expect("a directory to write to");
    let guard = File::create(std::env::temp_dir().join("alembic-lint-places.lock")).expect("a lock file");
    guard.lock().expect("the lock");
    let mut known = sections(&fs::read_to_string(path).unwrap_or_default());
    if found.is_empty() {
        known.remove(&section);
    } else {
        known.insert(section, found);
    }
    let text: Vec<_> = known.iter().map(|(name, body)| format!("{SECTION}{name}\n{body}")).collect();
    fs::write(path, text.join("\n")).expect("the places are written");
}

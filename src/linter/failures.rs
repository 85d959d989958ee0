//! Panics of one rule or file -> findings of `internal-error`. Judges nothing.

use crate::diagnostic::Diagnostic;
use crate::history::History;
use crate::history::schema::Replay;
use crate::isolation::{Failure, REPORT, Unit, isolated};
use crate::rule::{Rule, Severity, Sink};
use crate::rules::RULES;
use crate::source::{FileId, Span};

/// The rule whose findings these are.
pub(super) const RULE: &str = "internal-error";

/// Runs one rule; where it panics, its findings in `file` are incomplete and give way to one of [`RULE`].
pub(super) fn run(
    unit: Unit<'_>,
    rule: &'static Rule,
    severity: Severity,
    file: FileId,
    out: &mut Vec<Diagnostic>,
    check: impl FnOnce(&mut Sink<'_>),
) {
    collect(unit, file, out, |out| check(&mut Sink::new(rule, severity, file, out)));
}

/// [`run`] for several rules at once.
pub(super) fn collect(
    unit: Unit<'_>,
    file: FileId,
    out: &mut Vec<Diagnostic>,
    check: impl FnOnce(&mut Vec<Diagnostic>),
) {
    let before = out.len();
    if let Err(failure) = isolated(unit, || check(out)) {
        out.truncate(before);
        report(&failure, file, out);
    }
}

/// The files that could not be read.
pub(super) fn of_reading(history: &History<'_>) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    for (id, _) in history.project.files() {
        let mut failures = [history.revision(id), history.base_revision(id)].into_iter().flatten();
        if let Some(failure) = failures.find_map(|revision| revision.failure.as_deref()) {
            report(failure, id, &mut out);
        }
    }
    out
}

/// The revisions whose replay failed.
pub(super) fn of_replays(replays: &[Replay<'_>]) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    for (file, failure) in replays.iter().flat_map(Replay::failures) {
        report(failure, *file, &mut out);
    }
    out
}

fn report(failure: &Failure, file: FileId, out: &mut Vec<Diagnostic>) {
    let Some(rule) = RULES.iter().find(|rule| rule.name == RULE) else { return };
    Sink::new(rule, rule.severity, file, out)
        .report(Span::default(), format!("{failure}, so this file was not fully checked"))
        .help(format!(
            "this is a bug of alembic-lint: {REPORT}, with this file or the part of it that fails"
        ));
}

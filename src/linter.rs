//! The entry: files and settings in, findings out. No disk, clock, environment or terminal.

mod assumed;
mod failures;
mod locks;
mod merge;
mod read;
mod statements;
mod steps;

use std::cmp::Ordering;

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use crate::config::Settings;
use crate::diagnostic::{Applicability, Diagnostic, Suppressed};
use crate::history::applied::AppliedRevisions;
use crate::history::graph::Graph;
use crate::history::schema::{Replay, Step};
use crate::history::{History, histories};
use crate::isolation::Unit;
use crate::operation::Dialect;
use crate::project::{Project, ScriptDirectory};
use crate::revision::{Revision, RevisionContext, Siblings};
use crate::rule::{Category, Check, RevisionCheck, Rule, Severity, StepCheck};
use crate::selection::Selection;
use crate::source::{FileId, Role, SourceFile, Span};
use crate::suppression::{Approvals, Suppressions};

pub use locks::{Locks, LocksOf, locks};
pub use steps::with_step;

/// The rule that speaks about files that are not Python; the others need Python to say something true.
const PARSE_ERROR: &str = "parse-error";

/// What the rules about single SQL statements are called together; they share one pass over the statements.
const SQL_RULES: &str = "squawk/*";

/// What a run found.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// The findings, by path, place, rule and message.
    pub diagnostics: Vec<Diagnostic>,
    /// The findings that comments suppressed, in the same order.
    pub suppressed: Vec<Suppressed>,
    /// The suppression comments of all files.
    pub approvals: Approvals,
    /// The numbers.
    pub summary: Summary,
    /// What was read from each file of [`Project::files`], in the same order; `None` for files that are no
    /// revision.
    pub revisions: Vec<Option<Revision>>,
    /// Which revisions are applied.
    pub applied: AppliedRevisions,
}

/// The numbers of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Revision files that were asked for, the applied ones included.
    pub files: usize,
    /// Findings of severity error.
    pub errors: usize,
    /// Findings of severity warning.
    pub warnings: usize,
    /// Findings of severity info.
    pub infos: usize,
    /// Findings that `--fix` repairs.
    pub fixable: usize,
    /// Findings that a comment silenced.
    pub suppressed: usize,
    /// Of `files`, those that were not judged because they are applied; none with [`Settings::all`].
    pub applied: usize,
}

/// Judges a project.
pub fn lint(project: &Project, settings: &Settings, selection: &Selection) -> Outcome {
    let mut outcome = judge(project, settings, selection);
    assumed::withdraw_fixes(&mut outcome, project, settings, selection);
    outcome
}

fn judge(project: &Project, settings: &Settings, selection: &Selection) -> Outcome {
    let (revisions, base_revisions) = read::revisions(project, settings);
    let (siblings, (graphs, upcoming)) = rayon::join(
        || Siblings::of_project(project, &revisions),
        || (Graph::of_project(project, &revisions), read::upcoming(project, settings)),
    );
    let server = |directory| read::server(settings, read::dialect(settings, Some(directory), ""));
    let servers: Vec<_> = project.directories.iter().map(server).collect();
    let applied = AppliedRevisions::of(project, &revisions, &base_revisions, &graphs);
    let history = History {
        project,
        settings,
        revisions: &revisions,
        base_revisions: &base_revisions,
        siblings: &siblings,
        graphs: &graphs,
        upcoming: &upcoming,
        applied: &applied,
        servers: &servers,
    };
    let nowhere = (ScriptDirectory::default(), Siblings::default());
    let run = Run { history, selection, nowhere: (&nowhere.0, &nowhere.1) };

    let is_judged = |id, revision: &Revision| history.is_judged(id) && revision.syntax_errors.is_empty();
    let ((mut found, of_history), mut approvals) = rayon::join(
        || rayon::join(|| run.judge_revisions(), || run.judge_history()),
        || Approvals::read(project, &revisions, is_judged),
    );
    found.extend(of_history);
    found.retain(|diagnostic| run.is_asked_for(diagnostic));
    leave_failures_to_one_rule(&mut found);
    let mut suppressed = silence(&mut found, &mut approvals);
    merge::merge(&mut found, &suppressed, settings.is_strict());

    let mut about_comments = run.judge_suppressions(&approvals);
    suppressed.append(&mut silence(&mut about_comments, &mut approvals));
    found.append(&mut about_comments);

    put_in_order(project, &mut found);
    put_suppressed_in_order(project, &mut suppressed);
    let shown = found.iter_mut().chain(suppressed.iter_mut().map(|suppressed| &mut suppressed.diagnostic));
    for diagnostic in shown {
        run.complete(diagnostic);
    }
    let summary = summary(&history, &found, suppressed.len());
    Outcome { diagnostics: found, suppressed, approvals, summary, revisions, applied }
}

/// The dialect that a history is judged for.
pub fn dialect(settings: &Settings, project: &Project, graph: &Graph<'_>) -> Dialect {
    read::dialect_of(settings, project, graph)
}

impl History<'_> {
    /// Whether `--fix` may write a file: no applied revision, none of the base commit, no module of the project,
    /// nothing that Python cannot read.
    fn is_repairable(&self, id: FileId) -> bool {
        let Some(file) = self.project.file(id) else { return false };
        let is_open = match file.role {
            Role::Revision => !self.is_applied(id),
            Role::Template | Role::Environment => true,
            Role::Module(_) | Role::Deleted | Role::Lock => false,
        };
        let is_python = |revision: &Revision| revision.syntax_errors.is_empty();
        is_open && file.selected && file.text.is_ok() && self.revision(id).is_none_or(is_python)
    }

    /// Whether rules about one revision speak of a file.
    pub fn is_judged(&self, id: FileId) -> bool {
        let Some(file) = self.project.file(id) else { return false };
        file.role == Role::Revision && file.selected && (self.settings.all || !self.is_applied(id))
    }
}

/// The rule about calls that raise before they do anything.
const INVALID_CALL: &str = "invalid-directive-call";

/// Rules about statements that surely fail.
const FAILURES: [&str; 4] =
    ["unknown-object", "duplicate-definition", "type-change-without-using", "type-change-breaks-default"];

/// What a call that raises would do is not judged, and the locks of a statement that fails are not made lighter.
fn leave_failures_to_one_rule(found: &mut Vec<Diagnostic>) {
    let at = |diagnostic: &Diagnostic| (diagnostic.file, diagnostic.span);
    let of = |rules: &[&str]| -> FxHashSet<(FileId, Span)> {
        found.iter().filter(|diagnostic| rules.contains(&diagnostic.rule.name)).map(at).collect()
    };
    let (invalid, failing) = (of(&[INVALID_CALL]), of(&FAILURES));
    found.retain(|diagnostic| diagnostic.rule.name == INVALID_CALL || !invalid.contains(&at(diagnostic)));
    let is_about_locks = |diagnostic: &&mut Diagnostic| {
        diagnostic.rule.category == Category::Locking && failing.contains(&at(diagnostic))
    };
    for diagnostic in found.iter_mut().filter(is_about_locks) {
        diagnostic.fix = None;
    }
}

/// Takes the findings that comments silence out of `found`.
///
/// Twins are still among them: a helper that is called twice is silenced at each call of its own.
fn silence(found: &mut Vec<Diagnostic>, approvals: &mut Approvals) -> Vec<Suppressed> {
    let mut suppressed = Vec::new();
    let all = std::mem::take(found);
    for diagnostic in all {
        match approvals.silence(&diagnostic) {
            Some((comment, reason)) => suppressed.push(Suppressed { diagnostic, comment, reason }),
            None => found.push(diagnostic),
        }
    }
    suppressed
}

/// [`put_in_order`] for suppressed findings.
fn put_suppressed_in_order(project: &Project, suppressed: &mut Vec<Suppressed>) {
    let path = |id: FileId| project.file(id).map(|file| &*file.path);
    suppressed.sort_by(|a, b| {
        let (a, b) = (&a.diagnostic, &b.diagnostic);
        let by_place = || a.span.start.cmp(&b.span.start).then_with(|| a.rule.name.cmp(b.rule.name));
        path(a.file).cmp(&path(b.file)).then_with(by_place).then_with(|| a.message.cmp(&b.message))
    });
    suppressed.dedup_by(|b, a| {
        let of = |s: &Suppressed| (s.diagnostic.file, s.diagnostic.span, s.diagnostic.rule.name);
        of(a) == of(b) && a.diagnostic.message == b.diagnostic.message
    });
}

/// Sorts findings and drops twins: an unrolled loop does the same thing at the same place in each turn.
fn put_in_order(project: &Project, found: &mut Vec<Diagnostic>) {
    fn place(d: &Diagnostic) -> (FileId, Span, &str, &str) {
        (d.file, d.span, d.rule.name, &d.message)
    }
    let path = |id: FileId| project.file(id).map(|file| &*file.path);
    // Most neighbours are of one file, whose path need not be looked up.
    let by_path = |a: FileId, b: FileId| if a == b { Ordering::Equal } else { path(a).cmp(&path(b)) };
    found.par_sort_by(|a, b| {
        let by_place = || a.span.start.cmp(&b.span.start).then_with(|| a.rule.name.cmp(b.rule.name));
        let by_rest = || a.message.cmp(&b.message).then_with(|| place(a).cmp(&place(b)));
        by_path(a.file, b.file).then_with(by_place).then_with(by_rest)
    });
    found.dedup_by(|b, a| place(a) == place(b));
}

fn summary(history: &History<'_>, found: &[Diagnostic], suppressed: usize) -> Summary {
    let files = history.project.files();
    let asked: Vec<_> = files.filter(|(_, file)| file.role == Role::Revision && file.selected).collect();
    let of = |severity| found.iter().filter(|diagnostic| diagnostic.severity == severity).count();
    Summary {
        files: asked.len(),
        errors: of(Severity::Error),
        warnings: of(Severity::Warning),
        infos: of(Severity::Info),
        fixable: fixable(found),
        suppressed,
        applied: asked.iter().filter(|(id, _)| !history.is_judged(*id)).count(),
    }
}

/// How many findings `--fix` repairs.
fn fixable(found: &[Diagnostic]) -> usize {
    let is_safe = |diagnostic: &&Diagnostic| {
        diagnostic.fix.as_ref().is_some_and(|fix| fix.applicability == Applicability::Safe)
    };
    found.iter().filter(is_safe).count()
}

/// A rule that is on, how severe its findings are, and how it judges.
type Judge<Check> = (&'static Rule, Severity, Check);

/// What all rules of a run share.
struct Run<'a> {
    history: History<'a>,
    selection: &'a Selection,
    /// For files of no script directory.
    nowhere: (&'a ScriptDirectory, &'a Siblings<'a>),
}

impl<'a> Run<'a> {
    /// The rules of one revision, file by file.
    fn judge_revisions(&self) -> Vec<Diagnostic> {
        let mut rules = Vec::new();
        let mut step_rules = Vec::new();
        let mut statement_rules = Vec::new();
        for (rule, severity) in self.selection.rules() {
            match rule.check {
                Check::Revision(check) => rules.push((rule, severity, check)),
                Check::Step(check) => step_rules.push((rule, severity, check)),
                Check::Statement(code) => statement_rules.push((rule, severity, code)),
                Check::History(_) | Check::Suppressions(_) | Check::Internal => {}
            }
        }
        let files: Vec<_> =
            self.history.project.files().filter(|(id, _)| self.history.is_judged(*id)).collect();
        // The replay goes through a history in order, in one thread; meanwhile the others judge what needs none.
        let (replays, mut found) = rayon::join(
            // Only rules that look at the schema need it.
            || if step_rules.is_empty() { Vec::new() } else { self.replays() },
            || self.judge_alone(&files, &rules, &statement_rules),
        );
        found.append(&mut self.judge_steps(&files, &step_rules, &replays));
        found.extend(failures::of_reading(&self.history));
        found.extend(failures::of_replays(&replays));
        found
    }

    /// The rules that look at a revision without its history.
    fn judge_alone(
        &self,
        files: &[(FileId, &'a SourceFile)],
        rules: &[Judge<RevisionCheck>],
        statement_rules: &[Judge<&'static str>],
    ) -> Vec<Diagnostic> {
        let judge = |context: RevisionContext<'a>| {
            let mut out = Vec::new();
            for (rule, severity, check) in rules {
                if context.is_python() || rule.name == PARSE_ERROR {
                    let unit = Unit::Rule(rule.name, &context.file.path);
                    failures::run(unit, rule, *severity, context.id, &mut out, |sink| check(&context, sink));
                }
            }
            failures::collect(Unit::Rule(SQL_RULES, &context.file.path), context.id, &mut out, |out| {
                statements::judge_statements(&context, statement_rules, out);
            });
            out
        };
        files.par_iter().filter_map(|(id, file)| self.context(*id, file)).flat_map_iter(judge).collect()
    }

    /// The rules that look at the schema as it is at a revision.
    fn judge_steps(
        &self,
        files: &[(FileId, &'a SourceFile)],
        rules: &[Judge<StepCheck>],
        replays: &[Replay<'a>],
    ) -> Vec<Diagnostic> {
        let judge = |context: RevisionContext<'a>| {
            let mut out = Vec::new();
            let mut replays = replays.iter().filter(|_| context.is_python());
            if let Some(step) = replays.find_map(|replay| Step::new(context, replay)) {
                for (rule, severity, check) in rules {
                    let unit = Unit::Rule(rule.name, &context.file.path);
                    failures::run(unit, rule, *severity, context.id, &mut out, |sink| check(&step, sink));
                }
            }
            out
        };
        files.par_iter().filter_map(|(id, file)| self.context(*id, file)).flat_map_iter(judge).collect()
    }

    /// What a rule of one revision may look at; without the script directory where the project has none.
    fn context(&self, id: FileId, file: &'a SourceFile) -> Option<RevisionContext<'a>> {
        let History { project, settings, siblings, .. } = self.history;
        let directory = project.directories.get(file.directory).unwrap_or(self.nowhere.0);
        let siblings = siblings.get(file.directory).unwrap_or(self.nowhere.1);
        let revision = self.history.revisions.get(id.0 as usize)?.as_ref()?;
        let dialect = read::dialect(settings, Some(directory), &file.path);
        let server = read::server(settings, dialect);
        Some(RevisionContext { id, file, revision, directory, siblings, settings, dialect, server })
    }

    /// The schema at every revision that is judged, for each history.
    fn replays(&self) -> Vec<Replay<'a>> {
        let History { project, settings, revisions, graphs, .. } = self.history;
        let is_kept = |id: FileId| self.history.is_judged(id);
        let replay = |graph: &Graph<'a>| {
            let directory = project.directories.get(graph.directory()).unwrap_or(self.nowhere.0);
            let dialect = read::dialect_of(settings, project, graph);
            Replay::of_all(graph, revisions, dialect, &directory.naming_convention, is_kept)
        };
        histories(project, revisions, graphs).par_iter().map(|graph| replay(graph)).collect()
    }

    /// The rules of all revisions together.
    fn judge_history(&self) -> Vec<Diagnostic> {
        let rules: Vec<_> = self.selection.rules().collect();
        let judge = |(rule, severity): (&'static Rule, Severity)| {
            let mut out = Vec::new();
            if let Check::History(check) = rule.check {
                let unit = Unit::HistoryRule(rule.name);
                failures::run(unit, rule, severity, FileId(0), &mut out, |sink| check(&self.history, sink));
            }
            out
        };
        rules.into_par_iter().flat_map_iter(judge).collect()
    }

    /// The rules of suppression comments, when all others have spoken.
    fn judge_suppressions(&self, approvals: &Approvals) -> Vec<Diagnostic> {
        let ran: Vec<_> = self.selection.rules().map(|(rule, _)| rule).collect();
        let suppressions = Suppressions {
            project: self.history.project,
            approvals,
            rules: self.selection.known(),
            ran: &ran,
        };
        let mut out = Vec::new();
        for (rule, severity) in self.selection.rules() {
            if let Check::Suppressions(check) = rule.check {
                let unit = Unit::HistoryRule(rule.name);
                failures::run(unit, rule, severity, FileId(0), &mut out, |sink| check(&suppressions, sink));
            }
        }
        out
    }

    /// Whether a finding is shown: its file was asked for, or nobody could ask for it.
    fn is_asked_for(&self, diagnostic: &Diagnostic) -> bool {
        let Some(file) = self.history.project.file(diagnostic.file) else { return false };
        file.selected
            || diagnostic.rule.name == failures::RULE
            || match file.role {
                Role::Deleted | Role::Lock => true,
                // What a database has and no file has is said here.
                Role::Environment => diagnostic.rule.category == Category::Applied,
                Role::Revision | Role::Template | Role::Module(_) => false,
            }
    }

    /// Adds what rules do not say themselves.
    fn complete(&self, diagnostic: &mut Diagnostic) {
        let id = diagnostic.file;
        let revision = self.history.revision(id);
        let named = revision.or_else(|| self.history.base_revision(id));
        if diagnostic.revision.is_none() {
            diagnostic.revision = named.and_then(Revision::id).map(Box::from);
        }
        if !self.history.is_repairable(id) {
            diagnostic.fix = None;
        }
    }
}

#[cfg(test)]
mod tests;

//! `alembic-lint rebase`: puts new revisions behind the head that was merged meanwhile.

use std::fmt::Write;
use std::process::ExitCode;

use anyhow::bail;

use super::applied::{demand_known, tell};
use super::arguments::RebaseArguments;
use super::load::{Loaded, read};
use super::terminal::Terminal;
use super::unfinished::load_settled;
use super::{COULD_NOT_RUN, PASSED};
use crate::fix::{self, FileChange, Parent, Repointed};
use crate::history::applied::environment::CiEnvironment;
use crate::history::applied::lock::Lock;
use crate::history::applied::underway::{Underway, underway};
use crate::history::graph::{Graph, NodeId, ResolveError};
use crate::history::histories;
use crate::history::rebase::{Request, Shared, Sides, plan, shared};
use crate::linter::{Outcome, lint};
use crate::project::Project;
use crate::revision::Revision;
use crate::selection::Selection;
use crate::source::{FileId, LineIndex, Role, SourceFile};

pub(super) fn run(arguments: &RebaseArguments) -> anyhow::Result<ExitCode> {
    let terminal = Terminal::new(&arguments.rewriting.output);
    let project = arguments.project();
    let (mut loaded, outcome) = terminal.while_showing("Reading revisions", || -> anyhow::Result<_> {
        let mut silent_git = Vec::new();
        let mut loaded = load_settled(arguments.rewriting.is_written(), || {
            let (loaded, silent) = read(&project, |_| {})?;
            silent_git = silent;
            Ok(loaded)
        })?;
        join_locks(&mut loaded.project);
        tell(&mut loaded.project, &loaded.settings, &project.applied, &silent_git)?;
        let outcome = lint(&loaded.project, &loaded.settings, &Selection::of(&[]));
        Ok((loaded, outcome))
    })?;
    demand_known(&outcome.applied)?;
    loaded.introduce(&outcome.applied, &terminal);
    if !loaded.has_revisions(&project.paths, &terminal) {
        return Ok(ExitCode::from(COULD_NOT_RUN));
    }
    refuse_conflicts(&loaded.project)?;
    let environment = CiEnvironment::read(|name| std::env::var(name).ok());
    let underway = underway(&loaded.project, &loaded.settings.applied_ref, &environment);
    let Found { moves, idle, refused } = find(&loaded, &outcome, &underway, arguments)?;
    for reason in &idle {
        terminal.tell(format_args!("Nothing to do: {reason}."));
    }
    let mut code = PASSED;
    for reason in &refused {
        code = COULD_NOT_RUN;
        terminal.error(reason);
    }
    if !refused.is_empty() {
        underway.notes.iter().for_each(|note| terminal.warn(note));
    }
    let done = repoint(&mut loaded, outcome, &moves)?;
    let is_written = arguments.rewriting.is_written();
    if is_written {
        let changes: Vec<FileChange<'_>> = done
            .iter()
            .filter_map(|(_, Repointed { file, old, new })| {
                Some(FileChange::Rewrite { file: loaded.project.file(*file)?, old, new })
            })
            .collect();
        fix::write_together(&changes)?;
    }
    let text = done.iter().map(|(one, repointed)| {
        if arguments.rewriting.diff {
            fix::unified_diff(
                loaded.project.file(repointed.file).map_or("", |file| &file.path),
                &repointed.old,
                &repointed.new,
            )
        } else {
            described(one, &loaded.project, &underway)
        }
    });
    terminal.report(&text.collect::<String>())?;
    if !is_written && !done.is_empty() {
        terminal.tell("Nothing was written.");
    }
    Ok(loaded.exit(code))
}

/// A lock that a merge left in conflict says what both sides say; writing it comes afterwards.
fn join_locks(project: &mut Project) {
    for file in project.files.iter_mut().filter(|file| file.role == Role::Lock) {
        if Lock::is_in_conflict(file.text()) {
            file.text = Ok(Lock::of_both_sides(file.text()).into());
        }
    }
}

/// A conflict that git left in a revision hides what the history is.
fn refuse_conflicts(project: &Project) -> anyhow::Result<()> {
    for file in project.files.iter().filter(|file| file.role == Role::Revision && file.selected) {
        let text = file.text();
        let is_marked = |mark: &str| text.lines().any(|line| line.starts_with(mark));
        if !is_marked("<<<<<<< ") || !is_marked(">>>>>>> ") {
            continue;
        }
        let at = text.find("<<<<<<< ").and_then(|at| u32::try_from(at).ok()).unwrap_or(0);
        bail!(
            "{}:{}: git left a conflict in this revision; keep one side and take out the lines `<<<<<<<`, `=======` and \
             `>>>>>>>`: of an applied revision the side that was merged first, of a new one either `down_revision` will \
             do, since this command sets it. Then run it again",
            file.path,
            LineIndex::new(text).line(at)
        );
    }
    Ok(())
}

/// A down revision that is to change, and what people want to know of it.
struct Move {
    parent: Parent,
    revision: String,
    message: Option<String>,
    shared: Shared,
    has_lock: bool,
}

/// What is to be done in the script directories that were asked for.
#[derive(Default)]
struct Found {
    moves: Vec<Move>,
    /// Why nothing is to be done, for each history where this is so.
    idle: Vec<String>,
    refused: Vec<String>,
}

fn find(
    loaded: &Loaded,
    outcome: &Outcome,
    underway: &Underway,
    arguments: &RebaseArguments,
) -> anyhow::Result<Found> {
    let project = &loaded.project;
    let graphs = Graph::of_project(project, &outcome.revisions);
    let histories = histories(project, &outcome.revisions, &graphs);
    let (reference, _) = arguments.reference_and_paths();
    let mut found = Found::default();
    let mut unknown: Option<ResolveError> = None;
    let mut is_known = false;
    for graph in histories.iter().filter(|graph| is_asked_for(project, graph)) {
        let request = match (resolve(graph, reference), resolve(graph, arguments.onto.as_deref())) {
            (Ok(revision), Ok(onto)) => Request { revision, onto },
            (Err(error), _) | (_, Err(error)) => {
                unknown = Some(error);
                continue;
            }
        };
        is_known = true;
        find_in(graph, request, loaded, outcome, underway, &mut found);
    }
    match unknown.filter(|_| !is_known) {
        Some(error) => Err(error.into()),
        None => Ok(found),
    }
}

fn is_asked_for(project: &Project, graph: &Graph<'_>) -> bool {
    graph.nodes().any(|(_, node)| project.file(node.file).is_some_and(|file| file.selected))
}

fn resolve(graph: &Graph<'_>, reference: Option<&str>) -> Result<Option<NodeId>, ResolveError> {
    let Some(reference) = reference else { return Ok(None) };
    let unknown = || ResolveError::Unknown { reference: reference.to_owned(), nearest: Vec::new() };
    graph.resolve_one(reference)?.map(Some).ok_or_else(unknown)
}

fn find_in(
    graph: &Graph<'_>,
    request: Request,
    loaded: &Loaded,
    outcome: &Outcome,
    underway: &Underway,
    found: &mut Found,
) {
    let project = &loaded.project;
    let directory = project.directories.get(graph.directory());
    let path = directory.map_or(".", |directory| &*directory.path);
    let heads: Vec<String> =
        graph.effective_heads().map(|head| format!("`{}`", graph.node(head).id)).collect();
    if let [head] = heads.as_slice() {
        found.idle.push(format!("`{path}` has one head, {head}"));
        return;
    }
    if let Some(fault) = graph.faults().iter().find(|fault| fix::is_in_doubt(fault)) {
        let file = fault.file(graph).and_then(|file| project.file(file));
        found.refused.push(format!(
            "{}: not every link of the history can be followed, so no revision is moved; `alembic-lint --all` says \
             what is wrong",
            file.map_or(path, |file| &file.path)
        ));
        return;
    }
    let sides = Sides {
        is_applied: &|node| outcome.applied.contains(graph.node(node).file),
        is_upstream: &|node| underway.is_upstream(graph.node(node).file),
    };
    let plans = match plan(graph, sides, request) {
        Ok(plans) => plans,
        Err(refusal) => {
            found.refused.push(format!("{path}: {refusal}"));
            return;
        }
    };
    if plans.is_empty() {
        found.idle.push(format!("the heads {} of `{path}` are on branches of their own", heads.join(", ")));
    }
    let is_lock = |file: &SourceFile| file.directory == graph.directory() && file.role == Role::Lock;
    for plan in plans {
        let id = |node: NodeId| graph.node(node).id.to_owned();
        let read = |node: NodeId| revision(outcome, graph.node(node).file);
        found.moves.push(Move {
            parent: Parent { file: graph.node(plan.revision).file, from: id(plan.from), to: id(plan.to) },
            revision: id(plan.revision),
            message: read(plan.revision).and_then(Revision::message).map(str::to_owned),
            shared: shared(graph, &plan, read),
            has_lock: project.files.iter().any(is_lock),
        });
    }
}

fn revision(outcome: &Outcome, file: FileId) -> Option<&Revision> {
    outcome.revisions.get(file.0 as usize)?.as_ref()
}

/// Makes all changes in memory, one after the other.
fn repoint<'m>(
    loaded: &mut Loaded,
    mut outcome: Outcome,
    moves: &'m [Move],
) -> anyhow::Result<Vec<(&'m Move, Repointed)>> {
    let mut done = Vec::with_capacity(moves.len());
    for one in moves {
        let (repointed, after) = fix::repoint(&mut loaded.project, &loaded.settings, &outcome, &one.parent)?;
        outcome = after;
        done.push((one, repointed));
    }
    Ok(done)
}

/// What a change did, and what a person checks next.
fn described(one: &Move, project: &Project, underway: &Underway) -> String {
    let Move { parent: Parent { file, from, to }, revision, message, shared, has_lock } = one;
    let path = project.file(*file).map_or("", |file| &file.path);
    let message = message.as_ref().map(|message| format!(" {message}")).unwrap_or_default();
    let mut text = format!("{revision}{message}: down revision {from} -> {to} ({path})\n");
    let mut next = |line: &str| {
        let _ = writeln!(text, "  - {line}");
    };
    match (shared.tables.as_slice(), shared.is_incomplete) {
        ([], false) => next("no table is changed by both sides"),
        ([], true) => next("check that its operations still fit: not all that the two sides do can be read"),
        (tables, is_incomplete) => {
            let rest = if is_incomplete { ", and not all that they do can be read" } else { "" };
            next(&format!(
                "check that its operations still fit: both sides change {}{rest}",
                tables.join(", ")
            ));
        }
    }
    next(&format!(
        "a database that has run `{revision}` already never runs what now comes before it: take it back to `{from}` with \
         the old file first"
    ));
    if *has_lock {
        next("run `alembic-lint lock`");
    }
    if let Some(command) = underway.command {
        next(&format!("`git add {path}` before the `{command}` goes on"));
    }
    text
}

//! `alembic-lint split`: takes one revision apart into a safe sequence.

use std::fmt::Write;
use std::fs;
use std::process::ExitCode;

use anyhow::{Context, bail};

use super::applied::demand_known;
use super::arguments::SplitArguments;
use super::load::{Loaded, load};
use super::terminal::Terminal;
use super::unfinished::load_settled;
use super::{COULD_NOT_RUN, PASSED};
use crate::fix::{self, FileChange};
use crate::history::graph::{Graph, ResolveError};
use crate::history::histories;
use crate::linter::{Outcome, lint};
use crate::operation::Operation;
use crate::project::Project;
use crate::revision::Revision;
use crate::selection::Selection;
use crate::source::{FileId, Role, SourceFile};
use crate::split::{Part, Split, split};

pub(super) fn run(arguments: &SplitArguments) -> anyhow::Result<ExitCode> {
    let terminal = Terminal::new(&arguments.rewriting.output);
    let project = arguments.project();
    let (loaded, outcome) = terminal.while_showing("Reading revisions", || -> anyhow::Result<_> {
        let loaded = load_settled(arguments.rewriting.is_written(), || load(&project, |_| {}))?;
        let outcome = lint(&loaded.project, &loaded.settings, &Selection::of(&[]));
        Ok((loaded, outcome))
    })?;
    demand_known(&outcome.applied)?;
    loaded.introduce(&outcome.applied, &terminal);
    if !loaded.has_revisions(&project.paths, &terminal) {
        return Ok(ExitCode::from(COULD_NOT_RUN));
    }
    let file = find(&loaded, &outcome, arguments)?;
    let path = path_of(&loaded.project, file);
    let split = split(&loaded.project, &loaded.settings, &outcome, file);
    let Some(split) = split.with_context(|| path.to_owned())? else {
        terminal.tell(format_args!(
            "Nothing to do: all that {path} does fits one step. What `alembic-lint` says of it, its help or `--fix \
             --unsafe-fixes` mends."
        ));
        return Ok(loaded.exit(PASSED));
    };
    let is_written = arguments.rewriting.is_written();
    if is_written {
        write(&loaded.project, &split)?;
    }
    let report = if arguments.rewriting.diff { diff(&loaded.project, &split) } else { described(&split) };
    terminal.report(&report)?;
    if !is_written {
        terminal.tell("Nothing was written.");
    }
    Ok(loaded.exit(PASSED))
}

fn path_of(project: &Project, file: FileId) -> &str {
    project.file(file).map_or("", |file| &file.path)
}

/// The file of the revision that was asked for.
fn find(loaded: &Loaded, outcome: &Outcome, arguments: &SplitArguments) -> anyhow::Result<FileId> {
    let project = &loaded.project;
    if let Some(path) = arguments.file() {
        let wanted = fs::canonicalize(path).with_context(|| path.display().to_string())?;
        let is_it = |location| fs::canonicalize(location).is_ok_and(|location| location == wanted);
        let mut revisions = project.files().filter(|(_, file)| file.role == Role::Revision && file.selected);
        return match revisions.find(|(_, file)| is_it(&file.location)) {
            Some((id, _)) => Ok(id),
            None => bail!("{}: Alembic loads no revision from it", path.display()),
        };
    }
    let graphs = Graph::of_project(project, &outcome.revisions);
    let mut unknown = ResolveError::Unknown { reference: arguments.revision.clone(), nearest: Vec::new() };
    let mut found = Vec::new();
    for graph in histories(project, &outcome.revisions, &graphs) {
        match graph.resolve_one(&arguments.revision) {
            Ok(Some(node)) => found.push(graph.node(node).file),
            Ok(None) => {}
            Err(error) => unknown = error,
        }
    }
    found.retain(|file| project.file(*file).is_some_and(|file| file.selected));
    match found.as_slice() {
        [one] => Ok(*one),
        [] => Err(unknown.into()),
        several => {
            let paths: Vec<&str> = several.iter().map(|file| path_of(project, *file)).collect();
            bail!("several histories have `{}`: name the file: {}", arguments.revision, paths.join(", "))
        }
    }
}

/// The new files first, the whole last: at each moment the history has all its links, and nothing that was there is lost.
fn write(before: &Project, split: &Split) -> anyhow::Result<()> {
    let project = &split.project;
    let Some((first, others)) = split.parts.split_first() else { return Ok(()) };
    let Some(whole) = project.file(first.file) else { return Ok(()) };
    let made = others.iter().filter_map(|part| project.file(part.file));
    let made = made.map(|file| FileChange::Create { file, model: whole });
    let rest = split.followers.iter().copied().chain([first.file]);
    let rewritten = rest.filter_map(|file| project.file(file)).map(|file| FileChange::Rewrite {
        file,
        old: text_before(before, file),
        new: file.text(),
    });
    let changes: Vec<FileChange<'_>> = made.chain(rewritten).collect();
    Ok(fix::write_together(&changes)?)
}

/// What a file held; nothing, where it is new.
fn text_before<'p>(before: &'p Project, file: &SourceFile) -> &'p str {
    before.files.iter().find(|old| old.path == file.path).map_or("", |old| old.text())
}

fn diff(before: &Project, split: &Split) -> String {
    let changed = split.parts.iter().map(|part| part.file).chain(split.followers.iter().copied());
    let files = changed.filter_map(|file| split.project.file(file));
    files.map(|file| fix::unified_diff(&file.path, text_before(before, file), file.text())).collect()
}

/// The parts with what they do, and what is left to a person.
fn described(split: &Split) -> String {
    let mut text = String::new();
    let mut line = |line: &str| {
        let _ = writeln!(text, "{line}");
    };
    for (at, part) in split.parts.iter().enumerate() {
        line(&format!(
            "{}. {}: {} ({})",
            at + 1,
            part.id,
            part.stage.word(),
            path_of(&split.project, part.file)
        ));
        for summary in summaries(split, part) {
            line(&format!("   - {summary}"));
        }
        if part.left > 0 {
            line("   - left to you: the rows that are there, marked TODO");
        }
    }
    for file in &split.followers {
        line(&format!("{} follows the last of them now", path_of(&split.project, *file)));
    }
    line("Next:");
    if split.parts.iter().any(|part| part.left > 0) {
        line("  - write the steps marked TODO");
    }
    line(
        "  - deploy the new code behind the first part, and run the last one when no old code runs any more",
    );
    line("  - run `alembic-lint`: it judges each part");
    text
}

fn summaries(split: &Split, part: &Part) -> Vec<String> {
    let revision = split.outcome.revisions.get(part.file.0 as usize).and_then(Option::as_ref);
    let upgrade = revision.and_then(|revision: &Revision| revision.upgrade.as_ref());
    upgrade.map(|body| body.operations.iter().map(Operation::summary).collect()).unwrap_or_default()
}

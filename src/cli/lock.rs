//! `alembic-lint lock`: records the applied revisions of each script directory in a file.

use std::process::ExitCode;

use anyhow::{Context, bail};

use super::applied::{lock_path, read_lock};
use super::arguments::LockArguments;
use super::load::{Loaded, read};
use super::terminal::Terminal;
use super::{COULD_NOT_RUN, FOUND, PASSED};
use crate::fix;
use crate::history::applied::lock::Lock;
use crate::history::applied::record::{Difference, Record, record};
use crate::history::graph::{Graph, Links, NodeSet, ResolveError};
use crate::linter::{Outcome, lint};
use crate::project::Project;
use crate::report::counted;
use crate::selection::Selection;
use crate::source::{Applied, Encoding, Role, SourceFile};

pub(super) fn run(arguments: &LockArguments) -> anyhow::Result<ExitCode> {
    let terminal = Terminal::new(&arguments.output);
    let (loaded, _) = read(&arguments.project(), |_| {})?;
    let outcome = lint(&loaded.project, &loaded.settings, &Selection::of(&[]));
    loaded.introduce(&outcome.applied, &terminal);
    if !loaded.has_revisions(&arguments.paths, &terminal) {
        return Ok(ExitCode::from(COULD_NOT_RUN));
    }
    let graphs = Graph::of_project(&loaded.project, &outcome.revisions);
    let through = through(&loaded, &graphs, arguments)?;
    let mut code = PASSED;
    for (index, graph) in graphs.iter().enumerate() {
        if is_asked_for(&loaded, index) {
            let through = through.get(index).and_then(Option::as_ref);
            if arguments.through.is_empty() || through.is_some() {
                let own = lock_one(&loaded, &outcome, index, (graph, through), arguments, &terminal)?;
                code = code.max(own);
            }
        }
    }
    Ok(loaded.exit(code))
}

fn is_asked_for(loaded: &Loaded, directory: usize) -> bool {
    let mut files = loaded.project.files.iter().filter(|file| file.directory == directory);
    files.any(|file| file.selected && matches!(file.role, Role::Revision | Role::Lock))
}

/// What `--through` names in each script directory; an error where none knows it.
fn through(
    loaded: &Loaded,
    graphs: &[Graph<'_>],
    arguments: &LockArguments,
) -> anyhow::Result<Vec<Option<NodeSet>>> {
    let mut named: Vec<Option<Vec<_>>> = vec![None; graphs.len()];
    for reference in &arguments.through {
        let mut error: Option<ResolveError> = None;
        let mut is_known = false;
        for (index, (graph, named)) in graphs.iter().zip(&mut named).enumerate() {
            if !is_asked_for(loaded, index) {
                continue;
            }
            match graph.resolve(reference) {
                Ok(nodes) => {
                    is_known = true;
                    named.get_or_insert_default().extend(nodes);
                }
                Err(own) => error = Some(own),
            }
        }
        if let Some(error) = error.filter(|_| !is_known) {
            bail!("--through: {error}");
        }
    }
    let sets = graphs.iter().zip(named);
    Ok(sets.map(|(graph, named)| Some(graph.ancestors(named?, Links::All).into_set())).collect())
}

/// Checks or writes the lock of one script directory.
fn lock_one(
    loaded: &Loaded,
    outcome: &Outcome,
    index: usize,
    (graph, through): (&Graph<'_>, Option<&NodeSet>),
    arguments: &LockArguments,
    terminal: &Terminal,
) -> anyhow::Result<u8> {
    let Some(directory) = loaded.project.directories.get(index) else { return Ok(PASSED) };
    let path = lock_path(directory);
    let is_lock = |file: &&SourceFile| file.directory == index && file.role == Role::Lock;
    let file = loaded.project.files.iter().find(is_lock);
    let in_conflict = file.filter(|file| !arguments.check && Lock::is_in_conflict(file.text()));
    let old = match in_conflict {
        Some(file) => {
            let both = Lock::of_both_sides(file.text());
            Some(
                Lock::parse(&both)
                    .map_err(|error| anyhow::anyhow!("{path} without its conflict: {error}"))?,
            )
        }
        None => file.map(read_lock).transpose()?,
    };
    let empty = Lock::default();
    let record =
        record(&loaded.project, index, &outcome.revisions, graph, through, old.as_ref().unwrap_or(&empty))?;
    let count = counted(record.lock.entries.len(), "revision");
    if record.differences.is_empty() && old.is_some() && in_conflict.is_none() {
        terminal.tell(format_args!("{path} is up to date: {count}."));
        return Ok(PASSED);
    }
    if arguments.check {
        let why = if old.is_some() { "is out of date" } else { "is not there" };
        terminal.error(format_args!("{path} {why}: {}; run `alembic-lint lock`", shown(&record.differences)));
        return Ok(FOUND);
    }
    let guarded: Vec<Difference> =
        record.differences.iter().filter(|difference| difference.is_guarded).cloned().collect();
    if !guarded.is_empty() && !arguments.force {
        terminal.error(format_args!(
            "{path} is left as it is, since databases may have run what it records: {}; bring the old revisions back, \
             or, if no database ran them, write it with --force",
            shown(&guarded)
        ));
        return Ok(COULD_NOT_RUN);
    }
    write(&loaded.project, index, file, &path, &record)?;
    let new = record.differences.iter().filter(|difference| !difference.is_guarded).count();
    let forced = if guarded.is_empty() { String::new() } else { format!(", {} forced", guarded.len()) };
    terminal.tell(format_args!("Wrote {path}: {count}, {new} new or changed{forced}."));
    let heads: Vec<String> =
        graph.effective_heads().map(|head| format!("`{}`", graph.node(head).id)).collect();
    if in_conflict.is_some() && heads.len() > 1 {
        terminal.warn(format_args!(
            "the merged history has {} heads: {}; put the new one behind the other with `alembic-lint rebase`, or join \
             them with `alembic merge heads`, and run `alembic-lint lock` again",
            heads.len(),
            heads.join(", ")
        ));
    }
    Ok(PASSED)
}

/// As many differences as people read.
fn shown(differences: &[Difference]) -> String {
    const SHOWN: usize = 10;
    let mut parts: Vec<String> = differences.iter().take(SHOWN).map(ToString::to_string).collect();
    if differences.len() > SHOWN {
        parts.push(format!("and {} more", differences.len() - SHOWN));
    }
    parts.join(", ")
}

fn write(
    project: &Project,
    directory: usize,
    file: Option<&SourceFile>,
    path: &str,
    record: &Record,
) -> anyhow::Result<()> {
    let text = record.lock.render();
    if let Some(file) = file {
        return Ok(fix::write(file, file.text(), &text)?);
    }
    let new = SourceFile {
        path: path.into(),
        location: path.into(),
        directory,
        role: Role::Lock,
        text: Ok(text.into()),
        encoding: Encoding::Utf8,
        selected: true,
        applied: Applied::No,
    };
    // It is readable by whoever reads the revisions.
    let model = project.files.iter().find(|file| file.directory == directory && file.role == Role::Revision);
    Ok(fix::create(&new, model.context("no revision is recorded")?)?)
}

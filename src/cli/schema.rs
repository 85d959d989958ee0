//! `alembic-lint schema`: the schema that the revisions lead to.

use std::process::ExitCode;

use anyhow::bail;

use super::arguments::{SchemaArguments, SchemaFormat};
use super::load::{Loaded, read};
use super::terminal::Terminal;
use super::{COULD_NOT_RUN, PASSED};
use crate::diagnostic::Applicability;
use crate::history::graph::Graph;
use crate::linter::{dialect, lint};
use crate::report::schema::Shown;
use crate::report::{schema_json, schema_sql, schema_text};
use crate::revision::Revision;
use crate::selection::Selection;

pub(super) fn run(arguments: &SchemaArguments) -> anyhow::Result<ExitCode> {
    let terminal = Terminal::new(&arguments.output);
    let (reference, project) = arguments.reference_and_project();
    let (loaded, outcome) = terminal.while_showing("Reading revisions", || -> anyhow::Result<_> {
        let (loaded, _) = read(&project, |_| {})?;
        let outcome = lint(&loaded.project, &loaded.settings, &Selection::of(&[]));
        Ok((loaded, outcome))
    })?;
    loaded.introduce(&outcome.applied, &terminal);
    if !loaded.has_revisions(&project.paths, &terminal) {
        return Ok(ExitCode::from(COULD_NOT_RUN));
    }
    let graphs = Graph::of_project(&loaded.project, &outcome.revisions);
    let shown = schemas(&loaded, &graphs, &outcome.revisions, reference, &terminal)?;
    let text = match arguments.output_format {
        SchemaFormat::Text => schema_text::render(&shown, terminal.look(Applicability::Safe).paint),
        SchemaFormat::Sql => schema_sql::render(&shown),
        SchemaFormat::Json => schema_json::render(&shown)?,
    };
    terminal.report(&text)?;
    Ok(loaded.exit(PASSED))
}

/// The schema of each script directory that was asked for and knows the revision.
fn schemas<'a>(
    loaded: &'a Loaded,
    graphs: &[Graph<'a>],
    revisions: &'a [Option<Revision>],
    reference: Option<&str>,
    terminal: &Terminal,
) -> anyhow::Result<Vec<Shown<'a>>> {
    let mut shown = Vec::new();
    let mut errors = Vec::new();
    for (index, (directory, graph)) in loaded.project.directories.iter().zip(graphs).enumerate() {
        let mut files = loaded.project.files.iter();
        let is_asked_for = files.any(|file| file.directory == index && file.selected);
        if graph.is_empty() || !is_asked_for {
            continue;
        }
        let dialect = dialect(&loaded.settings, &loaded.project, graph);
        match Shown::new(&loaded.project, directory, graph, revisions, dialect, reference) {
            Ok(found) => shown.push(found),
            Err(error) => errors.push(format!("{}: {error}", directory.path)),
        }
    }
    if shown.is_empty() {
        bail!(
            "{}",
            if errors.is_empty() { "no revision could be read".to_owned() } else { errors.join("\n") }
        );
    }
    for error in errors {
        terminal.warn(error);
    }
    Ok(shown)
}

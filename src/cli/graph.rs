//! `alembic-lint graph`: the history as a picture.

use std::process::ExitCode;

use super::applied::demand_known;
use super::arguments::{GraphArguments, GraphFormat};
use super::load::load;
use super::terminal::Terminal;
use super::{COULD_NOT_RUN, PASSED};
use crate::diagnostic::Applicability;
use crate::history::graph::Graph;
use crate::linter::lint;
use crate::report::graph::Picture;
use crate::report::{graph_dot, graph_mermaid, graph_svg, graph_text};
use crate::selection::Selection;

pub(super) fn run(arguments: &GraphArguments) -> anyhow::Result<ExitCode> {
    let terminal = Terminal::new(&arguments.output);
    let (loaded, outcome) = terminal.while_showing("Reading revisions", || -> anyhow::Result<_> {
        let loaded = load(&arguments.project, |_| {})?;
        let outcome = lint(&loaded.project, &loaded.settings, &Selection::of(&[]));
        Ok((loaded, outcome))
    })?;
    demand_known(&outcome.applied)?;
    loaded.introduce(&outcome.applied, &terminal);
    if !loaded.has_revisions(&arguments.project.paths, &terminal) {
        return Ok(ExitCode::from(COULD_NOT_RUN));
    }
    let graphs = Graph::of_project(&loaded.project, &outcome.revisions);
    let is_asked_for = |directory: usize| {
        loaded.project.files.iter().any(|file| file.directory == directory && file.selected)
    };
    let pictures: Vec<Picture<'_>> = graphs
        .iter()
        .filter(|graph| !graph.is_empty() && is_asked_for(graph.directory()))
        .map(|graph| {
            let is_applied = |id| outcome.applied.contains(id);
            Picture::new(&loaded.project, graph, &outcome.revisions, is_applied, loaded.settings.all)
        })
        .collect();
    let text = match arguments.output_format {
        GraphFormat::Text => graph_text::render(&pictures, terminal.look(Applicability::Safe).paint),
        GraphFormat::Mermaid => {
            let flowchart = graph_mermaid::render(&pictures);
            if let Some(refusal) = graph_mermaid::refusal(&flowchart) {
                terminal.warn(refusal);
            }
            flowchart
        }
        GraphFormat::Dot => graph_dot::render(&pictures),
        GraphFormat::Svg => graph_svg::render(&pictures),
    };
    terminal.report(&text)?;
    Ok(loaded.exit(PASSED))
}

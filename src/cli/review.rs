//! `alembic-lint review`: what revisions do, for a person to confirm.

use std::process::ExitCode;

use super::applied::demand_known;
use super::arguments::{PlainFormat, ReviewArguments};
use super::load::{load, selection};
use super::terminal::Terminal;
use super::{COULD_NOT_RUN, PASSED};
use crate::diagnostic::Applicability;
use crate::linter::{lint, locks};
use crate::report::{review, review_json, review_text};
use crate::selection::Selection;

pub(super) fn run(arguments: &ReviewArguments) -> anyhow::Result<ExitCode> {
    let terminal = Terminal::new(&arguments.output);
    let (loaded, outcome) = terminal.while_showing("Reading revisions", || -> anyhow::Result<_> {
        let loaded = load(&arguments.project, |_| {})?;
        // Nothing is judged here, but a rule that the configuration misspells is an error in every command.
        selection(&loaded.settings)?;
        let outcome = lint(&loaded.project, &loaded.settings, &Selection::of(&[]));
        Ok((loaded, outcome))
    })?;
    demand_known(&outcome.applied)?;
    loaded.introduce(&outcome.applied, &terminal);
    if !loaded.has_revisions(&arguments.project.paths, &terminal) {
        return Ok(ExitCode::from(COULD_NOT_RUN));
    }
    let is_applied = |id| outcome.applied.contains(id);
    let locks = locks(&loaded.project, &loaded.settings, &outcome);
    let review =
        review::collect(&loaded.project, &outcome.revisions, &locks, is_applied, loaded.settings.all);
    let text = match arguments.output_format {
        PlainFormat::Text => review_text::render(&review, terminal.look(Applicability::Safe).paint),
        PlainFormat::Json => review_json::render(&review)?,
    };
    terminal.report(&text)?;
    Ok(loaded.exit(PASSED))
}

//! `alembic-lint review`: what revisions do, for a person to confirm.

use std::process::ExitCode;

use super::arguments::{PlainFormat, ReviewArguments};
use super::load::{load, selection};
use super::terminal::Terminal;
use super::{COULD_NOT_RUN, PASSED};
use crate::diagnostic::Applicability;
use crate::linter::lint;
use crate::report::{review, review_json, review_text};

pub(super) fn run(arguments: &ReviewArguments) -> anyhow::Result<ExitCode> {
    let terminal = Terminal::new(&arguments.output);
    let (loaded, outcome) = terminal.while_showing("Reading revisions", || -> anyhow::Result<_> {
        let loaded = load(&arguments.project, &terminal, |_| {})?;
        let selection = selection(&loaded.settings)?;
        let outcome = lint(&loaded.project, &loaded.settings, &selection);
        Ok((loaded, outcome))
    })?;
    if loaded.revisions() == 0 && arguments.project.paths.is_empty() {
        terminal
            .error("no revision was found from here upward and below; run it in the project or give a path");
        return Ok(ExitCode::from(COULD_NOT_RUN));
    }
    let review = review::collect(&loaded.project, &outcome.revisions, loaded.settings.all);
    let text = match arguments.output_format {
        PlainFormat::Text => review_text::render(&review, terminal.look(Applicability::Safe).paint),
        PlainFormat::Json => review_json::render(&review)?,
    };
    terminal.report(&text)?;
    Ok(loaded.exit(PASSED))
}

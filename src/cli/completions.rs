//! `alembic-lint completions`: prints completion scripts for shells.

use std::process::ExitCode;

use clap::CommandFactory;

use super::PASSED;
use super::arguments::{Arguments, ColourChoice, CompletionsArguments};
use super::terminal::Terminal;

pub(super) fn run(arguments: &CompletionsArguments) -> anyhow::Result<ExitCode> {
    // Generating panics when writing fails, as on a closed pipe; writing to memory does not fail.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "alembic-lint", &mut script);
    Terminal::plain(ColourChoice::Auto).report(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::from(PASSED))
}

//! The command line: the only code that prints or reads the environment.

mod applied;
mod arguments;
mod check;
mod completions;
mod dialect;
mod graph;
mod load;
mod lock;
mod rebase;
mod review;
mod rule;
mod schema;
mod split;
mod terminal;
mod unfinished;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};
use terminal::Terminal;

use crate::isolation::{self, Unit, isolated};

/// Nothing that fails a run was found.
const PASSED: u8 = 0;
/// Errors or warnings were found.
const FOUND: u8 = 1;
/// The run could not do what it was asked for.
const COULD_NOT_RUN: u8 = 2;

/// How many internal errors are shown on standard error; those of single files are findings as well.
const FAILURES_SHOWN: usize = 10;

/// Nested Python and SQL are read recursively; the usual 2 MB would not do for all that Python itself accepts.
const STACK: usize = 64 << 20;

/// Runs the program that the process's arguments ask for.
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(help_or_error) => {
            let _ = help_or_error.print();
            return if help_or_error.use_stderr() {
                ExitCode::from(COULD_NOT_RUN)
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    isolation::silence_panics();
    #[cfg(debug_assertions)]
    if let Ok(unit) = std::env::var("ALEMBIC_LINT_PANIC_IN") {
        isolation::injection::panic_in(unit);
    }
    let result =
        isolated(Unit::Command, || match rayon::ThreadPoolBuilder::new().stack_size(STACK).build() {
            Ok(threads) => threads.install(|| dispatch(&arguments)),
            Err(_) => dispatch(&arguments),
        });
    let terminal = Terminal::plain(colour(&arguments));
    let code = match result {
        Ok(Ok(code)) => code,
        Ok(Err(error)) => {
            terminal.error(format_args!("{error:#}"));
            ExitCode::from(COULD_NOT_RUN)
        }
        // Told below.
        Err(_) => ExitCode::from(COULD_NOT_RUN),
    };
    if tell_failures(&terminal) { ExitCode::from(COULD_NOT_RUN) } else { code }
}

/// Says what alembic-lint failed on, one line each; whether there was anything.
fn tell_failures(terminal: &Terminal) -> bool {
    let failures = isolation::take_failures();
    for failure in failures.iter().take(FAILURES_SHOWN) {
        terminal.error(format_args!("{failure}; {}", isolation::REPORT));
    }
    if let Some(more) = failures.len().checked_sub(FAILURES_SHOWN).filter(|more| *more > 0) {
        terminal.error(format_args!("{more} more internal errors"));
    }
    !failures.is_empty()
}

fn dispatch(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    match &arguments.command {
        None => check::run(&arguments.check),
        Some(Command::Rule(rule)) => rule::run(rule),
        Some(Command::Review(review)) => review::run(review),
        Some(Command::Lock(lock)) => lock::run(lock),
        Some(Command::Schema(schema)) => schema::run(schema),
        Some(Command::Rebase(rebase)) => rebase::run(rebase),
        Some(Command::Split(split)) => split::run(split),
        Some(Command::Graph(graph)) => graph::run(graph),
        Some(Command::Completions(completions)) => completions::run(completions),
    }
}

fn colour(arguments: &Arguments) -> arguments::ColourChoice {
    match &arguments.command {
        None => arguments.check.output.color,
        Some(Command::Rule(rule)) => rule.color,
        Some(Command::Review(review)) => review.output.color,
        Some(Command::Lock(lock)) => lock.output.color,
        Some(Command::Schema(schema)) => schema.output.color,
        Some(Command::Rebase(rebase)) => rebase.rewriting.output.color,
        Some(Command::Split(split)) => split.rewriting.output.color,
        Some(Command::Graph(graph)) => graph.output.color,
        Some(Command::Completions(_)) => arguments::ColourChoice::Auto,
    }
}

//! Where text goes: standard output or a file, standard error, with colours or without.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use anstream::{AutoStream, ColorChoice};
use indicatif::{ProgressBar, ProgressStyle};

use super::arguments::{ColourChoice, OutputArguments};
use crate::diagnostic::Applicability;
use crate::report::{Look, Paint};

/// Lines are not made longer than this, however wide the terminal is.
const WIDEST: usize = 110;
/// Width where there is no terminal to ask.
const USUAL_WIDTH: usize = 80;

/// How to speak, and where.
#[derive(Debug)]
pub(super) struct Terminal {
    colour: ColourChoice,
    quiet: u8,
    verbose: bool,
    output_file: Option<PathBuf>,
}

impl Terminal {
    pub(super) fn new(output: &OutputArguments) -> Self {
        Self {
            colour: output.color,
            quiet: output.quiet,
            verbose: output.verbose,
            output_file: output.output_file.clone(),
        }
    }

    /// A terminal that only prints a page.
    pub(super) fn plain(colour: ColourChoice) -> Self {
        Self { colour, quiet: 0, verbose: false, output_file: None }
    }

    /// How the report looks, by where it goes.
    pub(super) fn look(&self, applicability: Applicability) -> Look {
        let is_terminal = self.output_file.is_none() && io::stdout().is_terminal();
        let colour = if self.output_file.is_some() {
            self.colour == ColourChoice::Always
        } else {
            wants_colour(self.colour, is_terminal)
        };
        let width = match terminal_size::terminal_size() {
            Some((terminal_size::Width(width), _)) if is_terminal => usize::from(width).clamp(40, WIDEST),
            _ => USUAL_WIDTH,
        };
        Look { paint: Paint { colour }, width, cut_source: is_terminal, applicability }
    }

    /// Whether more than findings is wanted.
    pub(super) const fn is_talkative(&self) -> bool {
        self.quiet == 0
    }

    /// Writes the report, to standard output or to the file that was asked for.
    pub(super) fn report(&self, text: &str) -> anyhow::Result<()> {
        self.report_parts(&[text])
    }

    /// [`Self::report`] for a long text in parts.
    pub(super) fn report_parts(&self, parts: &[impl AsRef<str>]) -> anyhow::Result<()> {
        if self.quiet > 1 {
            return Ok(());
        }
        let Some(path) = &self.output_file else {
            return match print(parts) {
                // Whoever reads the output may stop reading (`| head`); the exit code still tells the result.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
                other => Ok(other?),
            };
        };
        let text: String = parts.iter().map(AsRef::as_ref).collect();
        std::fs::write(path, text).map_err(|error| {
            anyhow::anyhow!(
                "`{}` cannot be written: {error}; name a file in a directory that exists with --output-file",
                path.display()
            )
        })
    }

    /// Says something that is no finding but that people must not miss.
    pub(super) fn warn(&self, text: impl Display) {
        if self.quiet == 0 {
            self.say(|paint| paint.caution("warning:"), &text);
        }
    }

    /// Says that nothing was checked: only `-qq` silences it.
    pub(super) fn warn_loudly(&self, text: impl Display) {
        if self.quiet < 2 {
            self.say(|paint| paint.caution("warning:"), &text);
        }
    }

    /// Says what went wrong, always.
    pub(super) fn error(&self, text: impl Display) {
        self.say(|paint| paint.danger("error:"), &text);
    }

    /// Whether [`Self::detail`] says anything.
    pub(super) const fn is_verbose(&self) -> bool {
        self.verbose
    }

    /// Says how the run came to its result, with `--verbose`.
    pub(super) fn detail(&self, text: impl Display) {
        if self.verbose {
            self.say(|paint| paint.faint("note:"), &text);
        }
    }

    /// Says what was done, beside the report.
    pub(super) fn tell(&self, text: impl Display) {
        if self.quiet == 0 {
            write_error(&format!("{text}\n"));
        }
    }

    fn say(&self, prefix: impl FnOnce(Paint) -> String, text: &dyn Display) {
        let colour = wants_colour(self.colour, io::stderr().is_terminal());
        write_error(&format!("{} {text}\n", prefix(Paint { colour })));
    }

    /// Runs `work`; on a terminal, work that takes long gets a spinner.
    pub(super) fn while_showing<T>(&self, message: &'static str, work: impl FnOnce() -> T) -> T {
        if self.quiet > 0 || !io::stderr().is_terminal() {
            return work();
        }
        let (working, done) = mpsc::channel::<()>();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                if done.recv_timeout(Duration::from_secs(1)) == Err(RecvTimeoutError::Timeout) {
                    let spinner = ProgressBar::new_spinner().with_message(message);
                    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
                        spinner.set_style(style);
                    }
                    spinner.enable_steady_tick(Duration::from_millis(100));
                    // Ends when `working` is dropped.
                    let _ = done.recv();
                    spinner.finish_and_clear();
                }
            });
            let result = work();
            drop(working);
            result
        })
    }
}

/// Writes to standard output; escape codes are kept, they were only made if they are wanted.
fn print(parts: &[impl AsRef<str>]) -> io::Result<()> {
    let mut stdout = AutoStream::new(io::stdout().lock(), ColorChoice::AlwaysAnsi);
    for part in parts {
        stdout.write_all(part.as_ref().as_bytes())?;
    }
    stdout.flush()
}

/// Standard error may be closed; there is nobody left to tell.
fn write_error(text: &str) {
    let mut stderr = AutoStream::new(io::stderr().lock(), ColorChoice::AlwaysAnsi);
    let _ = stderr.write_all(text.as_bytes());
}

/// `--color`, then `NO_COLOR`, then `FORCE_COLOR` and `CLICOLOR_FORCE`, then whether a terminal reads.
fn wants_colour(choice: ColourChoice, is_terminal: bool) -> bool {
    let is_set = |name: &str| {
        std::env::var_os(name).is_some_and(|value| !value.is_empty() && value.to_str() != Some("0"))
    };
    match choice {
        ColourChoice::Always => true,
        ColourChoice::Never => false,
        ColourChoice::Auto if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) => false,
        ColourChoice::Auto if is_set("FORCE_COLOR") || is_set("CLICOLOR_FORCE") => true,
        ColourChoice::Auto => is_terminal && std::env::var_os("TERM").is_none_or(|term| term != "dumb"),
    }
}

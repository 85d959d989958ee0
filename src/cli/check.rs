//! `alembic-lint`: checks, repairs, reports.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use clap::CommandFactory;

use super::applied::demand_known;
use super::arguments::{Arguments, CheckArguments, CheckFormat};
use super::load::{Loaded, load, selection};
use super::terminal::Terminal;
use super::unfinished::load_settled;
use super::{COULD_NOT_RUN, FOUND, PASSED};
use crate::config::{Rename, Settings};
use crate::diagnostic::Applicability;
use crate::fix::{self, FileChange, FixReport};
use crate::isolation::{Unit, isolated};
use crate::linter::{Outcome, lint};
use crate::project::Project;
use crate::report::{Findings, concise, counted, full, json, statistics, summary};
use crate::severity::Severity;

pub(super) fn run(arguments: &CheckArguments) -> anyhow::Result<ExitCode> {
    if arguments.statistics && arguments.output_format == CheckFormat::Json {
        bail!("--statistics counts findings for people; leave it out with --output-format json");
    }
    let fixes = &arguments.fixes;
    if !(fixes.rename.is_empty() || fixes.fix || fixes.diff) {
        bail!("--rename says how to repair; add --diff to see it, or --fix to do it");
    }
    refuse_mistyped_command(&arguments.project.paths)?;
    let terminal = Terminal::new(&arguments.output);
    let level = if arguments.fixes.unsafe_fixes { Applicability::Unsafe } else { Applicability::Safe };
    let (loaded, work) = terminal.while_showing("Checking revisions", || -> anyhow::Result<_> {
        let mut loaded = load_settled(arguments.fixes.fix && !arguments.fixes.diff, || {
            load(&arguments.project, |settings| select_rules(arguments, settings))
        })?;
        let selection = selection(&loaded.settings)?;
        let work = if arguments.fixes.fix || arguments.fixes.diff {
            Work::Fixed(fix::fix(&mut loaded.project, &loaded.settings, &selection, level))
        } else {
            Work::Checked(lint(&loaded.project, &loaded.settings, &selection))
        };
        Ok((loaded, work))
    })?;
    let applied = match &work {
        Work::Checked(outcome) => &outcome.applied,
        Work::Fixed(fixes) => &fixes.outcome.applied,
    };
    demand_known(applied)?;
    loaded.introduce(applied, &terminal);
    if !loaded.has_revisions(&arguments.project.paths, &terminal) {
        return Ok(ExitCode::from(COULD_NOT_RUN));
    }
    if let Work::Fixed(fixes) = &work {
        demand_renamed(&arguments.fixes.rename, fixes)?;
    }
    let code = match &work {
        Work::Checked(outcome) => {
            report(&loaded, outcome, None, level, arguments, &terminal)?;
            code_of(outcome, &loaded.settings)
        }
        Work::Fixed(fixes) if arguments.fixes.diff => {
            show_difference(&loaded.project, fixes, &terminal)?;
            if fixes.files.is_empty() { code_of(&fixes.outcome, &loaded.settings) } else { FOUND }
        }
        Work::Fixed(fixes) => {
            let all_written = write(&loaded.project, fixes, &terminal);
            report(&loaded, &fixes.outcome, Some(fixes.applied()), level, arguments, &terminal)?;
            if all_written { code_of(&fixes.outcome, &loaded.settings) } else { COULD_NOT_RUN }
        }
    };
    let exit = loaded.exit(if code == FOUND && arguments.exit_zero { PASSED } else { code });
    // The process ends here; taking many small values apart first would only make people wait.
    std::mem::forget((loaded, work));
    Ok(exit)
}

/// Every rename that was confirmed must have been made: else a name is mistyped, and nothing is written.
fn demand_renamed(renames: &[Rename], fixes: &FixReport) -> anyhow::Result<()> {
    let made: Vec<&str> =
        fixes.files.iter().flat_map(|file| &file.fixes).map(|fix| fix.description.as_str()).collect();
    match renames.iter().find(|rename| !made.contains(&rename.description().as_str())) {
        Some(rename) => bail!(
            "--rename {}.{}={}: no new revision drops the one column and adds the other, of the same type, by plain calls",
            rename.table,
            rename.column,
            rename.to
        ),
        None => Ok(()),
    }
}

/// A path that does not exist may have been meant as a command.
fn refuse_mistyped_command(paths: &[PathBuf]) -> anyhow::Result<()> {
    let Some(first) = paths.first().filter(|path| !path.exists()).and_then(|path| path.to_str()) else {
        return Ok(());
    };
    match first {
        "check" | "lint" => {
            bail!("`{first}` does not exist; checking needs no command: `alembic-lint` alone does it")
        }
        "diff" | "fix" => bail!("`{first}` does not exist; did you mean the option `--{first}`?"),
        _ => {}
    }
    let program = Arguments::command();
    let mut commands = program.get_subcommands().map(clap::Command::get_name);
    match commands.find(|command| strsim::damerau_levenshtein(command, first) <= 2) {
        Some(command) => bail!(
            "`{first}` does not exist; did you mean the command `{command}`? It stands before all options: \
             `alembic-lint {command}`"
        ),
        None => Ok(()),
    }
}

enum Work {
    Checked(Outcome),
    Fixed(FixReport),
}

/// Puts the rule options over the configuration.
fn select_rules(arguments: &CheckArguments, settings: &mut Settings) {
    let rules = &arguments.rules;
    if let Some(select) = &rules.select {
        settings.select.clone_from(select);
    }
    settings.ignore.extend(rules.ignore.iter().cloned());
    settings.extend_select.extend(rules.extend_select.iter().cloned());
    settings.fail_on = arguments.fail_on.map(Severity::from).or(settings.fail_on);
    settings.renames.clone_from(&arguments.fixes.rename);
}

/// Whether a finding is severe enough to fail the run: a warning or an error by default.
fn code_of(outcome: &Outcome, settings: &Settings) -> u8 {
    let least = settings.fail_on.unwrap_or(Severity::Warning);
    if outcome.diagnostics.iter().any(|finding| finding.severity >= least) { FOUND } else { PASSED }
}

fn report(
    loaded: &Loaded,
    outcome: &Outcome,
    fixed: Option<usize>,
    level: Applicability,
    arguments: &CheckArguments,
    terminal: &Terminal,
) -> anyhow::Result<()> {
    let look = terminal.look(level);
    let findings = Findings {
        project: &loaded.project,
        diagnostics: &outcome.diagnostics,
        suppressed: if arguments.show_suppressed { &outcome.suppressed } else { &[] },
        summary: &outcome.summary,
    };
    let rendered = match arguments.output_format {
        CheckFormat::Json => {
            let rendered = isolated(Unit::Format("json"), || json::render(&findings));
            return rendered.map_or(Ok(()), |parts| terminal.report_parts(&parts?));
        }
        CheckFormat::Full | CheckFormat::Concise if arguments.statistics => {
            isolated(Unit::Format("statistics"), || statistics::render(&findings, look))
        }
        CheckFormat::Full => isolated(Unit::Format("full"), || full::render(&findings, look)),
        CheckFormat::Concise => isolated(Unit::Format("concise"), || concise::render(&findings, look)),
    };
    // The numbers are still true where a format fails, and the failure is reported at the end.
    let mut text = rendered.unwrap_or_default();
    if terminal.is_talkative() {
        let (source, is_git) = loaded.source(&outcome.applied);
        let circumstances = summary::Circumstances { source: source.as_deref(), is_git, fixed };
        text += &summary::render(&findings, circumstances, look);
    }
    terminal.report(&text)
}

/// Writes the repaired files and says what was done; whether all of them could be written.
fn write(project: &Project, fixes: &FixReport, terminal: &Terminal) -> bool {
    let fixed_files = || fixes.files.iter().filter_map(|fixed| Some((project.file(fixed.file)?, fixed)));
    let changes: Vec<FileChange<'_>> = fixed_files()
        .map(|(file, fixed)| FileChange::Rewrite { file, old: &fixed.old, new: &fixed.new })
        .collect();
    let errors = fix::write_possible(&changes);
    for (file, fixed) in fixed_files() {
        if let Some(error) = errors.iter().find(|error| error.path == file.path) {
            terminal.error(error);
            continue;
        }
        let repairs = counted(fixed.fixes.len(), "finding");
        let mut done: Vec<_> = fixed.fixes.iter().map(|fix| fix.description.as_str()).collect();
        done.dedup();
        terminal.tell(format_args!("Fixed {repairs} in {}: {}", file.path, done.join("; ")));
    }
    tell_refused(project, fixes, terminal);
    errors.is_empty()
}

/// Prints the difference for `patch` or `git apply`, and its size for people.
fn show_difference(project: &Project, fixes: &FixReport, terminal: &Terminal) -> anyhow::Result<()> {
    let difference: String = fixes
        .files
        .iter()
        .filter_map(|fixed| Some((project.file(fixed.file)?, fixed)))
        .map(|(file, fixed)| fix::unified_diff(&file.path, &fixed.old, &fixed.new))
        .collect();
    terminal.report(&difference)?;
    tell_refused(project, fixes, terminal);
    let remaining = counted(fixes.outcome.diagnostics.len(), "finding");
    if fixes.files.is_empty() {
        terminal.tell(format_args!("Nothing to fix; {remaining} would remain."));
    } else {
        terminal.tell(format_args!(
            "Would fix {} in {}; {remaining} would remain.",
            counted(fixes.applied(), "finding"),
            counted(fixes.files.len(), "file"),
        ));
    }
    Ok(())
}

fn tell_refused(project: &Project, fixes: &FixReport, terminal: &Terminal) {
    for refused in &fixes.refused {
        if let Some(file) = project.file(refused.file) {
            let rules = refused.rules.join(", ");
            terminal.warn(format_args!("{}: not fixed ({rules}): {}", file.path, refused.reason));
        }
    }
}

//! From arguments to a project that is ready to be judged: configuration, files, applied revisions.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;

use super::COULD_NOT_RUN;
use super::arguments::ProjectArguments;
use super::terminal::Terminal;
use crate::config::{self, AppliedRef, Key, Settings};
use crate::history::applied::environment::CiEnvironment;
use crate::history::applied::git::mark_applied;
use crate::project::{self, AppliedSource, LoadRequest, Project};
use crate::selection::Selection;
use crate::source::{Applied, Role};

/// What a command works on.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) settings: Settings,
    pub(super) project: Project,
}

/// Reads the configuration and the files; `adjust` puts the command's own options over the configuration.
pub(super) fn load(
    arguments: &ProjectArguments,
    terminal: &Terminal,
    adjust: impl FnOnce(&mut Settings),
) -> anyhow::Result<Loaded> {
    let working_directory = std::env::current_dir().context("the working directory cannot be read")?;
    let (mut settings, config_file) = config::load(&working_directory, &arguments.config)?;
    if let Some(reference) = &arguments.applied_ref {
        settings.applied_ref = applied_ref(reference)?;
    }
    settings.all |= arguments.all;
    adjust(&mut settings);
    let paths = arguments.paths.clone();
    let mut project = project::load(&LoadRequest { working_directory, paths }, &settings)?;
    let environment = CiEnvironment::read(|name| std::env::var(name).ok());
    let notes = mark_applied(&mut project, &settings.applied_ref, &environment);
    for note in project.notes.iter().chain(&notes) {
        terminal.warn(note);
    }
    for error in &project.errors {
        terminal.error(error);
    }
    describe(&project, &settings, config_file, terminal);
    Ok(Loaded { settings, project })
}

/// The rules that the configuration and the command line turn on.
pub(super) fn selection(settings: &Settings) -> anyhow::Result<Selection> {
    Selection::resolve(settings).map_err(|error| {
        let key = match error.key {
            "select" => Key::Select,
            "extend-select" => Key::ExtendSelect,
            "ignore" => Key::Ignore,
            _ => Key::Severity,
        };
        match settings.origin(key, &error.name) {
            Some(place) => anyhow::anyhow!("{place}: {error}"),
            None => error.into(),
        }
    })
}

fn applied_ref(value: &str) -> anyhow::Result<AppliedRef> {
    match value.trim() {
        "" => anyhow::bail!("--applied-ref is empty; expected a git ref such as origin/main, or false"),
        "false" => Ok(AppliedRef::Off),
        name => Ok(AppliedRef::Named(name.to_owned())),
    }
}

impl Loaded {
    /// The exit code of a run that else would end with `code`: what could not be read was not judged.
    pub(super) fn exit(&self, code: u8) -> ExitCode {
        ExitCode::from(if self.project.errors.is_empty() { code } else { COULD_NOT_RUN })
    }

    /// How many revision files were asked for.
    pub(super) fn revisions(&self) -> usize {
        self.project.files.iter().filter(|file| file.selected && file.role == Role::Revision).count()
    }

    /// The ref that told applied revisions from new ones.
    pub(super) fn reference(&self) -> Option<&str> {
        self.project.directories.iter().find_map(|directory| match &directory.applied {
            AppliedSource::Git { reference, .. } => Some(&**reference),
            AppliedSource::Unknown => None,
        })
    }
}

/// How the run came to its files, for `--verbose`.
fn describe(project: &Project, settings: &Settings, config_file: Option<PathBuf>, terminal: &Terminal) {
    match config_file {
        Some(path) => terminal.detail(format_args!("configuration: {}", path.display())),
        None => terminal.detail("configuration: none found, defaults are used"),
    }
    for (index, directory) in project.directories.iter().enumerate() {
        terminal.detail(format_args!("script directory: {}", directory.path));
        for location in &directory.version_locations {
            terminal.detail(format_args!("  version location: {location}"));
        }
        match settings.dialect.or(directory.dialect) {
            Some(dialect) => terminal.detail(format_args!("  dialect: {dialect:?}")),
            None => terminal.detail("  dialect: not known, judged as PostgreSQL"),
        }
        match &directory.applied {
            AppliedSource::Git { reference, commit } => {
                terminal.detail(format_args!("  applied: what is in {reference} (merge base {commit})"));
            }
            AppliedSource::Unknown => {
                terminal.detail("  applied: nothing is known, every revision counts as new");
            }
        }
        let revisions =
            || project.files.iter().filter(|file| file.directory == index && file.role == Role::Revision);
        terminal.detail(format_args!(
            "  revisions: {}, of these {} selected and {} applied",
            revisions().count(),
            revisions().filter(|file| file.selected).count(),
            revisions().filter(|file| file.applied != Applied::No).count(),
        ));
    }
}

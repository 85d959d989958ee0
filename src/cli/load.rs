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
use crate::project::{self, AppliedSource, LoadRequest, Project, ScriptDirectory};
use crate::selection::Selection;
use crate::source::{Applied, Role, SourceFile};

/// What a command works on.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) settings: Settings,
    pub(super) project: Project,
    config_file: Option<PathBuf>,
}

/// Reads the configuration and the files; `adjust` puts the command's own options over the configuration.
pub(super) fn load(
    arguments: &ProjectArguments,
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
    project.notes.extend(notes);
    Ok(Loaded { settings, project, config_file })
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

    /// Whether the run may go on: says loudly that there is no revision among those that were asked for. Fine
    /// where files were given (a hook passes whatever changed); a gate that finds no revisions in a project or a
    /// directory guards nothing.
    pub(super) fn has_revisions(&self, paths: &[PathBuf], terminal: &Terminal) -> bool {
        // Where all revisions are deleted, that is what there is to say.
        let counts = |file: &SourceFile| file.selected && matches!(file.role, Role::Revision | Role::Deleted);
        if self.project.files.iter().any(counts) {
            return true;
        }
        if !paths.is_empty() && !paths.iter().any(|path| path.is_dir()) {
            terminal.warn_loudly("no revision was checked: none of the given files is one");
            return true;
        }
        let locations = self.project.directories.iter().flat_map(|directory| &directory.version_locations);
        let locations: Vec<_> = locations.map(|location| format!("`{location}`")).collect();
        let searched = match (locations.is_empty(), paths.is_empty()) {
            (false, _) => format!("there is none in {}", locations.join(", ")),
            (true, true) => {
                "no script directory was found from here upward and below; run it in the project or \
                             give a path"
                    .to_owned()
            }
            (true, false) => "no script directory was found in the given paths".to_owned(),
        };
        terminal.error(format_args!("no revision was checked: {searched}"));
        false
    }

    /// The ref that told applied revisions from new ones.
    pub(super) fn reference(&self) -> Option<&str> {
        self.project.directories.iter().find_map(|directory| match &directory.applied {
            AppliedSource::Git { reference, .. } => Some(&**reference),
            AppliedSource::Unknown => None,
        })
    }

    /// Says what could not be found or read, and with `--verbose` how the run came to its files.
    pub(super) fn introduce(&self, terminal: &Terminal) {
        for note in &self.project.notes {
            terminal.warn(note);
        }
        for error in &self.project.errors {
            terminal.error(error);
        }
        match &self.config_file {
            Some(path) => terminal.detail(format_args!("configuration: {}", path.display())),
            None => terminal.detail("configuration: none found, defaults are used"),
        }
        for (index, directory) in self.project.directories.iter().enumerate() {
            self.detail_directory(index, directory, terminal);
        }
    }

    fn detail_directory(&self, index: usize, directory: &ScriptDirectory, terminal: &Terminal) {
        terminal.detail(format_args!("script directory: {}", directory.path));
        for location in &directory.version_locations {
            terminal.detail(format_args!("  version location: {location}"));
        }
        match self.settings.dialect.or(directory.dialect) {
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
        let files = &self.project.files;
        let revisions = || files.iter().filter(|file| file.directory == index && file.role == Role::Revision);
        terminal.detail(format_args!(
            "  revisions: {}, of these {} selected and {} applied",
            revisions().count(),
            revisions().filter(|file| file.selected).count(),
            revisions().filter(|file| file.applied != Applied::No).count(),
        ));
    }
}

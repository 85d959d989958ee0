//! From arguments to a project that is ready to be judged: configuration, files, applied revisions.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use rayon::prelude::*;

use super::COULD_NOT_RUN;
use super::applied;
use super::arguments::ProjectArguments;
use super::dialect;
use super::terminal::Terminal;
use crate::config::{self, Key, Settings};
use crate::history::applied::AppliedRevisions;
use crate::history::applied::environment::CiEnvironment;
use crate::history::applied::git::mark_applied;
use crate::project::{self, AppliedSource, LoadRequest, Project, ScriptDirectory};
use crate::python::naming::naming_convention;
use crate::selection::{Selection, SelectionError};
use crate::source::{Role, SourceFile};

/// What a command works on.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) settings: Settings,
    pub(super) project: Project,
    config_file: Option<PathBuf>,
}

/// [`read`], and what tells applied revisions from new ones is asked.
pub(super) fn load(
    arguments: &ProjectArguments,
    adjust: impl FnOnce(&mut Settings),
) -> anyhow::Result<Loaded> {
    let (mut loaded, silent_git) = read(arguments, adjust)?;
    applied::tell(&mut loaded.project, &loaded.settings, &arguments.applied, &silent_git)?;
    Ok(loaded)
}

/// Reads the configuration and the files; `adjust` puts the command's own options over the configuration. Gives the
/// reasons why git could not tell what was there before as well.
pub(super) fn read(
    arguments: &ProjectArguments,
    adjust: impl FnOnce(&mut Settings),
) -> anyhow::Result<(Loaded, Vec<String>)> {
    let working_directory = std::env::current_dir().context("the working directory cannot be read")?;
    let (mut settings, config_file) = config::load(&working_directory, &arguments.config)?;
    applied::adjust(&arguments.applied, &mut settings)?;
    settings.all |= arguments.all;
    adjust(&mut settings);
    let paths = arguments.paths.clone();
    let mut project = project::load(&LoadRequest { working_directory, paths }, &settings)?;
    let files = &project.files;
    let convention_of = |(index, directory): (usize, &mut ScriptDirectory)| {
        directory.naming_convention = naming_convention(files, index);
    };
    project.directories.par_iter_mut().enumerate().for_each(convention_of);
    let environment = CiEnvironment::read(|name| std::env::var(name).ok());
    let silent_git = mark_applied(&mut project, &settings.applied_ref, &environment);
    Ok((Loaded { settings, project, config_file }, silent_git))
}

/// The rules that the configuration and the command line turn on.
pub(super) fn selection(settings: &Settings) -> anyhow::Result<Selection> {
    Selection::resolve(settings).map_err(|error| {
        let SelectionError::Unknown { name, key, .. } = &error else { return error.into() };
        let key = match *key {
            "select" => Key::Select,
            "extend-select" => Key::ExtendSelect,
            "ignore" => Key::Ignore,
            _ => Key::Severity,
        };
        match settings.origin(key, name) {
            Some(place) => anyhow::anyhow!("{place}: {error}"),
            None => error.into(),
        }
    })
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
        // A project that has just been made has none yet.
        if !locations.is_empty() {
            let places = locations.join(", ");
            terminal.warn_loudly(format_args!("no revision was checked: there is none in {places}"));
            return true;
        }
        let searched = if paths.is_empty() {
            "no script directory was found from here upward and below; run it in the project or give a path"
        } else {
            "no script directory was found in the given paths"
        };
        terminal.error(format_args!("no revision was checked: {searched}"));
        false
    }

    /// What told applied revisions from new ones, as a part of a sentence, and whether git did.
    pub(super) fn source(&self, applied: &AppliedRevisions) -> (Option<String>, bool) {
        let directories = self.project.directories.iter().enumerate();
        let mut sources = directories.filter_map(|(index, directory)| {
            let is_left_to_git = applied.is_left_to_git(index);
            let source = applied::described(directory, is_left_to_git)?;
            Some((Some(source), is_left_to_git || directory.applied == AppliedSource::Git))
        });
        sources.next().unwrap_or((None, true))
    }

    /// Says what could not be found or read, and with `--verbose` how the run came to its files.
    pub(super) fn introduce(&self, applied: &AppliedRevisions, terminal: &Terminal) {
        for note in &self.project.notes {
            terminal.warn(note);
        }
        for error in &self.project.errors {
            terminal.error(error);
        }
        for directory in &self.project.directories {
            if let Some(guess) = dialect::guess(&self.settings, directory) {
                let whose = if self.project.directories.len() > 1 {
                    format!("{}: ", directory.path)
                } else {
                    String::new()
                };
                terminal.tell(format_args!("{whose}dialect: {guess}"));
            }
        }
        if !terminal.is_verbose() {
            return;
        }
        match &self.config_file {
            Some(path) => terminal.detail(format_args!("configuration: {}", path.display())),
            None => terminal.detail("configuration: none found, defaults are used"),
        }
        for (index, directory) in self.project.directories.iter().enumerate() {
            self.detail_directory(index, directory, applied, terminal);
        }
    }

    fn detail_directory(
        &self,
        index: usize,
        directory: &ScriptDirectory,
        applied: &AppliedRevisions,
        terminal: &Terminal,
    ) {
        terminal.detail(format_args!("script directory: {}", directory.path));
        for location in &directory.version_locations {
            terminal.detail(format_args!("  version location: {location}"));
        }
        terminal.detail(format_args!("  dialect: {}", dialect::described(&self.settings, directory)));
        match applied::described(directory, applied.is_left_to_git(index)) {
            Some(source) => terminal.detail(format_args!("  applied: what is {source}")),
            None => terminal.detail("  applied: nothing is known, every revision counts as new"),
        }
        let is_lock = |file: &SourceFile| file.directory == index && file.role == Role::Lock;
        if directory.applied != AppliedSource::Lock && self.project.files.iter().any(is_lock) {
            let lock = applied::lock_path(directory);
            terminal.detail(format_args!("  not asked: {lock}, since another source is named"));
        }
        if let Some(base) = &directory.base {
            terminal
                .detail(format_args!("  compared with: merge base {} of {}", base.commit, base.reference));
        }
        let files = self.project.files();
        let revisions: Vec<_> = files
            .filter(|(_, file)| file.directory == index && file.role == Role::Revision)
            .map(|(id, file)| (file.selected, applied.contains(id)))
            .collect();
        terminal.detail(format_args!(
            "  revisions: {}, of these {} selected and {} applied",
            revisions.len(),
            revisions.iter().filter(|(is_selected, _)| *is_selected).count(),
            revisions.iter().filter(|(_, is_applied)| *is_applied).count(),
        ));
    }
}

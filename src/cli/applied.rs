//! Which source tells applied revisions, and asking it. The set of them is made where revisions are read.
//!
//! On the command line one source is named. Else the first one that is configured holds: `applied-ref` with a ref, a
//! lock beside `env.py`, `applied-through`, `database-url-env` where the variable is set; else git with the default
//! branch.

use std::time::Duration;

use anyhow::{Context, bail};

use super::arguments::AppliedArguments;
use crate::config::{AppliedRef, Settings};
use crate::history::applied::AppliedRevisions;
use crate::history::applied::database::url::DatabaseUrl;
use crate::history::applied::database::{self, DEFAULT_TABLE, VersionTable};
use crate::history::applied::git::unchecked;
use crate::history::applied::lock::Lock;
use crate::project::{AppliedSource, Project, ScriptDirectory};
use crate::python::version_table::{Configured, version_table};
use crate::source::{Role, SourceFile};

/// How to go on without the source that failed.
const WAY_OUT: &str =
    "`--applied-ref REF` asks git instead, `--applied-ref false` counts every revision as new";

/// A database that is to be asked, and who named it.
struct Database {
    url: String,
    named_by: String,
}

/// Puts the command line over the configuration.
pub(super) fn adjust(arguments: &AppliedArguments, settings: &mut Settings) -> anyhow::Result<()> {
    if let Some(reference) = &arguments.applied_ref {
        settings.applied_ref = applied_ref(reference)?;
        let others = [
            ("--applied-through", !arguments.applied_through.is_empty()),
            ("--database-url", arguments.database_url.is_some()),
        ];
        let other = others.iter().find(|(_, is_given)| *is_given).map(|(name, _)| name);
        if let (AppliedRef::Named(_), Some(other)) = (&settings.applied_ref, other) {
            bail!("--applied-ref and {other} both say which revisions are applied; give one of them");
        }
    }
    Ok(())
}

fn applied_ref(value: &str) -> anyhow::Result<AppliedRef> {
    match value.trim() {
        "" => bail!("--applied-ref is empty; expected a git ref such as origin/main, or false"),
        "false" => Ok(AppliedRef::Off),
        name => Ok(AppliedRef::Named(name.to_owned())),
    }
}

/// Decides for each script directory, and asks a database where one is to tell. `silent_git` is why git could not.
pub(super) fn tell(
    project: &mut Project,
    settings: &Settings,
    arguments: &AppliedArguments,
    silent_git: &[String],
) -> anyhow::Result<()> {
    if !arguments.applied_through.is_empty() {
        let references = boxed(&arguments.applied_through);
        project.directories.iter_mut().for_each(|directory| {
            directory.applied = AppliedSource::Through(references.clone());
        });
    } else if let Some(url) = &arguments.database_url {
        let database = Database { url: url.clone(), named_by: "--database-url".to_owned() };
        let all = 0..project.directories.len();
        ask(project, all.collect(), &database, settings, arguments)?;
    } else if arguments.applied_ref.is_some() {
        if settings.applied_ref == AppliedRef::Off {
            project.directories.iter_mut().for_each(|directory| directory.applied = AppliedSource::Unknown);
        }
    } else if !matches!(settings.applied_ref, AppliedRef::Named(_)) {
        tell_configured(project, settings, arguments)?;
    }
    demand_readable_locks(project)?;
    let notes: Vec<String> = silent_git.iter().map(|reason| note(project, reason)).collect();
    project.notes.extend(notes);
    Ok(())
}

/// Lock, `applied-through`, `database-url-env`, git: the first that is there.
fn tell_configured(
    project: &mut Project,
    settings: &Settings,
    arguments: &AppliedArguments,
) -> anyhow::Result<()> {
    let locked: Vec<usize> =
        project.files.iter().filter(|file| file.role == Role::Lock).map(|file| file.directory).collect();
    let references = boxed(&settings.applied_through);
    let mut open = Vec::new();
    for (index, directory) in project.directories.iter_mut().enumerate() {
        if locked.contains(&index) {
            directory.applied = AppliedSource::Lock;
        } else if !references.is_empty() {
            directory.applied = AppliedSource::Through(references.clone());
        } else {
            open.push(index);
        }
    }
    let Some(name) = settings.database_url_env.as_deref().filter(|_| !open.is_empty()) else { return Ok(()) };
    let Some(url) = std::env::var(name).ok().filter(|url| !url.trim().is_empty()) else {
        project.notes.push(format!(
            "`{name}`, which `database-url-env` names, is not set, so git tells which revisions are applied"
        ));
        return Ok(());
    };
    let database = Database { url, named_by: format!("`{name}` (`database-url-env`)") };
    ask(project, open, &database, settings, arguments)
}

fn boxed(references: &[String]) -> Vec<Box<str>> {
    references.iter().map(|reference| reference.trim().into()).collect()
}

/// Asks a database about the one script directory among `candidates` whose revisions are asked for.
fn ask(
    project: &mut Project,
    candidates: Vec<usize>,
    database: &Database,
    settings: &Settings,
    arguments: &AppliedArguments,
) -> anyhow::Result<()> {
    let is_asked_for = |index: &usize| {
        let mut files = project.files.iter().filter(|file| file.directory == *index);
        files.any(|file| file.role == Role::Deleted || (file.selected && file.role == Role::Revision))
    };
    let asked: Vec<usize> = candidates.into_iter().filter(is_asked_for).collect();
    let index = match asked.as_slice() {
        [] => return Ok(()),
        [one] => *one,
        several => {
            let directories = several.iter().filter_map(|index| project.directories.get(*index));
            let paths: Vec<String> = directories.map(|directory| format!("`{}`", directory.path)).collect();
            bail!(
                "{} is one database, and these script directories are checked: {}; give one of them as PATH",
                database.named_by,
                paths.join(", ")
            );
        }
    };
    let url = DatabaseUrl::parse(&database.url)
        .map_err(|error| anyhow::anyhow!("{} {error}", database.named_by))?;
    let table = table_of(project, index, settings)?;
    let timeout = Duration::from_secs_f64(arguments.database_timeout);
    let state = database::read(&url, &table, timeout)
        .with_context(|| format!("{} does not tell which revisions are applied", database.named_by))
        .map_err(|error| anyhow::anyhow!("{error:#}. {WAY_OUT}"))?;
    let name = url.to_string();
    if state.heads.is_empty() {
        let why = if state.has_table { "is empty" } else { "does not exist" };
        project.notes.push(format!(
            "the database `{name}` has run no revision, so every one counts as new: its table `{}` {why}",
            table.shown()
        ));
    }
    if let Some(directory) = project.directories.get_mut(index) {
        directory.applied = AppliedSource::Database { name: name.into(), heads: state.heads };
    }
    Ok(())
}

/// The version table: as configured, else as `env.py` says, else Alembic's own.
fn table_of(project: &Project, index: usize, settings: &Settings) -> anyhow::Result<VersionTable> {
    let is_env = |file: &&SourceFile| file.directory == index && file.role == Role::Environment;
    let env = project.files.iter().find(is_env);
    let told = env.map(|file| version_table(file.text())).unwrap_or_default();
    let choose = |key: &str, configured: &Option<String>, told: Configured| match (configured, told) {
        (Some(name), _) => Ok(Some(name.clone())),
        (None, Configured::Text(name)) => Ok(Some(name.into())),
        (None, Configured::Default) => Ok(None),
        (None, Configured::Unknown(source)) => {
            let path = env.map_or("env.py", |file| &*file.path);
            Err(anyhow::anyhow!(
                "`{path}` computes the version table (`{source}`); say what it is with `{key} = \"..\"`"
            ))
        }
    };
    Ok(VersionTable {
        name: choose("version-table", &settings.version_table, told.name)?
            .unwrap_or_else(|| DEFAULT_TABLE.to_owned()),
        schema: choose("version-table-schema", &settings.version_table_schema, told.schema)?,
    })
}

/// Refuses references of `applied-through` that mean no revision: what is applied would not be known.
pub(super) fn demand_known(applied: &AppliedRevisions) -> anyhow::Result<()> {
    match applied.unknown() {
        [] => Ok(()),
        [error, ..] => bail!("`applied-through`: {error}"),
    }
}

/// A lock that cannot be read protects nothing, and must not look as if it did.
fn demand_readable_locks(project: &Project) -> anyhow::Result<()> {
    for file in project.files.iter().filter(|file| file.role == Role::Lock) {
        let directory = project.directories.get(file.directory);
        if directory.is_some_and(|directory| directory.applied == AppliedSource::Lock) {
            read_lock(file)?;
        }
    }
    Ok(())
}

/// A lock of the project.
pub(super) fn read_lock(file: &SourceFile) -> anyhow::Result<Lock> {
    match &file.text {
        Ok(text) => Lock::parse(text).map_err(|error| anyhow::anyhow!("{}:{error}", file.path)),
        Err(reason) => bail!("{}: {reason}", file.path),
    }
}

/// What it means that git could not tell.
fn note(project: &Project, reason: &str) -> String {
    let is = |wanted: fn(&AppliedSource) -> bool| {
        project.directories.iter().any(|directory| wanted(&directory.applied))
    };
    if is(|source| matches!(source, AppliedSource::Unknown | AppliedSource::Git))
        || project.directories.is_empty()
    {
        return unchecked(reason);
    }
    let what = if is(|source| *source == AppliedSource::Lock) {
        "git does not tell which revisions are new on this branch, so all that the lock lists count as applied"
    } else {
        "whether applied revisions were edited is not checked"
    };
    format!("{what}: {reason}. `applied-ref = false` says that git is not to be asked")
}

/// Where the applied revisions of a script directory are known from, as a part of a sentence.
pub(super) fn described(directory: &ScriptDirectory, is_left_to_git: bool) -> Option<String> {
    let git = || directory.base.as_ref().map(|base| format!("in {}", base.reference));
    match &directory.applied {
        AppliedSource::Unknown => None,
        AppliedSource::Git => git(),
        AppliedSource::Through(_) if is_left_to_git => git(),
        AppliedSource::Lock => Some(format!("recorded in {}", lock_path(directory))),
        AppliedSource::Through(references) => Some(format!("up to {}", listed(references))),
        AppliedSource::Database { name, .. } => Some(format!("in the database {name}")),
    }
}

/// The lock of a script directory, as printed.
pub(super) fn lock_path(directory: &ScriptDirectory) -> String {
    match &*directory.path {
        "." => crate::project::LOCK_FILE.to_owned(),
        path => format!("{path}/{}", crate::project::LOCK_FILE),
    }
}

fn listed(names: &[Box<str>]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

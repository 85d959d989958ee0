//! What a person must be told about a project: files that were passed over, nothing found. Changes no file list.

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::Project;
use super::discover;
use super::disk::Disk;
use super::layouts::Selection;
use super::loader::Printer;
use super::script_directory::Layout;
use crate::source::Role;

/// How many paths a note names before it counts the rest.
const MAX_NAMED: usize = 3;

/// Files in a script directory that look like revisions and that Alembic does not load: their directories, with how
/// many each holds.
pub(super) type Unloaded = Vec<(PathBuf, usize)>;

/// What Alembic passes over in each of the script directories.
pub(super) fn unloaded(layouts: &[Layout], disk: &Disk) -> Vec<Unloaded> {
    let is_loaded = |directory: &Path| {
        let key = disk.canonical(directory);
        layouts.iter().any(|layout| layout.covers(&key))
    };
    let of_layout = |layout: &Layout| discover::revision_counts(&layout.root, disk, is_loaded);
    layouts.par_iter().map(of_layout).collect()
}

/// Adds the notes of a project whose files are read.
pub(super) fn add(
    project: &mut Project,
    layouts: &[Layout],
    unloaded: &[Unloaded],
    selection: &Selection,
    keys: &FxHashSet<PathBuf>,
    printer: &Printer,
) {
    for (layout, unloaded) in layouts.iter().zip(unloaded) {
        note_locations(project, layout, printer);
        note_unloaded(project, layout, unloaded, printer);
    }
    note_skipped(project, selection, keys, printer);
    note_nothing(project, layouts);
}

fn note_locations(project: &mut Project, layout: &Layout, printer: &Printer) {
    let assumed: Vec<String> = layout.assumed.iter().map(|path| printer.show(path)).collect();
    if !assumed.is_empty() {
        project.notes.push(format!(
            "`{}` is configured with no version location that holds a revision; {} taken by what {} (set \
             `version-locations` to say so)",
            printer.show(&layout.root),
            named(&assumed),
            if assumed.len() == 1 { "it holds" } else { "they hold" },
        ));
    }
    if layout.config_files.is_empty() {
        return;
    }
    for location in &layout.locations {
        let is_default = location.path == layout.root.join("versions");
        if !is_default && !location.path.is_dir() {
            project.notes.push(format!(
                "the version location `{}` of `{}` does not exist, and Alembic passes it over in silence; correct \
                 `version_locations` (without `path_separator`, only blanks and commas separate its entries)",
                printer.show(&location.path).trim(),
                printer.show(&layout.root)
            ));
        }
    }
}

fn note_unloaded(project: &mut Project, layout: &Layout, unloaded: &Unloaded, printer: &Printer) {
    let count: usize = unloaded.iter().map(|(_, count)| count).sum();
    if count == 0 {
        return;
    }
    let places: Vec<String> = unloaded.iter().map(|(path, _)| printer.show(path)).collect();
    project.notes.push(format!(
        "{count} {} in {} {} like {}, but Alembic does not load {}, because `{}` is not told to look there; set \
         `recursive_version_locations = true` in alembic.ini, or name the {} under `version-locations` in the \
         alembic-lint configuration",
        plural(count, "file", "files"),
        named(&places),
        plural(count, "looks", "look"),
        plural(count, "a revision", "revisions"),
        plural(count, "it", "them"),
        printer.show(&layout.root),
        plural(places.len(), "directory", "directories"),
    ));
}

/// Requested files that are none of the project's: pre-commit passes whatever its pattern matches.
fn note_skipped(project: &mut Project, selection: &Selection, keys: &FxHashSet<PathBuf>, printer: &Printer) {
    let is_configuration = |key: &PathBuf| {
        key.file_name().is_some_and(|name| name == "pyproject.toml")
            || key.extension().is_some_and(|extension| extension == "ini")
    };
    let mut skipped: Vec<String> = selection
        .files
        .iter()
        .filter(|(key, _)| !keys.contains(*key))
        .filter(|(key, _)| !is_configuration(key) || selection.script_directories.is_empty())
        .map(|(_, path)| printer.show(path))
        .collect();
    skipped.sort();
    if !skipped.is_empty() {
        project.notes.push(format!(
            "{} {} skipped: {} that Alembic loads",
            named(&skipped),
            plural(skipped.len(), "was", "were"),
            plural(skipped.len(), "it is no revision", "they are no revisions"),
        ));
    }
}

fn note_nothing(project: &mut Project, layouts: &[Layout]) {
    let is_checked = |role: &Role| matches!(role, Role::Revision | Role::Template | Role::Environment);
    let has_revisions = project.files.iter().any(|file| file.role == Role::Revision);
    if project.files.iter().any(|file| file.selected && file.role == Role::Revision) {
        return;
    }
    if layouts.is_empty() && !project.absent.is_empty() {
        project.notes.push(
            "no revision was found: the configured script directory is not there, and no directory with revisions is here, above \
             or below; correct `script_location`, or give the path of the script directory"
                .to_owned(),
        );
    } else if layouts.is_empty() {
        project.notes.push(
            "no revision was found: there is no alembic.ini, no `[tool.alembic]` and no directory with revisions \
             here, above or below; run alembic-lint in the project, or give it the path of the script directory"
                .to_owned(),
        );
    } else if !has_revisions {
        let places: Vec<String> = project
            .directories
            .iter()
            .flat_map(|directory| &directory.version_locations)
            .map(ToString::to_string)
            .collect();
        project.notes.push(format!(
            "no revision was found: {} {} no file that Alembic would load; check `version_locations`, or give the \
             path of the directory that holds the revisions",
            named(&places),
            plural(places.len(), "holds", "hold"),
        ));
    } else if !project.files.iter().any(|file| file.selected && is_checked(&file.role)) {
        project.notes.push(
            "no revision was checked: none of the given paths holds a file that Alembic would load; give a \
             revision file or a script directory"
                .to_owned(),
        );
    }
}

fn plural<'a>(count: usize, one: &'a str, many: &'a str) -> &'a str {
    if count == 1 { one } else { many }
}

/// `a`, `b`, `c` and 4 more.
fn named(paths: &[String]) -> String {
    let quoted: Vec<String> = paths.iter().take(MAX_NAMED).map(|path| format!("`{path}`")).collect();
    let rest = paths.len().saturating_sub(MAX_NAMED);
    match quoted.as_slice() {
        _ if rest > 0 => format!("{} and {rest} more", quoted.join(", ")),
        [before @ .., last] if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        _ => quoted.join(", "),
    }
}

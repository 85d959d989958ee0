//! Fixes where nothing tells the database: only those that every database would get.

use rustc_hash::FxHashMap;

use super::{Outcome, judge};
use crate::config::Settings;
use crate::diagnostic::{Diagnostic, Fix};
use crate::operation::Dialect;
use crate::project::Project;
use crate::selection::Selection;
use crate::source::FileId;

/// Takes away the fixes that hold for the assumed database only: for another one the same finding would get another fix,
/// or there would be no such finding.
pub(super) fn withdraw_fixes(
    outcome: &mut Outcome,
    project: &Project,
    settings: &Settings,
    selection: &Selection,
) {
    let is_assumed = |file: FileId| {
        let file = project.file(file);
        let directory = file.and_then(|file| project.directories.get(file.directory));
        file.zip(directory).is_some_and(|(file, directory)| directory.dialect_at(&file.path).is_none())
    };
    let is_open = |diagnostic: &Diagnostic| diagnostic.fix.is_some() && is_assumed(diagnostic.file);
    if settings.dialect.is_some() || !outcome.diagnostics.iter().any(is_open) {
        return;
    }
    for dialect in [Dialect::Mysql, Dialect::Sqlite] {
        let other = judge(project, &Settings { dialect: Some(dialect), ..settings.clone() }, selection);
        let mut fixes: FxHashMap<(FileId, &str), Vec<&Fix>> = FxHashMap::default();
        for found in &other.diagnostics {
            fixes.entry((found.file, found.rule.name)).or_default().extend(&found.fix);
        }
        for diagnostic in outcome.diagnostics.iter_mut().filter(|diagnostic| is_open(diagnostic)) {
            let others = fixes.get(&(diagnostic.file, diagnostic.rule.name));
            let is_same = |fix: &Fix| others.is_some_and(|others| others.contains(&fix));
            diagnostic.fix = diagnostic.fix.take().filter(is_same);
        }
    }
    outcome.summary.fixable = super::fixable(&outcome.diagnostics);
}

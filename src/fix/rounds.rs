//! Rounds of linting and repairing until nothing changes. Writes no file.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::config::{Settings, SqlmodelImport};
use crate::diagnostic::{Applicability, Edit, Fix};
use crate::linter::{Outcome, lint};
use crate::project::Project;
use crate::python::{UnusedImport, is_valid, unused_imports};
use crate::selection::Selection;
use crate::source::{FileId, Role, SourceFile};

use super::apply::EditSet;
use super::loss::Doings;

/// More rounds than any honest set of fixes needs.
const MAX_ROUNDS: usize = 20;

/// What `--fix` did to the texts of a project.
#[derive(Debug, Clone, Default)]
pub struct FixReport {
    /// The files whose text changed, in the project's order.
    pub files: Vec<FixedFile>,
    /// Fixes that were not made, in the project's order.
    pub refused: Vec<RefusedFix>,
    /// What is found in the repaired texts.
    pub outcome: Outcome,
}

impl FixReport {
    /// The number of findings that were repaired.
    pub fn applied(&self) -> usize {
        self.files.iter().map(|file| file.fixes.len()).sum()
    }
}

/// A file whose text changed.
#[derive(Debug, Clone)]
pub struct FixedFile {
    /// The file.
    pub file: FileId,
    /// The text before; [`super::write`] demands that the disk still holds it.
    pub old: Arc<str>,
    /// The text after.
    pub new: Arc<str>,
    /// What was repaired, in the order of rounds and places.
    pub fixes: Vec<AppliedFix>,
}

/// One repair that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedFix {
    /// The rule whose finding it repairs.
    pub rule: &'static str,
    /// What it did, as an instruction.
    pub description: String,
}

/// Fixes of a file that were not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedFix {
    /// The file.
    pub file: FileId,
    /// The rules that offered them.
    pub rules: Vec<&'static str>,
    /// Why, for people.
    pub reason: &'static str,
}

const INVALID: &str = "the result would not be Python; please report this as a bug of the rule";
const LOSS: &str = "the result would do less than the revision does; please report this as a bug of the rule";
const ENDLESS: &str = "repairs were still left after 20 rounds; please report this as a bug";
const FIGHT: &str = "their repairs undo each other, so the text was left as it was before the last round; \
                     please report this as a bug";

/// Repairs the texts of `project` with fixes of at least `level`, round by round, until nothing changes.
///
/// What is applied, unreadable or no revision is not touched. Fixes that would turn Python into something
/// else, or that undo each other, are left out and named.
pub fn fix(
    project: &mut Project,
    settings: &Settings,
    selection: &Selection,
    level: Applicability,
) -> FixReport {
    let mut rounds = Rounds::default();
    loop {
        let outcome = lint(project, settings, selection);
        if rounds.take_losses_back(project, &outcome) {
            continue;
        }
        let has_changed = rounds.count < MAX_ROUNDS && rounds.repair(project, &outcome, level);
        if !has_changed && !rounds.remove_unused_imports(project, settings) {
            return rounds.into_report(project, outcome);
        }
    }
}

/// What earlier rounds did.
#[derive(Debug, Default)]
struct Rounds {
    count: usize,
    /// All texts each changed file has had, the oldest first.
    texts: BTreeMap<FileId, Vec<Arc<str>>>,
    fixes: BTreeMap<FileId, Vec<AppliedFix>>,
    /// Rules whose fixes are left out, by file.
    barred: BTreeSet<(FileId, &'static str)>,
    refused: Vec<RefusedFix>,
    /// The files in which the last round replaced something; those left out by whose repairs operations go.
    done: BTreeMap<FileId, Done>,
    /// Files whose imports were compared with what is used.
    tidied: BTreeSet<FileId>,
    /// Files that get the fixes of one rule a round.
    one_by_one: BTreeSet<FileId>,
}

/// What a round did to a file.
#[derive(Debug)]
struct Done {
    /// What the revision did before.
    doings: Doings,
    rules: BTreeSet<&'static str>,
    /// How many repairs were made in earlier rounds.
    earlier: usize,
}

impl Rounds {
    /// Makes one round of fixes; whether another one may find more.
    fn repair(&mut self, project: &mut Project, outcome: &Outcome, level: Applicability) -> bool {
        self.count += 1;
        let mut by_file: BTreeMap<FileId, Vec<(&'static str, &Fix)>> = BTreeMap::new();
        for diagnostic in &outcome.diagnostics {
            let Some(fix) = diagnostic.fix.as_ref().filter(|fix| fix.applicability >= level) else {
                continue;
            };
            if !self.barred.contains(&(diagnostic.file, diagnostic.rule.name)) {
                by_file.entry(diagnostic.file).or_default().push((diagnostic.rule.name, fix));
            }
        }
        let mut again = false;
        for (id, mut fixes) in by_file {
            if let Some((first, _)) = fixes.first().copied().filter(|_| self.one_by_one.contains(&id)) {
                fixes.retain(|(rule, _)| *rule == first);
            }
            if let Some(file) = project.files.get_mut(id.0 as usize) {
                let doings = outcome.revisions.get(id.0 as usize).and_then(Option::as_ref).map(Doings::of);
                again |= self.repair_file(id, file, &fixes, doings);
            }
        }
        again
    }

    /// Puts back the text of each file that does less since the last round; whether there is one.
    fn take_losses_back(&mut self, project: &mut Project, outcome: &Outcome) -> bool {
        let mut is_back = false;
        for (id, Done { doings, rules, earlier }) in std::mem::take(&mut self.done) {
            let revision = outcome.revisions.get(id.0 as usize).and_then(Option::as_ref);
            let after = revision.map(Doings::of).unwrap_or_default();
            let (Some(file), Some(texts)) = (project.files.get_mut(id.0 as usize), self.texts.get_mut(&id))
            else {
                continue;
            };
            if !doings.lack(&after) {
                continue;
            }
            texts.pop();
            if let Some(old) = texts.last() {
                file.text = Ok(old.clone());
            }
            if let Some(fixes) = self.fixes.get_mut(&id) {
                fixes.truncate(earlier);
            }
            is_back = true;
            // Which of them it was shows when they come one by one.
            if rules.len() > 1 {
                self.one_by_one.insert(id);
            } else {
                self.refuse(id, rules, LOSS);
            }
        }
        is_back
    }

    fn repair_file(
        &mut self,
        id: FileId,
        file: &mut SourceFile,
        fixes: &[(&'static str, &Fix)],
        doings: Option<Doings>,
    ) -> bool {
        let Ok(old) = file.text.clone() else { return false };
        let (set, made) = together(fixes);
        let whole = set.apply(&old).filter(|new| is_sound(file, &old, new));
        let Some((new, made)) =
            whole.map(|new| (new, made.clone())).or_else(|| sound_part(file, &old, &made))
        else {
            self.refuse(id, made.iter().map(|(rule, _)| *rule).collect(), INVALID);
            return true;
        };
        let new = Arc::<str>::from(new);
        let rules: BTreeSet<_> = made.iter().map(|(rule, _)| *rule).collect();
        if new == old {
            return false;
        }
        let texts = self.texts.entry(id).or_insert_with(|| vec![old]);
        let is_back = texts.contains(&new);
        if is_back || self.count == MAX_ROUNDS {
            self.refuse(id, rules, if is_back { FIGHT } else { ENDLESS });
            return true;
        }
        texts.push(new.clone());
        file.text = Ok(new);
        // What only inserts takes nothing away; with an import, though, more is known, and other branches run.
        let replaces = |(_, fix): &(_, &Fix)| fix.edits.iter().any(|edit| edit.span.start < edit.span.end);
        let may_take = made.iter().any(|(_, fix)| fix.takes_operations);
        if let Some(doings) = doings.filter(|_| !may_take && made.iter().any(replaces)) {
            let earlier = self.fixes.get(&id).map_or(0, Vec::len);
            self.done.insert(id, Done { doings, rules, earlier });
        }
        let made =
            made.into_iter().map(|(rule, fix)| AppliedFix { rule, description: fix.description.clone() });
        self.fixes.entry(id).or_default().extend(made);
        true
    }

    /// Removes the imports that the fixes of a file left without a use, once for each file; whether there are any.
    fn remove_unused_imports(&mut self, project: &mut Project, settings: &Settings) -> bool {
        // Whether every revision must import it, `missing-sqlmodel-import` alone knows.
        let is_wanted =
            |name: &str| name == "sqlmodel" && settings.sqlmodel_import != Some(SqlmodelImport::WhenUsed);
        let mut is_changed = false;
        for (id, texts) in &mut self.texts {
            let Some(file) = project.files.get_mut(id.0 as usize) else { continue };
            let (Some(first), Ok(text)) = (texts.first(), file.text.clone()) else { continue };
            if file.role == Role::Template || !self.tidied.insert(*id) {
                continue;
            }
            let tidy = without_imports_unused_since(first, &text, is_wanted);
            if *tidy != *text && is_valid(&tidy) {
                let tidy = Arc::<str>::from(tidy);
                texts.push(tidy.clone());
                file.text = Ok(tidy);
                is_changed = true;
            }
        }
        is_changed
    }

    fn refuse(&mut self, file: FileId, rules: BTreeSet<&'static str>, reason: &'static str) {
        self.barred.extend(rules.iter().map(|rule| (file, *rule)));
        self.refused.push(RefusedFix { file, rules: rules.into_iter().collect(), reason });
    }

    fn into_report(mut self, project: &Project, outcome: Outcome) -> FixReport {
        let mut files = Vec::new();
        for (file, texts) in self.texts {
            let (Some(old), Some(new)) =
                (texts.first(), project.file(file).and_then(|f| f.text.clone().ok()))
            else {
                continue;
            };
            if *old != new {
                let made = self.fixes.remove(&file).unwrap_or_default();
                files.push(FixedFile { file, old: old.clone(), new, fixes: made });
            }
        }
        self.refused.sort_by_key(|refused| refused.file);
        FixReport { files, refused: self.refused, outcome }
    }
}

/// The text without imports that were used in `old`, or are not in it, and are of no use now.
fn without_imports_unused_since(old: &str, text: &str, is_wanted: impl Fn(&str) -> bool) -> String {
    let mut text = text.to_owned();
    // What was of no use before is its author's.
    let before: Vec<String> = unused_imports(old).into_iter().map(|unused| unused.name).collect();
    loop {
        let is_new = |unused: &UnusedImport| !before.contains(&unused.name) && !is_wanted(&unused.name);
        let unused = unused_imports(&text).into_iter().find(is_new);
        let Some(next) = unused.and_then(|unused| super::apply_edits(&text, &[unused.edit])) else {
            return text;
        };
        text = next;
    }
}

/// As many fixes as can be made at once, in the order of places.
fn together<'a>(fixes: &[(&'static str, &'a Fix)]) -> (EditSet, Vec<(&'static str, &'a Fix)>) {
    let first = |fix: &Fix| fix.edits.iter().map(|edit| edit.span).min();
    let mut in_order = fixes.to_vec();
    in_order.sort_by(|(rule, fix), (other, than)| (first(fix), rule).cmp(&(first(than), other)));
    let mut set = EditSet::default();
    in_order.retain(|(_, fix)| !fix.edits.is_empty() && set.add(&fix.edits));
    (set, in_order)
}

/// As many of the fixes, in their order, as leave the text sound: two that each take one of two statements away would leave an empty
/// block. The next round offers the others again, for the new text. `None` where not even one can be made.
fn sound_part<'a>(
    file: &SourceFile,
    old: &str,
    made: &[(&'static str, &'a Fix)],
) -> Option<(String, Vec<(&'static str, &'a Fix)>)> {
    let mut edits: Vec<Edit> = Vec::new();
    let mut part = None;
    let mut kept = Vec::new();
    for (rule, fix) in made {
        let more: Vec<Edit> = edits.iter().chain(&fix.edits).cloned().collect();
        if let Some(new) = super::apply_edits(old, &more).filter(|new| is_sound(file, old, new)) {
            (edits, part) = (more, Some(new));
            kept.push((*rule, *fix));
        }
    }
    part.map(|part| (part, kept))
}

/// Whether Python stays Python.
fn is_sound(file: &SourceFile, old: &str, new: &str) -> bool {
    file.role == Role::Template || !is_valid(old) || is_valid(new)
}

#[cfg(test)]
mod tests;

//! From one revision to its parts: prepared, planned, written in memory, read again.

use std::path::PathBuf;
use std::sync::Arc;

use super::body::{Divided, line_indent};
use super::part::{Called, Whole, names, text_of};
use super::plan::{Role, Unit, is_about_rows, plan_downgrade, plan_upgrade};
use super::rewrite::{Code, Piece, Rewriter, brought_back_loosely, is_strict_column};
use super::stage::Stage;
use super::{SplitError, verify};
use crate::config::Settings;
use crate::diagnostic::{Applicability, Edit};
use crate::fix::{Writer, fix, is_about_same, newline_of};
use crate::history::graph::Graph;
use crate::history::histories;
use crate::history::schema::{Moment, Step};
use crate::linter::{Outcome, lint, with_step};
use crate::operation::{Change, Operation, TableName};
use crate::project::Project;
use crate::python::outline::{Outline, outline};
use crate::revision::{Created, Revision};
use crate::rule::Rule;
use crate::rules::RULES;
use crate::selection::Selection;
use crate::source::{FileId, SourceFile};

/// A revision that was taken apart.
#[derive(Debug, Clone)]
pub struct Split {
    /// The parts in order; the first one has the place of the whole.
    pub parts: Vec<Part>,
    /// Revisions that followed the whole and follow the last part now.
    pub followers: Vec<FileId>,
    /// The project with the parts in it.
    pub project: Project,
    /// What was read from it.
    pub outcome: Outcome,
}

/// One part.
#[derive(Debug, Clone)]
pub struct Part {
    /// Its step.
    pub stage: Stage,
    /// Its identifier.
    pub id: String,
    /// The file in [`Split::project`].
    pub file: FileId,
    /// How many steps are left to the author.
    pub left: usize,
}

/// Rules whose repairs come first: they make of a statement what runs beside others.
pub(super) const BEFORE: [&str; 9] = [
    "unnamed-constraint",
    "drop-without-name",
    "missing-sqlmodel-import",
    "undefined-name",
    "index-not-concurrent",
    "drop-index-not-concurrent",
    "concurrent-in-transaction",
    "foreign-key-without-not-valid",
    "check-without-not-valid",
];

/// The rule whose repair adds imports for what was written anew.
const IMPORTS: &str = "undefined-name";

/// The rule whose repair puts into batch mode what SQLite has no statement for.
const BATCH: &str = "sqlite-requires-batch";

/// Rules whose repairs come last: they undo what the parts do beyond the whole.
pub(super) const AFTER: [&str; 4] = [IMPORTS, BATCH, "downgrade-asymmetric", "empty-downgrade"];

/// Takes the revision in a file of `project` apart; `None` where all of it fits one step. `outcome` was read from `project`.
pub fn split(
    project: &Project,
    settings: &Settings,
    outcome: &Outcome,
    file: FileId,
) -> Result<Option<Split>, SplitError> {
    demand_own(project, outcome, file)?;
    let schema = |project: &Project, outcome: &Outcome, file| {
        with_step(project, settings, outcome, file, |step| verify::described(step.after()))
    };
    let whole = schema(project, outcome, file).ok_or(SplitError::Unreadable)?;
    let mut prepared = project.clone();
    select(&mut prepared, |id| id == file);
    let in_parts = Settings { in_parts: true, ..settings.clone() };
    fix(&mut prepared, &in_parts, &rules(&BEFORE), Applicability::Unsafe);
    let read = lint(&prepared, settings, &Selection::of(&[]));
    let planned = with_step(&prepared, settings, &read, file, |step| plan(step, &read, &prepared));
    let Some(planned) = planned.ok_or(SplitError::Unreadable)?? else { return Ok(None) };
    let mut split = place(project, outcome, file, planned)?;
    let parts: Vec<FileId> = split.parts.iter().map(|part| part.file).collect();
    select(&mut split.project, |id| parts.contains(&id));
    let closing = if has_downgrade(outcome, file) { &AFTER[..] } else { &[IMPORTS, BATCH][..] };
    fix(&mut split.project, settings, &rules(closing), Applicability::Unsafe);
    split.outcome = lint(&split.project, settings, &Selection::of(&[]));
    let would_not_hold = |reason| Err(SplitError::WouldNotHold { reason });
    let undefined = |revision: &Revision| -> Vec<Box<str>> {
        revision.names.undefined.iter().map(|undefined| undefined.name.clone()).collect()
    };
    let known = revision(outcome, file).map(undefined).unwrap_or_default();
    for part in &split.parts {
        let read = revision(&split.outcome, part.file).filter(|read| read.syntax_errors.is_empty());
        let Some(read) = read.filter(|read| read.id() == Some(&part.id)) else {
            return would_not_hold(format!("`{}` would be no revision", part.id));
        };
        if let Some(name) = undefined(read).iter().find(|name| !known.contains(name)) {
            return would_not_hold(format!("`{name}` would not be defined in `{}`", part.id));
        }
    }
    let last = split.parts.last().map_or(file, |part| part.file);
    let parts = schema(&split.project, &split.outcome, last).unwrap_or_default();
    if let Some(difference) = whole.symmetric_difference(&parts).next() {
        return would_not_hold(difference.clone());
    }
    Ok(Some(split))
}

fn rules(names: &[&str]) -> Selection {
    let chosen: Vec<&'static Rule> =
        RULES.iter().copied().filter(|rule| names.contains(&rule.name)).collect();
    Selection::of(&chosen)
}

fn select(project: &mut Project, is_wanted: impl Fn(FileId) -> bool) {
    for (at, file) in project.files.iter_mut().enumerate() {
        file.selected = u32::try_from(at).is_ok_and(|at| is_wanted(FileId(at)));
    }
}

fn revision(outcome: &Outcome, file: FileId) -> Option<&Revision> {
    outcome.revisions.get(file.0 as usize)?.as_ref()
}

fn demand_own(project: &Project, outcome: &Outcome, file: FileId) -> Result<(), SplitError> {
    if outcome.applied.contains(file) {
        return Err(SplitError::Applied);
    }
    let revision = revision(outcome, file).filter(|revision| revision.syntax_errors.is_empty());
    let id = revision.and_then(Revision::id).ok_or(SplitError::Unreadable)?;
    let directory = project.file(file).map(|file| file.directory);
    for (other, source) in project.files().filter(|(_, source)| Some(source.directory) == directory) {
        let Some(dependent) = self::revision(outcome, other) else { continue };
        if dependent.identifiers.depends_on.value.strings().iter().any(|needed| **needed == *id) {
            let name = dependent.id().unwrap_or(&source.path).to_owned();
            return Err(SplitError::IsNeeded { revision: name });
        }
    }
    Ok(())
}

/// Whether there is a `downgrade` that means to undo something.
fn has_downgrade(outcome: &Outcome, file: FileId) -> bool {
    let downgrade = revision(outcome, file).and_then(|revision| revision.downgrade.as_ref());
    downgrade.is_some_and(|body| !body.is_trivial && !body.raises)
}

/// The parts as texts.
struct Planned {
    parts: Vec<(Called, String, usize)>,
    /// The identifier of the whole.
    id: String,
}

fn plan(step: &Step<'_>, outcome: &Outcome, project: &Project) -> Result<Option<Planned>, SplitError> {
    let context = &step.context;
    let (revision, text) = (context.revision, context.text());
    let outline = outline(text).ok_or(SplitError::Unreadable)?;
    let function = outline.upgrade.as_ref().ok_or(SplitError::NoUpgrade)?;
    let mut moments: Vec<(Moment<'_>, Created)> = Vec::new();
    let units =
        plan_upgrade(step, function, text, |moment, created| moments.push((*moment, created.clone())))?;
    let (pieces, stages) = pieces(step, text, &units, &moments);
    if stages.len() < 2 {
        return Ok(None);
    }
    let graphs = Graph::of_project(project, &outcome.revisions);
    let graph = graphs.get(context.file.directory).ok_or(SplitError::Unreadable)?;
    let id = revision.id().ok_or(SplitError::Unreadable)?;
    let whole = Whole { revision, text, outline: &outline, name: context.file.name(), id };
    let upgrade = Divided { text, units: &units, pieces: &pieces };
    let down = downgrade(step, &outline, text, &units, &pieces, &stages)?;
    let called = names(whole, &stages, graph);
    let mut parts: Vec<(Called, String, usize)> = Vec::with_capacity(called.len());
    for called in called {
        let stage = called.stage;
        let mut bodies = vec![replaced(&upgrade, stage).ok_or(SplitError::NoUpgrade)?];
        let mut used = upgrade.names(stage);
        if let Some((units, pieces)) = &down {
            let divided = Divided { text, units, pieces };
            bodies.extend(replaced(&divided, stage));
            used.extend(divided.names(stage));
        } else if let Some(function) = &outline.downgrade {
            used.extend(function.items.iter().flat_map(|item| &item.uses).map(|name| &**name));
        }
        used.extend(pieces.iter().filter(|piece| piece.stage == stage).flat_map(|piece| piece.code.words()));
        let parent = parts.last().map(|(before, ..)| before.id.clone());
        let written = text_of(whole, &called, parent.as_deref(), &bodies, &used);
        let left =
            pieces.iter().filter(|piece| piece.stage == stage && matches!(piece.code, Code::Step(_))).count();
        parts.push((called, written.ok_or(SplitError::NotRewritable)?, left));
    }
    Ok(Some(Planned { parts, id: id.to_owned() }))
}

/// What each statement of `upgrade` becomes, and the steps that are needed.
fn pieces(
    step: &Step<'_>,
    text: &str,
    units: &[Unit<'_>],
    moments: &[(Moment<'_>, Created)],
) -> (Vec<Piece>, Vec<Stage>) {
    let updates = units.iter().flat_map(|unit| &unit.operations).filter(|operation| is_about_rows(operation));
    let filled: Vec<TableName> = updates.filter_map(|operation| operation.target().cloned()).collect();
    let writer = Writer::new(step.context.revision, text);
    let mut rewriter = Rewriter { step, text, writer, filled };
    let mut pieces = Vec::new();
    for (at, unit) in units.iter().enumerate().filter(|(_, unit)| unit.role == Role::Work) {
        let moment = unit
            .operations
            .first()
            .and_then(|operation| moments.iter().find(|(moment, _)| moment.operation.span == operation.span));
        let rewritten = moment.and_then(|(moment, created)| rewriter.pieces(unit, at, moment, created));
        let own = || Piece { stage: unit.stage, at, header: unit.item.header, code: Code::Own(Vec::new()) };
        pieces.extend(rewritten.unwrap_or_else(|| vec![own()]));
    }
    let first = pieces.first().map_or(0, |piece| piece.at);
    let validations: Vec<Piece> = rewriter
        .validations()
        .into_iter()
        .map(|(name, code)| {
            // Of what is made as late, the rows are looked at in a transaction of its own.
            let makes_it = |unit: &Unit<'_>| {
                unit.operations.iter().any(|operation| {
                    let own = operation.change.name();
                    // One without a name got it from the database.
                    let may_be =
                        matches!(operation.change, Change::CreateConstraint(_)) && own.known().is_none();
                    own.known() == Some(&name) || may_be
                })
            };
            let is_late =
                |piece: &Piece| piece.stage >= Stage::Contract && units.get(piece.at).is_some_and(makes_it);
            let stage = if pieces.iter().any(is_late) { Stage::Finish } else { Stage::Contract };
            Piece { stage, at: first, header: None, code }
        })
        .collect();
    pieces.extend(validations);
    // A check may stand behind the step that fills rows, where no statement fills them there.
    let fills = |piece: &Piece| piece.stage == Stage::Backfill && !matches!(piece.code, Code::Step(_));
    if !pieces.iter().any(fills) && pieces.iter().any(|piece| piece.stage == Stage::Backfill) {
        let guards = pieces.iter_mut().filter(|piece| piece.stage == Stage::Guard);
        guards.for_each(|piece| piece.stage = Stage::Backfill);
    }
    let stages =
        Stage::ALL.into_iter().filter(|stage| pieces.iter().any(|piece| piece.stage == *stage)).collect();
    (pieces, stages)
}

/// The statements of a function, and what each becomes.
type UnitsAndPieces<'o> = (Vec<Unit<'o>>, Vec<Piece>);

/// The statements of `downgrade` in the steps of what they undo; `None` where there are none to divide.
fn downgrade<'o, 'a: 'o>(
    step: &Step<'a>,
    outline: &'o Outline,
    text: &str,
    upgrade: &[Unit<'_>],
    pieces: &[Piece],
    stages: &[Stage],
) -> Result<Option<UnitsAndPieces<'o>>, SplitError> {
    let (Some(body), Some(function)) = (&step.context.revision.downgrade, &outline.downgrade) else {
        return Ok(None);
    };
    if body.is_trivial || body.raises {
        return Ok(None);
    }
    let place = |at: usize| {
        let own = pieces.iter().filter(|piece| piece.at == at && !matches!(piece.code, Code::Validation(_)));
        let is_own = |piece: &&Piece| matches!(piece.code, Code::Own(_));
        own.clone().find(is_own).or_else(|| own.clone().next_back()).map(|piece| piece.stage)
    };
    let undone = |operation: &Operation| {
        let same = |unit: &Unit<'_>, is_wanted: fn(&Change, &Change) -> bool| {
            let mut others = unit.operations.iter().map(|other| &other.change);
            others.any(|other| is_about_same(other, &operation.change) && is_wanted(other, &operation.change))
        };
        let inverse = upgrade.iter().rposition(|unit| same(unit, undoes));
        inverse.or_else(|| upgrade.iter().rposition(|unit| same(unit, |_, _| true)))
    };
    let nearest = |stage: Stage| {
        let later = stages.iter().find(|used| **used >= stage);
        later.or(stages.last()).copied().unwrap_or(stage)
    };
    let stage_of = |operation: &Operation| {
        let matched = undone(operation).and_then(place);
        matched.unwrap_or_else(|| {
            nearest(if is_about_rows(operation) { Stage::Backfill } else { Stage::Expand })
        })
    };
    let units = plan_downgrade(body, function, text, stage_of)?;
    let own = units.iter().enumerate().filter(|(_, unit)| unit.role == Role::Work).flat_map(|(at, unit)| {
        // A column that NULL was allowed in before it went comes back so.
        let loosened =
            unit.only_call().filter(|operation| is_strict_column(&operation.change)).filter(|operation| {
                undone(operation).is_some_and(|at| {
                    let of_unit = pieces.iter().filter(|piece| piece.at == at);
                    of_unit.clone().count() > 1 && of_unit.clone().any(|piece| piece.stage == unit.stage)
                })
            });
        let edits = loosened.and_then(|operation| brought_back_loosely(text, operation)).unwrap_or_default();
        let stage = nearest(unit.stage);
        let own = Piece { stage, at, header: unit.item.header, code: Code::Own(edits) };
        // The constraint takes its index along, and the part before has that.
        let index = unit.only_call().and_then(undone).and_then(|at| index_of(pieces, at));
        let index = index.map(|text| Piece { stage, at, header: None, code: Code::Statement(text) });
        std::iter::once(own).chain(index)
    });
    let own = own.collect();
    Ok(Some((units, own)))
}

/// Whether the second one takes back what the first one does, where both are about the same.
fn undoes(done: &Change, undoing: &Change) -> bool {
    matches!(
        (done, undoing),
        (Change::CreateTable(_), Change::DropTable(_))
            | (Change::DropTable(_), Change::CreateTable(_))
            | (Change::RenameTable(_), Change::RenameTable(_))
            | (Change::AddColumn(_), Change::DropColumn(_))
            | (Change::DropColumn(_), Change::AddColumn(_))
            | (Change::AlterColumn(_), Change::AlterColumn(_))
            | (Change::CreateIndex(_), Change::DropIndex(_))
            | (Change::DropIndex(_), Change::CreateIndex(_))
            | (Change::CreateConstraint(_), Change::DropConstraint(_))
            | (Change::DropConstraint(_), Change::CreateConstraint(_))
    )
}

/// What makes the index again that a part of the upgrade builds for a constraint.
fn index_of(pieces: &[Piece], at: usize) -> Option<String> {
    pieces.iter().filter(|piece| piece.at == at).find_map(|piece| match &piece.code {
        Code::Concurrently { op, arguments } => Some(format!("{op}.create_index({arguments})")),
        _ => None,
    })
}

/// The edit that gives a function the body of a step.
fn replaced(divided: &Divided<'_, '_>, stage: Stage) -> Option<Edit> {
    let span = divided.region()?;
    let first = divided.units.first()?.item;
    let first = first.header.unwrap_or(first.span);
    let indent = line_indent(divided.text, first.start as usize);
    Some(Edit { span, content: divided.body(stage, indent, newline_of(divided.text)) })
}

/// Puts the parts into the project, and lets what followed the whole follow the last one.
fn place(project: &Project, outcome: &Outcome, file: FileId, planned: Planned) -> Result<Split, SplitError> {
    let mut project = project.clone();
    let original = project.file(file).cloned().ok_or(SplitError::Unreadable)?;
    let last = planned.parts.last().map_or(planned.id.clone(), |(called, ..)| called.id.clone());
    let mut followers: Vec<Box<str>> = Vec::new();
    for id in followers_of(&project, outcome, file) {
        let other = revision(outcome, id);
        let source = project.files.get_mut(id.0 as usize);
        let (Some(other), Some(source)) = (other, source) else { continue };
        let not_spelled_out = || SplitError::WouldNotHold {
            reason: format!("{} does not spell out its down revision", source.path),
        };
        let edits = other.repoint(source.text(), &planned.id, &last).ok_or_else(not_spelled_out)?;
        let edits: Vec<Edit> = edits.into_iter().map(|(span, content)| Edit { span, content }).collect();
        let text: Arc<str> =
            crate::fix::apply_edits(source.text(), &edits).ok_or_else(not_spelled_out)?.into();
        source.text = Ok(text);
        followers.push(source.path.clone());
    }
    let mut places: Vec<(Stage, String, Box<str>, usize)> = Vec::new();
    for (at, (called, text, left)) in planned.parts.into_iter().enumerate() {
        let path: Box<str> = beside(&original.path, &called.name).into();
        places.push((called.stage, called.id, path.clone(), left));
        if at == 0 {
            if let Some(first) = project.files.get_mut(file.0 as usize) {
                first.text = Ok(text.into());
            }
            continue;
        }
        if project.files.iter().any(|other| other.path == path) {
            return Err(SplitError::IsThere { path: path.into() });
        }
        let location =
            original.location.parent().map_or_else(PathBuf::new, |parent| parent.join(&called.name));
        let mut made = SourceFile { path, location, text: Ok(text.into()), ..original.clone() };
        made.applied = crate::source::Applied::No;
        project.files.push(made);
    }
    project.files.sort_by(|a, b| a.path.cmp(&b.path).then(a.directory.cmp(&b.directory)));
    let id_of = |path: &str| project.files().find(|(_, file)| *file.path == *path).map(|(id, _)| id);
    let parts = places
        .into_iter()
        .filter_map(|(stage, id, path, left)| Some(Part { stage, id, file: id_of(&path)?, left }));
    let parts = parts.collect();
    let followers = followers.iter().filter_map(|path| id_of(path)).collect();
    Ok(Split { parts, followers, project, outcome: Outcome::default() })
}

/// The files of the revisions that follow one in its own history.
fn followers_of(project: &Project, outcome: &Outcome, file: FileId) -> Vec<FileId> {
    let graphs = Graph::of_project(project, &outcome.revisions);
    let histories = histories(project, &outcome.revisions, &graphs);
    let own = histories.iter().find_map(|graph| Some((graph, graph.of_file(file)?)));
    let Some((graph, node)) = own else { return Vec::new() };
    graph.nodes().filter(|(_, other)| other.parents.contains(&node)).map(|(_, other)| other.file).collect()
}

fn beside(path: &str, name: &str) -> String {
    match path.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/{name}"),
        None => name.to_owned(),
    }
}

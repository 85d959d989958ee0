//! Which statement of a revision runs in which step. Edits nothing.

use rustc_hash::FxHashSet;

use super::SplitError;
use super::footprint::Footprint;
use super::stage::Stage;
use crate::history::schema::{Moment, Step};
use crate::operation::{Change, Operation, Statement};
use crate::python::outline::{Function, Item};
use crate::revision::{Body, Created};
use crate::source::{LineIndex, Span};

/// What a statement is to a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// It does something, once.
    Work,
    /// It binds names, wherever these are used.
    Binding,
    /// It holds for what follows (`SET lock_timeout`, a check that raises), in every step.
    Everywhere,
    /// It does nothing to the database (`print(..)`), and stays with the statement before.
    Along,
    /// It does nothing.
    Idle,
}

/// A statement of `upgrade` or `downgrade` with what it does.
#[derive(Debug)]
pub(super) struct Unit<'o> {
    pub(super) item: &'o Item,
    pub(super) role: Role,
    /// Its operations; those of a loop once per turn.
    pub(super) operations: Vec<&'o Operation>,
    /// The step it runs in.
    pub(super) stage: Stage,
    /// The step of what it must come after.
    pub(super) floor: Stage,
    footprint: Footprint,
}

impl<'o> Unit<'o> {
    /// The one operation of a call that stands for itself.
    pub(super) fn only_call(&self) -> Option<&'o Operation> {
        let [operation] = self.operations.as_slice() else { return None };
        let is_plain = operation.call_sites.is_empty() && !operation.conditional && !operation.is_raw_sql();
        (is_plain && !self.item.is_compound && self.item.span == operation.span).then_some(operation)
    }
}

/// Whether an operation changes rows that are there.
pub(super) fn is_about_rows(operation: &Operation) -> bool {
    let Change::Execute(execute) = &operation.change else { return false };
    matches!(
        execute.statement,
        Statement::Update { .. } | Statement::Insert { .. } | Statement::Delete { .. }
    )
}

/// The statements of `upgrade`, each in the earliest step that it fits in, what depends on others not before these. Gives each
/// operation to `visit` with the schema before it and what the upgrade made by then.
pub(super) fn plan_upgrade<'o, 'a: 'o>(
    step: &Step<'a>,
    function: &'o Function,
    text: &str,
    mut visit: impl FnMut(&Moment<'a>, &Created),
) -> Result<Vec<Unit<'o>>, SplitError> {
    let body = step.context.revision.upgrade.as_ref().ok_or(SplitError::NoUpgrade)?;
    let mut units = units(body, function, text)?;
    step.walk(|moment, created| {
        visit(&moment, created);
        let place = place_of(moment.operation);
        if let Some(unit) = units.iter_mut().find(|unit| unit.item.span.contains(place)) {
            unit.stage = unit.stage.max(Stage::of(step, &moment, created));
        }
    });
    settle(&mut units, |unit, other| {
        let stage = unit.stage.max(other);
        let is_outside = unit.operations.iter().any(|operation| operation.autocommit);
        if is_outside { stage.behind() } else { stage }
    });
    Ok(units)
}

/// The statements of `downgrade`, in the step that `stage_of` gives, and none after a step whose statements must run later.
pub(super) fn plan_downgrade<'o>(
    body: &'o Body,
    function: &'o Function,
    text: &str,
    stage_of: impl Fn(&Operation) -> Stage,
) -> Result<Vec<Unit<'o>>, SplitError> {
    let mut units = units(body, function, text)?;
    for unit in &mut units {
        unit.stage = unit.operations.iter().map(|operation| stage_of(operation)).min().unwrap_or_default();
    }
    settle(&mut units, |unit, other| unit.stage.min(other));
    Ok(units)
}

fn place_of(operation: &Operation) -> Span {
    operation.call_sites.first().copied().unwrap_or(operation.span)
}

fn units<'o>(body: &'o Body, function: &'o Function, text: &str) -> Result<Vec<Unit<'o>>, SplitError> {
    let mut units: Vec<Unit<'o>> = function
        .items
        .iter()
        .map(|item| Unit {
            item,
            role: if item.is_idle { Role::Idle } else { Role::Work },
            operations: Vec::new(),
            stage: Stage::default(),
            floor: Stage::default(),
            footprint: Footprint::default(),
        })
        .collect();
    let at = |span: Span| LineIndex::new(text).line(span.start);
    for operation in &body.operations {
        let place = place_of(operation);
        let unit = units.iter_mut().find(|unit| unit.item.span.contains(place));
        let unit = unit.ok_or_else(|| SplitError::OutOfPlace { line: at(place) })?;
        unit.operations.push(operation);
        unit.footprint.extend(Footprint::of(operation));
        let ends_transaction = matches!(
            &operation.change,
            Change::Execute(execute) if execute.statement == Statement::Transaction
        );
        if ends_transaction {
            return Err(SplitError::Transaction { line: at(place) });
        }
    }
    for unresolved in &body.unresolved {
        if let Some(unit) = units.iter_mut().find(|unit| unit.item.span.contains(unresolved.span)) {
            unit.footprint.extend(Footprint::everything());
        } else if unresolved.hides_after.is_some() {
            return Err(SplitError::OutOfPlace { line: at(unresolved.span) });
        }
    }
    let unresolved = |item: &Item| body.unresolved.iter().any(|one| item.span.contains(one.span));
    for unit in &mut units {
        let item = unit.item;
        if item.returns || item.is_bound_to_place {
            return Err(SplitError::Leaves { line: at(item.span) });
        }
        if shares_line(item, text) {
            return Err(SplitError::SharesLine { line: at(item.span) });
        }
        unit.role = match unit.role {
            Role::Work if is_setting(&unit.operations) => Role::Everywhere,
            Role::Work if unit.operations.is_empty() && !unresolved(item) => {
                match (item.binds.is_empty(), item.is_compound) {
                    (false, _) => Role::Binding,
                    (true, true) => Role::Everywhere,
                    (true, false) => Role::Along,
                }
            }
            role => role,
        };
        // Code that only running it would tell is mostly about rows.
        if unit.operations.is_empty() && unresolved(item) {
            unit.stage = Stage::Backfill;
        }
    }
    follow_changes(&mut units);
    follow_values(&mut units);
    Ok(units)
}

/// The names that the function binds itself: not `op`, nor what the module holds.
fn locals<'o>(units: &[Unit<'o>]) -> FxHashSet<&'o str> {
    units.iter().flat_map(|unit| &unit.item.binds).map(|name| &**name).collect()
}

/// `metadata.reflect(connection)` belongs to what `metadata` is, wherever that is used.
fn follow_changes(units: &mut [Unit<'_>]) {
    for at in 0..units.len() {
        let (before, rest) = units.split_at_mut(at);
        let Some(unit) = rest.first_mut().filter(|unit| unit.role == Role::Along) else { continue };
        let mut bindings = before.iter().filter(|other| other.role == Role::Binding);
        if unit.item.changes.as_deref().is_some_and(|name| bindings.any(|other| other.item.makes(name))) {
            unit.role = Role::Binding;
        }
    }
}

/// What is made of a value that was read stays with the reading.
fn follow_values(units: &mut [Unit<'_>]) {
    let locals = locals(units);
    for at in 0..units.len() {
        let (before, rest) = units.split_at_mut(at);
        let may_follow = |unit: &&mut Unit<'_>| !matches!(unit.role, Role::Work | Role::Idle);
        let Some(unit) = rest.first_mut().filter(may_follow) else { continue };
        let works = before.iter().filter(|other| other.role == Role::Work && !other.item.is_compound);
        if works
            .into_iter()
            .any(|other| unit.item.uses.iter().any(|name| locals.contains(&**name) && other.item.makes(name)))
        {
            unit.role = Role::Work;
            unit.footprint.extend(Footprint::everything());
        }
    }
}

fn is_setting(operations: &[&Operation]) -> bool {
    let is_set = |operation: &&Operation| matches!(&operation.change, Change::Execute(execute) if matches!(execute.statement, Statement::Set { .. }));
    !operations.is_empty() && operations.iter().all(is_set)
}

/// Whether another statement stands on the lines of this one.
fn shares_line(item: &Item, text: &str) -> bool {
    let before = text.get(..item.span.start as usize).unwrap_or_default();
    let after = text.get(item.span.end as usize..).unwrap_or_default();
    let before = before.rsplit(['\n', '\r']).next().unwrap_or_default().trim();
    let after = after.split(['\n', '\r']).next().unwrap_or_default().trim();
    !before.is_empty() || !(after.is_empty() || after.starts_with('#'))
}

/// Lets statements that must keep their order do so; `join` gives the step of the one that comes second.
fn settle(units: &mut [Unit<'_>], join: impl Fn(&Unit<'_>, Stage) -> Stage) {
    let locals = locals(units);
    loop {
        let mut has_changed = false;
        for at in 0..units.len() {
            let (before, rest) = units.split_at_mut(at);
            let Some((unit, _)) = rest.split_first_mut() else { continue };
            if unit.role != Role::Work {
                continue;
            }
            for other in before.iter_mut().filter(|other| other.role == Role::Work) {
                let mut used = unit.item.uses.iter().filter(|name| !unit.item.binds.contains(name));
                let needs = used.any(|name| other.item.makes(name) && locals.contains(&**name));
                if needs || other.footprint.conflicts(&unit.footprint) {
                    let stage = join(unit, other.stage);
                    has_changed |= stage != unit.stage;
                    unit.stage = stage;
                    unit.floor = unit.floor.max(other.stage);
                }
                // A value that was read is there in the step that reads it only.
                if needs && other.stage != unit.stage {
                    other.stage = unit.stage;
                    has_changed = true;
                }
            }
        }
        if !has_changed {
            break;
        }
    }
    let mut stage = units.iter().find(|unit| unit.role == Role::Work).map(|unit| unit.stage);
    for unit in units.iter_mut() {
        match unit.role {
            Role::Work => stage = Some(unit.stage),
            Role::Along => {
                unit.role = Role::Work;
                unit.stage = stage.unwrap_or_default();
            }
            Role::Binding | Role::Everywhere | Role::Idle => {}
        }
    }
}

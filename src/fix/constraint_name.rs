//! Names for constraints that have none in a revision: the one that the database chooses, or has chosen, so that databases that are
//! there fit. What adds the constraint and what drops it get the same.

use super::call::CallText;
use super::directive::Writer;
use super::insert_import;
use crate::diagnostic::{Edit, Fix};
use crate::history::schema::{Constraint, Moment, ObjectName, Schema, Step, Table};
use crate::operation::{Change, ConstraintKind, CreateConstraint, Dialect, DropConstraint, Name, Operation};
use crate::project::NamingConvention;
use crate::revision::Body;
use crate::source::Span;

/// The keyword that all directives have for it.
const KEYWORD: &str = "constraint_name";

/// The comment that autogenerate puts before what drops a constraint without a name
/// (`_UNNAMED_CONSTRAINT_WARNING` in `alembic/autogenerate/render.py`).
const WARNING: [&str; 3] = [
    "# WARNING: constraint name is None; this directive will fail as",
    "# rendered.  Add a name, or use a naming convention; see",
    "# https://alembic.sqlalchemy.org/en/latest/naming.html",
];

/// The repair that names the constraint that an operation of `upgrade` adds; `None` where no name is known.
pub fn name_created(step: &Step<'_>, operation: &Operation) -> Option<Fix> {
    let name = created(step, operation)?;
    let description = match step.context.dialect {
        Dialect::Sqlite => format!("call it `{name}`"),
        _ => format!("call it `{name}`, as the database does"),
    };
    let edit = in_place_of_none(step, operation, &name)?;
    Some(Fix::unsafe_(description, edit))
}

/// The repair that names the constraint that an operation of either function drops; `None` where it is not known which one is meant.
pub fn name_dropped(step: &Step<'_>, operation: &Operation) -> Option<Fix> {
    let Change::DropConstraint(drop) = &operation.change else { return None };
    let downgrade = step.context.revision.downgrade.as_ref();
    let is_in_downgrade = downgrade.filter(|body| holds(body, operation));
    let added = is_in_downgrade.and_then(|downgrade| added_by_upgrade(step, downgrade, operation, drop));
    let name = match &added {
        Some(added) => added.name.clone(),
        None => only_one(before(step, operation)?, drop)?,
    };
    let mut edits = in_place_of_none(step, operation, &name)?;
    edits.extend(without_warning(step.context.text(), operation.span));
    // Where there may be a convention, the name holds only if what adds the constraint says it as well.
    if let Some(added) = added
        && added.by.change.name() == &Name::None
        && step.context.directory.naming_convention == NamingConvention::Unknown
    {
        edits.extend(in_place_of_none(step, added.by, &name)?);
    }
    Some(Fix::unsafe_(format!("drop `{name}`"), edits))
}

/// A constraint that `upgrade` adds.
struct Added<'s> {
    by: &'s Operation,
    name: String,
}

/// The schema before an operation of either function.
fn before<'s>(step: &'s Step<'_>, operation: &Operation) -> Option<Schema<'s>> {
    let is_it = |moment: &Moment<'_>| std::ptr::eq(moment.operation, operation);
    let in_downgrade = || step.downgrade()?.moments().find(is_it).map(|moment| moment.schema);
    step.upgrade().find(is_it).map(|moment| moment.schema).or_else(in_downgrade)
}

fn holds(body: &Body, operation: &Operation) -> bool {
    body.operations.iter().any(|other| std::ptr::eq(other, operation))
}

/// The name of the constraint that an operation adds.
fn created(step: &Step<'_>, operation: &Operation) -> Option<String> {
    let Change::CreateConstraint(create) = &operation.change else { return None };
    let moments: Vec<_> = step.upgrade().collect();
    let at = moments.iter().position(|moment| std::ptr::eq(moment.operation, operation))?;
    let after = moments.get(at + 1).map_or_else(|| step.after(), |next| next.schema);
    let table = after.table(&create.table).yes()?;
    let mut own = table.constraints.iter().rev().filter(|constraint| step.is_own(constraint.made));
    let constraint = own.find(|constraint| is_it(create, constraint))?;
    let has_convention = step.context.directory.naming_convention != NamingConvention::None;
    match &constraint.name {
        // A convention may make another name of it.
        ObjectName::Given(name) if !has_convention => Some(name.to_string()),
        ObjectName::Derived(name) if is_sure(table, constraint, step.context.dialect) => {
            Some(name.to_string())
        }
        ObjectName::None => made_up(table, constraint),
        // Autogenerate writes names where there is a convention.
        ObjectName::Unknown if create.constraint.name == Name::None => {
            match after.default_name(table, constraint) {
                ObjectName::Derived(name) if is_sure(table, constraint, step.context.dialect) => {
                    Some(name.to_string())
                }
                ObjectName::None => made_up(table, constraint),
                _ => None,
            }
        }
        ObjectName::Given(_) | ObjectName::Derived(_) | ObjectName::Unknown => None,
    }
}

fn is_it(create: &CreateConstraint, constraint: &Constraint<'_>) -> bool {
    let wanted = create.constraint.columns.as_ref();
    let columns = constraint.columns.as_ref();
    create.constraint.kind == constraint.kind
        && (constraint.kind == ConstraintKind::Check
            || wanted.zip(columns).is_some_and(|(wanted, columns)| {
                wanted.len() == columns.len()
                    && wanted.iter().zip(columns).all(|(wanted, column)| wanted.known() == Some(column))
            }))
}

/// Whether the database chooses this name whatever else the table has: MySQL counts.
fn is_sure(table: &Table<'_>, constraint: &Constraint<'_>, dialect: Dialect) -> bool {
    let mut others = table.constraints.iter().filter(|other| ***other != *constraint);
    let are_known = !others.any(|other| other.name == ObjectName::Unknown);
    dialect == Dialect::Postgresql
        || (constraint.sure && are_known && !table.open.constraints && !table.open.indexes)
}

/// A name where the database keeps none, by the convention that Alembic's manual recommends.
fn made_up(table: &Table<'_>, constraint: &Constraint<'_>) -> Option<String> {
    let columns = constraint.columns.as_ref()?.join("_");
    let own = &table.key.name;
    let name = match constraint.kind {
        ConstraintKind::Unique => format!("uq_{own}_{columns}"),
        ConstraintKind::Check => format!("ck_{own}_{columns}"),
        ConstraintKind::ForeignKey => format!("fk_{own}_{columns}_{}", constraint.referent.as_ref()?.name),
        ConstraintKind::PrimaryKey | ConstraintKind::Exclude => return None,
    };
    table.constraint(&name, Some(constraint.kind)).yes().is_none().then_some(name)
}

/// The constraint that `upgrade` adds and `downgrade` drops without a name: the last one first.
fn added_by_upgrade<'s>(
    step: &'s Step<'_>,
    downgrade: &Body,
    operation: &Operation,
    drop: &DropConstraint,
) -> Option<Added<'s>> {
    let is_meant = |kind: ConstraintKind| drop.kind.is_none_or(|meant| meant == kind);
    let dropped = || {
        downgrade.operations.iter().filter_map(|other| match &other.change {
            Change::DropConstraint(other_drop) if other_drop.table == drop.table => Some((other, other_drop)),
            _ => None,
        })
    };
    let mut all: Vec<Added<'_>> = Vec::new();
    for other in &step.context.revision.upgrade.as_ref()?.operations {
        if let Change::CreateConstraint(create) = &other.change
            && create.table == drop.table
            && is_meant(create.constraint.kind)
        {
            let added = Added { by: other, name: created(step, other)? };
            if all.iter().any(|earlier| earlier.name == added.name) {
                return None;
            }
            all.push(added);
        }
    }
    all.retain(|added| !dropped().any(|(_, drop)| drop.name.known() == Some(&*added.name)));
    let unnamed: Vec<&Operation> = dropped()
        .filter(|(_, other)| other.name == Name::None && (other.kind == drop.kind || drop.kind.is_none()))
        .map(|(other, _)| other)
        .collect();
    if all.len() != unnamed.len() {
        return None;
    }
    let at = unnamed.iter().position(|other| std::ptr::eq(*other, operation))?;
    all.into_iter().rev().nth(at)
}

/// The name of the only constraint of its kind.
fn only_one(schema: Schema<'_>, drop: &DropConstraint) -> Option<String> {
    let table = schema.table(&drop.table).yes().filter(|table| !table.open.constraints)?;
    let mut candidates = table.constraints.iter().filter(|constraint| drop.kind == Some(constraint.kind));
    let only = candidates.next().filter(|constraint| constraint.sure)?;
    let name = only.name.known()?.to_owned();
    candidates.next().is_none().then_some(name)
}

/// The edits that put the name where `None` stands.
fn in_place_of_none(step: &Step<'_>, operation: &Operation, name: &str) -> Option<Vec<Edit>> {
    let context = &step.context;
    let (revision, text) = (context.revision, context.text());
    let bodies = [&revision.upgrade, &revision.downgrade];
    let all = bodies.into_iter().flatten().flat_map(|body| &body.operations);
    // A statement that runs several times has a name for each.
    if all.filter(|other| other.span == operation.span).count() != 1 || !operation.call_sites.is_empty() {
        return None;
    }
    let mut writer = Writer::new(revision, text);
    let literal = if context.directory.naming_convention == NamingConvention::None {
        writer.text(name)
    } else {
        format!("{}.f({})", writer.path("alembic.op")?, writer.text(name))
    };
    let mut edits = vec![CallText::new(text, operation.span)?.replace_none(KEYWORD, &literal)?];
    edits.extend(writer.imports().map(|line| insert_import(revision, text, line)));
    Some(edits)
}

/// The edit that takes away the warning before a statement, which is true no more.
fn without_warning(text: &str, span: Span) -> Option<Edit> {
    let line_start =
        |at: usize| text.get(..at).map(|before| before.rfind(['\n', '\r']).map_or(0, |end| end + 1));
    let end = line_start(span.start as usize)?;
    let mut start = end;
    for wanted in WARNING.iter().rev() {
        let before = line_start(start.checked_sub(1)?)?;
        if text.get(before..start)?.trim() != *wanted {
            return None;
        }
        start = before;
    }
    Some(Edit {
        span: Span::new(u32::try_from(start).ok()?, u32::try_from(end).ok()?),
        content: String::new(),
    })
}

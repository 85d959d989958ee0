//! `review --output-format json`: what each revision does, for programs. The keys and their order are a promise.

use serde::Serialize;

use super::place::Places;
use super::review::{Direction, Entry, Review};
use crate::linter::LocksOf;
use crate::operation::{Name, Operation};
use crate::server::{Blocks, Effect, Lock, Work};

#[derive(Serialize)]
struct Document<'a> {
    version: u8,
    revisions: Vec<RevisionEntry<'a>>,
}

#[derive(Serialize)]
struct RevisionEntry<'a> {
    path: &'a str,
    revision: Option<&'a str>,
    down_revision: &'a [Box<str>],
    branch_labels: &'a [Box<str>],
    depends_on: &'a [Box<str>],
    message: Option<&'a str>,
    applied: bool,
    upgrade: Side<'a>,
    downgrade: Side<'a>,
    server: Option<String>,
}

#[derive(Serialize)]
struct Side<'a> {
    operations: Vec<Step<'a>>,
    unresolved: Vec<Gap>,
}

#[derive(Serialize)]
struct Step<'a> {
    operation: &'a str,
    schema: Option<&'a str>,
    table: Option<&'a str>,
    name: Option<&'a str>,
    line: u32,
    column: u32,
    conditional: bool,
    destructive: bool,
    raw_sql: bool,
    sql: Option<&'a str>,
    summary: String,
    lock: Option<&'static str>,
    blocks: Option<&'static str>,
    work: Option<&'static str>,
    effects: Option<Vec<EffectEntry<'a>>>,
}

#[derive(Serialize)]
struct EffectEntry<'a> {
    schema: Option<&'a str>,
    table: Option<&'a str>,
    lock: &'static str,
    blocks: &'static str,
    work: &'static str,
}

#[derive(Serialize)]
struct Gap {
    line: u32,
    column: u32,
    reason: String,
}

/// The revisions as one JSON document.
pub fn render(review: &Review<'_>) -> Result<String, serde_json::Error> {
    let mut places = Places::new(review.project);
    let revisions = review.entries.iter().map(|entry| revision(entry, &mut places)).collect();
    Ok(serde_json::to_string_pretty(&Document { version: 1, revisions })? + "\n")
}

fn revision<'a>(entry: &Entry<'a>, places: &mut Places<'a>) -> RevisionEntry<'a> {
    let identifiers = &entry.revision.identifiers;
    RevisionEntry {
        path: &entry.file.path,
        revision: entry.revision.id(),
        down_revision: entry.down_revisions(),
        branch_labels: identifiers.branch_labels.value.strings(),
        depends_on: identifiers.depends_on.value.strings(),
        message: entry.revision.message(),
        applied: entry.is_applied,
        upgrade: side(entry, Direction::Upgrade, places),
        downgrade: side(entry, Direction::Downgrade, places),
        server: entry.locks.map(|locks| locks.server.to_string()),
    }
}

fn side<'a>(entry: &Entry<'a>, direction: Direction, places: &mut Places<'a>) -> Side<'a> {
    let operations =
        entry.operations(direction).map(|(operation, locks)| step(operation, locks, entry, places)).collect();
    let unresolved = entry
        .unread(direction, places)
        .into_iter()
        .map(|unread| Gap { line: unread.place.line, column: unread.place.column, reason: unread.reason })
        .collect();
    Side { operations, unresolved }
}

fn step<'a>(
    operation: &'a Operation,
    locks: &'a LocksOf,
    entry: &Entry<'a>,
    places: &mut Places<'a>,
) -> Step<'a> {
    let place = places.place(entry.id, operation.span);
    let table = operation.change.table();
    let effects = || locks.iter().flatten();
    Step {
        operation: operation.change.directive(),
        schema: table.and_then(|table| table.schema.known()),
        table: table.and_then(|table| table.name.known()),
        name: Name::known(operation.change.name()),
        line: place.line,
        column: place.column,
        conditional: operation.conditional,
        destructive: operation.is_destructive(),
        raw_sql: operation.is_raw_sql(),
        sql: operation.sql(),
        summary: operation.summary(),
        lock: effects().map(|effect| effect.lock).max().map(Lock::name),
        blocks: locks
            .as_ref()
            .map(|_| effects().map(|effect| effect.lock.blocks()).max().unwrap_or(Blocks::Nothing).name()),
        work: locks.as_ref().map(|_| effects().map(|effect| effect.work).max().unwrap_or(Work::None).name()),
        effects: locks.as_ref().map(|effects| effects.iter().map(effect_entry).collect()),
    }
}

fn effect_entry(effect: &Effect) -> EffectEntry<'_> {
    EffectEntry {
        schema: effect.table.schema.known(),
        table: effect.table.name.known(),
        lock: effect.lock.name(),
        blocks: effect.lock.blocks().name(),
        work: effect.work.name(),
    }
}

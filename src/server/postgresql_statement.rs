//! PostgreSQL: locks and work of statements that no directive stands for.

use super::postgresql::{index_table, referrers, table_of};
use super::{Effect, Lock, Work, is_not_null};
use crate::history::schema::{IndexColumn, Moment};
use crate::operation::{ConstraintKind, Name, Server, Statement, TableName, TableStatement};

pub(super) fn statement(statement: &Statement, moment: &Moment<'_>, server: Server) -> Vec<Effect> {
    let one = |table: &TableName, lock, work| vec![Effect::new(table, lock, work)];
    match statement {
        Statement::Insert { table } => one(table, Lock::RowExclusive, Work::None),
        Statement::Update { table, .. } | Statement::Delete { table, .. } => {
            one(table, Lock::RowExclusive, Work::Scan)
        }
        Statement::Truncate { table, cascade } => truncate(table, *cascade, moment),
        Statement::DropSchema { name, cascade: true } => drop_schema(name, moment),
        Statement::ValidateConstraint { table, name } => validate(table, name, moment),
        Statement::ConstraintUsingIndex { table, index, primary_key, .. } => {
            let scans = *primary_key && may_hold_null(table, index, moment, server);
            one(table, Lock::AccessExclusive, if scans { Work::Scan } else { Work::None })
        }
        Statement::RenameIndex { table, name, .. } => rename_index(table, name, moment, server),
        Statement::RenameConstraint { table, .. } | Statement::SetSchema { table, .. } => {
            one(table, Lock::AccessExclusive, Work::None)
        }
        Statement::DropView { name } => one(name, Lock::AccessExclusive, Work::None),
        Statement::OnTable(about) => on_table(about, moment, server),
        Statement::Select
        | Statement::CreateSchema { .. }
        | Statement::DropSchema { cascade: false, .. }
        | Statement::DropDatabase { .. }
        | Statement::CreateType { .. }
        | Statement::DropType { .. }
        | Statement::AddEnumValue { .. }
        | Statement::CreateSequence { .. }
        | Statement::DropSequence { .. }
        | Statement::CreateView { .. }
        | Statement::RenameView { .. }
        | Statement::RenameType { .. }
        | Statement::RenameEnumValue { .. }
        | Statement::RenameSequence { .. }
        | Statement::Comment
        | Statement::Set { .. }
        | Statement::Transaction
        | Statement::Other { .. }
        | Statement::Unparsed
        | Statement::Unknown => Vec::new(),
    }
}

/// With `CASCADE` the tables that refer to it, and those that refer to them.
fn truncate(table: &TableName, cascade: bool, moment: &Moment<'_>) -> Vec<Effect> {
    let mut effects = vec![Effect::new(table, Lock::AccessExclusive, Work::None)];
    let mut next = 0;
    while let Some(effect) = effects.get(next).filter(|_| cascade) {
        for found in referrers(moment, &effect.table.clone(), |_| true) {
            if !effects.contains(&found) {
                effects.push(found);
            }
        }
        next += 1;
    }
    effects
}

fn drop_schema(name: &Name, moment: &Moment<'_>) -> Vec<Effect> {
    let tables = moment.schema.tables().map(|listed| listed.table);
    let inside = tables.filter(|table| table.key.schema.as_deref() == name.known() && name.known().is_some());
    inside.map(|table| Effect::on(table, Lock::AccessExclusive)).collect()
}

/// Of a foreign key the referenced rows are looked at, too.
fn validate(table: &TableName, name: &Name, moment: &Moment<'_>) -> Vec<Effect> {
    let mut effects = vec![Effect::new(table, Lock::ShareUpdateExclusive, Work::Scan)];
    let constraint = table_of(moment, table)
        .zip(name.known())
        .and_then(|(table, name)| table.constraint(name, Some(ConstraintKind::ForeignKey)).yes());
    let referent = constraint.and_then(|key| moment.schema.table_of(key.referent.as_ref()?).yes());
    effects.extend(referent.map(|table| Effect::on(table, Lock::RowShare)));
    effects
}

/// Whether a column of an index may hold NULL, so that a primary key made of it has to look.
fn may_hold_null(table: &TableName, index: &Name, moment: &Moment<'_>, server: Server) -> bool {
    let Some(table) = table_of(moment, table) else { return true };
    let found = index.known().and_then(|index| table.index(index).yes());
    let Some(columns) = found.and_then(|index| index.columns.as_ref()) else { return true };
    !columns.iter().filter_map(IndexColumn::column).all(|column| is_not_null(table, column, server))
}

/// From 12 on the index alone is locked, and nobody who reads or writes waits
/// (postgresql.org/docs/12/release-12.html).
fn rename_index(table: &TableName, name: &Name, moment: &Moment<'_>, server: Server) -> Vec<Effect> {
    if server.is_postgresql_from(12) {
        return Vec::new();
    }
    let found =
        index_table(moment, &table.schema, name).map(|table| Effect::on(table, Lock::AccessExclusive));
    vec![found.unwrap_or_else(|| Effect::new(table, Lock::AccessExclusive, Work::None))]
}

fn on_table(about: &TableStatement, moment: &Moment<'_>, server: Server) -> Vec<Effect> {
    let one = |lock, work| vec![Effect::new(&about.table, lock, work)];
    match &*about.verb {
        "LOCK TABLE" => {
            let mode = about.mode.as_deref().and_then(Lock::of_postgresql);
            one(mode.unwrap_or(Lock::AccessExclusive), Work::None)
        }
        "VACUUM" | "ANALYZE" => one(Lock::ShareUpdateExclusive, Work::Scan),
        "REINDEX TABLE" => one(reindex_lock(about), Work::IndexBuild),
        "REINDEX INDEX" => {
            let table = index_table(moment, &about.table.schema, &about.table.name);
            let effect = table.map(|table| Effect::on(table, reindex_lock(about)));
            effect.map(|effect| Effect { work: Work::IndexBuild, ..effect }).into_iter().collect()
        }
        "REFRESH MATERIALIZED VIEW" if about.concurrently => one(Lock::Exclusive, Work::Scan),
        "CREATE TRIGGER" | "ALTER TABLE ENABLE TRIGGER" | "ALTER TABLE DISABLE TRIGGER" => {
            one(Lock::ShareRowExclusive, Work::None)
        }
        "VACUUM FULL"
        | "CLUSTER"
        | "REFRESH MATERIALIZED VIEW"
        | "ALTER TABLE SET LOGGED"
        | "ALTER TABLE SET UNLOGGED"
        | "ALTER TABLE SET TABLESPACE"
        | "ALTER TABLE SET ACCESS METHOD"
        | "ALTER TABLE SET EXPRESSION" => one(Lock::AccessExclusive, Work::Rewrite),
        "ALTER TABLE ATTACH PARTITION" => attach(about, server),
        "ALTER TABLE DETACH PARTITION" | "ALTER TABLE DETACH PARTITION FINALIZE" => detach(about),
        "ALTER TABLE SET"
        | "ALTER TABLE RESET"
        | "ALTER TABLE SET STATISTICS"
        | "ALTER TABLE CLUSTER ON"
        | "ALTER TABLE SET WITHOUT CLUSTER" => one(Lock::ShareUpdateExclusive, Work::None),
        verb if verb.starts_with("REINDEX") => Vec::new(),
        _ => one(Lock::AccessExclusive, Work::None),
    }
}

const fn reindex_lock(about: &TableStatement) -> Lock {
    if about.concurrently { Lock::ShareUpdateExclusive } else { Lock::Share }
}

/// The partition is scanned unless a check on it says what its bounds say.
fn attach(about: &TableStatement, server: Server) -> Vec<Effect> {
    let parent =
        if server.is_postgresql_from(12) { Lock::ShareUpdateExclusive } else { Lock::AccessExclusive };
    let mut effects = vec![Effect::new(&about.table, parent, Work::None)];
    let partition = about.other.as_ref();
    effects.extend(partition.map(|table| Effect::new(table, Lock::AccessExclusive, Work::Scan)));
    effects
}

fn detach(about: &TableStatement) -> Vec<Effect> {
    let is_concurrent = about.concurrently || about.verb.ends_with("FINALIZE");
    let parent = if is_concurrent { Lock::ShareUpdateExclusive } else { Lock::AccessExclusive };
    let mut effects = vec![Effect::new(&about.table, parent, Work::None)];
    effects.extend(about.other.as_ref().map(|table| Effect::new(table, Lock::AccessExclusive, Work::None)));
    effects
}

//! PostgreSQL: locks and work of operations on tables, columns, indexes and constraints.
//!
//! The locks: postgresql.org/docs/current/sql-altertable.html and `AlterTableGetLockLevel` in
//! `src/backend/commands/tablecmds.c`; what is done under them: the same page, "Notes".

use super::postgresql_statement::statement;
use super::{Effect, Filling, Lock, Work, change_of_type, is_not_null};
use crate::history::schema::{Attached, Constraint, Known, Moment, Table, attached};
use crate::operation::{
    self, AddColumn, AlterColumn, Argument, Attribute, Change, ConstraintKind, CreateConstraint, CreateIndex,
    CreateTable, Dialect, DropColumn, DropConstraint, DropIndex, DropTable, Name, Options, Server,
    ServerDefault, TableName,
};

pub(super) fn effects(moment: &Moment<'_>, server: Server) -> Vec<Effect> {
    let exclusive = |table: &TableName| vec![Effect::new(table, Lock::AccessExclusive, Work::None)];
    match &moment.operation.change {
        Change::CreateTable(create) => create_table(create),
        Change::DropTable(drop) => drop_table(drop, moment),
        Change::RenameTable(rename) => exclusive(&rename.table),
        Change::AddColumn(add) => add_column(add, moment, server),
        Change::DropColumn(drop) => drop_column(drop, moment),
        Change::AlterColumn(alter) => alter_column(alter, moment, server),
        Change::CreateIndex(create) => vec![create_index(create)],
        Change::DropIndex(drop) => drop_index(drop, moment),
        Change::CreateConstraint(create) => create_constraint(create),
        Change::DropConstraint(drop) => drop_constraint(drop, moment),
        Change::CreateTableComment(comment) | Change::DropTableComment(comment) => {
            vec![Effect::new(&comment.table, Lock::ShareUpdateExclusive, Work::None)]
        }
        Change::BulkInsert(insert) => vec![Effect::new(&insert.table, Lock::RowExclusive, Work::None)],
        Change::Execute(execute) => statement(&execute.statement, moment, server),
        Change::Custom(_) => Vec::new(),
    }
}

/// The new table is nobody else's; what it refers to and is a part of is.
fn create_table(create: &CreateTable) -> Vec<Effect> {
    let of_columns = create.columns.iter().flat_map(|column| {
        let attached = attached(column, false, Dialect::Postgresql);
        attached.into_iter().filter_map(|item| match item {
            Attached::ForeignKey(call) => call.referent(),
            _ => None,
        })
    });
    let of_table = create.constraints.iter().filter_map(|constraint| constraint.referent.clone());
    let referents = of_columns.chain(of_table).filter(|table| !table.is_same(&create.table));
    let mut effects: Vec<Effect> = Vec::new();
    for referent in referents {
        let effect = Effect::new(&referent, Lock::ShareRowExclusive, Work::None);
        if !effects.contains(&effect) {
            effects.push(effect);
        }
    }
    if let Some(parent) = parent(create) {
        effects.push(Effect::new(&parent, Lock::AccessExclusive, Work::None));
    }
    effects
}

/// `PARTITION OF parent ..`.
fn parent(create: &CreateTable) -> Option<TableName> {
    let text = text_option(&create.options, "postgresql_partition_of")?;
    let mut words = text.split_whitespace();
    let is_clause =
        words.next()?.eq_ignore_ascii_case("partition") && words.next()?.eq_ignore_ascii_case("of");
    let path = words.next().filter(|_| is_clause)?.replace('"', "");
    let (schema, name) =
        path.rsplit_once('.').map_or((Name::None, &*path), |(schema, name)| (Name::new(schema), name));
    Some(TableName { schema, name: Name::new(name) })
}

pub(super) fn text_option<'a>(options: &'a Options, key: &str) -> Option<&'a str> {
    options.iter().find(|(name, _)| &**name == key).and_then(|(_, value)| value.as_str())
}

fn is_set(options: &Options, key: &str) -> bool {
    options.iter().any(|(name, value)| &**name == key && *value == Argument::Bool(true))
}

pub(super) fn table_of<'a>(moment: &Moment<'a>, table: &TableName) -> Option<&'a Table<'a>> {
    match moment.schema.table(table) {
        Known::Yes(table) => Some(table),
        Known::No | Known::Unknown => None,
    }
}

/// Dropping a foreign key drops its triggers on both tables (`RemoveTriggerById` in `src/backend/commands/trigger.c`).
fn referents(
    moment: &Moment<'_>,
    table: &TableName,
    is_meant: impl Fn(&Constraint<'_>) -> bool,
) -> Vec<Effect> {
    let Some(table) = table_of(moment, table) else { return Vec::new() };
    let keys = table.constraints.iter().filter(|constraint| is_meant(constraint));
    let tables = keys
        .filter_map(|key| key.referent.as_ref())
        .filter(|key| **key != table.key)
        .filter_map(|key| moment.schema.table_of(key).yes());
    tables.map(|table| Effect::on(table, Lock::AccessExclusive)).collect()
}

/// The tables whose foreign keys go with `CASCADE`.
pub(super) fn referrers(
    moment: &Moment<'_>,
    table: &TableName,
    is_meant: impl Fn(&Constraint<'_>) -> bool,
) -> Vec<Effect> {
    let Some(table) = table_of(moment, table) else { return Vec::new() };
    let keys = moment.schema.references_to(table).into_iter();
    keys.filter(|(from, key)| from.key != table.key && is_meant(key))
        .map(|(from, _)| Effect::on(from, Lock::AccessExclusive))
        .collect()
}

fn drop_table(drop: &DropTable, moment: &Moment<'_>) -> Vec<Effect> {
    let mut effects = vec![Effect::new(&drop.table, Lock::AccessExclusive, Work::None)];
    effects.extend(referents(moment, &drop.table, |_| true));
    if drop.cascade {
        effects.extend(referrers(moment, &drop.table, |_| true));
    }
    effects.dedup();
    effects
}

fn holds(constraint: &Constraint<'_>, column: &Name) -> bool {
    let (Some(columns), Some(column)) = (&constraint.columns, column.known()) else { return false };
    columns.iter().any(|name| *name == column)
}

fn drop_column(drop: &DropColumn, moment: &Moment<'_>) -> Vec<Effect> {
    let mut effects = vec![Effect::new(&drop.table, Lock::AccessExclusive, Work::None)];
    effects.extend(referents(moment, &drop.table, |key| holds(key, &drop.column)));
    if drop.cascade {
        effects.extend(referrers(moment, &drop.table, |key| refers_to(key, &drop.column)));
    }
    effects.dedup();
    effects
}

/// Whether a foreign key refers to a column; yes where it names none and so means the primary key.
fn refers_to(key: &Constraint<'_>, column: &Name) -> bool {
    match (&key.referent_columns, column.known()) {
        (Some(columns), Some(column)) => columns.iter().any(|name| *name == column),
        _ => true,
    }
}

fn add_column(add: &AddColumn, moment: &Moment<'_>, server: Server) -> Vec<Effect> {
    let is_sql = moment.operation.is_raw_sql();
    let filling = Filling::of(&add.column, is_sql, server);
    let mut work = filling.postgresql_work(server);
    // With a default that is kept in the catalog nothing has to be looked at.
    if add.column.nullable == Some(false) && filling == Filling::Null {
        work = work.max(Work::Scan);
    }
    if add.column.primary_key && (is_sql || is_set(&add.options, "inline_primary_key")) {
        work = work.max(Work::IndexBuild);
    }
    let mut effects = Vec::new();
    for item in attached(&add.column, is_sql, server.dialect) {
        match item {
            Attached::Check(_) | Attached::TypeCheck(_) => work = work.max(Work::Scan),
            Attached::Unique if is_sql => work = work.max(Work::IndexBuild),
            Attached::Unique => {
                effects.push(Effect::new(&add.table, Lock::AccessExclusive, Work::IndexBuild));
            }
            Attached::Index(_) => effects.push(Effect::new(&add.table, Lock::Share, Work::IndexBuild)),
            Attached::ForeignKey(call) => {
                // All rows hold NULL (`transformAlterTableStmt` in `src/backend/parser/parse_utilcmd.c`).
                let is_inline = is_sql || is_set(&add.options, "inline_references");
                let is_unchecked = if is_inline { filling == Filling::Null } else { call.is_not_valid() };
                let work = if is_unchecked { Work::None } else { Work::Scan };
                effects.push(Effect::new(&add.table, Lock::ShareRowExclusive, work));
                let referent = call.referent().filter(|referent| !referent.is_same(&add.table));
                effects
                    .extend(referent.map(|table| Effect::new(&table, Lock::ShareRowExclusive, Work::None)));
            }
            Attached::Unknown => {}
        }
    }
    effects.insert(0, Effect::new(&add.table, Lock::AccessExclusive, work));
    effects
}

fn alter_column(alter: &AlterColumn, moment: &Moment<'_>, server: Server) -> Vec<Effect> {
    let mut effects = Vec::new();
    let mut exclusive = |work| effects.push(Effect::new(&alter.table, Lock::AccessExclusive, work));
    match alter.nullable {
        Attribute::Unchanged => {}
        Attribute::Set(true) => exclusive(Work::None),
        Attribute::Set(false) => {
            exclusive(if scans_for_null(alter, moment, server) { Work::Scan } else { Work::None });
        }
        Attribute::Unknown => exclusive(Work::Unknown),
    }
    if alter.server_default != ServerDefault::NotGiven || alter.new_name != Name::None {
        exclusive(Work::None);
    }
    if let Some(change) = change_of_type(alter, moment, server) {
        let is_checked_again = change.work == Work::None
            && table_of(moment, &alter.table).is_some_and(|table| {
                let mut checks =
                    table.constraints.iter().filter(|constraint| constraint.kind == ConstraintKind::Check);
                checks.any(|check| holds(check, &alter.column))
            });
        exclusive(if is_checked_again { Work::Scan } else { change.work });
        effects.extend(referents(moment, &alter.table, |key| holds(key, &alter.column)));
        effects.extend(referrers(moment, &alter.table, |key| refers_to(key, &alter.column)));
    }
    if alter.comment.is_some() {
        effects.push(Effect::new(&alter.table, Lock::ShareUpdateExclusive, Work::None));
    }
    effects.dedup();
    effects
}

/// Whether `SET NOT NULL` has to look at the rows.
fn scans_for_null(alter: &AlterColumn, moment: &Moment<'_>, server: Server) -> bool {
    let is_known = || {
        let column = alter.column.known();
        column
            .zip(table_of(moment, &alter.table))
            .is_some_and(|(column, table)| is_not_null(table, column, server))
    };
    !(alter.existing_nullable == Some(false) || is_set(&alter.options, "postgresql_not_valid") || is_known())
}

fn create_index(create: &CreateIndex) -> Effect {
    let lock = if create.concurrently { Lock::ShareUpdateExclusive } else { Lock::Share };
    Effect::new(&create.table, lock, Work::IndexBuild)
}

fn drop_index(drop: &DropIndex, moment: &Moment<'_>) -> Vec<Effect> {
    let lock = if drop.concurrently { Lock::ShareUpdateExclusive } else { Lock::AccessExclusive };
    if drop.table.name != Name::None {
        return vec![Effect::new(&drop.table, lock, Work::None)];
    }
    index_table(moment, &drop.table.schema, &drop.name).map_or_else(
        || vec![Effect::new(&drop.table, lock, Work::None)],
        |table| vec![Effect::on(table, lock)],
    )
}

/// The table of an index.
pub(super) fn index_table<'a>(moment: &Moment<'a>, schema: &Name, index: &Name) -> Option<&'a Table<'a>> {
    moment.schema.index(schema, index.known()?).yes().map(|(table, _)| table)
}

fn create_constraint(create: &CreateConstraint) -> Vec<Effect> {
    let operation::Constraint { kind, options, referent, .. } = &create.constraint;
    let is_valid = !is_set(options, "postgresql_not_valid");
    let scan = if is_valid { Work::Scan } else { Work::None };
    let (lock, work) = match kind {
        ConstraintKind::ForeignKey => (Lock::ShareRowExclusive, scan),
        ConstraintKind::Check => (Lock::AccessExclusive, scan),
        ConstraintKind::Unique | ConstraintKind::PrimaryKey | ConstraintKind::Exclude => {
            (Lock::AccessExclusive, Work::IndexBuild)
        }
    };
    let mut effects = vec![Effect::new(&create.table, lock, work)];
    let other = referent.as_ref().filter(|referent| !referent.is_same(&create.table));
    effects.extend(other.map(|table| Effect::new(table, Lock::ShareRowExclusive, Work::None)));
    effects
}

fn drop_constraint(drop: &DropConstraint, moment: &Moment<'_>) -> Vec<Effect> {
    let mut effects = vec![Effect::new(&drop.table, Lock::AccessExclusive, Work::None)];
    let Some(name) = drop.name.known() else { return effects };
    let is_it = |constraint: &Constraint<'_>| constraint.name.known() == Some(name);
    effects.extend(referents(moment, &drop.table, is_it));
    if drop.cascade {
        effects.extend(referrers(moment, &drop.table, |_| true));
    }
    effects
}

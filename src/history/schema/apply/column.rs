//! Columns: added, dropped, altered.

use std::sync::Arc;

use super::super::columns::{self, Attached};
use super::super::model::{
    Column, Gone, IndexColumn, ObjectName, Open, Part, Position, Table, TableKey, Text, same_name,
};
use super::super::types;
use super::Apply;
use super::constraint::words;
use super::table::{add_column, set_key_columns};
use crate::operation::{
    AddColumn, AlterColumn, Argument, Attribute, ConstraintKind, Dialect, DropColumn, Name, ServerDefault,
};

impl<'a> Apply<'_, 'a> {
    pub(super) fn add_column(&mut self, add: &'a AddColumn) {
        let Some(key) = self.key(&add.table) else {
            return self.open_all(Open::ALL, "a column is added to a table whose name is not known");
        };
        let Some(mut column) = self.new_column(&add.column) else {
            self.unknown(format!("a column is added to `{}` whose name is not known", key.id()));
            return self.edit(&key, |table| table.open = Open::ALL);
        };
        let mut table = self.taken_out(&key);
        if add.if_not_exists {
            let there =
                table.columns.iter_mut().find(|there| same_name(self.dialect, &there.name, &column.name));
            match there {
                Some(there) if there.sure => return,
                Some(there) => {
                    Arc::make_mut(there).sure = true;
                    return self.put(&key, table);
                }
                None if table.open.columns => column.doubt_attributes(),
                None => {}
            }
        }
        let name = column.name.clone();
        add_column(&mut table, column);
        let before = table.constraints.len();
        self.use_type(add.column.type_.as_ref());
        let attached = columns::attached(&add.column, self.sql.is_some(), self.dialect);
        for attached in attached {
            // MySQL and SQLite read `REFERENCES` at a column and do nothing or nothing more.
            let is_read_only = self.sql.is_some()
                && self.dialect == Dialect::Mysql
                && matches!(attached, Attached::ForeignKey(_));
            if !is_read_only {
                self.attach(&mut table, &name, attached, &add.column);
            }
        }
        let option = |wanted: &str| {
            add.options.iter().any(|(key, value)| &**key == wanted && *value == Argument::Bool(true))
        };
        // `op.add_column` leaves the key out unless asked (`alembic/ddl/impl.py`, `add_column`).
        if add.column.primary_key && (self.sql.is_some() || option("inline_primary_key")) {
            let primary = self.bare(ConstraintKind::PrimaryKey, ObjectName::None, Some(vec![name]));
            set_key_columns(&mut table, primary.columns.as_deref(), self.dialect, self.sql.is_some());
            self.push(&mut table, primary);
        }
        self.name_rest(&mut table);
        self.index_foreign_keys(&mut table, before);
        self.put(&key, table);
    }

    pub(super) fn drop_column(&mut self, drop: &'a DropColumn) {
        let Some(key) = self.key(&drop.table) else {
            return self.doubt_all(Open::ALL, "a column is dropped from a table whose name is not known");
        };
        let Some(name) = self.name(&drop.column) else {
            self.unknown(format!("a column of `{}` is dropped whose name is not known", key.id()));
            return self.edit(&key, Table::doubt_parts);
        };
        let (dialect, position, cascade) = (self.dialect, self.position, drop.cascade);
        self.edit(&key, |table| remove_column(table, &name, dialect, position));
        if cascade {
            for from in self.store.referrers(&key) {
                if self.current(&from).is_some() {
                    self.store.edit(&from, |table| {
                        table.constraints.retain(|constraint| {
                            constraint.referent.as_ref() != Some(&key)
                                || constraint.referent_columns.as_ref().is_some_and(|to| !to.contains(&name))
                        });
                    });
                }
            }
        }
    }

    pub(super) fn alter_column(&mut self, alter: &'a AlterColumn) {
        let Some(key) = self.key(&alter.table) else {
            return self.doubt_all(Open::ALL, "a column is altered of a table whose name is not known");
        };
        let Some(name) = self.name(&alter.column) else {
            self.unknown(format!("a column of `{}` is altered whose name is not known", key.id()));
            return self.edit(&key, Table::doubt_columns);
        };
        let dialect = self.dialect;
        let is_mysql = matches!(dialect, Dialect::Mysql | Dialect::Mariadb);
        let restates = is_mysql && self.sql.is_none() && restates_column(alter);
        self.use_type(alter.type_.as_ref());
        self.edit(&key, |table| {
            let at = table.columns.iter().position(|column| same_name(dialect, &column.name, &name));
            let at = at.unwrap_or_else(|| {
                table.columns.push(Arc::new(outside(&name, alter)));
                table.columns.len() - 1
            });
            let Some(column) = table.columns.get_mut(at) else { return };
            let column = Arc::make_mut(column);
            column.sure = true;
            change_column(column, alter, dialect);
            if restates {
                restate(column, alter, dialect);
            }
        });
        match &alter.new_name {
            Name::None => {}
            Name::Unknown => {
                self.unknown(format!("column `{}.{name}` is renamed to a name that is not known", key.id()));
                self.edit(&key, |table| {
                    table.open.columns = true;
                    table.columns.retain(|column| column.name != name);
                });
            }
            Name::Known(_) => {
                if let Some(new) = self.name(&alter.new_name) {
                    self.rename_column(&key, &name, &new);
                }
            }
        }
    }

    /// Renames a column wherever it is spoken of.
    fn rename_column(&mut self, key: &TableKey<'a>, old: &Text<'a>, new: &Text<'a>) {
        if old == new {
            return;
        }
        let dialect = self.dialect;
        self.edit(key, |table| {
            for column in &mut table.columns {
                if same_name(dialect, &column.name, old) {
                    Arc::make_mut(column).name.clone_from(new);
                }
            }
            table.gone.retain(|gone| gone.part != Part::Column || gone.name != *new);
            for index in &mut table.indexes {
                let names = |column: &IndexColumn<'a>| {
                    column.column().is_some_and(|name| same_name(dialect, name, old))
                };
                if index.columns.iter().flatten().any(names) {
                    for column in Arc::make_mut(index).columns.iter_mut().flatten() {
                        if names(column) {
                            *column = IndexColumn::Column(new.clone());
                        }
                    }
                }
            }
            for constraint in &mut table.constraints {
                if constraint.columns.iter().flatten().any(|name| same_name(dialect, name, old)) {
                    let constraint = Arc::make_mut(constraint);
                    rename_in(constraint.columns.as_mut(), old, new, dialect);
                    // The database rewrites the condition; its text is not known any more.
                    constraint.condition = None;
                }
            }
        });
        for from in self.store.referrers(key) {
            let refers = self.current(&from).is_some_and(|table| {
                table.constraints.iter().any(|constraint| constraint.referent.as_ref() == Some(key))
            });
            if refers {
                self.store.edit(&from, |table| {
                    for constraint in &mut table.constraints {
                        if constraint.referent.as_ref() == Some(key) {
                            rename_in(Arc::make_mut(constraint).referent_columns.as_mut(), old, new, dialect);
                        }
                    }
                });
            }
        }
    }
}

fn rename_in<'a>(names: Option<&mut Vec<Text<'a>>>, old: &str, new: &Text<'a>, dialect: Dialect) {
    for name in names.into_iter().flatten() {
        if same_name(dialect, name, old) {
            name.clone_from(new);
        }
    }
}

/// A column that no revision made, with what an alteration tells of it.
fn outside<'a>(name: &Text<'a>, alter: &'a AlterColumn) -> Column<'a> {
    Column {
        name: name.clone(),
        sure: true,
        made: Position::OUTSIDE,
        type_: alter.existing_type.as_ref().filter(|type_| **type_ != Argument::Unknown),
        nullable: alter.existing_nullable,
        server_default: columns::server_default(&alter.existing_server_default),
        identity: None,
        computed: None,
        comment: None,
    }
}

fn change_column<'a>(column: &mut Column<'a>, alter: &'a AlterColumn, dialect: Dialect) {
    match alter.nullable {
        Attribute::Unchanged => {}
        Attribute::Set(nullable) => column.nullable = Some(nullable),
        Attribute::Unknown => column.nullable = None,
    }
    match &alter.server_default {
        ServerDefault::NotGiven => {}
        given => {
            let is = |wanted| matches!(given, ServerDefault::Value(value) if value.path().is_some_and(|path| crate::operation::last_part(path) == wanted));
            column.server_default = columns::server_default(given);
            column.identity = Some(is("Identity"));
            if *given != ServerDefault::None {
                column.computed = Some(is("Computed"));
            }
        }
    }
    if let Some(type_) = &alter.type_ {
        column.type_ = types::for_dialect(type_, dialect);
    }
    if let Some(comment) = &alter.comment {
        column.comment = columns::text(comment);
    }
}

/// Whether MySQL gets `MODIFY` or `CHANGE`, which states the whole column anew (`alembic/ddl/mysql.py`,
/// `alter_column`).
fn restates_column(alter: &AlterColumn) -> bool {
    alter.new_name != Name::None
        || alter.nullable != Attribute::Unchanged
        || alter.type_.is_some()
        || alter.comment.is_some()
}

/// What is not given is as it is said to have been, or the database's default.
fn restate<'a>(column: &mut Column<'a>, alter: &'a AlterColumn, dialect: Dialect) {
    // Alembic refuses to go on without the type that is there.
    if alter.type_.is_none()
        && let Some(existing) = &alter.existing_type
    {
        column.type_ = types::for_dialect(existing, dialect);
    }
    if alter.nullable == Attribute::Unchanged {
        column.nullable = Some(alter.existing_nullable.unwrap_or(true));
    }
    if alter.server_default == ServerDefault::NotGiven {
        column.server_default = match &alter.existing_server_default {
            ServerDefault::NotGiven => Some(None),
            given => columns::server_default(given),
        };
    }
    if alter.comment.is_none() {
        let existing = alter.options.iter().find(|(key, _)| &**key == "existing_comment");
        column.comment = existing.map_or(Some(None), |(_, value)| columns::text(value));
    }
}

/// Takes a column away with what hangs on it: PostgreSQL drops indexes and constraints that contain it, MySQL takes
/// it out of its indexes.
fn remove_column<'a>(table: &mut Table<'a>, name: &Text<'a>, dialect: Dialect, position: Position) {
    let is_it = |other: &str| same_name(dialect, other, name);
    table.columns.retain(|column| !is_it(&column.name));
    table.gone.push(Gone { part: Part::Column, name: name.clone(), by: position });
    let mysql = matches!(dialect, Dialect::Mysql | Dialect::Mariadb);
    let mut doubtful = false;
    table.indexes.retain_mut(|index| {
        let Some(columns) = &index.columns else {
            doubtful = true;
            return true;
        };
        let in_condition = index.condition.is_some_and(|condition| speaks_of(condition, name));
        let names_it = |column: &IndexColumn<'a>| match column {
            IndexColumn::Column(other) => is_it(other),
            IndexColumn::Expression(text) => {
                text.as_ref().is_none_or(|text| words(text).iter().any(|word| is_it(word)))
            }
        };
        if !in_condition && !columns.iter().any(names_it) {
            return true;
        }
        if !mysql {
            let is_unknown = columns.iter().any(|column| matches!(column, IndexColumn::Expression(None)));
            if is_unknown && !columns.iter().any(|column| column.column().is_some_and(is_it)) {
                Arc::make_mut(index).sure = false;
                return true;
            }
            return false;
        }
        let index = Arc::make_mut(index);
        let left = index.columns.as_mut().map_or(0, |columns| {
            columns.retain(|column| !names_it(column));
            columns.len()
        });
        left > 0
    });
    table.constraints.retain_mut(|constraint| {
        let Some(columns) = &constraint.columns else {
            // Which columns it is about is not known.
            Arc::make_mut(constraint).sure = false;
            return true;
        };
        if !columns.iter().any(|column| is_it(column)) {
            return true;
        }
        if !(mysql && matches!(constraint.kind, ConstraintKind::Unique | ConstraintKind::PrimaryKey)) {
            return false;
        }
        let constraint = Arc::make_mut(constraint);
        constraint.columns.as_mut().is_some_and(|columns| {
            columns.retain(|column| !is_it(column));
            !columns.is_empty()
        })
    });
    if doubtful {
        for index in &mut table.indexes {
            if index.columns.is_none() {
                Arc::make_mut(index).sure = false;
            }
        }
    }
}

/// Whether a condition speaks of a column; one that is not known may.
fn speaks_of(condition: &Argument, column: &str) -> bool {
    let text = match condition {
        Argument::Call(call) => call.args.first().and_then(Argument::as_str),
        other => other.as_str(),
    };
    text.is_none_or(|text| words(text).iter().any(|word| word.eq_ignore_ascii_case(column)))
}

//! Constraints: made, dropped, named.

use std::borrow::Cow;
use std::sync::Arc;

use super::super::model::{
    Constraint, Fact, Gone, Index, IndexColumn, ObjectName, Open, Part, Table, TableKey, Text, same_name,
};
use super::super::{columns, convention, folding, names};
use super::Apply;
use super::table::set_key_columns;
use crate::operation::{
    self, Argument, Call, ConstraintKind, CreateConstraint, Dialect, DropConstraint, Name, TableName,
};
use crate::operation::{condition_text, last_part};

impl<'a> Apply<'_, 'a> {
    pub(super) fn create_constraint(&mut self, create: &'a CreateConstraint) {
        let Some(key) = self.key(&create.table) else {
            return self
                .open_all(Open::CONSTRAINTS, "a constraint is added to a table whose name is not known");
        };
        let mut table = self.taken_out(&key);
        let before = table.constraints.len();
        self.add_to(&mut table, &create.constraint);
        self.name_rest(&mut table);
        self.index_foreign_keys(&mut table, before);
        self.put(&key, table);
    }

    /// A copy of a table to work on; it surely is there. Put it back with [`Self::put`].
    pub(super) fn taken_out(&mut self, key: &TableKey<'a>) -> Table<'a> {
        self.store.edit(key, |table| {
            table.sure = true;
            table.clone()
        })
    }

    /// Adds a constraint that is an item or an operation of its own.
    pub(super) fn add_to(&mut self, table: &mut Table<'a>, given: &'a operation::Constraint) {
        let constraint = self.constraint(table, given);
        // Where the convention wraps the name, it may be back all the same.
        if let Name::Known(name) = &given.name {
            table.gone.retain(|gone| gone.part != Part::Constraint || *gone.name != **name);
        }
        if constraint.kind == ConstraintKind::PrimaryKey {
            set_key_columns(table, constraint.columns.as_deref(), self.dialect, false);
            table.constraints.retain(|other| other.kind != ConstraintKind::PrimaryKey);
        }
        self.push(table, constraint);
    }

    /// A constraint with no more than kind, name and columns.
    pub(super) fn bare(
        &self,
        kind: ConstraintKind,
        name: ObjectName<'a>,
        columns: Option<Vec<Text<'a>>>,
    ) -> Constraint<'a> {
        Constraint {
            kind,
            name,
            sure: true,
            made: self.position,
            columns,
            referent: None,
            referent_columns: None,
            ondelete: Some(None),
            condition: None,
            validated: Some(true),
            is_plain: true,
        }
    }

    /// The model of a constraint; [`ObjectName::None`] where it gets its name later.
    pub(super) fn constraint(&self, table: &Table<'a>, given: &'a operation::Constraint) -> Constraint<'a> {
        let columns =
            given.columns.as_deref().and_then(|names| columns::names(names, self.sql, self.dialect));
        let mut constraint = self.bare(given.kind, self.object_name(given.kind, &given.name), columns);
        let option =
            |name: &str| given.options.iter().find(|(key, _)| &**key == name).map(|(_, value)| value);
        if option("postgresql_not_valid") == Some(&Argument::Bool(true)) {
            constraint.validated = Some(false);
        }
        constraint.is_plain = given.options.iter().all(|(key, value)| is_modelled(key, value));
        match given.kind {
            ConstraintKind::ForeignKey => {
                constraint.referent = given.referent.as_ref().and_then(|table| self.key(table));
                constraint.referent_columns = given
                    .referent_columns
                    .as_deref()
                    .and_then(|names| columns::names(names, self.sql, self.dialect));
                constraint.ondelete = action(option("ondelete"));
            }
            ConstraintKind::Check => {
                constraint.condition = given.condition();
                constraint.columns =
                    constraint.condition.as_deref().map(|condition| columns_in(table, condition));
            }
            ConstraintKind::Exclude => {
                let elements = given.options.iter().filter(|(key, _)| key.is_empty());
                let columns: Option<Vec<_>> = elements.map(|(_, element)| element_column(element)).collect();
                constraint.columns = columns.filter(|columns| !columns.is_empty());
            }
            ConstraintKind::Unique | ConstraintKind::PrimaryKey => {}
        }
        constraint
    }

    fn object_name(&self, kind: ConstraintKind, name: &'a Name) -> ObjectName<'a> {
        match name {
            Name::Known(_) if self.sql.is_none() && convention::may_wrap(self.store.convention(), kind) => {
                ObjectName::Unknown
            }
            Name::Known(_) => self.part_name(name).map_or(ObjectName::Unknown, ObjectName::Given),
            Name::None => ObjectName::None,
            Name::Unknown => ObjectName::Unknown,
        }
    }

    /// `ForeignKey("other.id")` of a column.
    pub(super) fn column_foreign_key(&self, column: &Text<'a>, call: &'a Call) -> Constraint<'a> {
        let columns = Some(vec![column.clone()]);
        let mut key = self.bare(ConstraintKind::ForeignKey, self.keyword_name(call), columns);
        let target = call.args.first().or_else(|| call.keyword("column")).and_then(Argument::as_str);
        // In SQL the column may be left out.
        let (table, referent_column) = match target {
            Some(target) => {
                target.rsplit_once('.').map_or((target, None), |(table, column)| (table, Some(column)))
            }
            None => return key,
        };
        let (schema, name) =
            table.rsplit_once('.').map_or((None, table), |(schema, name)| (Some(schema), name));
        let fold = |name| folding::folded(name, self.sql, self.dialect);
        key.referent = Some(TableKey {
            schema: schema.map(fold).filter(|schema| !folding::is_default(schema, self.dialect)),
            name: fold(name),
        });
        key.referent_columns = referent_column.map(|column| vec![fold(column)]);
        key.ondelete = action(call.keyword("ondelete"));
        key.is_plain = call.keywords.iter().all(|(key, value)| is_modelled(key, value));
        key
    }

    /// `CheckConstraint("x > 0")` of a column.
    pub(super) fn column_check(
        &self,
        table: &Table<'a>,
        column: &Text<'a>,
        call: &'a Call,
    ) -> Constraint<'a> {
        let mut check = self.bare(ConstraintKind::Check, self.keyword_name(call), None);
        check.condition = call.args.first().and_then(condition_text);
        check.is_plain = call.keywords.iter().all(|(key, value)| is_modelled(key, value));
        check.columns = match &check.condition {
            Some(condition) => Some(columns_in(table, condition)),
            None => Some(vec![column.clone()]),
        };
        check
    }

    fn keyword_name(&self, call: &'a Call) -> ObjectName<'a> {
        match call.keyword("name") {
            None | Some(Argument::None) => ObjectName::None,
            Some(value) => match name_argument(value) {
                Some(name) => {
                    let name = folding::folded(name, self.sql, self.dialect);
                    ObjectName::Given(names::cut_to_fit(self.dialect, self.sql.is_some(), name))
                }
                None => ObjectName::Unknown,
            },
        }
    }

    pub(super) fn push(&mut self, table: &mut Table<'a>, constraint: Constraint<'a>) {
        if let Some(name) = constraint.name.known() {
            table.gone.retain(|gone| gone.part != Part::Constraint || gone.name != name);
            // One of the same name is gone by now, or batch mode replaces it.
            table.constraints.retain(|other| other.name.known() != Some(name));
        }
        if constraint.kind == ConstraintKind::ForeignKey
            && let Some(referent) = &constraint.referent
            && *referent != table.key
            && self.store.table(referent, self.store.now()).is_none()
        {
            // It refers to a table that no revision made.
            self.store.open();
        }
        let is_key = is_key(constraint.kind);
        table.constraints.push(Arc::new(constraint));
        if is_key {
            self.drop_implicit(table);
        }
    }

    /// Names the constraints that got none, as the database does.
    pub(super) fn name_rest(&mut self, table: &mut Table<'a>) {
        for at in 0..table.constraints.len() {
            let Some(constraint) = table.constraints.get(at) else { continue };
            if constraint.name != ObjectName::None {
                continue;
            }
            let is_taken = |name: &str| {
                let own = table.constraints.iter().any(|other| other.name.known() == Some(name))
                    || table.indexes.iter().any(|index| index.name.known() == Some(name));
                own || self.is_taken(table.key.schema.as_deref(), name)
            };
            // The convention is the metadata's; SQL knows nothing of it.
            let conventional = self.sql.is_none().then(|| {
                convention::constraint(self.store.convention(), self.dialect, &table.key, constraint)
            });
            let name = conventional.flatten().unwrap_or_else(|| {
                names::constraint(
                    self.dialect,
                    table,
                    constraint.kind,
                    constraint.columns.as_deref(),
                    is_taken,
                )
            });
            if let Some(constraint) = table.constraints.get_mut(at)
                && name != ObjectName::None
            {
                Arc::make_mut(constraint).name = name;
            }
        }
    }

    /// MySQL makes an index for a foreign key where none starts with its columns. One that it made for an earlier foreign
    /// key of the same columns goes (`mysql_prepare_create_table` in `sql/sql_table.cc`). `from` is the first new constraint.
    pub(super) fn index_foreign_keys(&mut self, table: &mut Table<'a>, from: usize) {
        if !self.is_mysql() {
            return;
        }
        // What was replaced makes it fewer.
        let from = from.min(table.constraints.len().saturating_sub(1));
        for at in from..table.constraints.len() {
            let Some(key) = table.constraints.get(at).map(Arc::clone) else { continue };
            if key.kind != ConstraintKind::ForeignKey {
                continue;
            }
            let Some(columns) = key.columns.as_deref() else {
                table.doubt_implicit_indexes();
                continue;
            };
            let is_served_by_longer = table.indexes.iter().any(|index| {
                index.columns.as_ref().is_some_and(|of| of.len() > columns.len())
                    && starts_with(index, columns)
            });
            if is_indexed(table, columns) || is_served_by_longer {
                continue;
            }
            table.indexes.retain(|index| !(index.implicit && starts_with(index, columns)));
            let name = match (&key.name, columns.first()) {
                (ObjectName::Given(name), _) => ObjectName::Derived(name.clone()),
                (ObjectName::Unknown, _) | (_, None) => ObjectName::Unknown,
                (_, Some(first)) => ObjectName::Derived(Cow::Owned(names::mysql_index(table, first))),
            };
            table.indexes.push(Arc::new(Index {
                name,
                sure: true,
                made: self.position,
                columns: Some(columns.iter().cloned().map(IndexColumn::Column).collect()),
                unique: Some(false),
                condition: None,
                method: None,
                is_plain: true,
                implicit: true,
            }));
        }
    }

    pub(super) fn drop_constraint(&mut self, drop: &'a DropConstraint) {
        let Some(key) = self.key(&drop.table) else {
            return self.doubt_all(
                Open::CONSTRAINTS,
                "a constraint is dropped from a table whose name is not known",
            );
        };
        let Some(name) = self.part_name(&drop.name) else {
            self.unknown(format!("a constraint of `{}` is dropped whose name is not known", key.id()));
            let may_be_index = self.is_mysql() && drop.kind.is_none_or(is_key);
            return self.edit(&key, |table| {
                table.doubt_constraints_of(drop.kind);
                if may_be_index {
                    table.doubt_indexes();
                }
            });
        };
        let (dialect, position, cascade) = (self.dialect, self.position, drop.cascade);
        let mut dropped = None;
        self.edit(&key, |table| {
            let at = table.constraints.iter().position(|constraint| {
                constraint.name.known().is_some_and(|other| same_name(dialect, other, &name))
                    && drop.kind.is_none_or(|kind| kind == constraint.kind)
            });
            let at = at.or_else(|| {
                let is_key = drop.kind == Some(ConstraintKind::PrimaryKey);
                table.constraints.iter().position(|other| is_key && other.kind == ConstraintKind::PrimaryKey)
            });
            match at {
                Some(at) => dropped = Some(table.constraints.remove(at)),
                None => lose_constraint(table, &name, drop.kind, dialect),
            }
            table.gone.push(Gone { part: Part::Constraint, name: name.clone(), by: position });
        });
        if cascade {
            match dropped {
                Some(dropped) if !is_key(dropped.kind) => {}
                dropped => {
                    self.drop_references(&key, dropped.as_ref().and_then(|key| key.columns.as_deref()));
                }
            }
        }
    }

    /// What `CASCADE` takes along: foreign keys to these columns, which are no key any more.
    fn drop_references(&mut self, key: &TableKey<'a>, columns: Option<&[Text<'a>]>) {
        for from in self.store.referrers(key) {
            if self.current(&from).is_none() {
                continue;
            }
            self.store.edit(&from, |table| {
                table.constraints.retain_mut(|constraint| {
                    if constraint.referent.as_ref() != Some(key) {
                        return true;
                    }
                    let is_known = columns.is_some() && constraint.referent_columns.is_some();
                    if !is_known {
                        Arc::make_mut(constraint).sure = false;
                    }
                    !is_known || constraint.referent_columns.as_deref() != columns
                });
            });
        }
    }

    /// Renames a constraint and the index behind it.
    pub(super) fn rename_constraint(&mut self, table: &'a TableName, name: &'a Name, to: &'a Name) {
        let Some(key) = self.key(table) else {
            return self
                .doubt_all(Open::CONSTRAINTS, "a constraint is renamed on a table whose name is not known");
        };
        let (Some(old), Some(new)) = (self.part_name(name), self.part_name(to)) else {
            self.unknown(format!("a constraint of `{}` is renamed whose names are not known", key.id()));
            return self.edit(&key, Table::doubt_constraints);
        };
        let mut is_found = false;
        self.edit(&key, |table| {
            for constraint in &mut table.constraints {
                if constraint.name.known() == Some(&*old) {
                    Arc::make_mut(constraint).name = ObjectName::Given(new.clone());
                    is_found = true;
                }
            }
            if !is_found {
                table.open.constraints = true;
            }
        });
        self.store.trace(&new, &key);
    }
}

const fn is_key(kind: ConstraintKind) -> bool {
    matches!(kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique)
}

/// A constraint is dropped that is not listed under this name.
fn lose_constraint(table: &mut Table<'_>, name: &str, kind: Option<ConstraintKind>, dialect: Dialect) {
    if kind.is_none_or(is_key) && matches!(dialect, Dialect::Mysql | Dialect::Mariadb) {
        let before = table.indexes.len();
        table
            .indexes
            .retain(|index| !index.name.known().is_some_and(|other| same_name(dialect, other, name)));
        if table.indexes.len() < before {
            return;
        }
    }
    // It may be one whose name the database or a naming convention chose.
    doubt_unnamed(table, |constraint| {
        kind.is_none_or(|kind| kind == constraint.kind)
            && (kind.is_some() || constraint.kind != ConstraintKind::PrimaryKey)
    });
}

/// A constraint goes that may be any of these whose names no revision gave.
pub(super) fn doubt_unnamed(table: &mut Table<'_>, is_candidate: impl Fn(&Constraint<'_>) -> bool) {
    for constraint in &mut table.constraints {
        if is_candidate(constraint) && !matches!(constraint.name, ObjectName::Given(_)) {
            Arc::make_mut(constraint).sure = false;
        }
    }
}

impl Table<'_> {
    /// A foreign key is made; whether its index is new or takes the place of one of MySQL's own is not known.
    fn doubt_implicit_indexes(&mut self) {
        for index in self.indexes.iter_mut().filter(|index| index.implicit) {
            Arc::make_mut(index).sure = false;
        }
        self.open.indexes = true;
    }

    /// One of its constraints of a kind is dropped; which one is not known.
    pub(super) fn doubt_constraints_of(&mut self, kind: Option<ConstraintKind>) {
        for constraint in &mut self.constraints {
            if kind.is_none_or(|kind| kind == constraint.kind) {
                Arc::make_mut(constraint).sure = false;
            }
        }
        self.open.constraints = true;
    }
}

/// Whether a key, or an index that somebody asked for, starts with these columns.
pub(super) fn is_indexed(table: &Table<'_>, columns: &[Text<'_>]) -> bool {
    let by_key = table.constraints.iter().filter(|constraint| is_key(constraint.kind)).any(|constraint| {
        let key: Vec<&str> = constraint.columns.iter().flatten().map(|name| &**name).collect();
        starts(&key, columns)
    });
    by_key || table.indexes.iter().any(|index| !index.implicit && starts_with(index, columns))
}

fn starts(of: &[&str], columns: &[Text<'_>]) -> bool {
    of.len() >= columns.len() && of.iter().zip(columns).all(|(one, other)| one.eq_ignore_ascii_case(other))
}

/// Whether these columns are the first ones of an index.
fn starts_with(index: &Index<'_>, columns: &[Text<'_>]) -> bool {
    let of: Vec<&str> = index.columns.iter().flatten().map_while(IndexColumn::column).collect();
    starts(&of, columns)
}

/// The columns of a table that a condition speaks of.
pub(super) fn columns_in<'a>(table: &Table<'a>, condition: &str) -> Vec<Text<'a>> {
    let words = words(condition);
    let is_named = |name: &str| words.iter().any(|word| *word == name || word.eq_ignore_ascii_case(name));
    table.columns.iter().filter(|column| is_named(&column.name)).map(|column| column.name.clone()).collect()
}

/// The words of a text, those in string literals left out.
pub(super) fn words(text: &str) -> Vec<&str> {
    let outside = text.split('\'').step_by(2);
    outside
        .flat_map(|part| part.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')))
        .filter(|word| !word.is_empty())
        .collect()
}

/// A name given as a string or as `op.f("..")`.
fn name_argument(value: &Argument) -> Option<&str> {
    match value {
        Argument::Call(call) if matches!(last_part(&call.callee), "f" | "_f" | "conv" | "quoted_name") => {
            call.args.first().and_then(name_argument)
        }
        value => value.as_str(),
    }
}

/// `ON DELETE` as a fact.
fn action(value: Option<&Argument>) -> Fact<Option<Text<'_>>> {
    match value {
        None | Some(Argument::None) => Some(None),
        Some(value) => value.as_str().map(|action| Some(Cow::Borrowed(action))),
    }
}

/// `("room", "=")` of an exclude constraint; `None` for expressions.
fn element_column(element: &Argument) -> Option<Text<'_>> {
    let Argument::List(parts) = element else { return None };
    let first = parts.first()?;
    let name = match first {
        Argument::Call(call) if last_part(&call.callee) == "column" => call.args.first()?.as_str()?,
        first => first.as_str()?,
    };
    Some(Cow::Borrowed(name))
}

/// Whether an option of a constraint says nothing that the model does not hold.
fn is_modelled(key: &str, value: &Argument) -> bool {
    matches!(value, Argument::None)
        || matches!(
            key,
            "" | "condition" | "column" | "name" | "ondelete" | "postgresql_not_valid" | "use_alter"
        )
}

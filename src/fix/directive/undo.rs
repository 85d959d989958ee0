//! The directives that undo an upgrade, by the schema before and after each of its operations. Gives none where a part of it
//! cannot be undone for sure: SQL that was not understood, what may not have run, what the history does not know.

use super::layout::{Directive, Part};
use super::recreate::{Recreate, python_bool};
use super::writer::Writer;
use crate::history::schema::{
    Column, Constraint, Index, Kind, Known, Moment, Schema, Step, Table, TableKey, sql_name,
};
use crate::operation::{Change, ConstraintKind, Dialect, Name, Operation, RenameTable, Statement, TableName};
use crate::server::{Cast, SqlType, TypeChange, cast_expression};

/// What undoes an upgrade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undo {
    /// The statements of `downgrade`.
    pub directives: Vec<Directive>,
    /// Import lines that the file lacks for them.
    pub imports: Vec<String>,
    /// What `op` is called in the file.
    pub op: String,
}

/// What undoes the upgrade of a revision; `None` where it cannot be undone for sure. Rows that it changed stay changed.
pub fn undo(step: &Step<'_>) -> Option<Undo> {
    let context = &step.context;
    let body = context.revision.upgrade.as_ref()?;
    let is_plain = context.revision.on_dialect.is_none() && body.unresolved.is_empty();
    if !is_plain || body.operations.iter().any(|operation| operation.conditional) {
        return None;
    }
    let mut writer = Writer::new(context.revision, context.text());
    let op = writer.path("alembic.op")?;
    let moments: Vec<Moment<'_>> = step.upgrade().collect();
    let mut groups = Vec::with_capacity(moments.len());
    let mut undoing = Undoing::new(step, &mut writer);
    for (at, moment) in moments.iter().enumerate() {
        let after = moments.get(at + 1).map_or_else(|| step.after(), |next| next.schema);
        groups.push(undoing.operation(moment.operation, moment.schema, after)?);
    }
    let types = undoing.types(&op)?;
    let directives: Vec<_> = groups.into_iter().rev().flatten().chain(types).collect();
    let imports = writer.imports().map(str::to_owned).collect();
    (!directives.is_empty()).then_some(Undo { directives, imports, op })
}

/// What undoes one operation of the upgrade, enum types left aside; `None` where it cannot be undone for sure.
pub(super) fn inverse(
    step: &Step<'_>,
    operation: &Operation,
    writer: &mut Writer<'_>,
) -> Option<Vec<Directive>> {
    let moments: Vec<Moment<'_>> = step.upgrade().collect();
    let at = moments.iter().position(|moment| std::ptr::eq(moment.operation, operation))?;
    let after = moments.get(at + 1).map_or_else(|| step.after(), |next| next.schema);
    Undoing::new(step, writer).operation(operation, moments.get(at)?.schema, after)
}

struct Undoing<'u, 's, 'w, 'a> {
    step: &'u Step<'s>,
    recreate: Recreate<'w, 'a>,
}

impl<'u, 's, 'w, 'a> Undoing<'u, 's, 'w, 'a> {
    fn new(step: &'u Step<'s>, writer: &'w mut Writer<'a>) -> Self {
        Self { step, recreate: Recreate::new(step, writer) }
    }
}

impl Undoing<'_, '_, '_, '_> {
    fn operation(
        &mut self,
        operation: &Operation,
        before: Schema<'_>,
        after: Schema<'_>,
    ) -> Option<Vec<Directive>> {
        match &operation.change {
            Change::BulkInsert(_) => Some(Vec::new()),
            Change::Execute(execute) => Self::statement(&execute.statement),
            Change::RenameTable(rename) => Some(vec![self.rename(rename)?]),
            Change::CreateTable(create) => {
                after.table(&create.table).yes()?;
                Some(vec![self.drop_table(&create.table)?])
            }
            Change::DropTable(drop) => self.recreate.table(before.table(&drop.table).yes()?),
            change @ (Change::AddColumn(_)
            | Change::DropColumn(_)
            | Change::AlterColumn(_)
            | Change::CreateIndex(_)
            | Change::DropIndex(_)
            | Change::CreateConstraint(_)
            | Change::DropConstraint(_)) => {
                let name = change.table().filter(|table| table.name.known().is_some())?;
                let was = before.table(name);
                let may_lose = !matches!(
                    change,
                    Change::AddColumn(_) | Change::CreateIndex(_) | Change::CreateConstraint(_)
                );
                if may_lose && !is_known(change, was) {
                    return None;
                }
                self.table(change, was.yes(), after.table(name).yes()?)
            }
            Change::CreateTableComment(_) | Change::DropTableComment(_) | Change::Custom(_) => None,
        }
    }

    /// Statements that leave the schema as it is need nothing; enum types are dropped at the end.
    fn statement(statement: &Statement) -> Option<Vec<Directive>> {
        match statement {
            Statement::Select
            | Statement::Insert { .. }
            | Statement::Update { .. }
            | Statement::Delete { .. }
            | Statement::Truncate { .. }
            | Statement::CreateType { .. }
            | Statement::ValidateConstraint { .. }
            | Statement::Set { .. } => Some(Vec::new()),
            _ => None,
        }
    }

    /// From a table as it is now to what it was.
    fn table(&mut self, change: &Change, was: Option<&Table<'_>>, now: &Table<'_>) -> Option<Vec<Directive>> {
        let renamed = match change {
            Change::AlterColumn(alter) => alter.column.known().zip(alter.new_name.known()),
            _ => None,
        };
        let old_name = |name: &str| renamed.filter(|(_, new)| *new == name).map(|(old, _)| old.to_owned());
        let mut undone = Vec::new();
        let key = &now.key;

        let had = |constraint: &Constraint<'_>| {
            was.is_some_and(|was| was.constraints.iter().any(|old| is_same(old, constraint)))
        };
        for constraint in now.constraints.iter().filter(|constraint| self.step.is_own(constraint.made)) {
            if !had(constraint) {
                let is_attached = matches!(change, Change::AddColumn(_));
                undone.extend(self.drop_constraint(now, constraint, is_attached)?);
            }
        }
        for index in now.indexes.iter().filter(|index| self.step.is_own(index.made) && !index.implicit) {
            if !was.is_some_and(|was| was.indexes.iter().any(|old| is_same_index(old, index))) {
                undone.push(self.drop_index(now, index)?);
            }
        }
        for column in now.columns.iter().rev() {
            let old = old_name(&column.name).unwrap_or_else(|| column.name.to_string());
            match was.and_then(|was| was.columns.iter().find(|was| was.name == old)) {
                Some(was) => undone.extend(self.alter_column(key, was, column)?),
                None if self.step.is_own(column.made) => undone.push(self.drop_column(key, column)),
                None => {}
            }
        }
        let Some(was) = was else { return Some(undone) };
        let is_gone = |column: &&std::sync::Arc<Column<'_>>| {
            let new = renamed.filter(|(old, _)| *old == column.name).map_or(&*column.name, |(_, new)| new);
            !now.columns.iter().any(|now| now.name == new)
        };
        for column in was.columns.iter().filter(is_gone) {
            undone.push(self.add_column(key, column)?);
        }
        for constraint in &was.constraints {
            if !now.constraints.iter().any(|new| is_same(constraint, new)) {
                undone.push(self.recreate.constraint(key, constraint)?);
            }
        }
        for index in was.indexes.iter().filter(|index| !index.implicit) {
            if !now.indexes.iter().any(|new| is_same_index(index, new)) {
                undone.push(self.recreate.index(key, index)?);
            }
        }
        Some(undone)
    }

    fn drop_table(&mut self, table: &TableName) -> Option<Directive> {
        let mut parts = vec![Part::Plain(self.recreate.writer.text(table.name.known()?))];
        if let Some(schema) = table.schema.known() {
            parts.push(Part::Plain(format!("schema={}", self.recreate.writer.text(schema))));
        }
        Some(Directive::Call { method: "drop_table", table: None, parts })
    }

    fn rename(&mut self, rename: &RenameTable) -> Option<Directive> {
        let writer = &self.recreate.writer;
        let mut parts = vec![
            Part::Plain(writer.text(rename.to.known()?)),
            Part::Plain(writer.text(rename.table.name.known()?)),
        ];
        if let Some(schema) = rename.table.schema.known() {
            parts.push(Part::Plain(format!("schema={}", writer.text(schema))));
        }
        Some(Directive::Call { method: "rename_table", table: None, parts })
    }

    fn on_table(&self, method: &'static str, key: &TableKey<'_>, more: Vec<String>) -> Directive {
        let mut parts = vec![Part::Table(self.recreate.writer.text(&key.name))];
        parts.extend(more.into_iter().map(Part::Plain));
        self.add_schema(key, &mut parts);
        Directive::Call { method, table: Some(self.recreate.batch_table(key)), parts }
    }

    fn add_schema(&self, key: &TableKey<'_>, parts: &mut Vec<Part>) {
        if let Some(schema) = &key.schema {
            parts.push(Part::Table(format!("schema={}", self.recreate.writer.text(schema))));
        }
    }

    fn drop_column(&self, key: &TableKey<'_>, column: &Column<'_>) -> Directive {
        self.on_table("drop_column", key, vec![self.recreate.writer.text(&column.name)])
    }

    fn add_column(&mut self, key: &TableKey<'_>, column: &Column<'_>) -> Option<Directive> {
        let column = self.recreate.column(column)?;
        Some(self.on_table("add_column", key, vec![column]))
    }

    fn drop_index(&mut self, now: &Table<'_>, index: &Index<'_>) -> Option<Directive> {
        let key = &now.key;
        // MySQL took its own index for a foreign key away when this one came, and needs it now.
        if self.step.context.server.is_mysql_like() && serves_foreign_key(now, index) {
            return None;
        }
        let name = self.recreate.name(index.name.known()?)?;
        let table = format!("table_name={}", self.recreate.writer.text(&key.name));
        let mut parts = vec![Part::Plain(name), Part::Table(table)];
        self.add_schema(key, &mut parts);
        Some(Directive::Call { method: "drop_index", table: Some(self.recreate.batch_table(key)), parts })
    }

    /// Empty where the constraint goes with the column that brought it along.
    fn drop_constraint(
        &mut self,
        now: &Table<'_>,
        constraint: &Constraint<'_>,
        is_attached: bool,
    ) -> Option<Vec<Directive>> {
        // PostgreSQL drops it with the column; MySQL refuses that of a foreign key.
        let goes_along = is_attached
            && (self.recreate.dialect == Dialect::Postgresql
                || constraint.kind != ConstraintKind::ForeignKey);
        let Some(name) = constraint.name.known().filter(|_| !goes_along) else {
            return goes_along.then(Vec::new);
        };
        let kind = match constraint.kind {
            ConstraintKind::ForeignKey => "foreignkey",
            ConstraintKind::Unique => "unique",
            ConstraintKind::Check => "check",
            ConstraintKind::PrimaryKey => "primary",
            ConstraintKind::Exclude => return None,
        };
        let name = self.recreate.name(name)?;
        let writer = &self.recreate.writer;
        let mut parts = vec![
            Part::Plain(name),
            Part::Table(writer.text(&now.key.name)),
            Part::Plain(format!("type_={}", writer.text(kind))),
        ];
        self.add_schema(&now.key, &mut parts);
        let table = Some(self.recreate.batch_table(&now.key));
        Some(vec![Directive::Call { method: "drop_constraint", table, parts }])
    }

    /// From a column as it is now to what it was; nothing where it is the same.
    fn alter_column(
        &mut self,
        key: &TableKey<'_>,
        was: &Column<'_>,
        now: &Column<'_>,
    ) -> Option<Vec<Directive>> {
        // What the upgrade made goes as a whole.
        if self.step.is_own(was.made) && was.name == now.name {
            return Some(Vec::new());
        }
        let mut parts = vec![self.recreate.writer.text(&now.name)];
        if was.name != now.name {
            parts.push(format!("new_column_name={}", self.recreate.writer.text(&was.name)));
        }
        let existing_type = match now.type_ {
            Some(type_) => self.recreate.type_(type_),
            None => None,
        };
        let mut is_type_said = false;
        if was.type_ != now.type_ {
            let type_ = self.recreate.type_(was.type_?)?;
            parts.push(format!("type_={type_}"));
            let dialect = self.recreate.dialect;
            let names = sql_name(now.type_?, dialect).zip(sql_name(was.type_?, dialect));
            if let Some((from, to)) = names {
                let from = SqlType::parse(&from);
                let change = TypeChange::of(&from, &SqlType::parse(&to), self.step.context.server);
                // Rows that came since may hold what the old type cannot: whether they are to be changed is not ours to say.
                if change.loss.is_some() || change.cast == Cast::Missing {
                    return None;
                }
                if change.cast == Cast::NeedsUsing {
                    // PostgreSQL does not convert the default with the values.
                    if from.is_text() || !matches!(now.server_default, Some(None)) {
                        return None;
                    }
                    let using = self.recreate.writer.text(&cast_expression(&now.name, was.type_?)?);
                    parts.push(format!("postgresql_using={using}"));
                }
            }
            is_type_said = true;
        }
        let is_nullable_said = was.nullable != now.nullable;
        if is_nullable_said {
            parts.push(format!("nullable={}", python_bool(was.nullable?)));
        }
        if was.server_default != now.server_default {
            let default = match was.server_default? {
                Some(default) => self.recreate.writer.value(default)?,
                None => "None".to_owned(),
            };
            parts.push(format!("server_default={default}"));
        }
        if was.comment != now.comment {
            let comment = match was.comment.as_ref()? {
                Some(comment) => self.recreate.writer.text(comment),
                None => "None".to_owned(),
            };
            parts.push(format!("comment={comment}"));
        }
        if parts.len() == 1 {
            return Some(Vec::new());
        }
        if let Some(type_) = existing_type.filter(|_| is_type_said || parts.len() > 1) {
            parts.push(format!("existing_type={type_}"));
        }
        if let Some(nullable) = now.nullable.filter(|_| !is_nullable_said) {
            parts.push(format!("existing_nullable={}", python_bool(nullable)));
        }
        Some(vec![self.on_table("alter_column", key, parts)])
    }

    /// Drops the enum types that the upgrade made.
    fn types(&mut self, op: &str) -> Option<Vec<Directive>> {
        if !self.step.is_about_enum_types() {
            return Some(Vec::new());
        }
        let mut dropped = Vec::new();
        for (name, object, _) in self.step.after().objects(Kind::Type) {
            if !self.step.is_own(object.made) || object.is_other_type {
                continue;
            }
            let mut parts = vec![format!("name={}", self.recreate.writer.text(name))];
            if let Some(schema) = &object.schema {
                parts.push(format!("schema={}", self.recreate.writer.text(schema)));
            }
            let class = self.recreate.writer.path("sqlalchemy.Enum")?;
            let parts = parts.join(", ");
            dropped.push(Directive::Statement(format!(
                "{class}({parts}).drop({op}.get_bind(), checkfirst=True)"
            )));
        }
        Some(dropped)
    }
}

/// Whether what an operation drops or alters is known.
fn is_known(change: &Change, was: Known<&Table<'_>>) -> bool {
    let Some(was) = was.yes() else { return false };
    let is_named = |name: &Name, is_there: &dyn Fn(&str) -> bool| name.known().is_some_and(is_there);
    match change {
        Change::DropColumn(drop) => is_named(&drop.column, &|name| was.column(name).yes().is_some()),
        Change::AlterColumn(alter) => is_named(&alter.column, &|name| was.column(name).yes().is_some()),
        Change::DropIndex(drop) => is_named(&drop.name, &|name| was.index(name).yes().is_some()),
        Change::DropConstraint(drop) => {
            is_named(&drop.name, &|name| was.constraint(name, drop.kind).yes().is_some())
        }
        _ => true,
    }
}

/// Whether both are one constraint: by name, else by what they say.
fn is_same(one: &Constraint<'_>, other: &Constraint<'_>) -> bool {
    match (one.name.known(), other.name.known()) {
        (Some(one), Some(other)) => one == other,
        _ => one.kind == other.kind && one.columns == other.columns && one.referent == other.referent,
    }
}

fn is_same_index(one: &Index<'_>, other: &Index<'_>) -> bool {
    match (one.name.known(), other.name.known()) {
        (Some(one), Some(other)) => one == other,
        _ => one.columns == other.columns,
    }
}

/// Whether a foreign key's columns are the first ones of an index.
fn serves_foreign_key(table: &Table<'_>, index: &Index<'_>) -> bool {
    let Some(columns) = &index.columns else { return true };
    table.constraints.iter().filter(|constraint| constraint.kind == ConstraintKind::ForeignKey).any(|key| {
        key.columns
            .as_ref()
            .is_none_or(|names| names.iter().zip(columns).all(|(name, column)| column.column() == Some(name)))
    })
}

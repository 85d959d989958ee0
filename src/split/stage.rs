//! When an operation may run: before the new code is deployed, between, or when no old code runs any more. Edits nothing.

use crate::history::schema::{Moment, Step};
use crate::operation::{
    AlterColumn, Argument, Attribute, Change, ConstraintKind, CreateConstraint, CreateIndex, DropConstraint,
    Execute, Name, Operation, Server, ServerDefault, Statement, TableName,
};
use crate::revision::Created;
use crate::server::{Work, change_of_type};

use super::footprint::is_not_valid;

/// One step of the safe sequence; each becomes a revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Stage {
    /// What code that knows nothing of it can live with: new tables and columns, looser constraints.
    #[default]
    Expand,
    /// The same, where it runs outside of the transaction.
    ExpandConcurrently,
    /// Rows are changed.
    Backfill,
    /// What looks at no row, and lets no wrong one in any more.
    Guard,
    /// What runs outside of the transaction when the rows are right.
    ContractConcurrently,
    /// What only the new code can live with: stricter constraints, and what is gone.
    Contract,
    /// What runs outside of the transaction after all that.
    Finish,
}

impl Stage {
    /// All of them, in order.
    pub const ALL: [Self; 7] = [
        Self::Expand,
        Self::ExpandConcurrently,
        Self::Backfill,
        Self::Guard,
        Self::ContractConcurrently,
        Self::Contract,
        Self::Finish,
    ];

    /// The word for messages and file names.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Expand => "expand",
            Self::ExpandConcurrently => "indexes",
            Self::Backfill => "backfill",
            Self::Guard => "guard",
            Self::ContractConcurrently => "contract indexes",
            Self::Contract => "contract",
            Self::Finish => "last indexes",
        }
    }

    /// The next step for what runs outside of the transaction, where it must come after something of this one.
    pub(super) const fn behind(self) -> Self {
        match self {
            Self::Contract => Self::Finish,
            other => other,
        }
    }

    /// The same step outside of the transaction.
    const fn concurrently(self) -> Self {
        match self {
            Self::Expand => Self::ExpandConcurrently,
            Self::Contract => Self::ContractConcurrently,
            other => other,
        }
    }

    /// The earliest step in which an operation of an upgrade fits code that still runs.
    pub(super) fn of(step: &Step<'_>, moment: &Moment<'_>, created: &Created) -> Self {
        let operation = moment.operation;
        let stage = Self::in_transaction(step, moment, created);
        if operation.autocommit { stage.concurrently() } else { stage }
    }

    fn in_transaction(step: &Step<'_>, moment: &Moment<'_>, created: &Created) -> Self {
        let operation = moment.operation;
        let is_new = operation.change.table().is_some_and(|table| created.may_have_table(table));
        match &operation.change {
            Change::Execute(execute) => of_statement(execute, operation, created),
            _ if is_new => Self::Expand,
            // Code that runs may make duplicates in columns that it knows.
            Change::CreateIndex(create) if create.unique && !is_of_new_columns(create, step, moment) => {
                Self::Contract
            }
            Change::DropTable(_) | Change::RenameTable(_) | Change::DropColumn(_) | Change::DropIndex(_) => {
                Self::Contract
            }
            Change::AlterColumn(alter) => of_alter(alter, moment, step.context.server),
            Change::CreateConstraint(create) => of_constraint(create),
            Change::DropConstraint(drop) => of_drop(drop, moment),
            Change::Custom(custom) if custom.name.starts_with("drop") => Self::Contract,
            Change::CreateTable(_)
            | Change::AddColumn(_)
            | Change::CreateIndex(_)
            | Change::BulkInsert(_)
            | Change::CreateTableComment(_)
            | Change::DropTableComment(_)
            | Change::Custom(_) => Self::Expand,
        }
    }
}

fn is_of_new_columns(create: &CreateIndex, step: &Step<'_>, moment: &Moment<'_>) -> bool {
    let is_new = |column: &Argument| {
        column.as_str().is_some_and(|column| is_new_column(step, moment, &create.table, &Name::new(column)))
    };
    create.columns.as_ref().is_some_and(|columns| columns.iter().all(is_new))
}

/// Whether the revision makes a column itself.
pub(super) fn is_new_column(step: &Step<'_>, moment: &Moment<'_>, table: &TableName, column: &Name) -> bool {
    let table = moment.schema.table(table).yes();
    let column = table.zip(column.known()).and_then(|(table, column)| table.column(column).yes());
    column.is_some_and(|column| step.is_own(column.made))
}

/// A column that takes more than before can wait for its code; one that takes less, or is called otherwise, cannot be had early.
fn of_alter(alter: &AlterColumn, moment: &Moment<'_>, server: Server) -> Stage {
    let is_free = change_of_type(alter, moment, server)
        .is_none_or(|change| change.work == Work::None && change.loss.is_none());
    let is_stricter = alter.nullable == Attribute::Set(false) || alter.nullable == Attribute::Unknown;
    let loses_default = alter.server_default == ServerDefault::None;
    if !is_free
        || is_stricter
        || loses_default
        || alter.new_name.known().is_some()
        || alter.new_name.is_unknown()
    {
        Stage::Contract
    } else {
        Stage::Expand
    }
}

fn of_constraint(create: &CreateConstraint) -> Stage {
    if is_not_valid(&create.constraint) { Stage::Expand } else { Stage::Contract }
}

/// Without a foreign key or a check all code goes on; `ON CONFLICT` needs what is unique.
fn of_drop(drop: &DropConstraint, moment: &Moment<'_>) -> Stage {
    let in_schema = || {
        let table = moment.schema.table(&drop.table).yes()?;
        Some(table.constraint(drop.name.known()?, None).yes()?.kind)
    };
    match drop.kind.or_else(in_schema) {
        Some(ConstraintKind::ForeignKey | ConstraintKind::Check) => Stage::Expand,
        _ => Stage::Contract,
    }
}

fn of_statement(execute: &Execute, operation: &Operation, created: &Created) -> Stage {
    match &execute.statement {
        Statement::Insert { table } => {
            let copies = operation.sql().is_none_or(|sql| sql.to_ascii_lowercase().contains("select"));
            let is_filled_at_once = !copies || (created.may_have_table(table) && operation.sql().is_none());
            if is_filled_at_once { Stage::Expand } else { Stage::Backfill }
        }
        Statement::Select
        | Statement::Update { .. }
        | Statement::Delete { .. }
        | Statement::Truncate { .. } => Stage::Backfill,
        Statement::DropSchema { .. }
        | Statement::DropDatabase { .. }
        | Statement::DropType { .. }
        | Statement::DropSequence { .. }
        | Statement::DropView { .. }
        | Statement::RenameIndex { .. }
        | Statement::RenameConstraint { .. }
        | Statement::RenameView { .. }
        | Statement::RenameType { .. }
        | Statement::RenameEnumValue { .. }
        | Statement::RenameSequence { .. }
        | Statement::SetSchema { .. }
        | Statement::ValidateConstraint { .. }
        | Statement::ConstraintUsingIndex { .. } => Stage::Contract,
        Statement::Other { verb } if verb.starts_with("DROP") => Stage::Contract,
        _ => Stage::Expand,
    }
}

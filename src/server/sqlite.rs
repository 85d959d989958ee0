//! SQLite: whoever writes locks the whole database; batch mode copies the table.

use super::{Effect, Lock, Work};
use crate::history::schema::Moment;
use crate::operation::{Change, Statement, TableName};

pub(super) fn effects(moment: &Moment<'_>) -> Vec<Effect> {
    let on = |table: &TableName, work| vec![Effect::new(table, Lock::Database, work)];
    let operation = moment.operation;
    match &operation.change {
        Change::CreateIndex(create) => on(&create.table, Work::IndexBuild),
        Change::DropIndex(drop) => on(&drop.table, Work::None),
        // sqlite.org/lang_altertable.html: neither looks at the rows, dropping a column writes them.
        Change::AddColumn(add) => on(&add.table, Work::None),
        Change::RenameTable(rename) => on(&rename.table, Work::None),
        Change::DropColumn(drop) => on(&drop.table, Work::Rewrite),
        Change::DropTable(drop) => on(&drop.table, Work::None),
        Change::BulkInsert(insert) => on(&insert.table, Work::None),
        // `alembic/operations/batch.py`, `ApplyBatchImpl._create`.
        Change::AlterColumn(_) | Change::CreateConstraint(_) | Change::DropConstraint(_) => {
            let work = if operation.batch { Work::Rewrite } else { Work::None };
            operation.change.table().map_or_else(Vec::new, |table| on(table, work))
        }
        Change::Execute(execute) => match &execute.statement {
            Statement::Insert { table } | Statement::Truncate { table, .. } => on(table, Work::None),
            Statement::Update { table, .. } | Statement::Delete { table, .. } => on(table, Work::Scan),
            _ => Vec::new(),
        },
        Change::CreateTable(_)
        | Change::CreateTableComment(_)
        | Change::DropTableComment(_)
        | Change::Custom(_) => Vec::new(),
    }
}

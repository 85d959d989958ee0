//! What every change can be asked: its directive, its table, its name, the columns it makes.

use super::change::{Change, ConstraintKind, Statement};
use super::column::Column;
use super::name::{Name, TableName};

impl Change {
    /// The directive's name, as in Alembic; `execute` for statements that are none.
    pub fn directive(&self) -> &str {
        match self {
            Self::CreateTable(_) => "create_table",
            Self::DropTable(_) => "drop_table",
            Self::RenameTable(_) => "rename_table",
            Self::AddColumn(_) => "add_column",
            Self::DropColumn(_) => "drop_column",
            Self::AlterColumn(_) => "alter_column",
            Self::CreateIndex(_) => "create_index",
            Self::DropIndex(_) => "drop_index",
            Self::CreateConstraint(c) => match c.constraint.kind {
                ConstraintKind::ForeignKey => "create_foreign_key",
                ConstraintKind::Unique => "create_unique_constraint",
                ConstraintKind::Check => "create_check_constraint",
                ConstraintKind::PrimaryKey => "create_primary_key",
                ConstraintKind::Exclude => "create_exclude_constraint",
            },
            Self::DropConstraint(_) => "drop_constraint",
            Self::CreateTableComment(_) => "create_table_comment",
            Self::DropTableComment(_) => "drop_table_comment",
            Self::BulkInsert(_) => "bulk_insert",
            Self::Execute(_) => "execute",
            Self::Custom(c) => &c.name,
        }
    }

    /// The table it is about, where it is about one.
    pub fn table(&self) -> Option<&TableName> {
        match self {
            Self::CreateTable(c) => Some(&c.table),
            Self::DropTable(c) => Some(&c.table),
            Self::RenameTable(c) => Some(&c.table),
            Self::AddColumn(c) => Some(&c.table),
            Self::DropColumn(c) => Some(&c.table),
            Self::AlterColumn(c) => Some(&c.table),
            Self::CreateIndex(c) => Some(&c.table),
            Self::DropIndex(c) => Some(&c.table),
            Self::CreateConstraint(c) => Some(&c.table),
            Self::DropConstraint(c) => Some(&c.table),
            Self::CreateTableComment(c) | Self::DropTableComment(c) => Some(&c.table),
            Self::BulkInsert(c) => Some(&c.table),
            Self::Execute(_) | Self::Custom(_) => None,
        }
    }

    /// The column, index, constraint or new table name.
    pub fn name(&self) -> &Name {
        match self {
            Self::RenameTable(c) => &c.to,
            Self::AddColumn(c) => &c.column.name,
            Self::DropColumn(c) => &c.column,
            Self::AlterColumn(c) => &c.column,
            Self::CreateIndex(c) => &c.name,
            Self::DropIndex(c) => &c.name,
            Self::CreateConstraint(c) => &c.constraint.name,
            Self::DropConstraint(c) => &c.name,
            Self::CreateTable(_)
            | Self::DropTable(_)
            | Self::CreateTableComment(_)
            | Self::DropTableComment(_)
            | Self::BulkInsert(_)
            | Self::Execute(_)
            | Self::Custom(_) => &Name::None,
        }
    }

    /// Whether schema objects or rows are gone afterwards.
    pub fn is_destructive(&self) -> bool {
        match self {
            Self::DropTable(_)
            | Self::DropColumn(_)
            | Self::DropIndex(_)
            | Self::DropConstraint(_)
            | Self::DropTableComment(_) => true,
            Self::Execute(e) => matches!(
                e.statement,
                Statement::Delete { .. }
                    | Statement::Truncate { .. }
                    | Statement::DropSchema { .. }
                    | Statement::DropDatabase { .. }
                    | Statement::DropType { .. }
                    | Statement::DropSequence { .. }
            ),
            Self::Custom(c) => c.name.starts_with("drop_"),
            _ => false,
        }
    }

    /// The columns that it makes, with their table.
    pub fn new_columns(&self) -> Option<(&TableName, &[Column])> {
        match self {
            Self::CreateTable(create) => Some((&create.table, &create.columns)),
            Self::AddColumn(add) => Some((&add.table, std::slice::from_ref(&add.column))),
            _ => None,
        }
    }
}

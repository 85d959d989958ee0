//! Statements about one table that no directive stands for. Knows no syntax.

use super::name::TableName;

/// A statement about one table, view or index that is kept by its first words.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TableStatement {
    /// The first words, upper case ("REINDEX TABLE", "ALTER TABLE SET LOGGED", "CREATE TRIGGER").
    pub verb: Box<str>,
    /// What it is about: an index for "REINDEX INDEX", else a table or a view. Without a name where it is about all there
    /// are (`VACUUM FULL`).
    pub table: TableName,
    /// The other table: the partition that is attached or detached, the parent that is inherited from.
    pub other: Option<TableName>,
    /// `CONCURRENTLY`.
    pub concurrently: bool,
    /// The mode of `LOCK TABLE`, upper case ("SHARE ROW EXCLUSIVE"), where one is given.
    pub mode: Option<Box<str>>,
}

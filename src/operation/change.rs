//! The vocabulary: one type for each directive of Alembic 1.20 (`alembic/op.pyi`), and for SQL that is none.

use super::column::{Argument, Column, ServerDefault};
use super::name::{Name, TableName};
use super::table_statement::TableStatement;

/// Keyword arguments that a directive takes but that have no field here: dialect options and unknown ones.
pub type Options = Box<[(Box<str>, Argument)]>;

/// What is changed.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// `create_table`.
    CreateTable(CreateTable),
    /// `drop_table`.
    DropTable(DropTable),
    /// `rename_table`.
    RenameTable(RenameTable),
    /// `add_column`.
    AddColumn(Box<AddColumn>),
    /// `drop_column`.
    DropColumn(DropColumn),
    /// `alter_column`.
    AlterColumn(Box<AlterColumn>),
    /// `create_index`.
    CreateIndex(CreateIndex),
    /// `drop_index`.
    DropIndex(DropIndex),
    /// `create_foreign_key`, `create_unique_constraint`, `create_check_constraint`, `create_primary_key`,
    /// `create_exclude_constraint`.
    CreateConstraint(CreateConstraint),
    /// `drop_constraint`.
    DropConstraint(DropConstraint),
    /// `create_table_comment`.
    CreateTableComment(TableComment),
    /// `drop_table_comment`.
    DropTableComment(TableComment),
    /// `bulk_insert`.
    BulkInsert(BulkInsert),
    /// A statement that is none of the above.
    Execute(Execute),
    /// A directive that a plugin or the project registered, kept by name.
    Custom(Custom),
}

/// `create_table`, `CREATE TABLE`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CreateTable {
    /// The new table.
    pub table: TableName,
    /// Its columns in order.
    pub columns: Vec<Column>,
    /// Table constraints in order.
    pub constraints: Vec<Constraint>,
    /// `sa.Index(..)` among the items; SQL has none there.
    pub indexes: Vec<CreateIndex>,
    /// `if_not_exists`.
    pub if_not_exists: bool,
    /// `prefixes=["TEMPORARY"]`, `CREATE TEMP TABLE`.
    pub temporary: bool,
    /// Other keyword arguments.
    pub options: Options,
    /// Whether all columns and constraints could be read.
    pub complete: bool,
}

/// A constraint as a table item or as an operation of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Constraint {
    /// What it demands.
    pub kind: ConstraintKind,
    /// Its name; [`Name::None`] where the database chooses.
    pub name: Name,
    /// Its columns; `None` where they could not be read.
    pub columns: Option<Vec<Name>>,
    /// For foreign keys: the referenced table.
    pub referent: Option<TableName>,
    /// For foreign keys: the referenced columns.
    pub referent_columns: Option<Vec<Name>>,
    /// Check conditions and exclude elements, other keyword arguments (`ondelete`, dialect options).
    pub options: Options,
}

/// The kinds of constraint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConstraintKind {
    /// FOREIGN KEY.
    ForeignKey,
    /// UNIQUE.
    Unique,
    /// CHECK.
    Check,
    /// PRIMARY KEY.
    PrimaryKey,
    /// EXCLUDE (PostgreSQL).
    Exclude,
}

/// `drop_table`, one for each table of a `DROP TABLE`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DropTable {
    /// The table.
    pub table: TableName,
    /// `if_exists`.
    pub if_exists: bool,
    /// `CASCADE` (SQL only).
    pub cascade: bool,
    /// Other keyword arguments.
    pub options: Options,
}

/// `rename_table`.
#[derive(Debug, Clone, PartialEq)]
pub struct RenameTable {
    /// The table with its old name.
    pub table: TableName,
    /// The new name.
    pub to: Name,
}

/// `add_column`.
#[derive(Debug, Clone, PartialEq)]
pub struct AddColumn {
    /// The table.
    pub table: TableName,
    /// The column.
    pub column: Column,
    /// `if_not_exists`.
    pub if_not_exists: bool,
    /// Other keyword arguments (`inline_references`, `insert_after`, ..).
    pub options: Options,
}

/// `drop_column`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DropColumn {
    /// The table.
    pub table: TableName,
    /// The column.
    pub column: Name,
    /// `if_exists`.
    pub if_exists: bool,
    /// `CASCADE` (SQL only).
    pub cascade: bool,
    /// Other keyword arguments.
    pub options: Options,
}

/// A keyword whose absence means "leave as it is".
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Attribute<T> {
    /// Not changed.
    #[default]
    Unchanged,
    /// Set to this.
    Set(T),
    /// Changed to something that only running the revision would tell.
    Unknown,
}

/// `alter_column`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AlterColumn {
    /// The table.
    pub table: TableName,
    /// The column, by its old name.
    pub column: Name,
    /// `nullable`.
    pub nullable: Attribute<bool>,
    /// `server_default`.
    pub server_default: ServerDefault,
    /// `type_`; for SQL the type's text.
    pub type_: Option<Argument>,
    /// `new_column_name`.
    pub new_name: Name,
    /// `comment` ([`Argument::None`] removes it).
    pub comment: Option<Argument>,
    /// `existing_type`.
    pub existing_type: Option<Argument>,
    /// `existing_nullable`.
    pub existing_nullable: Option<bool>,
    /// `existing_server_default`.
    pub existing_server_default: ServerDefault,
    /// Other keyword arguments (`postgresql_using`, ..).
    pub options: Options,
}

/// `create_index`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CreateIndex {
    /// The index.
    pub name: Name,
    /// Its table.
    pub table: TableName,
    /// Column names and expressions in order; `None` where they could not be read.
    pub columns: Option<Vec<Argument>>,
    /// `unique`.
    pub unique: bool,
    /// `postgresql_concurrently`.
    pub concurrently: bool,
    /// `if_not_exists`.
    pub if_not_exists: bool,
    /// Other keyword arguments.
    pub options: Options,
}

/// `drop_index`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DropIndex {
    /// The index.
    pub name: Name,
    /// Its table, where one is given.
    pub table: TableName,
    /// `postgresql_concurrently`.
    pub concurrently: bool,
    /// `if_exists`.
    pub if_exists: bool,
    /// `CASCADE` (SQL only).
    pub cascade: bool,
    /// Other keyword arguments.
    pub options: Options,
}

/// A `create_*_constraint` directive.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateConstraint {
    /// The table.
    pub table: TableName,
    /// The constraint.
    pub constraint: Constraint,
}

/// `drop_constraint`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DropConstraint {
    /// The table.
    pub table: TableName,
    /// The constraint; [`Name::None`] for `drop_constraint(None, ..)`, which always raises.
    pub name: Name,
    /// `type_`, where it is given or the SQL form tells (`DROP FOREIGN KEY`).
    pub kind: Option<ConstraintKind>,
    /// `if_exists`.
    pub if_exists: bool,
    /// `CASCADE` (SQL only).
    pub cascade: bool,
}

/// `create_table_comment` and `drop_table_comment`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TableComment {
    /// The table.
    pub table: TableName,
    /// The text, where it is known.
    pub comment: Option<Box<str>>,
}

/// `bulk_insert`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BulkInsert {
    /// The table.
    pub table: TableName,
    /// How many rows, where the list is known.
    pub rows: Option<usize>,
}

/// A statement that is no directive.
#[derive(Debug, Clone, PartialEq)]
pub struct Execute {
    /// What it does, as far as it was understood.
    pub statement: Statement,
}

/// Statements that have no directive of their own.
#[derive(Debug, Clone, PartialEq)]
pub enum Statement {
    /// Reads only: `SELECT` without `INTO`, `SHOW`, `EXPLAIN`.
    Select,
    /// `INSERT`, `COPY .. FROM`, `REPLACE`, `MERGE`.
    Insert {
        /// The table written to.
        table: TableName,
    },
    /// `UPDATE`.
    Update {
        /// The table written to.
        table: TableName,
        /// Whether a condition limits it (one that is always true does not).
        has_where: bool,
        /// The columns that get a value; `None` where they are not known.
        columns: Option<Box<[Name]>>,
    },
    /// `DELETE`.
    Delete {
        /// The table emptied.
        table: TableName,
        /// Whether a condition limits it (one that is always true does not).
        has_where: bool,
    },
    /// `TRUNCATE`; one for each table.
    Truncate {
        /// The table emptied.
        table: TableName,
        /// `CASCADE`.
        cascade: bool,
    },
    /// `CREATE SCHEMA`.
    CreateSchema {
        /// The schema.
        name: Name,
    },
    /// `DROP SCHEMA`, and MySQL's `DROP DATABASE`; one for each.
    DropSchema {
        /// The schema.
        name: Name,
        /// `CASCADE`.
        cascade: bool,
    },
    /// `DROP DATABASE` (not MySQL, where it is a schema).
    DropDatabase {
        /// The database.
        name: Name,
    },
    /// `CREATE TYPE`, `Enum.create(bind)`.
    CreateType {
        /// The type.
        name: Name,
        /// Labels of an enum type, where they are known.
        labels: Option<Vec<Name>>,
        /// Whether it is, or may be, made only where it is missing: `checkfirst=True`.
        if_missing: bool,
    },
    /// `DROP TYPE`, `Enum.drop(bind)`; one for each.
    DropType {
        /// The type.
        name: Name,
        /// `CASCADE`.
        cascade: bool,
    },
    /// `ALTER TYPE .. ADD VALUE`.
    AddEnumValue {
        /// The type.
        name: Name,
        /// The new label.
        value: Name,
    },
    /// `CREATE SEQUENCE`, `Sequence.create(bind)`.
    CreateSequence {
        /// The sequence.
        name: Name,
    },
    /// `DROP SEQUENCE`, `Sequence.drop(bind)`; one for each.
    DropSequence {
        /// The sequence.
        name: Name,
    },
    /// `ALTER TABLE .. VALIDATE CONSTRAINT`.
    ValidateConstraint {
        /// The table.
        table: TableName,
        /// The constraint.
        name: Name,
    },
    /// `ALTER TABLE .. ADD CONSTRAINT .. USING INDEX`.
    ConstraintUsingIndex {
        /// The table.
        table: TableName,
        /// The constraint.
        name: Name,
        /// The index it is made of.
        index: Name,
        /// Whether it becomes the primary key; else it is unique.
        primary_key: bool,
    },
    /// `ALTER INDEX .. RENAME TO`, MySQL's `ALTER TABLE .. RENAME INDEX`.
    RenameIndex {
        /// The table, where it is named; else its schema, where that is.
        table: TableName,
        /// The index by its old name.
        name: Name,
        /// The new name.
        to: Name,
    },
    /// `ALTER TABLE .. RENAME CONSTRAINT`.
    RenameConstraint {
        /// The table.
        table: TableName,
        /// The constraint by its old name.
        name: Name,
        /// The new name.
        to: Name,
    },
    /// `ALTER TABLE .. SET SCHEMA`.
    SetSchema {
        /// The table with its old schema.
        table: TableName,
        /// The new schema.
        schema: Name,
    },
    /// `CREATE VIEW`, `CREATE MATERIALIZED VIEW`.
    CreateView {
        /// The view.
        name: TableName,
    },
    /// `DROP VIEW`, `DROP MATERIALIZED VIEW`; one for each.
    DropView {
        /// The view.
        name: TableName,
    },
    /// `ALTER VIEW .. RENAME TO`.
    RenameView {
        /// The view by its old name.
        name: Name,
        /// The new name.
        to: Name,
    },
    /// `ALTER TYPE .. RENAME TO`.
    RenameType {
        /// The type by its old name.
        name: Name,
        /// The new name.
        to: Name,
    },
    /// `ALTER TYPE .. RENAME VALUE`.
    RenameEnumValue {
        /// The type.
        name: Name,
        /// The old label.
        from: Name,
        /// The new label.
        to: Name,
    },
    /// `ALTER SEQUENCE .. RENAME TO`.
    RenameSequence {
        /// The sequence by its old name.
        name: Name,
        /// The new name.
        to: Name,
    },
    /// `COMMENT ON` anything that is not a table.
    Comment,
    /// `SET`, `SET LOCAL`, `RESET`, `PRAGMA`.
    Set {
        /// The setting, lower case.
        name: Name,
        /// `SET LOCAL`.
        local: bool,
    },
    /// `BEGIN`, `COMMIT`, `ROLLBACK`, `SAVEPOINT`.
    Transaction,
    /// Any other statement about one table.
    OnTable(Box<TableStatement>),
    /// Any other statement that the parser knows; its first words, upper case ("CREATE EXTENSION").
    Other {
        /// The first words.
        verb: Box<str>,
    },
    /// SQL that the parser does not know.
    Unparsed,
    /// A statement object or text that only running the revision would tell.
    Unknown,
}

/// A directive registered by a plugin or the project.
#[derive(Debug, Clone, PartialEq)]
pub struct Custom {
    /// Its name (`create_entity`).
    pub name: Box<str>,
    /// Positional arguments.
    pub args: Box<[Argument]>,
    /// Keyword arguments.
    pub keywords: Options,
}

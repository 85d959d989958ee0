//! Operations: what a revision does to a database, typed, whichever way it was spelled.
//!
//! A directive (`op.drop_column`), an object (`table.drop(bind)`) and SQL (`ALTER TABLE .. DROP COLUMN`) give
//! the same [`Change`]. Knows nothing of Python or SQL syntax.

mod change;
mod column;
mod condition;
mod describe;
mod identifier;
mod misfit;
mod misfit_value;
mod name;
mod question;
mod server;
mod signature;
mod spelling;
mod table_statement;

pub use change::{
    AddColumn, AlterColumn, Attribute, BulkInsert, Change, Constraint, ConstraintKind, CreateConstraint,
    CreateIndex, CreateTable, Custom, DropColumn, DropConstraint, DropIndex, DropTable, Execute, Options,
    RenameTable, Statement, TableComment,
};
pub use column::{Argument, Call, Column, ServerDefault};
pub use condition::{condition_text, only_not_null};
pub use identifier::sql_identifier;
pub use misfit::{Misfit, misfits};
pub use misfit_value::{COLUMNS_OF_TABLE, Given, value_misfit};
pub use name::{Name, TableName};
pub use server::{Server, Version};
pub use signature::{BATCH_DIRECTIVES, DIRECTIVES, Signature};
pub use table_statement::TableStatement;

use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::source::Span;

/// The last part of a dotted path.
pub(crate) fn last_part(path: &str) -> &str {
    let start = memchr::memrchr(b'.', path.as_bytes()).map_or(0, |dot| dot + 1);
    path.get(start..).unwrap_or(path)
}

/// The database family a revision runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// PostgreSQL.
    Postgresql,
    /// MySQL.
    Mysql,
    /// MariaDB.
    Mariadb,
    /// SQLite.
    Sqlite,
}

impl Dialect {
    /// Its name as its makers write it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Postgresql => "PostgreSQL",
            Self::Mysql => "MySQL",
            Self::Mariadb => "MariaDB",
            Self::Sqlite => "SQLite",
        }
    }
}

/// One change, with what is known of its place and circumstances.
#[expect(clippy::struct_excessive_bools, reason = "each is a circumstance of its own")]
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// What is changed.
    pub change: Change,
    /// The call in the revision file; for code of a helper module, the call that leads there.
    pub span: Span,
    /// Calls in the revision file that lead to `span`, outermost first (helpers, loops over helpers).
    pub call_sites: Box<[Span]>,
    /// Names of the functions it was reached through, outermost first.
    pub via: Box<[Box<str>]>,
    /// Whether it may run zero times: an undecided `if`, an unknown loop, an `except` arm, code after an
    /// undecided `return`.
    pub conditional: bool,
    /// The arms of undecided branches that it is in, outermost first.
    pub arms: Box<[Arm]>,
    /// Inside a `try` with an arm that may go on after it failed, or in `contextlib.suppress`.
    pub guarded: bool,
    /// Inside `with op.get_context().autocommit_block()`.
    pub autocommit: bool,
    /// Given to a `batch_alter_table` object.
    pub batch: bool,
    /// That object copies the table whatever it is given: `recreate="always"`.
    pub recreate: bool,
    /// How it was written.
    pub origin: Origin,
}

/// One way through a branch that only running the revision would decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arm {
    /// Which branch of the body.
    pub branch: u32,
    /// Which of its ways.
    pub way: u32,
}

/// How an operation was written.
#[derive(Debug, Clone, PartialEq)]
pub enum Origin {
    /// A method of `op` or of a batch object, or `op.invoke(..)`.
    Directive,
    /// SQL text.
    RawSql {
        /// The statement, with [`HOLE`] where a part is not known.
        text: Box<str>,
        /// The place of the statement inside the Python literal, where the literal shows it byte by byte.
        span: Option<Span>,
        /// Whether parts of the text are not known before the revision runs.
        dynamic: bool,
    },
    /// A SQLAlchemy Core statement (`sa.delete(t)`, `t.update()`).
    Core,
    /// `.create(bind)` or `.drop(bind)` of a Table, Enum, Index or Sequence.
    Object,
}

/// Stands in SQL text and in names for a part that only running the revision would tell. A plain
/// identifier, so that SQL parsers read on; any name that holds it is [`Name::Unknown`].
pub const HOLE: &str = "alembic_lint_unknown";

/// Whether a text or name holds [`HOLE`].
pub fn holds_hole(text: &str) -> bool {
    static HOLES: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(HOLE));
    // Most texts are names, shorter than what they are searched for.
    text.len() >= HOLE.len() && HOLES.find(text.as_bytes()).is_some()
}

impl Operation {
    /// The SQL text that a person wrote for this operation.
    pub fn sql(&self) -> Option<&str> {
        match &self.origin {
            Origin::RawSql { text, .. } => Some(text),
            Origin::Directive | Origin::Core | Origin::Object => None,
        }
    }

    /// Whether no run does both: they are in different arms of one `if`.
    pub fn excludes(&self, other: &Self) -> bool {
        let is_other_way =
            |arm: &Arm| other.arms.iter().any(|its| its.branch == arm.branch && its.way != arm.way);
        self.arms.iter().any(is_other_way)
    }

    /// The statement that it executes, where it is none of the directives.
    pub fn statement(&self) -> Option<&Statement> {
        match &self.change {
            Change::Execute(execute) => Some(&execute.statement),
            _ => None,
        }
    }

    /// Whether it was written as SQL text.
    pub fn is_raw_sql(&self) -> bool {
        matches!(self.origin, Origin::RawSql { .. })
    }

    /// MySQL's `SET FOREIGN_KEY_CHECKS`: from here on, the order of tables does not matter.
    pub fn switches_foreign_keys_off(&self) -> bool {
        match &self.change {
            Change::Execute(execute) => match &execute.statement {
                Statement::Set { name: Name::Known(name), .. } => {
                    name.to_ascii_lowercase().contains("foreign_key_checks")
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether MySQL's `SET FOREIGN_KEY_CHECKS` switches the checks on; `None` for anything else.
    pub fn switches_foreign_keys(&self) -> Option<bool> {
        let value = self.sql().filter(|_| self.switches_foreign_keys_off())?.rsplit('=').next()?;
        match value.trim().trim_end_matches(';').trim_end().to_ascii_lowercase().as_str() {
            "0" | "off" | "false" => Some(false),
            _ => Some(true),
        }
    }

    /// Whether schema objects or rows are gone afterwards.
    pub fn is_destructive(&self) -> bool {
        self.change.is_destructive()
    }

    /// What it does, in plain words ("drops column `user.age` and its data").
    pub fn summary(&self) -> String {
        describe::summary(self)
    }
}

//! One revision file as a value: identifiers, docstring, upgrade, downgrade, markers.
//!
//! Rules see this, never a syntax tree.

mod call_edit;
mod created;
mod environment;
mod fingerprint;
mod header;
mod import_line;
mod replacement;
mod siblings;
mod suggestion;
mod transactions;

pub use created::Created;
pub use environment::Environment;
pub use fingerprint::{Fingerprint, NoFingerprint};
pub use header::Header;
pub use import_line::{ImportLine, import_for, is_sqlalchemy_name, starts_path, submodule_of};
pub use replacement::KeyObject;
pub use siblings::Siblings;
pub use transactions::Transaction;

use crate::config::Settings;
use crate::operation::{Change, Dialect, Misfit, Operation, Server, Statement};
use crate::project::ScriptDirectory;
use crate::source::{FileId, SourceFile, Span};

/// A revision file, read.
#[derive(Debug, Clone, Default)]
pub struct Revision {
    /// `revision`, `down_revision`, `branch_labels`, `depends_on`.
    pub identifiers: Identifiers,
    /// The module docstring.
    pub docstring: Option<Docstring>,
    /// What the Python parser refused, first one first.
    pub syntax_errors: Vec<SyntaxError>,
    /// Names and import statements of the module.
    pub names: ModuleNames,
    /// Operations that run when the module is imported.
    pub at_import: Vec<Span>,
    /// `def upgrade`.
    pub upgrade: Option<Body>,
    /// `def downgrade`.
    pub downgrade: Option<Body>,
    /// Both as they run on the project's dialect alone, where they ask for it.
    pub on_dialect: Option<Box<OnDialect>>,
    /// Comments in order.
    pub comments: Vec<Comment>,
    /// Spans of simple statements and of compound statements' headers, for suppression comments.
    pub statements: Vec<Span>,
    /// Whether both markers of autogenerate stand in the file.
    pub has_autogenerate_markers: bool,
    /// The hash of what it does, where it was asked for and the file is Python.
    pub fingerprint: Option<Fingerprint>,
}

/// The identifiers Alembic reads from a module (`alembic/script/base.py`, class `Script`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identifiers {
    /// `revision`.
    pub revision: Identifier,
    /// `down_revision`.
    pub down_revision: Identifier,
    /// `branch_labels`.
    pub branch_labels: Identifier,
    /// `depends_on`.
    pub depends_on: Identifier,
}

impl Identifiers {
    /// Where the variable of this name is bound.
    pub fn span(&self, name: &str) -> Option<Span> {
        let identifier = match name {
            "revision" => &self.revision,
            "down_revision" => &self.down_revision,
            "branch_labels" => &self.branch_labels,
            "depends_on" => &self.depends_on,
            _ => return None,
        };
        identifier.span
    }
}

/// One identifier variable of the module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identifier {
    /// The statement that binds it last; `None` where none does.
    pub span: Option<Span>,
    /// Its value.
    pub value: IdentifierValue,
}

/// The value of an identifier variable.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum IdentifierValue {
    /// The module does not bind it.
    #[default]
    Missing,
    /// `None`.
    None,
    /// A string.
    One(Box<str>),
    /// A tuple, list or set of strings.
    Many(Vec<Box<str>>),
    /// Something Alembic cannot use (a number, a tuple with `None`, ..), as source text.
    Unusable(Box<str>),
    /// Not known without running the module.
    Unknown,
}

impl IdentifierValue {
    /// Whether only running the module would tell.
    pub fn is_unknown(&self) -> bool {
        *self == Self::Unknown
    }

    /// The strings it holds.
    pub fn strings(&self) -> &[Box<str>] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
            Self::Missing | Self::None | Self::Unusable(_) | Self::Unknown => &[],
        }
    }
}

/// `upgrade()` and `downgrade()` with the name of the dialect known.
#[derive(Debug, Clone, Default)]
pub struct OnDialect {
    /// `def upgrade`.
    pub upgrade: Option<Body>,
    /// `def downgrade`.
    pub downgrade: Option<Body>,
}

impl Revision {
    /// `upgrade()` as it runs on the project's dialect: what only other dialects run is left out.
    pub fn upgrade_on_dialect(&self) -> Option<&Body> {
        self.on_dialect.as_ref().map_or(self.upgrade.as_ref(), |both| both.upgrade.as_ref())
    }

    /// `downgrade()` as it runs on the project's dialect: what only other dialects run is left out.
    pub fn downgrade_on_dialect(&self) -> Option<&Body> {
        self.on_dialect.as_ref().map_or(self.downgrade.as_ref(), |both| both.downgrade.as_ref())
    }

    /// The identifier of the revision, where it could be read.
    pub fn id(&self) -> Option<&str> {
        match &self.identifiers.revision.value {
            IdentifierValue::One(id) => Some(id),
            _ => None,
        }
    }

    /// Whether the module means to be a revision: it binds `revision` or `down_revision`.
    pub fn has_identifiers(&self) -> bool {
        let Identifiers { revision, down_revision, .. } = &self.identifiers;
        revision.value != IdentifierValue::Missing || down_revision.value != IdentifierValue::Missing
    }

    /// The first line of the docstring, as Alembic's `Script.doc`.
    pub fn message(&self) -> Option<&str> {
        let docstring = self.docstring.as_ref()?;
        docstring.text.trim_start().lines().next().map(str::trim_end).filter(|line| !line.is_empty())
    }

    /// Whether it joins several down revisions.
    pub fn is_merge(&self) -> bool {
        self.identifiers.down_revision.value.strings().len() > 1
    }

    /// Whether it starts a history.
    pub fn is_base(&self) -> bool {
        self.identifiers.down_revision.value == IdentifierValue::None
    }
}

/// A module docstring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Docstring {
    /// The literal with its quotes.
    pub span: Span,
    /// Its value.
    pub text: Box<str>,
}

/// A place where the file is no Python.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// The place.
    pub span: Span,
    /// What the parser expected, lower-case start.
    pub message: Box<str>,
}

/// What the module binds and what it uses without binding.
#[derive(Debug, Clone, Default)]
pub struct ModuleNames {
    /// Import statements at module level that run whenever the module is imported, in order.
    pub imports: Vec<ImportStatement>,
    /// `from x import *` anywhere: nothing can be called undefined.
    pub has_star_import: bool,
    /// Loads of names that nothing binds.
    pub undefined: Vec<UndefinedName>,
    /// Dotted paths that are used with the first name bound by a module import of that path or its parents
    /// (`sqlmodel.sql.sqltypes.AutoString`): what the code needs to be imported.
    pub module_uses: Vec<ModuleUse>,
    /// Where a new import line may stand when no import statement exists: after docstring and `__future__`.
    pub first_import_offset: u32,
}

impl ModuleNames {
    /// Whether an unconditional module-level import binds the name `root` to the module of that name
    /// (`import sqlmodel`, `import sqlmodel.sql.sqltypes`; not `import sqlmodel as x`).
    pub fn binds_module(&self, root: &str) -> bool {
        self.imports.iter().any(|import| import.bound.iter().any(|bound| bound.binds_root(root)))
    }

    /// Whether an unconditional module-level import binds `name` to the module `path` (`import sqlalchemy as sa`).
    pub fn binds(&self, name: &str, path: &str) -> bool {
        self.imports.iter().flat_map(|import| &import.bound).any(|bound| match bound {
            BoundName::Module { path: module } => &**module == path && path == name,
            BoundName::Alias { path: of, name: alias } => &**of == path && &**alias == name,
        })
    }

    /// Whether `import path` or a deeper module is imported unconditionally under its own name.
    pub fn imports_module(&self, path: &str) -> bool {
        self.imports.iter().flat_map(|import| &import.bound).any(|bound| match bound {
            BoundName::Module { path: imported } => {
                &**imported == path || imported.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'))
            }
            BoundName::Alias { .. } => false,
        })
    }
}

/// An import statement at module level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportStatement {
    /// The statement.
    pub span: Span,
    /// `from __future__ import ..`.
    pub is_future: bool,
    /// What it binds.
    pub bound: Vec<BoundName>,
}

/// What an import binds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BoundName {
    /// `import a.b.c`: binds `a`, loads `a.b.c`.
    Module {
        /// The dotted path.
        path: Box<str>,
    },
    /// `import a.b as c`, `from a import b [as c]`.
    Alias {
        /// The dotted path of what is bound.
        path: Box<str>,
        /// The name it gets.
        name: Box<str>,
    },
}

impl BoundName {
    fn binds_root(&self, root: &str) -> bool {
        match self {
            Self::Module { path } => path.split('.').next() == Some(root),
            Self::Alias { path, name } => &**path == root && &**name == root,
        }
    }
}

/// A name that is used and bound nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndefinedName {
    /// The name.
    pub name: Box<str>,
    /// The whole attribute path it starts (`sqlmodel.sql.sqltypes.AutoString`).
    pub path: Box<str>,
    /// The name's place.
    pub span: Span,
}

/// A use of a module by its dotted path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleUse {
    /// The whole attribute path (`pgvector.sqlalchemy.vector.VECTOR`).
    pub path: Box<str>,
    /// The place of the path.
    pub span: Span,
}

/// A comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// From `#` to the end of the line.
    pub span: Span,
    /// Whether nothing but blanks stands before it on its line.
    pub own_line: bool,
    /// Whether it stands at module level outside any statement.
    pub top_level: bool,
}

/// `upgrade()` or `downgrade()`, evaluated.
#[derive(Debug, Clone, Default)]
pub struct Body {
    /// The `def` statement's header.
    pub span: Span,
    /// Its statements, from the first to the last; empty where the function is not written in this file with `def`.
    pub block: Span,
    /// `async def`: Alembic calls it and never awaits it.
    pub is_async: bool,
    /// What it does, in evaluation order; an unrolled loop once per turn.
    pub operations: Vec<Operation>,
    /// What could not be read.
    pub unresolved: Vec<Unresolved>,
    /// Calls in this file whose arguments the directive does not take.
    pub misfits: Vec<MisfitCall>,
    /// `with` statements of a batch object or an `autocommit_block` in this file that hold nothing.
    pub idle_blocks: Vec<Span>,
    /// Whether it surely raises before doing anything (`raise NotImplementedError("..")`).
    pub raises: bool,
    /// Whether the body is nothing but `pass`, `...`, a docstring or a bare `return`.
    pub is_trivial: bool,
    /// A function of others that it calls, which was not followed and may reach the database on ways of its own.
    pub stranger: Option<Box<str>>,
}

impl Body {
    /// Whether it leaves the database alone and ends well, and everything of it could be read.
    pub fn does_nothing(&self) -> bool {
        let is_idle = |operation: &Operation| match &operation.change {
            Change::Execute(execute) => matches!(
                execute.statement,
                Statement::Select | Statement::Set { .. } | Statement::Transaction
            ),
            _ => false,
        };
        !self.raises && self.unresolved.is_empty() && self.operations.iter().all(is_idle)
    }
}

/// An argument that a directive does not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MisfitCall {
    /// The call.
    pub span: Span,
    /// The directive.
    pub directive: &'static str,
    /// Whether it is one of a batch object.
    pub batch: bool,
    /// What is wrong.
    pub misfit: Misfit,
}

/// Something that only running the revision would tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unresolved {
    /// The place.
    pub span: Span,
    /// Why, with the names ("the SQL given to `op.execute` is built from `table`, which is not known").
    pub reason: Box<str>,
    /// Where operations may be missing from [`Body::operations`]: how many of them come before. `None` where an
    /// operation is listed of which only a part is not known.
    pub hides_after: Option<usize>,
}

/// What a rule of one revision may look at.
#[derive(Debug, Clone, Copy)]
pub struct RevisionContext<'a> {
    /// The file's identity.
    pub id: FileId,
    /// The file.
    pub file: &'a SourceFile,
    /// The revision.
    pub revision: &'a Revision,
    /// The script directory it belongs to.
    pub directory: &'a ScriptDirectory,
    /// What all revisions of that directory tell together.
    pub siblings: &'a Siblings<'a>,
    /// The configuration.
    pub settings: &'a Settings,
    /// The dialect: configured, else detected, else PostgreSQL.
    pub dialect: Dialect,
    /// The oldest server it runs on: as configured, else [`Server::oldest_supported`].
    pub server: Server,
}

impl RevisionContext<'_> {
    /// The file's text.
    pub fn text(&self) -> &str {
        self.file.text()
    }

    /// Whether the file could be read and is Python; what it lacks can only be told then.
    pub fn is_python(&self) -> bool {
        self.file.text.is_ok() && self.revision.syntax_errors.is_empty()
    }

    /// Whether revisions run on PostgreSQL in a transaction, which keeps every lock until it ends.
    pub fn keeps_locks(&self) -> bool {
        self.server.is_postgresql() && !self.siblings.environment.may_autocommit
    }

    /// Whether an operation of the upgrade is in none of the branches for other dialects.
    pub fn runs_on_dialect(&self, operation: &Operation) -> bool {
        self.revision.upgrade_on_dialect().is_some_and(|body| body.operations.contains(operation))
    }

    /// Visits those operations of the upgrade that are wanted, as PostgreSQL runs them, each with what all before it made; none
    /// where the revisions run on another server.
    pub fn on_postgresql(
        &self,
        is_wanted: impl Fn(&Operation) -> bool,
        visit: impl FnMut(&Operation, &Created),
    ) {
        let upgrade = self.revision.upgrade_on_dialect().filter(|body| !body.is_async);
        if let Some(upgrade) = upgrade.filter(|_| self.server.is_postgresql()) {
            upgrade.walk_those(is_wanted, visit);
        }
    }

    /// The function in which `span` most likely lies: `upgrade`, `downgrade`, or `None` before both.
    pub fn function_at(&self, span: Span) -> Option<&'static str> {
        let bodies = [("upgrade", &self.revision.upgrade), ("downgrade", &self.revision.downgrade)];
        let starts = bodies.iter().filter_map(|(name, body)| Some((body.as_ref()?.span.start, *name)));
        starts.filter(|(start, _)| *start < span.start).max().map(|(_, name)| name)
    }
}

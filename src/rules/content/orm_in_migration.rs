//! `orm-in-migration`: rows are read and written through models, which change after the revision.

use crate::revision::{BoundName, RevisionContext};
use crate::rule::{Sink, declare_rule};
use crate::source::Span;

declare_rule! {
    /// ## What it does
    /// Finds sessions of the ORM in revisions: `Session`, `sessionmaker` and their like, of SQLAlchemy and of SQLModel.
    ///
    /// ## Why is this bad?
    /// A session works on models, and those of the application are today's: as soon as a model gets another column, the old revision asks for a
    /// column that is not there yet, and a new database cannot be set up any more:
    /// ```text
    /// sqlalchemy.exc.ProgrammingError: column user.nickname does not exist
    /// ```
    /// A session also commits and closes by rules of its own, in the middle of Alembic's transaction, and holds all rows in memory.
    ///
    /// ## Example
    /// ```python bad
    /// from sqlalchemy.orm import Session
    /// session = Session(bind=op.get_bind())
    /// for user in session.query(User):
    ///     user.name = user.name.strip()
    /// session.commit()
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// user = sa.table("user", sa.column("name"))
    /// op.execute(sa.update(user).values(name=sa.func.trim(user.c.name)))
    /// ```
    ///
    /// ## References
    /// - django-migration-linter: `RUNPYTHON_MODEL_IMPORT`, `RUNPYTHON_MODEL_VARIABLE_NAME`
    /// - [Alembic: `bulk_insert`, `execute`](https://alembic.sqlalchemy.org/en/latest/ops.html)
    "orm-in-migration", Content, Warning,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

/// What makes sessions, in `sqlalchemy.orm`, `sqlalchemy.ext.asyncio` and `sqlmodel`.
const SESSIONS: [&str; 7] = [
    "Session",
    "sessionmaker",
    "scoped_session",
    "AsyncSession",
    "async_sessionmaker",
    "async_scoped_session",
    "async_session",
];

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let names = &context.revision.names;
    let imported = names.imports.iter().flat_map(|import| {
        import.bound.iter().filter_map(|bound| match bound {
            BoundName::Alias { path, .. } => session(path).map(|name| (import.span, name)),
            BoundName::Module { .. } => None,
        })
    });
    let used =
        names.module_uses.iter().filter_map(|place| session(&place.path).map(|name| (place.span, name)));
    let first: Option<(Span, &str)> = imported.chain(used).min_by_key(|(span, _)| span.start);
    let Some((span, name)) = first else { return };
    sink.report(span, format!("`{name}` works on models, which are others when this revision runs again later"))
        .help("write rows by `op.execute(sa.update(..))` with a table of its own: `sa.table(\"user\", sa.column(\"name\"))`");
}

/// The class of sessions that a dotted path leads to.
fn session(path: &str) -> Option<&str> {
    let (module, name) = path.rsplit_once('.')?;
    let is_there = matches!(module, "sqlmodel" | "sqlalchemy.ext.asyncio")
        || module == "sqlalchemy.orm"
        || module.starts_with("sqlalchemy.orm.")
        || module.starts_with("sqlmodel.ext.asyncio");
    (is_there && SESSIONS.contains(&name)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    fn header(line: &str) -> Tester {
        Tester::new(&RULE).header(line).upgrade("Session(op.get_bind())")
    }

    #[test]
    fn every_way_to_a_session() {
        header("from sqlalchemy.orm import Session").finds(&["`Session` works on models"]);
        header("from sqlmodel import Session, select").finds(&["`Session`"]);
        header("from sqlalchemy.orm.session import sessionmaker").finds(&["`sessionmaker`"]);
        Tester::new(&RULE)
            .header("import sqlalchemy.orm")
            .upgrade("sqlalchemy.orm.Session(op.get_bind())")
            .finds(&["`Session`"]);
    }

    #[test]
    fn other_names() {
        header("from app.sessions import Session").ok();
        header("from sqlalchemy import orm").ok();
        header("from sqlmodel import SQLModel").ok();
    }
}

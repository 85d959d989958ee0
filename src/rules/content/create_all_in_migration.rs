//! `create-all-in-migration`: the revision makes what the models say today.

use crate::operation::Misfit;
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds `metadata.create_all(..)` and `metadata.drop_all(..)` in a revision.
    ///
    /// ## Why is this bad?
    /// A revision is a step in the past; the models are today's. On a new database this one makes tables and columns that later
    /// revisions add, which then fail:
    /// ```text
    /// relation "invoice" already exists
    /// ```
    /// `drop_all` drops every table of the models, whatever revision made it.
    ///
    /// ## Example
    /// ```python bad
    /// from sqlmodel import SQLModel
    /// SQLModel.metadata.create_all(op.get_bind())
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.create_table("invoice", sa.Column("id", sa.Integer(), nullable=False), sa.PrimaryKeyConstraint("id"))
    /// ```
    /// `alembic revision --autogenerate` against an empty database writes it.
    ///
    /// ## References
    /// - [Alembic: building an up to date database from scratch](https://alembic.sqlalchemy.org/en/latest/cookbook.html#building-an-up-to-date-database-from-scratch)
    "create-all-in-migration", Content, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let bodies = [&context.revision.upgrade, &context.revision.downgrade];
    for call in bodies.into_iter().flatten().flat_map(|body| &body.misfits) {
        let Misfit::AllTables(method) = &call.misfit else { continue };
        let does = if &**method == "create_all" { "makes the tables" } else { "drops all tables" };
        sink.report(
            call.span,
            format!("`{method}` {does} of the models as they are today, not of this revision"),
        )
        .help("write the tables of this revision with `op.create_table` and `op.drop_table`");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    fn upgrade(body: &str) -> Tester {
        Tester::new(&RULE).upgrade(body)
    }

    #[test]
    fn wherever_the_metadata_comes_from() {
        upgrade("from app.models import Base\nBase.metadata.create_all(bind=op.get_bind())")
            .finds(&["`create_all` makes the tables of the models as they are today"]);
        // Metadata of the revision holds its own tables.
        upgrade("meta = sa.MetaData()\nmeta.create_all(op.get_bind())").ok();
        upgrade("pass")
            .downgrade("from app.models import Base\nBase.metadata.drop_all(op.get_bind())")
            .finds(&["`drop_all` drops all tables"]);
        upgrade("op.create_table('t', sa.Column('a', sa.Integer()))").ok();
    }
}

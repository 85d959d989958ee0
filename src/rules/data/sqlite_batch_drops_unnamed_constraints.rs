//! `sqlite-batch-drops-unnamed-constraints`: batch mode copies a table without its checks that have no name.

use crate::history::schema::{ObjectName, Step};
use crate::operation::{Change, ConstraintKind, Dialect};
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds batch operations that copy a table with CHECK constraints that have no name. On SQLite.
    ///
    /// ## Why is this bad?
    /// Batch mode reads the old table from the database and makes a new one. CHECK constraints without a name are left out, with a
    /// warning that nobody reads, and from then on the database takes values that it refused before:
    /// ```text
    /// UserWarning: Unnamed CHECK constraint on reflected table 'invoice' is being omitted from the table recreate
    /// ```
    ///
    /// ## Example
    /// ```python bad dialect=sqlite file=versions/a1_make.py
    /// """make invoice"""
    /// from alembic import op
    /// import sqlalchemy as sa
    ///
    /// revision = "a1"
    /// down_revision = None
    ///
    /// def upgrade():
    ///     op.create_table("invoice", sa.Column("total", sa.Integer()), sa.CheckConstraint("total >= 0"))
    /// ```
    ///
    /// ```python bad dialect=sqlite file=versions/b2_change.py
    /// """change invoice.total"""
    /// from alembic import op
    /// import sqlalchemy as sa
    ///
    /// revision = "b2"
    /// down_revision = "a1"
    ///
    /// def upgrade():
    ///     with op.batch_alter_table("invoice") as batch_op:
    ///         batch_op.alter_column("total", existing_type=sa.Integer(), type_=sa.Numeric())
    /// ```
    ///
    /// ## How to fix
    /// Give checks a name, or say them again:
    /// `op.batch_alter_table("invoice", table_args=[sa.CheckConstraint("total >= 0", name="total_is_positive")])`.
    ///
    /// ## References
    /// - [Alembic: including CHECK constraints](https://alembic.sqlalchemy.org/en/latest/batch.html#including-check-constraints)
    "sqlite-batch-drops-unnamed-constraints", Data, Warning,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Step(check),
}

fn check(step: &Step<'_>, sink: &mut Sink<'_>) {
    if step.context.dialect != Dialect::Sqlite {
        return;
    }
    let mut last = None;
    for moment in step.upgrade().filter(|moment| moment.operation.is_copy_in_batch()) {
        let Some(name) = moment.operation.change.table() else { continue };
        let Some(table) = moment.schema.table(name).yes() else { continue };
        let check = table.constraints.iter().find(|constraint| {
            constraint.kind == ConstraintKind::Check && constraint.sure && constraint.name == ObjectName::None
        });
        let Some(check) = check else { continue };
        if last.replace(name) == Some(name) || matches!(moment.operation.change, Change::DropTable(_)) {
            continue;
        }
        let condition =
            check.condition.as_deref().map_or_else(String::new, |condition| format!(" (`{condition}`)"));
        sink.report(
            moment.operation.span,
            format!("batch mode copies {} without its check{condition}, which has no name", name.quoted()),
        )
        .call_sites(&moment.operation.call_sites)
        .help(
            "say it again with a name: `op.batch_alter_table(.., table_args=[sa.CheckConstraint(.., name=\"..\")])`",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::config::Settings;
    use crate::operation::Dialect;
    use crate::testing::Tester;

    fn then(check: &str, upgrade: &str) -> Tester {
        let settings = Settings { dialect: Some(Dialect::Sqlite), ..Settings::default() };
        let make = format!("op.create_table('t', sa.Column('a', sa.Integer()), {check})");
        Tester::new(&RULE).settings(settings).history(&[&make, upgrade])
    }

    const ALTER: &str = "with op.batch_alter_table('t') as b:\n    b.alter_column('a', type_=sa.Text())";

    #[test]
    fn a_check_that_is_lost() {
        then("sa.CheckConstraint('a > 0')", ALTER)
            .finds(&["batch mode copies `t` without its check (`a > 0`), which has no name"]);
    }

    #[test]
    fn what_is_kept() {
        then("sa.CheckConstraint('a > 0', name='positive')", ALTER).ok();
        let add = "with op.batch_alter_table('t') as b:\n    b.add_column(sa.Column('b', sa.Integer()))";
        then("sa.CheckConstraint('a > 0')", add).ok();
        then("sa.CheckConstraint('a > 0')", "op.drop_table('t')").ok();
    }
}

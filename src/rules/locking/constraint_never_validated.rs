//! `constraint-never-validated`: a constraint is added `NOT VALID` and no revision validates it.

use crate::history::schema::{Constraint, Step};
use crate::operation::{ConstraintKind, Dialect};
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds foreign keys and check constraints that `upgrade` adds with `postgresql_not_valid=True` (`NOT VALID` in SQL) and
    /// that no revision up to the head validates.
    ///
    /// ## Why is this bad?
    /// `NOT VALID` is the way to add a constraint to a large table without blocking it for long, and it is half of the
    /// way: rows that were there before are never looked at. The planner does not trust such a constraint, a
    /// `SET NOT NULL` cannot lean on it, and whoever reads the schema takes it for a promise that all rows keep.
    ///
    /// ## Example
    /// ```python bad
    /// op.create_check_constraint("invoice_total", "invoice", "total >= 0", postgresql_not_valid=True)
    /// ```
    ///
    /// ## Use instead
    /// Validate it in a revision of its own, once the rows are in order; that blocks neither reads nor writes:
    /// ```python good file=versions/a1_check_invoice_total.py
    /// """check invoice.total"""
    /// from alembic import op
    ///
    /// revision = "a1"
    /// down_revision = None
    ///
    /// def upgrade():
    ///     op.create_check_constraint("invoice_total", "invoice", "total >= 0", postgresql_not_valid=True)
    ///
    /// def downgrade():
    ///     op.drop_constraint("invoice_total", "invoice", type_="check")
    /// ```
    ///
    /// ```python good file=versions/b2_validate_invoice_total.py
    /// """validate invoice_total"""
    /// from alembic import op
    ///
    /// revision = "b2"
    /// down_revision = "a1"
    ///
    /// def upgrade():
    ///     op.execute("ALTER TABLE invoice VALIDATE CONSTRAINT invoice_total")
    ///
    /// def downgrade():
    ///     pass
    /// ```
    ///
    /// ## References
    /// - [PostgreSQL: ALTER TABLE, NOT VALID and VALIDATE CONSTRAINT](https://www.postgresql.org/docs/current/sql-altertable.html)
    "constraint-never-validated", Locking, Info,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Step(check),
}

fn check(step: &Step<'_>, sink: &mut Sink<'_>) {
    if step.context.dialect != Dialect::Postgresql {
        return;
    }
    for table in step.touched_tables() {
        let Some(at_head) = step.at_head().table_of(&table.key).yes() else { continue };
        let is_open = |constraint: &&Constraint<'_>| {
            constraint.sure && constraint.validated == Some(false) && step.is_own(constraint.made)
        };
        for constraint in at_head.constraints.iter().map(|constraint| &**constraint).filter(is_open) {
            let Some(name) = constraint.name.known() else { continue };
            let making = step.making(|schema| {
                let table = schema.table_of(&table.key).yes();
                table.is_some_and(|table| table.constraint(name, Some(constraint.kind)).yes().is_some())
            });
            let Some(operation) = making else { continue };
            let kind = match constraint.kind {
                ConstraintKind::ForeignKey => "foreign key",
                _ => "check constraint",
            };
            sink.report(
                operation.span,
                format!(
                    "{} adds the {kind} `{name}` of `{}` as not valid, and no revision validates it: rows that were \
                     there before are never checked",
                    operation.subject(),
                    table.key
                ),
            )
            .call_sites(&operation.call_sites)
            .help(format!(
                "add a revision that runs `ALTER TABLE {} VALIDATE CONSTRAINT {name}`",
                table.key
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    const CHECK: &str = "op.create_check_constraint('ck', 't', 'a > 0', postgresql_not_valid=True)";

    fn history(upgrades: &[&str]) -> Tester {
        Tester::new(&RULE).history(upgrades)
    }

    #[test]
    fn every_spelling() {
        let found = history(&[CHECK]).finds(&["`op.create_check_constraint` adds the check constraint `ck` of `t` as not valid, and no revision validates it"]);
        assert_eq!(found.help(), "add a revision that runs `ALTER TABLE t VALIDATE CONSTRAINT ck`");
        history(&["op.create_foreign_key('fk', 't', 'u', ['a'], ['id'], postgresql_not_valid=True)"])
            .finds(&["`op.create_foreign_key` adds the foreign key `fk` of `t`"]);
        history(&["op.execute('ALTER TABLE t ADD CONSTRAINT ck CHECK (a > 0) NOT VALID')"])
            .finds(&["this SQL adds"]);
        history(&["with op.batch_alter_table('t') as b:\n    b.create_check_constraint('ck', 'a > 0', postgresql_not_valid=True)"])
            .finds(&["`batch_op.create_check_constraint`"]);
    }

    #[test]
    fn each_revision_tells_its_own() {
        history(&[CHECK, "op.add_column('t', sa.Column('b', sa.Integer()))"]).finds(&["`ck`"]);
        history(&[CHECK, &CHECK.replace("'ck'", "'ck2'")]).finds(&["`ck`", "`ck2`"]);
    }

    #[test]
    fn validated_later() {
        let validate = "op.execute('ALTER TABLE t VALIDATE CONSTRAINT ck')";
        history(&[CHECK, "pass", validate]).ok();
        history(&[&format!("{CHECK}\n{validate}")]).ok();
    }

    #[test]
    fn gone_renamed_or_perhaps_validated_later() {
        history(&[CHECK, "op.drop_constraint('ck', 't', type_='check')"]).ok();
        history(&[CHECK, "op.drop_table('t')"]).ok();
        history(&[CHECK, "if later():\n    op.execute('ALTER TABLE t VALIDATE CONSTRAINT ck')"]).ok();
        history(&[CHECK, "op.execute(sql())"]).ok();
    }

    #[test]
    fn valid_from_the_beginning() {
        history(&["op.create_check_constraint('ck', 't', 'a > 0')"]).ok();
        history(&["op.create_check_constraint('ck', 't', 'a > 0', postgresql_not_valid=False)"]).ok();
    }
}

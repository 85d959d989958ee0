//! `drop-table-with-foreign-keys`: dropping one table locks all that it refers to, at once.

use crate::history::schema::{Step, TableKey};
use crate::operation::{Change, ConstraintKind};
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds tables with foreign keys to two or more other tables that are dropped. On PostgreSQL.
    ///
    /// ## Why is this bad?
    /// A foreign key has triggers on the table that it refers to. `DROP TABLE` takes an `ACCESS EXCLUSIVE` lock on each of those
    /// tables as well, and holds all of them until the transaction ends: nobody reads or writes any of them, and two transactions
    /// that come to them in another order block each other (`deadlock detected`).
    ///
    /// ## Example
    /// ```python bad file=versions/a1_make.py
    /// """make tables"""
    /// from alembic import op
    /// import sqlalchemy as sa
    ///
    /// revision = "a1"
    /// down_revision = None
    ///
    /// def upgrade():
    ///     op.create_table("customer", sa.Column("id", sa.Integer(), primary_key=True))
    ///     op.create_table("account", sa.Column("id", sa.Integer(), primary_key=True))
    ///     op.create_table(
    ///         "invoice",
    ///         sa.Column("id", sa.Integer(), primary_key=True),
    ///         sa.Column("customer", sa.Integer(), sa.ForeignKey("customer.id")),
    ///         sa.Column("account", sa.Integer(), sa.ForeignKey("account.id")),
    ///     )
    /// ```
    ///
    /// ```python bad file=versions/b2_drop.py
    /// """drop invoice"""
    /// from alembic import op
    ///
    /// revision = "b2"
    /// down_revision = "a1"
    ///
    /// def upgrade():
    ///     op.drop_table("invoice")
    /// ```
    ///
    /// ## Use instead
    /// Drop the foreign keys first, each in a revision of its own (with `transaction_per_migration=True` in `env.py`): each locks
    /// one table for a moment. Then drop the table.
    ///
    /// ## References
    /// - `online_migrations`: dropping a table with multiple foreign keys
    /// - [PostgreSQL: explicit locking](https://www.postgresql.org/docs/current/explicit-locking.html)
    "drop-table-with-foreign-keys", Locking, Warning,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Step(check),
}

fn check(step: &Step<'_>, sink: &mut Sink<'_>) {
    if !step.context.server.is_postgresql() {
        return;
    }
    step.walk(|moment, created| {
        let Change::DropTable(drop) = &moment.operation.change else { return };
        if created.may_have_table(&drop.table) {
            return;
        }
        let Some(table) = moment.schema.table(&drop.table).yes() else { return };
        let foreign_keys = table
            .constraints
            .iter()
            .filter(|constraint| constraint.kind == ConstraintKind::ForeignKey && constraint.sure);
        let mut others: Vec<String> = foreign_keys
            .filter_map(|constraint| constraint.referent.as_ref())
            .filter(|referent| **referent != table.key && !goes_too(step, referent))
            .map(|referent| format!("`{referent}`"))
            .collect();
        others.sort();
        others.dedup();
        if others.len() < 2 {
            return;
        }
        sink.report(
            moment.operation.span,
            format!(
                "{} locks {} as well, to which it has foreign keys: nobody reads or writes them until the transaction ends",
                moment.operation.subject(),
                others.join(" and ")
            ),
        )
        .call_sites(&moment.operation.call_sites)
        .help("drop the foreign keys first, each in a revision of its own")
        .part_of(&["drop-table"]);
    });
}

/// Whether the upgrade drops the table as well, so that nobody waits for it.
fn goes_too(step: &Step<'_>, table: &TableKey<'_>) -> bool {
    step.upgrade().any(|moment| match &moment.operation.change {
        Change::DropTable(drop) => {
            moment.schema.table(&drop.table).yes().is_some_and(|one| one.key == *table)
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::config::Settings;
    use crate::operation::Dialect;
    use crate::testing::Tester;

    fn make(columns: &str) -> String {
        format!("op.create_table('t', {columns})")
    }

    const TWO: &str = "sa.Column('a', sa.Integer(), sa.ForeignKey('u.id')), sa.Column('b', sa.Integer(), sa.ForeignKey('v.id'))";

    #[test]
    fn every_table_is_named() {
        Tester::new(&RULE)
            .history(&[&make(TWO), "op.drop_table('t')"])
            .finds(&["`op.drop_table` locks `u` and `v` as well"]);
    }

    #[test]
    fn tables_that_go_too() {
        let others = "op.create_table('u', sa.Column('id', sa.Integer(), primary_key=True))\nop.create_table('v', sa.Column('id', sa.Integer(), primary_key=True))\nop.create_table('w', sa.Column('id', sa.Integer(), primary_key=True))";
        let three = format!("{TWO}, sa.Column('c', sa.Integer(), sa.ForeignKey('w.id'))");
        let history = |columns: &str, drops: &str| {
            Tester::new(&RULE).history(&[others, &make(columns), &format!("op.drop_table('t')\n{drops}")])
        };
        history(TWO, "op.drop_table('u')").ok();
        history(TWO, "op.drop_table('w')").finds(&["locks `u` and `v` as well"]);
        history(&three, "op.drop_table('u')").finds(&["locks `v` and `w` as well"]);
    }

    #[test]
    fn one_other_table_or_none() {
        let one = "sa.Column('a', sa.Integer(), sa.ForeignKey('u.id')), sa.Column('b', sa.Integer(), sa.ForeignKey('u.id'))";
        Tester::new(&RULE).history(&[&make(one), "op.drop_table('t')"]).ok();
        Tester::new(&RULE).history(&[&format!("{}\nop.drop_table('t')", make(TWO))]).ok();
        let dropped = "op.drop_constraint('t_a_fkey', 't')\nop.drop_table('t')";
        Tester::new(&RULE).history(&[&make(TWO), dropped]).ok();
        let mysql = Settings { dialect: Some(Dialect::Mysql), ..Settings::default() };
        Tester::new(&RULE).settings(mysql).history(&[&make(TWO), "op.drop_table('t')"]).ok();
    }
}

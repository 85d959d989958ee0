//! `foreign-key-without-index`: nothing finds the rows that refer to another. What the columns' types say is
//! `mismatched-foreign-key-type`'s.

use crate::history::schema::{Constraint, IndexColumn, Step, Table};
use crate::operation::{ConstraintKind, Dialect};
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds foreign keys on PostgreSQL that no index serves: neither after the revision that makes them nor after the last
    /// revision is there an index, primary key or unique constraint that starts with their columns. MySQL and MariaDB make such an
    /// index themselves.
    ///
    /// ## Why is this bad?
    /// For each row that is deleted from the referenced table, and for each key that is changed, PostgreSQL looks for rows
    /// that refer to it. Without an index it reads the whole table each time, and holds its locks meanwhile. Joins along
    /// the foreign key and `ON DELETE CASCADE` suffer in the same way.
    ///
    /// ## Example
    /// ```python bad
    /// op.create_table("customer", sa.Column("id", sa.Integer(), primary_key=True))
    /// op.create_table("invoice", sa.Column("customer_id", sa.Integer(), sa.ForeignKey("customer.id")))
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.create_table("customer", sa.Column("id", sa.Integer(), primary_key=True))
    /// op.create_table("invoice", sa.Column("customer_id", sa.Integer(), sa.ForeignKey("customer.id")))
    /// op.create_index("ix_invoice_customer_id", "invoice", ["customer_id"])
    /// ```
    ///
    /// ## How to fix
    /// Set `index=True` on the column of the model as well, or autogenerate proposes to drop the index. Small tables, and keys to rows
    /// that never go, need none.
    ///
    /// ## References
    /// - [PostgreSQL: foreign keys](https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK)
    /// - eugene: E15
    "foreign-key-without-index", Style, Warning,
    preset: Strict, fix: None, since: "0.1.0",
    check: Step(check),
}

fn check(step: &Step<'_>, sink: &mut Sink<'_>) {
    if step.context.dialect != Dialect::Postgresql {
        return;
    }
    for table in step.touched_tables().filter(|table| !table.temporary) {
        let Some(at_head) = step.at_head().table_of(&table.key).yes() else { continue };
        for key in table.constraints.iter().filter(|constraint| step.is_own(constraint.made)) {
            let (Some(columns), Some(referent)) = (columns_of(key), &key.referent) else { continue };
            let is_at_head = at_head
                .constraints
                .iter()
                .any(|other| columns_of(other).is_some_and(|other| other == columns));
            if !is_at_head || may_be_served(table, &columns) || may_be_served(at_head, &columns) {
                continue;
            }
            let making = step.making(|schema| {
                let table = schema.table_of(&table.key).yes();
                table
                    .is_some_and(|table| table.constraints.iter().any(|other| other.sure && same(other, key)))
            });
            let Some(operation) = making else { continue };
            sink.report(
                operation.span,
                format!(
                    "{} makes a foreign key of `{}` ({}) that no index serves: each delete from `{referent}` reads the \
                     whole table",
                    operation.subject(),
                    table.key,
                    columns.join(", ")
                ),
            )
            .call_sites(&operation.call_sites)
            .help(format!("make an index on {} of `{}`, in the model as well", listed(&columns), table.key));
        }
    }
}

/// The columns of a foreign key that surely is there.
fn columns_of<'c>(constraint: &'c Constraint<'_>) -> Option<Vec<&'c str>> {
    let is_key = constraint.sure && constraint.kind == ConstraintKind::ForeignKey;
    let columns = constraint.columns.as_ref().filter(|_| is_key)?;
    Some(columns.iter().map(|column| &**column).collect())
}

fn same(one: &Constraint<'_>, other: &Constraint<'_>) -> bool {
    one.kind == other.kind && one.columns == other.columns && one.referent == other.referent
}

fn listed(columns: &[&str]) -> String {
    columns.iter().map(|column| format!("`{column}`")).collect::<Vec<_>>().join(", ")
}

/// Whether an index that is or may be there starts with these columns, in any order.
fn may_be_served(table: &Table<'_>, columns: &[&str]) -> bool {
    let serves = |of: &mut dyn Iterator<Item = Option<&str>>| {
        let first: Vec<_> = of.take(columns.len()).collect();
        columns.iter().all(|column| first.contains(&Some(column)))
    };
    let by_index = || {
        table.indexes.iter().any(|index| match &index.columns {
            None => true,
            Some(of) => serves(&mut of.iter().map(IndexColumn::column)),
        })
    };
    let by_key = || {
        let keys = table.constraints.iter().filter(|constraint| {
            matches!(
                constraint.kind,
                ConstraintKind::PrimaryKey | ConstraintKind::Unique | ConstraintKind::Exclude
            )
        });
        keys.into_iter().any(|key| match &key.columns {
            None => true,
            Some(of) => serves(&mut of.iter().map(|column| Some(&**column))),
        })
    };
    table.open.indexes || table.open.constraints || by_index() || by_key()
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::config::Settings;
    use crate::operation::Dialect;
    use crate::testing::Tester;

    const CUSTOMER: &str = "op.create_table('customer', sa.Column('id', sa.Integer(), primary_key=True), sa.Column('shop', sa.Integer()))";
    const INVOICE: &str = "op.create_table('invoice', sa.Column('c', sa.Integer()), sa.Column('s', sa.Integer()), sa.Column('id', sa.Integer()))";

    fn then(upgrade: &str) -> Tester {
        history(&[upgrade])
    }

    fn history(upgrades: &[&str]) -> Tester {
        let all: Vec<&str> = [CUSTOMER, INVOICE].into_iter().chain(upgrades.iter().copied()).collect();
        Tester::new(&RULE).history(&all)
    }

    const KEY: &str = "op.create_foreign_key('fk', 'invoice', 'customer', ['c'], ['id'])";

    #[test]
    fn every_spelling() {
        let found = then(KEY).finds(&["`op.create_foreign_key` makes a foreign key of `invoice` (c) that no index serves: each delete from `customer`"]);
        assert_eq!(found.help(), "make an index on `c` of `invoice`, in the model as well");
        then("op.add_column('invoice', sa.Column('x', sa.Integer(), sa.ForeignKey('customer.id')))")
            .finds(&["`op.add_column`"]);
        then("op.create_table('t', sa.Column('x', sa.Integer(), sa.ForeignKey('customer.id')), sa.Column('y', sa.Integer()), sa.ForeignKeyConstraint(['y'], ['customer.id']))")
            .finds(&["`t` (x)", "`t` (y)"]);
        then("op.execute('ALTER TABLE invoice ADD FOREIGN KEY (c, s) REFERENCES customer (id, shop)')")
            .finds(&["this SQL makes a foreign key of `invoice` (c, s)"]);
    }

    #[test]
    fn an_index_serves_it() {
        then(&format!("{KEY}\nop.create_index('ix', 'invoice', ['c', 's'])")).ok();
        then(&format!("op.create_index('ix', 'invoice', ['c'])\n{KEY}")).ok();
        then(&format!("{KEY}\nop.create_primary_key('pk', 'invoice', ['c', 'id'])")).ok();
        then(&format!("{KEY}\nop.create_unique_constraint('uq', 'invoice', ['c'])")).ok();
        then("op.add_column('invoice', sa.Column('x', sa.Integer(), sa.ForeignKey('customer.id'), index=True))").ok();
        then("op.create_foreign_key('fk', 'invoice', 'customer', ['c', 's'], ['id', 'shop'])\nop.create_index('ix', 'invoice', ['s', 'c'])").ok();
        then(&format!("{KEY}\nop.create_index('ix', 'invoice', ['s', 'c'])")).finds(&["(c)"]);
    }

    #[test]
    fn an_index_may_serve_it() {
        then(&format!("{KEY}\nop.create_index('ix', 'invoice', columns())")).ok();
        then(&format!("{KEY}\nif small():\n    op.create_index('ix', 'invoice', ['c'])")).ok();
        Tester::new(&RULE).upgrade(KEY).ok();
    }

    #[test]
    fn later_revisions_count() {
        history(&[KEY, "op.create_index('ix', 'invoice', ['c'])"]).ok();
        history(&[KEY, "op.drop_constraint('fk', 'invoice', type_='foreignkey')"]).ok();
        history(&[KEY, "op.drop_table('invoice')"]).ok();
        history(&[KEY, "op.add_column('invoice', sa.Column('z', sa.Integer()))"]).finds(&["(c)"]);
    }

    #[test]
    fn mysql_makes_one_itself() {
        let settings = Settings { dialect: Some(Dialect::Mysql), ..Settings::default() };
        then(KEY).settings(settings).ok();
    }
}

//! `table-without-primary-key`: nothing names a row of the new table.

use crate::history::schema::Step;
use crate::operation::{Argument, Change};
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds tables that `upgrade` makes and leaves without a primary key. Temporary tables, partitions, and tables that consist of
    /// foreign keys only are left alone.
    ///
    /// ## Why is this bad?
    /// No row of it can be named: SQLAlchemy maps no model to it, logical replication sends no UPDATE or DELETE of it, duplicates
    /// cannot be told apart:
    /// ```text
    /// cannot update table "log" because it does not have a replica identity and publishes updates
    /// Mapper Mapper[Log(log)] could not assemble any primary key columns for mapped table 'log'
    /// ```
    ///
    /// ## Example
    /// ```python bad
    /// op.create_table("log", sa.Column("at", sa.DateTime()), sa.Column("text", sa.Text()))
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.create_table(
    ///     "log",
    ///     sa.Column("id", sa.BigInteger(), nullable=False),
    ///     sa.Column("text", sa.Text()),
    ///     sa.PrimaryKeyConstraint("id"),
    /// )
    /// ```
    ///
    /// ## References
    /// - [PostgreSQL: replica identity](https://www.postgresql.org/docs/current/logical-replication-publication.html)
    /// - pg-migration-lint: PGM502
    "table-without-primary-key", Style, Warning,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Step(check),
}

fn check(step: &Step<'_>, sink: &mut Sink<'_>) {
    for moment in step.upgrade() {
        let Change::CreateTable(create) = &moment.operation.change else { continue };
        let is_part = create.options.iter().any(|(key, value)| {
            (key.contains("partition") || key.contains("inherits")) && *value != Argument::None
        });
        if create.temporary || is_part || !create.complete {
            continue;
        }
        let Some(table) = step.after().table(&create.table).yes() else { continue };
        let is_link = !table.columns.is_empty()
            && table.columns.iter().all(|column| {
                table.constraints.iter().any(|constraint| {
                    constraint.referent.is_some()
                        && constraint.columns.as_ref().is_some_and(|names| names.contains(&column.name))
                })
            });
        if !table.primary_key().is_no() || is_link || table.columns.is_empty() {
            continue;
        }
        sink.report(
            moment.operation.span,
            format!("{} makes {} without a primary key", moment.operation.subject(), create.table.quoted()),
        )
        .call_sites(&moment.operation.call_sites)
        .help("add `sa.PrimaryKeyConstraint(..)`");
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
    fn every_spelling() {
        upgrade("op.create_table('t', sa.Column('a', sa.Integer()))")
            .finds(&["`op.create_table` makes `t` without a primary key"]);
        upgrade("op.execute('CREATE TABLE t (a int)')").finds(&["this SQL makes `t`"]);
        upgrade("op.create_table('t', sa.Column('a', sa.Integer(), unique=True, nullable=False))")
            .finds(&["`t`"]);
    }

    #[test]
    fn tables_with_a_key_or_without_need() {
        upgrade("op.create_table('t', sa.Column('a', sa.Integer(), primary_key=True))").ok();
        upgrade("op.create_table('t', sa.Column('a', sa.Integer()), sa.PrimaryKeyConstraint('a'))").ok();
        upgrade(
            "op.create_table('t', sa.Column('a', sa.Integer()))\nop.create_primary_key('pk', 't', ['a'])",
        )
        .ok();
        upgrade("op.create_table('t', sa.Column('a', sa.Integer(), sa.ForeignKey('u.id')), sa.Column('b', sa.Integer(), sa.ForeignKey('v.id')))").ok();
        upgrade("op.execute('CREATE TEMP TABLE t (a int)')").ok();
        upgrade("op.execute('CREATE TABLE t2024 PARTITION OF t FOR VALUES IN (2024)')").ok();
        upgrade("op.create_table('t', *columns())").ok();
    }
}

//! `type-change-breaks-default`: `USING` converts the rows, and nothing converts the default.

use crate::history::schema::{Step, sql_name};
use crate::operation::{Attribute, Change, ServerDefault};
use crate::rule::{Sink, declare_rule};
use crate::server::change_of_type;

declare_rule! {
    /// ## What it does
    /// Finds columns with a default that get a type to which PostgreSQL does not convert by itself, where the default is not
    /// dropped before. On PostgreSQL.
    ///
    /// ## Why is this bad?
    /// `USING` is about the values in the rows. The default is converted by an assignment cast, and where there is none it always fails,
    /// with `USING` as well:
    /// ```text
    /// default for column "state" cannot be cast automatically to type state
    /// ```
    ///
    /// ## Example
    /// ```python bad
    /// op.create_table("invoice", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("paid", sa.Integer(), server_default="0"))
    /// op.alter_column("invoice", "paid", type_=sa.Boolean(), postgresql_using="paid <> 0")
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.create_table("invoice", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("paid", sa.Integer(), server_default="0"))
    /// op.alter_column("invoice", "paid", server_default=None)
    /// op.alter_column("invoice", "paid", type_=sa.Boolean(), postgresql_using="paid <> 0")
    /// op.alter_column("invoice", "paid", server_default=sa.false())
    /// ```
    ///
    /// ## References
    /// - [PostgreSQL: ALTER TABLE, Notes](https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES)
    "type-change-breaks-default", Data, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Step(check),
}

fn check(step: &Step<'_>, sink: &mut Sink<'_>) {
    let server = step.context.server;
    if !server.is_postgresql() {
        return;
    }
    for moment in step.upgrade() {
        let Change::AlterColumn(alter) = &moment.operation.change else { continue };
        // One statement may drop the default and give it back: `DROP DEFAULT, TYPE .., SET DEFAULT ..`.
        let Some(to) = alter.type_.as_ref().filter(|_| alter.server_default == ServerDefault::NotGiven)
        else {
            continue;
        };
        if matches!(alter.nullable, Attribute::Unknown)
            || change_of_type(alter, &moment, server).is_none_or(|change| !change.cast.fails_without_using())
        {
            continue;
        }
        let table = moment.schema.table(&alter.table).yes();
        let column = table.zip(alter.column.known()).and_then(|(table, name)| table.column(name).yes());
        if !column.is_some_and(|column| matches!(column.server_default, Some(Some(_)))) {
            continue;
        }
        let name = sql_name(to, server.dialect).unwrap_or_default().to_lowercase();
        sink.report(
            moment.operation.span,
            format!(
                "{} changes {} to {name}, and its default cannot be converted: it always fails",
                moment.operation.subject(),
                alter.table.quoted_column(&alter.column)
            ),
        )
        .call_sites(&moment.operation.call_sites)
        .help("drop the default before (`server_default=None`), and give the new one afterwards");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::config::Settings;
    use crate::operation::Dialect;
    use crate::testing::Tester;

    const MAKE: &str = "op.create_table('t', sa.Column('a', sa.String(20), server_default='0'), sa.Column('n', sa.Integer()))";

    fn then(upgrade: &str) -> Tester {
        Tester::new(&RULE).history(&[MAKE, upgrade])
    }

    #[test]
    fn every_spelling() {
        then("op.alter_column('t', 'a', type_=sa.Integer(), postgresql_using='a::int')")
            .finds(&["`op.alter_column` changes `t.a` to integer, and its default cannot be converted"]);
        then("op.execute('ALTER TABLE t ALTER COLUMN a TYPE int USING a::int')")
            .finds(&["this SQL changes `t.a`"]);
    }

    #[test]
    fn a_default_that_goes_or_is_converted() {
        then("op.alter_column('t', 'a', server_default=None)\nop.alter_column('t', 'a', type_=sa.Integer(), postgresql_using='a::int')").ok();
        then("op.alter_column('t', 'n', type_=sa.Boolean(), postgresql_using='n <> 0')").ok();
        then("op.alter_column('t', 'a', type_=sa.Text())").ok();
        then("op.alter_column('u', 'a', existing_type=sa.Text(), type_=sa.Integer())").ok();
        let mysql = Settings { dialect: Some(Dialect::Mysql), ..Settings::default() };
        then("op.alter_column('t', 'a', type_=sa.Integer())").settings(mysql).ok();
    }
}

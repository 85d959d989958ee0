//! `prefer-bigint-primary-key`: a counter that ends.

use crate::history::schema::sql_name;
use crate::operation::{Column, Dialect};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};
use crate::server::{Family, SqlType};

declare_rule! {
    /// ## What it does
    /// Finds primary keys of type `integer` or `smallint` in tables that `upgrade` makes.
    ///
    /// ## Why is this bad?
    /// An `integer` ends at 2,147,483,647. A table that takes a hundred rows a second is there in eight months, and then no row can be inserted any
    /// more; to change the type of the key rewrites the table and all that refer to it.
    /// ```text
    /// nextval: reached maximum value of sequence "event_id_seq" (2147483647)
    /// ```
    ///
    /// ## Example
    /// ```python bad
    /// op.create_table("event", sa.Column("id", sa.Integer(), primary_key=True))
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.create_table("event", sa.Column("id", sa.BigInteger(), primary_key=True))
    /// ```
    ///
    /// ## References
    /// - squawk: `prefer-bigint-over-int`, `prefer-bigint-over-smallint`
    /// - `online_migrations`: short primary key types
    "prefer-bigint-primary-key", Style, Warning,
    preset: All, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let Some(upgrade) = context.revision.upgrade_on_dialect() else { return };
    for operation in &upgrade.operations {
        let Some((table, columns)) = operation.change.new_columns() else { continue };
        for column in columns.iter().filter(|column| is_of_kind(column, context)) {
            let message =
                format!("{} is a primary key of less than 64 bits", table.quoted_column(&column.name));
            sink.report(operation.span, message)
                .call_sites(&operation.call_sites)
                .help("use `sa.BigInteger()`");
        }
    }
}

fn is_of_kind(column: &Column, context: &RevisionContext<'_>) -> bool {
    let type_ = column.type_.as_ref().and_then(|type_| sql_name(type_, context.dialect));
    // SQLite counts in 64 bits whatever the type is called.
    column.primary_key
        && context.dialect != Dialect::Sqlite
        && type_
            .is_some_and(|type_| matches!(SqlType::parse(&type_).family, Family::Integer(bytes) if bytes < 8))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    fn upgrade(body: &str) -> Tester {
        Tester::new(&RULE).upgrade(body)
    }

    #[test]
    fn each_kind() {
        upgrade("op.create_table('t', sa.Column('id', sa.Integer(), primary_key=True))")
            .finds(&["`t.id` is a primary key"]);
        upgrade("op.create_table('t', sa.Column('id', sa.BigInteger(), primary_key=True), sa.Column('n', sa.Integer()))").ok();
        upgrade("op.create_table('t', sa.Column('id', sa.Uuid(), primary_key=True))").ok();
    }
}

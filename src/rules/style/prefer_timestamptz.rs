//! `prefer-timestamptz`: a time that does not say where.

use crate::history::schema::sql_name;
use crate::operation::Column;
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};
use crate::server::{Family, SqlType};

declare_rule! {
    /// ## What it does
    /// Finds columns of type `timestamp` without time zone that `upgrade` makes. On PostgreSQL.
    ///
    /// ## Why is this bad?
    /// Such a column holds what a clock on the wall showed, and nothing tells on which wall: two servers in different zones, or one hour twice in
    /// autumn, and the values cannot be compared. `timestamptz` takes the same eight bytes and holds a moment.
    ///
    /// ## Example
    /// ```python bad
    /// op.add_column("invoice", sa.Column("paid", sa.DateTime()))
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.add_column("invoice", sa.Column("paid", sa.DateTime(timezone=True)))
    /// ```
    ///
    /// ## References
    /// - squawk: `prefer-timestamp-tz`
    /// - [PostgreSQL wiki: do not use timestamp (without time zone)](https://wiki.postgresql.org/wiki/Don%27t_Do_This)
    "prefer-timestamptz", Style, Info,
    preset: All, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    if !context.server.is_postgresql() {
        return;
    }
    let Some(upgrade) = context.revision.upgrade_on_dialect() else { return };
    for operation in &upgrade.operations {
        let Some((table, columns)) = operation.change.new_columns() else { continue };
        for column in columns.iter().filter(|column| is_of_kind(column, context)) {
            let message = format!("{} holds a time without its zone", table.quoted_column(&column.name));
            sink.report(operation.span, message)
                .call_sites(&operation.call_sites)
                .help("use `sa.DateTime(timezone=True)`");
        }
    }
}

fn is_of_kind(column: &Column, context: &RevisionContext<'_>) -> bool {
    let type_ = column.type_.as_ref().and_then(|type_| sql_name(type_, context.dialect));
    type_.is_some_and(|type_| SqlType::parse(&type_).family == Family::Timestamp(false))
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
        upgrade("op.add_column('t', sa.Column('a', sa.DateTime()))")
            .finds(&["`t.a` holds a time without its zone"]);
        upgrade("op.add_column('t', sa.Column('a', sa.DateTime(timezone=True)))").ok();
        upgrade("op.add_column('t', sa.Column('a', sa.Date()))").ok();
    }
}

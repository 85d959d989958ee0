//! `prefer-jsonb`: JSON as text, which PostgreSQL cannot compare.

use crate::history::schema::sql_name;
use crate::operation::Column;
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};
use crate::server::{Family, SqlType};

declare_rule! {
    /// ## What it does
    /// Finds columns of type `json` that `upgrade` makes. On PostgreSQL.
    ///
    /// ## Why is this bad?
    /// PostgreSQL keeps `json` as text: it has no `=` operator, so that `SELECT DISTINCT`, `GROUP BY` and `UNION` over the table fail, and no index.
    /// ```text
    /// could not identify an equality operator for type json
    /// ```
    ///
    /// ## Example
    /// ```python bad
    /// op.add_column("invoice", sa.Column("extra", sa.JSON()))
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// from sqlalchemy.dialects import postgresql
    /// op.add_column("invoice", sa.Column("extra", postgresql.JSONB()))
    /// ```
    ///
    /// ## References
    /// - `strong_migrations`: adding a json column
    /// - eugene: E3
    /// - [PostgreSQL: JSON types](https://www.postgresql.org/docs/current/datatype-json.html)
    "prefer-jsonb", Style, Warning,
    preset: Strict, fix: None, since: "0.1.0",
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
            let message = format!(
                "{} is of type `json`, which has no `=` operator and no index",
                table.quoted_column(&column.name)
            );
            sink.report(operation.span, message)
                .call_sites(&operation.call_sites)
                .help("use `postgresql.JSONB()`");
        }
    }
}

fn is_of_kind(column: &Column, context: &RevisionContext<'_>) -> bool {
    let type_ = column.type_.as_ref().and_then(|type_| sql_name(type_, context.dialect));
    type_.is_some_and(|type_| SqlType::parse(&type_).family == Family::Json)
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
        upgrade("op.add_column('t', sa.Column('a', sa.JSON()))").finds(&["`t.a` is of type `json`"]);
        upgrade("op.execute('CREATE TABLE t (a json, b jsonb)')").finds(&["`t.a`"]);
        upgrade("op.add_column('t', sa.Column('a', sa.dialects.postgresql.JSONB()))").ok();
    }
}

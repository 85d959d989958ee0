//! `constant-default-rewrites`: before PostgreSQL 11 any default of a new column means that every row is written anew.

use crate::operation::{AddColumn, Change, Operation, ServerDefault};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};
use crate::server::Filling;

declare_rule! {
    /// ## What it does
    /// Finds columns that `upgrade` adds with a default to a table that was there before, where `database-version` is a PostgreSQL
    /// before 11.
    ///
    /// ## Why is this bad?
    /// Before PostgreSQL 11 the default is written into every row: the table and its indexes are rewritten under an `ACCESS
    /// EXCLUSIVE` lock. Later releases keep the default of old rows in the catalog.
    ///
    /// ## Example
    /// ```python bad database-version=10
    /// op.add_column("invoice", sa.Column("paid", sa.Boolean(), server_default="false", nullable=False))
    /// ```
    ///
    /// ## Use instead
    /// ```python good database-version=10
    /// op.add_column("invoice", sa.Column("paid", sa.Boolean()))
    /// op.alter_column("invoice", "paid", server_default="false")
    /// ```
    /// Fill the rows that are there in batches, outside the revision.
    ///
    /// ## References
    /// - squawk: `adding-field-with-default`; `strong_migrations`: adding a column with a default value
    /// - [PostgreSQL 11: release notes](https://www.postgresql.org/docs/11/release-11.html)
    "constant-default-rewrites", Locking, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    if context.server.is_postgresql_from(11) {
        return;
    }
    context.on_postgresql(
        |operation| with_default(operation).is_some(),
        |operation, created| {
            let Some(add) = with_default(operation).filter(|add| !created.may_have_table(&add.table)) else {
                return;
            };
            let filling = Filling::of(&add.column, operation.is_raw_sql(), context.server);
            if !matches!(filling, Filling::Default(_)) {
                return;
            }
            sink.report(
                operation.span,
                format!(
                    "{} writes the default of {} into every row: {} rewrites the table while reads and writes wait",
                    operation.subject(),
                    add.table.quoted_column(&add.column.name),
                    context.server
                ),
            )
            .call_sites(&operation.call_sites)
            .help(
                "add the column without the default, set it with `op.alter_column(.., server_default=..)`, and fill the rows \
                 that are there in batches",
            );
        },
    );
}

fn with_default(operation: &Operation) -> Option<&AddColumn> {
    match &operation.change {
        Change::AddColumn(add) if matches!(add.column.server_default, ServerDefault::Value(_)) => Some(add),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::config::Settings;
    use crate::testing::Tester;

    fn on(version: &str, upgrade: &str) -> Tester {
        let settings = Settings { database_version: Some(version.to_owned()), ..Settings::default() };
        Tester::new(&RULE).upgrade(upgrade).settings(settings)
    }

    const ADD: &str = "op.add_column('t', sa.Column('a', sa.Integer(), server_default='1'))";

    #[test]
    fn before_eleven() {
        on("10", ADD)
            .finds(&["`op.add_column` writes the default of `t.a` into every row: PostgreSQL 10 rewrites"]);
        on("9.6", "op.execute('ALTER TABLE t ADD a int DEFAULT 1')").finds(&["this SQL"]);
    }

    #[test]
    fn later_or_without_a_default() {
        on("11", ADD).ok();
        on("10", "op.add_column('t', sa.Column('a', sa.Integer()))").ok();
        on("10", &format!("op.create_table('t')\n{ADD}")).ok();
    }
}

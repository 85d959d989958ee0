//! `add-enum-value-in-transaction`: before PostgreSQL 12 an enum type gets no value inside a transaction.

use crate::operation::{Change, Name, Statement};
use crate::revision::{RevisionContext, Transaction};
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds `ALTER TYPE .. ADD VALUE` outside of an `autocommit_block` in `upgrade`, where `database-version` is a PostgreSQL before
    /// 12. A type that the same upgrade makes is left alone.
    ///
    /// ## Why is this bad?
    /// Alembic runs revisions in a transaction, and the upgrade fails: `ALTER TYPE ... ADD cannot run inside a transaction block`.
    /// From 12 on it passes, but the value cannot be used until the transaction has ended.
    ///
    /// ## Example
    /// ```python bad database-version=11
    /// op.execute("ALTER TYPE invoice_status ADD VALUE 'disputed'")
    /// ```
    ///
    /// ## Use instead
    /// ```python good database-version=11
    /// with op.get_context().autocommit_block():
    ///     op.execute("ALTER TYPE invoice_status ADD VALUE IF NOT EXISTS 'disputed'")
    /// ```
    ///
    /// ## References
    /// - [Alembic: `autocommit_block`](https://alembic.sqlalchemy.org/en/latest/api/runtime.html#alembic.runtime.migration.MigrationContext.autocommit_block)
    /// - [PostgreSQL: ALTER TYPE](https://www.postgresql.org/docs/11/sql-altertype.html)
    "add-enum-value-in-transaction", Locking, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let Some(upgrade) = context.revision.upgrade_on_dialect() else { return };
    if !context.server.is_postgresql()
        || context.server.is_postgresql_from(12)
        || context.siblings.environment.may_autocommit
        || context.text().contains("AUTOCOMMIT")
    {
        return;
    }
    let mut made: Vec<&Name> = Vec::new();
    for (operation, transaction) in upgrade.operations.iter().zip(upgrade.transactions()) {
        let Change::Execute(execute) = &operation.change else { continue };
        match &execute.statement {
            Statement::CreateType { name, .. } => made.push(name),
            Statement::AddEnumValue { name, value }
                if transaction != Transaction::Outside && !made.contains(&name) =>
            {
                sink.report(
                    operation.span,
                    format!(
                        "{} fails on {}: value {} cannot be added to {} inside a transaction block",
                        operation.subject(),
                        context.server,
                        value.quoted_or("whose name is not known"),
                        name.quoted_or("an enum type")
                    ),
                )
                .call_sites(&operation.call_sites)
                .help("put it in `with op.get_context().autocommit_block():`");
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::config::Settings;
    use crate::testing::Tester;

    const ADD: &str = "op.execute(\"ALTER TYPE e ADD VALUE 'x'\")";

    fn on(version: &str, upgrade: &str) -> Tester {
        let settings = Settings { database_version: Some(version.to_owned()), ..Settings::default() };
        Tester::new(&RULE).upgrade(upgrade).settings(settings)
    }

    #[test]
    fn before_twelve() {
        on("11", ADD).finds(&["this SQL fails on PostgreSQL 11: value `x` cannot be added to `e` inside"]);
    }

    #[test]
    fn later_outside_or_new() {
        on("12", ADD).ok();
        on("11", &format!("with op.get_context().autocommit_block():\n    {ADD}")).ok();
        on("11", &format!("op.execute('COMMIT')\n{ADD}")).ok();
        on("11", &format!("op.execute(\"CREATE TYPE e AS ENUM ('a')\")\n{ADD}")).ok();
    }
}

//! `transaction-control-in-migration`: SQL ends the transaction that Alembic opened.

use crate::operation::{Change, Statement};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds `BEGIN`, `COMMIT` and `ROLLBACK` in the SQL of `upgrade`, outside `autocommit_block`. Savepoints are left alone.
    ///
    /// ## Why is this bad?
    /// Alembic runs revisions in a transaction and writes `alembic_version` in it. `COMMIT` before `CREATE INDEX CONCURRENTLY` is a
    /// common trick: what ran so far stays whatever happens next, and what follows runs in no transaction that Alembic
    /// knows of. After a failure the database is somewhere between two revisions, and Alembic does not know it.
    ///
    /// ## Example
    /// ```python bad
    /// op.execute("COMMIT")
    /// op.create_index("ix_user_email", "user", ["email"], postgresql_concurrently=True)
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// with op.get_context().autocommit_block():
    ///     op.create_index("ix_user_email", "user", ["email"], postgresql_concurrently=True)
    /// ```
    /// and `transaction_per_migration=True` in `env.py`, so that other revisions are not torn apart.
    ///
    /// ## References
    /// - [Alembic: `autocommit_block`](https://alembic.sqlalchemy.org/en/latest/api/runtime.html#alembic.runtime.migration.MigrationContext.autocommit_block)
    /// - squawk: `transaction-nesting`, `ban-uncommitted-transaction`
    "transaction-control-in-migration", Sql, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let Some(upgrade) = context.revision.upgrade_on_dialect() else { return };
    for operation in upgrade.operations.iter().filter(|operation| !operation.autocommit) {
        let is_transaction = matches!(
            &operation.change,
            Change::Execute(execute) if execute.statement == Statement::Transaction
        );
        let word = operation
            .sql()
            .unwrap_or_default()
            .split(|c: char| !c.is_ascii_alphabetic())
            .find(|w| !w.is_empty());
        let Some(word) = word.filter(|_| is_transaction).map(str::to_ascii_uppercase) else { continue };
        let what = match word.as_str() {
            "BEGIN" | "START" => "opens a transaction inside the one of Alembic",
            "COMMIT" | "END" => "commits what Alembic wants to commit at the end",
            "ROLLBACK" | "ABORT" if !operation.sql().is_some_and(is_to_savepoint) => {
                "undoes all that ran before it"
            }
            _ => continue,
        };
        sink.report(operation.span, format!("`{word}` {what}")).call_sites(&operation.call_sites).help(
            "leave transactions to Alembic; for statements that must run outside one use \
             `with op.get_context().autocommit_block():`",
        );
    }
}

fn is_to_savepoint(sql: &str) -> bool {
    sql.to_ascii_uppercase().contains(" TO ")
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    fn upgrade(body: &str) -> Tester {
        Tester::new(&RULE).upgrade(body)
    }

    #[test]
    fn every_word() {
        upgrade("op.execute('COMMIT')").finds(&["`COMMIT` commits what Alembic wants to commit at the end"]);
        upgrade("op.execute('begin;')").finds(&["`BEGIN` opens a transaction"]);
        upgrade("op.get_bind().execute(sa.text('ROLLBACK'))").finds(&["`ROLLBACK` undoes all"]);
        upgrade("op.execute('BEGIN; UPDATE t SET a = 1; COMMIT;')").finds(&["`BEGIN`", "`COMMIT`"]);
    }

    #[test]
    fn what_alembic_knows_of() {
        upgrade("with op.get_context().autocommit_block():\n    op.execute('COMMIT')").ok();
        upgrade("op.execute('SAVEPOINT a')").ok();
        upgrade("op.execute('ROLLBACK TO SAVEPOINT a')").ok();
        upgrade("op.execute('SELECT 1')").ok();
        upgrade("if op.get_bind().dialect.name == 'oracle':\n    op.execute('BEGIN do_it(); END;')").ok();
    }
}

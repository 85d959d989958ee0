//! `concurrent-in-transaction`: `CONCURRENTLY` inside Alembic's transaction, where PostgreSQL refuses it.

use crate::diagnostic::Fix;
use crate::operation::{Change, Operation, Statement};
use crate::revision::{Body, RevisionContext, Transaction};
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds operations of `upgrade` and `downgrade` that PostgreSQL refuses inside a transaction and that stand outside of an
    /// `autocommit_block`: `CREATE INDEX`, `DROP INDEX`, `REINDEX` and `DETACH PARTITION` with `CONCURRENTLY`.
    /// A `COMMIT` before, an `env.py` or a revision that speaks of the isolation level `AUTOCOMMIT`, and an `env.py` that leaves the run
    /// to code elsewhere are taken for the way out.
    ///
    /// ## Why is this bad?
    /// Alembic runs revisions in a transaction, so the upgrade fails: `CREATE INDEX CONCURRENTLY cannot run inside a
    /// transaction block`.
    ///
    /// ## Example
    /// ```python bad
    /// op.create_index(
    ///     "ix_invoice_number", "invoice", ["number"], postgresql_concurrently=True
    /// )
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// with op.get_context().autocommit_block():
    ///     op.create_index(
    ///         "ix_invoice_number", "invoice", ["number"], postgresql_concurrently=True
    ///     )
    /// ```
    ///
    /// `--fix` does so where the function does nothing else, with `--unsafe-fixes` also where it does: what stands before the block is
    /// committed with it.
    ///
    /// ## Fix safety
    /// Safe: outside the block the statement could only fail.
    ///
    /// ## References
    /// - squawk: `ban-concurrent-index-creation-in-transaction`; atlas: `PG103`
    /// - [Alembic: `autocommit_block`](https://alembic.sqlalchemy.org/en/latest/api/runtime.html#alembic.runtime.migration.MigrationContext.autocommit_block)
    "concurrent-in-transaction", Locking, Error,
    preset: Recommended, fix: Sometimes, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let bodies = [context.revision.upgrade_on_dialect(), context.revision.downgrade_on_dialect()];
    let is_concurrent = |body: &Body| body.operations.iter().any(|operation| concurrent(operation).is_some());
    if !context.server.is_postgresql()
        || !bodies.into_iter().flatten().any(is_concurrent)
        || context.siblings.environment.may_autocommit
        || context.text().contains("AUTOCOMMIT")
    {
        return;
    }
    for body in bodies.into_iter().flatten() {
        check_body(context, body, sink);
    }
}

fn check_body(context: &RevisionContext<'_>, body: &Body, sink: &mut Sink<'_>) {
    for (operation, transaction) in body.operations.iter().zip(body.transactions()) {
        let Some(what) = concurrent(operation) else { continue };
        if transaction == Transaction::Outside {
            continue;
        }
        let report = sink
            .report(
                operation.span,
                format!("{} fails: `{what}` cannot run inside a transaction block", operation.subject()),
            )
            .call_sites(&operation.call_sites)
            .help("put it in `with op.get_context().autocommit_block():`");
        let refuses = |table| context.siblings.refuses_concurrent_index(table);
        let is_refused = match &operation.change {
            Change::CreateIndex(create) => refuses(&create.table),
            Change::DropIndex(drop) => refuses(&drop.table),
            _ => false,
        };
        if let Some(edits) = context.in_autocommit_block(operation).filter(|_| !is_refused) {
            let description = "put it in an `autocommit_block`";
            // What else is done would be committed with it.
            let is_alone = body.operations.iter().all(|other| concurrent(other).is_some());
            let fix = if is_alone { Fix::safe(description, edits) } else { Fix::unsafe_(description, edits) };
            report.fix(fix);
        }
    }
}

/// What cannot run in a transaction.
fn concurrent(operation: &Operation) -> Option<&'static str> {
    match &operation.change {
        Change::CreateIndex(create) if create.concurrently => Some("CREATE INDEX CONCURRENTLY"),
        Change::DropIndex(drop) if drop.concurrently => Some("DROP INDEX CONCURRENTLY"),
        Change::Execute(execute) => match &execute.statement {
            Statement::OnTable(about) if about.concurrently => match &*about.verb {
                "ALTER TABLE DETACH PARTITION" => Some("ALTER TABLE .. DETACH PARTITION CONCURRENTLY"),
                verb if verb.starts_with("REINDEX") => Some("REINDEX CONCURRENTLY"),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    const CREATE: &str = "op.create_index('ix', 't', ['a'], postgresql_concurrently=True)";

    fn upgrade(body: &str) -> Tester {
        Tester::new(&RULE).upgrade(body)
    }

    #[test]
    fn every_kind() {
        upgrade(CREATE).finds(&["`op.create_index` fails: `CREATE INDEX CONCURRENTLY` cannot run inside"]);
        upgrade("op.drop_index('ix', postgresql_concurrently=True)").finds(&["`DROP INDEX CONCURRENTLY`"]);
        upgrade("op.execute('create index concurrently ix on t (a)')").finds(&["this SQL fails"]);
        upgrade("op.execute('REINDEX TABLE CONCURRENTLY t')").finds(&["`REINDEX CONCURRENTLY`"]);
        upgrade("op.execute('ALTER TABLE t DETACH PARTITION p CONCURRENTLY')").finds(&["DETACH PARTITION"]);
    }

    #[test]
    fn a_block_is_put_around_it() {
        upgrade(CREATE).finds(&["fails"]).fixes(
            &format!("    {CREATE}"),
            &format!("    with op.get_context().autocommit_block():\n        {CREATE}"),
        );
        let lines = CREATE.replace('(', "(\n    ").replace("['a'], ", "['a'],\n    ");
        let (before, after) = (lines.replace('\n', "\n    "), lines.replace('\n', "\n        "));
        upgrade(&lines).finds(&["fails"]).fixes(
            &format!("    {before}"),
            &format!("    with op.get_context().autocommit_block():\n        {after}"),
        );
        upgrade(&format!("op.drop_column('t', 'b')\n{CREATE}")).finds(&["fails"]).has_unsafe_fix();
        let sql = "op.execute('CREATE INDEX CONCURRENTLY ix ON t (a)')";
        upgrade(sql).finds(&["fails"]).fixes(
            &format!("    {sql}"),
            &format!("    with op.get_context().autocommit_block():\n        {sql}"),
        );
        upgrade(&sql.replace("(a)", "(a); SELECT 1")).finds(&["fails"]).without_fix();
        upgrade(&format!("for _ in (1, 2):\n    index = {CREATE}")).finds(&["fails"]).without_fix();
    }

    #[test]
    fn in_downgrade_as_autogenerate_writes_it() {
        let drop = "op.drop_index('ix', table_name='t', postgresql_concurrently=True)";
        upgrade("pass").downgrade(drop).finds(&["`DROP INDEX CONCURRENTLY` cannot run inside"]).fixes(
            &format!("    {drop}"),
            &format!("    with op.get_context().autocommit_block():\n        {drop}"),
        );
    }

    #[test]
    fn outside_of_the_transaction() {
        upgrade(&format!("with op.get_context().autocommit_block():\n    {CREATE}")).ok();
        upgrade(&format!("op.execute('COMMIT')\n{CREATE}")).ok();
        upgrade(&format!("op.execute('COMMIT')\nop.execute('BEGIN')\n{CREATE}")).finds(&["fails"]);
        upgrade(CREATE).file("env.py", "engine = create_engine(url, isolation_level='AUTOCOMMIT')").ok();
        upgrade(&format!("op.get_bind().execution_options(isolation_level='AUTOCOMMIT')\n{CREATE}")).ok();
    }

    #[test]
    fn what_may_run_in_a_transaction() {
        upgrade("op.execute('REFRESH MATERIALIZED VIEW CONCURRENTLY v')").ok();
        upgrade("op.create_index('ix', 't', ['a'])").ok();
    }
}

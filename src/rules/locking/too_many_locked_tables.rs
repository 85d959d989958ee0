//! `too-many-locked-tables`: one transaction locks many tables against reads and writes.

use crate::history::schema::Step;
use crate::operation::{Change, Operation, TableName};
use crate::rule::{Sink, declare_rule};
use crate::server::{Held, effects};

declare_rule! {
    /// ## What it does
    /// Finds transactions of `upgrade` that lock more than three tables against reads and writes that were there before. On PostgreSQL.
    ///
    /// ## Why is this bad?
    /// Each lock is kept until the transaction ends. While the fifth table waits for a long query, nobody can read from the first
    /// four. And an application that locks the same tables in another order meets the revision in a deadlock: one of both fails with
    /// `deadlock detected`.
    ///
    /// ## Example
    /// ```python bad
    /// for table in ("customer", "invoice", "item", "payment"):
    ///     op.add_column(table, sa.Column("tenant", sa.Integer()))
    /// ```
    ///
    /// ## Use instead
    /// Several revisions, with `transaction_per_migration=True` in `env.py`, so that each is committed before the next one runs; and a
    /// `lock_timeout`.
    ///
    /// ## References
    /// - pgfence: `wide-lock-window`
    /// - [PostgreSQL: deadlocks](https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-DEADLOCKS)
    "too-many-locked-tables", Locking, Warning,
    preset: Strict, fix: None, since: "0.1.0",
    check: Step(check),
}

/// How many tables a transaction may lock.
const MOST: usize = 3;

fn check(step: &Step<'_>, sink: &mut Sink<'_>) {
    let server = step.context.server;
    let changes_tables = |operation: &Operation| !matches!(operation.change, Change::CreateTable(_));
    if !server.is_postgresql()
        || step.context.siblings.environment.may_autocommit
        || step.upgrade().filter(|moment| changes_tables(moment.operation)).count() <= MOST
    {
        return;
    }
    let mut transactions = step.transactions();
    let between = step.context.siblings.environment.to_commit_between();
    let mut held = Held::default();
    step.walk(|moment, created| {
        let Some(transaction) = transactions.next() else { return };
        report(&held.enter(transaction), between, sink);
        held.add(moment.operation, &effects(&moment, created, server));
    });
    report(held.tables(), between, sink);
}

fn report(tables: &[(TableName, &Operation)], between: &str, sink: &mut Sink<'_>) {
    let Some((_, operation)) = tables.get(MOST) else { return };
    let names: Vec<_> = tables.iter().take(MOST).map(|(table, _)| table.quoted()).collect();
    sink.report(
        operation.span,
        format!(
            "the transaction locks {} tables against reads and writes until it ends: {} and {} more",
            tables.len(),
            names.join(", "),
            tables.len().saturating_sub(MOST)
        ),
    )
    .call_sites(&operation.call_sites)
    .help(format!("split the revision{between}"));
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    fn tables(names: &str, between: &str) -> Tester {
        Tester::new(&RULE).upgrade(&format!(
            "for name in ({names}):\n    op.add_column(name, sa.Column('a', sa.Integer())){between}"
        ))
    }

    #[test]
    fn four_and_more() {
        tables("'a', 'b', 'c', 'd', 'e'", "").finds(&[
            "the transaction locks 5 tables against reads and writes until it ends: `a`, `b`, `c` and 2 more",
        ]);
    }

    #[test]
    fn three_or_one_after_the_other() {
        tables("'a', 'b', 'c'", "").ok();
        tables("'a', 'b', 'c', 'd'", "\n    op.execute('COMMIT')\n    op.execute('BEGIN')").ok();
        Tester::new(&RULE).upgrade("for name in ('a', 'b', 'c', 'd'):\n    op.create_table(name, sa.Column('a', sa.Integer()))\n    op.add_column(name, sa.Column('b', sa.Integer()))").ok();
    }
}

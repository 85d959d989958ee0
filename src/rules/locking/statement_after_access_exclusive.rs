//! `statement-after-access-exclusive`: a table stays locked while the transaction does something slow to another.

use crate::history::schema::Step;
use crate::operation::{Change, Operation, Statement};
use crate::rule::{Sink, declare_rule};
use crate::server::{Held, Work, effects};

declare_rule! {
    /// ## What it does
    /// Finds statements in `upgrade` that read many rows while an earlier operation of the same transaction keeps a table locked
    /// against reads and writes: `UPDATE` and `DELETE` on another table, `VALIDATE CONSTRAINT`. On PostgreSQL. What is slow and locks
    /// by itself has rules of its own, and so has `UPDATE` on the locked table (`mixed-ddl-and-dml`).
    ///
    /// ## Why is this bad?
    /// Adding a column takes a moment, but the `ACCESS EXCLUSIVE` lock that it takes is kept until the transaction ends. Nobody can
    /// read from the table until the slow statement is done.
    ///
    /// ## Example
    /// ```python bad
    /// op.add_column("invoice", sa.Column("number", sa.Text()))
    /// op.execute("UPDATE customer SET name = trim(name) WHERE name LIKE ' %'")
    /// ```
    ///
    /// ## Use instead
    /// The slow statement first, or in a revision of its own, with `transaction_per_migration=True` in `env.py`:
    /// ```python good
    /// op.execute("UPDATE customer SET name = trim(name) WHERE name LIKE ' %'")
    /// op.add_column("invoice", sa.Column("number", sa.Text()))
    /// ```
    ///
    /// ## References
    /// - eugene: `E4`; pgfence: `statement-after-access-exclusive`
    /// - [PostgreSQL: explicit locking](https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES)
    "statement-after-access-exclusive", Locking, Warning,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Step(check),
}

fn check(step: &Step<'_>, sink: &mut Sink<'_>) {
    let server = step.context.server;
    if !step.context.keeps_locks() || !step.upgrade().any(|moment| may_be_slow(moment.operation)) {
        return;
    }
    let mut transactions = step.transactions();
    let between = step.context.siblings.environment.to_commit_between();
    let mut held = Held::default();
    step.walk(|moment, created| {
        let Some(transaction) = transactions.next() else { return };
        held.enter(transaction);
        let operation = moment.operation;
        let effects = effects(&moment, created, server);
        // What blocks others by itself is told by its own rule.
        let slow = effects.iter().find(|effect| effect.work != Work::None && !effect.lock.blocks_writes());
        let is_told =
            slow.and_then(|slow| held.by(&slow.table)).is_some_and(|by| is_told_elsewhere(operation, by));
        let mut others = held.tables().iter().filter(|_| may_be_slow(operation) && !is_told);
        if let (Some(slow), Some((table, by))) = (slow, others.next()) {
            let more = match others.count() {
                0 => String::new(),
                1 => " (and 1 more table)".to_owned(),
                more => format!(" (and {more} more tables)"),
            };
            let what = match &operation.change {
                Change::Execute(execute)
                    if matches!(execute.statement, Statement::ValidateConstraint { .. }) =>
                {
                    format!("checks all rows of {}", slow.table.quoted())
                }
                _ => format!("changes rows of {}", slow.table.quoted()),
            };
            let since = by.subject();
            sink.report(
                operation.span,
                format!(
                    "{} {what} while {}{more} stays locked against reads and writes since {since}",
                    operation.subject(),
                    table.quoted()
                ),
            )
            .call_sites(&operation.call_sites)
            .help(format!("do it before, or in a revision of its own{between}"));
        }
        held.add(operation, &effects);
    });
}

fn may_be_slow(operation: &Operation) -> bool {
    matches!(
        &operation.change,
        Change::Execute(execute) if matches!(
            execute.statement,
            Statement::Update { .. } | Statement::Delete { .. } | Statement::ValidateConstraint { .. }
        )
    )
}

/// Whether another rule says it, since the statement is about a table that is locked itself.
fn is_told_elsewhere(operation: &Operation, by: &Operation) -> bool {
    match &operation.change {
        Change::Execute(execute) if matches!(execute.statement, Statement::ValidateConstraint { .. }) => {
            matches!(by.change, Change::CreateConstraint(_))
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    const ADD: &str = "op.add_column('t', sa.Column('a', sa.Integer()))";
    const UPDATE: &str = "op.execute('UPDATE u SET a = 1 WHERE b IS NULL')";

    fn upgrade(body: &str) -> Tester {
        Tester::new(&RULE).upgrade(body)
    }

    #[test]
    fn rows_of_another_table() {
        upgrade(&format!("{ADD}\n{UPDATE}")).finds(&[
            "this SQL changes rows of `u` while `t` stays locked against reads and writes since `op.add_column`",
        ]);
        upgrade(&format!("{ADD}\n{}\n{UPDATE}", ADD.replace("'t'", "'v'")))
            .finds(&["`t` (and 1 more table)"]);
    }

    #[test]
    fn validation() {
        upgrade(&format!("{ADD}\nop.execute('ALTER TABLE t VALIDATE CONSTRAINT c')"))
            .finds(&["this SQL checks all rows of `t` while `t` stays locked"]);
        upgrade("op.create_check_constraint('c', 't', 'a > 0', postgresql_not_valid=True)\nop.execute('ALTER TABLE t VALIDATE CONSTRAINT c')")
            .ok();
    }

    #[test]
    fn before_apart_or_new() {
        upgrade(&format!("{UPDATE}\n{ADD}")).ok();
        upgrade(&format!("{ADD}\nop.execute('COMMIT')\n{UPDATE}")).ok();
        upgrade(&format!("op.create_table('t')\n{ADD}\n{UPDATE}")).ok();
        upgrade(&format!("op.create_table('u')\n{ADD}\n{UPDATE}")).ok();
        upgrade(&format!("{ADD}\n{UPDATE}")).file("env.py", "run_elsewhere()").ok();
    }

    #[test]
    fn the_locked_table_itself_is_another_rule() {
        upgrade(&format!("{ADD}\nop.execute('UPDATE t SET a = 1')")).ok();
        upgrade(&format!("op.drop_column('v', 'a')\n{ADD}\nop.execute('UPDATE t SET a = 1')")).ok();
        upgrade(&format!("{ADD}\nop.create_index('ix', 'u', ['a'])")).ok();
    }
}

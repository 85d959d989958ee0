//! `mixed-ddl-and-dml`: rows are changed in a table that the transaction has locked against everybody.

use crate::history::schema::Step;
use crate::operation::{Change, Operation, Statement, TableName};
use crate::rule::{Sink, declare_rule};
use crate::server::{Held, effects};

declare_rule! {
    /// ## What it does
    /// Finds `UPDATE`, `DELETE` and `INSERT .. SELECT` in `upgrade` on a table whose structure the same transaction has changed before. On
    /// PostgreSQL. Tables that the same upgrade made are left alone. Statements without a condition are `update-without-where`'s and
    /// `delete-without-where`'s.
    ///
    /// ## Why is this bad?
    /// The change of structure takes an `ACCESS EXCLUSIVE` lock that is kept until the transaction ends: nobody reads from the table or
    /// writes to it until all rows are done.
    ///
    /// ## Example
    /// ```python bad
    /// op.add_column("invoice", sa.Column("currency", sa.Text()))
    /// op.execute("UPDATE invoice SET currency = 'EUR' WHERE currency IS NULL")
    /// ```
    ///
    /// ## Use instead
    /// A default that is the same for all rows needs no `UPDATE` at all:
    /// ```python good
    /// op.add_column("invoice", sa.Column("currency", sa.Text(), server_default="EUR"))
    /// ```
    /// Other values in a revision of its own, or outside of revisions, in batches that are committed one by one.
    ///
    /// `alembic-lint split <revision>` writes such a sequence of revisions.
    ///
    /// ## References
    /// - `strong_migrations`: backfilling data; pgfence: `update-in-migration`
    /// - [PostgreSQL: explicit locking](https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES)
    "mixed-ddl-and-dml", Locking, Warning,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Step(check),
}

fn check(step: &Step<'_>, sink: &mut Sink<'_>) {
    let server = step.context.server;
    if !step.context.keeps_locks() || !step.upgrade().any(|moment| changed(moment.operation).is_some()) {
        return;
    }
    let mut transactions = step.transactions();
    let between = step.context.siblings.environment.to_commit_between();
    let mut held = Held::default();
    step.walk(|moment, created| {
        let Some(transaction) = transactions.next() else { return };
        held.enter(transaction);
        let operation = moment.operation;
        if let Some(table) = changed(operation)
            && let Some(by) = held.by(table)
        {
            sink.report(
                operation.span,
                format!(
                    "{} changes rows of {}, which is locked against reads and writes since {}",
                    operation.subject(),
                    table.quoted(),
                    by.subject()
                ),
            )
            .call_sites(&operation.call_sites)
            .help(format!(
                "change the rows in a revision of its own{between}, or in batches outside of revisions"
            ));
        }
        held.add(operation, &effects(&moment, created, server));
    });
}

/// The table of which many rows may be changed.
fn changed(operation: &Operation) -> Option<&TableName> {
    let Change::Execute(execute) = &operation.change else { return None };
    match &execute.statement {
        Statement::Update { table, has_where: true, .. } | Statement::Delete { table, has_where: true } => {
            Some(table)
        }
        Statement::Insert { table } if operation.says("select") => Some(table),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    const ADD: &str = "op.add_column('t', sa.Column('a', sa.Integer()))";
    const UPDATE: &str = "op.execute('UPDATE t SET a = 1 WHERE a IS NULL')";

    fn upgrade(body: &str) -> Tester {
        Tester::new(&RULE).upgrade(body)
    }

    #[test]
    fn rows_of_a_locked_table() {
        upgrade(&format!("{ADD}\n{UPDATE}")).finds(&[
            "this SQL changes rows of `t`, which is locked against reads and writes since `op.add_column`",
        ]);
        upgrade(&format!(
            "{ADD}\nop.get_bind().execute(sa.table('t', sa.column('a')).delete().where(sa.text('a = 1')))"
        ))
        .finds(&["this statement changes rows of `t`"]);
        upgrade("op.drop_constraint('c', 't', type_='check')\nop.execute('DELETE FROM t WHERE a = 1')")
            .finds(&["`op.drop_constraint`"]);
        upgrade(&format!("{ADD}\nop.execute('INSERT INTO t (a) SELECT a FROM u')")).finds(&["`t`"]);
    }

    #[test]
    fn without_a_condition_it_is_for_other_rules() {
        upgrade(&format!("{ADD}\nop.execute('UPDATE t SET a = 1')")).ok();
        upgrade(&format!("{ADD}\nop.execute('DELETE FROM t')")).ok();
    }

    #[test]
    fn not_locked_or_few_rows() {
        upgrade(&format!("{UPDATE}\n{ADD}")).ok();
        upgrade(&format!("{ADD}\nop.execute('UPDATE u SET a = 1 WHERE a IS NULL')")).ok();
        upgrade(&format!("{ADD}\nop.execute('INSERT INTO t (a) VALUES (1)')")).ok();
        upgrade(&format!("op.create_table('t')\n{ADD}\n{UPDATE}")).ok();
        upgrade(&format!("{ADD}\nop.execute('COMMIT')\n{UPDATE}")).ok();
        upgrade(&format!("op.create_index('ix', 't', ['a'])\n{UPDATE}")).ok();
    }
}

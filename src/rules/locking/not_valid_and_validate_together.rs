//! `not-valid-and-validate-together`: a constraint is added as not valid and validated in the same transaction.

use crate::operation::{Argument, Change, Name, Statement, TableName};
use crate::revision::{RevisionContext, Transaction};
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds `VALIDATE CONSTRAINT` in the transaction that adds the constraint as not valid. On PostgreSQL.
    ///
    /// ## Why is this bad?
    /// The lock that adding the constraint takes is kept until the transaction ends, so the table is locked while all rows are
    /// checked: just what `NOT VALID` is there to avoid.
    ///
    /// ## Example
    /// ```python bad
    /// op.create_check_constraint("invoice_total", "invoice", "total >= 0", postgresql_not_valid=True)
    /// op.execute("ALTER TABLE invoice VALIDATE CONSTRAINT invoice_total")
    /// ```
    ///
    /// ## Use instead
    /// Validate in a revision after this one, with `transaction_per_migration=True` in `env.py`, so that each revision is
    /// committed before the next one runs; or outside the transaction:
    /// ```python good
    /// op.create_check_constraint("invoice_total", "invoice", "total >= 0", postgresql_not_valid=True)
    /// with op.get_context().autocommit_block():
    ///     op.execute("ALTER TABLE invoice VALIDATE CONSTRAINT invoice_total")
    /// ```
    ///
    /// ## References
    /// - squawk: `constraint-missing-not-valid`; pgfence: `not-valid-validate-same-tx`
    /// - [PostgreSQL: ALTER TABLE, notes](https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES)
    "not-valid-and-validate-together", Locking, Warning,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let Some(upgrade) = context.revision.upgrade_on_dialect() else { return };
    let is_validation = |change: &Change| matches!(change, Change::Execute(execute) if matches!(execute.statement, Statement::ValidateConstraint { .. }));
    if !context.server.is_postgresql()
        || !upgrade.operations.iter().any(|operation| is_validation(&operation.change))
    {
        return;
    }
    let mut transactions = upgrade.transactions().into_iter();
    let between = context.siblings.environment.to_commit_between();
    let mut added: Vec<(Transaction, &TableName, &Name)> = Vec::new();
    upgrade.walk(|operation, created| {
        let transaction = transactions.next().unwrap_or(Transaction::Outside);
        match &operation.change {
            Change::CreateConstraint(create) if !created.may_have_table(&create.table) => {
                let is_not_valid = create.constraint.options.iter().any(|(key, value)| {
                    &**key == "postgresql_not_valid" && *value == Argument::Bool(true)
                });
                if is_not_valid && transaction != Transaction::Outside {
                    added.push((transaction, &create.table, &create.constraint.name));
                }
            }
            Change::Execute(execute) => {
                let Statement::ValidateConstraint { table, name } = &execute.statement else { return };
                if name.known().is_none() || !added.contains(&(transaction, table, name)) {
                    return;
                }
                sink.report(
                    operation.span,
                    format!(
                        "{} validates {} in the transaction that adds it: {} stays locked while all rows are checked",
                        operation.subject(),
                        name.quoted_or("the constraint"),
                        table.quoted()
                    ),
                )
                .call_sites(&operation.call_sites)
                .help(format!(
                    "validate it in `with op.get_context().autocommit_block():`, or in a revision after this one{between}"
                ));
            }
            _ => {}
        }
    });
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    const ADD: &str = "op.create_check_constraint('c', 't', 'a > 0', postgresql_not_valid=True)";
    const VALIDATE: &str = "op.execute('ALTER TABLE t VALIDATE CONSTRAINT c')";

    fn upgrade(body: &str) -> Tester {
        Tester::new(&RULE).upgrade(body)
    }

    #[test]
    fn in_one_transaction() {
        upgrade(&format!("{ADD}\n{VALIDATE}"))
            .finds(&["this SQL validates `c` in the transaction that adds it: `t` stays locked"]);
        upgrade(
            "op.execute('ALTER TABLE t ADD CONSTRAINT c FOREIGN KEY (a) REFERENCES u NOT VALID; ALTER TABLE t VALIDATE CONSTRAINT c')",
        )
        .finds(&["validates `c`"]);
    }

    #[test]
    fn apart() {
        upgrade(&format!("{ADD}\nwith op.get_context().autocommit_block():\n    {VALIDATE}")).ok();
        upgrade(&format!("{ADD}\nwith op.get_context().autocommit_block():\n    pass\n{VALIDATE}")).ok();
        upgrade(&format!("{ADD}\nop.execute('COMMIT')\n{VALIDATE}")).ok();
        upgrade(VALIDATE).ok();
        upgrade(&format!("{ADD}\nop.execute('ALTER TABLE t VALIDATE CONSTRAINT other')")).ok();
        upgrade(&format!("op.create_table('t', sa.Column('a', sa.Integer()))\n{ADD}\n{VALIDATE}")).ok();
    }
}

//! `check-without-not-valid`: a check constraint is checked against all rows while the table is locked.

use crate::diagnostic::Fix;
use crate::history::schema::{Attached, attached};
use crate::operation::{Argument, Change, ConstraintKind, Operation, TableName};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds check constraints that `upgrade` adds to a table that was there before without `postgresql_not_valid=True`:
    /// `create_check_constraint`, `CheckConstraint(..)` of a column in `add_column`, `ADD CHECK`. On PostgreSQL.
    ///
    /// ## Why is this bad?
    /// PostgreSQL reads every row under an `ACCESS EXCLUSIVE` lock: nobody reads from the table or writes to it until all rows are
    /// checked and the transaction has ended.
    ///
    /// ## Example
    /// ```python bad
    /// op.create_check_constraint("invoice_total", "invoice", "total >= 0")
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.create_check_constraint("invoice_total", "invoice", "total >= 0", postgresql_not_valid=True)
    /// ```
    /// New rows are checked from then on. Validate those that are there in a revision after it, which blocks nobody:
    /// `op.execute("ALTER TABLE invoice VALIDATE CONSTRAINT invoice_total")`.
    ///
    /// ## Fix safety
    /// Unsafe: rows that are there are not checked until a revision validates the constraint. SQL, batch operations and columns are not
    /// repaired.
    ///
    /// ## References
    /// - squawk: `constraint-missing-not-valid`; `strong_migrations`: adding a check constraint; atlas: `PG305`
    /// - [PostgreSQL: ALTER TABLE, notes](https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES)
    "check-without-not-valid", Locking, Error,
    preset: Recommended, fix: Sometimes, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let is_wanted = |operation: &Operation| match &operation.change {
        Change::CreateConstraint(create) => create.constraint.kind == ConstraintKind::Check,
        Change::AddColumn(_) => true,
        _ => false,
    };
    context.on_postgresql(is_wanted, |operation, created| {
        let Some(table) = checked(operation, context).filter(|table| !created.may_have_table(table)) else { return };
        let help = if matches!(operation.change, Change::AddColumn(_)) {
            "add the column without the check, then the check with `postgresql_not_valid=True`, and validate it in a revision \
             after this one"
        } else {
            "give `postgresql_not_valid=True`, and run `ALTER TABLE .. VALIDATE CONSTRAINT ..` in a revision after this one"
        };
        let report = sink.report(
            operation.span,
            format!(
                "{} checks all rows of {}: reads and writes wait until it is done",
                operation.subject(),
                table.quoted()
            ),
        )
        .call_sites(&operation.call_sites)
        .help(help);
        let is_directive = matches!(operation.change, Change::CreateConstraint(_));
        let argument = context.with_argument(operation, "postgresql_not_valid=True");
        if let Some(edit) = argument.filter(|_| is_directive) {
            report.fix(Fix::unsafe_("give `postgresql_not_valid=True`", vec![edit]));
        }
    });
}

/// The table whose rows are checked.
fn checked<'o>(operation: &'o Operation, context: &RevisionContext<'_>) -> Option<&'o TableName> {
    match &operation.change {
        Change::CreateConstraint(create) => {
            let options = &create.constraint.options;
            let is_not_valid = options
                .iter()
                .any(|(key, value)| &**key == "postgresql_not_valid" && *value == Argument::Bool(true));
            (!is_not_valid).then_some(&create.table)
        }
        Change::AddColumn(add) => {
            let items = attached(&add.column, operation.is_raw_sql(), context.dialect);
            let has_check =
                items.iter().any(|item| matches!(item, Attached::Check(_) | Attached::TypeCheck(_)));
            has_check.then_some(&add.table)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    fn upgrade(body: &str) -> Tester {
        Tester::new(&RULE).upgrade(body)
    }

    #[test]
    fn every_spelling() {
        upgrade("op.create_check_constraint('c', 't', 'a > 0')")
            .finds(&["`op.create_check_constraint` checks all rows of `t`: reads and writes wait"]);
        upgrade("with op.batch_alter_table('t') as b:\n    b.create_check_constraint('c', 'a > 0')")
            .finds(&["`batch_op.create_check_constraint`"]);
        upgrade("op.add_column('t', sa.Column('a', sa.Integer(), sa.CheckConstraint('a > 0')))")
            .finds(&["`op.add_column`"]);
        upgrade("op.execute('ALTER TABLE t ADD CHECK (a > 0)')").finds(&["this SQL"]);
    }

    #[test]
    fn the_repair() {
        upgrade("op.create_check_constraint(\n    'c', 't', 'a > 0'\n)").finds(&["`t`"]).has_unsafe_fix();
        upgrade("op.execute('ALTER TABLE t ADD CHECK (a > 0)')").finds(&["`t`"]).without_fix();
    }

    #[test]
    fn not_valid_or_new() {
        upgrade("op.create_check_constraint('c', 't', 'a > 0', postgresql_not_valid=True)").ok();
        upgrade("op.execute('ALTER TABLE t ADD CHECK (a > 0) NOT VALID')").ok();
        upgrade("op.add_column('t', sa.Column('a', sa.Enum('x', name='e')))").ok();
        upgrade("op.create_table('t', sa.Column('a', sa.Integer()))\nop.create_check_constraint('c', 't', 'a > 0')")
            .ok();
    }
}

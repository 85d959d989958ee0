//! `foreign-key-without-not-valid`: a foreign key is checked against all rows while both tables take no writes.

use crate::diagnostic::Fix;
use crate::history::schema::{Attached, attached};
use crate::operation::{Argument, Change, ConstraintKind, Operation, Options, TableName};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};
use crate::server::Filling;

declare_rule! {
    /// ## What it does
    /// Finds foreign keys that `upgrade` adds to a table that was there before without `postgresql_not_valid=True`:
    /// `create_foreign_key`, `ForeignKey(..)` of a column in `add_column`, `ADD FOREIGN KEY`. On PostgreSQL.
    ///
    /// ## Why is this bad?
    /// PostgreSQL looks for a partner of every row, and takes a `SHARE ROW EXCLUSIVE` lock on both tables until the
    /// transaction ends: nobody writes to either of them meanwhile.
    ///
    /// ## Example
    /// ```python bad
    /// op.create_foreign_key("invoice_customer", "invoice", "customer", ["customer_id"], ["id"])
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.create_foreign_key(
    ///     "invoice_customer", "invoice", "customer", ["customer_id"], ["id"], postgresql_not_valid=True
    /// )
    /// ```
    /// New rows are checked from then on. Validate those that are there in a revision after it, which blocks nobody:
    /// `op.execute("ALTER TABLE invoice VALIDATE CONSTRAINT invoice_customer")`.
    ///
    /// A column that is added without a default holds NULL everywhere, so that nothing needs to be checked if the key is written
    /// with the column:
    /// ```python good
    /// op.add_column(
    ///     "invoice", sa.Column("customer_id", sa.Integer(), sa.ForeignKey("customer.id")), inline_references=True
    /// )
    /// ```
    /// (Alembic 1.18.2 and later.)
    ///
    /// ## Fix safety
    /// Unsafe: rows that are there are not checked until a revision validates the constraint. SQL, batch operations and columns are not
    /// repaired.
    ///
    /// ## References
    /// - squawk: `adding-foreign-key-constraint`; `strong_migrations`: adding a foreign key; eugene: `E1`
    /// - [PostgreSQL: ALTER TABLE, notes](https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES)
    "foreign-key-without-not-valid", Locking, Error,
    preset: Recommended, fix: Sometimes, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let is_wanted = |operation: &Operation| match &operation.change {
        Change::CreateConstraint(create) => create.constraint.kind == ConstraintKind::ForeignKey,
        Change::AddColumn(add) => !add.column.items.is_empty(),
        _ => false,
    };
    context.on_postgresql(is_wanted, |operation, created| {
        let Some((table, referent)) = validated(operation, context) else { return };
        if created.may_have_table(table) {
            return;
        }
        // Before 18 such a table takes no key that is not valid: postgresql.org/docs/18/release-18.html.
        if context.siblings.partitioned.contains(table) && !context.server.is_postgresql_from(18) {
            return;
        }
        let both = match &referent {
            Some(referent) if !referent.is_same(table) && !created.may_have_table(referent) => {
                format!("writes to {} and {} wait", table.quoted(), referent.quoted())
            }
            _ => format!("writes to {} wait", table.quoted()),
        };
        let help = if matches!(operation.change, Change::AddColumn(_)) {
            "without a default, give `inline_references=True` to `op.add_column` (Alembic 1.18.2); else add the key with \
             `postgresql_not_valid=True` and validate it in a revision after this one"
        } else {
            "give `postgresql_not_valid=True`, and run `ALTER TABLE .. VALIDATE CONSTRAINT ..` in a revision after this one"
        };
        let report = sink.report(
            operation.span,
            format!("{} checks a foreign key against all rows: {both} until it is done", operation.subject()),
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

/// The table whose rows are checked and the one that is referred to.
fn validated<'o>(
    operation: &'o Operation,
    context: &RevisionContext<'_>,
) -> Option<(&'o TableName, Option<TableName>)> {
    match &operation.change {
        Change::CreateConstraint(create) => {
            let is_checked = !is_true(&create.constraint.options, "postgresql_not_valid");
            is_checked.then(|| (&create.table, create.constraint.referent.clone()))
        }
        Change::AddColumn(add) => {
            let is_sql = operation.is_raw_sql();
            let attached = attached(&add.column, is_sql, context.dialect);
            let foreign_key = attached.into_iter().find_map(|item| match item {
                Attached::ForeignKey(call) => Some(call),
                _ => None,
            })?;
            let is_inline = is_sql || is_true(&add.options, "inline_references");
            // A constraint within the column's definition cannot say `NOT VALID`.
            if !is_inline && foreign_key.is_not_valid() {
                return None;
            }
            let is_null = Filling::of(&add.column, is_sql, context.server) == Filling::Null;
            (!(is_inline && is_null)).then(|| (&add.table, foreign_key.referent()))
        }
        _ => None,
    }
}

fn is_true(options: &Options, key: &str) -> bool {
    options.iter().any(|(name, value)| &**name == key && *value == Argument::Bool(true))
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
        upgrade("op.create_foreign_key('f', 't', 'u', ['a'], ['id'])").finds(&[
            "`op.create_foreign_key` checks a foreign key against all rows: writes to `t` and `u` wait until it is done",
        ]);
        upgrade("with op.batch_alter_table('t') as b:\n    b.create_foreign_key('f', 'u', ['a'], ['id'])")
            .finds(&["`batch_op.create_foreign_key`"]);
        upgrade("op.execute('ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u')").finds(&["this SQL checks"]);
        upgrade("op.add_column('t', sa.Column('a', sa.Integer(), sa.ForeignKey('u.id')))")
            .finds(&["`op.add_column`"]);
    }

    #[test]
    fn the_repair() {
        upgrade("op.create_foreign_key('f', 't', 'u', ['a'], ['id'])")
            .finds(&["`op.create_foreign_key`"])
            .has_unsafe_fix();
        upgrade("op.add_column('t', sa.Column('a', sa.Integer(), sa.ForeignKey('u.id')))")
            .finds(&[""])
            .without_fix();
    }

    #[test]
    fn tables_that_nobody_uses_yet() {
        let create = "op.create_table('u', sa.Column('id', sa.Integer(), primary_key=True))";
        upgrade(&format!("{create}\nop.create_foreign_key('f', 't', 'u', ['a'], ['id'])"))
            .finds(&["writes to `t` wait"]);
        upgrade(&format!("{create}\nop.create_foreign_key('f', 'u', 't', ['a'], ['id'])")).ok();
        upgrade("op.create_foreign_key('f', 't', 't', ['a'], ['id'])").finds(&["writes to `t` wait"]);
    }

    #[test]
    fn not_valid_and_inline() {
        upgrade("op.create_foreign_key('f', 't', 'u', ['a'], ['id'], postgresql_not_valid=True)").ok();
        upgrade("op.execute('ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u NOT VALID')").ok();
        let not_valid = |more: &str| {
            upgrade(&format!(
                "op.add_column('t', sa.Column('a', sa.Integer(), sa.ForeignKey('u.id', postgresql_not_valid={more})))"
            ))
        };
        not_valid("True").ok();
        not_valid("False").finds(&["`op.add_column`"]);
        let column = "sa.Column('a', sa.Integer(), sa.ForeignKey('u.id')";
        upgrade(&format!("op.add_column('t', {column}), inline_references=True)")).ok();
        upgrade(&format!("op.add_column('t', {column}, server_default='1'), inline_references=True)"))
            .finds(&["`op.add_column`"]);
        upgrade("op.execute('ALTER TABLE t ADD a int REFERENCES u')").ok();
    }

    #[test]
    fn partitioned_tables() {
        let parent =
            "op.create_table('t', sa.Column('a', sa.Integer()), postgresql_partition_by='RANGE (a)')";
        let key = "op.create_foreign_key('f', 't', 'u', ['a'], ['id'])";
        Tester::new(&RULE).history(&[parent, key]).ok();
    }
}

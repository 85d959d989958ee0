//! `set-not-null-scans-table`: PostgreSQL looks for NULL in all rows while the table is locked.

use crate::history::schema::Step;
use crate::operation::{AlterColumn, Argument, Attribute, Change};
use crate::rule::{Sink, declare_rule};
use crate::server::{Work, change_of_type, is_not_null};

declare_rule! {
    /// ## What it does
    /// Finds columns of tables that were there before which `upgrade` makes `NOT NULL`, on PostgreSQL. Left alone is a column that a
    /// validated check `column IS NOT NULL` vouches for (PostgreSQL 12 and later).
    ///
    /// ## Why is this bad?
    /// `SET NOT NULL` reads every row under an `ACCESS EXCLUSIVE` lock: nobody reads from the table or writes to it until that is
    /// done and the transaction has ended. And one row with NULL makes the upgrade fail: `column "number" of relation "invoice"
    /// contains null values`.
    ///
    /// ## Example
    /// ```python bad
    /// op.alter_column("invoice", "number", nullable=False)
    /// ```
    ///
    /// ## Use instead
    /// In one revision a check that is not valid, and its validation, which blocks nobody, outside the transaction or in the next
    /// revision:
    /// ```python good
    /// op.create_check_constraint("invoice_number_there", "invoice", "number IS NOT NULL", postgresql_not_valid=True)
    /// with op.get_context().autocommit_block():
    ///     op.execute("ALTER TABLE invoice VALIDATE CONSTRAINT invoice_number_there")
    /// ```
    /// After that `SET NOT NULL` needs no look at the rows, and the check can go:
    /// ```python
    /// op.alter_column("invoice", "number", nullable=False)
    /// op.drop_constraint("invoice_number_there", "invoice", type_="check")
    /// ```
    /// PostgreSQL 18 can do without the check: `ALTER TABLE invoice ADD CONSTRAINT invoice_number_there NOT NULL number NOT VALID`,
    /// validated later.
    ///
    /// `alembic-lint split <revision>` writes such a sequence of revisions.
    ///
    /// ## References
    /// - squawk: `adding-not-nullable-field`; `strong_migrations`: setting NOT NULL on an existing column; atlas: `PG303`
    /// - [PostgreSQL: ALTER TABLE, `SET NOT NULL`](https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-SET-DROP-NOT-NULL)
    "set-not-null-scans-table", Locking, Warning,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Step(check),
}

fn check(step: &Step<'_>, sink: &mut Sink<'_>) {
    let server = step.context.server;
    if !server.is_postgresql() || !step.upgrade().any(|moment| forbidding(&moment.operation.change).is_some())
    {
        return;
    }
    step.walk(|moment, created| {
        let operation = moment.operation;
        let Some(alter) = forbidding(&operation.change) else { return };
        let is_known = || {
            let table = moment.schema.table(&alter.table).yes();
            table.zip(alter.column.known()).is_some_and(|(table, column)| is_not_null(table, column, server))
        };
        // What writes all rows anew has a rule of its own.
        let is_rewritten =
            || change_of_type(alter, &moment, server).is_some_and(|change| change.work == Work::Rewrite);
        if created.may_have_table(&alter.table) || is_known() || is_rewritten() {
            return;
        }
        let column = alter.table.quoted_column(&alter.column);
        let help = if server.is_postgresql_from(18) {
            "add `NOT NULL .. NOT VALID` as a constraint first and validate it in a revision of its own"
        } else if server.is_postgresql_from(12) {
            "add a check `.. IS NOT NULL` with `postgresql_not_valid=True` and validate it before this one; then there is nothing \
             to look for"
        } else {
            "keep a check `.. IS NOT NULL` that is not valid, and validated later, in its place"
        };
        sink.report(
            operation.span,
            format!(
                "{} makes {column} NOT NULL: all rows are looked at while reads and writes of the table wait",
                operation.subject()
            ),
        )
        .call_sites(&operation.call_sites)
        .help(help)
        .part_of(&["set-not-null-without-backfill"]);
    });
}

/// The change, if it forbids NULL in a column that may hold it.
fn forbidding(change: &Change) -> Option<&AlterColumn> {
    let Change::AlterColumn(alter) = change else { return None };
    let is_not_valid = alter
        .options
        .iter()
        .any(|(key, value)| &**key == "postgresql_not_valid" && *value == Argument::Bool(true));
    let forbids = alter.nullable == Attribute::Set(false) && alter.existing_nullable != Some(false);
    (forbids && !is_not_valid).then_some(alter)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::config::Settings;
    use crate::testing::Tester;

    const FORBID: &str = "op.alter_column('t', 'a', nullable=False)";

    fn upgrade(body: &str) -> Tester {
        Tester::new(&RULE).upgrade(body)
    }

    #[test]
    fn every_spelling() {
        upgrade(FORBID).finds(&["`op.alter_column` makes `t.a` NOT NULL: all rows are looked at"]);
        upgrade("with op.batch_alter_table('t') as b:\n    b.alter_column('a', nullable=False)")
            .finds(&["`batch_op.alter_column`"]);
        upgrade("op.execute('ALTER TABLE t ALTER a SET NOT NULL')").finds(&["this SQL"]);
        upgrade(&format!("op.add_column('t', sa.Column('a', sa.Integer()))\n{FORBID}")).finds(&["`t.a`"]);
    }

    #[test]
    fn a_check_vouches() {
        let check = "op.create_check_constraint('c', 't', 'a IS NOT NULL', postgresql_not_valid=True)";
        let validate = "op.execute('ALTER TABLE t VALIDATE CONSTRAINT c')";
        let history = || Tester::new(&RULE).history(&[check, validate, FORBID]);
        history().ok();
        let old = Settings { database_version: Some("11".to_owned()), ..Settings::default() };
        history().settings(old).finds(&["`t.a`"]);
        Tester::new(&RULE).history(&[check, FORBID]).finds(&["`t.a`"]);
        Tester::new(&RULE)
            .history(&[check, validate, &format!("op.drop_constraint('c', 't')\n{FORBID}")])
            .finds(&["`t.a`"]);
    }

    #[test]
    fn nothing_to_look_for() {
        upgrade("op.alter_column('t', 'a', nullable=False, existing_nullable=False)").ok();
        upgrade(&format!("op.create_table('t', sa.Column('a', sa.Integer()))\n{FORBID}")).ok();
        upgrade("op.alter_column('t', 'a', nullable=True)").ok();
        let both = "nullable=False, type_=sa.BigInteger(), existing_type=sa.Integer()";
        upgrade(&format!("op.alter_column('t', 'a', {both})")).ok();
        upgrade("op.execute('ALTER TABLE t ADD CONSTRAINT c NOT NULL a NOT VALID')").ok();
    }
}

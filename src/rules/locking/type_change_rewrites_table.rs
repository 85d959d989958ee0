//! `type-change-rewrites-table`: the type of a column changes so that every row is written anew.

use crate::history::schema::Step;
use crate::operation::Change;
use crate::rule::{Severity, Sink, declare_rule};
use crate::server::{Work, change_of_type, types_of};

declare_rule! {
    /// ## What it does
    /// Finds changes of a column's type in `upgrade` for which PostgreSQL rewrites a table that was there before. The old type is
    /// taken from `existing_type`, else from the history; where neither tells it, the finding is a warning.
    ///
    /// ## Why is this bad?
    /// The table and all its indexes are written anew under an `ACCESS EXCLUSIVE` lock: nobody reads from the table or writes to it
    /// until the transaction has ended. It takes as much disk again meanwhile.
    ///
    /// Free are a `VARCHAR` that grows or loses its limit, `VARCHAR` to `TEXT` and back without a limit, a `NUMERIC` with more
    /// digits and the same scale, more digits after the second, `CIDR` to `INET`.
    ///
    /// ## Example
    /// ```python bad
    /// op.alter_column("invoice", "id", type_=sa.BigInteger(), existing_type=sa.Integer())
    /// ```
    ///
    /// ## Use instead
    /// A second column in several steps: add it, let a trigger or the application write both, fill it in batches, let the
    /// application read it, drop the old one.
    /// ```python good
    /// op.add_column("invoice", sa.Column("big_id", sa.BigInteger()))
    /// ```
    ///
    /// ## References
    /// - squawk: `changing-column-type`; `strong_migrations`: changing the type of a column; atlas: `PG301`; eugene: `E5`
    /// - [PostgreSQL: ALTER TABLE, notes](https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES)
    "type-change-rewrites-table", Locking, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Step(check),
}

fn check(step: &Step<'_>, sink: &mut Sink<'_>) {
    let server = step.context.server;
    let is_wanted = |change: &Change| matches!(change, Change::AlterColumn(alter) if alter.type_.is_some());
    if !server.is_postgresql() || !step.upgrade().any(|moment| is_wanted(&moment.operation.change)) {
        return;
    }
    step.walk(|moment, created| {
        let operation = moment.operation;
        let Change::AlterColumn(alter) = &operation.change else { return };
        let Some(change) = change_of_type(alter, &moment, server) else { return };
        if created.may_have_table(&alter.table) {
            return;
        }
        let rewrites = match change.work {
            Work::Rewrite => "the table is rewritten while reads and writes wait",
            Work::Unknown => "unless that is free, the table is rewritten while reads and writes wait",
            Work::None | Work::Scan | Work::IndexBuild => return,
        };
        let (old, new) = types_of(alter, &moment, server);
        // An enum type that was renamed and made anew has the name of the old one.
        let is_renamed = |old: &String| new.as_ref().is_some_and(|new| new.eq_ignore_ascii_case(old));
        let from =
            old.filter(|old| !is_renamed(old)).map(|old| format!(" from {old}")).unwrap_or_default();
        let to = new.map(|new| format!(" to {new}")).unwrap_or_default();
        let column = alter.table.quoted_column(&alter.column);
        let report = sink
            .report(
                operation.span,
                format!("{} changes the type of {column}{from}{to}: {rewrites}", operation.subject()),
            )
            .call_sites(&operation.call_sites)
            .help(
                "add a second column, let both be written, fill it in batches and drop the old one; on a small table approve: \
                 `# alembic-lint: allow[type-change-rewrites-table] -- <reason>`",
            );
        if change.work == Work::Unknown {
            report.severity(Severity::Warning);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rule::Severity;
    use crate::testing::Tester;

    fn change(from: &str, to: &str) -> Tester {
        Tester::new(&RULE).upgrade(&format!("op.alter_column('t', 'a', type_={to}, existing_type={from})"))
    }

    #[test]
    fn every_spelling() {
        change("sa.Integer()", "sa.BigInteger()").finds(&[
            "`op.alter_column` changes the type of `t.a` from INTEGER to BIGINT: the table is rewritten while reads and writes wait",
        ]);
        Tester::new(&RULE)
            .upgrade("with op.batch_alter_table('t') as b:\n    b.alter_column('a', type_=sa.Text(), existing_type=sa.JSON())")
            .finds(&["`batch_op.alter_column`"]);
        Tester::new(&RULE)
            .history(&[
                "op.create_table('t', sa.Column('a', sa.Integer()))",
                "op.execute('ALTER TABLE t ALTER a TYPE bigint')",
            ])
            .finds(&["this SQL changes the type of `t.a` from INTEGER to BIGINT"]);
    }

    #[test]
    fn free_changes() {
        change("sa.String(20)", "sa.String(50)").ok();
        change("sa.String(20)", "sa.Text()").ok();
        change("sa.Numeric(10, 2)", "sa.Numeric(12, 2)").ok();
        change("sa.String(20)", "sa.Text(), postgresql_using='a::text'").ok();
    }

    #[test]
    fn values_that_are_computed() {
        change("sa.String(20)", "sa.Text(), postgresql_using='trim(a)'").finds(&["is rewritten"]);
    }

    #[test]
    fn enum_types() {
        change("sa.Enum('x', name='e')", "sa.Text()").finds(&["from e to TEXT: the table is rewritten"]);
        change("sa.Text()", "sa.Enum('x', name='e'), postgresql_using='a::e'")
            .finds(&["to e: the table is rewritten"]);
    }

    #[test]
    fn unknown_types_are_warnings() {
        Tester::new(&RULE)
            .upgrade("op.alter_column('t', 'a', type_=sa.Text())")
            .has_severity(Severity::Warning);
    }

    #[test]
    fn a_new_table() {
        Tester::new(&RULE)
            .upgrade("op.create_table('t', sa.Column('a', sa.Integer()))\nop.alter_column('t', 'a', type_=sa.BigInteger())")
            .ok();
    }
}

//! `type-change-rewrites-table`: the type of a column changes so that every row is written anew.

use crate::history::schema::Step;
use crate::operation::{Change, Statement};
use crate::revision::sets_utc;
use crate::rule::{Severity, Sink, declare_rule};
use crate::server::{Family, SqlType, Work, change_of_type, types_of};

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
    let mut is_utc = step.context.siblings.environment.is_utc;
    step.walk(|moment, created| {
        let operation = moment.operation;
        if let Some(Statement::Set { name, .. }) = operation.statement() {
            let is_zone = name.known().is_some_and(|name| matches!(&*name.to_ascii_lowercase(), "timezone" | "time zone"));
            is_utc = if is_zone { operation.sql().is_some_and(sets_utc) } else { is_utc };
        }
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
        let has_using = alter.options.iter().any(|(key, _)| &**key == "postgresql_using");
        if is_utc && !has_using && server.is_postgresql_from(12) && changes_zone(old.as_deref(), new.as_deref()) {
            return;
        }
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

/// Whether one type is `timestamp` and the other `timestamptz` of the same precision: where the session's time zone is UTC,
/// from PostgreSQL 12 on, the values stay as they are (postgresql.org/docs/12/release-12.html).
fn changes_zone(old: Option<&str>, new: Option<&str>) -> bool {
    let (Some(old), Some(new)) = (old.map(SqlType::parse), new.map(SqlType::parse)) else { return false };
    let is_pair = matches!(
        (&old.family, &new.family),
        (Family::Timestamp(false), Family::Timestamp(true))
            | (Family::Timestamp(true), Family::Timestamp(false))
    );
    is_pair && old.dimensions == 0 && new.dimensions == 0 && old.length() == new.length()
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

    #[test]
    fn timestamps_where_the_session_is_in_utc() {
        let change = |zone: &str, more: &str| {
            let change =
                "op.alter_column('t', 'a', type_=sa.DateTime(timezone=True), existing_type=sa.DateTime()";
            Tester::new(&RULE).upgrade(&format!("op.execute(\"{zone}\")\n{change}{more})"))
        };
        change("SET TIME ZONE 'UTC'", "").ok();
        change("SET LOCAL timezone = 'UTC'", "").ok();
        change("SET TIME ZONE 'Europe/Berlin'", "").finds(&["`t.a`"]);
        change("SET TIME ZONE 'UTC'", ", postgresql_using=\"a AT TIME ZONE 'CET'\"").finds(&["`t.a`"]);
        change("SELECT 1", "").finds(&["`t.a`"]);
        Tester::new(&RULE)
            .file("env.py", "connect_args = {'options': '-c timezone=utc'}\ncontext.begin_transaction()\n")
            .upgrade(
                "op.alter_column('t', 'a', type_=sa.DateTime(timezone=True), existing_type=sa.DateTime())",
            )
            .ok();
    }

    #[test]
    fn varying_bits_that_get_longer() {
        let bits = |length: u32, more: &str| format!("sa.dialects.postgresql.BIT({length}{more})");
        change(&bits(10, ", varying=True"), &bits(20, ", varying=True")).ok();
        change(&bits(20, ", varying=True"), &bits(10, ", varying=True")).finds(&["`t.a`"]);
        change(&bits(10, ""), &bits(20, "")).finds(&["`t.a`"]);
    }
}

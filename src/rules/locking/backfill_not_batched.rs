//! `backfill-not-batched`: many rows are changed in one statement.

use crate::history::schema::Step;
use crate::operation::{Change, Operation, Statement, TableName};
use crate::rule::{Sink, declare_rule};
use crate::server::{Held, effects};

declare_rule! {
    /// ## What it does
    /// Finds `UPDATE` and `DELETE` in `upgrade` whose condition chooses rows by what they lack or by other tables, on a table that
    /// was there before: `WHERE .. IS NULL`, `FROM`, `IN (SELECT ..)`, `EXISTS`, and that have no `LIMIT` or range. On PostgreSQL.
    /// Statements without a condition are `update-without-where`'s and `delete-without-where`'s, and those that keep a locked table
    /// waiting are `mixed-ddl-and-dml`'s and `statement-after-access-exclusive`'s.
    ///
    /// ## Why is this bad?
    /// All rows are locked until the transaction ends: whoever changes one of them waits. On a large table the statement runs for
    /// minutes, holds back vacuum, and fails as a whole when it fails.
    ///
    /// ## Example
    /// ```python bad
    /// op.execute("UPDATE invoice SET currency = 'EUR' WHERE currency IS NULL")
    /// ```
    ///
    /// ## Use instead
    /// Batches that are committed one by one, best outside of revisions:
    /// ```python good
    /// with op.get_context().autocommit_block():
    ///     for start in range(0, 1_000_000, 10_000):
    ///         op.execute(
    ///             f"UPDATE invoice SET currency = 'EUR' WHERE currency IS NULL AND id BETWEEN {start} AND {start + 9_999}"
    ///         )
    /// ```
    ///
    /// ## References
    /// - `strong_migrations`: backfilling data; pgfence: `update-in-migration`
    "backfill-not-batched", Locking, Warning,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Step(check),
}

fn check(step: &Step<'_>, sink: &mut Sink<'_>) {
    let server = step.context.server;
    if !server.is_postgresql() || !step.upgrade().any(|moment| backfilled(moment.operation).is_some()) {
        return;
    }
    let mut transactions = step.transactions();
    let mut held = Held::default();
    step.walk(|moment, created| {
        let Some(transaction) = transactions.next() else { return };
        held.enter(transaction);
        let operation = moment.operation;
        if let Some(table) = backfilled(operation)
            && !created.may_have_table(table)
            && held.tables().is_empty()
        {
            sink.report(
                operation.span,
                format!(
                    "{} changes all rows of {} that need it in one statement: they stay locked until the transaction ends",
                    operation.subject(),
                    table.quoted()
                ),
            )
            .call_sites(&operation.call_sites)
            .help(
                "change them in batches that are committed one by one, best outside of revisions; for few rows approve: \
                 `# alembic-lint: allow[backfill-not-batched] -- <reason>`",
            );
        }
        held.add(operation, &effects(&moment, created, server));
    });
}

/// The table of which all rows are changed that need it.
fn backfilled(operation: &Operation) -> Option<&TableName> {
    let Change::Execute(execute) = &operation.change else { return None };
    let (Statement::Update { table, has_where: true, .. } | Statement::Delete { table, has_where: true }) =
        &execute.statement
    else {
        return None;
    };
    let is_open =
        ["is null", "is not null", "select", "exists", "using"].iter().any(|words| operation.says(words))
            || (matches!(execute.statement, Statement::Update { .. }) && operation.says("from"));
    // A `DO` block may loop over batches.
    let is_limited = ["limit", "between", "ctid", "do"].iter().any(|words| operation.says(words));
    (is_open && !is_limited && !has_range(operation)).then_some(table)
}

/// Whether a comparison leaves a part of the rows out, or picks single ones.
fn has_range(operation: &Operation) -> bool {
    let sql = operation.sql().unwrap_or_default();
    let lower = sql.to_ascii_lowercase();
    let condition = lower.rsplit_once("where").map_or("", |(_, condition)| condition);
    condition.contains(['<', '>', ':'])
        || condition.contains("%(")
        || condition.match_indices('=').any(|(at, _)| {
            let value = condition.get(at + 1..).unwrap_or_default().trim_start();
            value.starts_with(|c: char| c == '\'' || c == '%' || c == '?' || c.is_ascii_digit())
        })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    fn sql(sql: &str) -> Tester {
        Tester::new(&RULE).upgrade(&format!("op.execute(\"{sql}\")"))
    }

    #[test]
    fn rows_by_what_they_lack_and_by_other_tables() {
        sql("UPDATE t SET a = 1 WHERE a IS NULL")
            .finds(&["this SQL changes all rows of `t` that need it in one statement: they stay locked"]);
        sql("UPDATE t SET a = u.a FROM u WHERE u.id = t.u_id").finds(&["`t`"]);
        sql("DELETE FROM t WHERE u_id NOT IN (SELECT id FROM u)").finds(&["`t`"]);
    }

    #[test]
    fn batches_and_single_rows() {
        sql("UPDATE t SET a = 1 WHERE a IS NULL AND id BETWEEN 1 AND 100").ok();
        sql("UPDATE t SET a = 1 WHERE id IN (SELECT id FROM t WHERE a IS NULL LIMIT 100)").ok();
        sql("UPDATE t SET a = 1 WHERE a IS NULL AND id > 5").ok();
        sql("UPDATE t SET a = NULL WHERE name = 'x'").ok();
    }

    #[test]
    fn other_rules() {
        sql("UPDATE t SET a = 1").ok();
        sql("CREATE TABLE t (a int); UPDATE t SET a = 1 WHERE a IS NULL").ok();
        sql("ALTER TABLE t ADD a int; UPDATE t SET a = 1 WHERE a IS NULL").ok();
    }
}

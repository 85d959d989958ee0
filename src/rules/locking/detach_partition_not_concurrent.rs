//! `detach-partition-not-concurrent`: a partition is detached while nobody can use the partitioned table.

use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds `DETACH PARTITION` without `CONCURRENTLY` in `upgrade`. On PostgreSQL 14 and later.
    ///
    /// ## Why is this bad?
    /// It takes an `ACCESS EXCLUSIVE` lock on the partitioned table, that is on all its partitions: it waits for every query that is running, and
    /// new ones wait behind it.
    ///
    /// ## Example
    /// ```python bad
    /// op.execute("ALTER TABLE invoice DETACH PARTITION invoice_2019")
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// with op.get_context().autocommit_block():
    ///     op.execute("ALTER TABLE invoice DETACH PARTITION invoice_2019 CONCURRENTLY")
    /// ```
    /// It does not work where there is a default partition.
    ///
    /// ## References
    /// - squawk: `require-concurrent-partition-detach`
    /// - [PostgreSQL: ALTER TABLE, DETACH PARTITION](https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DETACH-PARTITION)
    "detach-partition-not-concurrent", Locking, Warning,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    if !context.server.is_postgresql_from(14) {
        return;
    }
    context.on_postgresql(
        |operation| {
            operation
                .on_table()
                .is_some_and(|about| &*about.verb == "ALTER TABLE DETACH PARTITION" && !about.concurrently)
        },
        |operation, created| {
            let Some(about) = operation.on_table().filter(|about| !created.may_have_table(&about.table))
            else {
                return;
            };
            sink.report(
                operation.span,
                format!(
                    "{} locks all of {} to detach a partition: reads and writes wait behind it",
                    operation.subject(),
                    about.table.quoted()
                ),
            )
            .call_sites(&operation.call_sites)
            .help("write `CONCURRENTLY` and put it in `with op.get_context().autocommit_block():`");
        },
    );
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    fn sql(sql: &str) -> Tester {
        Tester::new(&RULE).upgrade(&format!("op.execute(\"{sql}\")"))
    }

    #[test]
    fn without_concurrently() {
        sql("ALTER TABLE t DETACH PARTITION p").finds(&["this SQL locks all of `t` to detach a partition"]);
    }

    #[test]
    fn concurrently_or_new() {
        sql("ALTER TABLE t DETACH PARTITION p CONCURRENTLY").ok();
        sql("ALTER TABLE t DETACH PARTITION p FINALIZE").ok();
    }
}

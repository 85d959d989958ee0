//! `explicit-lock-table`: a revision locks a table by hand.

use crate::operation::{Operation, TableStatement};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};
use crate::server::Lock;

declare_rule! {
    /// ## What it does
    /// Finds `LOCK TABLE` in `upgrade` with a mode that keeps others from writing: without a mode it is `ACCESS EXCLUSIVE`. On
    /// PostgreSQL. With `NOWAIT`, or a `lock_timeout` before it, it is left alone: that is how a lock is taken with care.
    ///
    /// ## Why is this bad?
    /// The lock is kept until the transaction ends, also while the operations after it do slow things, and while it waits for running
    /// queries everybody else waits behind it.
    ///
    /// ## Example
    /// ```python bad
    /// op.execute("LOCK TABLE invoice IN EXCLUSIVE MODE")
    /// ```
    ///
    /// ## Use instead
    /// Mostly nothing: each operation takes the lock that it needs. Where two statements must see the same rows, a weak mode
    /// and a `lock_timeout`:
    /// ```python good
    /// op.execute("LOCK TABLE invoice IN SHARE UPDATE EXCLUSIVE MODE")
    /// ```
    ///
    /// ## References
    /// - pgfence: `lock-table`
    /// - [PostgreSQL: LOCK](https://www.postgresql.org/docs/current/sql-lock.html)
    "explicit-lock-table", Locking, Warning,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let mut is_limited = false;
    context.on_postgresql(
        |operation| locked(operation).is_some() || operation.limits_waiting(),
        |operation, created| {
            is_limited |= operation.limits_waiting();
            if is_limited {
                return;
            }
            let Some((about, lock)) = locked(operation).filter(|(about, _)| !created.may_have_table(&about.table))
            else {
                return;
            };
            sink.report(
                operation.span,
                format!(
                    "{} locks {} in {} mode: {} wait until the transaction ends",
                    operation.subject(),
                    about.table.quoted(),
                    lock.name(),
                    lock.blocks().name()
                ),
            )
            .call_sites(&operation.call_sites)
            .help("leave it out, as each operation takes the lock that it needs, or choose a mode that lets others write");
        },
    );
}

fn locked(operation: &Operation) -> Option<(&TableStatement, Lock)> {
    let about = operation.on_table().filter(|about| &*about.verb == "LOCK TABLE")?;
    let lock = about.mode.as_deref().map_or(Some(Lock::AccessExclusive), Lock::of_postgresql)?;
    (lock.blocks_writes() && !operation.says("nowait")).then_some((about, lock))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    fn sql(sql: &str) -> Tester {
        Tester::new(&RULE).upgrade(&format!("op.execute(\"{sql}\")"))
    }

    #[test]
    fn modes_that_block() {
        sql("LOCK TABLE t").finds(&["this SQL locks `t` in ACCESS EXCLUSIVE mode: reads and writes wait"]);
        sql("LOCK a, b IN SHARE MODE").finds(&["`a` in SHARE mode: writes wait", "`b`"]);
    }

    #[test]
    fn modes_that_do_not() {
        sql("LOCK TABLE t IN ROW EXCLUSIVE MODE").ok();
        sql("CREATE TABLE t (a int); LOCK TABLE t").ok();
    }

    #[test]
    fn with_care() {
        sql("LOCK TABLE t NOWAIT").ok();
        sql("SET LOCAL lock_timeout = '2s'; LOCK TABLE t").ok();
        sql("SET lock_timeout TO 0; LOCK TABLE t").finds(&["`t`"]);
    }
}

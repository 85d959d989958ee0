//! `set-logged`: a table becomes logged or unlogged, so every row is written anew.

use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds `ALTER TABLE .. SET LOGGED` and `SET UNLOGGED` in `upgrade` on tables that were there before. On PostgreSQL.
    ///
    /// ## Why is this bad?
    /// Either way the table and its indexes are written anew under an `ACCESS EXCLUSIVE` lock: nobody reads from the table or writes to it until
    /// the transaction has ended. An unlogged table is empty after a crash and is not on replicas.
    ///
    /// ## Example
    /// ```python bad
    /// op.execute("ALTER TABLE invoice SET LOGGED")
    /// ```
    ///
    /// ## Use instead
    /// Decide when the table is created. Later, copy the rows in batches into a second table and swap the names.
    ///
    /// ## References
    /// - pgfence: `set-logged`
    /// - [PostgreSQL: ALTER TABLE, SET LOGGED](https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-SET-LOGGED-UNLOGGED)
    "set-logged", Locking, Warning,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    context.on_postgresql(
        |operation| {
            operation.on_table().is_some_and(|about| {
                matches!(&*about.verb, "ALTER TABLE SET LOGGED" | "ALTER TABLE SET UNLOGGED")
            })
        },
        |operation, created| {
            let Some(about) = operation.on_table().filter(|about| !created.may_have_table(&about.table))
            else {
                return;
            };
            sink.report(
                operation.span,
                format!(
                    "{} rewrites {} while reads and writes wait",
                    operation.subject(),
                    about.table.quoted()
                ),
            )
            .call_sites(&operation.call_sites)
            .help("copy the rows in batches into a table that is as it should be, and swap the names");
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
    fn both_ways() {
        sql("ALTER TABLE t SET LOGGED").finds(&["this SQL rewrites `t` while reads and writes wait"]);
        sql("ALTER TABLE t SET UNLOGGED").finds(&["`t`"]);
    }

    #[test]
    fn a_new_table() {
        sql("CREATE TABLE t (a int); ALTER TABLE t SET UNLOGGED").ok();
    }
}

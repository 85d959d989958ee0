//! `cluster`: a table is put in the order of an index while nobody can read it.

use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds `CLUSTER` in `upgrade`. On PostgreSQL.
    ///
    /// ## Why is this bad?
    /// It writes the table in the order of an index, and all its indexes, anew under an `ACCESS EXCLUSIVE` lock: nobody reads from the table or
    /// writes to it meanwhile. New rows do not keep the order, so it has to be done again and again.
    ///
    /// ## Example
    /// ```python bad
    /// op.execute("CLUSTER invoice USING ix_invoice_number")
    /// ```
    ///
    /// ## Use instead
    /// An index that holds what the queries need, or `pg_repack --order-by`, which does the same online, as work for an administrator.
    ///
    /// ## References
    /// - squawk: `prefer-repack`
    /// - [PostgreSQL: CLUSTER](https://www.postgresql.org/docs/current/sql-cluster.html)
    "cluster", Locking, Warning,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    context.on_postgresql(
        |operation| operation.on_table().is_some_and(|about| &*about.verb == "CLUSTER"),
        |operation, created| {
            let Some(about) = operation.on_table().filter(|about| !created.may_have_table(&about.table))
            else {
                return;
            };
            sink.report(operation.span, {
                let what = match about.table.name.known() {
                    Some(_) => about.table.quoted(),
                    None => "every clustered table".to_owned(),
                };
                format!("{} rewrites {what} while reads and writes wait", operation.subject())
            })
            .call_sites(&operation.call_sites)
            .help("take it out, or do it online with `pg_repack --order-by`");
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
    fn each_form() {
        sql("CLUSTER t USING ix").finds(&["this SQL rewrites `t` while reads and writes wait"]);
        sql("CLUSTER").finds(&["every clustered table"]);
    }

    #[test]
    fn what_only_marks_an_index() {
        sql("ALTER TABLE t CLUSTER ON ix").ok();
        sql("CREATE TABLE t (a int); CLUSTER t USING ix").ok();
    }
}

//! `vacuum-full`: a table is written anew while nobody can read it.

use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds `VACUUM FULL` in `upgrade`. On PostgreSQL.
    ///
    /// ## Why is this bad?
    /// It writes the table and its indexes anew under an `ACCESS EXCLUSIVE` lock: nobody reads from the table or writes to it, and it takes as
    /// much disk again meanwhile. Inside a transaction it fails: `VACUUM cannot run inside a transaction block`.
    ///
    /// ## Example
    /// ```python bad
    /// with op.get_context().autocommit_block():
    ///     op.execute("VACUUM FULL invoice")
    /// ```
    ///
    /// ## Use instead
    /// Leave it to autovacuum, which makes the room usable again and blocks nobody. Where the file must shrink, `pg_repack` does it online; both
    /// are work for an administrator, not for a revision.
    ///
    /// ## References
    /// - squawk: `prefer-repack`
    /// - [PostgreSQL: VACUUM](https://www.postgresql.org/docs/current/sql-vacuum.html)
    "vacuum-full", Locking, Warning,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    context.on_postgresql(
        |operation| operation.on_table().is_some_and(|about| &*about.verb == "VACUUM FULL"),
        |operation, created| {
            let Some(about) = operation.on_table().filter(|about| !created.may_have_table(&about.table)) else {
                return;
            };
            sink.report(operation.span, {
                let what = match about.table.name.known() {
                    Some(_) => about.table.quoted(),
                    None => "every table".to_owned(),
                };
                format!("{} rewrites {what} while reads and writes wait", operation.subject())
            })
                .call_sites(&operation.call_sites)
                .help("take it out: autovacuum makes the room usable again, and `pg_repack` shrinks the file online");
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
    fn one_table_or_all() {
        sql("VACUUM FULL t").finds(&["this SQL rewrites `t` while reads and writes wait"]);
        sql("VACUUM (FULL, ANALYZE)").finds(&["rewrites every table"]);
    }

    #[test]
    fn plain_vacuum() {
        sql("VACUUM ANALYZE t").ok();
    }
}

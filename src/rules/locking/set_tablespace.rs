//! `set-tablespace`: a table is copied to another place while nobody can read it.

use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds `ALTER TABLE .. SET TABLESPACE` and `SET ACCESS METHOD` in `upgrade` on tables that were there before. On PostgreSQL.
    ///
    /// ## Why is this bad?
    /// The table is copied under an `ACCESS EXCLUSIVE` lock: nobody reads from the table or writes to it until the transaction has ended.
    ///
    /// ## Example
    /// ```python bad
    /// op.execute("ALTER TABLE invoice SET TABLESPACE fast")
    /// ```
    ///
    /// ## Use instead
    /// Decide when the table is created. Later, `pg_repack --tablespace` moves it online, as work for an administrator.
    ///
    /// ## References
    /// - pgfence: `set-tablespace`
    /// - [PostgreSQL: ALTER TABLE, SET TABLESPACE](https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-SET-TABLESPACE)
    "set-tablespace", Locking, Warning,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    context.on_postgresql(
        |operation| operation.on_table().is_some_and(|about| matches!(&*about.verb, "ALTER TABLE SET TABLESPACE" | "ALTER TABLE SET ACCESS METHOD")),
        |operation, created| {
            let Some(about) = operation.on_table().filter(|about| !created.may_have_table(&about.table)) else {
                return;
            };
            sink.report(operation.span, format!("{} copies {} while reads and writes wait", operation.subject(), about.table.quoted()))
                .call_sites(&operation.call_sites)
                .help("move it online with `pg_repack --tablespace`, or choose a time at which nobody needs the table and approve");
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
    fn both_kinds() {
        sql("ALTER TABLE t SET TABLESPACE fast").finds(&["this SQL copies `t` while reads and writes wait"]);
        sql("ALTER TABLE t SET ACCESS METHOD heap").finds(&["`t`"]);
    }

    #[test]
    fn a_new_table() {
        sql("CREATE TABLE t (a int); ALTER TABLE t SET TABLESPACE fast").ok();
    }
}

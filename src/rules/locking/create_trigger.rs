//! `create-trigger`: a table takes no writes while a trigger is made, changed or dropped.

use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds triggers that `upgrade` creates, drops, enables or disables on tables that were there before. On PostgreSQL.
    ///
    /// ## Why is this bad?
    /// `CREATE TRIGGER` blocks all writes until the transaction ends, `DROP TRIGGER` reads as well; both wait for what is running, and what comes
    /// new waits behind them. From then on the trigger is a part of every write.
    ///
    /// ## Example
    /// ```python bad
    /// op.execute("CREATE TRIGGER touch BEFORE UPDATE ON invoice FOR EACH ROW EXECUTE FUNCTION touch()")
    /// ```
    ///
    /// ## Use instead
    /// A revision with nothing else in it and a `lock_timeout`, so that the lock is held for a moment only, and an approval.
    ///
    /// ## References
    /// - squawk: `ban-drop-trigger`, `ban-disable-trigger`
    /// - [PostgreSQL: CREATE TRIGGER](https://www.postgresql.org/docs/current/sql-createtrigger.html)
    "create-trigger", Locking, Warning,
    preset: Strict, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    context.on_postgresql(
        |operation| operation.on_table().is_some_and(|about| about.verb.ends_with("TRIGGER")),
        |operation, created| {
            let Some(about) = operation.on_table().filter(|about| !created.may_have_table(&about.table))
            else {
                return;
            };
            sink.report(operation.span, {
                let who = if about.verb.starts_with("DROP") { "reads and writes" } else { "writes" };
                format!(
                    "{} changes the triggers of {}: {who} of the table wait until the transaction ends",
                    operation.subject(),
                    about.table.quoted()
                )
            })
            .call_sites(&operation.call_sites)
            .help("do it in a revision of its own with a `lock_timeout`, and approve");
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
    fn each_kind() {
        sql("CREATE TRIGGER x AFTER INSERT ON t EXECUTE FUNCTION f()")
            .finds(&["this SQL changes the triggers of `t`: writes of the table wait"]);
        sql("DROP TRIGGER x ON t").finds(&["reads and writes of the table wait"]);
        sql("ALTER TABLE t DISABLE TRIGGER ALL").finds(&["`t`"]);
    }

    #[test]
    fn a_new_table() {
        sql("CREATE TABLE t (a int); CREATE TRIGGER x AFTER INSERT ON t EXECUTE FUNCTION f()").ok();
    }
}

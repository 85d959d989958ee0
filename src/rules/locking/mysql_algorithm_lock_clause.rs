//! `mysql-algorithm-lock-clause`: SQL that asks MySQL for the slow way.

use crate::operation::{Operation, Origin};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds `ALGORITHM=COPY`, `LOCK=SHARED` and `LOCK=EXCLUSIVE` in SQL that changes a table. On MySQL and MariaDB.
    ///
    /// ## Why is this bad?
    /// Without them the server takes the way that disturbs least. `ALGORITHM=COPY` copies the table, and nobody writes meanwhile;
    /// `LOCK=SHARED` blocks writes and `LOCK=EXCLUSIVE` reads as well, even where the change needs neither.
    ///
    /// ## Example
    /// ```python bad dialect=mysql
    /// op.execute("ALTER TABLE invoice ADD INDEX by_day (day), ALGORITHM=COPY, LOCK=SHARED")
    /// ```
    ///
    /// ## Use instead
    /// ```python good dialect=mysql
    /// op.execute("ALTER TABLE invoice ADD INDEX by_day (day), ALGORITHM=INPLACE, LOCK=NONE")
    /// ```
    /// `LOCK=NONE` fails at once where the server cannot do it without blocking: better than an outage.
    ///
    /// ## References
    /// - `strong_migrations`: `ALGORITHM=COPY`, `LOCK`
    /// - [MySQL: online DDL](https://dev.mysql.com/doc/refman/8.0/en/innodb-online-ddl-performance.html)
    "mysql-algorithm-lock-clause", Locking, Warning,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let Some(upgrade) = context.revision.upgrade_on_dialect().filter(|_| context.server.is_mysql_like())
    else {
        return;
    };
    let mut last: Option<Origin> = None;
    upgrade.walk_those(
        |operation| clause(operation).is_some(),
        |operation, created| {
            let (Some(clause), Some(table)) = (clause(operation), operation.target()) else { return };
            // One statement with several actions gives an operation for each.
            if last.as_ref() == Some(&operation.origin) || created.may_have_table(table) {
                return;
            }
            last = Some(operation.origin.clone());
            sink.report(
                operation.span,
                format!("`{clause}` makes MySQL block {} longer than the change needs", table.quoted()),
            )
            .call_sites(&operation.call_sites)
            .help(
                "leave it out, or write `ALGORITHM=INPLACE, LOCK=NONE`, which fails where it cannot be had",
            );
        },
    );
}

fn clause(operation: &Operation) -> Option<&'static str> {
    operation.sql()?;
    let clauses = [
        ("algorithm copy", "ALGORITHM=COPY"),
        ("lock exclusive", "LOCK=EXCLUSIVE"),
        ("lock shared", "LOCK=SHARED"),
    ];
    clauses.into_iter().find(|(words, _)| operation.says(words)).map(|(_, shown)| shown)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::config::Settings;
    use crate::operation::Dialect;
    use crate::testing::Tester;

    fn sql(sql: &str) -> Tester {
        let settings = Settings { dialect: Some(Dialect::Mysql), ..Settings::default() };
        Tester::new(&RULE).settings(settings).upgrade(&format!("op.execute('{sql}')"))
    }

    #[test]
    fn the_slow_ways() {
        sql("ALTER TABLE t ADD COLUMN a int, DROP COLUMN b, ALGORITHM=COPY")
            .finds(&["`ALGORITHM=COPY` makes MySQL block `t` longer"]);
        sql("ALTER TABLE t ADD COLUMN a int, LOCK = EXCLUSIVE").finds(&["`LOCK=EXCLUSIVE`"]);
    }

    #[test]
    fn the_others() {
        sql("ALTER TABLE t ADD COLUMN a int, ALGORITHM=INSTANT").ok();
        sql("ALTER TABLE t ADD COLUMN a int, LOCK=NONE").ok();
        sql("CREATE TABLE t (a int); ALTER TABLE t ADD COLUMN b int, ALGORITHM=COPY").ok();
    }
}

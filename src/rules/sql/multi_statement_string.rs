//! `multi-statement-string`: several statements in one text, which not every driver takes.

use crate::operation::{Dialect, Operation, Origin};
use crate::revision::RevisionContext;
use crate::rule::{Severity, Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds texts with several statements that are executed at once, where the driver does not take them: on SQLite, MySQL and
    /// MariaDB, and on PostgreSQL with asyncpg.
    ///
    /// ## Why is this bad?
    /// Python's driver for SQLite and asyncpg refuse them, `PyMySQL` has the server refuse them, and `mysqlclient` loses the errors of
    /// all but the first:
    /// ```text
    /// sqlite3.ProgrammingError: You can only execute one statement at a time.
    /// asyncpg.exceptions.PostgresSyntaxError: cannot insert multiple commands into a prepared statement
    /// pymysql.err.ProgrammingError: (1064, "You have an error in your SQL syntax; ..")
    /// ```
    ///
    /// ## Example
    /// ```python bad dialect=sqlite
    /// op.execute("UPDATE invoice SET paid = 1 WHERE id = 1; UPDATE invoice SET paid = 0 WHERE id = 2")
    /// ```
    ///
    /// ## Use instead
    /// ```python good dialect=sqlite
    /// op.execute("UPDATE invoice SET paid = 1 WHERE id = 1")
    /// op.execute("UPDATE invoice SET paid = 0 WHERE id = 2")
    /// ```
    ///
    /// ## References
    /// - [Python: `sqlite3.Cursor.execute`](https://docs.python.org/3/library/sqlite3.html#sqlite3.Cursor.execute)
    "multi-statement-string", Sql, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let is_asyncpg = context.directory.driver.as_deref() == Some("asyncpg");
    let refuser = match context.dialect {
        Dialect::Sqlite => "SQLite's driver refuses",
        Dialect::Mysql | Dialect::Mariadb => "PyMySQL refuses",
        Dialect::Postgresql if is_asyncpg => "asyncpg refuses",
        Dialect::Postgresql => return,
    };
    let bodies = [context.revision.upgrade_on_dialect(), context.revision.downgrade_on_dialect()];
    for body in bodies.into_iter().flatten() {
        let mut written = body.operations.iter().filter(|operation| operation.is_raw_sql()).peekable();
        while let Some(first) = written.next() {
            let mut count = 1;
            let mut last = first;
            while let Some(next) = written.next_if(|next| is_of_one_text(first, next)) {
                count += u32::from(next.origin != last.origin);
                last = next;
            }
            if count == 1 {
                continue;
            }
            let report = sink
                .report(first.span, format!("{count} statements in one text, which {refuser}"))
                .call_sites(&first.call_sites)
                .help("execute them one by one");
            if matches!(context.dialect, Dialect::Mysql | Dialect::Mariadb) {
                report.severity(Severity::Warning);
            }
        }
    }
}

/// A loop executes a text of its own at each turn, which stands at another place or nowhere in the file.
fn is_of_one_text(first: &Operation, next: &Operation) -> bool {
    let place = |operation: &Operation| match &operation.origin {
        Origin::RawSql { span, .. } => *span,
        Origin::Directive | Origin::Core | Origin::Object => None,
    };
    next.span == first.span
        && next.call_sites == first.call_sites
        && place(first).zip(place(next)).is_some_and(|(one, other)| other.start >= one.start)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::config::Settings;
    use crate::operation::Dialect;
    use crate::testing::Tester;

    const TWO: &str = "op.execute('UPDATE t SET a = 1; UPDATE t SET b = 2;')";

    fn on(dialect: Dialect, body: &str) -> Tester {
        let settings = Settings { dialect: Some(dialect), ..Settings::default() };
        Tester::new(&RULE).settings(settings).upgrade(body)
    }

    #[test]
    fn where_drivers_refuse_them() {
        on(Dialect::Sqlite, TWO).finds(&["2 statements in one text, which SQLite's driver refuses"]);
        on(Dialect::Mysql, TWO).finds(&["PyMySQL refuses"]);
        on(Dialect::Postgresql, TWO).driver("asyncpg").finds(&["asyncpg refuses"]);
        on(Dialect::Sqlite, "op.execute('''\n    DROP TABLE a;\n    DROP TABLE b;\n    ''')")
            .finds(&["2 statements"]);
    }

    #[test]
    fn one_statement_or_another_driver() {
        on(Dialect::Postgresql, TWO).ok();
        // Another part of the application uses it.
        on(Dialect::Postgresql, TWO).depends_on("asyncpg").driver("psycopg2").ok();
        on(Dialect::Sqlite, "op.execute('UPDATE t SET a = 1;')").ok();
        on(Dialect::Mysql, "op.execute('ALTER TABLE t DROP COLUMN a, DROP COLUMN b')").ok();
        on(Dialect::Sqlite, "for t in ['a', 'b']:\n    op.execute(f'UPDATE {t} SET a = 1')").ok();
        on(Dialect::Sqlite, "for t in ['a', 'b']:\n    op.execute('UPDATE t SET a = 1')").ok();
    }
}

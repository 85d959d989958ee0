//! `primary-key-using-index-on-nullable`: a primary key made of an index still has to look for NULL.

use crate::history::schema::{IndexColumn, Step};
use crate::operation::{Change, Statement};
use crate::rule::{Sink, declare_rule};
use crate::server::is_not_null;

declare_rule! {
    /// ## What it does
    /// Finds `ADD PRIMARY KEY USING INDEX` where a column of the index allows NULL. On PostgreSQL, where the history tells the
    /// columns.
    ///
    /// ## Why is this bad?
    /// The key makes each of its columns `NOT NULL`, and so every row is read under an `ACCESS EXCLUSIVE` lock, although the index
    /// was built beforehand to avoid just that.
    ///
    /// ## Example
    /// ```python bad
    /// op.execute("CREATE TABLE invoice (id bigint)")
    /// op.execute("CREATE UNIQUE INDEX invoice_pkey ON invoice (id)")
    /// op.execute("COMMIT")
    /// op.execute("ALTER TABLE invoice ADD CONSTRAINT invoice_pkey PRIMARY KEY USING INDEX invoice_pkey")
    /// ```
    ///
    /// ## Use instead
    /// Make the columns `NOT NULL` first: with a check `id IS NOT NULL` that is added as not valid and validated, PostgreSQL 12 and
    /// later need not look again.
    ///
    /// ## References
    /// - eugene: `W14`; atlas: `PG304`
    /// - [PostgreSQL: ALTER TABLE, `ADD CONSTRAINT .. USING INDEX`](https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-TABLE-CONSTRAINT-USING-INDEX)
    "primary-key-using-index-on-nullable", Locking, Warning,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Step(check),
}

fn check(step: &Step<'_>, sink: &mut Sink<'_>) {
    let server = step.context.server;
    let is_key = |change: &Change| {
        matches!(
            change,
            Change::Execute(execute)
                if matches!(execute.statement, Statement::ConstraintUsingIndex { primary_key: true, .. })
        )
    };
    if !server.is_postgresql() || !step.upgrade().any(|moment| is_key(&moment.operation.change)) {
        return;
    }
    step.walk(|moment, created| {
        let Change::Execute(execute) = &moment.operation.change else { return };
        let Statement::ConstraintUsingIndex { table: name, index, primary_key: true, .. } = &execute.statement else {
            return;
        };
        let Some(table) = moment.schema.table(name).yes().filter(|_| !created.may_have_table(name)) else { return };
        let found = index.known().and_then(|index| table.index(index).yes());
        let columns = found.and_then(|index| index.columns.as_deref()).unwrap_or_default();
        let nullable = columns.iter().filter_map(IndexColumn::column).find(|column| {
            table.column(column).yes().is_some_and(|column| column.nullable == Some(true))
                && !is_not_null(table, column, server)
        });
        let Some(column) = nullable else { return };
        sink.report(
            moment.operation.span,
            format!(
                "{} looks for NULL in all rows of {} while reads and writes wait: `{column}` allows it",
                moment.operation.subject(),
                name.quoted()
            ),
        )
        .call_sites(&moment.operation.call_sites)
        .help(format!(
            "make `{column}` `NOT NULL` in a revision before this one, leaning on a validated check `{column} IS NOT NULL`"
        ));
    });
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    const KEY: &str = "op.execute('ALTER TABLE t ADD CONSTRAINT k PRIMARY KEY USING INDEX k')";

    fn history(column: &str, between: &str) -> Tester {
        let table = format!("op.create_table('t', sa.Column('id', sa.Integer(){column}))");
        let index = format!("op.create_index('k', 't', ['id'], unique=True)\n{between}");
        Tester::new(&RULE).history(&[&table, &index, KEY])
    }

    #[test]
    fn a_column_that_allows_null() {
        history("", "").finds(&[
            "this SQL looks for NULL in all rows of `t` while reads and writes wait: `id` allows it",
        ]);
    }

    #[test]
    fn a_column_that_does_not() {
        history(", nullable=False", "").ok();
        history("", "op.alter_column('t', 'id', nullable=False)").ok();
        history("", "op.create_check_constraint('c', 't', 'id IS NOT NULL')").ok();
    }

    #[test]
    fn what_is_not_known() {
        Tester::new(&RULE).upgrade(KEY).ok();
    }
}

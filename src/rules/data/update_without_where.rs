//! `update-without-where`: every row of a table is rewritten.

use crate::operation::{Name, Operation, Statement, TableName};
use crate::revision::RevisionContext;
use crate::rule::{Severity, Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds `UPDATE` without a condition, or with one that is always true, in `upgrade`, as SQL or as a
    /// SQLAlchemy statement. Tables that the same upgrade made are left alone, and so is MySQL's
    /// `UPDATE .. JOIN .. ON`, which changes only rows with a partner. Where the update sets only columns that
    /// the upgrade has just added, no value is lost, and the finding is a warning. On PostgreSQL it then names
    /// the lock: the table stays locked until all rows are filled.
    ///
    /// ## Why is this bad?
    /// What the rows held before is gone, and `downgrade` cannot bring it back. On a large table one statement
    /// locks every row until the transaction ends. A forgotten `WHERE` looks just like this.
    ///
    /// ## Example
    /// ```python bad
    /// op.execute("UPDATE account SET is_active = true")
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.execute("UPDATE account SET is_active = true WHERE is_active IS NULL")
    /// ```
    /// For a large table, fill the column in batches, outside the revision.
    ///
    /// ## References
    /// - pgfence: `update-without-where`
    /// - `strong_migrations`: backfilling data
    "update-without-where", Data, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let Some(upgrade) = &context.revision.upgrade else { return };
    upgrade.walk_picked(changed, |operation, (table, columns), created| {
        if created.has_table(table) {
            return;
        }
        let report = sink
            .report(
                operation.span,
                format!("{} rewrites every row of {}: no condition limits it", operation.subject(), table.quoted()),
            )
            .call_sites(&operation.call_sites);
        let is_new = |column: &Name| created.has_column(table, column);
        let fills_new = columns.map_or_else(|| created.has_column_in(table), |set| set.iter().all(is_new));
        if !fills_new {
            report.help(
                "add a `WHERE`; where really every row has to change, approve: \
                 `# alembic-lint: allow[update-without-where] -- <reason>`",
            );
        } else if created.is_changing(table) && context.keeps_locks() && context.runs_on_dialect(operation) {
            let between = context.siblings.environment.to_commit_between();
            report.severity(Severity::Warning).help(format!(
                "the new column keeps {} locked against reads and writes until all rows are filled: give it a \
                 `server_default`, or fill it in a revision of its own{between}; for few rows approve: \
                 `# alembic-lint: allow[update-without-where] -- <reason>`",
                table.quoted()
            ));
        } else {
            report.severity(Severity::Warning).help(
                "filling a new column locks every row of the table: on a large one, do it in batches; else approve: \
                 `# alembic-lint: allow[update-without-where] -- <reason>`",
            );
        }
    });
}

/// The table of an `UPDATE` of all rows, and the columns that it sets, where they are known.
fn changed(operation: &Operation) -> Option<(&TableName, Option<&[Name]>)> {
    match operation.statement()? {
        Statement::Update { table, has_where: false, columns } => Some((table, columns.as_deref())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rule::Severity;
    use crate::testing::Tester;

    const FILL: &str = "op.add_column('t', sa.Column('a', sa.Integer()))\nop.execute('UPDATE t SET a = 1')";

    fn upgrade(body: &str) -> Tester {
        Tester::new(&RULE).upgrade(body)
    }

    #[test]
    fn sql_and_core() {
        upgrade("op.execute('UPDATE t SET a = 1')").finds(&["this SQL rewrites every row of `t`"]);
        upgrade("t = sa.table('t', sa.column('a'))\nop.execute(t.update().values(a=1))")
            .finds(&["this statement rewrites every row of `t`"]);
        upgrade("op.get_bind().execute(sa.text('update t set a = 1 where true'))").finds(&["`t`"]);
    }

    #[test]
    fn with_a_condition() {
        upgrade("op.execute('UPDATE t SET a = 1 WHERE a IS NULL')").ok();
        upgrade("t = sa.table('t', sa.column('a'))\nop.execute(t.update().where(t.c.a == 2).values(a=1))")
            .ok();
    }

    #[test]
    fn filling_a_new_column_is_a_warning() {
        upgrade("op.execute('UPDATE t SET a = 1')").has_severity(Severity::Error);
        upgrade(FILL).has_severity(Severity::Warning);
    }

    #[test]
    fn other_columns_than_the_new_one_keep_the_severity() {
        let add = "op.add_column('t', sa.Column('a', sa.Integer()))";
        let severity = |update: &str, expected| {
            upgrade(&format!("{add}\n{update}")).has_severity(expected);
        };
        severity("op.execute('UPDATE t SET b = 1')", Severity::Error);
        severity("op.execute('UPDATE t SET a = 1, b = 2')", Severity::Error);
        severity("op.execute('UPDATE t x SET (a, b) = (1, 2)')", Severity::Error);
        severity("op.execute('UPDATE t SET (a) = ROW(f(1, 2))')", Severity::Warning);
        severity("op.execute(\"UPDATE t AS x SET a = concat(b, 'x, y = 1')\")", Severity::Warning);
        let core = "t = sa.table('t', sa.column('a'), sa.column('b'))\n";
        severity(&format!("{core}op.execute(t.update().values(b=1))"), Severity::Error);
        severity(&format!("{core}op.execute(t.update().values({{'b': 1}}))"), Severity::Error);
        severity(&format!("{core}op.execute(t.update().values({{t.c.a: 1}}))"), Severity::Warning);
        severity(&format!("{core}op.execute(t.update().values(a=1))"), Severity::Warning);
    }

    #[test]
    fn a_join_limits_the_rows() {
        let update = |sql: &str| upgrade(&format!("op.execute('{sql}')"));
        update("UPDATE t JOIN u ON t.a = u.a SET t.b = u.b").ok();
        update("UPDATE t INNER JOIN u USING (a) SET t.b = u.b").ok();
        update("UPDATE t LEFT JOIN v ON t.c = v.c JOIN u ON t.a = u.a SET t.b = u.b").ok();
        update("UPDATE t SET b = u.b FROM u WHERE u.a = t.a").ok();
        update("UPDATE t LEFT JOIN u ON t.a = u.a SET t.b = u.b").finds(&["`t`"]);
        update("UPDATE t CROSS JOIN u SET t.b = u.b").finds(&["`t`"]);
        update("UPDATE t JOIN u ON 1 = 1 SET t.b = u.b").finds(&["`t`"]);
        update("UPDATE t SET b = u.b FROM u JOIN v ON u.a = v.a").finds(&["`t`"]);
    }

    #[test]
    fn a_new_column_keeps_its_table_locked_while_it_is_filled() {
        let help = |body: &str| upgrade(body).finds(&["rewrites every row of `t`"]).help().to_owned();
        let locked = "keeps `t` locked against reads and writes until all rows are filled";
        assert!(help(FILL).contains(locked));
        assert!(help(&format!("op.execute('COMMIT')\nop.execute('BEGIN')\n{FILL}")).contains(locked));
        assert!(!help(&format!("op.execute('COMMIT')\n{FILL}")).contains(locked));
        let elsewhere =
            FILL.replace("op.execute", "if op.get_bind().dialect.name == 'mysql':\n    op.execute");
        assert!(!help(&elsewhere).contains(locked));
    }

    #[test]
    fn a_table_of_the_same_upgrade() {
        upgrade("op.create_table('t', sa.Column('a', sa.Integer()))\nop.execute('UPDATE t SET a = 1')").ok();
    }

    #[test]
    fn downgrade_is_not_judged() {
        upgrade("op.drop_table('b')").downgrade("op.execute('UPDATE a SET x = 1')").ok();
    }
}

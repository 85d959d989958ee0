//! `volatile-default`: a column is added with a default that is another for each row, so every row is written anew.

use crate::operation::{AddColumn, Argument, Change, Operation, ServerDefault};
use crate::revision::RevisionContext;
use crate::rule::{Severity, Sink, declare_rule};
use crate::server::{Filling, Volatility};

declare_rule! {
    /// ## What it does
    /// Finds columns that `upgrade` adds to a table that was there before with a default that is volatile: `gen_random_uuid()`,
    /// `uuid_generate_v4()`, `random()`, `clock_timestamp()`, `nextval(..)`. On PostgreSQL 11 and later; before that every default is
    /// such a case (`constant-default-rewrites`). A function that is not known gives a hint only.
    ///
    /// ## Why is this bad?
    /// PostgreSQL evaluates the default for each row and writes the whole table and its indexes anew, under an `ACCESS EXCLUSIVE`
    /// lock. A default that is the same for all rows, also `now()`, costs nothing of that.
    ///
    /// ## Example
    /// ```python bad
    /// op.add_column("invoice", sa.Column("token", sa.Uuid(), server_default=sa.text("gen_random_uuid()")))
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.add_column("invoice", sa.Column("token", sa.Uuid()))
    /// op.alter_column("invoice", "token", server_default=sa.text("gen_random_uuid()"))
    /// ```
    /// New rows get a value from then on; fill those that are there in batches, outside the revision.
    ///
    /// `alembic-lint split <revision>` writes such a sequence of revisions.
    ///
    /// ## References
    /// - squawk: `adding-field-with-default`; `strong_migrations`: adding a column with a volatile default value; atlas: `PG302`
    /// - [PostgreSQL: ALTER TABLE, notes](https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES)
    "volatile-default", Locking, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    if !context.server.is_postgresql_from(11) {
        return;
    }
    context.on_postgresql(
        |operation| with_default(operation).is_some(),
        |operation, created| {
            let Some(add) = with_default(operation).filter(|add| !created.may_have_table(&add.table)) else {
                return;
            };
            let column = add.table.quoted_column(&add.column.name);
            let filling = Filling::of(&add.column, operation.is_raw_sql(), context.server);
            let (is_sure, message) = match filling {
                Filling::Default(Volatility::Volatile) => (
                    true,
                    format!(
                        "{} gives {column} another default in each row: the table is rewritten while reads and writes wait",
                        operation.subject()
                    ),
                ),
                Filling::Default(Volatility::Unknown) if is_written_out(add) => (
                    false,
                    format!(
                        "{} gives {column} a default whose function is not known: if it is volatile, the table is \
                         rewritten while reads and writes wait",
                        operation.subject()
                    ),
                ),
                _ => return,
            };
            let report = sink.report(operation.span, message).call_sites(&operation.call_sites).help(
                "add the column without the default, set it with `op.alter_column(.., server_default=..)`, and fill the rows \
                 that are there in batches",
            );
            if !is_sure {
                report.severity(Severity::Info);
            }
        },
    );
}

fn with_default(operation: &Operation) -> Option<&AddColumn> {
    match &operation.change {
        Change::AddColumn(add) if matches!(add.column.server_default, ServerDefault::Value(_)) => Some(add),
        _ => None,
    }
}

/// Whether the default is SQL or a call of SQLAlchemy. What others work out in Python (`json.dumps(..)`) is a literal in SQL.
fn is_written_out(add: &AddColumn) -> bool {
    match &add.column.server_default {
        ServerDefault::Value(Argument::Call(call)) => {
            ["sqlalchemy", "sqlmodel", "text"].contains(&call.callee.split('.').next().unwrap_or_default())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::config::Settings;
    use crate::rule::Severity;
    use crate::testing::Tester;

    fn column(default: &str) -> Tester {
        Tester::new(&RULE)
            .upgrade(&format!("op.add_column('t', sa.Column('a', sa.Text(), server_default={default}))"))
    }

    #[test]
    fn every_spelling() {
        column("sa.text('gen_random_uuid()')")
            .finds(&["`op.add_column` gives `t.a` another default in each row: the table is rewritten"]);
        column("sa.func.random()").finds(&["`t.a`"]);
        Tester::new(&RULE)
            .upgrade("with op.batch_alter_table('t') as b:\n    b.add_column(sa.Column('a', sa.Float(), server_default=sa.text('random()')))")
            .finds(&["`batch_op.add_column`"]);
        Tester::new(&RULE)
            .upgrade("op.execute('ALTER TABLE t ADD a timestamp DEFAULT clock_timestamp()')")
            .finds(&["this SQL"]);
    }

    #[test]
    fn the_same_for_all_rows() {
        for default in ["'x'", "sa.text('now()')", "sa.func.now()", "sa.text('CURRENT_TIMESTAMP')", "DEFAULT"]
        {
            column(default).ok();
        }
        Tester::new(&RULE).upgrade("op.add_column('t', sa.Column('a', sa.Text()))").ok();
    }

    #[test]
    fn an_unknown_function_is_a_hint() {
        column("sa.text('our_id()')").has_severity(Severity::Info);
        Tester::new(&RULE)
            .upgrade("op.execute('ALTER TABLE t ADD a text DEFAULT our_id()')")
            .has_severity(Severity::Info);
        column("json.dumps({})").header("import json").ok();
    }

    #[test]
    fn new_tables_and_old_servers() {
        let add = "op.add_column('t', sa.Column('a', sa.Float(), server_default=sa.text('random()')))";
        Tester::new(&RULE).upgrade(&format!("op.create_table('t')\n{add}")).ok();
        let old = Settings { database_version: Some("10".to_owned()), ..Settings::default() };
        Tester::new(&RULE).upgrade(add).settings(old).ok();
    }
}

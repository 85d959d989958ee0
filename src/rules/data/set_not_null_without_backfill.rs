//! `set-not-null-without-backfill`: a column becomes NOT NULL and no revision fills it.

use crate::history::schema::{Moment, Step};
use crate::operation::{Attribute, Change, Statement};
use crate::rule::{Sink, declare_rule};
use crate::server::is_not_null;

declare_rule! {
    /// ## What it does
    /// Finds columns that `upgrade` makes NOT NULL while neither this revision nor one since the column was made updates rows of
    /// the table, and the column has no default in the database.
    ///
    /// ## Why is this bad?
    /// Rows that were there before the column was, or that older code wrote, hold NULL. One of them stops the upgrade:
    /// ```text
    /// column "age" of relation "user" contains null values
    /// Data truncated for column 'age' at row 1
    /// NOT NULL constraint failed: _alembic_tmp_user.age
    /// ```
    ///
    /// ## Example
    /// ```python bad
    /// op.alter_column("user", "age", existing_type=sa.Integer(), nullable=False)
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.execute("UPDATE \"user\" SET age = 0 WHERE age IS NULL")
    /// op.alter_column("user", "age", existing_type=sa.Integer(), nullable=False)
    /// ```
    /// Where the table is large, fill it in batches in a revision before this one; that counts as well. Where you know that no row
    /// holds NULL, say so: `# alembic-lint: allow[set-not-null-without-backfill] -- <reason>`.
    ///
    /// `alembic-lint split <revision>` writes such a sequence of revisions.
    ///
    /// ## References
    /// - Atlas: MF104
    /// - `strong_migrations`: setting NOT NULL on an existing column
    /// - django-migration-linter: `NOT_NULL`
    "set-not-null-without-backfill", Data, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Step(check),
}

fn check(step: &Step<'_>, sink: &mut Sink<'_>) {
    let mut may_have_filled = false;
    for moment in step.upgrade() {
        may_have_filled |= may_fill(&moment);
        let Change::AlterColumn(alter) = &moment.operation.change else { continue };
        if alter.nullable != Attribute::Set(false)
            || may_have_filled
            || alter.existing_nullable == Some(false)
        {
            continue;
        }
        let table = moment.schema.table(&alter.table).yes();
        if table.is_some_and(|table| step.is_own(table.made)) {
            continue;
        }
        if let (Some(table), Some(name)) = (table, alter.column.known()) {
            let column = table.column(name).yes();
            let has_default = column.is_some_and(|column| matches!(column.server_default, Some(Some(_))));
            let is_filled = column.is_none_or(|column| step.is_updated_since(&table.key, column.made));
            if has_default || is_not_null(table, name, step.context.server) || (column.is_some() && is_filled)
            {
                continue;
            }
        }
        let column = alter.table.quoted_column(&alter.column);
        sink.report(
            moment.operation.span,
            format!(
                "{} makes {column} NOT NULL, and no revision fills it: one row that holds NULL stops the upgrade",
                moment.operation.subject()
            ),
        )
        .call_sites(&moment.operation.call_sites)
        .help("update the rows that hold NULL first, here or in a revision before this one");
    }
}

/// Whether an operation may write values into rows.
fn may_fill(moment: &Moment<'_>) -> bool {
    match &moment.operation.change {
        Change::Execute(execute) => !matches!(
            execute.statement,
            Statement::Select | Statement::Set { .. } | Statement::CreateType { .. } | Statement::Comment
        ),
        Change::Custom(_) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    const MAKE: &str = "op.create_table('t', sa.Column('a', sa.Integer()), sa.Column('b', sa.Integer()))";
    const SET: &str = "op.alter_column('t', 'a', nullable=False)";
    const FILL: &str = "op.execute('UPDATE t SET a = 0 WHERE a IS NULL')";

    fn history(upgrades: &[&str]) -> Tester {
        Tester::new(&RULE).history(upgrades)
    }

    #[test]
    fn every_spelling() {
        history(&[MAKE, SET]).finds(&["`op.alter_column` makes `t.a` NOT NULL, and no revision fills it"]);
        history(&[MAKE, "with op.batch_alter_table('t') as b:\n    b.alter_column('a', nullable=False)"])
            .finds(&["`batch_op.alter_column`"]);
        history(&[MAKE, "op.execute('ALTER TABLE t ALTER COLUMN a SET NOT NULL')"]).finds(&["this SQL"]);
        Tester::new(&RULE).upgrade(SET).finds(&["`t.a`"]);
    }

    #[test]
    fn filled_here_or_before() {
        history(&[MAKE, &format!("{FILL}\n{SET}")]).ok();
        history(&[MAKE, FILL, SET]).ok();
        history(&[MAKE, &format!("op.execute(statement())\n{SET}")]).ok();
        history(&[
            MAKE,
            &format!("fill = sa.table('t', sa.column('a'))\nop.execute(fill.update().values(a=1))\n{SET}"),
        ])
        .ok();
    }

    #[test]
    fn an_update_before_the_column_was_made_fills_nothing() {
        let add = "op.add_column('t', sa.Column('c', sa.Integer()))";
        history(&[MAKE, FILL, add, "op.alter_column('t', 'c', nullable=False)"]).finds(&["`t.c`"]);
        history(&[
            MAKE,
            add,
            "op.execute('UPDATE t SET c = 1')",
            "op.alter_column('t', 'c', nullable=False)",
        ])
        .ok();
    }

    #[test]
    fn what_cannot_hold_null() {
        history(&[&format!("{MAKE}\n{SET}")]).ok();
        history(&[
            MAKE,
            "op.add_column('t', sa.Column('c', sa.Integer(), server_default='0'))",
            "op.alter_column('t', 'c', nullable=False)",
        ])
        .ok();
        history(&[MAKE, "op.create_check_constraint('ck', 't', 'a IS NOT NULL')", SET]).ok();
        history(&[MAKE, "op.create_check_constraint('ck', 't', sa.column('a').is_not(None))", SET]).ok();
        history(&[MAKE, &format!("{FILL}\n{SET}"), "op.alter_column('t', 'a', nullable=False)"]).ok();
        history(&["op.create_table('t', sa.Column('a', sa.Integer(), nullable=False))", SET]).ok();
    }
}

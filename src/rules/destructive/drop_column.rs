//! `drop-column`: a column that was there before is dropped. Whole tables are `drop-table`'s.

use crate::operation::{Change, DropColumn, Operation, TableName};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};
use crate::server::Filling;

declare_rule! {
    /// ## What it does
    /// Finds columns dropped by `upgrade`, as a directive, in batch mode, or as SQL. A column that the same
    /// upgrade made is left alone.
    ///
    /// ## Why is this bad?
    /// The values are gone, and `downgrade` brings back an empty column. Application code that still runs
    /// during the deployment and selects the column fails. Autogenerate cannot see a rename: it writes a drop
    /// and an add, which loses the data.
    ///
    /// ## Example
    /// ```python bad
    /// op.drop_column("user", "legacy_name")
    /// ```
    ///
    /// ## Use instead
    /// For a rename:
    /// ```python good
    /// op.alter_column("user", "legacy_name", new_column_name="name")
    /// ```
    /// Else stop using the column, deploy, and approve the drop in a later revision.
    ///
    /// ## References
    /// - squawk: `ban-drop-column`
    /// - `strong_migrations`: removing a column
    /// - django-migration-linter: `DROP_COLUMN`
    /// - Atlas: DS103
    "drop-column", Destructive, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let Some(upgrade) = &context.revision.upgrade else { return };
    upgrade.walk_picked(dropped, |operation, drop, created| {
        if created.has_column(&drop.table, &drop.column) || holds_nothing(context, drop) {
            return;
        }
        let more = if drop.cascade { ", with everything that depends on it (CASCADE)" } else { "" };
        let column = drop.table.quoted_column(&drop.column);
        let rename = if adds_column_to(&upgrade.operations, &drop.table) {
            "if this is a rename, use `op.alter_column(.., new_column_name=..)`, which keeps the data; else "
        } else {
            ""
        };
        sink.report(operation.span, format!("{} deletes {column} and its data{more}", operation.subject()))
            .call_sites(&operation.call_sites)
            .help(format!(
                "{rename}stop using the column, deploy, keep a copy, and approve: \
                 `# alembic-lint: allow[drop-column] -- <reason>`"
            ));
    });
}

fn dropped(operation: &Operation) -> Option<&DropColumn> {
    match &operation.change {
        Change::DropColumn(drop) => Some(drop),
        _ => None,
    }
}

/// Whether it is a column that is computed when it is read.
fn holds_nothing(context: &RevisionContext<'_>, drop: &DropColumn) -> bool {
    let computed = context.siblings.computed.get(&(&drop.table, &drop.column));
    computed.is_some_and(|(column, is_sql)| Filling::of(column, *is_sql, context.server) == Filling::Virtual)
}

fn adds_column_to(operations: &[Operation], table: &TableName) -> bool {
    operations.iter().any(|operation| match &operation.change {
        Change::AddColumn(add) => add.table.is_same(table),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::config::Settings;
    use crate::operation::Dialect;
    use crate::testing::Tester;

    fn upgrade(body: &str) -> Tester {
        Tester::new(&RULE).upgrade(body)
    }

    #[test]
    fn every_spelling() {
        upgrade("op.drop_column('user', 'age')").finds(&["`op.drop_column` deletes `user.age` and its data"]);
        upgrade("with op.batch_alter_table('user') as batch_op:\n    batch_op.drop_column('age')")
            .finds(&["`batch_op.drop_column` deletes `user.age`"]);
        upgrade("op.execute('ALTER TABLE app.user DROP COLUMN age, DROP COLUMN size CASCADE')")
            .finds(&["this SQL deletes `app.user.age`", "`app.user.size` and its data, with everything"]);
        upgrade("op.get_bind().execute(sa.text('ALTER TABLE t DROP COLUMN a'))").finds(&["`t.a`"]);
    }

    #[test]
    fn names_that_are_not_known() {
        upgrade("op.drop_column(table(), 'age')").finds(&["column `age` of a table whose name only running"]);
    }

    #[test]
    fn a_column_that_is_computed_when_it_is_read() {
        let then = |first: &str, more: &str| {
            let add = format!("op.add_column('t', sa.Column('c', sa.Integer(), {first}))");
            Tester::new(&RULE).history(&[&add, &format!("{more}op.drop_column('t', 'c')")])
        };
        then("sa.Computed('a + 1', persisted=False)", "").ok();
        then("sa.Computed('a + 1', persisted=True)", "").finds(&["`t.c`"]);
        then("sa.Computed('a + 1', persisted=False)", "op.drop_column('t', 'd')\n").finds(&["`t.d`"]);
        let computed = "op.add_column('t', sa.Column('c', sa.Integer(), sa.Computed('a', persisted=False)))";
        let plain = "op.drop_column('t', 'c')\nop.add_column('t', sa.Column('c', sa.Integer()))";
        Tester::new(&RULE).history(&[computed, plain, "op.drop_column('t', 'c')"]).finds(&["`t.c`", "`t.c`"]);
        let mysql = "op.execute('ALTER TABLE t ADD COLUMN c INT GENERATED ALWAYS AS (a + 1) VIRTUAL')";
        let settings = Settings { dialect: Some(Dialect::Mysql), ..Settings::default() };
        Tester::new(&RULE).settings(settings).history(&[mysql, "op.drop_column('t', 'c')"]).ok();
    }

    #[test]
    fn a_column_of_the_same_upgrade() {
        upgrade("op.add_column('t', sa.Column('a', sa.Integer()))\nop.drop_column('t', 'a')").ok();
        upgrade("op.create_table('t', sa.Column('a', sa.Integer()))\nop.drop_column('t', 'a')").ok();
        upgrade("op.add_column('t', sa.Column('a', sa.Integer()))\nop.drop_column('u', 'a')")
            .finds(&["`u.a`"]);
    }

    #[test]
    fn a_renamed_column_stays_what_it_was() {
        upgrade("op.add_column('t', sa.Column('a', sa.Integer()))\nop.alter_column('t', 'a', new_column_name='b')\nop.drop_column('t', 'b')").ok();
        upgrade("op.alter_column('t', 'a', new_column_name='b')\nop.drop_column('t', 'b')").finds(&["`t.b`"]);
    }

    #[test]
    fn downgrade_is_not_judged() {
        upgrade("op.add_column('t', sa.Column('a', sa.Integer()))")
            .downgrade("op.drop_column('t', 'a')")
            .ok();
    }
}

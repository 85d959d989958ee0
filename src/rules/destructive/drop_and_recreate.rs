//! `drop-and-recreate`: something goes with its data and comes back empty.

use crate::history::schema::Step;
use crate::operation::{Change, Name, Operation, TableName};
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds tables and columns that `upgrade` drops and then makes again under the same name. A table that no revision made, and
    /// that is dropped only where it is there (`IF EXISTS`), is left alone.
    ///
    /// ## Why is this bad?
    /// What comes back is empty. Most often a change was meant that autogenerate or the database could not make, such as another
    /// type or another primary key, and the way around deletes all rows.
    ///
    /// ## Example
    /// ```python bad
    /// op.drop_column("invoice", "state")
    /// op.add_column("invoice", sa.Column("state", sa.Integer()))
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.alter_column("invoice", "state", existing_type=sa.String(), type_=sa.Integer(), postgresql_using="state::integer")
    /// ```
    /// Where values cannot be converted in place: add a new column, fill it, move the code over, and drop the old one in a later
    /// revision. Where the rows really are of no use, approve: `# alembic-lint: allow[drop-and-recreate] -- a cache`.
    ///
    /// ## References
    /// - `strong_migrations`: creating a table with the force option
    "drop-and-recreate", Destructive, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Step(check),
}

fn check(step: &Step<'_>, sink: &mut Sink<'_>) {
    let Some(upgrade) = step.context.revision.upgrade_on_dialect() else { return };
    let makes =
        |operation: &Operation| matches!(operation.change, Change::CreateTable(_) | Change::AddColumn(_));
    if !upgrade.operations.iter().any(makes) {
        return;
    }
    let mut lost: Vec<(&TableName, Option<&Name>)> = Vec::new();
    upgrade.walk(|operation, created| {
        let (what, verb) = match &operation.change {
            Change::DropTable(drop) if !created.has_table(&drop.table) => {
                // What is dropped only where it is there, and no revision made, is left from a run that broke off.
                let is_guarded = drop.if_exists || operation.conditional;
                if !is_guarded || is_listed(step, &drop.table) {
                    lost.push((&drop.table, None));
                }
                return;
            }
            Change::DropColumn(drop) if !created.has_column(&drop.table, &drop.column) => {
                lost.push((&drop.table, Some(&drop.column)));
                return;
            }
            // Under another name the rows are still there.
            Change::RenameTable(rename) => {
                lost.retain(|(table, _)| table.name != rename.to);
                return;
            }
            Change::CreateTable(create) if is_lost(&lost, &create.table, None) => {
                (create.table.quoted(), "the table")
            }
            Change::AddColumn(add) if is_lost(&lost, &add.table, Some(&add.column.name)) => {
                (add.table.quoted_column(&add.column.name), "the column")
            }
            _ => return,
        };
        sink.report(
            operation.span,
            format!(
                "{} makes {what} again, which this upgrade drops before: what {verb} held is gone",
                operation.subject()
            ),
        )
        .call_sites(&operation.call_sites)
        .help("change it in place; or approve: `# alembic-lint: allow[drop-and-recreate] -- <reason>`");
    });
}

/// Whether a revision before this one speaks of a table of this name.
fn is_listed(step: &Step<'_>, table: &TableName) -> bool {
    table.name.known().is_none_or(|name| step.before().tables().any(|listed| listed.table.key.name == name))
}

fn is_lost(lost: &[(&TableName, Option<&Name>)], table: &TableName, column: Option<&Name>) -> bool {
    let is_known = column.is_none_or(|column| column.known().is_some());
    is_known && lost.iter().any(|(other, of)| other.is_same(table) && *of == column)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    fn upgrade(body: &str) -> Tester {
        Tester::new(&RULE).upgrade(body)
    }

    #[test]
    fn tables_and_columns() {
        upgrade("op.drop_table('t')\nop.create_table('t', sa.Column('a', sa.Integer()))").finds(&[
            "`op.create_table` makes `t` again, which this upgrade drops before: what the table held",
        ]);
        upgrade(
            "op.execute('ALTER TABLE t DROP COLUMN a')\nop.add_column('t', sa.Column('a', sa.Integer()))",
        )
        .finds(&["`op.add_column` makes `t.a` again"]);
    }

    #[test]
    fn a_table_that_may_be_left_over() {
        let again =
            "op.execute('DROP TABLE IF EXISTS t')\nop.create_table('t', sa.Column('a', sa.Integer()))";
        upgrade(again).ok();
        upgrade("if there():\n    op.drop_table('t')\nop.create_table('t', sa.Column('a', sa.Integer()))")
            .ok();
        Tester::new(&RULE)
            .history(&["op.create_table('t', sa.Column('b', sa.Integer()))", again])
            .finds(&["makes `t` again"]);
    }

    #[test]
    fn what_keeps_the_rows() {
        upgrade("op.drop_column('t', 'a')\nop.add_column('t', sa.Column('b', sa.Integer()))").ok();
        upgrade("op.add_column('t', sa.Column('a', sa.Integer()))\nop.drop_column('t', 'a')\nop.add_column('t', sa.Column('a', sa.Text()))").ok();
        upgrade("op.drop_table('t')\nop.rename_table('t_new', 't')\nop.add_column('t', sa.Column('a', sa.Integer()))").ok();
        upgrade("op.drop_column('t', x)\nop.add_column('t', sa.Column(x, sa.Integer()))").ok();
    }
}

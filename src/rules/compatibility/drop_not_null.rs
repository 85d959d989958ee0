//! `drop-not-null`: code that still runs expects a value in every row.

use crate::history::schema::Step;
use crate::operation::{Attribute, Change};
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds columns that become nullable, unless the same revision made them or they were nullable before.
    ///
    /// ## Why is this bad?
    /// Nothing fails in the database. But code that still runs during the deployment, reports and other readers of the table were
    /// written for a column that always holds a value, and meet `None` with the first row that new code writes.
    ///
    /// ## Example
    /// ```python bad
    /// op.alter_column("invoice", "state", existing_type=sa.String(), nullable=True)
    /// ```
    ///
    /// ## Use instead
    /// Make all code that reads the column ready for NULL, deploy it, and then drop NOT NULL; approve it then:
    /// `# alembic-lint: allow[drop-not-null] -- readers take NULL since 4.2`.
    /// ```python good
    /// op.add_column("invoice", sa.Column("note", sa.String(), nullable=True))
    /// ```
    ///
    /// ## References
    /// - squawk: `ban-drop-not-null`
    "drop-not-null", Compatibility, Info,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Step(check),
}

fn check(step: &Step<'_>, sink: &mut Sink<'_>) {
    for moment in step.upgrade() {
        let Change::AlterColumn(alter) = &moment.operation.change else { continue };
        if alter.nullable != Attribute::Set(true) || alter.existing_nullable == Some(true) {
            continue;
        }
        let table = moment.schema.table(&alter.table).yes();
        let column = table.zip(alter.column.known()).and_then(|(table, name)| table.column(name).yes());
        if column.is_some_and(|column| column.nullable == Some(true) || step.is_own(column.made)) {
            continue;
        }
        sink.report(
            moment.operation.span,
            format!(
                "{} lets {} be NULL: code that still runs may not expect that",
                moment.operation.subject(),
                alter.table.quoted_column(&alter.column)
            ),
        )
        .call_sites(&moment.operation.call_sites)
        .help("deploy code that reads NULL first; then approve: `# alembic-lint: allow[drop-not-null] -- <reason>`");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    const MAKE: &str =
        "op.create_table('t', sa.Column('a', sa.Integer(), nullable=False), sa.Column('b', sa.Integer()))";

    fn then(upgrade: &str) -> Tester {
        Tester::new(&RULE).history(&[MAKE, upgrade])
    }

    #[test]
    fn every_spelling() {
        then("op.alter_column('t', 'a', nullable=True)").finds(&["`op.alter_column` lets `t.a` be NULL"]);
        then("op.execute('ALTER TABLE t ALTER COLUMN a DROP NOT NULL')").finds(&["this SQL lets `t.a`"]);
        then("with op.batch_alter_table('t') as b:\n    b.alter_column('a', nullable=True)")
            .finds(&["`batch_op.alter_column`"]);
    }

    #[test]
    fn what_was_nullable_or_is_new() {
        then("op.alter_column('t', 'b', nullable=True)").ok();
        then("op.alter_column('t', 'a', nullable=False)").ok();
        then("op.alter_column('x', 'a', existing_nullable=True, nullable=True)").ok();
        then("op.add_column('t', sa.Column('c', sa.Integer(), server_default='1', nullable=False))\nop.alter_column('t', 'c', nullable=True)").ok();
    }
}

//! `insert-in-migration`: rows come with the schema.

use crate::operation::{Change, Statement};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds `bulk_insert` and `INSERT` into tables that were there before.
    ///
    /// ## Why is this bad?
    /// Every database gets the rows, those of tests and of customers too, and a row that is there already stops the upgrade:
    /// ```text
    /// duplicate key value violates unique constraint "state_pkey"
    /// ```
    ///
    /// ## Example
    /// ```python bad
    /// op.execute("INSERT INTO state (id, name) VALUES (3, 'archived')")
    /// ```
    ///
    /// ## Use instead
    /// A command of the application that fills tables; or, where the rows belong to the schema, `ON CONFLICT DO NOTHING` and an approval:
    /// `# alembic-lint: allow[insert-in-migration] -- states are a part of the schema`.
    ///
    /// ## References
    /// - pg-migration-lint: PGM301
    "insert-in-migration", Content, Info,
    preset: All, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let Some(upgrade) = context.revision.upgrade_on_dialect() else { return };
    upgrade.walk(|operation, created| {
        let table = match &operation.change {
            Change::BulkInsert(insert) => &insert.table,
            Change::Execute(execute) => match &execute.statement {
                Statement::Insert { table } => table,
                _ => return,
            },
            _ => return,
        };
        if created.has_table(table) {
            return;
        }
        sink.report(operation.span, format!("{} puts rows into {}", operation.subject(), table.quoted()))
            .call_sites(&operation.call_sites)
            .help("fill tables by a command of the application; or approve: `# alembic-lint: allow[insert-in-migration] -- <reason>`");
    });
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    #[test]
    fn rows() {
        let upgrade = |body: &str| Tester::new(&RULE).upgrade(body);
        upgrade("op.bulk_insert(sa.table('t', sa.column('a')), [{'a': 1}])")
            .finds(&["`op.bulk_insert` puts rows into `t`"]);
        upgrade("op.execute('INSERT INTO t VALUES (1)')").finds(&["this SQL puts rows into `t`"]);
        upgrade("op.create_table('t', sa.Column('a', sa.Integer()))\nop.execute('INSERT INTO t VALUES (1)')")
            .ok();
    }
}

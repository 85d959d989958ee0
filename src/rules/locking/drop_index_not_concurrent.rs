//! `drop-index-not-concurrent`: the table is locked while an index is dropped.

use crate::diagnostic::Fix;
use crate::operation::{Change, DropIndex, Operation};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds indexes that `upgrade` drops without `postgresql_concurrently=True`. On PostgreSQL. Indexes that the same upgrade
    /// made, those of tables that it drops and those of partitioned tables, which take no other way, are left alone.
    ///
    /// ## Why is this bad?
    /// `DROP INDEX` takes an `ACCESS EXCLUSIVE` lock on the table. It is soon done, but first it waits for every query that is
    /// running on the table, and while it waits every new query waits behind it. Alembic's transaction then keeps the lock
    /// until its last operation is done.
    ///
    /// ## Example
    /// ```python bad
    /// op.drop_index("ix_invoice_number", table_name="invoice")
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// with op.get_context().autocommit_block():
    ///     op.drop_index(
    ///         "ix_invoice_number", table_name="invoice", postgresql_concurrently=True
    ///     )
    /// ```
    /// The index of a unique constraint or a primary key cannot be dropped by itself: drop the constraint.
    ///
    /// ## Fix safety
    /// Unsafe: the block commits what stands before it. `op.drop_index` alone is repaired; SQL and batch operations are not.
    ///
    /// ## References
    /// - squawk: `require-concurrent-index-deletion`; atlas: `PG102`
    /// - [PostgreSQL: DROP INDEX](https://www.postgresql.org/docs/current/sql-dropindex.html)
    "drop-index-not-concurrent", Locking, Warning,
    preset: Recommended, fix: Sometimes, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let is_table_dropped = |index: &DropIndex| {
        let upgrade = context.revision.upgrade_on_dialect();
        upgrade.is_some_and(|body| {
            body.operations.iter().any(|operation| {
                matches!(&operation.change, Change::DropTable(drop) if drop.table.is_same(&index.table))
            })
        })
    };
    context.on_postgresql(
        |operation| dropped(operation).is_some(),
        |operation, created| {
            let Some(index) = dropped(operation) else { return };
            // The index of a partitioned table cannot be dropped concurrently.
            let is_partitioned = context.siblings.refuses_concurrent_index(&index.table);
            if is_partitioned
                || created.has_index(&index.table, &index.name)
                || created.may_have_table(&index.table)
                || is_table_dropped(index)
            {
                return;
            }
            let table = index.table.name.known().map_or("its table".to_owned(), |_| index.table.quoted());
            let report = sink.report(
                operation.span,
                format!(
                    "{} locks {table} to drop index {}: reads and writes wait behind it",
                    operation.subject(),
                    index.name.quoted_or("whose name is not known")
                ),
            )
            .call_sites(&operation.call_sites)
            .help(
                "give `postgresql_concurrently=True` and put it in `with op.get_context().autocommit_block():`, in a \
                 revision of its own",
            );
            if let Some(edits) = context.made_concurrent(operation) {
                report.fix(Fix::unsafe_("drop it concurrently, in an `autocommit_block`", edits));
            }
        },
    );
}

fn dropped(operation: &Operation) -> Option<&DropIndex> {
    match &operation.change {
        Change::DropIndex(drop) if !drop.concurrently => Some(drop),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    fn upgrade(body: &str) -> Tester {
        Tester::new(&RULE).upgrade(body)
    }

    #[test]
    fn every_spelling() {
        upgrade("op.drop_index('ix', table_name='t')")
            .finds(&["`op.drop_index` locks `t` to drop index `ix`: reads and writes wait behind it"]);
        upgrade("op.drop_index('ix')").finds(&["locks its table to drop index `ix`"]);
        upgrade("with op.batch_alter_table('t') as b:\n    b.drop_index('ix')")
            .finds(&["`batch_op.drop_index`"]);
        upgrade("op.execute('DROP INDEX IF EXISTS ix')").finds(&["this SQL"]);
    }

    #[test]
    fn the_repair() {
        upgrade("op.drop_index('ix', table_name='t')").finds(&["`ix`"]).has_unsafe_fix();
        upgrade("op.execute('DROP INDEX ix')").finds(&["`ix`"]).without_fix();
    }

    #[test]
    fn concurrent_ones() {
        upgrade("op.drop_index('ix', table_name='t', postgresql_concurrently=True)").ok();
        upgrade("op.execute('DROP INDEX CONCURRENTLY ix')").ok();
    }

    #[test]
    fn what_the_upgrade_made_or_drops_as_a_whole() {
        upgrade("op.create_index('ix', 't', ['a'])\nop.drop_index('ix', table_name='t')").ok();
        upgrade("op.drop_index('ix', table_name='t')\nop.drop_table('t')").ok();
        let parent =
            "op.create_table('t', sa.Column('a', sa.Integer()), postgresql_partition_by='RANGE (a)')";
        Tester::new(&RULE).history(&[parent, "op.drop_index('ix', table_name='t')"]).ok();
    }
}

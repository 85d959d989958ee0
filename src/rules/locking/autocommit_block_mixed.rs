//! `autocommit-block-mixed`: what stands before an `autocommit_block` is committed whatever becomes of the rest.

use crate::operation::Operation;
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds `autocommit_block` in an `upgrade` that does other things as well which cannot be repeated. On PostgreSQL.
    ///
    /// ## Why is this bad?
    /// The block commits everything before it. If the block fails, or what follows does, the first half of the revision is in the
    /// database and the revision counts as not applied: the next attempt fails at the table or column that is there already, and
    /// somebody has to clean up by hand.
    ///
    /// ## Example
    /// ```python bad
    /// op.add_column("invoice", sa.Column("number", sa.Text()))
    /// with op.get_context().autocommit_block():
    ///     op.create_index("ix_invoice_number", "invoice", ["number"], postgresql_concurrently=True)
    /// ```
    ///
    /// ## Use instead
    /// Two revisions: one that adds the column, and one with nothing but the block. Or operations that can be repeated:
    /// ```python good
    /// op.add_column("invoice", sa.Column("number", sa.Text()), if_not_exists=True)
    /// with op.get_context().autocommit_block():
    ///     op.create_index("ix_invoice_number", "invoice", ["number"], postgresql_concurrently=True)
    /// ```
    ///
    /// `alembic-lint split <revision>` writes such a sequence of revisions.
    ///
    /// ## References
    /// - [Alembic: `autocommit_block`](https://alembic.sqlalchemy.org/en/latest/api/runtime.html#alembic.runtime.migration.MigrationContext.autocommit_block)
    "autocommit-block-mixed", Locking, Warning,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let Some(upgrade) = context.revision.upgrade_on_dialect() else { return };
    if !context.server.is_postgresql() {
        return;
    }
    let Some((is_before, block, other)) = mixed(&upgrade.operations) else { return };
    let what = other.summary();
    let message = if is_before {
        format!(
            "the autocommit block commits what stands before it ({what}): if the block fails, the revision can \
                 neither be repeated nor undone"
        )
    } else {
        format!(
            "the autocommit block is committed before the rest of the revision ({what}): if that fails, the revision \
                 can neither be repeated nor undone"
        )
    };
    sink.report(block.span, message)
        .call_sites(&block.call_sites)
        .help("move the block to a revision of its own, or make the other operations repeatable: `if_not_exists=True`, \
               `if_exists=True`");
}

/// An operation of a block and one outside of which the first leaves the other committed, and whether that one comes
/// before.
fn mixed(operations: &[Operation]) -> Option<(bool, &Operation, &Operation)> {
    let is_lasting = |operation: &&Operation| !operation.autocommit && !operation.is_repeatable();
    let blocks = || operations.iter().enumerate().filter(|(_, operation)| operation.autocommit);
    let before = blocks().find_map(|(at, block)| {
        let mut others = operations.iter().take(at).filter(is_lasting);
        Some((true, block, others.find(|other| !block.excludes(other))?))
    });
    // The rest is rolled back when it fails: what cannot be done again is the block itself.
    let after = || {
        blocks().filter(|(_, block)| !block.is_repeatable()).find_map(|(at, block)| {
            let mut others = operations.iter().skip(at + 1).filter(is_lasting);
            Some((false, block, others.find(|other| !block.excludes(other))?))
        })
    };
    before.or_else(after)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    const BLOCK: &str = "with op.get_context().autocommit_block():\n    \
                         op.create_index('ix', 't', ['a'], postgresql_concurrently=True)";

    fn upgrade(body: &str) -> Tester {
        Tester::new(&RULE).upgrade(body)
    }

    #[test]
    fn before_and_after() {
        upgrade(&format!("op.add_column('t', sa.Column('a', sa.Integer()))\n{BLOCK}"))
            .finds(&["commits what stands before it (adds column `t.a` (Integer))"]);
        upgrade(&format!("{BLOCK}\nop.drop_column('t', 'b')"))
            .finds(&["before the rest of the revision (drops"]);
    }

    #[test]
    fn a_block_that_can_be_repeated_comes_first() {
        let first = |value: &str, more: &str| {
            upgrade(&format!(
                "with op.get_context().autocommit_block():\n    op.execute(\"ALTER TYPE e ADD VALUE {value}\")\n{more}"
            ))
        };
        let add = "op.add_column('t', sa.Column('a', sa.Integer()))";
        first("IF NOT EXISTS 'x'", add).ok();
        first("'x'", add).finds(&["is committed before the rest"]);
        let second = "with op.get_context().autocommit_block():\n    op.execute(\"ALTER TYPE e ADD VALUE IF NOT EXISTS 'y'\")";
        first("IF NOT EXISTS 'x'", &format!("{add}\n{second}")).finds(&["commits what stands before it"]);
    }

    #[test]
    fn a_block_whose_error_is_caught() {
        let guarded = |handler: &str, more: &str| {
            upgrade(&format!(
                "with op.get_context().autocommit_block():\n    try:\n        op.execute(\"ALTER TYPE e ADD VALUE 'x'\")\n    {handler}\n{more}"
            ))
        };
        let add = "op.add_column('t', sa.Column('a', sa.Integer()))";
        guarded(
            "except sa.exc.ProgrammingError as e:\n        if 'Duplicate' not in str(e):\n            raise",
            add,
        )
        .ok();
        guarded("except sa.exc.ProgrammingError:\n        raise", add).finds(&["before the rest"]);
        guarded("finally:\n        pass", add).finds(&["before the rest"]);
    }

    #[test]
    fn what_never_runs_together() {
        let add = "op.add_column('t', sa.Column('a', sa.Integer()))";
        let inner = BLOCK.replace('\n', "\n    ");
        let branch = "if sa.inspect(op.get_bind()).has_table('t'):";
        upgrade(&format!("{branch}\n    {add}\nelse:\n    {inner}")).ok();
        upgrade(&format!("{branch}\n    {add}\n    return\n{BLOCK}")).ok();
        upgrade(&format!("{branch}\n    {add}\n{BLOCK}")).finds(&["commits what stands before it"]);
        let looped = format!("{branch}\n    {add}\nelse:\n    {inner}").replace('\n', "\n    ");
        upgrade(&format!("for x in op.get_bind().execute(sa.text('SELECT 1')):\n    {looped}"))
            .finds(&["commits what stands before it"]);
    }

    #[test]
    fn what_can_be_repeated() {
        upgrade(BLOCK).ok();
        upgrade(&format!("op.execute('CREATE EXTENSION IF NOT EXISTS citext')\n{BLOCK}")).ok();
        upgrade(&format!("op.execute(\"SET lock_timeout = '5s'\")\n{BLOCK}")).ok();
        upgrade("op.add_column('t', sa.Column('a', sa.Integer()))").ok();
    }
}

//! `autocommit-block-mixed`: what stands before an `autocommit_block` is committed whatever becomes of the rest.

use crate::operation::{Change, Operation, Statement};
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
    let Some(at) = upgrade.operations.iter().position(|operation| operation.autocommit) else { return };
    if !context.server.is_postgresql() {
        return;
    }
    let others = || upgrade.operations.iter().enumerate();
    let found = others().find(|(_, other)| !other.autocommit && !is_repeatable(other));
    let (Some(block), Some((place, other))) = (upgrade.operations.get(at), found) else { return };
    let what = other.summary();
    let message = if place < at {
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

/// Whether it does the same when it is done twice.
fn is_repeatable(operation: &Operation) -> bool {
    match &operation.change {
        Change::CreateTable(create) => create.if_not_exists,
        Change::DropTable(drop) => drop.if_exists,
        Change::AddColumn(add) => add.if_not_exists,
        Change::DropColumn(drop) => drop.if_exists,
        Change::AlterColumn(alter) => alter.new_name == crate::operation::Name::None,
        Change::CreateIndex(create) => create.if_not_exists,
        Change::DropIndex(drop) => drop.if_exists,
        Change::DropConstraint(drop) => drop.if_exists,
        Change::CreateTableComment(_) | Change::DropTableComment(_) => true,
        Change::Execute(execute) => match &execute.statement {
            Statement::Select
            | Statement::Update { .. }
            | Statement::Delete { .. }
            | Statement::Truncate { .. }
            | Statement::Comment
            | Statement::Set { .. }
            | Statement::Transaction
            | Statement::ValidateConstraint { .. } => true,
            _ => operation.sql().is_some_and(|sql| {
                let sql = sql.to_ascii_lowercase();
                ["if not exists", "if exists", "or replace"].iter().any(|words| sql.contains(words))
            }),
        },
        Change::RenameTable(_) | Change::CreateConstraint(_) | Change::BulkInsert(_) | Change::Custom(_) => {
            false
        }
    }
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
    fn what_can_be_repeated() {
        upgrade(BLOCK).ok();
        upgrade(&format!("op.execute('CREATE EXTENSION IF NOT EXISTS citext')\n{BLOCK}")).ok();
        upgrade(&format!("op.execute(\"SET lock_timeout = '5s'\")\n{BLOCK}")).ok();
        upgrade("op.add_column('t', sa.Column('a', sa.Integer()))").ok();
    }
}

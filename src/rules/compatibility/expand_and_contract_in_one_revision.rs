//! `expand-and-contract-in-one-revision`: the new column, the copy and the drop of the old one in one step.

use crate::operation::{Change, Operation, Statement, TableName};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds revisions that add a column to a table, update rows of it, and drop a column of it that was there before.
    ///
    /// ## Why is this bad?
    /// It is the safe way to change a column, in one step, which takes the safety out: code that still runs writes to the old column
    /// while the values are copied, and fails from the moment it is gone. Those writes are lost, and nothing in between can be
    /// deployed.
    ///
    /// ## Example
    /// ```python bad
    /// op.add_column("invoice", sa.Column("total_cents", sa.BigInteger()))
    /// op.execute("UPDATE invoice SET total_cents = total * 100 WHERE total_cents IS NULL")
    /// op.drop_column("invoice", "total")
    /// ```
    ///
    /// ## Use instead
    /// Three revisions, with a deployment after each: add the column (and let the code write both); copy what is there, in batches; drop
    /// the old one when nothing reads it.
    /// ```python good
    /// op.add_column("invoice", sa.Column("total_cents", sa.BigInteger()))
    /// ```
    ///
    /// `alembic-lint split <revision>` writes such a sequence of revisions.
    ///
    /// ## References
    /// - [Martin Fowler: parallel change](https://martinfowler.com/bliki/ParallelChange.html)
    /// - `PandaDoc` migration-lint, django-pg-zero-downtime-migrations
    "expand-and-contract-in-one-revision", Compatibility, Warning,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let Some(upgrade) = context.revision.upgrade_on_dialect() else { return };
    let drops = |operation: &Operation| matches!(operation.change, Change::DropColumn(_));
    if !upgrade.operations.iter().any(drops) {
        return;
    }
    let mut told: Vec<&TableName> = Vec::new();
    upgrade.walk(|operation, created| {
        let Change::DropColumn(drop) = &operation.change else { return };
        let is_of = |change: &Change, wanted: fn(&Change) -> Option<&TableName>| {
            wanted(change).is_some_and(|table| table.is_same(&drop.table))
        };
        let has = |wanted: fn(&Change) -> Option<&TableName>| {
            upgrade.operations.iter().any(|operation| is_of(&operation.change, wanted))
        };
        if created.has_column(&drop.table, &drop.column) || told.contains(&&drop.table) || !has(added) || !has(updated) {
            return;
        }
        told.push(&drop.table);
        sink.report(
            operation.span,
            format!(
                "a new column of {}, the copy of its values and the drop of {} in one revision: code that still runs uses the old one",
                drop.table.quoted(),
                drop.table.quoted_column(&drop.column)
            ),
        )
        .call_sites(&operation.call_sites)
        .help("make it three revisions, with a deployment after each: add, copy, drop")
        .part_of(&["drop-column"]);
    });
}

fn added(change: &Change) -> Option<&TableName> {
    match change {
        Change::AddColumn(add) => Some(&add.table),
        _ => None,
    }
}

fn updated(change: &Change) -> Option<&TableName> {
    match change {
        Change::Execute(execute) => match &execute.statement {
            Statement::Update { table, .. } => Some(table),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    const ADD: &str = "op.add_column('t', sa.Column('b', sa.Integer()))";
    const COPY: &str = "op.execute('UPDATE t SET b = a')";
    const DROP: &str = "op.drop_column('t', 'a')";

    fn upgrade(body: &str) -> Tester {
        Tester::new(&RULE).upgrade(body)
    }

    #[test]
    fn all_in_one() {
        upgrade(&format!("{ADD}\n{COPY}\n{DROP}"))
            .finds(&["a new column of `t`, the copy of its values and the drop of `t.a`"]);
        upgrade(&format!("{ADD}\n{COPY}\n{DROP}\nop.drop_column('t', 'c')")).finds(&["`t.a`"]);
    }

    #[test]
    fn a_part_of_it() {
        upgrade(&format!("{ADD}\n{COPY}")).ok();
        upgrade(&format!("{ADD}\n{DROP}")).ok();
        upgrade(&format!("{COPY}\n{DROP}")).ok();
        upgrade(&format!("{ADD}\nop.execute('UPDATE u SET b = a')\n{DROP}")).ok();
        upgrade(&format!("op.create_table('t', sa.Column('a', sa.Integer()))\n{ADD}\n{COPY}\n{DROP}")).ok();
    }
}

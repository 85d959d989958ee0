//! `multiple-foreign-keys`: one revision locks several tables that are there.

use crate::history::schema::Step;
use crate::operation::{Argument, Change, ConstraintKind, TableName, last_part};
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds revisions that add foreign keys to two or more tables that were there before, new tables' included. On PostgreSQL.
    ///
    /// ## Why is this bad?
    /// Each takes a `SHARE ROW EXCLUSIVE` lock on the table that it refers to, and all of them are held until the transaction ends: no writes to any of
    /// them, and two transactions that come to them in another order block each other (`deadlock detected`).
    ///
    /// ## Example
    /// ```python bad
    /// op.create_table(
    ///     "payment",
    ///     sa.Column("invoice", sa.Integer(), sa.ForeignKey("invoice.id")),
    ///     sa.Column("account", sa.Integer(), sa.ForeignKey("account.id")),
    /// )
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.create_table(
    ///     "payment",
    ///     sa.Column("invoice", sa.Integer(), sa.ForeignKey("invoice.id")),
    ///     sa.Column("account", sa.Integer()),
    /// )
    /// ```
    /// and the second foreign key in a revision of its own.
    ///
    /// ## References
    /// - `online_migrations`: multiple foreign keys
    "multiple-foreign-keys", Locking, Info,
    preset: All, fix: None, since: "0.1.0",
    check: Step(check),
}

fn check(step: &Step<'_>, sink: &mut Sink<'_>) {
    if !step.context.server.is_postgresql() {
        return;
    }
    let mut locked: Vec<TableName> = Vec::new();
    let mut second = None;
    step.walk(|moment, created| {
        for referent in referents(&moment.operation.change) {
            if created.may_have_table(&referent) || locked.contains(&referent) {
                continue;
            }
            locked.push(referent);
            if locked.len() == 2 {
                second = Some(moment.operation);
            }
        }
    });
    let Some(operation) = second else { return };
    let names: Vec<String> = locked.iter().map(TableName::quoted).collect();
    sink.report(
        operation.span,
        format!(
            "foreign keys to {} take no writes to any of them until the transaction ends",
            names.join(" and ")
        ),
    )
    .call_sites(&operation.call_sites)
    .help("add one foreign key in each revision");
}

/// The tables that foreign keys of a change refer to.
fn referents(change: &Change) -> Vec<TableName> {
    let of_column = change.new_columns().into_iter().flat_map(|(_, columns)| columns).flat_map(|column| {
        column.items.iter().filter_map(|item| match item {
            Argument::Call(call) if last_part(&call.callee) == "ForeignKey" => call.referent(),
            _ => None,
        })
    });
    let constraints = match change {
        Change::CreateTable(create) => create.constraints.as_slice(),
        Change::CreateConstraint(create) => std::slice::from_ref(&create.constraint),
        _ => &[],
    };
    let of_constraints = constraints
        .iter()
        .filter(|constraint| constraint.kind == ConstraintKind::ForeignKey)
        .filter_map(|constraint| constraint.referent.clone());
    of_column.chain(of_constraints).collect()
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    #[test]
    fn two_other_tables() {
        let upgrade = |body: &str| Tester::new(&RULE).upgrade(body);
        upgrade("op.create_foreign_key('a', 't', 'u', ['x'], ['id'])\nop.create_foreign_key('b', 't', 'v', ['y'], ['id'])")
            .finds(&["foreign keys to `u` and `v` take no writes"]);
        upgrade("op.create_foreign_key('a', 't', 'u', ['x'], ['id'])\nop.create_foreign_key('b', 't', 'u', ['y'], ['id'])").ok();
        upgrade("op.create_table('v', sa.Column('id', sa.Integer()))\nop.create_foreign_key('a', 't', 'u', ['x'], ['id'])\nop.create_foreign_key('b', 't', 'v', ['y'], ['id'])").ok();
    }
}

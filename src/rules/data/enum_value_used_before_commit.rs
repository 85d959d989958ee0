//! `enum-value-used-before-commit`: a label that its own transaction cannot use.

use crate::operation::{Argument, Change, Name, Operation, ServerDefault, Statement};
use crate::revision::{Body, RevisionContext, Transaction};
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds a label that `ALTER TYPE .. ADD VALUE` adds and that a later statement of the same transaction uses: in SQL, as a
    /// default, in a check. Types that the revision made itself are left out. On PostgreSQL.
    ///
    /// ## Why is this bad?
    /// A new label can be used only when the transaction that added it is committed. It always fails:
    /// ```text
    /// psycopg2.errors.UnsafeNewEnumValueUsage: unsafe use of new value "archived" of enum type state
    /// HINT:  New enum values must be committed before they can be used.
    /// ```
    ///
    /// ## Example
    /// ```python bad
    /// op.execute("ALTER TYPE state ADD VALUE 'archived'")
    /// op.execute("UPDATE invoice SET state = 'archived' WHERE paid < '2020-01-01'")
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// with op.get_context().autocommit_block():
    ///     op.execute("ALTER TYPE state ADD VALUE IF NOT EXISTS 'archived'")
    /// op.execute("UPDATE invoice SET state = 'archived' WHERE paid < '2020-01-01'")
    /// ```
    /// A revision of its own does it only where `env.py` has `transaction_per_migration=True`: else all revisions of one
    /// `alembic upgrade` share a transaction.
    ///
    /// ## References
    /// - [PostgreSQL: ALTER TYPE, Notes](https://www.postgresql.org/docs/current/sql-altertype.html#id-1.9.3.42.7)
    "enum-value-used-before-commit", Data, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let Some(upgrade) = context.revision.upgrade_on_dialect() else { return };
    if !context.server.is_postgresql() || !upgrade.operations.iter().any(|one| added(one).is_some()) {
        return;
    }
    let transactions = upgrade.transactions();
    let steps: Vec<(&Operation, &Transaction)> = upgrade.operations.iter().zip(&transactions).collect();
    for (at, (operation, transaction)) in steps.iter().enumerate() {
        let Some((type_, value)) = added(operation) else { continue };
        if **transaction == Transaction::Outside || is_made_here(upgrade, type_) {
            continue;
        }
        let later = steps.iter().skip(at + 1).filter(|(_, other)| other == transaction);
        let Some((user, _)) = later.into_iter().find(|(other, _)| uses(other, value)) else { continue };
        sink.report(
            user.span,
            format!(
                "{} uses the label `{value}` of `{type_}` in the transaction that adds it: it always fails",
                user.subject()
            ),
        )
        .call_sites(&user.call_sites)
        .help("add the label in `with op.get_context().autocommit_block():`, before");
    }
}

/// The type and the label that are added.
fn added(operation: &Operation) -> Option<(&str, &str)> {
    match &operation.change {
        Change::Execute(execute) => match &execute.statement {
            Statement::AddEnumValue { name, value } => Some((name.known()?, value.known()?)),
            _ => None,
        },
        _ => None,
    }
}

/// From PostgreSQL 17 on such labels can be used at once.
fn is_made_here(upgrade: &Body, type_: &str) -> bool {
    upgrade.operations.iter().any(|operation| match &operation.change {
        Change::Execute(execute) => matches!(
            &execute.statement,
            Statement::CreateType { name, .. } if matches!(name, Name::Known(name) if &**name == type_)
        ),
        _ => false,
    })
}

fn uses(operation: &Operation, value: &str) -> bool {
    let quoted = format!("'{}'", value.replace('\'', "''"));
    let is_default = |default: &ServerDefault| match default {
        ServerDefault::Value(Argument::Str(text)) => &**text == value,
        ServerDefault::Value(Argument::Call(call)) => {
            call.args.first().and_then(Argument::as_str).is_some_and(|text| text.contains(&quoted))
        }
        _ => false,
    };
    match &operation.change {
        // Adding one more label speaks of others as places only.
        Change::Execute(execute) if matches!(execute.statement, Statement::AddEnumValue { .. }) => false,
        Change::AddColumn(add) if !operation.is_raw_sql() => is_default(&add.column.server_default),
        Change::AlterColumn(alter) if !operation.is_raw_sql() => is_default(&alter.server_default),
        Change::CreateTable(create) if !operation.is_raw_sql() => {
            create.columns.iter().any(|column| is_default(&column.server_default))
        }
        _ => operation.sql().is_some_and(|sql| sql.contains(&quoted)),
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    const ADD: &str = "op.execute(\"ALTER TYPE st ADD VALUE 'c'\")";

    fn then(more: &str) -> Tester {
        Tester::new(&RULE).upgrade(&format!("{ADD}\n{more}"))
    }

    #[test]
    fn every_use() {
        then("op.execute(\"UPDATE t SET s = 'c'\")")
            .finds(&["this SQL uses the label `c` of `st` in the transaction that adds it"]);
        then("op.add_column('t', sa.Column('s', sa.Enum('c', name='st'), server_default='c'))")
            .finds(&["`op.add_column` uses the label `c`"]);
        then("op.alter_column('t', 's', server_default=sa.text(\"'c'::st\"))").finds(&["`op.alter_column`"]);
    }

    #[test]
    fn committed_made_here_or_not_used() {
        then("op.execute(\"ALTER TYPE st ADD VALUE 'd' AFTER 'c'\")").ok();
        then("op.execute(\"UPDATE t SET s = 'b'\")").ok();
        then("op.execute('COMMIT')\nop.execute(\"UPDATE t SET s = 'c'\")").ok();
        Tester::new(&RULE)
            .upgrade(&format!(
                "op.execute(\"CREATE TYPE st AS ENUM ('a')\")\n{ADD}\nop.execute(\"UPDATE t SET s = 'c'\")"
            ))
            .ok();
        Tester::new(&RULE)
            .upgrade(&format!(
                "with op.get_context().autocommit_block():\n    {ADD}\nop.execute(\"UPDATE t SET s = 'c'\")"
            ))
            .ok();
    }
}

//! `enum-value-without-if-not-exists`: a value that is committed by itself, and cannot be added twice.

use crate::operation::{Change, Name, Operation, Statement};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds `ALTER TYPE .. ADD VALUE` without `IF NOT EXISTS` in an `autocommit_block`, where the upgrade does other things as well
    /// and does not catch the error. On PostgreSQL.
    ///
    /// ## Why is this bad?
    /// The value is committed at once. If a later part of the revision fails, the next attempt fails here: `enum label "disputed"
    /// already exists`. A value cannot be taken out of a type again.
    ///
    /// ## Example
    /// ```python bad
    /// with op.get_context().autocommit_block():
    ///     op.execute("ALTER TYPE invoice_status ADD VALUE 'disputed'")
    ///     op.execute("ALTER TYPE invoice_status ADD VALUE 'settled'")
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// with op.get_context().autocommit_block():
    ///     op.execute("ALTER TYPE invoice_status ADD VALUE IF NOT EXISTS 'disputed'")
    ///     op.execute("ALTER TYPE invoice_status ADD VALUE IF NOT EXISTS 'settled'")
    /// ```
    ///
    /// ## References
    /// - squawk: `prefer-robust-stmts`
    /// - [PostgreSQL: ALTER TYPE](https://www.postgresql.org/docs/current/sql-altertype.html)
    "enum-value-without-if-not-exists", Locking, Info,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let is_alone = || {
        let upgrade = context.revision.upgrade_on_dialect();
        let operations = upgrade.map_or(&[][..], |body| &body.operations);
        let changing = operations.iter().filter(|operation| match &operation.change {
            Change::Execute(execute) => !matches!(
                execute.statement,
                Statement::Select | Statement::Set { .. } | Statement::Transaction
            ),
            _ => true,
        });
        changing.count() < 2
    };
    context.on_postgresql(
        |operation| operation.autocommit && added(operation).is_some(),
        |operation, _| {
            let Some((type_, value)) = added(operation) else { return };
            if operation.says("if not exists") || operation.guarded || is_alone() {
                return;
            }
            sink.report(
                operation.span,
                format!(
                    "{} commits value {} of {} at once: if a later part of the revision fails, the next attempt fails here",
                    operation.subject(),
                    value.quoted_or("whose name is not known"),
                    type_.quoted_or("an enum type")
                ),
            )
            .call_sites(&operation.call_sites)
            .help("write `ADD VALUE IF NOT EXISTS`");
        },
    );
}

fn added(operation: &Operation) -> Option<(&Name, &Name)> {
    match &operation.change {
        Change::Execute(execute) => match &execute.statement {
            Statement::AddEnumValue { name, value } => Some((name, value)),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    fn block(body: &str) -> Tester {
        Tester::new(&RULE).upgrade(&format!("with op.get_context().autocommit_block():\n    {body}"))
    }

    #[test]
    fn one_of_several() {
        block("op.execute(\"ALTER TYPE e ADD VALUE 'x'\")\nop.drop_column('t', 'a')")
            .finds(&["this SQL commits value `x` of `e` at once"]);
    }

    #[test]
    fn an_error_that_is_caught() {
        let guarded = |handler: &str| {
            block(&format!(
                "try:\n        op.execute(\"ALTER TYPE e ADD VALUE 'x'\")\n    {handler}\nop.drop_column('t', 'a')"
            ))
        };
        guarded("except Exception:\n        pass").ok();
        guarded("except Exception:\n        log()\n        raise").finds(&["`x`"]);
        let with = "with contextlib.suppress(Exception):\n        op.execute(\"ALTER TYPE e ADD VALUE 'x'\")";
        Tester::new(&RULE)
            .upgrade(&format!(
                "import contextlib\nwith op.get_context().autocommit_block():\n    {with}\nop.drop_column('t', 'a')"
            ))
            .ok();
    }

    #[test]
    fn repeatable_alone_or_in_the_transaction() {
        block("op.execute(\"ALTER TYPE e ADD VALUE IF NOT EXISTS 'x'\")\nop.drop_column('t', 'a')").ok();
        block("op.execute(\"ALTER TYPE e ADD VALUE 'x'\")").ok();
        Tester::new(&RULE)
            .upgrade("op.execute(\"ALTER TYPE e ADD VALUE 'x'\")\nop.drop_column('t', 'a')")
            .ok();
    }
}

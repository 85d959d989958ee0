//! `enum-value-without-position`: a new enum value goes to the end, where it may not belong.

use crate::operation::{Change, Name, Operation, Statement};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds `ALTER TYPE .. ADD VALUE` without `BEFORE` or `AFTER` in `upgrade`. On PostgreSQL.
    ///
    /// ## Why is this bad?
    /// Without a position the value comes last, and `ORDER BY` and comparisons follow that order. It cannot be moved later: the type
    /// has to be made anew, and with it every table that uses it rewritten.
    ///
    /// ## Example
    /// ```python bad
    /// op.execute("ALTER TYPE priority ADD VALUE 'medium'")
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.execute("ALTER TYPE priority ADD VALUE 'medium' AFTER 'low'")
    /// ```
    ///
    /// ## References
    /// - squawk: `require-enum-value-ordering`
    /// - [PostgreSQL: ALTER TYPE](https://www.postgresql.org/docs/current/sql-altertype.html)
    "enum-value-without-position", Locking, Info,
    preset: All, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    context.on_postgresql(
        |operation| added(operation).is_some(),
        |operation, _| {
            let Some((type_, value)) = added(operation) else { return };
            if operation.says("before") || operation.says("after") {
                return;
            }
            sink.report(
                operation.span,
                format!(
                    "{} puts value {} behind all others of {}",
                    operation.subject(),
                    value.quoted_or("whose name is not known"),
                    type_.quoted_or("an enum type")
                ),
            )
            .call_sites(&operation.call_sites)
            .help("say where it belongs: `BEFORE` or `AFTER` another value");
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

    #[test]
    fn with_and_without() {
        let sql = |sql: &str| Tester::new(&RULE).upgrade(&format!("op.execute(\"{sql}\")"));
        sql("ALTER TYPE e ADD VALUE 'x'").finds(&["this SQL puts value `x` behind all others of `e`"]);
        sql("ALTER TYPE e ADD VALUE 'x' BEFORE 'y'").ok();
        sql("ALTER TYPE e ADD VALUE IF NOT EXISTS 'x' AFTER 'y'").ok();
    }
}

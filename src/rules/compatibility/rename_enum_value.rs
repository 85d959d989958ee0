//! `rename-enum-value`: code that still runs writes a label that is not there any more.

use crate::operation::{Change, Statement};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds labels of enum types that are renamed.
    ///
    /// ## Why is this bad?
    /// The rename is instant and shows in every row. Code that still runs writes the old label, which fails, and does not know
    /// the new one when it reads a row:
    /// ```text
    /// invalid input value for enum state: "open"
    /// LookupError: 'opened' is not among the defined enum values
    /// ```
    ///
    /// ## Example
    /// ```python bad
    /// op.execute("ALTER TYPE state RENAME VALUE 'open' TO 'opened'")
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// with op.get_context().autocommit_block():
    ///     op.execute("ALTER TYPE state ADD VALUE IF NOT EXISTS 'opened' AFTER 'open'")
    /// ```
    /// Deploy code that reads both and writes the new one, then change the rows. The old label stays: PostgreSQL cannot drop it.
    ///
    /// ## References
    /// - `strong_migrations`: renaming an enum value
    /// - [PostgreSQL: ALTER TYPE](https://www.postgresql.org/docs/current/sql-altertype.html)
    "rename-enum-value", Compatibility, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let Some(upgrade) = context.revision.upgrade_on_dialect() else { return };
    for operation in &upgrade.operations {
        let Change::Execute(execute) = &operation.change else { continue };
        let Statement::RenameEnumValue { name, from, to } = &execute.statement else { continue };
        sink.report(
            operation.span,
            format!(
                "{} renames the label {} of {} to {}: code that still runs writes the old one, and fails",
                operation.subject(),
                from.quoted_or("that is not known"),
                name.quoted_or("an enum type"),
                to.quoted_or("another")
            ),
        )
        .call_sites(&operation.call_sites)
        .help("add the new label, deploy code that knows both, then change the rows");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    #[test]
    fn a_renamed_label() {
        Tester::new(&RULE)
            .upgrade("op.execute(\"ALTER TYPE state RENAME VALUE 'a' TO 'b'\")")
            .finds(&["this SQL renames the label `a` of `state` to `b`"]);
        Tester::new(&RULE).upgrade("op.execute(\"ALTER TYPE state ADD VALUE 'b'\")").ok();
    }
}

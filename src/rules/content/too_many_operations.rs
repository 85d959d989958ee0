//! `too-many-operations`: a revision that nobody reads to its end.

use crate::operation::TableName;
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds revisions with more than thirty operations, or on more than ten tables; the first revision of a history may have any number.
    ///
    /// ## Why is this bad?
    /// Nobody reviews it well, all locks are held until its last statement is done, and when that fails the whole of it has to be done again.
    ///
    /// ## Example
    /// ```python bad
    /// for number in range(40):
    ///     op.create_index(f"by_{number}", "invoice", [f"field_{number}"])
    /// ```
    ///
    /// ## Use instead
    /// Several revisions, each with what belongs together.
    ///
    /// ## References
    /// - `alembic-lint split`
    "too-many-operations", Content, Info,
    preset: All, fix: None, since: "0.1.0",
    check: Revision(check),
}

/// As many are read at a time.
const OPERATIONS: usize = 30;
/// As many tables are kept in mind.
const TABLES: usize = 10;

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let Some(upgrade) = context.revision.upgrade_on_dialect().filter(|_| !context.revision.is_base()) else {
        return;
    };
    let mut tables: Vec<&TableName> = Vec::new();
    for operation in &upgrade.operations {
        if let Some(table) = operation.target().filter(|table| !tables.contains(table)) {
            tables.push(table);
        }
    }
    let count = upgrade.operations.len();
    if count <= OPERATIONS && tables.len() <= TABLES {
        return;
    }
    sink.report(upgrade.span, format!("{count} operations on {} tables in one revision", tables.len()))
        .help("write several revisions, each with what belongs together");
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    #[test]
    fn many() {
        let upgrade = |body: &str| Tester::new(&RULE).upgrade(body);
        upgrade("for n in range(31):\n    op.drop_column('t', f'a{n}')")
            .finds(&["31 operations on 1 tables"]);
        upgrade("for n in range(11):\n    op.drop_table(f't{n}')").finds(&["11 operations on 11 tables"]);
        upgrade("for n in range(10):\n    op.drop_table(f't{n}')").ok();
    }
}

//! `wide-index`: an index of many columns, of which queries use the first ones.

use crate::operation::Change;
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds indexes over more than three columns that are not unique.
    ///
    /// ## Why is this bad?
    /// Queries rarely use more than the first columns; each further one makes the index larger and every write slower.
    ///
    /// ## Example
    /// ```python bad
    /// op.create_index("by_all", "invoice", ["customer", "day", "state", "total"])
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.create_index("by_customer", "invoice", ["customer", "day"])
    /// ```
    ///
    /// ## References
    /// - `strong_migrations`: adding an index with more than three columns
    "wide-index", Style, Info,
    preset: All, fix: None, since: "0.1.0",
    check: Revision(check),
}

/// More columns than that are rarely used.
const MOST: usize = 3;

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let Some(upgrade) = context.revision.upgrade_on_dialect() else { return };
    for operation in &upgrade.operations {
        let Change::CreateIndex(create) = &operation.change else { continue };
        let Some(columns) = create.columns.as_ref().filter(|columns| !create.unique && columns.len() > MOST)
        else {
            continue;
        };
        sink.report(
            operation.span,
            format!(
                "{} makes an index over {} columns of {}",
                operation.subject(),
                columns.len(),
                create.table.quoted()
            ),
        )
        .call_sites(&operation.call_sites)
        .help("keep the columns that queries look for first");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    #[test]
    fn more_than_three() {
        let upgrade = |body: &str| Tester::new(&RULE).upgrade(body);
        upgrade("op.create_index('i', 't', ['a', 'b', 'c', 'd'])").finds(&["an index over 4 columns of `t`"]);
        upgrade("op.create_index('i', 't', ['a', 'b', 'c'])").ok();
        upgrade("op.create_index('i', 't', ['a', 'b', 'c', 'd'], unique=True)").ok();
    }
}

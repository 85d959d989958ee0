//! `drop-sequence`: a counter goes, and what it has counted.

use crate::operation::{Change, Statement};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds sequences that `upgrade` drops and did not make: `sa.Sequence(..).drop(bind)`, `DROP SEQUENCE`.
    ///
    /// ## Why is this bad?
    /// Code that still runs and asks it for a number fails. Where it comes back it counts from one, and gives out numbers that rows
    /// already have.
    ///
    /// ## Example
    /// ```python bad
    /// op.execute("DROP SEQUENCE invoice_number")
    /// ```
    ///
    /// ## Use instead
    /// Drop it when no code asks it any more, and approve: `# alembic-lint: allow[drop-sequence] -- invoices count by year now`.
    ///
    /// ## References
    /// - squawk: `ban-drop-sequence`
    "drop-sequence", Destructive, Warning,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let Some(upgrade) = context.revision.upgrade_on_dialect() else { return };
    let mut made = Vec::new();
    for operation in &upgrade.operations {
        let Change::Execute(execute) = &operation.change else { continue };
        match &execute.statement {
            Statement::CreateSequence { name } => made.push(name),
            Statement::DropSequence { name } if !made.contains(&name) => {
                sink.report(
                    operation.span,
                    format!(
                        "{} drops the sequence {} and what it has counted",
                        operation.subject(),
                        name.quoted_or("whose name only running the revision would tell")
                    ),
                )
                .call_sites(&operation.call_sites)
                .help("when no code asks it any more, approve: `# alembic-lint: allow[drop-sequence] -- <reason>`");
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    #[test]
    fn every_spelling() {
        let upgrade = |body: &str| Tester::new(&RULE).upgrade(body);
        upgrade("sa.Sequence('n').drop(op.get_bind())").finds(&["drops the sequence `n`"]);
        upgrade("op.execute('DROP SEQUENCE a, b')").finds(&["`a`", "`b`"]);
        upgrade("op.execute('CREATE SEQUENCE a')\nop.execute('DROP SEQUENCE a')").ok();
    }
}

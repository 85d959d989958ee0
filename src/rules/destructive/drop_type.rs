//! `drop-type`: a type of the database goes.

use crate::operation::{Change, Name, Operation, Statement};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds types that `upgrade` drops and neither made nor renamed: `sa.Enum(..).drop(bind)`, `DROP TYPE`.
    ///
    /// ## Why is this bad?
    /// Code that still runs and casts to the type fails. Where a column of the type is left, the statement fails; with `CASCADE` the
    /// column goes as well.
    ///
    /// ## Example
    /// ```python bad
    /// sa.Enum("open", "paid", name="state").drop(op.get_bind(), checkfirst=True)
    /// ```
    ///
    /// ## Use instead
    /// Drop it in a revision after the one that dropped its last column, when no code knows it any more, and approve:
    /// `# alembic-lint: allow[drop-type] -- last used in 4.1`.
    ///
    /// ## References
    /// - squawk: `ban-drop-type`
    "drop-type", Destructive, Warning,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let Some(upgrade) = context.revision.upgrade_on_dialect() else { return };
    let mut made = Vec::new();
    let later = |from: usize, name: &Name| {
        let statements = upgrade.operations.iter().skip(from + 1).filter_map(Operation::statement);
        statements.filter(|statement| !name.is_unknown() && is_made(statement, name)).count() > 0
    };
    for (at, operation) in upgrade.operations.iter().enumerate() {
        let Change::Execute(execute) = &operation.change else { continue };
        match &execute.statement {
            Statement::CreateType { name, .. } => made.push(name),
            // Another one takes its place: `ALTER TYPE .. RENAME TO`, `CREATE TYPE`, `DROP TYPE`.
            Statement::RenameType { to, .. } => made.push(to),
            // Rebuilt under its name: columns of it cannot exist in between, unless CASCADE drops them.
            Statement::DropType { name, cascade: false } if later(at, name) => {}
            Statement::DropType { name, cascade } if !made.contains(&name) => {
                let more = if *cascade { " and every column of it (CASCADE)" } else { "" };
                sink.report(
                    operation.span,
                    format!(
                        "{} drops the type {}{more}",
                        operation.subject(),
                        name.quoted_or("whose name only running the revision would tell")
                    ),
                )
                .call_sites(&operation.call_sites)
                .help("when no code that runs knows it any more, approve: `# alembic-lint: allow[drop-type] -- <reason>`");
            }
            _ => {}
        }
    }
}

/// Whether a statement makes a type of this name, or gives another one the name.
fn is_made(statement: &Statement, wanted: &Name) -> bool {
    match statement {
        Statement::CreateType { name, .. } => name == wanted,
        Statement::RenameType { to, .. } => to == wanted,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    fn upgrade(body: &str) -> Tester {
        Tester::new(&RULE).upgrade(body)
    }

    #[test]
    fn every_spelling() {
        upgrade("sa.Enum(name='state').drop(op.get_bind())")
            .finds(&["this call of `drop` drops the type `state`"]);
        upgrade("op.execute('DROP TYPE state CASCADE')").finds(&["`state` and every column of it"]);
    }

    #[test]
    fn a_type_that_is_rebuilt_under_its_name() {
        let drop = "op.execute('DROP TYPE state')";
        upgrade(&format!("{drop}\nsa.Enum('a', name='state').create(op.get_bind())")).ok();
        upgrade(&format!("op.execute(\"CREATE TYPE state_new AS ENUM ('a')\")\n{drop}\nop.execute('ALTER TYPE state_new RENAME TO state')")).ok();
        upgrade(&format!("{drop}\nop.execute(\"CREATE TYPE other AS ENUM ('a')\")")).finds(&["`state`"]);
        upgrade("op.execute('DROP TYPE state CASCADE')\nop.execute(\"CREATE TYPE state AS ENUM ('a')\")")
            .finds(&["every column of it"]);
    }

    #[test]
    fn what_it_made_and_what_downgrades_drop() {
        upgrade("op.execute(\"CREATE TYPE a AS ENUM ('x')\")\nop.execute('DROP TYPE a')").ok();
        upgrade("op.execute('ALTER TYPE a RENAME TO b')\nop.execute('DROP TYPE b')").ok();
        upgrade("pass").downgrade("op.execute('DROP TYPE a')").ok();
    }
}

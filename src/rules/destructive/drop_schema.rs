//! `drop-schema`: a schema or a database is dropped with what it holds.

use crate::operation::{Operation, Statement};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds `DROP SCHEMA` and `DROP DATABASE` in `upgrade`. A schema that the same upgrade made is left alone.
    ///
    /// ## Why is this bad?
    /// With `CASCADE`, and on MySQL always, every table of the schema goes with it. `downgrade` can make an
    /// empty schema at best. A database can hold what other applications own.
    ///
    /// ## Example
    /// ```python bad
    /// op.execute("DROP SCHEMA reporting CASCADE")
    /// ```
    ///
    /// ## Use instead
    /// Drop the tables one by one, so that a reviewer sees each of them, then the empty schema with an
    /// approval:
    /// ```python
    /// op.drop_table("daily", schema="reporting")
    /// op.execute("DROP SCHEMA reporting")
    /// ```
    ///
    /// ## References
    /// - squawk: `ban-drop-database`
    /// - Atlas: DS101
    "drop-schema", Destructive, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let Some(upgrade) = &context.revision.upgrade else { return };
    upgrade.walk_picked(dropping, |operation, statement, created| {
        let loss = match statement {
            Statement::DropSchema { name, .. } if created.has_schema(name) => return,
            Statement::DropSchema { name, cascade } => {
                let schema = name.quoted_or("a schema whose name only running the revision would tell");
                let more = if *cascade { " and everything in it (CASCADE)" } else { "" };
                format!("the schema {schema}{more}")
            }
            Statement::DropDatabase { name } => {
                let database = name.quoted_or("whose name only running the revision would tell");
                format!("the database {database} and everything in it")
            }
            _ => return,
        };
        sink.report(operation.span, format!("{} deletes {loss}", operation.subject()))
            .call_sites(&operation.call_sites)
            .help(
                "drop its tables one by one in view of the reviewer, keep a copy, and approve: \
                 `# alembic-lint: allow[drop-schema] -- <reason>`",
            );
    });
}

fn dropping(operation: &Operation) -> Option<&Statement> {
    let drops = |statement: &&Statement| {
        matches!(statement, Statement::DropSchema { .. } | Statement::DropDatabase { .. })
    };
    operation.statement().filter(drops)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    fn upgrade(body: &str) -> Tester {
        Tester::new(&RULE).upgrade(body)
    }

    #[test]
    fn schemas() {
        upgrade("op.execute('DROP SCHEMA IF EXISTS a CASCADE')")
            .finds(&["the schema `a` and everything in it"]);
        upgrade("op.execute('DROP SCHEMA a')").finds(&["deletes the schema `a`"]);
    }

    #[test]
    fn databases() {
        upgrade("op.execute('DROP DATABASE shop')").finds(&["the database `shop` and everything in it"]);
    }

    #[test]
    fn a_schema_of_the_same_upgrade() {
        upgrade("op.execute('CREATE SCHEMA a')\nop.execute('DROP SCHEMA a')").ok();
        upgrade("op.execute('CREATE SCHEMA IF NOT EXISTS a')\nop.execute('DROP SCHEMA a')").finds(&["`a`"]);
    }

    #[test]
    fn downgrade_is_not_judged() {
        upgrade("op.execute('CREATE SCHEMA a')").downgrade("op.execute('DROP SCHEMA a')").ok();
    }
}

//! `create-extension`: something that not every role may do, and not every server has.

use crate::operation::{Change, Statement};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds `CREATE EXTENSION`. On PostgreSQL.
    ///
    /// ## Why is this bad?
    /// Most extensions can be made by a superuser only, and code of an extension runs inside the server. The role that runs migrations should not be one:
    /// ```text
    /// permission denied to create extension "postgis"
    /// HINT:  Must be superuser to create this extension.
    /// ```
    ///
    /// ## Example
    /// ```python bad
    /// op.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    /// ```
    ///
    /// ## Use instead
    /// Have it made where the database is made, and say so in the revision that needs it; or approve:
    /// `# alembic-lint: allow[create-extension] -- pg_trgm is trusted`.
    ///
    /// ## References
    /// - [PostgreSQL: CREATE EXTENSION](https://www.postgresql.org/docs/current/sql-createextension.html)
    "create-extension", Security, Warning,
    preset: Strict, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let is_extension = |change: &Change| match change {
        Change::Execute(execute) => {
            matches!(&execute.statement, Statement::Other { verb } if &**verb == "CREATE EXTENSION")
        }
        _ => false,
    };
    context.on_postgresql(
        |operation| is_extension(&operation.change),
        |operation, _| {
            sink.report(operation.span, "most extensions can be made by a superuser only")
                .call_sites(&operation.call_sites)
                .help("make it where the database is made; or approve: `# alembic-lint: allow[create-extension] -- <reason>`");
        },
    );
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    #[test]
    fn extensions() {
        let sql = |sql: &str| Tester::new(&RULE).upgrade(&format!("op.execute('{sql}')"));
        sql("CREATE EXTENSION IF NOT EXISTS citext").finds(&["most extensions"]);
        sql("DROP EXTENSION citext").ok();
    }
}

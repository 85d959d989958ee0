//! `superuser-role`: a role that no rule of the database binds.

use crate::operation::Operation;
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds roles that are made superusers or may pass by row level security: `CREATE ROLE .. SUPERUSER`, `BYPASSRLS`. On
    /// PostgreSQL.
    ///
    /// ## Why is this bad?
    /// No right and no policy binds a superuser; it reads files of the server and runs programs there (`COPY .. FROM PROGRAM`).
    /// Whoever gets hold of its password has the machine.
    ///
    /// ## Example
    /// ```python bad
    /// op.execute("CREATE ROLE importer LOGIN SUPERUSER")
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.execute("CREATE ROLE importer LOGIN")
    /// op.execute("GRANT INSERT ON invoice TO importer")
    /// ```
    ///
    /// ## References
    /// - [PostgreSQL: role attributes](https://www.postgresql.org/docs/current/role-attributes.html)
    "superuser-role", Security, Warning,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    context.on_postgresql(
        |operation| attribute(operation).is_some(),
        |operation, _| {
            let Some(attribute) = attribute(operation) else { return };
            sink.report(
                operation.span,
                format!("this SQL gives a role `{attribute}`: rights or policies do not bind it then"),
            )
            .call_sites(&operation.call_sites)
            .help("grant the role what it needs, and no more");
        },
    );
}

fn attribute(operation: &Operation) -> Option<&'static str> {
    operation.sql()?;
    let attributes = [("superuser", "SUPERUSER"), ("bypassrls", "BYPASSRLS")];
    let (_, shown) = attributes.into_iter().find(|(word, _)| operation.says(word))?;
    let statements = ["create role", "alter role", "create user", "alter user"];
    statements.iter().any(|words| operation.says(words)).then_some(shown)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    #[test]
    fn roles() {
        let sql = |sql: &str| Tester::new(&RULE).upgrade(&format!("op.execute('{sql}')"));
        sql("CREATE ROLE a LOGIN SUPERUSER").finds(&["this SQL gives a role `SUPERUSER`"]);
        sql("ALTER USER a BYPASSRLS").finds(&["`BYPASSRLS`"]);
        sql("CREATE ROLE a NOSUPERUSER").ok();
        sql("CREATE ROLE a LOGIN").ok();
    }
}

//! `search-path-change`: all that runs afterwards works in another schema.

use crate::operation::{Change, Statement};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds `SET search_path` without `LOCAL`. On PostgreSQL.
    ///
    /// ## Why is this bad?
    /// It holds for the connection: the revisions that run after it make their tables in that schema, and Alembic looks there for
    /// `alembic_version`, which it then does not find any more:
    /// ```text
    /// relation "alembic_version" does not exist
    /// ```
    ///
    /// ## Example
    /// ```python bad
    /// op.execute("SET search_path TO billing")
    /// op.create_table("invoice", sa.Column("id", sa.Integer(), primary_key=True))
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.create_table("invoice", sa.Column("id", sa.Integer(), primary_key=True), schema="billing")
    /// ```
    ///
    /// ## References
    /// - [PostgreSQL: SET](https://www.postgresql.org/docs/current/sql-set.html)
    "search-path-change", Sql, Warning,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let is_change = |change: &Change| match change {
        Change::Execute(execute) => matches!(
            &execute.statement,
            Statement::Set { name, local: false } if name.known() == Some("search_path")
        ),
        _ => false,
    };
    context.on_postgresql(
        |operation| is_change(&operation.change) && !operation.first_word("reset"),
        |operation, _| {
            sink.report(
                operation.span,
                "`search_path` stays changed for all revisions that run after this one, and for `alembic_version`",
            )
            .call_sites(&operation.call_sites)
            .help("name the schema: `schema=\"..\"`; or write `SET LOCAL search_path`, and set it back at the end");
        },
    );
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    #[test]
    fn for_the_connection_or_not() {
        let upgrade = |body: &str| Tester::new(&RULE).upgrade(body);
        upgrade("op.execute('SET search_path TO a')").finds(&["`search_path` stays changed"]);
        upgrade("op.execute('SET SESSION search_path = a, public')").finds(&["`search_path`"]);
        upgrade("op.execute('SET LOCAL search_path TO a')").ok();
        upgrade("op.execute('RESET search_path')").ok();
        upgrade("op.execute('SET lock_timeout = 1')").ok();
    }
}

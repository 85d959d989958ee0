//! `nulls-distinct-unsupported`: a clause of PostgreSQL 15 for a server that is older.

use crate::diagnostic::{Edit, Fix};
use crate::fix::CallText;
use crate::operation::{Argument, Change, Operation, Options};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds `postgresql_nulls_not_distinct=`, and `NULLS NOT DISTINCT` in SQL, in `upgrade` and `downgrade`, where `database-version`
    /// is a PostgreSQL before 15.
    ///
    /// ## Why is this bad?
    /// PostgreSQL has known the clause since 15; before, the statement fails:
    /// ```text
    /// syntax error at or near "NULLS"
    /// ```
    /// Autogenerate writes `postgresql_nulls_not_distinct=False` wherever it brings a unique constraint or index back that is in the
    /// database, whatever the server, and SQLAlchemy 2.1 makes `NULLS DISTINCT` of it.
    ///
    /// ## Example
    /// ```python bad database-version=14
    /// op.create_unique_constraint("user_email_key", "user", ["email"], postgresql_nulls_not_distinct=False)
    /// ```
    ///
    /// ## Use instead
    /// ```python good database-version=14
    /// op.create_unique_constraint("user_email_key", "user", ["email"])
    /// ```
    ///
    /// ## Fix safety
    /// Safe: `False` says what holds without it. What `True` asks for, a server before 15 does not have.
    ///
    /// ## References
    /// - [PostgreSQL 15: CREATE TABLE, `NULLS NOT DISTINCT`](https://www.postgresql.org/docs/15/sql-createtable.html)
    /// - [SQLAlchemy: `NULLS NOT DISTINCT`](https://docs.sqlalchemy.org/en/21/dialects/postgresql.html)
    "nulls-distinct-unsupported", Content, Error,
    preset: Recommended, fix: Sometimes, since: "0.1.0",
    check: Revision(check),
}

/// The keyword that SQLAlchemy has for it.
const KEYWORD: &str = "postgresql_nulls_not_distinct";

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    // A version that is assumed is no reason to say that something fails.
    let is_said = context.settings.database_version.is_some();
    if !is_said || !context.server.is_postgresql() || context.server.is_postgresql_from(15) {
        return;
    }
    let revision = context.revision;
    let bodies = [revision.upgrade_on_dialect(), revision.downgrade_on_dialect()];
    for operation in bodies.into_iter().flatten().flat_map(|body| &body.operations) {
        let values = values(&operation.change);
        if values.is_empty() {
            continue;
        }
        let is_default = values.iter().all(|value| **value == Argument::Bool(false));
        let help = if is_default {
            format!("leave `{KEYWORD}=False` out: it says what holds without it")
        } else {
            "a unique index on an expression such as `coalesce(..)` takes NULLs for equal on older servers"
                .to_owned()
        };
        let report = sink
            .report(
                operation.span,
                format!(
                    "{} fails on {}: it has no `NULLS DISTINCT` and no `NULLS NOT DISTINCT`",
                    operation.subject(),
                    context.server
                ),
            )
            .call_sites(&operation.call_sites)
            .help(help);
        if let Some(edits) = without_keyword(context, operation).filter(|_| is_default) {
            report.fix(Fix::safe(format!("leave `{KEYWORD}=False` out"), edits));
        }
    }
}

/// What is said of NULLs, for each constraint and index that an operation makes.
fn values(change: &Change) -> Vec<&Argument> {
    match change {
        Change::CreateConstraint(create) => said(&create.constraint.options).into_iter().collect(),
        Change::CreateIndex(create) => said(&create.options).into_iter().collect(),
        Change::CreateTable(create) => {
            let constraints = create.constraints.iter().filter_map(|constraint| said(&constraint.options));
            constraints.chain(create.indexes.iter().filter_map(|index| said(&index.options))).collect()
        }
        _ => Vec::new(),
    }
}

fn said(options: &Options) -> Option<&Argument> {
    options.iter().find(|(key, _)| &**key == KEYWORD).map(|(_, value)| value)
}

/// The edits that take the keyword out of a call and of those inside it.
fn without_keyword(context: &RevisionContext<'_>, operation: &Operation) -> Option<Vec<Edit>> {
    if operation.is_raw_sql() || !operation.call_sites.is_empty() {
        return None;
    }
    let call = CallText::new(context.text(), operation.span)?;
    let calls = std::iter::once(call).chain(call.inner_calls());
    let edits: Vec<Edit> =
        calls.filter_map(|call| Some(call.take_argument(usize::MAX, KEYWORD)?.1)).collect();
    (!edits.is_empty()).then_some(edits)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::config::Settings;
    use crate::testing::Tester;

    const ADD: &str = "op.create_unique_constraint('uq', 't', ['a'], postgresql_nulls_not_distinct=False)";

    fn on(version: &str, upgrade: &str) -> Tester {
        let settings = Settings { database_version: Some(version.to_owned()), ..Settings::default() };
        Tester::new(&RULE).settings(settings).upgrade(upgrade)
    }

    #[test]
    fn what_autogenerate_writes_is_left_out() {
        on("14", ADD)
            .finds(&["`op.create_unique_constraint` fails on PostgreSQL 14"])
            .fixes(", postgresql_nulls_not_distinct=False", "");
        on("14", "op.create_table('t', sa.Column('a', sa.Integer()), sa.UniqueConstraint('a', name='uq', postgresql_nulls_not_distinct=False))")
            .finds(&["`op.create_table` fails"])
            .fixes(", postgresql_nulls_not_distinct=False", "");
        on("13", "op.create_index('ix', 't', ['a'], unique=True, postgresql_nulls_not_distinct=False)")
            .finds(&["`op.create_index` fails"])
            .fixes(", postgresql_nulls_not_distinct=False", "");
        on("14", "pass").downgrade(ADD).finds(&["fails"]).fixes(", postgresql_nulls_not_distinct=False", "");
    }

    #[test]
    fn what_is_asked_for_is_said_only() {
        on("14", &ADD.replace("False", "True")).finds(&["fails on PostgreSQL 14"]).without_fix();
        on("14", "op.execute('CREATE UNIQUE INDEX ix ON t (a) NULLS NOT DISTINCT')")
            .finds(&["this SQL fails"])
            .without_fix();
    }

    #[test]
    fn servers_that_have_it() {
        on("15", ADD).ok();
        on("18", ADD).ok();
        Tester::new(&RULE).upgrade(ADD).ok();
        on("14", "op.create_unique_constraint('uq', 't', ['a'])").ok();
    }
}

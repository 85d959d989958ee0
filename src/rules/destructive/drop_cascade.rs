//! `drop-cascade`: SQL drops more than it names.

use crate::operation::{Change, Operation, Statement};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds SQL that drops something with `CASCADE`, in PostgreSQL's sense: with everything that depends on it.
    ///
    /// ## Why is this bad?
    /// What goes along is not in the revision: foreign keys of other tables, views, columns whose type it is, functions. Which ones
    /// depends on the database, so that production may lose more than the test database did. PostgreSQL says it only in
    /// notices, which Alembic does not show:
    /// ```text
    /// NOTICE:  drop cascades to 2 other objects
    /// ```
    /// `downgrade` cannot bring back what nobody wrote down.
    ///
    /// ## Example
    /// ```python bad
    /// op.execute('DROP TABLE "user" CASCADE')
    /// ```
    ///
    /// ## Use instead
    /// Drop by name what depends on it; without `CASCADE` PostgreSQL refuses and lists what was forgotten.
    /// ```python good
    /// op.drop_constraint("order_user_id_fkey", "order", type_="foreignkey")
    /// op.drop_table("user")
    /// ```
    ///
    /// ## References
    /// - [PostgreSQL: dependency tracking](https://www.postgresql.org/docs/current/ddl-depend.html)
    /// - pg-migration-lint: PGM202, PGM205
    /// - pgfence: `drop-schema-cascade`
    "drop-cascade", Destructive, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    if !context.server.is_postgresql() {
        return;
    }
    let Some(upgrade) = context.revision.upgrade_on_dialect() else { return };
    for operation in &upgrade.operations {
        let Some(what) = dropped(operation) else { continue };
        sink.report(
            operation.span,
            format!(
                "{} drops {what} with all that depends on it, which the revision does not name",
                operation.subject()
            ),
        )
        .call_sites(&operation.call_sites)
        .help("leave CASCADE out: PostgreSQL then lists what depends on it; drop that by name first");
    }
}

/// What is dropped with `CASCADE`.
fn dropped(operation: &Operation) -> Option<String> {
    let named = |kind: &str, name: Option<&str>| match name {
        Some(name) => format!("{kind} `{name}`"),
        None => format!("a {kind}"),
    };
    match &operation.change {
        Change::DropTable(drop) if drop.cascade => Some(drop.table.quoted()),
        Change::DropColumn(drop) if drop.cascade => Some(drop.table.quoted_column(&drop.column)),
        Change::DropIndex(drop) if drop.cascade => Some(named("index", drop.name.known())),
        Change::DropConstraint(drop) if drop.cascade => Some(named("constraint", drop.name.known())),
        Change::Execute(execute) => match &execute.statement {
            Statement::DropSchema { name, cascade: true } => Some(named("schema", name.known())),
            Statement::DropType { name, cascade: true } => Some(named("type", name.known())),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::config::Settings;
    use crate::operation::Dialect;
    use crate::testing::Tester;

    fn upgrade(body: &str) -> Tester {
        Tester::new(&RULE).upgrade(body)
    }

    #[test]
    fn everything_that_can_be_dropped_so() {
        upgrade("op.execute('DROP TABLE a CASCADE')")
            .finds(&["this SQL drops `a` with all that depends on it"]);
        upgrade("op.execute('ALTER TABLE a DROP COLUMN b CASCADE')").finds(&["drops `a.b`"]);
        upgrade("op.execute('ALTER TABLE a DROP CONSTRAINT c CASCADE')").finds(&["constraint `c`"]);
        upgrade("op.execute('DROP TYPE st CASCADE')").finds(&["type `st`"]);
        upgrade("op.execute('DROP SCHEMA s CASCADE')").finds(&["schema `s`"]);
        upgrade("op.execute('DROP INDEX i CASCADE')").finds(&["index `i`"]);
    }

    #[test]
    fn nothing_goes_along() {
        upgrade("op.execute('DROP TABLE a')").ok();
        upgrade("op.drop_table('a')").ok();
        let mysql = Settings { dialect: Some(Dialect::Mysql), ..Settings::default() };
        upgrade("op.execute('DROP TABLE a CASCADE')").settings(mysql).ok();
    }
}

//! `downgrade-add-not-null-without-default`: a way back that only empty tables allow.

use crate::operation::{Change, Statement, TableName};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};
use crate::server::Filling;

declare_rule! {
    /// ## What it does
    /// Finds columns that `downgrade` brings back as NOT NULL and without a default. Not on MySQL and MariaDB, which fill in a value.
    ///
    /// ## Why is this bad?
    /// A rollback is needed when something has gone wrong, on a database with rows. Then it fails:
    /// ```text
    /// psycopg2.errors.NotNullViolation: column "age" of relation "user" contains null values
    /// sqlite3.OperationalError: Cannot add a NOT NULL column with default value NULL
    /// ```
    ///
    /// ## Example
    /// ```python bad
    /// def upgrade():
    ///     op.drop_column("user", "age")
    ///
    ///
    /// def downgrade():
    ///     op.add_column("user", sa.Column("age", sa.Integer(), nullable=False))
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// def upgrade():
    ///     op.drop_column("user", "age")
    ///
    ///
    /// def downgrade():
    ///     op.add_column("user", sa.Column("age", sa.Integer(), server_default="0", nullable=False))
    ///     op.alter_column("user", "age", server_default=None)
    /// ```
    /// Where no value is right, say so: `raise NotImplementedError("the ages are gone")`.
    ///
    /// ## References
    /// - `add-not-null-column-without-default` for upgrades
    "downgrade-add-not-null-without-default", Downgrade, Warning,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let Some(downgrade) = context.revision.downgrade_on_dialect().filter(|_| !context.server.is_mysql_like())
    else {
        return;
    };
    let mut emptied: Vec<&TableName> = Vec::new();
    downgrade.walk(|operation, created| {
        let add = match &operation.change {
            Change::AddColumn(add) => add,
            Change::Execute(execute) => {
                if let Statement::Delete { table, has_where: false } | Statement::Truncate { table, .. } =
                    &execute.statement
                {
                    emptied.push(table);
                }
                return;
            }
            _ => return,
        };
        let is_required = add.column.nullable == Some(false) && add.column.complete;
        let is_filled = || Filling::of(&add.column, operation.is_raw_sql(), context.server) != Filling::Null;
        if !is_required || created.has_table(&add.table) || emptied.contains(&&add.table) || is_filled() {
            return;
        }
        sink.report(
            operation.span,
            format!(
                "{} brings {} back as NOT NULL without a default: it fails where {} has a row",
                operation.subject(),
                add.table.quoted_column(&add.column.name),
                add.table.quoted()
            ),
        )
        .call_sites(&operation.call_sites)
        .help("give it a `server_default`, or bring it back as nullable");
    });
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::config::Settings;
    use crate::operation::Dialect;
    use crate::testing::Tester;

    fn downgrade(body: &str) -> Tester {
        Tester::new(&RULE).upgrade("pass").downgrade(body)
    }

    const ADD: &str = "op.add_column('t', sa.Column('a', sa.Integer(), nullable=False))";

    #[test]
    fn rows_have_no_value() {
        downgrade(ADD)
            .finds(&["`op.add_column` brings `t.a` back as NOT NULL without a default: it fails where `t`"]);
    }

    #[test]
    fn rows_get_one_or_there_are_none() {
        downgrade("op.add_column('t', sa.Column('a', sa.Integer()))").ok();
        downgrade("op.add_column('t', sa.Column('a', sa.Integer(), server_default='1', nullable=False))")
            .ok();
        downgrade(&format!("op.create_table('t', sa.Column('b', sa.Integer()))\n{ADD}")).ok();
        downgrade(&format!("op.execute('DELETE FROM t')\n{ADD}")).ok();
        let mysql = Settings { dialect: Some(Dialect::Mysql), ..Settings::default() };
        downgrade(ADD).settings(mysql).ok();
        Tester::new(&RULE).upgrade(ADD).ok();
    }
}

//! `add-not-null-column-without-default`: a NOT NULL column is added and nothing says what rows that are there hold.

use crate::operation::{AddColumn, Change, Dialect, Name, Operation, Statement};
use crate::revision::{Body, RevisionContext};
use crate::rule::{Severity, Sink, declare_rule};
use crate::server::Filling;

declare_rule! {
    /// ## What it does
    /// Finds columns that `upgrade` adds as NOT NULL to a table that was there before, without `server_default`, identity or
    /// expression. SQLModel's fields that are not optional give such columns.
    ///
    /// ## Why is this bad?
    /// It works on an empty table, so tests and new databases pass. Where the table has a row, PostgreSQL stops the upgrade with
    /// ```text
    /// column "age" of relation "user" contains null values
    /// ```
    /// and SQLite with
    /// ```text
    /// Cannot add a NOT NULL column with default value NULL
    /// ```
    /// MySQL and MariaDB do not fail: they write `0`, `''` or the like into each row, which nobody asked for. That is a warning.
    ///
    /// ## Example
    /// ```python bad
    /// op.add_column("user", sa.Column("age", sa.Integer(), nullable=False))
    /// ```
    ///
    /// ## Use instead
    /// A default in the database, which PostgreSQL from 11 on and MySQL from 8.0.12 on add without touching the rows:
    /// ```python good
    /// op.add_column("user", sa.Column("age", sa.Integer(), server_default="0", nullable=False))
    /// ```
    /// Where there is no value for all: add the column as nullable, fill it in a revision of its own, then set NOT NULL.
    /// ```python good
    /// op.add_column("user", sa.Column("age", sa.Integer(), nullable=True))
    /// ```
    ///
    /// `alembic-lint split <revision>` writes such a sequence of revisions.
    ///
    /// ## References
    /// - [PostgreSQL: ALTER TABLE](https://www.postgresql.org/docs/current/sql-altertable.html)
    /// - [SQLite: ALTER TABLE ADD COLUMN](https://www.sqlite.org/lang_altertable.html#alter_table_add_column)
    /// - squawk: `adding-required-field`
    /// - django-migration-linter: `NOT_NULL`
    /// - Atlas: MF103, MY101
    "add-not-null-column-without-default", Data, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let Some(upgrade) = context.revision.upgrade_on_dialect() else { return };
    if !upgrade.operations.iter().any(|operation| required(&operation.change).is_some()) {
        return;
    }
    upgrade.walk(|operation, created| {
        let Some(add) = required(&operation.change) else { return };
        let is_filled = Filling::of(&add.column, operation.is_raw_sql(), context.server) != Filling::Null;
        if is_filled || !add.column.complete || created.has_no_rows(&add.table) {
            return;
        }
        let is_mysql = context.server.is_mysql_like();
        // The server writes its own value into each row, which the upgrade then replaces.
        if is_mysql && is_updated_after(upgrade, operation, add) {
            return;
        }
        let column = add.table.quoted_column(&add.column.name);
        let table = add.table.quoted();
        let subject = operation.subject();
        let message = match context.dialect {
            Dialect::Postgresql | Dialect::Sqlite => {
                format!("{subject} adds {column} as NOT NULL without a default: it fails where {table} has a row")
            }
            Dialect::Mysql | Dialect::Mariadb => format!(
                "{subject} adds {column} as NOT NULL without a default: each row of {table} gets `0`, `''` or the like"
            ),
        };
        let report = sink.report(operation.span, message).call_sites(&operation.call_sites).help(
            "give it a `server_default`; or add it as nullable, fill it in a revision of its own, and then set \
             `nullable=False`",
        );
        if is_mysql {
            report.severity(Severity::Warning);
        }
    });
}

/// Whether a later operation of the upgrade gives the column of the rows a value.
fn is_updated_after(upgrade: &Body, added: &Operation, add: &AddColumn) -> bool {
    let after = upgrade.operations.iter().skip_while(|operation| !std::ptr::eq(*operation, added));
    after.filter_map(Operation::statement).any(|statement| match statement {
        Statement::Update { table, columns, .. } => {
            let sets = |columns: &[Name]| columns.contains(&add.column.name);
            table.is_same(&add.table) && columns.as_deref().is_none_or(sets)
        }
        _ => false,
    })
}

/// A column that is added as NOT NULL.
fn required(change: &Change) -> Option<&AddColumn> {
    match change {
        Change::AddColumn(add) if add.column.nullable == Some(false) || add.column.primary_key => Some(add),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::config::Settings;
    use crate::operation::Dialect;
    use crate::rule::Severity;
    use crate::testing::Tester;

    fn upgrade(body: &str) -> Tester {
        Tester::new(&RULE).upgrade(body)
    }

    fn on(dialect: Dialect) -> Settings {
        Settings { dialect: Some(dialect), ..Settings::default() }
    }

    const ADD: &str = "op.add_column('t', sa.Column('a', sa.Integer(), nullable=False))";

    #[test]
    fn every_spelling() {
        upgrade(ADD).finds(&["adds `t.a` as NOT NULL without a default: it fails where `t` has a row"]);
        upgrade("with op.batch_alter_table('t') as b:\n    b.add_column(sa.Column('a', sa.Text(), nullable=False))")
            .finds(&["`batch_op.add_column` adds `t.a`"]);
        upgrade("op.execute('ALTER TABLE t ADD COLUMN a int NOT NULL')").finds(&["this SQL adds `t.a`"]);
        upgrade("op.add_column('t', sa.Column('a', sa.Uuid(), primary_key=True))").finds(&["`t.a`"]);
        upgrade("op.add_column('t', sa.Column('a', sa.Integer(), default=1, nullable=False))")
            .finds(&["`t.a`"]);
    }

    #[test]
    fn rows_get_a_value() {
        for column in [
            "sa.Integer(), server_default='0', nullable=False",
            "sa.Integer(), server_default=sa.text('now()'), nullable=False",
            "sa.Integer(), sa.Identity(), nullable=False",
            "sa.Integer(), sa.Computed('b + 1'), nullable=False",
            "sa.Integer(), nullable=True",
            "sa.Integer()",
            "sa.Integer(), primary_key=True",
        ] {
            upgrade(&format!("op.add_column('t', sa.Column('a', {column}))")).ok();
        }
        upgrade("op.execute('ALTER TABLE t ADD COLUMN a bigserial NOT NULL')").ok();
        upgrade("op.add_column('t', sa.Column('a', sa.Integer(), nullable=False, **more()))").ok();
    }

    #[test]
    fn a_table_of_the_same_upgrade() {
        upgrade(&format!("op.create_table('t', sa.Column('b', sa.Integer()))\n{ADD}")).ok();
    }

    #[test]
    fn a_table_that_was_emptied() {
        for empty in ["DELETE FROM t", "TRUNCATE t", "TRUNCATE TABLE t CASCADE"] {
            upgrade(&format!("op.execute('{empty}')\n{ADD}")).ok();
        }
        upgrade(&format!("t = sa.table('t')\nop.execute(t.delete())\n{ADD}")).ok();
        for other in
            ["DELETE FROM t WHERE b", "DELETE FROM u", "TRUNCATE t\")\nop.execute(\"INSERT INTO t VALUES (1)"]
        {
            upgrade(&format!("op.execute(\"{other}\")\n{ADD}")).finds(&["`t.a`"]);
        }
        upgrade(&format!(
            "if op.get_bind().scalar(sa.text('SELECT 1')):\n    op.execute('TRUNCATE t')\n{ADD}"
        ))
        .finds(&["`t.a`"]);
        upgrade(&format!("op.execute('DELETE FROM t')\nop.execute('COMMIT')\n{ADD}")).finds(&["`t.a`"]);
    }

    #[test]
    fn mysql_fills_the_column_or_the_upgrade_does() {
        let on_mysql = |body: &str| upgrade(body).settings(on(Dialect::Mysql));
        on_mysql(&format!("{ADD}\nop.execute('UPDATE t SET a = b')")).ok();
        on_mysql(&format!("{ADD}\nop.execute('UPDATE t JOIN u ON t.b = u.b SET t.a = u.a')")).ok();
        on_mysql(&format!("{ADD}\nop.execute('UPDATE t SET c = b')")).finds(&["`t.a`"]);
        on_mysql(&format!("op.execute('UPDATE t SET a = b')\n{ADD}")).finds(&["`t.a`"]);
        upgrade(&format!("{ADD}\nop.execute('UPDATE t SET a = b')")).finds(&["`t.a`"]);
        on_mysql("op.execute('ALTER TABLE t ADD COLUMN a INT NOT NULL AUTO_INCREMENT UNIQUE')").ok();
        on_mysql("op.execute('ALTER TABLE t ADD COLUMN a INT NOT NULL UNIQUE')").finds(&["`t.a`"]);
    }

    #[test]
    fn each_database_has_its_own_way() {
        upgrade(ADD).settings(on(Dialect::Sqlite)).finds(&["it fails where `t` has a row"]);
        upgrade(ADD).settings(on(Dialect::Mysql)).finds(&["each row of `t` gets `0`, `''`"]);
        upgrade(ADD).settings(on(Dialect::Mariadb)).has_severity(Severity::Warning);
    }
}

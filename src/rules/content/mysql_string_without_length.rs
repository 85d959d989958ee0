//! `mysql-string-without-length`: MySQL and MariaDB have no VARCHAR without a length.

use crate::history::schema::sql_name;
use crate::operation::{AlterColumn, Argument, Attribute, Change, Dialect, Name};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// For MySQL and MariaDB, finds columns of type `sa.String()`, `sa.Unicode()`, `sa.VARCHAR()`, `sa.NVARCHAR()` or
    /// `sa.VARBINARY()` without a length, in `upgrade` and `downgrade`; also as the `existing_type` of an `alter_column` that
    /// defines the column anew. `AutoString()` of SQLModel is 255 long there and is left alone.
    ///
    /// ## Why is this bad?
    /// PostgreSQL and SQLite take such a type, these do not, and SQLAlchemy refuses to write it:
    /// ```text
    /// CompileError: (in table 'user', column 'name'): VARCHAR requires a length on dialect mysql
    /// ```
    /// The tables that were made before it stay.
    ///
    /// ## Example
    /// ```python bad dialect=mysql
    /// op.add_column("user", sa.Column("name", sa.String()))
    /// ```
    ///
    /// ## Use instead
    /// ```python good dialect=mysql
    /// op.add_column("user", sa.Column("name", sa.String(255)))
    /// ```
    /// or `sa.Text()` for what has no limit. A model that other databases hold as well can give MySQL its own:
    /// `sa.String().with_variant(sa.String(255), "mysql")`.
    ///
    /// ## References
    /// - [SQLAlchemy: `String`](https://docs.sqlalchemy.org/en/20/core/type_basics.html#sqlalchemy.types.String)
    /// - [MySQL: the CHAR and VARCHAR types](https://dev.mysql.com/doc/refman/8.4/en/char.html)
    "mysql-string-without-length", Content, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    if !matches!(context.dialect, Dialect::Mysql | Dialect::Mariadb) {
        return;
    }
    let bodies = [context.revision.upgrade_on_dialect(), context.revision.downgrade_on_dialect()];
    let operations = bodies.into_iter().flatten().flat_map(|body| &body.operations);
    for operation in operations.filter(|operation| !operation.is_raw_sql()) {
        let mut columns: Vec<(&Name, &Argument)> = Vec::new();
        let table = if let Some((table, new)) = operation.change.new_columns() {
            columns.extend(new.iter().filter_map(|column| Some((&column.name, column.type_.as_ref()?))));
            table
        } else if let Change::AlterColumn(alter) = &operation.change {
            columns.extend(written_type(alter).map(|type_| (&alter.column, type_)));
            &alter.table
        } else {
            continue;
        };
        for (column, type_) in columns {
            let Some(name) = sql_name(type_, context.dialect) else { continue };
            if !matches!(name.as_str(), "VARCHAR" | "VARBINARY") {
                continue;
            }
            sink.report(
                operation.span,
                format!(
                    "{} gives {} a {name} without a length, which {} does not have: SQLAlchemy raises an error",
                    operation.subject(),
                    table.quoted_column(column),
                    context.dialect.title(),
                ),
            )
            .call_sites(&operation.call_sites)
            .help(if name == "VARCHAR" {
                "give a length, `sa.String(255)`, or write `sa.Text()`"
            } else {
                "give a length, or write `sa.LargeBinary()`"
            });
        }
    }
}

/// The type that an `alter_column` writes: the new one, or the present one where `MODIFY` and `CHANGE` must repeat it.
fn written_type(alter: &AlterColumn) -> Option<&Argument> {
    let is_repeated = alter.nullable != Attribute::Unchanged
        || alter.new_name != Name::None
        || alter.comment.is_some()
        || alter.options.iter().any(|(option, _)| &**option == "autoincrement");
    alter.type_.as_ref().or_else(|| alter.existing_type.as_ref().filter(|_| is_repeated))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::config::Settings;
    use crate::operation::Dialect;
    use crate::testing::Tester;

    fn on(dialect: Dialect, body: &str) -> Tester {
        Tester::new(&RULE)
            .settings(Settings { dialect: Some(dialect), ..Settings::default() })
            .header("import app.types\nimport sqlmodel")
            .upgrade(body)
    }

    fn upgrade(body: &str) -> Tester {
        on(Dialect::Mysql, body)
    }

    fn column(type_: &str) -> Tester {
        upgrade(&format!("op.create_table('t', sa.Column('a', {type_}))"))
    }

    #[test]
    fn what_has_no_length() {
        for type_ in
            ["sa.String()", "sa.String", "sa.Unicode()", "sa.VARCHAR(collation='x')", "sa.String(None)"]
        {
            column(type_).finds(&["`op.create_table` gives `t.a` a VARCHAR without a length"]);
        }
        column("sa.VARBINARY()").finds(&["a VARBINARY without a length"]);
        column("sa.String().with_variant(sa.Text(), 'sqlite')").finds(&["`t.a`"]);
        let batch = "with op.batch_alter_table('t') as b:\n    b.add_column(sa.Column('a', sa.String()))";
        on(Dialect::Mariadb, batch).finds(&["which MariaDB does not have"]);
        upgrade("pass")
            .downgrade("op.add_column('t', sa.Column('a', sa.String()))")
            .finds(&["`op.add_column`"]);
    }

    #[test]
    fn what_an_alter_column_writes() {
        upgrade("op.alter_column('t', 'a', type_=sa.String(), existing_type=sa.Text())").finds(&["`t.a`"]);
        upgrade("op.alter_column('t', 'a', nullable=False, existing_type=sa.String())").finds(&["`t.a`"]);
        upgrade("op.alter_column('t', 'a', new_column_name='b', existing_type=sa.String())")
            .finds(&["`t.a`"]);
        upgrade("op.alter_column('t', 'a', server_default='x', existing_type=sa.String())").ok();
        upgrade("op.alter_column('t', 'a', type_=sa.Text(), existing_type=sa.String(), nullable=False)").ok();
    }

    #[test]
    fn what_works() {
        for type_ in [
            "sa.String(9)",
            "sa.String(length=size())",
            "sa.Text()",
            "sa.CHAR()",
            "sqlmodel.sql.sqltypes.AutoString()",
            "sa.String().with_variant(sa.String(9), 'mysql')",
            "sa.Enum('a', native_enum=False)",
            "app.types.String()",
        ] {
            column(type_).ok();
        }
        on(Dialect::Postgresql, "op.add_column('t', sa.Column('a', sa.String()))").ok();
        on(Dialect::Sqlite, "op.add_column('t', sa.Column('a', sa.String()))").ok();
    }
}

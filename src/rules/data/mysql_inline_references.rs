//! `mysql-inline-references`: MySQL reads a foreign key beside a column and forgets it.

use crate::operation::{Argument, Change, Column, Dialect, Operation, TableName, Version, last_part};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds, in projects on MySQL before 9.0 and MariaDB before 10.5, `REFERENCES` beside a column in SQL, and `inline_references=True`.
    ///
    /// ## Why is this bad?
    /// These servers parse the clause and ignore it, without a warning. There is no foreign key, and rows that refer to nothing
    /// come in from then on.
    ///
    /// ## Example
    /// ```python bad dialect=mysql
    /// op.execute("ALTER TABLE `order` ADD COLUMN user_id INT REFERENCES user (id)")
    /// ```
    ///
    /// ## Use instead
    /// ```python good dialect=mysql
    /// op.add_column("order", sa.Column("user_id", sa.Integer()))
    /// op.create_foreign_key("fk_order_user", "order", "user", ["user_id"], ["id"])
    /// ```
    ///
    /// ## References
    /// - [MySQL: FOREIGN KEY constraints](https://dev.mysql.com/doc/refman/8.4/en/create-table-foreign-keys.html)
    /// - [MariaDB: foreign keys](https://mariadb.com/kb/en/foreign-keys/)
    /// - Atlas: MY102
    "mysql-inline-references", Data, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let forgets = match context.dialect {
        Dialect::Mysql => context.server.version < Version(9, 0, 0),
        Dialect::Mariadb => context.server.version < Version(10, 5, 0),
        Dialect::Postgresql | Dialect::Sqlite => false,
    };
    let Some(upgrade) = context.revision.upgrade_on_dialect().filter(|_| forgets) else { return };
    for operation in &upgrade.operations {
        for (table, column) in columns(operation) {
            sink.report(
                operation.span,
                format!(
                    "the foreign key of {} is read and forgotten by {}",
                    table.quoted_column(&column.name),
                    context.server
                ),
            )
            .call_sites(&operation.call_sites)
            .help("add it with `op.create_foreign_key`, or as `FOREIGN KEY (..) REFERENCES ..` of the table");
        }
    }
}

/// The columns of an operation with a foreign key beside them.
fn columns(operation: &Operation) -> Vec<(&TableName, &Column)> {
    let refers = |column: &&Column| {
        column.items.iter().any(|item| item.path().is_some_and(|path| last_part(path) == "ForeignKey"))
    };
    match &operation.change {
        Change::CreateTable(create) if operation.is_raw_sql() => {
            create.columns.iter().filter(refers).map(|column| (&create.table, column)).collect()
        }
        Change::AddColumn(add) => {
            let is_inline = operation.is_raw_sql()
                || add
                    .options
                    .iter()
                    .any(|(key, value)| &**key == "inline_references" && *value == Argument::Bool(true));
            [&add.column]
                .into_iter()
                .filter(|column| is_inline && refers(column))
                .map(|column| (&add.table, column))
                .collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::config::Settings;
    use crate::operation::Dialect;
    use crate::testing::Tester;

    fn upgrade(dialect: Dialect, body: &str) -> Tester {
        Tester::new(&RULE).settings(Settings { dialect: Some(dialect), ..Settings::default() }).upgrade(body)
    }

    const SQL: &str = "op.execute('ALTER TABLE t ADD COLUMN a INT REFERENCES u (id)')";

    #[test]
    fn what_is_forgotten() {
        upgrade(Dialect::Mysql, SQL).finds(&["the foreign key of `t.a` is read and forgotten by MySQL 8"]);
        upgrade(Dialect::Mysql, "op.execute('CREATE TABLE t (a INT REFERENCES u (id))')").finds(&["`t.a`"]);
        upgrade(
            Dialect::Mysql,
            "op.add_column('t', sa.Column('a', sa.Integer(), sa.ForeignKey('u.id')), inline_references=True)",
        )
        .finds(&["`t.a`"]);
    }

    #[test]
    fn what_is_kept() {
        upgrade(Dialect::Mariadb, SQL).ok();
        upgrade(Dialect::Postgresql, SQL).ok();
        upgrade(Dialect::Mysql, "op.add_column('t', sa.Column('a', sa.Integer(), sa.ForeignKey('u.id')))")
            .ok();
        upgrade(Dialect::Mysql, "op.execute('ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u (id)')").ok();
        let old = Settings {
            dialect: Some(Dialect::Mariadb),
            database_version: Some("10.4".to_owned()),
            ..Settings::default()
        };
        Tester::new(&RULE).settings(old).upgrade(SQL).finds(&["forgotten by MariaDB 10.4"]);
    }
}

//! `mysql-table-copy`: MySQL copies the table, and nobody writes to it meanwhile.

use crate::history::schema::Step;
use crate::operation::{Change, ConstraintKind};
use crate::rule::{Sink, declare_rule};
use crate::server::{Lock, Work, effects};

declare_rule! {
    /// ## What it does
    /// Finds, in projects on MySQL and MariaDB, operations that the server can only do with `ALGORITHM=COPY` on a table that was there
    /// before: a change of type, a foreign key that is checked, a stored computed column, a VARCHAR that grows beyond 255 bytes or
    /// shrinks.
    ///
    /// ## Why is this bad?
    /// Every row is written into a new table. Reads go on; writes wait until the copy is done, which takes minutes per gigabyte, and
    /// what waits for longer than `innodb_lock_wait_timeout` fails:
    /// ```text
    /// Lock wait timeout exceeded; try restarting transaction
    /// ```
    ///
    /// ## Example
    /// ```python bad dialect=mysql
    /// op.alter_column("visit", "count", existing_type=sa.Integer(), type_=sa.BigInteger(), existing_nullable=False)
    /// ```
    ///
    /// ## Use instead
    /// Add a column of the new type, fill it in batches and change over; or let `pt-online-schema-change` or `gh-ost` do it, and stamp the
    /// revision. Where the table is small, approve: `# alembic-lint: allow[mysql-table-copy] -- 2,000 rows`.
    /// ```python good dialect=mysql
    /// op.add_column("visit", sa.Column("count_64", sa.BigInteger()))
    /// ```
    ///
    /// ## References
    /// - [MySQL: online DDL operations](https://dev.mysql.com/doc/refman/8.4/en/innodb-online-ddl-operations.html)
    /// - [MariaDB: InnoDB online DDL](https://mariadb.com/kb/en/innodb-online-ddl-operations-with-the-copy-algorithm/)
    /// - `strong_migrations`, django-migration-linter: `ALTER_COLUMN`
    "mysql-table-copy", Locking, Warning,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Step(check),
}

fn check(step: &Step<'_>, sink: &mut Sink<'_>) {
    let server = step.context.server;
    if !server.is_mysql_like() {
        return;
    }
    step.walk(|moment, created| {
        let copies =
            |effect: &crate::server::Effect| effect.lock == Lock::MysqlShared && effect.work == Work::Rewrite;
        let found = effects(&moment, created, server).into_iter().find(copies);
        let Some(effect) = found else { return };
        // In place then: dev.mysql.com/doc/refman/8.0/en/innodb-online-ddl-operations.html, "Foreign Key Operations".
        let is_foreign_key = matches!(
            &moment.operation.change,
            Change::CreateConstraint(create) if create.constraint.kind == ConstraintKind::ForeignKey
        );
        if is_foreign_key && created.has_foreign_keys_off() {
            return;
        }
        sink.report(
            moment.operation.span,
            format!(
                "{} copies {}: writes to it wait meanwhile",
                moment.operation.subject(),
                effect.table.quoted()
            ),
        )
        .call_sites(&moment.operation.call_sites)
        .help("go by a new column that is filled in batches, or by pt-online-schema-change or gh-ost");
    });
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::config::Settings;
    use crate::operation::Dialect;
    use crate::testing::Tester;

    fn then(upgrade: &str) -> Tester {
        let settings = Settings { dialect: Some(Dialect::Mysql), ..Settings::default() };
        let make = "op.create_table('t', sa.Column('a', sa.String(20)), sa.Column('n', sa.Integer()))";
        Tester::new(&RULE).settings(settings).history(&[make, upgrade])
    }

    #[test]
    fn what_is_copied() {
        then("op.alter_column('t', 'n', existing_type=sa.Integer(), type_=sa.BigInteger())")
            .finds(&["`op.alter_column` copies `t`: writes to it wait"]);
        then("op.create_foreign_key('fk', 't', 'u', ['n'], ['id'])").finds(&["`t`"]);
        then("op.alter_column('t', 'a', existing_type=sa.String(20), type_=sa.String(10))").finds(&["`t`"]);
    }

    #[test]
    fn foreign_keys_that_are_not_checked() {
        let key = "op.create_foreign_key('fk', 't', 'u', ['n'], ['id'])";
        then(&format!("op.execute('SET foreign_key_checks = 0')\n{key}")).ok();
        then(&format!("op.execute('SET SESSION FOREIGN_KEY_CHECKS=OFF;')\n{key}")).ok();
        then(&format!("op.execute('SET foreign_key_checks = 1')\n{key}")).finds(&["`t`"]);
        then(&format!(
            "op.execute('SET foreign_key_checks = 0')\nop.execute('SET foreign_key_checks = 1')\n{key}"
        ))
        .finds(&["`t`"]);
        let type_ = "op.alter_column('t', 'n', existing_type=sa.Integer(), type_=sa.BigInteger())";
        then(&format!("op.execute('SET foreign_key_checks = 0')\n{type_}")).finds(&["`t`"]);
    }

    #[test]
    fn what_is_done_in_place_or_is_new() {
        then("op.alter_column('t', 'a', existing_type=sa.String(20), type_=sa.String(40))").ok();
        then("op.add_column('t', sa.Column('b', sa.Integer()))").ok();
        then("op.create_index('ix', 't', ['n'])").ok();
        then("op.create_table('x', sa.Column('a', sa.Integer()))\nop.alter_column('x', 'a', existing_type=sa.Integer(), type_=sa.Text())").ok();
    }
}

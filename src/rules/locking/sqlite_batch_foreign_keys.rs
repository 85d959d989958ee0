//! `sqlite-batch-foreign-keys`: batch mode drops a table, and SQLite deletes the rows that refer to it.

use crate::history::schema::Step;
use crate::operation::Dialect;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds batch operations that copy a table to which other tables refer, where `env.py` or what it imports turns
    /// `PRAGMA foreign_keys` on. On SQLite.
    ///
    /// ## Why is this bad?
    /// Batch mode drops the old table, and with `foreign_keys=ON` that deletes its rows first: a foreign key with `ON DELETE CASCADE`
    /// takes the rows of the other table along, in silence; any other one fails.
    /// ```text
    /// sqlite3.IntegrityError: FOREIGN KEY constraint failed [SQL: DROP TABLE customer]
    /// ```
    ///
    /// ## Example
    /// ```python bad dialect=sqlite file=env.py
    /// with engine.connect() as connection:
    ///     connection.exec_driver_sql("PRAGMA foreign_keys=ON")
    ///     context.configure(connection=connection, target_metadata=target_metadata)
    ///     with context.begin_transaction():
    ///         context.run_migrations()
    /// ```
    ///
    /// ```python bad dialect=sqlite file=versions/a1_make.py
    /// """make customer and invoice"""
    /// from alembic import op
    /// import sqlalchemy as sa
    ///
    /// revision = "a1"
    /// down_revision = None
    ///
    /// def upgrade():
    ///     op.create_table(
    ///         "customer", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.String(20))
    ///     )
    ///     op.create_table("invoice", sa.Column("customer", sa.Integer(), sa.ForeignKey("customer.id")))
    /// ```
    ///
    /// ```python bad dialect=sqlite file=versions/b2_change.py
    /// """change customer.name"""
    /// from alembic import op
    /// import sqlalchemy as sa
    ///
    /// revision = "b2"
    /// down_revision = "a1"
    ///
    /// def upgrade():
    ///     with op.batch_alter_table("customer") as batch_op:
    ///         batch_op.alter_column("name", existing_type=sa.String(20), type_=sa.Text())
    /// ```
    ///
    /// ## Use instead
    /// Turn it off while migrations run, before the transaction begins (inside one the statement does nothing):
    /// ```python good dialect=sqlite file=env.py
    /// with engine.connect() as connection:
    ///     connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
    ///     context.configure(connection=connection, target_metadata=target_metadata)
    ///     with context.begin_transaction():
    ///         context.run_migrations()
    /// ```
    ///
    /// ```python good dialect=sqlite file=versions/a1_make.py
    /// """make customer and invoice"""
    /// from alembic import op
    /// import sqlalchemy as sa
    ///
    /// revision = "a1"
    /// down_revision = None
    ///
    /// def upgrade():
    ///     op.create_table(
    ///         "customer", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.String(20))
    ///     )
    ///     op.create_table("invoice", sa.Column("customer", sa.Integer(), sa.ForeignKey("customer.id")))
    /// ```
    ///
    /// ```python good dialect=sqlite file=versions/b2_change.py
    /// """change customer.name"""
    /// from alembic import op
    /// import sqlalchemy as sa
    ///
    /// revision = "b2"
    /// down_revision = "a1"
    ///
    /// def upgrade():
    ///     with op.batch_alter_table("customer") as batch_op:
    ///         batch_op.alter_column("name", existing_type=sa.String(20), type_=sa.Text())
    /// ```
    ///
    /// ## References
    /// - [Alembic: dealing with referencing foreign keys](https://alembic.sqlalchemy.org/en/latest/batch.html#dealing-with-referencing-foreign-keys)
    /// - [SQLite: DROP TABLE](https://www.sqlite.org/lang_droptable.html)
    "sqlite-batch-foreign-keys", Locking, Warning,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Step(check),
}

fn check(step: &Step<'_>, sink: &mut Sink<'_>) {
    if step.context.dialect != Dialect::Sqlite || !step.context.siblings.environment.has_foreign_keys_on {
        return;
    }
    let mut last = None;
    for moment in step.upgrade().filter(|moment| moment.operation.is_copy_in_batch()) {
        let Some(name) = moment.operation.change.table() else { continue };
        let Some(table) = moment.schema.table(name).yes() else { continue };
        if last.replace(name) == Some(name) || step.is_own(table.made) {
            continue;
        }
        let references = moment.schema.references_to(table);
        let Some((other, _)) = references.iter().find(|(other, _)| other.key != table.key) else { continue };
        sink.report(
            moment.operation.span,
            format!(
                "batch mode drops {} while `PRAGMA foreign_keys` is on: rows of `{}` that refer to it go as well, or it fails",
                name.quoted(),
                other.key
            ),
        )
        .call_sites(&moment.operation.call_sites)
        .help("run `PRAGMA foreign_keys=OFF` in `env.py` before the migrations");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::config::Settings;
    use crate::operation::Dialect;
    use crate::testing::Tester;

    const MAKE: &str = "op.create_table('t', sa.Column('id', sa.Integer(), primary_key=True), sa.Column('a', sa.Integer()))\nop.create_table('u', sa.Column('t', sa.Integer(), sa.ForeignKey('t.id')))";
    const ALTER: &str = "with op.batch_alter_table('t') as b:\n    b.alter_column('a', type_=sa.Text())\n    b.drop_column('a')";

    fn with(environment: &str, upgrade: &str) -> Tester {
        let settings = Settings { dialect: Some(Dialect::Sqlite), ..Settings::default() };
        let environment =
            format!("{environment}\nwith context.begin_transaction():\n    context.run_migrations()\n");
        Tester::new(&RULE).settings(settings).file("env.py", &environment).history(&[MAKE, upgrade])
    }

    #[test]
    fn where_they_are_on() {
        with("connection.execute(text('PRAGMA foreign_keys=ON'))", ALTER)
            .finds(&["batch mode drops `t` while `PRAGMA foreign_keys` is on: rows of `u`"]);
    }

    #[test]
    fn where_they_are_off_or_nothing_is_copied() {
        with("", ALTER).ok();
        with("# PRAGMA foreign_keys=ON", ALTER).ok();
        with("connection.execute(text('PRAGMA foreign_keys=OFF'))", ALTER).ok();
        let add = "with op.batch_alter_table('t') as b:\n    b.add_column(sa.Column('b', sa.Integer()))";
        with("connection.execute(text('PRAGMA foreign_keys=ON'))", add).ok();
        let other = "with op.batch_alter_table('u') as b:\n    b.drop_column('t')";
        with("connection.execute(text('PRAGMA foreign_keys=ON'))", other).ok();
    }
}

//! `lossy-type-change`: the new type of a column cannot hold all that the old one could.

use crate::history::schema::{Step, sql_name};
use crate::operation::Change;
use crate::rule::{Sink, declare_rule};
use crate::server::{Loss, change_of_type};

declare_rule! {
    /// ## What it does
    /// Finds changes of type after which values may be other ones or have no place: shorter texts, smaller numbers, fewer digits,
    /// a date instead of a moment, an enum of MySQL without one of its values. Where `postgresql_using` says how values are
    /// converted, somebody thought of it.
    ///
    /// ## Why is this bad?
    /// Some databases change the values in silence, and `downgrade` does not bring them back: `12.345` becomes `12.35`, a
    /// timestamp loses its time. Others stop at the first value that does not fit, which a small test database does not have:
    /// ```text
    /// value too long for type character varying(20)
    /// integer out of range
    /// Data too long for column 'name' at row 1
    /// ```
    ///
    /// ## Example
    /// ```python bad
    /// op.alter_column("user", "name", existing_type=sa.String(200), type_=sa.String(20))
    /// op.alter_column("visit", "at", existing_type=sa.DateTime(), type_=sa.Date())
    /// ```
    ///
    /// ## Use instead
    /// A type that holds at least as much:
    /// ```python good
    /// op.alter_column("user", "name", existing_type=sa.String(200), type_=sa.Text())
    /// ```
    /// Where less is meant, look at the values first, put those that do not fit in order in a revision before, and say so:
    /// `# alembic-lint: allow[lossy-type-change] -- no name is longer than 20, checked on production`.
    ///
    /// ## References
    /// - django-migration-linter: `ALTER_COLUMN`
    /// - Atlas: data-dependent changes
    "lossy-type-change", Destructive, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Step(check),
}

fn check(step: &Step<'_>, sink: &mut Sink<'_>) {
    let server = step.context.server;
    for moment in step.upgrade() {
        let Change::AlterColumn(alter) = &moment.operation.change else { continue };
        if alter.options.iter().any(|(key, _)| &**key == "postgresql_using") {
            continue;
        }
        let Some(loss) = change_of_type(alter, &moment, server).and_then(|change| change.loss) else {
            continue;
        };
        let table = moment.schema.table(&alter.table).yes();
        let column = table.zip(alter.column.known()).and_then(|(table, name)| table.column(name).yes());
        if column.is_some_and(|column| step.is_own(column.made)) {
            continue;
        }
        let to = alter.type_.as_ref().and_then(|type_| sql_name(type_, server.dialect)).unwrap_or_default();
        let what = match loss {
            Loss::Fails(what) => format!("which fails where it holds {what}"),
            Loss::Changes(what) => format!("which loses {what}"),
        };
        sink.report(
            moment.operation.span,
            format!(
                "{} makes {} {to}, {what}",
                moment.operation.subject(),
                alter.table.quoted_column(&alter.column),
            ),
        )
        .call_sites(&moment.operation.call_sites)
        .help(
            "choose a type that holds all values; or put those that do not fit in order first, and approve: \
             `# alembic-lint: allow[lossy-type-change] -- <reason>`",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::config::Settings;
    use crate::operation::Dialect;
    use crate::testing::Tester;

    const MAKE: &str = "op.create_table('t', sa.Column('a', sa.String(20)), sa.Column('n', sa.BigInteger()), sa.Column('d', sa.DateTime()))";

    fn then(upgrade: &str) -> Tester {
        Tester::new(&RULE).history(&[MAKE, upgrade])
    }

    #[test]
    fn every_spelling() {
        then("op.alter_column('t', 'a', type_=sa.String(10))").finds(&[
            "`op.alter_column` makes `t.a` VARCHAR(10), which fails where it holds texts longer than 10",
        ]);
        then("op.alter_column('t', 'd', type_=sa.Date())")
            .finds(&["makes `t.d` DATE, which loses the time of day"]);
        then("op.execute('ALTER TABLE t ALTER COLUMN n TYPE integer')")
            .finds(&["this SQL makes `t.n` INTEGER"]);
        Tester::new(&RULE)
            .upgrade("op.alter_column('x', 'a', existing_type=sa.Text(), type_=sa.String(5))")
            .finds(&["`x.a`"]);
    }

    #[test]
    fn what_loses_nothing() {
        then("op.alter_column('t', 'a', type_=sa.Text())").ok();
        then("op.alter_column('t', 'n', type_=sa.Integer(), postgresql_using='least(n, 9)::int')").ok();
        then("op.alter_column('u', 'a', type_=sa.String(5))").ok();
        then(
            "op.add_column('t', sa.Column('c', sa.String(9)))\nop.alter_column('t', 'c', type_=sa.String(5))",
        )
        .ok();
        let sqlite = Settings { dialect: Some(Dialect::Sqlite), ..Settings::default() };
        then("with op.batch_alter_table('t') as b:\n    b.alter_column('a', type_=sa.String(5))")
            .settings(sqlite)
            .ok();
    }
}

//! `type-change-without-using`: PostgreSQL is not told how to change the values of a column.

use crate::diagnostic::Fix;
use crate::fix::{CallText, Writer};
use crate::history::schema::{Step, sql_name};
use crate::operation::{Argument, Change, Origin};
use crate::rule::{Sink, declare_rule};
use crate::server::{Cast, change_of_type};

declare_rule! {
    /// ## What it does
    /// Finds changes of type without `postgresql_using` (`USING`) between types that PostgreSQL does not convert by itself:
    /// text to anything but text, integers to booleans or timestamps, scalars to arrays. Autogenerate never writes it.
    ///
    /// ## Why is this bad?
    /// The statement always fails, on an empty table too:
    /// ```text
    /// column "age" cannot be cast automatically to type integer
    /// HINT:  You might need to specify "USING age::integer".
    /// ```
    ///
    /// ## Example
    /// ```python bad
    /// op.alter_column("user", "age", existing_type=sa.String(), type_=sa.Integer())
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.alter_column(
    ///     "user", "age", existing_type=sa.String(), type_=sa.Integer(), postgresql_using="age::integer"
    /// )
    /// ```
    /// A column with a default needs it dropped before and set again after, if PostgreSQL cannot convert it.
    ///
    ///
    /// ## Fix safety
    /// Unsafe, for it decides how values are converted: it adds the plain cast to the new type, which stops where a value does
    /// not fit.
    ///
    /// ## References
    /// - [PostgreSQL: ALTER TABLE, USING](https://www.postgresql.org/docs/current/sql-altertable.html)
    /// - [PostgreSQL: CREATE CAST](https://www.postgresql.org/docs/current/sql-createcast.html)
    "type-change-without-using", Data, Error,
    preset: Recommended, fix: Sometimes, since: "0.1.0",
    check: Step(check),
}

fn check(step: &Step<'_>, sink: &mut Sink<'_>) {
    let server = step.context.server;
    if !server.is_postgresql() {
        return;
    }
    for moment in step.upgrade() {
        let Change::AlterColumn(alter) = &moment.operation.change else { continue };
        let has_using = alter.options.iter().any(|(key, _)| &**key == "postgresql_using");
        let Some(to) = alter.type_.as_ref().filter(|_| !has_using) else { continue };
        if change_of_type(alter, &moment, server).is_none_or(|change| change.cast != Cast::NeedsUsing) {
            continue;
        }
        let name = |type_: &Argument| sql_name(type_, server.dialect).unwrap_or_default().to_lowercase();
        let column = alter.column.known().unwrap_or("column");
        let report = sink.report(
            moment.operation.span,
            format!(
                "{} changes {} to {} without `USING`, and PostgreSQL has no cast that it does by itself: it always fails",
                moment.operation.subject(),
                alter.table.quoted_column(&alter.column),
                name(to)
            ),
        )
        .call_sites(&moment.operation.call_sites)
        .help(format!("say how the values are converted: `postgresql_using=\"{column}::{}\"`", name(to)));
        let is_directive =
            moment.operation.origin == Origin::Directive && moment.operation.call_sites.is_empty();
        let call = CallText::new(step.context.text(), moment.operation.span).filter(|_| is_directive);
        if let (Some(call), Some(column)) = (call, alter.column.known()) {
            let writer = Writer::new(step.context.revision, step.context.text());
            let using = writer.text(&format!("{column}::{}", name(to)));
            let edit = call.add_argument(&format!("postgresql_using={using}"));
            report.fix(Fix::unsafe_("convert the values by a plain cast", vec![edit]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::config::Settings;
    use crate::operation::Dialect;
    use crate::testing::Tester;

    const MAKE: &str = "op.create_table('t', sa.Column('a', sa.String(20)), sa.Column('n', sa.Integer()))";

    fn then(upgrade: &str) -> Tester {
        Tester::new(&RULE).history(&[MAKE, upgrade])
    }

    #[test]
    fn every_spelling() {
        let found = then("op.alter_column('t', 'a', type_=sa.Integer())")
            .finds(&["`op.alter_column` changes `t.a` to integer without `USING`"]);
        assert_eq!(found.help(), "say how the values are converted: `postgresql_using=\"a::integer\"`");
        found.fixes_unsafely("type_=sa.Integer()", "type_=sa.Integer(), postgresql_using='a::integer'");
        then("op.execute('ALTER TABLE t ALTER COLUMN a TYPE uuid')").finds(&["`t.a` to uuid"]);
        then("op.alter_column('t', 'n', type_=sa.Boolean())").finds(&["`t.n` to boolean"]);
        Tester::new(&RULE)
            .upgrade("op.alter_column('x', 'a', existing_type=sa.Text(), type_=sa.JSON())")
            .finds(&["`x.a` to json"]);
    }

    #[test]
    fn what_postgresql_does_or_is_told() {
        then("op.alter_column('t', 'a', type_=sa.Integer(), postgresql_using='a::integer')").ok();
        then("op.execute('ALTER TABLE t ALTER COLUMN a TYPE int USING a::int')").ok();
        then("op.alter_column('t', 'n', type_=sa.BigInteger())").ok();
        then("op.alter_column('t', 'a', type_=sa.Text())").ok();
        then("op.alter_column('u', 'a', type_=sa.Integer())").ok();
        let mysql = Settings { dialect: Some(Dialect::Mysql), ..Settings::default() };
        then("op.alter_column('t', 'a', type_=sa.Integer())").settings(mysql).ok();
    }
}

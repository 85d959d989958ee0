//! `type-change-without-using`: PostgreSQL is not told how to change the values of a column.

use crate::diagnostic::Fix;
use crate::fix::{CallText, Writer};
use crate::history::schema::{Moment, Step};
use crate::operation::{AlterColumn, Change, Origin, Server, ServerDefault};
use crate::rule::{Sink, declare_rule};
use crate::server::{Cast, SqlType, cast_expression, change_of_type, type_name, types_of, usual_conversion};

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
    /// Some types have no cast to each other at all, such as integers and timestamps: there the expression has to compute the
    /// new value, or a new column takes its place.
    /// ```python
    /// op.alter_column(
    ///     "user", "seen", existing_type=sa.Integer(), type_=sa.DateTime(timezone=True), postgresql_using="to_timestamp(seen)"
    /// )
    /// ```
    /// If the column has a default that PostgreSQL cannot convert, drop it before the change and set it again afterwards.
    ///
    /// ## Fix safety
    /// Unsafe, because it decides how values are converted: it adds the plain cast to the new type, which fails on values that do
    /// not fit. No fix is offered where PostgreSQL has no such cast, or where the column has a default.
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
        let Some(cast) = change_of_type(alter, &moment, server).map(|change| change.cast) else { continue };
        if !cast.fails_without_using() {
            continue;
        }
        let column = alter.column.known().unwrap_or("column");
        let name = type_name(to).unwrap_or_default();
        let expression = cast_expression(column, to).filter(|_| cast == Cast::NeedsUsing);
        let why = match cast {
            Cast::NeedsUsing => "PostgreSQL does not convert the values by itself",
            _ => "PostgreSQL has no cast between these types",
        };
        let help = match &expression {
            Some(expression) => format!(
                "say how the values are converted: `postgresql_using=\"{}\"`",
                expression.replace('"', "\\\"")
            ),
            None => without_cast(alter, &moment, server, column),
        };
        let report = sink
            .report(
                moment.operation.span,
                format!(
                    "{} changes {} to {name} without `USING`, and {why}: it always fails",
                    moment.operation.subject(),
                    alter.table.quoted_column(&alter.column),
                ),
            )
            .call_sites(&moment.operation.call_sites)
            .help(help);
        let is_directive =
            moment.operation.origin == Origin::Directive && moment.operation.call_sites.is_empty();
        let call = CallText::new(step.context.text(), moment.operation.span).filter(|_| is_directive);
        let is_known = alter.column.known().is_some() && !has_other_default(alter, &moment);
        if let (Some(call), Some(expression)) = (call, expression.filter(|_| is_known)) {
            let writer = Writer::new(step.context.revision, step.context.text());
            let edit = call.add_argument(&format!("postgresql_using={}", writer.text(&expression)));
            report.fix(Fix::unsafe_("convert the values by a plain cast", vec![edit]));
        }
    }
}

/// What to do where an expression has to be written by hand.
fn without_cast(alter: &AlterColumn, moment: &Moment<'_>, server: Server, column: &str) -> String {
    let (from, to) = types_of(alter, moment, server);
    let usual = from
        .zip(to)
        .and_then(|(from, to)| usual_conversion(column, &SqlType::parse(&from), &SqlType::parse(&to)));
    let otherwise = "or add a new column, fill it, and drop the old one later";
    match usual {
        Some((expression, when)) => {
            format!(
                "write the conversion as an expression, such as `postgresql_using=\"{}\"` {when}; {otherwise}",
                expression.replace('"', "\\\"")
            )
        }
        None => format!("write the conversion as an expression in `postgresql_using`; {otherwise}"),
    }
}

/// Whether the column has a default, which has to be dropped before and set again afterwards.
fn has_other_default(alter: &AlterColumn, moment: &Moment<'_>) -> bool {
    let table = moment.schema.table(&alter.table).yes();
    let column = table.zip(alter.column.known()).and_then(|(table, name)| table.column(name).yes());
    column.is_some_and(|column| matches!(column.server_default, Some(Some(_))))
        || matches!(alter.existing_server_default, ServerDefault::Value(_))
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
    fn no_cast_is_written_that_does_not_exist() {
        for (column, type_, help) in [
            (
                "n",
                "sa.DateTime(timezone=True)",
                "such as `postgresql_using=\"to_timestamp(n)\"` if it counts seconds",
            ),
            ("n", "sa.Interval()", "`postgresql_using=\"n * interval '1 second'\"`"),
            (
                "n",
                "sa.Uuid()",
                "write the conversion as an expression in `postgresql_using`; or add a new column",
            ),
            ("n", "postgresql.ARRAY(sa.Integer())", "`postgresql_using=\"ARRAY[n]\"`"),
            ("a", "postgresql.ARRAY(sa.String())", "`postgresql_using=\"string_to_array(a, ',')\"`"),
            ("big", "sa.Boolean()", "`postgresql_using=\"big <> 0\"`"),
            ("day", "sa.Integer()", "`postgresql_using=\"extract(epoch FROM day)\"`"),
            ("clock", "sa.DateTime()", "write the conversion as an expression in `postgresql_using`;"),
            (
                "doc",
                "postgresql.ARRAY(sa.Text())",
                "write the conversion as an expression in `postgresql_using`;",
            ),
        ] {
            let make = "op.create_table('t', sa.Column('a', sa.String(20)), sa.Column('n', sa.Integer()), \
                        sa.Column('big', sa.BigInteger()), sa.Column('day', sa.Date()), \
                        sa.Column('clock', sa.Time()), sa.Column('doc', postgresql.JSONB()))";
            let upgrade = format!("op.alter_column('t', '{column}', type_={type_})");
            let found = Tester::new(&RULE)
                .history(&[make, &upgrade])
                .finds(&["PostgreSQL has no cast between these types"]);
            assert!(found.help().contains(help), "{column} {type_}: {}", found.help());
            found.without_fix();
        }
    }

    #[test]
    fn names_are_quoted_as_postgresql_needs_it() {
        let quoted = |column: &str, type_: &str| {
            Tester::new(&RULE)
                .upgrade(&format!("op.alter_column('x', '{column}', existing_type=sa.Text(), type_={type_})"))
        };
        quoted("createdAt", "sa.Date()")
            .finds(&["`x.createdAt`"])
            .fixes_unsafely("type_=sa.Date()", "type_=sa.Date(), postgresql_using='\"createdAt\"::date'");
        quoted("order", "sa.Enum('a', name='Mood', schema='app')")
            .finds(&["to app.\"Mood\""])
            .fixes_unsafely("schema='app')", "schema='app'), postgresql_using='\"order\"::app.\"Mood\"'");
    }

    #[test]
    fn a_default_stands_in_the_way_of_the_cast() {
        let make = "op.create_table('t', sa.Column('a', sa.String(20), server_default='0'))";
        Tester::new(&RULE)
            .history(&[make, "op.alter_column('t', 'a', type_=sa.Integer())"])
            .finds(&["`t.a` to integer"])
            .without_fix();
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

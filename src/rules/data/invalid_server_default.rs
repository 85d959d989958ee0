//! `invalid-server-default`: a default that SQLAlchemy refuses, or that is another one than it looks.

use crate::diagnostic::Fix;
use crate::fix::CallText;
use crate::history::schema::sql_name;
use crate::operation::{Argument, Call, Change, Column, ServerDefault, last_part};
use crate::revision::RevisionContext;
use crate::rule::{Severity, Sink, declare_rule};
use crate::server::{Family, SqlType};
use crate::source::Span;

declare_rule! {
    /// ## What it does
    /// Finds `server_default=` with a boolean or a number, `sa.text("0")` for a boolean column on PostgreSQL, and with a text that looks like a call, such as `"now()"`, for a
    /// column of time.
    ///
    /// ## Why is this bad?
    /// `server_default=False` is for columns of a model what `default=False` is; in the database a default is SQL, and SQLAlchemy
    /// takes text and expressions only:
    /// ```text
    /// ArgumentError: Argument 'arg' is expected to be one of type '<class 'str'>' or '<class 'sqlalchemy.sql.elements.ClauseElement'>' ..., got '<class 'bool'>'
    /// ```
    /// SQLite has no booleans, and what autogenerate prints there fails on PostgreSQL:
    /// ```text
    /// column "active" is of type boolean but default expression is of type integer
    /// ```
    /// A plain text is quoted: `server_default="now()"` becomes `DEFAULT 'now()'`. PostgreSQL takes it, reads the text once, when the
    /// statement runs, and every row gets the moment of the upgrade.
    ///
    /// ## Example
    /// ```python bad
    /// op.create_table(
    ///     "user",
    ///     sa.Column("id", sa.Integer(), primary_key=True),
    ///     sa.Column("active", sa.Boolean(), server_default=True),
    ///     sa.Column("made", sa.DateTime(), server_default="now()"),
    /// )
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.create_table(
    ///     "user",
    ///     sa.Column("id", sa.Integer(), primary_key=True),
    ///     sa.Column("active", sa.Boolean(), server_default=sa.true()),
    ///     sa.Column("made", sa.DateTime(), server_default=sa.func.now()),
    /// )
    /// ```
    ///
    /// ## Fix safety
    /// Safe: SQLAlchemy refuses what stood there. A text that is read once is left to you.
    ///
    /// ## References
    /// - [SQLAlchemy: server-invoked defaults](https://docs.sqlalchemy.org/en/20/core/defaults.html#server-invoked-ddl-explicit-default-expressions)
    /// - [PostgreSQL: special date/time inputs](https://www.postgresql.org/docs/current/datatype-datetime.html#DATATYPE-DATETIME-SPECIAL-VALUES)
    "invalid-server-default", Data, Error,
    preset: Recommended, fix: Sometimes, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let Some(upgrade) = context.revision.upgrade_on_dialect() else { return };
    for operation in upgrade.operations.iter().filter(|operation| !operation.is_raw_sql()) {
        let (table, columns) = match &operation.change {
            Change::CreateTable(create) => (&create.table, create.columns.iter().collect::<Vec<_>>()),
            Change::AddColumn(add) => (&add.table, vec![&add.column]),
            _ => continue,
        };
        for column in columns {
            let ServerDefault::Value(default) = &column.server_default else { continue };
            let name = table.quoted_column(&column.name);
            match default {
                Argument::Bool(value) => {
                    let word = if *value { "true" } else { "false" };
                    refused(context, sink, operation.span, &name, &format!("sa.{word}()"));
                }
                Argument::Int(number) => {
                    refused(context, sink, operation.span, &name, &format!("\"{number}\""));
                }
                Argument::Str(text) if is_call(text) && is_of_time(column, context) => {
                    sink.report(
                        operation.span,
                        format!("the default of {name} is the text `{text}`, read once: each row gets the moment of the upgrade"),
                    )
                    .help("write `server_default=sa.func.now()`")
                    .severity(Severity::Warning);
                }
                Argument::Call(call) if is_number(call) && is_boolean(column, context) => {
                    sink.report(
                        operation.span,
                        format!("the default of {name} is a number, and the column is BOOLEAN: PostgreSQL refuses it"),
                    )
                    .help("write `server_default=sa.false()` or `sa.true()`");
                }
                _ => {}
            }
        }
    }
}

fn refused(context: &RevisionContext<'_>, sink: &mut Sink<'_>, span: Span, name: &str, instead: &str) {
    let report = sink
        .report(span, format!("the `server_default` of {name} is no SQL: SQLAlchemy raises an ArgumentError"))
        .help(format!("write `server_default={instead}`"));
    let is_bound = !instead.starts_with("sa.") || context.revision.names.binds("sa", "sqlalchemy");
    let call = CallText::new(context.text(), span).filter(|_| is_bound);
    let argument = format!("server_default={instead}");
    if let Some(edit) = call.and_then(|call| call.replace_keyword("server_default", &argument)) {
        report.fix(Fix::safe(format!("write `{argument}`"), vec![edit]));
    }
}

fn is_call(text: &str) -> bool {
    let text = text.trim().to_ascii_lowercase();
    matches!(
        text.as_str(),
        "now()" | "now" | "current_timestamp" | "current_timestamp()" | "timezone('utc', now())"
    )
}

/// `sa.text("0")`, which autogenerate prints where it compares with SQLite.
fn is_number(call: &Call) -> bool {
    let text = call.args.first().and_then(Argument::as_str).unwrap_or_default();
    last_part(&call.callee) == "text" && matches!(text.trim(), "0" | "1")
}

/// Whether the column is one that takes no number.
fn is_boolean(column: &Column, context: &RevisionContext<'_>) -> bool {
    let type_ = column.type_.as_ref().and_then(|type_| sql_name(type_, context.dialect));
    context.server.is_postgresql()
        && type_.is_some_and(|type_| SqlType::parse(&type_).family == Family::Boolean)
}

fn is_of_time(column: &Column, context: &RevisionContext<'_>) -> bool {
    let type_ = column.type_.as_ref().and_then(|type_| sql_name(type_, context.dialect));
    type_.is_some_and(|type_| {
        matches!(SqlType::parse(&type_).family, Family::Date | Family::Time(_) | Family::Timestamp(_))
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    fn upgrade(body: &str) -> Tester {
        Tester::new(&RULE).upgrade(body)
    }

    #[test]
    fn what_is_refused() {
        let found = upgrade("op.add_column('t', sa.Column('a', sa.Boolean(), server_default=False))")
            .finds(&["the `server_default` of `t.a` is no SQL"]);
        assert_eq!(found.help(), "write `server_default=sa.false()`");
        found.fixes("server_default=False", "server_default=sa.false()");
        upgrade("op.create_table('t', sa.Column('a', sa.Integer(), server_default=0))").finds(&["`t.a`"]);
    }

    #[test]
    fn numbers_for_booleans() {
        upgrade("op.add_column('t', sa.Column('a', sa.Boolean(), server_default=sa.text('0')))")
            .finds(&["the default of `t.a` is a number, and the column is BOOLEAN"]);
        upgrade("op.add_column('t', sa.Column('a', sa.Integer(), server_default=sa.text('0')))").ok();
        upgrade("op.add_column('t', sa.Column('a', sa.Boolean(), server_default=sa.text('false')))").ok();
    }

    #[test]
    fn what_is_read_once() {
        upgrade("op.add_column('t', sa.Column('a', sa.DateTime(), server_default='now()'))")
            .finds(&["read once"]);
    }

    #[test]
    fn what_is_meant() {
        for default in ["'0'", "sa.text('now()')", "sa.func.now()", "sa.false()", "None", "''"] {
            upgrade(&format!("op.add_column('t', sa.Column('a', sa.DateTime(), server_default={default}))"))
                .ok();
        }
        upgrade("op.add_column('t', sa.Column('a', sa.Text(), server_default='now()'))").ok();
    }
}

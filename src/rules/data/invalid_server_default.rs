//! `invalid-server-default`: a default that SQLAlchemy refuses, or that is another one than it looks.

use crate::diagnostic::Fix;
use crate::fix::CallText;
use crate::history::schema::sql_name;
use crate::operation::{Argument, Call, Change, Dialect, ServerDefault, last_part};
use crate::revision::RevisionContext;
use crate::rule::{Severity, Sink, declare_rule};
use crate::server::{Family, SqlType};
use crate::source::Span;

declare_rule! {
    /// ## What it does
    /// Finds `server_default=` with a boolean or a number, `sa.text("0")` for a boolean column on PostgreSQL, and a text that looks
    /// like a call, such as `"now()"`, `"CURRENT_TIMESTAMP"` or `"gen_random_uuid()"`, for a column that holds no text.
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
    /// A plain text is quoted: `server_default="gen_random_uuid()"` becomes `DEFAULT 'gen_random_uuid()'`, which PostgreSQL, MySQL and
    /// MariaDB refuse:
    /// ```text
    /// invalid input syntax for type uuid: "gen_random_uuid()"
    /// invalid input syntax for type timestamp: "CURRENT_TIMESTAMP"
    /// (1067, "Invalid default value for 'made'")
    /// ```
    /// `'now()'` and `'today'` PostgreSQL takes: it reads the text once, when the statement runs, and every row gets the moment of the
    /// upgrade. SQLite puts the text itself into each row, and SQLAlchemy cannot read it back:
    /// ```text
    /// ValueError: Invalid isoformat string: 'now()'
    /// ```
    ///
    /// ## Example
    /// ```python bad
    /// op.create_table(
    ///     "user",
    ///     sa.Column("id", sa.Integer(), primary_key=True),
    ///     sa.Column("active", sa.Boolean(), server_default=True),
    ///     sa.Column("made", sa.DateTime(), server_default="CURRENT_TIMESTAMP"),
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
    /// Safe: SQLAlchemy or PostgreSQL refuse what stood there. A text that is read once is left to you.
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
        if let Some((table, columns)) = operation.change.new_columns() {
            for column in columns {
                let ServerDefault::Value(default) = &column.server_default else { continue };
                let name = table.quoted_column(&column.name);
                judge(context, sink, operation.span, (&name, column.type_.as_ref()), default);
            }
        } else if let Change::AlterColumn(alter) = &operation.change
            && let ServerDefault::Value(default @ Argument::Str(_)) = &alter.server_default
        {
            let name = alter.table.quoted_column(&alter.column);
            let type_ = alter.type_.as_ref().or(alter.existing_type.as_ref());
            judge(context, sink, operation.span, (&name, type_), default);
        }
    }
}

/// Judges the default of one column, which has this name and type.
fn judge(
    context: &RevisionContext<'_>,
    sink: &mut Sink<'_>,
    span: Span,
    (name, type_): (&str, Option<&Argument>),
    default: &Argument,
) {
    match default {
        Argument::Bool(value) => {
            let word = if *value { "true" } else { "false" };
            refused(context, sink, span, name, &format!("sa.{word}()"));
        }
        Argument::Int(number) => refused(context, sink, span, name, &format!("\"{number}\"")),
        Argument::Str(_) => {
            let Some((text, type_)) = default.as_str().zip(type_) else { return };
            if let Some(outcome) = outcome(text.trim(), type_, context) {
                call_as_text(context, sink, span, (name, text.trim()), outcome);
            }
        }
        Argument::Call(call) if is_number(call) && is_boolean(type_, context) => {
            sink.report(
                span,
                format!(
                    "the default of {name} is a number, and the column is BOOLEAN: PostgreSQL refuses it"
                ),
            )
            .help("write `server_default=sa.false()` or `sa.true()`");
        }
        _ => {}
    }
}

fn refused(context: &RevisionContext<'_>, sink: &mut Sink<'_>, span: Span, name: &str, instead: &str) {
    let report = sink
        .report(span, format!("the `server_default` of {name} is no SQL: SQLAlchemy raises an ArgumentError"))
        .help(format!("write `server_default={instead}`"));
    if let Some(fix) = replaced(context, span, instead) {
        report.fix(fix);
    }
}

fn replaced(context: &RevisionContext<'_>, span: Span, instead: &str) -> Option<Fix> {
    let is_bound = !instead.starts_with("sa.") || context.revision.names.binds("sa", "sqlalchemy");
    let call = CallText::new(context.text(), span).filter(|_| is_bound)?;
    let argument = format!("server_default={instead}");
    let edit = call.replace_keyword("server_default", &argument)?;
    Some(Fix::safe(format!("write `{argument}`"), vec![edit]))
}

/// What a server does with a text that looks like a call.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// It takes the moment of the statement for it.
    ReadOnce,
    /// It refuses it.
    Refused,
    /// Each row gets the text.
    Stored,
}

fn call_as_text(
    context: &RevisionContext<'_>,
    sink: &mut Sink<'_>,
    span: Span,
    (name, text): (&str, &str),
    outcome: Outcome,
) {
    let what = format!("the default of {name} is the text `{text}`");
    let message = match outcome {
        Outcome::ReadOnce => format!("{what}, read once: each row gets the moment of the upgrade"),
        Outcome::Refused => format!("{what} and no call: {} refuses it", context.dialect.title()),
        Outcome::Stored => format!("{what} and no call: each row gets the text itself"),
    };
    let lower = text.to_ascii_lowercase();
    let is_now = matches!(
        lower.trim_end_matches("()"),
        "now" | "current_timestamp" | "localtimestamp" | "func.now" | "sa.func.now"
    );
    let instead = if is_now { "sa.func.now()".to_owned() } else { format!("sa.text({text:?})") };
    let report = sink.report(span, message).help(format!("write `server_default={instead}`"));
    if outcome == Outcome::ReadOnce {
        report.severity(Severity::Warning);
        return;
    }
    // Of other functions nobody knows here whether the server has them.
    let is_known = is_now
        || KEYWORDS.contains(&lower.as_str())
        || matches!(lower.as_str(), "gen_random_uuid()" | "uuid_generate_v4()" | "clock_timestamp()");
    if context.server.is_postgresql()
        && is_known
        && let Some(fix) = replaced(context, span, &instead)
    {
        report.fix(fix);
    }
}

/// What SQL writes without parentheses for a moment.
const KEYWORDS: [&str; 5] =
    ["current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"];

/// What happens to a text that looks like a call and is the default of a column of this type; `None` where it may be meant.
fn outcome(text: &str, type_: &Argument, context: &RevisionContext<'_>) -> Option<Outcome> {
    let is_postgresql = context.server.is_postgresql();
    let sql = SqlType::parse(&sql_name(type_, context.dialect)?);
    let is_of_time = matches!(sql.family, Family::Date | Family::Time(_) | Family::Timestamp(_));
    let lower = text.to_ascii_lowercase();
    // PostgreSQL skips the parentheses.
    let is_moment = matches!(lower.trim_end_matches("()"), "now" | "today");
    let is_meant_as_call = is_call(text) || (is_of_time && (is_moment || KEYWORDS.contains(&lower.as_str())));
    if !is_meant_as_call || sql.dimensions > 0 {
        return None;
    }
    if is_postgresql && is_of_time && is_moment {
        return Some(Outcome::ReadOnce);
    }
    let is_checked = is_of_time
        || matches!(
            sql.family,
            Family::Integer(_) | Family::Numeric | Family::Float(_) | Family::Boolean | Family::Uuid
        )
        || (is_postgresql
            && matches!(
                sql.family,
                Family::Interval | Family::Inet | Family::Cidr | Family::Json | Family::Jsonb
            ));
    // A text there, but what SQLAlchemy reads back must be one.
    let is_uuid = type_.path().is_some_and(|path| last_part(path).eq_ignore_ascii_case("uuid"));
    match context.dialect {
        Dialect::Sqlite => (is_checked || is_uuid).then_some(Outcome::Stored),
        Dialect::Mysql if is_uuid => Some(Outcome::Stored),
        Dialect::Mysql | Dialect::Mariadb | Dialect::Postgresql => is_checked.then_some(Outcome::Refused),
    }
}

/// Whether a text is a name with parentheses behind it.
fn is_call(text: &str) -> bool {
    let Some((name, rest)) = text.split_once('(') else { return false };
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
    is_name && rest.ends_with(')')
}

/// `sa.text("0")`, which autogenerate prints where it compares with SQLite.
fn is_number(call: &Call) -> bool {
    let text = call.args.first().and_then(Argument::as_str).unwrap_or_default();
    last_part(&call.callee) == "text" && matches!(text.trim(), "0" | "1")
}

/// Whether the column is one that takes no number.
fn is_boolean(type_: Option<&Argument>, context: &RevisionContext<'_>) -> bool {
    let type_ = type_.and_then(|type_| sql_name(type_, context.dialect));
    context.server.is_postgresql()
        && type_.is_some_and(|type_| SqlType::parse(&type_).family == Family::Boolean)
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
        for text in ["now()", "NOW", "today"] {
            upgrade(&format!("op.add_column('t', sa.Column('a', sa.DateTime(), server_default='{text}'))"))
                .has_severity(Severity::Warning);
        }
    }

    fn default(dialect: Dialect, type_: &str, text: &str) -> Tester {
        upgrade(&format!("op.add_column('t', sa.Column('a', {type_}, server_default={text:?}))"))
            .settings(Settings { dialect: Some(dialect), ..Settings::default() })
    }

    #[test]
    fn calls_that_are_text() {
        for (type_, text) in [
            ("sa.Uuid()", "gen_random_uuid()"),
            ("sa.DateTime()", "timezone('utc', now())"),
            ("sa.Date()", "CURRENT_DATE"),
            ("sa.Integer()", "nextval('s')"),
            ("sa.Boolean()", "sa.false()"),
        ] {
            default(Dialect::Postgresql, type_, text)
                .finds(&[&format!("the text `{text}` and no call: PostgreSQL refuses it")]);
        }
        default(Dialect::Postgresql, "sa.Uuid()", "uuid_generate_v4()")
            .finds(&["refuses"])
            .fixes("server_default=\"uuid_generate_v4()\"", "server_default=sa.text(\"uuid_generate_v4()\")");
        default(Dialect::Postgresql, "sa.DateTime()", "CURRENT_TIMESTAMP")
            .finds(&["refuses"])
            .fixes("server_default=\"CURRENT_TIMESTAMP\"", "server_default=sa.func.now()");
        default(Dialect::Postgresql, "sa.Integer()", "f(1)").finds(&["refuses"]).without_fix();
        default(Dialect::Mysql, "sa.DateTime()", "now()").finds(&["MySQL refuses it"]).without_fix();
        default(Dialect::Mysql, "sa.Uuid()", "uuid()").finds(&["each row gets the text itself"]);
        default(Dialect::Sqlite, "sa.DateTime()", "now()").finds(&["each row gets the text itself"]);
        upgrade("op.alter_column('t', 'a', existing_type=sa.Uuid(), server_default='gen_random_uuid()')")
            .finds(&["the default of `t.a` is the text `gen_random_uuid()`"]);
    }

    #[test]
    fn texts_that_are_meant() {
        for (type_, text) in [
            ("sa.Text()", "gen_random_uuid()"),
            ("sa.Integer()", "0"),
            ("sa.Integer()", "today"),
            ("sa.DateTime()", "2020-01-01"),
            ("sa.DateTime()", "infinity"),
            ("sa.ARRAY(sa.Integer())", "{}"),
            ("sa.JSON()", "{}"),
            ("app.Custom()", "f()"),
        ] {
            default(Dialect::Postgresql, type_, text).ok();
        }
        default(Dialect::Mariadb, "sa.Uuid()", "uuid()").ok();
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

//! When a server default is evaluated: once for all rows that are there, or for each.

use crate::operation::{Argument, last_part};

/// How the value of an expression depends on when and where it is evaluated, in PostgreSQL's terms
/// (postgresql.org/docs/current/xfunc-volatility.html).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Volatility {
    /// The same for all rows of one statement: literals, `now()`, `CURRENT_TIMESTAMP`.
    Stable,
    /// It calls something that is not known.
    Unknown,
    /// Another for each row: `random()`, `gen_random_uuid()`, `clock_timestamp()`, `nextval(..)`.
    Volatile,
}

/// Functions of PostgreSQL and its usual extensions that are volatile (`pg_proc.provolatile = 'v'`).
const VOLATILE: [&str; 22] = [
    "clock_timestamp",
    "currval",
    "gen_random_bytes",
    "gen_random_uuid",
    "gen_salt",
    "gen_ulid",
    "lastval",
    "nextval",
    "pg_sleep",
    "random",
    "random_normal",
    "setseed",
    "setval",
    "timeofday",
    "ulid_generate",
    "uuid_generate_v1",
    "uuid_generate_v1mc",
    "uuid_generate_v4",
    "uuid_generate_v7",
    "uuidv4",
    "uuidv7",
    "uuid_v7",
];

/// Functions that are stable or immutable, as far as defaults use them (`pg_proc.provolatile`).
const STABLE: [&str; 60] = [
    "abs",
    "age",
    "array_append",
    "array_fill",
    "array_length",
    "array_to_json",
    "ceil",
    "coalesce",
    "concat",
    "concat_ws",
    "current_database",
    "current_schema",
    "current_setting",
    "current_user",
    "date",
    "date_part",
    "date_trunc",
    "decode",
    "encode",
    "extract",
    "floor",
    "greatest",
    "json_array",
    "json_build_array",
    "json_build_object",
    "json_object",
    "jsonb_build_array",
    "jsonb_build_object",
    "least",
    "left",
    "length",
    "lower",
    "lpad",
    "make_date",
    "make_interval",
    "make_timestamp",
    "md5",
    "now",
    "nullif",
    "regexp_replace",
    "repeat",
    "replace",
    "right",
    "round",
    "rpad",
    "session_user",
    "split_part",
    "statement_timestamp",
    "strpos",
    "substr",
    "substring",
    "timezone",
    "to_char",
    "to_date",
    "to_json",
    "to_jsonb",
    "to_timestamp",
    "transaction_timestamp",
    "trim",
    "upper",
];

/// Words that may stand before a parenthesis without being a function: types, operators, constructors.
const NO_FUNCTIONS: [&str; 36] = [
    "all",
    "and",
    "any",
    "array",
    "as",
    "at",
    "bit",
    "bytea",
    "case",
    "cast",
    "char",
    "character",
    "current_date",
    "current_time",
    "current_timestamp",
    "decimal",
    "else",
    "end",
    "in",
    "interval",
    "localtime",
    "localtimestamp",
    "not",
    "numeric",
    "or",
    "row",
    "then",
    "time",
    "timestamp",
    "timestamptz",
    "varbit",
    "varchar",
    "varying",
    "when",
    "precision",
    "zone",
];

/// How a server default depends on the row.
pub fn volatility(default: &Argument) -> Volatility {
    match default {
        Argument::None
        | Argument::Bool(_)
        | Argument::Int(_)
        | Argument::Float(_)
        // A plain string is written as a literal (`sqlalchemy/sql/compiler.py`, `render_default_string`).
        | Argument::Str(_) => Volatility::Stable,
        Argument::Call(call) => match (last_part(&call.callee), &*call.args) {
            ("text" | "literal_column" | "TextClause", [text, ..]) => {
                text.as_str().map_or(Volatility::Unknown, of_expression)
            }
            ("next_value", _) => Volatility::Volatile,
            ("true" | "false" | "null", []) => Volatility::Stable,
            ("literal" | "inline_literal" | "DefaultClause" | "cast" | "type_coerce", [value, ..]) => {
                volatility(value)
            }
            (function, arguments) if is_sql_function(&call.callee) => {
                arguments.iter().map(volatility).fold(of_function(function), Volatility::max)
            }
            _ => Volatility::Unknown,
        },
        Argument::List(_) | Argument::Dict(_) | Argument::Path(_) | Argument::Unknown => Volatility::Unknown,
    }
}

/// `sa.func.now`, `sa.sql.functions.now`.
fn is_sql_function(callee: &str) -> bool {
    callee.contains(".func.")
        || callee.starts_with("func.")
        || callee.starts_with("sqlalchemy.sql.functions.")
}

fn of_function(name: &str) -> Volatility {
    let name = last_part(name).to_ascii_lowercase();
    if VOLATILE.contains(&&*name) {
        Volatility::Volatile
    } else if STABLE.contains(&&*name) || NO_FUNCTIONS.contains(&&*name) {
        Volatility::Stable
    } else {
        Volatility::Unknown
    }
}

/// How an SQL expression depends on the row, by the functions that it calls.
fn of_expression(sql: &str) -> Volatility {
    // What is not known of a literal does not matter.
    if is_literal(sql) {
        return Volatility::Stable;
    }
    let mut found = Volatility::Stable;
    let mut rest = sql;
    while let Some(at) = rest.find(['\'', '(']) {
        let (before, tail) = rest.split_at(at);
        if tail.starts_with('(') {
            found = found.max(of_call(before));
            rest = tail.get(1..).unwrap_or_default();
        } else {
            let inner = tail.get(1..).unwrap_or_default();
            rest = inner.split_once('\'').map_or("", |(_, after)| after);
        }
    }
    found
}

/// Whether an expression is one text in quotes.
fn is_literal(sql: &str) -> bool {
    let quoted = sql.trim().strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    quoted.is_some_and(|inner| !inner.replace("''", "").contains('\''))
}

/// How a call depends on the row whose parenthesis follows `before`.
fn of_call(before: &str) -> Volatility {
    let before = before.trim_end();
    let is_part = |char: char| char.is_alphanumeric() || matches!(char, '_' | '.' | '"');
    let start = before
        .rfind(|char| !is_part(char))
        .map_or(0, |at| at + before.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8));
    let name = before.get(start..).unwrap_or_default().replace('"', "");
    // `::varchar(20)` is a cast.
    let is_cast = before.get(..start).unwrap_or_default().ends_with("::");
    if name.is_empty() || is_cast { Volatility::Stable } else { of_function(&name) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::Call;

    fn call(callee: &str, args: Vec<Argument>) -> Argument {
        Argument::Call(Box::new(Call { callee: callee.into(), args: args.into(), keywords: Box::default() }))
    }

    fn text(sql: &str) -> Argument {
        call("sqlalchemy.text", vec![Argument::Str(sql.into())])
    }

    #[test]
    fn what_is_the_same_for_all_rows() {
        for sql in [
            "now()",
            "CURRENT_TIMESTAMP",
            "'a'",
            "1",
            "true",
            "'{}'::jsonb",
            "'random()'",
            "(now() AT TIME ZONE 'utc')",
            "timezone('utc', now())",
            "''::character varying(20)",
            "CURRENT_TIMESTAMP(6)",
            "ARRAY[]::text[]",
            "now() + interval '1 day'",
            "'it''s (gen_random_uuid())'",
            "pg_catalog.now()",
            "NULL",
        ] {
            assert_eq!(volatility(&text(sql)), Volatility::Stable, "{sql}");
        }
        assert_eq!(
            volatility(&Argument::Str("gen_random_uuid()".into())),
            Volatility::Stable,
            "a literal text"
        );
        assert_eq!(volatility(&call("sqlalchemy.func.now", vec![])), Volatility::Stable);
        assert_eq!(volatility(&call("sqlalchemy.sql.expression.false", vec![])), Volatility::Stable);
        let class = call("sqlalchemy.sql.functions.current_timestamp", vec![]);
        assert_eq!(volatility(&class), Volatility::Stable);
    }

    #[test]
    fn what_is_another_for_each_row() {
        for sql in [
            "gen_random_uuid()",
            "uuid_generate_v4()",
            "public.uuid_generate_v4()",
            "clock_timestamp()",
            "random() * 10",
            "nextval('s'::regclass)",
            "md5(random()::text)",
            "(gen_random_uuid())::text",
            "GEN_RANDOM_UUID()",
        ] {
            assert_eq!(volatility(&text(sql)), Volatility::Volatile, "{sql}");
        }
        assert_eq!(volatility(&call("sqlalchemy.func.gen_random_uuid", vec![])), Volatility::Volatile);
        assert_eq!(volatility(&call("sqlalchemy.Sequence.next_value", vec![])), Volatility::Volatile);
    }

    #[test]
    fn what_is_not_known() {
        assert_eq!(volatility(&text("make_reference()")), Volatility::Unknown);
        assert_eq!(volatility(&call("app.default_for", vec![])), Volatility::Unknown);
        assert_eq!(volatility(&Argument::Unknown), Volatility::Unknown);
    }
}

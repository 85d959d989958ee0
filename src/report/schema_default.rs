//! A server default as SQL. Knows no columns.

use crate::operation::{Argument, Dialect};

/// A default as the dialect writes it; `None` where that is not known.
pub(super) fn default_sql(default: &Argument, dialect: Dialect) -> Option<String> {
    match default {
        // A plain string is quoted (`sqlalchemy/sql/compiler.py`, `render_default_string`).
        Argument::Str(_) => default.as_str().map(|text| format!("'{}'", text.replace('\'', "''"))),
        Argument::Int(number) => Some(number.to_string()),
        Argument::Call(call) => {
            let function = call.callee.rsplit('.').next().unwrap_or(&call.callee);
            match (function, &*call.args) {
                ("text" | "literal_column", [text, ..]) => text.as_str().map(str::to_owned),
                ("literal" | "inline_literal" | "DefaultClause", [value, ..]) => default_sql(value, dialect),
                ("true" | "false", []) => {
                    let is_true = function == "true";
                    let word = match dialect {
                        Dialect::Postgresql | Dialect::Mysql | Dialect::Mariadb => function,
                        Dialect::Sqlite if is_true => "1",
                        Dialect::Sqlite => "0",
                    };
                    Some(word.to_owned())
                }
                ("now", []) if dialect != Dialect::Sqlite => Some("now()".to_owned()),
                ("now" | "current_timestamp", []) => Some("CURRENT_TIMESTAMP".to_owned()),
                (function, []) if call.callee.contains(".func.") => Some(format!("{function}()")),
                _ => None,
            }
        }
        _ => None,
    }
}

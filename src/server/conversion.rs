//! What to write behind `USING` where a column of PostgreSQL changes its type.

use super::sql_type::{Family, SqlType};
use crate::history::schema::{enum_of, sql_name};
use crate::operation::{Argument, Dialect, sql_identifier};

/// The plain cast of a column to a type, `"createdAt"::timestamp`; `None` for a type whose name is not known.
pub fn cast_expression(column: &str, type_: &Argument) -> Option<String> {
    Some(format!("{}::{}", sql_identifier(column, Dialect::Postgresql), type_name(type_)?))
}

/// A type as a cast names it: with its schema, and in lower case where its quotes allow that.
pub fn type_name(type_: &Argument) -> Option<String> {
    let name = sql_name(type_, Dialect::Postgresql)?;
    let name = if name.contains('"') { name } else { name.to_lowercase() };
    match enum_of(type_) {
        Some(of_enum) => match of_enum.schema? {
            Some(schema) => Some(format!("{}.{name}", sql_identifier(schema, Dialect::Postgresql))),
            None => Some(name),
        },
        None => Some(name),
    }
}

/// An expression that people use where there is no cast, and what it takes the values for.
pub fn usual_conversion(column: &str, from: &SqlType, to: &SqlType) -> Option<(String, &'static str)> {
    let column = sql_identifier(column, Dialect::Postgresql);
    let is_number =
        |family: &Family| matches!(family, Family::Integer(_) | Family::Numeric | Family::Float(_));
    let is_text = |family: &Family| matches!(family, Family::Varchar | Family::Text(_) | Family::Char);
    Some(match (&from.family, &to.family) {
        (one, _) if is_text(one) && from.dimensions < to.dimensions => {
            (format!("string_to_array({column}, ',')"), "if it holds items separated by commas")
        }
        (one, other) if one == other && from.dimensions == 0 => {
            (format!("ARRAY[{column}]"), "if its value becomes the only item")
        }
        (one, other) if one == other && to.dimensions == 0 => {
            (format!("{column}[1]"), "if only the first item is needed")
        }
        _ if from.dimensions != to.dimensions || to.dimensions > 0 => return None,
        (one, Family::Timestamp(true)) if is_number(one) => {
            (format!("to_timestamp({column})"), "if it counts seconds since 1970")
        }
        (one, Family::Timestamp(false)) if is_number(one) => {
            (format!("to_timestamp({column}) AT TIME ZONE 'UTC'"), "if it counts seconds since 1970")
        }
        (one, Family::Interval) if is_number(one) => {
            (format!("{column} * interval '1 second'"), "if it counts seconds")
        }
        (one, Family::Boolean) if is_number(one) => (format!("{column} <> 0"), "if 0 means false"),
        (Family::Boolean, other) if is_number(other) => {
            (format!("CASE WHEN {column} THEN 1 ELSE 0 END"), "for 1 and 0")
        }
        (Family::Timestamp(_) | Family::Date | Family::Interval, other) if is_number(other) => {
            (format!("extract(epoch FROM {column})"), "for seconds")
        }
        (_, Family::Jsonb) => (format!("to_jsonb({column})"), "if the value stays as it is"),
        (_, Family::Json) => (format!("to_json({column})"), "if the value stays as it is"),
        _ => return None,
    })
}

//! Values that a directive cannot use, as Alembic 1.20 with SQLAlchemy 2 took them in offline mode; `tests/directive_calls.rs` asks
//! them again.

use super::last_part;
use super::misfit::Misfit;

/// A value, as far as directives ask what it is.
#[derive(Debug, Clone, Copy)]
pub enum Given<'v> {
    /// This text.
    Text(&'v str),
    /// A list.
    List,
    /// A dictionary.
    Dictionary,
    /// What calling this path gave.
    Object(&'v str),
}

/// The parameter of `create_table` that takes columns and constraints.
pub const COLUMNS_OF_TABLE: &str = "*columns";

/// What is wrong with a value of one parameter.
pub fn value_misfit(directive: &str, parameter: &'static str, given: Given<'_>) -> Option<Misfit> {
    if let ("columns" | "local_cols" | "remote_cols", Given::Text(text)) = (parameter, given) {
        // One letter names the column that was meant.
        let is_split = text.chars().nth(1).is_some();
        return is_split.then(|| Misfit::Letters { parameter, text: text.into() });
    }
    let wanted = wanted(directive, parameter, given)?;
    let given: Box<str> = match given {
        Given::Text(_) => "a text".into(),
        Given::List => "a list".into(),
        Given::Dictionary => "a dictionary".into(),
        Given::Object(path) if path.contains(".func.") => "an expression".into(),
        Given::Object("sqlalchemy.Index") => "an `Index` object".into(),
        Given::Object(path) => format!("a `{}` object", last_part(path)).into(),
    };
    Some(Misfit::Unfit { parameter, given, wanted })
}

/// What a parameter takes, where the value is something else and the call fails.
fn wanted(directive: &str, parameter: &str, given: Given<'_>) -> Option<&'static str> {
    match (parameter, given) {
        ("columns" | "local_cols" | "remote_cols", Given::Object(path)) => {
            is_expression(path).then_some("a list")
        }
        ("type_", Given::Text(type_)) if directive == "drop_constraint" => {
            let is_kind = matches!(type_, "check" | "foreignkey" | "primary" | "unique");
            (!is_kind).then_some("`check`, `foreignkey`, `primary` or `unique`")
        }
        // Alembic leaves out what is no part of a table, and says nothing.
        (
            COLUMNS_OF_TABLE,
            Given::Text(_) | Given::List | Given::Dictionary | Given::Object("sqlalchemy.column"),
        ) => Some("a `sa.Column` each"),
        ("column", Given::Text(_) | Given::Object("sqlalchemy.column")) => Some("a `sa.Column`"),
        ("table", Given::Text(_)) if directive == "bulk_insert" => Some("a `sa.table`"),
        ("rows", Given::Dictionary) => Some("a list"),
        ("table_name", Given::List) => {
            matches!(directive, "create_index" | "drop_table").then_some("one name")
        }
        ("column_name" | "constraint_name" | "index_name", Given::List) => {
            matches!(directive, "alter_column" | "drop_column" | "drop_constraint" | "drop_index")
                .then_some("one name")
        }
        ("old_table_name" | "new_table_name", Given::Object(path)) => is_table(path).then_some("a name"),
        // Others read the name of the object.
        ("table_name", Given::Object(path)) => (is_table(path)
            && matches!(directive, "add_column" | "alter_column" | "create_index" | "drop_column"))
        .then_some("a name"),
        // An index gets the text of the object for its name.
        ("column_name", Given::Object("sqlalchemy.Column" | "sqlalchemy.column"))
        | ("index_name", Given::Object("sqlalchemy.Index")) => Some("a name"),
        // A type that was meant for `type_`.
        ("column_name", Given::Object(path)) => (path.starts_with("sqlalchemy.")
            && last_part(path).starts_with(|first: char| first.is_ascii_uppercase()))
        .then_some("a name"),
        ("constraint_name", Given::Object(path)) => (directive == "drop_constraint"
            && path.starts_with("sqlalchemy.")
            && last_part(path).ends_with("Constraint"))
        .then_some("a name"),
        _ => None,
    }
}

fn is_table(path: &str) -> bool {
    matches!(path, "sqlalchemy.Table" | "sqlalchemy.table")
}

/// One expression, which is no list of them.
fn is_expression(path: &str) -> bool {
    path.strip_prefix("sqlalchemy.").is_some_and(|name| {
        let is_function = name
            .strip_prefix("func.")
            .is_some_and(|function| !function.is_empty() && !function.contains('.'));
        is_function || matches!(name, "text" | "column" | "Column" | "literal_column" | "asc" | "desc")
    })
}

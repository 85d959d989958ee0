//! Arguments that a directive does not take. What really happens is what Alembic 1.20 with SQLAlchemy 2 did for each of them in
//! offline mode; `tests/directive_calls.rs` asks them again.

use super::signature::Signature;

/// What is wrong with the arguments of one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Misfit {
    /// A keyword that the directive, or the object of SQLAlchemy that it makes, refuses.
    Refused(Box<str>),
    /// A keyword that is taken and does nothing.
    Ignored(Box<str>),
    /// More positional arguments than the directive has parameters for: so many.
    TooMany(usize),
    /// A parameter without a value.
    Missing(&'static str),
    /// A value that the parameter does not take.
    Unfit {
        /// The parameter.
        parameter: &'static str,
        /// What stands there, with its article.
        given: Box<str>,
        /// What it takes, with its article.
        wanted: &'static str,
    },
    /// A text for a list of columns, which is taken letter by letter.
    Letters {
        /// The parameter.
        parameter: &'static str,
        /// The text.
        text: Box<str>,
    },
    /// A colon inside a literal of SQL text that SQLAlchemy takes for this parameter.
    Colon(Box<str>),
    /// `metadata.create_all` or `drop_all`: this one.
    AllTables(Box<str>),
    /// Plain text given to `execute` of a connection or session, which SQLAlchemy 2 refuses.
    PlainText,
}

/// Families that keywords are named for: `postgresql_using`, `mssql_drop_check`.
const PREFIXES: [&str; 6] = ["postgresql_", "mysql_", "mariadb_", "sqlite_", "mssql_", "oracle_"];

/// Keywords of `alter_column` beside those of its signature (`alembic/ddl/mysql.py`, `alembic/ddl/impl.py`).
const OF_ALTER_COLUMN: [&str; 3] = ["autoincrement", "existing_autoincrement", "existing_comment"];

/// Positional parameters that may be left out.
const OPTIONAL: [&str; 2] = ["type_", "rows"];

/// What is wrong with the arguments of one call: how many positional ones, and which keywords. `is_open` where some are not known.
pub fn misfits<'k>(
    signature: &Signature,
    positional: usize,
    keywords: impl Iterator<Item = &'k str> + Clone,
    is_open: bool,
) -> Vec<Misfit> {
    let mut found: Vec<Misfit> =
        keywords.clone().filter_map(|keyword| keyword_misfit(signature, keyword)).collect();
    let twice = keywords
        .clone()
        .filter(|keyword| signature.positional.iter().take(positional).any(|name| name == keyword));
    found.extend(twice.map(|keyword| Misfit::Refused(keyword.into())));
    let taken = signature.positional.len();
    if positional > taken && !signature.variadic {
        found.push(Misfit::TooMany(positional - taken));
    }
    if !is_open && positional < taken {
        let given: Vec<_> = keywords.filter_map(|keyword| signature.parameter(keyword)).collect();
        let is_optional = |name: &&str| {
            OPTIONAL.contains(name) || (signature.directive == "drop_index" && *name == "table_name")
        };
        let missing = signature.positional.iter().skip(positional).filter(|name| !given.contains(*name));
        found.extend(missing.filter(|name| !is_optional(name)).map(|name| Misfit::Missing(name)));
    }
    found
}

fn keyword_misfit(signature: &Signature, keyword: &str) -> Option<Misfit> {
    // What older releases called a parameter is not judged: the project may use one.
    if signature.parameter(keyword).is_some() {
        return None;
    }
    let refused = || Some(Misfit::Refused(keyword.into()));
    if names_table_of_batch(signature.directive, keyword) {
        return refused();
    }
    let ignored = || Some(Misfit::Ignored(keyword.into()));
    if !signature.any_keyword {
        return refused();
    }
    let has_prefix = PREFIXES.iter().any(|prefix| keyword.starts_with(prefix));
    // `ALTER TABLE` has these clauses, no object of SQLAlchemy has.
    let is_alter_clause = matches!(keyword, "mysql_algorithm" | "mysql_lock");
    if is_alter_clause
        && (signature.directive.contains("index")
            || signature.directive.contains("_key")
            || signature.directive.contains("constraint"))
    {
        return refused();
    }
    let allowed: &[&str] = match signature.directive {
        "alter_column" if OF_ALTER_COLUMN.contains(&keyword) || keyword.starts_with("modify_") => {
            return None;
        }
        "alter_column" | "drop_column" if has_prefix => return None,
        "alter_column" | "drop_column" => return ignored(),
        "create_index" | "drop_index" => &["info", "quote", "unique"],
        "create_foreign_key" => {
            &["comment", "deferrable", "info", "initially", "match", "ondelete", "onupdate"]
        }
        "create_unique_constraint" | "create_check_constraint" => {
            &["comment", "deferrable", "info", "initially"]
        }
        "create_table" | "drop_table" => &["comment", "info", "listeners", "prefixes", "quote"],
        _ => return None,
    };
    match keyword {
        "if_exists" | "if_not_exists" => ignored(),
        // `use_alter`, `extend_existing`, and options of dialects that are not known here.
        _ if keyword.contains('_') || allowed.contains(&keyword) => None,
        _ => refused(),
    }
}

/// Whether a batch object gives the directive this keyword itself; those of `op` have a parameter of that name.
fn names_table_of_batch(directive: &str, keyword: &str) -> bool {
    match directive {
        "alter_column" | "create_check_constraint" | "create_index" | "drop_column" | "drop_index" => {
            matches!(keyword, "schema" | "table_name")
        }
        "create_exclude_constraint" | "create_unique_constraint" => keyword == "table_name",
        "create_foreign_key" => matches!(keyword, "source_schema" | "source_table"),
        _ => false,
    }
}

impl Misfit {
    /// The keyword that was meant, where a misspelt one does nothing or is refused: `concurrently` for
    /// `postgresql_concurrently`.
    pub fn meant(&self, directive: &str) -> Option<&'static str> {
        let (Self::Refused(keyword) | Self::Ignored(keyword)) = self else { return None };
        match (directive, &**keyword) {
            ("create_index" | "drop_index", "concurrently") => Some("postgresql_concurrently"),
            ("create_index", "using" | "method") | ("alter_column", "using") => Some("postgresql_using"),
            ("create_index", "where") => Some("postgresql_where"),
            ("create_index", "include") => Some("postgresql_include"),
            ("alter_column", "type" | "_type" | "new_type") | ("drop_constraint", "constraint_type") => {
                Some("type_")
            }
            ("alter_column", "default") => Some("server_default"),
            ("alter_column", "new_name") => Some("new_column_name"),
            ("alter_column", "exisiting_type" | "exising_type" | "old_type") => Some("existing_type"),
            ("create_foreign_key" | "create_check_constraint", "not_valid") => Some("postgresql_not_valid"),
            _ => None,
        }
    }
}

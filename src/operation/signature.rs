//! The signature of every directive of Alembic 1.20 (`alembic/op.pyi`, `alembic/operations/base.py`).

/// How a directive takes its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signature {
    /// The method's name.
    pub directive: &'static str,
    /// Parameters that may be given by position, in order.
    pub positional: &'static [&'static str],
    /// Whether more positional arguments are taken (`*columns`, `*elements`).
    pub variadic: bool,
    /// Parameters that are given by keyword only.
    pub keyword_only: &'static [&'static str],
    /// Whether any other keyword is taken (`**kw`).
    pub any_keyword: bool,
}

const fn signature(
    directive: &'static str,
    positional: &'static [&'static str],
    keyword_only: &'static [&'static str],
    any_keyword: bool,
) -> Signature {
    Signature { directive, positional, variadic: false, keyword_only, any_keyword }
}

const fn variadic(
    directive: &'static str,
    positional: &'static [&'static str],
    keyword_only: &'static [&'static str],
) -> Signature {
    Signature { directive, positional, variadic: true, keyword_only, any_keyword: true }
}

// The first of each says of which table, which a batch object knows.
const ALTER_KEYWORDS: &[&str] = &[
    "schema",
    "nullable",
    "comment",
    "server_default",
    "new_column_name",
    "type_",
    "existing_type",
    "existing_server_default",
    "existing_nullable",
    "existing_comment",
    "insert_before",
    "insert_after",
];
const ADD_KEYWORDS: &[&str] =
    &["schema", "if_not_exists", "inline_references", "inline_primary_key", "insert_before", "insert_after"];
const FOREIGN_KEYWORDS: &[&str] =
    &["source_schema", "onupdate", "ondelete", "deferrable", "initially", "match", "referent_schema"];

const fn of_batch(keywords: &'static [&'static str]) -> &'static [&'static str] {
    match keywords.split_first() {
        Some((_, others)) => others,
        None => keywords,
    }
}

/// The methods of `op` that change something.
pub const DIRECTIVES: &[Signature] = &[
    signature("add_column", &["table_name", "column"], ADD_KEYWORDS, false),
    signature("alter_column", &["table_name", "column_name"], ALTER_KEYWORDS, true),
    signature("bulk_insert", &["table", "rows"], &["multiinsert"], false),
    signature("create_check_constraint", &["constraint_name", "table_name", "condition"], &["schema"], true),
    variadic("create_exclude_constraint", &["constraint_name", "table_name"], &["schema"]),
    signature(
        "create_foreign_key",
        &["constraint_name", "source_table", "referent_table", "local_cols", "remote_cols"],
        FOREIGN_KEYWORDS,
        true,
    ),
    signature(
        "create_index",
        &["index_name", "table_name", "columns"],
        &["schema", "unique", "if_not_exists"],
        true,
    ),
    signature("create_primary_key", &["constraint_name", "table_name", "columns"], &["schema"], false),
    variadic("create_table", &["table_name"], &["if_not_exists", "schema"]),
    signature("create_table_comment", &["table_name", "comment"], &["existing_comment", "schema"], false),
    signature("create_unique_constraint", &["constraint_name", "table_name", "columns"], &["schema"], true),
    signature("drop_column", &["table_name", "column_name"], &["schema", "if_exists"], true),
    signature(
        "drop_constraint",
        &["constraint_name", "table_name", "type_"],
        &["schema", "if_exists"],
        false,
    ),
    signature("drop_index", &["index_name", "table_name"], &["schema", "if_exists"], true),
    signature("drop_table", &["table_name"], &["schema", "if_exists"], true),
    signature("drop_table_comment", &["table_name"], &["existing_comment", "schema"], false),
    signature("execute", &["sqltext"], &["execution_options"], false),
    signature("rename_table", &["old_table_name", "new_table_name"], &["schema"], false),
];

/// The methods of a batch object that change something; the table is the batch's.
pub const BATCH_DIRECTIVES: &[Signature] = &[
    signature("add_column", &["column"], of_batch(ADD_KEYWORDS), false),
    signature("alter_column", &["column_name"], of_batch(ALTER_KEYWORDS), true),
    signature("create_check_constraint", &["constraint_name", "condition"], &[], true),
    variadic("create_exclude_constraint", &["constraint_name"], &[]),
    signature(
        "create_foreign_key",
        &["constraint_name", "referent_table", "local_cols", "remote_cols"],
        of_batch(FOREIGN_KEYWORDS),
        true,
    ),
    signature("create_index", &["index_name", "columns"], &["unique", "if_not_exists"], true),
    signature("create_primary_key", &["constraint_name", "columns"], &[], false),
    signature("create_table_comment", &["comment"], &["existing_comment"], false),
    signature("create_unique_constraint", &["constraint_name", "columns"], &[], true),
    signature("drop_column", &["column_name"], &["if_exists"], true),
    signature("drop_constraint", &["constraint_name", "type_"], &[], false),
    signature("drop_index", &["index_name"], &["if_exists"], true),
    signature("drop_table_comment", &[], &["existing_comment"], false),
    signature("execute", &["sqltext"], &["execution_options"], false),
];

/// Names that parameters had before Alembic 1.0; old revisions still use them.
const LEGACY_KEYWORDS: &[(&str, &str, &str)] = &[
    ("create_index", "name", "index_name"),
    ("create_index", "tablename", "table_name"),
    ("drop_index", "name", "index_name"),
    ("drop_index", "tablename", "table_name"),
    ("drop_constraint", "name", "constraint_name"),
    ("drop_constraint", "tablename", "table_name"),
    ("drop_constraint", "type", "type_"),
    ("alter_column", "tablename", "table_name"),
    ("alter_column", "name", "new_column_name"),
    ("drop_table", "name", "table_name"),
    ("create_table", "name", "table_name"),
    ("create_foreign_key", "name", "constraint_name"),
    ("create_foreign_key", "source", "source_table"),
    ("create_foreign_key", "referent", "referent_table"),
    ("create_unique_constraint", "name", "constraint_name"),
    ("create_unique_constraint", "source", "table_name"),
    ("create_unique_constraint", "local_cols", "columns"),
    ("create_check_constraint", "name", "constraint_name"),
    ("create_check_constraint", "source", "table_name"),
    ("create_primary_key", "name", "constraint_name"),
    ("create_primary_key", "cols", "columns"),
];

impl Signature {
    /// The signature of a method of `op`, or of a batch object.
    pub fn of(directive: &str, batch: bool) -> Option<&'static Self> {
        let table = if batch { BATCH_DIRECTIVES } else { DIRECTIVES };
        table.iter().find(|signature| signature.directive == directive)
    }

    /// The parameter a keyword means; `None` where the directive has none of that name.
    pub fn parameter(&self, keyword: &str) -> Option<&'static str> {
        let own = self.positional.iter().chain(self.keyword_only).find(|name| **name == keyword);
        own.copied().or_else(|| {
            LEGACY_KEYWORDS
                .iter()
                .find(|(directive, old, _)| *directive == self.directive && *old == keyword)
                .map(|(_, _, new)| *new)
        })
    }
}

//! The names that the database, or SQLAlchemy before it, gives to what has none. Makes no objects.

use std::borrow::Cow;

use md5::{Digest, Md5};

use super::model::{IndexColumn, ObjectName, Table, TableKey, Text};
use crate::operation::{ConstraintKind, Dialect};

/// The longest name of PostgreSQL in bytes (`NAMEDATALEN - 1`).
const LONGEST: usize = 63;

/// The name of a constraint without one. `is_taken` tells names that are used in the schema already.
pub(super) fn constraint<'a>(
    dialect: Dialect,
    table: &Table<'_>,
    kind: ConstraintKind,
    columns: Option<&[Text<'_>]>,
    is_taken: impl Fn(&str) -> bool,
) -> ObjectName<'a> {
    let name = match dialect {
        Dialect::Postgresql => postgresql(&table.key, kind, columns, is_taken),
        Dialect::Mysql | Dialect::Mariadb => mysql(dialect, table, kind, columns),
        Dialect::Sqlite => return ObjectName::None,
    };
    name.map_or(ObjectName::Unknown, |name| ObjectName::Derived(Cow::Owned(name)))
}

/// PostgreSQL's `ChooseConstraintName` and `ChooseRelationName` (`src/backend/commands/indexcmds.c`,
/// `src/backend/catalog/pg_constraint.c`).
fn postgresql(
    table: &TableKey<'_>,
    kind: ConstraintKind,
    columns: Option<&[Text<'_>]>,
    is_taken: impl Fn(&str) -> bool,
) -> Option<String> {
    let (label, columns) = match kind {
        ConstraintKind::PrimaryKey => ("pkey", String::new()),
        ConstraintKind::Unique => ("key", joined(columns?)),
        ConstraintKind::ForeignKey => ("fkey", joined(columns?)),
        ConstraintKind::Exclude => ("excl", joined(columns?)),
        // Named for the column only where it speaks of a single one (`AddRelationNewConstraints`).
        ConstraintKind::Check => match columns? {
            [only] => ("check", only.to_string()),
            _ => ("check", String::new()),
        },
    };
    Some(first_free(&table.name, &columns, label, is_taken))
}

/// The column names with `_` between, cut as soon as they fill a name (`ChooseIndexNameAddition`).
fn joined(columns: &[Text<'_>]) -> String {
    let mut text = String::new();
    for column in columns {
        if !text.is_empty() {
            text.push('_');
        }
        text.push_str(column);
        if text.len() >= LONGEST {
            break;
        }
    }
    cut(&text, LONGEST).to_owned()
}

/// With `label`, `label1`, `label2`, .. until nothing has the name.
fn first_free(table: &str, columns: &str, label: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let plain = object_name(table, columns, label);
    if !is_taken(&plain) {
        return plain;
    }
    let numbered = (1_u32..1000).map(|number| object_name(table, columns, &format!("{label}{number}")));
    let mut numbered = numbered.filter(|name| !is_taken(name));
    numbered.next().unwrap_or(plain)
}

/// `makeObjectName`: the longer of both names is cut until all fits.
fn object_name(table: &str, columns: &str, label: &str) -> String {
    let mut overhead = label.len() + 1;
    if !columns.is_empty() {
        overhead += 1;
    }
    let room = LONGEST.saturating_sub(overhead);
    let (mut first, mut second) = (table.len(), columns.len());
    while first + second > room {
        if first > second { first -= 1 } else { second -= 1 }
    }
    let mut name = cut(table, first).to_owned();
    if !columns.is_empty() {
        name.push('_');
        name.push_str(cut(columns, second));
    }
    name.push('_');
    name.push_str(label);
    name
}

/// The first bytes of a text, whole characters only.
fn cut(text: &str, length: usize) -> &str {
    let mut end = length.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// MySQL and MariaDB: `t_ibfk_1`, the first column for unique indexes, numbers for checks.
fn mysql(
    dialect: Dialect,
    table: &Table<'_>,
    kind: ConstraintKind,
    columns: Option<&[Text<'_>]>,
) -> Option<String> {
    let numbered = |prefix: &str| {
        let numbers = table
            .constraints
            .iter()
            .filter_map(|constraint| constraint.name.known()?.strip_prefix(prefix)?.parse::<u32>().ok());
        format!("{prefix}{}", numbers.max().unwrap_or(0).saturating_add(1))
    };
    match kind {
        ConstraintKind::PrimaryKey => Some("PRIMARY".to_owned()),
        ConstraintKind::ForeignKey => Some(numbered(&format!("{}_ibfk_", table.key.name))),
        ConstraintKind::Check if dialect == Dialect::Mariadb => Some(numbered("CONSTRAINT_")),
        ConstraintKind::Check => Some(numbered(&format!("{}_chk_", table.key.name))),
        ConstraintKind::Unique => Some(mysql_index(table, columns?.first()?)),
        ConstraintKind::Exclude => None,
    }
}

/// MySQL's name of an index without one: its first column, numbered from 2 where that is taken.
pub(super) fn mysql_index(table: &Table<'_>, column: &str) -> String {
    let is_taken = |name: &str| {
        let index = table.indexes.iter().filter_map(|index| index.name.known());
        let key = table
            .constraints
            .iter()
            .filter(|constraint| constraint.kind == ConstraintKind::Unique)
            .filter_map(|constraint| constraint.name.known());
        index.chain(key).any(|other| other.eq_ignore_ascii_case(name))
    };
    if !is_taken(column) {
        return column.to_owned();
    }
    let numbered = (2_u32..1000).map(|number| format!("{column}_{number}"));
    let mut numbered = numbered.filter(|name| !is_taken(name));
    numbered.next().unwrap_or_else(|| column.to_owned())
}

/// The name of an index without one in a revision: SQLAlchemy's `ix_%(column_0_label)s`
/// (`sqlalchemy/sql/naming.py`); with the schema, as the label has it.
pub(super) fn sqlalchemy_index<'a>(
    dialect: Dialect,
    table: &TableKey<'_>,
    schema: Option<&str>,
    columns: Option<&[IndexColumn<'_>]>,
) -> ObjectName<'a> {
    let Some([IndexColumn::Column(column), ..]) = columns else { return ObjectName::Unknown };
    let schema = schema.map_or_else(String::new, |schema| format!("{}_", schema.replace('.', "_")));
    let name = format!("ix_{schema}{}_{column}", table.name);
    ObjectName::Derived(cut_to_fit(dialect, false, Cow::Owned(name)))
}

/// The name of an index or constraint as it reaches the database: PostgreSQL cuts what SQL gives it, SQLAlchemy cuts
/// names of its own and of `op.f(..)` before and adds a hash (`sqlalchemy/sql/compiler.py`,
/// `truncate_and_render_maxlen_name`).
pub(super) fn cut_to_fit(dialect: Dialect, is_sql: bool, name: Text<'_>) -> Text<'_> {
    let longest = match dialect {
        Dialect::Postgresql => LONGEST,
        Dialect::Mysql | Dialect::Mariadb => LONGEST + 1,
        Dialect::Sqlite => return name,
    };
    if name.len() <= longest {
        return name;
    }
    if is_sql {
        return Cow::Owned(cut(&name, longest).to_owned());
    }
    if name.chars().count() <= longest { name } else { Cow::Owned(hashed(&name, longest)) }
}

fn hashed(name: &str, longest: usize) -> String {
    let digest = Md5::digest(name.as_bytes());
    let start: String = name.chars().take(longest - 8).collect();
    let end = digest.iter().skip(14).fold(0_u32, |end, byte| end << 8 | u32::from(*byte));
    format!("{start}_{end:04x}")
}

/// Whether `name` in a revision is the index or constraint that the database calls `stored`.
pub(super) fn is_called(stored: &str, name: &str) -> bool {
    stored == name
        || (name.len() > LONGEST
            && (stored == cut(name, LONGEST)
                || stored == hashed(name, LONGEST)
                || stored == hashed(name, LONGEST + 1)))
}

/// The name of an index without one in SQL: PostgreSQL's `t_a_b_idx`.
pub(super) fn sql_index<'a>(
    dialect: Dialect,
    table: &Table<'_>,
    columns: Option<&[IndexColumn<'_>]>,
    is_taken: impl Fn(&str) -> bool,
) -> ObjectName<'a> {
    let Some(columns) = columns else { return ObjectName::Unknown };
    let name = match dialect {
        Dialect::Postgresql => {
            let mut seen = 0;
            let parts: Vec<Text<'_>> = columns
                .iter()
                .map(|column| match column {
                    IndexColumn::Column(name) => Cow::Borrowed(&**name),
                    IndexColumn::Expression(_) => {
                        // `ChooseIndexColumnNames`: expr, expr1, ..; a function's name is not read here.
                        seen += 1;
                        Cow::Borrowed("expr")
                    }
                })
                .collect();
            if seen > 0 {
                return ObjectName::Unknown;
            }
            first_free(&table.key.name, &joined(&parts), "idx", is_taken)
        }
        Dialect::Mysql | Dialect::Mariadb => match columns.first().and_then(IndexColumn::column) {
            Some(column) => mysql_index(table, column),
            None => return ObjectName::Unknown,
        },
        Dialect::Sqlite => return ObjectName::Unknown,
    };
    ObjectName::Derived(Cow::Owned(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_as_postgresql_cuts_them() {
        let table = "a".repeat(50);
        let column = "b".repeat(40);
        // SELECT conname FROM pg_constraint after CREATE TABLE aaa.. (bbb.. int UNIQUE).
        assert_eq!(object_name(&table, &column, "key"), format!("{}_{}_key", "a".repeat(29), "b".repeat(29)));
        assert_eq!(object_name(&"t".repeat(70), "", "pkey"), format!("{}_pkey", "t".repeat(58)));
        assert_eq!(object_name("user", "größe", "check"), "user_größe_check");
    }

    #[test]
    fn sqlalchemy_cuts_long_names_and_adds_a_hash() {
        // `CreateIndex(Index(conv(name), ..)).compile(dialect=postgresql.dialect())` of SQLAlchemy 2.1.
        let name = "ix_onepassword_credential_parameters_onepassword_credential_parameter_id";
        let cut = "ix_onepassword_credential_parameters_onepassword_creden_aba8";
        assert_eq!(cut_to_fit(Dialect::Postgresql, false, Cow::Borrowed(name)), cut);
        assert!(is_called(cut, name));
        assert_eq!(cut_to_fit(Dialect::Postgresql, true, Cow::Borrowed(name)).len(), 63);
        assert_eq!(cut_to_fit(Dialect::Sqlite, false, Cow::Borrowed(name)), name);
    }

    #[test]
    fn a_taken_name_is_numbered() {
        let name = first_free("t", "c", "fkey", |name| name == "t_c_fkey" || name == "t_c_fkey1");
        assert_eq!(name, "t_c_fkey2");
    }
}

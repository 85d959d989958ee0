//! What `alter_column` does to a column, with what the schema tells of it.

use super::{Cast, SqlType, TypeChange, Work};
use crate::history::schema::{Column, Constraint, Kind, Moment, Table, enum_of, sql_name};
use crate::operation::{AlterColumn, Argument, ConstraintKind, Name, Server, TableName, only_not_null};

/// The types that an operation changes a column from and to, as SQL; `None` for one that is not known.
pub fn types_of(
    alter: &AlterColumn,
    moment: &Moment<'_>,
    server: Server,
) -> (Option<String>, Option<String>) {
    let name = |type_: &Argument| sql_name(type_, server.dialect);
    let in_schema = || column_of(moment, &alter.table, &alter.column).and_then(|column| column.type_);
    let old = alter.existing_type.as_ref().and_then(name).or_else(|| in_schema().and_then(name));
    (old, alter.type_.as_ref().and_then(name))
}

/// The change of type that an operation asks for; one of unknown work where one of the types is not known.
pub fn change_of_type(alter: &AlterColumn, moment: &Moment<'_>, server: Server) -> Option<TypeChange> {
    let to = alter.type_.as_ref()?;
    let in_schema = || column_of(moment, &alter.table, &alter.column).and_then(|column| column.type_);
    let not_known = TypeChange { work: Work::Unknown, loss: None, cast: Cast::Unknown };
    let is_known = |type_: &&Argument| sql_name(type_, server.dialect).is_some();
    let Some(from) = alter.existing_type.as_ref().filter(is_known).or_else(in_schema) else {
        return Some(not_known);
    };
    let (Some(old), Some(new)) = (sql_name(from, server.dialect), sql_name(to, server.dialect)) else {
        return Some(not_known);
    };
    let mut change = TypeChange::of(&SqlType::parse(&old), &SqlType::parse(&new), server);
    let is_enum = |type_: &Argument, name: &str| {
        enum_of(type_).is_some()
            || moment.schema.object(Kind::Type, name).yes().is_some_and(|object| object.labels.is_some())
    };
    if server.is_postgresql() && change.work == Work::Unknown && (is_enum(from, &old) || is_enum(to, &new)) {
        change.work = Work::Rewrite;
    }
    // Between enum types, and from and to anything but text, there is no cast unless a revision makes one.
    if server.is_postgresql() && change.cast == Cast::Unknown && is_enum(from, &old) && is_enum(to, &new) {
        change.cast = if old == new { Cast::Automatic } else { Cast::Missing };
    }
    if server.is_postgresql() && is_computed(alter, &new) {
        change.work = Work::Rewrite;
    }
    Some(change)
}

/// Whether `USING` says more than that the column takes the new type.
fn is_computed(alter: &AlterColumn, type_: &str) -> bool {
    let using = alter.options.iter().find(|(key, _)| &**key == "postgresql_using").map(|(_, value)| value);
    let Some(using) = using else { return false };
    let Some(using) = using.as_str() else { return true };
    let plain = |text: &str| -> String {
        let kept = text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '"' | '(' | ')'));
        kept.collect::<String>().to_ascii_lowercase()
    };
    let (using, column) = (plain(using), plain(alter.column.known().unwrap_or_default()));
    let type_ = plain(type_);
    let forms = [column.clone(), format!("{column}::{type_}"), format!("cast{column}as{type_}")];
    // The type may be spelled in another way.
    let is_cast = using.strip_prefix(&format!("{column}::")).is_some_and(|rest| !rest.contains("::"));
    !(forms.contains(&using) || is_cast || using.starts_with(&format!("cast{column}as")))
}

fn column_of<'a>(moment: &Moment<'a>, table: &TableName, column: &Name) -> Option<&'a Column<'a>> {
    moment.schema.table(table).yes()?.column(column.known()?).yes()
}

/// Whether the column is known to hold no NULL: it is declared so, or a validated check says so, which PostgreSQL
/// 12 and later lean on (postgresql.org/docs/12/release-12.html).
pub fn is_not_null(table: &Table<'_>, column: &str, server: Server) -> bool {
    let is_declared = table.column(column).yes().is_some_and(|column| column.nullable == Some(false));
    is_declared
        || (server.is_postgresql_from(12)
            && table.constraints.iter().any(|constraint| {
                constraint.kind == ConstraintKind::Check
                    && constraint.sure
                    && constraint.validated == Some(true)
                    && constraint.condition.as_deref().is_some_and(|condition| demands(condition, column))
            }))
}

/// Whether a check demands nothing but that a column is not NULL, which the column demands itself.
pub fn repeats_not_null(table: &Table<'_>, constraint: &Constraint<'_>) -> bool {
    let column = constraint.condition.as_deref().and_then(only_not_null);
    let column = column.and_then(|column| table.column(column).yes());
    constraint.kind == ConstraintKind::Check && column.is_some_and(|column| column.nullable == Some(false))
}

/// Whether a condition holds only where the column is not NULL.
fn demands(condition: &str, column: &str) -> bool {
    let condition = condition.replace(['"', '(', ')'], " ").to_ascii_lowercase();
    let words: Vec<&str> = condition.split_whitespace().collect();
    let column = column.to_ascii_lowercase();
    let wanted = [column.as_str(), "is", "not", "null"];
    !words.contains(&"or") && words.split(|word| *word == "and").any(|part| part == wanted)
}

#[cfg(test)]
mod tests {
    use super::demands;

    #[test]
    fn conditions_that_forbid_null() {
        assert!(demands("age IS NOT NULL", "age"));
        assert!(demands("(\"Age\" is not null)", "Age"));
        assert!(demands("age IS NOT NULL AND age > 0", "age"));
        assert!(!demands("age IS NOT NULL OR name IS NOT NULL", "age"));
        assert!(!demands("page IS NOT NULL", "age"));
        assert!(!demands("age > 0", "age"));
    }
}

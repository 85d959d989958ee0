//! Names by the naming convention of the project's metadata (`sqlalchemy/sql/naming.py`). What the database chooses where
//! there is none is for `names.rs`.

use std::borrow::Cow;

use super::model::{Constraint, IndexColumn, ObjectName, TableKey, Text};
use super::names::cut_to_fit;
use crate::operation::{ConstraintKind, Dialect};
use crate::project::{NamingConvention, Template};

/// The key of a kind of constraint in a convention; SQLAlchemy knows none for exclude constraints.
const fn key_of(kind: ConstraintKind) -> Option<&'static str> {
    match kind {
        ConstraintKind::PrimaryKey => Some("pk"),
        ConstraintKind::ForeignKey => Some("fk"),
        ConstraintKind::Unique => Some("uq"),
        ConstraintKind::Check => Some("ck"),
        ConstraintKind::Exclude => None,
    }
}

/// The name that the convention gives a constraint without one; `None` where it gives none.
pub(super) fn constraint<'a>(
    convention: &NamingConvention,
    dialect: Dialect,
    table: &TableKey<'_>,
    constraint: &Constraint<'_>,
) -> Option<ObjectName<'a>> {
    let template = match convention.template(key_of(constraint.kind)?) {
        Template::None => return None,
        Template::Text(template) => template,
        Template::Unknown => return Some(ObjectName::Unknown),
    };
    let parts = Parts {
        table,
        columns: constraint.columns.as_deref(),
        referent: constraint.referent.as_ref(),
        referent_columns: constraint.referent_columns.as_deref(),
    };
    Some(named(parts.fill(template), dialect))
}

/// Whether a name in a revision becomes a part of the name in the database: `%(constraint_name)s`. Names inside
/// `op.f(..)` do not, and which ones those are is not known here.
pub(super) fn may_wrap(convention: &NamingConvention, kind: ConstraintKind) -> bool {
    key_of(kind).is_some_and(|key| match convention.template(key) {
        Template::None => false,
        Template::Text(template) => template.contains("%(constraint_name)s"),
        // Only checks are named that way in practice, since they have nothing else to be named by.
        Template::Unknown => kind == ConstraintKind::Check,
    })
}

/// The same for indexes.
pub(super) fn wraps_indexes(convention: &NamingConvention) -> bool {
    matches!(convention.template("ix"), Template::Text(template) if template.contains("%(constraint_name)s"))
}

/// The name of an index without one; `None` where SQLAlchemy's own convention holds.
pub(super) fn index<'a>(
    convention: &NamingConvention,
    dialect: Dialect,
    table: &TableKey<'_>,
    columns: Option<&[IndexColumn<'_>]>,
) -> Option<ObjectName<'a>> {
    if *convention == NamingConvention::None {
        return None;
    }
    let columns: Option<Vec<Text<'_>>> =
        columns.and_then(|columns| columns.iter().map(|column| column.column().map(Cow::Borrowed)).collect());
    let parts = Parts { table, columns: columns.as_deref(), referent: None, referent_columns: None };
    // A convention of the project replaces SQLAlchemy's own one; without "ix" an index has no name to be made with.
    let name = match convention.template("ix") {
        Template::Text(template) => parts.fill(template),
        Template::None | Template::Unknown => None,
    };
    Some(named(name, dialect))
}

fn named<'a>(name: Option<String>, dialect: Dialect) -> ObjectName<'a> {
    name.map_or(ObjectName::Unknown, |name| ObjectName::Derived(cut_to_fit(dialect, false, Cow::Owned(name))))
}

/// What tokens of a template stand for.
struct Parts<'t, 'n> {
    table: &'t TableKey<'n>,
    columns: Option<&'t [Text<'n>]>,
    referent: Option<&'t TableKey<'n>>,
    referent_columns: Option<&'t [Text<'n>]>,
}

impl Parts<'_, '_> {
    /// The name; `None` where a token is not known.
    fn fill(&self, template: &str) -> Option<String> {
        let mut name = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('%') {
            name.push_str(before);
            if let Some(literal) = after.strip_prefix('%') {
                name.push('%');
                rest = literal;
                continue;
            }
            let (token, after) = after.strip_prefix('(')?.split_once(")s")?;
            name.push_str(&self.token(token)?);
            rest = after;
        }
        name.push_str(rest);
        Some(name)
    }

    fn token(&self, token: &str) -> Option<String> {
        match token {
            "table_name" => Some(self.table.name.to_string()),
            "referred_table_name" => Some(self.referent?.name.to_string()),
            _ => match token.strip_prefix("referred_column_") {
                Some(rest) => column_token(rest, self.referent?, self.referent_columns?),
                None => column_token(token.strip_prefix("column_")?, self.table, self.columns?),
            },
        }
    }
}

/// `0_name`, `0_N_label`, `0N_key` after `column_`.
fn column_token(rest: &str, table: &TableKey<'_>, columns: &[Text<'_>]) -> Option<String> {
    let digits = rest.find(|c: char| !c.is_ascii_digit())?;
    let (number, rest) = rest.split_at(digits);
    let first: usize = number.parse().ok()?;
    let (separator, attribute) = if let Some(attribute) = rest.strip_prefix("_N_") {
        (Some("_"), attribute)
    } else if let Some(attribute) = rest.strip_prefix("N_") {
        (Some(""), attribute)
    } else {
        (None, rest.strip_prefix('_')?)
    };
    let text = |column: &Text<'_>| match attribute {
        "name" | "key" => Some(column.to_string()),
        "label" => {
            let schema = table.schema.as_ref().map(|schema| format!("{}_", schema.replace('.', "_")));
            Some(format!("{}{}_{column}", schema.unwrap_or_default(), table.name))
        }
        _ => None,
    };
    match separator {
        None => text(columns.get(first)?),
        Some(separator) => {
            let texts: Option<Vec<String>> = columns.iter().skip(first).map(text).collect();
            texts.map(|texts| texts.join(separator))
        }
    }
}

//! How differences are said in messages. Judges nothing.

use std::fmt::{Display, Formatter, Result};

use super::difference::{Difference, Object};
use super::store::Kind;

impl Display for Kind {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            Self::Type => "type",
            Self::Sequence => "sequence",
            Self::View => "view",
            Self::Schema => "schema",
        })
    }
}

impl Display for Object<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Table(table) => write!(f, "table `{table}`"),
            Self::Column(table, name) => write!(f, "column `{table}.{name}`"),
            Self::Index(table, name) => write!(f, "index `{name}` of `{table}`"),
            Self::Constraint(table, name) if name.is_empty() => write!(f, "a constraint of `{table}`"),
            Self::Constraint(table, name) => write!(f, "constraint `{name}` of `{table}`"),
            Self::Other(kind, name) => write!(f, "{kind} `{name}`"),
        }
    }
}

impl<'a> Difference<'a> {
    /// What it is about.
    pub const fn object(&self) -> &Object<'a> {
        match self {
            Self::Left(object) | Self::Missing(object) | Self::Changed { object, .. } => object,
        }
    }

    /// What the upgrade does, where the difference is what it leaves: "adds column `user.age`".
    pub fn as_upgrade(&self) -> String {
        match self {
            Self::Left(object @ (Object::Column(..) | Object::Constraint(..))) => format!("adds {object}"),
            Self::Left(object) => format!("creates {object}"),
            Self::Missing(object) => format!("drops {object}"),
            Self::Changed { object, attribute, .. } => format!("changes the {attribute} of {object}"),
        }
    }
}

impl Display for Difference<'_> {
    /// How it is after the downgrade: "column `user.age` is still there".
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Left(object) => write!(f, "{object} is still there"),
            Self::Missing(object) => write!(f, "{object} is missing"),
            // Only those that are missing are a difference.
            Self::Changed { object, attribute: "labels", before, after } => {
                let is_missing = |label: &&str| !after.split(", ").any(|other| other == *label);
                let missing: Vec<&str> = before.split(", ").filter(is_missing).collect();
                let labels = if missing.len() == 1 { "label" } else { "labels" };
                write!(f, "{object} lacks the {labels} `{}`", missing.join("`, `"))
            }
            Self::Changed { object, attribute, before, after } => {
                write!(f, "the {attribute} of {object} is `{after}` and was `{before}`")
            }
        }
    }
}

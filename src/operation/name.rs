//! Names of schema objects, as far as they are known.

use super::holds_hole;

/// A name that may be missing or unknowable.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum Name {
    /// This name.
    Known(Box<str>),
    /// Explicitly none: `None` was passed, or the form has no name.
    #[default]
    None,
    /// There is one, or may be, but only running the revision would tell it.
    Unknown,
}

impl Name {
    /// A name from text; one that holds [`super::HOLE`] is unknown.
    pub fn new(text: &str) -> Self {
        if holds_hole(text) { Self::Unknown } else { Self::Known(text.into()) }
    }

    /// The name, if it is known.
    pub fn known(&self) -> Option<&str> {
        match self {
            Self::Known(name) => Some(name),
            Self::None | Self::Unknown => None,
        }
    }

    /// Whether only running the revision would tell.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }
}

/// A table with its schema.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct TableName {
    /// The schema; [`Name::None`] for the default one.
    pub schema: Name,
    /// The table; [`Name::None`] where the operation names none (`DROP INDEX x`).
    pub name: Name,
}

impl TableName {
    /// A table of the default schema.
    pub fn new(name: Name) -> Self {
        Self { schema: Name::None, name }
    }

    /// Whether both surely name the same table.
    pub fn is_same(&self, other: &Self) -> bool {
        self.name.known().is_some()
            && self.name == other.name
            && !self.schema.is_unknown()
            && self.schema == other.schema
    }
}

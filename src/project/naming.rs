//! The naming convention of a project's metadata, as data. Applies it to no table.

/// `MetaData(naming_convention=..)` of what `env.py` gives Alembic as `target_metadata`
/// (<https://alembic.sqlalchemy.org/en/latest/naming.html>).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum NamingConvention {
    /// There is none: the database chooses names.
    #[default]
    None,
    /// Templates by what they name: `pk`, `fk`, `uq`, `ck`, `ix`.
    Known(Vec<(Box<str>, Box<str>)>),
    /// There is one, or may be, that only running the project would tell.
    Unknown,
}

impl NamingConvention {
    /// What it says of a kind of object.
    pub fn template(&self, kind: &str) -> Template<'_> {
        match self {
            Self::None => Template::None,
            Self::Known(templates) => {
                let found = templates.iter().find(|(key, _)| &**key == kind);
                found.map_or(Template::None, |(_, template)| Template::Text(template))
            }
            Self::Unknown => Template::Unknown,
        }
    }
}

/// What a convention says of one kind of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Template<'a> {
    /// Nothing.
    None,
    /// This template.
    Text(&'a str),
    /// Only running the project would tell.
    Unknown,
}

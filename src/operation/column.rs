//! Columns and the Python values that describe them.

use super::name::{Name, TableName};

/// A Python value as plain data: what the arguments of directives and types are made of.
#[derive(Debug, Clone, PartialEq)]
pub enum Argument {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// An integer; those beyond 64 bits are unknown.
    Int(i64),
    /// A float.
    Float(f64),
    /// A string, with [`super::HOLE`] where a part is not known.
    Str(Box<str>),
    /// A list, tuple or set.
    List(Box<[Argument]>),
    /// A dictionary with its entries in order.
    Dict(Box<[(Argument, Argument)]>),
    /// A dotted path outside the revision (`sqlalchemy.Integer`), aliases resolved.
    Path(Box<str>),
    /// A call of such a path (`sqlalchemy.String(length=255)`).
    Call(Box<Call>),
    /// Not known before the revision runs.
    Unknown,
}

impl Argument {
    /// The string, if it is a wholly known one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) if !super::holds_hole(text) => Some(text),
            _ => None,
        }
    }

    /// The path of a class or of the call of one: `sqlalchemy.String` for `sa.String(255)` and `sa.String`.
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::Path(path) => Some(path),
            Self::Call(call) => Some(&call.callee),
            _ => None,
        }
    }

    /// The class of GeoAlchemy2 whose columns get an index `idx_<table>_<column>` without being asked.
    pub fn spatial_class(&self) -> Option<&str> {
        let path = self.path().filter(|path| path.starts_with("geoalchemy2."))?;
        let class = super::last_part(path);
        let makes_index = match self {
            Self::Call(call) => {
                !matches!(call.keyword("spatial_index"), Some(Self::Bool(false) | Self::None | Self::Unknown))
            }
            _ => true,
        };
        (makes_index && matches!(class, "Geometry" | "Geography" | "Raster")).then_some(class)
    }
}

/// A call that is kept as a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// Dotted path of what is called, aliases resolved; method calls on values end in `.method`.
    pub callee: Box<str>,
    /// Positional arguments.
    pub args: Box<[Argument]>,
    /// Keyword arguments.
    pub keywords: Box<[(Box<str>, Argument)]>,
}

impl Call {
    /// The value of a keyword argument.
    pub fn keyword(&self, name: &str) -> Option<&Argument> {
        self.keywords.iter().find(|(key, _)| &**key == name).map(|(_, value)| value)
    }

    /// Whether `ForeignKey(.., postgresql_not_valid=True)` leaves the rows that are there unchecked.
    pub fn is_not_valid(&self) -> bool {
        self.keyword("postgresql_not_valid") == Some(&Argument::Bool(true))
    }

    /// The table that `ForeignKey("schema.table.column")` refers to.
    pub fn referent(&self) -> Option<TableName> {
        let target = self.args.first().or_else(|| self.keyword("column"))?.as_str()?;
        let table = target.rsplit_once('.').map_or(target, |(table, _)| table);
        let (schema, name) =
            table.rsplit_once('.').map_or((Name::None, table), |(schema, name)| (Name::new(schema), name));
        Some(TableName { schema, name: Name::new(name) })
    }
}

/// `server_default` as it is given.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum ServerDefault {
    /// Not mentioned.
    #[default]
    NotGiven,
    /// `None`: no default, or the default is dropped.
    None,
    /// This value or expression.
    Value(Argument),
}

/// A column as `sa.Column(..)` or SQL describes it.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own in `sa.Column`")]
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: Name,
    /// Its type as a Python value; for SQL the type's text as [`Argument::Str`]; `None` if not given.
    pub type_: Option<Argument>,
    /// `nullable=`, if given (`NOT NULL` in SQL is `Some(false)`).
    pub nullable: Option<bool>,
    /// Part of the primary key by its own flag.
    pub primary_key: bool,
    /// `unique=True`.
    pub unique: bool,
    /// `index=True`.
    pub index: bool,
    /// The default in the database.
    pub server_default: ServerDefault,
    /// `default=`, which never reaches the database in a revision.
    pub python_default: Option<Argument>,
    /// Identity, Computed, `ForeignKey`, `CheckConstraint`, Sequence given as positional arguments.
    pub items: Box<[Argument]>,
    /// All other keyword arguments.
    pub options: Box<[(Box<str>, Argument)]>,
    /// Whether every argument could be read.
    pub complete: bool,
}

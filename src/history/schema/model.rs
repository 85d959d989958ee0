//! What a schema is made of, with what is known of each part. Does not know how it came about.

use std::borrow::Cow;
use std::sync::Arc;

use crate::operation::{Argument, ConstraintKind, Dialect};

/// A name or text, borrowed from the revision that wrote it where possible.
pub type Text<'a> = Cow<'a, str>;

/// An attribute of something that is there: `None` where only the database would tell.
pub type Fact<T> = Option<T>;

/// Whether something is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known<T> {
    /// It surely is.
    Yes(T),
    /// It surely is not.
    No,
    /// Only the database would tell.
    Unknown,
}

impl<T> Known<T> {
    /// It, if it surely is there.
    pub fn yes(self) -> Option<T> {
        match self {
            Self::Yes(value) => Some(value),
            Self::No | Self::Unknown => None,
        }
    }

    /// Whether it surely is not there.
    pub const fn is_no(&self) -> bool {
        matches!(self, Self::No)
    }

    /// Whether only the database would tell.
    pub const fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }
}

/// The place in the order of a replay of the revision that made something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(pub u32);

impl Position {
    /// Of what no revision of the history made.
    pub const OUTSIDE: Self = Self(u32::MAX);

    /// Of what the downgrade that is being looked at made.
    pub const DOWNGRADE: Self = Self(u32::MAX - 1);
}

/// A table's name with its schema; `None` is the default schema.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TableKey<'a> {
    /// The schema.
    pub schema: Option<Text<'a>>,
    /// The name.
    pub name: Text<'a>,
}

impl std::fmt::Display for TableKey<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.schema {
            Some(schema) => write!(f, "{schema}.{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// A table.
#[derive(Debug, Clone, PartialEq)]
pub struct Table<'a> {
    /// Its name.
    pub key: TableKey<'a>,
    /// Whether it surely is there.
    pub sure: bool,
    /// Who made it.
    pub made: Position,
    /// Whether it goes away by itself.
    pub temporary: bool,
    /// Its columns, in the order in which they were added.
    pub columns: Vec<Arc<Column<'a>>>,
    /// Its indexes, those of constraints left out.
    pub indexes: Vec<Arc<Index<'a>>>,
    /// Its constraints, the primary key among them.
    pub constraints: Vec<Arc<Constraint<'a>>>,
    /// Its comment.
    pub comment: Fact<Option<Text<'a>>>,
    /// What it may hold beyond what is listed.
    pub open: Open,
    /// What was dropped from it and did not come back.
    pub gone: Vec<Gone<'a>>,
    /// Whether it has more parts than any database takes, and is not followed any more.
    pub(super) is_too_large: bool,
}

/// Kinds of parts of which a table may have more than is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Open {
    /// Columns.
    pub columns: bool,
    /// Indexes.
    pub indexes: bool,
    /// Constraints.
    pub constraints: bool,
}

impl Open {
    /// Of a table that is not known.
    pub const ALL: Self = Self { columns: true, indexes: true, constraints: true };

    /// Indexes only.
    pub const INDEXES: Self = Self { columns: false, indexes: true, constraints: false };

    /// Constraints, and the indexes that some databases make for them.
    pub const CONSTRAINTS: Self = Self { columns: false, indexes: true, constraints: true };

    /// What either of both is.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self {
            columns: self.columns || other.columns,
            indexes: self.indexes || other.indexes,
            constraints: self.constraints || other.constraints,
        }
    }
}

/// The kinds of parts of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// A column.
    Column,
    /// An index.
    Index,
    /// A constraint.
    Constraint,
}

/// A part that was dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gone<'a> {
    /// What it was.
    pub part: Part,
    /// Its name.
    pub name: Text<'a>,
    /// The revision that dropped it.
    pub by: Position,
}

/// A column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column<'a> {
    /// Its name.
    pub name: Text<'a>,
    /// Whether it surely is there.
    pub sure: bool,
    /// Who made it.
    pub made: Position,
    /// Its type, as the revision wrote it.
    pub type_: Fact<&'a Argument>,
    /// Whether it takes NULL.
    pub nullable: Fact<bool>,
    /// Its default in the database.
    pub server_default: Fact<Option<&'a Argument>>,
    /// Whether it is an identity column.
    pub identity: Fact<bool>,
    /// Whether it is computed from others.
    pub computed: Fact<bool>,
    /// Its comment.
    pub comment: Fact<Option<Text<'a>>>,
}

/// The name of an index or constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ObjectName<'a> {
    /// The one the revision gave.
    Given(Text<'a>),
    /// The one that SQLAlchemy or the database chooses where none is given.
    Derived(Text<'a>),
    /// The database keeps none.
    None,
    /// Only the database would tell.
    Unknown,
}

impl ObjectName<'_> {
    /// The name, where it is known.
    pub fn known(&self) -> Option<&str> {
        match self {
            Self::Given(name) | Self::Derived(name) => Some(name),
            Self::None | Self::Unknown => None,
        }
    }
}

/// What an index orders by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndexColumn<'a> {
    /// A column.
    Column(Text<'a>),
    /// An expression; its text, where it is known.
    Expression(Option<Text<'a>>),
}

impl IndexColumn<'_> {
    /// The name, if it is a plain column.
    pub fn column(&self) -> Option<&str> {
        match self {
            Self::Column(name) => Some(name),
            Self::Expression(_) => None,
        }
    }
}

/// An index that backs no constraint.
#[derive(Debug, Clone, PartialEq)]
pub struct Index<'a> {
    /// Its name.
    pub name: ObjectName<'a>,
    /// Whether it surely is there.
    pub sure: bool,
    /// Who made it.
    pub made: Position,
    /// What it orders by.
    pub columns: Fact<Vec<IndexColumn<'a>>>,
    /// Whether it forbids duplicates.
    pub unique: Fact<bool>,
    /// The condition of a partial index.
    pub condition: Option<&'a Argument>,
    /// `USING ..`, where it was given.
    pub method: Option<&'a str>,
    /// Whether it holds its columns as they are: no operator classes, lengths, directions or further columns.
    pub is_plain: bool,
    /// Made by MySQL for a foreign key; goes when an index that serves as well is made.
    pub implicit: bool,
}

impl Index<'_> {
    /// Whether it surely orders by more than columns.
    pub(super) fn has_expression(&self) -> bool {
        self.columns.iter().flatten().any(|column| matches!(column, IndexColumn::Expression(_)))
    }
}

/// A constraint.
#[derive(Debug, Clone, PartialEq)]
pub struct Constraint<'a> {
    /// What it demands.
    pub kind: ConstraintKind,
    /// Its name.
    pub name: ObjectName<'a>,
    /// Whether it surely is there.
    pub sure: bool,
    /// Who made it.
    pub made: Position,
    /// Its columns; for a check those it speaks of.
    pub columns: Fact<Vec<Text<'a>>>,
    /// For foreign keys: the referenced table.
    pub referent: Option<TableKey<'a>>,
    /// For foreign keys: the referenced columns; `None` too where none were named.
    pub referent_columns: Fact<Vec<Text<'a>>>,
    /// For foreign keys: `ON DELETE`.
    pub ondelete: Fact<Option<Text<'a>>>,
    /// For checks: the condition, where it is known.
    pub condition: Option<Text<'a>>,
    /// Whether all rows were checked (PostgreSQL's `NOT VALID` leaves that open).
    pub validated: Fact<bool>,
    /// Whether nothing else was said of it (`onupdate`, `deferrable`, `match`, ..).
    pub is_plain: bool,
}

/// An enum type, a sequence, a view or a schema.
#[derive(Debug, Clone, PartialEq)]
pub struct Object<'a> {
    /// Whether it surely is there.
    pub sure: bool,
    /// Who made it.
    pub made: Position,
    /// Labels of an enum type, in order.
    pub labels: Fact<Vec<Text<'a>>>,
    /// Whether a type surely is no enum.
    pub is_other_type: bool,
    /// The schema it was made in.
    pub schema: Option<Text<'a>>,
}

/// Whether the database takes both for the same column, index or constraint.
pub(super) fn same_name(dialect: Dialect, one: &str, other: &str) -> bool {
    one == other || (dialect != Dialect::Postgresql && one.eq_ignore_ascii_case(other))
}

impl<'a> Table<'a> {
    /// A table with nothing in it.
    pub(super) fn new(key: TableKey<'a>, made: Position) -> Self {
        Self {
            key,
            sure: true,
            made,
            temporary: false,
            columns: Vec::new(),
            indexes: Vec::new(),
            constraints: Vec::new(),
            comment: Some(None),
            open: Open::default(),
            gone: Vec::new(),
            is_too_large: false,
        }
    }

    /// A table that is there, but that no revision of the history made.
    pub(super) fn outside(key: TableKey<'a>) -> Self {
        Self { comment: None, open: Open::ALL, ..Self::new(key, Position::OUTSIDE) }
    }

    /// Whether everything about it is known.
    pub fn is_complete(&self) -> bool {
        self.sure
            && self.open == Open::default()
            && self.columns.iter().all(|column| column.sure)
            && self.indexes.iter().all(|index| index.sure)
            && self.constraints.iter().all(|constraint| constraint.sure)
    }

    /// A column by its name.
    pub fn column(&self, name: &str) -> Known<&Column<'a>> {
        let found = self.columns.iter().find(|column| column.name == name);
        let found = found
            .or_else(|| self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name)))
            .map(|column| (&**column, column.sure));
        self.known(found, self.open.columns, Part::Column, name)
    }

    /// An index by its name.
    pub fn index(&self, name: &str) -> Known<&Index<'a>> {
        let found = self.indexes.iter().find(|index| is_called(&index.name, name));
        let may_be_unnamed = self.indexes.iter().any(|index| may_be_called(&index.name));
        self.known(
            found.map(|index| (&**index, index.sure)),
            self.open.indexes || may_be_unnamed,
            Part::Index,
            name,
        )
    }

    /// A constraint by its name, and its kind where that is known.
    pub fn constraint(&self, name: &str, kind: Option<ConstraintKind>) -> Known<&Constraint<'a>> {
        let found = self.constraints.iter().find(|constraint| is_called(&constraint.name, name));
        // Nobody calls a primary key like anything else.
        let fits = |constraint: &Constraint<'a>| match (kind, constraint.kind) {
            (Some(kind), other) => kind == other,
            (None, ConstraintKind::PrimaryKey) => name.contains("pk") || name.contains("prim"),
            (None, _) => true,
        };
        let may_be_unnamed =
            self.constraints.iter().any(|constraint| may_be_called(&constraint.name) && fits(constraint));
        // One that came after the drop, under a name that is not known, may have the name again.
        let is_since = |made: Position, by: Position| made >= by && made != Position::OUTSIDE;
        let may_be_back = self.dropped(Part::Constraint, name).is_some_and(|gone| {
            let mut candidates = self.constraints.iter().filter(|constraint| fits(constraint));
            candidates.any(|constraint| {
                matches!(constraint.name, ObjectName::Unknown) && is_since(constraint.made, gone.by)
            })
        });
        if found.is_none() && may_be_back {
            return Known::Unknown;
        }
        self.known(
            found.map(|constraint| (&**constraint, constraint.sure)),
            self.open.constraints || may_be_unnamed,
            Part::Constraint,
            name,
        )
    }

    fn known<'t, T>(&self, found: Option<(&'t T, bool)>, open: bool, part: Part, name: &str) -> Known<&'t T> {
        match found {
            Some((found, true)) => Known::Yes(found),
            None if !open || self.dropped(part, name).is_some() => Known::No,
            Some((_, false)) | None => Known::Unknown,
        }
    }

    /// The part of this name that was dropped and did not come back.
    pub fn dropped(&self, part: Part, name: &str) -> Option<&Gone<'a>> {
        self.gone.iter().find(|gone| gone.part == part && gone.name == name)
    }

    /// The primary key.
    pub fn primary_key(&self) -> Known<&Constraint<'a>> {
        let found = self.constraints.iter().find(|constraint| constraint.kind == ConstraintKind::PrimaryKey);
        match found {
            Some(key) if key.sure => Known::Yes(key),
            None if !self.open.constraints => Known::No,
            Some(_) | None => Known::Unknown,
        }
    }
}

fn is_called(name: &ObjectName<'_>, wanted: &str) -> bool {
    name.known().is_some_and(|name| super::names::is_called(name, wanted))
}

/// Whether the name in the database may be another than the one that is listed.
fn may_be_called(name: &ObjectName<'_>) -> bool {
    !matches!(name, ObjectName::Given(_))
}

/// A part of a table.
pub(super) trait Named<'a> {
    fn name(&self) -> Option<&str>;
    fn set_unsure(&mut self);
    /// What is left to say where one of both is there.
    fn merge(&mut self, other: &Self);
}

impl<'a> Named<'a> for Column<'a> {
    fn name(&self) -> Option<&str> {
        Some(&self.name)
    }

    fn set_unsure(&mut self) {
        self.sure = false;
    }

    fn merge(&mut self, other: &Self) {
        keep_equal(&mut self.type_, other.type_.as_ref());
        keep_equal(&mut self.nullable, other.nullable.as_ref());
        keep_equal(&mut self.server_default, other.server_default.as_ref());
        keep_equal(&mut self.identity, other.identity.as_ref());
        keep_equal(&mut self.computed, other.computed.as_ref());
        keep_equal(&mut self.comment, other.comment.as_ref());
        self.sure &= other.sure;
    }
}

impl<'a> Named<'a> for Index<'a> {
    fn name(&self) -> Option<&str> {
        self.name.known()
    }

    fn set_unsure(&mut self) {
        self.sure = false;
    }

    fn merge(&mut self, other: &Self) {
        keep_equal(&mut self.columns, other.columns.as_ref());
        keep_equal(&mut self.unique, other.unique.as_ref());
        self.sure &= other.sure;
    }
}

impl<'a> Named<'a> for Constraint<'a> {
    fn name(&self) -> Option<&str> {
        self.name.known()
    }

    fn set_unsure(&mut self) {
        self.sure = false;
    }

    fn merge(&mut self, other: &Self) {
        keep_equal(&mut self.columns, other.columns.as_ref());
        keep_equal(&mut self.ondelete, other.ondelete.as_ref());
        keep_equal(&mut self.validated, other.validated.as_ref());
        self.is_plain &= other.is_plain;
        self.sure &= other.sure && self.kind == other.kind;
    }
}

pub(super) fn keep_equal<T: PartialEq>(fact: &mut Fact<T>, other: Option<&T>) {
    if fact.as_ref() != other {
        *fact = None;
    }
}

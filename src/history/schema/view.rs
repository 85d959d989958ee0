//! The schema at one moment. Changes nothing.

use std::sync::Arc;

use super::folding::key_of;
use super::model::{Constraint, Index, Known, Object, ObjectName, Table, TableKey};
use super::names;
use super::store::{Entry, Kind, Store, Version};
use crate::operation::{Dialect, Name, TableName};
use crate::project::NamingConvention;

/// The schema at one moment of a history.
#[derive(Debug, Clone, Copy)]
pub struct Schema<'a> {
    store: &'a Store<'a>,
    version: Version,
    dialect: Dialect,
}

/// A table as it is listed.
#[derive(Debug, Clone, Copy)]
pub struct Listed<'a> {
    /// The table.
    pub table: &'a Table<'a>,
    /// Whether something unknown was done since it was last spoken of.
    pub is_doubted: bool,
}

impl Listed<'_> {
    /// Whether everything about it is known.
    pub fn is_complete(&self) -> bool {
        !self.is_doubted && self.table.is_complete()
    }
}

impl<'a> Schema<'a> {
    pub(super) const fn new(store: &'a Store<'a>, version: Version, dialect: Dialect) -> Self {
        Self { store, version, dialect }
    }

    pub(super) fn convention(&self) -> &'a NamingConvention {
        self.store.convention()
    }

    /// The database family it is read for.
    pub const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Whether every table and type there is was made by the history.
    pub fn is_closed(&self) -> bool {
        self.store.is_closed(self.version)
    }

    /// A table by its name.
    pub fn table(&self, name: &TableName) -> Known<&'a Table<'a>> {
        match key_of(name, None, self.dialect) {
            Some(key) => self.table_of(&key),
            None => Known::Unknown,
        }
    }

    /// A table by its key.
    pub fn table_of(&self, key: &TableKey<'_>) -> Known<&'a Table<'a>> {
        let entry = self.store.table(key, self.version);
        match entry {
            Some(Entry { value: Some(table), is_doubted: false }) if table.sure => Known::Yes(table),
            Some(Entry { value: None, is_doubted: false }) => self.unless_view(&key.name),
            None if self.is_closed() => self.unless_view(&key.name),
            Some(_) | None => Known::Unknown,
        }
    }

    /// A view can be read like a table.
    fn unless_view<T>(&self, name: &str) -> Known<T> {
        match self.store.object(Kind::View, name, self.version) {
            Some(Entry { value: None, is_doubted: false }) | None => Known::No,
            Some(_) => Known::Unknown,
        }
    }

    /// Whether the history made a table of this name and it is gone.
    pub fn was_dropped(&self, name: &TableName) -> bool {
        key_of(name, None, self.dialect).is_some_and(|key| {
            matches!(self.store.table(&key, self.version), Some(Entry { value: None, is_doubted: false }))
        })
    }

    /// An index by its name, on a table that is not named.
    pub fn index(&self, schema: &Name, name: &str) -> Known<(&'a Table<'a>, &'a Index<'a>)> {
        let mut is_doubtful = false;
        for key in self.store.traces(name) {
            let is_in_schema = match schema {
                Name::Known(schema) => key.schema.as_deref() == Some(&**schema) || &**schema == "public",
                Name::None | Name::Unknown => true,
            };
            if !is_in_schema {
                continue;
            }
            match self.table_of(key) {
                Known::Yes(table) => match table.index(name) {
                    Known::Yes(index) => return Known::Yes((table, index)),
                    Known::Unknown => is_doubtful = true,
                    Known::No => {}
                },
                Known::Unknown => is_doubtful = true,
                Known::No => {}
            }
        }
        if is_doubtful || !self.is_closed() { Known::Unknown } else { Known::No }
    }

    /// Whether a table that the history speaks of has, or may have, an index of this name.
    pub fn may_have_index(&self, name: &str) -> bool {
        self.store.traces(name).into_iter().any(|key| match self.table_of(key) {
            Known::Yes(table) => !table.index(name).is_no(),
            Known::Unknown => true,
            Known::No => false,
        })
    }

    /// The name that the database chooses for a constraint of a table, if the metadata has no naming convention.
    pub fn default_name(&self, table: &Table<'a>, constraint: &Constraint<'a>) -> ObjectName<'a> {
        let is_taken = |name: &str| {
            let mut others = table.constraints.iter().map(|other| other.name.known());
            others.any(|other| other == Some(name)) || self.may_have_index(name)
        };
        names::constraint(self.dialect, table, constraint.kind, constraint.columns.as_deref(), is_taken)
    }

    /// A type, sequence, view or schema by its name.
    pub fn object(&self, kind: Kind, name: &str) -> Known<&'a Object<'a>> {
        match self.store.object(kind, name, self.version) {
            Some(Entry { value: Some(object), is_doubted: false }) if object.sure => Known::Yes(object),
            Some(Entry { value: None, is_doubted: false }) => Known::No,
            None if self.is_closed() && kind != Kind::Schema => Known::No,
            Some(_) | None => Known::Unknown,
        }
    }

    /// All tables that are or may be there, in order.
    pub fn tables(&self) -> impl Iterator<Item = Listed<'a>> {
        let (store, version) = (self.store, self.version);
        store.table_ids().into_iter().filter_map(move |id| {
            let entry = store.table_by_id(id, version)?;
            Some(Listed { table: entry.value?, is_doubted: entry.is_doubted })
        })
    }

    /// All objects of a kind that are or may be there, in order, and whether they surely are.
    pub fn objects(&self, kind: Kind) -> impl Iterator<Item = (&'a str, &'a Object<'a>, bool)> {
        let (store, version) = (self.store, self.version);
        store.object_names(kind).into_iter().filter_map(move |name| {
            let entry = store.object(kind, name, version)?;
            let object = entry.value?;
            Some((name, object, object.sure && !entry.is_doubted))
        })
    }

    /// The foreign keys that surely refer to a table, with the tables that hold them.
    pub fn references_to(&self, table: &Table<'_>) -> Vec<(&'a Table<'a>, &'a Constraint<'a>)> {
        let mut found = Vec::new();
        for key in self.store.referrers(&table.key) {
            let Some(from) = self.table_of(&key).yes() else { continue };
            for constraint in &from.constraints {
                if constraint.sure && constraint.referent.as_ref() == Some(&table.key) {
                    found.push((from, &**constraint));
                }
            }
        }
        found
    }

    pub(super) fn entry(&self, id: &str) -> Option<Entry<&'a Arc<Table<'a>>>> {
        self.store.table_by_id(id, self.version)
    }

    pub(super) fn object_entry(&self, kind: Kind, name: &str) -> Option<Entry<&'a Object<'a>>> {
        self.store.object(kind, name, self.version)
    }

    pub(super) fn table_ids(&self) -> Vec<&'a str> {
        self.store.table_ids()
    }

    pub(super) fn object_names(&self, kind: Kind) -> Vec<&'a str> {
        self.store.object_names(kind)
    }

    pub(super) fn traces(&self, name: &str) -> Vec<&'a TableKey<'a>> {
        self.store.traces(name)
    }

    pub(super) fn referrers(&self, key: &TableKey<'_>) -> Vec<TableKey<'a>> {
        self.store.referrers(key)
    }
}

//! Every state of the schema at once: each object with its versions, so that a view of any moment costs nothing.
//!
//! A state that nobody will look at is overwritten in place. What a revision touches is copied once for each
//! operation that is looked at; the rest is shared. Does not know what operations mean.

use std::borrow::Cow;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::doubt;
use super::model::{Object, Position, Table, TableKey, Text};
use super::view::Schema;
use crate::project::NamingConvention;

/// Beyond this many tables, what may have happened to any of them is not written down for each.
const MOST_TABLES: usize = 20_000;

/// A moment of a store.
pub(super) type Version = u32;

/// The kinds of objects beside tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A type: an enum type mostly.
    Type,
    /// A sequence of its own.
    Sequence,
    /// A view, materialized or not.
    View,
    /// A schema.
    Schema,
}

/// All states of a schema.
#[derive(Debug, Default)]
pub(super) struct Store<'a> {
    /// What this one goes on from.
    parent: Option<Schema<'a>>,
    convention: Option<&'a NamingConvention>,
    /// By [`TableKey::id`].
    tables: Shelf<'a, Arc<Table<'a>>>,
    types: Shelf<'a, Object<'a>>,
    sequences: Shelf<'a, Object<'a>>,
    views: Shelf<'a, Object<'a>>,
    schemas: Shelf<'a, Object<'a>>,
    clock: Version,
    /// Whether anything was written since the clock moved.
    is_dirty: bool,
    /// When something was done that may have changed anything.
    shakes: Vec<Version>,
    /// Since when there may be objects that the history did not make.
    open_since: Option<Version>,
    /// Tables that ever had an index or a constraint of a name.
    traces: FxHashMap<Text<'a>, Vec<TableKey<'a>>>,
    /// Tables that ever had a foreign key to a table.
    referrers: FxHashMap<Text<'a>, Vec<TableKey<'a>>>,
    /// Which revisions changed rows of a table, in order.
    updates: FxHashMap<TableKey<'a>, Vec<Position>>,
    /// The old state of what an operation writes, while it may not run.
    journal: Option<Vec<Old<'a>>>,
    /// What was written since [`Self::watch`].
    written: Option<Written<'a>>,
}

/// What a revision wrote.
#[derive(Debug, Clone, Default)]
pub(super) struct Written<'a> {
    /// Tables.
    pub(super) tables: Vec<TableKey<'a>>,
    /// Other objects.
    pub(super) objects: Vec<(Kind, Text<'a>)>,
}

/// A table before an operation that may not run; `None` where it was not there.
type Old<'a> = (TableKey<'a>, Option<Arc<Table<'a>>>);

/// The versions of objects, by name.
#[derive(Debug)]
struct Shelf<'a, V> {
    entries: FxHashMap<Text<'a>, Vec<(Version, Option<V>)>>,
}

impl<V> Default for Shelf<'_, V> {
    fn default() -> Self {
        Self { entries: FxHashMap::default() }
    }
}

impl<'a> Store<'a> {
    /// Notes that a revision changes rows of a table.
    pub(super) fn update(&mut self, table: TableKey<'a>, by: Position) {
        self.updates.entry(table).or_default().push(by);
    }

    /// Whether a revision from one place in the order to another changes rows of a table.
    pub(super) fn is_updated(&self, table: &TableKey<'_>, from: Position, to: Position) -> bool {
        self.updates.get(table).is_some_and(|by| by.iter().any(|by| from <= *by && *by <= to))
    }
}

impl<'a, V> Shelf<'a, V> {
    /// The last entry at a moment; the inner `None` says that it is not there.
    fn at(&self, name: &str, version: Version) -> Option<(Version, Option<&V>)> {
        let versions = self.entries.get(name)?;
        let last = versions.last()?;
        let entry = if last.0 <= version {
            last
        } else {
            versions.get(versions.partition_point(|entry| entry.0 <= version).checked_sub(1)?)?
        };
        Some((entry.0, entry.1.as_ref()))
    }

    /// Takes the entry that was written at this very moment.
    fn take(&mut self, name: &str, version: Version) -> Option<V> {
        self.entries.get_mut(name)?.last_mut().filter(|last| last.0 == version)?.1.take()
    }

    fn put(&mut self, name: Text<'a>, version: Version, value: Option<V>) {
        let versions = self.entries.entry(name).or_default();
        match versions.last_mut() {
            Some(last) if last.0 == version => last.1 = value,
            _ => versions.push((version, value)),
        }
    }
}

/// Something that was looked up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<T> {
    /// It; `None` where it surely was not there when that was written.
    pub(super) value: Option<T>,
    /// Whether something unknown was done since.
    pub(super) is_doubted: bool,
}

impl TableKey<'_> {
    /// Schema and name in one.
    pub(super) fn id(&self) -> Cow<'_, str> {
        match &self.schema {
            None => Cow::Borrowed(&self.name),
            Some(schema) => Cow::Owned(format!("{schema}.{}", self.name)),
        }
    }
}

impl<'a> Store<'a> {
    /// An empty database; `open` if there may be things in it that the history does not tell.
    pub(super) fn empty(open: bool, convention: &'a NamingConvention) -> Self {
        Self { clock: 1, open_since: open.then_some(0), convention: Some(convention), ..Self::default() }
    }

    /// How the project's metadata names constraints and indexes.
    pub(super) fn convention(&self) -> &'a NamingConvention {
        self.convention.unwrap_or(&NamingConvention::None)
    }

    /// What follows on from a state of another store.
    pub(super) fn after(parent: Schema<'a>) -> Self {
        let convention = parent.convention();
        Self { parent: Some(parent), clock: 1, convention: Some(convention), ..Self::default() }
    }

    /// The state now, to be kept.
    pub(super) fn pin(&mut self) -> Version {
        if self.is_dirty {
            self.clock += 1;
            self.is_dirty = false;
        }
        self.clock - 1
    }

    /// Keeps what is written from now on.
    pub(super) fn watch(&mut self) {
        self.written = Some(Written::default());
    }

    /// What was written since [`Self::watch`], each once.
    pub(super) fn written(&mut self) -> Written<'a> {
        let mut written = self.written.take().unwrap_or_default();
        written.tables.sort_unstable();
        written.tables.dedup();
        written.objects.sort_unstable();
        written.objects.dedup();
        written
    }

    /// The moment that is being written.
    pub(super) const fn now(&self) -> Version {
        self.clock
    }

    /// Something was done that may have changed anything.
    pub(super) fn shake(&mut self) {
        self.open();
        self.shakes.push(self.clock);
        self.clock += 1;
        self.is_dirty = false;
    }

    /// From now on there may be objects that the history does not tell.
    pub(super) fn open(&mut self) {
        self.open_since.get_or_insert(self.clock);
        self.is_dirty = true;
    }

    fn last_shake(&self, version: Version) -> Option<Version> {
        let after = self.shakes.partition_point(|shake| *shake <= version);
        self.shakes.get(after.checked_sub(1)?).copied()
    }

    /// Whether all objects at a moment were made by the history.
    pub(super) fn is_closed(&self, version: Version) -> bool {
        self.open_since.is_none_or(|since| since > version)
            && self.parent.as_ref().is_none_or(Schema::is_closed)
    }

    fn found<'s, T>(
        &'s self,
        own: Option<(Version, Option<&'s T>)>,
        parent: impl FnOnce(&'s Schema<'a>) -> Option<Entry<&'s T>>,
        version: Version,
    ) -> Option<Entry<&'s T>> {
        let shake = self.last_shake(version);
        if let Some((written, value)) = own {
            return Some(Entry { value, is_doubted: shake.is_some_and(|shake| written <= shake) });
        }
        let entry = parent(self.parent.as_ref()?)?;
        Some(Entry { is_doubted: entry.is_doubted || shake.is_some(), ..entry })
    }

    /// A table at a moment; `None` where nothing was ever heard of it.
    pub(super) fn table(&self, key: &TableKey<'_>, version: Version) -> Option<Entry<&Arc<Table<'a>>>> {
        self.table_by_id(&key.id(), version)
    }

    pub(super) fn table_by_id(&self, id: &str, version: Version) -> Option<Entry<&Arc<Table<'a>>>> {
        self.found(self.tables.at(id, version), |parent| parent.entry(id), version)
    }

    const fn shelf(&self, kind: Kind) -> &Shelf<'a, Object<'a>> {
        match kind {
            Kind::Type => &self.types,
            Kind::Sequence => &self.sequences,
            Kind::View => &self.views,
            Kind::Schema => &self.schemas,
        }
    }

    /// Another object at a moment.
    pub(super) fn object(&self, kind: Kind, name: &str, version: Version) -> Option<Entry<&Object<'a>>> {
        self.found(self.shelf(kind).at(name, version), |parent| parent.object_entry(kind, name), version)
    }

    /// Makes, changes or removes an object.
    pub(super) fn put_object(&mut self, kind: Kind, name: Text<'a>, value: Option<Object<'a>>) {
        self.is_dirty = true;
        let version = self.clock;
        if let Some(written) = &mut self.written {
            written.objects.push((kind, name.clone()));
        }
        let objects = match kind {
            Kind::Type => &mut self.types,
            Kind::Sequence => &mut self.sequences,
            Kind::View => &mut self.views,
            Kind::Schema => &mut self.schemas,
        };
        objects.put(name, version, value);
    }

    /// The identities of all tables that were ever heard of, in order.
    pub(super) fn table_ids(&self) -> Vec<&str> {
        let mut ids: Vec<&str> = self.tables.entries.keys().map(|id| &**id).collect();
        if let Some(parent) = &self.parent {
            ids.extend(parent.table_ids());
        }
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// The names of all objects of a kind that were ever heard of, in order.
    pub(super) fn object_names(&self, kind: Kind) -> Vec<&str> {
        let mut names: Vec<&str> = self.shelf(kind).entries.keys().map(|name| &**name).collect();
        if let Some(parent) = &self.parent {
            names.extend(parent.object_names(kind));
        }
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Changes a table. One that was not known is there from now on, whoever made it.
    pub(super) fn edit<R>(&mut self, key: &TableKey<'a>, change: impl FnOnce(&mut Table<'a>) -> R) -> R {
        let id = key.id();
        let current = if self.journal.is_none() { self.tables.take(&id, self.clock) } else { None };
        let mut table = match current {
            Some(table) => table,
            None => self.settled(&id).unwrap_or_else(|| {
                self.open();
                Arc::new(Table::outside(key.clone()))
            }),
        };
        let result = change(Arc::make_mut(&mut table));
        self.put(key, Some(table));
        result
    }

    /// The table as it is now, doubted where something unknown was done since it was written.
    fn settled(&self, id: &str) -> Option<Arc<Table<'a>>> {
        let entry = self.table_by_id(id, self.clock)?;
        let mut table = Arc::clone(entry.value?);
        if entry.is_doubted {
            Arc::make_mut(&mut table).doubt();
        }
        Some(table)
    }

    /// Changes every table that is or may be there, where `is_needed`.
    pub(super) fn edit_all(
        &mut self,
        is_needed: impl Fn(&Table<'a>) -> bool,
        change: impl Fn(&mut Table<'a>),
    ) {
        let ids = self.table_ids();
        if ids.len() > MOST_TABLES {
            return self.shake();
        }
        let entries = ids.into_iter().filter_map(|id| self.table_by_id(id, self.clock)?.value);
        let keys: Vec<TableKey<'a>> =
            entries.filter(|table| is_needed(table)).map(|table| table.key.clone()).collect();
        for key in keys {
            self.edit(&key, &change);
        }
    }

    /// Makes or removes a table.
    pub(super) fn put(&mut self, key: &TableKey<'a>, table: Option<Arc<Table<'a>>>) {
        self.is_dirty = true;
        let id = key.id();
        if self.journal.is_some() {
            let old = self.settled(&id);
            if let Some(journal) = &mut self.journal
                && !journal.iter().any(|(seen, _)| seen == key)
            {
                journal.push((key.clone(), old));
            }
        }
        if let Some(written) = &mut self.written
            && written.tables.last() != Some(key)
        {
            written.tables.push(key.clone());
        }
        let id = match &key.schema {
            None => key.name.clone(),
            Some(_) => Cow::Owned(id.into_owned()),
        };
        self.tables.put(id, self.clock, table);
    }

    /// Runs an operation that may not run.
    pub(super) fn maybe(&mut self, operation: impl FnOnce(&mut Self)) {
        if self.journal.is_some() {
            return operation(self);
        }
        self.journal = Some(Vec::new());
        operation(self);
        for (key, old) in self.journal.take().unwrap_or_default() {
            let now = self.table(&key, self.clock).and_then(|entry| entry.value.cloned());
            let either = doubt::either(old.as_ref(), now.as_ref());
            self.put(&key, either);
        }
    }

    /// Whether an operation is running that may not run.
    pub(super) const fn is_maybe(&self) -> bool {
        self.journal.is_some()
    }

    /// Remembers that a table has an index or constraint of this name.
    pub(super) fn trace(&mut self, name: &Text<'a>, key: &TableKey<'a>) {
        let traces = self.traces.entry(name.clone()).or_default();
        if traces.last() != Some(key) {
            traces.push(key.clone());
        }
    }

    /// The tables that ever had an index or constraint of this name, newest first.
    pub(super) fn traces(&self, name: &str) -> Vec<&TableKey<'a>> {
        let mut traces: Vec<_> = self.traces.get(name).into_iter().flatten().rev().collect();
        if let Some(parent) = &self.parent {
            traces.extend(parent.traces(name));
        }
        traces
    }

    /// Remembers that a table refers to another.
    pub(super) fn refer(&mut self, referent: &TableKey<'a>, from: &TableKey<'a>) {
        let id = Cow::Owned(referent.id().into_owned());
        let referrers = self.referrers.entry(id).or_default();
        if referrers.last() != Some(from) {
            referrers.push(from.clone());
        }
    }

    /// The tables that ever had a foreign key to this one.
    pub(super) fn referrers(&self, key: &TableKey<'_>) -> Vec<TableKey<'a>> {
        let mut all: Vec<_> = self.referrers.get(&*key.id()).cloned().unwrap_or_default();
        if let Some(parent) = &self.parent {
            all.extend(parent.referrers(key));
        }
        all.sort_unstable();
        all.dedup();
        all
    }
}

//! One revision with the schema around it, as a rule sees it. Judges nothing.

use std::cell::OnceCell;

use super::difference::{self, Difference};
use super::model::{Position, Table, TableKey};
use super::replay::{Record, Replay, run_body, runs};
use super::store::{Kind, Store, Version, Written};
use super::view::Schema;
use crate::operation::{Change, Dialect, Operation};
use crate::revision::{Body, Created, RevisionContext, Transaction};

/// One revision with the schema around it.
#[derive(Debug)]
pub struct Step<'a> {
    /// The revision with what surrounds it.
    pub context: RevisionContext<'a>,
    replay: &'a Replay<'a>,
    record: &'a Record<'a>,
    downgraded: OnceCell<Downgraded<'a>>,
}

/// An operation with the schema before it. What the revision made itself, [`crate::revision::Created`] knows.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a> {
    /// The operation.
    pub operation: &'a Operation,
    /// The schema before it.
    pub schema: Schema<'a>,
}

/// The downgrade, run on the schema after the upgrade.
#[derive(Debug)]
struct Downgraded<'a> {
    store: Store<'a>,
    body: &'a Body,
    moments: Vec<Version>,
    written: Written<'a>,
    end: Version,
}

/// What a downgrade does to the schema that the upgrade leaves.
#[derive(Debug, Clone, Copy)]
pub struct Downgrade<'a> {
    run: &'a Downgraded<'a>,
    schema: Schema<'a>,
}

impl<'a> Step<'a> {
    /// The step of a revision; `None` for one that the replay did not keep.
    pub fn new(context: RevisionContext<'a>, replay: &'a Replay<'a>) -> Option<Self> {
        let record = replay.record(context.id)?;
        Some(Self { context, replay, record, downgraded: OnceCell::new() })
    }

    /// The schema before the upgrade.
    pub fn before(&self) -> Schema<'a> {
        self.replay.at(self.record, self.record.before)
    }

    /// The schema after the upgrade.
    pub fn after(&self) -> Schema<'a> {
        self.replay.at(self.record, self.record.after)
    }

    /// The schema after all revisions.
    pub fn at_head(&self) -> Schema<'a> {
        self.replay.end_of(self.record)
    }

    /// The identifier of the revision that made something; `None` where no revision of the history did.
    pub fn maker(&self, made: Position) -> Option<&'a str> {
        self.replay.revision_at(made)
    }

    /// Whether the upgrade of this revision made something.
    pub fn is_own(&self, made: Position) -> bool {
        made == self.record.position
    }

    /// Whether this revision or one before it changes rows of a table, since what `made` says.
    pub fn is_updated_since(&self, table: &TableKey<'_>, made: Position) -> bool {
        let from = if made == Position::OUTSIDE { Position(0) } else { made };
        self.replay.is_updated(self.record, table, from)
    }

    /// Whether enum types are objects of their own that revisions make and drop: on PostgreSQL, where no plugin does it.
    pub fn is_about_enum_types(&self) -> bool {
        self.context.dialect == Dialect::Postgresql
            && !self.context.directory.dependencies.iter().any(|name| &**name == "alembic-postgresql-enum")
    }

    /// The operation of the upgrade that makes something: the last one before which it is not there.
    pub fn making(&self, is_there: impl Fn(Schema<'a>) -> bool) -> Option<&'a Operation> {
        let absent = self.upgrade().filter(|moment| !is_there(moment.schema));
        absent.last().map(|moment| moment.operation)
    }

    /// The tables that operations of the upgrade make or change, as they are after it; each once.
    pub fn touched_tables(&self) -> impl Iterator<Item = &'a Table<'a>> {
        let after = self.after();
        self.record.written.tables.iter().filter_map(move |key| after.table_of(key).yes())
    }

    /// The operations of the upgrade, each with the schema before it.
    pub fn upgrade(&self) -> impl Iterator<Item = Moment<'a>> {
        let (replay, record) = (self.replay, self.record);
        let operations =
            runs(self.context.revision.upgrade_on_dialect()).map_or(&[][..], |body| &body.operations);
        operations
            .iter()
            .zip(&record.moments)
            .map(move |(operation, version)| Moment { operation, schema: replay.at(record, *version) })
    }

    /// Visits the operations of the upgrade, each with the schema before it and what the upgrade made until then.
    pub fn walk(&self, mut visit: impl FnMut(Moment<'a>, &Created)) {
        let mut moments = self.upgrade();
        let Some(body) = runs(self.context.revision.upgrade_on_dialect()) else { return };
        body.walk(|_, created| {
            if let Some(moment) = moments.next() {
                visit(moment, created);
            }
        });
    }

    /// The transaction of each operation of the upgrade.
    pub fn transactions(&self) -> impl Iterator<Item = Transaction> + use<> {
        let body = runs(self.context.revision.upgrade_on_dialect());
        body.map(Body::transactions).unwrap_or_default().into_iter()
    }

    /// The downgrade; `None` where there is none, or it does nothing but raise.
    pub fn downgrade(&self) -> Option<Downgrade<'_>> {
        let body = runs(self.context.revision.downgrade_on_dialect()).filter(|body| !body.raises)?;
        let run = self.downgraded.get_or_init(|| self.run_downgrade(body));
        let run: &Downgraded<'_> = run;
        Some(Downgrade { run, schema: self.after() })
    }

    fn run_downgrade(&self, body: &'a Body) -> Downgraded<'a> {
        let mut store = Store::after(self.after());
        let mut moments = Vec::with_capacity(body.operations.len());
        store.watch();
        run_body(&mut store, self.after().dialect(), Position::DOWNGRADE, body, |store| {
            moments.push(store.pin());
        });
        let end = store.pin();
        let written = store.written();
        Downgraded { store, body, moments, written, end }
    }

    /// Whether the upgrade or the downgrade makes, changes or drops an object of this kind.
    pub fn round_trip_writes(&self, kind: Kind) -> bool {
        let writes = |written: &Written<'_>| written.objects.iter().any(|(written, _)| *written == kind);
        writes(&self.record.written)
            || self.downgrade().is_some_and(|downgrade| writes(&downgrade.run.written))
    }

    /// What the downgrade leaves otherwise than it was before the upgrade, in order; what is not known compares as
    /// equal. Empty where there is no downgrade, or it does nothing but raise.
    pub fn downgrade_difference(&self) -> Vec<Difference<'_>> {
        let Some(downgrade) = self.downgrade() else { return Vec::new() };
        difference::between(&difference::RoundTrip {
            before: self.before(),
            between: self.after(),
            after: downgrade.after(),
            own: self.record.position,
            written: [&self.record.written, &downgrade.run.written],
            upgrade: runs(self.context.revision.upgrade_on_dialect())
                .map_or(&[][..], |body| &body.operations),
        })
    }
}

impl<'a> Downgrade<'a> {
    /// The operations, each with the schema before it.
    pub fn moments(&self) -> impl Iterator<Item = Moment<'a>> {
        let (run, dialect) = (self.run, self.schema.dialect());
        run.body.operations.iter().zip(&run.moments).map(move |(operation, version)| Moment {
            operation,
            schema: Schema::new(&run.store, *version, dialect),
        })
    }

    /// Visits the operations, each with the schema before it and what the downgrade made until then.
    pub fn walk(&self, mut visit: impl FnMut(Moment<'a>, &Created)) {
        let mut moments = self.moments();
        self.run.body.walk(|_, created| {
            if let Some(moment) = moments.next() {
                visit(moment, created);
            }
        });
    }

    /// The schema after it.
    pub fn after(&self) -> Schema<'a> {
        Schema::new(&self.run.store, self.run.end, self.schema.dialect())
    }
}

impl Moment<'_> {
    /// Whether the operation surely runs as it stands.
    pub fn is_certain(&self) -> bool {
        let sql = self.operation.sql().unwrap_or_default();
        let first = sql.split_whitespace().next().unwrap_or_default();
        !self.operation.conditional
            && !first.to_ascii_lowercase().starts_with("do")
            && !matches!(self.operation.change, Change::Custom(_))
    }
}

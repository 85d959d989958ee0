//! What an operation does to tables that others use while it runs: the entry.

use super::{Lock, Work, mysql, postgresql, sqlite};
use crate::history::schema::{Moment, Table};
use crate::operation::{Dialect, Name, Server, TableName};
use crate::revision::Created;

/// What an operation does to one table while it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// The table; without a name where it is about all there are.
    pub table: TableName,
    /// The lock it takes, and keeps until the transaction ends.
    pub lock: Lock,
    /// What it does under that lock.
    pub work: Work,
}

impl Effect {
    pub(super) fn new(table: &TableName, lock: Lock, work: Work) -> Self {
        Self { table: table.clone(), lock, work }
    }

    pub(super) fn on(table: &Table<'_>, lock: Lock) -> Self {
        let name = |text: &str| Name::Known(text.into());
        let schema = table.key.schema.as_deref().map_or(Name::None, name);
        Self { table: TableName { schema, name: name(&table.key.name) }, lock, work: Work::None }
    }
}

/// What an operation does to the tables that were there before it, `created` being what the revision made until then.
///
/// An operation that SQLAlchemy writes as several statements (`Column(index=True)`) has an effect for each of them. What only
/// reads is left out.
pub fn effects(moment: &Moment<'_>, created: &Created, server: Server) -> Vec<Effect> {
    let mut effects = match server.dialect {
        Dialect::Postgresql => postgresql::effects(moment, server),
        Dialect::Mysql | Dialect::Mariadb => mysql::effects(moment, server),
        Dialect::Sqlite => sqlite::effects(moment),
    };
    effects.retain(|effect| !created.may_have_table(&effect.table));
    effects
}

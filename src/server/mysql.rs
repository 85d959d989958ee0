//! MySQL and MariaDB: locks and work of operations on tables of `InnoDB`.
//!
//! dev.mysql.com/doc/refman/8.0/en/innodb-online-ddl-operations.html; mariadb.com/kb/en/innodb-online-ddl-overview.

use super::{Effect, Filling, Lock, Volatility, Work, change_of_type};
use crate::history::schema::{Attached, Moment, attached};
use crate::operation::{
    AddColumn, AlterColumn, Attribute, Change, ConstraintKind, CreateConstraint, CreateIndex, Dialect,
    DropConstraint, Name, Server, ServerDefault, Statement, TableName, Version,
};

/// Others read and write, or wait, while the table is copied or not.
type Way = (Lock, Work);

const CATALOG: Way = (Lock::MysqlNone, Work::None);
const INDEX: Way = (Lock::MysqlNone, Work::IndexBuild);
const IN_PLACE: Way = (Lock::MysqlNone, Work::Rewrite);
const COPY: Way = (Lock::MysqlShared, Work::Rewrite);
const EXCLUSIVE: Way = (Lock::MysqlExclusive, Work::None);

pub(super) fn effects(moment: &Moment<'_>, server: Server) -> Vec<Effect> {
    let on = |table: &TableName, (lock, work): Way| vec![Effect::new(table, lock, work)];
    match &moment.operation.change {
        Change::DropTable(drop) => on(&drop.table, EXCLUSIVE),
        Change::RenameTable(rename) => on(&rename.table, EXCLUSIVE),
        Change::AddColumn(add) => add_column(add, moment, server),
        Change::DropColumn(drop) => {
            let is_instant = since(server, Version(8, 0, 29), Version(10, 4, 0));
            on(&drop.table, if is_instant { CATALOG } else { IN_PLACE })
        }
        Change::AlterColumn(alter) => alter_column(alter, moment, server),
        Change::CreateIndex(create) => on(&create.table, create_index(create)),
        Change::DropIndex(drop) => on(&drop.table, CATALOG),
        Change::CreateConstraint(create) => on(&create.table, create_constraint(create)),
        Change::DropConstraint(drop) => on(&drop.table, drop_constraint(drop)),
        Change::CreateTableComment(comment) | Change::DropTableComment(comment) => {
            on(&comment.table, CATALOG)
        }
        Change::BulkInsert(insert) => on(&insert.table, CATALOG),
        Change::Execute(execute) => match &execute.statement {
            Statement::Insert { table } | Statement::RenameIndex { table, .. } => on(table, CATALOG),
            Statement::Update { table, .. } | Statement::Delete { table, .. } => {
                on(table, (Lock::MysqlNone, Work::Scan))
            }
            Statement::Truncate { table, .. } => on(table, EXCLUSIVE),
            _ => Vec::new(),
        },
        Change::CreateTable(_) | Change::Custom(_) => Vec::new(),
    }
}

/// Whether the server is new enough.
fn since(server: Server, mysql: Version, mariadb: Version) -> bool {
    server.version >= if server.dialect == Dialect::Mariadb { mariadb } else { mysql }
}

fn add_column(add: &AddColumn, moment: &Moment<'_>, server: Server) -> Vec<Effect> {
    let is_sql = moment.operation.is_raw_sql();
    let items = attached(&add.column, is_sql, server.dialect);
    let has_check = items.iter().any(|item| matches!(item, Attached::Check(_) | Attached::TypeCheck(_)));
    let (lock, work) = match Filling::of(&add.column, is_sql, server) {
        Filling::Stored | Filling::Serial | Filling::Default(Volatility::Volatile) => COPY,
        _ if has_check => COPY,
        _ if since(server, Version(8, 0, 12), Version(10, 3, 2)) => CATALOG,
        _ => IN_PLACE,
    };
    let mut effects = vec![Effect::new(&add.table, lock, work)];
    for item in items {
        let (lock, work) = match item {
            Attached::Unique | Attached::Index(_) => INDEX,
            Attached::ForeignKey(_) => COPY,
            Attached::Check(_) | Attached::TypeCheck(_) | Attached::Unknown => continue,
        };
        effects.push(Effect::new(&add.table, lock, work));
    }
    effects
}

fn alter_column(alter: &AlterColumn, moment: &Moment<'_>, server: Server) -> Vec<Effect> {
    let change = change_of_type(alter, moment, server).map(|change| change.work);
    let way = match change {
        Some(Work::Unknown) => (Lock::MysqlShared, Work::Unknown),
        Some(Work::Rewrite | Work::IndexBuild | Work::Scan) => COPY,
        Some(Work::None) | None => match alter.nullable {
            Attribute::Unchanged => CATALOG,
            Attribute::Set(_) | Attribute::Unknown => IN_PLACE,
        },
    };
    let is_idle = change.is_none()
        && alter.nullable == Attribute::Unchanged
        && alter.server_default == ServerDefault::NotGiven
        && alter.new_name == Name::None
        && alter.comment.is_none();
    if is_idle { Vec::new() } else { vec![Effect::new(&alter.table, way.0, way.1)] }
}

/// FULLTEXT and SPATIAL indexes leave no writes.
fn create_index(create: &CreateIndex) -> Way {
    let is_special = create.options.iter().any(|(key, _)| &**key == "mysql_prefix");
    if is_special { (Lock::MysqlShared, Work::IndexBuild) } else { INDEX }
}

/// Foreign keys are added in place only where `foreign_key_checks` is off.
const fn create_constraint(create: &CreateConstraint) -> Way {
    match create.constraint.kind {
        ConstraintKind::Unique | ConstraintKind::Exclude => INDEX,
        ConstraintKind::PrimaryKey => IN_PLACE,
        ConstraintKind::ForeignKey | ConstraintKind::Check => COPY,
    }
}

fn drop_constraint(drop: &DropConstraint) -> Way {
    if drop.kind == Some(ConstraintKind::PrimaryKey) { COPY } else { CATALOG }
}

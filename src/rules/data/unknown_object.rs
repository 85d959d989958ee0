//! `unknown-object`: something is changed or dropped that is not there. What the history does not tell is left alone.

use crate::history::schema::{Column, Known, Moment, Part, Position, Step, Table};
use crate::operation::{Change, ConstraintKind, Dialect, Name, TableName};
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds operations of `upgrade` on tables, columns, indexes and constraints that are not there when it runs: the schema
    /// is replayed from the first revision on. What may not run, is guarded by `if_exists`, or concerns a table of which
    /// not everything is known, is left alone.
    ///
    /// ## Why is this bad?
    /// The database refuses, and the deployment stops: `column "emial" does not exist`. On MySQL and SQLite the
    /// statements before it stay. A name is mistyped, an earlier revision has dropped or renamed it, or the revision was
    /// generated against a database that was changed by hand.
    ///
    /// ## Example
    /// ```python bad
    /// op.create_table("user", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("email", sa.Text()))
    /// op.alter_column("user", "emial", nullable=False)
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.create_table("user", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("email", sa.Text()))
    /// op.alter_column("user", "email", nullable=False)
    /// ```
    ///
    /// ## References
    /// - Atlas: errors of the replay
    "unknown-object", Data, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Step(check),
}

fn check(step: &Step<'_>, sink: &mut Sink<'_>) {
    for moment in step.upgrade().filter(Moment::is_certain) {
        let Some(missing) = missing(&moment) else { continue };
        let operation = moment.operation;
        // A search path may lead to the table of another schema.
        if operation.change.table().is_some_and(|table| is_elsewhere(&moment, table)) {
            continue;
        }
        let why = match missing.gone_by.map(|by| (step.is_own(by), step.maker(by))) {
            Some((true, _)) => ": this revision has dropped it".to_owned(),
            Some((false, Some(by))) => format!(": revision `{by}` has dropped it"),
            Some((false, None)) | None => String::new(),
        };
        let subject = operation.subject();
        sink.report(operation.span, format!("{subject} needs {}, which is not there{why}", missing.what))
            .call_sites(&operation.call_sites)
            .help(match missing.nearest {
                Some(nearest) => format!("did you mean `{nearest}`?"),
                None => "name what the revisions before it have made, or make it first".to_owned(),
            });
    }
}

/// What is not there.
struct Missing {
    what: String,
    gone_by: Option<Position>,
    /// What is there under a name that is nearly the same.
    nearest: Option<String>,
}

fn missing(moment: &Moment<'_>) -> Option<Missing> {
    match &moment.operation.change {
        Change::DropTable(drop) if !drop.if_exists => table(moment, &drop.table).err().flatten(),
        Change::RenameTable(rename) => table(moment, &rename.table).err().flatten(),
        Change::AddColumn(add) => table(moment, &add.table).err().flatten(),
        Change::DropColumn(drop) if !drop.if_exists => column(moment, &drop.table, &drop.column),
        Change::AlterColumn(alter) => column(moment, &alter.table, &alter.column),
        Change::CreateIndex(create) => {
            let names = create.columns.iter().flatten().filter_map(|column| column.as_str()).map(Name::new);
            columns(moment, &create.table, names)
        }
        Change::CreateConstraint(create) => {
            let constraint = &create.constraint;
            let names = constraint.columns.iter().flatten().cloned();
            columns(moment, &create.table, names).or_else(|| {
                let referent = constraint.referent.as_ref()?;
                columns(moment, referent, constraint.referent_columns.iter().flatten().cloned())
            })
        }
        Change::DropIndex(drop) if !drop.if_exists => index(moment, &drop.table, &drop.name),
        Change::DropConstraint(drop) if !drop.if_exists => {
            constraint(moment, &drop.table, &drop.name, drop.kind)
        }
        _ => None,
    }
}

/// The table, if it surely is there; what to say if it surely is not.
fn table<'s>(moment: &Moment<'s>, name: &TableName) -> Result<&'s Table<'s>, Option<Missing>> {
    match moment.schema.table(name) {
        Known::Yes(table) => Ok(table),
        Known::Unknown => Err(None),
        Known::No => {
            let what = format!("table {}", name.quoted());
            let nearest = name.name.known().and_then(|known| {
                let tables = moment.schema.tables().map(|listed| &*listed.table.key.name);
                nearest(known, tables)
            });
            let is_explained = nearest.is_some() || moment.schema.was_dropped(name);
            // A table that no revision ever spoke of may be made outside of the history.
            Err(is_explained.then_some(Missing { what, gone_by: None, nearest }))
        }
    }
}

/// Whether a table that is named without a schema is known in one.
fn is_elsewhere(moment: &Moment<'_>, name: &TableName) -> bool {
    name.schema == Name::None
        && name.name.known().is_some_and(|known| {
            let mut tables = moment.schema.tables();
            tables.any(|listed| listed.table.key.schema.is_some() && listed.table.key.name == known)
        })
}

fn column(moment: &Moment<'_>, of: &TableName, name: &Name) -> Option<Missing> {
    columns(moment, of, std::iter::once(name.clone()))
}

/// The first of several columns that surely is not there.
fn columns(moment: &Moment<'_>, of: &TableName, names: impl Iterator<Item = Name>) -> Option<Missing> {
    let table = match table(moment, of) {
        Ok(table) => table,
        Err(missing) => return missing,
    };
    for name in names {
        let Some(known) = name.known() else { continue };
        if !table.column(known).is_no() || is_system_column(known) {
            continue;
        }
        let others = table.columns.iter().map(|column| &*column.name);
        return Some(Missing {
            what: format!("column {}", of.quoted_column(&name)),
            gone_by: table.dropped(Part::Column, known).map(|gone| gone.by),
            nearest: nearest(known, others),
        });
    }
    None
}

/// Columns that every table of a database has without being told.
fn is_system_column(name: &str) -> bool {
    ["oid", "ctid", "xmin", "rowid", "_rowid_"].contains(&name)
}

fn index(moment: &Moment<'_>, of: &TableName, name: &Name) -> Option<Missing> {
    let known = name.known()?;
    // Batch mode of SQLite drops columns last.
    if of.name == Name::None || (moment.operation.batch && moment.schema.dialect() == Dialect::Sqlite) {
        // Where no table is named, it may be an index that is not known.
        return None;
    }
    let table = match table(moment, of) {
        Ok(table) => table,
        Err(missing) => return missing,
    };
    // It may be the index of a constraint, or of another table: only MySQL looks at the table that is named.
    let is_elsewhere = table.constraint(known, None).yes().is_some()
        || (!is_mysql(moment) && moment.schema.may_have_index(known));
    if !table.index(known).is_no() || is_elsewhere || is_spatial(table, known) {
        return None;
    }
    let others = table.indexes.iter().filter_map(|index| index.name.known());
    Some(Missing {
        what: format!("index `{known}` of {}", of.quoted()),
        gone_by: table.dropped(Part::Index, known).map(|gone| gone.by),
        nearest: nearest(known, others),
    })
}

/// Whether a column's type makes the index by itself. Where it was dropped, it is gone.
fn is_spatial(table: &Table<'_>, index: &str) -> bool {
    let makes_it = |column: &Column<'_>| {
        column.type_.and_then(|type_| type_.spatial_class()).is_some()
            && index == format!("idx_{}_{}", table.key.name, column.name)
    };
    table.dropped(Part::Index, index).is_none() && table.columns.iter().any(|column| makes_it(column))
}

fn constraint(
    moment: &Moment<'_>,
    of: &TableName,
    name: &Name,
    kind: Option<ConstraintKind>,
) -> Option<Missing> {
    let known = name.known()?;
    let table = match table(moment, of) {
        Ok(table) => table,
        Err(missing) => return missing,
    };
    // SQLite keeps no names, and batch mode may give some; MySQL takes a unique index for a constraint.
    let may_be_there = moment.schema.dialect() == Dialect::Sqlite
        || !table.constraint(known, kind).is_no()
        || (is_mysql(moment) && !table.index(known).is_no())
        || (is_mysql(moment) && kind == Some(ConstraintKind::PrimaryKey));
    if may_be_there {
        return None;
    }
    let others = table.constraints.iter().filter_map(|constraint| constraint.name.known());
    Some(Missing {
        what: format!("constraint `{known}` of {}", of.quoted()),
        gone_by: table.dropped(Part::Constraint, known).map(|gone| gone.by),
        nearest: nearest(known, others),
    })
}

fn is_mysql(moment: &Moment<'_>) -> bool {
    matches!(moment.schema.dialect(), Dialect::Mysql | Dialect::Mariadb)
}

/// The name that is nearest, if one is near.
fn nearest<'n>(name: &str, others: impl Iterator<Item = &'n str>) -> Option<String> {
    /// Below this likeness a suggestion would be a guess.
    const LEAST: f64 = 0.8;
    let scored = others.map(|other| (strsim::normalized_damerau_levenshtein(name, other), other));
    let best = scored.filter(|(score, _)| *score >= LEAST).max_by(|(a, _), (b, _)| a.total_cmp(b));
    best.map(|(_, other)| other.to_owned())
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::project::NamingConvention;
    use crate::testing::Tester;

    const USER: &str = "op.create_table('user', sa.Column('id', sa.Integer()), sa.Column('email', sa.Text()), sa.PrimaryKeyConstraint('id', name='pk'), sa.UniqueConstraint('email', name='uq'))
op.create_index('ix', 'user', ['email'])
";

    fn upgrade(body: &str) -> Tester {
        Tester::new(&RULE).upgrade(&format!("{USER}{body}"))
    }

    #[test]
    fn columns() {
        upgrade("op.drop_column('user', 'age')")
            .finds(&["`op.drop_column` needs column `user.age`, which is not there"]);
        upgrade("op.alter_column('user', 'age', nullable=False)").finds(&["column `user.age`"]);
        upgrade("op.create_index('i', 'user', ['id', 'age'])").finds(&["column `user.age`"]);
        upgrade("op.create_unique_constraint('u', 'user', ['age'])").finds(&["column `user.age`"]);
        upgrade("op.create_table('t', sa.Column('u', sa.Integer))\nop.create_foreign_key('f', 't', 'user', ['u'], ['uid'])")
            .finds(&["column `user.uid`"]);
        upgrade("op.execute('ALTER TABLE \"user\" DROP COLUMN age')")
            .finds(&["this SQL needs column `user.age`"]);
        let found = upgrade("op.drop_column('user', 'emial')").finds(&["`user.emial`"]);
        assert_eq!(found.help(), "did you mean `email`?");
    }

    #[test]
    fn tables_indexes_and_constraints() {
        upgrade("op.drop_table('user')\nop.drop_column('user', 'id')").finds(&["table `user`"]);
        upgrade("op.rename_table('user', 'person')\nop.add_column('user', sa.Column('x', sa.Text()))")
            .finds(&["table `user`"]);
        upgrade("op.drop_index('ix_other', table_name='user')").finds(&["index `ix_other` of `user`"]);
        upgrade("op.drop_constraint('ck', 'user')").finds(&["constraint `ck` of `user`"]);
        upgrade("op.drop_constraint('uq', 'user')\nop.drop_constraint('uq', 'user', type_='unique')")
            .finds(&["constraint `uq` of `user`, which is not there: this revision has dropped it"]);
        upgrade("op.drop_column('user', 'email')\nop.drop_index('ix', table_name='user')")
            .finds(&["index `ix`"]);
    }

    #[test]
    fn what_is_there() {
        upgrade("op.drop_index('ix')\nop.drop_constraint('uq', 'user', type_='unique')\nop.drop_column('user', 'email')\nop.drop_table('user')").ok();
        upgrade(
            "op.add_column('user', sa.Column('x', sa.Text()))\nop.alter_column('user', 'x', nullable=True)",
        )
        .ok();
        upgrade("op.alter_column('user', 'email', new_column_name='mail')\nop.drop_column('user', 'mail')")
            .ok();
        upgrade("op.create_index('i', 'user', [sa.text('lower(email)')])").ok();
    }

    #[test]
    fn names_that_only_the_database_or_the_convention_knows() {
        let made_again = "op.drop_constraint('uq', 'user', type_='unique')\nop.create_unique_constraint(None, 'user', ['email'])\nop.drop_constraint('uq', 'user', type_='unique')";
        upgrade(made_again).finds(&["constraint `uq` of `user`"]);
        upgrade(made_again).naming_convention(NamingConvention::Unknown).ok();
    }

    #[test]
    fn indexes_of_spatial_columns() {
        let lake = |type_: &str, then: &str| {
            Tester::new(&RULE).header("import geoalchemy2").upgrade(&format!(
                "op.create_table('lake', sa.Column('shape', geoalchemy2.Geometry('POLYGON'{type_})))\n{then}"
            ))
        };
        let drop = "op.drop_index('idx_lake_shape', table_name='lake')";
        lake("", drop).ok();
        lake(", spatial_index=False", drop).finds(&["index `idx_lake_shape`"]);
        lake("", &format!("{drop}\n{drop}")).finds(&["index `idx_lake_shape`"]);
    }

    #[test]
    fn tables_that_python_puts_together() {
        upgrade("new = sa.Table('new', sa.MetaData())\nfor column in columns:\n    new.append_column(column)\nnew.create(op.get_bind())\nop.create_index('ix_new', 'new', ['a'])").ok();
        upgrade("old = sa.Table('old', sa.MetaData(), sa.Column('a', sa.Text()), autoload_with=bind)\nold.create(op.get_bind())\nop.create_index('ix_old', 'old', ['b'])").ok();
        let model = |index: &str| {
            upgrade(&format!(
                "class Row(Base):\n    __tablename__ = 'row'\n    id: int = sa.Column(sa.Integer, primary_key=True)\n    size = sa.Column('width', sa.Integer)\nRow.__table__.create(op.get_bind())\nop.create_index('ix_row', 'row', ['{index}'])"
            ))
        };
        let base = "from sqlalchemy.orm import declarative_base\nBase = declarative_base()";
        model("id").header(base).ok();
        model("width").header(base).ok();
        model("size").header(base).finds(&["column `row.size`"]);
        model("size").header("from app import Base").ok();
    }

    #[test]
    fn what_another_dialect_runs() {
        let on = |class: &str| {
            upgrade(&format!("if isinstance(op.get_bind().dialect, {class}):\n    op.drop_column('user', 'age')"))
                .header("from sqlalchemy.dialects.mysql.base import MySQLDialect\nfrom sqlalchemy.dialects.postgresql.base import PGDialect")
        };
        on("MySQLDialect").ok();
        on("PGDialect").finds(&["column `user.age`"]);
    }

    #[test]
    fn a_table_of_another_schema() {
        upgrade("op.create_table('log', sa.Column('a', sa.Text()), schema='audit')\nop.drop_table('log')\nop.add_column('log', sa.Column('b', sa.Text()))").ok();
        upgrade(
            "op.create_table('user', sa.Column('a', sa.Text()), schema='audit')\nop.drop_column('user', 'a')",
        )
        .ok();
    }

    #[test]
    fn what_is_guarded_or_may_not_run() {
        upgrade("op.drop_column('user', 'age', if_exists=True)").ok();
        upgrade("op.drop_index('no', table_name='user', if_exists=True)").ok();
        upgrade("op.execute('DROP TABLE IF EXISTS usr')").ok();
        upgrade("if there():\n    op.drop_column('user', 'age')").ok();
    }

    #[test]
    fn what_is_not_known() {
        let elsewhere = |body: &str| Tester::new(&RULE).upgrade(body);
        elsewhere(
            "op.drop_column('legacy', 'age')\nop.drop_table('old')\nop.drop_index('ix', table_name='legacy')",
        )
        .ok();
        elsewhere("op.create_table('t', sa.Column('u', sa.Integer, sa.ForeignKey('legacy.id')))\nop.drop_constraint('fk_t_u', 't', type_='foreignkey')").ok();
        upgrade("op.execute(sql())\nop.drop_column('user', 'age')").ok();
        upgrade("op.drop_index('ix_other')").ok();
    }
}

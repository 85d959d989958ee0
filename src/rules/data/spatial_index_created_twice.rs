//! `spatial-index-created-twice`: GeoAlchemy2 makes the index that a statement makes again.

use crate::diagnostic::{Edit, Fix};
use crate::fix::CallText;
use crate::operation::{Change, CreateIndex, Name, Operation, TableName, last_part};
use crate::revision::{Body, RevisionContext};
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// For PostgreSQL, finds an index `idx_<table>_<column>` that is made for a column of GeoAlchemy2's `Geometry`, `Geography` or
    /// `Raster` in the function that makes the column, in `upgrade` and `downgrade`.
    ///
    /// ## Why is this bad?
    /// These types say `spatial_index=True` unless told otherwise, and make the index of that name by themselves when `create_table`
    /// or `add_column` run. Autogenerate finds the index in the metadata and writes it out once more. The second one always fails:
    /// ```text
    /// (psycopg2.errors.DuplicateTable) relation "idx_lake_shape" already exists
    /// ```
    ///
    /// ## Example
    /// ```python bad
    /// import geoalchemy2
    ///
    /// op.create_table("lake", sa.Column("shape", geoalchemy2.types.Geometry("POLYGON", srid=4326)))
    /// op.create_index("idx_lake_shape", "lake", ["shape"], postgresql_using="gist")
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// import geoalchemy2
    ///
    /// op.create_table("lake", sa.Column("shape", geoalchemy2.types.Geometry("POLYGON", srid=4326, spatial_index=False)))
    /// op.create_index("idx_lake_shape", "lake", ["shape"], postgresql_using="gist")
    /// ```
    /// or take `op.create_index` away. GeoAlchemy2 has helpers for `env.py`, with which autogenerate writes directives of its own.
    ///
    /// ## Fix safety
    /// Safe: the type gets `spatial_index=False`; the upgrade could only fail.
    ///
    /// ## References
    /// - [GeoAlchemy2: use with Alembic](https://geoalchemy-2.readthedocs.io/en/latest/alembic.html)
    "spatial-index-created-twice", Data, Error,
    preset: Recommended, fix: Sometimes, since: "0.1.0",
    check: Revision(check),
}

/// An index that a type makes by itself.
struct Made<'a> {
    by: &'a Operation,
    table: &'a TableName,
    name: String,
    column: &'a Name,
    class: &'a str,
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    if !context.server.is_postgresql() {
        return;
    }
    let bodies = [context.revision.upgrade_on_dialect(), context.revision.downgrade_on_dialect()];
    for body in bodies.into_iter().flatten() {
        check_body(context, body, sink);
    }
}

fn check_body(context: &RevisionContext<'_>, body: &Body, sink: &mut Sink<'_>) {
    let mut made: Vec<Made<'_>> = Vec::new();
    for operation in body.operations.iter().filter(|operation| !operation.conditional) {
        made.extend(made_by(operation));
        if made.is_empty() {
            continue;
        }
        match &operation.change {
            Change::CreateIndex(index) => report(context, operation, index, &made, sink),
            Change::CreateTable(create) => {
                for index in &create.indexes {
                    report(context, operation, index, &made, sink);
                }
            }
            Change::DropIndex(drop) => made.retain(|made| drop.name.known() != Some(&made.name)),
            Change::DropTable(drop) => made.retain(|made| !made.table.is_same(&drop.table)),
            _ => {}
        }
    }
}

fn report(
    context: &RevisionContext<'_>,
    operation: &Operation,
    index: &CreateIndex,
    made: &[Made<'_>],
    sink: &mut Sink<'_>,
) {
    let is_twice = |made: &&Made<'_>| {
        index.name.known() == Some(&made.name) && index.table.is_same(made.table) && !index.if_not_exists
    };
    let Some(made) = made.iter().find(is_twice) else { return };
    let report = sink
        .report(
            operation.span,
            format!(
                "{} makes index `{}`, which the `{}` of {} has made already",
                operation.subject(),
                made.name,
                made.class,
                made.table.quoted_column(made.column)
            ),
        )
        .call_sites(&operation.call_sites)
        .help(format!("give `{}` `spatial_index=False`", made.class));
    if let Some(edit) = without_index(context, made) {
        report.fix(Fix::safe("add `spatial_index=False`", vec![edit]));
    }
}

/// The edit that lets the type make no index, where it is the only one of its class in the call.
fn without_index(context: &RevisionContext<'_>, made: &Made<'_>) -> Option<Edit> {
    let call = CallText::new(context.text(), made.by.span)?;
    let calls: Vec<_> =
        call.inner_calls().into_iter().filter(|inner| last_part(inner.callee()) == made.class).collect();
    let [type_] = calls.as_slice() else { return None };
    let replaced = type_.replace_keyword("spatial_index", "spatial_index=False");
    Some(replaced.unwrap_or_else(|| type_.add_argument("spatial_index=False")))
}

/// The indexes that the types of new columns make by themselves.
fn made_by(operation: &Operation) -> impl Iterator<Item = Made<'_>> {
    let new = operation.change.new_columns().filter(|_| !operation.is_raw_sql());
    new.into_iter().flat_map(move |(table, columns)| {
        columns.iter().filter_map(move |column| {
            let class = column.type_.as_ref()?.spatial_class()?;
            let name = format!("idx_{}_{}", table.name.known()?, column.name.known()?);
            Some(Made { by: operation, table, name, column: &column.name, class })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    const INDEX: &str = "op.create_index('idx_t_g', 't', ['g'], postgresql_using='gist')";

    fn upgrade(body: &str) -> Tester {
        Tester::new(&RULE).header("import geoalchemy2\nfrom geoalchemy2 import Geometry").upgrade(body)
    }

    fn with(type_: &str, then: &str) -> Tester {
        upgrade(&format!("op.create_table('t', sa.Column('g', {type_}))\n{then}"))
    }

    #[test]
    fn made_twice() {
        with("geoalchemy2.types.Geometry('POINT', srid=4326)", INDEX)
            .finds(&[
                "`op.create_index` makes index `idx_t_g`, which the `Geometry` of `t.g` has made already",
            ])
            .fixes("srid=4326)", "srid=4326, spatial_index=False)");
        with("Geometry('POINT', spatial_index=True)", INDEX)
            .finds(&["`idx_t_g`"])
            .fixes("spatial_index=True", "spatial_index=False");
        with("geoalchemy2.Raster()", INDEX).finds(&["the `Raster` of"]);
        with("geoalchemy2.Geography", INDEX).finds(&["the `Geography` of"]).without_fix();
        upgrade(&format!("op.add_column('t', sa.Column('g', Geometry('POINT')))\n{INDEX}"))
            .finds(&["`idx_t_g`"]);
        upgrade("op.create_table('t', sa.Column('g', Geometry('POINT')), sa.Index('idx_t_g', 'g'))")
            .finds(&["`op.create_table` makes index `idx_t_g`"]);
    }

    #[test]
    fn made_once() {
        with("Geometry('POINT', spatial_index=False)", INDEX).ok();
        with("Geometry('POINT')", "op.create_index('ix_other', 't', ['g'])").ok();
        with("Geometry('POINT')", "op.create_index('idx_t_g', 'u', ['g'])").ok();
        with("Geometry('POINT')", "op.create_index('idx_t_g', 't', ['g'], if_not_exists=True)").ok();
        with("Geometry('POINT')", &format!("op.drop_index('idx_t_g', 't')\n{INDEX}")).ok();
        with("app.types.Geometry('POINT')", INDEX).ok();
        with("sa.Text()", INDEX).ok();
        upgrade(INDEX).ok();
    }
}

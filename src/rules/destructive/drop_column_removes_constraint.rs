//! `drop-column-removes-constraint`: a constraint over several columns goes silently with one of them. The column itself is
//! `drop-column`'s.

use crate::history::schema::{Index, IndexColumn, Moment, Step, Table};
use crate::operation::{Change, ConstraintKind, Dialect, DropColumn};
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds columns dropped by `upgrade` that belong to a primary key, or, together with columns that stay, to a
    /// constraint or an index that nothing in the same revision drops or replaces.
    ///
    /// ## Why is this bad?
    /// PostgreSQL drops every constraint and index that contains the column, and says nothing: with one of its columns the whole
    /// `UNIQUE (shop, number)` is gone, and duplicates come in from then on. MySQL takes the column out of its
    /// indexes instead, so that a unique one over the columns that are left may fail or forbid too much. (MariaDB refuses where a
    /// unique index or the primary key contains it.) `downgrade` rarely brings the constraint back.
    ///
    /// ## Example
    /// ```python bad
    /// op.create_table(
    ///     "invoice",
    ///     sa.Column("shop", sa.Integer()),
    ///     sa.Column("number", sa.Integer()),
    ///     sa.UniqueConstraint("shop", "number", name="uq_invoice_number"),
    /// )
    /// op.drop_column("invoice", "shop")
    /// ```
    ///
    /// ## Use instead
    /// Say what becomes of it:
    /// ```python good
    /// op.create_table(
    ///     "invoice",
    ///     sa.Column("shop", sa.Integer()),
    ///     sa.Column("number", sa.Integer()),
    ///     sa.UniqueConstraint("shop", "number", name="uq_invoice_number"),
    /// )
    /// op.drop_constraint("uq_invoice_number", "invoice", type_="unique")
    /// op.drop_column("invoice", "shop")
    /// op.create_unique_constraint("uq_invoice_number", "invoice", ["number"])
    /// ```
    ///
    /// ## References
    /// - [PostgreSQL: ALTER TABLE, DROP COLUMN](https://www.postgresql.org/docs/current/sql-altertable.html)
    /// - [MySQL: ALTER TABLE](https://dev.mysql.com/doc/refman/8.4/en/alter-table.html)
    /// - pg-migration-lint: PGM010, PGM011, PGM012
    "drop-column-removes-constraint", Destructive, Warning,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Step(check),
}

fn check(step: &Step<'_>, sink: &mut Sink<'_>) {
    if !matches!(step.context.dialect, Dialect::Postgresql | Dialect::Mysql) {
        return;
    }
    for moment in step.upgrade().filter(Moment::is_certain) {
        let Change::DropColumn(drop) = &moment.operation.change else { continue };
        let (Some(table), Some(after)) =
            (moment.schema.table(&drop.table).yes(), step.after().table(&drop.table).yes())
        else {
            continue;
        };
        let Some(column) = drop.column.known().and_then(|name| table.column(name).yes()) else { continue };
        for lost in lost(step, table, after, &column.name) {
            report(step.context.dialect, &moment, drop, &lost, sink);
        }
    }
}

fn report(dialect: Dialect, moment: &Moment<'_>, drop: &DropColumn, lost: &Lost<'_>, sink: &mut Sink<'_>) {
    let operation = moment.operation;
    let column = drop.table.quoted_column(&drop.column);
    let subject = operation.subject();
    let Lost { what, left, .. } = lost;
    let left = left.join(", ");
    let result = match (dialect, left.is_empty()) {
        (_, true) => format!("and with it {what}"),
        (Dialect::Mysql, false) => format!("which leaves {what} over ({left}) alone"),
        (_, false) => format!("and with it, silently, {what}, which is about ({left}) as well"),
    };
    let name = lost.name.map_or_else(|| "it".to_owned(), |name| format!("`{name}`"));
    sink.report(operation.span, format!("{subject} drops {column}, {result}"))
        .call_sites(&operation.call_sites)
        .help(format!("drop {name} in this revision first, and make what shall take its place"));
}

/// What goes with a column.
struct Lost<'t> {
    /// "the unique constraint `uq`".
    what: String,
    name: Option<&'t str>,
    /// The other columns it is about.
    left: Vec<&'t str>,
}

/// What a column takes along and nothing replaces. `after` is the table at the end of the revision.
fn lost<'t>(step: &Step<'_>, table: &'t Table<'_>, after: &Table<'_>, column: &str) -> Vec<Lost<'t>> {
    let stays = |name: &str| !after.column(name).is_no();
    let mut lost = Vec::new();
    for constraint in table.constraints.iter().filter(|constraint| constraint.sure) {
        let Some(columns) = &constraint.columns else { continue };
        let left: Vec<&str> =
            others(columns.iter().map(|name| &**name), column).filter(|name| stays(name)).collect();
        let is_primary = constraint.kind == ConstraintKind::PrimaryKey;
        let is_replaced = || {
            let new =
                after.constraints.iter().any(|new| step.is_own(new.made) && new.kind == constraint.kind);
            let by_index = constraint.kind == ConstraintKind::Unique
                && after.indexes.iter().any(|index| step.is_own(index.made) && index.unique == Some(true));
            new || by_index || (is_primary && after.open.constraints)
        };
        if !columns.iter().any(|name| name == column) || (left.is_empty() && !is_primary) || is_replaced() {
            continue;
        }
        let kind = match constraint.kind {
            ConstraintKind::ForeignKey if step.context.dialect == Dialect::Mysql => continue,
            ConstraintKind::ForeignKey => "foreign key",
            ConstraintKind::Unique => "unique constraint",
            ConstraintKind::Check => "check constraint",
            ConstraintKind::PrimaryKey => "primary key",
            ConstraintKind::Exclude => "exclude constraint",
        };
        let name = constraint.name.known();
        let what = name.map_or_else(|| format!("a {kind}"), |name| format!("the {kind} `{name}`"));
        lost.push(Lost { what, name, left });
    }
    let is_replaced = after.indexes.iter().any(|index| step.is_own(index.made));
    lost.extend(
        table.indexes.iter().filter(|_| !is_replaced).filter_map(|index| lost_index(index, column, &stays)),
    );
    lost
}

fn lost_index<'t>(index: &'t Index<'_>, column: &str, stays: &impl Fn(&str) -> bool) -> Option<Lost<'t>> {
    let columns: Vec<&str> = index.columns.as_ref()?.iter().filter_map(IndexColumn::column).collect();
    let left: Vec<&str> = others(columns.iter().copied(), column).filter(|name| stays(name)).collect();
    if !index.sure || index.implicit || !columns.contains(&column) || left.is_empty() {
        return None;
    }
    let name = index.name.known()?;
    let kind = if index.unique == Some(true) { "unique index" } else { "index" };
    Some(Lost { what: format!("the {kind} `{name}`"), name: Some(name), left })
}

fn others<'n>(names: impl Iterator<Item = &'n str>, column: &str) -> impl Iterator<Item = &'n str> {
    names.filter(move |name| *name != column)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::config::Settings;
    use crate::operation::Dialect;
    use crate::testing::Tester;

    const TABLE: &str = "op.create_table('t', sa.Column('a', sa.Integer()), sa.Column('b', sa.Integer()), sa.Column('c', sa.Integer()), sa.UniqueConstraint('a', 'b', name='uq'))";

    fn then(upgrade: &str) -> Tester {
        Tester::new(&RULE).history(&[TABLE, upgrade])
    }

    #[test]
    fn every_spelling() {
        let found = then("op.drop_column('t', 'a')").finds(&["`op.drop_column` drops `t.a`, and with it, silently, the unique constraint `uq`, which is about (b) as well"]);
        assert_eq!(found.help(), "drop `uq` in this revision first, and make what shall take its place");
        then("with op.batch_alter_table('t') as b:\n    b.drop_column('b')")
            .finds(&["`batch_op.drop_column` drops `t.b`"]);
        then("op.execute('ALTER TABLE t DROP COLUMN a')").finds(&["this SQL drops `t.a`"]);
    }

    #[test]
    fn every_kind() {
        let more = |make: &str| Tester::new(&RULE).history(&[TABLE, make, "op.drop_column('t', 'c')"]);
        more("op.create_primary_key('pk', 't', ['c'])").finds(&["`t.c`, and with it the primary key `pk`"]);
        more("op.create_primary_key('pk', 't', ['b', 'c'])")
            .finds(&["the primary key `pk`, which is about (b)"]);
        more("op.create_check_constraint('ck', 't', 'c > b')").finds(&["the check constraint `ck`"]);
        more("op.create_index('ix', 't', ['c', 'b'])").finds(&["the index `ix`"]);
        more("op.create_index('ix', 't', ['c', 'b'], unique=True)").finds(&["the unique index `ix`"]);
        more("op.create_foreign_key('fk', 't', 'u', ['b', 'c'], ['x', 'y'])")
            .finds(&["the foreign key `fk`"]);
    }

    #[test]
    fn what_is_about_the_column_alone() {
        then("op.drop_column('t', 'c')").ok();
        let make = "op.create_unique_constraint('uc', 't', ['c'])\nop.create_index('ix', 't', ['c'])\nop.create_check_constraint('ck', 't', 'c > 0')";
        Tester::new(&RULE).history(&[TABLE, make, "op.drop_column('t', 'c')"]).ok();
        then("op.drop_column('t', 'a')\nop.drop_column('t', 'b')").ok();
        then("op.drop_column('t', 'a')\nop.drop_table('t')").ok();
    }

    #[test]
    fn dropped_or_replaced() {
        then("op.drop_constraint('uq', 't', type_='unique')\nop.drop_column('t', 'a')").ok();
        then("op.drop_column('t', 'a')\nop.create_unique_constraint('uq', 't', ['b'])").ok();
        then("op.drop_column('t', 'a')\nop.create_index('uq', 't', ['b'], unique=True)").ok();
    }

    #[test]
    fn what_is_not_known() {
        then("if unused():\n    op.drop_column('t', 'a')").ok();
        then("op.execute(sql())\nop.drop_column('t', 'a')").ok();
        Tester::new(&RULE).upgrade("op.drop_column('t', 'a')").ok();
    }

    #[test]
    fn mysql_keeps_what_is_left() {
        let settings = Settings { dialect: Some(Dialect::Mysql), ..Settings::default() };
        then("op.drop_column('t', 'a')")
            .settings(settings)
            .finds(&["drops `t.a`, which leaves the unique constraint `uq` over (b) alone"]);
    }
}

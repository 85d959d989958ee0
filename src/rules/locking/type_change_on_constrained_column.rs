//! `type-change-on-constrained-column`: a change of type that is free by itself, on a column whose constraints make it dear.

use crate::history::schema::{Constraint, Moment, Step, Table};
use crate::operation::{AlterColumn, Change, ConstraintKind};
use crate::rule::{Sink, declare_rule};
use crate::server::{Work, change_of_type};

declare_rule! {
    /// ## What it does
    /// Finds changes of a column's type in `upgrade` that rewrite nothing, but make PostgreSQL check a constraint of the column again,
    /// build its indexes again, or lock a second table: one that a foreign key of the column leads to or comes from. What
    /// constraints and indexes there are the history tells.
    ///
    /// ## Why is this bad?
    /// All of it happens under an `ACCESS EXCLUSIVE` lock. Changes that are known to be free (`VARCHAR(20)` to `VARCHAR(50)`) are
    /// taken for harmless, and with a check on the column every row is read all the same.
    ///
    /// ## Example
    /// ```python bad file=versions/a1_invoice.py
    /// """invoice"""
    /// from alembic import op
    /// import sqlalchemy as sa
    ///
    /// revision = "a1"
    /// down_revision = None
    ///
    /// def upgrade():
    ///     op.create_table("invoice", sa.Column("number", sa.String(20)))
    ///     op.create_check_constraint("number_there", "invoice", "number <> ''")
    ///     op.execute("COMMIT")
    ///     op.alter_column("invoice", "number", type_=sa.String(50))
    ///
    /// def downgrade():
    ///     pass
    /// ```
    ///
    /// ## Use instead
    /// Drop the check, change the type, and add the check again as not valid; validate it in the next revision. For a foreign key
    /// set a `lock_timeout`: both tables are locked, if only for a moment.
    ///
    /// ## References
    /// - `strong_migrations`: changing the type of a column with constraints
    /// - [PostgreSQL: ALTER TABLE, notes](https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES)
    "type-change-on-constrained-column", Locking, Warning,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Step(check),
}

fn check(step: &Step<'_>, sink: &mut Sink<'_>) {
    let server = step.context.server;
    let is_wanted = |change: &Change| matches!(change, Change::AlterColumn(alter) if alter.type_.is_some());
    if !server.is_postgresql() || !step.upgrade().any(|moment| is_wanted(&moment.operation.change)) {
        return;
    }
    step.walk(|moment, created| {
        let operation = moment.operation;
        let Change::AlterColumn(alter) = &operation.change else { return };
        let Some(change) = change_of_type(alter, &moment, server) else { return };
        let is_cheap = matches!(change.work, Work::None | Work::IndexBuild);
        if !is_cheap || created.may_have_table(&alter.table) {
            return;
        }
        let Some(table) = moment.schema.table(&alter.table).yes() else { return };
        let Some(cost) = cost(alter, table, &moment, change.work) else { return };
        sink.report(
            operation.span,
            format!(
                "{} changes the type of {}, which rewrites nothing, but {cost}",
                operation.subject(),
                alter.table.quoted_column(&alter.column)
            ),
        )
        .call_sites(&operation.call_sites)
        .help(
            "set a `lock_timeout`; drop a check before and add it again as not valid, to be validated later",
        );
    });
}

/// What happens beyond the change itself; the dearest part.
fn cost(alter: &AlterColumn, table: &Table<'_>, moment: &Moment<'_>, work: Work) -> Option<String> {
    let column = alter.column.known()?;
    let has = |constraint: &&Constraint<'_>| {
        constraint.columns.as_ref().is_some_and(|columns| columns.iter().any(|name| name == column))
    };
    let mut own = table.constraints.iter().map(|constraint| &**constraint).filter(has);
    let name = |constraint: &Constraint<'_>| {
        constraint.name.known().map_or("without a name".to_owned(), |name| format!("`{name}`"))
    };
    if work == Work::IndexBuild {
        let index = table.indexes.iter().find(|index| {
            let columns = index.columns.as_deref().unwrap_or_default();
            columns.iter().any(|item| item.column() == Some(column))
        });
        let is_key = |constraint: &Constraint<'_>| {
            matches!(constraint.kind, ConstraintKind::Unique | ConstraintKind::PrimaryKey)
        };
        let index = index.and_then(|index| index.name.known()).map(|name| format!("`{name}`"));
        let rebuilt = index.or_else(|| own.clone().find(|constraint| is_key(constraint)).map(name))?;
        return Some(format!("index {rebuilt} is built anew while reads and writes wait"));
    }
    if let Some(check) = own.clone().find(|constraint| constraint.kind == ConstraintKind::Check) {
        let check = name(check);
        return Some(format!("check {check} is checked against all rows while reads and writes wait"));
    }
    let other = own.find_map(|key| key.referent.clone()).or_else(|| {
        let keys = moment.schema.references_to(table);
        let is_it = |key: &Constraint<'_>| {
            key.referent_columns.as_ref().is_some_and(|columns| columns.iter().any(|name| name == column))
        };
        keys.into_iter().find(|(_, key)| is_it(key)).map(|(from, _)| from.key.clone())
    });
    let other = other.filter(|other| *other != table.key)?;
    Some(format!("locks `{other}` as well, which a foreign key ties to it"))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    fn after(before: &str, change: &str) -> Tester {
        let tables = "op.create_table('u', sa.Column('id', sa.String(20), primary_key=True))\n\
                      op.create_table('t', sa.Column('a', sa.String(20)), sa.Column('b', sa.Text()), \
                      sa.Column('u_id', sa.String(20), sa.ForeignKey('u.id')))";
        Tester::new(&RULE).history(&[&format!("{tables}\n{before}"), change])
    }

    const GROW: &str = "op.alter_column('t', 'a', type_=sa.String(50))";

    #[test]
    fn checks_are_looked_at_again() {
        after("op.create_check_constraint('c', 't', \"a <> ''\")", GROW).finds(&[
            "`op.alter_column` changes the type of `t.a`, which rewrites nothing, but check `c` is checked against all rows",
        ]);
        after("op.create_check_constraint('c', 't', \"b <> ''\")", GROW).ok();
    }

    #[test]
    fn indexes_are_built_anew_for_another_order() {
        let change = "op.execute('ALTER TABLE t ALTER b TYPE citext')";
        after("op.create_index('ix', 't', ['b'])", change).finds(&["index `ix` is built anew"]);
        after("", change).ok();
        after("op.create_index('ix', 't', ['a'])", GROW).ok();
    }

    #[test]
    fn foreign_keys_lock_the_other_table() {
        after("", "op.alter_column('t', 'u_id', type_=sa.String(50))").finds(&["locks `u` as well"]);
        after("", "op.alter_column('u', 'id', type_=sa.String(50))").finds(&["locks `t` as well"]);
    }

    #[test]
    fn what_rewrites_the_table_is_another_rule() {
        after(
            "op.create_check_constraint('c', 't', \"a <> ''\")",
            "op.alter_column('t', 'a', type_=sa.String(5))",
        )
        .ok();
    }
}

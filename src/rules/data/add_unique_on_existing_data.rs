//! `add-unique-on-existing-data`: duplicates that are there stop the upgrade.

use crate::history::schema::{Moment, Step, Table};
use crate::operation::{Argument, Change, ConstraintKind, Name, Statement, TableName};
use crate::rule::{Sink, declare_rule};
use crate::server::Filling;

declare_rule! {
    /// ## What it does
    /// Finds unique constraints and unique indexes that `upgrade` puts on a table that was there before, where nothing before
    /// them removes duplicates and no other unique constraint forbids them already.
    ///
    /// ## Why is this bad?
    /// Two rows with the same value stop the upgrade, which a test database rarely has:
    /// ```text
    /// could not create unique index "uq_user_email"
    /// DETAIL:  Key (email)=(ann@example.org) is duplicated.
    /// Duplicate entry 'ann@example.org' for key 'uq_user_email'
    /// ```
    ///
    /// ## Example
    /// ```python bad
    /// op.create_unique_constraint("uq_user_email", "user", ["email"])
    /// ```
    ///
    /// ## Use instead
    /// Look for duplicates on a copy of production, put them in order in a revision before, and approve:
    /// ```python good
    /// op.execute("DELETE FROM \"user\" a USING \"user\" b WHERE a.email = b.email AND a.id > b.id")
    /// op.create_unique_constraint("uq_user_email", "user", ["email"])
    /// ```
    ///
    /// ## References
    /// - Atlas: MF101, MF102
    /// - django-migration-linter: `ADD_UNIQUE`
    "add-unique-on-existing-data", Data, Warning,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Step(check),
}

fn check(step: &Step<'_>, sink: &mut Sink<'_>) {
    let mut may_be_in_order = false;
    for moment in step.upgrade() {
        may_be_in_order |= changes_rows(&moment);
        if may_be_in_order {
            continue;
        }
        let Some((table_name, columns)) = unique(&moment, step) else { continue };
        let table = moment.schema.table(table_name).yes();
        if table.is_some_and(|table| step.is_own(table.made) || cannot_fail(step, &moment, table, &columns)) {
            continue;
        }
        let shown = match columns.as_slice() {
            [one] => table_name.quoted_column(&Name::new(one)),
            _ => format!("({}) of {}", columns.join(", "), table_name.quoted()),
        };
        sink.report(
            moment.operation.span,
            format!("{} fails where two rows have the same {shown}", moment.operation.subject()),
        )
        .call_sites(&moment.operation.call_sites)
        .help(
            "look for duplicates in production and put them in order first; where there are none, approve: \
             `# alembic-lint: allow[add-unique-on-existing-data] -- <reason>`",
        )
        .part_of(&["unique-constraint-builds-index"]);
    }
}

/// The table and the columns of what forbids duplicates from now on; `None` where the columns are not known.
fn unique<'o>(moment: &'o Moment<'_>, step: &Step<'_>) -> Option<(&'o TableName, Vec<String>)> {
    let known =
        |names: &[Name]| names.iter().map(|name| name.known().map(str::to_owned)).collect::<Option<Vec<_>>>();
    match &moment.operation.change {
        Change::CreateConstraint(create) if create.constraint.kind == ConstraintKind::Unique => {
            Some((&create.table, known(create.constraint.columns.as_deref()?)?))
        }
        Change::CreateIndex(create) if create.unique => {
            let columns = create.columns.as_deref()?.iter();
            let columns =
                columns.map(|column| column.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()?;
            // A partial index is about some rows, which may be few.
            let is_partial =
                create.options.iter().any(|(key, value)| key.ends_with("_where") && *value != Argument::None);
            (!is_partial).then_some((&create.table, columns))
        }
        Change::AddColumn(add) if add.column.unique => {
            let is_sql = moment.operation.is_raw_sql();
            let is_shared =
                matches!(Filling::of(&add.column, is_sql, step.context.server), Filling::Default(_));
            is_shared.then_some((&add.table, vec![add.column.name.known()?.to_owned()]))
        }
        _ => None,
    }
}

/// Whether the rows that are there surely hold no duplicates.
fn cannot_fail(step: &Step<'_>, moment: &Moment<'_>, table: &Table<'_>, columns: &[String]) -> bool {
    // All NULL, which differ from each other.
    let is_empty = |name: &String| {
        table.column(name).yes().is_some_and(|column| {
            step.is_own(column.made) && column.nullable == Some(true) && column.server_default == Some(None)
        })
    };
    let is_addition = matches!(moment.operation.change, Change::AddColumn(_));
    if !is_addition && columns.iter().any(is_empty) {
        return true;
    }
    let is_within = |names: &mut dyn Iterator<Item = &str>| {
        let names: Vec<&str> = names.collect();
        !names.is_empty() && names.iter().all(|name| columns.iter().any(|column| column == name))
    };
    // What was unique before stays so, also where this revision replaces it.
    let before = step.before().table_of(&table.key).yes();
    [Some(table), before].into_iter().flatten().any(|table| {
        let by_constraint = table.constraints.iter().any(|constraint| {
            matches!(constraint.kind, ConstraintKind::Unique | ConstraintKind::PrimaryKey)
                && constraint
                    .columns
                    .as_ref()
                    .is_some_and(|names| is_within(&mut names.iter().map(|name| &**name)))
        });
        let by_index = || {
            table.indexes.iter().any(|index| {
                index.unique == Some(true)
                    && index.condition.is_none()
                    && index.columns.as_ref().is_some_and(|of| {
                        of.iter().all(|column| column.column().is_some())
                            && is_within(&mut of.iter().filter_map(|column| column.column()))
                    })
            })
        };
        by_constraint || by_index()
    })
}

/// Whether an operation may put rows in order.
fn changes_rows(moment: &Moment<'_>) -> bool {
    match &moment.operation.change {
        Change::Execute(execute) => matches!(
            execute.statement,
            Statement::Delete { .. }
                | Statement::Update { .. }
                | Statement::Truncate { .. }
                | Statement::Unparsed
                | Statement::Unknown
                | Statement::Other { .. }
        ),
        Change::Custom(_) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    const MAKE: &str = "op.create_table('t', sa.Column('a', sa.Integer()), sa.Column('b', sa.Integer()))";
    const UNIQUE: &str = "op.create_unique_constraint('uq', 't', ['a'])";

    fn history(upgrades: &[&str]) -> Tester {
        Tester::new(&RULE).history(upgrades)
    }

    #[test]
    fn every_spelling() {
        history(&[MAKE, UNIQUE])
            .finds(&["`op.create_unique_constraint` fails where two rows have the same `t.a`"]);
        history(&[MAKE, "op.create_index('ix', 't', ['a', 'b'], unique=True)"])
            .finds(&["the same (a, b) of `t`"]);
        history(&[MAKE, "op.execute('ALTER TABLE t ADD CONSTRAINT uq UNIQUE (a)')"]).finds(&["this SQL"]);
        history(&[MAKE, "op.add_column('t', sa.Column('c', sa.Integer(), server_default='1', unique=True))"])
            .finds(&["`t.c`"]);
        Tester::new(&RULE).upgrade(UNIQUE).finds(&["`t.a`"]);
    }

    #[test]
    fn what_cannot_fail() {
        history(&[&format!("{MAKE}\n{UNIQUE}")]).ok();
        history(&[MAKE, "op.add_column('t', sa.Column('c', sa.Integer(), unique=True))"]).ok();
        history(&[MAKE, "op.add_column('t', sa.Column('c', sa.Integer()))\nop.create_unique_constraint('uq', 't', ['a', 'c'])"]).ok();
        history(&[
            MAKE,
            UNIQUE,
            "op.drop_constraint('uq', 't')\nop.create_unique_constraint('uq2', 't', ['a', 'b'])",
        ])
        .finds(&["`t.a`"]);
        history(&[MAKE, &format!("op.execute('DELETE FROM t WHERE a IN (SELECT 1)')\n{UNIQUE}")]).ok();
        history(&[MAKE, "op.create_index('ix', 't', ['a'], unique=False)"]).ok();
    }
}

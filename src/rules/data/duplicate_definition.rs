//! `duplicate-definition`: something is made that is there already. Enum types have rules of their own.

use crate::history::schema::{Known, Moment, Position, Step, Table};
use crate::operation::{Change, Dialect, Name, TableName};
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds tables, columns, indexes and constraints that `upgrade` makes although the revisions before it, or the same
    /// revision, have made them: the schema is replayed from the first revision on. What may not run, is guarded by
    /// `if_not_exists`, or concerns a table of which not everything is known, is left alone.
    ///
    /// ## Why is this bad?
    /// The database refuses, and the deployment stops: `relation "invoice" already exists`. On MySQL and SQLite the
    /// statements before it stay. It happens when two branches each add the same column, or when a revision is
    /// generated against a database that is behind.
    ///
    /// ## Example
    /// ```python bad
    /// op.create_table("invoice", sa.Column("id", sa.Integer(), primary_key=True))
    /// op.add_column("invoice", sa.Column("total", sa.Numeric()))
    /// op.add_column("invoice", sa.Column("total", sa.Numeric()))
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.create_table("invoice", sa.Column("id", sa.Integer(), primary_key=True))
    /// op.add_column("invoice", sa.Column("total", sa.Numeric()))
    /// ```
    ///
    /// ## References
    /// - pg-migration-lint: PGM403
    "duplicate-definition", Data, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Step(check),
}

fn check(step: &Step<'_>, sink: &mut Sink<'_>) {
    for moment in step.upgrade().filter(Moment::is_certain) {
        let Some(duplicate) = duplicate(&moment) else { continue };
        let operation = moment.operation;
        let whose = match step.maker(duplicate.made) {
            _ if step.is_own(duplicate.made) => " made earlier in this revision".to_owned(),
            Some(maker) => format!(" made in revision `{maker}`"),
            None => String::new(),
        };
        let subject = operation.subject();
        sink.report(
            operation.span,
            format!("{subject} makes {}, which is there already:{whose}", duplicate.what),
        )
        .call_sites(&operation.call_sites)
        .help("take it out here, or drop or rename the one that is there first");
    }
}

/// What is there already, and who made it.
struct Duplicate {
    what: String,
    made: Position,
}

fn duplicate(moment: &Moment<'_>) -> Option<Duplicate> {
    match &moment.operation.change {
        Change::CreateTable(create) if !create.if_not_exists && !create.temporary => {
            table(moment, &create.table)
        }
        Change::RenameTable(rename) => {
            let renamed = TableName { schema: rename.table.schema.clone(), name: rename.to.clone() };
            // A table that is renamed to its own name in another case is no second one.
            let is_other = !rename.table.is_same(&renamed);
            is_other.then(|| table(moment, &renamed)).flatten()
        }
        Change::AddColumn(add) if !add.if_not_exists => column(moment, &add.table, &add.column.name),
        // Nor is a column.
        Change::AlterColumn(alter) if !is_only_case(&alter.column, &alter.new_name) => {
            column(moment, &alter.table, &alter.new_name)
        }
        Change::CreateIndex(create) if !create.if_not_exists => index(moment, &create.table, &create.name),
        // Batch mode replaces a constraint of the same name.
        Change::CreateConstraint(_) if is_batch_copy(moment) => None,
        Change::CreateConstraint(create) => {
            let name = create.constraint.name.known()?;
            let table = moment.schema.table(&create.table).yes()?;
            let found = table.constraint(name, Some(create.constraint.kind)).yes()?;
            let what = format!("constraint `{name}` of {}", create.table.quoted());
            Some(Duplicate { what, made: found.made })
        }
        _ => None,
    }
}

/// Whether a new name is the old one, be it in another case.
fn is_only_case(old: &Name, new: &Name) -> bool {
    match (old.known(), new.known()) {
        (Some(old), Some(new)) => old.eq_ignore_ascii_case(new),
        _ => old == new,
    }
}

/// Whether SQLite gets a new table with all changes at once.
fn is_batch_copy(moment: &Moment<'_>) -> bool {
    moment.operation.batch && moment.schema.dialect() == Dialect::Sqlite
}

fn table(moment: &Moment<'_>, name: &TableName) -> Option<Duplicate> {
    let found = known(moment, name)?;
    Some(Duplicate { what: format!("table {}", name.quoted()), made: found.made })
}

/// A table that surely is there and that the history made: of others, nobody knows what they are.
fn known<'s>(moment: &Moment<'s>, name: &TableName) -> Option<&'s Table<'s>> {
    moment.schema.table(name).yes().filter(|table| table.made != Position::OUTSIDE && !table.temporary)
}

fn column(moment: &Moment<'_>, table: &TableName, name: &Name) -> Option<Duplicate> {
    let found = moment.schema.table(table).yes()?.column(name.known()?).yes()?;
    Some(Duplicate { what: format!("column {}", table.quoted_column(name)), made: found.made })
}

/// An index of this name: of the same table on MySQL, of any table of the schema elsewhere.
fn index(moment: &Moment<'_>, table: &TableName, name: &Name) -> Option<Duplicate> {
    let known = name.known()?;
    let (of, found) = match moment.schema.dialect() {
        Dialect::Mysql | Dialect::Mariadb => {
            let table = moment.schema.table(table).yes()?;
            (table, table.index(known).yes()?)
        }
        Dialect::Postgresql | Dialect::Sqlite => match moment.schema.index(&table.schema, known) {
            Known::Yes(found) => found,
            Known::No | Known::Unknown => return None,
        },
    };
    Some(Duplicate { what: format!("index `{known}`, on `{}`", of.key), made: found.made })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    const USER: &str = "op.create_table('user', sa.Column('id', sa.Integer(), primary_key=True), sa.Column('name', sa.Text()))
op.create_index('ix_name', 'user', ['name'])
op.create_check_constraint('ck', 'user', 'id > 0')
";

    fn upgrade(body: &str) -> Tester {
        Tester::new(&RULE).upgrade(&format!("{USER}{body}"))
    }

    #[test]
    fn every_kind() {
        upgrade("op.create_table('user')")
            .finds(&["`op.create_table` makes table `user`, which is there already"]);
        upgrade("op.execute('CREATE TABLE other ()')\nop.rename_table('other', 'user')")
            .finds(&["table `user`"]);
        upgrade("op.add_column('user', sa.Column('name', sa.Text()))").finds(&["column `user.name`"]);
        upgrade("op.execute('ALTER TABLE \"user\" ADD COLUMN name text')")
            .finds(&["this SQL makes column `user.name`"]);
        upgrade("op.alter_column('user', 'name', new_column_name='id')").finds(&["column `user.id`"]);
        upgrade("op.create_table('t', sa.Column('a', sa.Integer))\nop.create_index('ix_name', 't', ['a'])")
            .finds(&["index `ix_name`, on `user`"]);
        upgrade("op.create_check_constraint('ck', 'user', 'id > 1')").finds(&["constraint `ck` of `user`"]);
    }

    #[test]
    fn what_is_guarded_or_may_not_run() {
        upgrade("op.create_table('user', if_not_exists=True)").ok();
        upgrade("op.add_column('user', sa.Column('name', sa.Text()), if_not_exists=True)").ok();
        upgrade("op.create_index('ix_name', 'user', ['id'], if_not_exists=True)").ok();
        upgrade("if not there():\n    op.create_table('user')").ok();
        upgrade("op.execute('DO $$ BEGIN CREATE TABLE \"user\" (); END $$')").ok();
    }

    #[test]
    fn what_is_gone_before_it_comes_again() {
        upgrade("op.drop_table('user')\nop.create_table('user')").ok();
        upgrade("op.drop_column('user', 'name')\nop.add_column('user', sa.Column('name', sa.Text()))").ok();
        upgrade("op.drop_index('ix_name')\nop.create_index('ix_name', 'user', ['id'])").ok();
        upgrade("op.rename_table('user', 'person')\nop.create_table('user')").ok();
        upgrade("op.alter_column('user', 'name', new_column_name='name')").ok();
        upgrade("op.alter_column('user', 'name', new_column_name='Name')").ok();
    }

    #[test]
    fn what_is_not_known() {
        upgrade("op.execute(sql())\nop.create_table('user')").ok();
        Tester::new(&RULE)
            .upgrade("op.add_column('legacy', sa.Column('a', sa.Text()))\nop.create_table('legacy')")
            .ok();
    }

    #[test]
    fn the_revision_that_made_it_is_named() {
        let file = |id: &str, parent: &str, body: &str| {
            format!(
                "from alembic import op\nimport sqlalchemy as sa\nrevision = '{id}'\ndown_revision = {parent}\ndef upgrade():\n    {body}\n"
            )
        };
        let text = file("b", "'a'", "op.add_column('t', sa.Column('x', sa.Text()))");
        Tester::new(&RULE)
            .file("versions/a.py", &file("a", "None", "op.create_table('t', sa.Column('x', sa.Text()))"))
            .file("versions/b.py", &text)
            .finds(&["`op.add_column` makes column `t.x`, which is there already: made in revision `a`"]);
    }
}

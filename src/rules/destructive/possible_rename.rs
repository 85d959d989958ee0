//! `possible-rename`: autogenerate wrote a drop and an add where a rename was meant.

use crate::config::Rename;
use crate::diagnostic::Fix;
use crate::fix::rename_column;
use crate::history::schema::{Step, sql_name};
use crate::operation::{AddColumn, Argument, Change, DropColumn, Operation, Statement};
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds a column that is dropped while another of the same type is added to the same table, with nothing between them that
    /// copies the values.
    ///
    /// ## Why is this bad?
    /// Autogenerate cannot see that a column got another name. It compares what is there with the models, and writes
    /// ```text
    /// op.add_column("user", sa.Column("name", sa.String()))
    /// op.drop_column("user", "fullname")
    /// ```
    /// The upgrade works, the new column is empty, and the values of the old one are gone.
    ///
    /// ## Example
    /// ```python bad
    /// op.create_table("user", sa.Column("fullname", sa.String()))
    /// op.add_column("user", sa.Column("name", sa.String()))
    /// op.drop_column("user", "fullname")
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.create_table("user", sa.Column("fullname", sa.String()))
    /// op.alter_column("user", "fullname", new_column_name="name")
    /// ```
    /// Where both columns have nothing to do with each other, say so:
    /// `# alembic-lint: allow[possible-rename] -- the old one was a cache`.
    ///
    /// ## Fix safety
    /// Nobody but you knows whether it is a rename, so you say it: `alembic-lint --fix --rename user.fullname=name` writes
    /// `alter_column` instead of both, and back again in `downgrade`. Only where both columns are NOT NULL or neither is.
    ///
    /// ## References
    /// - [Alembic: what autogenerate does not detect](https://alembic.sqlalchemy.org/en/latest/autogenerate.html)
    "possible-rename", Destructive, Error,
    preset: Recommended, fix: Sometimes, since: "0.1.0",
    check: Step(check),
}

fn check(step: &Step<'_>, sink: &mut Sink<'_>) {
    let Some(upgrade) = step.context.revision.upgrade_on_dialect() else { return };
    let dropped: Vec<&DropColumn> = upgrade.operations.iter().filter_map(dropped).collect();
    let added: Vec<(&Operation, &AddColumn)> = upgrade.operations.iter().filter_map(added).collect();
    if dropped.is_empty() || added.is_empty() || upgrade.operations.iter().any(may_copy) {
        return;
    }
    let dialect = step.context.dialect;
    let type_name = |type_: &Argument| sql_name(type_, dialect);
    for moment in step.upgrade() {
        let Change::DropColumn(drop) = &moment.operation.change else { continue };
        let Some(table) = moment.schema.table(&drop.table).yes() else { continue };
        let Some(old) = drop.column.known().and_then(|name| table.column(name).yes()) else { continue };
        // What stood in the table before and is replaced by a column of another type is no rename.
        let Some(old_type) = old.type_.and_then(type_name) else { continue };
        let is_match = |add: &AddColumn| {
            add.table.is_same(&drop.table)
                && add.column.name.known().is_some_and(|name| name != old.name)
                && add.column.type_.as_ref().and_then(type_name).is_some_and(|new| new == old_type)
        };
        let goes_alike = |other: &DropColumn| {
            let type_ =
                other.column.known().and_then(|name| table.column(name).yes()?.type_).and_then(type_name);
            other.table.is_same(&drop.table) && type_.is_none_or(|type_| type_ == old_type)
        };
        let candidates: Vec<_> = added.iter().filter(|(_, add)| is_match(add)).collect();
        // With many of them nobody can tell which became which.
        let [(_, add)] = candidates.as_slice() else { continue };
        if dropped.iter().any(|other| other.column != drop.column && goes_alike(other)) {
            continue;
        }
        let new = add.table.quoted_column(&add.column.name);
        let new_name = add.column.name.known().unwrap_or_default();
        let is_alike = old.nullable == Some(add.column.nullable.unwrap_or(true));
        let rename =
            Rename { table: table.key.to_string(), column: old.name.to_string(), to: new_name.to_owned() };
        let report = sink.report(
            moment.operation.span,
            format!(
                "{} deletes {} while {new} of the same type is added: if this is a rename, its values are lost",
                moment.operation.subject(),
                drop.table.quoted_column(&drop.column)
            ),
        )
        .call_sites(&moment.operation.call_sites)
        .help(format!(
            "for a rename run `alembic-lint --fix --rename {}.{}={new_name}`, which writes \
             `op.alter_column({:?}, {:?}, new_column_name={new_name:?})` instead of both; else approve: \
             `# alembic-lint: allow[possible-rename] -- <reason>`",
            rename.table, rename.column, table.key.name, old.name,
        ));
        // The author has to say that it is one.
        if step.context.settings.renames.contains(&rename)
            && is_alike
            && let Some(edits) = rename_column(&step.context, &drop.table, &old.name, new_name)
        {
            report.fix(Fix::safe(rename.description(), edits));
        }
    }
}

fn dropped(operation: &Operation) -> Option<&DropColumn> {
    match &operation.change {
        Change::DropColumn(drop) => Some(drop),
        _ => None,
    }
}

fn added(operation: &Operation) -> Option<(&Operation, &AddColumn)> {
    match &operation.change {
        Change::AddColumn(add) => Some((operation, add)),
        _ => None,
    }
}

/// Whether an operation may copy values from one column to another.
fn may_copy(operation: &Operation) -> bool {
    match &operation.change {
        Change::Execute(execute) => matches!(
            execute.statement,
            Statement::Update { .. }
                | Statement::Insert { .. }
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
    use crate::config::Settings;
    use crate::testing::Tester;

    const MAKE: &str = "op.create_table('t', sa.Column('a', sa.String(9)), sa.Column('n', sa.Integer()))";

    fn then(upgrade: &str) -> Tester {
        Tester::new(&RULE).history(&[MAKE, upgrade])
    }

    #[test]
    fn one_goes_and_one_comes() {
        let found = then("op.add_column('t', sa.Column('b', sa.String(length=9)))\nop.drop_column('t', 'a')")
            .finds(&["`op.drop_column` deletes `t.a` while `t.b` of the same type is added"]);
        assert!(
            found
                .help()
                .starts_with("for a rename run `alembic-lint --fix --rename t.a=b`, which writes `op.alter_column(\"t\", \"a\", new_column_name=\"b\")`")
        );
        then("op.drop_column('t', 'n')\nop.add_column('t', sa.Column('m', sa.Integer()))").finds(&["`t.n`"]);
        then("with op.batch_alter_table('t') as batch:\n    batch.add_column(sa.Column('m', sa.Integer()))\n    batch.drop_column('n')")
            .finds(&["`batch_op.drop_column`"]);
    }

    #[test]
    fn the_author_confirms() {
        let settings = |renames: &[&str]| Settings {
            renames: renames.iter().map(|rename| rename.parse().unwrap()).collect(),
            ..Settings::default()
        };
        let pair = "op.add_column('t', sa.Column('m', sa.Integer()))\nop.drop_column('t', 'n')";
        let back = "op.add_column('t', sa.Column('n', sa.Integer()))\nop.drop_column('t', 'm')";
        let file = |down: &str| {
            let text = format!(
                "from alembic import op\nimport sqlalchemy as sa\nrevision = 'b2'\ndown_revision = 'r0'\n\n\ndef upgrade():\n    {}\n\n\ndef downgrade():\n    {}\n",
                pair.replace('\n', "\n    "),
                down.replace('\n', "\n    ")
            );
            Tester::new(&RULE).history(&[MAKE]).file("versions/b2_x.py", &text)
        };
        file(back).settings(settings(&["t.n=m"])).finds(&["`t.n`"]).fixes(
            "    op.add_column('t', sa.Column('m', sa.Integer()))\n    op.drop_column('t', 'n')\n\n\ndef downgrade():\n    \
             op.add_column('t', sa.Column('n', sa.Integer()))\n    op.drop_column('t', 'm')\n",
            "    op.alter_column('t', 'n', new_column_name='m')\n\n\ndef downgrade():\n    \
             op.alter_column('t', 'm', new_column_name='n')\n",
        );
        file("pass").settings(settings(&["t.n=t.m"])).finds(&["`t.n`"]).fixes(
            "    op.add_column('t', sa.Column('m', sa.Integer()))\n    op.drop_column('t', 'n')\n",
            "    op.alter_column('t', 'n', new_column_name='m')\n",
        );
        file(back).settings(settings(&["t.x=m"])).finds(&["`t.n`"]).without_fix();
        file("op.drop_column('t', 'm')").settings(settings(&["t.n=m"])).finds(&["`t.n`"]).without_fix();
    }

    #[test]
    fn no_rename() {
        then("op.drop_column('t', 'n')\nop.add_column('t', sa.Column('m', sa.BigInteger()))").ok();
        then("op.drop_column('t', 'n')\nop.add_column('u', sa.Column('m', sa.Integer()))").ok();
        then("op.add_column('t', sa.Column('m', sa.Integer()))\nop.execute('UPDATE t SET m = n')\nop.drop_column('t', 'n')").ok();
        then("op.drop_column('t', 'n')").ok();
        then("op.drop_column('t', 'n')\nop.add_column('t', sa.Column('n', sa.Integer()))").ok();
        then("op.drop_column('t', 'n')\nop.add_column('t', sa.Column('x', sa.Integer()))\nop.add_column('t', sa.Column('y', sa.Integer()))").ok();
    }
}

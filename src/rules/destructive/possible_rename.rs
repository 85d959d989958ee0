//! `possible-rename`: autogenerate wrote a drop and an add where a rename was meant.

use crate::config::Rename;
use crate::diagnostic::Fix;
use crate::fix::rename_column;
use crate::history::schema::{Step, Table, Text, sql_name};
use crate::operation::{
    AddColumn, Argument, Change, CreateTable, DropColumn, DropTable, Operation, Statement, TableName,
};
use crate::rule::{Severity, Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds a column that is dropped while another of the same type is added to the same table, and a table that is dropped while
    /// another is made of which at least three columns, and seven of ten, have the same name and type; with nothing between them that
    /// copies the values. Where more columns of the table come or go, the names have to share a word.
    /// A column with a foreign key to another table is another column. Columns whose names have nothing in common give a warning.
    ///
    /// What other rules say of the same drop and add (`drop-column`, `drop-table`, ..) is shown as details of this finding. Once it is
    /// allowed as not being a rename, they are findings again: the loss needs a reason, too.
    ///
    /// ## Why is this bad?
    /// Autogenerate cannot see that a column or table got another name. It compares what is there with the models, and writes
    /// ```text
    /// op.add_column("user", sa.Column("name", sa.String()))
    /// op.drop_column("user", "fullname")
    /// ```
    /// The upgrade works, the new column is empty, and the values of the old one are gone; so are all rows of a table.
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
    /// and for a table `op.rename_table("user", "person")`.
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
    let created: Vec<&CreateTable> = upgrade.operations.iter().filter_map(created).collect();
    let drops_table = || upgrade.operations.iter().any(|operation| dropped_table(operation).is_some());
    let has_columns = !dropped.is_empty() && !added.is_empty();
    let has_tables = !created.is_empty() && drops_table();
    if !(has_columns || has_tables) || upgrade.operations.iter().any(may_copy) {
        return;
    }
    if has_tables {
        check_tables(step, &created, sink);
    }
    if has_columns {
        check_columns(step, &dropped, &added, sink);
    }
}

fn check_columns(
    step: &Step<'_>,
    dropped: &[&DropColumn],
    added: &[(&Operation, &AddColumn)],
    sink: &mut Sink<'_>,
) {
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
        let [(added_by, add)] = candidates.as_slice() else { continue };
        if dropped.iter().any(|other| other.column != drop.column && goes_alike(other)) {
            continue;
        }
        let new = add.table.quoted_column(&add.column.name);
        let new_name = add.column.name.known().unwrap_or_default();
        let rename =
            Rename { table: table.key.to_string(), column: old.name.to_string(), to: new_name.to_owned() };
        let is_confirmed = step.context.settings.renames.contains(&rename);
        // Where a table is rebuilt, the same type alone says little.
        let is_rebuilt = added.iter().filter(|(_, other)| other.table.is_same(&drop.table)).count() > 1
            || dropped.iter().filter(|other| other.table.is_same(&drop.table)).count() > 1;
        if is_rebuilt && !is_confirmed && !share_word(&old.name, new_name) {
            continue;
        }
        // A column that refers to something else is another one.
        let before = step.before().table(&drop.table).yes().and_then(|table| referent(table, &old.name));
        let after = step.after().table(&add.table).yes().and_then(|table| referent(table, new_name));
        if before.zip(after).is_some_and(|(before, after)| before != after) {
            continue;
        }
        let is_alike = old.nullable == Some(add.column.nullable.unwrap_or(true));
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
        // The same type alone is a weak sign: the loss itself stays a finding of its own.
        let is_convincing = is_confirmed || share_word(&old.name, new_name);
        let report = if is_convincing {
            report.covers([moment.operation.span, added_by.span])
        } else {
            report.severity(Severity::Warning)
        };
        // The author has to say that it is one.
        if is_confirmed
            && is_alike
            && let Some(edits) = rename_column(&step.context, &drop.table, &old.name, new_name)
        {
            report.fix(Fix::safe(rename.description(), edits).taking_operations());
        }
    }
}

/// The table that a column's foreign key leads to.
fn referent<'t>(table: &'t Table<'_>, column: &str) -> Option<&'t str> {
    let is_only = |columns: &[Text<'_>]| matches!(columns, [only] if *only == column);
    let mut keys = table.constraints.iter().filter(|key| key.columns.as_deref().is_some_and(is_only));
    keys.find_map(|key| Some(&*key.referent.as_ref()?.name))
}

/// Whether a word of one name is in the other, as in `fullname` and `name`.
fn share_word(one: &str, other: &str) -> bool {
    /// Shorter ones (`id`, `at`) are in every second name.
    const SHORTEST: usize = 3;
    let (one, other) = (one.to_ascii_lowercase(), other.to_ascii_lowercase());
    let holds = |name: &str, of: &str| {
        of.split('_').any(|word| word.chars().count() >= SHORTEST && name.contains(word))
    };
    holds(&one, &other) || holds(&other, &one)
}

/// The least number of equal columns that make two tables one.
const LEAST_COLUMNS: usize = 3;

fn check_tables(step: &Step<'_>, created: &[&CreateTable], sink: &mut Sink<'_>) {
    let moments = || step.upgrade().filter_map(|moment| Some((moment, dropped_table(moment.operation)?)));
    for (moment, drop) in moments() {
        let Some(old) = moment.schema.table(&drop.table).yes() else { continue };
        if step.is_own(old.made) || old.open.columns {
            continue;
        }
        let mut candidates = created.iter().filter_map(|new| Some((new, equal_columns(step, old, new)?)));
        // With several of them nobody can tell which became which.
        let (Some((new, equal)), None) = (candidates.next(), candidates.next()) else { continue };
        let goes_alike = |other: &DropTable| {
            let table = step.before().table(&other.table).yes();
            !other.table.is_same(&drop.table)
                && table.is_some_and(|table| equal_columns(step, table, new).is_some())
        };
        if moments().any(|(_, other)| goes_alike(other)) {
            continue;
        }
        let name = |table: &TableName| table.name.known().unwrap_or_default().to_owned();
        let schema = match drop.table.schema.known() {
            Some(schema) => format!(", schema={schema:?}"),
            None => String::new(),
        };
        sink.report(
            moment.operation.span,
            format!(
                "{} deletes {} while {} is made with {equal} of its {} columns: if this is a rename, all rows are lost",
                moment.operation.subject(),
                drop.table.quoted(),
                new.table.quoted(),
                old.columns.len(),
            ),
        )
        .call_sites(&moment.operation.call_sites)
        .help(format!(
            "for a rename write `op.rename_table({:?}, {:?}{schema})` instead of both; else approve: \
             `# alembic-lint: allow[possible-rename] -- <reason>`",
            name(&drop.table),
            name(&new.table),
        ))
        .covers([moment.operation.span]);
    }
}

/// How many columns of an old table a new one has, by name and type, where these are most of both.
fn equal_columns(step: &Step<'_>, old: &Table<'_>, new: &CreateTable) -> Option<usize> {
    let dialect = step.context.dialect;
    let is_known = new.complete && !new.temporary && new.table.schema.known() == old.key.schema.as_deref();
    let equal = new.columns.iter().filter(|column| {
        let same = column.name.known().and_then(|name| old.column(name).yes());
        let old_type = same.and_then(|old| sql_name(old.type_?, dialect));
        let new_type = column.type_.as_ref().and_then(|type_| sql_name(type_, dialect));
        old_type.is_some() && old_type == new_type
    });
    let of = old.columns.len().max(new.columns.len());
    let is_other = new.table.name.known().is_some_and(|name| *name != *old.key.name);
    let equal = if is_known && is_other { equal.count() } else { 0 };
    // Seven of ten.
    (equal >= LEAST_COLUMNS && equal * 10 >= of * 7).then_some(equal)
}

fn created(operation: &Operation) -> Option<&CreateTable> {
    match &operation.change {
        Change::CreateTable(create) => Some(create),
        _ => None,
    }
}

fn dropped_table(operation: &Operation) -> Option<&DropTable> {
    match &operation.change {
        Change::DropTable(drop) => Some(drop),
        _ => None,
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
    use crate::rule::Severity;
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
    fn names_with_nothing_in_common_are_a_warning() {
        let pair = |old: &str, new: &str| {
            let make = format!("op.create_table('t', sa.Column('{old}', sa.Integer()))");
            let change =
                format!("op.add_column('t', sa.Column('{new}', sa.Integer()))\nop.drop_column('t', '{old}')");
            Tester::new(&RULE).history(&[&make, &change])
        };
        pair("age", "height").has_severity(Severity::Warning);
        pair("fullname", "name").has_severity(Severity::Error);
    }

    #[test]
    fn a_table_that_is_rebuilt() {
        let several = |new: &str| {
            let body = "op.add_column('t', sa.Column('at', sa.Date()))\nop.drop_column('t', 'a')";
            then(&format!(
                "{body}\nop.drop_column('t', 'n')\nop.add_column('t', sa.Column('{new}', sa.Integer()))"
            ))
        };
        several("m").ok();
        Tester::new(&RULE).history(&["op.create_table('t', sa.Column('fullname', sa.Text()))", "op.add_column('t', sa.Column('age', sa.Integer()))\nop.add_column('t', sa.Column('name', sa.Text()))\nop.drop_column('t', 'fullname')"]).finds(&["`t.fullname`"]);
    }

    #[test]
    fn a_column_that_refers_to_something_else() {
        let to = |table: &str| {
            let made = "op.create_table('t', sa.Column('user_id', sa.Uuid(), sa.ForeignKey('users.id')))";
            Tester::new(&RULE).history(&[made, &format!("op.add_column('t', sa.Column('owner_id', sa.Uuid()))\nop.create_foreign_key('fk', 't', '{table}', ['owner_id'], ['id'])\nop.drop_constraint('t_user_id_fkey', 't')\nop.drop_column('t', 'user_id')")])
        };
        to("users").finds(&["`t.user_id`"]);
        to("projects").ok();
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

    const TABLE: &str = "sa.Column('id', sa.Integer()), sa.Column('a', sa.Text()), sa.Column('b', sa.Date())";

    fn tables(upgrade: &str) -> Tester {
        Tester::new(&RULE).history(&[
            &format!("op.create_table('old', {TABLE}, sa.Column('c', sa.Text()))\nop.create_table('other', sa.Column('id', sa.Integer()))"),
            upgrade,
        ])
    }

    #[test]
    fn one_table_goes_and_one_comes() {
        let create = format!("op.create_table('new', {TABLE}, sa.Column('d', sa.Text()))");
        let found = tables(&format!("{create}\nop.drop_table('old')")).finds(&[
            "`op.drop_table` deletes `old` while `new` is made with 3 of its 4 columns: if this is a rename",
        ]);
        assert!(found.help().starts_with("for a rename write `op.rename_table(\"old\", \"new\")`"));
        tables(&format!("op.execute('DROP TABLE old')\n{create}")).finds(&["`old`"]);
    }

    #[test]
    fn another_table() {
        let create = |columns: &str| format!("op.create_table('new', {columns})");
        tables("op.drop_table('old')").ok();
        tables(&format!("op.drop_table('other')\n{}", create(TABLE))).ok();
        tables(&format!(
            "op.drop_table('old')\n{}",
            create("sa.Column('id', sa.Integer()), sa.Column('a', sa.Text())")
        ))
        .ok();
        tables(&format!("op.drop_table('old')\n{}", create(&TABLE.replace("Text", "Uuid")))).ok();
        tables(&format!(
            "{0}\nop.execute('INSERT INTO new SELECT * FROM old')\nop.drop_table('old')",
            create(TABLE)
        ))
        .ok();
        tables(&format!(
            "op.drop_table('old')\n{}\n{}",
            create(TABLE),
            create(TABLE).replace("new", "newer")
        ))
        .ok();
        tables(&format!("op.drop_table('old')\nop.create_table('old', {TABLE})")).ok();
        Tester::new(&RULE)
            .history(&[
                &format!("op.create_table('one', {TABLE})\nop.create_table('two', {TABLE})"),
                &format!("op.drop_table('one')\nop.drop_table('two')\n{}", create(TABLE)),
            ])
            .ok();
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

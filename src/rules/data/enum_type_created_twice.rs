//! `enum-type-created-twice`: an enum type of PostgreSQL is made that is there already. Tables and columns are
//! `duplicate-definition`'s.

use crate::diagnostic::Fix;
use crate::fix::{CallText, Writer, insert_import};
use crate::history::schema::{EnumType, Kind, Moment, Object, Position, Step, enum_of};
use crate::operation::{Change, CreateTable, Name, Operation, Origin, Statement, last_part};
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds enum types that `upgrade` makes on PostgreSQL although they are there: `op.create_table` with a
    /// `sa.Enum` or `postgresql.ENUM` of which an earlier revision, or an explicit `.create(..)`, has made the type; `.create(..)`
    /// without `checkfirst=True`; `CREATE TYPE`. Two tables with one type in the same revision are fine, since
    /// Alembic remembers what it made. Projects that depend on `alembic-postgresql-enum` are left alone.
    ///
    /// ## Why is this bad?
    /// The upgrade stops with
    ///
    /// ```text
    /// sqlalchemy.exc.ProgrammingError: (psycopg.errors.DuplicateObject) type "state" already exists
    /// ```
    ///
    /// **CI on an empty database cannot find this.** For one run of `alembic upgrade`, Alembic remembers the types that
    /// `op.create_table` made, and does not make them again: from scratch, all revisions pass. A database that ran
    /// the first revision last month runs the second one on its own, and fails.
    ///
    /// ## Example
    /// ```python bad file=versions/a1_create_invoice.py
    /// """create invoice"""
    /// from alembic import op
    /// import sqlalchemy as sa
    ///
    /// revision = "a1"
    /// down_revision = None
    ///
    /// def upgrade():
    ///     op.create_table("invoice", sa.Column("state", sa.Enum("open", "paid", name="state")))
    ///
    /// def downgrade():
    ///     op.drop_table("invoice")
    ///     sa.Enum(name="state").drop(op.get_bind(), checkfirst=True)
    /// ```
    ///
    /// ```python bad file=versions/b2_create_refund.py
    /// """create refund"""
    /// from alembic import op
    /// import sqlalchemy as sa
    ///
    /// revision = "b2"
    /// down_revision = "a1"
    ///
    /// def upgrade():
    ///     op.create_table("refund", sa.Column("state", sa.Enum("open", "paid", name="state")))
    ///
    /// def downgrade():
    ///     op.drop_table("refund")
    /// ```
    ///
    /// ## Use instead
    /// ```python good file=versions/a1_create_invoice.py
    /// """create invoice"""
    /// from alembic import op
    /// import sqlalchemy as sa
    ///
    /// revision = "a1"
    /// down_revision = None
    ///
    /// def upgrade():
    ///     op.create_table("invoice", sa.Column("state", sa.Enum("open", "paid", name="state")))
    ///
    /// def downgrade():
    ///     op.drop_table("invoice")
    ///     sa.Enum(name="state").drop(op.get_bind(), checkfirst=True)
    /// ```
    ///
    /// ```python good file=versions/b2_create_refund.py
    /// """create refund"""
    /// from alembic import op
    /// import sqlalchemy as sa
    /// from sqlalchemy.dialects import postgresql
    ///
    /// revision = "b2"
    /// down_revision = "a1"
    ///
    /// state = postgresql.ENUM("open", "paid", name="state", create_type=False)
    ///
    /// def upgrade():
    ///     op.create_table("refund", sa.Column("state", state))
    ///
    /// def downgrade():
    ///     op.drop_table("refund")
    /// ```
    ///
    /// ## How to fix
    /// `downgrade` is looked at as well: `op.drop_table` leaves the type, and autogenerate lets `downgrade` make it again.
    ///
    /// Write `postgresql.ENUM(.., create_type=False)` for the column. `sa.Enum(.., create_type=False)` does the same from
    /// SQLAlchemy 2.1 on; before, it takes the argument and ignores it. A call of `.create(..)` gets `checkfirst=True`.
    ///
    /// ## Fix safety
    /// Unsafe, for it trusts the history: where the type is not there, the upgrade stops. `op.create_table` is repaired.
    ///
    /// ## References
    /// - [alembic #1254](https://github.com/sqlalchemy/alembic/issues/1254), [alembic #886](https://github.com/sqlalchemy/alembic/issues/886)
    /// - [SQLAlchemy: ENUM types of PostgreSQL](https://docs.sqlalchemy.org/en/21/dialects/postgresql.html#sqlalchemy.dialects.postgresql.ENUM)
    "enum-type-created-twice", Data, Error,
    preset: Recommended, fix: Sometimes, since: "0.1.0",
    check: Step(check),
}

fn check(step: &Step<'_>, sink: &mut Sink<'_>) {
    if !step.is_about_enum_types() {
        return;
    }
    check_direction(step, step.upgrade(), sink);
    if let Some(downgrade) = step.downgrade() {
        check_direction(step, downgrade.moments(), sink);
    }
}

fn check_direction<'m>(step: &Step<'_>, moments: impl Iterator<Item = Moment<'m>>, sink: &mut Sink<'_>) {
    // What `op.create_table` made before in this run (`sqlalchemy/dialects/postgresql/named_types.py`,
    // `_check_for_name_in_memos`); Alembic keeps it for the whole run.
    let mut remembered = Vec::new();
    for moment in moments {
        let operation = moment.operation;
        for made in made(operation) {
            let is_remembered = made.is_with_table && remembered.contains(&made.name);
            if made.is_with_table {
                remembered.push(made.name.clone());
            }
            let Some(old) = moment.schema.object(Kind::Type, &made.name).yes() else { continue };
            if is_remembered || !moment.is_certain() || !made.is_same(old) {
                continue;
            }
            let name = &made.name;
            let by = match step.maker(old.made) {
                _ if step.is_own(old.made) => "this revision has made before".to_owned(),
                Some(maker) => format!("revision `{maker}` has made"),
                None => continue,
            };
            let subject = operation.subject();
            let report = sink.report(
                operation.span,
                format!("{subject} makes the enum type `{name}`, which {by}: it stops with `type \"{name}\" already exists`"),
            )
            .call_sites(&operation.call_sites)
            .help(help(operation, name));
            if let Some(fix) = take_type_as_it_is(step, operation, name) {
                report.fix(fix);
            }
        }
    }
}

/// The repair that lets the columns use the type that is there.
fn take_type_as_it_is(step: &Step<'_>, operation: &Operation, name: &str) -> Option<Fix> {
    let (revision, text) = (step.context.revision, step.context.text());
    if operation.origin != Origin::Directive || !operation.call_sites.is_empty() {
        return None;
    }
    let mut writer = Writer::new(revision, text);
    let class = writer.path("sqlalchemy.dialects.postgresql.ENUM")?;
    let literals = [format!("'{name}'"), format!("\"{name}\"")];
    let mut edits = Vec::new();
    for call in CallText::new(text, operation.span)?.inner_calls() {
        let is_enum = matches!(last_part(call.callee()), "ENUM" | "Enum");
        let is_called = call.argument("name").is_some_and(|said| literals.iter().any(|name| name == said));
        if !is_enum || !is_called || call.argument("create_type").is_some() {
            continue;
        }
        if last_part(call.callee()) == "Enum" {
            edits.push(call.replace_callee(&class));
        }
        edits.push(call.add_argument("create_type=False"));
    }
    if edits.is_empty() {
        return None;
    }
    edits.extend(writer.imports().map(|line| insert_import(revision, text, line)));
    Some(Fix::unsafe_(format!("take the enum type `{name}` as it is there"), edits))
}

fn help(operation: &Operation, name: &str) -> String {
    match operation.origin {
        Origin::Directive => {
            format!("write `postgresql.ENUM(.., name=\"{name}\", create_type=False)` for the column")
        }
        Origin::Object => "write `.create(op.get_bind(), checkfirst=True)`".to_owned(),
        Origin::RawSql { .. } | Origin::Core => {
            "take it out here, or drop or rename the type that is there first".to_owned()
        }
    }
}

/// An enum type that an operation makes without looking whether it is there.
struct Made<'a> {
    name: std::borrow::Cow<'a, str>,
    schema: Option<&'a str>,
    is_with_table: bool,
}

impl Made<'_> {
    /// Whether it surely is the type that is there.
    fn is_same(&self, old: &Object<'_>) -> bool {
        let plain = |schema: Option<&str>| schema.filter(|schema| *schema != "public").map(str::to_owned);
        old.made != Position::OUTSIDE && plain(self.schema) == plain(old.schema.as_deref())
    }
}

fn made(operation: &Operation) -> Vec<Made<'_>> {
    match &operation.change {
        // `Table.create(bind)` looks first.
        Change::CreateTable(create) if operation.origin == Origin::Directive => made_with_table(create),
        Change::Execute(execute) => match &execute.statement {
            Statement::CreateType { name: Name::Known(name), if_missing: false, .. } => {
                vec![Made { name: (&**name).into(), schema: None, is_with_table: false }]
            }
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn made_with_table(create: &CreateTable) -> Vec<Made<'_>> {
    let types = create.columns.iter().filter_map(|column| column.type_.as_ref().and_then(enum_of));
    types
        .filter(|type_| type_.is_created_with_table == Some(true))
        .filter_map(|EnumType { name, schema, .. }| {
            Some(Made { name: name?, schema: schema?, is_with_table: true })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    const FIRST: &str = "op.create_table('t', sa.Column('s', sa.Enum('a', name='st')))";
    const SECOND: &str = "op.create_table('u', sa.Column('s', sa.Enum('a', name='st')), sa.Column('r', sa.Enum('a', name='st')))";

    fn then(upgrade: &str) -> Tester {
        Tester::new(&RULE).history(&[FIRST, upgrade])
    }

    #[test]
    fn every_spelling() {
        let found = then(SECOND).finds(&["`op.create_table` makes the enum type `st`, which revision `r0` has made: it stops with `type \"st\" already exists`"]);
        assert_eq!(
            found.help(),
            "write `postgresql.ENUM(.., name=\"st\", create_type=False)` for the column"
        );
        then("op.create_table('u', sa.Column('s', postgresql.ARRAY(postgresql.ENUM('a', name='st'))))")
            .finds(&["`st`"]);
        then("op.execute(\"CREATE TYPE st AS ENUM ('a')\")").finds(&["this SQL makes the enum type `st`"]);
        let found = then("sa.Enum('a', name='st').create(op.get_bind())")
            .finds(&["this call of `create` makes the enum type `st`"]);
        assert_eq!(found.help(), "write `.create(op.get_bind(), checkfirst=True)`");
        then("postgresql.ENUM('a', name='st').create(op.get_bind(), checkfirst=False)").finds(&["`st`"]);
    }

    #[test]
    fn columns_take_the_type_as_it_is() {
        let one = "op.create_table('u', sa.Column('s', sa.Enum('a', name='st')))";
        then(one).finds(&["`st`"]).fixes_unsafely(
            one,
            "op.create_table('u', sa.Column('s', postgresql.ENUM('a', name='st', create_type=False)))",
        );
        then("op.create_table('u', sa.Column('s', sa.Enum('a', name=name)))").ok();
        then("op.execute(\"CREATE TYPE st AS ENUM ('a')\")").finds(&["`st`"]).without_fix();
    }

    #[test]
    fn a_downgrade_makes_it_again() {
        let first = format!(
            "from alembic import op\nimport sqlalchemy as sa\nrevision = 'ba9876543210'\ndown_revision = None\n\n\
             def upgrade():\n    {FIRST}\n\ndef downgrade():\n    pass\n"
        );
        let down = |upgrade: &str| {
            let tester = Tester::new(&RULE).upgrade(upgrade).file("versions/ba9876543210_x.py", &first);
            tester.header("from sqlalchemy.dialects import postgresql").downgrade(
                "op.create_table('t', sa.Column('s', postgresql.ENUM('a', name='st'), nullable=True))",
            )
        };
        down("op.drop_table('t')")
            .finds(&["`op.create_table` makes the enum type `st`, which revision `ba9876543210` has made"])
            .fixes_unsafely("name='st')", "name='st', create_type=False)");
        down("op.drop_table('t')\nop.execute('DROP TYPE st')").ok();
    }

    #[test]
    fn an_explicit_creation_is_not_remembered() {
        Tester::new(&RULE)
            .history(&[&format!("sa.Enum('a', name='st').create(op.get_bind(), checkfirst=True)\n{FIRST}")])
            .finds(&["`op.create_table` makes the enum type `st`, which this revision has made before"]);
    }

    #[test]
    fn a_dropped_table_leaves_its_type() {
        then(&format!("op.drop_table('t')\n{FIRST}")).finds(&["`st`"]);
        // It is made before the database sees that the table is there.
        then("op.create_table('t', sa.Column('s', sa.Enum('a', name='st')), if_not_exists=True)")
            .finds(&["`st`"]);
    }

    #[test]
    fn what_one_run_remembers() {
        Tester::new(&RULE).history(&[&format!("{FIRST}\n{SECOND}")]).ok();
    }

    #[test]
    fn what_makes_no_type_or_looks_first() {
        then("op.create_table('u', sa.Column('s', postgresql.ENUM('a', name='st', create_type=False)))").ok();
        then("op.create_table('u', sa.Column('s', sa.Enum('a', name='st', create_type=False)))").ok();
        then("op.create_table('u', sa.Column('s', sa.Enum('a', name='st', native_enum=False)))").ok();
        then("op.create_table('u', sa.Column('s', sa.Enum('a', name='st', metadata=sa.MetaData())))").ok();
        then("op.create_table('u', sa.Column('s', sa.Enum('a', name='other')))").ok();
        then("op.create_table('u', sa.Column('s', sa.Enum('a', name='st', schema='app')))").ok();
        then("op.add_column('t', sa.Column('r', sa.Enum('a', name='st')))").ok();
        then("sa.Enum('a', name='st').create(op.get_bind(), checkfirst=True)").ok();
        then("sa.Enum('a', name='st').create(op.get_bind(), checkfirst=first())").ok();
        then("postgresql.ENUM('a', name='st').create(op.get_bind())").ok();
        then("sa.Table('u', sa.MetaData(), sa.Column('s', sa.Enum('a', name='st'))).create(op.get_bind())")
            .ok();
        then("op.execute(\"DO $$ BEGIN CREATE TYPE st AS ENUM ('a'); EXCEPTION WHEN duplicate_object THEN null; END $$\")").ok();
    }

    #[test]
    fn a_type_that_is_gone_or_may_be() {
        then(&format!("op.drop_table('t')\nop.execute('DROP TYPE st')\n{FIRST}")).ok();
        then(&format!("op.drop_table('t')\nsa.Enum(name='st').drop(op.get_bind())\n{FIRST}")).ok();
        then(&format!("op.execute('ALTER TYPE st RENAME TO st_old')\n{SECOND}")).ok();
        then(&format!("op.execute('DROP TYPE ' + name())\n{SECOND}")).ok();
        then(&format!("if new():\n    {SECOND}")).ok();
        Tester::new(&RULE).history(&[&format!("if new():\n    {FIRST}"), SECOND]).ok();
    }

    #[test]
    fn a_plugin_takes_care_of_the_types() {
        then(SECOND).depends_on("alembic-postgresql-enum").ok();
    }
}

//! `enum-type-not-created`: a column gets an enum type of PostgreSQL that is not there. Types that are there already are
//! `enum-type-created-twice`'s.

use crate::diagnostic::Fix;
use crate::fix::{Writer, insert_before, insert_import};
use crate::history::schema::{EnumType, Kind, Moment, Step, enum_of};
use crate::operation::{Argument, Change, Operation};
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds columns that get a named enum type on PostgreSQL although nothing makes the type: `op.add_column`,
    /// `op.alter_column` and their batch forms with `sa.Enum` or `postgresql.ENUM`, and `op.create_table` with
    /// `postgresql.ENUM(.., create_type=False)`. It speaks only where the whole history could be read, so that no other
    /// revision, no SQL and no `.create(..)` can have made it. Projects that depend on `alembic-postgresql-enum`
    /// are left alone.
    ///
    /// ## Why is this bad?
    /// `op.create_table` makes the enum types of its columns, `op.add_column` and `op.alter_column` do not. The upgrade
    /// stops with
    ///
    /// ```text
    /// sqlalchemy.exc.ProgrammingError: (psycopg.errors.UndefinedObject) type "state" does not exist
    /// ```
    ///
    /// Autogenerate writes such revisions, and tests on SQLite or MySQL, which have no such types, pass.
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
    ///     op.create_table("invoice", sa.Column("id", sa.Integer(), primary_key=True))
    ///
    /// def downgrade():
    ///     op.drop_table("invoice")
    /// ```
    ///
    /// ```python bad file=versions/b2_add_invoice_state.py
    /// """add invoice.state"""
    /// from alembic import op
    /// import sqlalchemy as sa
    ///
    /// revision = "b2"
    /// down_revision = "a1"
    ///
    /// def upgrade():
    ///     op.add_column("invoice", sa.Column("state", sa.Enum("open", "paid", name="state")))
    ///
    /// def downgrade():
    ///     op.drop_column("invoice", "state")
    /// ```
    ///
    /// ## Use instead
    /// Make the type first, and drop it last in `downgrade`:
    /// ```python good file=versions/a1_create_invoice.py
    /// """create invoice"""
    /// from alembic import op
    /// import sqlalchemy as sa
    ///
    /// revision = "a1"
    /// down_revision = None
    ///
    /// def upgrade():
    ///     op.create_table("invoice", sa.Column("id", sa.Integer(), primary_key=True))
    ///
    /// def downgrade():
    ///     op.drop_table("invoice")
    /// ```
    ///
    /// ```python good file=versions/b2_add_invoice_state.py
    /// """add invoice.state"""
    /// from alembic import op
    /// import sqlalchemy as sa
    ///
    /// revision = "b2"
    /// down_revision = "a1"
    ///
    /// state = sa.Enum("open", "paid", name="state")
    ///
    /// def upgrade():
    ///     state.create(op.get_bind(), checkfirst=True)
    ///     op.add_column("invoice", sa.Column("state", state))
    ///
    /// def downgrade():
    ///     op.drop_column("invoice", "state")
    ///     state.drop(op.get_bind(), checkfirst=True)
    /// ```
    ///
    /// ## How to fix
    /// Where the type is made by something that is no revision, such as an extension or a script, say so:
    /// `# alembic-lint: allow[enum-type-not-created] -- <reason>`.
    ///
    /// ## Fix safety
    /// Unsafe, for `downgrade` has to drop the type then, which it does not yet.
    ///
    /// ## References
    /// - [alembic #1347](https://github.com/sqlalchemy/alembic/issues/1347), [alembic-postgresql-enum](https://github.com/Pogchamp-company/alembic-postgresql-enum)
    /// - [SQLAlchemy: ENUM types of PostgreSQL](https://docs.sqlalchemy.org/en/21/dialects/postgresql.html#sqlalchemy.dialects.postgresql.ENUM)
    "enum-type-not-created", Data, Error,
    preset: Recommended, fix: Sometimes, since: "0.1.0",
    check: Step(check),
}

fn check(step: &Step<'_>, sink: &mut Sink<'_>) {
    if !step.is_about_enum_types() {
        return;
    }
    for moment in step.upgrade().filter(Moment::is_certain) {
        for needed in needed(&moment.operation.change) {
            let Some(name) = &needed.name else { continue };
            if needed.schema.is_none() || !moment.schema.object(Kind::Type, name).is_no() {
                continue;
            }
            let operation = moment.operation;
            let report = sink.report(
                operation.span,
                format!(
                    "{} needs the enum type `{name}`, which is not there: it stops with `type \"{name}\" does not exist`",
                    operation.subject()
                ),
            )
            .call_sites(&operation.call_sites)
            .help(format!(
                "make it first: `{}.create(op.get_bind(), checkfirst=True)`",
                call(&needed, name)
            ));
            if let Some(fix) = create_before(step, operation, &needed, name) {
                report.fix(fix);
            }
        }
    }
}

/// The enum types that an operation needs and does not make.
fn needed(change: &Change) -> Vec<EnumType<'_>> {
    match change {
        Change::AddColumn(add) if !add.if_not_exists => of(add.column.type_.as_ref()).into_iter().collect(),
        Change::AlterColumn(alter) => {
            let old = of(alter.existing_type.as_ref());
            let is_old = |new: &EnumType<'_>| old.as_ref().is_some_and(|old| old.name == new.name);
            of(alter.type_.as_ref()).filter(|new| !is_old(new)).into_iter().collect()
        }
        Change::CreateTable(create) if !create.if_not_exists => {
            let all = create.columns.iter().filter_map(|column| of(column.type_.as_ref()));
            let mut needed: Vec<EnumType<'_>> = Vec::new();
            for type_ in all.filter(|type_| type_.is_created_with_table == Some(false)) {
                if !needed.iter().any(|other| other.name == type_.name) {
                    needed.push(type_);
                }
            }
            needed
        }
        _ => Vec::new(),
    }
}

fn of(type_: Option<&Argument>) -> Option<EnumType<'_>> {
    type_.and_then(enum_of)
}

/// The type as a call, with dots for labels that are not known.
fn call(type_: &EnumType<'_>, name: &str) -> String {
    let mut arguments: Vec<String> = match &type_.labels {
        Some(labels) if !labels.is_empty() => labels.iter().map(|label| format!("\"{label}\"")).collect(),
        _ => vec!["..".to_owned()],
    };
    arguments.push(format!("name=\"{name}\""));
    if let Some(Some(schema)) = type_.schema {
        arguments.push(format!("schema=\"{schema}\""));
    }
    format!("sa.Enum({})", arguments.join(", "))
}

/// The repair that makes the type before the statement that needs it.
fn create_before(step: &Step<'_>, operation: &Operation, needed: &EnumType<'_>, name: &str) -> Option<Fix> {
    let (revision, text) = (step.context.revision, step.context.text());
    let labels = needed.labels.as_ref().filter(|labels| !labels.is_empty())?;
    let mut writer = Writer::new(revision, text);
    let (class, op) = (writer.path("sqlalchemy.Enum")?, writer.path("alembic.op")?);
    let mut arguments: Vec<String> = labels.iter().map(|label| writer.text(label)).collect();
    arguments.push(format!("name={}", writer.text(name)));
    if let Some(Some(schema)) = needed.schema {
        arguments.push(format!("schema={}", writer.text(schema)));
    }
    let line = format!("{class}({}).create({op}.get_bind(), checkfirst=True)", arguments.join(", "));
    let span = operation.call_sites.first().copied().unwrap_or(operation.span);
    let mut edits = vec![insert_before(revision, text, span, &line)?];
    edits.extend(writer.imports().map(|line| insert_import(revision, text, line)));
    Some(Fix::unsafe_(format!("make the enum type `{name}` first"), edits))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    const TABLE: &str = "op.create_table('t', sa.Column('id', sa.Integer()))";
    const ADD: &str = "op.add_column('t', sa.Column('s', sa.Enum('a', 'b', name='st')))";

    fn then(upgrade: &str) -> Tester {
        Tester::new(&RULE).history(&[TABLE, upgrade])
    }

    #[test]
    fn every_spelling() {
        let found = then(ADD).finds(&["`op.add_column` needs the enum type `st`, which is not there: it stops with `type \"st\" does not exist`"]);
        assert_eq!(
            found.help(),
            "make it first: `sa.Enum(\"a\", \"b\", name=\"st\").create(op.get_bind(), checkfirst=True)`"
        );
        then("with op.batch_alter_table('t') as b:\n    b.add_column(sa.Column('s', postgresql.ENUM('a', name='st')))")
            .finds(&["`batch_op.add_column` needs the enum type `st`"]);
        then("op.alter_column('t', 'id', type_=sa.Enum('a', name='st'))").finds(&["`op.alter_column`"]);
        then("op.add_column('t', sa.Column('s', postgresql.ARRAY(sa.Enum('a', name='st'))))")
            .finds(&["`st`"]);
        then("op.add_column('t', sa.Column('s', sa.String(9).with_variant(postgresql.ENUM('a', name='st'), 'postgresql')))")
            .finds(&["`st`"]);
        then("op.create_table('u', sa.Column('s', postgresql.ENUM('a', name='st', create_type=False)), sa.Column('r', postgresql.ENUM('a', name='st', create_type=False)))")
            .finds(&["`op.create_table` needs the enum type `st`"]);
    }

    #[test]
    fn only_the_first_use_is_told() {
        then(&format!("{ADD}\n{}", ADD.replace("'s'", "'r'"))).finds(&["`st`"]);
    }

    #[test]
    fn a_type_that_was_dropped() {
        Tester::new(&RULE)
            .history(&[
                TABLE,
                "op.create_table('u', sa.Column('s', sa.Enum('a', name='st')))",
                "op.drop_table('u')\nop.execute('DROP TYPE st')",
                ADD,
            ])
            .finds(&["`st`"]);
    }

    #[test]
    fn a_type_that_is_there() {
        then(&format!("sa.Enum('a', 'b', name='st').create(op.get_bind(), checkfirst=True)\n{ADD}")).ok();
        then(&format!("state = postgresql.ENUM('a', 'b', name='st')\nstate.create(op.get_bind())\n{ADD}"))
            .ok();
        then(&format!("op.execute(\"CREATE TYPE st AS ENUM ('a', 'b')\")\n{ADD}")).ok();
        then(&format!("op.execute(\"CREATE TYPE app.st AS ENUM ('a', 'b')\")\n{ADD}")).ok();
        then(&format!("op.create_table('u', sa.Column('s', sa.Enum('a', 'b', name='st')))\n{ADD}")).ok();
        then(&format!(
            "op.create_table('u', sa.Column('s', sa.Enum('a', 'b', name='st')))\nop.drop_table('u')\n{ADD}"
        ))
        .ok();
        then("op.alter_column('t', 'id', existing_type=sa.Enum('a', name='st'), type_=sa.Enum('b', name='st'))").ok();
    }

    #[test]
    fn a_type_that_may_be_there() {
        then(&format!("if new():\n    sa.Enum('a', 'b', name='st').create(op.get_bind())\n{ADD}")).ok();
        then(&format!("op.execute(\"DO $$ BEGIN CREATE TYPE st AS ENUM ('a'); EXCEPTION WHEN duplicate_object THEN null; END $$\")\n{ADD}")).ok();
        then(&format!("op.execute(sql())\n{ADD}")).ok();
        then(&format!("make_types(op.get_bind())\n{ADD}")).ok();
        then(&format!("sa.MetaData().create_all(op.get_bind())\n{ADD}")).ok();
        then("op.create_table('u', sa.Column('s', sa.Enum('a', name='st', create_type=False)))\nop.add_column('t', sa.Column('s', sa.Enum('a', name='st')))").ok();
        // The history before it is not there.
        Tester::new(&RULE).upgrade(ADD).ok();
    }

    #[test]
    fn what_needs_no_type() {
        then("op.add_column('t', sa.Column('s', sa.Enum('a', name='st', native_enum=False)))").ok();
        then("op.add_column('t', sa.Column('s', mysql.ENUM('a', name='st')))").ok();
        then("op.add_column('t', sa.Column('s', postgresql.ENUM('a', name='st').with_variant(sa.String(9), 'postgresql')))").ok();
        then(&format!("if op.get_bind().dialect.name == 'mysql':\n    {ADD}")).ok();
        let mysql = crate::config::Settings {
            dialect: Some(crate::operation::Dialect::Mysql),
            ..crate::config::Settings::default()
        };
        then(ADD).settings(mysql).ok();
    }

    #[test]
    fn what_may_not_run() {
        then(&format!("if there():\n    {ADD}")).ok();
        then("op.add_column('t', sa.Column('s', sa.Enum('a', name='st')), if_not_exists=True)").ok();
    }

    #[test]
    fn a_plugin_makes_the_types() {
        then(ADD).depends_on("alembic-postgresql-enum").ok();
    }
}

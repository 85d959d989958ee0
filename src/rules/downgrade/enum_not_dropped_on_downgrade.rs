//! `enum-not-dropped-on-downgrade`: an enum type that `upgrade` makes stays behind on PostgreSQL.

use crate::diagnostic::Fix;
use crate::fix::{Writer, append_to, insert_import};
use crate::history::schema::{Cause, Difference, DifferingObject, Downgrade, Kind, Object, Step, is_of_type};
use crate::operation::{Argument, Change, Dialect, Statement};
use crate::revision::Body;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds enum types that `upgrade` makes (with `op.create_table`, `Enum.create`, or `CREATE TYPE .. AS ENUM`) and
    /// `downgrade` does not drop, on PostgreSQL. A type that some table still uses after the downgrade is
    /// left alone, and so are projects that depend on `alembic-postgresql-enum`.
    ///
    /// ## Why is this bad?
    /// On PostgreSQL an enum is a type of its own. `op.create_table` makes it, but neither `op.drop_table` nor
    /// `op.drop_column` drops it, and autogenerate does not write the line that would. After a downgrade, the
    /// next upgrade fails:
    /// ```text
    /// (psycopg.errors.DuplicateObject) type "st" already exists
    /// ```
    /// Tests that upgrade, downgrade and upgrade again in one database fail with it, or the upgrade after a rollback does.
    ///
    /// ## Example
    /// ```python bad
    /// def upgrade():
    ///     op.create_table("task", sa.Column("state", sa.Enum("open", "done", name="st")))
    ///
    /// def downgrade():
    ///     op.drop_table("task")
    /// ```
    ///
    /// ## Use instead
    /// Drop the type, and do it last: while the table is there, PostgreSQL refuses with
    /// `cannot drop type st because other objects depend on it`.
    /// ```python good
    /// def upgrade():
    ///     op.create_table("task", sa.Column("state", sa.Enum("open", "done", name="st")))
    ///
    /// def downgrade():
    ///     op.drop_table("task")
    ///     sa.Enum(name="st").drop(op.get_bind(), checkfirst=True)
    /// ```
    /// `op.execute("DROP TYPE st")` does the same.
    ///
    /// ## Fix safety
    /// Unsafe, for a downgrade does more from then on: the type is dropped after all that `downgrade` does.
    ///
    /// ## References
    /// - [Alembic issue 886](https://github.com/sqlalchemy/alembic/issues/886),
    ///   [754](https://github.com/sqlalchemy/alembic/issues/754),
    ///   [1612](https://github.com/sqlalchemy/alembic/issues/1612)
    /// - [alembic-postgresql-enum](https://pypi.org/project/alembic-postgresql-enum/), which lets autogenerate write the line
    "enum-not-dropped-on-downgrade", Downgrade, Warning,
    preset: Recommended, fix: Sometimes, since: "0.1.0",
    check: Step(check),
}

fn check(step: &Step<'_>, sink: &mut Sink<'_>) {
    let context = &step.context;
    let is_empty = context.revision.downgrade.as_ref().is_none_or(Body::does_nothing);
    if context.dialect != Dialect::Postgresql || is_empty || context.siblings.manages_enum_types {
        return;
    }
    // The comparison costs more than to ask whether there is such a type at all.
    if !step.round_trip_writes(Kind::Type) {
        return;
    }
    for difference in step.downgrade_difference() {
        let Difference::Left(left @ DifferingObject::Other(Kind::Type, name)) = &difference else { continue };
        let Some(type_) = step.after().object(Kind::Type, name).yes() else { continue };
        if type_.is_other_type || is_used(step, name) {
            continue;
        }
        let cause = step.cause(left);
        let span = cause.map_or(
            context.revision.downgrade.as_ref().map_or_else(Default::default, |body| body.span),
            |cause| cause.operation.span,
        );
        let again = match cause {
            Some(cause) if fails_again(&cause) => {
                format!(": the next upgrade fails with `type \"{name}\" already exists`")
            }
            _ => ": the next upgrade meets it with the labels it has now".to_owned(),
        };
        let report = sink
            .report(span, format!("the enum type `{name}` is still there after downgrade{again}"))
            .call_sites(cause.map_or(&[][..], |cause| &cause.operation.call_sites))
            .help(format!("add `{}` to `downgrade`, {}", line(name, type_), place(step, name)));
        if let Some(fix) = drop_at_end(step, name, type_) {
            report.fix(fix);
        }
    }
}

/// Whether a table may still use it after the downgrade.
fn is_used(step: &Step<'_>, name: &str) -> bool {
    let Some(downgrade) = step.downgrade() else { return true };
    downgrade
        .after()
        .tables()
        .any(|listed| has_column_of(listed.table.columns.iter().map(|column| column.type_), name))
}

fn has_column_of<'t>(types: impl Iterator<Item = Option<&'t Argument>>, name: &str) -> bool {
    types.flatten().any(|type_| is_of_type(type_, name))
}

/// Whether what makes it does not look first: `op.create_table` does not, and `CREATE TYPE` has no `IF NOT EXISTS`.
fn fails_again(cause: &Cause<'_>) -> bool {
    match &cause.operation.change {
        Change::CreateTable(create) => !create.if_not_exists,
        Change::Execute(execute) => {
            matches!(execute.statement, Statement::CreateType { .. }) && cause.operation.is_raw_sql()
        }
        _ => false,
    }
}

/// The line that drops it.
fn line(name: &str, type_: &Object<'_>) -> String {
    let schema = type_.schema.as_ref().map_or_else(String::new, |schema| format!(", schema=\"{schema}\""));
    format!("sa.Enum(name=\"{name}\"{schema}).drop(op.get_bind(), checkfirst=True)")
}

/// The repair that drops the type at the end of `downgrade`, when nothing uses it any more.
fn drop_at_end(step: &Step<'_>, name: &str, type_: &Object<'_>) -> Option<Fix> {
    let (revision, text) = (step.context.revision, step.context.text());
    let downgrade = revision.downgrade.as_ref().filter(|body| !body.is_trivial)?;
    let mut writer = Writer::new(revision, text);
    let (class, op) = (writer.path("sqlalchemy.Enum")?, writer.path("alembic.op")?);
    let mut arguments = format!("name={}", writer.text(name));
    if let Some(schema) = &type_.schema {
        arguments = format!("{arguments}, schema={}", writer.text(schema));
    }
    let line = format!("{class}({arguments}).drop({op}.get_bind(), checkfirst=True)");
    let mut edits = vec![append_to(revision, text, downgrade, &line)?];
    edits.extend(writer.imports().map(|line| insert_import(revision, text, line)));
    Some(Fix::unsafe_(format!("drop the enum type `{name}` at the end of `downgrade`"), edits))
}

/// Where the line has to stand.
fn place(step: &Step<'_>, name: &str) -> String {
    let mut last = None;
    for moment in step.downgrade().iter().flat_map(Downgrade::moments) {
        let uses = |types: &[&Argument]| has_column_of(types.iter().map(|type_| Some(*type_)), name);
        let change = &moment.operation.change;
        let Some(table) = change.table().and_then(|table| moment.schema.table(table).yes()) else { continue };
        let types = |wanted: Option<&str>| -> Vec<&Argument> {
            let columns =
                table.columns.iter().filter(|column| wanted.is_none_or(|wanted| column.name == wanted));
            columns.filter_map(|column| column.type_).collect()
        };
        match change {
            Change::DropTable(drop) if uses(&types(None)) => {
                last = Some(format!("drops {}", drop.table.quoted()));
            }
            Change::DropColumn(drop) if uses(&types(drop.column.known())) => {
                last = Some(format!("drops {}", drop.table.quoted_column(&drop.column)));
            }
            Change::AlterColumn(alter) if alter.type_.is_some() && uses(&types(alter.column.known())) => {
                last = Some(format!("changes the type of {}", alter.table.quoted_column(&alter.column)));
            }
            _ => {}
        }
    }
    match last {
        Some(last) => format!("after the line that {last}"),
        None => "as its last line".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::config::Settings;
    use crate::operation::Dialect;
    use crate::testing::Tester;

    fn round_trip(upgrade: &str, downgrade: &str) -> Tester {
        Tester::new(&RULE)
            .header("from sqlalchemy.dialects import postgresql")
            .upgrade(upgrade)
            .downgrade(downgrade)
    }

    const TABLE: &str = "op.create_table('t', sa.Column('a', sa.Enum('x', 'y', name='st')))";
    const FAILS: &str = "the enum type `st` is still there after downgrade: the next upgrade fails with `type \"st\" already exists`";

    #[test]
    fn a_type_that_create_table_makes() {
        let found = round_trip(TABLE, "op.drop_table('t')").finds(&[FAILS]);
        assert_eq!(
            found.help(),
            "add `sa.Enum(name=\"st\").drop(op.get_bind(), checkfirst=True)` to `downgrade`, after the line that \
             drops `t`"
        );
        round_trip(
            "op.create_table('t', sa.Column('a', postgresql.ENUM('x', name='st')))",
            "op.drop_table('t')",
        )
        .finds(&[FAILS]);
        round_trip(
            "op.create_table('t', sa.Column('a', sa.ARRAY(sa.Enum('x', name='st'))))",
            "op.drop_table('t')",
        )
        .finds(&[FAILS]);
    }

    #[test]
    fn a_type_that_is_made_for_a_column() {
        let add = "sa.Enum('x', name='st').create(op.get_bind())\nop.add_column('t', sa.Column('a', sa.Enum('x', name='st')))";
        let found = round_trip(add, "op.drop_column('t', 'a')").finds(&["`st` is still there"]);
        assert!(found.help().ends_with("after the line that drops `t.a`"), "{}", found.help());
        let sql = "op.execute(\"CREATE TYPE st AS ENUM ('x')\")\nop.execute('ALTER TABLE t ADD COLUMN a st')";
        round_trip(sql, "op.drop_column('t', 'a')").finds(&[FAILS]);
        let found = round_trip(
            "sa.Enum('x', name='st').create(op.get_bind(), checkfirst=True)\nop.alter_column('t', 'a', type_=sa.Enum('x', name='st'))",
            "op.alter_column('t', 'a', type_=sa.Text())",
        )
        .finds(&["the next upgrade meets it"]);
        assert!(found.help().ends_with("after the line that changes the type of `t.a`"), "{}", found.help());
    }

    #[test]
    fn each_type_once() {
        let two = "op.create_table('t', sa.Column('a', sa.Enum('x', name='st')), sa.Column('b', sa.Enum('x', name='st')), sa.Column('c', sa.Enum('x', name='other', schema='app')))";
        round_trip(two, "op.drop_table('t')").finds(&["`other`", "`st`"]);
        let found = round_trip(two, "op.drop_table('t')\nop.execute('DROP TYPE st')").finds(&["`other`"]);
        assert!(found.help().contains("sa.Enum(name=\"other\", schema=\"app\").drop("), "{}", found.help());
    }

    #[test]
    fn it_is_dropped() {
        for drop in [
            "sa.Enum(name='st').drop(op.get_bind(), checkfirst=True)",
            "sa.Enum('x', 'y', name='st').drop(op.get_bind())",
            "postgresql.ENUM(name='st').drop(op.get_bind(), checkfirst=False)",
            "op.execute('DROP TYPE st')",
            "op.execute('DROP TYPE IF EXISTS public.st CASCADE')",
            "op.get_bind().execute(sa.text('drop type \"st\"'))",
            "for name in ('st', 'other'):\n    op.execute(f'DROP TYPE IF EXISTS {name}')",
            "op.execute('DO $$ BEGIN DROP TYPE st; END $$')",
            "drop_types(op)",
        ] {
            round_trip(TABLE, &format!("op.drop_table('t')\n{drop}")).ok();
        }
    }

    #[test]
    fn tables_that_still_use_it() {
        let other =
            "op.create_table('u', sa.Column('a', postgresql.ENUM('x', 'y', name='st', create_type=False)))";
        round_trip(&format!("{TABLE}\n{other}"), "op.drop_table('t')").ok();
        round_trip(&format!("{TABLE}\n{other}"), "op.drop_table('t')\nop.drop_table('u')").finds(&[FAILS]);
    }

    #[test]
    fn types_of_earlier_revisions() {
        let earlier = format!(
            "from alembic import op\nimport sqlalchemy as sa\nrevision = 'ba9876543210'\ndown_revision = None\n\ndef upgrade():\n    {TABLE}\n\ndef downgrade():\n    raise NotImplementedError('first')\n"
        );
        let add = "op.add_column('u', sa.Column('a', sa.Enum('x', 'y', name='st')))";
        round_trip(add, "op.drop_column('u', 'a')").file("versions/ba9876543210_x.py", &earlier).ok();
    }

    #[test]
    fn no_types_of_their_own() {
        round_trip(
            "op.create_table('t', sa.Column('a', sa.Enum('x', name='st', native_enum=False)))",
            "op.drop_table('t')",
        )
        .ok();
        round_trip(
            "op.create_table('t', sa.Column('a', postgresql.ENUM(name='st', create_type=False)))",
            "op.drop_table('t')",
        )
        .ok();
        for dialect in [Dialect::Sqlite, Dialect::Mysql, Dialect::Mariadb] {
            let settings = Settings { dialect: Some(dialect), ..Settings::default() };
            round_trip(TABLE, "op.drop_table('t')").settings(settings).ok();
        }
    }

    #[test]
    fn decisions_and_what_other_rules_say() {
        round_trip(TABLE, "pass").ok();
        round_trip(TABLE, "raise NotImplementedError('no way back')").ok();
    }

    #[test]
    fn alembic_postgresql_enum_writes_the_line() {
        let environment = |line: &str| round_trip(TABLE, "op.drop_table('t')").file("env.py", line);
        environment("import alembic_postgresql_enum\n").ok();
        environment("from alembic_postgresql_enum import Config\n").ok();
        environment("import logging\n").finds(&[FAILS]);
    }
}

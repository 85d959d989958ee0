//! `mysql-modify-loses-attributes`: MySQL defines a column anew, and what the revision does not say is gone.

use crate::diagnostic::Fix;
use crate::fix::{CallText, Writer, insert_import};
use crate::history::schema::{Column, Downgrade, Moment, Step};
use crate::operation::{AlterColumn, Argument, Attribute, Change, Name, Operation, Origin, ServerDefault};
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds, in projects on MySQL and MariaDB, `alter_column` in `upgrade` and `downgrade` without `existing_nullable`, `existing_server_default` or
    /// `existing_comment` where the history says that the column is NOT NULL, has a default, or a comment; and one without
    /// `existing_type`, which always fails.
    ///
    /// ## Why is this bad?
    /// MySQL changes a column by defining it anew. Alembic can write only what it is told:
    /// ```text
    /// ALTER TABLE user MODIFY name TEXT NULL
    /// ```
    /// The type is the new one, and the column takes NULL now and has lost its default. Nobody sees it in the revision. Without
    /// any type Alembic stops:
    /// ```text
    /// All MySQL CHANGE/MODIFY COLUMN operations require the existing type.
    /// ```
    ///
    /// ## Example
    /// ```python bad dialect=mysql
    /// op.create_table("user", sa.Column("name", sa.String(20), server_default="", nullable=False))
    /// op.alter_column("user", "name", existing_type=sa.String(20), type_=sa.Text())
    /// ```
    ///
    /// ## Use instead
    /// ```python good dialect=mysql
    /// op.create_table("user", sa.Column("name", sa.String(20), server_default="", nullable=False))
    /// op.alter_column(
    ///     "user",
    ///     "name",
    ///     existing_type=sa.String(20),
    ///     type_=sa.String(200),
    ///     existing_nullable=False,
    ///     existing_server_default="",
    /// )
    /// ```
    ///
    /// ## Fix safety
    /// Unsafe, for it trusts the history: it adds what the revisions before say of the column.
    ///
    /// ## References
    /// - [Alembic: `alter_column`](https://alembic.sqlalchemy.org/en/latest/ops.html#alembic.operations.Operations.alter_column)
    /// - `alembic/ddl/mysql.py`, `MySQLImpl.alter_column`
    "mysql-modify-loses-attributes", Data, Error,
    preset: Recommended, fix: Sometimes, since: "0.1.0",
    check: Step(check),
}

fn check(step: &Step<'_>, sink: &mut Sink<'_>) {
    if !step.context.server.is_mysql_like() {
        return;
    }
    for moment in step.upgrade() {
        check_moment(step, moment, sink);
    }
    for moment in step.downgrade().iter().flat_map(Downgrade::moments) {
        check_moment(step, moment, sink);
    }
}

fn check_moment(step: &Step<'_>, moment: Moment<'_>, sink: &mut Sink<'_>) {
    let operation = moment.operation;
    let Change::AlterColumn(alter) = &operation.change else { return };
    if operation.origin != Origin::Directive || !defines_anew(alter) {
        return;
    }
    let column = alter.table.quoted_column(&alter.column);
    let subject = operation.subject();
    if alter.type_.is_none() && alter.existing_type.is_none() {
        sink.report(
            operation.span,
            format!("{subject} defines {column} anew without its type: Alembic raises"),
        )
        .call_sites(&operation.call_sites)
        .help("add `existing_type=`");
        return;
    }
    let table = moment.schema.table(&alter.table).yes();
    let known = table.zip(alter.column.known()).and_then(|(table, name)| table.column(name).yes());
    let Some(known) = known else { return };
    let mut lost = Vec::new();
    let mut missing = Vec::new();
    if alter.nullable == Attribute::Unchanged
        && alter.existing_nullable.is_none()
        && known.nullable == Some(false)
    {
        lost.push("NOT NULL");
        missing.push("`existing_nullable=False`");
    }
    let says_default = alter.server_default != ServerDefault::NotGiven
        || !matches!(alter.existing_server_default, ServerDefault::NotGiven);
    if !says_default && matches!(known.server_default, Some(Some(_))) {
        lost.push("its default");
        missing.push("`existing_server_default=`");
    }
    let says_comment = alter.comment.is_some() || has_option(alter, "existing_comment");
    if !says_comment && matches!(known.comment, Some(Some(_))) {
        lost.push("its comment");
        missing.push("`existing_comment=`");
    }
    if lost.is_empty() {
        return;
    }
    let report = sink
        .report(
            operation.span,
            format!("{subject} defines {column} anew, which loses {}", lost.join(" and ")),
        )
        .call_sites(&operation.call_sites)
        .help(format!("add {}", missing.join(" and ")));
    if let Some(fix) = say_all(step, alter, known, operation) {
        report.fix(fix);
    }
}

/// The repair that says what the history knows of the column.
fn say_all(step: &Step<'_>, alter: &AlterColumn, known: &Column<'_>, operation: &Operation) -> Option<Fix> {
    let (revision, text) = (step.context.revision, step.context.text());
    let mut writer = Writer::new(revision, text);
    let mut arguments = Vec::new();
    if alter.nullable == Attribute::Unchanged
        && alter.existing_nullable.is_none()
        && known.nullable == Some(false)
    {
        arguments.push("existing_nullable=False".to_owned());
    }
    let says_default = alter.server_default != ServerDefault::NotGiven
        || !matches!(alter.existing_server_default, ServerDefault::NotGiven);
    if let Some(Some(default)) = known.server_default.filter(|_| !says_default) {
        arguments.push(format!("existing_server_default={}", writer.value(default)?));
    }
    let says_comment = alter.comment.is_some() || has_option(alter, "existing_comment");
    if let Some(Some(comment)) = known.comment.as_ref().filter(|_| !says_comment) {
        arguments.push(format!("existing_comment={}", writer.text(comment)));
    }
    let call = CallText::new(text, operation.span).filter(|_| operation.call_sites.is_empty())?;
    let mut edits = vec![call.add_argument(&arguments.join(", "))];
    edits.extend(writer.imports().map(|line| insert_import(revision, text, line)));
    Some(Fix::unsafe_("say what else the column has, as the history knows it", edits))
}

/// Whether Alembic writes `MODIFY` or `CHANGE`: a default alone has a statement of its own (`alembic/ddl/mysql.py`).
fn defines_anew(alter: &AlterColumn) -> bool {
    alter.new_name != Name::None
        || alter.nullable != Attribute::Unchanged
        || alter.type_.is_some()
        || alter.comment.is_some()
        || has_option(alter, "autoincrement")
}

fn has_option(alter: &AlterColumn, name: &str) -> bool {
    alter.options.iter().any(|(key, value)| &**key == name && *value != Argument::None)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::config::Settings;
    use crate::operation::Dialect;
    use crate::testing::Tester;

    const MAKE: &str = "op.create_table('t', sa.Column('a', sa.String(9), server_default='x', nullable=False, comment='c'), sa.Column('b', sa.Integer()))";

    fn then(upgrade: &str) -> Tester {
        let settings = Settings { dialect: Some(Dialect::Mysql), ..Settings::default() };
        Tester::new(&RULE).settings(settings).history(&[MAKE, upgrade])
    }

    #[test]
    fn what_is_lost() {
        let found =
            then("op.alter_column('t', 'a', existing_type=sa.String(9), type_=sa.String(19))").finds(&[
                "`op.alter_column` defines `t.a` anew, which loses NOT NULL and its default and its comment",
            ]);
        assert_eq!(
            found.help(),
            "add `existing_nullable=False` and `existing_server_default=` and `existing_comment=`"
        );
        then("op.alter_column('t', 'a', existing_type=sa.String(9), nullable=True, existing_comment='c')")
            .finds(&["loses its default"]);
        then("op.alter_column('t', 'b', nullable=False)").finds(&["without its type: Alembic raises"]);
        then("op.alter_column('t', 'b', new_column_name='c')").finds(&["without its type"]);
    }

    #[test]
    fn in_downgrade() {
        let make = format!(
            "from alembic import op\nimport sqlalchemy as sa\nrevision = 'ba9876543210'\ndown_revision = None\n\n\
             def upgrade():\n    {MAKE}\n\ndef downgrade():\n    op.drop_table('t')\n"
        );
        let said = "existing_nullable=False, existing_server_default='x', existing_comment='c'";
        let alter = |old: &str, new: &str| {
            format!("op.alter_column('t', 'a', existing_type=sa.String({old}), type_=sa.String({new}))")
        };
        let down = alter("19", "9");
        let (up, fixed) = (
            alter("9", "19").replace("))", &format!("), {said})")),
            down.replace("))", &format!("), {said})")),
        );
        let settings = Settings { dialect: Some(Dialect::Mysql), ..Settings::default() };
        Tester::new(&RULE)
            .settings(settings)
            .file("versions/ba9876543210_x.py", &make)
            .upgrade(&up)
            .downgrade(&down)
            .finds(&["loses NOT NULL"])
            .fixes_unsafely(&down, &fixed);
    }

    #[test]
    fn what_is_said_or_not_there() {
        then("op.alter_column('t', 'a', existing_type=sa.String(9), type_=sa.String(19), existing_nullable=False, existing_server_default='x', existing_comment='c')").ok();
        then("op.alter_column('t', 'b', existing_type=sa.Integer(), type_=sa.BigInteger())").ok();
        then("op.alter_column('t', 'a', server_default='y')").ok();
        then("op.execute('ALTER TABLE t MODIFY a text')").ok();
        then("op.alter_column('u', 'a', existing_type=sa.String(9), type_=sa.Text())").ok();
        Tester::new(&RULE).history(&[MAKE, "op.alter_column('t', 'a', type_=sa.Text())"]).ok();
    }
}

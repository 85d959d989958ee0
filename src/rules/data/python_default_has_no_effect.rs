//! `python-default-has-no-effect`: `default=` of a column in a revision never reaches the database.

use crate::diagnostic::Fix;
use crate::fix::CallText;
use crate::history::schema::sql_name;
use crate::operation::{Argument, Change, Column, Dialect, ServerDefault};
use crate::revision::RevisionContext;
use crate::rule::{Severity, Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds columns that `upgrade` adds to a table with `default=` and without `server_default=`. For a column that is NOT NULL this
    /// is an error, else a warning.
    ///
    /// ## Why is this bad?
    /// `default=` is for INSERT statements that SQLAlchemy writes from a model. In a revision there is no model: Alembic emits
    /// ```text
    /// ALTER TABLE user ADD COLUMN age INTEGER NOT NULL
    /// ```
    /// The rows that are there get NULL, or the statement fails because of them.
    ///
    /// ## Example
    /// ```python bad
    /// op.add_column("user", sa.Column("age", sa.Integer(), default=0, nullable=True))
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.add_column("user", sa.Column("age", sa.Integer(), server_default="0", nullable=True))
    /// ```
    ///
    /// ## Fix safety
    /// Unsafe: rows that are there get the value, and the database keeps the default.
    ///
    /// ## References
    /// - [SQLAlchemy: column INSERT/UPDATE defaults](https://docs.sqlalchemy.org/en/20/core/defaults.html)
    "python-default-has-no-effect", Data, Error,
    preset: Recommended, fix: Sometimes, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let Some(upgrade) = context.revision.upgrade_on_dialect() else { return };
    for operation in &upgrade.operations {
        let Change::AddColumn(add) = &operation.change else { continue };
        let Some(default) = without_effect(&add.column) else { continue };
        let is_required = add.column.nullable == Some(false) || add.column.primary_key;
        let rows =
            if is_required { "rows that are there make it fail" } else { "rows that are there hold NULL" };
        let report = sink
            .report(
                operation.span,
                format!(
                    "`default=` of {} never reaches the database: {rows}",
                    add.table.quoted_column(&add.column.name)
                ),
            )
            .call_sites(&operation.call_sites)
            .help(match literal(default, &add.column, context.dialect) {
                Some(text) => format!("write `server_default={text}`"),
                None => "give a `server_default=`, or update the rows in this revision".to_owned(),
            });
        let edit = literal(default, &add.column, context.dialect).and_then(|value| {
            let is_bound = !value.starts_with("sa.") || context.revision.names.binds("sa", "sqlalchemy");
            let call = CallText::new(context.text(), operation.span).filter(|_| is_bound)?;
            call.replace_keyword("default", &format!("server_default={value}"))
        });
        let report = match edit {
            Some(edit) => report.fix(Fix::unsafe_("write it as `server_default=`", vec![edit])),
            None => report,
        };
        if !is_required {
            report.severity(Severity::Warning);
        }
    }
}

fn without_effect(column: &Column) -> Option<&Argument> {
    let default = column.python_default.as_ref().filter(|default| **default != Argument::None)?;
    (column.complete && column.server_default == ServerDefault::NotGiven).then_some(default)
}

/// The default in the database that says the same of a column of this type.
fn literal(default: &Argument, column: &Column, dialect: Dialect) -> Option<String> {
    let type_ = column.type_.as_ref().and_then(|type_| sql_name(type_, dialect)).unwrap_or_default();
    let is_json = type_.starts_with("JSON");
    match default {
        Argument::Bool(value) if is_json => Some(format!("\"{value}\"")),
        // A text is JSON only with quotes of its own.
        Argument::Str(_) if is_json => None,
        Argument::Bool(_) if !type_.starts_with("BOOL") => None,
        Argument::Bool(value) => Some(format!("sa.{}()", if *value { "true" } else { "false" })),
        Argument::Int(number) => Some(format!("\"{number}\"")),
        Argument::Str(_) => Some(format!("{:?}", default.as_str()?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rule::Severity;
    use crate::testing::Tester;

    fn upgrade(body: &str) -> Tester {
        Tester::new(&RULE).upgrade(body)
    }

    #[test]
    fn a_default_that_nobody_sees() {
        let found = upgrade("op.add_column('t', sa.Column('a', sa.Integer(), default=0, nullable=False))")
            .finds(&["`default=` of `t.a` never reaches the database: rows that are there make it fail"]);
        assert_eq!(found.help(), "write `server_default=\"0\"`");
        found.fixes_unsafely("default=0", "server_default=\"0\"");
        upgrade("op.add_column('t', sa.Column('a', sa.Boolean(), default=True))").finds(&["hold NULL"]);
        upgrade("op.add_column('t', sa.Column('a', sa.Boolean(), default=True))")
            .has_severity(Severity::Warning);
        upgrade("op.add_column('t', sa.Column('a', sa.JSON(), default=False))")
            .finds(&["hold NULL"])
            .fixes_unsafely("default=False", "server_default=\"false\"");
        upgrade("op.add_column('t', sa.Column('a', sa.JSON(), default='x'))")
            .finds(&["hold NULL"])
            .without_fix();
        upgrade("op.add_column('t', sa.Column('a', sa.Integer(), default=False))")
            .finds(&["hold NULL"])
            .without_fix();
        upgrade("with op.batch_alter_table('t') as b:\n    b.add_column(sa.Column('a', sa.DateTime(), default=now))")
            .finds(&["`t.a`"]);
    }

    #[test]
    fn the_database_has_one_or_needs_none() {
        upgrade("op.add_column('t', sa.Column('a', sa.Integer(), default=0, server_default='0'))").ok();
        upgrade("op.add_column('t', sa.Column('a', sa.Integer(), default=None))").ok();
        upgrade("op.add_column('t', sa.Column('a', sa.Integer()))").ok();
        upgrade("op.create_table('t', sa.Column('a', sa.Integer(), default=0))").ok();
    }
}

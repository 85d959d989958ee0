//! `sqlite-add-column-restriction`: SQLite does not add such a column to a table with rows. One that is NOT NULL without a
//! default is `add-not-null-column-without-default`'s.

use crate::operation::{AddColumn, Argument, Change, Dialect, ServerDefault, last_part};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds, in projects on SQLite, columns that `upgrade` adds to a table that was there before with a default that is no constant
    /// (`CURRENT_TIMESTAMP`, an expression) or as stored computed columns. In batch mode too, unless the table is copied.
    ///
    /// ## Why is this bad?
    /// SQLite writes nothing into the rows that are there, so it accepts only what it can make up when it reads them. Where the table
    /// has a row it stops:
    /// ```text
    /// sqlite3.OperationalError: Cannot add a column with non-constant default
    /// sqlite3.OperationalError: cannot add a STORED column
    /// ```
    ///
    /// ## Example
    /// ```python bad dialect=sqlite
    /// op.add_column("user", sa.Column("created", sa.DateTime(), server_default=sa.func.now()))
    /// ```
    ///
    /// ## Use instead
    /// Let batch mode copy the table:
    /// ```python good dialect=sqlite
    /// with op.batch_alter_table("user", recreate="always") as batch_op:
    ///     batch_op.add_column(sa.Column("created", sa.DateTime(), server_default=sa.func.now()))
    /// ```
    ///
    /// ## References
    /// - [SQLite: ALTER TABLE ADD COLUMN](https://www.sqlite.org/lang_altertable.html#alter_table_add_column)
    /// - Atlas: LT101
    "sqlite-add-column-restriction", Data, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    if context.dialect != Dialect::Sqlite {
        return;
    }
    let Some(upgrade) = context.revision.upgrade_on_dialect() else { return };
    upgrade.walk(|operation, created| {
        let Change::AddColumn(add) = &operation.change else { return };
        let Some(what) = refused(add).filter(|_| !created.has_table(&add.table)) else { return };
        // Batch mode copies the table where it is told to, or where another operation needs it.
        let may_be_copied = operation.batch && {
            let others =
                upgrade.operations.iter().filter(|other| other.batch && other.span != operation.span);
            operation.recreate
                || others.filter(|other| other.change.table() == Some(&add.table)).any(|other| {
                    !matches!(
                        other.change,
                        Change::AddColumn(_) | Change::CreateIndex(_) | Change::DropIndex(_)
                    )
                })
        };
        if may_be_copied {
            return;
        }
        sink.report(
            operation.span,
            format!(
                "{} adds {} {what}: SQLite refuses it where the table has a row",
                operation.subject(),
                add.table.quoted_column(&add.column.name)
            ),
        )
        .call_sites(&operation.call_sites)
        .help(
            "use `with op.batch_alter_table(.., recreate=\"always\") as batch_op:`, which copies the table",
        );
    });
}

/// What about a column SQLite refuses, if anything.
fn refused(add: &AddColumn) -> Option<&'static str> {
    let is_stored = add.column.items.iter().any(|item| match item {
        Argument::Call(call) => {
            last_part(&call.callee) == "Computed" && call.keyword("persisted") == Some(&Argument::Bool(true))
        }
        _ => false,
    });
    if is_stored {
        return Some("as a stored computed column");
    }
    match &add.column.server_default {
        ServerDefault::Value(Argument::Call(call)) => {
            let expression = match (last_part(&call.callee), &*call.args) {
                ("text" | "literal_column", [text, ..]) => text.as_str()?,
                (_, _) if call.callee.contains(".func.") => "(..)",
                _ => return None,
            };
            let upper = expression.trim().to_ascii_uppercase();
            let is_variable = upper.contains('(') || upper.starts_with("CURRENT_");
            (is_variable && !upper.starts_with('\'')).then_some("with a default that is no constant")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::config::Settings;
    use crate::operation::Dialect;
    use crate::testing::Tester;

    fn upgrade(body: &str) -> Tester {
        let settings = Settings { dialect: Some(Dialect::Sqlite), ..Settings::default() };
        Tester::new(&RULE).settings(settings).upgrade(body)
    }

    #[test]
    fn what_sqlite_refuses() {
        upgrade(
            "op.add_column('t', sa.Column('a', sa.DateTime(), server_default=sa.text('CURRENT_TIMESTAMP')))",
        )
        .finds(&["adds `t.a` with a default that is no constant"]);
        upgrade("op.add_column('t', sa.Column('a', sa.DateTime(), server_default=sa.func.now()))")
            .finds(&["`t.a`"]);
        upgrade("op.add_column('t', sa.Column('a', sa.Integer(), sa.Computed('b + 1', persisted=True)))")
            .finds(&["as a stored computed column"]);
        upgrade("with op.batch_alter_table('t') as b:\n    b.add_column(sa.Column('a', sa.Text(), server_default=sa.text('(1 + 1)')))")
            .finds(&["`batch_op.add_column`"]);
    }

    #[test]
    fn what_it_takes() {
        upgrade("op.add_column('t', sa.Column('a', sa.Text(), server_default='now()'))").ok();
        upgrade("op.add_column('t', sa.Column('a', sa.Text(), server_default=sa.text('1')))").ok();
        upgrade("op.create_table('t', sa.Column('b', sa.Text()))\nop.add_column('t', sa.Column('a', sa.DateTime(), server_default=sa.func.now()))").ok();
        upgrade("with op.batch_alter_table('t') as b:\n    b.add_column(sa.Column('a', sa.DateTime(), server_default=sa.func.now()))\n    b.drop_column('c')").ok();
        Tester::new(&RULE)
            .upgrade("op.add_column('t', sa.Column('a', sa.DateTime(), server_default=sa.func.now()))")
            .ok();
    }
}

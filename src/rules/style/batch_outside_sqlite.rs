//! `batch-outside-sqlite`: batch mode where nothing needs it.

use crate::operation::Dialect;
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds `batch_alter_table` in projects whose database is not SQLite.
    ///
    /// ## Why is this bad?
    /// It does no harm: on a server batch mode sends the same statements. But it makes readers ask why, and some directives cannot be
    /// used in it.
    ///
    /// ## Example
    /// ```python bad
    /// with op.batch_alter_table("invoice") as batch_op:
    ///     batch_op.drop_column("note")
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.drop_column("invoice", "note")
    /// ```
    /// Without `render_as_batch=True` in `env.py` autogenerate writes it so.
    ///
    /// ## References
    /// - [Alembic: batch migrations](https://alembic.sqlalchemy.org/en/latest/batch.html)
    "batch-outside-sqlite", Style, Info,
    preset: All, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    if context.dialect == Dialect::Sqlite {
        return;
    }
    let Some(upgrade) = context.revision.upgrade_on_dialect() else { return };
    let Some(operation) = upgrade.operations.iter().find(|operation| operation.batch && !operation.recreate)
    else {
        return;
    };
    sink.report(operation.span, format!("batch mode is for SQLite, and this is {}", context.dialect.title()))
        .call_sites(&operation.call_sites)
        .help("use the directive of `op`");
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::config::Settings;
    use crate::operation::Dialect;
    use crate::testing::Tester;

    const BATCH: &str =
        "with op.batch_alter_table('t') as b:\n    b.drop_column('a')\n    b.drop_column('b')";

    #[test]
    fn once_for_a_revision() {
        Tester::new(&RULE).upgrade(BATCH).finds(&["batch mode is for SQLite, and this is PostgreSQL"]);
        Tester::new(&RULE).upgrade("op.drop_column('t', 'a')").ok();
        let sqlite = Settings { dialect: Some(Dialect::Sqlite), ..Settings::default() };
        Tester::new(&RULE).settings(sqlite).upgrade(BATCH).ok();
    }
}

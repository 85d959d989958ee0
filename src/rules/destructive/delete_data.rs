//! `delete-data`: rows are deleted by a condition. Without one it is `delete-without-where`'s.

use crate::operation::{Operation, Statement, TableName};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds `DELETE` with a condition in `upgrade`, as SQL or as a SQLAlchemy statement. Tables that the same
    /// upgrade made and `alembic_version` are left alone.
    ///
    /// ## Why is this bad?
    /// The rows are gone, and `downgrade` cannot bring them back. Whether the condition hits the right ones is
    /// seen in production only.
    ///
    /// ## Example
    /// ```python bad
    /// op.execute("DELETE FROM session WHERE expires < now()")
    /// ```
    ///
    /// ## Use instead
    /// Delete outside the revision, or mark the rows and delete them later:
    /// ```python good
    /// op.execute("UPDATE session SET is_expired = true WHERE expires < now()")
    /// ```
    ///
    /// ## References
    /// - pg-migration-lint: PGM303
    "delete-data", Destructive, Warning,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let Some(upgrade) = &context.revision.upgrade else { return };
    upgrade.walk_picked(deleted_from, |operation, table, created| {
        if created.has_table(table) || table.name.known() == Some("alembic_version") {
            return;
        }
        sink.report(
            operation.span,
            format!("{} deletes rows of {} for good", operation.subject(), table.quoted()),
        )
        .call_sites(&operation.call_sites)
        .help(
            "check the condition against production, keep a copy of the rows, and approve: \
                 `# alembic-lint: allow[delete-data] -- <reason>`",
        )
        .part_of(&["delete-without-where"]);
    });
}

/// The table of a `DELETE` of some rows.
fn deleted_from(operation: &Operation) -> Option<&TableName> {
    match operation.statement()? {
        Statement::Delete { table, has_where: true } => Some(table),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    fn upgrade(body: &str) -> Tester {
        Tester::new(&RULE).upgrade(body)
    }

    #[test]
    fn sql_and_core() {
        upgrade("op.execute('DELETE FROM app.t WHERE a = 1')")
            .finds(&["this SQL deletes rows of `app.t` for good"]);
        upgrade("t = sa.table('t', sa.column('a'))\nop.execute(sa.delete(t).where(t.c.a == 1))")
            .finds(&["this statement deletes rows of `t`"]);
        upgrade("op.get_bind().execute(sa.text('delete from t where a = :a'), {'a': 1})").finds(&["`t`"]);
    }

    #[test]
    fn without_condition_it_is_another_rule() {
        upgrade("op.execute('DELETE FROM t')").ok();
        upgrade("op.execute('DELETE FROM t WHERE 1 = 1')").ok();
    }

    #[test]
    fn tables_nobody_misses() {
        upgrade(
            "op.create_table('t', sa.Column('a', sa.Integer()))\nop.execute('DELETE FROM t WHERE a = 1')",
        )
        .ok();
        upgrade("op.execute(\"DELETE FROM alembic_version WHERE version_num = 'x'\")").ok();
    }

    #[test]
    fn downgrade_is_not_judged() {
        upgrade("op.drop_table('b')").downgrade("op.execute('DELETE FROM a WHERE x = 1')").ok();
    }
}

//! `drop-index`: an index that was there before is dropped and nothing takes its place.

use crate::operation::{Change, DropIndex, Operation};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds indexes dropped by `upgrade`. It is silent where the index is replaced (one of the same name, or
    /// on the same columns, is made in the same upgrade), where its table or column is dropped too (that is
    /// another rule's finding), and where the same upgrade made it.
    ///
    /// ## Why is this bad?
    /// Queries that used the index read the whole table from then on, and a unique index no longer keeps
    /// duplicates out. Building it again on a large table takes long.
    ///
    /// ## Example
    /// ```python bad
    /// op.drop_index("ix_user_email", table_name="user")
    /// ```
    ///
    /// ## Use instead
    /// Make the new index first:
    /// ```python good
    /// op.create_index("ix_user_email_lower", "user", [sa.text("lower(email)")])
    /// ```
    /// and approve the drop of the old one in a later revision, when the database shows that nothing uses it.
    ///
    /// ## References
    /// - squawk: `ban-drop-index`
    /// - [PostgreSQL: unused indexes in pg_stat_user_indexes](https://www.postgresql.org/docs/current/monitoring-stats.html)
    "drop-index", Destructive, Warning,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let Some(upgrade) = &context.revision.upgrade else { return };
    upgrade.walk_picked(dropped, |operation, drop, created| {
        let index = context.revision.dropped_index(drop);
        if created.has_index(&index.table, &index.name) || upgrade.replaces_or_removes_owner(&index) {
            return;
        }
        let of = if index.table.name.known().is_some() {
            format!(" of {}", index.table.quoted())
        } else {
            String::new()
        };
        let index_of = match index.name.known() {
            Some(name) => format!("the index `{name}`{of}"),
            None => format!("an index{of} whose name only running the revision would tell"),
        };
        let loss = if index.unique {
            "duplicates are no longer kept out, and queries that use it slow down"
        } else {
            "queries that use it slow down"
        };
        sink.report(operation.span, format!("{} drops {index_of}: {loss}", operation.subject()))
            .call_sites(&operation.call_sites)
            .help(
                "make sure that no query uses it, or make its replacement in the same revision; then approve: \
                 `# alembic-lint: allow[drop-index] -- <reason>`",
            );
    });
}

fn dropped(operation: &Operation) -> Option<&DropIndex> {
    match &operation.change {
        Change::DropIndex(drop) => Some(drop),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    const DROP: &str = "op.drop_index('ix_user_email', table_name='user')";

    fn upgrade(body: &str) -> Tester {
        Tester::new(&RULE).upgrade(body)
    }

    #[test]
    fn every_spelling() {
        upgrade(DROP).finds(&["`op.drop_index` drops the index `ix_user_email` of `user`"]);
        upgrade("with op.batch_alter_table('user') as b:\n    b.drop_index('ix_user_email')")
            .finds(&["`batch_op.drop_index` drops the index `ix_user_email` of `user`"]);
        upgrade("op.execute('DROP INDEX CONCURRENTLY IF EXISTS ix_user_email')")
            .finds(&["this SQL drops the index `ix_user_email`"]);
    }

    #[test]
    fn names_that_are_not_known() {
        upgrade("op.drop_index(name(), table_name='user')")
            .finds(&["drops an index of `user` whose name only running"]);
    }

    #[test]
    fn an_index_of_the_same_upgrade() {
        let create = "op.create_index('ix', 'user', ['a'], postgresql_concurrently=True)";
        let drop = "op.drop_index('ix', table_name='user')";
        upgrade(&format!("{create}\n{drop}")).ok();
        upgrade(&format!("with op.get_context().autocommit_block():\n    {create}\n{drop}")).ok();
        upgrade(&format!("{create}\nop.execute('ALTER INDEX ix RENAME TO iy')\nop.drop_index('iy')")).ok();
        upgrade("op.create_index('ix', 'other', ['a'])\nop.drop_index('ix', table_name='user')")
            .finds(&["`ix`"]);
    }

    #[test]
    fn downgrade_tells_that_it_was_unique() {
        upgrade(DROP)
            .downgrade("op.create_index('ix_user_email', 'user', ['email'], unique=True)")
            .finds(&["duplicates are no longer kept out"]);
    }

    #[test]
    fn replaced() {
        upgrade(&format!("{DROP}\nop.create_index('ix_user_email', 'user', ['email'], unique=True)")).ok();
        upgrade(&format!("{DROP}\nop.create_unique_constraint('uq', 'user', ['email'])"))
            .downgrade("op.create_index('ix_user_email', 'user', ['email'])")
            .ok();
        upgrade(&format!("{DROP}\nop.create_index('ix_user_name', 'user', ['name'])"))
            .downgrade("op.create_index('ix_user_email', 'user', ['email'])")
            .finds(&["ix_user_email"]);
    }

    #[test]
    fn replaced_under_new_names() {
        let create = "op.create_index('ix', 'account', ['mail'])";
        let renames =
            "op.rename_table('user', 'account')\nop.alter_column('account', 'email', new_column_name='mail')";
        upgrade(&format!("{DROP}\n{renames}\n{create}"))
            .downgrade("op.create_index('ix_user_email', 'user', ['email'])")
            .ok();
    }

    #[test]
    fn dropped_with_its_table_or_column() {
        upgrade(&format!("{DROP}\nop.drop_table('user')")).ok();
        upgrade(&format!("{DROP}\nop.drop_column('user', 'email')")).ok();
        upgrade(&format!("{DROP}\nop.drop_column('user', 'mail')")).finds(&["ix_user_email"]);
    }

    #[test]
    fn an_index_of_the_same_upgrade_wherever_it_goes() {
        upgrade(&format!("op.create_index('ix_user_email', 'user', ['email'])\n{DROP}")).ok();
        upgrade(&format!("op.create_table('user', sa.Column('email', sa.Text()))\n{DROP}")).ok();
    }

    #[test]
    fn downgrade_is_not_judged() {
        upgrade("op.create_index('ix', 'user', ['email'])").downgrade("op.drop_index('ix', 'user')").ok();
    }
}

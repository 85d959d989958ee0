//! `drop-table`: a table that was there before is dropped. Its schema is `drop-schema`'s.

use crate::operation::{Change, DropTable, Operation};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds tables dropped by `upgrade`, as a directive, as SQL, or by `Table.drop(bind)`. A table that the
    /// same upgrade made, a temporary one, and the copies that batch mode makes are left alone.
    ///
    /// ## Why is this bad?
    /// The rows are gone, and `downgrade` brings back an empty table. Application code that still runs during
    /// the deployment fails on it. Autogenerate writes `op.drop_table` for every table it finds no model for:
    /// a model that is not imported in `env.py`, or a table of PostGIS.
    ///
    /// ## Example
    /// ```python bad
    /// op.drop_table("invoice")
    /// ```
    ///
    /// ## Use instead
    /// Stop using the table, deploy, keep a copy, and approve the drop in a later revision:
    /// ```python good
    /// op.rename_table("invoice", "invoice_unused")
    /// ```
    ///
    /// ## References
    /// - squawk: `ban-drop-table`
    /// - django-migration-linter: `DROP_TABLE`
    /// - Atlas: DS102
    "drop-table", Destructive, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

/// Tables that extensions and libraries own and autogenerate takes for leftovers.
const FOREIGN: &[(&str, &str)] = &[
    ("apscheduler_jobs", "APScheduler"),
    ("celery_taskmeta", "Celery"),
    ("celery_tasksetmeta", "Celery"),
    ("kombu_message", "Kombu"),
    ("kombu_queue", "Kombu"),
    ("spatial_ref_sys", "PostGIS"),
];

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let Some(upgrade) = &context.revision.upgrade else { return };
    upgrade.walk_picked(dropped, |operation, drop, created| {
        let name = drop.table.name.known().unwrap_or_default();
        if created.has_table(&drop.table) || name.starts_with("_alembic_tmp_") {
            return;
        }
        let more = if drop.cascade { ", with everything that depends on it (CASCADE)" } else { "" };
        let owner = FOREIGN.iter().find(|(table, _)| *table == name).map(|(_, owner)| owner);
        sink.report(
            operation.span,
            format!("{} deletes {} and all its rows{more}", operation.subject(), drop.table.quoted()),
        )
        .call_sites(&operation.call_sites)
        .help(match owner {
            Some(owner) => {
                format!("`{name}` belongs to {owner}: exclude it with `include_object` in `env.py`")
            }
            None => {
                "make sure that no model of it is missing in `env.py` and no code uses it, keep a copy, and \
                     approve: `# alembic-lint: allow[drop-table] -- <reason>`"
                    .to_owned()
            }
        });
    });
}

fn dropped(operation: &Operation) -> Option<&DropTable> {
    match &operation.change {
        Change::DropTable(drop) => Some(drop),
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
    fn every_spelling() {
        upgrade("op.drop_table('user')").finds(&["`op.drop_table` deletes `user` and all its rows"]);
        upgrade("op.drop_table('user', schema='app')").finds(&["deletes `app.user`"]);
        upgrade("op.execute('DROP TABLE IF EXISTS a, b CASCADE')")
            .finds(&["this SQL deletes `a`", "deletes `b`"]);
        upgrade("sa.Table('user', sa.MetaData()).drop(op.get_bind())")
            .finds(&["this call of `drop` deletes `user`"]);
    }

    #[test]
    fn each_turn_of_a_loop() {
        upgrade("for name in ('a', 'b'):\n    op.drop_table(name)").finds(&["`a`", "`b`"]);
        upgrade("for name in tables():\n    op.drop_table(name)")
            .finds(&["only running the revision would tell"]);
    }

    #[test]
    fn a_table_of_the_same_upgrade() {
        upgrade("op.create_table('t', sa.Column('a', sa.Integer()))\nop.drop_table('t')").ok();
        upgrade("op.execute('CREATE TEMP TABLE t (a int)')\nop.execute('DROP TABLE t')").ok();
        upgrade("op.drop_table('t')\nop.create_table('t', sa.Column('a', sa.Integer()))").finds(&["`t`"]);
    }

    #[test]
    fn a_table_that_may_have_been_there() {
        upgrade("op.create_table('t', sa.Column('a', sa.Integer()), if_not_exists=True)\nop.drop_table('t')")
            .finds(&["`t`"]);
        upgrade("op.rename_table('old', 't')\nop.drop_table('t')").finds(&["`t`"]);
    }

    #[test]
    fn a_table_that_others_have_seen() {
        let create = "op.create_table('t', sa.Column('a', sa.Integer()))";
        let block = "with op.get_context().autocommit_block():\n    op.execute('VACUUM')";
        upgrade(&format!("{create}\n{block}\nop.drop_table('t')")).finds(&["`t`"]);
        upgrade(&format!("{create}\nwith op.get_context().autocommit_block():\n    op.drop_table('t')"))
            .finds(&["`t`"]);
        upgrade(&format!("with op.get_context().autocommit_block():\n    {create}\nop.drop_table('t')"))
            .finds(&["`t`"]);
        upgrade(&format!("{create}\nop.execute('COMMIT')\nop.drop_table('t')")).finds(&["`t`"]);
        upgrade(&format!("{block}\n{create}\nop.drop_table('t')")).ok();
        upgrade(&format!("op.execute('CREATE TEMP TABLE t (a int)')\n{block}\nop.drop_table('t')")).ok();
        upgrade(&format!("{create}\nop.execute('SAVEPOINT s')\nop.drop_table('t')")).ok();
    }

    #[test]
    fn a_new_table_stays_new_wherever_it_goes() {
        let create = "op.create_table('t', sa.Column('a', sa.Integer()))";
        upgrade(&format!("{create}\nop.rename_table('t', 'u')\nop.drop_table('u')")).ok();
        upgrade(&format!(
            "{create}\nop.execute('ALTER TABLE t SET SCHEMA app')\nop.drop_table('t', schema='app')"
        ))
        .ok();
    }

    #[test]
    fn downgrade_is_not_judged() {
        upgrade("op.create_table('t')").downgrade("op.drop_table('t')").ok();
    }

    #[test]
    fn copies_of_batch_mode() {
        upgrade("op.drop_table('_alembic_tmp_user')").ok();
    }
}

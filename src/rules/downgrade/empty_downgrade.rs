//! `empty-downgrade`: `downgrade` does nothing, and `upgrade` changes the schema. One that is not there is
//! `missing-downgrade`'s; one that forgets a part is `downgrade-asymmetric`'s.

use crate::fix::write_downgrade;
use crate::history::schema::Step;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds revisions whose `downgrade` does nothing to the database (`pass`, a docstring, `print`), while
    /// `upgrade` leaves the schema otherwise than it was. Merge revisions, and revisions that change rows
    /// only or nothing for sure, are left alone; so is a `downgrade` that raises.
    ///
    /// ## Why is this bad?
    /// `alembic downgrade` reports success and stamps the older revision, but the schema is still the newer one. What
    /// follows fails: the older code meets columns it does not know, and the next upgrade stops with
    /// ```text
    /// column "age" of relation "user" already exists
    /// Duplicate column name 'age'
    /// ```
    ///
    /// ## Example
    /// ```python bad
    /// def upgrade():
    ///     op.add_column("user", sa.Column("age", sa.Integer()))
    ///
    /// def downgrade():
    ///     pass
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// def upgrade():
    ///     op.add_column("user", sa.Column("age", sa.Integer()))
    ///
    /// def downgrade():
    ///     op.drop_column("user", "age")
    /// ```
    /// Where there is no way back, a `downgrade` that says so stops before anything is stamped:
    /// ```python good
    /// def upgrade():
    ///     op.drop_column("user", "legacy_name")
    ///
    /// def downgrade():
    ///     raise NotImplementedError("the names are gone: restore them from the backup of release 4.2")
    /// ```
    ///
    /// ## Fix safety
    /// Unsafe, for a person must look at it: the statements undo what `upgrade` does to the schema, from the last to the
    /// first, with what the history knows of dropped columns and tables. Rows that are gone or changed do not come back. Nothing is
    /// written where a part cannot be undone for sure.
    ///
    /// ## References
    /// - pytest-alembic: `test_up_down_consistency`
    "empty-downgrade", Downgrade, Warning,
    preset: Recommended, fix: Sometimes, since: "0.1.0",
    check: Step(check),
}

fn check(step: &Step<'_>, sink: &mut Sink<'_>) {
    let Some(downgrade) = step.context.revision.downgrade.as_ref().filter(|body| body.does_nothing()) else {
        return;
    };
    let left = step.downgrade_difference();
    let Some(first) = left.first() else { return };
    let others = match left.len() - 1 {
        0 => String::new(),
        1 => " and changes one more thing".to_owned(),
        more => format!(" and changes {more} more things"),
    };
    let report = sink
        .report(
            downgrade.span,
            format!("`downgrade` does nothing, but `upgrade` {}{others}", first.as_upgrade()),
        )
        .help(
            "undo in it what `upgrade` does, in the opposite order; where there is no way back, let it \
         `raise NotImplementedError(\"<reason>\")`",
        );
    if let Some(fix) = write_downgrade(step) {
        report.fix(fix);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    fn upgrade(body: &str) -> Tester {
        Tester::new(&RULE).upgrade(body)
    }

    const ADD: &str = "op.add_column('t', sa.Column('c', sa.Integer()))";

    #[test]
    fn it_does_nothing() {
        upgrade(ADD).finds(&["`downgrade` does nothing, but `upgrade` adds column `t.c`"]);
        for downgrade in ["'''Nothing to do.'''", "...", "return", "print('no')", "op.execute('SELECT 1')"] {
            upgrade(ADD).downgrade(downgrade).finds(&["adds column `t.c`"]);
        }
        upgrade("op.create_table('a')\nop.drop_table('b')\nop.drop_column('c', 'd')")
            .finds(&["creates table `a` and changes 2 more things"]);
        upgrade("op.execute('CREATE INDEX ix ON t (a)')").finds(&["creates index `ix` of `t`"]);
        let first = "from alembic import op\nimport sqlalchemy as sa\nrevision = 'ba9876543210'\ndown_revision = None\n\n\
             def upgrade():\n    op.create_table('t', sa.Column('a', sa.Integer()))\n\ndef downgrade():\n    op.drop_table('t')\n";
        upgrade("with op.batch_alter_table('t') as b:\n    b.alter_column('a', nullable=False)")
            .file("versions/ba9876543210_x.py", first)
            .finds(&["changes the nullability of column `t.a`"]);
    }

    #[test]
    fn one_that_does_something_is_another_rules() {
        upgrade(ADD).downgrade("op.drop_column('t', 'c')").ok();
        upgrade(ADD).downgrade("op.execute('DELETE FROM t')").ok();
        upgrade(ADD).downgrade("op.execute(statement())").ok();
        upgrade(ADD).downgrade("from elsewhere import undo\nundo(op)").ok();
    }

    #[test]
    fn a_decision() {
        upgrade(ADD).downgrade("raise NotImplementedError('no way back')").ok();
        upgrade(ADD).downgrade("'''No.'''\nraise util.CommandError('no way back')").ok();
        upgrade(ADD).downgrade("def stop():\n    raise Exception('no way back')\nstop()").ok();
    }

    #[test]
    fn an_upgrade_that_leaves_the_schema_as_it_was() {
        upgrade("pass").ok();
        upgrade("op.execute('UPDATE t SET a = 1')").ok();
        upgrade("op.bulk_insert(sa.table('t', sa.column('a')), [{'a': 1}])").ok();
        upgrade("op.execute('CREATE TEMP TABLE x (a int)')").ok();
        upgrade("op.create_table('x', sa.Column('a', sa.Integer()))\nop.drop_table('x')").ok();
    }

    #[test]
    fn what_is_not_known() {
        upgrade("op.execute(statement())").ok();
        upgrade("if missing():\n    op.create_table('x', sa.Column('a', sa.Integer()))").ok();
        upgrade("op.execute(\"ALTER TYPE st ADD VALUE 'c'\")").ok();
    }

    #[test]
    fn merges() {
        let text = "revision = 'a'\ndown_revision = ('b', 'c')\ndef upgrade():\n    pass\ndef downgrade():\n    pass\n";
        Tester::new(&RULE).file("versions/a_x.py", text).ok();
    }
}

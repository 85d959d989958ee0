//! `missing-downgrade`: a revision without the function that `alembic downgrade` calls.

use crate::fix::write_downgrade;
use crate::history::schema::Step;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds revisions that have `upgrade` and no `downgrade`. Merge revisions need one as well: `alembic downgrade`
    /// calls it on its way. Projects that go forward only, where hardly a revision has one, are left alone.
    ///
    /// ## Why is this bad?
    /// `upgrade` works, so nobody notices. Each downgrade to here or further back stops at this revision, in the
    /// middle of an incident:
    /// ```text
    /// AttributeError: module 'ab12_add_user_age_py' has no attribute 'downgrade'
    /// ```
    ///
    /// ## Example
    /// ```python bad file=versions/ab12_add_user_age.py
    /// import sqlalchemy as sa
    /// from alembic import op
    ///
    /// revision = "ab12"
    /// down_revision = "cd34"
    ///
    /// def upgrade():
    ///     op.add_column("user", sa.Column("age", sa.Integer()))
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
    /// Where there is no way back, say so and why:
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
    /// - `alembic/runtime/migration.py`, class `RevisionStep`
    /// - django-migration-linter: `RUNPYTHON_REVERSIBLE`, `RUNSQL_REVERSIBLE`
    "missing-downgrade", Downgrade, Warning,
    preset: Recommended, fix: Sometimes, since: "0.1.0",
    check: Step(check),
}

/// From this many revisions on, what they all do is a habit.
const HABIT: usize = 4;

/// Where at most one revision in so many has a downgrade, the project goes forward only.
const RARE: usize = 10;

fn check(step: &Step<'_>, sink: &mut Sink<'_>) {
    let context = &step.context;
    let revision = context.revision;
    let Some(upgrade) = &revision.upgrade else { return };
    if revision.downgrade.is_some() || !revision.has_identifiers() || revision.names.has_star_import {
        return;
    }
    let siblings = context.siblings;
    let goes_forward_only =
        siblings.without_downgrade >= HABIT && siblings.with_downgrade * RARE <= siblings.without_downgrade;
    if goes_forward_only {
        return;
    }
    let report = sink
        .report(
            upgrade.span,
            "this revision has no `downgrade`: `alembic downgrade` stops here with an AttributeError",
        )
        .help(
            "add `def downgrade()` that undoes `upgrade`; where there is no way back, let it \
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

    fn file(text: &str) -> Tester {
        Tester::new(&RULE).file("versions/a_x.py", &format!("from alembic import op\n{text}"))
    }

    const UPGRADE: &str = "def upgrade():\n    op.drop_table('t')\n";

    #[test]
    fn there_is_none() {
        file(&format!("revision = 'a'\ndown_revision = 'b'\n{UPGRADE}")).finds(&["has no `downgrade`"]);
        file("revision = 'a'\ndown_revision = ('b', 'c')\ndef upgrade():\n    pass\n")
            .finds(&["has no `downgrade`"]);
    }

    #[test]
    fn there_is_one_in_any_form() {
        for downgrade in [
            "def downgrade():\n    pass\n",
            "async def downgrade():\n    pass\n",
            "from elsewhere import downgrade\n",
            "from elsewhere import *\n",
            "downgrade = lambda: None\n",
            "downgrade = upgrade\n",
            "if True:\n    def downgrade():\n        pass\n",
        ] {
            file(&format!("revision = 'a'\ndown_revision = 'b'\n{UPGRADE}{downgrade}")).ok();
        }
    }

    #[test]
    fn projects_that_go_forward_only() {
        let project = |without: usize, with: usize| {
            (0..without + with).fold(Tester::new(&RULE), |tester, number| {
                let downgrade = if number < with { "def downgrade():\n    pass\n" } else { "" };
                let text = format!("revision = 'r{number}'\ndown_revision = 'x'\n{UPGRADE}{downgrade}");
                tester.file(&format!("versions/r{number:02}_x.py"), &text)
            })
        };
        project(4, 0).ok();
        project(20, 2).ok();
        project(3, 0).finds(&["has no"; 3]);
        project(4, 1).finds(&["has no"; 4]);
    }

    #[test]
    fn what_is_no_revision() {
        file(UPGRADE).ok();
        file("revision = 'a'\ndown_revision = 'b'\n").ok();
    }
}

//! `empty-migration`: a revision that does nothing in either direction.

use crate::revision::{Body, RevisionContext};
use crate::rule::{Severity, Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds revisions whose `upgrade` and `downgrade` both do nothing (a `downgrade` that only raises does
    /// nothing either). Merge revisions are rightly empty; so
    /// are a base that only carries a branch label, and a revision that only orders others (`depends_on`).
    ///
    /// ## Why is this bad?
    /// Autogenerate found no difference, most often because the models are not imported in `env.py`: the change
    /// that was meant is missing, and nobody notices before the deployment.
    ///
    /// ## Example
    /// ```python bad
    /// pass
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.add_column("user", sa.Column("age", sa.Integer()))
    /// ```
    /// Import every model in `env.py` and generate the revision again; or delete the file, as long as nothing
    /// follows it.
    ///
    /// ## References
    /// - pytest-alembic: `test_model_definitions_match_ddl`
    /// - [Alembic issue 712](https://github.com/sqlalchemy/alembic/issues/712)
    "empty-migration", Content, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let revision = context.revision;
    let Some(upgrade) = &revision.upgrade else { return };
    let identifiers = &revision.identifiers;
    let is_marker = (revision.is_base() && !identifiers.branch_labels.value.strings().is_empty())
        || !identifiers.depends_on.value.strings().is_empty();
    let downgrade_is_empty = revision.downgrade.as_ref().is_none_or(|body| body.raises || does_nothing(body));
    if !context.is_python()
        || !revision.has_identifiers()
        || revision.is_merge()
        || is_marker
        || !does_nothing(upgrade)
        || !downgrade_is_empty
    {
        return;
    }
    let report = sink.report(upgrade.span, "this revision changes nothing in either direction").help(
        "check that `env.py` imports every model and generate it again, delete it if nothing follows it, or approve: \
         `# alembic-lint: allow[empty-migration] -- <reason>`",
    );
    // Code is there, but as Alembic calls it, none of it reaches the database.
    if !upgrade.is_trivial {
        report.severity(Severity::Warning);
    }
}

fn does_nothing(body: &Body) -> bool {
    body.operations.is_empty() && body.unresolved.is_empty() && !body.raises && body.stranger.is_none()
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rule::Severity;
    use crate::testing::Tester;

    fn file(head: &str, upgrade: &str, downgrade: &str) -> Tester {
        let text =
            format!("{head}\n\ndef upgrade():\n    {upgrade}\n\n\ndef downgrade():\n    {downgrade}\n");
        Tester::new(&RULE).file("versions/a_x.py", &format!("from alembic import op\nrevision = 'a'\n{text}"))
    }

    #[test]
    fn both_are_empty() {
        file("down_revision = 'b'", "pass", "pass").finds(&["this revision changes nothing"]);
        file("down_revision = 'b'", "\"\"\"Nothing.\"\"\"", "...").finds(&["changes nothing"]);
        file("down_revision = 'b'", "pass", "raise NotImplementedError('no way back')")
            .finds(&["changes nothing"]);
        file("down_revision = None", "pass", "return").finds(&["changes nothing"]);
    }

    #[test]
    fn code_that_does_nothing_is_a_warning() {
        file("down_revision = 'b'", "pass", "pass").has_severity(Severity::Error);
        file("down_revision = 'b'", "bind = op.get_bind()", "pass").has_severity(Severity::Warning);
    }

    #[test]
    fn code_of_others_may_do_anything() {
        let through = "from app.models import session_scope\n    with session_scope() as session:\n        session.commit()";
        file("down_revision = 'b'", through, "pass").ok();
        file("down_revision = 'b'", "import logging\n    logging.getLogger('x').info('done')", "pass")
            .finds(&["changes nothing"]);
    }

    #[test]
    fn without_downgrade() {
        let text = "revision = 'a'\ndown_revision = 'b'\n\ndef upgrade():\n    pass\n";
        Tester::new(&RULE).file("versions/a_x.py", text).finds(&["changes nothing"]);
    }

    #[test]
    fn one_of_them_does_something() {
        file("down_revision = 'b'", "op.drop_table('t')", "pass").ok();
        file("down_revision = 'b'", "pass", "op.drop_table('t')").ok();
        file("down_revision = 'b'", "op.execute(statement())", "pass").ok();
        file("down_revision = 'b'", "raise NotImplementedError('not yet')", "pass").ok();
    }

    #[test]
    fn merges_and_markers() {
        file("down_revision = ('b', 'c')", "pass", "pass").ok();
        file("down_revision = None\nbranch_labels = ('billing',)", "pass", "pass").ok();
        file("down_revision = 'b'\ndepends_on = 'c'", "pass", "pass").ok();
    }
}

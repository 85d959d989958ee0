//! `merge-revision-with-operations`: a merge that does more than join. Which heads there are is for `multiple-heads`.

use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds merge revisions (several down revisions) whose `upgrade` changes something.
    ///
    /// ## Why is this bad?
    /// A merge revision is made to be looked over: it joins two lines of work and can be made again at any time. A change
    /// inside it is easily lost when the branches are merged anew, and a downgrade by one step undoes it together with
    /// the join.
    ///
    /// ## Example
    /// ```python bad file=versions/ab12_merge_heads.py
    /// from alembic import op
    ///
    /// revision = "ab12"
    /// down_revision = ("cd34", "ef56")
    ///
    /// def upgrade():
    ///     op.drop_index("ix_user_name")
    /// ```
    ///
    /// ## Use instead
    /// ```python good file=versions/ab12_merge_heads.py
    /// revision = "ab12"
    /// down_revision = ("cd34", "ef56")
    ///
    /// def upgrade():
    ///     pass
    /// ```
    /// and the change in a revision of its own after it.
    ///
    /// ## References
    /// - [Alembic: Merging Branches](https://alembic.sqlalchemy.org/en/latest/branches.html#merging-branches)
    "merge-revision-with-operations", Graph, Warning,
    preset: Strict, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let revision = context.revision;
    let Some(first) = revision.upgrade.as_ref().and_then(|upgrade| upgrade.operations.first()) else {
        return;
    };
    if !revision.is_merge() {
        return;
    }
    let id = revision.id().unwrap_or("this revision");
    sink.report(first.span, format!("the merge revision `{id}` also changes the database"))
        .help("move the change into a revision of its own that follows the merge");
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    #[test]
    fn only_merges_with_operations() {
        let file = |down: &str, body: &str| {
            let text = format!(
                "from alembic import op\nrevision = 'a'\ndown_revision = {down}\n\ndef upgrade():\n    {body}\n"
            );
            Tester::new(&RULE).file("versions/a.py", &text)
        };
        file("('b', 'c')", "op.execute('DROP TABLE t')").finds(&["the merge revision `a` also changes"]);
        file("('b',)", "op.execute('DROP TABLE t')").ok();
        file("('b', 'c')", "pass").ok();
    }
}

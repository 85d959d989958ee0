//! `revision-behind-base-head`: one head here, one head there, two after the merge. Heads that are here already are for
//! `multiple-heads`.

use crate::history::History;
use crate::history::graph::{Graph, NodeId};
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds new revisions that will be a second head as soon as their branch is merged, because the base ref
    /// (`applied-ref`, the pull request's target) has got a revision of its own in the meantime. The history is judged
    /// as it will be after the merge.
    ///
    /// ## Why is this bad?
    /// Both branches are green, and git merges them without a conflict: the files differ. Then `alembic upgrade head`
    /// stops with "Multiple head revisions are present", in the deployment.
    ///
    /// ## Example
    /// ```text
    /// main:     ab12 <- cd34     cd34 was merged while the branch was open
    /// branch:   ab12 <- ef56
    /// merged:   two heads, cd34 and ef56
    /// ```
    ///
    /// ## How to fix
    /// Bring the branch up to date, then put the new revision after the head of the base.
    /// ```shell
    /// git merge origin/main
    /// alembic-lint rebase ef56
    /// ```
    /// The rule knows what was fetched last; `git fetch` shows it the present state.
    ///
    /// ## References
    /// - [Alembic: Working with Branches](https://alembic.sqlalchemy.org/en/latest/branches.html)
    "revision-behind-base-head", Graph, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: History(check),
}

fn check(history: &History<'_>, sink: &mut Sink<'_>) {
    for graph in &history.merged() {
        for heads in graph.contested_heads() {
            report(history, graph, &heads, sink);
        }
    }
}

fn report(history: &History<'_>, graph: &Graph<'_>, heads: &[NodeId], sink: &mut Sink<'_>) {
    let is_upcoming = |head: &NodeId| history.upcoming_path(graph.node(*head).file).is_some();
    let Some(theirs) = heads.iter().copied().find(is_upcoming).map(|head| graph.node(head)) else { return };
    let directory = history.project.directories.get(graph.directory());
    let base = directory.and_then(|directory| directory.base.as_ref());
    let reference = base.map_or("the base", |base| &*base.reference);
    let path = history.upcoming_path(theirs.file).unwrap_or_default();
    for head in heads.iter().filter(|head| !is_upcoming(head)) {
        let node = graph.node(*head);
        if history.is_applied(node.file) {
            continue;
        }
        sink.report_in(
            node.file,
            history.identifier_span(node.file, "down_revision"),
            format!(
                "`{}` will be a second head after the merge: `{reference}` has got `{}` (`{path}`) in the meantime",
                node.id, theirs.id
            ),
        )
        .help(format!("merge `{reference}` into this branch, then run `alembic-lint rebase {}`", node.id));
    }
}

//! `multiple-bases`: a second beginning beside the first. Several ends are for `multiple-heads`.

use rustc_hash::FxHashMap;

use crate::history::History;
use crate::history::graph::{Graph, Links, NodeId};
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds new revisions with `down_revision = None` beside a history that has a first revision already. One with a
    /// branch label, with `depends_on`, or in a directory of its own is meant so, and one that a merge revision joins with
    /// the other history is settled.
    ///
    /// ## Why is this bad?
    /// It starts a second history, with a head of its own: `alembic upgrade head` stops with "Multiple head revisions
    /// are present". Most often the revision was generated while Alembic looked at another directory, or the line was
    /// deleted in a merge.
    ///
    /// ## Example
    /// ```python bad file=versions/ab12_add_user.py
    /// revision = "ab12"
    /// down_revision = None
    /// ```
    ///
    /// ```python bad file=versions/cd34_add_email.py
    /// revision = "cd34"
    /// down_revision = None
    /// ```
    ///
    /// ## Use instead
    /// ```python good file=versions/ab12_add_user.py
    /// revision = "ab12"
    /// down_revision = None
    /// ```
    ///
    /// ```python good file=versions/cd34_add_email.py
    /// revision = "cd34"
    /// down_revision = "ab12"
    /// ```
    ///
    /// ## References
    /// - [Alembic: Working with Multiple Bases](https://alembic.sqlalchemy.org/en/latest/branches.html#working-with-multiple-bases)
    "multiple-bases", Graph, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: History(check),
}

fn check(history: &History<'_>, sink: &mut Sink<'_>) {
    for graph in history.histories().iter().filter(|graph| !history.is_part(graph)) {
        let bases: Vec<NodeId> = graph.bases().filter(|base| !graph.node(*base).is_shadowed).collect();
        if bases.len() > 1 {
            report(history, graph, &bases, sink);
        }
    }
}

fn report(history: &History<'_>, graph: &Graph<'_>, bases: &[NodeId], sink: &mut Sink<'_>) {
    let folder =
        |base: NodeId| history.path(graph.node(base).file).rsplit_once('/').map(|(folder, _)| folder);
    let components = graph.components();
    let component = |node: NodeId| components.get(node.index()).copied();
    let mut sizes: FxHashMap<NodeId, usize> = FxHashMap::default();
    for component in &components {
        *sizes.entry(*component).or_default() += 1;
    }
    let size = |base: NodeId| component(base).and_then(|component| sizes.get(&component)).copied();
    // The history that was there before: applied, else the longest, else the first.
    let main = bases.iter().copied().max_by_key(|base| {
        (history.is_applied(graph.node(*base).file), size(*base), std::cmp::Reverse(*base))
    });
    let Some(main) = main else { return };
    let head =
        graph.descendants([main], Links::Parents).find(|node| graph.node(*node).is_head()).unwrap_or(main);
    let head = graph.node(head).id;
    for base in bases.iter().copied().filter(|base| *base != main && folder(*base) == folder(main)) {
        let node = graph.node(base);
        let labels = history.revision(node.file).map(|revision| &revision.identifiers.branch_labels.value);
        let is_labelled = labels.is_some_and(|value| !value.strings().is_empty() || value.is_unknown());
        if history.is_applied(node.file) || is_labelled || !node.dependencies.is_empty() {
            continue;
        }
        // A merge further up made one history of both.
        if component(base) == component(main) {
            continue;
        }
        sink.report_in(
            node.file,
            history.identifier_span(node.file, "down_revision"),
            format!(
                "`{}` starts a second history beside the one from `{}`: `alembic upgrade head` stops with `Multiple head \
                 revisions are present`",
                node.id,
                graph.node(main).id
            ),
        )
        .help(format!(
            "set `down_revision = \"{head}\"`; a history that is meant to be separate has a branch label"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    fn files(files: &[(&str, &str)]) -> Tester {
        files.iter().fold(Tester::new(&RULE), |tester, (id, rest)| {
            tester.file(&format!("versions/{id}.py"), &format!("revision = '{id}'\ndown_revision = {rest}\n"))
        })
    }

    #[test]
    fn the_longest_history_is_the_first() {
        let found = files(&[("a", "None"), ("b", "None"), ("c", "'b'")])
            .finds(&["`a` starts a second history beside the one from `b`"]);
        assert!(found.help().contains("set `down_revision = \"c\"`"));
    }

    #[test]
    fn separate_histories_that_are_meant() {
        files(&[("a", "None"), ("b", "None\nbranch_labels = 'x'"), ("c", "'a'")]).ok();
        files(&[("a", "None"), ("b", "None\nbranch_labels = x.B"), ("c", "'a'")]).ok();
        files(&[("a", "None"), ("b", "None\ndepends_on = 'a'"), ("c", "'a'")]).ok();
        files(&[("a", "None"), ("b", "None"), ("c", "('a', 'b')")]).ok();
        files(&[("a", "None")]).file("versions/other/b.py", "revision = 'b'\ndown_revision = None\n").ok();
    }
}

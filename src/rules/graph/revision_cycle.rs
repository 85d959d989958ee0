//! `revision-cycle`: revisions that come before themselves. What is missing altogether is for `missing-parent`.

use crate::history::History;
use crate::history::graph::{Fault, Graph, NodeId};
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds revisions that need themselves, through `down_revision`, `depends_on` or both.
    ///
    /// ## Why is this bad?
    /// There is no order in which they could run. Alembic stops with "Cycle is detected in revisions (..)",
    /// "Self-loop is detected .." or "Dependency cycle is detected ..". Where a cycle can be entered from a base and
    /// left to a head, Alembic does not notice it, and an upgrade never ends.
    ///
    /// ## Example
    /// ```python bad file=versions/ab12_add_user.py
    /// revision = "ab12"
    /// down_revision = "cd34"
    /// ```
    ///
    /// ```python bad file=versions/cd34_add_email.py
    /// revision = "cd34"
    /// down_revision = "ab12"
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
    /// - `RevisionMap._detect_cycles` in `alembic/script/revision.py`
    "revision-cycle", Graph, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: History(check),
}

/// How many revisions of a cycle are named.
const NAMED: usize = 6;

fn check(history: &History<'_>, sink: &mut Sink<'_>) {
    for graph in &history.histories() {
        for fault in graph.faults() {
            let (nodes, by_dependency) = match fault {
                Fault::SelfLoop { node, by_dependency } => (std::slice::from_ref(node), *by_dependency),
                Fault::Cycle { nodes, by_dependency } => (nodes.as_slice(), *by_dependency),
                _ => continue,
            };
            // The one that was added last is most likely the one that closes the circle.
            let is_new = |node: &&NodeId| !history.is_applied(graph.node(**node).file);
            let Some(place) = nodes.iter().find(is_new).or(nodes.first()) else { continue };
            let file = graph.node(*place).file;
            let variable = if by_dependency { "depends_on" } else { "down_revision" };
            sink.report_in(file, history.identifier_span(file, variable), message(graph, *place, nodes))
                .help(format!("give one of them a `{variable}` that comes before all of them"));
        }
    }
}

fn message(graph: &Graph<'_>, start: NodeId, nodes: &[NodeId]) -> String {
    let id = graph.node(start).id;
    let turned =
        nodes.iter().cycle().skip_while(|node| **node != start).skip(1).take(nodes.len().saturating_sub(1));
    let through: Vec<String> = turned.map(|node| format!("`{}`", graph.node(*node).id)).collect();
    if through.is_empty() {
        return format!("`{id}` names itself as what comes before it: no Alembic command can go on");
    }
    let shown = through.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    let rest = through.len().saturating_sub(NAMED);
    let rest = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    format!(
        "`{id}` comes before itself, through {shown}{rest}: there is no order in which Alembic could run them"
    )
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
    fn cycles_of_every_kind_are_one_finding() {
        files(&[("a", "'c'"), ("b", "'a'"), ("c", "'b'"), ("d", "'c'")])
            .finds(&["`a` comes before itself, through `c`, `b`"]);
        files(&[("a", "'a'")]).finds(&["`a` names itself"]);
        files(&[("a", "None\ndepends_on = 'b'"), ("b", "'a'")])
            .finds(&["`a` comes before itself, through `b`"]);
        files(&[("a", "None"), ("b", "('a', 'c')"), ("c", "'b'"), ("d", "'c'")])
            .finds(&["`b` comes before itself"]);
    }

    #[test]
    fn forks_and_merges_are_no_cycles() {
        files(&[("a", "None"), ("b", "'a'"), ("c", "'a'"), ("d", "('b', 'c')")]).ok();
    }
}

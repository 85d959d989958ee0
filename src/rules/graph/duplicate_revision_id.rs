//! `duplicate-revision-id`: one name for two revisions. Files that could not be read are left out.

use crate::history::History;
use crate::history::graph::{Fault, Graph, NodeId};
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds identifiers that several files have, and branch labels that another revision already has as its label or
    /// identifier.
    ///
    /// ## Why is this bad?
    /// Of two files with one identifier Alembic loads the last one, after a warning that is easily missed. The other
    /// one never runs but stays a head, so that the next upgrade ends with "Multiple head revisions are
    /// present" or "Requested revision .. overlaps with other requested revisions ..". Most often a file was copied as
    /// a template for the next one.
    ///
    /// A branch label that is taken stops every command ("Branch name '..' in revision .. already used by
    /// revision ..").
    ///
    /// ## Example
    /// ```python bad file=versions/ab12_add_user.py
    /// revision = "ab12"
    /// down_revision = None
    /// ```
    ///
    /// ```python bad file=versions/ab12_add_user_copy.py
    /// revision = "ab12"
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
    /// - `RevisionMap._revision_map` in `alembic/script/revision.py`
    "duplicate-revision-id", Graph, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: History(check),
}

fn check(history: &History<'_>, sink: &mut Sink<'_>) {
    for graph in &history.histories() {
        for fault in graph.faults() {
            match fault {
                Fault::DuplicateId { nodes } => report_identifier(history, graph, nodes, sink),
                Fault::LabelClash { node, label, with } => {
                    report_label(history, graph, (*node, label, *with), sink);
                }
                _ => {}
            }
        }
    }
}

fn report_identifier(history: &History<'_>, graph: &Graph<'_>, nodes: &[NodeId], sink: &mut Sink<'_>) {
    let file = |node: &NodeId| graph.node(*node).file;
    let is_new = |node: &&NodeId| !history.is_applied(file(node));
    let loaded = nodes.last().map_or("", |last| history.path(file(last)));
    let mut places: Vec<&NodeId> = nodes.iter().filter(is_new).collect();
    if places.is_empty() {
        places.extend(nodes.last());
    }
    for place in places {
        let other = nodes.iter().find(|node| *node != place).map_or("", |node| history.path(file(node)));
        sink.report_in(
            file(place),
            history.identifier_span(file(place), "revision"),
            format!(
                "`{}` is the identifier of `{other}` as well: Alembic runs `{loaded}` alone and takes the other file for \
                 one more head",
                graph.node(*place).id
            ),
        )
        .help("give the newer file an identifier of its own, and name it in the `down_revision` of what follows it");
    }
}

fn report_label(
    history: &History<'_>,
    graph: &Graph<'_>,
    (node, label, with): (NodeId, &str, NodeId),
    sink: &mut Sink<'_>,
) {
    let (id, other) = (graph.node(node).id, graph.node(with).id);
    let owner = match (node == with, other == label) {
        (_, true) => "is the identifier of a revision".to_owned(),
        (true, false) => "is listed twice".to_owned(),
        (false, false) => format!("is the label of `{other}` already"),
    };
    let file = graph.node(node).file;
    sink.report_in(
        file,
        history.identifier_span(file, "branch_labels"),
        format!("the branch label `{label}` of `{id}` {owner}: every Alembic command stops at it"),
    )
    .help("set a label once, at the first revision of its branch, and name it like no revision");
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    fn file(tester: Tester, name: &str, text: &str) -> Tester {
        tester.file(&format!("versions/{name}.py"), &format!("down_revision = None\n{text}\n"))
    }

    #[test]
    fn every_new_file_with_the_identifier_is_named() {
        let tester = file(Tester::new(&RULE), "a", "revision = 'ab'");
        file(tester, "b", "revision = 'ab'").finds(&[
            "`ab` is the identifier of `versions/b.py` as well: Alembic runs `versions/b.py`",
            "`ab` is the identifier of `versions/a.py` as well",
        ]);
    }

    #[test]
    fn labels_that_are_taken() {
        let pair = |one: &str, other: &str| {
            let tester = file(Tester::new(&RULE), "a", &format!("revision = 'a1'\nbranch_labels = {one}"));
            file(tester, "b", &format!("revision = 'b1'\nbranch_labels = {other}"))
        };
        pair("'x'", "'x'").finds(&["the branch label `x` of `b1` is the label of `a1` already"]);
        pair("'x'", "'a1'").finds(&["the branch label `a1` of `b1` is the identifier of a revision"]);
        pair("('x', 'x')", "'y'").finds(&["the branch label `x` of `a1` is listed twice"]);
        pair("'x'", "'y'").ok();
    }
}

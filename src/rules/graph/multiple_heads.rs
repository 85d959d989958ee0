//! `multiple-heads`: a branch with several ends. Several beginnings are for `multiple-bases`.

use crate::diagnostic::{Edit, Fix};
use crate::history::History;
use crate::history::graph::{Graph, NodeId};
use crate::history::rebase::{Repointing, Request, Sides, plan};
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds branches of a history with more than one head: revisions that nothing follows. Branches that are meant
    /// pass: different branch labels, a head that another one `depends_on`, histories with a beginning of their own.
    ///
    /// ## Why is this bad?
    /// `alembic upgrade head` and `alembic revision` stop with "Multiple head revisions are present". It happens when
    /// two pull requests each add a revision after the same one: git merges them without a conflict, and the
    /// deployment fails.
    ///
    /// ## Example
    /// ```python bad file=versions/ab12_add_user.py
    /// revision = "ab12"
    /// down_revision = None
    /// ```
    ///
    /// ```python bad file=versions/cd34_add_email.py
    /// revision = "cd34"
    /// down_revision = "ab12"
    /// ```
    ///
    /// ```python bad file=versions/ef56_add_phone.py
    /// revision = "ef56"
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
    /// ```python good file=versions/ef56_add_phone.py
    /// revision = "ef56"
    /// down_revision = "cd34"
    /// ```
    /// As long as one of the two is not merged, put it after the other one. Once both are applied, join them:
    /// ```shell
    /// alembic merge heads -m "merge heads"
    /// ```
    ///
    /// ## Fix safety
    /// Unsafe, and only for a single new revision beside one applied head: its `down_revision` becomes that head, and so
    /// does the `Revises:` line. A database that has run it already would not run what now comes before it.
    /// `alembic-lint rebase` does the same for several revisions that follow each other.
    ///
    /// ## References
    /// - [Alembic: Working with Branches](https://alembic.sqlalchemy.org/en/latest/branches.html)
    "multiple-heads", Graph, Error,
    preset: Recommended, fix: Sometimes, since: "0.1.0",
    check: History(check),
}

/// How many other heads a message names.
const NAMED: usize = 4;

fn check(history: &History<'_>, sink: &mut Sink<'_>) {
    for graph in &history.histories() {
        for heads in graph.contested_heads() {
            report(history, graph, &heads, sink);
        }
    }
}

fn report(history: &History<'_>, graph: &Graph<'_>, heads: &[NodeId], sink: &mut Sink<'_>) {
    let (applied, new): (Vec<NodeId>, Vec<NodeId>) =
        heads.iter().partition(|head| history.is_applied(graph.node(**head).file));
    let places = if new.is_empty() { applied.last().copied().into_iter().collect() } else { new };
    let merge = merge_command(graph, heads);
    for place in places {
        let node = graph.node(place);
        let mut others: Vec<String> = heads
            .iter()
            .filter(|head| **head != place)
            .take(NAMED)
            .map(|head| format!("`{}`", graph.node(*head).id))
            .collect();
        let rest = heads.len().saturating_sub(1 + others.len());
        if rest > 0 {
            others.push(format!("{rest} more"));
        }
        let is_are = if heads.len() == 2 { "is a head too" } else { "are heads too" };
        let finding = sink
            .report_in(
                node.file,
                history.identifier_span(node.file, "down_revision"),
                format!(
                    "`{}` is a head, and {} {is_are}: `alembic upgrade head` stops with `Multiple head revisions are \
                     present`",
                    node.id,
                    others.join(", ")
                ),
            )
            .help(help(history, graph, &merge, place, applied.as_slice()));
        // Two new heads behind the same one would be two heads again.
        if applied.len() + 1 == heads.len()
            && let Some((target, edits)) = repointed(history, graph, place)
        {
            finding.fix(Fix::unsafe_(format!("put `{}` after `{target}`", node.id), edits));
        }
    }
}

/// The command that joins heads.
fn merge_command(graph: &Graph<'_>, heads: &[NodeId]) -> String {
    let ids: Vec<&str> = heads.iter().map(|head| graph.node(*head).id).collect();
    let what =
        if graph.effective_heads().count() == heads.len() { "heads".to_owned() } else { ids.join(" ") };
    format!("`alembic merge {what} -m \"merge heads\"`")
}

fn help(history: &History<'_>, graph: &Graph<'_>, merge: &str, place: NodeId, applied: &[NodeId]) -> String {
    let node = graph.node(place);
    if history.is_applied(node.file) || applied.len() > 1 {
        return format!("join them with {merge}");
    }
    format!("put it after the other one with `alembic-lint rebase {}`, or join them with {merge}", node.id)
}

/// The edits that put `place` behind the applied head, with its identifier, where `alembic-lint rebase` would edit that
/// file and no other.
fn repointed<'a>(history: &History<'_>, graph: &Graph<'a>, place: NodeId) -> Option<(&'a str, Vec<Edit>)> {
    let sides = Sides {
        is_applied: &|node| history.is_applied(graph.node(node).file),
        // What git is in the middle of is for the command.
        is_upstream: &|_| false,
    };
    let request = Request { revision: Some(place), onto: None };
    let plans = plan(graph, sides, request).ok()?;
    let [Repointing { revision, from, to }] = plans.as_slice() else { return None };
    let file = graph.node(place).file;
    if *revision != place || !history.is_applied(graph.node(*to).file) {
        return None;
    }
    let text = history.project.file(file)?.text();
    let to = graph.node(*to).id;
    let edits = history.revision(file)?.repoint(text, graph.node(*from).id, to)?;
    Some((to, edits.into_iter().map(|(span, content)| Edit { span, content }).collect()))
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
    fn two_ends_of_one_branch() {
        let found = files(&[("a", "None"), ("b", "'a'"), ("c", "'a'")])
            .finds(&["`b` is a head, and `c` is a head too", "`c` is a head, and `b`"]);
        assert!(found.help().contains("`alembic-lint rebase b`"));
        assert!(found.help().contains("`alembic merge heads -m \"merge heads\"`"));
    }

    #[test]
    fn branches_that_are_meant() {
        files(&[("a", "None"), ("b", "'a'\nbranch_labels = 'x'"), ("c", "'a'\nbranch_labels = 'y'")]).ok();
        files(&[("a", "None"), ("b", "'a'\nbranch_labels = 'x'"), ("c", "'a'")]).ok();
        files(&[("a", "None"), ("b", "'a'"), ("c", "'a'\ndepends_on = 'b'")]).ok();
        files(&[("a", "None"), ("b", "None")]).ok();
        files(&[("a", "None\nbranch_labels = (x.A,)"), ("b", "None\nbranch_labels = (x.B,)")]).ok();
        files(&[("a", "None"), ("b", "'a'\nbranch_labels = x.B"), ("c", "'a'\nbranch_labels = x.C")]).ok();
    }

    #[test]
    fn two_ends_of_one_labelled_branch() {
        let tester = files(&[
            ("a", "None\nbranch_labels = 'x'"),
            ("b", "'a'"),
            ("c", "'a'"),
            ("d", "None\nbranch_labels = 'y'"),
        ]);
        assert!(tester.finds(&["`b`", "`c`"]).help().contains("`alembic merge b c -m"));
    }

    #[test]
    fn what_cannot_be_read_may_follow() {
        files(&[("a", "None"), ("b", "'a'"), ("c", "'a'"), ("d", "compute()")]).ok();
    }
}

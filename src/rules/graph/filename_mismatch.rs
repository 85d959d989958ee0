//! `filename-mismatch`: a file named after another revision. What the file holds is not looked at.

use crate::history::History;
use crate::history::graph::Graph;
use crate::rule::{Sink, declare_rule};
use crate::source::{FileId, Span};

declare_rule! {
    /// ## What it does
    /// Finds new revision files whose name does not hold their identifier, in projects where nearly all others do.
    ///
    /// ## Why is this bad?
    /// Alembic does not mind, people do: they look for `ab12_*.py`, and do not find the revision that an error names. It
    /// happens when a file is copied, or when an identifier is changed by hand.
    ///
    /// ## Example
    /// ```python
    /// # versions/ab12_add_email.py, a copy of another revision
    /// revision = "cd34"
    /// ```
    ///
    /// ## How to fix
    /// ```shell
    /// git mv versions/ab12_add_email.py versions/cd34_add_email.py
    /// ```
    ///
    /// ## References
    /// - [Alembic: `file_template`](https://alembic.sqlalchemy.org/en/latest/tutorial.html#editing-the-ini-file)
    "filename-mismatch", Graph, Warning,
    preset: Strict, fix: None, since: "0.1.0",
    check: History(check),
}

/// Fewer files show no habit.
const FEWEST: usize = 4;

fn check(history: &History<'_>, sink: &mut Sink<'_>) {
    let name = |file: FileId| history.project.file(file).map_or("", |file| file.name());
    for graph in history.graphs {
        let others: Vec<(FileId, &str)> = strangers(graph, name);
        // One in ten may be odd.
        if graph.len() < FEWEST || others.len() * 10 > graph.len() {
            continue;
        }
        for (file, id) in others {
            if history.is_applied(file) && !history.settings.all {
                continue;
            }
            sink.report_in(
                file,
                Span::default(),
                format!(
                    "the file of `{id}` is named `{}`, where others are named after their identifier",
                    name(file)
                ),
            )
            .help(format!("rename it (`git mv`) so that its name holds `{id}`"));
        }
    }
}

fn strangers<'a>(graph: &Graph<'a>, name: impl Fn(FileId) -> &'a str) -> Vec<(FileId, &'a str)> {
    let named = graph.nodes().map(|(_, node)| (node.file, node.id));
    named.filter(|(file, id)| !name(*file).contains(id)).collect()
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    fn project(names: impl Fn(usize) -> String) -> Tester {
        (0..12).fold(Tester::new(&RULE), |tester, i| {
            tester.file(
                &format!("versions/{}.py", names(i)),
                &format!("revision = 'r{i}x'\ndown_revision = None\n"),
            )
        })
    }

    #[test]
    fn only_where_the_others_keep_to_it() {
        project(|i| format!("r{i}x_a")).ok();
        project(|i| if i == 5 { "other".to_owned() } else { format!("r{i}x_a") })
            .finds(&["the file of `r5x` is named `other.py`"]);
        project(|i| format!("file_{i}")).ok();
    }
}

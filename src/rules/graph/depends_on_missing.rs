//! `depends-on-missing`: a `depends_on` that leads nowhere. What `down_revision` names is for `missing-parent`.

use crate::history::History;
use crate::history::graph::Fault;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds revisions whose `depends_on` names neither a revision nor a branch label. Both must be written whole.
    ///
    /// ## Why is this bad?
    /// Every Alembic command stops, with nothing but `KeyError: 'zz'` to go by.
    ///
    /// ## Example
    /// ```python bad file=versions/ab12_add_user.py
    /// revision = "ab12"
    /// down_revision = None
    /// depends_on = "zz"
    /// ```
    ///
    /// ## Use instead
    /// ```python good file=versions/ab12_add_user.py
    /// revision = "ab12"
    /// down_revision = None
    /// depends_on = None
    /// ```
    ///
    /// A directory of revisions that lies in no script directory is taken for a part of a history and not judged.
    ///
    /// ## References
    /// - [Alembic: Branch Dependencies](https://alembic.sqlalchemy.org/en/latest/branches.html#branch-dependencies)
    "depends-on-missing", Graph, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: History(check),
}

/// For so many the whole history is searched for what may be meant.
const SEARCHED: usize = 5;

fn check(history: &History<'_>, sink: &mut Sink<'_>) {
    let has_unknown_labels = |fault: &Fault<'_>| matches!(fault, Fault::Unknown { variable, .. } if variable.name() == "branch_labels");
    for graph in history.histories().iter().filter(|graph| !history.is_part(graph)) {
        if graph.faults().iter().any(has_unknown_labels) {
            continue;
        }
        let missing = graph.faults().iter().filter_map(|fault| match fault {
            Fault::MissingDependency { node, reference } => Some((node, *reference)),
            _ => None,
        });
        for (index, (node, reference)) in missing.enumerate() {
            let node = graph.node(*node);
            let found = (index < SEARCHED).then(|| (graph.resolve(reference), graph.nearest(reference)));
            let (resolved, nearest) = found.unwrap_or((Ok(Vec::new()), Vec::new()));
            let help = match (resolved.as_deref(), nearest.first()) {
                (Ok([found]), _) => {
                    format!("`depends_on` takes no abbreviation: write `{}`", graph.node(*found).id)
                }
                (_, Some(nearest)) => format!("did you mean `{nearest}`?"),
                _ => "name a revision or a branch label that exists".to_owned(),
            };
            sink.report_in(
                node.file,
                history.identifier_span(node.file, "depends_on"),
                format!(
                    "`depends_on` of `{}` names `{reference}`, which no revision and no branch has: every Alembic \
                     command stops with `KeyError: '{reference}'`",
                    node.id
                ),
            )
            .help(help);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    fn dependent(on: &str) -> Tester {
        Tester::new(&RULE)
            .file("versions/a.py", "revision = 'ab12cd'\ndown_revision = None\nbranch_labels = 'library'\n")
            .file("versions/b.py", &format!("revision = 'bb'\ndown_revision = None\ndepends_on = {on}\n"))
    }

    #[test]
    fn identifiers_and_labels_are_good_abbreviations_are_not() {
        dependent("'ab12cd'").ok();
        dependent("('library',)").ok();
        assert!(dependent("'ab12'").finds(&["names `ab12`"]).help().contains("write `ab12cd`"));
        assert!(
            dependent("['librar7']").finds(&["names `librar7`"]).help().contains("did you mean `library`?")
        );
    }
}

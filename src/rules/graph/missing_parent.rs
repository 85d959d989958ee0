//! `missing-parent`: a `down_revision` that leads nowhere. What `depends_on` names is for `depends-on-missing`.

use crate::history::History;
use crate::history::graph::{Fault, Graph};
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds revisions whose `down_revision` names no revision: a typing error, a file that was deleted or not
    /// committed, an abbreviated identifier, a branch label, an empty string.
    ///
    /// ## Why is this bad?
    /// Every Alembic command stops, with nothing but `KeyError: 'zz'` to go by.
    ///
    /// ## Example
    /// ```python bad file=versions/ab12cd34_add_user.py
    /// revision = "ab12cd34"
    /// down_revision = None
    /// ```
    ///
    /// ```python bad file=versions/cd34ab12_add_email.py
    /// revision = "cd34ab12"
    /// down_revision = "ab12"
    /// ```
    ///
    /// ## Use instead
    /// ```python good file=versions/ab12cd34_add_user.py
    /// revision = "ab12cd34"
    /// down_revision = None
    /// ```
    ///
    /// ```python good file=versions/cd34ab12_add_email.py
    /// revision = "cd34ab12"
    /// down_revision = "ab12cd34"
    /// ```
    ///
    /// A directory of revisions that lies in no script directory is taken for a part of a history and not judged.
    ///
    /// ## References
    /// - [Alembic: Create a Migration Script](https://alembic.sqlalchemy.org/en/latest/tutorial.html#create-a-migration-script)
    "missing-parent", Graph, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: History(check),
}

/// For so many the whole history is searched for what may be meant; more come from files that are gone altogether.
const SEARCHED: usize = 5;

const BRING_BACK: &str = "bring its file back, or name a revision that exists";

fn check(history: &History<'_>, sink: &mut Sink<'_>) {
    for graph in history.histories().iter().filter(|graph| !history.is_part(graph)) {
        let missing = graph.faults().iter().filter_map(|fault| match fault {
            Fault::MissingParent { node, reference } => Some((node, *reference)),
            _ => None,
        });
        for (index, (node, reference)) in missing.enumerate() {
            let node = graph.node(*node);
            sink.report_in(
                node.file,
                history.identifier_span(node.file, "down_revision"),
                format!(
                    "`down_revision` of `{}` names `{reference}`, which no revision has: every Alembic command \
                     stops with `KeyError: '{reference}'`",
                    node.id
                ),
            )
            .help(if index < SEARCHED { help(graph, reference) } else { BRING_BACK.to_owned() });
        }
    }
}

fn help(graph: &Graph<'_>, reference: &str) -> String {
    if reference.is_empty() {
        return "write `None` for the first revision of a history".to_owned();
    }
    if let Some(node) = graph.of_label(reference) {
        return format!(
            "`{reference}` is a branch label, which `down_revision` does not take: write an identifier of that \
             branch, such as `{}`",
            graph.node(node).id
        );
    }
    match graph.resolve(reference).as_deref() {
        Ok([node]) => {
            format!("`down_revision` takes no abbreviation: write `{}`", graph.node(*node).id)
        }
        _ => match graph.nearest(reference).first() {
            Some(nearest) => {
                format!("did you mean `{nearest}`? Otherwise bring the file of `{reference}` back")
            }
            None => BRING_BACK.to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    fn child(down: &str) -> Tester {
        Tester::new(&RULE)
            .file("versions/a.py", "revision = 'ab12cd'\ndown_revision = None\nbranch_labels = 'lib'\n")
            .file("versions/b.py", &format!("revision = 'bb'\ndown_revision = {down}\n"))
    }

    #[test]
    fn each_kind_of_wrong_reference_has_its_help() {
        let help = |down: &str| child(down).finds(&["KeyError"]).help().to_owned();
        assert!(help("'ab12'").contains("takes no abbreviation: write `ab12cd`"));
        assert!(help("'ab12cf'").contains("did you mean `ab12cd`?"));
        assert!(help("'lib'").contains("is a branch label"));
        assert!(help("''").contains("write `None`"));
        assert!(help("'zzzz'").contains("bring its file back"));
    }

    #[test]
    fn each_missing_parent_of_a_merge_is_named() {
        child("('ab12cd', 'x1', 'x2')").finds(&["names `x1`", "names `x2`"]);
    }

    #[test]
    fn what_may_be_in_a_file_nobody_can_read_is_not_missing() {
        child("'zz'").file("versions/c.py", "import os\nrevision = os.name\ndown_revision = None\n").ok();
        child("'ab12cd'").ok();
    }
}

//! The graph by itself; `tests/real_graph.rs` compares it with Alembic.

use super::{Fault, File, Graph, Links, NodeId, ResolveError};
use crate::revision::{Identifier, IdentifierValue, Identifiers, Revision};
use crate::source::FileId;

/// `id <- parents`, with `~ dependencies` and `# labels` where there are any.
fn revisions(lines: &[String]) -> Vec<Revision> {
    let value = |words: &str| {
        let words: Vec<Box<str>> = words.split_whitespace().map(Box::from).collect();
        let value = match words.as_slice() {
            [] => IdentifierValue::None,
            [one] => IdentifierValue::One(one.clone()),
            _ => IdentifierValue::Many(words),
        };
        Identifier { span: None, value }
    };
    let revision = |line: &String| {
        let (line, labels) = line.split_once('#').unwrap_or((line, ""));
        let (line, dependencies) = line.split_once('~').unwrap_or((line, ""));
        let (id, parents) = line.split_once("<-").unwrap_or((line, ""));
        let identifiers = Identifiers {
            revision: value(id),
            down_revision: value(parents),
            branch_labels: value(labels),
            depends_on: value(dependencies),
        };
        Revision { identifiers, ..Revision::default() }
    };
    lines.iter().map(revision).collect()
}

fn with<T>(lines: &[&str], test: impl FnOnce(&Graph<'_>) -> T) -> T {
    let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    with_lines(&lines, test)
}

fn with_lines<T>(lines: &[String], test: impl FnOnce(&Graph<'_>) -> T) -> T {
    let revisions = revisions(lines);
    let file = |(revision, index)| File { id: FileId(index), path: "x.py", revision };
    test(&Graph::new(revisions.iter().zip(0..).map(file).collect()))
}

fn ids<'a>(graph: &Graph<'a>, nodes: impl IntoIterator<Item = NodeId>) -> Vec<&'a str> {
    nodes.into_iter().map(|node| graph.node(node).id).collect()
}

fn sorted<'a>(graph: &Graph<'a>, nodes: impl IntoIterator<Item = NodeId>) -> Vec<&'a str> {
    let mut ids = ids(graph, nodes);
    ids.sort_unstable();
    ids
}

#[test]
fn heads_bases_forks_and_merges() {
    with(&["a1", "b1 <- a1", "c1 <- a1", "m1 <- b1 c1", "z1", "d1 <- m1 ~ z1"], |graph| {
        assert_eq!(ids(graph, graph.heads()), ["z1", "d1"]);
        assert_eq!(ids(graph, graph.effective_heads()), ["d1"]);
        assert_eq!(ids(graph, graph.bases()), ["a1", "z1"]);
        let is_point = |id: &str| {
            let node = graph.node(graph.of_id(id).unwrap());
            (node.is_branch_point(), node.is_merge_point())
        };
        assert_eq!(["a1", "m1", "b1"].map(is_point), [(true, false), (false, true), (false, false)]);
        assert_eq!(graph.faults(), []);
        assert!(graph.is_complete());
    });
}

#[test]
fn the_order_goes_along_branches_and_after_every_requirement() {
    with(&["m1 <- b2 c1", "c1 <- a1", "b2 <- b1", "b1 <- a1", "a1", "d1 <- a1 ~ m1"], |graph| {
        assert_eq!(ids(graph, graph.in_order().to_vec()), ["a1", "c1", "b1", "b2", "m1", "d1"]);
        assert_eq!(graph.unordered(), []);
    });
}

#[test]
fn ancestors_and_descendants_follow_the_links_that_are_asked_for() {
    with(&["a1", "b1 <- a1", "c1 <- a1", "d1 <- b1 ~ c1"], |graph| {
        let of = |id: &str| [graph.of_id(id).unwrap()];
        assert_eq!(sorted(graph, graph.ancestors(of("d1"), Links::Parents)), ["a1", "b1", "d1"]);
        assert_eq!(sorted(graph, graph.ancestors(of("d1"), Links::All)), ["a1", "b1", "c1", "d1"]);
        assert_eq!(sorted(graph, graph.descendants(of("c1"), Links::Parents)), ["c1"]);
        assert_eq!(sorted(graph, graph.descendants(of("c1"), Links::All)), ["c1", "d1"]);
        assert!(graph.ancestors(of("d1"), Links::All).into_set().contains(graph.of_id("c1").unwrap()));
    });
}

#[test]
fn a_long_history_is_no_problem() {
    let mut lines = vec!["r0".to_owned()];
    lines.extend((1..100_000).map(|i| format!("r{i} <- r{}", i - 1)));
    lines.push("x <- y".to_owned());
    lines.push("y <- x".to_owned());
    with_lines(&lines, |graph| {
        assert_eq!(graph.in_order().len(), 100_000);
        let head = graph.of_id("r99999").unwrap();
        assert_eq!(graph.ancestors([head], Links::All).count(), 100_000);
        assert_eq!(ids(graph, graph.resolve("r99999-99999").unwrap()), ["r0"]);
    });
}

fn faults(lines: &[&str]) -> Vec<String> {
    with(lines, |graph| {
        let id = |node: &NodeId| graph.node(*node).id;
        let show = |fault: &Fault<'_>| match fault {
            Fault::MissingParent { node, reference } => format!("{} misses {reference}", id(node)),
            Fault::MissingDependency { node, reference } => format!("{} needs {reference}", id(node)),
            Fault::SelfLoop { node, by_dependency } => format!("{} itself {by_dependency}", id(node)),
            Fault::Cycle { nodes, by_dependency } => {
                format!("{} {by_dependency}", ids(graph, nodes.clone()).join(" "))
            }
            Fault::DuplicateId { nodes } => format!("{} twice", ids(graph, nodes.clone()).join(" ")),
            Fault::LabelClash { node, label, with } => format!("{} {label} {}", id(node), id(with)),
            Fault::IllegalId { node, characters } => format!("{} {characters:?}", id(node)),
            other => format!("{other:?}"),
        };
        graph.faults().iter().map(show).collect()
    })
}

#[test]
fn faults_are_found() {
    assert_eq!(faults(&["abcd1", "b1 <- abcd"]), ["b1 misses abcd"]);
    assert_eq!(faults(&["a1 # lab", "b1 <- lab"]), ["b1 misses lab"]);
    assert_eq!(faults(&["a1 # lab", "b1 ~ lab", "c1 ~ la"]), ["c1 needs la"]);
    assert_eq!(faults(&["a1 <- a1", "b1 ~ b1"]), ["a1 itself false", "b1 itself true"]);
    assert_eq!(faults(&["a1 ~ lab # lab"]), ["a1 itself true"]);
    assert_eq!(faults(&["a1", "c1 <- b1", "b1 <- d1", "d1 <- c1 a1", "e1 <- d1"]), ["c1 b1 d1 false"]);
    assert_eq!(faults(&["a1 ~ b1", "b1 <- a1"]), ["a1 b1 true"]);
    assert_eq!(faults(&["a1", "b1 <- a1", "a1 <- "]), ["a1 a1 twice"]);
    assert_eq!(faults(&["a1 # x x", "b1 # x", "c1 # a1"]), ["a1 x a1", "b1 x a1", "c1 a1 a1"]);
    assert_eq!(faults(&["a-1+2"]), ["a-1+2 ['+', '-']"]);
}

#[test]
fn what_is_behind_a_cycle_has_no_order() {
    with(&["a1", "b1 <- c1", "c1 <- b1", "d1 <- c1", "e1 <- a1"], |graph| {
        assert_eq!(ids(graph, graph.in_order().to_vec()), ["a1", "e1"]);
        assert_eq!(ids(graph, graph.unordered().to_vec()), ["b1", "c1", "d1"]);
    });
}

#[test]
fn the_last_file_with_an_identifier_counts_and_the_others_stay_heads() {
    with(&["a1", "a1", "b1 <- a1"], |graph| {
        assert_eq!(ids(graph, graph.heads()), ["a1", "b1"]);
        assert_eq!(ids(graph, graph.in_order().to_vec()), ["a1", "b1"]);
        let first = graph.of_file(FileId(0)).unwrap();
        assert!(graph.node(first).is_shadowed);
        assert_eq!(graph.of_id("a1"), graph.of_file(FileId(1)));
    });
}

#[test]
fn labels_spread_along_their_branch() {
    with(&["a1", "b1 <- a1", "c1 <- b1 # lib", "d1 <- c1", "x1 <- a1"], |graph| {
        let labels = |id: &str| graph.labels(graph.of_id(id).unwrap()).join(" ");
        let all: Vec<String> = ["a1", "b1", "c1", "d1", "x1"].map(labels).to_vec();
        assert_eq!(all, ["", "lib", "lib", "lib", ""]);
    });
    with(&["a1", "b1 <- a1 # lib", "c1 <- b1", "d1 <- b1"], |graph| {
        let labels = |id: &str| graph.labels(graph.of_id(id).unwrap()).join(" ");
        assert_eq!(["a1", "b1", "c1", "d1"].map(labels), ["", "lib", "lib", "lib"]);
    });
}

#[test]
fn references_mean_what_alembic_takes_them_for() {
    let lines = ["ae10", "ae1027 <- ae10 # lib", "bb01 <- ae10", "cc01 <- bb01", "dd01 <- ae1027"];
    with(&lines, |graph| {
        let means = |reference: &str| graph.resolve(reference).map(|nodes| ids(graph, nodes).join(" "));
        let is = |reference: &str, expected: &str| {
            assert_eq!(means(reference).as_deref(), Ok(expected), "{reference}");
        };
        is("ae10", "ae10");
        is("ae102", "ae1027");
        is("c", "cc01");
        is("lib", "ae1027");
        is("base", "");
        is("heads", "cc01 dd01");
        is("lib@head", "dd01");
        is("lib@base", "");
        is("lib@heads-1", "ae1027");
        is("dd01-1", "ae1027");
        is("dd01-3", "");
        is("-1", "bb01 ae1027");
        is("lib@-1", "ae1027");
        is("+1", "ae10");
        is("lib@ae10+1", "ae1027");
        is("bb01+1", "cc01");
        assert!(matches!(means("head"), Err(ResolveError::MultipleHeads { .. })));
        assert!(matches!(means("a"), Err(ResolveError::Ambiguous { .. })));
        assert!(matches!(means("ae10+1"), Err(ResolveError::AmbiguousWalk { .. })));
        assert!(matches!(means("dd01-4"), Err(ResolveError::TooFar { .. })));
        assert!(matches!(means("lib@cc01"), Err(ResolveError::NotOnBranch { .. })));
        assert!(matches!(means("nope@head"), Err(ResolveError::NoSuchBranch { .. })));
        let error = means("ae1072").unwrap_err().to_string();
        assert_eq!(error, "there is no revision or branch `ae1072`; did you mean `ae10`, `ae1027`?");
    });
}

#[test]
fn revisions_run_in_the_order_of_alembic() {
    // What `RevisionMap.iterate_revisions("heads", "base")` of Alembic 1.20 gives, reversed.
    let cases: [(&[&str], &str); 6] = [
        (
            &[
                "r3x <- r0x",
                "r6x <- r1x r3x",
                "r1x <- r0x",
                "r4x <- r2x",
                "r0x <-",
                "r5x <- r1x r4x",
                "r2x <- r0x",
                "r7x <- r2x r6x",
            ],
            "r0x r1x r3x r6x r2x r4x r7x r5x",
        ),
        (
            &[
                "r6x <- r3x r0x",
                "r3x <- r0x r1x",
                "r0x <-",
                "r1x <- r0x",
                "r4x <- r3x",
                "r5x <- r0x ~ r1x",
                "r2x <- r0x",
            ],
            "r0x r2x r1x r5x r3x r4x r6x",
        ),
        (
            &[
                "r1x <- r0x",
                "r4x <- r3x r1x",
                "r3x <- r1x",
                "r7x <- r4x r3x",
                "r0x <-",
                "r6x <- r1x r3x",
                "r2x <- r1x",
                "r5x <- r0x",
            ],
            "r0x r1x r5x r3x r2x r6x r4x r7x",
        ),
        (
            &[
                "r4x <- r0x ~ r1x",
                "r2x <- r1x ~ r0x",
                "r1x <- r0x",
                "r3x <- r0x r2x",
                "r5x <-",
                "r0x <-",
                "r7x <-",
                "r6x <- r2x r1x",
            ],
            "r0x r1x r2x r5x r7x r6x r3x r4x",
        ),
        (
            &[
                "r7x <- r3x r1x",
                "r3x <- r1x r0x",
                "r0x <-",
                "r5x <-",
                "r1x <- r0x",
                "r6x <- r3x",
                "r4x <-",
                "r2x <- r1x",
            ],
            "r0x r1x r4x r2x r3x r5x r6x r7x",
        ),
        (
            &[
                "r3x <- r0x r1x ~ r2x",
                "r6x <- r2x r0x",
                "r4x <-",
                "r7x <- r4x",
                "r2x <- r1x",
                "r0x <-",
                "r1x <- r0x",
                "r5x <- r1x",
            ],
            "r0x r1x r2x r4x r7x r5x r6x r3x",
        ),
    ];
    for (lines, expected) in cases {
        with(lines, |graph| {
            let heads: Vec<_> = graph.effective_heads().collect();
            assert_eq!(ids(graph, graph.running_order(&heads)).join(" "), expected, "{lines:?}");
        });
    }
}

#[test]
fn a_long_history_runs_in_a_time_that_grows_with_it() {
    let lines: Vec<String> = (0..100_000)
        .map(|i: u32| match i {
            0 => "r0 <-".to_owned(),
            i if i % 10 == 0 => format!("r{i} <- r{} r{}", i - 1, i - 2),
            i if i % 10 == 9 => format!("r{i} <- r{}", i - 2),
            i => format!("r{i} <- r{}", i - 1),
        })
        .collect();
    with_lines(&lines, |graph| {
        let heads: Vec<_> = graph.effective_heads().collect();
        assert_eq!(graph.running_order(&heads).len(), lines.len());
    });
}

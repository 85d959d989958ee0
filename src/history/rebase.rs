//! Which revision goes behind which head when a branch has several: the plan of `alembic-lint rebase`. Edits no text.

use std::collections::BTreeSet;

use super::graph::{Graph, Links, NodeId, NodeSet};
use crate::operation::Operation;
use crate::revision::Revision;

/// What is known of the two sides of a history.
#[derive(Clone, Copy)]
pub struct Sides<'a> {
    /// Whether databases may have run a revision.
    pub is_applied: &'a dyn Fn(NodeId) -> bool,
    /// Whether a merge or rebase of git that is under way takes it from the side that is merged already. Asked where
    /// no head is applied.
    pub is_upstream: &'a dyn Fn(NodeId) -> bool,
}

/// What a person asks for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Request {
    /// A revision of the side that moves.
    pub revision: Option<NodeId>,
    /// The head that it goes behind.
    pub onto: Option<NodeId>,
}

/// One down revision that is to be another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repointing {
    /// The revision whose `down_revision` changes.
    pub revision: NodeId,
    /// The down revision it has.
    pub from: NodeId,
    /// The head it gets instead.
    pub to: NodeId,
}

/// Why nothing is done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nothing tells which head is the merged one.
    #[error(
        "neither git nor another source tells which of the heads {} is merged; name the revision that moves \
         (`alembic-lint rebase {}`) or the head it goes behind (`--onto {}`)",
        list(.heads), first(.heads), last(.heads)
    )]
    NoneIsMerged {
        /// The heads.
        heads: Vec<String>,
    },
    /// Several heads are merged.
    #[error(
        "the heads {} are all merged, and merged revisions are never written; join them with `alembic merge {}`, or \
         choose one with `--onto`", list(.merged), merging(.merged)
    )]
    SeveralAreMerged {
        /// The merged heads.
        merged: Vec<String>,
    },
    /// Several heads could move.
    #[error("the heads {} are not merged; name the one that goes behind {target}: `alembic-lint rebase {}`",
        list(.unmerged), first(.unmerged), target = quoted(.target))]
    SeveralAreUnmerged {
        /// The heads that are not merged.
        unmerged: Vec<String>,
        /// The head they could go behind.
        target: String,
    },
    /// What would be written is applied or merged.
    #[error("`{revision}` is applied or merged, and such a revision is never written; join the heads with \
             `alembic merge {}`", merging(.heads))]
    IsMerged {
        /// The revision.
        revision: String,
        /// The heads.
        heads: Vec<String>,
    },
    /// The named revision leads to no head, or to all of them.
    #[error("`{revision}` is no revision of one side: the heads are {}", list(.heads))]
    OnNoSide {
        /// The revision.
        revision: String,
        /// The heads.
        heads: Vec<String>,
    },
    /// `--onto` names something else than a head that the revision can go behind.
    #[error("`{onto}` is no other head of the same branch: the heads are {}", list(.heads))]
    NoHead {
        /// What was named.
        onto: String,
        /// The heads.
        heads: Vec<String>,
    },
    /// The side that moves does not hang on the other one in one place.
    #[error("`{head}` does not hang on the history of `{target}` by one revision{}; edit `down_revision` by hand, or join \
             the heads with `alembic merge {head} {target}`", by(.revisions))]
    SeveralPlaces {
        /// The head of the side that moves.
        head: String,
        /// The head that it would go behind.
        target: String,
        /// The revisions whose `down_revision` leads there.
        revisions: Vec<String>,
    },
}

fn quoted(name: &str) -> String {
    format!("`{name}`")
}

fn list(names: &[String]) -> String {
    /// How many names people read.
    const SHOWN: usize = 10;
    let mut parts: Vec<String> = names.iter().take(SHOWN).map(|name| quoted(name)).collect();
    if names.len() > SHOWN {
        parts.push(format!("{} more", names.len() - SHOWN));
    }
    parts.join(", ")
}

fn by(names: &[String]) -> String {
    if names.is_empty() { String::new() } else { format!(" but by {}", list(names)) }
}

/// What `alembic merge` is to join.
fn merging(names: &[String]) -> String {
    if names.len() > 10 { "heads".to_owned() } else { names.join(" ") }
}

fn first(names: &[String]) -> &str {
    names.first().map_or("", String::as_str)
}

fn last(names: &[String]) -> &str {
    names.last().map_or("", String::as_str)
}

/// What to do about each branch of `graph` that has several heads; nothing where none has. With a request, only about
/// the branch it names.
pub fn plan(graph: &Graph<'_>, sides: Sides<'_>, request: Request) -> Result<Vec<Repointing>, Refusal> {
    let groups = graph.contested_heads();
    let mut plans = Vec::new();
    for heads in &groups {
        let group = Group::new(graph, heads, sides);
        if request.revision.is_some_and(|revision| group.sides_of(revision).0.is_empty())
            || (request.revision.is_none() && request.onto.is_some_and(|onto| !heads.contains(&onto)))
        {
            continue;
        }
        plans.push(group.plan(request)?);
    }
    let heads = || ids(graph, groups.iter().flatten());
    match (request.revision, request.onto) {
        _ if !plans.is_empty() || groups.is_empty() => Ok(plans),
        (Some(revision), _) => {
            Err(Refusal::OnNoSide { revision: graph.node(revision).id.to_owned(), heads: heads() })
        }
        (None, Some(onto)) => Err(Refusal::NoHead { onto: graph.node(onto).id.to_owned(), heads: heads() }),
        (None, None) => Ok(plans),
    }
}

fn ids<'n>(graph: &Graph<'_>, nodes: impl IntoIterator<Item = &'n NodeId>) -> Vec<String> {
    nodes.into_iter().map(|node| graph.node(*node).id.to_owned()).collect()
}

/// The heads of one branch.
struct Group<'g, 'a> {
    graph: &'g Graph<'a>,
    heads: &'g [NodeId],
    sides: Sides<'g>,
    /// Whether no head is applied, so that a merge under way tells.
    asks_git: bool,
}

impl<'g, 'a> Group<'g, 'a> {
    fn new(graph: &'g Graph<'a>, heads: &'g [NodeId], sides: Sides<'g>) -> Self {
        let is_applied = sides.is_applied;
        Self { graph, heads, sides, asks_git: !heads.iter().any(|head| is_applied(*head)) }
    }

    fn is_merged(&self, node: NodeId) -> bool {
        (self.sides.is_applied)(node) || (self.asks_git && (self.sides.is_upstream)(node))
    }

    /// The heads that a revision leads to, and the others.
    fn sides_of(&self, revision: NodeId) -> (Vec<NodeId>, Vec<NodeId>) {
        let above = self.graph.descendants([revision], Links::Parents).into_set();
        self.heads.iter().partition(|head| above.contains(**head))
    }

    fn ids(&self, nodes: &[NodeId]) -> Vec<String> {
        ids(self.graph, nodes)
    }

    fn id(&self, node: NodeId) -> String {
        self.graph.node(node).id.to_owned()
    }

    fn plan(&self, request: Request) -> Result<Repointing, Refusal> {
        let (moving, others) = match request.revision {
            Some(revision) => self.sides_of(revision),
            None => (Vec::new(), self.heads.to_vec()),
        };
        if let (Some(revision), true) = (request.revision, others.is_empty()) {
            return Err(Refusal::OnNoSide { revision: self.id(revision), heads: self.ids(self.heads) });
        }
        let target = self.target(&others, request)?;
        let moving: Vec<NodeId> = match request.revision {
            Some(_) => moving,
            None => others.iter().copied().filter(|head| *head != target && !self.is_merged(*head)).collect(),
        };
        let is_merged = |node| Refusal::IsMerged { revision: self.id(node), heads: self.ids(self.heads) };
        if moving.is_empty() {
            return Err(is_merged(others.iter().find(|head| **head != target).copied().unwrap_or(target)));
        }
        let found = self.repointing(&moving, target)?;
        let mut rewritten = self.graph.descendants([found.revision], Links::All);
        match rewritten.find(|node| self.is_merged(*node)) {
            Some(merged) => Err(is_merged(merged)),
            None => Ok(found),
        }
    }

    /// The head that the others go behind.
    fn target(&self, others: &[NodeId], request: Request) -> Result<NodeId, Refusal> {
        if let Some(onto) = request.onto {
            return if others.contains(&onto) {
                Ok(onto)
            } else {
                Err(Refusal::NoHead { onto: self.id(onto), heads: self.ids(self.heads) })
            };
        }
        let merged: Vec<NodeId> = others.iter().copied().filter(|head| self.is_merged(*head)).collect();
        match (merged.as_slice(), others) {
            ([one], _) => Ok(*one),
            ([], [one]) if request.revision.is_some() => Ok(*one),
            ([], _) => Err(Refusal::NoneIsMerged { heads: self.ids(others) }),
            _ => Err(Refusal::SeveralAreMerged { merged: self.ids(&merged) }),
        }
    }

    /// The link by which all of `moving` hang on the history of `target`. Where merges tied them there again and again,
    /// the last one counts: all others are below it.
    fn repointing(&self, moving: &[NodeId], target: NodeId) -> Result<Repointing, Refusal> {
        let graph = self.graph;
        let below = graph.ancestors([target], Links::Parents).into_set();
        let own =
            graph.ancestors(moving.iter().copied(), Links::Parents).filter(|node| !below.contains(*node));
        let links: Vec<(NodeId, NodeId)> = own
            .flat_map(|node| graph.node(node).parents.iter().map(move |parent| (node, *parent)))
            .filter(|(_, parent)| below.contains(*parent))
            .collect();
        let refuse = || match moving {
            [head] => Refusal::SeveralPlaces {
                head: self.id(*head),
                target: self.id(target),
                revisions: ids(graph, links.iter().map(|(node, _)| node)),
            },
            _ => Refusal::SeveralAreUnmerged { unmerged: self.ids(moving), target: self.id(target) },
        };
        let mut ends = NodeSet::new(graph.len());
        for (node, _) in &links {
            ends.insert(*node);
        }
        let last = graph.in_order().iter().rfind(|node| ends.contains(**node)).copied().ok_or_else(refuse)?;
        let needed = graph.ancestors([last], Links::Parents).into_set();
        let above = graph.descendants([last], Links::Parents).into_set();
        let mut own = links.iter().filter(|(node, _)| *node == last);
        let holds_all = links.iter().all(|(node, _)| needed.contains(*node))
            && moving.iter().all(|head| above.contains(*head));
        match (own.next(), own.next()) {
            (Some((revision, from)), None) if holds_all => {
                Ok(Repointing { revision: *revision, from: *from, to: target })
            }
            _ => Err(refuse()),
        }
    }
}

/// What both sides of a repointing do, as far as it can be known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shared {
    /// The tables that both change, in backticks, sorted.
    pub tables: Vec<String>,
    /// Whether a revision of either side holds something that could not be read.
    pub is_incomplete: bool,
}

/// What the revisions that move and those that they have not seen yet change both.
pub fn shared<'r>(
    graph: &Graph<'_>,
    repointing: &Repointing,
    revision: impl Fn(NodeId) -> Option<&'r Revision>,
) -> Shared {
    let moving = graph.descendants([repointing.revision], Links::All).into_set();
    let known = graph.ancestors(moving.iter(), Links::Parents).into_set();
    let unseen = graph.ancestors([repointing.to], Links::Parents).filter(|node| !known.contains(*node));
    let mut is_incomplete = false;
    let mut tables = |nodes: &mut dyn Iterator<Item = NodeId>| {
        let mut tables = BTreeSet::new();
        for body in nodes.filter_map(|node| revision(node)?.upgrade_on_dialect()) {
            is_incomplete |= !body.unresolved.is_empty();
            for table in body.operations.iter().filter_map(Operation::target) {
                let is_known = table.name.known().is_some() && !table.schema.is_unknown();
                is_incomplete |= !is_known;
                tables.extend(is_known.then(|| table.quoted()));
            }
        }
        tables
    };
    let ours = tables(&mut moving.iter());
    let theirs = tables(&mut unseen.into_iter());
    Shared { tables: ours.intersection(&theirs).cloned().collect(), is_incomplete }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::graph::File;
    use crate::revision::{Identifier, IdentifierValue, Identifiers};
    use crate::source::FileId;

    /// Plans over `id <- parents`; identifiers with `!` are applied, those with `^` upstream.
    fn planned(lines: &[&str], revision: Option<&str>, onto: Option<&str>) -> Result<Vec<String>, Refusal> {
        let value = |words: &str| {
            let words = words.replace(['!', '^'], "");
            let words: Vec<Box<str>> = words.split_whitespace().map(Box::from).collect();
            let value = match words.as_slice() {
                [] => IdentifierValue::None,
                [one] => IdentifierValue::One(one.clone()),
                _ => IdentifierValue::Many(words),
            };
            Identifier { span: None, value }
        };
        let revisions: Vec<Revision> = lines
            .iter()
            .map(|line| {
                let (id, parents) = line.split_once("<-").unwrap_or((line, ""));
                let (parents, labels) = parents.split_once('#').unwrap_or((parents, ""));
                let identifiers = Identifiers {
                    revision: value(id),
                    down_revision: value(parents),
                    branch_labels: value(labels),
                    ..Identifiers::default()
                };
                Revision { identifiers, ..Revision::default() }
            })
            .collect();
        let files = revisions.iter().zip(0..);
        let graph =
            Graph::new(files.map(|(revision, id)| File { id: FileId(id), path: "x.py", revision }).collect());
        let is_marked = |node: NodeId, mark: char| {
            let id = lines[node.index()].split("<-").next().unwrap_or_default();
            id.contains(mark)
        };
        let sides =
            Sides { is_applied: &|node| is_marked(node, '!'), is_upstream: &|node| is_marked(node, '^') };
        let named = |id: Option<&str>| id.map(|id| graph.of_id(id).unwrap());
        let plans = plan(&graph, sides, Request { revision: named(revision), onto: named(onto) })?;
        let id = |node: NodeId| graph.node(node).id;
        let shown =
            plans.iter().map(|plan| format!("{}: {} -> {}", id(plan.revision), id(plan.from), id(plan.to)));
        Ok(shown.collect())
    }

    fn moves(lines: &[&str]) -> Vec<String> {
        planned(lines, None, None).unwrap()
    }

    #[test]
    fn the_start_of_what_is_not_applied_goes_behind_the_applied_head() {
        assert_eq!(moves(&["a!", "b! <- a", "c <- a"]), ["c: a -> b"]);
        assert_eq!(moves(&["a!", "b! <- a", "c <- a", "d <- c", "e! <- b"]), ["c: a -> e"]);
        assert_eq!(moves(&["a!", "b! <- a"]), [""; 0]);
        assert_eq!(moves(&["a!", "b! <- a #x", "c <- a #y"]), [""; 0]);
        assert_eq!(moves(&["a!", "b! <- a", "c <- a", "d <- c", "e <- c"]), ["c: a -> b"]);
    }

    #[test]
    fn git_tells_where_no_head_is_applied() {
        assert_eq!(moves(&["a!", "b^ <- a", "c <- a"]), ["c: a -> b"]);
        assert_eq!(moves(&["a!", "b! <- a", "c^ <- a"]), ["c: a -> b"]);
    }

    #[test]
    fn a_merge_revision_that_moves_gets_the_new_head_in_place_of_the_old_one() {
        assert_eq!(moves(&["a!", "b! <- a", "c <- a", "m <- c b", "d! <- b"]), ["m: b -> d"]);
        let twice = ["a!", "b! <- a", "c! <- a", "m <- b c", "n! <- b c"];
        assert!(matches!(planned(&twice, None, None), Err(Refusal::SeveralPlaces { .. })));
    }

    #[test]
    fn where_several_could_move_one_is_named() {
        let lines = ["a!", "b! <- a", "c <- a", "d <- a"];
        let error = planned(&lines, None, None).unwrap_err();
        assert!(error.to_string().contains("the heads `c`, `d` are not merged"), "{error}");
        assert!(error.to_string().contains("`alembic-lint rebase c`"), "{error}");
        assert_eq!(planned(&lines, Some("d"), None).unwrap(), ["d: a -> b"]);
        assert_eq!(planned(&lines, Some("d"), Some("c")).unwrap(), ["d: a -> c"]);
        assert!(matches!(planned(&lines, Some("a"), None), Err(Refusal::OnNoSide { .. })));
        assert!(matches!(planned(&lines, Some("c"), Some("a")), Err(Refusal::NoHead { .. })));
    }

    #[test]
    fn where_nothing_is_known_a_person_decides() {
        let lines = ["a", "b <- a", "c <- a"];
        let error = planned(&lines, None, None).unwrap_err();
        assert!(matches!(error, Refusal::NoneIsMerged { .. }), "{error}");
        assert_eq!(planned(&lines, Some("b"), None).unwrap(), ["b: a -> c"]);
        assert_eq!(planned(&lines, None, Some("b")).unwrap(), ["c: a -> b"]);
    }

    #[test]
    fn what_is_applied_never_moves() {
        let lines = ["a!", "b! <- a", "c! <- a"];
        assert!(matches!(planned(&lines, None, None), Err(Refusal::SeveralAreMerged { .. })));
        assert!(matches!(planned(&lines, Some("c"), None), Err(Refusal::IsMerged { .. })));
        assert!(matches!(planned(&lines, None, Some("b")), Err(Refusal::IsMerged { .. })));
        let below = ["a!", "b! <- a", "c! <- a", "d <- c"];
        assert!(matches!(planned(&below, None, None), Err(Refusal::IsMerged { .. })));
    }
}

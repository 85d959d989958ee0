//! What a reference on a command line means: `ae10+2`, `head-1`, `label@head`, `base` (`RevisionMap.get_revisions`,
//! `_parse_upgrade_target`). Knows no database, so `+1` alone counts from the base.

use super::{Graph, Links, NodeId, NodeSet};

/// How many candidates an error names.
const SHOWN: usize = 5;

/// Why a reference means no revision, or not exactly one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// Nothing is called so.
    #[error("there is no revision or branch `{reference}`{}", suggestion(.nearest))]
    Unknown {
        /// What was asked for.
        reference: String,
        /// What may have been meant.
        nearest: Vec<String>,
    },
    /// Several identifiers start so.
    #[error("several revisions start with `{reference}`: {}; give more characters", list(.candidates))]
    Ambiguous {
        /// What was asked for.
        reference: String,
        /// Identifiers and labels, in load order.
        candidates: Vec<String>,
    },
    /// The part before `@` is neither a label nor a revision.
    #[error("there is no branch `{label}`{}", labels_known(.labels))]
    NoSuchBranch {
        /// What was asked for.
        label: String,
        /// All labels of the history, sorted.
        labels: Vec<String>,
    },
    /// The revision exists on other branches only.
    #[error("revision `{revision}` is not on the branch `{label}`")]
    NotOnBranch {
        /// The revision.
        revision: String,
        /// The branch that was asked for.
        label: String,
    },
    /// `head` where there are several.
    #[error("`{reference}` means one head, and there are several: {}; name one of them, or say `heads`", list(.heads))]
    MultipleHeads {
        /// What was asked for.
        reference: String,
        /// The heads in load order.
        heads: Vec<String>,
    },
    /// A relative reference that comes to a fork or a merge.
    #[error("`{reference}` has several ways to go: {}; name the revision", list(.candidates))]
    AmbiguousWalk {
        /// What was asked for.
        reference: String,
        /// The revisions it could go on to.
        candidates: Vec<String>,
    },
    /// A relative reference that leads out of the history.
    #[error("`{reference}` goes beyond the last revision of the history")]
    TooFar {
        /// What was asked for.
        reference: String,
    },
}

fn list(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    let rest = if names.len() > SHOWN { ", .." } else { "" };
    format!("{}{rest}", shown.join(", "))
}

fn suggestion(nearest: &[String]) -> String {
    if nearest.is_empty() { String::new() } else { format!("; did you mean {}?", list(nearest)) }
}

fn labels_known(labels: &[String]) -> String {
    if labels.is_empty() {
        "; no revision sets a label".to_owned()
    } else {
        format!("; there is {}", list(labels))
    }
}

/// What a name stands for before the label before `@` is looked at.
enum Name {
    Base,
    Node(NodeId),
}

impl<'a> Graph<'a> {
    /// The revisions that a reference means; none for `base`.
    ///
    /// A full identifier or label goes first; any beginning that fits one identifier or label alone will do.
    pub fn resolve(&self, reference: &str) -> Result<Vec<NodeId>, ResolveError> {
        let (label, name) = match reference.split_once('@') {
            Some((label, name)) => (Some(label), name),
            None => (None, reference),
        };
        if let Some((symbol, steps)) = relative(name) {
            return self.resolve_relative(reference, label, symbol, steps);
        }
        match name {
            "base" => Ok(Vec::new()),
            "heads" => match label {
                Some(label) => self.heads_of(label),
                None => Ok(self.effective_heads().map(|head| self.kept(head)).collect()),
            },
            _ => Ok(self.resolve_name(reference, label, name)?.into_iter().collect()),
        }
    }

    /// The one revision that a reference means; `None` for `base`.
    pub fn resolve_one(&self, reference: &str) -> Result<Option<NodeId>, ResolveError> {
        match self.resolve(reference)?.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(*one)),
            several => Err(ResolveError::MultipleHeads {
                reference: reference.to_owned(),
                heads: self.names(several),
            }),
        }
    }

    /// The identifiers and labels that come nearest to `reference`, for suggestions; best first.
    pub fn nearest(&self, reference: &str) -> Vec<&'a str> {
        /// Below this likeness a suggestion would be a guess.
        const LEAST: f64 = 0.75;
        let mut scored: Vec<(f64, &'a str)> = self
            .ids()
            .chain(self.nodes.iter().flat_map(|node| node.own_labels.iter().copied()))
            .map(|name| {
                let is_part = name.len() > 3 && reference.len() > 3;
                let starts = is_part && (name.starts_with(reference) || reference.starts_with(name));
                (if starts { 1.0 } else { strsim::normalized_damerau_levenshtein(name, reference) }, name)
            })
            .filter(|(score, name)| *score >= LEAST && *name != reference)
            .collect();
        scored.sort_by(|(a, x), (b, y)| b.total_cmp(a).then_with(|| x.cmp(y)));
        scored.into_iter().map(|(_, name)| name).take(SHOWN).collect()
    }

    /// Of files with one identifier each is a head; the last one stands for all.
    fn kept(&self, id: NodeId) -> NodeId {
        self.of_id(self.node(id).id).unwrap_or(id)
    }

    fn names(&self, nodes: &[NodeId]) -> Vec<String> {
        nodes.iter().map(|node| self.node(*node).id.to_owned()).collect()
    }

    /// `head`, an identifier, a label or the beginning of one.
    fn resolve_name(
        &self,
        reference: &str,
        label: Option<&str>,
        name: &str,
    ) -> Result<Option<NodeId>, ResolveError> {
        if name == "head" {
            let heads = match label {
                Some(label) => self.heads_of(label)?,
                None => self.heads().collect(),
            };
            return match heads.as_slice() {
                [] => Ok(None),
                [head] => Ok(Some(*head)),
                several => Err(ResolveError::MultipleHeads {
                    reference: reference.to_owned(),
                    heads: self.names(several),
                }),
            };
        }
        let lineage = label.map(|label| self.lineage(label)).transpose()?;
        match self.named(name, lineage.as_ref())? {
            Name::Base => Ok(None),
            Name::Node(node) => match (label, lineage) {
                (Some(label), Some(lineage)) if !lineage.contains(node) => {
                    let revision = self.node(node).id.to_owned();
                    Err(ResolveError::NotOnBranch { revision, label: label.to_owned() })
                }
                _ => Ok(Some(node)),
            },
        }
    }

    fn named(&self, name: &str, lineage: Option<&NodeSet>) -> Result<Name, ResolveError> {
        if name == "base" {
            return Ok(Name::Base);
        }
        if let Some(node) = self.of_id(name).or_else(|| self.of_label(name)) {
            return Ok(Name::Node(node));
        }
        // Alembic wants four characters of the whole name, not of what is typed.
        let long = |full: &str| full.chars().nth(3).is_some() && full.starts_with(name);
        let ids =
            self.nodes().filter(|(_, node)| !node.is_shadowed && long(node.id)).map(|(id, n)| (n.id, id));
        let mut labels: Vec<_> =
            self.by_label.iter().filter(|(label, _)| long(label)).map(|(label, id)| (*label, *id)).collect();
        labels.sort_unstable();
        let candidates: Vec<(&str, NodeId)> = ids
            .chain(labels)
            .filter(|(_, node)| lineage.is_none_or(|lineage| lineage.contains(*node)))
            .collect();
        match candidates.as_slice() {
            [(_, node)] if !name.is_empty() => Ok(Name::Node(*node)),
            [] | [_] => Err(ResolveError::Unknown {
                reference: name.to_owned(),
                nearest: self.nearest(name).into_iter().map(str::to_owned).collect(),
            }),
            several => Err(ResolveError::Ambiguous {
                reference: name.to_owned(),
                candidates: several.iter().map(|(name, _)| (*name).to_owned()).collect(),
            }),
        }
    }

    /// The revision that the part before `@` stands for, with its ancestors and descendants.
    fn lineage(&self, label: &str) -> Result<NodeSet, ResolveError> {
        let unknown = || {
            let mut labels: Vec<String> = self.by_label.keys().map(|label| (*label).to_owned()).collect();
            labels.sort();
            ResolveError::NoSuchBranch { label: label.to_owned(), labels }
        };
        let Ok(Name::Node(node)) = self.named(label, None) else { return Err(unknown()) };
        let mut lineage = self.ancestors([node], Links::Parents).into_set();
        for descendant in self.descendants([node], Links::Parents) {
            lineage.insert(descendant);
        }
        Ok(lineage)
    }

    fn heads_of(&self, label: &str) -> Result<Vec<NodeId>, ResolveError> {
        let lineage = self.lineage(label)?;
        Ok(self.heads().map(|head| self.kept(head)).filter(|head| lineage.contains(*head)).collect())
    }

    fn resolve_relative(
        &self,
        reference: &str,
        label: Option<&str>,
        symbol: Option<&str>,
        steps: i64,
    ) -> Result<Vec<NodeId>, ResolveError> {
        // Upwards the label chooses the way, downwards the start.
        let start_label = label.filter(|_| steps < 0);
        let starts: Vec<Option<NodeId>> = match symbol {
            Some("heads") => match start_label {
                Some(label) => vec![self.resolve_one(&format!("{label}@heads"))?],
                None => vec![self.resolve_one("heads")?],
            },
            Some(symbol) => vec![self.resolve_name(reference, start_label, symbol)?],
            None if steps < 0 => {
                let on_branch = |head: &NodeId| label.is_none_or(|label| self.labels(*head).contains(&label));
                self.effective_heads().map(|head| self.kept(head)).filter(on_branch).map(Some).collect()
            }
            None => vec![None],
        };
        let lineage = label.filter(|_| steps > 0).map(|label| self.lineage(label)).transpose()?;
        let ends: Result<Vec<Option<NodeId>>, _> =
            starts.into_iter().map(|start| self.step(reference, start, steps, lineage.as_ref())).collect();
        Ok(ends?.into_iter().flatten().collect())
    }

    /// `RevisionMap._walk`.
    fn step(
        &self,
        reference: &str,
        start: Option<NodeId>,
        steps: i64,
        lineage: Option<&NodeSet>,
    ) -> Result<Option<NodeId>, ResolveError> {
        let too_far = || ResolveError::TooFar { reference: reference.to_owned() };
        // A cycle could be walked for ever.
        if steps.unsigned_abs() > self.len() as u64 {
            return Err(too_far());
        }
        let mut current = start;
        for _ in 0..steps.unsigned_abs() {
            let next: Vec<NodeId> = match (current, steps > 0) {
                (None, true) => self.bases().collect(),
                (Some(node), true) => self.node(node).children.clone(),
                (None, false) => Vec::new(),
                (Some(node), false) => self.node(node).parents.clone(),
            };
            let next: Vec<NodeId> =
                next.into_iter().filter(|node| lineage.is_none_or(|set| set.contains(*node))).collect();
            current = match (next.as_slice(), current) {
                ([one], _) => Some(*one),
                ([], Some(_)) if steps < 0 => None,
                ([], _) => return Err(too_far()),
                (several, _) => {
                    return Err(ResolveError::AmbiguousWalk {
                        reference: reference.to_owned(),
                        candidates: self.names(several),
                    });
                }
            };
        }
        Ok(current)
    }
}

/// `(\w+)?([+-]\d+)`.
fn relative(name: &str) -> Option<(Option<&str>, i64)> {
    let at = name.find(['+', '-'])?;
    let (symbol, steps) = name.split_at_checked(at)?;
    let digits = steps.get(1..)?;
    let is_word = symbol.chars().all(|c| c.is_alphanumeric() || c == '_');
    if !is_word || digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(((!symbol.is_empty()).then_some(symbol), steps.parse().ok()?))
}

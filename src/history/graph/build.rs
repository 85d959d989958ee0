//! Makes the graph from what was read of the files.

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{Fault, Graph, IdentifierKind, NOWHERE, Node, NodeId, labels, locations, order};
use crate::project::Project;
use crate::revision::{IdentifierValue, Revision};
use crate::source::{FileId, Role};

/// What Alembic allows in no identifier (`_revision_illegal_chars`).
const ILLEGAL: [char; 4] = ['+', '-', ':', '@'];

/// A revision file.
#[derive(Debug, Clone, Copy)]
pub struct File<'a> {
    /// Its identity.
    pub id: FileId,
    /// Its path as printed.
    pub path: &'a str,
    /// What was read from it.
    pub revision: &'a Revision,
}

/// What a file says of its revision, before anything is resolved.
#[derive(Debug, Clone, Copy)]
struct Entry<'a> {
    file: FileId,
    id: &'a str,
    revision: &'a Revision,
}

impl<'a> Graph<'a> {
    /// The graph of each script directory of `project`, in its order. `revisions` are what was read from
    /// [`Project::files`].
    pub fn of_project(project: &'a Project, revisions: &'a [Option<Revision>]) -> Vec<Self> {
        let directories = project.directories.par_iter().zip(files(project, revisions)).enumerate();
        directories
            .map(|(index, (directory, mut files))| {
                locations::put_in_order(directory, &mut files);
                Self { directory: index, ..Self::new(files) }
            })
            .collect()
    }

    /// The graph of one script directory with the files a merge will bring; those get the identities after the
    /// project's files. What both sides have by now is taken once.
    pub(in crate::history) fn merged(
        project: &'a Project,
        revisions: &'a [Option<Revision>],
        upcoming: &'a [Revision],
        index: usize,
    ) -> Self {
        let mut files = files(project, revisions).into_iter().nth(index).unwrap_or_default();
        let known: FxHashSet<&str> = files.iter().filter_map(|file| file.revision.id()).collect();
        for (place, (file, revision)) in project.upcoming.iter().zip(upcoming).enumerate() {
            if file.directory == index && revision.id().is_some_and(|id| !known.contains(id)) {
                let id = FileId(u32::try_from(project.files.len() + place).unwrap_or(u32::MAX));
                files.push(File { id, path: &file.path, revision });
            }
        }
        if let Some(directory) = project.directories.get(index) {
            locations::put_in_order(directory, &mut files);
        }
        Self { directory: index, ..Self::new(files) }
    }

    /// The histories of the script directory with this index: one, or several where its version locations are
    /// alternatives.
    pub(in crate::history) fn histories(
        project: &'a Project,
        revisions: &'a [Option<Revision>],
        index: usize,
    ) -> Vec<Self> {
        let files = files(project, revisions).into_iter().nth(index).unwrap_or_default();
        let Some(directory) = project.directories.get(index) else { return Vec::new() };
        let histories = locations::histories(directory, files).into_iter();
        histories.map(|files| Self { directory: index, ..Self::new(files) }).collect()
    }

    /// The graph of `files`, given in the order Alembic loads them.
    pub fn new(files: Vec<File<'a>>) -> Self {
        let mut graph = Graph { is_complete: true, ..Graph::default() };
        let mut entries = Vec::new();
        for File { id: file, path, revision } in files {
            if let Some(id) = graph.identify(file, path, revision) {
                entries.push(Entry { file, id, revision });
            }
        }
        graph.add_nodes(&entries);
        graph.add_labels(&entries);
        graph.link(&entries);
        let order::Order { ordered, unordered } = order::order(&graph);
        let cycles = order::cycles(&graph, &unordered);
        graph.faults.extend(cycles);
        (graph.order, graph.unordered) = (ordered, unordered);
        let labels::Labels { sets, of_node } = labels::spread(&graph);
        graph.label_sets = sets;
        for (node, set) in graph.nodes.iter_mut().zip(of_node) {
            node.labels = set;
        }
        graph
    }

    /// The identifier of a file; notes what Alembic would stop at.
    fn identify(&mut self, file: FileId, path: &'a str, revision: &'a Revision) -> Option<&'a str> {
        if !revision.syntax_errors.is_empty() && revision.failure.is_none() {
            self.faults.push(Fault::NotPython { file });
        }
        let identifiers = &revision.identifiers;
        let id = match &identifiers.revision.value {
            IdentifierValue::One(id) => Some(&**id),
            IdentifierValue::Missing if revision.syntax_errors.is_empty() => legacy_id(path),
            _ => None,
        };
        let variables = [
            (IdentifierKind::Revision, &identifiers.revision.value, id.is_some()),
            (IdentifierKind::DownRevision, &identifiers.down_revision.value, false),
            (IdentifierKind::BranchLabels, &identifiers.branch_labels.value, true),
            (IdentifierKind::DependsOn, &identifiers.depends_on.value, true),
        ];
        for (variable, value, may_be_missing) in variables {
            let needs_one = variable == IdentifierKind::Revision;
            match value {
                IdentifierValue::Unknown => {
                    self.is_complete = false;
                    self.faults.push(Fault::Unknown { file, variable });
                }
                IdentifierValue::Unusable(_) => self.faults.push(Fault::Unusable { file, variable }),
                IdentifierValue::Missing if !may_be_missing => {
                    self.faults.push(Fault::Unusable { file, variable });
                }
                IdentifierValue::None | IdentifierValue::Many(_) if needs_one => {
                    self.faults.push(Fault::Unusable { file, variable });
                }
                _ => {}
            }
        }
        id
    }

    fn add_nodes(&mut self, entries: &[Entry<'a>]) {
        let mut files_of: FxHashMap<&'a str, Vec<NodeId>> = FxHashMap::default();
        for (index, entry) in entries.iter().enumerate() {
            let node = NodeId::new(index);
            let identifiers = &entry.revision.identifiers;
            let down = &identifiers.down_revision.value;
            self.nodes.push(Node {
                file: entry.file,
                id: entry.id,
                own_labels: identifiers.branch_labels.value.strings().iter().map(|label| &**label).collect(),
                parent_count: down.strings().len(),
                is_base: match down {
                    IdentifierValue::None => true,
                    IdentifierValue::Many(many) => many.is_empty(),
                    _ => false,
                },
                is_shadowed: false,
                ..NOWHERE.clone()
            });
            self.by_file.insert(entry.file, node);
            files_of.entry(entry.id).or_default().push(node);
            if let Some(before) = self.by_id.insert(entry.id, node)
                && let Some(before) = self.nodes.get_mut(before.index())
            {
                before.is_shadowed = true;
            }
            let mut characters: Vec<char> =
                ILLEGAL.into_iter().filter(|character| entry.id.contains(*character)).collect();
            characters.sort_unstable();
            if !characters.is_empty() {
                self.faults.push(Fault::IllegalId { node, characters });
            }
        }
        let mut duplicates: Vec<Vec<NodeId>> =
            files_of.into_values().filter(|nodes| nodes.len() > 1).collect();
        duplicates.sort();
        self.faults.extend(duplicates.into_iter().map(|nodes| Fault::DuplicateId { nodes }));
    }

    fn add_labels(&mut self, entries: &[Entry<'a>]) {
        for (index, entry) in entries.iter().enumerate() {
            let node = NodeId::new(index);
            for label in entry.revision.identifiers.branch_labels.value.strings() {
                let label = &**label;
                match self.of_id(label).or_else(|| self.of_label(label)) {
                    Some(with) => self.faults.push(Fault::LabelClash { node, label, with }),
                    None => {
                        self.by_label.insert(label, node);
                    }
                }
            }
        }
    }

    /// Resolves `down_revision` and `depends_on`. Both take full identifiers only; `depends_on` also takes labels.
    fn link(&mut self, entries: &[Entry<'a>]) {
        for (index, entry) in entries.iter().enumerate() {
            let node = NodeId::new(index);
            let identifiers = &entry.revision.identifiers;
            let down = references(identifiers.down_revision.value.strings());
            let dependencies = references(identifiers.depends_on.value.strings());
            if down.contains(&entry.id) {
                self.faults.push(Fault::SelfLoop { node, by_dependency: false });
            } else if dependencies.contains(&entry.id) {
                self.faults.push(Fault::SelfLoop { node, by_dependency: true });
            }
            for reference in down.into_iter().filter(|reference| *reference != entry.id) {
                match self.of_id(reference) {
                    Some(parent) => {
                        self.connect(node, parent, |node| &mut node.parents, |node| &mut node.children);
                    }
                    None => self.faults.push(Fault::MissingParent { node, reference }),
                }
            }
            for reference in dependencies.into_iter().filter(|reference| *reference != entry.id) {
                match self.of_id(reference).or_else(|| self.of_label(reference)) {
                    Some(needed) => {
                        self.connect(
                            node,
                            needed,
                            |node| &mut node.dependencies,
                            |node| &mut node.dependents,
                        );
                    }
                    None => self.faults.push(Fault::MissingDependency { node, reference }),
                }
            }
        }
    }

    /// Adds a link in both directions; a shadowed file has parents but is nobody's child.
    fn connect(
        &mut self,
        from: NodeId,
        to: NodeId,
        down: for<'n> fn(&'n mut Node<'a>) -> &'n mut Vec<NodeId>,
        up: for<'n> fn(&'n mut Node<'a>) -> &'n mut Vec<NodeId>,
    ) {
        let Some(node) = self.nodes.get_mut(from.index()) else { return };
        let is_shadowed = node.is_shadowed;
        let links = down(node);
        if links.contains(&to) {
            return;
        }
        links.push(to);
        if !is_shadowed && let Some(node) = self.nodes.get_mut(to.index()) {
            up(node).push(from);
        }
    }
}

/// The revision files of each script directory.
fn files<'a>(project: &'a Project, revisions: &'a [Option<Revision>]) -> Vec<Vec<File<'a>>> {
    let mut all: Vec<Vec<File<'a>>> = project.directories.iter().map(|_| Vec::new()).collect();
    for ((id, file), revision) in project.files().zip(revisions) {
        if file.role == Role::Revision
            && let (Some(files), Some(revision)) = (all.get_mut(file.directory), revision)
        {
            files.push(File { id, path: &file.path, revision });
        }
    }
    all
}

/// The strings, each once.
fn references(strings: &[Box<str>]) -> Vec<&str> {
    let mut seen = FxHashSet::default();
    strings.iter().map(|string| &**string).filter(|string| seen.insert(*string)).collect()
}

/// Alembic's `_legacy_rev`: a module without `revision` whose name is an identifier.
fn legacy_id(path: &str) -> Option<&str> {
    let stem = path.rsplit('/').next()?.strip_suffix(".py")?;
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    (!stem.is_empty() && stem.bytes().all(is_hex)).then_some(stem)
}

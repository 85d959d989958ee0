//! What can be wrong with a graph. Speaks to nobody; rules do.

use super::{Graph, NodeId};
use crate::source::FileId;

/// An identifier variable of a revision module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentifierKind {
    /// `revision`.
    Revision,
    /// `down_revision`.
    DownRevision,
    /// `branch_labels`.
    BranchLabels,
    /// `depends_on`.
    DependsOn,
}

impl IdentifierKind {
    /// The variable's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Revision => "revision",
            Self::DownRevision => "down_revision",
            Self::BranchLabels => "branch_labels",
            Self::DependsOn => "depends_on",
        }
    }
}

/// Something that Alembic refuses, warns about or stumbles over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault<'a> {
    /// `down_revision` names no revision: `KeyError`. Abbreviated identifiers and branch labels are not accepted here.
    MissingParent {
        /// The revision that names it.
        node: NodeId,
        /// What it names.
        reference: &'a str,
    },
    /// `depends_on` names neither a revision nor a branch label: `KeyError`.
    MissingDependency {
        /// The revision that names it.
        node: NodeId,
        /// What it names.
        reference: &'a str,
    },
    /// A revision names itself: `LoopDetected`, `DependencyLoopDetected`.
    SelfLoop {
        /// The revision.
        node: NodeId,
        /// Whether it does so in `depends_on`.
        by_dependency: bool,
    },
    /// Revisions that come before each other: `CycleDetected`, `DependencyCycleDetected`.
    Cycle {
        /// The revisions, each followed by one it needs; the last one needs the first.
        nodes: Vec<NodeId>,
        /// Whether `depends_on` is a part of it.
        by_dependency: bool,
    },
    /// Several files have one identifier: Alembic warns and takes the last one.
    DuplicateId {
        /// The files in load order.
        nodes: Vec<NodeId>,
    },
    /// A branch label that is an identifier or is set twice: `RevisionError`.
    LabelClash {
        /// The revision that sets it.
        node: NodeId,
        /// The label.
        label: &'a str,
        /// The revision that has it as identifier or label; `node` itself where it sets the label twice.
        with: NodeId,
    },
    /// An identifier with one of `@ - + :`: `RevisionError`.
    IllegalId {
        /// The revision.
        node: NodeId,
        /// The characters, sorted.
        characters: Vec<char>,
    },
    /// An identifier variable that is missing or holds what Alembic cannot use: it stops at this file.
    Unusable {
        /// The file.
        file: FileId,
        /// The variable.
        variable: IdentifierKind,
    },
    /// An identifier variable that only running the module would tell.
    Unknown {
        /// The file.
        file: FileId,
        /// The variable.
        variable: IdentifierKind,
    },
    /// A file that is no Python.
    NotPython {
        /// The file.
        file: FileId,
    },
}

impl Fault<'_> {
    /// The file to look at: the one that says it, the last one of several.
    pub fn file(&self, graph: &Graph<'_>) -> Option<FileId> {
        match self {
            Self::Unusable { file, .. } | Self::Unknown { file, .. } | Self::NotPython { file } => {
                Some(*file)
            }
            Self::MissingParent { node, .. }
            | Self::MissingDependency { node, .. }
            | Self::SelfLoop { node, .. }
            | Self::LabelClash { node, .. }
            | Self::IllegalId { node, .. } => Some(graph.node(*node).file),
            Self::Cycle { nodes, .. } | Self::DuplicateId { nodes } => {
                nodes.last().map(|node| graph.node(*node).file)
            }
        }
    }

    /// Whether Alembic stops with an error for it, whatever the command.
    pub const fn is_error(&self) -> bool {
        !matches!(self, Self::DuplicateId { .. } | Self::Unknown { .. })
    }
}

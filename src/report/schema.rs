//! The schema at a revision, as the `schema` command shows it. All its formats read this.

use crate::history::graph::{Graph, NodeId, ResolveError};
use crate::history::schema::{Doubt, Replay};
use crate::operation::Dialect;
use crate::project::{Project, ScriptDirectory};
use crate::revision::Revision;
use crate::source::FileId;

/// What `schema` shows of one script directory.
#[derive(Debug)]
pub struct Shown<'a> {
    /// The files.
    pub project: &'a Project,
    /// The script directory.
    pub directory: &'a ScriptDirectory,
    /// The revisions whose schema it is: their identifiers.
    pub revisions: Vec<&'a str>,
    /// How many revisions were run.
    pub run: usize,
    /// How many revisions are in a cycle or behind one and were not run.
    pub not_run: usize,
    /// The dialect.
    pub dialect: Dialect,
    /// What was read of all files.
    revisions_read: &'a [Option<Revision>],
    /// The schema.
    pub replay: Replay<'a>,
}

impl<'a> Shown<'a> {
    /// The schema of a script directory at `reference`, or at its heads.
    pub fn new(
        project: &'a Project,
        directory: &'a ScriptDirectory,
        graph: &Graph<'a>,
        revisions: &'a [Option<Revision>],
        dialect: Dialect,
        reference: Option<&str>,
    ) -> Result<Self, ResolveError> {
        let nodes: Vec<NodeId> = match reference {
            Some(reference) => graph.resolve(reference)?,
            None => graph.effective_heads().collect(),
        };
        let replay = Replay::of_targets(graph, revisions, dialect, &directory.naming_convention, &nodes);
        let run = replay.len();
        let mut ids: Vec<&str> = nodes.iter().map(|id| graph.node(*id).id).collect();
        ids.sort_unstable();
        let not_run = graph.unordered().len();
        Ok(Self {
            project,
            directory,
            revisions: ids,
            run,
            not_run,
            dialect,
            revisions_read: revisions,
            replay,
        })
    }

    /// Whether nothing can be there that is not listed.
    pub fn is_complete(&self) -> bool {
        self.replay.schema().is_closed() && self.not_run == 0
    }

    /// The identifier of a revision file.
    pub fn revision_of(&self, file: FileId) -> Option<&'a str> {
        self.revisions_read.get(file.0 as usize)?.as_ref()?.id()
    }

    /// What is not known.
    pub fn doubts(&self) -> &[Doubt] {
        self.replay.doubts()
    }
}

/// The name of a dialect in configuration.
pub(super) const fn dialect_name(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Postgresql => "postgresql",
        Dialect::Mysql => "mysql",
        Dialect::Mariadb => "mariadb",
        Dialect::Sqlite => "sqlite",
    }
}

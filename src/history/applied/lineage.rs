//! What became of each revision of the base commit that is not as it was there. Reads no repository.

use crate::history::History;
use crate::python::meaning::{self, Incomparable};
pub use crate::python::meaning::{Difference, Part};
use crate::revision::Revision;
use crate::source::{Applied, FileId, Role, SourceFile, Span};

/// An applied revision whose file was changed, moved or deleted.
#[derive(Debug, Clone, Copy)]
pub struct Lineage<'a> {
    /// The identifier it has in the base commit.
    pub revision: &'a str,
    /// The file of the base commit.
    pub base: &'a SourceFile,
    /// Its identity; the finding of a deletion is about it.
    pub base_id: FileId,
    /// The text in the base commit.
    base_text: &'a str,
    /// The file that holds it now.
    pub now: Option<FileId>,
}

/// What changed in the meaning of a revision.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Edits {
    /// The parts that differ, where the new text can be compared.
    pub parts: Vec<Difference>,
    /// Whether it was Python and is none any more.
    pub is_broken: bool,
    /// Whether only the index has the change, and not the work tree; the places of `parts` are empty then.
    pub is_staged: bool,
}

impl Edits {
    fn between(base: &str, now: &str) -> Self {
        if base == now {
            return Self::default();
        }
        let (parts, is_broken) = match meaning::differences(base, now) {
            Ok(parts) => (parts, false),
            // What was no Python never ran, so it may be repaired.
            Err(Incomparable::Base) => (Vec::new(), false),
            Err(Incomparable::Now) => (Vec::new(), true),
        };
        Self { parts, is_broken, is_staged: false }
    }

    /// Whether more than identifiers changed.
    pub fn changes_what_it_does(&self) -> bool {
        self.parts.iter().any(|difference| !matches!(difference.part, Part::Identifier { .. }))
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty() && !self.is_broken
    }

    /// The same for a text in the index, which findings cannot point into.
    fn staged(mut self) -> Self {
        self.parts.iter_mut().for_each(|difference| difference.span = Span::default());
        self.is_staged = true;
        self
    }
}

impl Lineage<'_> {
    /// Whether the file has another path than in the base commit.
    pub fn is_moved(&self) -> bool {
        self.now.is_some_and(|now| now != self.base_id)
    }

    /// Whether the file is still in the work tree although the index has lost it.
    pub fn is_staged_deletion(&self, history: &History<'_>) -> bool {
        let is_same = |file: &SourceFile| file.role == Role::Revision && file.path == self.base.path;
        self.now.is_none() && history.project.files.iter().any(is_same)
    }

    /// What the revision does otherwise than in the base commit.
    pub fn edits(&self, history: &History<'_>) -> Edits {
        let Some(now) = self.now.and_then(|now| history.project.file(now)) else {
            return Edits::default();
        };
        let edits = match &now.text {
            Ok(text) => Edits::between(self.base_text, text),
            Err(_) => Edits { is_broken: true, ..Edits::default() },
        };
        match &now.applied {
            Applied::Changed { staged: Some(staged), .. } if edits.is_empty() && !self.is_moved() => {
                Edits::between(self.base_text, staged).staged()
            }
            _ => edits,
        }
    }

    /// The command that brings the file of the base commit back, to the index alone where `is_staged`.
    pub fn restore(&self, history: &History<'_>, is_staged: bool) -> String {
        let directory = history.project.directories.get(self.base.directory);
        let base = directory.and_then(|directory| directory.base.as_ref());
        let commit = base.map_or("<base>", |base| &*base.commit);
        let path = &self.base.path;
        let is_plain = |c: char| c.is_alphanumeric() || "._-/".contains(c);
        let path = if path.chars().all(is_plain) { path.to_string() } else { format!("\"{path}\"") };
        if is_staged {
            format!("git restore --staged --source {commit} -- {path}")
        } else {
            format!("git checkout {commit} -- {path}")
        }
    }
}

/// What holds an identifier of the base commit now.
enum Successor {
    /// This file.
    File(FileId),
    /// Nothing.
    Gone,
    /// Another file of the base commit, which had it as well: one of the two may go.
    Twin,
}

impl History<'_> {
    /// The applied revisions that git knows and that are not as they were in the base commit, in the order of the files.
    pub fn lineages(&self) -> Vec<Lineage<'_>> {
        let mut lineages = Vec::new();
        for (id, file) in self.project.files().filter(|(id, _)| self.is_applied(*id)) {
            let base = match (&file.role, &file.applied) {
                (Role::Deleted, _) => file.text(),
                (Role::Revision, Applied::Changed { base, .. }) => base,
                _ => continue,
            };
            let name = file.name().strip_suffix(".py").unwrap_or(file.name());
            let revision = match self.base_revision(id) {
                Some(revision) if !revision.syntax_errors.is_empty() => continue,
                Some(revision) => revision.id().unwrap_or(name),
                None => name,
            };
            let now = match self.successor(id, file, revision) {
                Successor::File(now) => Some(now),
                Successor::Gone => None,
                Successor::Twin => continue,
            };
            lineages.push(Lineage { revision, base: file, base_id: id, base_text: base, now });
        }
        lineages
    }

    fn successor(&self, id: FileId, file: &SourceFile, revision: &str) -> Successor {
        let is_it = |other: FileId| self.revision(other).and_then(Revision::id) == Some(revision);
        if file.role == Role::Revision && is_it(id) {
            return Successor::File(id);
        }
        let mut others = self
            .project
            .files()
            .filter(|(other, candidate)| {
                candidate.role == Role::Revision
                    && candidate.directory == file.directory
                    && candidate.path != file.path
                    && is_it(*other)
            })
            .peekable();
        let had_any = others.peek().is_some();
        match others.find(|(_, candidate)| candidate.applied == Applied::No) {
            Some((moved, _)) => Successor::File(moved),
            None if had_any => Successor::Twin,
            None if file.role == Role::Revision => Successor::File(id),
            None => Successor::Gone,
        }
    }
}

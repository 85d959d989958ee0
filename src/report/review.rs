//! The revisions that a person is to confirm, in the order in which they run. Both review formats read this.

use rustc_hash::FxHashMap;

use super::place::{Place, Places};
use crate::linter::{Locks, LocksOf};
use crate::operation::Operation;
use crate::project::Project;
use crate::revision::{Body, IdentifierValue, Revision};
use crate::source::{FileId, Role, SourceFile, Span};

/// What `review` shows.
#[derive(Debug)]
pub struct Review<'a> {
    /// The files.
    pub project: &'a Project,
    /// The revisions to confirm, down revisions first.
    pub entries: Vec<Entry<'a>>,
    /// How many selected revisions are applied and left out.
    pub applied: usize,
}

/// One revision to confirm.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// The file's identity.
    pub id: FileId,
    /// The file.
    pub file: &'a SourceFile,
    /// What was read from it.
    pub revision: &'a Revision,
    /// Whether databases may have run it.
    pub is_applied: bool,
    /// What its operations do to tables while they run, where that could be found out.
    pub locks: Option<&'a Locks>,
}

/// The selected revisions; applied ones only if `all`. `locks` are those of each file.
pub fn collect<'a>(
    project: &'a Project,
    revisions: &'a [Option<Revision>],
    locks: &'a [Option<Locks>],
    is_applied: impl Fn(FileId) -> bool,
    all: bool,
) -> Review<'a> {
    let selected = || {
        project
            .files()
            .filter(|(_, file)| file.role == Role::Revision && file.selected)
            .filter_map(|(id, file)| Some((id, file, revisions.get(id.0 as usize)?.as_ref()?)))
    };
    let entries: Vec<_> = selected()
        .map(|(id, file, revision)| {
            let locks = locks.get(id.0 as usize).and_then(Option::as_ref);
            Entry { id, file, revision, is_applied: is_applied(id), locks }
        })
        .filter(|entry| all || !entry.is_applied)
        .collect();
    let applied = if all { 0 } else { selected().count() - entries.len() };
    Review { project, entries: in_running_order(&entries), applied }
}

/// Down revisions and dependencies before what needs them; else by path. Cycles are cut where they close.
fn in_running_order<'a>(entries: &[Entry<'a>]) -> Vec<Entry<'a>> {
    let by_name: FxHashMap<(usize, &str), usize> = entries
        .iter()
        .enumerate()
        .filter_map(|(at, entry)| Some(((entry.file.directory, entry.revision.id()?), at)))
        .collect();
    let mut placed = vec![false; entries.len()];
    let mut order = Vec::with_capacity(entries.len());
    for start in 0..entries.len() {
        // Each item is a revision and whether those before it were already put on the stack. A stack of its
        // own, as histories may be longer than the call stack is deep.
        let mut stack = vec![(start, false)];
        while let Some((at, parents_done)) = stack.pop() {
            let (Some(done), Some(entry)) = (placed.get_mut(at), entries.get(at)) else { continue };
            if parents_done {
                order.push(*entry);
                continue;
            }
            if std::mem::replace(done, true) {
                continue;
            }
            stack.push((at, true));
            let identifiers = &entry.revision.identifiers;
            let needed = identifiers
                .down_revision
                .value
                .strings()
                .iter()
                .chain(identifiers.depends_on.value.strings());
            let mut parents: Vec<_> =
                needed.filter_map(|name| by_name.get(&(entry.file.directory, &**name)).copied()).collect();
            parents.sort_unstable();
            stack.extend(parents.into_iter().rev().map(|parent| (parent, false)));
        }
    }
    order
}

/// One direction of a revision.
#[derive(Debug, Clone, Copy)]
pub(super) enum Direction {
    Upgrade,
    Downgrade,
}

/// Something that was not read, with its place.
#[derive(Debug)]
pub(super) struct Unread<'a> {
    pub(super) place: Place<'a>,
    pub(super) reason: String,
}

impl<'a> Entry<'a> {
    pub(super) fn body(&self, direction: Direction) -> Option<&'a Body> {
        match direction {
            Direction::Upgrade => self.revision.upgrade.as_ref(),
            Direction::Downgrade => self.revision.downgrade.as_ref(),
        }
    }

    /// The operations, each with what it does to tables while it runs.
    pub(super) fn operations(
        &self,
        direction: Direction,
    ) -> impl Iterator<Item = (&'a Operation, &'a LocksOf)> {
        let operations = self.body(direction).map_or(&[][..], |body| &body.operations);
        let locks = self.locks.map_or(&[][..], |locks| match direction {
            Direction::Upgrade => &locks.upgrade,
            Direction::Downgrade => &locks.downgrade,
        });
        operations.iter().zip(locks.iter().chain(std::iter::repeat(&None)))
    }

    /// What could not be read in this direction; why the whole file could not be read belongs to upgrade.
    pub(super) fn unread(&self, direction: Direction, places: &mut Places<'a>) -> Vec<Unread<'a>> {
        let mut unread = Vec::new();
        if let Direction::Upgrade = direction {
            if let Err(reason) = &self.file.text {
                let place = places.place(self.id, Span::default());
                unread.push(Unread { place, reason: reason.to_string() });
            }
            if let Some(error) = self.revision.syntax_errors.first() {
                let place = places.place(self.id, error.span);
                unread.push(Unread {
                    place,
                    reason: format!("the file is no valid Python: {}", error.message),
                });
            }
        }
        for unresolved in self.body(direction).map_or(&[][..], |body| &body.unresolved) {
            let place = places.place(self.id, unresolved.span);
            unread.push(Unread { place, reason: unresolved.reason.to_string() });
        }
        unread
    }

    /// `down_revision` as Alembic sees it, always a list.
    pub(super) fn down_revisions(&self) -> &'a [Box<str>] {
        self.revision.identifiers.down_revision.value.strings()
    }

    pub(super) fn is_base(&self) -> bool {
        matches!(self.revision.identifiers.down_revision.value, IdentifierValue::None)
    }
}

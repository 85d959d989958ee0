//! Which revisions are applied, by whatever tells it: the one place to ask. Reads no repository and no database.

use rustc_hash::{FxHashMap, FxHashSet};

use super::lock::{Entry, Links, Lock};
use crate::history::graph::{self, Graph};
use crate::project::{AppliedSource, Project, ScriptDirectory};
use crate::revision::Revision;
use crate::source::{Applied, FileId, Role, SourceFile, Span};

/// The applied revisions of a project.
#[derive(Debug, Clone, Default)]
pub struct AppliedRevisions {
    /// By file, in the order of [`Project::files`].
    files: Vec<bool>,
    gone: Vec<Gone>,
    changed: Vec<Changed>,
    unknown: Vec<String>,
    /// The script directories whose source does not speak of them.
    left_to_git: FxHashSet<usize>,
}

/// A revision that a lock or a database names and no file has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gone {
    /// Its identifier.
    pub revision: Box<str>,
    /// Where to say it: in the lock, or in the `env.py` of the script directory.
    pub file: FileId,
    /// The place there.
    pub span: Span,
    /// The database that is at it; `None` where a lock names it.
    pub database: Option<Box<str>>,
}

/// A revision that is not what the lock says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Its identifier.
    pub revision: Box<str>,
    /// Its file.
    pub file: FileId,
    /// The lock.
    pub lock: FileId,
    /// Whether it does something else.
    pub is_edited: bool,
    /// Whether it is no Python any more.
    pub is_broken: bool,
    /// The identifier variables that differ, each with both values as they are printed.
    pub links: Vec<(&'static str, String, String)>,
}

impl AppliedRevisions {
    /// Those of `project`. `revisions`, `base_revisions` and `graphs` were made from its files.
    pub fn of(
        project: &Project,
        revisions: &[Option<Revision>],
        base_revisions: &[Option<Box<Revision>>],
        graphs: &[Graph<'_>],
    ) -> Self {
        let mut found = Self { files: vec![false; project.files.len()], ..Self::default() };
        let mut unresolved = Unresolved::default();
        for scope in Scope::all(project, revisions, base_revisions, graphs) {
            match &scope.directory.applied {
                AppliedSource::Unknown => {}
                AppliedSource::Git => found.take_git(&scope),
                AppliedSource::Lock => found.take_lock(&scope),
                AppliedSource::Through(references) => {
                    found.take_references(references, &scope, &mut unresolved);
                }
                AppliedSource::Database { name, heads } => found.take_database(name, heads, &scope),
            }
        }
        found.unknown = unresolved.finish();
        found
    }

    /// Whether databases may have run the revision in a file.
    pub fn contains(&self, id: FileId) -> bool {
        self.files.get(id.0 as usize).copied().unwrap_or(false)
    }

    /// The revisions that are named as applied and that no file has, in the order of the names.
    pub fn gone(&self) -> &[Gone] {
        &self.gone
    }

    /// The revisions that are not what a lock says, in the order of its lines.
    pub fn changed(&self) -> &[Changed] {
        &self.changed
    }

    /// Why each reference of `applied-through` that means no revision does not.
    pub fn unknown(&self) -> &[String] {
        &self.unknown
    }

    /// Whether git told for a script directory, although something else is configured.
    pub fn is_left_to_git(&self, directory: usize) -> bool {
        self.left_to_git.contains(&directory)
    }

    fn add(&mut self, id: FileId) {
        if let Some(is_applied) = self.files.get_mut(id.0 as usize) {
            *is_applied = true;
        }
    }

    fn take_git(&mut self, scope: &Scope<'_>) {
        for file in scope.files.iter().filter(|file| file.is_in_base()) {
            self.add(file.id);
        }
    }

    fn take_lock(&mut self, scope: &Scope<'_>) {
        let mut locks =
            scope.project.files().filter(|(_, file)| scope.holds(file) && file.role == Role::Lock);
        let Some((lock_id, file)) = locks.next() else { return };
        let Ok(lock) = Lock::parse(file.text()) else { return };
        let listed: FxHashSet<&str> = lock.entries.iter().map(|entry| &*entry.revision).collect();
        // A line that a branch adds for its own new revision protects nothing yet: that revision is to be judged.
        let in_base: FxHashSet<&str> =
            scope.files.iter().filter(|file| file.is_in_base()).flat_map(InScope::ids).collect();
        let counts =
            |id: &str| listed.contains(id) && (scope.directory.base.is_none() || in_base.contains(id));
        for file in scope.files.iter().filter(|file| file.ids().any(counts)) {
            self.add(file.id);
        }
        let ever = scope.ids_ever();
        let gone = lock.entries.iter().filter(|entry| !ever.contains(&*entry.revision));
        self.gone.extend(gone.map(|entry| Gone {
            revision: entry.revision.clone(),
            file: lock_id,
            span: entry.span,
            database: None,
        }));
        let by_id = scope.by_id();
        let pairs = lock.entries.iter().filter_map(|entry| Some((entry, *by_id.get(&*entry.revision)?)));
        let changed: Vec<Changed> = pairs
            .filter(|(_, file)| self.contains(file.id))
            .filter_map(|(entry, file)| compare(entry, file, lock_id))
            .collect();
        self.changed.extend(changed);
    }

    fn take_references(&mut self, references: &[Box<str>], scope: &Scope<'_>, unresolved: &mut Unresolved) {
        scope.with_applied_graph(|graph| {
            let mut named = Vec::new();
            let mut speaks = false;
            for reference in references {
                match graph.resolve(reference) {
                    Ok(nodes) => {
                        unresolved.known.insert(reference.to_string());
                        speaks = true;
                        named.extend(nodes);
                    }
                    Err(error) => unresolved.errors.push((reference.to_string(), error.to_string())),
                }
            }
            if speaks {
                for node in graph.ancestors(named, graph::Links::All) {
                    self.add(graph.node(node).file);
                }
            } else {
                self.left_to_git.insert(scope.index);
                self.take_git(scope);
            }
        });
    }

    fn take_database(&mut self, name: &str, heads: &[Box<str>], scope: &Scope<'_>) {
        scope.with_applied_graph(|graph| {
            let at = heads.iter().filter_map(|head| graph.of_id(head));
            for node in graph.ancestors(at, graph::Links::All) {
                self.add(graph.node(node).file);
            }
        });
        let ever = scope.ids_ever();
        for head in heads.iter().filter(|head| !ever.contains(&***head)) {
            if let Some(file) = scope.place() {
                self.gone.push(Gone {
                    revision: head.clone(),
                    file,
                    span: Span::default(),
                    database: Some(name.into()),
                });
            }
        }
    }
}

/// What a line of a lock and the file of its revision differ in.
fn compare(entry: &Entry, file: &InScope<'_>, lock: FileId) -> Option<Changed> {
    let now = file.now.and_then(|revision| revision.fingerprint);
    let links = match file.now {
        Some(revision) if now.is_some() => entry.links.differences(&Links::of(revision)),
        _ => Vec::new(),
    };
    let changed = Changed {
        revision: entry.revision.clone(),
        file: file.id,
        lock,
        is_edited: now.is_some_and(|now| now != entry.fingerprint),
        is_broken: now.is_none(),
        links,
    };
    (changed.is_edited || changed.is_broken || !changed.links.is_empty()).then_some(changed)
}

/// References that some script directory knows, and what the others said of them.
#[derive(Debug, Default)]
struct Unresolved {
    known: FxHashSet<String>,
    errors: Vec<(String, String)>,
}

impl Unresolved {
    /// One error for each reference that no script directory knows.
    fn finish(self) -> Vec<String> {
        let mut said = FxHashSet::default();
        let known = self.known;
        let errors = self.errors.into_iter();
        let mut is_news = |reference: &str| !known.contains(reference) && said.insert(reference.to_owned());
        errors.filter(|(reference, _)| is_news(reference)).map(|(_, error)| error).collect()
    }
}

/// One script directory.
struct Scope<'a> {
    project: &'a Project,
    index: usize,
    directory: &'a ScriptDirectory,
    /// Its revisions, those of the base commit that are gone included.
    files: Vec<InScope<'a>>,
    graph: Option<&'a Graph<'a>>,
}

/// One revision file of a script directory.
#[derive(Debug, Clone, Copy)]
struct InScope<'a> {
    id: FileId,
    file: &'a SourceFile,
    now: Option<&'a Revision>,
    base: Option<&'a Revision>,
}

impl<'a> InScope<'a> {
    fn is_in_base(&self) -> bool {
        self.file.role == Role::Deleted || self.file.applied != Applied::No
    }

    /// The identifiers it has and had.
    fn ids(&self) -> impl Iterator<Item = &'a str> {
        [self.now, self.base].into_iter().flatten().filter_map(Revision::id)
    }
}

impl<'a> Scope<'a> {
    fn all(
        project: &'a Project,
        revisions: &'a [Option<Revision>],
        base_revisions: &'a [Option<Box<Revision>>],
        graphs: &'a [Graph<'a>],
    ) -> Vec<Self> {
        let directories = project.directories.iter().enumerate();
        let mut scopes: Vec<Self> = directories
            .map(|(index, directory)| Self {
                project,
                index,
                directory,
                files: Vec::new(),
                graph: graphs.get(index),
            })
            .collect();
        for ((id, file), (now, base)) in project.files().zip(revisions.iter().zip(base_revisions)) {
            if let Some(scope) = scopes.get_mut(file.directory)
                && matches!(file.role, Role::Revision | Role::Deleted)
            {
                scope.files.push(InScope { id, file, now: now.as_ref(), base: base.as_deref() });
            }
        }
        scopes
    }

    fn holds(&self, file: &SourceFile) -> bool {
        file.directory == self.index
    }

    fn by_id(&self) -> FxHashMap<&'a str, &InScope<'a>> {
        let named = self.files.iter().filter_map(|file| Some((file.now.and_then(Revision::id)?, file)));
        named.collect()
    }

    /// The identifiers that files have, and those they had: what git knows is compared with its content.
    fn ids_ever(&self) -> FxHashSet<&'a str> {
        self.files.iter().flat_map(InScope::ids).collect()
    }

    /// The revisions linked as databases ran them: where git knows what a file was, as that.
    fn with_applied_graph(&self, take: impl FnOnce(&Graph<'_>)) {
        match self.graph {
            Some(graph) if self.files.iter().all(|file| file.base.is_none()) => take(graph),
            _ => {
                let was = self.files.iter().filter_map(|file| {
                    let revision = file.base.filter(|base| base.id().is_some()).or(file.now)?;
                    Some(graph::File { id: file.id, path: file.file.name(), revision })
                });
                take(&Graph::new(was.collect()));
            }
        }
    }

    /// Where findings about the whole script directory go.
    fn place(&self) -> Option<FileId> {
        let of = |role: &Role| {
            let mut files = self.project.files().filter(|(_, file)| self.holds(file) && file.role == *role);
            files.next().map(|(id, _)| id)
        };
        [Role::Environment, Role::Template, Role::Revision, Role::Deleted].iter().find_map(of)
    }
}

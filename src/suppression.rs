//! Suppression comments: who may silence a finding, and whether they had a reason. Does not judge what was
//! found, and knows no rule by name but those that no comment can silence.

mod place;
mod syntax;

pub use syntax::{Directive, Reason, RuleName, Scope};

use std::sync::LazyLock;

use memchr::memmem::Finder;
use rayon::prelude::*;

use crate::diagnostic::Diagnostic;
use crate::project::{AppliedSource, Project};
use crate::revision::Revision;
use crate::rule::{Category, Check, Rule};
use crate::source::{FileId, Span};

/// Rules that no comment silences, and why.
const NEVER_SILENCED: &[(&str, &str)] = &[
    ("parse-error", "a file that is not Python has no comments"),
    ("applied-revision-deleted", "the file it is about is gone"),
    ("internal-error", "the file was not fully checked"),
];

/// Why no comment silences the findings of a rule, if so.
pub fn never_silenced(rule: &str) -> Option<&'static str> {
    NEVER_SILENCED.iter().find(|(name, _)| *name == rule).map(|(_, why)| *why)
}

/// One suppression comment at its place.
#[derive(Debug, Clone)]
pub struct Suppression {
    /// The file it stands in.
    pub file: FileId,
    /// What it says.
    pub directive: Directive,
    /// The range to delete so that nothing is left of it, its line included where it stands alone.
    pub removal: Span,
    /// Where it counts.
    pub reach: Reach,
    /// Whether the findings of its file were asked for, so that it could be used.
    pub judged: bool,
    /// For each name, whether it silenced a finding.
    used: Vec<bool>,
}

/// Where a suppression counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// In these statements (or headers of compound ones).
    Statements(Vec<Span>),
    /// In the whole file.
    File,
    /// Nowhere: `allow-file` inside a statement or behind code.
    Misplaced,
}

impl Suppression {
    /// Whether it can silence anything: well formed, with a reason, at a place that counts.
    pub fn counts(&self) -> bool {
        self.directive.mistake.is_none()
            && self.directive.reason == Reason::Given
            && self.reach != Reach::Misplaced
    }

    /// Its names, each with whether it silenced a finding.
    pub fn names(&self) -> impl Iterator<Item = (&RuleName, bool)> {
        self.directive.names.iter().zip(self.used.iter().copied())
    }

    /// Whether it reaches the place of a finding.
    fn reaches(&self, diagnostic: &Diagnostic) -> bool {
        match &self.reach {
            Reach::File => true,
            Reach::Misplaced => false,
            // Only `allow-file` speaks of a finding about the whole file or of one in another comment.
            Reach::Statements(_) if diagnostic.span == Span::default() || is_meta(diagnostic.rule) => false,
            Reach::Statements(statements) => {
                let mut places = std::iter::once(&diagnostic.span).chain(&diagnostic.call_sites);
                places.any(|place| statements.iter().any(|statement| place::holds(*statement, *place)))
            }
        }
    }

    fn silence(&mut self, diagnostic: &Diagnostic) -> bool {
        if !self.counts() || !self.reaches(diagnostic) {
            return false;
        }
        let position = self.directive.names.iter().position(|name| *name.text == *diagnostic.rule.name);
        match position.and_then(|i| self.used.get_mut(i)) {
            Some(used) => {
                *used = true;
                true
            }
            None => false,
        }
    }
}

/// Whether a rule judges suppression comments.
pub fn is_meta(rule: &Rule) -> bool {
    matches!(rule.check, Check::Suppressions(_))
}

/// The suppressions of all revision files, while findings are matched against them.
#[derive(Debug, Clone, Default)]
pub struct Approvals {
    /// By file, in the order of [`Project::files`].
    files: Vec<Vec<Suppression>>,
}

impl Approvals {
    /// Reads the comments of all revisions; `is_judged` tells in which files they could be used.
    pub fn read(
        project: &Project,
        revisions: &[Option<Revision>],
        is_judged: impl Fn(FileId, &Revision) -> bool + Sync,
    ) -> Self {
        let files: Vec<_> = project.files().zip(revisions).collect();
        let files = files.into_par_iter().map(|((id, file), revision)| match revision {
            Some(revision) => in_file(id, file.text(), revision, is_judged(id, revision)),
            None => Vec::new(),
        });
        Self { files: files.collect() }
    }

    /// The comment that silences the finding, with its reason. The comments at a statement go before those of the
    /// file.
    pub fn silence(&mut self, diagnostic: &Diagnostic) -> Option<(Span, Box<str>)> {
        if never_silenced(diagnostic.rule.name).is_some() {
            return None;
        }
        let suppressions = self.files.get_mut(diagnostic.file.0 as usize)?;
        let mut silenced = None;
        for scope in [Scope::Statement, Scope::File] {
            for suppression in suppressions.iter_mut().filter(|s| s.directive.scope == scope) {
                if suppression.silence(diagnostic) && silenced.is_none() {
                    let directive = &suppression.directive;
                    silenced = Some((directive.span, directive.reason_text.clone()));
                }
            }
            if silenced.is_some() {
                return silenced;
            }
        }
        None
    }

    /// All of them, in the order of files and places.
    pub fn all(&self) -> impl Iterator<Item = &Suppression> {
        self.files.iter().flatten()
    }
}

fn in_file(file: FileId, text: &str, revision: &Revision, judged: bool) -> Vec<Suppression> {
    static NAMES: LazyLock<[Finder<'static>; 3]> =
        LazyLock::new(|| ["lint", "Lint", "LINT"].map(Finder::new));
    let mut out = Vec::new();
    // Few files have one; a look for the name is all that the others cost.
    let names: Vec<_> = NAMES.iter().filter(|name| name.find(text.as_bytes()).is_some()).collect();
    if names.is_empty() {
        return out;
    }
    for comment in &revision.comments {
        let written = comment.span.of(text);
        if !names.iter().any(|name| name.find(written.as_bytes()).is_some()) {
            continue;
        }
        for directive in syntax::directives(written, comment.span.start) {
            let reach = match directive.scope {
                Scope::File if comment.top_level => Reach::File,
                Scope::File => Reach::Misplaced,
                Scope::Statement => Reach::Statements(place::statements(comment, revision, text)),
            };
            let removal = place::removal(comment, directive.removal, text);
            let used = vec![false; directive.names.len()];
            out.push(Suppression { file, directive, removal, reach, judged, used });
        }
    }
    out
}

/// What a rule about suppression comments may look at.
#[derive(Debug, Clone, Copy)]
pub struct Suppressions<'a> {
    /// Files and script directories.
    pub project: &'a Project,
    /// The comments, after the other rules ran.
    pub approvals: &'a Approvals,
    /// All rules there are.
    pub rules: &'a [&'static Rule],
    /// Those that ran.
    pub ran: &'a [&'static Rule],
}

impl<'a> Suppressions<'a> {
    /// The comments in files whose findings were asked for.
    pub fn judged(&self) -> impl Iterator<Item = &'a Suppression> {
        self.approvals.all().filter(|suppression| suppression.judged)
    }

    /// The rule of a name.
    pub fn rule(&self, name: &str) -> Option<&'static Rule> {
        self.rules.iter().copied().find(|rule| rule.name == name)
    }

    /// Whether a rule ran on a file, so that a comment about it could be used there.
    pub fn has_run(&self, rule: &Rule, file: FileId) -> bool {
        let directory = self.project.file(file).and_then(|file| self.project.directories.get(file.directory));
        let knows_applied = directory.is_some_and(|directory| directory.applied != AppliedSource::Unknown);
        self.ran.iter().any(|ran| ran.name == rule.name)
            && (rule.category != Category::Applied || knows_applied)
    }
}

#[cfg(test)]
mod tests;

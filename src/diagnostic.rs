//! Findings as plain data. Knows nothing of terminals, formats or how a finding came to be.

use crate::rule::Rule;
use crate::severity::Severity;
use crate::source::{FileId, Span};

/// One finding of one rule at one place.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    /// The rule that speaks.
    pub rule: &'static Rule,
    /// How much it matters, after configuration.
    pub severity: Severity,
    /// The file it is about.
    pub file: FileId,
    /// The place; empty (`0..0`) where the whole file is meant.
    pub span: Span,
    /// Other places in the file where a suppression counts too: the calls that lead to [`Self::span`].
    pub call_sites: Vec<Span>,
    /// What happens to whom, with the names; lower-case start, no full stop.
    pub message: String,
    /// What to do next.
    pub help: Option<String>,
    /// The repair, where there is one.
    pub fix: Option<Fix>,
    /// The identifier of the revision, where it could be read.
    pub revision: Option<Box<str>>,
    /// Other places of the same problem: what other rules find there becomes a part of this finding.
    pub covers: Vec<Span>,
    /// Whether it is left out where another rule reports the same statement ([`crate::rule::Report::yields`]).
    pub yields: bool,
    /// Rules of whose findings about the same statement this one is a part.
    pub part_of: &'static [&'static str],
    /// What other rules found that is a part of this problem.
    pub details: Vec<Detail>,
}

/// A finding of another rule that became a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// The rule that found it.
    pub rule: &'static str,
    /// The place.
    pub span: Span,
    /// Its message.
    pub message: String,
}

/// A finding that a comment suppressed.
#[derive(Debug, Clone)]
pub struct Suppressed {
    /// The finding.
    pub diagnostic: Diagnostic,
    /// The comment that suppressed it.
    pub comment: Span,
    /// The reason that the comment gives.
    pub reason: Box<str>,
}

/// Whether a fix may be applied without asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Applicability {
    /// May change what the revision does: `--unsafe-fixes`.
    Unsafe,
    /// Keeps the meaning, or repairs what could only fail: `--fix`.
    Safe,
}

/// A repair of one file: applied whole or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// Whether it may be applied without asking.
    pub applicability: Applicability,
    /// What it does, as an instruction ("add `import sqlmodel`").
    pub description: String,
    /// Replacements in the file of the finding.
    pub edits: Vec<Edit>,
    /// Whether operations of the revision go by it; else what they were is read again before the file is written.
    pub takes_operations: bool,
}

impl Fix {
    /// A repair that keeps the meaning, or mends what could only fail.
    pub fn safe(description: impl Into<String>, edits: Vec<Edit>) -> Self {
        let description = description.into();
        Self { applicability: Applicability::Safe, description, edits, takes_operations: false }
    }

    /// A repair that may change what the revision does.
    pub fn unsafe_(description: impl Into<String>, edits: Vec<Edit>) -> Self {
        let description = description.into();
        Self { applicability: Applicability::Unsafe, description, edits, takes_operations: false }
    }

    /// The same repair, by which operations go or become others.
    #[must_use]
    pub fn taking_operations(self) -> Self {
        Self { takes_operations: true, ..self }
    }
}

/// A replacement of a byte range; an empty range inserts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// What is replaced.
    pub span: Span,
    /// What stands there afterwards.
    pub content: String,
}

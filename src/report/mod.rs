//! Findings and revisions as text: one file per output format, all of them pure functions.
//!
//! Nothing here prints, reads the environment or decides what is a finding.

pub mod concise;
pub mod full;
#[cfg(test)]
mod golden;
pub mod graph;
pub mod graph_dot;
mod graph_lanes;
pub mod graph_mermaid;
pub mod graph_svg;
pub mod graph_text;
pub mod json;
mod paint;
mod place;
pub mod review;
pub mod review_json;
pub mod review_text;
pub mod rule_page;
pub mod schema;
mod schema_default;
pub mod schema_json;
pub mod schema_sql;
pub mod schema_text;
pub mod statistics;
pub mod summary;

pub use paint::Paint;

use crate::diagnostic::{Applicability, Diagnostic, Suppressed};
use crate::linter::Summary;
use crate::project::Project;

/// What a run found, with the files it is about.
#[derive(Debug, Clone, Copy)]
pub struct Findings<'a> {
    /// The files.
    pub project: &'a Project,
    /// The findings, in the order they are shown.
    pub diagnostics: &'a [Diagnostic],
    /// Suppressed findings that are shown as well.
    pub suppressed: &'a [Suppressed],
    /// Their numbers.
    pub summary: &'a Summary,
}

/// How text formats look.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Escape codes for colours.
    pub paint: Paint,
    /// Columns that a line may take where it can be wrapped.
    pub width: usize,
    /// Whether source lines end at [`Self::width`] too: a terminal would wrap them and tear the underlines.
    pub cut_source: bool,
    /// The least applicability of a fix that is marked as available.
    pub applicability: Applicability,
}

impl<'a> Findings<'a> {
    /// The findings, then the suppressed ones, each of these with what suppressed it.
    fn shown(&self) -> impl Iterator<Item = (&'a Diagnostic, Option<&'a Suppressed>)> + use<'a> {
        let suppressed = self.suppressed.iter().map(|found| (&found.diagnostic, Some(found)));
        self.diagnostics.iter().map(|diagnostic| (diagnostic, None)).chain(suppressed)
    }
}

impl Look {
    /// Whether the finding is marked as fixable.
    fn marks(self, diagnostic: &Diagnostic) -> bool {
        diagnostic.fix.as_ref().is_some_and(|fix| fix.applicability >= self.applicability)
    }
}

/// "1 finding", "2 findings".
pub fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

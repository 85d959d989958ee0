//! Whether two texts of one revision mean the same, and where they do not.
//!
//! Layout, comments, docstrings, type annotations and the spelling of literals and imports have no meaning
//! here. This compares; it does not evaluate: `1 + 1` and `2` differ.

mod canonical;
mod normal;
mod parts;

use ruff_python_ast::ModModule;
use ruff_python_parser::Parsed;

use crate::revision::Fingerprint;
use crate::source::Span;

/// A part of a revision that means something else than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What changed.
    pub part: Part,
    /// The first statement of the new text that differs; the surrounding one where it is gone.
    pub span: Span,
}

/// A part of a revision that has a meaning of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// `revision`, `down_revision`, `branch_labels` or `depends_on`, with the values as source text.
    Identifier {
        /// The variable.
        name: &'static str,
        /// The value before; `None` where the module did not bind it.
        base: Option<Box<str>>,
        /// The value now; `None` where the module does not bind it.
        now: Option<Box<str>>,
    },
    /// The body of `upgrade()`.
    Upgrade,
    /// The body of `downgrade()`.
    Downgrade,
    /// A function, class or constant of the module that `upgrade()` or `downgrade()` uses.
    Helper {
        /// Its name; a function's with `()`.
        name: Box<str>,
        /// Whether `upgrade()` uses it, and not `downgrade()` alone.
        upgrade: bool,
    },
    /// Statements at module level, which run when Alembic imports the file.
    Module,
}

/// Why two texts cannot be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Incomparable {
    /// The old text is no Python: no database can have run it.
    Base,
    /// Only the new text is no Python.
    Now,
}

/// What the text `now` of a revision does otherwise than its text `base` did.
pub fn differences(base: &str, now: &str) -> Result<Vec<Difference>, Incomparable> {
    let base = normal::Module::parse(base).ok_or(Incomparable::Base)?;
    let now = normal::Module::parse(now).ok_or(Incomparable::Now)?;
    let (base, now) = normal::Module::normalise(base, now);
    Ok(parts::compare(&base, &now))
}

/// The hash of what a revision's text does; `None` where it is no Python.
///
/// It is made from a text of our own (`canonical`), so that a new release of the parser gives the same.
pub fn fingerprint(text: &str) -> Option<Fingerprint> {
    normal::Module::parse(text).map(hash)
}

/// [`fingerprint`] of a text that was parsed without errors.
pub(super) fn fingerprint_of(text: &str, parsed: Parsed<ModModule>) -> Option<Fingerprint> {
    // Strings that hold a carriage return were read otherwise than Python does.
    if text.contains('\r') { fingerprint(text) } else { Some(hash(normal::Module::new(parsed))) }
}

fn hash(module: normal::Module) -> Fingerprint {
    Fingerprint::of_bytes(parts::canonical(&module.normalise_alone()).as_bytes())
}

#[cfg(test)]
mod tests;

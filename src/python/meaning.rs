//! Whether two texts of one revision mean the same, and where they do not.
//!
//! Layout, comments, docstrings, type annotations and the spelling of literals and imports have no meaning
//! here. This compares; it does not evaluate: `1 + 1` and `2` differ.

mod canonical;
mod normal;
mod parts;

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

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

/// A hash of what a revision does: `upgrade()`, `downgrade()`, what they use, and what runs at import.
///
/// Its identifiers are no part of it, and an import that is taken away is not noticed, since one that is added must
/// not be. It is made from a text of our own ([`canonical`]), so that a new release of
/// the parser gives the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; Fingerprint::BYTES]);

impl Fingerprint {
    /// Half of SHA-256: nobody attacks this, and a line stays readable.
    const BYTES: usize = 16;

    /// The hash of a revision's text; `None` where it is no Python.
    pub fn of(text: &str) -> Option<Self> {
        let module = normal::Module::parse(text)?.normalise_alone();
        let digest = Sha256::digest(parts::canonical(&module).as_bytes());
        let mut bytes = [0; Self::BYTES];
        bytes.iter_mut().zip(digest).for_each(|(byte, whole)| *byte = whole);
        Some(Self(bytes))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A text that is no hash in hexadecimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoFingerprint;

impl FromStr for Fingerprint {
    type Err = NoFingerprint;

    fn from_str(text: &str) -> Result<Self, NoFingerprint> {
        let is_hash = text.len() == 2 * Self::BYTES && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let value = u128::from_str_radix(text, 16).ok().filter(|_| is_hash).ok_or(NoFingerprint)?;
        Ok(Self(value.to_be_bytes()))
    }
}

#[cfg(test)]
mod tests;

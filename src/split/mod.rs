//! One revision becomes a safe sequence of revisions, in memory: what old code can live with, what fills rows, what only new
//! code can live with. The result is read again before anybody writes it.

mod body;
mod footprint;
mod part;
mod plan;
mod rewrite;
mod sequence;
mod stage;
#[cfg(test)]
mod tests;
mod verify;

pub use sequence::{Part, Split, split};
pub use stage::Stage;

use crate::revision::Fingerprint;

/// Why a revision is not taken apart.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SplitError {
    /// Databases may have run it.
    #[error("it is applied, and an applied revision is never written; write a new one")]
    Applied,
    /// Python cannot read it, or it says nowhere what it is.
    #[error("it cannot be read as a revision; `alembic-lint` says what is wrong")]
    Unreadable,
    /// Its text is written in a way in which the parts cannot be.
    #[error(
        "its identifiers or statements are not written one by one (`revision = \"..\"`), so its text cannot be divided; \
         take the revision apart by hand"
    )]
    NotRewritable,
    /// There is nothing to take apart.
    #[error("it has no function `upgrade` of its own")]
    NoUpgrade,
    /// Operations come from elsewhere.
    #[error(
        "line {line}: what runs there is in no statement of the function itself; take the revision apart by hand"
    )]
    OutOfPlace {
        /// The line.
        line: u32,
    },
    /// It ends the transaction.
    #[error("line {line}: it ends the transaction itself; take the revision apart by hand")]
    Transaction {
        /// The line.
        line: u32,
    },
    /// What follows does not always run.
    #[error(
        "line {line}: it may leave the function, so what follows depends on it; take the revision apart by hand"
    )]
    Leaves {
        /// The line.
        line: u32,
    },
    /// Two statements stand on one line.
    #[error("line {line}: several statements stand on the line; give each its own, and run it again")]
    SharesLine {
        /// The line.
        line: u32,
    },
    /// Another revision needs it by `depends_on`.
    #[error("`{revision}` depends on it by `depends_on`; only you know which part it needs")]
    IsNeeded {
        /// The other revision.
        revision: String,
    },
    /// A file has the name already.
    #[error("`{path}` is there already; move it, and run it again")]
    IsThere {
        /// The file.
        path: String,
    },
    /// The parts are not what the whole was.
    #[error(
        "the parts would not do what it does ({reason}), so nothing was written; please report this as a bug"
    )]
    WouldNotHold {
        /// What would be otherwise.
        reason: String,
    },
}

/// A hash in hexadecimal digits.
fn hash_of(text: &str) -> String {
    Fingerprint::of_bytes(text.as_bytes()).to_string()
}

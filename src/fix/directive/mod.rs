//! Directives as Python source: how a call of `op` or of a batch object is written, and what undoes an upgrade.

mod complete;
mod downgrade;
mod layout;
mod recreate;
#[cfg(test)]
mod tests;
mod undo;
mod writer;

pub use complete::{Undone, complete_downgrade, is_about_same};
pub use downgrade::write_downgrade;
pub use layout::{Directive, Part, Style};
pub use undo::{Undo, undo};
pub use writer::Writer;

//! `internal-error`: a file on which alembic-lint itself failed. Reported by the linter, which isolates each file.

use crate::rule::declare_rule;

declare_rule! {
    /// ## What it does
    /// Reports a file on which alembic-lint itself, or a library it uses, failed (a Rust panic). All other files, and
    /// all other rules on this file, are still checked, and the run ends with exit code 2.
    ///
    /// This finding cannot be turned off: it is reported whatever `select`, `ignore` and `severity` say, and no
    /// comment suppresses it.
    ///
    /// ## Why is this bad?
    /// The file was not fully checked, so the absence of other findings proves nothing. The failure is a bug of
    /// alembic-lint, not of the file.
    ///
    /// ## Example
    /// ```text
    /// versions/0a1b_add_user.py:1:1: error[internal-error] internal error (rule drop-column on versions/0a1b_add_user.py):
    ///     attempt to add with overflow at src/rules/destructive/drop_column.rs:84, so this file was not fully checked
    /// ```
    ///
    /// ## How to fix
    /// Report it at <https://github.com/alembic-lint/alembic-lint/issues> with the message, the output of `alembic-lint --version`,
    /// and the file, or the smallest part of it that still fails. Until a release fixes it, check this revision by hand.
    "internal-error", Imports, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Internal(),
}

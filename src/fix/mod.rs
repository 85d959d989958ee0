//! Repairs: edits of a text, rounds of them, and the atomic writing of a file. Knows no rule.

mod apply;
mod batch;
mod call;
mod colon;
mod constraint_name;
mod diff;
mod directive;
mod import;
mod loss;
mod rename;
mod repoint;
mod rounds;
mod statement;
mod write;

pub use apply::{EditSet, apply_edits};
pub use batch::put_into_batch;
pub use call::CallText;
pub use constraint_name::{name_created, name_dropped};
pub use diff::unified_diff;
pub use directive::{
    Directive, Part, Style, Undo, Undone, Writer, complete_downgrade, is_about_same, undo, write_downgrade,
};
pub use import::insert_import;
pub use rename::rename_column;
pub use repoint::{Parent, RepointError, Repointed, is_in_doubt, repoint};
pub use rounds::{AppliedFix, FixReport, FixedFile, RefusedFix, fix};
pub use statement::{append_to, insert_before, move_behind, remove};
pub use write::{
    Completed, Ended, FileChange, Leftovers, Reason, WriteError, complete_leftovers, create, find_leftovers,
    write, write_observed, write_possible, write_together,
};

/// The line ending that most lines of `text` have; `\n` where there is none.
pub fn newline_of(text: &str) -> &'static str {
    let crlf = text.matches("\r\n").count();
    let lf = text.matches('\n').count() - crlf;
    let cr = text.matches('\r').count() - crlf;
    if crlf > lf && crlf >= cr {
        "\r\n"
    } else if cr > lf {
        "\r"
    } else {
        "\n"
    }
}

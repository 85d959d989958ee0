//! `applied-revision-deleted`: an identifier that databases may hold and no file has. A file that moved is for
//! `applied-revision-renamed`.

use crate::history::History;
use crate::rule::{Sink, declare_rule};
use crate::source::Span;

declare_rule! {
    /// ## What it does
    /// Finds revisions of the base commit whose file is gone, and whose identifier no other revision has. A file
    /// that was moved to where Alembic does not load it is gone as well. Where a lock or a database tells what is
    /// applied, it also finds the revisions that these name and no file has.
    ///
    /// ## Why is this bad?
    /// A database that is at the revision stores its identifier. Without the file, every command there, even
    /// `alembic current`, fails with "Can't locate revision identified by 'ab12'", and no `downgrade` can repair
    /// it. When other revisions build on it, Alembic cannot load the history anywhere.
    ///
    /// ## Example
    /// ```shell
    /// git rm versions/ab12_add_email.py
    /// ```
    ///
    /// ## How to fix
    /// Bring the file back; to undo what it does, write a new revision:
    /// ```shell
    /// git checkout origin/main -- versions/ab12_add_email.py
    /// alembic revision -m "drop user.email"
    /// ```
    ///
    /// A squash, which replaces old revisions by one new base, is safe only when every database is past all of
    /// them and was told so with `alembic stamp`. A deleted file can hold no comment that approves it. Approve it in the
    /// configuration, and take that out again with the next change:
    /// ```toml
    /// [tool.alembic-lint]
    /// ignore = [{ rule = "applied-revision-deleted", reason = "squashed in release 4.0; all databases stamped" }]
    /// ```
    ///
    /// ## References
    /// - [Alembic: Building an Up to Date Database from Scratch](https://alembic.sqlalchemy.org/en/latest/cookbook.html#building-an-up-to-date-database-from-scratch)
    "applied-revision-deleted", Applied, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: History(check),
}

fn check(history: &History<'_>, sink: &mut Sink<'_>) {
    for lineage in history.lineages().iter().filter(|lineage| lineage.now.is_none()) {
        let revision = lineage.revision;
        let is_staged = lineage.is_staged_deletion(history);
        let gone = if is_staged { "its deletion is staged" } else { "its file is gone" };
        sink.report_in(
            lineage.base_id,
            Span::default(),
            format!(
                "databases at the applied revision `{revision}` fail with `Can't locate revision identified by \
                 '{revision}'`: {gone}"
            ),
        )
        .help(format!(
            "bring it back: `{}`; only when every database is past it may it go, and the configuration then \
             approves that with `ignore = [{{ rule = \"applied-revision-deleted\", reason = \"..\" }}]`",
            lineage.restore(history, is_staged)
        ));
    }
    for gone in history.applied.gone() {
        let revision = &gone.revision;
        let (message, help) = match &gone.database {
            Some(database) => (
                format!(
                    "the database `{database}` is at the revision `{revision}`, which no file has: every command there \
                     fails with `Can't locate revision identified by '{revision}'`"
                ),
                "check out the branch that has it, or bring its file back; where it is gone for good, `alembic stamp \
                 --purge` moves the database to a revision that is there"
                    .to_string(),
            ),
            None => (
                format!(
                    "databases at the applied revision `{revision}` fail with `Can't locate revision identified by \
                     '{revision}'`: it stands in the lock, and no file has it"
                ),
                "bring its file back; only when every database is past it may it go: `alembic-lint lock --force` then \
                 takes it out of the lock"
                    .to_string(),
            ),
        };
        sink.report_in(gone.file, gone.span, message).help(help).revision(revision);
    }
}

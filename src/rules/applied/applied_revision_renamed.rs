//! `applied-revision-renamed`: another path for a revision that databases may have run. Where its identifier is
//! gone too, `applied-revision-deleted` speaks.

use crate::history::History;
use crate::rule::{Sink, declare_rule};
use crate::source::Span;

declare_rule! {
    /// ## What it does
    /// Finds applied revisions whose file has another path than in the base commit, under the same identifier.
    ///
    /// ## Why is this bad?
    /// Alembic reads identifiers from inside the files, so databases go on working. What suffers is around it:
    /// with `sourceless = true` a compiled file of the old name that a deployment left behind is loaded beside
    /// the new one, and Alembic then finds the revision twice; branches that still hold the old path bring it
    /// back when they are merged; tools and run books that know the file by its name lose it.
    ///
    /// ## Example
    /// ```shell
    /// git mv versions/ab12_add_email.py versions/2024_05_01_add_email.py
    /// ```
    ///
    /// ## How to fix
    /// Leave the old name:
    /// ```shell
    /// git mv versions/2024_05_01_add_email.py versions/ab12_add_email.py
    /// ```
    /// A new `file_template` in `alembic.ini` applies to new revisions alone; the old ones need no other name.
    ///
    /// ## References
    /// - [Alembic: Editing the .ini File](https://alembic.sqlalchemy.org/en/latest/tutorial.html#editing-the-ini-file)
    "applied-revision-renamed", Applied, Warning,
    preset: Recommended, fix: None, since: "0.1.0",
    check: History(check),
}

fn check(history: &History<'_>, sink: &mut Sink<'_>) {
    for lineage in history.lineages().iter().filter(|lineage| lineage.is_moved()) {
        let Some((id, file)) = lineage.now.and_then(|id| Some((id, history.project.file(id)?))) else {
            continue;
        };
        let (revision, old, new) = (lineage.revision, &lineage.base.path, &file.path);
        sink.report_in(
            id,
            Span::default(),
            format!(
                "the applied revision `{revision}` was `{old}`: branches that hold the old path bring it back as \
                 a second file, and a compiled file left under the old name may be loaded beside it"
            ),
        )
        .help(format!("give it its old name back: `git mv \"{new}\" \"{old}\"`"));
    }
}

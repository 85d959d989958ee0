//! `applied-revision-edited`: another meaning in a revision that databases may have run. Identifiers are for
//! `applied-revision-reparented`.

use crate::history::History;
use crate::history::applied::lineage::{Lineage, Part};
use crate::rule::{Sink, declare_rule};
use crate::source::Span;

declare_rule! {
    /// ## What it does
    /// Finds applied revisions whose `upgrade()`, `downgrade()`, helpers or module constants do something else
    /// than in the base commit.
    ///
    /// A revision is applied when the merge base of HEAD and the deployed branch holds it, or when another configured
    /// source says so: a lock, `applied-through`, a database. What it was is known from git, or from the hash in
    /// `alembic-lint.lock`. Layout, comments,
    /// docstrings, type annotations, the order and spelling of imports, and a missing import that is added do not
    /// count as edits.
    ///
    /// ## Why is this bad?
    /// Alembic runs each revision once per database and remembers its identifier alone. Databases that ran the
    /// old text never run the new one, while new databases run nothing else: from then on they have different
    /// schemas under the same version, and no command of Alembic notices.
    ///
    /// ## Example
    /// ```diff
    ///  # versions/ab12_add_email.py, merged and deployed last week
    ///  def upgrade():
    /// -    op.add_column("user", sa.Column("email", sa.String(100)))
    /// +    op.add_column("user", sa.Column("email", sa.String(255)))
    /// ```
    ///
    /// ## How to fix
    /// Bring the old file back and write a new revision for the change:
    /// ```shell
    /// git checkout origin/main -- versions/ab12_add_email.py
    /// alembic revision -m "widen user.email"
    /// ```
    ///
    /// When no database ran the revision yet, say so where it changed, or name the branch or tag that is deployed
    /// with `applied-ref`:
    /// ```python
    /// # alembic-lint: allow[applied-revision-edited] -- not released yet
    /// op.add_column("user", sa.Column("email", sa.String(255)))
    /// ```
    ///
    /// ## References
    /// - [Alembic: Running our First Migration](https://alembic.sqlalchemy.org/en/latest/tutorial.html#running-our-first-migration)
    /// - [git: merge-base](https://git-scm.com/docs/git-merge-base)
    "applied-revision-edited", Applied, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: History(check),
}

fn check(history: &History<'_>, sink: &mut Sink<'_>) {
    let mut said = Vec::new();
    for lineage in history.lineages() {
        let Some(file) = lineage.now else { continue };
        let revision = lineage.revision;
        let edits = lineage.edits(history);
        if edits.is_broken || edits.changes_what_it_does() {
            said.push(file);
        }
        let whose = if edits.is_staged { "the staged version of the applied" } else { "the applied" };
        if edits.is_broken {
            sink.report_in(
                file,
                Span::default(),
                format!(
                    "{whose} revision `{revision}` is no Python any more: every Alembic command stops at it"
                ),
            )
            .help(format!("bring it back: `{}`", lineage.restore(history, edits.is_staged)));
        }
        for difference in &edits.parts {
            let (what, harm) = match &difference.part {
                Part::Upgrade => ("`upgrade()` of".to_string(), UPGRADE),
                Part::Downgrade => ("`downgrade()` of".to_string(), DOWNGRADE),
                Part::Helper { name, upgrade: true } => {
                    (format!("`{name}`, used by `upgrade()`, of"), UPGRADE)
                }
                Part::Helper { name, upgrade: false } => {
                    (format!("`{name}`, used by `downgrade()`, of"), DOWNGRADE)
                }
                Part::Module => ("module-level code of".to_string(), UPGRADE),
                Part::Identifier { .. } => continue,
            };
            sink.report_in(
                file,
                difference.span,
                format!("{what} {whose} revision `{revision}` does something else than before: {harm}"),
            )
            .help(help(&lineage, history, edits.is_staged));
        }
    }
    // Where git has the old text, its finding says more.
    for changed in history.applied.changed().iter().filter(|changed| !said.contains(&changed.file)) {
        let (revision, lock) = (&changed.revision, history.path(changed.lock));
        let what = match (changed.is_broken, changed.is_edited) {
            (true, _) => "is no Python any more: every Alembic command stops at it".to_string(),
            (_, true) => format!("does something else than when `{lock}` recorded it: {UPGRADE}"),
            (false, false) => continue,
        };
        sink.report_in(changed.file, Span::default(), format!("the applied revision `{revision}` {what}"))
            .help(
                "bring the old text back and write a new revision for the change; if no database ran it yet, \
             `alembic-lint lock --force` records it as it is now",
            );
    }
}

const UPGRADE: &str = "databases that ran it will not run it again";
const DOWNGRADE: &str = "it may no longer undo what databases ran";

fn help(lineage: &Lineage<'_>, history: &History<'_>, is_staged: bool) -> String {
    let restore = lineage.restore(history, is_staged);
    format!("bring the old text back (`{restore}`) and write a new revision for the change")
}

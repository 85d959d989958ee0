//! `applied-revision-reparented`: another place in the graph for a revision that databases may have run. What it
//! does there is for `applied-revision-edited`.

use crate::history::History;
use crate::history::applied::lineage::Part;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds applied revisions whose `revision`, `down_revision`, `depends_on` or `branch_labels` differ from the
    /// base commit, or from what `alembic-lint.lock` recorded. The spelling does not count: `"a"` and `("a",)` name the same down revision.
    ///
    /// ## Why is this bad?
    /// A database stores nothing but the identifiers of its heads. With another `revision`, every command on a
    /// database at the old one fails with "Can't locate revision identified by '..'". With another
    /// `down_revision` or `depends_on`, a revision that now comes earlier counts as done on databases that are
    /// already past it, and never runs there.
    ///
    /// ## Example
    /// ```diff
    ///  # versions/ab12_add_email.py, merged and deployed last week
    ///  revision = "ab12"
    /// -down_revision = "9f00"
    /// +down_revision = "cd34"
    /// ```
    /// Databases at `ab12` never run `cd34`.
    ///
    /// ## How to fix
    /// Bring the old identifiers back. A new revision belongs after the applied ones: give it the head of the
    /// deployed branch as its `down_revision`. To join two heads, `alembic merge` writes a new revision.
    /// ```shell
    /// git checkout origin/main -- versions/ab12_add_email.py
    /// alembic merge heads -m "merge heads"
    /// ```
    ///
    /// ## References
    /// - [Alembic: Working with Branches](https://alembic.sqlalchemy.org/en/latest/branches.html)
    "applied-revision-reparented", Applied, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: History(check),
}

fn check(history: &History<'_>, sink: &mut Sink<'_>) {
    let mut said = Vec::new();
    for lineage in history.lineages() {
        let Some(file) = lineage.now else { continue };
        let revision = lineage.revision;
        let edits = lineage.edits(history);
        for difference in &edits.parts {
            let Part::Identifier { name, base, now } = &difference.part else { continue };
            said.push((file, *name));
            let harm = harm(name, revision);
            let shown = |value: &Option<Box<str>>| {
                value.as_ref().map_or_else(|| "nothing".to_string(), |value| format!("`{value}`"))
            };
            let staged = if edits.is_staged { " in the index" } else { "" };
            sink.report_in(
                file,
                difference.span,
                format!(
                    "`{name}` of the applied revision `{revision}` changed{staged} from {} to {}: {harm}",
                    shown(base),
                    shown(now)
                ),
            )
            .help(format!(
                "bring it back (`{}`) and put new revisions after the applied ones",
                lineage.restore(history, edits.is_staged)
            ));
        }
    }
    for changed in history.applied.changed() {
        let (file, revision, lock) = (changed.file, &changed.revision, history.path(changed.lock));
        for (name, before, now) in changed.links.iter().filter(|(name, ..)| !said.contains(&(file, *name))) {
            let span = history.revision(file).and_then(|revision| revision.identifiers.span(name));
            sink.report_in(
                file,
                span.unwrap_or_default(),
                format!(
                    "`{name}` of the applied revision `{revision}` changed from {before} to {now} since `{lock}` \
                     recorded it: {}",
                    harm(name, revision)
                ),
            )
            .help("bring it back and put new revisions after the applied ones");
        }
    }
}

fn harm(name: &str, revision: &str) -> String {
    match name {
        "revision" => {
            format!("databases at the old one fail with `Can't locate revision identified by '{revision}'`")
        }
        "branch_labels" => "commands that name the old label fail".to_string(),
        _ => "databases that are past it never run what now comes before it".to_string(),
    }
}

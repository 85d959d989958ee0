//! `invalid-revision-id`: an identifier that Alembic or the database refuses. Ugly ones are for `placeholder-revision-id`.

use crate::history::History;
use crate::history::graph::{Fault, Graph};
use crate::operation::{Change, Dialect};
use crate::rule::{Sink, declare_rule};
use crate::source::{FileId, Role};

declare_rule! {
    /// ## What it does
    /// Finds identifiers with `@`, `-`, `+` or `:` in them, and new ones of more than 32 characters.
    ///
    /// ## Why is this bad?
    /// Alembic refuses the four characters, which references like `branch@head-1` are made of. And it stores the
    /// identifier in `alembic_version.version_num`, a `VARCHAR(32)`: with a longer one the upgrade runs, then fails with
    /// `value too long for type character varying(32)` in production, though not on SQLite, where it was tried.
    ///
    /// A project that widens the column may have longer ones: in `env.py` (it mentions `version_table_impl` or `version_num`), or by a
    /// revision. So may one that runs on SQLite alone.
    ///
    /// ## Example
    /// ```python bad file=versions/add_user_email_address_and_phone_number.py
    /// revision = "add_user_email_address_and_phone_number"
    /// down_revision = None
    /// ```
    ///
    /// ## Use instead
    /// ```python good file=versions/ab12_add_user_email_address_and_phone_number.py
    /// revision = "ab12"
    /// down_revision = None
    /// ```
    ///
    /// ## References
    /// - `Revision.verify_rev_id` in `alembic/script/revision.py`, `MigrationContext` in `alembic/runtime/migration.py`
    /// - [Alembic discussion 1266](https://github.com/sqlalchemy/alembic/discussions/1266)
    "invalid-revision-id", Graph, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: History(check),
}

/// The length of `alembic_version.version_num`.
const LENGTH: usize = 32;

fn check(history: &History<'_>, sink: &mut Sink<'_>) {
    for graph in history.graphs {
        for fault in graph.faults() {
            let Fault::IllegalId { node, characters } = fault else { continue };
            let node = graph.node(*node);
            let characters: Vec<String> =
                characters.iter().map(|character| format!("`{character}`")).collect();
            sink.report_in(
                node.file,
                history.identifier_span(node.file, "revision"),
                format!(
                    "every Alembic command stops at `{}`: no identifier may hold {}",
                    node.id,
                    characters.join(", ")
                ),
            )
            .help("write `_` in their place, here and in the `down_revision` of what follows");
        }
        if !may_be_long(history, graph) {
            report_long(history, graph, sink);
        }
    }
}

fn report_long(history: &History<'_>, graph: &Graph<'_>, sink: &mut Sink<'_>) {
    for (_, node) in graph.nodes() {
        let length = node.id.chars().count();
        // An applied one has been stored somewhere.
        if length <= LENGTH || history.is_applied(node.file) {
            continue;
        }
        sink.report_in(
            node.file,
            history.identifier_span(node.file, "revision"),
            format!(
                "`{}` has {length} characters, and `alembic_version.version_num` holds {LENGTH}: the upgrade fails when \
                 it stores it",
                node.id
            ),
        )
        .help("shorten it, here and in the `down_revision` of what follows; the file name and docstring may stay long");
    }
}

fn may_be_long(history: &History<'_>, graph: &Graph<'_>) -> bool {
    let directory = history.project.directories.get(graph.directory());
    let dialect = history.settings.dialect.or(directory.and_then(|directory| directory.dialect));
    let widens = history.project.files.iter().any(|file| {
        file.role == Role::Environment
            && file.directory == graph.directory()
            && (file.text().contains("version_table_impl") || file.text().contains("version_num"))
    });
    widens
        || dialect == Some(Dialect::Sqlite)
        || graph.nodes().any(|(_, node)| widens_column(history, node.file))
}

/// Whether a revision gives the column another type.
fn widens_column(history: &History<'_>, file: FileId) -> bool {
    let upgrade = history.revision(file).and_then(|revision| revision.upgrade.as_ref());
    upgrade.is_some_and(|body| {
        body.operations.iter().any(|operation| match &operation.change {
            Change::AlterColumn(alter) => {
                alter.type_.is_some() && alter.column.known() == Some("version_num")
            }
            _ => false,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::config::Settings;
    use crate::operation::Dialect;
    use crate::testing::Tester;

    fn id(id: &str) -> Tester {
        Tester::new(&RULE).file("versions/a.py", &format!("revision = '{id}'\ndown_revision = None\n"))
    }

    #[test]
    fn characters_that_references_are_made_of() {
        id("a-b+c").finds(&["no identifier may hold `+`, `-`"]);
        id("a:b").finds(&["no identifier may hold `:`"]);
        id("a.b_c/d").ok();
    }

    #[test]
    fn what_fits_into_the_column() {
        let (fits, too_long) = ("x".repeat(32), "x".repeat(33));
        id(&fits).ok();
        id(&too_long).finds(&["has 33 characters"]);
        id(&too_long).file("env.py", "class Impl:\n    def version_table_impl(self):\n        ...\n").ok();
        let widening = |statement: &str| {
            let text = format!(
                "from alembic import op\nimport sqlalchemy as sa\nrevision = 'b'\ndown_revision = '{too_long}'\n\n\n\
                 def upgrade():\n    {statement}\n"
            );
            id(&too_long).file("versions/b.py", &text)
        };
        widening("op.alter_column('alembic_version', 'version_num', type_=sa.String(255))").ok();
        widening("op.execute('ALTER TABLE alembic_version ALTER COLUMN version_num TYPE VARCHAR(64)')").ok();
        widening("op.alter_column('user', 'name', type_=sa.String(255))").finds(&["has 33 characters"]);
        id(&too_long).settings(Settings { dialect: Some(Dialect::Sqlite), ..Settings::default() }).ok();
    }
}

//! `app-code-import`: a revision that means what the application is today.

use crate::revision::{BoundName, RevisionContext};
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds revisions that import modules of the project, those beside the revisions (in the script directory) left out.
    ///
    /// ## Why is this bad?
    /// A revision runs for years: in each new database, in each test. Code that it imports changes meanwhile: a model gets a column, a constant another
    /// value, a module moves. Then old revisions do something else than they did, or do not run at all:
    /// ```text
    /// ImportError: cannot import name 'Account' from 'app.models'
    /// ```
    ///
    /// ## Example
    /// ```python bad file=app/models.py
    /// class State(enum.Enum):
    ///     OPEN = "open"
    ///     PAID = "paid"
    /// ```
    ///
    /// ```python bad file=versions/ab12_add_invoice_state.py
    /// """add invoice.state"""
    /// from alembic import op
    /// import sqlalchemy as sa
    /// from app.models import State
    ///
    /// revision = "ab12"
    /// down_revision = "cd34"
    ///
    /// def upgrade():
    ///     op.add_column("invoice", sa.Column("state", sa.Enum(State, name="state"), nullable=True))
    /// ```
    ///
    /// ## Use instead
    /// Write down what the revision needs:
    /// ```python good
    /// op.add_column("invoice", sa.Column("state", sa.Enum("open", "paid", name="state"), nullable=True))
    /// ```
    /// Code that is made for revisions and never changed may stay: put it into the script directory, or approve with
    /// `# alembic-lint: allow[app-code-import] -- types that never change`.
    ///
    /// ## References
    /// - django-migration-linter: `RUNPYTHON_MODEL_IMPORT`
    "app-code-import", Content, Warning,
    preset: Strict, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let modules = &context.siblings.app_modules;
    if modules.is_empty() {
        return;
    }
    for import in context.revision.names.imports.iter().filter(|import| !import.is_future) {
        let found = import.bound.iter().find_map(|bound| {
            let (BoundName::Module { path } | BoundName::Alias { path, .. }) = bound;
            let parent = path.rsplit_once('.').map_or(&**path, |(parent, _)| parent);
            [&**path, parent].into_iter().find(|path| modules.contains(path))
        });
        let Some(module) = found else { continue };
        sink.report(
            import.span,
            format!("`{module}` is code of the application: this revision changes with it"),
        )
        .help("write down here what the revision needs of it");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    fn with(path: &str, line: &str) -> Tester {
        Tester::new(&RULE).file(path, "STATE = 'open'\n").header(line).upgrade("pass")
    }

    #[test]
    fn modules_of_the_project() {
        with("app/models.py", "from app.models import STATE")
            .finds(&["`app.models` is code of the application"]);
        with("app/models.py", "import app.models as m\nimport json").finds(&["`app.models`"]);
        with("app/models.py", "from app import models").finds(&["`app.models`"]);
    }

    #[test]
    fn other_modules() {
        with("app/models.py", "from other.models import STATE").ok();
        with("migrations/types.py", "from migrations.types import STATE").ok();
        with("app/models.py", "if False:\n    from app.models import STATE").ok();
    }
}

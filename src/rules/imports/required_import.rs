//! `required-import`: a revision without an import that the configuration demands. In a project that uses
//! `SQLModel`, `sqlmodel` is `missing-sqlmodel-import`'s.

use crate::diagnostic::Fix;
use crate::fix::insert_import;
use crate::revision::{ImportLine, RevisionContext};
use crate::rule::{Sink, declare_rule};
use crate::source::Span;

declare_rule! {
    /// ## What it does
    /// Finds revisions that lack one of the imports listed in `required-imports`: modules (`geoalchemy2`,
    /// `pgvector.sqlalchemy`) or whole lines (`from app import types`).
    ///
    /// ## Why is this bad?
    /// Autogenerate writes types of other packages by their full path and adds no import for them. A team that
    /// wants the import in every revision, used or not, never meets that NameError at deployment.
    ///
    /// ## Example
    /// With `required-imports = ["geoalchemy2"]`:
    /// ```python
    /// from alembic import op
    /// import sqlalchemy as sa
    /// ```
    ///
    /// ## Use instead
    /// ```python
    /// from alembic import op
    /// import sqlalchemy as sa
    /// import geoalchemy2  # noqa: F401
    /// ```
    ///
    /// ## Fix safety
    /// Safe. A line that nothing uses yet gets `# noqa: F401`, or ruff would remove it again.
    ///
    /// ## Options
    /// - `required-imports`: empty by default, so that the rule is silent
    ///
    /// ## References
    /// - [Alembic: Affecting the rendering of types](https://alembic.sqlalchemy.org/en/latest/autogenerate.html#affecting-the-rendering-of-types-themselves)
    "required-import", Imports, Error,
    preset: Recommended, fix: Always, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    if !context.is_python() || !context.revision.has_identifiers() {
        return;
    }
    for entry in &context.settings.required_imports {
        let line = ImportLine::new(entry);
        let is_policy = entry == "sqlmodel" && context.siblings.must_import_sqlmodel(context.settings);
        if is_policy || line.is_in(&context.revision.names) {
            continue;
        }
        let undefined = &context.revision.names.undefined;
        let is_used = line.roots().any(|root| undefined.iter().any(|name| &*name.name == root));
        let text = if is_used { line.text().to_owned() } else { format!("{}  # noqa: F401", line.text()) };
        let edit = insert_import(context.revision, context.text(), &text);
        sink.report(
            Span::default(),
            format!("`{}` is required in every revision and missing here", line.text()),
        )
        .help(format!("add `{}`; `required-imports` asks for it", line.text()))
        .fix(Fix::safe(format!("add `{}`", line.text()), vec![edit]));
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::config::Settings;
    use crate::testing::Tester;

    const BODY: &str = "op.add_column('t', sa.Column('a', sa.Integer()))";

    fn requiring(entry: &str) -> Tester {
        Tester::new(&RULE)
            .settings(Settings { required_imports: vec![entry.to_owned()], ..Settings::default() })
    }

    #[test]
    fn nothing_is_required_by_default() {
        Tester::new(&RULE).upgrade(BODY).ok();
    }

    #[test]
    fn a_module() {
        requiring("geoalchemy2").upgrade(BODY).finds(&["`import geoalchemy2` is required"]).fixes(
            "import sqlalchemy as sa\n",
            "import sqlalchemy as sa\nimport geoalchemy2  # noqa: F401\n",
        );
        requiring("geoalchemy2").header("import geoalchemy2.types").upgrade(BODY).ok();
        requiring("geoalchemy2").header("import geoalchemy2 as g").upgrade(BODY).finds(&["is required"]);
    }

    #[test]
    fn a_submodule_is_not_satisfied_by_its_package() {
        requiring("pgvector.sqlalchemy")
            .header("import pgvector")
            .upgrade(BODY)
            .finds(&["pgvector.sqlalchemy"]);
    }

    #[test]
    fn a_whole_line() {
        requiring("from app import types")
            .header("from app import (\n    types,\n    x,\n)")
            .upgrade(BODY)
            .ok();
        requiring("from app import types")
            .header("from app import x")
            .upgrade(BODY)
            .finds(&["from app import types"]);
    }

    #[test]
    fn a_used_name_needs_no_noqa() {
        requiring("geoalchemy2")
            .upgrade("op.add_column('t', sa.Column('a', geoalchemy2.types.Geometry()))")
            .finds(&["is required"])
            .fixes("import sqlalchemy as sa\n", "import sqlalchemy as sa\nimport geoalchemy2\n");
    }
}

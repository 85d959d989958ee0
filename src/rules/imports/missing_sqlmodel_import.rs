//! `missing-sqlmodel-import`: a revision that does not import sqlmodel. Other imports are other rules'.

use crate::diagnostic::Fix;
use crate::fix::insert_import;
use crate::revision::{RevisionContext, starts_path};
use crate::rule::{Severity, Sink, declare_rule};
use crate::source::Span;

declare_rule! {
    /// ## What it does
    /// Finds revisions that use `sqlmodel` without importing it, and, where the team's policy asks for it,
    /// revisions that do not import it at all.
    ///
    /// Only `import sqlmodel` (or a submodule of it) at module level counts, where it always runs:
    /// `import sqlmodel as x` binds another name, and an import under `if TYPE_CHECKING` never runs.
    ///
    /// ## Why is this bad?
    /// Autogenerate writes the columns of SQLModel classes as `sqlmodel.sql.sqltypes.AutoString()` and adds no
    /// import for it. The name is looked up when `upgrade` runs, not before: `alembic heads`,
    /// `alembic history` and every review pass, and the deployment fails.
    ///
    /// ## Example
    /// ```python bad
    /// op.add_column("user", sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// import sqlmodel
    ///
    /// op.add_column("user", sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    /// ```
    /// Add the line to `script.py.mako` as well, and new revisions will have it
    /// (`template-missing-import` does that).
    ///
    /// ## Fix safety
    /// Safe. Where nothing uses the name yet, the line gets `# noqa: F401`, or ruff would remove it again.
    ///
    /// ## Options
    /// - `sqlmodel-import`: `always` or `when-used`; by default `always` in a project that uses SQLModel
    ///
    /// ## References
    /// - [Alembic issue 1647](https://github.com/sqlalchemy/alembic/issues/1647)
    /// - [SQLModel issue 85](https://github.com/fastapi/sqlmodel/issues/85)
    "missing-sqlmodel-import", Imports, Error,
    preset: Recommended, fix: Always, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let names = &context.revision.names;
    if !context.is_python() || names.binds_module("sqlmodel") {
        return;
    }
    let uses: Vec<(&str, Span)> = names
        .undefined
        .iter()
        .filter(|name| &*name.name == "sqlmodel")
        .map(|name| (&*name.path, name.span))
        .collect();
    if let Some((path, span)) = uses.iter().min_by_key(|(_, span)| *span) {
        let who = context.function_at(*span).map_or("the revision".to_owned(), |f| format!("`{f}`"));
        let count = if uses.len() > 1 { format!("; it is used {} times", uses.len()) } else { String::new() };
        sink.report(
            *span,
            format!("{who} will raise NameError (`name 'sqlmodel' is not defined`) at `{path}`"),
        )
        .help(format!("add `import sqlmodel`{count}"))
        .fix(add(context, "import sqlmodel"));
        return;
    }
    if let Some(used) = names.module_uses.iter().find(|used| starts_path(&used.path, "sqlmodel")) {
        sink.report(
            used.span,
            format!("`{}` needs `sqlmodel`, which is imported only under a condition", used.path),
        )
        .severity(Severity::Warning)
        .help("import it at module level, where it always runs")
        .fix(add(context, "import sqlmodel"));
    } else if context.siblings.must_import_sqlmodel(context.settings) && context.revision.has_identifiers() {
        sink.report(
            Span::default(),
            "the revision does not import `sqlmodel`, which this project wants in every one",
        )
        .severity(Severity::Warning)
        .help("add `import sqlmodel`, or set `sqlmodel-import = \"when-used\"`")
        .fix(add(context, "import sqlmodel  # noqa: F401"));
    }
}

fn add(context: &RevisionContext<'_>, line: &str) -> Fix {
    Fix::safe("add `import sqlmodel`", vec![insert_import(context.revision, context.text(), line)])
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::config::{Settings, SqlmodelImport};
    use crate::testing::Tester;

    const USE: &str = "op.add_column('t', sa.Column('a', sqlmodel.sql.sqltypes.AutoString()))";

    #[test]
    fn used_and_not_imported() {
        Tester::new(&RULE)
            .upgrade(USE)
            .finds(&["`upgrade` will raise NameError (`name 'sqlmodel' is not defined`)"])
            .fixes("import sqlalchemy as sa\n", "import sqlalchemy as sa\nimport sqlmodel\n");
    }

    #[test]
    fn another_name_does_not_count() {
        Tester::new(&RULE).header("import sqlmodel as sm").upgrade(USE).finds(&["NameError"]);
        Tester::new(&RULE).header("from sqlmodel import sql").upgrade(USE).finds(&["NameError"]);
    }

    #[test]
    fn an_import_counts_also_by_its_submodule() {
        Tester::new(&RULE).header("import sqlmodel").upgrade(USE).ok();
        Tester::new(&RULE).header("import sqlmodel.sql.sqltypes").upgrade(USE).ok();
    }

    #[test]
    fn an_import_that_may_not_run_does_not_count() {
        let guarded = |guard: &str| format!("from typing import TYPE_CHECKING\n{guard}");
        Tester::new(&RULE)
            .header(&guarded("if TYPE_CHECKING:\n    import sqlmodel"))
            .upgrade(USE)
            .finds(&["NameError"]);
        Tester::new(&RULE)
            .header(&guarded("try:\n    import sqlmodel\nexcept ImportError:\n    pass"))
            .upgrade(USE)
            .finds(&["only under a condition"]);
        Tester::new(&RULE)
            .settings(Settings { sqlmodel_import: Some(SqlmodelImport::WhenUsed), ..Settings::default() })
            .upgrade(&format!("import sqlmodel\n{USE}"))
            .ok();
    }

    #[test]
    fn several_uses_are_one_finding() {
        Tester::new(&RULE).upgrade(&format!("{USE}\n{USE}")).finds(&["NameError"]);
    }

    #[test]
    fn unused_is_policy() {
        let body = "op.drop_column('t', 'a')";
        let policy = |policy| Settings { sqlmodel_import: policy, ..Settings::default() };
        Tester::new(&RULE).upgrade(body).ok();
        Tester::new(&RULE)
            .settings(policy(Some(SqlmodelImport::Always)))
            .upgrade(body)
            .finds(&["does not import `sqlmodel`"])
            .fixes("import sqlalchemy as sa\n", "import sqlalchemy as sa\nimport sqlmodel  # noqa: F401\n");
        Tester::new(&RULE).settings(policy(Some(SqlmodelImport::WhenUsed))).upgrade(body).ok();
    }

    #[test]
    fn helper_modules_are_no_revisions() {
        let always = Settings { sqlmodel_import: Some(SqlmodelImport::Always), ..Settings::default() };
        Tester::new(&RULE).settings(always).file("versions/helpers.py", "def f():\n    pass\n").ok();
    }

    #[test]
    fn the_policy_is_detected() {
        let with_template = || Tester::new(&RULE).file("script.py.mako", "import sqlmodel\n");
        with_template().upgrade("op.drop_column('t', 'a')").finds(&["does not import `sqlmodel`"]);
    }
}

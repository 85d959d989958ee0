//! `template-missing-import`: a `script.py.mako` whose new revisions will lack an import.

use crate::diagnostic::{Edit, Fix};
use crate::fix::newline_of;
use crate::history::History;
use crate::revision::ImportLine;
use crate::rule::{Sink, declare_rule};
use crate::source::{Role, Span};

declare_rule! {
    /// ## What it does
    /// Finds templates (`script.py.mako`) that lack an import every revision must have: `import sqlmodel` in a
    /// project that uses SQLModel, and what `required-imports` lists.
    ///
    /// ## Why is this bad?
    /// `alembic revision` copies the template. As long as it lacks the line, every new revision does, and
    /// somebody has to add it each time.
    ///
    /// ## Example
    /// ```mako
    /// from alembic import op
    /// import sqlalchemy as sa
    /// ${imports if imports else ""}
    /// ```
    ///
    /// ## Use instead
    /// ```mako
    /// from alembic import op
    /// import sqlalchemy as sa
    /// import sqlmodel  # noqa: F401
    /// ${imports if imports else ""}
    /// ```
    ///
    /// ## Fix safety
    /// Safe: it changes future revisions only. There is none for a template without `import sqlalchemy`,
    /// `from alembic import op` or `${imports}`, where the place for the line is not plain.
    ///
    /// ## References
    /// - [SQLModel issue 85](https://github.com/fastapi/sqlmodel/issues/85)
    /// - [Alembic: Editing the template](https://alembic.sqlalchemy.org/en/latest/tutorial.html#editing-the-ini-file)
    "template-missing-import", Imports, Warning,
    preset: Recommended, fix: Sometimes, since: "0.1.0",
    check: History(check),
}

fn check(history: &History<'_>, sink: &mut Sink<'_>) {
    for (id, file) in history.project.files().filter(|(_, file)| file.role == Role::Template) {
        let Ok(text) = &file.text else { continue };
        let siblings = history.siblings.get(file.directory);
        let wants_sqlmodel = siblings.is_some_and(|facts| facts.must_import_sqlmodel(history.settings));
        let mut wanted: Vec<_> =
            history.settings.required_imports.iter().map(|entry| ImportLine::new(entry)).collect();
        let sqlmodel = ImportLine::new("sqlmodel");
        if wants_sqlmodel && !wanted.contains(&sqlmodel) {
            wanted.push(sqlmodel);
        }
        for line in wanted.iter().filter(|line| !line.is_in_template(text)) {
            let message = format!("new revisions will lack `{}`: the template does not have it", line.text());
            let report = sink.report_in(id, Span::default(), message);
            let report = report.help(format!("add `{}` to `{}`", line.text(), file.name()));
            if let Some(edit) = insertion(text, line) {
                report.fix(Fix::safe(format!("add `{}` to the template", line.text()), vec![edit]));
            }
        }
    }
}

/// After `import sqlalchemy`, else after `from alembic import op`, else before `${imports}`.
fn insertion(text: &str, line: &ImportLine) -> Option<Edit> {
    let newline = newline_of(text);
    let content = format!("{}  # noqa: F401", line.text());
    for anchor in ["import sqlalchemy", "from alembic import op"] {
        if let Some((start, found)) = line_starting_with(text, anchor) {
            return Some(edit(start + found.len(), format!("{newline}{content}")));
        }
    }
    let (start, _) = line_starting_with(text, "${imports")?;
    Some(edit(start, format!("{content}{newline}")))
}

/// The first line that starts with `anchor`, without its line break, and where it stands.
fn line_starting_with<'t>(text: &'t str, anchor: &str) -> Option<(usize, &'t str)> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if line.trim_start_matches('\u{feff}').starts_with(anchor) {
            return Some((start, line.trim_end_matches(['\r', '\n'])));
        }
        start += line.len();
    }
    None
}

fn edit(at: usize, content: String) -> Edit {
    Edit { span: Span::at(u32::try_from(at).unwrap_or(u32::MAX)), content }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::config::{Settings, SqlmodelImport};
    use crate::testing::Tester;

    const TEMPLATE: &str = "\"\"\"${message}\"\"\"\nfrom alembic import op\nimport sqlalchemy as sa\n${imports if imports else \"\"}\n";

    fn always() -> Tester {
        Tester::new(&RULE)
            .settings(Settings { sqlmodel_import: Some(SqlmodelImport::Always), ..Settings::default() })
    }

    #[test]
    fn sqlmodel_is_added_after_sqlalchemy() {
        always()
            .file("script.py.mako", TEMPLATE)
            .finds(&["new revisions will lack `import sqlmodel`"])
            .fixes("as sa\n", "as sa\nimport sqlmodel  # noqa: F401\n");
    }

    #[test]
    fn line_endings_are_kept() {
        always()
            .file("script.py.mako", &TEMPLATE.replace('\n', "\r\n"))
            .finds(&["import sqlmodel"])
            .fixes("as sa\r\n", "as sa\r\nimport sqlmodel  # noqa: F401\r\n");
    }

    #[test]
    fn a_revision_that_uses_sqlmodel_is_enough() {
        let used = "op.add_column('t', sa.Column('a', sqlmodel.AutoString()))";
        Tester::new(&RULE)
            .file("script.py.mako", TEMPLATE)
            .header("import sqlmodel")
            .upgrade(used)
            .finds(&["sqlmodel"]);
        Tester::new(&RULE).file("script.py.mako", TEMPLATE).upgrade("op.drop_table('t')").ok();
    }

    #[test]
    fn without_an_anchor_nothing_is_inserted() {
        always().file("script.py.mako", "${message}\n").finds(&["import sqlmodel"]).without_fix();
    }

    #[test]
    fn before_the_imports_where_nothing_else_is_there() {
        always()
            .file("script.py.mako", "${imports}\n")
            .finds(&["import sqlmodel"])
            .fixes("${imports}\n", "import sqlmodel  # noqa: F401\n${imports}\n");
    }

    #[test]
    fn the_line_is_there() {
        always().file("script.py.mako", &TEMPLATE.replace("as sa\n", "as sa\nimport sqlmodel\n")).ok();
        let required =
            Settings { required_imports: vec!["pgvector.sqlalchemy".to_owned()], ..Settings::default() };
        Tester::new(&RULE)
            .settings(required)
            .file("script.py.mako", TEMPLATE)
            .finds(&["pgvector.sqlalchemy"]);
    }
}

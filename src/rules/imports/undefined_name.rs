//! `undefined-name`: a name that nothing binds. `sqlmodel` is `missing-sqlmodel-import`'s.

use crate::diagnostic::{Edit, Fix};
use crate::fix::insert_import;
use crate::revision::{
    BoundName, ImportLine, RevisionContext, UndefinedName, import_for, is_sqlalchemy_name, starts_path,
    submodule_of,
};
use crate::rule::{Severity, Sink, declare_rule};
use crate::source::Span;

declare_rule! {
    /// ## What it does
    /// Finds names that a revision uses and nothing binds: packages whose types autogenerate writes out
    /// (`geoalchemy2`, `pgvector`, `sqlalchemy_utils`, ..), dialects (`postgresql.JSONB`), types without prefix
    /// (`Text()`), and submodules that the import of their package does not load.
    ///
    /// ## Why is this bad?
    /// Python looks the name up when `upgrade` runs. Until then every command passes; at deployment the
    /// revision stops with a NameError.
    ///
    /// ## Example
    /// ```python bad
    /// op.add_column("user", sa.Column("settings", postgresql.JSONB(), nullable=True))
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// from sqlalchemy.dialects import postgresql
    ///
    /// op.add_column("user", sa.Column("settings", postgresql.JSONB(), nullable=True))
    /// ```
    ///
    /// ## Fix safety
    /// Safe for packages and names that are known. Unsafe for a module of your own application, which ties the
    /// revision to code that will change; the column type below it is the better choice.
    ///
    /// ## References
    /// - ruff: `undefined-name` (F821)
    /// - [Alembic issue 1405](https://github.com/sqlalchemy/alembic/issues/1405)
    "undefined-name", Imports, Error,
    preset: Recommended, fix: Sometimes, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let names = &context.revision.names;
    if !context.is_python() || names.has_star_import {
        return;
    }
    let mut done: Vec<(&str, Option<ImportLine>)> = Vec::new();
    for name in names.undefined.iter().filter(|name| &*name.name != "sqlmodel") {
        let line = import_of(context, name);
        if done.contains(&(&*name.name, line.clone())) {
            continue;
        }
        let uses: Vec<_> = names
            .undefined
            .iter()
            .filter(|other| other.name == name.name && import_of(context, other) == line)
            .collect();
        report(context, sink, &uses, line.as_ref());
        done.push((&name.name, line));
    }
    report_submodules(context, sink);
}

/// The import line that defines the name; none for what needs a prefix instead.
fn import_of(context: &RevisionContext<'_>, name: &UndefinedName) -> Option<ImportLine> {
    if &*name.name == "Sequence" && is_subscripted(context, name.span) {
        return Some(ImportLine::new("from typing import Sequence"));
    }
    if let Some(line) = import_for(&name.path) {
        return Some(line);
    }
    let parts: Vec<_> = name.path.split('.').collect();
    let (class, modules) = parts.split_last()?;
    let is_module = |part: &&str| part.chars().all(|c| c.is_lowercase() || c.is_numeric() || c == '_');
    (modules.len() > 1 && class.starts_with(char::is_uppercase) && modules.iter().all(is_module))
        .then(|| ImportLine::new(&modules.join(".")))
}

fn is_subscripted(context: &RevisionContext<'_>, span: Span) -> bool {
    context.text().get(span.end as usize..).is_some_and(|rest| rest.starts_with('['))
}

fn report(
    context: &RevisionContext<'_>,
    sink: &mut Sink<'_>,
    uses: &[&UndefinedName],
    line: Option<&ImportLine>,
) {
    let Some(first) = uses.iter().min_by_key(|name| name.span) else { return };
    let name = &*first.name;
    let who = context.function_at(first.span).map_or("the revision".to_owned(), |f| format!("`{f}`"));
    let what = if first.path == first.name { String::new() } else { format!(" at `{}`", first.path) };
    let report =
        sink.report(first.span, format!("{who} will raise NameError (`name '{name}' is not defined`){what}"));
    let times = if uses.len() > 1 { format!(" (used {} times)", uses.len()) } else { String::new() };
    if let Some(line) = line {
        let is_known = import_for(&first.path).is_some() || name == "Sequence";
        let edits = vec![insert_import(context.revision, context.text(), line.text())];
        let description = format!("add `{}`", line.text());
        if is_known {
            report.help(format!("{description}{times}")).fix(Fix::safe(description, edits));
        } else {
            report
                .help(format!(
                    "{description}{times}; better, write the SQLAlchemy type that the column has in the database, \
                     as code of the application changes and the revision must not"
                ))
                .fix(Fix::unsafe_(description, edits));
        }
        return;
    }
    if !is_sqlalchemy_name(name) {
        report.help(format!("define or import `{name}`{times}"));
        return;
    }
    let Some(prefix) = sqlalchemy_prefix(context) else {
        report.help(format!("add `import sqlalchemy as sa` and write `sa.{name}`{times}"));
        return;
    };
    let edits = uses
        .iter()
        .map(|used| Edit { span: Span::at(used.span.start), content: format!("{prefix}.") })
        .collect();
    let description = format!("write `{prefix}.{name}`");
    report.help(format!("{description}{times}")).fix(Fix::safe(description, edits));
}

/// The name the module gives to sqlalchemy.
fn sqlalchemy_prefix<'a>(context: &RevisionContext<'a>) -> Option<&'a str> {
    context.revision.names.imports.iter().flat_map(|import| &import.bound).find_map(|bound| match bound {
        BoundName::Alias { path, name } if &**path == "sqlalchemy" => Some(&**name),
        BoundName::Module { path } if &**path == "sqlalchemy" => Some("sqlalchemy"),
        _ => None,
    })
}

/// Uses of a submodule of which only the package is imported.
fn report_submodules(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let names = &context.revision.names;
    let mut done: Vec<&str> = Vec::new();
    for used in &names.module_uses {
        let Some(module) = submodule_of(&used.path) else { continue };
        let (package, rest) = module.split_once('.').unwrap_or((module, ""));
        let is_loaded = names.imports.iter().flat_map(|import| &import.bound).any(|bound| {
            let (BoundName::Module { path } | BoundName::Alias { path, .. }) = bound;
            starts_path(path, module)
        });
        if is_loaded || !names.binds_module(package) || done.contains(&module) {
            continue;
        }
        done.push(module);
        let attribute = rest.split('.').next().unwrap_or(rest);
        let line = format!("import {module}");
        let edits = vec![insert_import(context.revision, context.text(), &line)];
        sink.report(
            used.span,
            format!(
                "`{}` raises AttributeError (`module '{package}' has no attribute '{attribute}'`) unless other \
                 code imports `{module}` first",
                used.path
            ),
        )
        .severity(Severity::Warning)
        .help(format!("add `{line}`: `import {package}` does not load it"))
        .fix(Fix::safe(format!("add `{line}`"), edits));
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    fn using(type_: &str) -> Tester {
        Tester::new(&RULE).upgrade(&format!("op.add_column('t', sa.Column('a', {type_}))"))
    }

    #[test]
    fn packages_and_dialects_get_their_import() {
        for (type_, line) in [
            ("postgresql.JSONB()", "from sqlalchemy.dialects import postgresql"),
            ("geoalchemy2.types.Geometry()", "import geoalchemy2"),
            ("pgvector.sqlalchemy.vector.VECTOR(dim=3)", "import pgvector.sqlalchemy"),
            ("sqlalchemy_utils.types.uuid.UUIDType()", "import sqlalchemy_utils"),
        ] {
            using(type_).finds(&["will raise NameError"]).fixes("as sa\n", &format!("as sa\n{line}\n"));
        }
    }

    #[test]
    fn types_without_prefix() {
        using("Text(), server_default=Text")
            .finds(&["`name 'Text' is not defined`"])
            .fixes("Text(), server_default=Text", "sa.Text(), server_default=sa.Text");
    }

    #[test]
    fn op_and_sa_themselves() {
        let text =
            "revision = 'a'\ndown_revision = None\n\ndef upgrade():\n    op.drop_column('t', sa.text('a'))\n";
        Tester::new(&RULE)
            .file("versions/a.py", text)
            .finds(&["name 'op'", "name 'sa'"])
            .fixes("revision = 'a'", "from alembic import op\nimport sqlalchemy as sa\n\nrevision = 'a'");
    }

    #[test]
    fn a_package_without_its_submodule() {
        Tester::new(&RULE)
            .header("import pgvector")
            .upgrade("op.add_column('t', sa.Column('a', pgvector.sqlalchemy.Vector(3)))")
            .finds(&["`module 'pgvector' has no attribute 'sqlalchemy'`"]);
        Tester::new(&RULE)
            .header("import pgvector\nfrom pgvector.sqlalchemy import Vector")
            .upgrade("op.add_column('t', sa.Column('a', pgvector.sqlalchemy.Vector(3)))")
            .ok();
    }

    #[test]
    fn code_of_the_application_is_never_imported_by_a_safe_fix() {
        using("app.models.types.Money()").finds(&["name 'app'"]).has_unsafe_fix();
    }

    #[test]
    fn without_known_import_there_is_no_fix() {
        Tester::new(&RULE).upgrade("conn.execute('x')").finds(&["name 'conn'"]).without_fix();
    }

    #[test]
    fn bound_names_and_star_imports() {
        Tester::new(&RULE).upgrade("for t in ('a', 'b'):\n    op.drop_table(t)\nprint(__file__)").ok();
        Tester::new(&RULE).header("from app.types import *").upgrade("op.execute(Money)").ok();
        using("sqlmodel.AutoString()").ok();
    }

    #[test]
    fn code_that_no_run_reaches() {
        let body = |body: &str| Tester::new(&RULE).upgrade(body);
        body("raise NotImplementedError\nmissing_one()").ok();
        body("return\nmissing_one()").ok();
        body("if op.get_bind():\n    return\nelse:\n    raise ValueError\nmissing_one()").ok();
        body("if op.get_bind():\n    return\nmissing_one()").finds(&["missing_one"]);
        body("with op.get_context():\n    raise ValueError\nmissing_one()").finds(&["missing_one"]);
        body("try:\n    return\nfinally:\n    missing_one()").finds(&["missing_one"]);
        body("for i in op.get_bind():\n    continue\nmissing_one()").finds(&["missing_one"]);
    }
}

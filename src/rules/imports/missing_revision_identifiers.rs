//! `missing-revision-identifiers`: a module that Alembic loads and cannot place. The graph is not looked at.

use crate::revision::{BoundName, Identifier, IdentifierValue, RevisionContext};
use crate::rule::{Severity, Sink, declare_rule};
use crate::source::Span;

declare_rule! {
    /// ## What it does
    /// Finds files in a version location without a usable `revision` or `down_revision`, or without `upgrade`.
    ///
    /// ## Why is this bad?
    /// Alembic imports every `.py` file of a version location, except those whose names start with `__init__`
    /// or `.#`. One without `revision` stops every command with "Could not determine revision id from
    /// filename"; one without `down_revision` stops them with an AttributeError.
    ///
    /// A file whose name is nothing but hexadecimal digits (`ab12.py`) needs no `revision`: there the name is
    /// the identifier, as in Alembic 0.1.
    ///
    /// ## Example
    /// ```python bad file=versions/helpers.py
    /// def add_timestamps(table):
    ///     pass
    /// ```
    ///
    /// ## Use instead
    /// Move helper modules out of the version location. A revision needs at least
    /// ```python good file=versions/ab12_add_user.py
    /// revision = "ab12"
    /// down_revision = None
    ///
    /// def upgrade():
    ///     pass
    /// ```
    ///
    /// ## References
    /// - [Alembic: Create a Migration Script](https://alembic.sqlalchemy.org/en/latest/tutorial.html#create-a-migration-script)
    "missing-revision-identifiers", Imports, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    if !context.is_python() {
        return;
    }
    let identifiers = &context.revision.identifiers;
    let name = context.file.name();
    let has_legacy_name = name
        .strip_suffix(".py")
        .is_some_and(|stem| stem.bytes().all(|b| matches!(b, b'a'..=b'f' | b'0'..=b'9')));
    if identifiers.revision.value == IdentifierValue::Missing && !has_legacy_name {
        let is_helper = !context.revision.has_identifiers();
        sink.report(
            Span::default(),
            format!(
                "every Alembic command stops at this file (`Could not determine revision id from filename \
                 {name}`): it has no `revision`"
            ),
        )
        .help(if is_helper {
            "move the file out of the version location, or write `revision` and `down_revision` into it"
        } else {
            "write `revision = \"..\"` with the identifier other revisions refer to"
        });
        if is_helper {
            return;
        }
    }
    check_value(context, sink, "revision", &identifiers.revision);
    check_down_revision(context, sink);
    check_upgrade(context, sink);
}

fn check_down_revision(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let down_revision = &context.revision.identifiers.down_revision;
    if down_revision.value != IdentifierValue::Missing {
        check_value(context, sink, "down_revision", down_revision);
        return;
    }
    sink.report(
        context.revision.identifiers.revision.span.unwrap_or_default(),
        format!(
            "every Alembic command stops at this file (`module '{}' has no attribute 'down_revision'`)",
            module_name(context.file.name())
        ),
    )
    .help("write `down_revision = \"..\"` with the revision before this one, or `down_revision = None` for the first");
}

/// The value Alembic finds must be one it can use, and one that can be read without running the module.
fn check_value(context: &RevisionContext<'_>, sink: &mut Sink<'_>, variable: &str, identifier: &Identifier) {
    let span = identifier.span.unwrap_or_default();
    let wanted = if variable == "revision" { "a string" } else { "a string, strings or `None`" };
    let found = match &identifier.value {
        IdentifierValue::Unusable(text) => text.replace('`', "'"),
        IdentifierValue::None if variable == "revision" => "revision = None".to_owned(),
        IdentifierValue::Many(_) if variable == "revision" => span.of(context.text()).replace('`', "'"),
        IdentifierValue::Unknown => {
            sink.report(
                span,
                format!("`{variable}` is computed: its value is not known before the module runs"),
            )
            .severity(Severity::Warning)
            .help(format!("write `{variable}` as a literal, as `alembic revision` does"));
            return;
        }
        _ => return,
    };
    sink.report(
        span,
        format!("`{found}` stops every Alembic command with a TypeError: {wanted} is expected"),
    )
    .help(if variable == "revision" {
        "make it a string"
    } else {
        "make it a string, a tuple of strings, or `None` for the first revision"
    });
}

fn check_upgrade(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let names = &context.revision.names;
    let is_imported = names.imports.iter().flat_map(|import| &import.bound).any(|bound| match bound {
        BoundName::Alias { name, .. } => &**name == "upgrade",
        BoundName::Module { .. } => false,
    });
    if context.revision.upgrade.is_some() || is_imported || names.has_star_import {
        return;
    }
    sink.report(
        context.revision.identifiers.revision.span.unwrap_or_default(),
        format!(
            "`alembic upgrade` stops at this revision (`module '{}' has no attribute 'upgrade'`)",
            module_name(context.file.name())
        ),
    )
    .help("define `upgrade()`; a revision that changes nothing has `pass` in it");
}

/// The name Alembic gives the module of a file (`load_python_file` in `alembic/util/pyfiles.py`).
fn module_name(file: &str) -> String {
    file.chars().map(|c| if c.is_alphanumeric() || c == '_' { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    const REST: &str = "\n\ndef upgrade():\n    pass\n";

    fn file(name: &str, head: &str) -> Tester {
        Tester::new(&RULE).file(&format!("versions/{name}"), &format!("{head}{REST}"))
    }

    #[test]
    fn a_helper_module_is_one_finding() {
        Tester::new(&RULE)
            .file("versions/helpers.py", "def f():\n    pass\n")
            .finds(&["Could not determine revision id from filename helpers.py"]);
        Tester::new(&RULE).file("versions/empty.py", "").finds(&["filename empty.py"]);
    }

    #[test]
    fn legacy_names_are_identifiers() {
        file("ab12.py", "down_revision = None").ok();
        file("zz12.py", "down_revision = None").finds(&["has no `revision`"]);
    }

    #[test]
    fn down_revision_is_mandatory() {
        file("ab12-x.py", "revision = 'ab12'")
            .finds(&["module 'ab12_x_py' has no attribute 'down_revision'"]);
    }

    #[test]
    fn every_usable_form() {
        for down in ["None", "'b'", "('b', 'c')", "['b']"] {
            file("a.py", &format!("revision = 'a'\ndown_revision = {down}")).ok();
        }
        file("a.py", "from typing import Union\nrevision: str = 'a'\ndown_revision: Union[str, None] = None")
            .ok();
    }

    #[test]
    fn values_that_alembic_cannot_use() {
        file("a.py", "revision = 1\ndown_revision = None").finds(&["`revision = 1` stops every"]);
        file("a.py", "revision = 'a'\ndown_revision = 7").finds(&["`down_revision = 7` stops every"]);
    }

    #[test]
    fn computed_values_are_said_to_be_unknown() {
        file("a.py", "import os\nrevision = os.environ['R']\ndown_revision = None")
            .finds(&["`revision` is computed"]);
    }

    #[test]
    fn upgrade_is_mandatory() {
        let head = "revision = 'a'\ndown_revision = None\n";
        Tester::new(&RULE).file("versions/a.py", head).finds(&["module 'a_py' has no attribute 'upgrade'"]);
        Tester::new(&RULE).file("versions/a.py", &format!("from x import upgrade\n{head}")).ok();
    }
}

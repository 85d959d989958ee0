//! Repairs from the file on disk to the file on disk: bytes, line endings, links, and nothing twice.

#![expect(clippy::expect_used, reason = "helpers of tests fail as tests do")]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use alembic_lint::config::{Settings, SqlmodelImport};
use alembic_lint::diagnostic::Applicability;
use alembic_lint::fix::{FixReport, fix, unified_diff, write};
use alembic_lint::project::{AppliedSource, Project, ScriptDirectory};
use alembic_lint::selection::Selection;
use alembic_lint::source::{Applied, Encoding, Role, SourceFile};

const REVISION: &str = r#""""Add user

Revision ID: a1
Revises:
"""
from alembic import op
import sqlalchemy as sa

revision = "a1"
down_revision = None


def upgrade():
    op.create_table("user", sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False))


def downgrade():
    op.drop_table("user")
"#;

fn file(location: &Path, text: &str, encoding: Encoding) -> SourceFile {
    SourceFile {
        path: "versions/a1.py".into(),
        location: location.to_owned(),
        directory: 0,
        role: Role::Revision,
        text: Ok(Arc::from(text)),
        encoding,
        selected: true,
        applied: Applied::No,
    }
}

fn repair(file: SourceFile, settings: &Settings) -> (Project, FixReport) {
    let directory = ScriptDirectory { applied: AppliedSource::Git, ..ScriptDirectory::default() };
    let mut project = Project { files: vec![file], directories: vec![directory], ..Project::default() };
    let selection = Selection::resolve(settings).expect("the rules exist");
    let report = fix(&mut project, settings, &selection, Applicability::Safe);
    let again = fix(&mut project, settings, &selection, Applicability::Safe);
    assert!(again.files.is_empty(), "a second run changes nothing");
    assert_eq!(report.refused, []);
    (project, report)
}

fn imports() -> Settings {
    Settings {
        select: vec!["imports".to_owned()],
        sqlmodel_import: Some(SqlmodelImport::WhenUsed),
        ..Settings::default()
    }
}

/// The text after a repair.
fn repaired(text: &str, settings: &Settings) -> String {
    let (project, _) = repair(file(Path::new("versions/a1.py"), text, Encoding::Utf8), settings);
    project.files.first().expect("one file").text().to_owned()
}

const AFTER: &str = "import sqlalchemy as sa\nimport sqlmodel\n";

#[test]
fn one_line_more_and_nothing_else() {
    assert_eq!(repaired(REVISION, &imports()), REVISION.replace("import sqlalchemy as sa\n", AFTER));
}

#[test]
fn line_endings_marks_tabs_and_missing_ends_stay() {
    let crlf = |text: &str| text.replace('\n', "\r\n");
    let expected = REVISION.replace("import sqlalchemy as sa\n", AFTER);
    assert_eq!(repaired(&crlf(REVISION), &imports()), crlf(&expected));
    let mark = |text: &str| format!("\u{feff}{text}");
    assert_eq!(repaired(&mark(REVISION), &imports()), mark(&expected));
    let tabs = |text: &str| text.replace("    ", "\t");
    assert_eq!(repaired(&tabs(REVISION), &imports()), tabs(&expected));
    assert_eq!(repaired(REVISION.trim_end(), &imports()), expected.trim_end());
}

#[test]
fn several_imports_at_one_place_take_several_rounds() {
    let settings = Settings {
        required_imports: vec!["geoalchemy2".to_owned(), "pgvector.sqlalchemy".to_owned()],
        ..imports()
    };
    let text = repaired(REVISION, &settings);
    let lines: Vec<_> = text.lines().filter(|line| line.starts_with("import ")).collect();
    assert_eq!(lines.len(), 4, "{text}");
    assert_eq!(lines.first(), Some(&"import sqlalchemy as sa"), "{text}");
    for line in
        ["import sqlmodel", "import geoalchemy2  # noqa: F401", "import pgvector.sqlalchemy  # noqa: F401"]
    {
        assert!(lines.contains(&line), "{text}");
    }
}

#[test]
fn the_bytes_on_disk_keep_their_encoding() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a1.py");
    let text = format!("# -*- coding: latin-1 -*-\n{}", REVISION.replace("Add user", "Add user \u{e9}"));
    let bytes = |text: &str| text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect::<Vec<_>>();
    fs::write(&path, bytes(&text)).unwrap();
    let (project, report) = repair(file(&path, &text, Encoding::Latin1), &imports());
    let fixed = report.files.first().expect("the file is repaired");
    write(project.file(fixed.file).unwrap(), &fixed.old, &fixed.new).unwrap();
    assert_eq!(fs::read(&path).unwrap(), bytes(&text.replace("import sqlalchemy as sa\n", AFTER)));
}

#[test]
fn the_difference_shows_what_would_be_written() {
    let (_, report) = repair(file(Path::new("versions/a1.py"), REVISION, Encoding::Utf8), &imports());
    let fixed = report.files.first().expect("the file is repaired");
    assert_eq!(fixed.fixes.iter().map(|fix| fix.rule).collect::<Vec<_>>(), ["missing-sqlmodel-import"]);
    assert_eq!(
        unified_diff("versions/a1.py", &fixed.old, &fixed.new),
        "\
--- versions/a1.py
+++ versions/a1.py
@@ -5,6 +5,7 @@
 \"\"\"
 from alembic import op
 import sqlalchemy as sa
+import sqlmodel
\u{20}
 revision = \"a1\"
 down_revision = None
"
    );
}

#[test]
fn a_silenced_finding_is_not_repaired() {
    let text = REVISION.replace(
        "AutoString(), nullable=False))",
        "AutoString(), nullable=False))  # alembic-lint: allow[missing-sqlmodel-import, undefined-name] -- stub",
    );
    assert_eq!(repaired(&text, &imports()), text);
}

#[test]
fn applied_revisions_stay_as_databases_have_run_them() {
    for applied in [Applied::Unchanged, Applied::Changed { base: "".into(), staged: None }] {
        for all in [false, true] {
            let applied = SourceFile {
                applied: applied.clone(),
                ..file(Path::new("versions/a1.py"), REVISION, Encoding::Utf8)
            };
            let (_, report) = repair(applied, &Settings { all, ..imports() });
            assert!(report.files.is_empty());
        }
    }
}

//! Every format, byte for byte, against the files in `testdata/formats/`.
//!
//! After a wanted change: `UPDATE_FORMATS=1 cargo test --lib golden`, then read the difference.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{
    Findings, Look, Paint, concise, full, json, review, review_json, review_text, statistics, summary,
};
use crate::diagnostic::{Applicability, Diagnostic, Edit, Fix};
use crate::linter::Summary;
use crate::operation::{
    Argument, Change, Column, CreateTable, DropColumn, Execute, HOLE, Name, Operation, Origin, ServerDefault,
    Statement, TableName,
};
use crate::project::{Project, ScriptDirectory};
use crate::revision::{Body, Docstring, Identifier, IdentifierValue, Revision, SyntaxError, Unresolved};
use crate::rule::{Category, Check, FixAvailability, Preset, Rule, Severity};
use crate::source::{Applied, Encoding, FileId, Role, SourceFile, Span};

const FIRST: &str = r#""""größere Änderung"""
from alembic import op
import sqlalchemy as sa

revision = "ab12"
down_revision = "cd34"


def upgrade():
    # ärger
    op.drop_column("user", "age")
    op.add_column("user", sa.Column("email", sqlmodel.sql.sqltypes.AutoString()))
    op.execute(
        f"DELETE FROM {table}"
    )


def downgrade():
    pass
"#;

const BROKEN: &str = "\u{feff}revision = \"ef56\"\r\ndef upgrade(:\r\n    pass\r\n";

const fn rule(name: &'static str, category: Category, severity: Severity, fix: FixAvailability) -> Rule {
    Rule {
        name,
        category,
        severity,
        preset: Preset::Recommended,
        fix,
        since: "0.1.0",
        docs: " ## What it does\n Speaks.\n",
        check: Check::History(|_, _| {}),
    }
}

static DROP_COLUMN: Rule = rule("drop-column", Category::Destructive, Severity::Error, FixAvailability::None);
static MISSING_IMPORT: Rule =
    rule("missing-sqlmodel-import", Category::Imports, Severity::Error, FixAvailability::Always);
static RAW_SQL: Rule = rule("raw-sql", Category::Sql, Severity::Warning, FixAvailability::None);
static EMPTY: Rule = rule("empty-migration", Category::Content, Severity::Info, FixAvailability::Sometimes);
static PARSE_ERROR: Rule = rule("parse-error", Category::Imports, Severity::Error, FixAvailability::None);

fn file(path: &str, text: Result<&str, &str>, applied: Applied) -> SourceFile {
    SourceFile {
        path: path.into(),
        location: PathBuf::from(path),
        directory: 0,
        role: Role::Revision,
        text: text.map(Arc::from).map_err(Into::into),
        encoding: Encoding::Utf8,
        selected: true,
        applied,
    }
}

fn project() -> Project {
    Project {
        directories: vec![ScriptDirectory::default()],
        files: vec![
            file("migrations/versions/ab12_first.py", Ok(FIRST), Applied::No),
            file("migrations/versions/cd34_base.py", Ok("revision = \"cd34\"\n"), Applied::Unchanged),
            file("migrations/versions/ef56_broken.py", Ok(BROKEN), Applied::No),
            file("migrations/versions/gh78_binary.py", Err("not UTF-8 at byte 12"), Applied::No),
        ],
        ..Project::default()
    }
}

fn is_applied(project: &Project) -> impl Fn(FileId) -> bool {
    |id| project.file(id).is_some_and(|file| file.applied != Applied::No)
}

/// The place of `needle` in the first file.
fn span(needle: &str) -> Span {
    span_in(FIRST, needle)
}

fn span_in(text: &str, needle: &str) -> Span {
    let start = text.find(needle).unwrap();
    Span::new(u32::try_from(start).unwrap(), u32::try_from(start + needle.len()).unwrap())
}

fn finding(rule: &'static Rule, file: u32, span: Span, message: &str) -> Diagnostic {
    Diagnostic {
        rule,
        severity: rule.severity,
        file: FileId(file),
        span,
        call_sites: Vec::new(),
        message: message.to_owned(),
        help: None,
        fix: None,
        revision: Some("ab12".into()),
        covers: Vec::new(),
        yields: false,
        part_of: &[],
        details: Vec::new(),
    }
}

fn diagnostics() -> Vec<Diagnostic> {
    let import = Edit { span: Span::at(71), content: "import sqlmodel\n".to_owned() };
    vec![
        Diagnostic {
            fix: Some(Fix {
                applicability: Applicability::Unsafe,
                description: "delete the file".to_owned(),
                edits: vec![Edit { span: Span::new(0, 4), content: String::new() }],
                takes_operations: false,
            }),
            ..finding(&EMPTY, 0, Span::default(), "the revision does nothing")
        },
        Diagnostic {
            help: Some(
                "stop using the column in one release and drop it in the next; if that is done, say so with \
                 `# alembic-lint: allow[drop-column] -- reason`"
                    .to_owned(),
            ),
            call_sites: vec![span("op.add_column")],
            ..finding(
                &DROP_COLUMN,
                0,
                span("op.drop_column(\"user\", \"age\")"),
                "`op.drop_column` deletes `user.age` and its data",
            )
        },
        Diagnostic {
            fix: Some(Fix {
                applicability: Applicability::Safe,
                description: "add `import sqlmodel`".to_owned(),
                edits: vec![import],
                takes_operations: false,
            }),
            ..finding(
                &MISSING_IMPORT,
                0,
                span("sqlmodel.sql.sqltypes.AutoString"),
                "`sqlmodel` is used and not imported: the upgrade will raise NameError",
            )
        },
        finding(
            &RAW_SQL,
            0,
            span("op.execute(\n        f\"DELETE FROM {table}\"\n    )"),
            "`op.execute` runs SQL that\nis written by hand",
        ),
        Diagnostic {
            revision: None,
            ..finding(
                &PARSE_ERROR,
                2,
                span_in(BROKEN, ":\r\n    pass"),
                "the file is no valid Python: expected a parameter",
            )
        },
        Diagnostic {
            revision: None,
            ..finding(&PARSE_ERROR, 3, Span::default(), "the file cannot be read: not UTF-8 at byte 12")
        },
    ]
}

fn numbers() -> Summary {
    Summary { files: 4, errors: 4, warnings: 1, infos: 1, fixable: 1, suppressed: 2, applied: 1 }
}

const PLAIN: Look =
    Look { paint: Paint { colour: false }, width: 80, cut_source: false, applicability: Applicability::Safe };

fn with_findings<T>(render: impl FnOnce(&Findings<'_>) -> T) -> T {
    let (project, diagnostics, summary) = (project(), diagnostics(), numbers());
    render(&Findings { project: &project, diagnostics: &diagnostics, suppressed: &[], summary: &summary })
}

fn operation(change: Change, span: Span, origin: Origin) -> Operation {
    Operation {
        change,
        span,
        call_sites: Box::default(),
        via: Box::default(),
        conditional: false,
        arms: Box::default(),
        guarded: false,
        autocommit: false,
        batch: false,
        recreate: false,
        origin,
    }
}

fn bound(value: IdentifierValue) -> Identifier {
    Identifier { span: Some(Span::default()), value }
}

fn first_revision() -> Revision {
    let user = || TableName::new(Name::new("user"));
    let id = Column {
        name: Name::new("id"),
        type_: Some(Argument::Path("sqlalchemy.Integer".into())),
        nullable: Some(false),
        primary_key: true,
        unique: false,
        index: false,
        server_default: ServerDefault::NotGiven,
        python_default: None,
        items: Box::default(),
        options: Box::default(),
        complete: true,
    };
    let create = CreateTable {
        table: TableName { schema: Name::new("app"), name: Name::new("tag") },
        columns: vec![id],
        complete: true,
        ..CreateTable::default()
    };
    let drop = DropColumn { table: user(), column: Name::new("age"), ..DropColumn::default() };
    let delete =
        Execute { statement: Statement::Delete { table: TableName::new(Name::Unknown), has_where: false } };
    let sql = Origin::RawSql {
        text: format!("DELETE\n  FROM {HOLE}").into(),
        span: Some(span("DELETE FROM")),
        dynamic: true,
    };
    let upgrade = Body {
        span: span("def upgrade():"),
        operations: vec![
            operation(Change::CreateTable(create), span("op.add_column"), Origin::Directive),
            operation(Change::DropColumn(drop), span("op.drop_column"), Origin::Directive),
            Operation { conditional: true, ..operation(Change::Execute(delete), span("op.execute"), sql) },
        ],
        unresolved: vec![Unresolved {
            hides_after: None,
            span: span("table}"),
            reason: "the SQL given to `op.execute` is built from `table`, which is not known".into(),
        }],
        ..Body::default()
    };
    let mut revision = Revision {
        docstring: Some(Docstring { span: Span::default(), text: "größere Änderung\n\nmore".into() }),
        upgrade: Some(upgrade),
        downgrade: Some(Body { is_trivial: true, ..Body::default() }),
        ..Revision::default()
    };
    revision.identifiers.revision = bound(IdentifierValue::One("ab12".into()));
    revision.identifiers.down_revision = bound(IdentifierValue::One("cd34".into()));
    revision.identifiers.branch_labels = bound(IdentifierValue::Many(vec!["billing".into()]));
    revision
}

fn revisions() -> Vec<Option<Revision>> {
    let mut base = Revision::default();
    base.identifiers.revision = bound(IdentifierValue::One("cd34".into()));
    base.identifiers.down_revision = bound(IdentifierValue::None);
    let mut broken = Revision {
        syntax_errors: vec![SyntaxError {
            span: span_in(BROKEN, ":\r\n    pass"),
            message: "expected a parameter".into(),
        }],
        ..Revision::default()
    };
    broken.identifiers.revision = bound(IdentifierValue::One("ef56".into()));
    vec![Some(first_revision()), Some(base), Some(broken), Some(Revision::default())]
}

#[track_caller]
fn assert_golden(name: &str, actual: &str) {
    // `Cargo.toml` is the one place that knows the address.
    let actual = &actual.replace(env!("CARGO_PKG_REPOSITORY"), "REPOSITORY");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/formats").join(name);
    if std::env::var_os("UPDATE_FORMATS").is_some() {
        std::fs::write(&path, actual).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(*actual, expected, "differs from {}", path.display());
}

#[test]
fn golden_full() {
    let shown = with_findings(|findings| {
        full::render(findings, PLAIN) + &summary::render(findings, summary::Circumstances::default(), PLAIN)
    });
    assert_golden("full.txt", &shown);
}

#[test]
fn full_fits_80_columns() {
    let shown = with_findings(|findings| full::render(findings, PLAIN));
    for line in shown.lines().filter(|line| !line.contains(['│', '·'])) {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn golden_concise() {
    assert_golden("concise.txt", &with_findings(|findings| concise::render(findings, PLAIN)));
}

#[test]
fn golden_json() {
    assert_golden("findings.json", &with_findings(|findings| json::render(findings).unwrap().concat()));
}

#[test]
fn golden_statistics() {
    assert_golden("statistics.txt", &with_findings(|findings| statistics::render(findings, PLAIN)));
}

#[test]
fn golden_review() {
    let (project, revisions) = (project(), revisions());
    let new = review::collect(&project, &revisions, &[], is_applied(&project), false);
    assert_golden("review.txt", &review_text::render(&new, PLAIN.paint));
    let all = review::collect(&project, &revisions, &[], is_applied(&project), true);
    assert_golden("review.json", &review_json::render(&all).unwrap());
}

#[test]
fn unsafe_fixes_are_marked_when_asked_for() {
    let look = Look { applicability: Applicability::Unsafe, ..PLAIN };
    let (safe, with_unsafe) =
        with_findings(|findings| (concise::render(findings, PLAIN), concise::render(findings, look)));
    assert_eq!(safe.matches("[*]").count(), 1);
    assert_eq!(with_unsafe.matches("[*]").count(), 2);
}

#[test]
fn colours_are_there_when_wanted_and_only_then() {
    let look = Look { paint: Paint { colour: true }, ..PLAIN };
    for render in [full::render, concise::render, statistics::render] {
        assert!(with_findings(|findings| render(findings, look)).contains("\u{1b}["));
        assert!(!with_findings(|findings| render(findings, PLAIN)).contains('\u{1b}'));
    }
}

#[test]
fn control_characters_of_the_source_do_not_reach_the_terminal() {
    let text = "op.execute('\u{1b}[2J')\n";
    let project = Project { files: vec![file("a.py", Ok(text), Applied::No)], ..Project::default() };
    let diagnostics = [finding(&RAW_SQL, 0, Span::new(0, 16), "runs `\u{1b}[2J`")];
    let summary = Summary::default();
    let findings =
        Findings { project: &project, diagnostics: &diagnostics, suppressed: &[], summary: &summary };
    assert!(!full::render(&findings, PLAIN).contains('\u{1b}'));
    assert!(!concise::render(&findings, PLAIN).contains('\u{1b}'));
}

#[test]
fn generated_lines_are_not_shown() {
    let text = format!("op.execute('{}')\n", "x".repeat(100_000));
    let project = Project { files: vec![file("a.py", Ok(&text), Applied::No)], ..Project::default() };
    let diagnostics = [finding(&RAW_SQL, 0, Span::new(0, 100_000), "runs SQL")];
    let summary = Summary::default();
    let findings =
        Findings { project: &project, diagnostics: &diagnostics, suppressed: &[], summary: &summary };
    let shown = full::render(&findings, PLAIN);
    assert!(shown.contains("a.py:1:1") && shown.len() < 200, "{shown}");
}

#[test]
fn a_run_without_judged_revisions_says_so() {
    let project = Project::default();
    let numbers = Summary { files: 2, applied: 2, ..Summary::default() };
    let findings = Findings { project: &project, diagnostics: &[], suppressed: &[], summary: &numbers };
    let circumstances =
        summary::Circumstances { source: Some("in origin/main"), is_git: true, ..Default::default() };
    let shown = summary::render(&findings, circumstances, PLAIN);
    assert!(shown.contains("all 2 revisions are applied (in origin/main)"), "{shown}");
    assert!(shown.contains("`--all`") && shown.contains("`applied-ref = false`"), "{shown}");
    assert!(!shown.contains("No findings"), "{shown}");
}

#[test]
fn reviewed_revisions_come_in_running_order() {
    let revision = |id: &str, down: &str| {
        let mut revision = Revision::default();
        revision.identifiers.revision = bound(IdentifierValue::One(id.into()));
        revision.identifiers.down_revision = bound(IdentifierValue::One(down.into()));
        Some(revision)
    };
    let files = ["a.py", "b.py", "c.py"].map(|path| file(path, Ok(""), Applied::No)).to_vec();
    let project = Project { files, ..Project::default() };
    let revisions = [revision("3", "2"), revision("1", "0"), revision("2", "1")];
    let review = review::collect(&project, &revisions, &[], is_applied(&project), false);
    let order: Vec<_> = review.entries.iter().filter_map(|entry| entry.revision.id()).collect();
    assert_eq!(order, ["1", "2", "3"]);

    let cycle = [revision("3", "2"), revision("1", "3"), revision("2", "1")];
    assert_eq!(review::collect(&project, &cycle, &[], is_applied(&project), false).entries.len(), 3);
}

//! Which configuration holds, what it sets, and what its errors say.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

use std::fs;
use std::path::{Path, PathBuf};

use alembic_lint::config::{self, AppliedRef, CustomDirection, Key, Settings, SqlmodelImport};
use alembic_lint::operation::Dialect;
use alembic_lint::rule::Severity;
use tempfile::TempDir;

fn project(files: &[(&str, &str)]) -> TempDir {
    let directory = TempDir::new().unwrap();
    fs::create_dir(directory.path().join(".git")).unwrap();
    for (path, text) in files {
        let path = directory.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    directory
}

fn load(start: &Path, explicit: &[&str]) -> Result<(Settings, Option<PathBuf>), String> {
    let explicit: Vec<String> = explicit.iter().map(|value| (*value).to_owned()).collect();
    config::load(start, &explicit).map_err(|error| error.to_string())
}

/// The error of a project with this `alembic-lint.toml`.
fn error(text: &str) -> String {
    load(project(&[("alembic-lint.toml", text)]).path(), &[]).unwrap_err()
}

#[test]
fn every_key_is_read() {
    let text = r#"
select = ["recommended", "destructive"]
extend-select = ["prefer-x"]
ignore = ["raw-sql", { rule = "drop-index", reason = "rebuilt nightly" }]
dialect = "mysql"
database-version = "8.0.36"
sqlmodel-import = "when-used"
required-imports = ["geoalchemy2", "app.types"]
applied-ref = "origin/develop"
version-locations = ["db/versions"]
[severity]
drop-table = "info"
"#;
    let directory = project(&[("alembic-lint.toml", text)]);
    let (settings, path) = load(directory.path(), &[]).unwrap();
    assert_eq!(path.unwrap(), directory.path().join("alembic-lint.toml"));
    assert_eq!(settings.select, ["recommended", "destructive"]);
    assert_eq!(settings.extend_select, ["prefer-x"]);
    assert_eq!(settings.ignore, ["raw-sql", "drop-index"]);
    assert_eq!(settings.dialect, Some(Dialect::Mysql));
    assert_eq!(settings.database_version.as_deref(), Some("8.0.36"));
    assert_eq!(settings.sqlmodel_import, Some(SqlmodelImport::WhenUsed));
    assert_eq!(settings.required_imports, ["geoalchemy2", "app.types"]);
    assert_eq!(settings.applied_ref, AppliedRef::Named("origin/develop".to_owned()));
    assert_eq!(settings.version_locations, [directory.path().join("db/versions")]);
    assert_eq!(settings.severity["drop-table"], Severity::Info);
    assert_eq!(settings.origin(Key::ExtendSelect, "prefer-x"), Some("alembic-lint.toml:3:18"));
    assert_eq!(settings.origin(Key::Ignore, "drop-index"), Some("alembic-lint.toml:4:22"));
    assert_eq!(settings.origin(Key::Severity, "drop-table"), Some("alembic-lint.toml:12:1"));
    assert_eq!(settings.origin(Key::Select, "drop-table"), None);
}

#[test]
fn the_nearest_file_upward_holds() {
    let directory = project(&[
        ("pyproject.toml", "[tool.alembic-lint]\ndialect = \"mysql\"\n"),
        ("a/pyproject.toml", "[project]\nname = \"alembic-lint-user\"\n"),
        ("a/b/.alembic-lint.toml", "dialect = \"sqlite\"\n"),
        ("broken/pyproject.toml", "[project\n"),
    ]);
    let dialect = |path: &str| load(&directory.path().join(path), &[]).unwrap().0.dialect;
    assert_eq!(dialect("a"), Some(Dialect::Mysql), "a pyproject without the table does not stop the search");
    assert_eq!(dialect("a/b"), Some(Dialect::Sqlite));
    assert_eq!(dialect("broken"), Some(Dialect::Mysql), "a broken file that never names us is not ours");
    fs::create_dir(directory.path().join("a/.git")).unwrap();
    assert_eq!(load(&directory.path().join("a"), &[]).unwrap().1, None, "the search ends at the repository");
}

#[test]
fn the_command_line_names_a_file_or_pairs_that_go_before_it() {
    let directory = project(&[
        ("alembic-lint.toml", "dialect = \"mysql\"\n"),
        ("ci/strict.toml", "select = [\"strict\"]\nversion-locations = [\"v\"]\n"),
        ("other/pyproject.toml", "[project]\n"),
    ]);
    let (settings, path) = load(directory.path(), &["ci/strict.toml", "dialect = \"sqlite\""]).unwrap();
    assert_eq!(settings.select, ["strict"]);
    assert_eq!(settings.dialect, Some(Dialect::Sqlite));
    assert_eq!(settings.version_locations, [directory.path().join("ci/v")]);
    assert_eq!(path.unwrap(), directory.path().join("ci/strict.toml"));
    let (settings, _) =
        load(directory.path(), &["severity.drop-index = \"error\"", "applied-ref = false"]).unwrap();
    assert_eq!(settings.dialect, Some(Dialect::Mysql));
    assert_eq!(settings.severity["drop-index"], Severity::Error);
    assert_eq!(settings.applied_ref, AppliedRef::Off);

    let says = |explicit: &[&str]| load(directory.path(), explicit).unwrap_err();
    assert!(says(&["nope.toml"]).contains("`nope.toml` is neither a file nor"));
    assert!(
        says(&["other/pyproject.toml"]).starts_with("other/pyproject.toml: has no `[tool.alembic-lint]`")
    );
    assert!(says(&["alembic-lint.toml", "ci/strict.toml"]).contains("two files"));
    assert!(says(&["dialect = mysql"]).starts_with("--config 'dialect = mysql':1:"));
}

#[test]
fn an_unknown_key_is_an_error_that_names_the_nearest() {
    let text = "[project]\nname = \"x\"\n\n[tool.alembic-lint]\nselct = [\"all\"]\n";
    let said = load(project(&[("pyproject.toml", text)]).path(), &[]).unwrap_err();
    assert_eq!(said, "pyproject.toml:5:1: unknown key `selct`; did you mean `select`?");
    assert!(error("extend_select = []\n").ends_with("did you mean `extend-select`?"));
    let far = error("colour = \"red\"\n");
    assert!(far.contains("unknown key `colour`; the keys are `applied-ref`"), "{far}");
}

#[test]
fn a_wrong_value_is_an_error_that_says_what_was_expected() {
    let cases = [
        ("select = \"all\"\n", "alembic-lint.toml:1:10: `select`: ", "expected a list"),
        ("\ndialect = \"oracle\"\n", "alembic-lint.toml:2:11: `dialect`: ", "`postgresql`"),
        (
            "database-version = true\n",
            "alembic-lint.toml:1:20: `database-version`: ",
            "expected a version such as 16",
        ),
        ("database-version = \"latest\"\n", "alembic-lint.toml:1:20: `database-version`: ", "\"14\""),
        ("ignore = [1]\n", "alembic-lint.toml:1:11: `ignore`: ", "rule = "),
        ("ignore = [{ rule = \"x\" }]\n", "alembic-lint.toml:1:11: `ignore`: ", "`reason`"),
        ("ignore = [{ rule = \"x\", reason = \" \" }]\n", "alembic-lint.toml:1:11: `ignore`: ", "empty"),
        ("applied-ref = true\n", "alembic-lint.toml:1:15: `applied-ref`: ", "origin/main"),
        ("applied-ref = 3\n", "alembic-lint.toml:1:15: `applied-ref`: ", "origin/main"),
        ("required-imports = [\"a-b\"]\n", "alembic-lint.toml:1:21: `required-imports`: ", "`a-b`"),
        ("[severity]\ndrop-table = \"fatal\"\n", "alembic-lint.toml:2:14: `severity`: ", "`warning`"),
        ("sqlmodel-import = \"never\"\n", "alembic-lint.toml:1:19: `sqlmodel-import`: ", "`when-used`"),
        ("select = [\n", "alembic-lint.toml:1:", "not valid TOML"),
    ];
    for (text, place, expected) in cases {
        let said = error(text);
        assert!(said.starts_with(place) && said.contains(expected), "{text:?} gave {said:?}");
    }
}

#[test]
fn values_mean_what_people_write() {
    let of = |text: &str| load(project(&[("alembic-lint.toml", text)]).path(), &[]).unwrap().0;
    assert_eq!(of("select = []\n").select, ["none"], "an empty selection is no missing one");
    assert!(of("ignore = []\n").select.is_empty());
    for (value, version) in [("16", "16"), ("10.11", "10.11"), ("\"8.0.36\"", "8.0.36")] {
        let settings = of(&format!("database-version = {value}\n"));
        assert_eq!(settings.database_version.as_deref(), Some(version));
    }
    for (name, dialect) in [
        ("postgres", Dialect::Postgresql),
        ("postgresql+asyncpg", Dialect::Postgresql),
        ("mysql+pymysql", Dialect::Mysql),
        ("MariaDB", Dialect::Mariadb),
        ("sqlite3", Dialect::Sqlite),
    ] {
        assert_eq!(of(&format!("dialect = \"{name}\"\n")).dialect, Some(dialect), "{name}");
    }
}

#[test]
fn custom_rules_are_read() {
    let text = r#"
[[custom-rule]]
rule = "audit-tables-stay"
message = "drops {name} of {table}"
on = ["drop_table", "drop_column"]
table = "audit_*"
severity = "error"

[[custom-rule]]
rule = "index-name"
message = "an index starts with ix_"
on = "create_index"
name = ["!ix_*", "!uq_*"]
direction = "both"
created-here = true
"#;
    let directory = project(&[("alembic-lint.toml", text)]);
    let (settings, _) = load(directory.path(), &[]).unwrap();
    let [first, second] = &*settings.custom_rules else { panic!("{:?}", settings.custom_rules) };
    assert_eq!((&*first.rule, first.severity), ("audit-tables-stay", Severity::Error));
    assert_eq!(first.on, ["drop_table", "drop_column"]);
    assert_eq!(first.place, "alembic-lint.toml:3:8");
    assert_eq!((&*second.rule, second.severity), ("index-name", Severity::Warning));
    assert!(second.created_here && second.direction == CustomDirection::Both);
    let pair = "custom-rule = [{ rule = \"one\", message = \"m\", on = \"execute\" }]";
    let (settings, _) = load(directory.path(), &[pair]).unwrap();
    assert_eq!(settings.custom_rules.iter().map(|custom| &*custom.rule).collect::<Vec<_>>(), ["one"]);
}

#[test]
fn a_custom_rule_that_means_nothing_is_an_error() {
    let whole = |rest: &str| {
        let (rule, message, on) = ("rule = \"a-rule\"", "message = \"m\"", "on = \"drop_column\"");
        error(&format!("[[custom-rule]]\n{rule}\n{message}\n{on}\n{rest}\n"))
    };
    let one = |rule: &str, message: &str, on: &str| {
        error(&format!("[[custom-rule]]\nrule = {rule}\nmessage = {message}\non = {on}\n"))
    };
    let cases = [
        (whole("tabel = \"x\""), "5:1: unknown key `tabel`; did you mean `table`?"),
        (whole("table = []"), "5:9: `custom-rule`: `table` has no pattern"),
        (whole("table = \"[\""), "5:9: `custom-rule`: `table` has `[`, which is no pattern: "),
        (whole("name = \"!\""), "5:8: `custom-rule`: `name` has `!`, which is no pattern: it is empty"),
        (whole("column = 3"), "expected a string or a list of strings"),
        (whole("direction = \"sideways\""), "`downgrade`"),
        (whole("severity = \"fatal\""), "`warning`"),
        (one("\"Upper\"", "\"m\"", "\"execute\""), "2:8: `custom-rule`: `Upper` is no name for a rule"),
        (one("\"a--b\"", "\"m\"", "\"execute\""), "`a--b` is no name for a rule"),
        (one("\"a\"", "\" \"", "\"execute\""), "3:11: `custom-rule`: expected a text of one line"),
        (one("\"a\"", "\"{tabel}\"", "\"execute\""), "3:11: `custom-rule`: nothing is known as `{tabel}`"),
        (one("\"a\"", "\"{column}\"", "\"execute\""), "`column`, which is not set"),
        (
            one("\"a\"", "\"m\"", "[\"drop_colum\"]"),
            "4:6: `custom-rule`: `on` names `drop_colum`, which is no operation; did you mean `drop_column`?",
        ),
        (one("\"a\"", "\"m\"", "\"zzzzzzzzzz\""), "there are `add_column`, "),
        (one("\"a\"", "\"m\"", "[]"), "`on` names no operation"),
        (error("[[custom-rule]]\nrule = \"a\"\n"), "missing field `message`"),
        (error("custom-rule = 1\n"), "`custom-rule`: "),
    ];
    for (said, expected) in cases {
        assert!(said.starts_with("alembic-lint.toml:") && said.contains(expected), "{expected:?}: {said:?}");
    }
    let twice = "custom-rule = [{ rule = \"a\", message = \"m\", on = \"execute\" }, { rule = \"a\", message = \"m\", on = \"execute\" }]";
    assert!(error(twice).contains("`a` is declared at alembic-lint.toml:1:25 already"), "{}", error(twice));
}

#[test]
fn the_schema_in_the_documentation_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/alembic-lint.schema.json");
    let schema = config::schema();
    let committed = fs::read_to_string(&path).unwrap_or_default();
    if committed != schema {
        fs::write(&path, schema).unwrap();
        panic!("docs/alembic-lint.schema.json was out of date and is now written; commit it");
    }
}

#[test]
fn the_schema_knows_the_keys_that_are_read() {
    let schema: serde_json::Value = serde_json::from_str(&config::schema()).unwrap();
    let properties = schema["properties"].as_object().unwrap();
    for key in properties.keys() {
        assert!(!error(&format!("{key} = 1979-05-27\n")).contains("unknown key"), "{key}");
    }
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(properties.len(), 16);
}

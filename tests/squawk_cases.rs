//! squawk's own test cases, which ship in its crate's sources, put through `op.execute`: flagged where squawk flags, by its rule or by
//! the one here that speaks in its place, and silent where squawk is silent. Where both differ the reason stands in
//! `tests/squawk_cases.toml`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::similar_names,
    reason = "a test may stop"
)]

use std::collections::BTreeMap;
use std::fs;
use std::iter;
use std::path::{Path, PathBuf};
use std::process::Command;

use alembic_lint::config::Settings;
use alembic_lint::diagnostic::Diagnostic;
use alembic_lint::linter::lint;
use alembic_lint::operation::Dialect;
use alembic_lint::project::{Project, ScriptDirectory};
use alembic_lint::rules::RULES;
use alembic_lint::rules::squawk::EQUIVALENTS;
use alembic_lint::selection::Selection;
use alembic_lint::source::{Applied, Encoding, Role, SourceFile};
use regex::Regex;

/// One test of squawk's.
struct Case {
    /// `file::test`.
    name: String,
    sql: String,
    /// squawk's rule.
    rule: String,
    /// Whether squawk speaks.
    is_flagged: bool,
    /// Whether the statements run in a transaction.
    in_transaction: bool,
    /// The release of PostgreSQL, where the test gives one.
    version: Option<String>,
}

/// Where the sources of squawk-linter are.
fn sources() -> PathBuf {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|package| package["name"] == "squawk-linter").unwrap();
    Path::new(package["manifest_path"].as_str().unwrap()).parent().unwrap().join("src/rules")
}

/// `PreferTimestampTz` as `prefer-timestamp-tz`.
fn kebab(variant: &str) -> String {
    let mut name = String::new();
    for char in variant.chars() {
        if char.is_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.extend(char.to_lowercase());
    }
    name
}

fn cases() -> Vec<Case> {
    let test = Regex::new(r"(?s)#\[test\]\s*fn (\w+)\(\) \{(.*?)\n    \}\n").unwrap();
    let literal = Regex::new(r##"(?s)r#"(.*?)"#|"((?:[^"\\]|\\.)*)""##).unwrap();
    let rule = Regex::new(r"Rule::(\w+)").unwrap();
    let version = Regex::new(r"Version::new\((\d+),").unwrap();
    let mut found = Vec::new();
    let mut files: Vec<PathBuf> = walkdir::WalkDir::new(sources())
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect();
    files.sort();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let stem = file.file_stem().unwrap().to_str().unwrap();
        let Some(tests) = text.split("mod test").nth(1) else { continue };
        // `fn lint_errors(sql: &str)` with the rule inside.
        let common =
            tests.split("#[test]").next().and_then(|head| rule.captures(head)).map(|found| kebab(&found[1]));
        for captures in test.captures_iter(tests) {
            let (name, body) = (&captures[1], &captures[2]);
            let is_flagged = body.contains("lint_errors");
            let is_silent = body.contains("lint_ok");
            // Tests of fixes, or of several texts at once, say nothing of one text.
            let literals: Vec<_> = literal.captures_iter(body).collect();
            let texts: Vec<String> = literals
                .iter()
                .filter_map(|text| {
                    let text = text.get(1).map_or_else(
                        || text.get(2).unwrap().as_str().replace("\\\"", "\"").replace("\\n", "\n"),
                        |raw| raw.as_str().to_owned(),
                    );
                    let first = text.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
                    [
                        "alter", "create", "drop", "begin", "set", "update", "select", "revoke", "truncate",
                        "reindex", "--",
                    ]
                    .contains(&&*first)
                    .then_some(text)
                })
                .collect();
            let [sql] = texts.as_slice() else { continue };
            let rule = rule.captures(body).map(|found| kebab(&found[1])).or_else(|| common.clone());
            let Some(rule) = rule.filter(|_| is_flagged != is_silent) else { continue };
            let version = version.captures(body).map(|found| found[1].to_owned());
            let in_transaction = body.contains("assume_in_transaction: true");
            let name = format!("{stem}::{name}");
            found.push(Case { name, sql: sql.clone(), rule, is_flagged, in_transaction, version });
        }
    }
    found
}

/// The rules here that speak of SQL in a revision.
fn found_in(case: &Case) -> Vec<&'static str> {
    let block = if case.in_transaction { "if True:" } else { "with op.get_context().autocommit_block():" };
    let text = format!(
        "from alembic import op\nrevision = 'a'\ndown_revision = None\n\ndef upgrade():\n    {block}\n        \
         op.execute(r'''{}''')\n",
        case.sql
    );
    let file = SourceFile {
        path: "versions/a_x.py".into(),
        location: "versions/a_x.py".into(),
        directory: 0,
        role: Role::Revision,
        text: Ok(text.into()),
        encoding: Encoding::Utf8,
        selected: true,
        applied: Applied::No,
    };
    let environment = SourceFile {
        path: "env.py".into(),
        location: "env.py".into(),
        role: Role::Environment,
        text: Ok(
            "from alembic import context\nwith context.begin_transaction():\n    context.run_migrations()\n"
                .into(),
        ),
        ..file.clone()
    };
    let files = vec![environment, file];
    let project = Project { directories: vec![ScriptDirectory::default()], files, ..Project::default() };
    let settings = Settings {
        select: vec!["all".to_owned()],
        dialect: Some(Dialect::Postgresql),
        database_version: case.version.clone().or_else(|| Some("15".to_owned())),
        ..Settings::default()
    };
    let selection = Selection::resolve(&settings).unwrap();
    let diagnostics = lint(&project, &settings, &selection).diagnostics;
    // What became a part of a stronger finding is said there.
    let names = |found: &Diagnostic| {
        iter::once(found.rule.name).chain(found.details.iter().map(|detail| detail.rule)).collect::<Vec<_>>()
    };
    diagnostics.iter().flat_map(names).collect()
}

/// The names here that stand for squawk's rule.
fn names_of(rule: &str) -> Vec<String> {
    let equivalents =
        EQUIVALENTS.iter().filter(|(squawks, _)| *squawks == rule).map(|(_, ours)| (*ours).to_owned());
    let passed_on = format!("squawk/{rule}");
    let own = RULES.iter().any(|rule| rule.name == passed_on).then_some(passed_on);
    equivalents.chain(own).collect()
}

#[test]
fn what_squawk_says_of_sql_is_said_of_sql_in_a_revision() {
    let reasons =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/squawk_cases.toml")).unwrap();
    let reasons: BTreeMap<String, String> = toml::from_str(&reasons).unwrap();
    let cases = cases();
    let mut agreed = [0, 0];
    let mut differing = BTreeMap::new();
    for case in &cases {
        let names = names_of(&case.rule);
        let found = found_in(case);
        let is_said = found.iter().any(|name| names.iter().any(|wanted| wanted == name));
        if is_said == case.is_flagged {
            agreed[usize::from(is_said)] += 1;
        } else {
            differing.insert(case.name.clone(), (case, found));
        }
    }
    println!(
        "{} cases of squawk's: {} flagged alike, {} silent alike, {} otherwise",
        cases.len(),
        agreed[1],
        agreed[0],
        differing.len()
    );
    assert!(cases.len() > 200, "squawk's tests look otherwise than they did: {} cases", cases.len());
    let unexplained: Vec<String> = differing
        .iter()
        .filter(|(name, _)| !reasons.contains_key(*name))
        .map(|(name, (case, found))| {
            let squawk = if case.is_flagged { "flags" } else { "is silent" };
            format!("{name}: squawk's {} {squawk}, here: {found:?}\n{}", case.rule, case.sql)
        })
        .collect();
    assert!(unexplained.is_empty(), "{} without a reason:\n{}", unexplained.len(), unexplained.join("\n"));
    let settled: Vec<_> = reasons.keys().filter(|name| !differing.contains_key(*name)).collect();
    assert!(settled.is_empty(), "no difference any more: {settled:?}");
}

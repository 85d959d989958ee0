//! The list of rules, and what every rule owes. `src/rules/mod.rs` is written by this test, never by hand.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot read what it judges has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use alembic_lint::rule::Preset;
use alembic_lint::rules::RULES;
use alembic_lint::rules::squawk::EQUIVALENTS;

fn rules_directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules")
}

/// Categories and the names of their rule modules, as the files tell.
fn rule_modules() -> BTreeMap<String, BTreeSet<String>> {
    let mut modules: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for folder in fs::read_dir(rules_directory()).unwrap().map(Result::unwrap) {
        if !folder.file_type().unwrap().is_dir() {
            continue;
        }
        let category = folder.file_name().into_string().unwrap();
        for file in fs::read_dir(folder.path()).unwrap().map(Result::unwrap) {
            let name = file.file_name().into_string().unwrap();
            let module = name.strip_suffix(".rs").unwrap_or_else(|| panic!("{name} is no rule"));
            modules.entry(category.clone()).or_default().insert(module.to_owned());
        }
    }
    modules
}

/// The rules of `squawk.rs`: the constant and squawk's name of each.
fn passed_on() -> Vec<(String, String)> {
    let text = fs::read_to_string(rules_directory().join("squawk.rs")).unwrap();
    let is_name = |name: &str| name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    let rules = text.lines().filter_map(|line| {
        let (name, rest) = line.trim().split_once(": \"")?;
        is_name(name).then(|| (name.to_owned(), rest.split('"').next().unwrap_or_default().to_owned()))
    });
    rules.collect()
}

fn render(modules: &BTreeMap<String, BTreeSet<String>>) -> String {
    let mut text = String::from("//! The rules. Written by `tests/registry.rs`; do not edit.\n\n");
    for (category, names) in modules {
        writeln!(text, "mod {category} {{").unwrap();
        for name in names {
            writeln!(text, "    pub(super) mod {name};").unwrap();
        }
        text.push_str("}\n");
    }
    text.push_str("pub mod squawk;\n");
    let own = modules.iter().flat_map(|(category, names)| {
        names.iter().map(move |name| (name.replace('_', "-"), format!("{category}::{name}::RULE")))
    });
    let passed_on =
        passed_on().into_iter().map(|(name, code)| (format!("squawk/{code}"), format!("squawk::{name}")));
    let paths: BTreeMap<String, String> = own.chain(passed_on).collect();
    text.push_str("\nuse crate::rule::Rule;\n\n/// All rules, by name.\npub static RULES: &[&Rule] = &[\n");
    for path in paths.values() {
        writeln!(text, "    &{path},").unwrap();
    }
    text.push_str("];\n");
    text
}

#[test]
fn the_list_is_complete() {
    let file = rules_directory().join("mod.rs");
    let expected = render(&rule_modules());
    if fs::read_to_string(&file).unwrap_or_default() != expected {
        fs::write(&file, expected).unwrap();
        panic!("src/rules/mod.rs was out of date: rewritten, run the tests again");
    }
}

#[test]
fn names_are_unique_sorted_and_those_of_the_files() {
    let names: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
    assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
    let modules = rule_modules();
    for rule in RULES.iter().filter(|rule| !rule.name.starts_with("squawk/")) {
        let module = rule.name.replace('-', "_");
        assert!(rule.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{}", rule.name);
        let folder = modules.get(rule.category.name());
        assert!(
            folder.is_some_and(|names| names.contains(&module)),
            "`{}` says it is about {}, where no file {module}.rs stands",
            rule.name,
            rule.category.name()
        );
    }
}

/// squawk's rules about types that the same column may have unnoticed where SQLAlchemy writes it.
const OFF_HERE: [&str; 6] = [
    "ban-char-field",
    "prefer-bigint-over-int",
    "prefer-bigint-over-smallint",
    "prefer-identity",
    "prefer-text-field",
    "prefer-timestamp-tz",
];

#[test]
fn every_rule_of_squawk_is_passed_on_or_has_an_equivalent() {
    let passed_on: BTreeMap<&str, bool> = RULES
        .iter()
        .filter_map(|rule| Some((rule.name.strip_prefix("squawk/")?, rule.preset == Preset::Recommended)))
        .collect();
    for (name, is_default) in alembic_lint::sql::squawk_rules() {
        let equivalent = EQUIVALENTS.iter().find(|(squawks, _)| *squawks == name);
        match (passed_on.get(&*name), equivalent) {
            (Some(is_recommended), None) => {
                assert_eq!(*is_recommended, is_default && !OFF_HERE.contains(&&*name), "{name}");
            }
            (None, Some((_, ours))) => {
                assert!(RULES.iter().any(|rule| rule.name == *ours), "{name}: there is no `{ours}`");
            }
            (found, _) => panic!("squawk's `{name}` must be either: {found:?}, {equivalent:?}"),
        }
    }
}

#[test]
fn every_rule_has_a_page() {
    for rule in RULES {
        for heading in ["## What it does", "## Why is this bad?", "## Example"] {
            assert!(rule.docs.contains(heading), "`{}` lacks \"{heading}\"", rule.name);
        }
        let tells_how = rule.docs.contains("## Use instead") || rule.docs.contains("## How to fix");
        assert!(tells_how, "`{}` does not say what to do instead", rule.name);
        assert!(rule.docs.lines().all(|line| line.is_empty() || line.starts_with(' ')), "{}", rule.name);
    }
}

#[test]
fn every_page_of_a_rule_that_repairs_says_whether_that_is_safe() {
    for rule in RULES {
        let repairs = rule.fix != alembic_lint::rule::FixAvailability::None;
        assert_eq!(repairs, rule.docs.contains("## Fix safety"), "{}", rule.name);
    }
}

/// Rules that need a git history, or a fault of ours: `tests/applied` and `tests/cli/isolation.rs` assert where they point.
const TESTED_ELSEWHERE: [&str; 6] = [
    "applied-revision-deleted",
    "applied-revision-edited",
    "applied-revision-renamed",
    "applied-revision-reparented",
    "internal-error",
    "revision-behind-base-head",
];

#[test]
fn every_rule_has_tests_that_say_where_it_points() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/places");
    for rule in RULES.iter().filter(|rule| !TESTED_ELSEWHERE.contains(&rule.name)) {
        let is_passed_on = rule.name.starts_with("squawk/");
        let places = if is_passed_on { directory.join("pages") } else { directory.clone() };
        let places = places.join(format!("{}.txt", rule.name));
        let text = fs::read_to_string(&places).unwrap_or_default();
        assert!(
            !text.trim().is_empty(),
            "no test says where `{}` points: `UPDATE_PLACES=1 cargo test --lib`",
            rule.name
        );
    }
    for entry in walkdir::WalkDir::new(&directory).into_iter().map(Result::unwrap) {
        if !entry.file_type().is_file() {
            continue;
        }
        let name = entry.path().strip_prefix(&directory).unwrap().with_extension("");
        let name = name.strip_prefix("pages").unwrap_or(&name);
        let rule = RULES.iter().find(|rule| Path::new(rule.name) == name);
        let rule = rule.unwrap_or_else(|| panic!("{} is about no rule: delete it", entry.path().display()));
        if rule.name.starts_with("squawk/") {
            continue;
        }
        let file =
            rules_directory().join(rule.category.name()).join(format!("{}.rs", rule.name.replace('-', "_")));
        let tests = fs::read_to_string(file).unwrap();
        let text = fs::read_to_string(entry.path()).unwrap();
        for section in text.lines().filter_map(|line| line.strip_prefix("== ")) {
            let name = section.split(' ').next().unwrap();
            assert!(
                tests.contains(&format!("fn {name}(")),
                "{}: `{name}` is not a test of `{}`: delete the section",
                entry.path().display(),
                rule.name
            );
        }
    }
}

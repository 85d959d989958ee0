//! The examples on the rules' pages: a bad one must be found by its rule, a good one must not. A page that lies
//! fails here. Pages of rules that need git have none.

#![allow(clippy::unwrap_used, reason = "a test that cannot read what it judges has failed")]

mod pages;

use std::fs;
use std::path::Path;

use alembic_lint::rules::RULES;
use pages::{examples, messages, places};

#[test]
fn bad_examples_are_found_and_good_ones_are_not() {
    let mut lies = Vec::new();
    for rule in RULES {
        for example in examples(rule.docs) {
            let messages = messages(rule, &example, None);
            if messages.is_empty() == example.is_bad {
                let kind = if example.is_bad { "bad example is not found" } else { "good example is found" };
                lies.push(format!("{}: a {kind}: {messages:?}\n{}", rule.name, example.text));
            }
        }
    }
    assert!(lies.is_empty(), "{}", lies.join("\n"));
}

#[test]
fn every_rule_about_operations_shows_what_it_finds() {
    for rule in RULES {
        let name = rule.category.name();
        if matches!(name, "destructive" | "data" | "locking" | "sql" | "content" | "downgrade") {
            assert!(
                examples(rule.docs).iter().any(|example| example.is_bad),
                "`{}` has no bad example",
                rule.name
            );
        }
    }
}

/// The rules that squawk judges share no tests of their own; their pages show where each of them points.
#[test]
fn findings_of_squawk_are_where_the_pages_mark_them() {
    let mut moved = Vec::new();
    for rule in RULES.iter().filter(|rule| rule.name.starts_with("squawk/")) {
        let examples = examples(rule.docs);
        let found: Vec<String> = examples
            .iter()
            .filter(|example| example.is_bad)
            .flat_map(|example| places(rule, example))
            .collect();
        let found = format!("{}\n", found.join("\n"));
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("testdata/places/pages/{}.txt", rule.name));
        if std::env::var_os("UPDATE_PLACES").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &found).unwrap();
        }
        let known = fs::read_to_string(&path).unwrap_or_default();
        if known != found {
            moved.push(format!("{}: expected at\n{known}but found at\n{found}", rule.name));
        }
    }
    assert!(
        moved.is_empty(),
        "{}\nwhere that is right: `UPDATE_PLACES=1 cargo test --test rule_docs`, and read the difference",
        moved.join("\n")
    );
}

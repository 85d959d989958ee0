//! The examples on the rules' pages: a bad one must be found by its rule, a good one must not. A page that lies
//! fails here. Pages of rules that need git have none.

#![allow(clippy::unwrap_used, reason = "a test that cannot read what it judges has failed")]

mod pages;

use alembic_lint::rules::RULES;
use pages::{examples, messages};

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

//! `docs/rules/` is what the rules say of themselves.

#![allow(clippy::expect_used, clippy::panic, reason = "a test may stop")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use alembic_lint::report::rule_page::{markdown, markdown_list};
use alembic_lint::rules::RULES;

#[test]
fn the_pages_are_current() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules");
    let mut pages: BTreeMap<String, String> =
        RULES.iter().map(|rule| (format!("{}.md", rule.name), markdown(rule))).collect();
    pages.insert("README.md".to_owned(), markdown_list(RULES));

    let mut stale = Vec::new();
    fs::create_dir_all(&folder).expect("docs/rules");
    for (name, page) in &pages {
        if fs::read_to_string(folder.join(name)).ok().as_ref() != Some(page) {
            fs::create_dir_all(folder.join(name).parent().expect("a folder")).expect("a folder of pages");
            fs::write(folder.join(name), page).expect("the page is written");
            stale.push(name.clone());
        }
    }
    for entry in walkdir::WalkDir::new(&folder).into_iter().map(|entry| entry.expect("an entry")) {
        let name = entry.path().strip_prefix(&folder).expect("below it").to_string_lossy().replace('\\', "/");
        if entry.file_type().is_file() && !pages.contains_key(&name) {
            fs::remove_file(entry.path()).expect("a page without a rule is removed");
            stale.push(name);
        }
    }
    assert!(stale.is_empty(), "docs/rules was out of date: {stale:?} rewritten, run the tests again");
}

//! The examples on the rules' pages: a bad one must be found by its rule, a good one must not. A page that lies
//! fails here. Pages of rules that need git have none.

#![allow(clippy::unwrap_used, reason = "a test that cannot read what it judges has failed")]

mod pages;

use std::path::PathBuf;

use alembic_lint::config::Settings;
use alembic_lint::linter::lint;
use alembic_lint::operation::Dialect;
use alembic_lint::project::{Project, ScriptDirectory};
use alembic_lint::rule::Rule;
use alembic_lint::rules::RULES;
use alembic_lint::selection::Selection;
use alembic_lint::source::{Applied, Encoding, Role, SourceFile};
use pages::{Example, examples, wrapped};

fn file(path: &str, text: String) -> SourceFile {
    SourceFile {
        path: path.into(),
        location: PathBuf::from(path),
        directory: 0,
        role: match path.rsplit('/').next() {
            Some("script.py.mako") => Role::Template,
            Some("env.py") => Role::Environment,
            _ if !path.starts_with("versions/") => {
                Role::Module(path.trim_end_matches(".py").replace('/', ".").into())
            }
            _ => Role::Revision,
        },
        text: Ok(text.into()),
        encoding: Encoding::Utf8,
        selected: true,
        applied: Applied::No,
    }
}

/// The messages of one rule about one example.
fn messages(rule: &Rule, example: &Example) -> Vec<String> {
    let file = match &example.file {
        Some(path) => file(path, example.text.clone()),
        None => file("versions/ab12_add_user_age.py", wrapped(&example.text)),
    };
    let mut files = vec![file];
    files.extend(example.others.iter().map(|(path, text)| self::file(path, text.clone())));
    let project = Project { directories: vec![ScriptDirectory::default()], files, ..Project::default() };
    // All rules run: what a suppression comment is for depends on the others.
    let settings = Settings {
        select: vec!["all".to_owned()],
        database_version: example.version.clone(),
        dialect: example.dialect.as_deref().map(dialect),
        ..Settings::default()
    };
    let selection = Selection::resolve(&settings).unwrap();
    let found = lint(&project, &settings, &selection).diagnostics.into_iter();
    found.filter(|found| found.rule.name == rule.name).map(|found| found.message).collect()
}

fn dialect(name: &str) -> Dialect {
    match name {
        "mysql" => Dialect::Mysql,
        "mariadb" => Dialect::Mariadb,
        "sqlite" => Dialect::Sqlite,
        _ => Dialect::Postgresql,
    }
}

#[test]
fn bad_examples_are_found_and_good_ones_are_not() {
    let mut lies = Vec::new();
    for rule in RULES {
        for example in examples(rule.docs) {
            let messages = messages(rule, &example);
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

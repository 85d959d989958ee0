//! The borders between the modules, as ARCHITECTURE.md draws them, and the form of every source file.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot read what it judges has failed")]

use std::fs;
use std::path::{Path, PathBuf};

/// One source file below `src/`.
struct Source {
    /// Path below `src/`, with `/`.
    path: String,
    /// The text up to the tests.
    code: String,
    /// The whole text.
    text: String,
    /// Whether it is compiled for tests only.
    is_test: bool,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    let mut sources: Vec<Source> = files
        .into_iter()
        .map(|file| {
            let text = fs::read_to_string(&file).unwrap();
            let path = file.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
            Source { code: without_tests_and_comments(&text), path, text, is_test: false }
        })
        .collect();
    let tests: Vec<String> = sources.iter().flat_map(test_modules).collect();
    for source in &mut sources {
        let module = source.path.trim_end_matches(".rs").trim_end_matches("/mod");
        source.is_test = tests.iter().any(|test| module == test || module.starts_with(&format!("{test}/")));
    }
    sources
}

/// The modules that a file declares for tests only, as paths without `.rs`.
fn test_modules(source: &Source) -> Vec<String> {
    let path = source.path.trim_end_matches(".rs");
    let file_name = path.rsplit('/').next().unwrap_or_default();
    let folder = match file_name {
        "mod" | "lib" | "main" => path.trim_end_matches(file_name).to_owned(),
        _ => format!("{path}/"),
    };
    let declared = source.text.split("#[cfg(test)]\nmod ").skip(1);
    declared.filter_map(|rest| rest.split_once(';')).map(|(name, _)| format!("{folder}{name}")).collect()
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn without_tests_and_comments(text: &str) -> String {
    let code = text.split("\n#[cfg(test)]\nmod tests").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Fails with every file outside `allowed` whose code holds one of `words`.
fn only_in(allowed: &[&str], words: &[&str]) {
    let offenders: Vec<String> = sources()
        .iter()
        .filter(|source| !source.is_test && !allowed.iter().any(|start| source.path.starts_with(start)))
        .flat_map(|source| {
            let found = words.iter().filter(|word| source.code.contains(**word));
            found.map(|word| format!("src/{}: {word}", source.path)).collect::<Vec<_>>()
        })
        .collect();
    assert!(offenders.is_empty(), "allowed in {allowed:?} only:\n{}", offenders.join("\n"));
}

#[test]
fn one_module_sees_the_python_parser() {
    only_in(&["python/"], &["ruff_python", "ruff_text_size", "ruff_source_file"]);
}

#[test]
fn one_module_sees_the_sql_parsers() {
    only_in(&["sql/"], &["squawk_syntax", "squawk_linter", "sqlparser::"]);
}

#[test]
fn one_file_sees_the_database_client() {
    only_in(&["history/applied/database/connect.rs"], &["sqlx::", "tokio::"]);
}

#[test]
fn one_file_sees_miette() {
    only_in(&["report/full.rs"], &["miette"]);
}

#[test]
fn the_command_line_alone_prints_and_reads_the_environment() {
    only_in(
        &["cli/", "main.rs"],
        &[
            "println!",
            "eprintln!",
            "print!(",
            "eprint!(",
            "std::env::",
            "env::var",
            "io::stdout",
            "io::stderr",
        ],
    );
}

#[test]
fn rules_know_the_model_alone() {
    for source in sources().iter().filter(|source| source.path.starts_with("rules/")) {
        for module in ["cli", "report", "linter", "sql", "project::load", "selection"] {
            let import = format!("crate::{module}");
            let follows = |rest: &str| rest.starts_with(|c: char| !c.is_alphanumeric() && c != '_');
            let imports = source
                .code
                .match_indices(&import)
                .any(|(at, _)| source.code.get(at + import.len()..).is_some_and(follows));
            assert!(!imports, "src/{} imports {import}", source.path);
        }
    }
}

#[test]
fn every_file_says_what_it_is() {
    for source in sources() {
        assert!(source.text.starts_with("//! "), "src/{} does not open with `//!`", source.path);
    }
}

#[test]
fn no_file_is_too_long() {
    for source in sources() {
        let lines = source.text.lines().count();
        assert!(lines <= 600, "src/{} has {lines} lines: split it", source.path);
    }
}

#[test]
fn input_cannot_cause_a_panic() {
    only_in(&[], &[".unwrap()", ".expect(", "panic!(", "todo!(", "unimplemented!("]);
}

//! Chores of the project that take more than one command. `cargo xtask` lists them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs, io};

const USAGE: &str = "\
usage: cargo xtask new-rule CATEGORY/NAME

  new-rule CATEGORY/NAME   write src/rules/CATEGORY/NAME.rs: a rule that compiles, with its page and tests,
                           and add it to the registry, the pages and the places";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["new-rule", rule] => new_rule(rule),
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(next) => {
            println!("{next}");
            ExitCode::SUCCESS
        }
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::from(2)
        }
    }
}

/// Writes a rule from the template and registers it; returns what to do next.
fn new_rule(rule: &str) -> Result<String, String> {
    let (category, name) =
        rule.split_once('/').ok_or_else(|| format!("expected CATEGORY/NAME, got `{rule}`\n\n{USAGE}"))?;
    let is_kebab = |name: &str| {
        name.split('-').all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()))
    };
    if !is_kebab(name) {
        return Err(format!("`{name}` is not in kebab-case, such as `drop-column`"));
    }
    let root = root();
    let folder = root.join("src/rules").join(category);
    if !folder.is_dir() {
        return Err(format!(
            "`{category}` is not a category; choose one of {}",
            categories(&root).map_err(|error| format!("src/rules: {error}"))?.join(", ")
        ));
    }
    let file = folder.join(format!("{}.rs", name.replace('-', "_")));
    if file.exists() {
        return Err(format!("{} exists already", file.display()));
    }
    let text = fill_template(category, name);
    fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()))?;
    // The first run writes the registry and the pages and fails for it.
    cargo(&root, &["test", "--quiet", "--test", "registry", "the_list_is_complete"], false)?;
    cargo(&root, &["test", "--quiet", "--test", "rule_pages"], false)?;
    cargo(&root, &["test", "--quiet", "--lib", &format!("{}::", name.replace('-', "_"))], true)?;
    cargo(
        &root,
        &["test", "--quiet", "--test", "registry", "--test", "rule_pages", "--test", "rule_docs"],
        true,
    )?;
    let shown = file.strip_prefix(&root).unwrap_or(&file).display();
    Ok(format!(
        "wrote {shown}: the page, what it picks, its message and tests are a template; change them, then run\n\
         \x20 UPDATE_PLACES=1 cargo test --lib {}::\n\
         \x20 cargo test --test registry --test rule_pages --test rule_docs",
        name.replace('-', "_")
    ))
}

/// The checkout that this crate is a part of.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

fn categories(root: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(root.join("src/rules"))? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

fn fill_template(category: &str, name: &str) -> String {
    let mut variant = String::new();
    let (first, rest) = category.split_at(1);
    let _ = write!(variant, "{}{rest}", first.to_uppercase());
    include_str!("rule.rs.txt").replace("{name}", name).replace("{Category}", &variant)
}

/// Runs cargo in the checkout; a failure counts only where `must_pass`.
fn cargo(root: &Path, arguments: &[&str], must_pass: bool) -> Result<(), String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(arguments).current_dir(root).env("UPDATE_PLACES", "1");
    let output = command.output().map_err(|error| format!("cargo: {error}"))?;
    if must_pass && !output.status.success() {
        return Err(format!(
            "`cargo {}` failed:\n{}{}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        ));
    }
    Ok(())
}

//! The project's modules on the way from `env.py`'s `target_metadata` to the metadata itself, found by a scan of
//! lines: only imports of names that matter are followed. Evaluates nothing.

use std::collections::VecDeque;

use rustc_hash::FxHashSet;

use super::disk::Disk;
use super::modules::{Finder, Module, absolute, import_lines, read_module};
use super::script_directory::Layout;

/// How many modules are read; metadata lies a few imports away.
const MAX_MODULES: usize = 20;

/// Reads the modules that tell the naming convention of `environment`'s metadata.
pub(super) fn load(layout: &Layout, disk: &Disk, environment: &str) -> Vec<Module> {
    let mut finder = Finder::new(&layout.import_roots, disk);
    let mut seen: FxHashSet<String> = FxHashSet::default();
    let mut modules: Vec<Module> = Vec::new();
    let wanted = words_of_lines(environment, |line| {
        line.contains("target_metadata") || line.contains("naming_convention")
    });
    let mut open: VecDeque<(String, FxHashSet<String>)> = followed(environment, None, &wanted).into();
    while let Some((name, wanted)) = open.pop_front() {
        if modules.len() == MAX_MODULES {
            break;
        }
        if !seen.insert(name.clone()) {
            continue;
        }
        let Some((module, package)) = finder.find(&name).and_then(|path| read_module(&name, path)) else {
            continue;
        };
        let speaks_of = |line: &str| {
            let first = line
                .trim_start()
                .split(|c: char| !is_word(c))
                .find(|word| *word != "class")
                .unwrap_or_default();
            wanted.contains(first) || line.contains("naming_convention") || line.contains("metadata")
        };
        let words = words_of_lines(&module.text, speaks_of);
        open.extend(followed(&module.text, Some(&package), &words));
        // A name may be handed on by a package.
        open.extend(followed(&module.text, Some(&package), &wanted));
        modules.push(module);
    }
    modules
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The words of those lines that `is_about`.
fn words_of_lines(text: &str, is_about: impl Fn(&str) -> bool) -> FxHashSet<String> {
    let lines = text.lines().filter(|line| is_about(line));
    lines
        .flat_map(|line| line.split(|c| !is_word(c)))
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The modules that imports of `wanted` names lead to, each with the names that matter there.
fn followed(
    text: &str,
    package: Option<&str>,
    wanted: &FxHashSet<String>,
) -> Vec<(String, FxHashSet<String>)> {
    let mut found = Vec::new();
    for (start, line) in import_lines(text) {
        let statement = line.trim_start();
        if let Some(rest) = statement.strip_prefix("import ") {
            for part in rest.split(['#', ';']).next().unwrap_or_default().split(',') {
                let mut words = part.split_whitespace();
                let path = words.next().unwrap_or_default();
                let bound = words.nth(1).or_else(|| path.split('.').next()).unwrap_or_default();
                if wanted.contains(bound) {
                    found.push((path.to_owned(), wanted.clone()));
                }
            }
        } else if let Some((module, _)) =
            statement.strip_prefix("from ").and_then(|rest| rest.split_once(" import"))
        {
            let Some(module) = absolute(module.trim(), package) else { continue };
            let from = start + line.find(" import").unwrap_or_default() + " import".len();
            for (name, bound) in names_of(text.get(from..).unwrap_or_default()) {
                if wanted.contains(bound) {
                    found.push((format!("{module}.{name}"), wanted.clone()));
                    found.push((module.clone(), std::iter::once(name.to_owned()).collect()));
                }
            }
        }
    }
    found
}

/// `a as b, (c)` up to the end of the statement: each name with the one it is bound to.
fn names_of(list: &str) -> impl Iterator<Item = (&str, &str)> {
    let list = list.trim_start_matches([' ', '\t']);
    let end = if list.starts_with('(') { list.find(')') } else { list.find('\n') };
    list.get(..end.unwrap_or(list.len())).unwrap_or_default().split([',', '(', '\n', '\\']).filter_map(
        |part| {
            let mut words = part.split('#').next().unwrap_or_default().split_whitespace();
            let name = words.next()?;
            Some((name, words.nth(1).unwrap_or(name)))
        },
    )
}

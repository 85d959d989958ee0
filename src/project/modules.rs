//! The project's own modules that revisions import, found by a scan of import lines. Evaluates nothing.
//!
//! A scan is enough: a line that only looks like an import names a module that is not there, or one too many is read.

use std::collections::BTreeSet;
use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use memchr::memmem;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::disk::Disk;
use super::read;
use super::script_directory::Layout;
use crate::source::{Encoding, Role, SourceFile};

/// A module, read.
pub(super) struct Module {
    /// Its dotted name; a package's is that of its `__init__.py`.
    pub(super) name: Box<str>,
    pub(super) path: PathBuf,
    pub(super) text: Arc<str>,
    pub(super) encoding: Encoding,
}

/// How many modules are read for one script directory.
const MAX_MODULES: usize = 200;
/// Larger files are data.
const MAX_BYTES: u64 = 500_000;

/// Packages that are never the project's own: what every revision imports, and the standard library where
/// revisions and their helpers use it.
const FOREIGN: [&str; 58] = [
    "__future__",
    "abc",
    "alembic",
    "argparse",
    "ast",
    "asyncio",
    "base64",
    "binascii",
    "bisect",
    "calendar",
    "codecs",
    "collections",
    "concurrent",
    "configparser",
    "contextlib",
    "copy",
    "csv",
    "dataclasses",
    "datetime",
    "decimal",
    "enum",
    "functools",
    "glob",
    "gzip",
    "hashlib",
    "hmac",
    "importlib",
    "inspect",
    "io",
    "itertools",
    "json",
    "logging",
    "math",
    "operator",
    "os",
    "pathlib",
    "pickle",
    "pprint",
    "random",
    "re",
    "secrets",
    "shutil",
    "sqlalchemy",
    "sqlite3",
    "sqlmodel",
    "string",
    "subprocess",
    "sys",
    "tempfile",
    "textwrap",
    "threading",
    "time",
    "traceback",
    "types",
    "typing",
    "urllib",
    "uuid",
    "warnings",
];

/// Reads the modules that the revisions among `files` import, and what those import in turn.
pub(super) fn load(layout: &Layout, disk: &Disk, files: &[SourceFile]) -> Vec<Module> {
    let imported: BTreeSet<String> = files
        .par_iter()
        .filter(|file| file.role == Role::Revision)
        .fold(BTreeSet::new, |mut names, file| {
            imports(file.text(), None, &mut names);
            names
        })
        .reduce(BTreeSet::new, |mut all, names| {
            all.extend(names);
            all
        });
    let mut finder = Finder::new(&layout.import_roots, disk);
    let mut seen: FxHashSet<String> = imported.iter().cloned().collect();
    let mut open: VecDeque<String> = imported.into_iter().collect();
    let mut modules = Vec::new();
    while let Some(name) = open.pop_front() {
        if modules.len() == MAX_MODULES {
            break;
        }
        let Some((module, package)) = finder.find(&name).and_then(|path| read_module(&name, path)) else {
            continue;
        };
        let mut names = BTreeSet::new();
        imports(&module.text, Some(&package), &mut names);
        open.extend(names.into_iter().filter(|name| seen.insert(name.clone())));
        modules.push(module);
    }
    modules
}

/// Reads a module; with the package that its relative imports start from.
pub(super) fn read_module(name: &str, path: PathBuf) -> Option<(Module, String)> {
    let is_small = fs::metadata(&path).is_ok_and(|data| data.len() <= MAX_BYTES);
    let (text, encoding) = is_small.then(|| read::read(&path).ok()).flatten()?;
    let is_package = path.file_name().is_some_and(|file| file == "__init__.py");
    let package = if is_package { name } else { name.rsplit_once('.').map_or("", |(head, _)| head) };
    Some((Module { name: name.into(), path, text: text.into(), encoding }, package.to_owned()))
}

/// Finds modules below the import roots.
pub(super) struct Finder<'a> {
    roots: &'a [PathBuf],
    disk: &'a Disk,
    /// The roots that hold a top-level name; most names, being other people's packages, are in none.
    known: FxHashMap<String, Vec<&'a Path>>,
}

impl<'a> Finder<'a> {
    pub(super) fn new(roots: &'a [PathBuf], disk: &'a Disk) -> Self {
        Self { roots, disk, known: FxHashMap::default() }
    }

    /// The file of a module.
    pub(super) fn find(&mut self, name: &str) -> Option<PathBuf> {
        let top = name.split('.').next()?;
        if !self.known.contains_key(top) {
            let holds = |root: &&PathBuf| {
                self.disk.is_dir(&root.join(top)) || self.disk.is_file(&root.join(format!("{top}.py")))
            };
            let roots = self.roots.iter().filter(holds).map(PathBuf::as_path).collect();
            self.known.insert(top.to_owned(), roots);
        }
        self.known.get(top)?.iter().find_map(|root| self.find_in(root, name))
    }

    fn find_in(&self, root: &Path, name: &str) -> Option<PathBuf> {
        let mut path = root.to_owned();
        if let Some((packages, _)) = name.rsplit_once('.') {
            path.extend(packages.split('.'));
            // Many names are asked for in one package, and most are no modules: one look tells of all.
            if !self.disk.is_dir(&path) {
                return None;
            }
            let _ = self.disk.entries(&path);
        }
        path.extend(name.rsplit('.').next());
        let package = path.join("__init__.py");
        let module = path.with_extension("py");
        [package, module].into_iter().find(|path| self.disk.is_file(path))
    }
}

/// Adds the dotted names that `text` may import: of `from a import b` both `a` and `a.b`. Relative imports need the
/// package they stand in; a revision has none, and Python refuses them there.
pub(super) fn imports(text: &str, package: Option<&str>, names: &mut BTreeSet<String>) {
    for (start, line) in import_lines(text) {
        let statement = line.trim_start();
        if let Some(rest) = statement.strip_prefix("import ") {
            for part in rest.split(['#', ';']).next().unwrap_or_default().split(',') {
                add(part.split_whitespace().next().unwrap_or_default(), names);
            }
        } else if let Some(rest) = statement.strip_prefix("from ") {
            // Most lines import from other people's packages, and take no longer look.
            if rest.split(' ').next().is_some_and(is_foreign) {
                continue;
            }
            let Some((module, _)) = rest.split_once(" import") else { continue };
            let Some(module) = absolute(module.trim(), package) else { continue };
            let after =
                start + (line.len() - statement.len()) + "from ".len() + rest.find(" import").unwrap_or(0);
            let list = text.get(after + " import".len()..).unwrap_or_default();
            for name in imported_names(list) {
                add(&format!("{module}.{name}"), names);
            }
            add(&module, names);
        } else if let Some(at) = line.find("import_module(") {
            let argument = text.get(start + at + "import_module(".len()..).unwrap_or_default();
            if let Some(module) = string(argument).filter(|module| !is_foreign(module)) {
                names.insert(module);
            }
        }
    }
}

/// A string that a call begins with, put together from its parts: `"a." "b"`, as they stand on one line or several.
fn string(arguments: &str) -> Option<String> {
    let mut value = String::new();
    let mut rest = arguments.trim_start();
    while let Some(quote) = rest.chars().next().filter(|first| matches!(first, '"' | '\'')) {
        let (part, after) = rest.get(1..)?.split_once(quote)?;
        value.push_str(part);
        rest = after.trim_start();
    }
    // The name of a file: whatever else it is, it leads to no other directory.
    let is_name =
        !value.is_empty() && !value.contains(['/', '\\', '\n']) && !value.split('.').any(str::is_empty);
    (is_name && rest.starts_with([')', ','])).then_some(value)
}

/// The lines that hold the word `import`, with their offsets. Most of a file does not; it is not split into lines.
pub(super) fn import_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    static IMPORT: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new("import"));
    let bytes = text.as_bytes();
    let mut seen = 0;
    IMPORT.find_iter(bytes).filter_map(move |at| {
        if at < seen {
            return None;
        }
        let start = memchr::memrchr(b'\n', bytes.get(..at)?).map_or(0, |newline| newline + 1);
        let end = memchr::memchr(b'\n', bytes.get(at..)?).map_or(bytes.len(), |newline| at + newline + 1);
        seen = end;
        Some((start, text.get(start..end)?))
    })
}

fn is_foreign(dotted: &str) -> bool {
    let top = dotted.split('.').next().unwrap_or(dotted);
    FOREIGN.binary_search(&top).is_ok()
}

fn add(dotted: &str, names: &mut BTreeSet<String>) {
    let is_name = || {
        let is_part =
            |part: &str| !part.is_empty() && part.chars().all(|char| char.is_alphanumeric() || char == '_');
        dotted.split('.').all(is_part)
    };
    if !is_foreign(dotted) && !names.contains(dotted) && is_name() {
        names.insert(dotted.to_owned());
    }
}

/// `..sub` in the package `a.b.c` is `a.b.sub`.
pub(super) fn absolute(module: &str, package: Option<&str>) -> Option<String> {
    let name = module.trim_start_matches('.');
    let level = module.len() - name.len();
    if level == 0 {
        return Some(module.to_owned());
    }
    let mut base = package?;
    for _ in 1..level {
        base = base.rsplit_once('.')?.0;
    }
    match (base.is_empty(), name.is_empty()) {
        (true, _) => None,
        (false, true) => Some(base.to_owned()),
        (false, false) => Some(format!("{base}.{name}")),
    }
}

/// The names after `import`, up to the end of the statement.
fn imported_names(list: &str) -> impl Iterator<Item = &str> {
    let list = list.trim_start_matches([' ', '\t']);
    let end = if list.starts_with('(') {
        list.find(')')
    } else {
        let mut line_ends = list.match_indices('\n').map(|(at, _)| at);
        line_ends.find(|at| !list.get(..*at).unwrap_or_default().trim_end_matches('\r').ends_with('\\'))
    };
    list.get(..end.unwrap_or(list.len()))
        .unwrap_or_default()
        .lines()
        .flat_map(|line| line.split('#').next().unwrap_or_default().split([',', '(', '\\']))
        .filter_map(|part| part.split_whitespace().next())
        .filter(|name| *name != "*")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str, package: Option<&str>) -> Vec<String> {
        let mut names = BTreeSet::new();
        imports(text, package, &mut names);
        names.into_iter().collect()
    }

    #[test]
    fn every_form_of_import_is_seen() {
        let text = "import sqlalchemy as sa, myapp.x as y\nfrom alembic import op\r\n    from a.b import (  # why\n        \
                    c,  # one\n        d as e,\n    )\nfrom f import *\nfrom g import h, \\\n    i\n";
        assert_eq!(names(text, None), ["a.b", "a.b.c", "a.b.d", "f", "g", "g.h", "g.i", "myapp.x"]);
    }

    #[test]
    fn modules_that_a_call_imports_are_seen() {
        let text = "import importlib\nold = importlib.import_module(\n    \"app.versions.\"\n    '2020-01_a1_first')\n\
                    import_module('..x')\nimport_module('a' + b)\nimport_module('os.path')\n";
        assert_eq!(names(text, None), ["app.versions.2020-01_a1_first"]);
    }

    #[test]
    fn relative_imports_start_at_the_package() {
        assert_eq!(
            names("from . import x\nfrom ..y import z\n", Some("a.b")),
            ["a.b", "a.b.x", "a.y", "a.y.z"]
        );
        assert_eq!(names("from ... import x\n", Some("a.b")), Vec::<String>::new());
        assert_eq!(names("from . import x\n", None), Vec::<String>::new());
    }

    #[test]
    fn foreign_names_are_sorted_for_the_search() {
        assert!(FOREIGN.is_sorted());
    }
}

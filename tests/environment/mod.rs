//! What the tests that ask the outside world stand on: the Python environment and the corpus that `tests/set_up.sh`
//! makes, database servers, running programs, copying directories. Asserts nothing about alembic-lint.

#![allow(dead_code, reason = "each test file uses a part")]

#[cfg(unix)]
pub(crate) mod server;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The program under test.
pub(crate) const ALEMBIC_LINT: &str = env!("CARGO_BIN_EXE_alembic-lint");

/// Whether `tests/set_up.sh` has made what `test` needs; says on standard error that it is left out where not.
/// `tests/run` sets `ALEMBIC_LINT_ALL_TESTS`, with which nothing may be left out.
pub(crate) fn is_set_up(test: &str) -> bool {
    if repository("target/test-environment").exists() {
        return true;
    }
    assert!(
        std::env::var_os("ALEMBIC_LINT_ALL_TESTS").is_none(),
        "target/test-environment is missing: run tests/set_up.sh"
    );
    // Not by `eprintln!`, which the test harness keeps to itself.
    let line = format!(
        "left out: {test} needs real Alembic, public revisions, or servers; run tests/set_up.sh once\n"
    );
    std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes()).unwrap();
    false
}

/// Ends the test, successfully and with a line on standard error, where `tests/set_up.sh` has not run.
#[allow(unused_macros, reason = "each test file uses a part")]
macro_rules! needs_set_up {
    () => {
        let here = std::thread::current();
        if !$crate::environment::is_set_up(here.name().unwrap_or("this test")) {
            return;
        }
    };
}
#[allow(unused_imports, reason = "each test file uses a part")]
pub(crate) use needs_set_up;

/// A path in the repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A program of the Python environment.
pub(crate) fn python_program(name: &str) -> PathBuf {
    prepared(&format!("target/test-environment/bin/{name}"))
}

/// The corpus: one directory for each package.
pub(crate) fn corpus() -> PathBuf {
    prepared("target/corpus")
}

fn prepared(path: &str) -> PathBuf {
    let path = repository(path);
    assert!(path.exists(), "{} is missing: run tests/set_up.sh once", path.display());
    path
}

/// The version locations of every package of the corpus, relative to it, and how many revisions they hold.
pub(crate) fn version_locations() -> (Vec<String>, usize) {
    let list = std::fs::read_to_string(repository("tests/corpus/packages.tsv")).unwrap();
    let rows: Vec<Vec<&str>> = list.lines().skip(1).map(|line| line.split('\t').collect()).collect();
    let places = rows.iter().flat_map(|row| row[3].split(';').map(|place| format!("{}/{place}", row[0])));
    (places.collect(), rows.iter().map(|row| row[4].parse::<usize>().unwrap()).sum())
}

/// What a program printed, and how it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
    /// The exit code.
    pub(crate) code: i32,
}

impl Ran {
    /// Both outputs.
    pub(crate) fn text(&self) -> String {
        format!("{}\n{}", self.stdout, self.stderr)
    }

    /// The same, where anything but success is a failure of the test.
    #[track_caller]
    pub(crate) fn succeeded(self) -> Self {
        assert_eq!(self.code, 0, "{}", self.text());
        self
    }
}

/// Runs a program in a directory, without what the surrounding environment says about git and CI.
#[track_caller]
pub(crate) fn run(program: impl AsRef<Path>, arguments: &[&str], directory: &Path) -> Ran {
    run_with(program, arguments, directory, &[])
}

/// [`run`], with these variables set.
#[track_caller]
pub(crate) fn run_with(
    program: impl AsRef<Path>,
    arguments: &[&str],
    directory: &Path,
    variables: &[(&str, String)],
) -> Ran {
    let mut command = Command::new(program.as_ref());
    command.args(arguments).current_dir(directory).env("NO_COLOR", "1");
    for name in [
        "PRE_COMMIT",
        "CI",
        "GITHUB_ACTIONS",
        "GITHUB_BASE_REF",
        "GIT_DIR",
        "GIT_INDEX_FILE",
        "GIT_WORK_TREE",
    ] {
        command.env_remove(name);
    }
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    let Output { status, stdout, stderr } =
        command.output().unwrap_or_else(|error| panic!("{}: {error}", program.as_ref().display()));
    Ran {
        stdout: String::from_utf8_lossy(&stdout).into_owned(),
        stderr: String::from_utf8_lossy(&stderr).into_owned(),
        code: status.code().unwrap_or(-1),
    }
}

/// Replaces one text by another in a file; the text must be there.
#[track_caller]
pub(crate) fn replace(path: &Path, old: &str, new: &str) {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains(old), "{}: {old:?} is not in\n{text}", path.display());
    std::fs::write(path, text.replacen(old, new, 1)).unwrap();
}

/// The only file in a directory whose name starts so.
#[track_caller]
pub(crate) fn only_file(directory: &Path, start: &str) -> PathBuf {
    let mut found: Vec<PathBuf> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(start) && path.is_file())
        .collect();
    assert_eq!(found.len(), 1, "{}: {found:?}", directory.display());
    found.remove(0)
}

/// A copy of a directory, in a temporary one.
pub(crate) fn copy(from: &Path) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.unwrap();
        let to = directory.path().join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(to).unwrap();
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
    directory
}

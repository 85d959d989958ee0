//! What the program reads, broken at random by a fixed seed, one test for each kind of text: nothing panics, the result is the same
//! at any number of threads, no fix is refused as a bug, and what was fixed is valid Python, keeps its line ends, has no import
//! without a use, and needs no second fix.
//!
//! `ALEMBIC_LINT_CASES=100000 cargo test --release --test mutations` runs longer, `ALEMBIC_LINT_SEED` starts elsewhere, and
//! `ALEMBIC_LINT_FAULTS` names a directory for all that went wrong.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a test may stop"
)]

mod chance;
mod doors;
#[path = "../environment/mod.rs"]
mod environment;
mod mutate;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use alembic_lint::config::Settings;
use alembic_lint::diagnostic::Applicability;
use alembic_lint::fix::fix;
use alembic_lint::linter::lint;
use alembic_lint::operation::Dialect;
use alembic_lint::project::{Project, ScriptDirectory};
use alembic_lint::python::is_valid;
use alembic_lint::selection::Selection;
use alembic_lint::source::{Applied, Encoding, Role, SourceFile};
use chance::Chance;
use environment::{corpus, needs_set_up, python_program, repository, run};
use mutate::mutated;

/// So many fixed texts are given to ruff at most.
const MOST_FOR_RUFF: usize = 1500;

/// So many revisions of the corpus are broken.
const TEXTS: usize = 300;

fn texts() -> Vec<String> {
    let of = |root: &Path| -> Vec<String> {
        let mut files: Vec<_> = walkdir::WalkDir::new(root)
            .into_iter()
            .map(|entry| entry.unwrap().into_path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "py"))
            .collect();
        files.sort();
        files.iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect()
    };
    let corpus = of(&corpus());
    let step = (corpus.len() / TEXTS).max(1);
    let mut texts: Vec<String> = corpus.into_iter().step_by(step).collect();
    texts.extend(of(&repository("testdata/projects")));
    texts.retain(|text| text.contains("down_revision") && text.len() < 20_000);
    texts
}

fn project(text: &str) -> Project {
    let file = |path: &str, text: &str| SourceFile {
        path: path.into(),
        location: path.into(),
        directory: 0,
        role: Role::Revision,
        text: Ok(text.into()),
        encoding: Encoding::Utf8,
        selected: true,
        applied: Applied::No,
    };
    let first = "from alembic import op\nimport sqlalchemy as sa\nrevision = 'first'\ndown_revision = None\n\n\ndef upgrade():\n    \
                 op.create_table('user', sa.Column('id', sa.Integer(), primary_key=True), sa.Column('name', sa.String(20)))\n\n\n\
                 def downgrade():\n    op.drop_table('user')\n";
    let files = vec![file("versions/first_x.py", first), file("versions/second_y.py", text)];
    Project { directories: vec![ScriptDirectory::default()], files, ..Project::default() }
}

/// What is wrong with how a text is repaired; otherwise the repaired text.
fn repaired(text: &str, dialect: Dialect) -> Result<String, String> {
    let settings = Settings { select: vec!["all".to_owned()], dialect: Some(dialect), ..Settings::default() };
    let selection = Selection::resolve(&settings).unwrap();
    let mut project = project(text);
    let judged = |threads: usize| {
        with_threads(threads, || format!("{:?}", lint(&project, &settings, &selection).diagnostics))
    };
    if judged(1) != judged(3) {
        return Err("another result with more threads".to_owned());
    }
    let report = fix(&mut project, &settings, &selection, Applicability::Unsafe);
    if let Some(refused) = report.refused.first() {
        return Err(format!("{}: {:?}", refused.reason, refused.rules));
    }
    let repaired = project.files[1].text.clone().unwrap();
    if is_valid(text) && !is_valid(&repaired) {
        return Err(format!("not valid Python any more:\n{repaired}"));
    }
    if let Some(line) = line_with_another_end(text, &repaired) {
        return Err(format!("a line that no fix is about ends differently: {line:?}\n{repaired}"));
    }
    let again = fix(&mut project, &settings, &selection, Applicability::Unsafe);
    let more: Vec<_> = again.files.iter().flat_map(|file| &file.fixes).collect();
    if more.is_empty() {
        return Ok(repaired.to_string());
    }
    Err(format!("a second fix: {more:?}\nthe first was: {:?}\nand gave:\n{repaired}", report.files))
}

/// A line that is in both texts and ends differently in the second.
fn line_with_another_end(old: &str, new: &str) -> Option<String> {
    fn lines(text: &str) -> (Vec<&str>, Vec<&str>) {
        text.split_inclusive('\n')
            .map(|line| line.split_at(line.trim_end_matches(['\r', '\n']).len()))
            .unzip()
    }
    let ((old, old_ends), (new, new_ends)) = (lines(old), lines(new));
    let operations = similar::capture_diff_slices(similar::Algorithm::Myers, &old, &new);
    for operation in operations {
        if let similar::DiffOp::Equal { old_index, new_index, len } = operation {
            for at in 0..len {
                let is_last = old_index + at + 1 == old.len() && old_ends[old_index + at].is_empty();
                if old_ends[old_index + at] != new_ends[new_index + at] && !is_last {
                    return Some(old[old_index + at].to_owned());
                }
            }
        }
    }
    None
}

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).ok().map_or(default, |value| value.parse().unwrap())
}

/// The fixed texts in which ruff finds an import without a use that it does not find in the text before.
fn unused_imports(fixed: &[(String, String)]) -> Vec<String> {
    let directory = tempfile::tempdir().unwrap();
    for (at, (before, after)) in fixed.iter().enumerate() {
        std::fs::write(directory.path().join(format!("{at}_before.py")), before).unwrap();
        std::fs::write(directory.path().join(format!("{at}_after.py")), after).unwrap();
    }
    let arguments =
        ["check", "--isolated", "--no-cache", "--select", "F401", "--output-format", "json", "--ignore-noqa"];
    let ran = run(python_program("ruff"), &arguments, directory.path());
    let found: Vec<serde_json::Value> =
        serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.text()));
    let of = |name: String| -> Vec<&str> {
        let is_it = |finding: &&serde_json::Value| {
            finding["code"] == "F401" && finding["filename"].as_str().unwrap().ends_with(&format!("/{name}"))
        };
        found.iter().filter(is_it).map(|finding| finding["message"].as_str().unwrap()).collect()
    };
    let mut faults = Vec::new();
    for (at, (before, after)) in fixed.iter().enumerate() {
        let old = of(format!("{at}_before.py"));
        let new: Vec<&str> =
            of(format!("{at}_after.py")).into_iter().filter(|message| !old.contains(message)).collect();
        if !new.is_empty() {
            faults
                .push(format!("an import without a use: {new:?}\n--- before\n{before}\n--- after\n{after}"));
        }
    }
    faults
}

/// What is read.
#[derive(Debug, Clone, Copy)]
enum Door {
    Revision,
    Sql,
    EnvPy,
    AlembicIni,
    PyprojectToml,
    Template,
    Lock,
    Configuration,
}

impl Door {
    /// So many cases run when nothing else is said.
    const fn cases(self) -> usize {
        match self {
            Self::Revision => 1500,
            Self::Sql => 800,
            _ => 300,
        }
    }
}

/// Runs cases, each from the numbers that follow the seed, and fails with the first of those that went wrong.
fn each_case(door: Door, mut case: impl FnMut(&mut Chance) -> Result<(), String>) {
    let seed = setting("ALEMBIC_LINT_SEED", 20_261_125) + door as usize;
    let cases = setting("ALEMBIC_LINT_CASES", door.cases());
    let mut chance = Chance::new(seed);
    let mut faults = Vec::new();
    let mut slowest = (Duration::ZERO, 0);
    let started = Instant::now();
    for number in 0..cases {
        let start = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| case(&mut chance))).unwrap_or_else(|panic| {
            let text = panic.downcast_ref::<String>().cloned();
            Err(format!("a panic: {}", text.unwrap_or_default()))
        });
        slowest = slowest.max((start.elapsed(), number));
        faults.extend(outcome.err().map(|fault| format!("case {number}: {fault}")));
    }
    let seconds = started.elapsed().as_secs();
    println!(
        "{door:?}: {cases} cases in {seconds} s, the slowest, {}, in {:?}, {} faults",
        slowest.1,
        slowest.0,
        faults.len()
    );
    if let Ok(directory) = std::env::var("ALEMBIC_LINT_FAULTS") {
        std::fs::write(Path::new(&directory).join(format!("{door:?}.txt")), faults.join("\n\n=======\n\n"))
            .unwrap();
    }
    let first: Vec<&str> = faults.iter().take(3).map(String::as_str).collect();
    assert!(faults.is_empty(), "{} of {cases}:\n{}", faults.len(), first.join("\n\n"));
}

/// Runs something on so many threads.
fn with_threads<T: Send>(threads: usize, run: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(run)
}

#[test]
fn broken_revisions_are_judged_and_repaired_without_a_fault() {
    needs_set_up!();
    let texts = texts();
    assert!(texts.len() > TEXTS / 2, "{} revisions", texts.len());
    let dialects = [Dialect::Postgresql, Dialect::Mysql, Dialect::Mariadb, Dialect::Sqlite];
    let mut fixed = Vec::new();
    each_case(Door::Revision, |chance| {
        let text = mutated(&texts[chance.below(texts.len())], &texts, chance);
        let dialect = dialects[chance.below(dialects.len())];
        let after = repaired(&text, dialect)
            .map_err(|fault| format!("{dialect:?}: {fault}\n--- the text:\n{text}"))?;
        if after != text && is_valid(&text) && fixed.len() < MOST_FOR_RUFF {
            fixed.push((text, after));
        }
        Ok(())
    });
    let unused = unused_imports(&fixed);
    println!("{} fixed texts read by ruff", fixed.len());
    assert!(unused.is_empty(), "{} of {}:\n{}", unused.len(), fixed.len(), unused.first().unwrap());
}

//! What a revision does stays the same however it is laid out: each one of the corpus is written anew by Python itself.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::panic, reason = "a test may stop")]

mod environment;

use std::fs;
use std::path::PathBuf;

use alembic_lint::project::read;
use alembic_lint::python::meaning::{differences, fingerprint};
use environment::{corpus, needs_set_up, python_program, repository, run, version_locations};

#[test]
fn the_corpus_written_anew_means_the_same() {
    needs_set_up!();
    let root = corpus();
    let (locations, _) = version_locations();
    let mut files: Vec<PathBuf> = locations
        .iter()
        .flat_map(|location| walkdir::WalkDir::new(root.join(location)))
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "py") && path.is_file())
        .collect();
    files.sort();
    files.dedup();
    let directory = tempfile::tempdir().unwrap();
    let list = directory.path().join("list");
    let lines: Vec<String> = files.iter().map(|path| path.display().to_string()).collect();
    fs::write(&list, lines.join("\n")).unwrap();
    let script = repository("tests/python/write_anew.py");
    let arguments = [script.to_str().unwrap(), list.to_str().unwrap(), directory.path().to_str().unwrap()];
    run(python_program("python"), &arguments, &root).succeeded();

    let (mut same, mut seen) = (0, 0);
    for (number, path) in files.iter().enumerate() {
        let Ok((anew, _)) = read(&directory.path().join(format!("{number}.py"))) else { continue };
        let (text, _) = read(path).unwrap();
        // Python writes `f"{x=}"` as the text it stands for.
        if text.contains("=}") {
            continue;
        }
        seen += 1;
        assert_eq!(differences(&text, &anew), Ok(vec![]), "{}", path.display());
        assert_eq!(fingerprint(&text), fingerprint(&anew), "{}", path.display());
        same += usize::from(text == anew);
    }
    assert!(seen > 2_700, "only {seen} files were compared");
    assert!(same < 100, "{same} files were not written otherwise");
}

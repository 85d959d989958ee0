//! Every state that a killed process can leave, and what cannot be written.

use super::*;
use crate::source::{Applied, Encoding, Role};

fn source(location: &Path, encoding: Encoding) -> SourceFile {
    SourceFile {
        path: "versions/a.py".into(),
        location: location.to_owned(),
        directory: 0,
        role: Role::Revision,
        text: Ok("".into()),
        encoding,
        selected: true,
        applied: Applied::No,
    }
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn writes_the_bytes_of_the_files_encoding_and_leaves_nothing_beside_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.py");
    fs::write(&path, b"# \xe9\n").unwrap();
    write(&source(&path, Encoding::Latin1), "# \u{e9}\n", "# \u{e9}\nx\n").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"# \xe9\nx\n");
    assert_eq!(names(directory.path()), ["a.py"]);
}

#[test]
fn what_has_no_bytes_in_the_encoding_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.py");
    fs::write(&path, "a").unwrap();
    let error = write(&source(&path, Encoding::Latin1), "a", "\u{2014}").unwrap_err();
    assert!(matches!(error.reason, Reason::Encoding(_)), "{error}");
    assert_eq!(fs::read(&path).unwrap(), b"a");
}

#[test]
fn a_file_that_changed_meanwhile_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.py");
    fs::write(&path, "theirs\n").unwrap();
    let error = write(&source(&path, Encoding::Utf8), "old\n", "new\n").unwrap_err();
    assert_eq!(error.to_string(), "cannot write `versions/a.py`: it changed while it was checked; run again");
    assert_eq!(fs::read(&path).unwrap(), b"theirs\n");
    assert_eq!(names(directory.path()), ["a.py"]);
}

#[test]
fn what_another_run_has_fixed_is_well() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.py");
    fs::write(&path, "new\n").unwrap();
    write(&source(&path, Encoding::Utf8), "old\n", "new\n").unwrap();
    assert_eq!(names(directory.path()), ["a.py"]);
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link_and_the_mode_stays() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let directory = tempfile::tempdir().unwrap();
    let (target, link) = (directory.path().join("target.py"), directory.path().join("link.py"));
    fs::write(&target, "old").unwrap();
    fs::set_permissions(&target, fs::Permissions::from_mode(0o755)).unwrap();
    symlink("target.py", &link).unwrap();
    write(&source(&link, Encoding::Utf8), "old", "new").unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read(&target).unwrap(), b"new");
    assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o755);
}

#[cfg(unix)]
#[test]
fn a_read_only_file_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.py");
    fs::write(&path, "old").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    let error = write(&source(&path, Encoding::Utf8), "old", "new").unwrap_err();
    assert!(matches!(error.reason, Reason::ReadOnly), "{error}");
    assert_eq!(fs::read(&path).unwrap(), b"old");
}

#[cfg(target_os = "linux")]
#[test]
fn a_directory_that_takes_no_file_is_named() {
    // Not even root can make a file beside this one.
    let path = Path::new("/proc/self/comm");
    let text = fs::read_to_string(path).unwrap();
    let error = write(&source(path, Encoding::Utf8), &text, "new").unwrap_err();
    assert!(matches!(error.reason, Reason::Directory { .. }), "{error}");
    assert!(error.to_string().contains("no file can be made in its directory `/proc/"), "{error}");
}

/// Two files that change and one that is new, in a directory of their own.
struct Change {
    directory: tempfile::TempDir,
    files: Vec<SourceFile>,
}

impl Change {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let files = ["a.py", "b.py", "new.py"].map(|name| SourceFile {
            path: name.into(),
            text: Ok("new\n".into()),
            ..source(&directory.path().join(name), Encoding::Utf8)
        });
        fs::write(directory.path().join("a.py"), "old\n").unwrap();
        fs::write(directory.path().join("b.py"), "old\n").unwrap();
        Self { directory, files: files.into() }
    }

    fn changes(&self) -> [FileChange<'_>; 3] {
        let [a, b, new] = self.files.as_slice() else { panic!("three files") };
        let rewrite = |file| FileChange::Rewrite { file, old: "old\n", new: "new\n" };
        [FileChange::Create { file: new, model: a }, rewrite(a), rewrite(b)]
    }

    /// Each file with its text.
    fn state(&self) -> Vec<(String, String)> {
        let mut names = names(self.directory.path());
        names.sort();
        let text = |name: &String| fs::read_to_string(self.directory.path().join(name)).unwrap();
        names.into_iter().map(|name| (name.clone(), text(&name))).collect()
    }

    fn end() -> Vec<(String, String)> {
        ["a.py", "b.py", "new.py"].map(|name| (name.to_owned(), "new\n".to_owned())).into()
    }

    fn start() -> Vec<(String, String)> {
        ["a.py", "b.py"].map(|name| (name.to_owned(), "old\n".to_owned())).into()
    }

    /// Writes until the process would have been killed before step `n`; whether there is such a step.
    fn cut_before(&self, n: usize) -> bool {
        let mut left = n;
        let mut count = || {
            if left == 0 {
                return ControlFlow::Break(());
            }
            left -= 1;
            ControlFlow::Continue(())
        };
        matches!(write_observed(&self.changes(), &mut count), Err(Ended::Cut))
    }
}

#[test]
fn a_change_that_is_cut_anywhere_loses_nothing_and_is_completed_or_taken_away() {
    let mut n = 0;
    loop {
        let change = Change::new();
        if !change.cut_before(n) {
            break;
        }
        for (name, text) in change.state() {
            let is_whole = Path::new(&name).extension().is_none_or(|extension| extension != "py")
                || matches!(&*text, "old\n" | "new\n");
            assert!(is_whole, "step {n}: {name} holds {text:?}");
        }
        let found = find_leftovers(&[change.directory.path().to_owned()]);
        assert_eq!(found, if n == 0 { Leftovers::None } else { Leftovers::Abandoned }, "step {n}");
        complete_leftovers(&[change.directory.path().to_owned()]).unwrap();
        let state = change.state();
        assert!(state == Change::start() || state == Change::end(), "step {n}: {state:?}");
        write_together(&change.changes()).unwrap();
        assert_eq!(change.state(), Change::end(), "step {n}");
        n += 1;
    }
    assert_eq!(n, 9, "the journal, three files, the commit, three renames, the journal again");
}

#[test]
fn the_next_change_completes_one_that_was_cut() {
    for n in 0..9 {
        let change = Change::new();
        assert!(change.cut_before(n));
        let result = write_together(&change.changes());
        result.unwrap();
        assert_eq!(change.state(), Change::end(), "step {n}");
    }
}

#[test]
fn what_a_person_changed_after_a_cut_stays() {
    let change = Change::new();
    assert!(change.cut_before(6), "the new file was made");
    fs::write(change.directory.path().join("a.py"), "theirs\n").unwrap();
    let completed = complete_leftovers(&[change.directory.path().to_owned()]).unwrap();
    let name =
        |paths: &[PathBuf]| paths.iter().map(|path| path.file_name().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!((name(&completed.written), name(&completed.left)), (vec!["b.py".into()], vec!["a.py".into()]));
    assert_eq!(fs::read_to_string(change.directory.path().join("a.py")).unwrap(), "theirs\n");
    assert_eq!(change.state().len(), 3, "{:?}", change.state());
}

#[test]
fn one_file_that_cannot_change_keeps_all_as_they_are() {
    let change = Change::new();
    fs::write(change.directory.path().join("b.py"), "theirs\n").unwrap();
    let before = change.state();
    let error = write_together(&change.changes()).unwrap_err();
    assert_eq!(error.to_string(), "cannot write `b.py`: it changed while it was checked; run again");
    assert_eq!(change.state(), before);
    let errors = write_possible(&change.changes());
    assert_eq!(errors.len(), 1, "{errors:?}");
    let texts: Vec<String> = change.state().into_iter().map(|(_, text)| text).collect();
    assert_eq!(texts, ["new\n", "theirs\n", "new\n"]);
}

#[test]
fn a_file_that_is_replaced_while_the_change_is_prepared_takes_everything_back() {
    let change = Change::new();
    let mut steps = 0;
    let mut replace_late = || {
        steps += 1;
        if steps == 4 {
            fs::write(change.directory.path().join("a.py"), "theirs\n").unwrap();
        }
        ControlFlow::Continue(())
    };
    let ended = write_observed(&change.changes(), &mut replace_late).unwrap_err();
    assert!(matches!(ended, Ended::Failed(WriteError { reason: Reason::Changed, .. })), "{ended:?}");
    let texts: Vec<String> = change.state().into_iter().map(|(_, text)| text).collect();
    assert_eq!(texts, ["theirs\n", "old\n"]);
}

#[test]
fn a_journal_moves_nothing_but_files_that_this_program_wrote_beside_their_target() {
    let change = Change::new();
    let root = change.directory.path();
    fs::write(root.join("secret"), "x").unwrap();
    let (from, to) = (root.join("secret"), root.join("a.py"));
    let journal = serde_json::json!([{ "temporary": from, "target": to, "old": null, "new": "" }]);
    fs::write(root.join(".alembic-lint-x.commit"), journal.to_string()).unwrap();
    let before = change.state();
    assert_eq!(complete_leftovers(&[root.to_owned()]).unwrap(), Completed::default());
    assert_eq!(change.state(), before);
}

#[test]
fn two_runs_at_once_make_one_change() {
    let change = Change::new();
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..8).map(|_| scope.spawn(|| write_together(&change.changes()))).collect();
        for run in runs {
            run.join().unwrap().unwrap();
        }
    });
    assert_eq!(change.state(), Change::end());
}

#[cfg(unix)]
#[test]
fn a_change_behind_a_link_is_found_where_the_link_is() {
    let (directory, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (link, target) = (directory.path().join("a.py"), elsewhere.path().join("a.py"));
    fs::write(&target, "old\n").unwrap();
    std::os::unix::fs::symlink(&target, &link).unwrap();
    let file = source(&link, Encoding::Utf8);
    let mut steps = 0;
    let mut cut = || {
        steps += 1;
        if steps == 4 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let changes = [FileChange::Rewrite { file: &file, old: "old\n", new: "new\n" }];
    assert!(matches!(write_observed(&changes, &mut cut), Err(Ended::Cut)));
    assert_eq!(find_leftovers(&[directory.path().to_owned()]), Leftovers::Abandoned);
    let both = [directory.path().to_owned(), elsewhere.path().to_owned()];
    assert_eq!(complete_leftovers(&both).unwrap().written.len(), 1);
    assert_eq!(fs::read_to_string(&link).unwrap(), "new\n");
    assert_eq!(
        (names(directory.path()), names(elsewhere.path())),
        (vec!["a.py".to_owned()], vec!["a.py".to_owned()])
    );
}

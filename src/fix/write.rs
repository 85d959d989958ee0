//! Puts a repaired text in the place of the old one, at once and whole. Decides nothing about repairs.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::project::encode;
use crate::source::SourceFile;

/// Why a file was left as it was.
#[derive(Debug, thiserror::Error)]
#[error("cannot write `{path}`: {reason}")]
pub struct WriteError {
    /// The file, as printed.
    pub path: Box<str>,
    /// What was in the way.
    pub reason: Reason,
}

/// What is in the way of writing a file.
#[derive(Debug, thiserror::Error)]
pub enum Reason {
    /// Somebody else wrote it.
    #[error("it changed while it was checked; run again")]
    Changed,
    /// Its mode says so.
    #[error("it is read-only; make it writable to have it fixed")]
    ReadOnly,
    /// No file can be made beside it.
    #[error("no file can be made in its directory `{}`, which replacing it whole needs ({error})", directory.display())]
    Directory {
        /// The directory.
        directory: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// A character has no bytes in its encoding.
    #[error("the repaired text {0}")]
    Encoding(String),
    /// Anything else.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// Replaces the text of a file that holds `old` by `new`.
///
/// The new bytes are written to a file beside it, which then takes its name: whoever reads sees the old text or
/// the new one. A file that holds `new` already is as good as written. Mode and, where the system lets us, owner stay. A symbolic link stays one, its target is
/// written. Of a file with several hard links, only this name gets the new text.
pub fn write(file: &SourceFile, old: &str, new: &str) -> Result<(), WriteError> {
    replace(file, old, new).map_err(|reason| WriteError { path: file.path.clone(), reason })
}

fn replace(file: &SourceFile, old: &str, new: &str) -> Result<(), Reason> {
    let old = encode(old, file.encoding).map_err(Reason::Encoding)?;
    let new = encode(new, file.encoding).map_err(Reason::Encoding)?;
    let target = fs::canonicalize(&file.location)?;
    let metadata = fs::metadata(&target)?;
    demand_writable(&target, &metadata)?;
    let mut beside = beside(target.parent().unwrap_or(Path::new(".")))?;
    beside.write_all(&new)?;
    keep_owner(beside.as_file(), &metadata);
    beside.as_file().set_permissions(metadata.permissions())?;
    beside.as_file().sync_all()?;
    let current = fs::read(&target)?;
    if current == new {
        return Ok(());
    }
    if current != old {
        return Err(Reason::Changed);
    }
    beside.persist(&target).map_err(|error| Reason::Io(error.error))?;
    Ok(())
}

/// Makes a file that is not there yet, whole or not at all; its mode is that of `model`, the file it stands beside.
pub fn create(file: &SourceFile, model: &SourceFile) -> Result<(), WriteError> {
    let made = || -> Result<(), Reason> {
        let bytes = encode(file.text(), file.encoding).map_err(Reason::Encoding)?;
        let model = fs::canonicalize(&model.location)?;
        let metadata = fs::metadata(&model)?;
        let mut beside = beside(file.location.parent().unwrap_or(Path::new(".")))?;
        beside.write_all(&bytes)?;
        keep_owner(beside.as_file(), &metadata);
        beside.as_file().set_permissions(metadata.permissions())?;
        beside.as_file().sync_all()?;
        beside.persist_noclobber(&file.location).map_err(|error| Reason::Io(error.error))?;
        Ok(())
    };
    made().map_err(|reason| WriteError { path: file.path.clone(), reason })
}

/// An empty file that takes its name later. The name does not end in `.py`: Alembic would load what it finds in a version location.
fn beside(directory: &Path) -> Result<tempfile::NamedTempFile, Reason> {
    tempfile::Builder::new()
        .prefix(".alembic-lint-")
        .suffix(".tmp")
        .tempfile_in(directory)
        .map_err(|error| Reason::Directory { directory: directory.to_owned(), error })
}

/// A file that its owner protected is not replaced, although its directory would allow it.
fn demand_writable(target: &Path, metadata: &Metadata) -> Result<(), Reason> {
    if metadata.permissions().readonly() {
        return Err(Reason::ReadOnly);
    }
    match OpenOptions::new().write(true).open(target) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Err(Reason::ReadOnly),
        Err(error) => Err(Reason::Io(error)),
    }
}

#[cfg(unix)]
fn keep_owner(file: &File, metadata: &Metadata) {
    use std::os::unix::fs::{MetadataExt, fchown};
    let is_same = |made: Metadata| (made.uid(), made.gid()) == (metadata.uid(), metadata.gid());
    if !file.metadata().is_ok_and(is_same) {
        // Only root may give files away; a fixed file that changed hands is better than none.
        let _ = fchown(file, Some(metadata.uid()), Some(metadata.gid()));
    }
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &Metadata) {}

#[cfg(test)]
mod tests {
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
        assert_eq!(
            error.to_string(),
            "cannot write `versions/a.py`: it changed while it was checked; run again"
        );
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
}

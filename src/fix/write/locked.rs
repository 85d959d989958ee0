//! Directories in which no other run of this program writes.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

/// Locked directories; the system gives them free when the process ends, however it ends.
pub(super) struct Locked {
    directories: Vec<PathBuf>,
    /// Open as long as the lock lasts.
    _handles: Vec<File>,
}

impl Locked {
    /// Waits until no other run has one of these, which are sorted so that no two runs wait for each other. Where the system cannot
    /// lock a directory (Windows, some network shares), the checks before each write must do.
    pub(super) fn take(directories: Vec<PathBuf>) -> Self {
        let handles = directories
            .iter()
            .filter_map(|directory| {
                let handle = File::open(directory).ok()?;
                handle.lock().ok().map(|()| handle)
            })
            .collect();
        Self { directories, _handles: handles }
    }

    /// Whether another run writes to a directory now.
    pub(super) fn is_taken(directory: &Path) -> bool {
        let handle = File::open(directory);
        handle.is_ok_and(|handle| matches!(handle.try_lock(), Err(TryLockError::WouldBlock)))
    }

    /// The directories, symbolic links followed.
    pub(super) fn directories(&self) -> &[PathBuf] {
        &self.directories
    }

    pub(super) fn contains(&self, directory: &Path) -> bool {
        self.directories.iter().any(|locked| locked == directory)
    }
}

//! Runs the `git` command in one repository. Knows nothing of revisions.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// Variables that tie git to the repository of a running hook; another repository must not see them.
const REPOSITORY_VARIABLES: [&str; 8] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
];

/// Why git gave no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum GitError {
    /// There is no such program.
    #[error("the program `git` was not found: install it")]
    NotInstalled,
    /// The repository belongs to another user, and git refuses to read it.
    #[error(
        "git refuses to read `{0}`, which belongs to another user: run \
         `git config --global --add safe.directory {0}`"
    )]
    DubiousOwnership(String),
    /// Anything else git said.
    #[error("`git {command}` failed in `{root}`: {message}")]
    Failed {
        /// The subcommand.
        command: String,
        /// The repository.
        root: String,
        /// What it wrote.
        message: String,
    },
    /// The process could not be run.
    #[error("git could not be run: {0}")]
    Io(#[from] io::Error),
}

/// A work tree with its repository.
#[derive(Debug, Clone)]
pub(super) struct Repository {
    /// The top of the work tree, without symbolic links.
    pub(super) root: PathBuf,
    /// Whether the process stands in another repository.
    foreign: bool,
}

impl Repository {
    /// The work tree that holds `directory`, found by its `.git`, which is a file in worktrees and submodules.
    pub(super) fn find(directory: &Path) -> Option<PathBuf> {
        directory.ancestors().find(|ancestor| ancestor.join(".git").exists()).map(Path::to_path_buf)
    }

    /// The repository at `root`.
    pub(super) fn new(root: PathBuf) -> Self {
        let home = std::fs::canonicalize(".").ok().and_then(|here| Self::find(&here));
        Self { foreign: home.as_ref() != Some(&root), root }
    }

    /// Whether it is a part of another repository, which pull requests are made against.
    pub(super) fn is_submodule(&self) -> bool {
        std::fs::read_to_string(self.root.join(".git"))
            .is_ok_and(|pointer| pointer.replace('\\', "/").contains("/modules/"))
    }

    fn command<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new("git");
        command
            .args(["--no-optional-locks", "--literal-pathspecs", "-c", "color.ui=false"])
            .args(arguments)
            .current_dir(&self.root)
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if self.foreign {
            for variable in REPOSITORY_VARIABLES {
                command.env_remove(variable);
            }
        }
        command
    }

    /// Starts git; [`Running::finish`] takes its output, so that several can run at once.
    pub(super) fn start<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<Running<'_>, GitError> {
        let child = self.command(arguments).spawn().map_err(spawn_error)?;
        let command = arguments.first().map(|first| first.as_ref().to_string_lossy().into_owned());
        Ok(Running { child, command: command.unwrap_or_default(), repository: self })
    }

    /// Runs git with `input`, and gives what it wrote.
    pub(super) fn feed(&self, arguments: &[&str], input: &[u8]) -> Result<Vec<u8>, GitError> {
        let mut command = self.command(arguments);
        let mut child = command.stdin(Stdio::piped()).spawn().map_err(spawn_error)?;
        let pipe = child.stdin.take();
        let output = std::thread::scope(|scope| {
            // Written beside the reading: neither side may wait for the other with a full pipe.
            scope.spawn(move || pipe.map(|mut pipe| pipe.write_all(input)));
            child.wait_with_output()
        })?;
        self.judge(arguments.first().copied().unwrap_or_default(), output)
    }

    fn judge(&self, command: &str, output: Output) -> Result<Vec<u8>, GitError> {
        if output.status.success() {
            return Ok(output.stdout);
        }
        let message = String::from_utf8_lossy(&output.stderr);
        let root = self.root.display().to_string();
        if message.contains("dubious ownership") || message.contains("unsafe repository") {
            return Err(GitError::DubiousOwnership(root));
        }
        let message = message.lines().next().unwrap_or("no message").to_string();
        Err(GitError::Failed { command: command.to_string(), root, message })
    }
}

fn spawn_error(error: io::Error) -> GitError {
    if error.kind() == io::ErrorKind::NotFound { GitError::NotInstalled } else { GitError::Io(error) }
}

/// A started git process.
#[derive(Debug)]
pub(super) struct Running<'a> {
    child: Child,
    command: String,
    repository: &'a Repository,
}

impl Running<'_> {
    /// Waits for it and gives what it wrote.
    pub(super) fn finish(self) -> Result<Vec<u8>, GitError> {
        let output = self.child.wait_with_output()?;
        self.repository.judge(&self.command, output)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::{GitError, Repository};
    use std::os::unix::process::ExitStatusExt;
    use std::process::{ExitStatus, Output};

    #[test]
    fn a_repository_of_another_user_is_named_with_the_way_out() {
        let repository = Repository { root: "/srv/app".into(), foreign: true };
        let output = Output {
            status: ExitStatus::from_raw(128 << 8),
            stdout: Vec::new(),
            stderr: b"fatal: detected dubious ownership in repository at '/srv/app'\n".to_vec(),
        };
        let error = repository.judge("cat-file", output).unwrap_err();
        assert!(matches!(error, GitError::DubiousOwnership(_)));
        assert!(error.to_string().contains("git config --global --add safe.directory /srv/app"));
    }
}

//! What the base commit, the index and the work tree hold below some directories.

use rustc_hash::FxHashMap;

use super::command::{GitError, Repository, Running};

/// A file of the base commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Blob {
    /// What `cat-file` knows it by.
    pub(super) object: String,
}

/// How a file differs between two of base, index and work tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// Only the later one has it.
    Added(Blob),
    /// Both have it, with other content.
    Modified(Blob),
    /// Only the earlier one has it.
    Deleted,
    /// A merge left it in conflict.
    Unmerged,
}

/// Base, index and work tree by path from the top of the work tree.
#[derive(Debug, Default)]
pub(super) struct Trees {
    /// Files of the base commit; of the index where there is no base.
    pub(super) base: FxHashMap<String, Blob>,
    /// What the index has otherwise than the base.
    pub(super) staged: FxHashMap<String, Change>,
    /// What the work tree has otherwise than the index, untracked files aside.
    pub(super) unstaged: FxHashMap<String, Change>,
}

impl Trees {
    /// Asks git about the files below `directories`. Without a `commit` the index stands for it.
    pub(super) fn read(
        repository: &Repository,
        commit: Option<&str>,
        directories: &[String],
    ) -> Result<Self, GitError> {
        let below = |arguments: &[&str]| {
            let mut arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_string()).collect();
            arguments.push("--".to_string());
            arguments.extend(directories.iter().filter(|directory| !directory.is_empty()).cloned());
            arguments
        };
        let diff = ["diff", "--raw", "-z", "--no-renames", "--no-abbrev", "--no-ext-diff", "--no-relative"];
        let unstaged = repository.start(&below(&diff))?;
        let (base, staged) = match commit {
            Some(commit) => {
                let base = repository.start(&below(&["ls-tree", "-r", "-z", commit]))?;
                let mut cached = diff.to_vec();
                cached.extend(["--cached", commit]);
                (base, Some(repository.start(&below(&cached))?))
            }
            None => (repository.start(&below(&["ls-files", "-s", "-z"]))?, None),
        };
        Ok(Self {
            base: match commit {
                Some(commit) => parse_tree(&base.finish()?, commit),
                None => index(&base.finish()?),
            },
            staged: staged.map(Running::finish).transpose()?.map(|raw| changes(&raw)).unwrap_or_default(),
            unstaged: changes(&unstaged.finish()?),
        })
    }

    /// Whether the index has the file.
    pub(super) fn is_tracked(&self, path: &str) -> bool {
        match self.staged.get(path) {
            Some(Change::Deleted) => false,
            Some(_) => true,
            None => self.base.contains_key(path),
        }
    }

    /// The file's content in the index.
    pub(super) fn indexed(&self, path: &str) -> Option<&Blob> {
        match self.staged.get(path) {
            Some(Change::Added(blob) | Change::Modified(blob)) => Some(blob),
            Some(Change::Deleted | Change::Unmerged) => None,
            None => self.base.get(path),
        }
    }
}

fn records(output: &[u8]) -> impl Iterator<Item = String> {
    output
        .split(|byte| *byte == 0)
        .filter(|record| !record.is_empty())
        .map(|record| String::from_utf8_lossy(record).into_owned())
}

/// `mode type object<TAB>path`, of which submodules are left out.
fn parse_tree(output: &[u8], commit: &str) -> FxHashMap<String, Blob> {
    let mut files = FxHashMap::default();
    for record in records(output) {
        let Some((facts, path)) = record.split_once('\t') else { continue };
        let mut facts = facts.split(' ');
        let (Some(mode), Some("blob"), Some(object)) = (facts.next(), facts.next(), facts.next()) else {
            continue;
        };
        // A symbolic link is read through `commit:path`, which `cat-file` can follow.
        let object = if mode == "120000" { format!("{commit}:{path}") } else { object.to_string() };
        files.insert(path.to_string(), Blob { object });
    }
    files
}

/// `mode object stage<TAB>path`.
fn index(output: &[u8]) -> FxHashMap<String, Blob> {
    let mut files = FxHashMap::default();
    for record in records(output) {
        let Some((facts, path)) = record.split_once('\t') else { continue };
        if let Some(object) = facts.split(' ').nth(1) {
            files.insert(path.to_string(), Blob { object: object.to_string() });
        }
    }
    files
}

/// `:mode mode object object status<NUL>path`.
fn changes(output: &[u8]) -> FxHashMap<String, Change> {
    let mut changes = FxHashMap::default();
    let mut records = records(output);
    while let (Some(facts), Some(path)) = (records.next(), records.next()) {
        let mut facts = facts.split(' ').skip(3);
        let (Some(object), Some(status)) = (facts.next(), facts.next()) else { continue };
        let blob = Blob { object: object.to_string() };
        let change = match status.as_bytes().first() {
            Some(b'A') => Change::Added(blob),
            Some(b'D') => Change::Deleted,
            Some(b'U') => Change::Unmerged,
            _ => Change::Modified(blob),
        };
        // A file in conflict is listed twice; that it is in conflict is the news.
        if changes.get(&path) != Some(&Change::Unmerged) {
            changes.insert(path, change);
        }
    }
    changes
}

/// The files below `directories` that `later` has and `earlier` has not, by path.
pub(super) fn added(
    repository: &Repository,
    (earlier, later): (&str, &str),
    directories: &[&String],
) -> Result<Vec<(String, Blob)>, GitError> {
    let mut arguments =
        vec!["diff", "--raw", "-z", "--no-renames", "--no-abbrev", "--no-ext-diff", "--no-relative"];
    arguments.extend(["--diff-filter=A", earlier, later, "--"]);
    // The top is among them: everything is asked for.
    if directories.iter().all(|directory| !directory.is_empty()) {
        arguments.extend(directories.iter().map(|directory| directory.as_str()));
    }
    let found = changes(&repository.start(&arguments)?.finish()?);
    let added = found.into_iter().filter_map(|(path, change)| match change {
        Change::Added(blob) => Some((path, blob)),
        _ => None,
    });
    let mut added: Vec<(String, Blob)> = added.collect();
    added.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(added)
}

/// All files of a commit.
pub(super) fn tree(repository: &Repository, commit: &str) -> Result<FxHashMap<String, Blob>, GitError> {
    let output = repository.start(&["ls-tree", "-r", "-z", commit])?.finish()?;
    Ok(parse_tree(&output, commit))
}

/// The files of the work tree that git does not ignore.
pub(super) fn work_tree(repository: &Repository) -> Result<Vec<String>, GitError> {
    let arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let output = repository.start(&arguments)?.finish()?;
    let paths = String::from_utf8_lossy(&output);
    let paths = paths.split_terminator('\0').filter(|path| repository.root.join(path).exists());
    Ok(paths.map(str::to_owned).collect())
}

/// The bytes of each of `blobs`, in order; `None` for what git does not have.
pub(super) fn contents(repository: &Repository, blobs: &[Blob]) -> Result<Vec<Option<Vec<u8>>>, GitError> {
    if blobs.is_empty() {
        return Ok(Vec::new());
    }
    let mut input = String::new();
    for blob in blobs {
        input.push_str(&blob.object);
        input.push('\n');
    }
    let output = repository.feed(&["cat-file", "--batch", "--follow-symlinks"], input.as_bytes())?;
    let mut rest = output.as_slice();
    let mut contents = Vec::with_capacity(blobs.len());
    for _ in blobs {
        contents.push(content(&mut rest));
    }
    Ok(contents)
}

/// Takes one `object type size<LF>content<LF>` off `rest`. What is missing has no content and no size; a link
/// that leads out of the tree has its target as content.
fn content(rest: &mut &[u8]) -> Option<Vec<u8>> {
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let (header, after) = (rest.get(..end)?, rest.get(end + 1..)?);
    let header = String::from_utf8_lossy(header).into_owned();
    *rest = after;
    let (facts, size) = header.rsplit_once(' ')?;
    let size: usize = size.parse().ok()?;
    let bytes = rest.get(..size)?.to_vec();
    *rest = rest.get(size + 1..)?;
    facts.ends_with(" blob").then_some(bytes)
}

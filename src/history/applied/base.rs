//! The base commit: the merge base of HEAD and the branch that deployed databases follow.

use super::command::{GitError, Repository};
use super::environment::{CiEnvironment, PullRequestTarget};
use crate::config::AppliedRef;

/// The refs that name the default branch, best first.
const DEFAULT_BRANCHES: [&str; 5] = ["origin/HEAD", "origin/main", "origin/master", "main", "master"];

/// The commit whose revisions are applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Base {
    /// The ref it was found by.
    pub(super) reference: String,
    /// Its full hash.
    pub(super) commit: String,
    /// The hash of what the ref itself stands for, where that is further on.
    pub(super) tip: Option<String>,
}

/// What was looked for.
enum Wanted<'a> {
    Configured(&'a str),
    PullRequest(&'a PullRequestTarget),
    DefaultBranch,
}

impl Wanted<'_> {
    fn candidates(&self) -> Vec<String> {
        match self {
            Self::Configured(reference) => vec![(*reference).to_string()],
            Self::PullRequest(target) => {
                let branch = target.branch.iter();
                let refs = branch.flat_map(|b| [format!("origin/{b}"), b.clone(), format!("upstream/{b}")]);
                target.commit.iter().cloned().chain(refs).collect()
            }
            Self::DefaultBranch => DEFAULT_BRANCHES.map(str::to_string).to_vec(),
        }
    }

    /// The ref with who asked for it.
    fn described(&self) -> String {
        match self {
            Self::Configured(reference) => format!("`applied-ref = \"{reference}\"`"),
            Self::PullRequest(target) => {
                let value = target.branch.as_deref().or(target.commit.as_deref()).unwrap_or_default();
                let what =
                    if target.is_push { "the commit before the push" } else { "the pull request's base" };
                format!("{what} `{value}` (`{}`)", target.variable)
            }
            Self::DefaultBranch => "the default branch".to_string(),
        }
    }

    /// The command, and in CI the setting, that brings the commits.
    fn remedy(&self, shallow: bool) -> String {
        let (remote, branch) = match self {
            Self::Configured(reference) => match reference.split_once('/') {
                Some((remote, branch)) if remote != "refs" => (remote, Some(branch)),
                _ => ("origin", None),
            },
            Self::PullRequest(target) => ("origin", target.branch.as_deref()),
            Self::DefaultBranch => ("origin", None),
        };
        let deepen = if shallow { "--unshallow " } else { "" };
        // The destination is spelled out because a single-branch clone would not store the ref.
        let command = match branch {
            Some(branch) => {
                format!("git fetch {deepen}{remote} +refs/heads/{branch}:refs/remotes/{remote}/{branch}")
            }
            None => format!("git fetch {deepen}--tags {remote}"),
        };
        match self {
            Self::PullRequest(target) => format!("run `{command}`, or set {}", target.full_clone),
            _ if shallow => format!(
                "run `{command}` (GitHub Actions: `fetch-depth: 0` for actions/checkout; GitLab: `GIT_DEPTH: 0`)"
            ),
            _ => format!("run `{command}`"),
        }
    }
}

/// Finds the base commit, or says for people why there is none.
pub(super) fn find(
    repository: &Repository,
    setting: &AppliedRef,
    environment: &CiEnvironment,
) -> Result<Result<Base, String>, GitError> {
    let target = environment.target.as_ref().filter(|_| !repository.is_submodule());
    let wanted = match (setting, target) {
        (AppliedRef::Named(reference), _) => Wanted::Configured(reference),
        (_, Some(target)) => Wanted::PullRequest(target),
        _ => Wanted::DefaultBranch,
    };
    let candidates = wanted.candidates();
    let commits = commits(repository, &candidates)?;
    let Some(head) = commits.first().cloned().flatten() else {
        return Ok(Err("the git repository has no commit yet".to_string()));
    };
    let found = candidates.iter().zip(commits.iter().skip(1)).find_map(|(name, commit)| {
        Some(Base { reference: name.clone(), commit: commit.clone()?, tip: None })
    });
    let Some(mut base) = found else {
        return Ok(Err(missing(repository, &wanted)?));
    };
    if base.commit == head {
        return Ok(Ok(base));
    }
    match repository.start(&["merge-base", &base.commit, &head])?.finish() {
        Ok(output) => {
            let merge_base = String::from_utf8_lossy(&output).trim().to_string();
            let tip = std::mem::replace(&mut base.commit, merge_base);
            base.tip = Some(tip).filter(|tip| *tip != base.commit);
            Ok(Ok(base))
        }
        Err(GitError::Failed { .. }) => Ok(Err(unrelated(repository, &wanted, &base.reference)?)),
        Err(error) => Err(error),
    }
}

/// The commits that HEAD and each of `names` stand for.
fn commits(repository: &Repository, names: &[String]) -> Result<Vec<Option<String>>, GitError> {
    let mut input = "HEAD^{commit}\n".to_string();
    for name in names {
        input.push_str(&name.replace(['\n', '\r'], " "));
        input.push_str("^{commit}\n");
    }
    let output = repository.feed(&["cat-file", "--batch-check=%(objectname)"], input.as_bytes())?;
    Ok(String::from_utf8_lossy(&output)
        .lines()
        .map(|line| {
            let is_hash = line.len() >= 40 && line.bytes().all(|byte| byte.is_ascii_hexdigit());
            is_hash.then(|| line.to_string())
        })
        .collect())
}

fn is_shallow(repository: &Repository) -> Result<bool, GitError> {
    Ok(repository.start(&["rev-parse", "--is-shallow-repository"])?.finish()?.starts_with(b"true"))
}

fn missing(repository: &Repository, wanted: &Wanted<'_>) -> Result<String, GitError> {
    if let Wanted::DefaultBranch = wanted {
        let tried = DEFAULT_BRANCHES.map(|name| format!("`{name}`")).join(", ");
        let fetch = if is_shallow(repository)? {
            ": the clone is shallow and may have one branch only; run `git fetch --unshallow origin \
             '+refs/heads/*:refs/remotes/origin/*'`, or"
        } else {
            ";"
        };
        return Ok(format!("none of {tried} exists{fetch} set `applied-ref` to the branch that is deployed"));
    }
    let remedy = wanted.remedy(is_shallow(repository)?);
    Ok(format!("{} is not in this clone: {remedy}", wanted.described()))
}

fn unrelated(repository: &Repository, wanted: &Wanted<'_>, reference: &str) -> Result<String, GitError> {
    if is_shallow(repository)? {
        let remedy = wanted.remedy(true);
        return Ok(format!(
            "the clone is shallow and lacks the merge base of `{reference}` and HEAD: {remedy}"
        ));
    }
    Ok(format!(
        "`{reference}` and HEAD have no commit in common; set `applied-ref` to the branch that is deployed"
    ))
}

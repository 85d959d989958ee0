//! What the process environment tells about a pull request or a hook, as plain data.

/// What a CI service or pre-commit told the process.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CiEnvironment {
    /// Where the pull request is to be merged.
    pub target: Option<PullRequestTarget>,
    /// Whether pre-commit runs the program: the index is judged, not the work tree.
    pub pre_commit: bool,
}

/// The branch a pull request is to be merged into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullRequestTarget {
    /// The variable that tells it.
    pub variable: &'static str,
    /// The branch, without `refs/heads/`.
    pub branch: Option<String>,
    /// The commit the pull request started from, where the service tells it.
    pub commit: Option<String>,
    /// Whether it is what the branch was before a push, or before a merge queue adds to it.
    pub is_push: bool,
    /// How to make the service fetch the whole history.
    pub full_clone: &'static str,
}

/// The variable of each service that names the target branch; set in builds of pull requests alone.
const BRANCH_VARIABLES: [(&str, &str); 6] = [
    ("GITHUB_BASE_REF", "`fetch-depth: 0` for actions/checkout"),
    ("BITBUCKET_PR_DESTINATION_BRANCH", "`clone: depth: full` in bitbucket-pipelines.yml"),
    ("SYSTEM_PULLREQUEST_TARGETBRANCH", "`fetchDepth: 0` for the checkout step"),
    ("BUILDKITE_PULL_REQUEST_BASE_BRANCH", "a full clone in the agent's settings"),
    ("CHANGE_TARGET", "a checkout without \"shallow clone\""),
    ("DRONE_TARGET_BRANCH", "no `clone: depth` in .drone.yml"),
];

impl CiEnvironment {
    /// Reads the environment through `get`; empty variables count as unset.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Self {
        let get = |name: &str| get(name).filter(|value| !value.trim().is_empty());
        Self { target: target(&get), pre_commit: get("PRE_COMMIT").is_some() }
    }
}

fn target(get: &impl Fn(&str) -> Option<String>) -> Option<PullRequestTarget> {
    for (variable, full_clone) in BRANCH_VARIABLES {
        if variable == "DRONE_TARGET_BRANCH" && get("DRONE_BUILD_EVENT").as_deref() != Some("pull_request") {
            continue;
        }
        if let Some(value) = get(variable) {
            return Some(PullRequestTarget {
                variable,
                branch: Some(branch(&value)),
                commit: None,
                is_push: false,
                full_clone,
            });
        }
    }
    let commit = get("CI_MERGE_REQUEST_DIFF_BASE_SHA");
    let merge_target = get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME");
    if commit.is_some() || merge_target.is_some() {
        return Some(PullRequestTarget {
            variable: if commit.is_some() {
                "CI_MERGE_REQUEST_DIFF_BASE_SHA"
            } else {
                "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"
            },
            branch: merge_target.as_deref().map(branch),
            commit,
            is_push: false,
            full_clone: "`GIT_DEPTH: 0` in .gitlab-ci.yml",
        });
    }
    if let Some(target) = before_push(get) {
        return Some(target);
    }
    // On Travis the variable is the built branch unless a pull request is built.
    get("TRAVIS_PULL_REQUEST").filter(|number| number != "false")?;
    Some(PullRequestTarget {
        variable: "TRAVIS_BRANCH",
        branch: Some(branch(&get("TRAVIS_BRANCH")?)),
        commit: None,
        is_push: false,
        full_clone: "`git: depth: false` in .travis.yml",
    })
}

/// What the default branch was before a push to it: HEAD itself is that branch, so that its own merge base tells nothing.
fn before_push(get: &impl Fn(&str) -> Option<String>) -> Option<PullRequestTarget> {
    // A branch that is new has no commit before.
    let existing = |commit: String| {
        let is_hash = commit.len() >= 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
        (is_hash && commit.bytes().any(|byte| byte != b'0')).then_some(commit)
    };
    let target = |variable, commit, full_clone| PullRequestTarget {
        variable,
        branch: None,
        commit: Some(commit),
        is_push: true,
        full_clone,
    };
    if let Some(branch) = get("CI_COMMIT_BRANCH")
        && get("CI_DEFAULT_BRANCH") == Some(branch)
    {
        let commit = get("CI_COMMIT_BEFORE_SHA").and_then(existing)?;
        return Some(target("CI_COMMIT_BEFORE_SHA", commit, "`GIT_DEPTH: 0` in .gitlab-ci.yml"));
    }
    let event: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(get("GITHUB_EVENT_PATH")?).ok()?).ok()?;
    let text = |pointer: &str| event.pointer(pointer).and_then(serde_json::Value::as_str).map(str::to_owned);
    let commit = match get("GITHUB_EVENT_NAME")?.as_str() {
        "push"
            if text("/ref")
                == text("/repository/default_branch").map(|name| format!("refs/heads/{name}")) =>
        {
            text("/before")
        }
        "merge_group" => text("/merge_group/base_sha"),
        _ => None,
    };
    Some(target("GITHUB_EVENT_PATH", commit.and_then(existing)?, "`fetch-depth: 0` for actions/checkout"))
}

fn branch(value: &str) -> String {
    let value = value.trim();
    value.strip_prefix("refs/heads/").unwrap_or(value).to_string()
}

#[cfg(test)]
mod tests {
    use super::CiEnvironment;

    fn read(variables: &[(&str, &str)]) -> CiEnvironment {
        CiEnvironment::read(|name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_string())
        })
    }

    fn branch(variables: &[(&str, &str)]) -> Option<String> {
        read(variables).target.and_then(|target| target.branch)
    }

    #[test]
    fn each_service_names_the_target_of_a_pull_request() {
        for variable in [
            "GITHUB_BASE_REF",
            "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
            "BITBUCKET_PR_DESTINATION_BRANCH",
            "BUILDKITE_PULL_REQUEST_BASE_BRANCH",
            "CHANGE_TARGET",
        ] {
            assert_eq!(branch(&[(variable, "main")]).as_deref(), Some("main"), "{variable}");
        }
        assert_eq!(
            branch(&[("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/release/2")]).as_deref(),
            Some("release/2")
        );
        let gitlab = read(&[
            ("CI_MERGE_REQUEST_DIFF_BASE_SHA", "abc"),
            ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
        ]);
        assert_eq!(gitlab.target.unwrap().commit.as_deref(), Some("abc"));
    }

    #[test]
    fn builds_of_a_plain_branch_have_no_target() {
        assert_eq!(read(&[]), CiEnvironment::default());
        assert_eq!(branch(&[("GITHUB_BASE_REF", "")]), None);
        assert_eq!(branch(&[("TRAVIS_BRANCH", "main"), ("TRAVIS_PULL_REQUEST", "false")]), None);
        assert_eq!(
            branch(&[("TRAVIS_BRANCH", "main"), ("TRAVIS_PULL_REQUEST", "7")]).as_deref(),
            Some("main")
        );
        assert_eq!(branch(&[("DRONE_TARGET_BRANCH", "main"), ("DRONE_BUILD_EVENT", "push")]), None);
        assert_eq!(
            branch(&[("DRONE_TARGET_BRANCH", "main"), ("DRONE_BUILD_EVENT", "pull_request")]).as_deref(),
            Some("main")
        );
    }

    #[test]
    fn a_push_to_the_default_branch_is_compared_with_what_was_there() {
        let sha = "1".repeat(40);
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("event.json");
        let before = |name: &str, event: &str| {
            std::fs::write(&path, event).unwrap();
            let path = path.to_str().unwrap();
            let target = read(&[("GITHUB_EVENT_NAME", name), ("GITHUB_EVENT_PATH", path)]).target;
            target.and_then(|target| target.commit)
        };
        let push = |reference: &str, before: &str| {
            format!(r#"{{"ref":"{reference}","before":"{before}","repository":{{"default_branch":"main"}}}}"#)
        };
        assert_eq!(before("push", &push("refs/heads/main", &sha)), Some(sha.clone()));
        assert_eq!(before("push", &push("refs/heads/topic", &sha)), None, "its merge base tells");
        assert_eq!(before("push", &push("refs/heads/main", &"0".repeat(40))), None, "a new branch");
        let queue = format!(r#"{{"merge_group":{{"base_sha":"{sha}"}}}}"#);
        assert_eq!(before("merge_group", &queue), Some(sha.clone()));
        assert_eq!(before("push", "not json"), None);
        let gitlab = |branch: &str, before: &str| {
            let variables = [
                ("CI_COMMIT_BRANCH", branch),
                ("CI_DEFAULT_BRANCH", "main"),
                ("CI_COMMIT_BEFORE_SHA", before),
            ];
            read(&variables).target.and_then(|target| target.commit)
        };
        assert_eq!(gitlab("main", &sha), Some(sha.clone()));
        assert_eq!(gitlab("topic", &sha), None);
        assert_eq!(gitlab("main", &"0".repeat(40)), None);
    }

    #[test]
    fn pre_commit_is_known_by_its_variable() {
        assert!(read(&[("PRE_COMMIT", "1")]).pre_commit);
        assert!(!read(&[("PRE_COMMIT", "")]).pre_commit);
    }
}

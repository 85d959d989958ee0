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
            full_clone: "`GIT_DEPTH: 0` in .gitlab-ci.yml",
        });
    }
    // On Travis the variable is the built branch unless a pull request is built.
    get("TRAVIS_PULL_REQUEST").filter(|number| number != "false")?;
    Some(PullRequestTarget {
        variable: "TRAVIS_BRANCH",
        branch: Some(branch(&get("TRAVIS_BRANCH")?)),
        commit: None,
        full_clone: "`git: depth: false` in .travis.yml",
    })
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
    fn pre_commit_is_known_by_its_variable() {
        assert!(read(&[("PRE_COMMIT", "1")]).pre_commit);
        assert!(!read(&[("PRE_COMMIT", "")]).pre_commit);
    }
}

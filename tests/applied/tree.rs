//! A git repository with a script directory, and what the program makes of it. Holds no tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use alembic_lint::config::{AppliedRef, Settings};
use alembic_lint::history::applied::environment::CiEnvironment;
use alembic_lint::history::applied::git::{mark_applied, unchecked};
use alembic_lint::linter::lint;
use alembic_lint::project::{Project, ScriptDirectory};
use alembic_lint::rule::Category;
use alembic_lint::rules::RULES;
use alembic_lint::selection::Selection;
use alembic_lint::source::{Applied, Encoding, FileId, Role, SourceFile};
use tempfile::TempDir;

pub(crate) const VERSIONS: &str = "migrations/versions";

pub(crate) fn revision(id: &str, column: &str) -> String {
    format!(
        "\"\"\"add {column}\"\"\"\nfrom alembic import op\nimport sqlalchemy as sa\n\n\
         revision = \"{id}\"\ndown_revision = None\n\n\n\
         def upgrade():\n    op.add_column(\"t\", sa.Column(\"{column}\", sa.Integer()))\n\n\n\
         def downgrade():\n    op.drop_column(\"t\", \"{column}\")\n"
    )
}

/// A work tree with a script directory in `migrations`.
pub(crate) struct Tree {
    _temporary: Option<TempDir>,
    pub(crate) root: PathBuf,
    pub(crate) versions: String,
}

impl Tree {
    /// A repository on `main` with the revisions `aa` and `bb` committed.
    pub(crate) fn new() -> Self {
        let tree = Self::bare(VERSIONS);
        tree.write("aa_one.py", &revision("aa", "one"));
        tree.write("bb_two.py", &revision("bb", "two"));
        tree.commit("first");
        tree
    }

    pub(crate) fn bare(versions: &str) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let root = temporary.path().canonicalize().unwrap();
        let tree = Self { _temporary: Some(temporary), root, versions: versions.to_string() };
        tree.git(&["init", "--quiet", "-b", "main"]);
        fs::create_dir_all(tree.root.join(versions)).unwrap();
        tree
    }

    /// Another work tree at `root`.
    pub(crate) fn at(root: PathBuf) -> Self {
        Self { _temporary: None, root, versions: VERSIONS.to_string() }
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        git(&self.root, arguments)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(&self.versions).join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn edit(&self, name: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(name)).unwrap();
        assert!(text.contains(from));
        self.write(name, &text.replace(from, to));
    }

    pub(crate) fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "-m", message]);
    }

    /// The project as discovery would give it.
    pub(crate) fn project(&self) -> Project {
        let versions = self.root.join(&self.versions);
        let mut files = Vec::new();
        collect(&versions, &mut files);
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let directory = ScriptDirectory {
            path: versions.parent().unwrap().to_str().unwrap().into(),
            version_locations: vec![versions.to_str().unwrap().into()],
            ..ScriptDirectory::default()
        };
        Project { directories: vec![directory], files, ..Project::default() }
    }

    pub(crate) fn check(&self) -> Checked {
        self.check_as(&AppliedRef::Detect, &[])
    }

    pub(crate) fn check_as(&self, setting: &AppliedRef, environment: &[(&str, &str)]) -> Checked {
        check(self.project(), setting, environment)
    }

    pub(crate) fn pre_commit(&self) -> Checked {
        self.check_as(&AppliedRef::Detect, &[("PRE_COMMIT", "1")])
    }
}

fn collect(directory: &Path, files: &mut Vec<SourceFile>) {
    for entry in fs::read_dir(directory).into_iter().flatten() {
        let location = entry.unwrap().path();
        if location.is_dir() {
            collect(&location, files);
        } else {
            files.push(SourceFile {
                path: location.to_str().unwrap().into(),
                text: Ok(fs::read_to_string(&location).unwrap().into()),
                location,
                directory: 0,
                role: Role::Revision,
                encoding: Encoding::Utf8,
                selected: true,
                applied: Applied::No,
            });
        }
    }
}

/// Git with an identity, without the configuration of the machine or of a hook that the tests run in.
pub(crate) fn git_command(directory: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .args(["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "protocol.file.allow=always"])
        .current_dir(directory)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null");
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
        command.env_remove(variable);
    }
    command
}

pub(crate) fn git(directory: &Path, arguments: &[&str]) -> String {
    let output = git_command(directory).args(arguments).output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A project after git was asked and the rules ran.
pub(crate) struct Checked {
    pub(crate) project: Project,
    pub(crate) notes: Vec<String>,
}

pub(crate) fn check(mut project: Project, setting: &AppliedRef, environment: &[(&str, &str)]) -> Checked {
    let environment = CiEnvironment::read(|name| {
        environment.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_string())
    });
    let reasons = mark_applied(&mut project, setting, &environment);
    let notes = reasons.iter().map(|reason| unchecked(reason)).collect();
    Checked { project, notes }
}

impl Checked {
    /// Each file's name with what it is.
    pub(crate) fn states(&self) -> Vec<(&str, &'static str)> {
        let state = |file: &SourceFile| match (&file.role, &file.applied) {
            (Role::Deleted, _) => "deleted",
            (_, Applied::No) => "new",
            (_, Applied::Unchanged) => "unchanged",
            (_, Applied::Changed { staged: None, .. }) => "changed",
            (_, Applied::Changed { staged: Some(_), .. }) => "changed and staged",
        };
        self.project.files.iter().map(|file| (file.name(), state(file))).collect()
    }

    pub(crate) fn text(&self, name: &str) -> &str {
        self.project.files.iter().find(|file| file.name() == name).unwrap().text()
    }

    pub(crate) fn reference(&self) -> &str {
        self.project.directories[0].base.as_ref().map_or("unknown", |base| &*base.reference)
    }

    /// Rule, file and message of each finding.
    pub(crate) fn findings(&self) -> Vec<(&'static str, String, String)> {
        let rules: Vec<_> = RULES.iter().copied().filter(|rule| rule.category == Category::Applied).collect();
        let outcome = lint(&self.project, &Settings::default(), &Selection::of(&rules));
        let file = |id: FileId| self.project.files[id.0 as usize].name().to_string();
        outcome.diagnostics.into_iter().map(|d| (d.rule.name, file(d.file), d.message)).collect()
    }

    pub(crate) fn rules(&self) -> Vec<(&'static str, String)> {
        self.findings().into_iter().map(|(rule, file, _)| (rule, file)).collect()
    }
}

pub(crate) fn found(rule: &'static str, file: &str) -> (&'static str, String) {
    (rule, file.to_string())
}

impl Tree {
    /// The project without a file that the plain reader of these tests cannot read.
    pub(crate) fn project_without(&self, name: &str) -> Project {
        let text = fs::read(self.path(name)).unwrap();
        fs::remove_file(self.path(name)).unwrap();
        let project = self.project();
        fs::write(self.path(name), text).unwrap();
        project
    }
}

/// A clone that has the last commit of one branch alone.
pub(crate) fn shallow_clone(tree: &Tree, branch: &str) -> (TempDir, Tree) {
    let temporary = tempfile::tempdir().unwrap();
    let root = temporary.path().canonicalize().unwrap().join("clone");
    let url = format!("file://{}", tree.root.display());
    let target = root.to_str().unwrap();
    git(temporary.path(), &["clone", "--quiet", "--depth", "1", "--branch", branch, &url, target]);
    (temporary, Tree::at(root))
}

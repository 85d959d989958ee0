//! The hooks under real pre-commit in a real git repository. How pre-commit compiles a Rust hook is pre-commit's own
//! affair: the hooks run as they are defined, with the binary that is built already.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop")]

mod environment;

use std::path::{Path, PathBuf};

use environment::{ALEMBIC_LINT, Ran, python_program, replace, repository, run};
use tempfile::TempDir;

fn revision(id: &str, parent: &str, imports: &str, column: &str) -> String {
    format!(
        r#""""add {column} to hero

Revision ID: {id}
Revises: {parent}

"""
from alembic import op
import sqlalchemy as sa
{imports}
revision = "{id}"
down_revision = {parent}
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("hero", sa.Column("{column}", sqlmodel.sql.sqltypes.AutoString(), nullable=True))


def downgrade() -> None:
    op.drop_column("hero", "{column}")
"#
    )
}

/// A repository with one applied revision on `main`, and both hooks installed on the branch `feature`.
struct Repository {
    directory: TempDir,
}

impl Repository {
    fn new() -> Self {
        let repository = Self { directory: tempfile::tempdir().unwrap() };
        repository.git(&["init", "--quiet", "--initial-branch", "main"]);
        repository.git(&["config", "user.name", "A Developer"]);
        repository.git(&["config", "user.email", "developer@example.org"]);
        repository.git(&["config", "commit.gpgsign", "false"]);
        repository.write("alembic.ini", "[alembic]\nscript_location = %(here)s/migrations\n");
        repository.write("migrations/env.py", "");
        repository
            .write("migrations/versions/a1_name.py", &revision("a1", "None", "import sqlmodel\n", "name"));
        let local_hooks = environment::repository("tests/python/local_hooks.py");
        let arguments = [local_hooks.to_str().unwrap(), ALEMBIC_LINT, "alembic-lint-fix", "alembic-lint"];
        let hooks = run(python_program("python"), &arguments, repository.path()).succeeded();
        repository.write(".pre-commit-config.yaml", &hooks.stdout);
        repository.git(&["add", "."]);
        repository.git(&["commit", "--quiet", "--message", "First release"]);
        repository.git(&["checkout", "--quiet", "-b", "feature"]);
        run(python_program("pre-commit"), &["install"], repository.path()).succeeded();
        repository
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn file(&self, path: &str) -> PathBuf {
        self.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.file(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    #[track_caller]
    fn git(&self, arguments: &[&str]) {
        run("git", arguments, self.path()).succeeded();
    }

    fn commit(&self) -> Ran {
        run("git", &["commit", "--message", "Change the schema"], self.path())
    }

    /// A commit that the hooks refuse, naming the rule.
    #[track_caller]
    fn is_refused(&self, rule: &str) {
        let commit = self.commit();
        assert_ne!(commit.code, 0, "{}", commit.text());
        assert!(commit.text().contains(rule), "{}", commit.text());
    }
}

#[test]
fn a_missing_import_is_refused_and_repaired() {
    let repository = Repository::new();
    repository.write("migrations/versions/b2_alias.py", &revision("b2", "\"a1\"", "", "alias"));
    repository.git(&["add", "."]);
    repository.is_refused("missing-sqlmodel-import");

    let repaired = std::fs::read_to_string(repository.file("migrations/versions/b2_alias.py")).unwrap();
    assert!(repaired.contains("import sqlalchemy as sa\nimport sqlmodel\n"), "{repaired}");
    repository.git(&["add", "."]);
    repository.commit().succeeded();
}

#[test]
fn an_edited_applied_revision_is_refused() {
    let repository = Repository::new();
    replace(&repository.file("migrations/versions/a1_name.py"), "nullable=True", "nullable=False");
    repository.git(&["add", "."]);
    repository.is_refused("applied-revision-edited");
}

#[test]
fn a_deleted_applied_revision_is_refused() {
    let repository = Repository::new();
    repository.git(&["rm", "--quiet", "migrations/versions/a1_name.py"]);
    repository.is_refused("applied-revision-deleted");
}

#[test]
fn what_is_staged_is_judged_and_not_the_work_tree() {
    let repository = Repository::new();
    let (broken, right) =
        (revision("b2", "\"a1\"", "", "alias"), revision("b2", "\"a1\"", "import sqlmodel\n", "alias"));
    repository.write("migrations/versions/b2_alias.py", &right);
    repository.git(&["add", "."]);
    repository.write("migrations/versions/b2_alias.py", &broken);
    repository.commit().succeeded();

    repository.git(&["add", "."]);
    repository.write("migrations/versions/b2_alias.py", &right);
    repository.is_refused("missing-sqlmodel-import");
}

#[test]
fn a_revision_that_is_not_staged_holds_nothing_up() {
    let repository = Repository::new();
    repository.write("migrations/versions/b2_alias.py", &revision("b2", "\"a1\"", "", "alias"));
    repository.write("notes.txt", "An alias for each hero.\n");
    repository.git(&["add", "notes.txt"]);
    repository.commit().succeeded();
}

#[test]
fn pre_commit_takes_the_manifest() {
    let manifest = repository(".pre-commit-hooks.yaml");
    run(python_program("pre-commit"), &["validate-manifest", manifest.to_str().unwrap()], &repository("."))
        .succeeded();
}

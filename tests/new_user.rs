//! The first day with alembic-lint: a project that real Alembic makes, an upgrade that fails, a repair, an upgrade
//! that works.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop")]

mod environment;

use std::path::Path;

use environment::{ALEMBIC_LINT, Ran, needs_set_up, only_file, python_program, replace, run};

const MODELS: &str = "\
from typing import Optional

from sqlmodel import Field, SQLModel


class Hero(SQLModel, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    name: str = Field(index=True)
";

fn alembic(arguments: &[&str], project: &Path) -> Ran {
    run(python_program("alembic"), arguments, project)
}

#[test]
fn an_upgrade_that_fails_works_after_fix() {
    needs_set_up!();
    let project = tempfile::tempdir().unwrap();
    let project = project.path();
    std::fs::write(project.join("models.py"), MODELS).unwrap();
    alembic(&["init", "migrations"], project).succeeded();
    replace(&project.join("alembic.ini"), "driver://user:pass@localhost/dbname", "sqlite:///heroes.db");
    replace(
        &project.join("migrations/env.py"),
        "target_metadata = None",
        "from models import SQLModel\n\ntarget_metadata = SQLModel.metadata",
    );
    alembic(&["revision", "--autogenerate", "-m", "create hero"], project).succeeded();

    let upgrade = alembic(&["upgrade", "head"], project);
    assert_ne!(upgrade.code, 0);
    assert!(upgrade.stderr.contains("NameError: name 'sqlmodel' is not defined"), "{}", upgrade.stderr);

    let check = run(ALEMBIC_LINT, &["--output-format", "concise"], project);
    assert_eq!(check.code, 1, "{}", check.text());
    assert!(check.stdout.contains("missing-sqlmodel-import"), "{}", check.text());

    run(ALEMBIC_LINT, &["--fix"], project).succeeded();
    let revision = std::fs::read_to_string(only_file(&project.join("migrations/versions"), "")).unwrap();
    assert!(revision.contains("import sqlalchemy as sa\nimport sqlmodel"), "{revision}");
    alembic(&["upgrade", "head"], project).succeeded();

    // The template was repaired too, so the next revision is right from the start.
    replace(
        &project.join("models.py"),
        "name: str = Field(index=True)",
        "name: str = Field(index=True)\n    alias: Optional[str] = None",
    );
    alembic(&["revision", "--autogenerate", "-m", "add hero alias"], project).succeeded();
    alembic(&["upgrade", "head"], project).succeeded();
    run(ALEMBIC_LINT, &[], project).succeeded();
}

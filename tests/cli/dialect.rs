//! What a run says of a database family that nobody configured.

use super::project::Project;

const INI: &str = "[alembic]\nscript_location = %(here)s/migrations\n";
const REVISION: &str = "from alembic import op\nimport sqlalchemy as sa\nrevision = 'a1'\ndown_revision = None\n\n\n\
                        def upgrade():\n    op.create_index('ix_t_a', 't', ['a'])\n\n\n\
                        def downgrade():\n    op.drop_index('ix_t_a', 't')\n";

fn project() -> Project {
    Project::new().with("alembic.ini", INI).with("migrations/versions/a1_x.py", REVISION)
}

#[test]
fn a_guess_is_said_with_what_told_it() {
    let project = project().with("requirements.txt", "psycopg2-binary\n");
    let run = project.run(&[]);
    let line = "dialect: PostgreSQL (guessed from `psycopg2-binary` in requirements.txt; set `dialect` in";
    assert!(run.stderr.contains(line), "{}", run.stderr);
    assert!(!project.run(&["-q"]).stderr.contains("dialect"));
    let configured = project.with("alembic-lint.toml", "dialect = \"postgresql\"\n").run(&[]);
    assert!(!configured.stderr.contains("dialect"), "{}", configured.stderr);
}

#[test]
fn without_evidence_no_fix_is_for_one_database_only() {
    let fixes = ["--diff", "--unsafe-fixes", "--select", "index-not-concurrent"];
    let project = project();
    let run = project.run(&fixes);
    assert!(
        run.stderr.contains("dialect: not known, checked as PostgreSQL; fixes that depend on"),
        "{}",
        run.stderr
    );
    assert_eq!(run.stdout, "");
    let run = project.with("requirements.txt", "asyncpg\n").run(&fixes);
    assert!(run.stdout.contains("postgresql_concurrently=True"), "{}", run.stdout);
}

#[test]
fn a_fix_that_every_database_takes_is_made_without_evidence() {
    let text = REVISION.replace("import sqlalchemy as sa\n", "").replace("['a'])", "[sa.text('a')])");
    let run = project().with("migrations/versions/a1_x.py", text).run(&["--diff", "--unsafe-fixes"]);
    assert!(run.stdout.contains("+import sqlalchemy as sa"), "{}\n{}", run.stdout, run.stderr);
}

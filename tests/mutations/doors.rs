//! Everything else that the program reads, broken at random: SQL, `env.py`, `alembic.ini`, `pyproject.toml`, the template of new
//! revisions, the lock file, the configuration. Whatever stands there, the project is read, or it is said what is wrong.

use std::fs;
use std::path::Path;

use alembic_lint::config::{self, Settings};
use alembic_lint::diagnostic::Applicability;
use alembic_lint::fix::fix;
use alembic_lint::linter::lint;
use alembic_lint::operation::Dialect;
use alembic_lint::project::{self, LoadRequest};
use alembic_lint::selection::Selection;

use crate::chance::Chance;
use crate::mutate::mutated;
use crate::{Door, each_case, repaired, with_threads};

/// A project with everything that is read beside revisions.
const PROJECT: [(&str, &str); 8] = [
    (
        "alembic.ini",
        "[alembic]\nscript_location = %(here)s/migrations\nprepend_sys_path = .\nversion_path_separator = os\n\
         version_locations = %(here)s/migrations/versions:%(here)s/other\nfile_template = %%(year)d_%%(rev)s_%%(slug)s\n\
         sqlalchemy.url = postgresql+psycopg://u:p@localhost/db\n\n[loggers]\nkeys = root\n\n[post_write_hooks]\nhooks = ruff\n\
         ruff.type = exec\n",
    ),
    (
        "pyproject.toml",
        "[project]\nname = \"app\"\ndependencies = [\"sqlalchemy>=2\", \"alembic\", \"psycopg[binary] ; python_version > '3'\"]\n\n\
         [tool.alembic]\nscript_location = \"%(here)s/migrations\"\nprepend_sys_path = [\".\"]\n\n[tool.poetry.dependencies]\n\
         sqlmodel = { version = \"*\", extras = [\"x\"] }\n\n[dependency-groups]\ndev = [\"asyncpg\", { include-group = \"x\" }]\n",
    ),
    (
        "alembic-lint.toml",
        "dialect = \"postgresql\"\ndatabase-version = \"15\"\nselect = [\"recommended\"]\nextend-select = [\"squawk\"]\nignore = [\"raw-sql\"]\n\
         applied-ref = false\nbig-tables = [\"user\"]\n\n[severity]\ndrop-column = \"warning\"\n\n[[custom-rule]]\nname = \"no-x\"\n\
         message = \"no\"\noperation = \"create_table\"\n",
    ),
    (
        "migrations/env.py",
        "import os\nfrom logging.config import fileConfig\n\nfrom alembic import context\nfrom sqlalchemy import MetaData, engine_from_config, pool\n\n\
         from app.models import Base\n\nconfig = context.config\nfileConfig(config.config_file_name)\n\
         config.set_main_option(\"sqlalchemy.url\", os.environ.get(\"URL\", \"postgresql://localhost/db\"))\n\
         naming = {\"ix\": \"ix_%(column_0_label)s\", \"fk\": f\"fk_%(table_name)s\"}\ntarget_metadata = MetaData(naming_convention=naming)\n\n\n\
         def run_migrations_online():\n    connectable = engine_from_config(config.get_section(\"alembic\"), poolclass=pool.NullPool)\n\
         \x20   with connectable.connect() as connection:\n        connection.execute(\"SET lock_timeout = '5s'\")\n\
         \x20       context.configure(connection=connection, target_metadata=target_metadata, render_as_batch=True,\n\
         \x20           compare_type=True, transaction_per_migration=True, version_table=\"v\", include_object=lambda *a: True)\n\
         \x20       with context.begin_transaction():\n            context.run_migrations()\n\n\nrun_migrations_online()\n",
    ),
    (
        "migrations/script.py.mako",
        "\"\"\"${message}\n\nRevision ID: ${up_revision}\nRevises: ${down_revision | comma,n}\nCreate Date: ${create_date}\n\n\"\"\"\n\
         from typing import Sequence, Union\n\nfrom alembic import op\nimport sqlalchemy as sa\n${imports if imports else \"\"}\n\n\
         revision: str = ${repr(up_revision)}\ndown_revision: Union[str, None] = ${repr(down_revision)}\n\n\ndef upgrade() -> None:\n\
         \x20   ${upgrades if upgrades else \"pass\"}\n\n\ndef downgrade() -> None:\n    ${downgrades if downgrades else \"pass\"}\n\
         % for engine in engines:\n<%def name=\"x()\">\n</%def>\n% endfor\n",
    ),
    (
        "migrations/alembic-lint.lock",
        "# written by `alembic-lint lock`\na1 0123456789abcdef0123456789abcdef\nb2 - a1\n",
    ),
    (
        "migrations/versions/a1_first.py",
        "\"\"\"first\n\nRevision ID: a1\nRevises:\n\n\"\"\"\nfrom alembic import op\nimport sqlalchemy as sa\n\nrevision = \"a1\"\ndown_revision = None\n\n\n\
         def upgrade():\n    op.create_table(\"user\", sa.Column(\"id\", sa.Integer(), primary_key=True), sa.Column(\"name\", sa.Text()))\n\n\n\
         def downgrade():\n    op.drop_table(\"user\")\n",
    ),
    (
        "app/models.py",
        "from sqlalchemy.orm import DeclarativeBase\n\n\nclass Base(DeclarativeBase):\n    pass\n",
    ),
];

const SECOND: &str = "\"\"\"second\n\nRevision ID: b2\nRevises: a1\n\n\"\"\"\nfrom alembic import op\nimport sqlalchemy as sa\n\n\
                      revision = \"b2\"\ndown_revision = \"a1\"\n\n\ndef upgrade():\n    op.drop_column(\"user\", \"name\")\n\
                      \x20   op.create_index(None, \"user\", [\"id\"])\n\n\ndef downgrade():\n    pass\n";

/// Statements in all that the SQL parsers have to know.
const SQL: [&str; 16] = [
    "ALTER TABLE t ADD COLUMN a integer NOT NULL DEFAULT 0, DROP COLUMN IF EXISTS b CASCADE, ALTER COLUMN c TYPE text USING c::text",
    "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON s.t USING gin (lower(a) text_pattern_ops, b DESC) INCLUDE (c) WHERE d IS NULL",
    "CREATE TABLE IF NOT EXISTS \"T\" (id bigserial PRIMARY KEY, a varchar(10)[] NOT NULL, CONSTRAINT c CHECK (a > 0), UNIQUE (a, b))",
    "DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_type) THEN CREATE TYPE e AS ENUM ('a', 'b'); END IF; END $$",
    "UPDATE t SET a = (SELECT max(b) FROM u WHERE u.id = t.id) FROM v WHERE v.x = t.x AND a IS NULL RETURNING id",
    "INSERT INTO t (a, b) SELECT x, 'it''s' FROM u ON CONFLICT (a) DO UPDATE SET b = excluded.b -- why; not\n",
    "CREATE OR REPLACE FUNCTION f(a int) RETURNS trigger AS $body$ BEGIN NEW.a = ';'; RETURN NEW; END; $body$ LANGUAGE plpgsql",
    "ALTER TABLE `t` MODIFY COLUMN `a` varchar(20) CHARACTER SET utf8mb4 NOT NULL COMMENT 'it''s', ADD INDEX (`a`(10)), ENGINE=InnoDB",
    "ALTER TYPE e ADD VALUE IF NOT EXISTS 'x' BEFORE 'y'; COMMENT ON COLUMN t.a IS E'it\\'s'; DROP VIEW v; SET LOCAL lock_timeout = '1s'",
    "DELETE FROM a USING b WHERE a.id = b.id; TRUNCATE t RESTART IDENTITY CASCADE; /* a ; /* b */ */ SELECT setval('s', 1)",
    "CREATE TABLE p (a date) PARTITION BY RANGE (a); CREATE TABLE q PARTITION OF p FOR VALUES FROM ('2020-01-01') TO (MAXVALUE)",
    "ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES u (id) ON DELETE SET NULL DEFERRABLE NOT VALID; ALTER TABLE t VALIDATE CONSTRAINT fk",
    "PRAGMA foreign_keys = OFF; CREATE TABLE n AS SELECT * FROM o; DROP TABLE o; ALTER TABLE n RENAME TO o; INSERT INTO t VALUES (:a, %(b)s)",
    "WITH RECURSIVE r (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM r WHERE n < 10) INSERT INTO t SELECT n FROM r WHERE (a->>'b')::json->>'c' = 'x'",
    "GRANT SELECT ON ALL TABLES IN SCHEMA public TO r; CREATE EXTENSION IF NOT EXISTS \"uuid-ossp\"; CREATE POLICY p ON t USING (a = 1)",
    "LOCK TABLES t WRITE; ALTER TABLE t CHANGE a b INT UNSIGNED AUTO_INCREMENT FIRST, ALGORITHM=INPLACE; UNLOCK TABLES; REPLACE INTO t SET a = 1",
];

#[test]
fn broken_sql_is_judged_without_a_fault() {
    let texts = SQL.map(str::to_owned);
    let dialects = [Dialect::Postgresql, Dialect::Mysql, Dialect::Mariadb, Dialect::Sqlite];
    each_case(Door::Sql, |chance| {
        let sql = mutated(&texts[chance.below(texts.len())], &texts, chance);
        let literal = sql.replace('\\', "\\\\").replace('"', "\\\"").replace('\r', "\\r");
        let call =
            ["op.execute", "op.get_bind().execute", "op.execute(sa.text", "op.get_bind().exec_driver_sql"];
        let call = chance.pick(&call);
        let close = if call.contains('(') && call.ends_with("text") { "))" } else { ")" };
        let statement = format!("{call}(\"\"\"{literal}\"\"\"{close}");
        let text =
            SECOND.replace("op.drop_column(\"user\", \"name\")", &statement).replace("\"a1\"", "'first'");
        let dialect = dialects[chance.below(dialects.len())];
        repaired(&text, dialect)
            .map(drop)
            .map_err(|fault| format!("{dialect:?}: {fault}\n--- the SQL:\n{sql}"))
    });
}

/// What is wrong with how a project is read in which the file at `path` holds `text`.
fn of_project(path: &str, text: &str) -> Result<(), String> {
    let directory = tempfile::tempdir().unwrap();
    let files = PROJECT.into_iter().chain([("migrations/versions/b2_second.py", SECOND)]);
    for (name, content) in files {
        let file = directory.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, if name == path { text } else { content }).unwrap();
    }
    let before = judged(directory.path(), 1);
    if before != judged(directory.path(), 3) {
        return Err("another result in a second run".to_owned());
    }
    Ok(())
}

/// What is found in a project, and what its fixes make of it, as text; also where it is said that it cannot be read.
fn judged(root: &Path, threads: usize) -> String {
    let (settings, _) = match config::load(root, &[]) {
        Ok(found) => found,
        Err(error) => return error.to_string(),
    };
    let settings = Settings { all: true, ..settings };
    let request = LoadRequest { working_directory: root.to_owned(), paths: Vec::new() };
    let mut project = match project::load(&request, &settings) {
        Ok(project) => project,
        Err(error) => return error.to_string(),
    };
    let selection = match Selection::resolve(&settings) {
        Ok(selection) => selection,
        Err(error) => return error.to_string(),
    };
    with_threads(threads, || {
        let outcome = lint(&project, &settings, &selection);
        let fixed = fix(&mut project, &settings, &selection, Applicability::Unsafe);
        assert_eq!(fixed.refused, [], "a fix is refused");
        let again = fix(&mut project, &settings, &selection, Applicability::Unsafe);
        let more: Vec<_> = again.files.iter().flat_map(|file| &file.fixes).collect();
        assert!(more.is_empty(), "a second fix: {more:?}");
        format!("{:?}{:?}{:?}", outcome.diagnostics, project.errors, fixed.files)
    })
}

fn each_text_of(door: Door, path: &str) {
    let text = PROJECT.into_iter().find(|(name, _)| *name == path).unwrap().1;
    let texts: Vec<String> = PROJECT.into_iter().map(|(_, text)| text.to_owned()).collect();
    each_case(door, |chance: &mut Chance| {
        let broken = mutated(text, &texts, chance);
        of_project(path, &broken).map_err(|fault| format!("{fault}\n--- {path}:\n{broken}"))
    });
}

#[test]
fn a_broken_env_py_is_read_without_a_fault() {
    each_text_of(Door::EnvPy, "migrations/env.py");
}

#[test]
fn a_broken_alembic_ini_is_read_without_a_fault() {
    each_text_of(Door::AlembicIni, "alembic.ini");
}

#[test]
fn a_broken_pyproject_toml_is_read_without_a_fault() {
    each_text_of(Door::PyprojectToml, "pyproject.toml");
}

#[test]
fn a_broken_template_is_read_without_a_fault() {
    each_text_of(Door::Template, "migrations/script.py.mako");
}

#[test]
fn a_broken_lock_file_is_read_without_a_fault() {
    each_text_of(Door::Lock, "migrations/alembic-lint.lock");
}

#[test]
fn a_broken_configuration_is_read_without_a_fault() {
    each_text_of(Door::Configuration, "alembic-lint.toml");
}

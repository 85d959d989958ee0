//! What the pages of downgrade rules say of databases: each example runs through real Alembic on real PostgreSQL and
//! MariaDB, up, down and up again. Bad ones fail with a message that the page quotes, good ones pass or say why not.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop")]

mod environment;
mod pages;

use std::fs;

use alembic_lint::rule::Rule;
use alembic_lint::rules::RULES;
use environment::server::Server;
use environment::{Ran, needs_set_up, python_program, run};
use pages::{Example, examples, wrapped};

const ENVIRONMENT: &str = "from alembic import context
from sqlalchemy import create_engine

with create_engine(URL).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
";

/// What the examples build on.
const FIRST: &str = "from alembic import op
import sqlalchemy as sa

revision = 'cd34'
down_revision = None


def upgrade():
    op.create_table('user', sa.Column('id', sa.Integer()), sa.Column('legacy_name', sa.String(80)))


def downgrade():
    op.drop_table('user')
";

/// Up, down and up again, each in a process of its own, as deployments do; what the first failing one says.
fn round_trip(example: &Example, server: &Server, url: &str, database: &str) -> Result<(), String> {
    server.create_database(database);
    let project = tempfile::tempdir().unwrap();
    let versions = project.path().join("migrations/versions");
    fs::create_dir_all(&versions).unwrap();
    fs::write(project.path().join("alembic.ini"), "[alembic]\nscript_location = migrations\n").unwrap();
    fs::write(project.path().join("migrations/env.py"), ENVIRONMENT.replace("URL", &format!("{url:?}")))
        .unwrap();
    let text = example.file.as_ref().map_or_else(|| wrapped(&example.text), |_| example.text.clone());
    fs::write(versions.join("cd34_first.py"), FIRST).unwrap();
    fs::write(versions.join("ab12_add_user_age.py"), text).unwrap();
    let alembic = |arguments: &[&str]| -> Result<(), String> {
        let ran: Ran = run(python_program("alembic"), arguments, project.path());
        if ran.code == 0 { Ok(()) } else { Err(ran.text()) }
    };
    alembic(&["upgrade", "head"]).unwrap();
    alembic(&["downgrade", "cd34"])?;
    alembic(&["upgrade", "head"])
}

/// Whether a message is one that the page quotes, in a fence of its own.
fn is_quoted(rule: &Rule, said: &str, database: &str) -> bool {
    let fences = rule.docs.split("```text").skip(1).filter_map(|rest| rest.split("```").next());
    let mut quoted = fences.flat_map(str::lines).map(str::trim).filter(|line| !line.is_empty());
    quoted.any(|line| said.contains(&line.replace("app.", &format!("{database}."))))
}

/// Runs the examples of a page; on MariaDB those that are not about types of PostgreSQL.
#[track_caller]
fn holds(name: &str, server: &Server, scheme: &str) {
    let rule = RULES.iter().find(|rule| rule.name == name).unwrap();
    let is_postgresql = scheme.starts_with("postgresql");
    for (number, example) in examples(rule.docs).iter().enumerate() {
        let database = format!("{}_{number}", name.replace('-', "_"));
        if !is_postgresql && example.text.contains("sa.Enum") {
            continue;
        }
        match round_trip(example, server, &server.url(scheme, &database), &database) {
            Ok(()) => assert!(!example.is_bad, "a bad example passes:\n{}", example.text),
            Err(said) if example.is_bad => {
                assert!(is_quoted(rule, &said, &database), "the page does not quote this:\n{said}");
            }
            Err(said) => assert!(
                example.text.contains("NotImplementedError") && said.contains("NotImplementedError"),
                "a good example fails:\n{}\n{said}",
                example.text
            ),
        }
    }
}

#[test]
fn postgresql_says_what_the_pages_quote() {
    needs_set_up!();
    for name in [
        "missing-downgrade",
        "empty-downgrade",
        "downgrade-asymmetric",
        "downgrade-wrong-order",
        "enum-not-dropped-on-downgrade",
    ] {
        holds(name, Server::postgresql(), "postgresql+psycopg");
    }
}

#[test]
fn mariadb_says_what_the_pages_quote() {
    needs_set_up!();
    for name in ["empty-downgrade", "downgrade-asymmetric", "downgrade-wrong-order"] {
        holds(name, Server::mariadb(), "mysql+pymysql");
    }
}

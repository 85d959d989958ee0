//! `alembic-lint schema`: the schema that revisions lead to, in each format.

use serde_json::{Value, json};

use crate::project::Project;

const BASE: &str = r#""""Base"""
from alembic import op
import sqlalchemy as sa
revision = "aa11"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "user",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("email", sa.String(50), nullable=False, unique=True, comment="where to write"),
        sa.Column("mood", sa.Enum("good", "bad", name="mood"), server_default="good"),
    )
    op.create_index("ix_mood", "user", ["mood"], postgresql_where=sa.text("mood <> 'bad'"))


def downgrade():
    pass
"#;

const SECOND: &str = r#""""Second"""
from alembic import op
import sqlalchemy as sa
from sqlalchemy import inspect
revision = "bb22"
down_revision = "aa11"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table("note", sa.Column("user_id", sa.Integer(), sa.ForeignKey("user.id", ondelete="CASCADE")))
    op.add_column("user", sa.Column("age", sa.Integer()))
    if inspect(op.get_bind()).has_table("old"):
        op.drop_column("user", "mood")
    op.execute("ALTER TABLE note FROBNICATE")


def downgrade():
    pass
"#;

fn project() -> Project {
    Project::new()
        .with("alembic-lint.toml", "dialect = \"postgresql\"\n")
        .with("migrations/versions/aa11_base.py", BASE)
        .with("migrations/versions/bb22_second.py", SECOND)
}

#[test]
fn people_see_tables_and_what_is_not_known() {
    project()
        .run(&["schema"])
        .exits(0)
        .prints("migrations: the schema at bb22")
        .prints("? table note")
        .prints("  ? mood   mood default 'good'")
        .prints("  age    INTEGER\n")
        .prints("  unique user_email_key (email)")
        .prints("type mood (good, bad)")
        .prints("Not known\n  ? SQL is run that could not be read  migrations/versions/bb22_second.py:16");
}

#[test]
fn an_earlier_revision_has_its_own_schema() {
    let run = project().run(&["schema", "aa1"]).exits(0);
    assert!(!run.stdout.contains("age") && !run.stdout.contains("Not known"), "{}", run.stdout);
    project().run(&["schema", "base"]).exits(0).prints("There are no tables.");
    project().run(&["schema", "head-1"]).exits(0).prints("the schema at aa11");
    project().run(&["schema", "zz"]).exits(2).warns("there is no revision or branch `zz`");
    project().run(&["schema", "migrations"]).exits(0).prints("the schema at bb22");
}

#[test]
fn programs_get_what_is_sure() {
    let document = project().run(&["schema", "aa11", "--output-format", "json"]).exits(0).json();
    assert_eq!((&document["version"], &document["dialect"]), (&json!(1), &json!("postgresql")));
    let directory = &document["directories"][0];
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(
        keys(directory),
        "path dialect revisions complete tables uncertain_tables enums sequences views \
         uncertain_objects unknown"
    );
    let table = &directory["tables"][0];
    assert_eq!(
        keys(table),
        "schema name complete columns primary_key unique_constraints foreign_keys check_constraints \
         exclude_constraints indexes comment"
    );
    let column = json!({"name": "email", "type": "VARCHAR(50)", "nullable": false, "server_default": null,
        "identity": false, "computed": false, "comment": "where to write"});
    assert_eq!(table["columns"][1], column);
    assert_eq!(table["primary_key"], json!({"name": "user_pkey", "columns": ["id"]}));
    assert_eq!(table["indexes"], json!([{"name": "ix_mood", "columns": ["mood"], "unique": false}]));
    assert_eq!(directory["enums"], json!([{"schema": null, "name": "mood", "labels": ["good", "bad"]}]));
    assert_eq!((&directory["complete"], &table["complete"]), (&json!(true), &json!(true)));

    let document = project().run(&["schema", "--output-format", "json"]).exits(0).json();
    let directory = &document["directories"][0];
    assert_eq!((&directory["complete"], &directory["uncertain_tables"]), (&json!(false), &json!(["note"])));
    let unknown = json!([{"revision": "bb22", "path": "migrations/versions/bb22_second.py", "line": 16,
        "reason": "SQL is run that could not be read"}]);
    assert_eq!(directory["unknown"], unknown);
    let names: Vec<&Value> =
        directory["tables"][0]["columns"].as_array().unwrap().iter().map(|column| &column["name"]).collect();
    assert_eq!(names, ["id", "email", "age"], "what may be gone is not claimed");
}

#[test]
fn databases_get_definitions() {
    let run = project().run(&["schema", "aa11", "--output-format", "sql"]).exits(0);
    let expected = r#"-- migrations: aa11 (postgresql)
CREATE TYPE mood AS ENUM ('good', 'bad');

CREATE TABLE "user" (
    id INTEGER NOT NULL,
    email VARCHAR(50) NOT NULL,
    mood mood DEFAULT 'good',
    CONSTRAINT user_pkey PRIMARY KEY (id),
    CONSTRAINT user_email_key UNIQUE (email)
);
CREATE INDEX ix_mood ON "user" (mood) WHERE mood <> 'bad';
COMMENT ON COLUMN "user".email IS 'where to write';
"#;
    assert_eq!(run.stdout, expected);
    let mysql = ["schema", "aa11", "--output-format", "sql", "--config", "dialect = \"mysql\""];
    project()
        .run(&mysql)
        .exits(0)
        .prints("mood ENUM('good','bad') DEFAULT 'good'")
        .prints("PRIMARY KEY (id)");
}

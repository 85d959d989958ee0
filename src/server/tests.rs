//! Locks and work of operations, case by case, through the real reader and the real replay.

use std::path::PathBuf;

use crate::config::Settings;
use crate::linter::{lint, locks};
use crate::operation::Dialect;
use crate::project::{Project, ScriptDirectory};
use crate::selection::Selection;
use crate::source::{Applied, Encoding, Role, SourceFile};

/// What is there before the operation.
const BEFORE: &str = "\
op.create_table('u', sa.Column('id', sa.Integer(), primary_key=True))
op.create_table('t', sa.Column('id', sa.Integer(), primary_key=True), sa.Column('a', sa.Integer()), \
sa.Column('n', sa.String(20)), sa.Column('free', sa.String(20)), sa.Column('u_id', sa.Integer(), sa.ForeignKey('u.id', name='t_u')))
op.create_table('v', sa.Column('t_id', sa.Integer(), sa.ForeignKey('t.id', name='v_t')))
op.create_index('ix', 't', ['a'])
op.create_check_constraint('n_there', 't', 'n IS NOT NULL')
op.execute(\"CREATE TYPE mood AS ENUM ('a')\")
op.add_column('t', sa.Column('m', sa.Enum('a', name='mood')))";

fn file(id: &str, parent: &str, upgrade: &str) -> SourceFile {
    let text = format!(
        "from alembic import op\nimport sqlalchemy as sa\nrevision = '{id}'\ndown_revision = {parent}\n\
         def upgrade():\n    {}\n",
        upgrade.replace('\n', "\n    ")
    );
    SourceFile {
        path: format!("versions/{id}.py").into(),
        location: PathBuf::new(),
        directory: 0,
        role: Role::Revision,
        text: Ok(text.into()),
        encoding: Encoding::Utf8,
        selected: true,
        applied: Applied::No,
    }
}

/// "LOCK table work" of each effect of the last operation, with commas between.
fn effects(dialect: Dialect, version: &str, upgrade: &str) -> String {
    let files = vec![file("1", "None", BEFORE), file("2", "'1'", upgrade)];
    let project = Project { directories: vec![ScriptDirectory::default()], files, ..Project::default() };
    let settings = Settings {
        dialect: Some(dialect),
        database_version: (!version.is_empty()).then(|| version.to_owned()),
        ..Settings::default()
    };
    let outcome = lint(&project, &settings, &Selection::of(&[]));
    let all = locks(&project, &settings, &outcome);
    let found = all.into_iter().nth(1).flatten().expect("the revision was replayed").upgrade;
    let Some(last) = found.into_iter().last().flatten() else { return "not known".to_owned() };
    let shown = last.iter().map(|effect| {
        let table = effect.table.name.known().unwrap_or("?");
        format!("{} {table} {}", effect.lock.name(), effect.work.name())
    });
    shown.collect::<Vec<_>>().join(", ")
}

fn check(dialect: Dialect, cases: &[(&str, &str, &str)]) {
    let mut wrong = String::new();
    for (version, upgrade, expected) in cases {
        let found = effects(dialect, version, upgrade);
        if found != *expected {
            wrong.extend(["\n", *upgrade, "\n  expected ", *expected, "\n  found    ", found.as_str()]);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn columns_on_postgresql() {
    const NOTHING: &str = "ACCESS EXCLUSIVE t none";
    const SCAN: &str = "ACCESS EXCLUSIVE t scan";
    const REWRITE: &str = "ACCESS EXCLUSIVE t rewrite";
    let add = |column: &str| format!("op.add_column('t', sa.Column('c', {column}))");
    for (version, column, expected) in [
        ("", "sa.Integer()", NOTHING),
        ("", "sa.Integer(), server_default='1'", NOTHING),
        ("10", "sa.Integer(), server_default='1'", REWRITE),
        ("", "sa.Integer(), server_default='1', nullable=False", NOTHING),
        ("", "sa.Integer(), nullable=False", SCAN),
        ("", "sa.DateTime(), server_default=sa.func.now()", NOTHING),
        ("", "sa.Uuid(), server_default=sa.text('gen_random_uuid()')", REWRITE),
        ("", "sa.Uuid(), server_default=sa.text('our_id()')", "ACCESS EXCLUSIVE t unknown"),
        ("", "sa.Integer(), sa.Identity()", REWRITE),
        ("", "sa.Integer(), primary_key=True", REWRITE),
        ("", "sa.Integer(), sa.Computed('a * 2', persisted=True)", REWRITE),
        ("", "sa.Integer(), sa.Computed('a * 2')", REWRITE),
        ("18", "sa.Integer(), sa.Computed('a * 2')", NOTHING),
        ("18", "sa.Integer(), sa.Computed('a * 2', persisted=False)", NOTHING),
        ("", "sa.Integer(), sa.CheckConstraint('c > 0')", SCAN),
        ("", "sa.Integer(), unique=True", "ACCESS EXCLUSIVE t none, ACCESS EXCLUSIVE t index build"),
        ("", "sa.Integer(), index=True", "ACCESS EXCLUSIVE t none, SHARE t index build"),
        (
            "",
            "sa.Integer(), sa.ForeignKey('u.id')",
            "ACCESS EXCLUSIVE t none, SHARE ROW EXCLUSIVE t scan, SHARE ROW EXCLUSIVE u none",
        ),
    ] {
        check(Dialect::Postgresql, &[(version, &add(column), expected)]);
    }
    let inline =
        "op.add_column('t', sa.Column('c', sa.Integer(), sa.ForeignKey('u.id')), inline_references=True)";
    let expected = "ACCESS EXCLUSIVE t none, SHARE ROW EXCLUSIVE t none, SHARE ROW EXCLUSIVE u none";
    check(Dialect::Postgresql, &[("", inline, expected)]);
    check(
        Dialect::Postgresql,
        &[
            ("", "op.execute('ALTER TABLE t ADD c int REFERENCES u')", expected),
            ("", "op.execute('ALTER TABLE t ADD c bigserial')", REWRITE),
            ("", "op.alter_column('t', 'a', nullable=False)", SCAN),
            ("", "op.alter_column('t', 'n', nullable=False)", NOTHING),
            ("11", "op.alter_column('t', 'n', nullable=False)", SCAN),
            ("18", "op.execute('ALTER TABLE t ADD CONSTRAINT x NOT NULL a NOT VALID')", NOTHING),
            ("", "op.alter_column('t', 'a', nullable=True)", NOTHING),
            ("", "op.alter_column('t', 'a', server_default='1')", NOTHING),
            ("", "op.alter_column('t', 'a', new_column_name='b')", NOTHING),
            ("", "op.alter_column('t', 'a', comment='x')", "SHARE UPDATE EXCLUSIVE t none"),
            ("", "op.alter_column('t', 'a', type_=sa.BigInteger())", REWRITE),
            ("", "op.alter_column('t', 'free', type_=sa.Text())", NOTHING),
            ("", "op.alter_column('t', 'free', type_=sa.Text(), postgresql_using='free::text')", NOTHING),
            // Its check is looked at again.
            ("", "op.alter_column('t', 'n', type_=sa.Text())", SCAN),
            ("", "op.alter_column('t', 'n', type_=sa.Text(), postgresql_using='trim(n)')", REWRITE),
            ("", "op.alter_column('t', 'm', type_=sa.Text())", REWRITE),
            ("", "op.alter_column('other', 'a', type_=sa.Text())", "ACCESS EXCLUSIVE other unknown"),
            (
                "",
                "op.alter_column('t', 'u_id', type_=sa.BigInteger())",
                "ACCESS EXCLUSIVE t rewrite, ACCESS EXCLUSIVE u none",
            ),
            (
                "",
                "op.alter_column('t', 'id', type_=sa.BigInteger())",
                "ACCESS EXCLUSIVE t rewrite, ACCESS EXCLUSIVE v none",
            ),
            ("", "op.drop_column('t', 'a')", NOTHING),
            ("", "op.drop_column('t', 'u_id')", "ACCESS EXCLUSIVE t none, ACCESS EXCLUSIVE u none"),
            ("", "with op.batch_alter_table('t') as b:\n    b.alter_column('a', nullable=False)", SCAN),
        ],
    );
}

#[test]
fn tables_indexes_and_constraints_on_postgresql() {
    check(
        Dialect::Postgresql,
        &[
            (
                "",
                "op.create_table('w', sa.Column('u_id', sa.Integer(), sa.ForeignKey('u.id')))",
                "SHARE ROW EXCLUSIVE u none",
            ),
            ("", "op.execute('CREATE TABLE p PARTITION OF t DEFAULT')", "ACCESS EXCLUSIVE t none"),
            ("", "op.create_table('w')\nop.add_column('w', sa.Column('c', sa.Integer(), sa.Identity()))", ""),
            ("", "op.drop_table('v')", "ACCESS EXCLUSIVE v none, ACCESS EXCLUSIVE t none"),
            ("", "op.execute('DROP TABLE u CASCADE')", "ACCESS EXCLUSIVE u none, ACCESS EXCLUSIVE t none"),
            ("", "op.create_index('i', 't', ['a'])", "SHARE t index build"),
            (
                "",
                "with op.get_context().autocommit_block():\n    op.create_index('i', 't', ['a'], postgresql_concurrently=True)",
                "SHARE UPDATE EXCLUSIVE t index build",
            ),
            ("", "op.drop_index('ix')", "ACCESS EXCLUSIVE t none"),
            ("", "op.execute('ALTER INDEX ix RENAME TO iy')", ""),
            ("11", "op.execute('ALTER INDEX ix RENAME TO iy')", "ACCESS EXCLUSIVE t none"),
            ("", "op.create_unique_constraint('q', 't', ['a'])", "ACCESS EXCLUSIVE t index build"),
            ("", "op.create_check_constraint('q', 't', 'a > 0')", "ACCESS EXCLUSIVE t scan"),
            (
                "",
                "op.create_check_constraint('q', 't', 'a > 0', postgresql_not_valid=True)",
                "ACCESS EXCLUSIVE t none",
            ),
            (
                "",
                "op.create_foreign_key('f', 't', 'u', ['a'], ['id'])",
                "SHARE ROW EXCLUSIVE t scan, SHARE ROW EXCLUSIVE u none",
            ),
            (
                "",
                "op.drop_constraint('t_u', 't', type_='foreignkey')",
                "ACCESS EXCLUSIVE t none, ACCESS EXCLUSIVE u none",
            ),
            (
                "",
                "op.execute('ALTER TABLE t VALIDATE CONSTRAINT t_u')",
                "SHARE UPDATE EXCLUSIVE t scan, ROW SHARE u none",
            ),
            (
                "",
                "op.execute('ALTER TABLE t ADD CONSTRAINT k UNIQUE USING INDEX ix')",
                "ACCESS EXCLUSIVE t none",
            ),
            ("", "op.execute('ALTER TABLE t ADD PRIMARY KEY USING INDEX ix')", "ACCESS EXCLUSIVE t scan"),
        ],
    );
}

#[test]
fn statements_on_postgresql() {
    check(
        Dialect::Postgresql,
        &[
            ("", "op.execute('UPDATE t SET a = 1')", "ROW EXCLUSIVE t scan"),
            (
                "",
                "op.execute('TRUNCATE u CASCADE')",
                "ACCESS EXCLUSIVE u none, ACCESS EXCLUSIVE t none, ACCESS EXCLUSIVE v none",
            ),
            ("", "op.execute('LOCK t IN SHARE MODE')", "SHARE t none"),
            ("", "op.execute('VACUUM FULL')", "ACCESS EXCLUSIVE ? rewrite"),
            ("", "op.execute('REINDEX INDEX ix')", "SHARE t index build"),
            (
                "",
                "op.execute('CREATE TRIGGER x AFTER INSERT ON t EXECUTE FUNCTION f()')",
                "SHARE ROW EXCLUSIVE t none",
            ),
            (
                "",
                "op.execute('ALTER TABLE t ATTACH PARTITION v DEFAULT')",
                "SHARE UPDATE EXCLUSIVE t none, ACCESS EXCLUSIVE v scan",
            ),
            ("", "op.execute('ALTER TABLE t SET UNLOGGED')", "ACCESS EXCLUSIVE t rewrite"),
            ("", "op.execute('ALTER TABLE t OWNER TO me')", "ACCESS EXCLUSIVE t none"),
            ("", "op.execute('ALTER TABLE t SET (fillfactor = 70)')", "SHARE UPDATE EXCLUSIVE t none"),
            ("", "op.execute('REFRESH MATERIALIZED VIEW CONCURRENTLY m')", "EXCLUSIVE m scan"),
            ("", "op.execute('SELECT 1')", ""),
            ("", "op.execute(text())", "not known"),
        ],
    );
}

#[test]
fn other_servers() {
    check(
        Dialect::Mysql,
        &[
            ("8.0.30", "op.add_column('t', sa.Column('c', sa.Integer()))", "LOCK=NONE t none"),
            ("5.7", "op.add_column('t', sa.Column('c', sa.Integer()))", "LOCK=NONE t rewrite"),
            ("", "op.alter_column('t', 'a', type_=sa.BigInteger())", "LOCK=SHARED t rewrite"),
            (
                "",
                "op.alter_column('t', 'a', existing_type=sa.Integer(), nullable=False)",
                "LOCK=NONE t rewrite",
            ),
            ("", "op.create_foreign_key('f', 't', 'u', ['a'], ['id'])", "LOCK=SHARED t rewrite"),
            ("", "op.create_index('i', 't', ['a'])", "LOCK=NONE t index build"),
            ("", "op.drop_table('v')", "LOCK=EXCLUSIVE v none"),
        ],
    );
    check(
        Dialect::Sqlite,
        &[
            ("", "op.add_column('t', sa.Column('c', sa.Integer()))", "database write lock t none"),
            (
                "",
                "with op.batch_alter_table('t') as b:\n    b.alter_column('a', nullable=False)",
                "database write lock t rewrite",
            ),
        ],
    );
}

//! Schema statements of SQLite.

use super::check;
use crate::operation::Dialect;

#[test]
fn statements() {
    check(
        Dialect::Sqlite,
        &[
            (
                "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, [a b] TEXT NOT NULL DEFAULT 'x') WITHOUT ROWID",
                "create_table t (id INTEGER pk autoincrement=true; a b TEXT not-null default=text('x'))",
            ),
            ("CREATE TABLE t (a, b)", "create_table t (a; b)"),
            (
                "CREATE TABLE \"_alembic_tmp_t\" AS SELECT * FROM t",
                "create_table _alembic_tmp_t incomplete ()",
            ),
            (
                "CREATE VIRTUAL TABLE IF NOT EXISTS f USING fts5(a, content='t')",
                "create_table f if-not-exists incomplete ()",
            ),
            (
                "ALTER TABLE t ADD COLUMN a INTEGER REFERENCES u(id)",
                "add_column t.a INTEGER ForeignKey(u.id)",
            ),
            ("ALTER TABLE t DROP COLUMN a", "drop_column t.a"),
            ("ALTER TABLE t RENAME COLUMN a TO b", "alter_column t.a to=b"),
            ("ALTER TABLE t RENAME TO u", "rename_table t to=u"),
            (
                "CREATE UNIQUE INDEX IF NOT EXISTS ix ON t (a COLLATE NOCASE) WHERE b IS NOT NULL",
                "create_index ix on t(text(a COLLATE NOCASE)) unique if-not-exists sqlite_where=text(b IS NOT NULL)",
            ),
            ("DROP TABLE 't'", "drop_table t"),
            ("DROP INDEX IF EXISTS ix", "drop_index ix on - if-exists"),
            ("PRAGMA main.foreign_keys = OFF", "set foreign_keys"),
            (
                "CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO f(a) VALUES (new.a); UPDATE u SET x = CASE WHEN 1 THEN 2 END; END; DROP TABLE x;",
                "other CREATE TRIGGER ; drop_table x",
            ),
            ("INSERT OR REPLACE INTO t SELECT * FROM u", "insert t"),
            ("DROP DATABASE x", "drop_database x"),
            ("ATTACH DATABASE 'a.db' AS a", "other ATTACH"),
            (
                "ALTER TABLE t ALTER COLUMN a TYPE int USING a::int",
                "alter_column t.a type=int postgresql_using=a::int",
            ),
        ],
    );
}

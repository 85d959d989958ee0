//! Texts around statements: several in one, comments, quotes, bind parameters, unknown parts.

use super::check;
use crate::operation::{Dialect, HOLE};
use crate::sql::lower;

#[test]
fn several_statements() {
    check(
        Dialect::Postgresql,
        &[
            ("", ""),
            (" ;; \n-- nothing\n /* none */ ", ""),
            ("DROP TABLE a; DROP TABLE b;", "drop_table a ; drop_table b"),
            ("DROP TABLE a; nonsense here; DROP TABLE b", "drop_table a ; unparsed ; drop_table b"),
            ("DROP TABLE a; CREATE TABLE b (; DROP TABLE c", "drop_table a ; unparsed ; drop_table c"),
            (
                "INSERT INTO t VALUES ('a;b', \"c;d\", $$e;f$$, E'g\\';h'); DROP TABLE c",
                "insert t ; drop_table c",
            ),
            ("/* a; /* b; */ c; */ DROP -- x;\nTABLE t", "drop_table t"),
            (
                "CREATE RULE r AS ON INSERT TO t DO (DELETE FROM a; DELETE FROM b); DROP TABLE c",
                "other CREATE RULE ; drop_table c",
            ),
            (
                "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END; DROP TABLE c",
                "other CREATE FUNCTION ; drop_table c",
            ),
        ],
    );
}

#[test]
fn ranges_are_places_in_the_given_text() {
    let text = "  -- é\n DROP TABLE a ;\nUPDATE t SET b = :b WHERE c = %(c)s; ";
    let found: Vec<&str> =
        lower(text, Dialect::Postgresql).iter().map(|statement| &text[statement.range.clone()]).collect();
    assert_eq!(found, ["DROP TABLE a", "UPDATE t SET b = :b WHERE c = %(c)s"]);
}

#[test]
fn bind_parameters() {
    check(
        Dialect::Postgresql,
        &[
            ("ALTER TABLE t ADD COLUMN a int DEFAULT :value", "add_column t.a int default=text(?)"),
            ("ALTER TABLE t ADD COLUMN a int DEFAULT :v", "add_column t.a int default=text(?)"),
            ("ALTER TABLE t ADD COLUMN a int DEFAULT %s", "add_column t.a int default=text(?)"),
            ("ALTER TABLE t ADD COLUMN a int DEFAULT %(value)s", "add_column t.a int default=text(?)"),
            ("ALTER TABLE t ALTER a SET DEFAULT '1'::int", "alter_column t.a default=text('1'::int)"),
            ("ALTER TABLE t ALTER a SET DEFAULT '1'\\:\\:int", "alter_column t.a default=text('1' ::int)"),
            ("ALTER TABLE t ALTER a SET DEFAULT ':x %s'", "alter_column t.a default=text(':x %s')"),
            ("DROP TABLE :name", "drop_table ?"),
            ("UPDATE t SET a = ? WHERE b = :b", "update t where"),
            ("DELETE FROM t WHERE :a = :a", "delete t where"),
            ("DELETE FROM t WHERE a IN :a", "delete t where"),
            ("DELETE FROM t WHERE a NOT IN %s", "delete t where"),
            ("UPDATE t SET a = 1 WHERE b in\n :names AND c IN %(ids)s", "update t where"),
        ],
    );
}

#[test]
fn parts_that_only_running_would_tell() {
    let cases = [
        ("{}", "unknown"),
        ("{} TABLE t", "unknown"),
        ("DROP TABLE {}", "drop_table ?"),
        ("DROP TABLE {}.t {}", "drop_table ?.t"),
        ("DROP TABLE pre_{}", "drop_table ?"),
        ("DROP {} t", "unknown"),
        ("DROP TABLE t; {}", "drop_table t ; unknown"),
        ("ALTER TABLE t {}", "unknown"),
        ("ALTER TABLE t DROP COLUMN a, {}", "drop_column t.a + unknown"),
        ("ALTER TABLE {} DROP COLUMN {}", "drop_column ?.?"),
        ("ALTER TABLE t ADD COLUMN a {}", "add_column t.a ?"),
        ("CREATE TABLE t ({})", "create_table t incomplete ()"),
        ("CREATE TABLE t (id int, {})", "create_table t incomplete (id INT)"),
        ("CREATE TABLE t (id int) {}", "create_table t (id int) + unknown"),
        ("CREATE INDEX ix ON t ({})", "create_index ix on t(?)"),
        ("CREATE INDEX ix ON t (a) {}", "create_index ix on t(a) + unknown"),
        ("CREATE INDEX {} ix ON t (a)", "unknown"),
        ("CREATE TYPE m AS ENUM ({})", "create_type m(?)"),
        ("ALTER TYPE m ADD VALUE '{}'", "add_enum_value m ?"),
        ("UPDATE t SET a = 1 {}", "update t where"),
        ("UPDATE t SET a = 'x' {}", "update t where"),
        ("UPDATE t SET a = {}", "update t all"),
        ("UPDATE t SET {}", "update t where"),
        ("UPDATE {}", "update ? where"),
        ("DELETE FROM t {}", "delete t where"),
        ("DELETE FROM {}", "delete ? all"),
        ("DELETE FROM {}{}", "delete ? where"),
        ("DELETE FROM t WHERE {}", "delete t where"),
        ("INSERT INTO {} VALUES ({})", "insert ?"),
        ("SET {} = 1", "set ?"),
    ];
    let filled: Vec<(String, String)> = cases
        .iter()
        .map(|(text, expected)| (text.replace("{}", HOLE), expected.replace("{}", &HOLE.to_uppercase())))
        .collect();
    let cases: Vec<(&str, &str)> =
        filled.iter().map(|(text, expected)| (text.as_str(), expected.as_str())).collect();
    check(Dialect::Postgresql, &cases);
}

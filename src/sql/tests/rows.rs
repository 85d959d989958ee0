//! Statements that read and write rows, the same for all databases.

use super::check;
use crate::operation::Dialect;

#[test]
fn writes_and_their_conditions() {
    let cases = [
        ("SELECT 1", "select"),
        ("(SELECT 1) UNION (SELECT 2)", "select"),
        ("SELECT setval('s', 1)", "select"),
        ("VALUES (1)", "select"),
        ("SHOW TABLES", "select"),
        ("EXPLAIN DELETE FROM t", "select"),
        ("EXPLAIN ANALYZE DELETE FROM t", "delete t all"),
        ("INSERT INTO s.t (a) VALUES (1)", "insert s.t"),
        ("INSERT IGNORE INTO t SET a = 1", "insert t"),
        ("REPLACE INTO t VALUES (1)", "insert t"),
        ("MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN DELETE", "insert t"),
        ("COPY t (a) FROM STDIN", "insert t"),
        ("COPY t TO '/tmp/x'", "select"),
        ("UPDATE t SET a = 1", "update t all"),
        ("UPDATE t SET a = 1 WHERE b", "update t where"),
        ("UPDATE ONLY s.t AS x SET a = (SELECT 1 FROM u WHERE u.a = x.a)", "update s.t all"),
        ("UPDATE t SET a = u.a FROM u", "update t all"),
        ("UPDATE t SET a = u.a FROM u WHERE u.id = t.id RETURNING *", "update t where"),
        ("UPDATE a JOIN b ON a.x = b.x SET a.y = 1", "update a where"),
        ("UPDATE LOW_PRIORITY IGNORE t SET a = 1 LIMIT 5", "update t all"),
        ("UPDATE OR IGNORE t SET a = 1", "update t all"),
        ("UPDATE t", "unparsed"),
        ("DELETE FROM t", "delete t all"),
        ("DELETE FROM t WHERE id = 3", "delete t where"),
        ("DELETE FROM t USING u", "delete t all"),
        ("DELETE FROM t USING u WHERE t.a = u.a", "delete t where"),
        ("DELETE FROM t ORDER BY a LIMIT 5", "delete t all"),
        ("DELETE a, b FROM t1 AS a JOIN t2 b ON a.x = b.x WHERE a.y", "delete t1 where + delete t2 where"),
        ("DELETE t FROM t JOIN u ON t.a = u.a", "delete t all"),
        ("DELETE FROM t WHERE 1=1", "delete t all"),
        ("DELETE FROM t WHERE TRUE", "delete t all"),
        ("DELETE FROM t WHERE ((1 = 1)) RETURNING *", "delete t all"),
        ("DELETE FROM t WHERE 1", "delete t all"),
        ("DELETE FROM t WHERE 'a' = 'a'", "delete t all"),
        ("DELETE FROM t WHERE 1 = 1 AND b = 2", "delete t where"),
        ("DELETE FROM t WHERE b = 2 OR true", "delete t all"),
        ("DELETE FROM t WHERE (b = 2) OR (1 = 1 AND NOT FALSE)", "delete t all"),
        ("DELETE FROM t WHERE NOT (a OR b)", "delete t where"),
        ("DELETE FROM t WHERE 1 = 0", "delete t where"),
        ("DELETE FROM t WHERE 0", "delete t where"),
        ("WITH x AS (SELECT 1) DELETE FROM t WHERE a IN (SELECT * FROM x)", "delete t where"),
        ("WITH x AS (DELETE FROM t RETURNING *) INSERT INTO u SELECT * FROM x", "delete t all + insert u"),
        (
            "WITH x AS MATERIALIZED (UPDATE t SET a = 1 WHERE b RETURNING *) SELECT * FROM x",
            "update t where + select",
        ),
        ("DELETE", "unparsed"),
    ];
    for dialect in [Dialect::Postgresql, Dialect::Mysql, Dialect::Sqlite] {
        check(dialect, &cases);
    }
}

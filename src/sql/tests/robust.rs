//! No text may bring the reader down, and every text gives an answer.

use crate::operation::{Change, Dialect, Execute, Statement};
use crate::sql::lower;

const DIALECTS: [Dialect; 4] = [Dialect::Postgresql, Dialect::Mysql, Dialect::Mariadb, Dialect::Sqlite];

const TEXTS: [&str; 8] = [
    "CREATE TABLE s.t (id int PRIMARY KEY, a varchar(3) DEFAULT 'ü' NOT NULL, CONSTRAINT f FOREIGN KEY (a) REFERENCES u (b))",
    "ALTER TABLE t ADD COLUMN \"ä\" int DEFAULT :v, DROP COLUMN b CASCADE, ADD CONSTRAINT c CHECK (a > 1) NOT VALID",
    "CREATE UNIQUE INDEX CONCURRENTLY ix ON t USING gin (lower(a), b DESC) WHERE c IS NOT NULL",
    "DO $x$ DECLARE r int; BEGIN IF a THEN EXECUTE format('DROP TABLE %I', x); END IF; END $x$; DROP TABLE `é`",
    "WITH x AS (DELETE FROM t WHERE (1 = 1) RETURNING *) UPDATE t SET a = %(v)s WHERE b\\:\\:text = 'x'",
    "DELIMITER //\nCREATE TRIGGER a BEFORE INSERT ON t FOR EACH ROW BEGIN SET @x = CASE 1 WHEN 1 THEN 2 END; END//\nDELIMITER ;\nDROP TABLE t",
    "/*!40101 ALTER TABLE t MODIFY a int NOT NULL */; # c\nCREATE TYPE m AS ENUM ('a', 'b'); ALTER TYPE m ADD VALUE 'c' AFTER 'b'",
    "COMMENT ON TABLE [t] IS 'x'; RENAME TABLE a TO b; TRUNCATE ONLY a *, b CASCADE; PRAGMA a.b = 1; EXPLAIN ANALYZE DELETE a FROM t a",
];

#[test]
fn texts_that_break_off_anywhere() {
    for text in TEXTS {
        for (end, _) in text.char_indices() {
            for dialect in DIALECTS {
                for part in [&text[..end], &text[end..]] {
                    for statement in lower(part, dialect) {
                        assert!(!statement.changes.is_empty(), "{part}");
                        assert!(part.get(statement.range).is_some(), "{part}");
                    }
                }
            }
        }
    }
}

#[test]
fn deep_nesting_is_not_followed() {
    let many = 10_000;
    let texts = [
        format!("CREATE TABLE t (a int DEFAULT {}1{})", "(".repeat(many), ")".repeat(many)),
        format!("ALTER TABLE t ADD CHECK ({}a)", "NOT ".repeat(many)),
        format!("ALTER TABLE t ADD CHECK ({}a)", "- ".repeat(many)),
        format!("ALTER TABLE t ADD CHECK (a{})", " + 1".repeat(many)),
        format!("ALTER TABLE t ADD CHECK (a{})", " AND a".repeat(many)),
        format!("CREATE INDEX i ON t ({}a{})", "CASE WHEN a THEN ".repeat(many), " END".repeat(many)),
        format!("CREATE TABLE t (a int{})", "[]".repeat(many)),
    ];
    for text in texts {
        for dialect in DIALECTS {
            let found = lower(&text, dialect);
            let changes: Vec<&Change> = found.iter().flat_map(|statement| &statement.changes).collect();
            assert_eq!(changes, [&Change::Execute(Execute { statement: Statement::Unparsed })], "{text:.60}");
        }
    }
    for dialect in DIALECTS {
        for open in
            ["(", "DELETE FROM t WHERE ((a = 1) OR ", "WITH x AS (DELETE FROM t) ", "DO $$ ", "/* ", "BEGIN "]
        {
            lower(&open.repeat(many), dialect);
        }
        let condition = format!("DELETE FROM t WHERE {}1 = 1{}", "(".repeat(many), ")".repeat(many));
        assert_eq!(lower(&condition, dialect).len(), 1);
    }
}

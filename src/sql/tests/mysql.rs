//! Schema statements of MySQL and MariaDB.

use super::check;
use crate::operation::Dialect;

#[test]
fn tables() {
    check(
        Dialect::Mysql,
        &[
            (
                "CREATE TABLE IF NOT EXISTS `t` (`id` int NOT NULL AUTO_INCREMENT, `a` varchar(10) DEFAULT NULL COMMENT 'x', PRIMARY KEY (`id`), UNIQUE KEY `uq` (`a`), KEY `ix` (`a`(5))) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4",
                "create_table t if-not-exists (id INT not-null autoincrement=true; a VARCHAR(10) default=none comment=x; pk -(id); unique uq(a)) + create_index ix on t(a)",
            ),
            (
                "CREATE TABLE t (a int, CONSTRAINT fk FOREIGN KEY (a) REFERENCES u (id) ON DELETE CASCADE)",
                "create_table t (a INT; fk fk(a) -> u(id) ondelete=CASCADE)",
            ),
            (
                "CREATE TABLE t (a int) PARTITION BY RANGE (a) (PARTITION p0 VALUES LESS THAN (10))",
                "create_table t (a INT) mysql_partition_by=PARTITION BY RANGE (a) (PARTITION p0 VALUES LESS THAN (10))",
            ),
            ("CREATE TABLE a LIKE b", "create_table a incomplete ()"),
            ("CREATE TABLE a SELECT * FROM b", "create_table a incomplete ()"),
            ("CREATE TEMPORARY TABLE a (b int)", "create_table a temporary (b INT)"),
            ("DROP TEMPORARY TABLE IF EXISTS a, b", "drop_table a if-exists + drop_table b if-exists"),
            ("RENAME TABLE a TO b, s.c TO s.d", "rename_table a to=b + rename_table s.c to=d"),
            ("TRUNCATE TABLE a", "truncate a"),
            ("DROP DATABASE app", "drop_schema app"),
            ("CREATE DATABASE IF NOT EXISTS app", "create_schema app"),
        ],
    );
}

#[test]
fn altered_tables() {
    check(
        Dialect::Mysql,
        &[
            ("ALTER TABLE t ADD COLUMN a int NOT NULL AFTER b", "add_column t.a INT not-null insert_after=b"),
            ("ALTER TABLE t ADD a int FIRST, DROP b", "add_column t.a INT + drop_column t.b"),
            ("ALTER TABLE t MODIFY a bigint", "alter_column t.a type=BIGINT null default=none"),
            (
                "ALTER TABLE t MODIFY COLUMN a varchar(9) NOT NULL DEFAULT 'x'",
                "alter_column t.a type=VARCHAR(9) not-null default=text('x')",
            ),
            ("ALTER TABLE t CHANGE a b int NOT NULL", "alter_column t.a to=b type=INT not-null default=none"),
            ("ALTER TABLE t CHANGE COLUMN `a` `a` int", "alter_column t.a type=INT null default=none"),
            ("ALTER TABLE t RENAME COLUMN a TO b", "alter_column t.a to=b"),
            (
                "ALTER TABLE t ALTER COLUMN a SET DEFAULT 1, ALTER a DROP DEFAULT",
                "alter_column t.a default=text(1) + alter_column t.a default=none",
            ),
            ("ALTER TABLE t RENAME TO u", "rename_table t to=u"),
            ("ALTER TABLE t RENAME u", "rename_table t to=u"),
            ("ALTER TABLE t ADD INDEX ix (a, b)", "create_index ix on t(a,b)"),
            ("ALTER TABLE t ADD FULLTEXT INDEX ix (a)", "create_index ix on t(a) mysql_prefix=FULLTEXT"),
            ("ALTER TABLE t ADD UNIQUE INDEX uq (a)", "add t: unique uq(a)"),
            ("ALTER TABLE t ADD CONSTRAINT uq UNIQUE (a)", "add t: unique uq(a)"),
            ("ALTER TABLE t ADD PRIMARY KEY (a)", "add t: pk -(a)"),
            ("ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES u (b)", "add t: fk fk(a) -> u(b)"),
            ("ALTER TABLE t DROP FOREIGN KEY fk", "drop_constraint t.fk fk"),
            ("ALTER TABLE t DROP PRIMARY KEY", "drop_constraint t.PRIMARY pk"),
            ("ALTER TABLE t DROP INDEX ix", "drop_index ix on t"),
            ("ALTER TABLE t DROP KEY ix", "drop_index ix on t"),
            ("ALTER TABLE t DROP CHECK ck", "drop_constraint t.ck check"),
            ("ALTER TABLE t DROP CONSTRAINT ck", "drop_constraint t.ck"),
            ("ALTER TABLE t RENAME INDEX a TO b", "rename_index a on t to=b"),
            (
                "ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
                "other ALTER TABLE CONVERT TO CHARACTER SET",
            ),
            ("ALTER TABLE t ALTER COLUMN a SET VISIBLE", "other ALTER TABLE ALTER COLUMN"),
            (
                "ALTER TABLE t ADD COLUMN (a int, b varchar(3))",
                "add_column t.a INT + add_column t.b VARCHAR(3)",
            ),
            (
                "ALTER TABLE t ADD a int, ALGORITHM=INPLACE, LOCK=NONE",
                "add_column t.a INT + other ALTER TABLE ALGORITHM + other ALTER TABLE LOCK",
            ),
            ("ALTER TABLE t COMMENT = 'x'", "comment t x"),
            ("ALTER TABLE t ENGINE=InnoDB", "other ALTER TABLE ENGINE"),
            (
                "ALTER TABLE t DROP COLUMN a, CONVERT TO CHARACTER SET utf8",
                "drop_column t.a + other ALTER TABLE CONVERT TO CHARACTER SET",
            ),
            (
                "ALTER TABLE t MODIFY a enum('x','y') CHARACTER SET utf8 NOT NULL",
                "alter_column t.a type=ENUM('x', 'y') not-null default=none",
            ),
            ("CREATE UNIQUE INDEX ix ON t (a(10))", "create_index ix on t(a) unique"),
            ("CREATE FULLTEXT INDEX ix ON t (a)", "create_index ix on t(a) mysql_prefix=FULLTEXT"),
            ("DROP INDEX ix ON t ALGORITHM=INPLACE LOCK=NONE", "drop_index ix on t"),
        ],
    );
}

#[test]
fn scripts() {
    check(
        Dialect::Mariadb,
        &[
            (
                "DELIMITER $$\nCREATE PROCEDURE p() BEGIN DROP TABLE a; SELECT 1; END$$\nDELIMITER ;\nDROP TABLE b;",
                "other CREATE PROCEDURE ; drop_table b",
            ),
            (
                "CREATE TRIGGER a BEFORE INSERT ON t FOR EACH ROW BEGIN IF NEW.a THEN SET NEW.b = 1; END IF; END; DROP TABLE b",
                "other CREATE TRIGGER ; drop_table b",
            ),
            ("SET @a = 1; SET @@session.sql_mode = ''; SET NAMES utf8", "set a ; set sql_mode ; set names"),
            ("DROP TABLE a; # DROP TABLE x;\nDROP TABLE b -- c", "drop_table a ; drop_table b"),
            ("/*!40000 DROP TABLE a */;", "drop_table a"),
            ("INSERT INTO t VALUES ('it\\'s; DROP TABLE x'); DROP TABLE b", "insert t ; drop_table b"),
            ("LOAD DATA LOCAL INFILE 'x' INTO TABLE t", "insert t"),
            ("CREATE DEFINER=`a`@`b` SQL SECURITY INVOKER VIEW v AS SELECT 1", "other CREATE VIEW"),
        ],
    );
}

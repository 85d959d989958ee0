//! squawk's rules that have no equivalent here: what they say of SQL in a revision is passed on. Which of squawk's rules have
//! one is in [`EQUIVALENTS`].

use crate::rule::{Category, Check, FixAvailability, Preset, Rule, Severity};

/// squawk's rules and those here that speak in its place.
pub const EQUIVALENTS: &[(&str, &str)] = &[
    ("adding-field-with-default", "constant-default-rewrites"),
    ("adding-field-with-default", "stored-generated-column"),
    ("adding-field-with-default", "volatile-default"),
    ("adding-foreign-key-constraint", "foreign-key-without-not-valid"),
    ("adding-not-nullable-field", "set-not-null-scans-table"),
    ("adding-required-field", "add-not-null-column-without-default"),
    ("adding-serial-primary-key-field", "auto-increment-column"),
    ("adding-serial-primary-key-field", "primary-key-builds-index"),
    ("ban-concurrent-index-creation-in-transaction", "concurrent-in-transaction"),
    ("ban-drop-column", "drop-column"),
    ("ban-drop-constraint", "drop-constraint"),
    ("ban-drop-database", "drop-schema"),
    ("ban-drop-default", "drop-server-default"),
    ("ban-drop-not-null", "drop-not-null"),
    ("ban-drop-index", "drop-index"),
    ("ban-drop-schema", "drop-schema"),
    ("ban-drop-sequence", "drop-sequence"),
    ("ban-drop-table", "drop-table"),
    ("ban-drop-type", "drop-type"),
    ("ban-truncate-cascade", "truncate"),
    ("ban-uncommitted-transaction", "transaction-control-in-migration"),
    ("changing-column-type", "type-change-rewrites-table"),
    ("constraint-missing-not-valid", "check-without-not-valid"),
    ("constraint-missing-not-valid", "foreign-key-without-not-valid"),
    ("constraint-missing-not-valid", "not-valid-and-validate-together"),
    ("disallowed-unique-constraint", "unique-constraint-builds-index"),
    ("prefer-repack", "cluster"),
    ("prefer-repack", "vacuum-full"),
    ("renaming-column", "rename-column"),
    ("renaming-table", "rename-table"),
    ("require-concurrent-index-creation", "index-not-concurrent"),
    ("require-concurrent-index-deletion", "drop-index-not-concurrent"),
    ("require-concurrent-partition-detach", "detach-partition-not-concurrent"),
    ("require-concurrent-reindex", "reindex-not-concurrent"),
    ("require-enum-value-ordering", "enum-value-without-position"),
    ("require-lock-timeout", "missing-lock-timeout"),
    ("require-statement-timeout", "missing-lock-timeout"),
    ("require-timeout-settings", "missing-lock-timeout"),
    ("syntax-error", "unparsable-sql"),
    ("transaction-nesting", "transaction-control-in-migration"),
    ("unused-ignore", "unused-suppression"),
];

macro_rules! passed_on {
    ($($name:ident: $code:literal, $preset:ident, $what:literal, $why:literal, $bad:literal, $good:literal;)+) => {
        $(pub(super) static $name: Rule = Rule {
            name: concat!("squawk/", $code),
            category: Category::Sql,
            severity: Severity::Warning,
            preset: Preset::$preset,
            fix: FixAvailability::None,
            since: "0.1.0",
            docs: concat!(
                " ## What it does\n Passes on what squawk's rule `", $code, "` says of SQL that `upgrade` executes on PostgreSQL: a\n",
                " statement that ", $what, ".\n\n ## Why is this bad?\n It ", $what, ": ", $why, ".\n\n",
                " ## Example\n ```python bad\n with op.get_context().autocommit_block():\n     op.execute(\"\"\"", $bad,
                "\"\"\")\n ```\n\n ## Use instead\n ```python good\n with op.get_context().autocommit_block():\n     op.execute(\"\"\"",
                $good, "\"\"\")\n ```\n Where it is meant: `# alembic-lint: allow[squawk/", $code, "] -- <reason>`.\n\n",
                " ## References\n - [squawk: ", $code, "](https://squawkhq.com/docs/", $code, ")\n",
            ),
            check: Check::Statement($code),
        };)+
    };
}

passed_on! {
    BAN_ADD_COLUMN: "ban-add-column", Strict,
        "adds a column to a table that is there",
        "`SELECT *` and `INSERT` without a list of columns mean something else from then on",
        "ALTER TABLE account ADD COLUMN age int",
        "CREATE TABLE account (age int)";
    BAN_ADD_COMPOSITE_ATTRIBUTE: "ban-add-composite-attribute", Strict,
        "adds an attribute to a composite type",
        "values of the type that clients write no longer fit",
        "ALTER TYPE address ADD ATTRIBUTE city text",
        "CREATE TYPE address AS (city text)";
    BAN_ADD_ENUM_VALUE: "ban-add-enum-value", Strict,
        "adds a value to an enum type",
        "clients that know only the old values meet one that they cannot read",
        "ALTER TYPE status ADD VALUE 'done'",
        "CREATE TYPE status AS ENUM ('done')";
    BAN_ALTER_DATABASE_OPTIONS: "ban-alter-database-options", Strict,
        "changes options of a database",
        "every new session behaves in another way",
        "ALTER DATABASE app SET search_path TO private",
        "SELECT 1";
    BAN_ALTER_DOMAIN_WITH_ADD_CONSTRAINT: "ban-alter-domain-with-add-constraint", Recommended,
        "adds a constraint to a domain",
        "every table with the domain is locked and scanned",
        "ALTER DOMAIN email ADD CONSTRAINT at CHECK (value LIKE '%@%')",
        "ALTER DOMAIN email DROP CONSTRAINT at";
    BAN_ALTER_EXTENSION: "ban-alter-extension", Strict,
        "changes an extension",
        "its functions and types may change under queries that run",
        "ALTER EXTENSION postgis UPDATE TO '3.4.0'",
        "CREATE EXTENSION IF NOT EXISTS postgis";
    BAN_ALTER_FUNCTION_OPTIONS: "ban-alter-function-options", Strict,
        "changes options of a function",
        "callers meet other rights or another search path",
        "ALTER FUNCTION total() SECURITY DEFINER",
        "CREATE FUNCTION total() RETURNS int LANGUAGE sql AS 'SELECT 1'";
    BAN_ALTER_GENERATED_EXPRESSION: "ban-alter-generated-expression", Strict,
        "changes the expression of a generated column, or adds a stored one",
        "the table is rewritten and values change",
        "ALTER TABLE invoice ALTER COLUMN total SET EXPRESSION AS (net + 1)",
        "ALTER TABLE invoice ADD COLUMN total int";
    BAN_ALTER_IDENTITY: "ban-alter-identity", Recommended,
        "changes how an identity column counts",
        "inserts that give the value, or that do not, start to fail",
        "ALTER TABLE account ALTER COLUMN id DROP IDENTITY",
        "ALTER TABLE account ADD COLUMN age int";
    BAN_ALTER_POLICY_CONDITION: "ban-alter-policy-condition", Strict,
        "changes the condition of a row security policy",
        "rows appear to, or vanish from, clients that run",
        "ALTER POLICY own ON account USING (true)",
        "SELECT 1";
    BAN_ALTER_POLICY_ROLES: "ban-alter-policy-roles", Strict,
        "changes the roles of a row security policy",
        "rows appear to, or vanish from, clients that run",
        "ALTER POLICY own ON account TO admin",
        "SELECT 1";
    BAN_ALTER_ROLE_OPTIONS: "ban-alter-role-options", Strict,
        "changes options of a role",
        "sessions of the role behave in another way",
        "ALTER ROLE app NOLOGIN",
        "SELECT 1";
    BAN_ALTER_ROW_LEVEL_SECURITY: "ban-alter-row-level-security", Strict,
        "turns row level security on or off",
        "rows appear to, or vanish from, clients that run",
        "ALTER TABLE account ENABLE ROW LEVEL SECURITY",
        "SELECT 1";
    BAN_ALTER_SEQUENCE_VALUES: "ban-alter-sequence-values", Strict,
        "changes the values that a sequence gives",
        "numbers may come twice or run out",
        "ALTER SEQUENCE account_id_seq RESTART WITH 1",
        "CREATE SEQUENCE account_id_seq";
    BAN_ALTER_SYSTEM_OPTIONS: "ban-alter-system-options", Strict,
        "changes the configuration of the server",
        "every database of the server behaves in another way",
        "ALTER SYSTEM SET work_mem = '1GB'",
        "SET LOCAL work_mem = '1GB'";
    BAN_ALTER_VIEW_OPTIONS: "ban-alter-view-options", Strict,
        "changes options of a view",
        "the view may be read with other rights",
        "ALTER VIEW active SET (security_invoker = true)",
        "CREATE VIEW active AS SELECT 1 AS id";
    BAN_CHAR_FIELD: "ban-char-field", All,
        "makes a column of type `char`",
        "values are padded with blanks, and nothing is saved by it",
        "CREATE TABLE account (code char(3))",
        "CREATE TABLE account (code text)";
    BAN_CREATE_DOMAIN_WITH_CONSTRAINT: "ban-create-domain-with-constraint", Recommended,
        "makes a domain with a constraint",
        "changing the constraint later locks and scans every table with the domain",
        "CREATE DOMAIN age AS int CHECK (value > 0)",
        "CREATE DOMAIN age AS int";
    BAN_CREATE_POLICY: "ban-create-policy", Strict,
        "makes a row security policy",
        "rows appear to, or vanish from, clients that run",
        "CREATE POLICY own ON account USING (true)",
        "SELECT 1";
    BAN_DETACH_INHERITANCE: "ban-detach-inheritance", Strict,
        "takes a table out of the tables that inherit from another",
        "its rows vanish from queries on the parent",
        "ALTER TABLE visit_2024 NO INHERIT visit",
        "SELECT 1";
    BAN_DISABLE_TRIGGER: "ban-disable-trigger", Strict,
        "turns a trigger off",
        "what it keeps in order is not kept any more",
        "ALTER TABLE account DISABLE TRIGGER audit",
        "SELECT 1";
    BAN_DROP_DOMAIN: "ban-drop-domain", Recommended,
        "drops a domain",
        "what still uses it fails",
        "DROP DOMAIN email",
        "CREATE DOMAIN email AS text";
    BAN_DROP_EXTENSION: "ban-drop-extension", Recommended,
        "drops an extension",
        "its functions and types are gone for all",
        "DROP EXTENSION postgis",
        "CREATE EXTENSION IF NOT EXISTS postgis";
    BAN_DROP_FUNCTION: "ban-drop-function", Recommended,
        "drops a function",
        "queries that call it fail",
        "DROP FUNCTION total()",
        "CREATE FUNCTION total() RETURNS int LANGUAGE sql AS 'SELECT 1'";
    BAN_DROP_GENERATED_EXPRESSION: "ban-drop-generated-expression", Recommended,
        "makes a generated column a plain one",
        "nobody computes its values any more",
        "ALTER TABLE invoice ALTER COLUMN total DROP EXPRESSION",
        "ALTER TABLE invoice ADD COLUMN total int";
    BAN_DROP_POLICY: "ban-drop-policy", Strict,
        "drops a row security policy",
        "rows appear to, or vanish from, clients that run",
        "DROP POLICY own ON account",
        "SELECT 1";
    BAN_DROP_TRIGGER: "ban-drop-trigger", Strict,
        "drops a trigger",
        "what it keeps in order is not kept any more",
        "DROP TRIGGER audit ON account",
        "SELECT 1";
    BAN_DROP_VIEW: "ban-drop-view", Recommended,
        "drops a view",
        "queries that read it fail",
        "DROP VIEW active",
        "CREATE VIEW active AS SELECT 1 AS id";
    BAN_DUPLICATE_COLUMN_ASSIGNMENTS: "ban-duplicate-column-assignments", Recommended,
        "sets a column twice in one `UPDATE`",
        "PostgreSQL refuses it: `multiple assignments to same column`",
        "UPDATE account SET age = 1, age = 2 WHERE id = 1",
        "UPDATE account SET age = 1 WHERE id = 1";
    BAN_NEW_WRITE_RESTRICTION: "ban-new-write-restriction", Strict,
        "restricts what may be written",
        "inserts and updates of code that runs start to fail",
        "ALTER TABLE account ALTER COLUMN age SET NOT NULL",
        "ALTER TABLE account ADD COLUMN age int";
    BAN_REPLACE_VIEW_FUNCTION: "ban-replace-view-function", Strict,
        "replaces a view or function",
        "callers meet another one without notice",
        "CREATE OR REPLACE VIEW active AS SELECT 1 AS id",
        "CREATE VIEW active AS SELECT 1 AS id";
    BAN_REPLICA_IDENTITY: "ban-replica-identity", Strict,
        "changes what replication sends",
        "subscribers may stop",
        "ALTER TABLE account REPLICA IDENTITY FULL",
        "SELECT 1";
    BAN_REVOKE: "ban-revoke", Strict,
        "takes rights away",
        "clients that use them fail",
        "REVOKE SELECT ON account FROM app",
        "GRANT SELECT ON account TO app";
    BAN_SET_DEFAULT: "ban-set-default", Strict,
        "gives a column another default",
        "rows that code leaves it out of hold another value",
        "ALTER TABLE account ALTER COLUMN age SET DEFAULT 1",
        "ALTER TABLE account ADD COLUMN age int";
    BAN_SET_SCHEMA: "ban-set-schema", Recommended,
        "moves something to another schema",
        "queries that name it fail",
        "ALTER TABLE account SET SCHEMA archive",
        "CREATE TABLE archive.account (id bigint)";
    IDENTIFIER_TOO_LONG: "identifier-too-long", Recommended,
        "uses a name that is longer than 63 bytes",
        "PostgreSQL cuts it off with a notice that nobody sees",
        "CREATE TABLE a_name_that_is_so_long_that_postgresql_cuts_it_off_and_tells_nobody (id bigint)",
        "CREATE TABLE short (id bigint)";
    PREFER_BIGINT_OVER_INT: "prefer-bigint-over-int", All,
        "makes a column of a 32-bit integer",
        "the numbers run out at 2,147,483,647, and the change later rewrites the table",
        "CREATE TABLE account (visits int)",
        "CREATE TABLE account (visits bigint)";
    PREFER_BIGINT_OVER_SMALLINT: "prefer-bigint-over-smallint", All,
        "makes a column of a 16-bit integer",
        "the numbers run out at 32,767, and the change later rewrites the table",
        "CREATE TABLE account (visits smallint)",
        "CREATE TABLE account (visits bigint)";
    PREFER_IDENTITY: "prefer-identity", All,
        "makes a `serial` column",
        "its sequence has rights and an owner of its own, which identity columns do not need",
        "CREATE TABLE account (id bigserial PRIMARY KEY)",
        "CREATE TABLE account (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY)";
    PREFER_ROBUST_STMTS: "prefer-robust-stmts", Recommended,
        "runs outside a transaction and cannot be run again after it failed halfway",
        "the upgrade has to be mended by hand",
        "ALTER TABLE account ADD COLUMN age int",
        "ALTER TABLE account ADD COLUMN IF NOT EXISTS age int";
    PREFER_TEXT_FIELD: "prefer-text-field", All,
        "makes a column of `varchar` with a length",
        "another length locks the table; a check constraint does not have to",
        "CREATE TABLE account (name varchar(20))",
        "CREATE TABLE account (name text)";
    PREFER_TIMESTAMP_TZ: "prefer-timestamp-tz", All,
        "makes a column of `timestamp` without time zone",
        "the moment it means depends on who reads it",
        "CREATE TABLE account (made timestamp)",
        "CREATE TABLE account (made timestamptz)";
    RENAMING_OBJECT: "renaming-object", Recommended,
        "renames a view, function, type, sequence or schema",
        "code that still runs asks for the old name and fails",
        "ALTER VIEW active RENAME TO current_accounts",
        "CREATE VIEW active AS SELECT 1 AS id";
    REQUIRE_TABLE_SCHEMA: "require-table-schema", Strict,
        "names a table without its schema",
        "which table it is depends on `search_path`",
        "CREATE TABLE account (id bigint)",
        "CREATE TABLE app.account (id bigint)";
}

#[cfg(test)]
mod tests {
    use super::{PREFER_BIGINT_OVER_INT, PREFER_ROBUST_STMTS, RENAMING_OBJECT};
    use crate::testing::Tester;

    fn block(statements: &[&str]) -> Tester {
        let calls: Vec<String> =
            statements.iter().map(|sql| format!("\n    op.execute(\"\"\"{sql}\"\"\")")).collect();
        Tester::new(&PREFER_ROBUST_STMTS)
            .upgrade(&format!("with op.get_context().autocommit_block():{}", calls.concat()))
    }

    #[test]
    fn statements_that_can_be_run_again() {
        for sql in [
            "ALTER TABLE t VALIDATE CONSTRAINT c",
            "ALTER TABLE t DETACH PARTITION p CONCURRENTLY",
            "ALTER TABLE t ALTER COLUMN a SET DEFAULT 1",
            "CREATE INDEX CONCURRENTLY ix ON t (a)",
            "CREATE TEMP TABLE x (a int)",
        ] {
            block(&[sql]).ok();
        }
        block(&["ALTER TABLE t ADD COLUMN a int"]).finds(&[""]);
        block(&["ALTER TABLE t ALTER COLUMN a SET DEFAULT 1, ADD COLUMN b int"])
            .finds(&["transaction", "IF NOT EXISTS"]);
        block(&["CREATE INDEX ix ON t (a)"]).finds(&[""]);
        block(&["CREATE TABLE x (a int)"]).finds(&[""]);
    }

    #[test]
    fn room_was_made_before() {
        block(&["DROP TABLE IF EXISTS x", "CREATE TABLE x (a int)"]).ok();
        block(&["DROP INDEX IF EXISTS ix", "CREATE INDEX ix ON t (a)"]).ok();
        block(&["ALTER TABLE t DROP CONSTRAINT IF EXISTS c", "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)"])
            .ok();
        block(&["DROP TABLE IF EXISTS y", "CREATE TABLE x (a int)"]).finds(&[""]);
        block(&["CREATE TABLE x (a int)", "DROP TABLE IF EXISTS x"]).finds(&[""]);
    }

    #[test]
    fn temporary_tables() {
        let column = |table: &str| {
            Tester::new(&PREFER_BIGINT_OVER_INT).upgrade(&format!("op.execute('CREATE {table} x (a int)')"))
        };
        column("TEMP TABLE").ok();
        column("TEMPORARY TABLE").ok();
        column("UNLOGGED TABLE").finds(&[""]);
        let added = "op.execute('ALTER TABLE x ADD COLUMN b int')";
        Tester::new(&PREFER_BIGINT_OVER_INT)
            .upgrade(&format!("op.execute('CREATE TEMP TABLE x (a bigint)')\n{added}"))
            .ok();
        Tester::new(&PREFER_BIGINT_OVER_INT).upgrade(added).finds(&[""]);
    }

    #[test]
    fn a_type_that_is_rebuilt() {
        let rename = "op.execute('ALTER TYPE e RENAME TO e_old')";
        let make = |name: &str| format!("op.execute(\"CREATE TYPE {name} AS ENUM ('x')\")");
        let upgrade = |body: String| Tester::new(&RENAMING_OBJECT).upgrade(&body);
        upgrade(format!("{rename}\n{}", make("e"))).ok();
        upgrade(format!(
            "{}\nop.execute('DROP TYPE e')\nop.execute('ALTER TYPE e_new RENAME TO e')",
            make("e_new")
        ))
        .ok();
        upgrade(format!("{rename}\n{}", make("f"))).finds(&[""]);
    }
}

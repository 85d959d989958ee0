//! `raw-sql`: SQL that a person wrote, which needs an approval. What it does is other rules' matter as well.

use crate::operation::{Change, HOLE, Operation, Origin, Statement};
use crate::revision::RevisionContext;
use crate::rule::{Severity, Sink, declare_rule};
use crate::source::Span;

declare_rule! {
    /// ## What it does
    /// Finds SQL text that `upgrade` executes: `op.execute(..)`, a connection's `execute` and
    /// `exec_driver_sql`, `sa.text(..)`, `sa.DDL(..)`. One finding for each call, which says what the SQL does
    /// as far as it was understood.
    ///
    /// It is an error where a directive does the same, where rows change, or where the SQL is not understood. SQL
    /// that is understood and has no directive (`ALTER TYPE .. ADD VALUE`, extensions, views, functions, triggers,
    /// policies, grants) is an info: the rules about these judge it. In the preset `strict` it is always an error.
    ///
    /// Where another rule reports the same statement, that finding is enough: this one is left out if the other is as
    /// severe, or is a warning about lost objects, rows or SQL (in `strict`: only if it is an error). A comment that
    /// allows the other finding with a reason covers this one too; a comment that allows `raw-sql` alone covers
    /// nothing else.
    ///
    /// Left alone: `SELECT` of rows, `SET LOCAL .._timeout`, `COMMENT ON`, `VALIDATE CONSTRAINT`,
    /// `ADD CONSTRAINT .. USING INDEX`, and SQLAlchemy statements (`sa.update(t)`), which are no text.
    ///
    /// ## Why is this bad?
    /// A directive says what it does, is checked by SQLAlchemy, and is written for the database at hand. SQL
    /// text is none of that: a typing error is found when it runs, and a reviewer must read it word by word.
    /// That is why it needs somebody's approval.
    ///
    /// ## Example
    /// ```python bad
    /// op.execute("ALTER TABLE account ADD COLUMN age integer")
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.add_column("account", sa.Column("age", sa.Integer()))
    /// ```
    /// Where there is no directive for it, approve it with a reason:
    /// ```python
    /// # alembic-lint: allow[raw-sql] -- there is no directive for extensions
    /// op.execute("CREATE EXTENSION citext")
    /// ```
    ///
    /// ## References
    /// - `strong_migrations`: executing SQL directly
    /// - pandadoc/migration-lint: restricted operations
    "raw-sql", Sql, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let Some(upgrade) = &context.revision.upgrade else { return };
    let written: Vec<&Operation> = upgrade
        .operations
        .iter()
        .filter(|operation| operation.is_raw_sql() && !is_harmless(operation))
        .collect();
    let mut done: Vec<Span> = Vec::new();
    for first in &written {
        if done.contains(&first.span) {
            continue;
        }
        done.push(first.span);
        let of_call: Vec<&Operation> =
            written.iter().filter(|operation| operation.span == first.span).copied().collect();
        let report = sink
            .report(first.span, message(&of_call))
            .call_sites(&first.call_sites)
            .help(help(&of_call))
            .yields();
        let settings = context.settings;
        if !settings.is_strict() && !settings.severity.contains_key(RULE.name) {
            report.severity(
                of_call.iter().map(|operation| severity(operation)).max().unwrap_or(Severity::Error),
            );
        }
    }
}

/// How many things a message lists before it counts the rest.
const LISTED: usize = 3;

fn message(operations: &[&Operation]) -> String {
    let mut statements: Vec<&str> = operations.iter().filter_map(|operation| operation.sql()).collect();
    statements.dedup();
    let count = match statements.len() {
        0 | 1 => String::new(),
        count => format!(" of {count} statements"),
    };
    let mut effects: Vec<String> = Vec::new();
    for operation in operations {
        let effect = effect(operation);
        if !effects.contains(&effect) {
            effects.push(effect);
        }
    }
    let rest = effects.len().saturating_sub(LISTED);
    effects.truncate(LISTED);
    let more = if rest > 0 { format!(", and {rest} more") } else { String::new() };
    format!("hand-written SQL{count} {}{more}", effects.join(", "))
}

fn effect(operation: &Operation) -> String {
    if let Some(function) = called_function(operation) {
        return format!("calls `{function}`");
    }
    match &operation.change {
        Change::Execute(execute) => match &execute.statement {
            Statement::OnTable(about) if about.table.name.known().is_some() => {
                format!("runs `{}` on {}", about.verb, about.table.quoted())
            }
            Statement::OnTable(about) => format!("runs `{}`", about.verb),
            Statement::Other { verb } => format!("runs `{verb}`"),
            Statement::Unparsed => "does what could not be parsed".to_owned(),
            Statement::Unknown => "does what only running the revision would tell".to_owned(),
            _ => operation.summary(),
        },
        _ => operation.summary(),
    }
}

fn help(operations: &[&Operation]) -> String {
    let approve = "allow it: `# alembic-lint: allow[raw-sql] -- <reason>`";
    match operations {
        [only] if !matches!(only.change, Change::Execute(_)) => {
            format!("write it as `op.{}(..)`, or {approve}", only.change.directive())
        }
        _ => approve.to_owned(),
    }
}

/// How much a person's look is needed.
fn severity(operation: &Operation) -> Severity {
    let Change::Execute(execute) = &operation.change else { return Severity::Error };
    if is_dynamic(operation) {
        return Severity::Error;
    }
    let is_understood = match &execute.statement {
        Statement::Select => called_function(operation).is_some_and(|name| is_among(name, WITHOUT_DIRECTIVE)),
        Statement::Other { verb } => is_definition(verb),
        Statement::Insert { .. }
        | Statement::Update { .. }
        | Statement::Delete { .. }
        | Statement::Truncate { .. }
        | Statement::DropDatabase { .. }
        | Statement::Transaction
        | Statement::Unparsed
        | Statement::Unknown => false,
        _ => true,
    };
    if is_understood { Severity::Info } else { Severity::Error }
}

/// Whether a statement that is kept by its first words defines something and runs no code of its own.
fn is_definition(verb: &str) -> bool {
    let mut words = verb.split_whitespace();
    let first = words.next().unwrap_or_default();
    let kind = words.next().unwrap_or_default();
    match first {
        "CREATE" | "ALTER" => !kind.is_empty(),
        // `DROP OWNED` drops whatever a role owns.
        "DROP" => !matches!(kind, "" | "OWNED" | "DATABASE" | "TABLESPACE"),
        "GRANT" | "REVOKE" | "COMMENT" | "ANALYZE" | "REFRESH" | "REINDEX" | "VACUUM" | "CLUSTER"
        | "OPTIMIZE" | "LOCK" | "UNLOCK" | "SECURITY" | "NOTIFY" | "FLUSH" | "USE" => true,
        _ => false,
    }
}

/// Whether nobody has to look: it changes no rows and no structure, or only checks what is there.
fn is_harmless(operation: &Operation) -> bool {
    match &operation.change {
        Change::CreateTableComment(_) | Change::DropTableComment(_) => true,
        Change::Execute(execute) => match &execute.statement {
            Statement::Select => called_function(operation).is_none() && !is_dynamic(operation),
            Statement::Comment
            | Statement::ValidateConstraint { .. }
            | Statement::ConstraintUsingIndex { .. } => true,
            Statement::Set { name, local: true } => {
                name.known().is_some_and(|name| name.ends_with("_timeout"))
            }
            // Nothing shows that it is text at all; `dynamic-sql` speaks of it.
            Statement::Unknown => operation.sql().is_some_and(|sql| sql.trim() == HOLE),
            _ => false,
        },
        _ => false,
    }
}

fn is_dynamic(operation: &Operation) -> bool {
    matches!(operation.origin, Origin::RawSql { dynamic: true, .. })
}

/// Functions that only read; any other one that is all a `SELECT` calls may change something (`setval`).
const READING: &str = "array_agg avg cast coalesce concat count current_database current_schema current_setting database \
    date enum_range exists format generate_series group_concat ifnull json_agg json_array_elements \
    jsonb_array_elements jsonb_object_keys length lower max min now nullif pg_get_constraintdef \
    pg_get_serial_sequence quote_ident replace sqlite_version strftime string_agg substring sum \
    to_regclass trim unnest upper version";

/// Functions whose effect is known and that no directive stands for: sequences, settings, locks, extensions.
const WITHOUT_DIRECTIVE: &str = "setval set_config pg_advisory_lock pg_advisory_xact_lock pg_advisory_unlock \
    create_hypertable add_dimension set_chunk_time_interval add_retention_policy remove_retention_policy \
    add_compression_policy remove_compression_policy add_continuous_aggregate_policy \
    remove_continuous_aggregate_policy create_distributed_table create_reference_table";

/// The function that a `SELECT f(..)` is there to call.
fn called_function(operation: &Operation) -> Option<&str> {
    let Change::Execute(execute) = &operation.change else { return None };
    let sql = operation.sql().filter(|_| execute.statement == Statement::Select)?.trim_start();
    let (keyword, rest) = sql.split_at_checked("select".len())?;
    let (name, _) = rest.trim_start().split_once('(')?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
    (keyword.eq_ignore_ascii_case("select") && is_name && !is_among(name, READING)).then_some(name)
}

/// Whether a list holds the function, whatever its schema.
fn is_among(function: &str, list: &str) -> bool {
    let plain = function.rsplit('.').next().unwrap_or(function);
    list.split_whitespace().any(|name| name.eq_ignore_ascii_case(plain))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::config::Settings;
    use crate::rule::Severity;
    use crate::testing::Tester;

    fn upgrade(body: &str) -> Tester {
        Tester::new(&RULE).upgrade(body)
    }

    #[test]
    fn every_spelling() {
        for call in [
            "op.execute('CREATE EXTENSION citext')",
            "op.execute(sa.text('CREATE EXTENSION citext'))",
            "op.get_bind().execute(sa.text('CREATE EXTENSION citext'))",
            "op.get_bind().exec_driver_sql('CREATE EXTENSION citext')",
            "with op.batch_alter_table('t') as b:\n    b.execute('CREATE EXTENSION citext')",
        ] {
            upgrade(call).finds(&["hand-written SQL"]);
        }
    }

    #[test]
    fn one_finding_for_each_call() {
        upgrade("op.execute('UPDATE a SET x = 1; DELETE FROM b')")
            .finds(&["hand-written SQL of 2 statements"]);
        upgrade("op.execute('ALTER TABLE a DROP COLUMN x, DROP COLUMN y')").finds(&["hand-written SQL"]);
        upgrade("for t in ('a', 'b'):\n    op.execute(f'DELETE FROM {t}')")
            .finds(&["hand-written SQL of 2 statements"]);
        upgrade("op.execute('DELETE FROM a')\nop.execute('DELETE FROM b')").finds(&["SQL", "SQL"]);
    }

    #[test]
    fn harmless_statements() {
        for sql in [
            "SELECT id FROM t",
            "SELECT count(*) FROM t",
            "SET LOCAL lock_timeout = 5000",
            "COMMENT ON COLUMN t.a IS 'x'",
            "COMMENT ON TABLE t IS 'x'",
            "ALTER TABLE t VALIDATE CONSTRAINT c",
            "ALTER TABLE t ADD CONSTRAINT c UNIQUE USING INDEX i",
        ] {
            upgrade(&format!("op.execute(\"{sql}\")")).ok();
        }
    }

    #[test]
    fn a_select_that_is_a_call() {
        upgrade("op.execute(\"SELECT setval('s', 1)\")").finds(&["calls `setval`"]);
        upgrade("op.execute(\"SELECT create_hypertable('t', 'time')\")")
            .finds(&["calls `create_hypertable`"]);
    }

    #[test]
    fn settings_that_stay() {
        upgrade("op.execute('SET lock_timeout = 5000')").finds(&["hand-written SQL"]);
    }

    #[test]
    fn understood_sql_without_a_directive_is_an_info() {
        for sql in [
            "ALTER TYPE mood ADD VALUE 'sad'",
            "CREATE EXTENSION citext",
            "CREATE VIEW v AS SELECT 1",
            "DROP VIEW v",
            "CREATE FUNCTION f() RETURNS int AS 'SELECT 1' LANGUAGE sql",
            "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
            "CREATE POLICY p ON t",
            "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
            "GRANT SELECT ON t TO reader",
            "ALTER INDEX i RENAME TO j",
            "CREATE TYPE mood AS ENUM ('ok')",
            "SET search_path TO x",
            "SELECT setval('s', 1)",
        ] {
            upgrade(&format!("op.execute(\"{sql}\")")).has_severity(Severity::Info);
        }
    }

    #[test]
    fn what_a_directive_does_what_changes_rows_and_what_is_not_understood_is_an_error() {
        for sql in [
            "ALTER TABLE t ADD COLUMN a int",
            "CREATE INDEX i ON t (a)",
            "UPDATE t SET a = 1 WHERE b",
            "INSERT INTO t VALUES (1)",
            "DELETE FROM t WHERE a",
            "DO $$ BEGIN PERFORM 1; END $$",
            "CALL p()",
            "SELECT refill()",
            "FROBNICATE t",
            "COMMIT",
            "DROP OWNED BY reader",
            "CREATE EXTENSION citext; UPDATE t SET a = 1 WHERE b",
        ] {
            upgrade(&format!("op.execute(\"{sql}\")")).has_severity(Severity::Error);
        }
        upgrade("op.execute(f'CREATE EXTENSION {op.get_bind().name}')").has_severity(Severity::Error);
    }

    #[test]
    fn strict_and_a_configured_severity_hold_for_all_sql() {
        let call = "op.execute('CREATE EXTENSION citext')";
        let with = |severity| Settings {
            severity: [("raw-sql".to_owned(), severity)].into(),
            ..Settings::default()
        };
        upgrade(call).settings(with(Severity::Error)).has_severity(Severity::Error);
        upgrade("op.execute('COMMIT')").settings(with(Severity::Info)).has_severity(Severity::Info);
        let strict = Settings { extend_select: vec!["strict".to_owned()], ..Settings::default() };
        let severities: Vec<_> = upgrade(call)
            .settings(strict)
            .findings()
            .into_iter()
            .filter(|(rule, _)| *rule == RULE.name)
            .map(|(_, severity)| severity)
            .collect();
        assert_eq!(severities, [Severity::Error]);
    }

    #[test]
    fn directives_and_statements_are_no_text() {
        upgrade("op.drop_table('t')").ok();
        upgrade("t = sa.table('t', sa.column('a'))\nop.execute(sa.update(t).values(a=1))").ok();
    }

    #[test]
    fn downgrade_is_not_judged() {
        upgrade("op.drop_table('t')").downgrade("op.execute('CREATE EXTENSION citext')").ok();
    }
}

//! `raw-sql`: SQL that a person wrote, which needs an approval. What it does is other rules' matter as well.

use crate::operation::{Change, HOLE, Operation, Origin, Statement};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};
use crate::source::Span;

declare_rule! {
    /// ## What it does
    /// Finds SQL text that `upgrade` executes: `op.execute(..)`, a connection's `execute` and
    /// `exec_driver_sql`, `sa.text(..)`, `sa.DDL(..)`. One finding for each call, which says what the SQL does
    /// as far as it was understood.
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
        sink.report(first.span, message(&of_call)).call_sites(&first.call_sites).help(help(&of_call));
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
    let approve = "approve it: `# alembic-lint: allow[raw-sql] -- <reason>`";
    match operations {
        [only] if !matches!(only.change, Change::Execute(_)) => {
            format!("write it as `op.{}(..)`, or {approve}", only.change.directive())
        }
        _ => approve.to_owned(),
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

/// The function that a `SELECT f(..)` is there to call.
fn called_function(operation: &Operation) -> Option<&str> {
    let Change::Execute(execute) = &operation.change else { return None };
    let sql = operation.sql().filter(|_| execute.statement == Statement::Select)?.trim_start();
    let (keyword, rest) = sql.split_at_checked("select".len())?;
    let (name, _) = rest.trim_start().split_once('(')?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
    let plain = name.rsplit('.').next().unwrap_or(name);
    let is_reading = READING.split(' ').any(|reading| reading.eq_ignore_ascii_case(plain));
    (keyword.eq_ignore_ascii_case("select") && is_name && !is_reading).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::RULE;
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
    fn directives_and_statements_are_no_text() {
        upgrade("op.drop_table('t')").ok();
        upgrade("t = sa.table('t', sa.column('a'))\nop.execute(sa.update(t).values(a=1))").ok();
    }

    #[test]
    fn downgrade_is_not_judged() {
        upgrade("op.drop_table('t')").downgrade("op.execute('CREATE EXTENSION citext')").ok();
    }
}

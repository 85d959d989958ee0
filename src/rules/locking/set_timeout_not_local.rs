//! `set-timeout-not-local`: a limit that stays for the next revision, or that does nothing.

use crate::operation::{Change, Operation, Statement};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds `SET lock_timeout` and its like that hold for the connection, and `SET LOCAL` in an `autocommit_block`, where it does
    /// nothing. On PostgreSQL.
    ///
    /// ## Why is this bad?
    /// `SET` holds until the connection ends: the revisions that run next inherit the limit, and a backfill that may take an hour
    /// stops after five seconds. `SET LOCAL` ends with the transaction; in an `autocommit_block` there is none, PostgreSQL says
    /// ```text
    /// WARNING:  SET LOCAL can only be used in transaction blocks
    /// ```
    /// and the statement that follows has no limit.
    ///
    /// ## Example
    /// ```python bad
    /// op.execute("SET lock_timeout = '5s'")
    /// op.add_column("invoice", sa.Column("note", sa.Text()))
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.execute("SET LOCAL lock_timeout = '5s'")
    /// op.add_column("invoice", sa.Column("note", sa.Text()))
    /// ```
    /// In an `autocommit_block`: `SET lock_timeout = '5s'` before, and `RESET lock_timeout` after the statement.
    ///
    /// ## References
    /// - [PostgreSQL: SET](https://www.postgresql.org/docs/current/sql-set.html)
    "set-timeout-not-local", Locking, Info,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

const TIMEOUTS: [&str; 4] =
    ["lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout", "transaction_timeout"];

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let Some(upgrade) = context.revision.upgrade_on_dialect().filter(|_| context.server.is_postgresql())
    else {
        return;
    };
    for (at, operation) in upgrade.operations.iter().enumerate() {
        let Some((setting, is_local)) = limit(operation).filter(|(setting, _)| !is_reset(operation, setting))
        else {
            continue;
        };
        let is_begun = upgrade.operations.iter().take(at).rfind(|one| is_transaction(one));
        let is_begun = is_begun.is_some_and(|last| last.first_word("begin") || last.first_word("start"));
        let is_set_back = upgrade.operations.iter().skip(at + 1).any(|later| is_reset(later, setting));
        let (message, help) = match (is_local, operation.autocommit) {
            (true, true) if !is_begun => (
                format!("`SET LOCAL {setting}` does nothing in an `autocommit_block`"),
                format!("write `SET {setting}`, and `RESET {setting}` after the statement"),
            ),
            (false, true) if !is_set_back => (
                format!("`SET {setting}` stays for all revisions that run after this one"),
                format!("write `RESET {setting}` after the statement"),
            ),
            (false, false) if !is_set_back => (
                format!("`SET {setting}` stays for all revisions that run after this one"),
                format!("write `SET LOCAL {setting}`, which ends with the transaction"),
            ),
            _ => continue,
        };
        sink.report(operation.span, message).call_sites(&operation.call_sites).help(help);
    }
}

/// The limit that is set, and whether for the transaction only.
fn limit(operation: &Operation) -> Option<(&str, bool)> {
    let Change::Execute(execute) = &operation.change else { return None };
    let Statement::Set { name, local } = &execute.statement else { return None };
    name.known().filter(|name| TIMEOUTS.contains(name)).map(|name| (name, *local))
}

fn is_transaction(operation: &Operation) -> bool {
    matches!(&operation.change, Change::Execute(execute) if execute.statement == Statement::Transaction)
}

fn is_reset(operation: &Operation, setting: &str) -> bool {
    let forms = [format!("reset {setting}"), format!("{setting} to default"), format!("{setting} default")];
    forms.iter().any(|form| operation.says(form)) || operation.says("reset all")
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    fn upgrade(body: &str) -> Tester {
        Tester::new(&RULE).upgrade(body)
    }

    #[test]
    fn for_too_long_or_for_nothing() {
        upgrade("op.execute(\"SET lock_timeout = '5s'\")").finds(&["`SET lock_timeout` stays"]);
        upgrade(
            "with op.get_context().autocommit_block():\n    op.execute(\"SET LOCAL statement_timeout = 0\")",
        )
        .finds(&["`SET LOCAL statement_timeout` does nothing"]);
    }

    #[test]
    fn as_it_should_be() {
        upgrade("op.execute(\"SET LOCAL lock_timeout = '5s'\")").ok();
        upgrade("op.execute(\"SET lock_timeout = '5s'\")\nop.execute('RESET lock_timeout')").ok();
        upgrade("op.execute('SET lock_timeout TO DEFAULT')").ok();
        upgrade("op.execute('SET role = x')").ok();
        upgrade("with op.get_context().autocommit_block():\n    op.execute('BEGIN')\n    op.execute(\"SET LOCAL lock_timeout = '5s'\")\n    op.execute('COMMIT')").ok();
    }
}

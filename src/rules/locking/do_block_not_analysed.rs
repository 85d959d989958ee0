//! `do-block-not-analysed`: a `DO` block does things that no rule has looked at.

use crate::operation::{Change, Operation, Statement};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};
use crate::source::Span;

declare_rule! {
    /// ## What it does
    /// Finds `DO` blocks in `upgrade` of which a part could not be read: statements that could not be parsed, and functions that are
    /// called with `PERFORM`. Statements that are put together with `EXECUTE` are `dynamic-sql`'s. On PostgreSQL.
    ///
    /// ## Why is this bad?
    /// The statements of a block are judged like any others, but what a function does, nobody sees here: it may lock tables,
    /// rewrite them, or delete rows.
    ///
    /// ## Example
    /// ```python bad
    /// op.execute("DO $$ BEGIN PERFORM rebuild_totals(); END $$")
    /// ```
    ///
    /// ## Use instead
    /// The statements themselves, outside of the block or in it:
    /// ```python good
    /// op.execute("DO $$ BEGIN UPDATE invoice SET total = net WHERE total IS NULL; END $$")
    /// ```
    ///
    /// ## References
    /// - pgfence: coverage
    /// - [PostgreSQL: DO](https://www.postgresql.org/docs/current/sql-do.html)
    "do-block-not-analysed", Locking, Info,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let mut found: Vec<Span> = Vec::new();
    let mut blocks: Vec<Span> = Vec::new();
    context.on_postgresql(
        |operation| is_block(operation) || is_unparsed(operation),
        |operation, _| {
            if is_block(operation) {
                blocks.push(operation.span);
            }
            let is_hidden = (is_block(operation) && operation.says("perform"))
                || (is_unparsed(operation) && blocks.contains(&operation.span));
            if !is_hidden || found.contains(&operation.span) {
                return;
            }
            found.push(operation.span);
            sink.report(
                operation.span,
                "a part of this `DO` block could not be read: no rule has looked at what it does",
            )
            .call_sites(&operation.call_sites)
            .help("look at it by hand, or write the statements out");
        },
    );
}

fn is_block(operation: &Operation) -> bool {
    matches!(
        &operation.change,
        Change::Execute(execute) if matches!(&execute.statement, Statement::Other { verb } if &**verb == "DO")
    )
}

fn is_unparsed(operation: &Operation) -> bool {
    matches!(&operation.change, Change::Execute(execute) if execute.statement == Statement::Unparsed)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    fn block(body: &str) -> Tester {
        Tester::new(&RULE).upgrade(&format!("op.execute(\"DO $$ BEGIN {body} END $$\")"))
    }

    #[test]
    fn functions_and_what_is_no_sql() {
        block("PERFORM f();").finds(&["a part of this `DO` block could not be read"]);
        block("ALTER TABLE t FROBNICATE;").finds(&["could not be read"]);
    }

    #[test]
    fn what_was_read() {
        block("UPDATE t SET a = 1; IF true THEN DROP TABLE t; END IF;").ok();
        Tester::new(&RULE).upgrade("op.execute('ALTER TABLE t FROBNICATE')").ok();
    }
}

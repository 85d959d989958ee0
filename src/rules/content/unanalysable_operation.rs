//! `unanalysable-operation`: places that could not be read, so that nobody takes them for clean.

use crate::operation::{Change, Operation, Origin, Statement};
use crate::revision::{RevisionContext, Unresolved};
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Names each place of `upgrade` that could not be read without running it, and why: arguments computed at
    /// run time, loops over what the database holds, code of other packages. SQL that is put together at run
    /// time is `dynamic-sql`'s.
    ///
    /// ## Why is this bad?
    /// It may be right, but no other rule has looked at it. What a program could not read, a person has to.
    ///
    /// ## Example
    /// ```python bad
    /// for name in sa.inspect(op.get_bind()).get_table_names():
    ///     op.drop_table(name)
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// for name in ("invoice", "receipt"):
    ///     op.drop_table(name)
    /// ```
    ///
    /// ## References
    /// - pgfence: analysis coverage
    "unanalysable-operation", Content, Info,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let Some(upgrade) = &context.revision.upgrade else { return };
    for unresolved in &upgrade.unresolved {
        if upgrade.operations.iter().any(|operation| is_dynamic_sql(operation, unresolved)) {
            continue;
        }
        sink.report(unresolved.span, unresolved.reason.trim_end_matches('.'))
            .help("check this place by hand, or write it with constants so that it can be read");
    }
}

fn is_dynamic_sql(operation: &Operation, unresolved: &Unresolved) -> bool {
    let is_dynamic = match (&operation.origin, &operation.change) {
        (Origin::RawSql { dynamic, .. }, _) => *dynamic,
        (_, Change::Execute(execute)) => execute.statement == Statement::Unknown,
        _ => false,
    };
    is_dynamic && (operation.span.contains(unresolved.span) || unresolved.span.contains(operation.span))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    fn upgrade(body: &str) -> Tester {
        Tester::new(&RULE).upgrade(body)
    }

    #[test]
    fn names_that_are_computed() {
        upgrade("op.drop_table(name())").finds(&[""]);
    }

    #[test]
    fn code_that_gets_op_and_is_not_here() {
        upgrade("from elsewhere import helper\nhelper(op)").finds(&[""]);
    }

    #[test]
    fn dynamic_sql_is_another_rule() {
        upgrade("op.execute(f'DELETE FROM {name()}')").ok();
    }

    #[test]
    fn what_can_be_read() {
        upgrade("for name in ('a', 'b'):\n    op.drop_table(name)").ok();
        upgrade("def drop(name):\n    op.drop_table(name)\ndrop('a')").ok();
    }

    #[test]
    fn downgrade_is_not_judged() {
        upgrade("op.drop_table('t')").downgrade("op.drop_table(name())").ok();
    }

    #[test]
    fn a_logger_changes_nothing() {
        upgrade("from app.core import logger\nlogger.info('x')").ok();
        upgrade("from app.core import get_logger\nget_logger(__name__)").ok();
        upgrade("import app.core\napp.core._log.warning('x')").ok();
        upgrade("from app.core import catalogue\ncatalogue.info('x')").finds(&["app.core.catalogue"]);
        upgrade("from app.core import logger\nlogger.write('x')").finds(&["app.core.logger.write"]);
    }
}

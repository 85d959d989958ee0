//! `exclude-constraint`: an exclusion constraint builds its index while the table is locked.

use crate::operation::{Change, ConstraintKind, CreateConstraint, Operation};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds exclusion constraints that `upgrade` adds to a table that was there before. On PostgreSQL.
    ///
    /// ## Why is this bad?
    /// The index is built and every row compared under an `ACCESS EXCLUSIVE` lock: nobody reads from the table or writes to it until
    /// the transaction has ended. There is no way to do it concurrently: it can be neither `NOT VALID` nor made of an index.
    ///
    /// ## Example
    /// ```python bad
    /// op.create_exclude_constraint("booking_overlap", "booking", ("room", "="), ("during", "&&"), using="gist")
    /// ```
    ///
    /// ## Use instead
    /// Create the constraint with the table. For a large table choose a time at which nobody needs it, set a `lock_timeout`, and
    /// approve.
    /// ```python good
    /// # alembic-lint: allow[exclude-constraint] -- 2,000 rows
    /// op.create_exclude_constraint("booking_overlap", "booking", ("room", "="), ("during", "&&"), using="gist")
    /// ```
    ///
    /// ## References
    /// - `strong_migrations`: adding an exclusion constraint; eugene: `E8`
    /// - [PostgreSQL: exclusion constraints](https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-EXCLUSION)
    "exclude-constraint", Locking, Warning,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    context.on_postgresql(
        |operation| exclusion(operation).is_some(),
        |operation, created| {
            let Some(create) = exclusion(operation).filter(|create| !created.may_have_table(&create.table))
            else {
                return;
            };
            sink.report(
                operation.span,
                format!(
                    "{} builds the index of an exclusion constraint while reads and writes of {} wait",
                    operation.subject(),
                    create.table.quoted()
                ),
            )
            .call_sites(&operation.call_sites)
            .help(
                "there is no concurrent way: choose a time at which nobody needs the table, and approve: \
                 `# alembic-lint: allow[exclude-constraint] -- <reason>`",
            );
        },
    );
}

fn exclusion(operation: &Operation) -> Option<&CreateConstraint> {
    match &operation.change {
        Change::CreateConstraint(create) if create.constraint.kind == ConstraintKind::Exclude => Some(create),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    fn upgrade(body: &str) -> Tester {
        Tester::new(&RULE).upgrade(body)
    }

    #[test]
    fn both_spellings() {
        upgrade("op.create_exclude_constraint('x', 't', ('a', '='), using='gist')")
            .finds(&["builds the index of an exclusion constraint while reads and writes of `t` wait"]);
        upgrade("op.execute('ALTER TABLE t ADD EXCLUDE USING gist (a WITH =)')").finds(&["this SQL"]);
    }

    #[test]
    fn a_new_table() {
        upgrade("op.create_table('t')\nop.create_exclude_constraint('x', 't', ('a', '='))").ok();
    }
}

//! `unnamed-constraint`: the database chooses the name, and nobody can drop the constraint portably. One that is dropped without
//! a name is `drop-without-name`'s.

use crate::fix::name_created;
use crate::history::schema::Step;
use crate::operation::{Argument, Change, ConstraintKind, Name, Operation, last_part};
use crate::project::NamingConvention;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds constraints without a name that `upgrade` adds to a table that was there before, in projects whose metadata has no
    /// naming convention.
    ///
    /// ## Why is this bad?
    /// The database makes up a name, each in its own way; SQLite makes up none. Autogenerate then writes `None` into `downgrade`,
    /// which always raises, and no later revision can drop the constraint without looking the name up in production:
    /// ```text
    /// Can't emit DROP CONSTRAINT for constraint UniqueConstraint(); it has no name
    /// ```
    ///
    /// ## Example
    /// ```python bad
    /// op.create_unique_constraint(None, "user", ["email"])
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.create_unique_constraint("uq_user_email", "user", ["email"])
    /// ```
    /// and, once for all, `SQLModel.metadata.naming_convention = {..}` before the models are defined.
    ///
    /// ## Fix safety
    /// Unsafe: it writes the name that the database chooses, so that databases that are there fit, and on SQLite one that says what the
    /// constraint is about. Columns that bring constraints along are not repaired.
    ///
    /// ## References
    /// - [Alembic: the importance of naming constraints](https://alembic.sqlalchemy.org/en/latest/naming.html)
    /// - Atlas: NM101 to NM106
    "unnamed-constraint", Style, Warning,
    preset: Recommended, fix: Sometimes, since: "0.1.0",
    check: Step(check),
}

fn check(step: &Step<'_>, sink: &mut Sink<'_>) {
    let context = &step.context;
    if context.directory.naming_convention != NamingConvention::None {
        return;
    }
    let Some(upgrade) = context.revision.upgrade_on_dialect() else { return };
    for operation in upgrade.operations.iter().filter(|operation| !operation.is_raw_sql()) {
        let Some((kind, table)) = unnamed(operation) else { continue };
        let report = sink
            .report(
                operation.span,
                format!("{} adds a {kind} without a name to {table}", operation.subject()),
            )
            .call_sites(&operation.call_sites)
            .help(
                "give it a name; or give the metadata a `naming_convention`, and autogenerate writes names",
            );
        if let Some(fix) = name_created(step, operation) {
            report.fix(fix);
        }
    }
}

/// What is added without a name, and to which table.
fn unnamed(operation: &Operation) -> Option<(&'static str, String)> {
    match &operation.change {
        Change::CreateConstraint(create) if create.constraint.name == Name::None => {
            let kind = match create.constraint.kind {
                ConstraintKind::ForeignKey => "foreign key",
                ConstraintKind::Unique => "unique constraint",
                ConstraintKind::Check => "check constraint",
                // A table has one, and every database knows which.
                ConstraintKind::PrimaryKey => return None,
                ConstraintKind::Exclude => "exclude constraint",
            };
            Some((kind, create.table.quoted()))
        }
        Change::AddColumn(add) => {
            let has_name = |name: Option<&Argument>| name.is_some_and(|name| *name != Argument::None);
            let is_bare = |item: &Argument| match item {
                Argument::Call(call) => {
                    last_part(&call.callee) == "ForeignKey" && !has_name(call.keyword("name"))
                }
                _ => false,
            };
            if add.column.items.iter().any(is_bare) {
                Some(("foreign key", add.table.quoted()))
            } else {
                add.column.unique.then(|| ("unique constraint", add.table.quoted()))
            }
        }
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
    fn every_kind() {
        upgrade("op.create_unique_constraint(None, 't', ['a'])")
            .finds(&["`op.create_unique_constraint` adds a unique constraint without a name to `t`"]);
        upgrade("op.create_foreign_key(None, 't', 'u', ['a'], ['id'])")
            .finds(&["a foreign key without a name"]);
        upgrade("with op.batch_alter_table('t') as b:\n    b.create_check_constraint(None, 'a > 0')")
            .finds(&["a check constraint"]);
        upgrade("op.add_column('t', sa.Column('a', sa.Integer(), sa.ForeignKey('u.id')))")
            .finds(&["a foreign key"]);
        upgrade("op.add_column('t', sa.Column('a', sa.Integer(), unique=True))")
            .finds(&["a unique constraint"]);
    }

    #[test]
    fn it_gets_the_name_that_the_database_chooses() {
        upgrade("op.create_unique_constraint(None, 't', ['a', 'b'])")
            .finds(&["a unique constraint"])
            .fixes_unsafely("(None, 't'", "('t_a_b_key', 't'");
        upgrade("op.create_foreign_key(None, 't', 'u', ['a'], ['id'])\nop.create_foreign_key(None, 't', 'v', ['a'], ['id'])")
            .finds(&["a foreign key", "a foreign key"])
            .fixes_unsafely(
                "(None, 't', 'u', ['a'], ['id'])\n    op.create_foreign_key(None,",
                "('t_a_fkey', 't', 'u', ['a'], ['id'])\n    op.create_foreign_key('t_a_fkey1',",
            );
        upgrade("for c in 'ab':\n    op.create_unique_constraint(None, 't', [c])")
            .finds(&["a unique constraint"])
            .without_fix();
        upgrade("op.add_column('t', sa.Column('a', sa.Integer(), unique=True))")
            .finds(&["a unique constraint"])
            .without_fix();
    }

    #[test]
    fn what_has_a_name_or_needs_none() {
        upgrade("op.create_unique_constraint('uq', 't', ['a'])").ok();
        upgrade("op.create_unique_constraint(name(), 't', ['a'])").ok();
        upgrade("op.add_column('t', sa.Column('a', sa.Integer(), sa.ForeignKey('u.id', name='fk')))").ok();
        upgrade("op.create_primary_key(None, 't', ['a'])").ok();
        upgrade("op.create_table('t', sa.Column('a', sa.Integer(), sa.ForeignKey('u.id')))").ok();
    }
}

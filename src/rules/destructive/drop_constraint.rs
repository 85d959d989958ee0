//! `drop-constraint`: a constraint that was there before is dropped and nothing takes its place.

use crate::operation::{Attribute, Change, ConstraintKind, DropConstraint, Operation};
use crate::revision::{Body, RevisionContext};
use crate::rule::{Severity, Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds constraints dropped by `upgrade`. It is silent where the constraint is replaced (one of the same
    /// name, or of the same kind on the same columns, is made in the same upgrade), where its table or column
    /// is dropped too (that is another rule's finding), where the same upgrade made it, and where a check said nothing but that a
    /// column is not NULL, which the same upgrade lets the column say itself.
    ///
    /// ## Why is this bad?
    /// From then on the database accepts rows that the constraint kept out. `downgrade` fails as soon as there
    /// is one. Dropping a primary key also takes away the foreign keys and the replication that need it, which
    /// is why it is an error.
    ///
    /// ## Example
    /// ```python bad
    /// op.drop_constraint("order_user_id_fkey", "order", type_="foreignkey")
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.drop_constraint("order_user_id_fkey", "order", type_="foreignkey")
    /// op.create_foreign_key("order_user_id_fkey", "order", "user", ["user_id"], ["id"], ondelete="CASCADE")
    /// ```
    ///
    /// ## References
    /// - squawk: `ban-drop-constraint`
    /// - Atlas: CD101
    "drop-constraint", Destructive, Warning,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let Some(upgrade) = &context.revision.upgrade else { return };
    upgrade.walk_picked(dropped, |operation, drop, created| {
        let constraint = context.revision.dropped_constraint(drop);
        if created.has_constraint(&drop.table, &drop.name)
            || upgrade.replaces_or_removes_owner(&constraint)
            || is_said_twice(context, upgrade, drop)
        {
            return;
        }
        let (kind, loss) = match constraint.kind {
            Some(ConstraintKind::ForeignKey) => {
                ("foreign key", "rows may then refer to rows that do not exist")
            }
            Some(ConstraintKind::Unique) => ("unique constraint", "duplicates are no longer kept out"),
            Some(ConstraintKind::Check) => ("check constraint", "values are no longer checked"),
            Some(ConstraintKind::PrimaryKey) => ("primary key", "rows can then no longer be told apart"),
            Some(ConstraintKind::Exclude) => ("exclude constraint", "rows may then overlap"),
            None => ("constraint", "rows that it kept out are then accepted"),
        };
        let of = drop.table.quoted();
        let article = if kind.starts_with('e') { "an" } else { "a" };
        let dropped = match drop.name.known() {
            Some(name) => format!("the {kind} `{name}` of {of}"),
            None if drop.table.name.known().is_none() => format!("{article} {kind} of {of}"),
            None => format!("{article} {kind} of {of} whose name only running the revision would tell"),
        };
        let report = sink.report(operation.span, format!("{} drops {dropped}: {loss}", operation.subject()));
        let report = report.call_sites(&operation.call_sites).help(
            "make its replacement in the same revision, or approve: \
             `# alembic-lint: allow[drop-constraint] -- <reason>`",
        );
        if constraint.kind == Some(ConstraintKind::PrimaryKey) {
            report.severity(Severity::Error);
        }
    });
}

fn dropped(operation: &Operation) -> Option<&DropConstraint> {
    match &operation.change {
        Change::DropConstraint(drop) => Some(drop),
        _ => None,
    }
}

/// Whether it is a check that demands of a column what the upgrade lets the column demand itself.
fn is_said_twice(context: &RevisionContext<'_>, upgrade: &Body, drop: &DropConstraint) -> bool {
    let checks = context.siblings.not_null_checks.iter();
    let mut columns = checks.filter(|(table, name, _)| **name == drop.name && table.is_same(&drop.table));
    columns.any(|(_, _, column)| {
        upgrade.operations.iter().any(|operation| match &operation.change {
            Change::AlterColumn(alter) => {
                alter.nullable == Attribute::Set(false)
                    && alter.column.known() == Some(&**column)
                    && alter.table.is_same(&drop.table)
            }
            _ => false,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rule::Severity;
    use crate::testing::Tester;

    const DROP: &str = "op.drop_constraint('fk', 'order', type_='foreignkey')";

    fn upgrade(body: &str) -> Tester {
        Tester::new(&RULE).upgrade(body)
    }

    #[test]
    fn every_spelling() {
        upgrade(DROP).finds(&["`op.drop_constraint` drops the foreign key `fk` of `order`"]);
        upgrade("with op.batch_alter_table('order') as b:\n    b.drop_constraint('uq', type_='unique')")
            .finds(&["`batch_op.drop_constraint` drops the unique constraint `uq` of `order`"]);
        upgrade("op.execute('ALTER TABLE t DROP CONSTRAINT c')")
            .finds(&["this SQL drops the constraint `c` of `t`"]);
    }

    #[test]
    fn a_primary_key_is_an_error() {
        upgrade(DROP).has_severity(Severity::Warning);
        upgrade("op.drop_constraint('pk', 't', type_='primary')").has_severity(Severity::Error);
    }

    #[test]
    fn replaced() {
        let key = |name: &str, columns: &str| {
            format!(
                "op.create_foreign_key('{name}', 'order', 'user', ['{columns}'], ['id'], ondelete='CASCADE')"
            )
        };
        upgrade(&format!("{DROP}\n{}", key("fk", "user_id"))).ok();
        upgrade(&format!("{DROP}\n{}", key("new", "user_id"))).downgrade(&key("fk", "user_id")).ok();
        upgrade(&format!("{DROP}\n{}", key("new", "owner_id")))
            .downgrade(&key("fk", "user_id"))
            .finds(&["`fk`"]);
        upgrade(
            "op.drop_constraint('uq', 't', type_='unique')\nop.create_index('ix', 't', ['a'], unique=True)",
        )
        .downgrade("op.create_unique_constraint('uq', 't', ['a'])")
        .ok();
    }

    #[test]
    fn another_primary_key_takes_its_place() {
        upgrade("op.drop_constraint('pk', 't', type_='primary')\nop.create_primary_key('pk_t', 't', ['a'])")
            .ok();
    }

    #[test]
    fn dropped_with_its_table_or_column() {
        upgrade(&format!("{DROP}\nop.drop_table('order')")).ok();
        upgrade(&format!("{DROP}\nop.drop_column('order', 'user_id')"))
            .downgrade("op.create_foreign_key('fk', 'order', 'user', ['user_id'], ['id'])")
            .ok();
    }

    #[test]
    fn a_constraint_of_the_same_upgrade() {
        upgrade("op.create_check_constraint('ck', 't', 'a > 0')\nop.drop_constraint('ck', 't')").ok();
    }

    #[test]
    fn a_check_that_the_column_repeats() {
        let made = "op.create_check_constraint('ck', 't', 'a IS NOT NULL', postgresql_not_valid=True)\n\
                    op.create_check_constraint('quoted', 't', sa.text('\"a\" is not null'))\n\
                    op.create_check_constraint('other', 't', 'b IS NOT NULL')\n\
                    op.create_check_constraint('both', 't', 'a IS NOT NULL AND b > 0')";
        let history = |drop: &str| {
            let strict = "op.alter_column('t', 'a', nullable=False)\n";
            Tester::new(&RULE)
                .history(&[made, &format!("{strict}op.drop_constraint('{drop}', 't', type_='check')")])
        };
        history("ck").ok();
        history("quoted").ok();
        history("other").finds(&["`other`"]);
        history("both").finds(&["`both`"]);
        Tester::new(&RULE).history(&[made, "op.drop_constraint('ck', 't', type_='check')"]).finds(&["`ck`"]);
    }

    #[test]
    fn downgrade_is_not_judged() {
        upgrade("op.create_check_constraint('ck', 't', 'a > 0')")
            .downgrade("op.drop_constraint('ck', 't')")
            .ok();
    }
}

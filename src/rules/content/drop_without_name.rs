//! `drop-without-name`: a constraint or index called `None` is dropped.

use crate::operation::{Change, Name};
use crate::revision::{Body, RevisionContext};
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds `op.drop_constraint(None, ..)` and `op.drop_index(None, ..)`, in `upgrade` and in `downgrade`. Autogenerate writes the
    /// first where a model names no constraint and its metadata has no naming convention.
    ///
    /// ## Why is this bad?
    /// It never works. The call raises when it runs, most often in a downgrade during an incident:
    /// ```text
    /// sqlalchemy.exc.CompileError: Can't emit DROP CONSTRAINT for constraint UniqueConstraint(); it has no name
    /// ```
    /// `drop_index(None)` makes up a name that no index has.
    ///
    /// ## Example
    /// ```python bad
    /// op.drop_constraint(None, "user", type_="unique")
    /// ```
    ///
    /// ## Use instead
    /// The name that the database chose (on PostgreSQL `user_email_key`, see `\d user`), and a naming convention in the metadata, so
    /// that autogenerate knows names from now on:
    /// ```python good
    /// op.drop_constraint("user_email_key", "user", type_="unique")
    /// ```
    ///
    /// ## References
    /// - [Alembic: the importance of naming constraints](https://alembic.sqlalchemy.org/en/latest/naming.html)
    "drop-without-name", Content, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let bodies = [&context.revision.upgrade, &context.revision.downgrade];
    for operation in bodies.into_iter().flatten().flat_map(|body: &Body| &body.operations) {
        let (what, result) = match &operation.change {
            Change::DropConstraint(drop) if drop.name == Name::None => {
                (format!("a constraint without a name from {}", drop.table.quoted()), "it always raises")
            }
            Change::DropIndex(drop) if drop.name == Name::None => (
                format!("an index without a name from {}", drop.table.quoted()),
                "there is none of the name it makes up",
            ),
            _ => continue,
        };
        // One that may not run may have a name when it does.
        if operation.is_raw_sql() || operation.conditional {
            continue;
        }
        sink.report(operation.span, format!("{} drops {what}: {result}", operation.subject()))
            .call_sites(&operation.call_sites)
            .help(
                "give the name that it has in the database, and a `naming_convention` to the metadata, so that \
                 autogenerate writes names",
            );
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
    fn in_both_directions() {
        upgrade("op.drop_constraint(None, 't', type_='unique')")
            .finds(&["`op.drop_constraint` drops a constraint without a name from `t`: it always raises"]);
        upgrade("pass").downgrade("op.drop_constraint(None, 't', type_='foreignkey')").finds(&["from `t`"]);
        upgrade("with op.batch_alter_table('t') as b:\n    b.drop_constraint(None, type_='unique')")
            .finds(&["`batch_op.drop_constraint`"]);
        upgrade("op.drop_index(None, table_name='t')").finds(&["an index without a name from `t`"]);
    }

    #[test]
    fn names_are_fine_known_or_not() {
        upgrade("op.drop_constraint('uq', 't', type_='unique')").ok();
        upgrade("op.drop_constraint(name(), 't', type_='unique')").ok();
        upgrade("op.drop_constraint(op.f('uq'), 't')").ok();
        upgrade("op.create_unique_constraint(None, 't', ['a'])").ok();
    }
}

//! `drop-without-name`: a constraint or index called `None` is dropped.

use crate::fix::name_dropped;
use crate::history::schema::Step;
use crate::operation::{Change, Name};
use crate::revision::Body;
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
    /// ## Fix safety
    /// Unsafe, for it decides which constraint goes: the one that `upgrade` adds, else the only one of its kind that the table has. What
    /// `upgrade` adds without a name is looked up as the database names it.
    ///
    /// ## References
    /// - [Alembic: the importance of naming constraints](https://alembic.sqlalchemy.org/en/latest/naming.html)
    "drop-without-name", Content, Error,
    preset: Recommended, fix: Sometimes, since: "0.1.0",
    check: Step(check),
}

fn check(step: &Step<'_>, sink: &mut Sink<'_>) {
    let revision = step.context.revision;
    let bodies = [&revision.upgrade, &revision.downgrade];
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
        let report = sink
            .report(operation.span, format!("{} drops {what}: {result}", operation.subject()))
            .call_sites(&operation.call_sites)
            .help(
                "give the name that it has in the database, and a `naming_convention` to the metadata, so that \
                 autogenerate writes names",
            );
        if let Some(fix) = name_dropped(step, operation) {
            report.fix(fix);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::config::Settings;
    use crate::operation::Dialect;
    use crate::project::NamingConvention;
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

    const TABLE: &str = "op.create_table('t', sa.Column('id', sa.Integer()), sa.Column('a', sa.Integer()))";

    /// After a revision that made the table `t`.
    fn later(dialect: Dialect, upgrade: &str, downgrade: &str) -> Tester {
        let first = format!(
            "from alembic import op\nimport sqlalchemy as sa\nrevision = 'ba9876543210'\ndown_revision = None\n\n\
             def upgrade():\n    {TABLE}\n\ndef downgrade():\n    op.drop_table('t')\n"
        );
        let settings = Settings { dialect: Some(dialect), ..Settings::default() };
        self::upgrade(upgrade)
            .downgrade(downgrade)
            .file("versions/ba9876543210_x.py", &first)
            .settings(settings)
    }

    #[test]
    fn what_upgrade_adds_is_dropped_by_its_name() {
        let add = "op.create_unique_constraint(None, 't', ['a'])";
        let drop = "op.drop_constraint(None, 't', type_='unique')";
        let named = |name: &str| drop.replace("None", name);
        for (dialect, name) in
            [(Dialect::Postgresql, "'t_a_key'"), (Dialect::Mysql, "'a'"), (Dialect::Sqlite, "'uq_t_a'")]
        {
            later(dialect, add, drop).finds(&["from `t`"]).fixes_unsafely(drop, &named(name));
        }
        let key = "op.create_foreign_key(None, 't', 't', ['a'], ['id'])";
        let drop = "op.drop_constraint(None, 't', type_='foreignkey')";
        for (dialect, name) in
            [(Dialect::Postgresql, "t_a_fkey"), (Dialect::Mariadb, "t_ibfk_1"), (Dialect::Sqlite, "fk_t_a_t")]
        {
            let fixed = drop.replace("None", &format!("'{name}'"));
            later(dialect, key, drop).finds(&["from `t`"]).fixes_unsafely(drop, &fixed);
        }
        let given = "op.create_foreign_key('own', 't', 't', ['a'], ['id'])";
        later(Dialect::Postgresql, given, drop)
            .finds(&["from `t`"])
            .fixes_unsafely(drop, &drop.replace("None", "'own'"));
    }

    #[test]
    fn several_are_dropped_in_turn() {
        later(
            Dialect::Postgresql,
            "op.create_unique_constraint(None, 't', ['a'])\nop.create_unique_constraint(None, 't', ['id'])",
            "op.drop_constraint(None, 't', type_='unique')\nop.drop_constraint(constraint_name=None, table_name='t', type_='unique')",
        )
        .finds(&["from `t`", "from `t`"])
        .fixes_unsafely(
            "op.drop_constraint(None, 't', type_='unique')\n    op.drop_constraint(constraint_name=None,",
            "op.drop_constraint('t_id_key', 't', type_='unique')\n    op.drop_constraint(constraint_name='t_a_key',",
        );
    }

    #[test]
    fn the_warning_of_autogenerate_goes() {
        let warning = "# WARNING: constraint name is None; this directive will fail as\n    \
                       # rendered.  Add a name, or use a naming convention; see\n    \
                       # https://alembic.sqlalchemy.org/en/latest/naming.html\n    ";
        let drop = "op.drop_constraint(None, 't', type_='unique')";
        later(
            Dialect::Postgresql,
            "op.create_unique_constraint(None, 't', ['a'])",
            &format!("{}{drop}", warning.replace("\n    ", "\n")),
        )
        .finds(&["from `t`"])
        .fixes_unsafely(&format!("{warning}{drop}"), &drop.replace("None", "'t_a_key'"));
    }

    #[test]
    fn the_only_one_there_is() {
        let add = "op.create_unique_constraint('uq', 't', ['a'])";
        let drop = "op.drop_constraint(None, 't', type_='unique')";
        later(Dialect::Postgresql, &format!("{add}\n{drop}"), "pass")
            .finds(&["from `t`"])
            .fixes_unsafely(drop, "op.drop_constraint('uq', 't', type_='unique')");
    }

    #[test]
    fn a_convention_that_may_be_there() {
        let (add, drop) = (
            "op.create_unique_constraint(None, 't', ['a'])",
            "op.drop_constraint(None, 't', type_='unique')",
        );
        let body = |add: &str, drop: &str| {
            format!(
                "{add}\n    # ### end Alembic commands ###\n\n\ndef downgrade() -> None:\n    # ### commands auto generated by Alembic - please adjust! ###\n    {drop}"
            )
        };
        let named = |text: &str| text.replace("None", "op.f('t_a_key')");
        later(Dialect::Postgresql, add, drop)
            .naming_convention(NamingConvention::Unknown)
            .finds(&["from `t`"])
            .fixes_unsafely(&body(add, drop), &body(&named(add), &named(drop)));
        let convention =
            NamingConvention::Known(vec![("uq".into(), "uq_%(table_name)s_%(column_0_name)s".into())]);
        later(Dialect::Postgresql, add, drop)
            .naming_convention(convention)
            .finds(&["from `t`"])
            .fixes_unsafely(drop, &drop.replace("None", "op.f('uq_t_a')"));
    }

    #[test]
    fn which_one_is_not_known() {
        let drop = "op.drop_constraint(None, 't', type_='unique')";
        let two =
            "op.create_unique_constraint(None, 't', ['a'])\nop.create_unique_constraint(None, 't', ['id'])";
        later(Dialect::Postgresql, two, drop).finds(&["from `t`"]).without_fix();
        later(Dialect::Postgresql, "pass", drop).finds(&["from `t`"]).without_fix();
        upgrade("pass").downgrade(drop).finds(&["from `t`"]).without_fix();
        later(Dialect::Postgresql, "pass", "op.drop_index(None, table_name='t')")
            .finds(&["an index"])
            .without_fix();
    }

    #[test]
    fn names_are_fine_known_or_not() {
        upgrade("op.drop_constraint('uq', 't', type_='unique')").ok();
        upgrade("op.drop_constraint(name(), 't', type_='unique')").ok();
        upgrade("op.drop_constraint(op.f('uq'), 't')").ok();
        upgrade("op.create_unique_constraint(None, 't', ['a'])").ok();
    }
}

//! `drop-server-default`: code that still runs leaves the column out and fails.

use crate::history::schema::Step;
use crate::operation::{Attribute, Change, ServerDefault};
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds columns that are NOT NULL and lose their default in the database, unless the same revision made them.
    ///
    /// ## Why is this bad?
    /// Old code that still runs during the deployment, and every script that leaves the column out, fails from then on:
    /// ```text
    /// null value in column "state" of relation "invoice" violates not-null constraint
    /// Field 'state' doesn't have a default value
    /// ```
    ///
    /// ## Example
    /// ```python bad
    /// op.alter_column(
    ///     "invoice", "state", existing_type=sa.String(), existing_nullable=False, server_default=None
    /// )
    /// ```
    ///
    /// ## Use instead
    /// Drop the default in a later release, when all code that runs writes the column; or keep it: it costs nothing. Then approve:
    /// `# alembic-lint: allow[drop-server-default] -- every writer sets it since 4.2`.
    /// ```python good
    /// op.alter_column("invoice", "note", existing_type=sa.String(), existing_nullable=True, server_default=None)
    /// ```
    ///
    /// ## References
    /// - django-migration-linter: `NOT_NULL`
    /// - `PandaDoc` migration-lint
    "drop-server-default", Compatibility, Warning,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Step(check),
}

fn check(step: &Step<'_>, sink: &mut Sink<'_>) {
    step.walk(|moment, created| {
        let Change::AlterColumn(alter) = &moment.operation.change else { return };
        if alter.server_default != ServerDefault::None || created.has_table(&alter.table) {
            return;
        }
        let table = moment.schema.table(&alter.table).yes();
        let column = table.zip(alter.column.known()).and_then(|(table, name)| table.column(name).yes());
        let nullable = match alter.nullable {
            Attribute::Set(nullable) => Some(nullable),
            Attribute::Unchanged => alter.existing_nullable.or_else(|| column?.nullable),
            Attribute::Unknown => None,
        };
        let had_none = column.is_some_and(|column| column.server_default == Some(None));
        let is_own = column.is_some_and(|column| step.is_own(column.made));
        if nullable != Some(false) || had_none || is_own {
            return;
        }
        sink.report(
            moment.operation.span,
            format!(
                "{} takes the default from {}, which is NOT NULL: code that still runs and leaves it out fails",
                moment.operation.subject(),
                alter.table.quoted_column(&alter.column)
            ),
        )
        .call_sites(&moment.operation.call_sites)
        .help("keep the default until all code that runs writes the column; then drop it in a revision of its own");
    });
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::config::Settings;
    use crate::operation::Dialect;
    use crate::testing::Tester;

    const MAKE: &str = "op.create_table('t', sa.Column('a', sa.Integer(), server_default='1', nullable=False), sa.Column('b', sa.Integer(), server_default='1'), sa.Column('c', sa.Integer(), nullable=False))";

    fn then(upgrade: &str) -> Tester {
        Tester::new(&RULE).history(&[MAKE, upgrade])
    }

    #[test]
    fn every_spelling() {
        then("op.alter_column('t', 'a', server_default=None)").finds(&["takes the default from `t.a`"]);
        then("op.execute('ALTER TABLE t ALTER COLUMN a DROP DEFAULT')")
            .finds(&["this SQL takes the default"]);
        then("op.alter_column('t', 'b', nullable=False, server_default=None)").finds(&["`t.b`"]);
        Tester::new(&RULE)
            .upgrade("op.alter_column('x', 'a', existing_nullable=False, server_default=None)")
            .finds(&["`x.a`"]);
    }

    #[test]
    fn nobody_misses_it() {
        then("op.alter_column('t', 'b', server_default=None)").ok();
        then("op.alter_column('t', 'c', server_default=None)").ok();
        then("op.alter_column('t', 'a', server_default='2')").ok();
        then("op.add_column('t', sa.Column('d', sa.Integer(), server_default='1', nullable=False))\nop.alter_column('t', 'd', server_default=None)").ok();
        Tester::new(&RULE).upgrade("op.alter_column('x', 'a', server_default=None)").ok();
    }

    #[test]
    fn a_copy_of_a_table() {
        let mysql = |body: &str| {
            let settings = Settings { dialect: Some(Dialect::Mysql), ..Settings::default() };
            Tester::new(&RULE).settings(settings).upgrade(body)
        };
        let change = "op.execute('ALTER TABLE h CHANGE a c varchar(10) NOT NULL')";
        mysql(&format!("op.execute('CREATE TABLE h LIKE t')\n{change}")).ok();
        mysql(&format!("op.execute('CREATE TABLE IF NOT EXISTS h LIKE t')\n{change}")).finds(&["`h.a`"]);
        mysql(change).finds(&["`h.a`"]);
    }
}

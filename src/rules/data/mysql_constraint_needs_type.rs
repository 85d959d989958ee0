//! `mysql-constraint-needs-type`: MySQL drops nothing that is called by its name alone.

use crate::operation::{Change, Name, Origin};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds, in projects on MySQL and MariaDB, `drop_constraint` without `type_` and `drop_index` without `table_name`, in `upgrade` and
    /// in `downgrade`.
    ///
    /// ## Why is this bad?
    /// MySQL has a statement for each kind of constraint, and its indexes belong to tables. The call always fails:
    /// ```text
    /// NotImplementedError: No generic 'DROP CONSTRAINT' in MySQL - please specify constraint type
    /// Table 'app.no_table' doesn't exist
    /// ```
    ///
    /// ## Example
    /// ```python bad dialect=mysql
    /// op.drop_constraint("fk_order_user", "order")
    /// op.drop_index("ix_order_day")
    /// ```
    ///
    /// ## Use instead
    /// ```python good dialect=mysql
    /// op.drop_constraint("fk_order_user", "order", type_="foreignkey")
    /// op.drop_index("ix_order_day", table_name="order")
    /// ```
    ///
    /// ## References
    /// - `alembic/ddl/mysql.py`, `_mysql_drop_constraint`
    "mysql-constraint-needs-type", Data, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    if !context.server.is_mysql_like() {
        return;
    }
    let bodies = [context.revision.upgrade_on_dialect(), context.revision.downgrade_on_dialect()];
    for operation in bodies.into_iter().flatten().flat_map(|body| &body.operations) {
        let (lacks, help) = match &operation.change {
            Change::DropConstraint(drop) if drop.kind.is_none() => (
                "`type_`, without which there is no statement for it",
                "say which kind it is: `type_=\"foreignkey\"`, `\"unique\"`, `\"check\"` or `\"primary\"`",
            ),
            Change::DropIndex(drop) if drop.table.name == Name::None => {
                ("`table_name`: on MySQL an index belongs to a table", "add `table_name=`")
            }
            _ => continue,
        };
        if operation.origin != Origin::Directive {
            continue;
        }
        sink.report(operation.span, format!("{} lacks {lacks}", operation.subject()))
            .call_sites(&operation.call_sites)
            .help(help);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::config::Settings;
    use crate::operation::Dialect;
    use crate::testing::Tester;

    fn upgrade(body: &str) -> Tester {
        let settings = Settings { dialect: Some(Dialect::Mariadb), ..Settings::default() };
        Tester::new(&RULE).settings(settings).upgrade(body)
    }

    #[test]
    fn in_both_directions() {
        upgrade("op.drop_constraint('fk', 't')").finds(&["`op.drop_constraint` lacks `type_`"]);
        upgrade("pass").downgrade("op.drop_index('ix')").finds(&["`op.drop_index` lacks `table_name`"]);
        upgrade("with op.batch_alter_table('t') as b:\n    b.drop_constraint('fk')")
            .finds(&["`batch_op.drop_constraint`"]);
    }

    #[test]
    fn what_is_said() {
        upgrade("op.drop_constraint('fk', 't', type_='foreignkey')").ok();
        upgrade("op.drop_index('ix', table_name='t')").ok();
        upgrade("with op.batch_alter_table('t') as b:\n    b.drop_index('ix')").ok();
        Tester::new(&RULE).upgrade("op.drop_constraint('fk', 't')").ok();
    }
}

//! `invalid-directive-call`: a call of a directive that can only raise. A keyword that does nothing is
//! `ignored-keyword-argument`'s.

use crate::diagnostic::Fix;
use crate::fix::CallText;
use crate::operation::Misfit;
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds calls of Alembic's directives with arguments that they do not take: too many or too few, keywords that Alembic or
    /// SQLAlchemy refuse, among them the table that a batch object knows already, and objects, lists or texts in the place of
    /// something else. Names that parameters had in old releases of Alembic are left alone.
    ///
    /// ## Why is this bad?
    /// Python only notices when the line runs, in the middle of the upgrade. On MySQL and SQLite what ran before stays:
    /// ```text
    /// TypeError: Additional arguments should be named <dialectname>_<argument>, got 'concurrently'
    /// TypeError: add_column() got an unexpected keyword argument 'nullable'
    /// TypeError: drop_column() takes 3 positional arguments but 4 were given
    /// TypeError: drop_constraint() missing 1 required positional argument: 'table_name'
    /// TypeError: alembic.operations.ops.DropIndexOp() got multiple values for keyword argument 'table_name'
    /// TypeError: 'type' can be one of 'check', 'foreignkey', 'primary', 'unique', None
    /// TypeError: Column._set_parent() missing 2 required keyword-only arguments: 'all_names' and 'allow_replacements'
    /// TypeError: 'TextClause' object is not iterable
    /// TypeError: Boolean value of this clause is not defined
    /// ```
    /// `create_table` leaves out what is no column and no constraint, and says nothing: a list of columns makes
    /// ```text
    /// CREATE TABLE user ()
    /// ```
    ///
    /// ## Example
    /// ```python bad
    /// op.create_index("ix_user_email", "user", ["email"], concurrently=True)
    /// op.drop_constraint("uq_user_email")
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// with op.get_context().autocommit_block():
    ///     op.create_index("ix_user_email", "user", ["email"], postgresql_concurrently=True)
    /// op.drop_constraint("uq_user_email", "user", type_="unique")
    /// ```
    ///
    /// ## Fix safety
    /// Safe: a misspelt keyword gets the name that was meant; the call could only fail.
    ///
    /// ## References
    /// - [Alembic: operation directives](https://alembic.sqlalchemy.org/en/latest/ops.html)
    "invalid-directive-call", Content, Error,
    preset: Recommended, fix: Sometimes, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let bodies = [&context.revision.upgrade, &context.revision.downgrade];
    for call in bodies.into_iter().flatten().flat_map(|body| &body.misfits) {
        let object = if call.batch { "batch_op" } else { "op" };
        let directive = format!("`{object}.{}`", call.directive);
        let (problem, help) = match &call.misfit {
            // Those have rules of their own.
            Misfit::Ignored(_)
            | Misfit::PlainText
            | Misfit::Colon(_)
            | Misfit::AllTables(_)
            | Misfit::Letters { .. } => continue,
            Misfit::Refused(keyword) => (
                format!("refuses `{keyword}=` with a TypeError"),
                match call.misfit.meant(call.directive) {
                    Some(meant) => format!("write `{meant}=`"),
                    None => format!("remove `{keyword}=`"),
                },
            ),
            Misfit::TooMany(more) => {
                let arguments = if *more == 1 { "argument" } else { "arguments" };
                (
                    format!("is given {more} positional {arguments} too many and raises a TypeError"),
                    "give what comes last by keyword, or remove it".to_owned(),
                )
            }
            Misfit::Missing(parameter) => {
                (format!("lacks `{parameter}` and raises a TypeError"), format!("add `{parameter}`"))
            }
            Misfit::Unfit { parameter, given, wanted } => (
                format!("is given {given} for `{parameter}`, which takes {wanted}: it cannot work"),
                format!("give `{parameter}` {wanted}"),
            ),
        };
        let report = sink.report(call.span, format!("{directive} {problem}")).help(help);
        let Misfit::Refused(keyword) = &call.misfit else { continue };
        let renamed = call.misfit.meant(call.directive).and_then(|meant| {
            let edit = CallText::new(context.text(), call.span)?.rename_keyword(keyword, meant)?;
            Some(Fix::safe(format!("write `{meant}=` instead of `{keyword}=`"), vec![edit]))
        });
        if let Some(fix) = renamed {
            report.fix(fix);
        }
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
    fn keywords_that_are_refused() {
        let found = upgrade("op.create_index('ix', 't', ['a'], concurrently=True)")
            .finds(&["`op.create_index` refuses `concurrently=` with a TypeError"]);
        assert_eq!(found.help(), "write `postgresql_concurrently=`");
        found.fixes("concurrently=", "postgresql_concurrently=");
        upgrade("op.add_column('t', sa.Column('a', sa.Text()), nullable=False)")
            .finds(&["refuses `nullable=`"]);
        upgrade("op.rename_table('a', 'b', if_exists=True)").finds(&["refuses `if_exists=`"]);
        upgrade("op.create_index('ix', 't', ['a'], mysql_algorithm='INPLACE')")
            .finds(&["`mysql_algorithm=`"]);
        upgrade("op.create_table('t', sa.Column('a', sa.Text()), cascade=True)").finds(&["`cascade=`"]);
        upgrade("pass")
            .downgrade("op.drop_table('t', cascade=True)")
            .finds(&["`op.drop_table` refuses `cascade=`"]);
    }

    #[test]
    fn too_many_and_too_few() {
        upgrade("op.drop_column('t', 'a', 's')").finds(&["is given 1 positional argument too many"]);
        upgrade("op.drop_constraint('uq')").finds(&["`op.drop_constraint` lacks `table_name`"]);
        upgrade("op.create_index('ix', 't')").finds(&["lacks `columns`"]);
        upgrade("with op.batch_alter_table('t') as b:\n    b.drop_column('t', 'a')")
            .finds(&["`batch_op.drop_column` is given 1 positional argument too many"]);
    }

    #[test]
    fn values_that_do_not_fit() {
        let found = upgrade("op.drop_column('t', sa.Column('a', sa.Text()))")
            .finds(&["`op.drop_column` is given a `Column` object for `column_name`, which takes a name"]);
        assert_eq!(found.help(), "give `column_name` a name");
        upgrade("op.create_index('ix', 't', sa.text('lower(a)'))")
            .finds(&["a `text` object for `columns`, which takes a list"]);
        upgrade("op.create_index('ix', 't', sa.func.lower('a'))").finds(&["an expression for `columns`"]);
        upgrade("op.rename_table(sa.table('t'), 'u')").finds(&["a `table` object for `old_table_name`"]);
        upgrade("t = op.create_table('t', sa.Column('a', sa.Text()))\nop.create_index('ix', t, ['a'])")
            .finds(&["a `Table` object for `table_name`"]);
        upgrade("op.drop_table(['t', 'u'])").finds(&["a list for `table_name`, which takes one name"]);
        upgrade("op.drop_index(sa.Index('ix', 'a'))").finds(&["an `Index` object for `index_name`"]);
        upgrade("op.drop_constraint(sa.UniqueConstraint('a', name='uq'), 't')")
            .finds(&["a `UniqueConstraint` object for `constraint_name`"]);
        upgrade("op.drop_constraint('uq', 't', type_='foreign')").finds(&["a text for `type_`"]);
        upgrade("op.add_column('t', 'a')").finds(&["a text for `column`, which takes a `sa.Column`"]);
        upgrade("op.bulk_insert('t', [])").finds(&["a text for `table`"]);
        upgrade("op.create_table('t', [sa.Column('a', sa.Text())])")
            .finds(&["`op.create_table` is given a list for `*columns`, which takes a `sa.Column` each"]);
        upgrade("op.create_table('t', sa.Column('a', sa.Text()), 'b')").finds(&["a text for `*columns`"]);
        upgrade("op.bulk_insert(sa.table('t'), {})").finds(&["a dictionary for `rows`"]);
    }

    #[test]
    fn a_batch_object_knows_its_table() {
        let batch = |call: &str| upgrade(&format!("with op.batch_alter_table('t') as b:\n    b.{call}"));
        batch("drop_index('ix', table_name='t')")
            .finds(&["`batch_op.drop_index` refuses `table_name=` with a TypeError"]);
        batch("alter_column('a', nullable=False, schema='s')").finds(&["refuses `schema=`"]);
        batch("create_foreign_key('fk', 'u', ['a'], ['b'], source_table='t')")
            .finds(&["refuses `source_table=`"]);
        batch("drop_constraint('uq', 't')").finds(&["a text for `type_`"]);
        batch("create_unique_constraint('uq', ['a'])").ok();
    }

    #[test]
    fn calls_that_work() {
        upgrade("op.create_table('t', sa.Column('a', sa.Text()), sa.Column('b', sa.Text()), comment='x', mysql_engine='InnoDB', extend_existing=True)").ok();
        upgrade("op.create_foreign_key('fk', 't', 'u', ['a'], ['id'], ondelete='CASCADE', use_alter=True, postgresql_not_valid=True)").ok();
        upgrade("op.drop_index('ix')").ok();
        upgrade("op.drop_constraint('uq', 't')").ok();
        upgrade("op.create_index('ix', 't', columns=['a'], unique=True, postgresql_where=sa.text('a > 0'))")
            .ok();
        upgrade("op.drop_table(sa.table('t'))").ok();
        upgrade("op.drop_constraint('uq', sa.table('t'))").ok();
        upgrade("op.create_index('ix', 't', [sa.text('lower(a)')])").ok();
        upgrade("op.create_index('ix', 't', columns())").ok();
        upgrade("op.create_index(*arguments())").ok();
        upgrade("op.drop_constraint('uq', **more())").ok();
        upgrade("op.create_index(name='ix', tablename='t', columns=['a'])").ok();
    }
}

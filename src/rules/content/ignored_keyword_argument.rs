//! `ignored-keyword-argument`: a directive takes a keyword and does nothing with it. One that is refused is
//! `invalid-directive-call`'s.

use crate::diagnostic::Fix;
use crate::fix::CallText;
use crate::operation::Misfit;
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds keyword arguments that `alter_column`, `drop_column` and others take and never look at: `type=` for `type_=`,
    /// `default=` for `server_default=`, `cascade=True`, `if_exists=` where there is no such thing.
    ///
    /// ## Why is this bad?
    /// These directives end in `**kw`, so nobody complains. The upgrade succeeds, the revision is stamped, and what it says has not
    /// happened: the column keeps its type, dependent objects stay.
    ///
    /// ## Example
    /// ```python bad
    /// op.alter_column("user", "age", type=sa.BigInteger())
    /// op.drop_column("user", "legacy_name", cascade=True)
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.alter_column("user", "age", type_=sa.BigInteger())
    /// op.drop_column("user", "legacy_name")
    /// ```
    ///
    /// ## Fix safety
    /// Unsafe: from then on the revision does what it says, which nobody has seen yet.
    ///
    /// ## References
    /// - [Alembic: operation directives](https://alembic.sqlalchemy.org/en/latest/ops.html)
    "ignored-keyword-argument", Content, Error,
    preset: Recommended, fix: Sometimes, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let bodies = [&context.revision.upgrade, &context.revision.downgrade];
    for call in bodies.into_iter().flatten().flat_map(|body| &body.misfits) {
        let Misfit::Ignored(keyword) = &call.misfit else { continue };
        let object = if call.batch { "batch_op" } else { "op" };
        let help = match call.misfit.meant(call.directive) {
            Some(meant) => format!("write `{meant}=`"),
            None => "remove it; what it should do needs a statement of its own".to_owned(),
        };
        let report = sink
            .report(
                call.span,
                format!("`{object}.{}` takes `{keyword}=` and does nothing with it", call.directive),
            )
            .help(help);
        let renamed = call.misfit.meant(call.directive).and_then(|meant| {
            let edit = CallText::new(context.text(), call.span)?.rename_keyword(keyword, meant)?;
            Some(Fix::unsafe_(format!("write `{meant}=` instead of `{keyword}=`"), vec![edit]))
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
    fn what_is_swallowed() {
        let found = upgrade("op.alter_column('t', 'a', type=sa.Text())")
            .finds(&["`op.alter_column` takes `type=` and does nothing with it"]);
        assert_eq!(found.help(), "write `type_=`");
        found.fixes_unsafely("type=", "type_=");
        upgrade("op.drop_column('t', 'a', cascade=True)").finds(&["`op.drop_column` takes `cascade=`"]);
        upgrade("with op.batch_alter_table('t') as b:\n    b.alter_column('a', default='x')")
            .finds(&["`batch_op.alter_column` takes `default=`"]);
        upgrade("op.create_unique_constraint('uq', 't', ['a'], if_not_exists=True)")
            .finds(&["`if_not_exists=`"]);
        upgrade("pass").downgrade("op.drop_column('t', 'a', force=True)").finds(&["`force=`"]);
    }

    #[test]
    fn what_means_something() {
        upgrade("op.alter_column('t', 'a', type_=sa.Text(), existing_type=sa.Text(), existing_comment='x', postgresql_using='a', autoincrement=True, mssql_drop_default=True)").ok();
        upgrade("op.drop_column('t', 'a', schema='s', if_exists=True, mssql_drop_check=True)").ok();
        upgrade("op.drop_index('ix', table_name='t', if_exists=True)").ok();
        upgrade("op.alter_column('t', 'a', **options())").ok();
        upgrade("op.my_directive('t', anything=True)").ok();
    }
}

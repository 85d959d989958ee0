//! `async-upgrade`: Alembic calls `upgrade` and does not wait for it.

use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds `async def upgrade` and `async def downgrade`.
    ///
    /// ## Why is this bad?
    /// An `env.py` for asyncio runs revisions with `connection.run_sync(..)`: inside them everything is synchronous, and Alembic calls
    /// `upgrade()` like any function. A coroutine is made and thrown away, nothing happens, the revision is stamped:
    /// ```text
    /// RuntimeWarning: coroutine 'upgrade' was never awaited
    /// ```
    ///
    /// ## Example
    /// ```python bad
    /// async def upgrade():
    ///     op.add_column("user", sa.Column("age", sa.Integer()))
    ///
    /// def downgrade():
    ///     op.drop_column("user", "age")
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// def upgrade():
    ///     op.add_column("user", sa.Column("age", sa.Integer()))
    ///
    /// def downgrade():
    ///     op.drop_column("user", "age")
    /// ```
    ///
    /// ## References
    /// - [Alembic: using asyncio](https://alembic.sqlalchemy.org/en/latest/cookbook.html#using-asyncio-with-alembic)
    "async-upgrade", Content, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let bodies = [("upgrade", &context.revision.upgrade), ("downgrade", &context.revision.downgrade)];
    for (name, body) in bodies {
        if let Some(body) = body.as_ref().filter(|body| body.is_async) {
            sink.report(
                body.span,
                format!("`{name}` is a coroutine, which Alembic never awaits: nothing happens"),
            )
            .help("take `async` away; `op` is synchronous under `run_sync` as well");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    fn file(text: &str) -> Tester {
        Tester::new(&RULE).file("versions/a_x.py", &format!("from alembic import op\nrevision = 'a'\n{text}"))
    }

    #[test]
    fn coroutines() {
        file("async def upgrade():\n    op.drop_table('t')\n").finds(&["`upgrade` is a coroutine"]);
        file("def upgrade():\n    pass\nasync def downgrade():\n    pass\n").finds(&["`downgrade`"]);
        file("def upgrade():\n    op.drop_table('t')\n").ok();
    }
}

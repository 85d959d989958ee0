//! `no-op-operation`: a directive that sends nothing to the database.

use crate::diagnostic::Fix;
use crate::fix::remove;
use crate::operation::{AlterColumn, Argument, Attribute, Change, Name, Operation, Origin, ServerDefault};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds `alter_column` that says only what is there (`existing_type=..`), and `batch_alter_table` with nothing in it.
    /// An empty `autocommit_block` is left alone: entering it commits what was done before.
    ///
    /// ## Why is this bad?
    /// Alembic sends nothing for them. Either something was left out, such as the `nullable=False` that the message speaks of, or
    /// they are leftovers that a reader has to think about. An empty batch may still copy the table on SQLite.
    ///
    /// ## Example
    /// ```python bad
    /// op.alter_column("invoice", "state", existing_type=sa.String(), existing_nullable=True)
    /// with op.batch_alter_table("invoice") as batch_op:
    ///     pass
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.alter_column("invoice", "state", existing_type=sa.String(), nullable=False)
    /// ```
    ///
    /// ## Fix safety
    /// Blocks with nothing in them are taken away; that is safe. Taking away the call of `alter_column` is unsafe: perhaps
    /// something was left out.
    ///
    /// ## References
    /// - [Alembic: `alter_column`](https://alembic.sqlalchemy.org/en/latest/ops.html#alembic.operations.Operations.alter_column)
    "no-op-operation", Content, Warning,
    preset: Recommended, fix: Sometimes, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let bodies = [&context.revision.upgrade, &context.revision.downgrade];
    for body in bodies.into_iter().flatten() {
        // What is unpacked there is not known.
        let is_known = |operation: &Operation| !operation.span.of(context.text()).contains("**");
        let is_valid = |operation: &Operation| body.misfits.iter().all(|call| call.span != operation.span);
        let idle =
            |operation: &&Operation| sends_nothing(operation) && is_known(operation) && is_valid(operation);
        for operation in body.operations.iter().filter(idle) {
            let report = sink
                .report(
                    operation.span,
                    format!("{} says only what is there: it changes nothing", operation.subject()),
                )
                .call_sites(&operation.call_sites)
                .help("say what is to change, or take it away");
            let is_once = body.operations.iter().filter(|other| other.span == operation.span).count() == 1;
            let is_here = is_once && operation.call_sites.is_empty();
            if let Some(edit) = remove(context.text(), operation.span).filter(|_| is_here) {
                report.fix(Fix::unsafe_("take it away", vec![edit]).taking_operations());
            }
        }
        for block in &body.idle_blocks {
            let report =
                sink.report(*block, "this block holds nothing: it changes nothing").help("take it away");
            if let Some(edit) = remove(context.text(), *block) {
                report.fix(Fix::safe("take it away", vec![edit]).taking_operations());
            }
        }
    }
}

fn sends_nothing(operation: &Operation) -> bool {
    let Change::AlterColumn(alter) = &operation.change else { return false };
    operation.origin == Origin::Directive && !changes(alter)
}

fn changes(alter: &AlterColumn) -> bool {
    // Options of a dialect may change something; other names are swallowed, which is for `ignored-keyword-argument`.
    let is_said = |(key, value): &(Box<str>, Argument)| {
        !(key.starts_with("existing_") || *value == Argument::None && &**key == "autoincrement")
    };
    alter.nullable != Attribute::Unchanged
        || alter.server_default != ServerDefault::NotGiven
        || alter.type_.is_some()
        || alter.new_name != Name::None
        || alter.comment.is_some()
        || alter.options.iter().any(is_said)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    fn upgrade(body: &str) -> Tester {
        Tester::new(&RULE).upgrade(body)
    }

    #[test]
    fn what_changes_nothing() {
        upgrade("op.alter_column('t', 'a', existing_type=sa.Text(), existing_nullable=True)\nop.drop_column('t', 'b')")
            .finds(&["`op.alter_column` says only what is there"])
            .fixes_unsafely("op.alter_column('t', 'a', existing_type=sa.Text(), existing_nullable=True)\n    ", "");
        upgrade("with op.batch_alter_table('t') as b:\n    pass\nop.drop_column('t', 'b')")
            .finds(&["this block holds nothing"])
            .fixes("with op.batch_alter_table('t') as b:\n        pass\n    ", "");
        upgrade("pass").downgrade("op.alter_column('t', 'a')").finds(&["`op.alter_column`"]);
    }

    #[test]
    fn what_changes_something_or_is_said_elsewhere() {
        upgrade("op.alter_column('t', 'a', existing_type=sa.Text(), nullable=True)").ok();
        upgrade("op.alter_column('t', 'a', existing_type=sa.Integer(), autoincrement=True)").ok();
        upgrade("op.alter_column('t', 'a', type=sa.Text())").ok();
        upgrade("op.alter_column('t', 'a', **options())").ok();
        upgrade("with op.batch_alter_table('t') as b:\n    b.drop_column('a')").ok();
        upgrade("with something():\n    pass").ok();
        // Entering it commits what was done before.
        upgrade("with op.get_context().autocommit_block():\n    pass").ok();
        upgrade("op.alter_column('t', sa.Enum('a', name='e'))").ok();
        upgrade("op.alter_column('t', sa.Column('a', sa.Text()))").ok();
    }
}

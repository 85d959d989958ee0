//! `unrunnable-type`: autogenerate wrote a type that cannot be called so.

use crate::operation::{Argument, Change, last_part};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds types that autogenerate writes and Python or SQLAlchemy refuses: `sa.NullType()`, and `ChoiceType(length=..)` and
    /// `TimezoneType(length=..)` of `SQLAlchemy-Utils`; in `upgrade` and `downgrade`.
    ///
    /// ## Why is this bad?
    /// The first stands for a type that SQLAlchemy did not know when it read the database, most often in the `downgrade` of a dropped
    /// column. The others are printed by their arguments in the database, which are not those of the class. Each always fails:
    /// ```text
    /// AttributeError: module 'sqlalchemy' has no attribute 'NullType'
    /// CompileError: Can't generate DDL for NullType(); did you forget to specify a type on this Column?
    /// TypeError: ChoiceType.__init__() got an unexpected keyword argument 'length'
    /// ```
    ///
    /// ## Example
    /// ```python bad
    /// op.add_column("place", sa.Column("area", sa.NullType(), nullable=True))
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.add_column("place", sa.Column("area", sa.Text(), nullable=True))
    /// ```
    /// Write the type that the column has; for a choice that is `sa.String(length=255)`.
    ///
    /// ## References
    /// - [SQLAlchemy: `NullType`](https://docs.sqlalchemy.org/en/20/core/type_api.html#sqlalchemy.types.NullType)
    "unrunnable-type", Content, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let bodies = [&context.revision.upgrade, &context.revision.downgrade];
    for operation in bodies.into_iter().flatten().flat_map(|body| &body.operations) {
        let mut types: Vec<&Argument> = Vec::new();
        if let Some((_, columns)) = operation.change.new_columns() {
            types.extend(columns.iter().filter_map(|column| column.type_.as_ref()));
        }
        if let Change::AlterColumn(alter) = &operation.change {
            types.extend(&alter.type_);
        }
        let Some((name, instead)) = types.into_iter().find_map(refused) else { continue };
        sink.report(
            operation.span,
            format!("{} is given `{name}`, which cannot be: it always fails", operation.subject()),
        )
        .call_sites(&operation.call_sites)
        .help(instead);
    }
}

/// A type that is refused, and what to write.
fn refused(type_: &Argument) -> Option<(&'static str, &'static str)> {
    let path = type_.path()?;
    match (type_, last_part(path)) {
        (_, "NullType") if path.starts_with("sqlalchemy.") => {
            Some(("NullType()", "write the type that the column has in the database"))
        }
        (Argument::Call(call), "ChoiceType") if call.keyword("length").is_some() => {
            Some(("ChoiceType(length=..)", "write `sa.String(length=..)`"))
        }
        (Argument::Call(call), "TimezoneType") if call.keyword("length").is_some() => {
            Some(("TimezoneType(length=..)", "write `sa.String(length=..)`"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    fn column(type_: &str) -> Tester {
        Tester::new(&RULE)
            .header("import sqlalchemy_utils")
            .upgrade(&format!("op.add_column('t', sa.Column('a', {type_}))"))
    }

    #[test]
    fn what_is_refused() {
        column("sa.NullType()").finds(&["`op.add_column` is given `NullType()`"]);
        column("sa.types.NullType()").finds(&["`NullType()`"]);
        column("sqlalchemy_utils.types.choice.ChoiceType(length=255)").finds(&["`ChoiceType(length=..)`"]);
        Tester::new(&RULE)
            .upgrade("pass")
            .downgrade("op.alter_column('t', 'a', type_=sa.types.NullType())")
            .finds(&["`op.alter_column`"]);
    }

    #[test]
    fn what_can_be() {
        column("sa.Text()").ok();
        column("sqlalchemy_utils.types.choice.ChoiceType(CHOICES)").ok();
    }
}

//! `suppression-without-reason`: comments that approve without saying why.

use crate::rule::{Sink, declare_rule};
use crate::suppression::{Reason, Suppressions};

declare_rule! {
    /// ## What it does
    /// Finds suppression comments that give no reason. They silence nothing.
    ///
    /// ## Why is this bad?
    /// Deleting data is sometimes right. Who reads the revision later, in a review or after an incident, needs
    /// to know why it was right here.
    ///
    /// ## Example
    /// ```python bad
    /// op.drop_table("user")  # alembic-lint: allow[drop-table]
    /// ```
    ///
    /// ## Use instead
    /// Write two dashes and the reason behind the brackets:
    /// ```python good
    /// op.drop_table("user")  # alembic-lint: allow[drop-table] -- moved to the account service in 4.2
    /// ```
    "suppression-without-reason", Style, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Suppressions(check),
}

fn check(suppressions: &Suppressions<'_>, sink: &mut Sink<'_>) {
    for suppression in suppressions.judged() {
        let directive = &suppression.directive;
        if directive.mistake.is_some() {
            continue;
        }
        let word = directive.scope.word();
        let (message, help) = match directive.reason {
            Reason::Given => continue,
            Reason::Missing => (
                format!("`{word}[..]` gives no reason, so it silences nothing"),
                "add ` -- ` and why this is right here",
            ),
            Reason::Unmarked => (
                format!("what follows `{word}[..]` is not marked as its reason, so it silences nothing"),
                "write ` -- ` between the brackets and the reason",
            ),
        };
        sink.report_in(suppression.file, directive.span, message).help(help);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    fn with(comment: &str) -> Tester {
        Tester::new(&RULE).upgrade(&format!("op.drop_table('user')  # alembic-lint: {comment}"))
    }

    #[test]
    fn a_reason_follows_two_dashes() {
        with("allow[drop-table] -- moved in 4.2").ok();
        with("allow[drop-table]").finds(&["`allow[..]` gives no reason"]);
        with("allow[drop-table] --").finds(&["`allow[..]` gives no reason"]);
        with("allow[drop-table]  # noqa: E501").finds(&["`allow[..]` gives no reason"]);
        with("allow[drop-table]: moved").finds(&["what follows `allow[..]` is not marked as its reason"]);
    }

    #[test]
    fn comments_that_are_no_suppression_are_another_rules() {
        with("allow drop-table").ok();
        Tester::new(&RULE).upgrade("op.drop_table('user')  # noqa").ok();
    }
}

//! The registry (stand-in).

use crate::rule::Rule;

/// Rules about the form of the file.
pub mod style {
    pub mod suppression_without_reason;
    pub mod unknown_rule_in_suppression;
    pub mod unused_suppression;
}

/// All rules.
pub static RULES: &[&Rule] = &[
    &style::suppression_without_reason::RULE,
    &style::unknown_rule_in_suppression::RULE,
    &style::unused_suppression::RULE,
];

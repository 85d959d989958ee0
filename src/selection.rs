//! Which rules run at which severity (stand-in).

use crate::rule::{Rule, Severity};
use crate::rules::RULES;

/// The rules of a run.
#[derive(Debug, Clone)]
pub struct Selection {
    rules: Vec<(&'static Rule, Severity)>,
}

impl Selection {
    /// Rules with their severities.
    pub fn of(rules: &[&'static Rule]) -> Self {
        Self { rules: rules.iter().map(|rule| (*rule, rule.severity)).collect() }
    }

    /// All rules.
    pub fn all() -> Self {
        Self::of(RULES)
    }

    /// The severity of a rule that runs.
    pub fn severity(&self, rule: &Rule) -> Option<Severity> {
        self.rules.iter().find(|(r, _)| r.name == rule.name).map(|(_, severity)| *severity)
    }

    /// The rules that run.
    pub fn rules(&self) -> impl Iterator<Item = (&'static Rule, Severity)> + '_ {
        self.rules.iter().copied()
    }
}

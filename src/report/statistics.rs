//! `--statistics`: how often each rule spoke, instead of each finding.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{Findings, Look};
use crate::rule::Severity;

struct Tally {
    count: usize,
    fixable: usize,
    severity: Severity,
}

/// One line per rule, most findings first: number, rule, `[*]` where all can be fixed, `[-]` where some can.
pub fn render(findings: &Findings<'_>, look: Look) -> String {
    let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
    for diagnostic in findings.diagnostics {
        let tally = tallies.entry(diagnostic.rule.name).or_insert(Tally {
            count: 0,
            fixable: 0,
            severity: diagnostic.severity,
        });
        tally.count += 1;
        tally.fixable += usize::from(look.marks(diagnostic));
        tally.severity = tally.severity.max(diagnostic.severity);
    }
    let mut rows: Vec<_> = tallies.into_iter().collect();
    rows.sort_by_key(|(_, tally)| std::cmp::Reverse(tally.count));
    let digits = rows.first().map_or(1, |(_, tally)| tally.count.to_string().len());
    let name_width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let mut out = String::new();
    for (name, tally) in rows {
        let mark = match tally.fixable {
            0 => "   ".to_owned(),
            fixable if fixable == tally.count => look.paint.good("[*]"),
            _ => look.paint.good("[-]"),
        };
        let severity = look.paint.severity(tally.severity, tally.severity);
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{:>digits$}  {mark}  {name:<name_width$}  {severity}", tally.count);
    }
    out
}

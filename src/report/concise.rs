//! `--output-format concise`: one line per finding, for editors, `grep` and long lists.

use std::fmt::Write;

use super::place::{Places, one_line};
use super::{Findings, Look};

/// `path:line:column: severity[rule] message [*]`, where `[*]` says that a fix is available.
pub fn render(findings: &Findings<'_>, look: Look) -> String {
    let paint = look.paint;
    let mut places = Places::new(findings.project);
    let mut out = String::new();
    for (diagnostic, suppressed) in findings.shown() {
        let place = places.place(diagnostic.file, diagnostic.span);
        let severity = paint.severity(diagnostic.severity, diagnostic.severity);
        let mark = if let Some(suppressed) = suppressed {
            format!(" (suppressed: {})", one_line(&suppressed.reason))
        } else if look.marks(diagnostic) {
            format!(" {}", paint.good("[*]"))
        } else {
            String::new()
        };
        let mut rules: Vec<&str> = diagnostic.details.iter().map(|detail| detail.rule).collect();
        rules.dedup();
        let parts = if rules.is_empty() { String::new() } else { format!(" (with {})", rules.join(", ")) };
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "{}:{}:{}: {severity}[{}] {}{parts}{mark}",
            paint.bold(one_line(place.path)),
            place.line,
            place.column,
            diagnostic.rule.name,
            one_line(&diagnostic.message),
        );
    }
    out
}

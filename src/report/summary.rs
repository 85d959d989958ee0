//! The lines after the findings: how many, what can be fixed, and what was not judged.

use std::fmt::Write;

use super::{Findings, Look, counted};
use crate::diagnostic::Applicability;
use crate::rule::Severity;

/// What the summary speaks of beside the findings.
#[derive(Debug, Clone, Copy, Default)]
pub struct Circumstances<'a> {
    /// What told applied revisions from new ones (`in origin/main`).
    pub source: Option<&'a str>,
    /// Whether git alone told.
    pub is_git: bool,
    /// Findings that were repaired; `None` where no repair was asked for.
    pub fixed: Option<usize>,
}

/// A few lines, each ended.
pub fn render(findings: &Findings<'_>, circumstances: Circumstances<'_>, look: Look) -> String {
    let mut out = String::new();
    let mut line = |text: &str| {
        let _ = writeln!(out, "{text}");
    };
    let (applied, judged) =
        (findings.summary.applied, findings.summary.files.saturating_sub(findings.summary.applied));
    let remaining = findings.diagnostics.len();
    let fixed = circumstances.fixed.unwrap_or_default();
    if remaining + fixed > 0 {
        line(&format!(
            "Found {}{}.",
            counted(remaining + fixed, "finding"),
            details(findings, circumstances)
        ));
    }
    let revisions = counted(judged, "revision") + &left_out(applied);
    if judged == 0 && applied > 0 {
        let opening = if remaining + fixed > 0 {
            "No revision was judged by its content"
        } else {
            "Nothing was judged"
        };
        line(&look.paint.caution(nothing_judged(opening, applied, circumstances)));
    } else if judged == 0 {
        line("There is no revision left to judge.");
    } else if remaining + fixed == 0 {
        line(&format!("{} in {revisions}.", look.paint.good("No findings")));
    } else {
        line(&format!("Checked {revisions}."));
    }
    if let Some(hint) = fix_hint(findings, look) {
        line(&hint);
    }
    if findings.summary.suppressed > 0 {
        line(&format!("{} suppressed by comments.", counted(findings.summary.suppressed, "finding")));
    }
    out
}

fn left_out(applied: usize) -> String {
    match applied {
        0 => String::new(),
        1 => "; 1 applied one is not judged (`--all` judges it)".to_owned(),
        applied => format!("; {applied} applied ones are not judged (`--all` judges them)"),
    }
}

/// A run that checked nothing must not look like one that found nothing.
fn nothing_judged(opening: &str, applied: usize, circumstances: Circumstances<'_>) -> String {
    let source = circumstances.source.map_or_else(String::new, |source| format!(" ({source})"));
    let switch = if circumstances.is_git { "applied-ref = false" } else { "--applied-ref false" };
    let which = if applied == 1 {
        format!("the only revision is applied{source}")
    } else {
        format!("all {applied} revisions are applied{source}")
    };
    format!(
        "{opening}: {which}. `--all` judges applied revisions too, `{switch}` counts every revision as new."
    )
}

fn details(findings: &Findings<'_>, circumstances: Circumstances<'_>) -> String {
    let remaining = findings.diagnostics.len();
    if let Some(fixed) = circumstances.fixed {
        return format!(" ({fixed} fixed, {remaining} remaining)");
    }
    let count = |severity| findings.diagnostics.iter().filter(|d| d.severity == severity).count();
    let parts: Vec<_> =
        [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Info, "info")]
            .into_iter()
            .map(|(severity, name)| (count(severity), name))
            .filter(|(count, _)| *count > 0)
            .map(|(count, name)| counted(count, name))
            .collect();
    format!(" ({})", parts.join(", "))
}

/// "[*] 1 fixable with `--fix`, 2 more with `--unsafe-fixes`."
fn fix_hint(findings: &Findings<'_>, look: Look) -> Option<String> {
    let count = |applicability| {
        let fixes = findings.diagnostics.iter().filter_map(|diagnostic| diagnostic.fix.as_ref());
        fixes.filter(|fix| fix.applicability == applicability).count()
    };
    let (safe, unsafe_) = (count(Applicability::Safe), count(Applicability::Unsafe));
    let mark = look.paint.good("[*]");
    match (safe, unsafe_, look.applicability) {
        (0, 0, _) => None,
        (safe, 0, _) => Some(format!("{mark} {safe} fixable with `--fix`.")),
        (safe, unsafe_, Applicability::Unsafe) => {
            Some(format!("{mark} {} fixable with `--fix --unsafe-fixes`.", safe + unsafe_))
        }
        (0, unsafe_, Applicability::Safe) => Some(format!("{unsafe_} fixable with `--fix --unsafe-fixes`.")),
        (safe, unsafe_, Applicability::Safe) => {
            Some(format!("{mark} {safe} fixable with `--fix`, {unsafe_} more with `--unsafe-fixes`."))
        }
    }
}

//! `--output-format json`: the findings for programs. The keys and their order are a promise.

use rayon::prelude::*;
use serde::Serialize;
use serde::ser::Error as _;

use super::Findings;
use super::place::Places;
use crate::diagnostic::{Applicability, Detail, Diagnostic, Fix, Suppressed};

#[derive(Serialize)]
struct Document<'a> {
    version: u8,
    diagnostics: [(); 0],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressed: Vec<Finding<'a>>,
    summary: Numbers,
}

/// As deep as the findings stand in the document, so that the text between the brackets can move there.
#[derive(Serialize)]
struct Part<'a> {
    diagnostics: Vec<Finding<'a>>,
}

#[derive(Serialize)]
struct Finding<'a> {
    rule: &'a str,
    category: &'a str,
    severity: &'static str,
    message: &'a str,
    help: Option<&'a str>,
    path: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    revision: Option<&'a str>,
    url: Option<String>,
    fix: Option<Repair<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    details: Vec<PartOfFinding<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressed: Option<Reasoned<'a>>,
}

/// A finding of another rule that is a part of this one.
#[derive(Serialize)]
struct PartOfFinding<'a> {
    rule: &'a str,
    message: &'a str,
    line: u32,
    column: u32,
}

/// Why a finding is suppressed, and where the comment is.
#[derive(Serialize)]
struct Reasoned<'a> {
    reason: &'a str,
    line: u32,
}

#[derive(Serialize)]
struct Repair<'a> {
    applicability: &'static str,
    description: &'a str,
    edits: Vec<Replacement<'a>>,
}

/// Byte offsets in the text of the file.
#[derive(Serialize)]
struct Replacement<'a> {
    start: u32,
    end: u32,
    content: &'a str,
}

#[derive(Serialize)]
struct Numbers {
    files: usize,
    errors: usize,
    warnings: usize,
    infos: usize,
    fixable: usize,
    suppressed: usize,
    applied: usize,
}

/// How many findings are written at a time by one thread.
const PART: usize = 256;
/// The length that few findings exceed.
const USUAL_BYTES: usize = 1 << 10;

/// The findings and their numbers as one JSON document, in parts that follow each other.
pub fn render(findings: &Findings<'_>) -> Result<Vec<String>, serde_json::Error> {
    let summary = findings.summary;
    let mut places = Places::new(findings.project);
    let document = Document {
        version: 1,
        diagnostics: [],
        suppressed: findings.suppressed.iter().map(|found| suppressed(found, &mut places)).collect(),
        summary: Numbers {
            files: summary.files,
            errors: summary.errors,
            warnings: summary.warnings,
            infos: summary.infos,
            fixable: summary.fixable,
            suppressed: summary.suppressed,
            applied: summary.applied,
        },
    };
    let frame = serde_json::to_string_pretty(&document)? + "\n";
    let Some((before, after)) = frame.split_once("[]").filter(|_| !findings.diagnostics.is_empty()) else {
        return Ok(vec![frame]);
    };
    let parts = findings.diagnostics.par_chunks(PART).enumerate();
    let mut parts = parts
        .map(|(index, part)| items(if index == 0 { "[" } else { "," }, part, findings))
        .collect::<Result<Vec<_>, _>>()?;
    parts.insert(0, before.to_owned());
    parts.push(format!("\n  ]{after}"));
    Ok(parts)
}

/// The findings as they stand in the document, behind a bracket or a comma.
fn items(
    before: &str,
    diagnostics: &[Diagnostic],
    findings: &Findings<'_>,
) -> Result<String, serde_json::Error> {
    let mut places = Places::new(findings.project);
    let part = Part { diagnostics: diagnostics.iter().map(|found| finding(found, &mut places)).collect() };
    let mut bytes = Vec::with_capacity(diagnostics.len() * USUAL_BYTES);
    serde_json::to_writer_pretty(&mut bytes, &part)?;
    let mut text = String::from_utf8(bytes).map_err(serde_json::Error::custom)?;
    if let (Some(start), Some(end)) = (text.find('['), text.rfind("\n  ]")) {
        text.truncate(end);
        text.replace_range(..=start, before);
    }
    Ok(text)
}

fn finding<'a>(diagnostic: &'a Diagnostic, places: &mut Places<'a>) -> Finding<'a> {
    let place = places.place(diagnostic.file, diagnostic.span);
    let details = diagnostic.details.iter().map(|detail| detail_of(detail, diagnostic, places)).collect();
    Finding {
        rule: diagnostic.rule.name,
        category: diagnostic.rule.category.name(),
        severity: diagnostic.severity.name(),
        message: &diagnostic.message,
        help: diagnostic.help.as_deref(),
        path: place.path,
        line: place.line,
        column: place.column,
        end_line: place.end_line,
        end_column: place.end_column,
        revision: diagnostic.revision.as_deref(),
        url: diagnostic.rule.url(),
        fix: diagnostic.fix.as_ref().map(repair),
        details,
        suppressed: None,
    }
}

/// A suppressed finding with the reason.
fn suppressed<'a>(found: &'a Suppressed, places: &mut Places<'a>) -> Finding<'a> {
    let line = places.place(found.diagnostic.file, found.comment).line;
    let suppressed = Some(Reasoned { reason: &found.reason, line });
    Finding { suppressed, ..finding(&found.diagnostic, places) }
}

fn detail_of<'a>(detail: &'a Detail, of: &Diagnostic, places: &mut Places<'a>) -> PartOfFinding<'a> {
    let place = places.place(of.file, detail.span);
    PartOfFinding { rule: detail.rule, message: &detail.message, line: place.line, column: place.column }
}

fn repair(fix: &Fix) -> Repair<'_> {
    Repair {
        applicability: match fix.applicability {
            Applicability::Safe => "safe",
            Applicability::Unsafe => "unsafe",
        },
        description: &fix.description,
        edits: fix
            .edits
            .iter()
            .map(|edit| Replacement { start: edit.span.start, end: edit.span.end, content: &edit.content })
            .collect(),
    }
}

//! `--output-format json`: the findings for programs. The keys and their order are a promise.

use rayon::prelude::*;
use serde::Serialize;

use super::Findings;
use super::place::Places;
use crate::diagnostic::{Applicability, Diagnostic, Fix};

#[derive(Serialize)]
struct Document {
    version: u8,
    diagnostics: [(); 0],
    summary: Numbers,
}

/// What stands behind a key of a finding.
enum Value<'a> {
    Text(Option<&'a str>),
    Number(u32),
    Fix(Option<&'a Fix>),
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
    let document = Document {
        version: 1,
        diagnostics: [],
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
    let mut parts = findings
        .diagnostics
        .par_chunks(PART)
        .enumerate()
        .map(|(index, part)| items(if index == 0 { '[' } else { ',' }, part, findings))
        .collect::<Result<Vec<_>, _>>()?;
    parts.insert(0, before.to_owned());
    parts.push(format!("\n  ]{after}"));
    Ok(parts)
}

/// The findings as they stand in the document, behind a bracket or a comma.
///
/// `serde_json` would look at each byte of every text by itself, which takes several times as long.
fn items(
    before: char,
    diagnostics: &[Diagnostic],
    findings: &Findings<'_>,
) -> Result<String, serde_json::Error> {
    let mut places = Places::new(findings.project);
    let mut out = String::with_capacity(diagnostics.len() * USUAL_BYTES);
    for (index, diagnostic) in diagnostics.iter().enumerate() {
        out.push(if index == 0 { before } else { ',' });
        out.push_str("\n    {");
        write_fields(diagnostic, &mut places, &mut out)?;
        out.push_str("\n    }");
    }
    Ok(out)
}

fn write_fields(
    diagnostic: &Diagnostic,
    places: &mut Places<'_>,
    out: &mut String,
) -> Result<(), serde_json::Error> {
    let place = places.place(diagnostic.file, diagnostic.span);
    let url = diagnostic.rule.url();
    let fields = [
        ("rule", Value::Text(Some(diagnostic.rule.name))),
        ("category", Value::Text(Some(diagnostic.rule.category.name()))),
        ("severity", Value::Text(Some(diagnostic.severity.name()))),
        ("message", Value::Text(Some(&diagnostic.message))),
        ("help", Value::Text(diagnostic.help.as_deref())),
        ("path", Value::Text(Some(place.path))),
        ("line", Value::Number(place.line)),
        ("column", Value::Number(place.column)),
        ("end_line", Value::Number(place.end_line)),
        ("end_column", Value::Number(place.end_column)),
        ("revision", Value::Text(diagnostic.revision.as_deref())),
        ("url", Value::Text(url.as_deref())),
        ("fix", Value::Fix(diagnostic.fix.as_ref())),
    ];
    for (index, (key, value)) in fields.into_iter().enumerate() {
        out.push_str(if index == 0 { "\n      \"" } else { ",\n      \"" });
        out.push_str(key);
        out.push_str("\": ");
        match value {
            Value::Text(Some(text)) if is_plain(text) => {
                out.push('"');
                out.push_str(text);
                out.push('"');
            }
            Value::Text(Some(text)) => out.push_str(&serde_json::to_string(text)?),
            Value::Number(number) => out.push_str(&serde_json::to_string(&number)?),
            Value::Fix(Some(fix)) => {
                // No text in it holds a line end, which is escaped.
                let lines = serde_json::to_string_pretty(&repair(fix))?;
                out.push_str(&lines.replace('\n', "\n      "));
            }
            Value::Text(None) | Value::Fix(None) => out.push_str("null"),
        }
    }
    Ok(())
}

/// Whether JSON shows the text as it is. Without a way out of the loop, which lets the compiler take many bytes at once.
fn is_plain(text: &str) -> bool {
    let is_escaped = |byte: u8| u8::from(byte < b' ') | u8::from(byte == b'"') | u8::from(byte == b'\\');
    text.bytes().fold(0, |found, byte| found | is_escaped(byte)) == 0
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

//! `graph` as a Mermaid flowchart (<https://mermaid.js.org/syntax/flowchart.html>), bases at the bottom.

use std::fmt::Write;

use super::graph::{Picture, What};
use super::place::one_line;

/// How many links Mermaid draws unless the page that shows it allows more (`maxEdges`).
const MOST_LINKS: usize = 500;
/// How long a text Mermaid reads unless the page allows more (`maxTextSize`).
const LONGEST_TEXT: usize = 50_000;

/// Why Mermaid will refuse a flowchart with its defaults.
pub fn refusal(flowchart: &str) -> Option<String> {
    let links = flowchart.matches("-> d").count();
    (links > MOST_LINKS || flowchart.len() > LONGEST_TEXT).then(|| {
        format!(
            "Mermaid draws at most {MOST_LINKS} links and {LONGEST_TEXT} characters unless the page allows more, and \
             this has {links} and {}; `--output-format svg` has no limit, and without `--all` runs of applied \
             revisions are one node",
            flowchart.len()
        )
    })
}

/// The histories as one flowchart, each in a frame of its own.
pub fn render(pictures: &[Picture<'_>]) -> String {
    let mut out = String::from("flowchart BT\n");
    for (index, picture) in pictures.iter().enumerate() {
        let _ = writeln!(out, "    subgraph d{index} [\"{}\"]", text(picture.directory));
        rows(&mut out, index, picture);
        out.push_str("    end\n");
    }
    out.push_str("    classDef applied fill:#e8eef4,stroke:#7a8a99,color:#333\n");
    out.push_str("    classDef new fill:#dff5e1,stroke:#2e7d32,color:#1b3a1d\n");
    out.push_str("    classDef destructive fill:#fde2e1,stroke:#c62828,color:#5b1210\n");
    out.push_str("    classDef missing fill:#fff,stroke:#c62828,color:#c62828,stroke-dasharray:4\n");
    out
}

fn rows(out: &mut String, picture: usize, shown: &Picture<'_>) {
    for (index, row) in shown.rows.iter().enumerate() {
        let (label, class) = match &row.what {
            What::Revision(card) => {
                let class = match (card.destroys.is_empty(), card.is_applied) {
                    (false, false) => "destructive",
                    (_, true) => "applied",
                    (true, false) => "new",
                };
                let mut label = format!("{}<br/>{}", text(card.id), text(&card.short_title()));
                let mut marks = card.tags();
                marks.extend((!card.destroys.is_empty()).then(|| "destructive".to_owned()));
                marks.extend(card.fault.map(str::to_owned));
                if !marks.is_empty() {
                    let _ = write!(label, "<br/>{}", text(&format!("({})", marks.join(", "))));
                }
                (label, class)
            }
            What::Run { count, .. } => (format!("… {count} applied revisions …"), "applied"),
            What::Missing(id) => (format!("{}<br/>no file has this revision", text(id)), "missing"),
        };
        let _ = writeln!(out, "        d{picture}r{index}[\"{label}\"]:::{class}");
    }
    for (index, row) in shown.rows.iter().enumerate() {
        for parent in row.parents.iter().chain(&row.closing) {
            let _ = writeln!(out, "        d{picture}r{parent} --> d{picture}r{index}");
        }
        for dependency in &row.dependencies {
            let _ = writeln!(out, "        d{picture}r{dependency} -.-> d{picture}r{index}");
        }
    }
}

/// Text between the quotes of a label, with entity codes for what Mermaid would read.
fn text(text: &str) -> String {
    one_line(text).chars().fold(String::new(), |mut out, c| {
        match c {
            '"' | '#' | '<' | '>' | '&' | '`' | '\\' | ';' => {
                let _ = write!(out, "#{};", u32::from(c));
            }
            _ => out.push(c),
        }
        out
    })
}

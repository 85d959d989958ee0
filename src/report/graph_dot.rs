//! `graph` in Graphviz's language (<https://graphviz.org/doc/info/lang.html>), bases at the bottom.

use std::fmt::Write;

use super::graph::{Picture, What};
use super::place::one_line;

/// The histories as one graph, each in a frame of its own.
pub fn render(pictures: &[Picture<'_>]) -> String {
    let mut out = String::from(
        "digraph history {\n    rankdir=BT;\n    node [shape=box, style=\"rounded,filled\", fontname=\"sans-serif\", \
         fontsize=10];\n    edge [color=\"#7a8a99\"];\n",
    );
    for (index, picture) in pictures.iter().enumerate() {
        let directory = text(picture.directory);
        let _ = writeln!(out, "    subgraph cluster_{index} {{\n        label=\"{directory}\";");
        rows(&mut out, index, picture);
        out.push_str("    }\n");
    }
    out.push_str("}\n");
    out
}

fn rows(out: &mut String, picture: usize, shown: &Picture<'_>) {
    for (index, row) in shown.rows.iter().enumerate() {
        let (label, tooltip, style) = match &row.what {
            What::Revision(card) => {
                let style = match (card.destroys.is_empty(), card.is_applied) {
                    (false, false) => "fillcolor=\"#fde2e1\", color=\"#c62828\"",
                    (false, true) => "fillcolor=\"#e8eef4\", color=\"#c62828\"",
                    (true, true) => "fillcolor=\"#e8eef4\", color=\"#7a8a99\"",
                    (true, false) => "fillcolor=\"#dff5e1\", color=\"#2e7d32\"",
                };
                let mut label = format!("{}\\n{}", text(card.id), text(&card.short_title()));
                let mut marks = card.tags();
                marks.extend((!card.destroys.is_empty()).then(|| "destructive".to_owned()));
                marks.extend(card.fault.map(str::to_owned));
                if !marks.is_empty() {
                    let _ = write!(label, "\\n({})", text(&marks.join(", ")));
                }
                let tooltip: Vec<String> = card.destroys.iter().map(|what| text(what)).collect();
                (label, tooltip.join("\\n"), style)
            }
            What::Run { count, destructive } => {
                let tooltip = format!("{destructive} of them destructive");
                (
                    format!("… {count} applied revisions …"),
                    tooltip,
                    "fillcolor=\"#e8eef4\", color=\"#7a8a99\"",
                )
            }
            What::Missing(id) => {
                let label = format!("{}\\nno file has this revision", text(id));
                (label, String::new(), "style=\"dashed\", color=\"#c62828\", fontcolor=\"#c62828\"")
            }
        };
        let _ =
            writeln!(out, "        d{picture}r{index} [label=\"{label}\", tooltip=\"{tooltip}\", {style}];");
    }
    for (index, row) in shown.rows.iter().enumerate() {
        for parent in row.parents.iter().chain(&row.closing) {
            let _ = writeln!(out, "        d{picture}r{parent} -> d{picture}r{index};");
        }
        for dependency in &row.dependencies {
            let _ = writeln!(out, "        d{picture}r{dependency} -> d{picture}r{index} [style=dotted];");
        }
    }
}

/// Text inside a quoted string.
fn text(text: &str) -> String {
    one_line(text).replace('&', "&amp;").replace('\\', "\\\\").replace('"', "\\\"")
}

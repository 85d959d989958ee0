//! `graph` as a picture of its own: SVG without scripts, fonts or links, for light and dark pages.

use std::fmt::Write;

use super::graph::{Card, Picture, What};
use super::graph_lanes::{Lanes, lanes};
use super::place::one_line;

/// The height of a row.
const ROW: usize = 26;
/// The width of a lane.
const LANE: usize = 18;
/// The space around everything.
const MARGIN: usize = 20;
/// The space above the rows of a history, for its name.
const HEADING: usize = 40;
/// What a character takes, about.
const CHARACTER: usize = 8;
/// Messages longer than this are cut; the tooltip has all of them.
const LONGEST_MESSAGE: usize = 90;

/// What the colours of the dots mean.
const LEGEND: &str = "<tspan class=\"applied\" dx=\"14\">●</tspan> applied \
                      <tspan class=\"new\" dx=\"6\">●</tspan> not applied \
                      <tspan class=\"lost\" dx=\"6\">●</tspan> not applied and destructive";

const STYLE: &str = "\
text { font: 13px ui-monospace, Menlo, Consolas, monospace; fill: #24292f; }
.title { font-weight: bold; font-size: 15px; }
.page { fill: #ffffff; }
.edge { fill: none; stroke: #8c959f; stroke-width: 2; }
.needs { stroke-dasharray: 2 4; }
.applied { fill: #8c959f; }
.new { fill: #1a7f37; }
.lost { fill: #cf222e; }
.missing { fill: none; stroke: #cf222e; stroke-width: 2; stroke-dasharray: 3 2; }
.run { fill: none; stroke: #8c959f; stroke-width: 2; }
.faint { fill: #57606a; }
.tag { fill: #0969da; }
.danger { fill: #cf222e; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; }
.page { fill: #0d1117; }
.edge, .run { stroke: #6e7681; }
.applied { fill: #6e7681; }
.new { fill: #3fb950; }
.lost { fill: #f85149; }
.missing { stroke: #f85149; }
.faint { fill: #8d96a0; }
.tag { fill: #58a6ff; }
.danger { fill: #f85149; }
}
";

/// The histories, one below the other.
pub fn render(pictures: &[Picture<'_>]) -> String {
    let laid: Vec<(&Picture<'_>, Lanes)> =
        pictures.iter().map(|picture| (picture, lanes(&picture.rows))).collect();
    let mut body = String::new();
    let mut top = MARGIN;
    let mut width = 0;
    for (picture, lanes) in &laid {
        width = width.max(history(&mut body, picture, lanes, top));
        top += HEADING + picture.rows.len() * ROW + MARGIN;
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{top}\" viewBox=\"0 0 {width} {top}\" \
         role=\"img\">\n<style>\n{STYLE}</style>\n<rect class=\"page\" width=\"100%\" height=\"100%\"/>\n{body}</svg>\n"
    )
}

/// Draws one history; gives the width it takes.
fn history(out: &mut String, picture: &Picture<'_>, lanes: &Lanes, top: usize) -> usize {
    let heading = top + CHARACTER * 2;
    let (directory, summary) = (text(picture.directory), picture.summary());
    let _ = writeln!(
        out,
        "<text x=\"{MARGIN}\" y=\"{heading}\"><tspan class=\"title\">{directory}</tspan><tspan \
         class=\"faint\" dx=\"14\">{summary}</tspan>{LEGEND}</text>"
    );
    let x = |lane: usize| MARGIN + LANE / 2 + lane * LANE;
    let y = |row: usize| top + HEADING + ROW / 2 + row * ROW;
    for edge in &lanes.edges {
        let class = if edge.is_dependency { "edge needs" } else { "edge" };
        let (from, to) = (lanes.of(edge.child), lanes.of(edge.parent));
        let (x0, y0, x1, x2, y2) = (x(from), y(edge.child), x(edge.lane), x(to), y(edge.parent));
        let (below, above) = (y0 + ROW / 2, y2 - ROW / 2);
        let mut path = format!("M{x0} {y0}");
        let _ = if x0 == x1 {
            write!(path, " V{below}")
        } else {
            write!(path, " C{x0} {below} {x1} {y0} {x1} {below}")
        };
        let _ = if x1 == x2 {
            write!(path, " V{y2}")
        } else {
            write!(path, " V{above} C{x1} {y2} {x2} {above} {x2} {y2}")
        };
        let _ = writeln!(out, "<path class=\"{class}\" d=\"{path}\"/>");
    }
    let left = x(lanes.width) + LANE / 2;
    // The title is bold and larger.
    let title = picture.directory.chars().count() * 3 / 2;
    let mut longest = title + picture.summary().len() + shown_length(LEGEND);
    for (index, row) in picture.rows.iter().enumerate() {
        let (cx, cy) = (x(lanes.of(index)), y(index));
        let baseline = cy + CHARACTER / 2;
        let mut line = String::new();
        let (dot, title) = match &row.what {
            What::Revision(card) => {
                revision(&mut line, card);
                let class = match (card.destroys.is_empty(), card.is_applied) {
                    (false, false) => "lost",
                    (_, true) => "applied",
                    (true, false) => "new",
                };
                (format!("<circle class=\"{class}\" cx=\"{cx}\" cy=\"{cy}\" r=\"5\"/>"), tooltip(card))
            }
            What::Run { count, destructive } => {
                let _ = write!(line, "<tspan class=\"faint\">… {count} applied revisions …</tspan>");
                let dot = format!(
                    "<circle class=\"page\" cx=\"{cx}\" cy=\"{cy}\" r=\"5\"/><circle class=\"run\" cx=\"{cx}\" cy=\"{cy}\" r=\"4\"/>"
                );
                (dot, format!("{destructive} of them destructive"))
            }
            What::Missing(id) => {
                let _ =
                    write!(line, "<tspan class=\"danger\">{} no file has this revision</tspan>", text(id));
                (format!("<circle class=\"missing\" cx=\"{cx}\" cy=\"{cy}\" r=\"5\"/>"), String::new())
            }
        };
        longest = longest.max(shown_length(&line));
        let title = if title.is_empty() { String::new() } else { format!("<title>{}</title>", text(&title)) };
        let _ = writeln!(out, "<g>{title}{dot}<text x=\"{left}\" y=\"{baseline}\">{line}</text></g>");
    }
    left + longest * CHARACTER + MARGIN
}

fn revision(line: &mut String, card: &Card<'_>) {
    let class = if card.is_applied { " class=\"faint\"" } else { "" };
    let message: String = card.title().chars().take(LONGEST_MESSAGE).collect();
    let more = if message.len() < card.title().len() { "…" } else { "" };
    let _ = write!(line, "<tspan{class}>{}\u{a0} {}{more}</tspan>", text(card.id), text(&message));
    let tags = card.tags();
    if !tags.is_empty() {
        let _ = write!(line, "<tspan class=\"tag\" dx=\"14\">({})</tspan>", text(&tags.join(", ")));
    }
    if let Some(fault) = card.fault {
        let _ = write!(line, "<tspan class=\"danger\" dx=\"14\">{}</tspan>", text(fault));
    }
    if !card.destroys.is_empty() {
        let _ = write!(line, "<tspan class=\"danger\" dx=\"14\">! destructive</tspan>");
    }
}

fn tooltip(card: &Card<'_>) -> String {
    let mut lines = vec![format!("{} {}", card.id, card.title())];
    lines.extend(card.destroys.iter().cloned());
    lines.join("; ")
}

/// How many characters of a line are seen.
fn shown_length(line: &str) -> usize {
    let mut is_tag = false;
    line.chars()
        .filter(|c| {
            let was_tag = is_tag;
            is_tag = *c == '<' || (is_tag && *c != '>');
            !was_tag && !is_tag
        })
        .count()
}

/// Text as XML takes it.
fn text(text: &str) -> String {
    one_line(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

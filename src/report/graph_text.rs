//! `graph` on a terminal, as `git log --graph` draws histories.

use std::fmt::Write;

use renderdag::{Ancestor, GraphRowRenderer, Renderer};

use super::Paint;
use super::graph::{Card, Picture, What, cut};
use super::place::one_line;

/// The histories, one after the other.
pub fn render(pictures: &[Picture<'_>], paint: Paint) -> String {
    let parts: Vec<String> = pictures.iter().map(|picture| history(picture, paint)).collect();
    parts.join("\n")
}

fn history(picture: &Picture<'_>, paint: Paint) -> String {
    let mut out = format!("{}\n", paint.bold(one_line(picture.directory)));
    let mut renderer = GraphRowRenderer::new().output().with_min_row_height(1).build_box_drawing();
    for (index, row) in picture.rows.iter().enumerate() {
        let parents = row.parents.iter().map(|parent| Ancestor::Parent(*parent));
        let dependencies = row.dependencies.iter().map(|dependency| Ancestor::Ancestor(*dependency));
        let (glyph, text) = match &row.what {
            What::Revision(card) => (if card.is_applied { "●" } else { "○" }, revision(card, paint)),
            What::Run { count, destructive } => ("┊", run(*count, *destructive, paint)),
            What::Missing(id) => {
                ("✕", format!("{} {}", one_line(id), paint.danger("no file has this revision")))
            }
        };
        out += &renderer.next_row(index, parents.chain(dependencies).collect(), glyph.to_owned(), text);
    }
    let _ = writeln!(out, "{}", paint.faint(format!("{}; ● is applied, ○ is not", picture.summary())));
    out
}

fn revision(card: &Card<'_>, paint: Paint) -> String {
    let (id, message) = (one_line(card.id), cut(&one_line(card.title())));
    let mut parts = if card.is_applied {
        vec![paint.faint(id), paint.faint(message)]
    } else {
        vec![paint.bold(id), message]
    };
    let tags = card.tags();
    if !tags.is_empty() {
        parts.push(paint.hint(format!("({})", one_line(&tags.join(", ")))));
    }
    parts.extend(card.fault.map(|fault| paint.danger(fault)));
    if let [first, rest @ ..] = card.destroys.as_slice() {
        let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
        parts.push(paint.danger(format!("! {}{more}", cut(&one_line(first)))));
    }
    parts.join("  ")
}

fn run(count: usize, destructive: usize, paint: Paint) -> String {
    let more = if destructive > 0 { format!(", {destructive} of them destructive") } else { String::new() };
    paint.faint(format!("{count} applied revisions{more} (--all shows them)"))
}

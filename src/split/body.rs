//! The statements of one step as the body of a function, in the form of the file. Decides nothing.

use super::plan::{Role, Unit};
use super::rewrite::{Code, Piece};
use super::stage::Stage;
use crate::diagnostic::Edit;
use crate::fix::apply_edits;
use crate::revision::AUTOGENERATE_MARKERS;
use crate::source::Span;

/// A function whose body is divided.
pub(super) struct Divided<'a, 'o> {
    pub(super) text: &'a str,
    pub(super) units: &'a [Unit<'o>],
    pub(super) pieces: &'a [Piece],
}

impl<'o> Divided<'_, 'o> {
    /// The lines that are replaced: all statements with the comments around them; `None` where there are none.
    pub(super) fn region(&self) -> Option<Span> {
        let (first, last) = (self.units.first()?, self.units.last()?);
        let first = first.item.header.unwrap_or(first.item.span);
        let mut start = line_start(self.text, first.start as usize);
        while let Some(line) = previous_line(self.text, start).filter(|line| is_comment_or_blank(line.1)) {
            start = line.0;
        }
        let mut end = line_end(self.text, last.item.span.end as usize);
        loop {
            let rest = self.text.get(end..)?;
            let line = rest.split_inclusive('\n').next().unwrap_or_default();
            let is_own_comment = line.starts_with([' ', '\t']) && line.trim_start().starts_with('#');
            if !is_own_comment {
                break;
            }
            end += line.len();
        }
        Some(Span::new(u32::try_from(start).ok()?, u32::try_from(end).ok()?))
    }

    /// The names that the statements of a step use, those of what binds them included.
    pub(super) fn names(&self, stage: Stage) -> Vec<&'o str> {
        let works = self.pieces.iter().filter(|piece| piece.stage == stage && piece.needs_names());
        let mut names: Vec<&'o str> =
            works.filter_map(|piece| self.units.get(piece.at)).flat_map(|unit| uses(unit)).collect();
        names.extend(self.units.iter().filter(|unit| unit.role == Role::Everywhere).flat_map(uses));
        for unit in self.units.iter().rev().filter(|unit| unit.role == Role::Binding) {
            if names.iter().any(|name| unit.item.makes(name)) {
                names.extend(uses(unit));
            }
        }
        names
    }

    /// The body of a step, with the indentation of the function.
    pub(super) fn body(&self, stage: Stage, indent: &str, newline: &str) -> String {
        let names = self.names(stage);
        let mut lines = Lines { open: None, out: String::new(), newline, indent, has_code: false };
        let region = self.region().unwrap_or_default().of(self.text);
        let [start, end] =
            AUTOGENERATE_MARKERS.map(|marker| region.lines().find(|line| line.contains(marker)));
        if let Some(start) = start {
            lines.line(indent, start.trim());
        }
        let first = self.units.iter().position(|unit| unit.role == Role::Work);
        for (at, unit) in self.units.iter().enumerate() {
            // Settings hold for what looks at all rows too.
            if first == Some(at) {
                self.of(stage)
                    .filter(|piece| piece.goes_first())
                    .for_each(|piece| self.write(piece, &mut lines));
            }
            let is_needed = match unit.role {
                Role::Everywhere => true,
                Role::Binding => names.iter().any(|name| unit.item.makes(name)),
                Role::Work | Role::Along | Role::Idle => false,
            };
            if is_needed {
                let own = Piece { stage, at, header: unit.item.header, code: Code::Own(Vec::new()) };
                self.write(&own, &mut lines);
            }
            let own = self.of(stage).filter(|piece| piece.at == at);
            for piece in own.filter(|piece| !piece.goes_first()) {
                self.write(piece, &mut lines);
            }
        }
        if !lines.has_code {
            lines.line(indent, "pass");
        }
        if let Some(end) = end {
            lines.line(indent, end.trim());
        }
        lines.out
    }

    fn of(&self, stage: Stage) -> impl Iterator<Item = &Piece> {
        self.pieces.iter().filter(move |piece| piece.stage == stage)
    }

    fn write(&self, piece: &Piece, lines: &mut Lines<'_>) {
        let Some(unit) = self.units.get(piece.at) else { return };
        lines.enter(self.text, piece.header);
        let depth = line_indent(self.text, unit.item.span.start as usize);
        let indent = if piece.header.is_some() { depth } else { lines.indent };
        match &piece.code {
            Code::Own(edits) => self.write_own(piece.at, edits, lines),
            Code::New(text) | Code::Statement(text) | Code::Validation(text) => lines.code(indent, text),
            Code::Concurrently { op, arguments } => {
                let inner = format!("{indent}{indent}");
                lines.code(indent, &format!("with {op}.get_context().autocommit_block():"));
                lines.code(&inner, &format!("{op}.create_index({arguments}, postgresql_concurrently=True)"));
            }
            Code::Step(comment) => {
                let indent = indent.to_owned();
                for line in comment {
                    lines.line(&indent, &format!("# {line}"));
                }
            }
        }
    }

    /// A statement as it stands, with the comments above it.
    fn write_own(&self, at: usize, edits: &[Edit], lines: &mut Lines<'_>) {
        let Some(unit) = self.units.get(at) else { return };
        let start = line_start(self.text, unit.item.span.start as usize);
        let mut from = start;
        while let Some((before, line)) = previous_line(self.text, from) {
            let is_kept = line.trim_start().starts_with('#')
                && !AUTOGENERATE_MARKERS.iter().any(|marker| line.contains(marker));
            if !is_kept {
                break;
            }
            from = before;
        }
        let end = line_end(self.text, unit.item.span.end as usize);
        let Some(own) = self.text.get(from..end) else { return };
        let shift = u32::try_from(from).unwrap_or_default();
        let moved: Vec<Edit> = edits
            .iter()
            .map(|edit| Edit {
                span: Span::new(edit.span.start.saturating_sub(shift), edit.span.end.saturating_sub(shift)),
                content: edit.content.clone(),
            })
            .collect();
        let text = apply_edits(own, &moved).unwrap_or_else(|| own.to_owned());
        lines.has_code = true;
        lines.out.push_str(text.trim_end_matches(['\n', '\r']));
        lines.out.push_str(lines.newline);
    }
}

impl Piece {
    /// Whether it stands before all that locks a table.
    fn goes_first(&self) -> bool {
        matches!(self.code, Code::Validation(_) | Code::Step(_))
    }

    /// Whether its text uses the names that the statement of its unit uses.
    fn needs_names(&self) -> bool {
        !matches!(self.code, Code::Step(_) | Code::Validation(_))
    }
}

fn uses<'o>(unit: &Unit<'o>) -> impl Iterator<Item = &'o str> + use<'o> {
    unit.item.uses.iter().map(|name| &**name)
}

/// A body under construction.
struct Lines<'a> {
    /// The batch that is open.
    open: Option<Span>,
    out: String,
    newline: &'a str,
    indent: &'a str,
    has_code: bool,
}

impl Lines<'_> {
    fn line(&mut self, indent: &str, text: &str) {
        self.out.push_str(indent);
        self.out.push_str(text);
        self.out.push_str(self.newline);
    }

    fn code(&mut self, indent: &str, text: &str) {
        self.has_code = true;
        let indent = indent.to_owned();
        self.line(&indent, text);
    }

    /// Opens the batch of the next statement, where it is not open.
    fn enter(&mut self, text: &str, header: Option<Span>) {
        if let Some(header) = header.filter(|header| self.open != Some(*header)) {
            let indent = line_indent(text, header.start as usize).to_owned();
            self.code(&indent, header.of(text));
        }
        self.open = header;
    }
}

fn is_comment_or_blank(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with('#')
}

pub(super) fn line_start(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1)
}

/// Behind the line ending.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.find('\n').map_or(rest.len(), |end| end + 1)
}

/// The blanks at the start of the line of a place.
pub(super) fn line_indent(text: &str, at: usize) -> &str {
    let line = text.get(line_start(text, at)..).unwrap_or_default();
    let length = line.len() - line.trim_start_matches([' ', '\t']).len();
    line.get(..length).unwrap_or_default()
}

/// Where the line before a line starts, and its text.
fn previous_line(text: &str, start: usize) -> Option<(usize, &str)> {
    let end = start.checked_sub(1)?;
    let begin = line_start(text, end);
    Some((begin, text.get(begin..end)?))
}

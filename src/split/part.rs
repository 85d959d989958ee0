//! One step as a revision file: identifiers, docstring, what it imports and defines. Decides nothing about its operations.

use super::body::{line_end, line_start};
use super::stage::Stage;
use crate::diagnostic::Edit;
use crate::fix::apply_edits;
use crate::history::graph::Graph;
use crate::python::outline::{Item, Outline};
use crate::revision::{BoundName, IdentifierValue, Revision};
use crate::source::Span;

/// The revision that is taken apart.
#[derive(Clone, Copy)]
pub(super) struct Whole<'a> {
    pub(super) revision: &'a Revision,
    pub(super) text: &'a str,
    pub(super) outline: &'a Outline,
    /// The file's name.
    pub(super) name: &'a str,
    pub(super) id: &'a str,
}

/// What the parts are called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Called {
    pub(super) stage: Stage,
    pub(super) id: String,
    /// The file's name.
    pub(super) name: String,
}

/// Names for the parts; the first one keeps those of the revision.
pub(super) fn names(whole: Whole<'_>, stages: &[Stage], graph: &Graph<'_>) -> Vec<Called> {
    let mut called: Vec<Called> = Vec::with_capacity(stages.len());
    for (at, stage) in stages.iter().enumerate() {
        if at == 0 {
            called.push(Called { stage: *stage, id: whole.id.to_owned(), name: whole.name.to_owned() });
            continue;
        }
        let is_free = |id: &str| {
            !graph.nodes().any(|(_, node)| node.id == id) && !called.iter().any(|other| other.id == id)
        };
        let id = new_id(whole.id, *stage, is_free);
        let stem = whole.name.strip_suffix(".py").unwrap_or(whole.name);
        let slug = stage.word().replace(' ', "_");
        let name = format!("{}_{slug}.py", with_id(stem, whole.id, &id));
        called.push(Called { stage: *stage, id, name });
    }
    called
}

/// A file's name with another identifier, where it has the old one as a word of its own.
fn with_id(stem: &str, old: &str, new: &str) -> String {
    let mut places = stem.match_indices(old).filter_map(|(at, _)| {
        let (before, after) = (stem.get(..at)?, stem.get(at + old.len()..)?);
        let is_word = !before.ends_with(char::is_alphanumeric) && !after.starts_with(char::is_alphanumeric);
        is_word.then_some((before, after))
    });
    places.next().map_or_else(|| stem.to_owned(), |(before, after)| [before, new, after].concat())
}

/// The next number where revisions are numbered, else what Alembic would draw: twelve hexadecimal digits.
fn new_id(id: &str, stage: Stage, is_free: impl Fn(&str) -> bool) -> String {
    if let (true, Ok(number)) =
        (id.len() <= 8 && id.bytes().all(|byte| byte.is_ascii_digit()), id.parse::<u32>())
    {
        let width = id.len();
        let numbers = (number + 1..=number.saturating_add(1000)).map(|number| format!("{number:0width$}"));
        if let Some(free) = numbers.into_iter().find(|id| is_free(id)) {
            return free;
        }
    }
    let mut seed = format!("{id} {}", stage.word());
    loop {
        let hash = super::hash_of(&seed);
        let drawn = hash.get(..12).unwrap_or(&hash).to_owned();
        if is_free(&drawn) {
            return drawn;
        }
        seed.push('+');
    }
}

/// The text of a part; `parent` is the revision before it, for all but the first.
pub(super) fn text_of(
    whole: Whole<'_>,
    called: &Called,
    parent: Option<&str>,
    bodies: &[Edit],
    used: &[&str],
) -> Option<String> {
    let mut edits = bodies.to_vec();
    if let Some(parent) = parent {
        edits.extend(identifiers(whole, called, parent)?);
        edits.extend(docstring(whole, called, parent));
    }
    edits.extend(unused(whole, used));
    apply_edits(whole.text, &edits)
}

fn identifiers(whole: Whole<'_>, called: &Called, parent: &str) -> Option<Vec<Edit>> {
    let identifiers = &whole.revision.identifiers;
    let statement = identifiers.revision.span?.of(whole.text);
    let quote = statement.chars().rev().find(|char| matches!(char, '"' | '\''))?;
    let literal = |id: &str| format!("{quote}{id}{quote}");
    let mut edits = vec![
        assign(whole.text, identifiers.revision.span?, &literal(&called.id))?,
        assign(whole.text, identifiers.down_revision.span?, &literal(parent))?,
    ];
    for identifier in [&identifiers.branch_labels, &identifiers.depends_on] {
        if let Some(span) = identifier.span.filter(|_| identifier.value != IdentifierValue::None) {
            edits.push(assign(whole.text, span, "None")?);
        }
    }
    Some(edits)
}

/// Another value for `name = value`.
fn assign(text: &str, span: Span, value: &str) -> Option<Edit> {
    let at = u32::try_from(span.of(text).find('=')?).ok()?;
    Some(Edit { span: Span::new(span.start + at + 1, span.end), content: format!(" {value}") })
}

fn docstring(whole: Whole<'_>, called: &Called, parent: &str) -> Vec<Edit> {
    let mut edits = Vec::new();
    let header = whole.revision.header(whole.text);
    edits.extend(header.revision.map(|span| Edit { span, content: format!(" {}", called.id) }));
    edits.extend(header.revises.map(|span| Edit { span, content: format!(" {parent}") }));
    let message = whole.revision.message().zip(whole.revision.docstring.as_ref());
    let end = message.and_then(|(message, docstring)| {
        let at = docstring.span.of(whole.text).find(message)? + message.len();
        let at = docstring.span.start + u32::try_from(at).ok()?;
        // Without a message, a header line is the first line of the docstring.
        let mut header = [header.revision, header.revises].into_iter().flatten();
        header.all(|line| at < line.start || line.end < at).then_some(at)
    });
    edits.extend(end.map(|end| Edit { span: Span::at(end), content: format!(": {}", called.stage.word()) }));
    edits
}

/// Takes away what the whole revision uses and this part does not.
fn unused(whole: Whole<'_>, used: &[&str]) -> Vec<Edit> {
    let outline = whole.outline;
    let functions = outline.upgrade.iter().chain(&outline.downgrade);
    let in_functions: Vec<&str> = functions
        .flat_map(|function| &function.items)
        .flat_map(|item| &item.uses)
        .map(|name| &**name)
        .collect();
    let mut kept: Vec<&str> = used.to_vec();
    let mut gone: Vec<&Item> = Vec::new();
    for item in outline.module.iter().rev() {
        let binds = |names: &[&str]| names.iter().any(|name| item.makes(name));
        let is_identifier = item.binds.iter().any(|name| whole.revision.identifiers.span(name).is_some());
        let is_for_others = gone.iter().any(|gone| gone.uses.iter().any(|name| item.makes(name)));
        let was_used = binds(&in_functions) || is_for_others;
        if is_identifier || (item.binds.is_empty() && item.changes.is_none()) || binds(&kept) || !was_used {
            kept.extend(item.uses.iter().map(|name| &**name));
        } else {
            gone.push(item);
        }
    }
    let mut edits: Vec<Edit> = gone.iter().filter_map(|item| without_lines(whole.text, item.span)).collect();
    let was_used = |name: &str| {
        in_functions.contains(&name) || gone.iter().any(|item| item.uses.iter().any(|used| **used == *name))
    };
    for import in &whole.revision.names.imports {
        let mut names = import.bound.iter().map(bound_name);
        let is_gone = !import.is_future
            && names.all(|name| was_used(name) && !kept.contains(&name) && !ALWAYS.contains(&name));
        if is_gone && !import.bound.is_empty() {
            edits.extend(without_lines(whole.text, import.span));
        }
    }
    edits
}

/// What every revision imports, used or not.
const ALWAYS: [&str; 3] = ["op", "sa", "sqlmodel"];

fn bound_name(bound: &BoundName) -> &str {
    match bound {
        BoundName::Module { path } => path.split('.').next().unwrap_or(path),
        BoundName::Alias { name, .. } => name,
    }
}

/// The statement with its lines and the blank ones behind it, down to one.
fn without_lines(text: &str, span: Span) -> Option<Edit> {
    let start = line_start(text, span.start as usize);
    let is_alone = text.get(start..span.start as usize)?.trim().is_empty();
    let mut end = line_end(text, span.end as usize);
    let is_blank = |at: usize| text.get(at..).is_some_and(|rest| rest.starts_with(['\n', '\r']));
    let follows_blank = text.get(..start)?.trim_end_matches([' ', '\t']).ends_with("\n\n");
    while follows_blank && is_blank(end) {
        end = line_end(text, end);
    }
    is_alone.then_some(())?;
    Some(Edit {
        span: Span::new(u32::try_from(start).ok()?, u32::try_from(end).ok()?),
        content: String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::with_id;

    #[test]
    fn names_of_files() {
        assert_eq!(with_id("2024_02_0042_add", "0042", "0043"), "2024_02_0043_add");
        assert_eq!(with_id("2021_1_add", "1", "2"), "2021_2_add");
        assert_eq!(with_id("add_it", "ab12", "cd34"), "add_it");
    }
}

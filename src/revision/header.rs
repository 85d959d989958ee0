//! The `Revision ID:` and `Revises:` lines that Alembic's template writes into the docstring, and the edits that give a
//! revision another parent. Decides nothing.

use super::{IdentifierValue, Revision};
use crate::source::Span;

/// Where the header lines of a docstring hold their values: from the colon to the end of the line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Header {
    /// Behind `Revision ID:`.
    pub revision: Option<Span>,
    /// Behind `Revises:`.
    pub revises: Option<Span>,
}

impl Revision {
    /// The header lines of the docstring in `text`, the file's text.
    pub fn header(&self, text: &str) -> Header {
        let mut header = Header::default();
        let Some(docstring) = &self.docstring else { return header };
        let mut start = docstring.span.start;
        for line in docstring.span.of(text).split_inclusive(['\n', '\r']) {
            let content = line.trim_end();
            let value = |name: &str| {
                let rest = content.trim_start().strip_prefix(name)?;
                let end = start + u32::try_from(content.len()).ok()?;
                Some(Span::new(end - u32::try_from(rest.len()).ok()?, end))
            };
            // With the closing quotes on the line there is no telling where the value ends.
            if !content.contains(['"', '\'', '\\']) {
                header.revision = header.revision.or_else(|| value("Revision ID:"));
                header.revises = header.revises.or_else(|| value("Revises:"));
            }
            start += u32::try_from(line.len()).unwrap_or(0);
        }
        header
    }

    /// The replacements that put `new` in the place of the down revision `old`, in the statement and in the header;
    /// `None` where the statement does not spell `old` out.
    pub fn repoint(&self, text: &str, old: &str, new: &str) -> Option<Vec<(Span, String)>> {
        let down = &self.identifiers.down_revision;
        let statement = down.span?;
        let quoted = [format!("'{old}'"), format!("\"{old}\"")];
        let mut places = quoted.iter().flat_map(|literal| statement.of(text).match_indices(literal.as_str()));
        let (at, literal) = places.next()?;
        if places.next().is_some() {
            return None;
        }
        let start = statement.start + u32::try_from(at).ok()? + 1;
        let name = Span::new(start, start + u32::try_from(literal.len()).ok()? - 2);
        let mut edits = vec![(name, new.to_owned())];
        if let Some(revises) = self.header(text).revises {
            let parents: Vec<&str> =
                down.value.strings().iter().map(|id| if **id == *old { new } else { id }).collect();
            edits.insert(0, (revises, format!(" {}", parents.join(", "))));
        }
        Some(edits)
    }

    /// The down revisions, where they are known.
    pub fn parents(&self) -> Option<Vec<&str>> {
        match &self.identifiers.down_revision.value {
            IdentifierValue::None => Some(Vec::new()),
            IdentifierValue::One(_) | IdentifierValue::Many(_) => {
                Some(self.identifiers.down_revision.value.strings().iter().map(|id| &**id).collect())
            }
            _ => None,
        }
    }
}

//! Source text as plain data: files, byte ranges, lines. Knows nothing of Python, SQL or disks.

use std::path::PathBuf;
use std::sync::Arc;

/// A half-open range of byte offsets in one file's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
}

impl Span {
    /// The range `start..end`.
    pub const fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// An empty range at `offset`.
    pub const fn at(offset: u32) -> Self {
        Self { start: offset, end: offset }
    }

    /// Whether `other` lies within this range (touching ends included).
    pub const fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The text of this range; empty where the range does not fit `text`.
    pub fn of(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// Index of a file in the slice that is linted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// What a file is to Alembic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// A module in a version location: Alembic imports it with nearly every command.
    Revision,
    /// `script.py.mako`, from which `alembic revision` makes new files.
    Template,
    /// `env.py`.
    Environment,
    /// A module of the project that revisions import, by its dotted name.
    Module(Box<str>),
    /// A revision file of the base commit that is no longer there; its text is the base's.
    Deleted,
    /// `alembic-lint.lock`.
    Lock,
}

/// How the bytes on disk become text and back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark (which stays part of the text).
    Utf8,
    /// ISO 8859-1: each byte is the code point of the same number.
    Latin1,
    /// Any other encoding that a PEP 263 cookie names and the Encoding Standard knows.
    Named(&'static encoding_rs::Encoding),
}

/// How a revision stands in the base commit of git. Whether it is applied is for
/// [`crate::history::History::is_applied`] to say, which asks other sources as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// Not in the base commit, or no base is known.
    No,
    /// In the base commit with the same bytes.
    Unchanged,
    /// In the base commit with other content; this is the base's text.
    Changed {
        /// The text in the base commit.
        base: Arc<str>,
        /// The text in the index, where it is neither the base's nor the work tree's: what a commit would
        /// make of the file although the judged text does not show it.
        staged: Option<Arc<str>>,
    },
}

/// One file of the project, read.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Path as it is printed: relative to the working directory where possible, with `/`.
    pub path: Box<str>,
    /// Path as it is opened.
    pub location: PathBuf,
    /// Index of the script directory in [`crate::project::Project::directories`].
    pub directory: usize,
    /// What the file is to Alembic.
    pub role: Role,
    /// The text, or why there is none (not UTF-8, unreadable, a directory, ..).
    pub text: Result<Arc<str>, Box<str>>,
    /// How to write it back.
    pub encoding: Encoding,
    /// Whether findings in this file were asked for.
    pub selected: bool,
    /// How it stands in the base commit.
    pub applied: Applied,
}

impl SourceFile {
    /// The text; empty where the file could not be read.
    pub fn text(&self) -> &str {
        self.text.as_deref().unwrap_or_default()
    }

    /// The last component of [`Self::path`].
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

/// Line starts of a text, to turn byte offsets into lines and columns.
#[derive(Debug, Clone)]
pub struct LineIndex {
    starts: Vec<u32>,
}

impl LineIndex {
    /// Finds the lines of `text`; `\n`, `\r\n` and a lone `\r` each end one, as in Python.
    pub fn new(text: &str) -> Self {
        /// How long a line is on average, or less.
        const LINE: usize = 32;
        let bytes = text.as_bytes();
        let mut starts = Vec::with_capacity(bytes.len() / LINE + 1);
        starts.push(0);
        let after = |end: usize| u32::try_from(end + 1).unwrap_or(u32::MAX);
        if memchr::memchr(b'\r', bytes).is_none() {
            starts.extend(memchr::memchr_iter(b'\n', bytes).map(after));
        } else {
            let ends = memchr::memchr2_iter(b'\n', b'\r', bytes)
                .filter(|end| bytes.get(*end) == Some(&b'\n') || bytes.get(end + 1) != Some(&b'\n'));
            starts.extend(ends.map(after));
        }
        Self { starts }
    }

    /// The 1-based line that holds `offset`.
    pub fn line(&self, offset: u32) -> u32 {
        let after = self.starts.partition_point(|start| *start <= offset);
        u32::try_from(after).unwrap_or(u32::MAX)
    }

    /// The 1-based line and column (in characters, a byte order mark not counted) of `offset`.
    pub fn line_column(&self, text: &str, offset: u32) -> (u32, u32) {
        let line = self.line(offset);
        (line, column(text, self.line_start(line), offset))
    }

    /// Offset of the first byte of a 1-based line; of the last line where there are fewer.
    pub fn line_start(&self, line: u32) -> u32 {
        let index = (line as usize).saturating_sub(1).min(self.starts.len().saturating_sub(1));
        self.starts.get(index).copied().unwrap_or(0)
    }

    /// The number of lines.
    pub fn count(&self) -> u32 {
        u32::try_from(self.starts.len()).unwrap_or(u32::MAX)
    }
}

/// Lines and columns of ranges in a text that are asked for in about their order. Counting on from the one before takes a small part
/// of the time that an index of all lines takes.
#[derive(Debug)]
pub struct LineCounter<'a> {
    text: &'a str,
    /// Used where a `\r` may end lines.
    index: Option<LineIndex>,
    /// An offset and its line.
    known: (u32, u32),
}

impl<'a> LineCounter<'a> {
    /// Begins at the start of `text`.
    pub fn new(text: &'a str) -> Self {
        let index = memchr::memchr(b'\r', text.as_bytes()).map(|_| LineIndex::new(text));
        Self { text, index, known: (0, 1) }
    }

    /// [`LineIndex::line_column`] of the start and of the end.
    pub fn lines_columns(&mut self, span: Span) -> [(u32, u32); 2] {
        if let Some(index) = &self.index {
            return [span.start, span.end].map(|offset| index.line_column(self.text, offset));
        }
        self.known = (span.start, self.line(span.start));
        [span.start, span.end].map(|offset| (self.line(offset), self.column(offset)))
    }

    fn line(&self, offset: u32) -> u32 {
        let (from, line) = if offset < self.known.0 { (0, 1) } else { self.known };
        let bytes = self.before(offset).get(from as usize..).unwrap_or_default();
        line + u32::try_from(memchr::memchr_iter(b'\n', bytes).count()).unwrap_or(u32::MAX - line)
    }

    fn column(&self, offset: u32) -> u32 {
        let start = memchr::memrchr(b'\n', self.before(offset)).map_or(0, |end| end + 1);
        column(self.text, u32::try_from(start).unwrap_or(u32::MAX), offset)
    }

    fn before(&self, offset: u32) -> &'a [u8] {
        let bytes = self.text.as_bytes();
        bytes.get(..offset as usize).unwrap_or(bytes)
    }
}

/// The 1-based column in characters, a byte order mark not counted, of `offset` in a line that begins at `start`.
fn column(text: &str, start: u32, offset: u32) -> u32 {
    let before = Span::new(start, offset).of(text);
    let before = if start == 0 { before.trim_start_matches('\u{feff}') } else { before };
    u32::try_from(before.chars().count()).unwrap_or(u32::MAX).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counting_tells_the_same_as_the_index() {
        for text in ["", "a", "\u{feff}a\nb\n", "\n\n", "ä\nöü\nx", "a\r\nb\rc\n"] {
            let index = LineIndex::new(text);
            let mut counter = LineCounter::new(text);
            let offsets = [0, 1, 2, 3, 4, 5, 6, 7, 9, 3, 1, 0];
            for span in offsets.map(|start| Span::new(start, start + 2)) {
                let expected = [span.start, span.end].map(|offset| index.line_column(text, offset));
                assert_eq!(counter.lines_columns(span), expected, "{text:?} {span:?}");
            }
        }
    }
}

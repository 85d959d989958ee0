//! Where a new import line goes. Knows nothing of the module that is imported, nor why.

use crate::diagnostic::Edit;
use crate::revision::{BoundName, ImportStatement, Revision};
use crate::source::Span;

/// The edit that adds `line` (`import sqlmodel`, without a line break) to the imports of a revision.
///
/// It goes after `import sqlalchemy as sa` where there is one, else to its place by name among the plain
/// imports beside `alembic` or `sqlalchemy`, else after the last import there, else after the docstring.
/// The edit breaks lines with `\n`; they become the file's own line endings when it is applied.
pub fn insert_import(revision: &Revision, text: &str, line: &str) -> Edit {
    let module = Module { revision, text };
    let imports = module.movable_imports();
    if let Some(sa) = imports.iter().find(|import| is_sqlalchemy_as_sa(import, text)) {
        return module.after(sa.span, line);
    }
    let imports: Vec<_> = imports.into_iter().filter(|import| !import.is_future).collect();
    if let Some(edit) = module.among(&imports, line) {
        return edit;
    }
    match module.docstring_or_future() {
        Some(last) => module.after_with_blank(last, line),
        None => module.at_top(line),
    }
}

fn is_sqlalchemy_as_sa(import: &ImportStatement, text: &str) -> bool {
    is_plain(import, text)
        && import.bound.iter().any(
            |bound| matches!(bound, BoundName::Alias { path, name } if &**path == "sqlalchemy" && &**name == "sa"),
        )
}

/// `import x`, not `from x import y`.
fn is_plain(import: &ImportStatement, text: &str) -> bool {
    import.span.of(text).starts_with("import")
}

/// The module that a line of plain import loads first; empty for `from x import y`.
fn imported_module(line: &str) -> &str {
    let rest = line.strip_prefix("import").unwrap_or_default().trim_start();
    rest.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '#')).next().unwrap_or_default()
}

struct Module<'a> {
    revision: &'a Revision,
    text: &'a str,
}

impl<'a> Module<'a> {
    /// The imports beside which a line of its own may stand: those that are not inside a block.
    fn movable_imports(&self) -> Vec<&'a ImportStatement> {
        let is_indented = |import: &ImportStatement| {
            let before = self.line_before(import.span.start);
            before.starts_with([' ', '\t'])
        };
        self.revision.names.imports.iter().filter(|import| !is_indented(import)).collect()
    }

    /// The last of the statements that no import may precede.
    fn docstring_or_future(&self) -> Option<Span> {
        let offset = self.revision.names.first_import_offset;
        self.revision.statements.iter().copied().rfind(|statement| statement.end <= offset)
    }

    /// The place by name among the imports of the block that belongs to Alembic.
    fn among(&self, imports: &[&ImportStatement], line: &str) -> Option<Edit> {
        let block = self.alembic_block(imports);
        let last = block.last()?;
        let name = imported_module(line);
        let plain: Vec<_> = block.iter().filter(|import| is_plain(import, self.text)).collect();
        if name.is_empty() || plain.is_empty() {
            return Some(self.after(last.span, line));
        }
        let before = plain.iter().rev().find(|import| imported_module(import.span.of(self.text)) <= name);
        if let Some(import) = before {
            return Some(self.after(import.span, line));
        }
        let first = plain.first()?;
        if self.line_before(first.span.start).trim_start_matches('\u{feff}').is_empty() {
            return Some(insertion(first.span.start, format!("{line}\n")));
        }
        Some(self.after(first.span, line))
    }

    /// The imports without a blank line between them that load `alembic` or `sqlalchemy`; else the last ones.
    fn alembic_block<'i>(&self, imports: &'i [&'a ImportStatement]) -> &'i [&'a ImportStatement] {
        let mut blocks = imports.chunk_by(|a, b| !self.is_apart(a.span, b.span));
        let is_alembics = |import: &&ImportStatement| {
            import.bound.iter().any(|bound| {
                let (BoundName::Module { path } | BoundName::Alias { path, .. }) = bound;
                matches!(path.split('.').next(), Some("alembic" | "sqlalchemy"))
            })
        };
        let found = blocks.clone().find(|block| block.iter().any(is_alembics));
        found.or_else(|| blocks.next_back()).unwrap_or_default()
    }

    /// Whether a blank line or other code stands between two imports.
    fn is_apart(&self, first: Span, second: Span) -> bool {
        let lines: Vec<_> = Span::new(first.end, second.start).of(self.text).split('\n').collect();
        let mut whole_lines = lines.iter().skip(1).take(lines.len().saturating_sub(2));
        let statements = &self.revision.statements;
        whole_lines.any(|line| line.trim().is_empty())
            || statements.iter().any(|s| first.end <= s.start && s.end <= second.start)
    }

    fn after(&self, statement: Span, line: &str) -> Edit {
        let end = self.logical_line_end(statement);
        match self.next_line(end) {
            Some(start) => insertion(start, format!("{line}\n")),
            None => insertion(end, format!("\n{line}")),
        }
    }

    /// After a statement that is no import: a blank line on both sides.
    fn after_with_blank(&self, statement: Span, line: &str) -> Edit {
        let end = self.logical_line_end(statement);
        match self.next_line(end) {
            Some(start) => insertion(start, format!("\n{line}\n{}", self.blank_before_code(start))),
            None => insertion(end, format!("\n\n{line}")),
        }
    }

    /// Before all code, after byte order mark, `#!` line, encoding cookie and the comment they head.
    fn at_top(&self, line: &str) -> Edit {
        let mark = if self.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let start = to_offset(mark);
        let header = self.header_end(start);
        if header == start {
            return insertion(start, format!("{line}\n{}", self.blank_before_code(start)));
        }
        match self.next_line(header) {
            Some(next) => insertion(next, format!("\n{line}\n{}", self.blank_before_code(next))),
            None => insertion(header, format!("\n\n{line}")),
        }
    }

    /// Where the comment at the top of the file ends. One that touches the code below speaks of that code; of
    /// such a comment only the lines that Python reads themselves are the header.
    fn header_end(&self, start: u32) -> u32 {
        let (mut whole, mut own, mut at, mut number) = (start, start, start, 0);
        loop {
            let end = self.line_end(at);
            let content = Span::new(at, end).of(self.text).trim_start();
            if !content.starts_with('#') {
                return if content.is_empty() { whole } else { own };
            }
            number += 1;
            whole = end;
            if number <= 2 && (content.starts_with("#!") || is_encoding_cookie(content)) {
                own = end;
            }
            match self.next_line(end) {
                Some(next) => at = next,
                None => return whole,
            }
        }
    }

    /// A line break where code follows at `start` without a blank line.
    fn blank_before_code(&self, start: u32) -> &'static str {
        let next = Span::new(start, self.line_end(start)).of(self.text);
        if next.trim().is_empty() { "" } else { "\n" }
    }

    /// The end of the last line of what shares lines with `statement`: `;`, continuations and a comment.
    fn logical_line_end(&self, statement: Span) -> u32 {
        let mut at = statement.end;
        loop {
            let end = self.line_end(at);
            let crossing = self.revision.statements.iter().find(|s| s.start < end && end < s.end);
            if let Some(crossing) = crossing {
                at = crossing.end;
                continue;
            }
            let in_comment = self.revision.comments.iter().any(|c| c.span.start < end && end <= c.span.end);
            let continues = !in_comment && Span::new(at, end).of(self.text).ends_with('\\');
            match self.next_line(end).filter(|_| continues) {
                Some(next) => at = next,
                None => return end,
            }
        }
    }

    /// What stands before `offset` on its line.
    fn line_before(&self, offset: u32) -> &'a str {
        let before = Span::new(0, offset).of(self.text);
        before.rsplit(['\n', '\r']).next().unwrap_or_default()
    }

    /// The end of the line that holds `offset`, before its line break.
    fn line_end(&self, offset: u32) -> u32 {
        let rest = self.text.get(offset as usize..).unwrap_or_default();
        offset + to_offset(rest.find(['\n', '\r']).unwrap_or(rest.len()))
    }

    /// The start of the line after the one that ends at `end`; `None` at the end of the file.
    fn next_line(&self, end: u32) -> Option<u32> {
        let rest = self.text.get(end as usize..).unwrap_or_default();
        let length = if rest.starts_with("\r\n") { 2 } else { u32::from(!rest.is_empty()) };
        (length > 0).then_some(end + length)
    }
}

/// Whether Python reads the file's encoding from this comment (PEP 263).
fn is_encoding_cookie(comment: &str) -> bool {
    comment.contains("coding:") || comment.contains("coding=")
}

fn insertion(offset: u32, content: String) -> Edit {
    Edit { span: Span::at(offset), content }
}

fn to_offset(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fix::apply_edits;
    use crate::operation::Dialect;
    use crate::python::{Modules, is_valid, read_revision};
    use crate::source::{Applied, Encoding, Role, SourceFile};

    fn inserted(text: &str, line: &str) -> String {
        let file = SourceFile {
            path: "versions/a.py".into(),
            location: "versions/a.py".into(),
            directory: 0,
            role: Role::Revision,
            text: Ok(text.into()),
            encoding: Encoding::Utf8,
            selected: true,
            applied: Applied::No,
        };
        let revision = read_revision(&file, &Modules::default(), Dialect::Postgresql);
        assert_eq!(revision.syntax_errors, [], "{text}");
        let new = apply_edits(text, &[insert_import(&revision, text, line)]).expect("one edit fits its text");
        assert!(is_valid(&new), "{new}");
        new
    }

    #[test]
    fn goes_after_sqlalchemy_as_sa() {
        let text = "\"\"\"Add\"\"\"\nfrom alembic import op\nimport sqlalchemy as sa\nfrom x import y\n\nrevision = 'a'\n";
        assert_eq!(
            inserted(text, "import sqlmodel"),
            "\"\"\"Add\"\"\"\nfrom alembic import op\nimport sqlalchemy as sa\nimport sqlmodel\nfrom x import y\n\nrevision = 'a'\n"
        );
    }

    #[test]
    fn a_comment_behind_the_import_stays_with_it() {
        let text = "import sqlalchemy as sa  # noqa: E501 \\\nrevision = 'a'\n";
        assert_eq!(
            inserted(text, "import sqlmodel"),
            "import sqlalchemy as sa  # noqa: E501 \\\nimport sqlmodel\nrevision = 'a'\n"
        );
    }

    #[test]
    fn statements_on_the_same_line_stay_together() {
        let text = "import sqlalchemy as sa; x = (\n    1,\n)\nrevision = 'a'\n";
        assert_eq!(
            inserted(text, "import sqlmodel"),
            "import sqlalchemy as sa; x = (\n    1,\n)\nimport sqlmodel\nrevision = 'a'\n"
        );
        let text = "import sqlalchemy as sa; \\\nx = 1\ny = 2\n";
        assert_eq!(
            inserted(text, "import sqlmodel"),
            "import sqlalchemy as sa; \\\nx = 1\nimport sqlmodel\ny = 2\n"
        );
    }

    #[test]
    fn sorted_among_the_plain_imports_of_alembics_block() {
        let text = "import os\nimport sys\n\nimport alembic\nimport sqlalchemy\nimport zope\n\nx = 1\n";
        let expected = text.replace("import zope", "import sqlmodel\nimport zope");
        assert_eq!(inserted(text, "import sqlmodel"), expected);
        let expected = text.replace("import alembic", "import aaa\nimport alembic");
        assert_eq!(inserted(text, "import aaa"), expected);
    }

    #[test]
    fn without_plain_imports_it_goes_after_the_last_one() {
        let text = "from alembic import op\nfrom sqlalchemy import (\n    Column,\n    Text,\n)\n\nx = 1\n";
        assert_eq!(
            inserted(text, "import sqlmodel"),
            text.replace("    Text,\n)\n", "    Text,\n)\nimport sqlmodel\n")
        );
    }

    #[test]
    fn a_from_import_goes_after_the_last_import_of_the_block() {
        let text = "import alembic\nfrom zope import x\n";
        assert_eq!(
            inserted(text, "from sqlalchemy import Text"),
            "import alembic\nfrom zope import x\nfrom sqlalchemy import Text\n"
        );
    }

    #[test]
    fn stays_behind_docstring_and_future() {
        let text = "\"\"\"Add\n\nMore.\n\"\"\"\nfrom __future__ import annotations\n\nrevision = 'a'\n";
        assert_eq!(
            inserted(text, "import sqlmodel"),
            text.replace("annotations\n", "annotations\n\nimport sqlmodel\n")
        );
        let text = "\"\"\"Add\"\"\"\nrevision = 'a'\n";
        assert_eq!(
            inserted(text, "import sqlmodel"),
            "\"\"\"Add\"\"\"\n\nimport sqlmodel\n\nrevision = 'a'\n"
        );
    }

    #[test]
    fn a_docstring_on_the_same_line_stays_before_it() {
        let text = "\"\"\"Add\"\"\"; import zope\nx = 1\n";
        assert_eq!(
            inserted(text, "import sqlmodel"),
            "\"\"\"Add\"\"\"; import zope\nimport sqlmodel\nx = 1\n"
        );
    }

    #[test]
    fn keeps_mark_cookie_and_header_on_top() {
        assert_eq!(inserted("\u{feff}x = 1\n", "import a"), "\u{feff}import a\n\nx = 1\n");
        assert_eq!(
            inserted("#!/usr/bin/env python\n# coding: latin-1\nx = 1\n", "import a"),
            "#!/usr/bin/env python\n# coding: latin-1\n\nimport a\n\nx = 1\n"
        );
        assert_eq!(
            inserted("# Copyright: us\n# All rights\n\nx = 1\n", "import a"),
            "# Copyright: us\n# All rights\n\nimport a\n\nx = 1\n"
        );
        assert_eq!(
            inserted("# revision identifiers\nx = 1\n", "import a"),
            "import a\n\n# revision identifiers\nx = 1\n"
        );
        assert_eq!(inserted("\u{feff}import zope\n", "import a"), "\u{feff}import a\nimport zope\n");
    }

    #[test]
    fn takes_over_the_line_ending_and_the_missing_last_one() {
        let text = "import sqlalchemy as sa\r\nx = 1\r\n";
        assert_eq!(
            inserted(text, "import sqlmodel"),
            "import sqlalchemy as sa\r\nimport sqlmodel\r\nx = 1\r\n"
        );
        assert_eq!(
            inserted("import sqlalchemy as sa", "import sqlmodel"),
            "import sqlalchemy as sa\nimport sqlmodel"
        );
        assert_eq!(inserted("", "import sqlmodel"), "import sqlmodel\n");
    }

    #[test]
    fn an_import_inside_a_block_is_no_anchor() {
        let text = "from alembic import op\nwith x:\n\timport sqlalchemy as sa\n";
        assert_eq!(
            inserted(text, "import a"),
            "from alembic import op\nimport a\nwith x:\n\timport sqlalchemy as sa\n"
        );
    }
}

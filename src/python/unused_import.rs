//! Imported names that nothing uses, with what to delete: a fix that removes the last use of an import removes the import too.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Alias, Expr, ExprContext, Stmt};
use ruff_text_size::{Ranged, TextRange};
use rustc_hash::FxHashSet;

use super::parse::{parse, span};
use crate::diagnostic::Edit;
use crate::source::Span;

/// An imported name that nothing uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnusedImport {
    /// The name.
    pub name: String,
    /// What takes it away.
    pub edit: Edit,
}

/// The names that imports at the top of a module or of a function bind, with the edit that takes each away, if nothing in the module
/// uses a name that is spelled like it. Imports that say `noqa`, export a name (`import a as a`) or have a fallback are left out.
///
/// Each edit alone fits the text: of two names of one statement, the other one moves when one goes.
pub fn unused_imports(text: &str) -> Vec<UnusedImport> {
    let (Some(parsed), errors) = parse(text) else { return Vec::new() };
    if !errors.is_empty() {
        return Vec::new();
    }
    let mut used = Used::default();
    used.visit_body(parsed.suite());
    let mut unused = Vec::new();
    in_block(text, parsed.suite(), &used, &mut unused);
    unused
}

fn in_block(text: &str, block: &[Stmt], used: &Used<'_>, unused: &mut Vec<UnusedImport>) {
    for (at, statement) in block.iter().enumerate() {
        let (names, is_future) = match statement {
            Stmt::Import(import) => (&import.names, false),
            Stmt::ImportFrom(import) => {
                (&import.names, import.module.as_ref().is_some_and(|module| module == "__future__"))
            }
            Stmt::FunctionDef(function) => {
                in_block(text, &function.body, used, unused);
                continue;
            }
            _ => continue,
        };
        let says_noqa = line_around(text, statement.range()).contains("noqa");
        if is_future || says_noqa {
            continue;
        }
        for (place, alias) in names.iter().enumerate() {
            let is_export = alias.asname.as_ref().is_some_and(|name| name.as_str() == alias.name.as_str());
            if &alias.name == "*" || is_export || used.names.contains(bound(alias)) {
                continue;
            }
            let edit = if names.len() == 1 {
                without_statement(text, block, at)
            } else {
                without_alias(text, names, place)
            };
            unused.extend(edit.map(|edit| UnusedImport { name: bound(alias).to_owned(), edit }));
        }
    }
}

/// The name that an import binds.
fn bound(alias: &Alias) -> &str {
    match &alias.asname {
        Some(name) => name,
        None => alias.name.split('.').next().unwrap_or_default(),
    }
}

fn deleted(start: usize, end: usize) -> Option<Edit> {
    let span = Span::new(u32::try_from(start).ok()?, u32::try_from(end).ok()?);
    Some(Edit { span, content: String::new() })
}

/// The whole lines of a statement, or `pass` where the block would be empty; `None` where it shares a line with others.
fn without_statement(text: &str, block: &[Stmt], at: usize) -> Option<Edit> {
    let range = block.get(at)?.range();
    if block.len() == 1 {
        return Some(Edit { span: span(range), content: "pass".to_owned() });
    }
    let (start, end) = lines_around(text, range);
    let before = text.get(start..range.start().to_usize())?.trim_start_matches('\u{feff}');
    let mark = if start == 0 && text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let after = text.get(range.end().to_usize()..end)?.trim();
    let is_continued = text.get(..start)?.trim_end_matches(['\n', '\r']).ends_with('\\');
    let is_alone = before.trim().is_empty() && (after.is_empty() || after.starts_with('#')) && !is_continued;
    deleted(start + mark, end).filter(|_| is_alone)
}

/// One of several names: its line, where it has one, otherwise the name with a comma.
fn without_alias(text: &str, names: &[Alias], at: usize) -> Option<Edit> {
    let range = names.get(at)?.range();
    let (start, end) = lines_around(text, range);
    let before = text.get(start..range.start().to_usize())?;
    let after = text.get(range.end().to_usize()..end)?.trim();
    let own_line = before.trim().is_empty() && after.strip_prefix(',').is_some_and(is_blank_or_comment);
    if own_line {
        return deleted(start, end);
    }
    let (start, end) = match (names.get(at + 1), at.checked_sub(1).and_then(|before| names.get(before))) {
        (Some(next), _) => (range.start(), next.range().start()),
        (None, Some(before)) => (before.range().end(), range.end()),
        (None, None) => return None,
    };
    let (start, end) = (start.to_usize(), end.to_usize());
    // A comment may be about the name beside it.
    deleted(start, end).filter(|_| text.get(start..end).is_some_and(|gone| !gone.contains('#')))
}

fn is_blank_or_comment(rest: &str) -> bool {
    rest.trim().is_empty() || rest.trim_start().starts_with('#')
}

/// From the start of the first line to behind the end of the last one.
fn lines_around(text: &str, range: TextRange) -> (usize, usize) {
    let (start, end) = (range.start().to_usize(), range.end().to_usize());
    let before = text.get(..start).unwrap_or_default();
    let rest = text.get(end..).unwrap_or_default();
    let break_at = rest.find(['\n', '\r']).unwrap_or(rest.len());
    let tail = rest.get(break_at..).unwrap_or_default();
    let break_length = if tail.starts_with("\r\n") { 2 } else { usize::from(!tail.is_empty()) };
    (before.rfind(['\n', '\r']).map_or(0, |end| end + 1), end + break_at + break_length)
}

fn line_around(text: &str, range: TextRange) -> &str {
    let (start, end) = lines_around(text, range);
    text.get(start..end).unwrap_or_default()
}

/// All names that are read, whatever binds them.
#[derive(Default)]
struct Used<'a> {
    names: FxHashSet<&'a str>,
}

impl<'a> Visitor<'a> for Used<'a> {
    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Name(name) if !matches!(name.ctx, ExprContext::Store) => {
                self.names.insert(name.id.as_str());
            }
            // Annotations in quotes and `__all__`.
            Expr::StringLiteral(literal) => {
                let is_word = |char: char| char.is_alphanumeric() || char == '_';
                let text = literal.value.iter().map(|part| &*part.value);
                self.names.extend(
                    text.filter(|text| text.len() < 200 && !text.contains(' '))
                        .flat_map(|text| text.split(move |char| !is_word(char))),
                );
            }
            _ => {}
        }
        visitor::walk_expr(self, expression);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fix::apply_edits;

    fn without(text: &str) -> String {
        let mut text = text.to_owned();
        while let Some(unused) = unused_imports(&text).first() {
            text = apply_edits(&text, std::slice::from_ref(&unused.edit)).unwrap();
        }
        text
    }

    #[test]
    fn unused_names_go_with_their_lines() {
        assert_eq!(without("import a\nimport b.c\nimport d as e  # why\nb.c\n"), "import b.c\nb.c\n");
        assert_eq!(without("from x import a, b, c\nb\n"), "from x import b\nb\n");
        assert_eq!(
            without("from x import (\n    a,\n    b,  # about b\n)\na\n"),
            "from x import (\n    a,\n)\na\n"
        );
        assert_eq!(without("\u{feff}import a\r\nx = 1\r\n"), "\u{feff}x = 1\r\n");
        assert_eq!(without("def f():\n    import a\n"), "def f():\n    pass\n");
        assert_eq!(without("def f():\n    import a\n    b()\n"), "def f():\n    b()\n");
    }

    #[test]
    fn what_may_be_used_stays() {
        for text in [
            "import a\na.b()\n",
            "import a\n\n\ndef f(x: 'a.B'):\n    pass\n",
            "from x import a\n__all__ = ['a']\n",
            "import a  # noqa: F401\n",
            "from x import a as a\n",
            "from __future__ import annotations\n",
            "from x import *\n",
            "try:\n    import a\nexcept ImportError:\n    pass\n",
            "import a; x = 1\n",
            "import a\ndel a\n",
        ] {
            assert_eq!(without(text), text);
        }
    }
}

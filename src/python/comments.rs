//! Comments and statement places: what suppressions are matched against.

use ruff_python_ast::Stmt;
use ruff_text_size::{Ranged, TextRange, TextSize};

use super::parse::span;
use crate::revision::Comment;
use crate::source::Span;

/// The comments at these places, in order.
pub(super) fn comments(places: &[TextRange], statements: &[Stmt], text: &str) -> Vec<Comment> {
    let comment = |place: &TextRange| {
        let span = span(*place);
        let line = line_so_far(text.get(..span.start as usize).unwrap_or_default());
        let own_line = line.chars().all(char::is_whitespace);
        let is_inside = || {
            let following = statements.partition_point(|statement| statement.start() <= place.start());
            let before = following.checked_sub(1).and_then(|i| statements.get(i));
            before.is_some_and(|statement| statement.end() > place.start())
        };
        Comment { span, own_line, top_level: line.is_empty() && !is_inside() }
    };
    places.iter().map(comment).collect()
}

/// What stands in the last line of a text.
fn line_so_far(text: &str) -> &str {
    if text.ends_with('\n') {
        return "";
    }
    let start = memchr::memrchr2(b'\n', b'\r', text.as_bytes()).map_or(0, |end| end + 1);
    text.get(start..).unwrap_or_default().trim_start_matches('\u{feff}')
}

/// Simple statements whole, compound ones by their header.
pub(super) fn statements(suite: &[Stmt]) -> Vec<Span> {
    let mut out = Vec::with_capacity(suite.len() * 2);
    collect(suite, &mut out);
    out
}

fn collect(suite: &[Stmt], out: &mut Vec<Span>) {
    for statement in suite {
        let header = |end: TextSize| Span::new(statement.start().to_u32(), end.to_u32());
        match statement {
            Stmt::FunctionDef(def) => {
                let end = def.returns.as_deref().map_or(def.parameters.end(), Ranged::end);
                out.push(header(end));
                collect(&def.body, out);
            }
            Stmt::ClassDef(class) => {
                let end = class.arguments.as_deref().map_or(class.name.end(), Ranged::end);
                out.push(header(end));
                collect(&class.body, out);
            }
            Stmt::For(node) => {
                out.push(header(node.iter.end()));
                collect(&node.body, out);
                collect(&node.orelse, out);
            }
            Stmt::While(node) => {
                out.push(header(node.test.end()));
                collect(&node.body, out);
                collect(&node.orelse, out);
            }
            Stmt::If(node) => {
                out.push(header(node.test.end()));
                collect(&node.body, out);
                for clause in &node.elif_else_clauses {
                    if let Some(test) = &clause.test {
                        out.push(Span::new(clause.start().to_u32(), test.end().to_u32()));
                    }
                    collect(&clause.body, out);
                }
            }
            Stmt::With(node) => {
                out.push(header(node.items.last().map_or(node.start(), Ranged::end)));
                collect(&node.body, out);
            }
            Stmt::Match(node) => {
                out.push(header(node.subject.end()));
                for case in &node.cases {
                    collect(&case.body, out);
                }
            }
            Stmt::Try(node) => {
                collect(&node.body, out);
                for handler in &node.handlers {
                    let ruff_python_ast::ExceptHandler::ExceptHandler(handler) = handler;
                    collect(&handler.body, out);
                }
                collect(&node.orelse, out);
                collect(&node.finalbody, out);
            }
            _ => out.push(span(statement.range())),
        }
    }
}

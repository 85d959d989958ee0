//! Edits to a call of `op` that is a statement of its own. Knows no rule.

use super::{Body, RevisionContext};
use crate::diagnostic::Edit;
use crate::operation::{Change, Operation, Statement};
use crate::source::Span;

/// One step of indentation.
const INDENT: &str = "    ";

impl RevisionContext<'_> {
    /// Puts an `autocommit_block` around the call; `None` where it is no plain statement.
    pub fn in_autocommit_block(&self, operation: &Operation) -> Option<Vec<Edit>> {
        let text = self.text();
        let span = operation.span;
        let call = self.own_call(operation)?;
        // Several statements in one text would share a transaction all the same.
        let bodies = [&self.revision.upgrade, &self.revision.downgrade];
        let all = bodies.into_iter().flatten().flat_map(|body| &body.operations);
        let is_single = all.filter(|other| other.span == span).count() == 1;
        // A block within another one raises an AssertionError, and a commit would drop tables made with `ON COMMIT DROP`.
        let is_temporary =
            |other: &Operation| matches!(&other.change, Change::CreateTable(create) if create.temporary);
        let mut around = self.bodies_with(operation).flat_map(|body| &body.operations);
        if operation.autocommit || around.any(is_temporary) {
            return None;
        }
        // In a string of several lines, blanks at the start of a line are a part of it.
        let has_long_string = ["\"\"\"", "'''", "\\\n", "\\\r"].iter().any(|part| call.contains(part));
        if !is_single || has_long_string {
            return None;
        }
        let line_start = text.get(..span.start as usize)?.rfind(['\n', '\r']).map_or(0, |end| end + 1);
        let before = text.get(line_start..span.start as usize)?;
        let follows_continued_line = text.get(..line_start)?.trim_end_matches(['\n', '\r']).ends_with('\\');
        if !before.chars().all(|char| matches!(char, ' ' | '\t')) || follows_continued_line {
            return None;
        }
        let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let opening = format!("with op.get_context().autocommit_block():{newline}{before}{INDENT}");
        let mut edits = vec![insertion(span.start, opening)];
        for (at, _) in call.match_indices('\n') {
            let start = span.start.checked_add(u32::try_from(at).ok()?)?.checked_add(1)?;
            edits.push(insertion(start, INDENT.to_owned()));
        }
        Some(edits)
    }

    /// Makes the call concurrent, in a block of its own; `None` where it is no plain statement, or where the block would commit half
    /// of a revision that does other things as well.
    pub fn made_concurrent(&self, operation: &Operation) -> Option<Vec<Edit>> {
        let may_be_cut = |other: &Operation| match &other.change {
            Change::CreateIndex(_) | Change::DropIndex(_) => true,
            Change::Execute(execute) => {
                matches!(execute.statement, Statement::Set { .. } | Statement::ValidateConstraint { .. })
            }
            _ => false,
        };
        let is_whole = !self.settings.in_parts;
        if is_whole && !self.bodies_with(operation).flat_map(|body| &body.operations).all(may_be_cut) {
            return None;
        }
        let mut edits = self.in_autocommit_block(operation)?;
        edits.push(self.with_argument_at(operation, "postgresql_concurrently=True", INDENT)?);
        Some(edits)
    }

    /// The functions that run an operation.
    fn bodies_with(&self, operation: &Operation) -> impl Iterator<Item = &Body> {
        let span = operation.span;
        let bodies = [&self.revision.upgrade, &self.revision.downgrade];
        bodies
            .into_iter()
            .flatten()
            .filter(move |body| body.operations.iter().any(|other| other.span == span))
    }

    /// Gives the call one more keyword argument; `None` where it is no plain statement, or has arguments that are unpacked.
    pub fn with_argument(&self, operation: &Operation, argument: &str) -> Option<Edit> {
        self.with_argument_at(operation, argument, "")
    }

    /// The same where the call moves to the right.
    fn with_argument_at(&self, operation: &Operation, argument: &str, moved: &str) -> Option<Edit> {
        let call = self.own_call(operation).filter(|_| !operation.is_raw_sql())?;
        let inner = call.strip_suffix(')')?;
        let last = inner.trim_end();
        // A comment before the bracket, or one that stands alone in its line, would swallow it.
        let swallows = last.ends_with('\\') || inner.contains('#') || inner.ends_with(['\n', '\r']);
        if last.is_empty() || swallows || inner.contains("**") {
            return None;
        }
        let end = operation.span.start.checked_add(u32::try_from(last.len()).ok()?)?;
        // One argument a line, each with a comma.
        if let Some((_, line)) = last.rsplit_once('\n').filter(|_| last.ends_with(',')) {
            let own: String = line.chars().take_while(|c| c.is_whitespace()).collect();
            let newline = if self.text().contains("\r\n") { "\r\n" } else { "\n" };
            return Some(insertion(end, format!("{newline}{own}{moved}{argument},")));
        }
        let separator = if last.ends_with(['(', ',']) { "" } else { "," };
        let blank = if last.ends_with('(') { "" } else { " " };
        Some(insertion(end, format!("{separator}{blank}{argument}")))
    }

    /// The text of a call `op.x(..)` that is a statement of its own and written where it acts; none where it has arguments that
    /// it does not take, for they may mean what would be added.
    pub fn own_call(&self, operation: &Operation) -> Option<&str> {
        let call = operation.span.of(self.text());
        let bodies = [&self.revision.upgrade, &self.revision.downgrade];
        let mut misfits = bodies.into_iter().flatten().flat_map(|body| &body.misfits);
        if misfits.any(|misfit| misfit.span == operation.span) {
            return None;
        }
        let is_own = self.revision.statements.contains(&operation.span)
            && call.starts_with("op.")
            && operation.call_sites.is_empty()
            && operation.via.is_empty();
        is_own.then_some(call)
    }
}

fn insertion(at: u32, content: String) -> Edit {
    Edit { span: Span::new(at, at), content }
}

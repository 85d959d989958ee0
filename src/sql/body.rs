//! `DO` blocks -> the statements inside that change something.
//!
//! Control words (`IF .. THEN`, `LOOP`, `BEGIN`) are stepped over, whatever branch they open: a statement in
//! a block may run. Bodies of functions are not run by the revision and are not read.

use super::cursor::Cursor;
use super::lex::{self, Kind, Rules, Token};
use super::{Sql, execute, other, statement_changes};
use crate::operation::{Change, HOLE, Statement};

/// Lowers a `DO` statement: itself, then what its body does.
pub(super) fn read(sql: Sql<'_>, tokens: &[Token]) -> Vec<Change> {
    let mut changes = vec![other("DO")];
    let body = tokens.iter().skip(1).find(|token| token.kind == Kind::Text);
    // A block inside a block is text of an EXECUTE; one level is enough and bounds the work.
    if let Some(body) = body.filter(|_| !sql.in_body) {
        let content = lex::string_content(body.text(sql.source));
        block(Sql { source: &content, in_body: true, ..sql }, &mut changes);
    }
    changes
}

/// Lowers the statements of a block.
fn block(sql: Sql<'_>, changes: &mut Vec<Change>) {
    let tokens = lex::tokens(sql.source, Rules::of(sql.dialect));
    let mut declares = false;
    for piece in tokens.split(|token| token.kind == Kind::Mark(b';')) {
        let mut cursor = Cursor::new(sql.source, piece);
        declares = (declares || cursor.is_at("declare")) && !cursor.is_at("begin");
        if declares {
            continue;
        }
        step_over_control(&mut cursor);
        if cursor.is_at("execute") {
            changes.extend(dynamic(sql, cursor));
        } else if changes_something(cursor) {
            changes.extend(statement_changes(sql, cursor.rest()));
        }
    }
}

/// Moves behind the words that only say when the statement runs.
fn step_over_control(cursor: &mut Cursor<'_>) {
    loop {
        if cursor.take_any(&["begin", "else", "loop", "exception"]) {
            continue;
        }
        if cursor.take_mark(b'<') {
            // A label, `<<name>>`.
            while cursor.peek().is_some_and(|token| token.kind != Kind::Mark(b'>')) {
                cursor.advance();
            }
            while cursor.take_mark(b'>') {}
            continue;
        }
        let end = if ["if", "elsif", "elseif", "when", "case"].iter().any(|word| cursor.is_at(word)) {
            "then"
        } else if ["for", "foreach", "while"].iter().any(|word| cursor.is_at(word)) {
            "loop"
        } else {
            return;
        };
        cursor.advance();
        // The `THEN` of a `CASE` inside the condition is not the one that opens the branch.
        let mut cases = 0_usize;
        while cursor.peek().is_some() && !(cases == 0 && cursor.take(end)) {
            if cursor.is_at("case") {
                cases += 1;
            } else if cursor.is_at("end") {
                cases = cases.saturating_sub(1);
            }
            cursor.advance();
        }
    }
}

/// Whether it starts like a statement that writes; reads, assignments and control do not.
fn changes_something(cursor: Cursor<'_>) -> bool {
    let is_assignment = cursor.rest().get(1).is_some_and(|token| token.kind == Kind::Mark(b':'));
    !is_assignment
        && [
            "create", "alter", "drop", "delete", "update", "insert", "merge", "truncate", "with", "comment",
            "grant", "revoke", "lock", "set", "reset", "copy", "refresh", "reindex", "cluster",
        ]
        .iter()
        .any(|word| cursor.is_at(word))
}

/// `EXECUTE` of a string, or of `format(..)` with its parts unknown.
fn dynamic(sql: Sql<'_>, mut cursor: Cursor<'_>) -> Vec<Change> {
    cursor.advance();
    let is_format = cursor.take("format") && cursor.take_mark(b'(');
    let Some(mut text) = cursor.string() else { return vec![execute(Statement::Unknown)] };
    if is_format {
        for place in ["%I", "%s", "%L"] {
            text = text.replace(place, HOLE);
        }
    }
    while let Some(part) = next_part(&mut cursor) {
        text.push_str(&part);
    }
    let rules = Rules::of(sql.dialect);
    let inner = Sql { source: &text, ..sql };
    let statements = super::split::statements(&text, rules);
    statements.iter().flat_map(|tokens| statement_changes(inner, tokens)).collect()
}

/// The next operand of `||`: a string as it is, anything else as unknown.
fn next_part(cursor: &mut Cursor<'_>) -> Option<String> {
    if !(cursor.take_mark(b'|') && cursor.take_mark(b'|')) {
        return None;
    }
    if let Some(text) = cursor.string() {
        return Some(text);
    }
    while cursor.peek().is_some_and(|token| token.kind != Kind::Mark(b'|')) {
        cursor.advance();
    }
    Some(HOLE.to_owned())
}

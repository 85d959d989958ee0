//! The wording of a suppression comment: `# alembic-lint: allow[rule, rule] -- reason`. Knows no rule and no
//! statement; what looks like one and is none is read too, so that nobody believes in it.

use crate::source::Span;

/// A suppression as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// From its `#` to the end of the reason.
    pub span: Span,
    /// What remains of the comment's line without it: the range to delete, other tools' comments spared.
    pub removal: Span,
    /// Which findings it speaks of.
    pub scope: Scope,
    /// The rules it names, in order.
    pub names: Vec<RuleName>,
    /// What stands between the brackets.
    pub list: Span,
    /// Why the findings are right as they are.
    pub reason: Reason,
    /// The reason itself; empty where none is given.
    pub reason_text: Box<str>,
    /// Why it is no suppression at all, although it looks like one.
    pub mistake: Option<String>,
}

/// Which findings a suppression speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// `allow`: those of one statement.
    Statement,
    /// `allow-file`: all of the file.
    File,
}

impl Scope {
    /// The word users type.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Statement => "allow",
            Self::File => "allow-file",
        }
    }
}

/// A rule's name in a suppression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleName {
    /// Its place.
    pub span: Span,
    /// The name, as written.
    pub text: Box<str>,
}

/// What follows the brackets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// `-- reason`.
    Given,
    /// Nothing.
    Missing,
    /// Text that does not follow `--`.
    Unmarked,
}

/// Comments of other tools start with one of these, right after `#` or after blanks.
const OTHER_TOOLS: &[&str] = &[
    "noqa",
    "type:",
    "pragma",
    "nosec",
    "pylint:",
    "fmt:",
    "isort:",
    "mypy:",
    "pyright:",
    "ruff:",
    "sqlfluff:",
];

const MARKER: &str = "alembic-lint";

/// The suppressions that a comment (from `#` to the end of its line) holds; `offset` is where it starts.
pub(super) fn directives(comment: &str, offset: u32) -> Vec<Directive> {
    let starts = part_starts(comment);
    let mut out = Vec::new();
    for (i, start) in starts.iter().enumerate() {
        let next = starts.get(i + 1).copied();
        let end = next.unwrap_or(comment.len());
        let part = comment.get(*start..end).unwrap_or_default();
        let Some(mut directive) = directive(part.trim_end(), offset + to_offset(*start)) else { continue };
        let before = comment.get(..*start).unwrap_or_default().trim_end().len();
        directive.removal = match next {
            Some(next) if before == 0 => Span::new(offset, offset + to_offset(next)),
            Some(_) => Span::new(offset + to_offset(before), directive.span.end),
            None => Span::new(offset + to_offset(before), offset + to_offset(comment.len())),
        };
        out.push(directive);
    }
    out
}

/// Where the comments that share one line start. A `#` inside a text starts one only where it can be no
/// ticket's number and no channel's name.
fn part_starts(comment: &str) -> Vec<usize> {
    let mut starts = vec![0];
    for (i, _) in comment.match_indices('#').skip(1) {
        let before = comment.get(..i).unwrap_or_default();
        let after = comment.get(i + 1..).unwrap_or_default();
        let known = after.get(..MARKER.len()).is_some_and(|word| word.eq_ignore_ascii_case(MARKER))
            || OTHER_TOOLS.iter().any(|tool| after.starts_with(tool));
        if before.ends_with([' ', '\t']) && (known || after.starts_with([' ', '\t'])) {
            starts.push(i);
        }
    }
    starts
}

/// Reads one comment; `None` where it is somebody else's.
fn directive(part: &str, at: u32) -> Option<Directive> {
    let span = Span::new(at, at + to_offset(part.len()));
    let body = part.trim_start_matches('#').trim_start();
    let marker = body.get(..MARKER.len())?;
    if !marker.replace('_', "-").eq_ignore_ascii_case(MARKER) {
        return None;
    }
    let after_marker = body.get(MARKER.len()..)?;
    let mut read = Directive {
        span,
        removal: span,
        scope: Scope::Statement,
        names: Vec::new(),
        list: Span::at(span.end),
        reason: Reason::Missing,
        reason_text: Box::default(),
        mistake: None,
    };
    let Some(body) = after_marker.trim_start().strip_prefix(':') else {
        if !looks_like_allow(after_marker.trim_start()) {
            return None;
        }
        read.mistake = Some("a colon is missing after `alembic-lint`".to_owned());
        return Some(read);
    };
    if marker != MARKER || after_marker.trim_start() != after_marker {
        read.mistake = Some(format!("it starts with `alembic-lint:`, not with `{marker}`"));
        return Some(read);
    }
    read.mistake = directive_body(&mut read, body.trim_start(), part.len()).err();
    Some(read)
}

/// Reads `allow[rule, rule] -- reason` into `read`; `length` is that of the whole part.
fn directive_body(read: &mut Directive, body: &str, length: usize) -> Result<(), String> {
    let word_end = body.find(|c: char| !c.is_alphanumeric() && !"-_".contains(c)).unwrap_or(body.len());
    let (word, rest) = body.split_at(word_end);
    read.scope = match word {
        "allow" => Scope::Statement,
        "allow-file" => Scope::File,
        "" => return Err("`allow[..]` or `allow-file[..]` follows the colon".to_owned()),
        _ => return Err(format!("`{word}` is not one of its words, `allow` and `allow-file`")),
    };
    let Some(list) = rest.trim_start().strip_prefix('[') else {
        return Err(format!("`{word}` names no rules in brackets"));
    };
    let list_start = read.span.start + to_offset(length - list.len());
    let Some((names, tail)) = list.split_once(']') else {
        return Err("the bracket is not closed".to_owned());
    };
    read.list = Span::new(list_start, list_start + to_offset(names.len()));
    read.names = rule_names(names, list_start);
    if read.names.is_empty() {
        return Err("the brackets are empty, and no rule is allowed by default".to_owned());
    }
    read.reason = reason(tail.trim());
    if read.reason == Reason::Given {
        read.reason_text = tail.trim().trim_start_matches('-').trim().into();
    }
    Ok(())
}

fn rule_names(list: &str, start: u32) -> Vec<RuleName> {
    let mut names = Vec::new();
    let mut at = start;
    for piece in list.split(',') {
        let text = piece.trim();
        let from = at + to_offset(piece.len() - piece.trim_start().len());
        if !text.is_empty() {
            names.push(RuleName { span: Span::new(from, from + to_offset(text.len())), text: text.into() });
        }
        at += to_offset(piece.len() + 1);
    }
    names
}

fn reason(tail: &str) -> Reason {
    match tail.strip_prefix("--") {
        // The placeholder of our own help texts, copied.
        Some(reason) if reason.trim() == "<reason>" => Reason::Missing,
        Some(reason) if reason.chars().any(char::is_alphanumeric) => Reason::Given,
        Some(_) => Reason::Missing,
        None if tail.is_empty() => Reason::Missing,
        None => Reason::Unmarked,
    }
}

/// Whether text without the colon was meant as a suppression.
fn looks_like_allow(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["[", "allow[", "allow-file[", "ignore[", "allow ["].iter().any(|start| text.starts_with(start))
}

fn to_offset(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(comment: &str) -> Directive {
        let mut all = directives(comment, 0);
        assert_eq!(all.len(), 1, "{comment}");
        all.remove(0)
    }

    fn names(comment: &str) -> Vec<String> {
        only(comment).names.iter().map(|name| name.text.to_string()).collect()
    }

    #[test]
    fn reads_names_scope_and_reason() {
        let read = only("# alembic-lint: allow[drop-column, raw-sql] -- empty since 4.2, ticket #118");
        assert_eq!((read.scope, &read.reason, read.mistake), (Scope::Statement, &Reason::Given, None));
        let comment = "# alembic-lint: allow-file[drop-column , raw-sql,] -- why";
        let read = only(comment);
        assert_eq!(read.scope, Scope::File);
        let places: Vec<_> = read.names.iter().map(|name| name.span.of(comment)).collect();
        assert_eq!(places, ["drop-column", "raw-sql"]);
        assert_eq!(read.list.of(comment), "drop-column , raw-sql,");
        assert_eq!(names("#alembic-lint:allow[x]--y"), ["x"]);
    }

    #[test]
    fn a_reason_follows_two_dashes() {
        for without in ["", " --", " --  ", " -- !", " -- <reason>"] {
            assert_eq!(
                only(&format!("# alembic-lint: allow[x]{without}")).reason,
                Reason::Missing,
                "{without}"
            );
        }
        for unmarked in [" because", ": why", " - why", " \u{2014} why"] {
            assert_eq!(
                only(&format!("# alembic-lint: allow[x]{unmarked}")).reason,
                Reason::Unmarked,
                "{unmarked}"
            );
        }
    }

    #[test]
    fn what_looks_like_a_suppression_is_a_mistake() {
        for comment in [
            "# alembic-lint: ignore[x] -- why",
            "# alembic-lint: Allow[x] -- why",
            "# Alembic-Lint: allow[x] -- why",
            "# alembic_lint: allow[x] -- why",
            "# alembic-lint : allow[x] -- why",
            "# alembic-lint allow[x] -- why",
            "# alembic-lint: allow x -- why",
            "# alembic-lint: allow -- why",
            "# alembic-lint: allow[x -- why",
            "# alembic-lint: allow[] -- why",
            "# alembic-lint: allow[ , ] -- why",
            "# alembic-lint: [x] -- why",
            "# alembic-lint:",
        ] {
            assert!(only(comment).mistake.is_some(), "{comment}");
        }
    }

    #[test]
    fn prose_is_left_alone() {
        for comment in [
            "# alembic-lint complains here",
            "# see alembic-lint",
            "# noqa",
            "#",
            "# h\u{e9}h\u{e9}h\u{e9}h\u{e9}",
        ] {
            assert_eq!(directives(comment, 0), [], "{comment}");
        }
    }

    #[test]
    fn comments_of_other_tools_share_the_line() {
        for (comment, left) in [
            ("# alembic-lint: allow[x] -- why", ""),
            ("# noqa: E501  # alembic-lint: allow[x] -- why", "# noqa: E501"),
            ("# alembic-lint: allow[x] -- why  #noqa: E501", "#noqa: E501"),
            ("# noqa  # alembic-lint: allow[x] -- why # type: ignore", "# noqa # type: ignore"),
            ("# alembic-lint: allow[x] -- see #12   ", ""),
        ] {
            let removal = only(comment).removal;
            let mut text = comment.to_owned();
            text.replace_range(removal.start as usize..removal.end as usize, "");
            assert_eq!(text, left, "{comment}");
        }
    }

    #[test]
    fn one_line_may_hold_two_suppressions() {
        let all = directives("# alembic-lint: allow[x] -- a  # alembic-lint: allow[y] -- b", 7);
        assert_eq!(all.len(), 2);
        assert_eq!(all.iter().map(|d| d.span.start).collect::<Vec<_>>(), [7, 38]);
    }
}

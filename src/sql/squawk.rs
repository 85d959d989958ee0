//! What squawk's linter says of statements of PostgreSQL. Which of it is passed on is not decided here.

use std::borrow::Cow;
use std::ops::Range;
use std::str::FromStr;

use rustc_hash::FxHashMap;
use squawk_linter::{Linter, LinterSettings, Rule, Version as SquawkVersion, Violation};
use squawk_syntax::SourceFile;

use super::lex::Rules;
use super::{placeholder, plain_alter, split};
use crate::operation::{Dialect, Version};

/// One finding of squawk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// The name of squawk's rule.
    pub rule: String,
    /// What it says, lower-case start, no full stop.
    pub message: String,
    /// What it advises.
    pub help: Option<String>,
    /// Which of the statements it is about.
    pub statement: usize,
    /// The place in that statement.
    pub range: Range<usize>,
}

/// First words of statements that a rule of squawk speaks of.
const STARTS: [&str; 6] = ["alter", "create", "drop", "revoke", "update", "reindex"];

/// What squawk's rules of these names say of statements that run one after the other; nothing of those that its grammar
/// does not accept.
pub fn remarks<'t>(
    grammar: &mut Grammar<'t>,
    statements: &[&'t str],
    rules: &[&str],
    version: Version,
    in_transaction: bool,
) -> Vec<Remark> {
    let mut text = String::new();
    let mut starts = Vec::new();
    for (index, statement) in statements.iter().enumerate() {
        if may_be_spoken_of(statement) && grammar.syntax_error(statement).is_none() {
            starts.push((text.len(), index));
            let masked = masked(statement);
            let is_read = |text: &str| SourceFile::parse(text).errors().is_empty();
            match values_as_names(&masked).filter(|_| !is_read(&masked)) {
                Some(renamed) => text.push_str(&renamed),
                None => text.push_str(&masked),
            }
            text.push_str(";\n");
        }
    }
    if starts.is_empty() {
        return Vec::new();
    }
    let mut linter = Linter::from(rules.iter().filter_map(|name| Rule::try_from(*name).ok()));
    linter.settings = LinterSettings {
        pg_version: SquawkVersion::from_str(&version.to_string()).unwrap_or_default(),
        assume_in_transaction: in_transaction,
    };
    let violations = linter.lint(&SourceFile::parse(&text), &text).into_iter();
    let remark = |violation: Violation| {
        let place = usize::from(violation.text_range.start())..usize::from(violation.text_range.end());
        let (start, statement) = *starts.iter().rfind(|(start, _)| *start <= place.start)?;
        // The semicolon is not the statement's.
        let end = (place.end - start).min(statements.get(statement)?.len());
        Some(Remark {
            rule: violation.code.to_string(),
            message: as_message(&violation.message),
            help: violation.help.filter(|help| !help.is_empty()),
            statement,
            range: place.start - start..end,
        })
    };
    violations.filter_map(remark).collect()
}

/// Whether a rule may speak of a statement, by its first word.
fn may_be_spoken_of(statement: &str) -> bool {
    let first = statement.split(|char: char| !char.is_ascii_alphabetic()).find(|word| !word.is_empty());
    first.is_some_and(|first| STARTS.iter().any(|start| first.eq_ignore_ascii_case(start)))
}

/// A statement with its parameters replaced.
fn masked(statement: &str) -> Cow<'_, str> {
    if !statement.contains([':', '%']) {
        return Cow::Borrowed(statement);
    }
    let tokens = split::statements(statement, Rules::of(Dialect::Postgresql)).concat();
    placeholder::mask(statement, &tokens).map_or(Cow::Borrowed(statement), Cow::Owned)
}

/// A statement in which `values`, where no list follows, is another word of the same length: PostgreSQL takes it for a
/// column (postgresql.org/docs/current/sql-keywords-appendix.html), squawk's grammar does not. `None` where there is none.
fn values_as_names(statement: &str) -> Option<String> {
    const WORD: &str = "values";
    const NAME: &str = "valuez";
    let lower = statement.to_ascii_lowercase();
    let is_part = |char: char| char.is_alphanumeric() || char == '_';
    let mut renamed = String::with_capacity(statement.len());
    let mut done = 0;
    for (at, _) in lower.match_indices(WORD) {
        let before = statement.get(..at).unwrap_or_default();
        let after = statement.get(at + WORD.len()..).unwrap_or_default();
        let is_word = !before.ends_with(is_part) && !after.starts_with(is_part);
        if is_word && !after.trim_start().starts_with('(') {
            renamed.push_str(statement.get(done..at).unwrap_or_default());
            renamed.push_str(NAME);
            done = at + WORD.len();
        }
    }
    renamed.push_str(statement.get(done..).unwrap_or_default());
    (done > 0).then_some(renamed)
}

/// What PostgreSQL's grammar says of statements. Parsing is the dear part, so each is asked for once.
#[derive(Debug, Default)]
pub struct Grammar<'t> {
    errors: FxHashMap<&'t str, Option<String>>,
}

impl<'t> Grammar<'t> {
    /// What it expects where a statement departs from it; `None` for one that it accepts.
    pub fn syntax_error(&mut self, statement: &'t str) -> Option<&str> {
        let parse = || {
            if plain_alter::is_all_of(statement) {
                return None;
            }
            let text = masked(statement);
            let errors = SourceFile::parse(&text).errors();
            let is_readable = |text: &String| SourceFile::parse(text).errors().is_empty();
            if !errors.is_empty() && values_as_names(&text).is_some_and(|text| is_readable(&text)) {
                return None;
            }
            errors.first().map(|error| as_message(&error.message().replace("_KW", "")))
        };
        self.errors.entry(statement).or_insert_with(parse).as_deref()
    }
}

/// The names of all of squawk's rules, and whether each is on by default.
pub fn rules() -> Vec<(String, bool)> {
    let every = enum_iterator::all::<Rule>();
    every.map(|rule| (rule.to_string(), !rule.is_opt_in())).collect()
}

/// A sentence as a message here: lower-case start unless a word of SQL or a name stands there, no full stop.
fn as_message(sentence: &str) -> String {
    let sentence = sentence.trim().trim_end_matches('.');
    let first = sentence.split_whitespace().next().unwrap_or_default();
    let is_plain = first.chars().skip(1).all(char::is_lowercase);
    match sentence.chars().next().filter(|_| is_plain) {
        Some(start) => start.to_lowercase().chain(sentence.chars().skip(1)).collect(),
        None => sentence.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const V14: Version = Version(14, 0, 0);

    #[test]
    fn what_squawk_says() {
        let found = remarks(&mut Grammar::default(), &["DROP VIEW active"], &["ban-drop-view"], V14, true);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].rule.as_str(), found[0].range.clone()), ("ban-drop-view", 0..16));
        assert!(found[0].message.starts_with(char::is_lowercase) && !found[0].message.ends_with('.'));
        assert!(
            remarks(&mut Grammar::default(), &["DROP VIEW active"], &["ban-drop-type"], V14, true).is_empty(),
            "not asked for"
        );
        assert!(
            remarks(&mut Grammar::default(), &["DROP VIEW"], &["ban-drop-view"], V14, true).is_empty(),
            "no SQL"
        );
        assert!(
            remarks(&mut Grammar::default(), &["SELECT 'drop view active'"], &["ban-drop-view"], V14, true)
                .is_empty()
        );
    }

    #[test]
    fn statements_are_judged_together() {
        let statements = ["nonsense", "CREATE TABLE a (id bigint)", "ALTER TABLE a ADD COLUMN b text"];
        assert!(
            remarks(&mut Grammar::default(), &statements, &["ban-add-column"], V14, true).is_empty(),
            "the table is new"
        );
        let found =
            remarks(&mut Grammar::default(), &["SELECT 1", "DROP VIEW v"], &["ban-drop-view"], V14, true);
        assert_eq!((found[0].statement, found[0].range.clone()), (1, 0..11));
    }

    #[test]
    fn parameters_are_values() {
        let update = "UPDATE account SET age = :age, age = %(age)s WHERE id = 1";
        assert!(
            !remarks(&mut Grammar::default(), &[update], &["ban-duplicate-column-assignments"], V14, true)
                .is_empty()
        );
    }

    #[test]
    fn values_may_be_a_column() {
        let error = |sql: &str| Grammar::default().syntax_error(sql).map(str::to_owned);
        assert_eq!(
            error("UPDATE t SET values = (SELECT a FROM json_each(values)) WHERE values->>'a' = 'x'"),
            None
        );
        assert_eq!(error("INSERT INTO t (a) VALUES (1)"), None);
        assert!(error("INSERT INTO t (a) VALUES 1").is_some());
        assert!(error("UPDATE t SET values = (SELECT").is_some());
    }
}

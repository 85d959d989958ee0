//! `custom-rule`: the rules that a project declares, read and checked. Runs none of them.

use globset::{GlobBuilder, GlobMatcher};
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::ConfigError;
use super::document::{Source, nearest_key};
use crate::operation::{DIRECTIVES, Name, TableName};
use crate::severity::Severity;

/// Every key of [`CustomRuleOptions`].
pub(super) const KEYS: [&str; 10] =
    ["column", "created-here", "direction", "help", "message", "name", "on", "rule", "severity", "table"];

/// A rule that a project declares.
#[derive(Debug, Clone)]
pub struct CustomRule {
    /// Its name.
    pub rule: String,
    /// Where it is declared.
    pub place: String,
    /// What is said of an operation, with placeholders.
    pub message: String,
    /// What to do next, with placeholders.
    pub help: Option<String>,
    /// How much it matters.
    pub severity: Severity,
    /// The operations it is about.
    pub on: Vec<&'static str>,
    /// Their tables.
    pub table: Patterns,
    /// The names of what they change.
    pub name: Patterns,
    /// Their columns.
    pub column: Patterns,
    /// The functions it looks at.
    pub direction: CustomDirection,
    /// Whether what the function itself made counts too.
    pub created_here: bool,
}

/// Names that are wanted, and with `!` those that are not.
#[derive(Debug, Clone, Default)]
pub struct Patterns(Vec<Pattern>);

#[derive(Debug, Clone)]
struct Pattern {
    written: String,
    is_excluded: bool,
    matcher: GlobMatcher,
}

impl Patterns {
    /// Whether any name will do, also one that is not known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The patterns as they were written.
    pub fn written(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|pattern| &*pattern.written)
    }

    /// Whether a name is wanted; one that is not known is only where there are no patterns.
    pub fn accept(&self, name: &Name) -> bool {
        self.is_empty() || name.known().is_some_and(|name| self.decide(|pattern| pattern.is_match(name)))
    }

    /// [`Self::accept`] for a table: a pattern with a dot is about its schema as well.
    pub fn accept_table(&self, table: &TableName) -> bool {
        let Some(name) = table.name.known() else { return self.is_empty() };
        let with_schema = match &table.schema {
            Name::Known(schema) => Some(format!("{schema}.{name}")),
            Name::None => Some(name.to_owned()),
            Name::Unknown => None,
        };
        let is_about_schema = |pattern: &Pattern| pattern.written.contains('.');
        match with_schema {
            Some(with_schema) => self.decide(|pattern| {
                pattern.is_match(if is_about_schema(pattern) { &with_schema } else { name })
            }),
            None => !self.0.iter().any(is_about_schema) && self.decide(|pattern| pattern.is_match(name)),
        }
    }

    /// One of the wanted ones matches, where there are any, and none of the others.
    fn decide(&self, is_match: impl Fn(&Pattern) -> bool) -> bool {
        let (excluded, wanted): (Vec<_>, Vec<_>) = self.0.iter().partition(|pattern| pattern.is_excluded);
        (wanted.is_empty() || wanted.into_iter().any(&is_match)) && !excluded.into_iter().any(is_match)
    }
}

impl Pattern {
    fn is_match(&self, name: &str) -> bool {
        self.matcher.is_match(name)
    }
}

/// Which functions a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CustomDirection {
    /// `upgrade`.
    #[default]
    Upgrade,
    /// `downgrade`.
    Downgrade,
    /// Both.
    Both,
}

/// A part of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessagePart<'a> {
    /// It stands for itself.
    Text(&'a str),
    /// A word in braces, which stands for something else.
    Placeholder(&'a str),
}

/// The parts of a message.
pub fn message_parts(message: &str) -> Vec<MessagePart<'_>> {
    let mut parts = Vec::new();
    let mut rest = message;
    while let Some((before, after)) = rest.split_once('{') {
        let is_word =
            |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if let Some((word, behind)) = after.split_once('}').filter(|(word, _)| is_word(word)) {
            parts.extend([MessagePart::Text(before), MessagePart::Placeholder(word)]);
            rest = behind;
        } else {
            let with_brace = rest.get(..=before.len()).unwrap_or(rest);
            parts.push(MessagePart::Text(with_brace));
            rest = after;
        }
    }
    parts.push(MessagePart::Text(rest));
    parts
}

/// A rule of one's own: it speaks of operations of certain kinds, on tables and with names that match patterns.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "CustomRule")]
pub(super) struct CustomRuleOptions {
    /// Its name, such as `audit-tables-stay`: it is selected, ignored and approved by it.
    #[schemars(with = "String")]
    rule: Spanned<String>,
    /// What is said; `{operation}`, `{table}`, `{name}` and `{column}` stand for those of the operation.
    #[schemars(with = "String")]
    message: Spanned<String>,
    /// What to do next; with placeholders as the message.
    #[schemars(with = "Option<String>")]
    help: Option<Spanned<String>>,
    /// How much it matters; `warning` when not set.
    severity: Option<Severity>,
    /// The operations it is about, as `review --output-format json` calls them: `drop_column`, `create_index`, ..
    #[schemars(with = "OneOrMany")]
    on: Spanned<OneOrMany>,
    /// Patterns of the table, such as `audit_*`, `billing.*` or `!tmp_*`; any table when not set.
    #[schemars(with = "Option<OneOrMany>")]
    table: Option<Spanned<OneOrMany>>,
    /// Patterns of the name of the column, index or constraint, or of the new table name of `rename_table`.
    #[schemars(with = "Option<OneOrMany>")]
    name: Option<Spanned<OneOrMany>>,
    /// Patterns of the columns, of which one must match: those of a new table, an index or a constraint too.
    #[schemars(with = "Option<OneOrMany>")]
    column: Option<Spanned<OneOrMany>>,
    /// Which functions it looks at; `upgrade` when not set.
    #[serde(default)]
    direction: CustomDirection,
    /// Whether it also speaks of what the same function made before; `false` when not set.
    #[serde(default)]
    created_here: bool,
}

/// One text, or a list of them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected a string or a list of strings")]
enum OneOrMany {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

/// The rules of a file.
pub(super) fn checked(
    entries: Vec<CustomRuleOptions>,
    source: &Source<'_>,
) -> Result<Vec<CustomRule>, ConfigError> {
    let mut rules: Vec<CustomRule> = Vec::new();
    for entry in entries {
        let start = entry.rule.span().start;
        let rule = checked_rule(entry, source)?;
        if let Some(first) = rules.iter().find(|other| other.rule == rule.rule) {
            let message = format!("`custom-rule`: `{}` is declared at {} already", rule.rule, first.place);
            return Err(source.error(start, message));
        }
        rules.push(rule);
    }
    Ok(rules)
}

fn checked_rule(entry: CustomRuleOptions, source: &Source<'_>) -> Result<CustomRule, ConfigError> {
    let start = entry.rule.span().start;
    let rule = entry.rule.into_inner();
    if !is_kebab_case(&rule) {
        let message = format!(
            "`custom-rule`: `{rule}` is no name for a rule; expected words in lower case with hyphens between, such as \
             \"audit-tables-stay\""
        );
        return Err(source.error(start, message));
    }
    let has_column = entry.column.is_some();
    let text = |value| checked_message(value, has_column, source);
    Ok(CustomRule {
        place: source.place(start),
        message: text(entry.message)?,
        help: entry.help.map(text).transpose()?,
        severity: entry.severity.unwrap_or(Severity::Warning),
        on: checked_operations(entry.on, source)?,
        table: checked_patterns("table", entry.table, source)?,
        name: checked_patterns("name", entry.name, source)?,
        column: checked_patterns("column", entry.column, source)?,
        direction: entry.direction,
        created_here: entry.created_here,
        rule,
    })
}

fn is_kebab_case(name: &str) -> bool {
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.split('-').all(is_word)
}

fn checked_message(
    message: Spanned<String>,
    has_column: bool,
    source: &Source<'_>,
) -> Result<String, ConfigError> {
    let start = message.span().start;
    let message = message.into_inner();
    if message.trim().is_empty() || message.trim().contains('\n') {
        return Err(source.error(start, "`custom-rule`: expected a text of one line".to_owned()));
    }
    for part in message_parts(&message) {
        let MessagePart::Placeholder(word) = part else { continue };
        if word == "column" && !has_column {
            let message =
                "`custom-rule`: `{column}` stands for the columns that match `column`, which is not set";
            return Err(source.error(start, message.to_owned()));
        }
        if !["operation", "table", "name", "column"].contains(&word) {
            let message = format!(
                "`custom-rule`: nothing is known as `{{{word}}}`; there are `{{operation}}`, `{{table}}`, `{{name}}` and \
                 `{{column}}`"
            );
            return Err(source.error(start, message));
        }
    }
    Ok(message.trim().to_owned())
}

fn checked_operations(on: Spanned<OneOrMany>, source: &Source<'_>) -> Result<Vec<&'static str>, ConfigError> {
    let start = on.span().start;
    let written = texts(on);
    if written.is_empty() {
        return Err(source.error(start, "`custom-rule`: `on` names no operation".to_owned()));
    }
    let known: Vec<&'static str> = DIRECTIVES.iter().map(|signature| signature.directive).collect();
    let find = |name: String| {
        known.iter().copied().find(|known| *known == name).ok_or_else(|| {
            let hint = match nearest_key(&name.replace('-', "_"), &known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are `{}`", known.join("`, `")),
            };
            source.error(start, format!("`custom-rule`: `on` names `{name}`, which is no operation; {hint}"))
        })
    };
    written.into_iter().map(find).collect()
}

fn checked_patterns(
    key: &str,
    patterns: Option<Spanned<OneOrMany>>,
    source: &Source<'_>,
) -> Result<Patterns, ConfigError> {
    let Some(patterns) = patterns else { return Ok(Patterns::default()) };
    let start = patterns.span().start;
    let written = texts(patterns);
    if written.is_empty() {
        let message = format!("`custom-rule`: `{key}` has no pattern; leave the key out where any will do");
        return Err(source.error(start, message));
    }
    let pattern = |written: String| {
        let glob = written.strip_prefix('!').unwrap_or(&written);
        let matcher = GlobBuilder::new(glob).backslash_escape(true).build();
        let refused = |reason: String| {
            source.error(
                start,
                format!("`custom-rule`: `{key}` has `{written}`, which is no pattern: {reason}"),
            )
        };
        match matcher {
            _ if glob.is_empty() => Err(refused("it is empty".to_owned())),
            Ok(matcher) => Ok(Pattern {
                matcher: matcher.compile_matcher(),
                is_excluded: written.starts_with('!'),
                written,
            }),
            Err(error) => Err(refused(error.kind().to_string())),
        }
    };
    Ok(Patterns(written.into_iter().map(pattern).collect::<Result<_, _>>()?))
}

fn texts(value: Spanned<OneOrMany>) -> Vec<String> {
    match value.into_inner() {
        OneOrMany::One(text) => vec![text],
        OneOrMany::Many(texts) => texts,
    }
}

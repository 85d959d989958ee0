//! One TOML text -> [`Options`], with errors that name the place, the key and what was expected.

use serde::Deserialize;
use serde::de::IntoDeserializer;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::ConfigError;
use super::custom_rule;
use super::options::{KEYS, Options, URL_IN_FILE};
use crate::source::LineIndex;

/// Where in a document the settings stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Table {
    /// The whole document: `alembic-lint.toml`, `--config 'key = value'`.
    Root,
    /// `[tool.alembic-lint]`.
    Pyproject,
}

/// A text with its name, to turn offsets into places.
pub(super) struct Source<'a> {
    name: &'a str,
    text: &'a str,
    lines: LineIndex,
}

impl<'a> Source<'a> {
    pub(super) fn file(name: &'a str, text: &'a str) -> Self {
        Self { name, text, lines: LineIndex::new(text) }
    }

    /// `name:line:column` of a byte offset.
    pub(super) fn place(&self, offset: usize) -> String {
        let offset = u32::try_from(offset).unwrap_or(u32::MAX);
        let (line, column) = self.lines.line_column(self.text, offset);
        format!("{}:{line}:{column}", self.name)
    }

    pub(super) fn error(&self, offset: usize, message: String) -> ConfigError {
        ConfigError { place: self.place(offset), message }
    }
}

/// Whether a `pyproject.toml` has `[tool.alembic-lint]`; a broken one that never names us is not ours to judge.
pub(super) fn has_table(text: &str, name: &str) -> Result<bool, ConfigError> {
    if !text.contains("alembic-lint") {
        return Ok(false);
    }
    let document = parse(&Source::file(name, text))?;
    Ok(tool_table(document.get_ref()).is_some())
}

/// The settings of one document.
pub(super) fn read(text: &str, table: Table, name: &str) -> Result<Options, ConfigError> {
    let source = Source::file(name, text);
    let document = parse(&source)?;
    let value = match table {
        Table::Root => {
            let span = document.span();
            Some(Spanned::new(span, DeValue::Table(document.into_inner())))
        }
        Table::Pyproject => tool_table(document.get_ref()).cloned(),
    };
    let Some(value) = value else { return Ok(Options::default()) };
    let Some(entries) = value.get_ref().as_table() else {
        return Err(source.error(value.span().start, "`tool.alembic-lint` must be a table".to_owned()));
    };
    check_keys(entries, &KEYS, &source)?;
    let custom_rules = entries.get("custom-rule").and_then(|value| value.get_ref().as_array());
    for entry in custom_rules.into_iter().flatten().filter_map(|entry| entry.get_ref().as_table()) {
        check_keys(entry, &custom_rule::KEYS, &source)?;
    }
    let starts: Vec<_> =
        entries.iter().map(|(key, value)| (value.span().start, key.get_ref().to_string())).collect();
    Options::deserialize(value.into_deserializer()).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        let key = starts.iter().filter(|(start, _)| *start <= offset).max().map(|(_, key)| key);
        let reason = in_plain_words(error.message());
        source.error(offset, key.map_or(reason.clone(), |key| format!("`{key}`: {reason}")))
    })
}

fn parse<'a>(source: &Source<'a>) -> Result<Spanned<DeTable<'a>>, ConfigError> {
    let text = source.text;
    DeTable::parse(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        source.error(offset, format!("is not valid TOML: {}", error.message()))
    })
}

fn tool_table<'a, 'i>(document: &'a DeTable<'i>) -> Option<&'a Spanned<DeValue<'i>>> {
    document.get("tool")?.get_ref().as_table()?.get("alembic-lint")
}

fn check_keys(entries: &DeTable<'_>, keys: &[&str], source: &Source<'_>) -> Result<(), ConfigError> {
    let unknown = entries
        .keys()
        .filter(|key| !keys.contains(&key.get_ref().as_ref()))
        .min_by_key(|key| key.span().start);
    let Some(key) = unknown else { return Ok(()) };
    let name = key.get_ref().as_ref();
    if name.replace('_', "-").to_lowercase() == "database-url" {
        return Err(source.error(key.span().start, format!("`{name}`: {URL_IN_FILE}")));
    }
    let hint = match nearest_key(&name.replace('_', "-"), keys) {
        Some(known) => format!("did you mean `{known}`?"),
        None => format!("the keys are `{}`", keys.join("`, `")),
    };
    Err(source.error(key.span().start, format!("unknown key `{name}`; {hint}")))
}

/// The word that was meant, where one is alike.
pub(super) fn nearest_key<'a>(written: &str, known: &[&'a str]) -> Option<&'a str> {
    let written = written.to_lowercase();
    let near = known.iter().map(|known| (strsim::damerau_levenshtein(known, &written), *known)).min();
    near.filter(|(distance, known)| *distance * 2 <= known.len()).map(|(_, known)| known)
}

/// serde's words for what users know as lists and tables.
fn in_plain_words(message: &str) -> String {
    message
        .replace("a sequence", "a list")
        .replace("a map", "a table")
        .replace("unknown variant", "unknown value")
}

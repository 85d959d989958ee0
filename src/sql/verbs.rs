//! The first words of statements that are kept by name only.

use super::lex::{Kind, Token};

/// Words between the verb and the kind of object that say nothing about the kind.
const MODIFIERS: [&str; 12] = [
    "OR",
    "REPLACE",
    "TEMP",
    "TEMPORARY",
    "RECURSIVE",
    "UNLOGGED",
    "CONSTRAINT",
    "TRUSTED",
    "PROCEDURAL",
    "GLOBAL",
    "LOCAL",
    "SQL",
];

/// Modifiers with a value (`DEFINER = user`).
const CLAUSES: [&str; 3] = ["DEFINER", "ALGORITHM", "SECURITY"];

/// Kinds of object whose name has several words; all others have one.
const LONG_KINDS: [&[&str]; 16] = [
    &["MATERIALIZED", "VIEW"],
    &["EVENT", "TRIGGER"],
    &["FOREIGN", "TABLE"],
    &["FOREIGN", "DATA", "WRAPPER"],
    &["FOREIGN", "SCHEMA"],
    &["TEXT", "SEARCH"],
    &["DEFAULT", "PRIVILEGES"],
    &["ACCESS", "METHOD"],
    &["OPERATOR", "CLASS"],
    &["OPERATOR", "FAMILY"],
    &["USER", "MAPPING"],
    &["LARGE", "OBJECT"],
    &["PROPERTY", "GRAPH"],
    &["RESOURCE", "GROUP"],
    &["OWNED", "BY"],
    &["AGGREGATE", "FUNCTION"],
];

/// `CREATE MATERIALIZED VIEW`, `DROP FUNCTION`: the verb and the kind of object, upper case.
pub(super) fn first_words(source: &str, tokens: &[Token]) -> String {
    let words: Vec<String> = tokens
        .iter()
        .take(20)
        .filter(|token| token.kind == Kind::Word)
        .map(|token| token.text(source).to_ascii_uppercase())
        .collect();
    let Some((verb, mut rest)) = words.split_first() else { return String::new() };
    loop {
        rest = match rest {
            [word, after @ ..] if MODIFIERS.contains(&word.as_str()) => after,
            // The value is a word, unless it is quoted and so no word of this list.
            [word, value, after @ ..] if CLAUSES.contains(&word.as_str()) && !is_kind(value) => after,
            [word, after @ ..] if CLAUSES.contains(&word.as_str()) => after,
            _ => break,
        };
    }
    let length = LONG_KINDS
        .iter()
        .filter(|kind| {
            rest.len() >= kind.len() && rest.iter().zip(kind.iter()).all(|(word, part)| word == part)
        })
        .map(|kind| kind.len())
        .max()
        .unwrap_or_else(|| rest.len().min(1));
    let mut text = verb.clone();
    for word in rest.iter().take(length) {
        text.push(' ');
        text.push_str(word);
    }
    text
}

/// `REINDEX TABLE`, `VACUUM FULL`: the verb, and the next word if it is one of `seconds`.
pub(super) fn with_second(source: &str, tokens: &[Token], seconds: &[&str]) -> String {
    let mut words = tokens.iter().take(2).map(|token| token.text(source).to_ascii_uppercase());
    let verb = words.next().unwrap_or_default();
    match words.next().filter(|second| seconds.contains(&second.as_str())) {
        Some(second) => format!("{verb} {second}"),
        None => verb,
    }
}

/// Kinds that may follow a clause with a quoted value.
fn is_kind(word: &str) -> bool {
    ["VIEW", "FUNCTION", "PROCEDURE", "TRIGGER", "EVENT", "SQL"].contains(&word)
}

/// The words in front that are keywords of an action (`RENAME VALUE`, `OWNER TO`), upper case.
pub(super) fn leading_keywords(source: &str, tokens: &[Token]) -> String {
    let keywords = [
        "ACCESS",
        "ADD",
        "ALTER",
        "ATTACH",
        "ATTRIBUTE",
        "CHARACTER",
        "CLUSTER",
        "COLUMN",
        "COMPRESSION",
        "CONSTRAINT",
        "CONVERT",
        "DETACH",
        "DISABLE",
        "DROP",
        "ENABLE",
        "EXPRESSION",
        "FORCE",
        "IDENTITY",
        "INDEX",
        "INHERIT",
        "KEY",
        "KEYS",
        "LEVEL",
        "LOGGED",
        "METHOD",
        "NO",
        "ON",
        "OWNER",
        "PARTITION",
        "RENAME",
        "REPLICA",
        "RESET",
        "ROW",
        "RULE",
        "SCHEMA",
        "SECURITY",
        "SET",
        "STATISTICS",
        "STORAGE",
        "TABLESPACE",
        "TO",
        "TRIGGER",
        "UNLOGGED",
        "VALUE",
        "WITHOUT",
    ];
    let words: Vec<String> = tokens
        .iter()
        .take(4)
        .take_while(|token| token.kind == Kind::Word)
        .map(|token| token.text(source).to_ascii_uppercase())
        .take_while(|word| keywords.contains(&word.as_str()))
        .collect();
    words.join(" ")
}

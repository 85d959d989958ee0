//! The first words of statements that are kept by name only.

use super::lex::{Kind, Token};

/// Words between the verb and the kind of object that say nothing about the kind.
const MODIFIERS: [&str; 18] = [
    "OR",
    "REPLACE",
    "TEMP",
    "TEMPORARY",
    "RECURSIVE",
    "UNLOGGED",
    "CONSTRAINT",
    "TRUSTED",
    "PROCEDURAL",
    "AGGREGATE",
    "GLOBAL",
    "LOCAL",
    "DEFINER",
    "ALGORITHM",
    "SQL",
    "SECURITY",
    "INVOKER",
    "IF",
];

/// Kinds of object whose name has two words; all others have one.
const TWO_WORDS: [(&str, &str); 15] = [
    ("MATERIALIZED", "VIEW"),
    ("EVENT", "TRIGGER"),
    ("FOREIGN", "TABLE"),
    ("FOREIGN", "DATA"),
    ("TEXT", "SEARCH"),
    ("DEFAULT", "PRIVILEGES"),
    ("ACCESS", "METHOD"),
    ("OPERATOR", "CLASS"),
    ("OPERATOR", "FAMILY"),
    ("USER", "MAPPING"),
    ("LARGE", "OBJECT"),
    ("PROPERTY", "GRAPH"),
    ("RESOURCE", "GROUP"),
    ("OWNED", "BY"),
    ("TABLE", "CONCURRENTLY"),
];

/// `CREATE MATERIALIZED VIEW`, `DROP FUNCTION`: the verb and the kind of object, upper case.
pub(super) fn first_words(source: &str, tokens: &[Token]) -> String {
    let mut words = tokens
        .iter()
        .take(20)
        .filter(|token| token.kind == Kind::Word)
        .map(|token| token.text(source).to_ascii_uppercase());
    let verb = words.next().unwrap_or_default();
    let known: Vec<String> = words.collect();
    let start = known.iter().position(|word| is_kind(word)).unwrap_or_else(|| {
        known.iter().position(|word| !MODIFIERS.contains(&word.as_str())).unwrap_or(known.len())
    });
    let Some(kind) = known.get(start) else { return verb };
    let second = known.get(start + 1).filter(|second| {
        TWO_WORDS.iter().any(|(first, last)| *first == kind.as_str() && *last == second.as_str())
    });
    match second {
        Some(second) => format!("{verb} {kind} {second}"),
        None => format!("{verb} {kind}"),
    }
}

/// Kinds that may follow clauses with values (`DEFINER = user VIEW v`).
fn is_kind(word: &str) -> bool {
    [
        "VIEW",
        "MATERIALIZED",
        "FUNCTION",
        "PROCEDURE",
        "TRIGGER",
        "EVENT",
        "EXTENSION",
        "POLICY",
        "RULE",
        "ROLE",
        "USER",
        "DOMAIN",
        "FOREIGN",
        "INDEX",
        "SEQUENCE",
        "SCHEMA",
        "DATABASE",
        "TYPE",
        "TABLE",
        "SERVER",
        "PUBLICATION",
        "SUBSCRIPTION",
        "DEFAULT",
        "STATISTICS",
        "OPERATOR",
        "CAST",
        "COLLATION",
        "LANGUAGE",
        "TEXT",
        "ROUTINE",
        "SYSTEM",
    ]
    .contains(&word)
}

/// The words in front that are keywords of an action (`RENAME VALUE`, `OWNER TO`), upper case.
pub(super) fn leading_keywords(source: &str, tokens: &[Token]) -> String {
    let keywords = [
        "ADD",
        "ALTER",
        "ATTACH",
        "ATTRIBUTE",
        "CHARACTER",
        "CLUSTER",
        "COLUMN",
        "CONSTRAINT",
        "CONVERT",
        "DETACH",
        "DISABLE",
        "DROP",
        "ENABLE",
        "FORCE",
        "IDENTITY",
        "INDEX",
        "INHERIT",
        "KEY",
        "KEYS",
        "LEVEL",
        "LOGGED",
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

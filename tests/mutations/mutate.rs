//! What is done to a text at random: bytes, lines, tokens, and the blanks, comments and line ends between tokens.

use crate::chance::Chance;

/// Put where something else was.
const TOKENS: [&str; 36] = [
    "None",
    "op",
    "op.f",
    "sa",
    "(",
    ")",
    "[",
    "]",
    "\"",
    "'''",
    "lambda: ",
    "*",
    "**",
    "if x():\n        ",
    "for t in [1, 2]: ",
    "f'{x}'",
    "\\",
    "\t",
    "#",
    ", ",
    "=",
    "yield ",
    "\u{e9}\u{1f600}",
    "\r\n",
    "\r",
    "\u{c}",
    "; ",
    "await ",
    "x := ",
    "not ",
    "''",
    "r",
    "f",
    "b",
    "True",
    "-",
];

/// Valid between two tokens inside brackets, where it must change nothing.
const TRIVIA: [&str; 14] = [
    " ",
    "\n",
    "\n\n    ",
    "  # a, (b\n",
    "  # it's = \"\n",
    "\\\n",
    "\u{c}",
    "\t",
    "\r\n",
    "\r",
    " # c\r",
    " # )\r\n",
    "\\\r\n",
    "   ",
];

/// A text with one to four things done to it; `texts` are what parts of others are taken from.
pub(crate) fn mutated(text: &str, texts: &[String], chance: &mut Chance) -> String {
    let mut text = text.to_owned();
    for _ in 0..=chance.below(4) {
        text = match chance.below(6) {
            0 | 1 => with_trivia(text, chance),
            2 => with_other_line_ends(&text, chance),
            3 => with_other_tokens(text, chance),
            _ => broken(text, texts, chance),
        };
    }
    text
}

/// Blanks, comments, continuations and line breaks beside brackets, commas, dots and equals signs.
fn with_trivia(mut text: String, chance: &mut Chance) -> String {
    let places: Vec<usize> = text
        .char_indices()
        .filter(|(_, char)| matches!(char, '(' | ')' | ',' | '=' | '.' | '[' | ']'))
        .map(|(at, _)| at)
        .collect();
    for _ in 0..=chance.below(4) {
        let Some(at) = places.get(chance.below(places.len())) else { break };
        // Earlier insertions move it a little, which is fine.
        let at = at + chance.below(2);
        if text.is_char_boundary(at) {
            text.insert_str(at, chance.pick(&TRIVIA));
        }
    }
    text
}

/// Line ends, marks and indentation of the whole text or of some lines.
fn with_other_line_ends(text: &str, chance: &mut Chance) -> String {
    match chance.below(8) {
        0 => text.replace("\r\n", "\n").replace('\n', "\r\n"),
        1 => text.replace("\r\n", "\n").replace('\n', "\r"),
        2 => format!("\u{feff}{text}"),
        3 => text.replace("    ", "\t"),
        4 => text.trim_end().to_owned(),
        5 => format!("{text}\u{c}\n"),
        6 => text.replace("\n\n", "\n"),
        _ => {
            let ends = ["\r\n", "\n", "\r", " \n", "\n\u{c}", ";\n", "  # x\n", "\\\n"];
            let often = chance.below(20) + 1;
            let lines = text.split_inclusive('\n');
            let changed = lines.map(|line| match line.strip_suffix('\n') {
                Some(content) if chance.below(often) == 0 => format!("{content}{}", chance.pick(&ends)),
                _ => line.to_owned(),
            });
            changed.collect()
        }
    }
}

/// The same meaning, or nearly, in other tokens.
fn with_other_tokens(mut text: String, chance: &mut Chance) -> String {
    let pairs = [
        ("op.execute(", "op.get_bind().execute("),
        ("op.execute(", "op.get_context().bind.execute("),
        ("op.", "alembic.op."),
        ("sa.", "sqlalchemy."),
        ("'", "\""),
        ("('", "(f'"),
        ("('", "(r'"),
        ("('", "(*['x'], '"),
        ("(", "(**{}, "),
        ("('", "(('"),
        (",", ",,"),
        (")\n", ");\n"),
        (")\n    ", "); "),
        (")\n", ",)\n"),
        (")\n", ")  # noqa\n"),
        (":\n    ", ": "),
        ("'", "' '"),
        ("import ", "import os, "),
        ("import sqlalchemy as sa", "import sqlalchemy as sa; import os"),
        ("nullable=", "nullable =\\\n"),
        ("=", " = "),
        ("Revises", "Revises "),
        ("Revision ID: ", "Revision ID:"),
        ("Create Date", "Created"),
        ("\"\"\"", "'''"),
        ("\"\"\"", "r\"\"\""),
        ("revision = ", "revision: str = "),
        ("upgrade()", "upgrade(engine_name='')"),
        ("def ", "async def "),
        ("None", "(None)"),
        ("    op.", "    x = op."),
        ("    op.", "    return op."),
        ("    op.", "    if True: op."),
        ("    op.", "    with x as y: op."),
        ("pass", "..."),
    ];
    let (from, to) = pairs[chance.below(pairs.len())];
    let places: Vec<usize> = text.match_indices(from).map(|(at, _)| at).collect();
    if places.is_empty() {
        return text;
    }
    if chance.below(3) == 0 {
        return text.replace(from, to);
    }
    let at = places[chance.below(places.len())];
    text.replace_range(at..at + from.len(), to);
    text
}

/// Lines and bytes lost, doubled, swapped, moved, put in.
fn broken(mut text: String, texts: &[String], chance: &mut Chance) -> String {
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    let at = chance.below(lines.len());
    match chance.below(8) {
        0 if !lines.is_empty() => drop(lines.remove(at)),
        1 if !lines.is_empty() => lines.insert(at, lines[at].clone()),
        2 if !lines.is_empty() => {
            let other = chance.below(lines.len());
            lines.swap(at, other);
        }
        3 if !lines.is_empty() => lines[at].insert_str(0, "    "),
        4 => {
            let (one, other) = (chance.place(&text), chance.place(&text));
            let start = one.min(other);
            let end = (start..=one.max(other).min(start + 40)).rev().find(|end| text.is_char_boundary(*end));
            text.replace_range(start..end.unwrap(), "");
            return text;
        }
        5 => {
            let place = chance.place(&text);
            text.insert_str(place, chance.pick(&TOKENS));
            return text;
        }
        6 => {
            let other = &texts[chance.below(texts.len())];
            let start = chance.place(other);
            let part: String = other[start..].chars().take(200).collect();
            let place = chance.place(&text);
            text.insert_str(place, &part);
            return text;
        }
        _ => {
            let place = chance.place(&text);
            text.truncate(place);
            return text;
        }
    }
    lines.concat()
}

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
        text = match chance.below(8) {
            6 => with_other_header(&text, chance),
            7 => with_other_statements(&text, chance),
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

/// Another docstring header, or other identifiers.
fn with_other_header(text: &str, chance: &mut Chance) -> String {
    let values = [
        "",
        "a",
        "a1, b2",
        "x\u{2028}y",
        "x\ty",
        "\u{85}",
        "x\u{b}y",
        "\u{a0}x\u{a0}",
        "#x",
        "{x}",
        "%s",
        "\\N{DASH}",
        "\\x41",
        "x'",
        "Revises: y",
        "Revision ID: z",
        "\u{feff}",
        "e\u{301}",
        "None",
        "base",
        "(a, b)",
        "<x>",
        "x\ry",
        "-1",
        "@",
        "a@head",
        "x:y",
    ];
    let value = chance.pick(&values);
    let names = [
        "Revision ID:",
        "Revises:",
        "revision = ",
        "down_revision = ",
        "revision: str = ",
        "down_revision: ",
    ];
    let name = chance.pick(&names);
    let quote = if name.ends_with("= ") { "'" } else { " " };
    let keeps_rest = chance.below(2) == 0;
    let changed = text.split_inclusive('\n').map(|line| match line.find(name) {
        Some(at) if keeps_rest => {
            format!("{}{name}{quote}{value}{quote}{}", &line[..at], &line[at + name.len()..])
        }
        Some(at) => format!("{}{name}{quote}{value}{quote}\n", &line[..at]),
        None => line.to_owned(),
    });
    let changed: String = changed.collect();
    if chance.below(4) == 0 {
        changed.replacen("\"\"\"", &format!("\"\"\"{name} {value}\n"), 1)
    } else {
        changed
    }
}

/// A statement put where another one starts, as deep as it.
fn with_other_statements(text: &str, chance: &mut Chance) -> String {
    let statements = [
        "op.alter_column('t', 'a', existing_type=sa.Text())",
        "if True:\n>    op.alter_column('t', 'a', existing_type=sa.Text())\n>    op.alter_column('t', 'b', existing_type=sa.Text())",
        "if (True and\n>        True):  # why\n>    op.alter_column('t', 'a')",
        "with op.batch_alter_table('t') as batch_op:\n>    pass",
        "with op.get_context().autocommit_block():\n>    pass",
        "op.alter_column('t', 'a', type=sa.Text(), type_=sa.Text())",
        "op.alter_column('t', 'a', type=sa.Text())",
        "op.alter_column('t', 'a', default='x', server_default='y')",
        "op.drop_constraint('x', 't', type='unique')",
        "op.drop_constraint(None, 't')",
        "op.create_foreign_key(None, 'a', 'b', ['x'], ['y'])",
        "op.get_bind().execute('SELECT 1')",
        "op.get_bind().execute(f'SELECT {1}'  # why\n>)",
        "bind = op.get_bind(); bind.execute('UPDATE t SET a = 1')",
        "op.execute(\"UPDATE t SET a = '{\\\"x\\\":1, :y}'\")",
        "op.execute('CREATE INDEX i ON t (a)')",
        "op.execute('ALTER TABLE t ADD COLUMN a int; DROP TABLE x')",
        "op.create_index('i', 't', ['a'])",
        "op.add_column('t', sa.Column('a', sa.Integer(), nullable=False))",
        "op.add_column('t', sa.Column('a', sa.Enum('x', 'y', name='e'), nullable=True))",
        "op.add_column('t', sa.Column('a', sa.Boolean(), default=False))",
        "op.drop_column('t', 'a')",
        "return",
        "raise NotImplementedError",
        "import os",
        "from sqlalchemy import text, Text",
        "import sqlmodel.sql.sqltypes",
        "pass",
        "'text'",
    ];
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    let deep: Vec<usize> = (0..lines.len()).filter(|at| lines[*at].starts_with("    op.")).collect();
    let Some(at) = deep.get(chance.below(deep.len())) else { return text.to_owned() };
    let statement = format!("    {}\n", chance.pick(&statements).replace("\n>", "\n    "));
    if chance.below(3) == 0 {
        lines[*at] = &statement;
    } else {
        lines.insert(*at + chance.below(2), &statement);
    }
    lines.concat()
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

//! Revisions that grow at random, by a fixed seed: values double, nest, repeat and are compared in loops. Each is read to its
//! end, nothing panics, and what is kept of it stays within bounds. `ALEMBIC_LINT_CASES=10000 cargo test --release --test growth`
//! runs longer, `ALEMBIC_LINT_SEED` starts elsewhere.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop")]

use std::fmt::Write;
use std::panic::catch_unwind;
use std::thread;

use alembic_lint::operation::Dialect;
use alembic_lint::python::{Modules, read_revision};
use alembic_lint::revision::Revision;
use alembic_lint::source::{Applied, Encoding, Role, SourceFile};

const CASES: usize = 60;

/// The program gives its threads as much.
const STACK: usize = 64 << 20;

/// More is not kept of a revision, however it grows.
const MAX_OPERATIONS: usize = 10_000;
const MAX_KEPT: usize = 150_000_000;

/// Statements over the variables `@`, `#` and `$`.
const STATEMENTS: &[&str] = &[
    "@ = # + $",
    "@ += #",
    "@ = f'{#}{$}'",
    "@ = '{}{}'.format(#, $)",
    "@ = '%s %s' % (#, $)",
    "@ = ', '.join([#, $])",
    "@ = # * 99",
    "@ = str(#).replace('a', str($))",
    "@ = [#, $, #]",
    "@ = (#, $)",
    "@ = {'a': #, 'b': $}",
    "@ = {**#, 'c': $}",
    "@ = [*#, *$]",
    "@ = list(itertools.product(#, $))",
    "@ = [x for x in # for y in $]",
    "@ = {x: # for x in $}",
    "@.extend(#)",
    "@.append(#)",
    "@.update(#)",
    "@.insert(0, #)",
    "@['k'] = #",
    "@ = #.a.b",
    "@ = #.where($)",
    "@ = # / $",
    "@ = # - $",
    "@ = #[0]",
    "@ = #[::-1]",
    "@ = sa.text(#)",
    "@ = sa.Column(#, $)",
    "@ = functools.partial(#, $)",
    "@ = op.batch_alter_table(#)",
    "@ = C(#)",
    "@.next = #",
    "@ = g(#, $)",
    "@ = lambda: #",
    "@ = #()",
    "@ = # if $ else @",
    "@ = # == $",
    "@ = # in $",
    "@ = 'a'",
    "@ = 7 ** 9 * # // -3",
    "@ = ()",
    "@ = []",
    "op.execute(#)",
    "op.drop_column(#, $)",
    "op.create_index('i', 't', #)",
    "op.unheard_of(#, k=$)",
    "op.bulk_insert(#, $)",
    "op.invoke(#)",
];

/// Numbers that look like chance (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit).unwrap()).unwrap()
    }

    fn variable(&mut self) -> &'static str {
        ["a", "b", "c", "d"][self.below(4)]
    }

    fn statement(&mut self) -> String {
        let statement = STATEMENTS[self.below(STATEMENTS.len())];
        let statement = statement.replace('@', self.variable()).replace('#', self.variable());
        statement.replace('$', self.variable())
    }
}

fn program(chance: &mut Chance) -> String {
    let mut text = "from alembic import op\nimport functools\nimport itertools\nimport sqlalchemy as sa\nrevision = 'a'\n\n\nclass C:\n    \
                    next: int\n\n\ndef g(x, y):\n    return [x, y]\n\n\ndef upgrade():\n    a = 'a'\n    b = ['b']\n    c = ('c', 1)\n    \
                    d = {'d': 1}\n"
        .to_owned();
    for _ in 0..=chance.below(3) {
        let turns = ["range(2000)", "range(60)", "unknown", "a"][chance.below(4)];
        writeln!(text, "    for i in {turns}:").unwrap();
        let inner = chance.below(2) == 0;
        if inner {
            text.push_str("        for j in range(50):\n");
        }
        for _ in 0..=chance.below(5) {
            let indent = if inner { "            " } else { "        " };
            if chance.below(5) == 0 {
                let _ =
                    writeln!(text, "{indent}if {}:\n    {indent}{}", chance.variable(), chance.statement());
            } else {
                let _ = writeln!(text, "{indent}{}", chance.statement());
            }
        }
        writeln!(text, "    {}", chance.statement()).unwrap();
    }
    text.push_str("    op.drop_table('last')\n\n\ndef downgrade():\n    op.drop_table('downgrade')\n");
    text
}

fn read(text: &str) -> Revision {
    let file = SourceFile {
        path: "versions/a.py".into(),
        location: "versions/a.py".into(),
        directory: 0,
        role: Role::Revision,
        text: Ok(text.into()),
        encoding: Encoding::Utf8,
        selected: true,
        applied: Applied::No,
    };
    read_revision(&file, &Modules::default(), Dialect::Postgresql)
}

/// How much text a value takes when it is written out; nothing is kept of it.
struct Length(usize);

impl Write for Length {
    fn write_str(&mut self, part: &str) -> std::fmt::Result {
        self.0 += part.len();
        Ok(())
    }
}

/// What is wrong with how a text is read.
fn fault(text: &str) -> Option<String> {
    let Ok(revision) = catch_unwind(|| read(text)) else { return Some("a panic".to_owned()) };
    let Some(upgrade) = &revision.upgrade else { return Some("upgrade is not seen".to_owned()) };
    if upgrade.operations.len() > MAX_OPERATIONS {
        return Some(format!("{} operations", upgrade.operations.len()));
    }
    if upgrade.unresolved.is_empty() && upgrade.operations.is_empty() {
        return Some("neither an operation nor a place that was not followed".to_owned());
    }
    let mut kept = Length(0);
    write!(kept, "{:?}", upgrade.operations).unwrap();
    (kept.0 > MAX_KEPT).then(|| format!("{} bytes of operations", kept.0))
}

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).ok().map_or(default, |value| value.parse().unwrap())
}

#[test]
fn revisions_that_grow_are_read_to_their_end() {
    let run = || {
        let mut chance = Chance(u64::try_from(setting("ALEMBIC_LINT_SEED", 20_261_201)).unwrap() | 1);
        let programs = (0..setting("ALEMBIC_LINT_CASES", CASES)).map(|_| program(&mut chance));
        let faults = programs.filter_map(|text| fault(&text).map(|fault| format!("{fault}:\n{text}")));
        faults.collect::<Vec<_>>()
    };
    let faults = thread::Builder::new().stack_size(STACK).spawn(run).unwrap().join().unwrap();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults[..faults.len().min(3)].join("\n\n"));
}

//! Revisions that are broken at random, by a fixed seed: nothing panics, no repair is refused as a bug, and what was repaired is
//! Python and needs no second repair. `ALEMBIC_LINT_CASES=100000 cargo test --release --test mutations` runs longer,
//! `ALEMBIC_LINT_SEED` starts elsewhere.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop")]

mod environment;

use std::panic::catch_unwind;
use std::path::Path;

use alembic_lint::config::Settings;
use alembic_lint::diagnostic::Applicability;
use alembic_lint::fix::fix;
use alembic_lint::operation::Dialect;
use alembic_lint::project::{Project, ScriptDirectory};
use alembic_lint::python::is_valid;
use alembic_lint::selection::Selection;
use alembic_lint::source::{Applied, Encoding, Role, SourceFile};
use environment::{corpus, repository};

/// So many cases run when nothing else is said.
const CASES: usize = 3000;

/// So many revisions of the corpus are broken.
const TEXTS: usize = 300;

/// What is put where something else stood.
const TOKENS: [&str; 24] = [
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
];

/// Numbers that look like chance (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit.max(1)).unwrap()).unwrap()
    }

    /// A place between two characters.
    fn place(&mut self, text: &str) -> usize {
        let at = self.below(text.len() + 1);
        (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap()
    }
}

fn texts() -> Vec<String> {
    let of = |root: &Path| -> Vec<String> {
        let mut files: Vec<_> = walkdir::WalkDir::new(root)
            .into_iter()
            .map(|entry| entry.unwrap().into_path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "py"))
            .collect();
        files.sort();
        files.iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect()
    };
    let corpus = of(&corpus());
    let step = (corpus.len() / TEXTS).max(1);
    let mut texts: Vec<String> = corpus.into_iter().step_by(step).collect();
    texts.extend(of(&repository("testdata/projects")));
    texts.retain(|text| text.contains("down_revision") && text.len() < 20_000);
    texts
}

/// A text with one to four things done to it.
fn broken(texts: &[String], chance: &mut Chance) -> String {
    let mut text = texts[chance.below(texts.len())].clone();
    for _ in 0..=chance.below(4) {
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
                let (start, end) = (chance.place(&text), chance.place(&text));
                text.replace_range(
                    start.min(end)..start.max(end).min(start.min(end) + 40).max(start.min(end)),
                    "",
                );
                continue;
            }
            5 => {
                let place = chance.place(&text);
                text.insert_str(place, TOKENS[chance.below(TOKENS.len())]);
                continue;
            }
            6 => {
                let other = &texts[chance.below(texts.len())];
                let start = chance.place(other);
                let part: String = other[start..].chars().take(200).collect();
                let place = chance.place(&text);
                text.insert_str(place, &part);
                continue;
            }
            _ => {
                let place = chance.place(&text);
                text.truncate(place);
                continue;
            }
        }
        text = lines.concat();
    }
    text
}

fn project(text: &str) -> Project {
    let file = |path: &str, text: &str| SourceFile {
        path: path.into(),
        location: path.into(),
        directory: 0,
        role: Role::Revision,
        text: Ok(text.into()),
        encoding: Encoding::Utf8,
        selected: true,
        applied: Applied::No,
    };
    let first = "from alembic import op\nimport sqlalchemy as sa\nrevision = 'first'\ndown_revision = None\n\n\ndef upgrade():\n    \
                 op.create_table('user', sa.Column('id', sa.Integer(), primary_key=True), sa.Column('name', sa.String(20)))\n\n\n\
                 def downgrade():\n    op.drop_table('user')\n";
    let files = vec![file("versions/first_x.py", first), file("versions/second_y.py", text)];
    Project { directories: vec![ScriptDirectory::default()], files, ..Project::default() }
}

/// What is wrong with how a text is repaired.
fn fault(text: &str, dialect: Dialect) -> Option<String> {
    let settings = Settings { select: vec!["all".to_owned()], dialect: Some(dialect), ..Settings::default() };
    let selection = Selection::resolve(&settings).unwrap();
    let mut project = project(text);
    let report = fix(&mut project, &settings, &selection, Applicability::Unsafe);
    if let Some(refused) = report.refused.first() {
        return Some(format!("{}: {:?}", refused.reason, refused.rules));
    }
    let repaired = project.files[1].text.clone().unwrap();
    if is_valid(text) && !is_valid(&repaired) {
        return Some(format!("no Python any more:\n{repaired}"));
    }
    let again = fix(&mut project, &settings, &selection, Applicability::Unsafe);
    let more: Vec<_> = again.files.iter().flat_map(|file| &file.fixes).collect();
    (!more.is_empty()).then(|| format!("a second repair: {more:?}"))
}

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).ok().map_or(default, |value| value.parse().unwrap())
}

#[test]
fn broken_revisions_are_judged_and_repaired_without_a_fault() {
    let texts = texts();
    assert!(texts.len() > TEXTS / 2, "{} revisions", texts.len());
    let mut chance = Chance(u64::try_from(setting("ALEMBIC_LINT_SEED", 20_261_125)).unwrap() | 1);
    let dialects = [Dialect::Postgresql, Dialect::Mysql, Dialect::Mariadb, Dialect::Sqlite];
    let mut faults = Vec::new();
    let cases = setting("ALEMBIC_LINT_CASES", CASES);
    for case in 0..cases {
        let text = broken(&texts, &mut chance);
        let dialect = dialects[chance.below(dialects.len())];
        let found = catch_unwind(|| fault(&text, dialect)).unwrap_or_else(|_| Some("a panic".to_owned()));
        if let Some(fault) = found {
            faults.push(format!("case {case} on {dialect:?}: {fault}\n--- the text:\n{text}"));
        }
    }
    println!("{cases} broken revisions, {} faults", faults.len());
    assert!(
        faults.is_empty(),
        "{} of {cases}:\n{}",
        faults.len(),
        faults.iter().take(3).cloned().collect::<Vec<_>>().join("\n\n")
    );
}

//! The text of `alembic-lint.lock`: the applied revisions of one script directory, each with what it is and a hash of
//! what it does. Opens no file and judges nothing.

use std::fmt::Write;

use rustc_hash::{FxHashMap, FxHashSet};

use super::percent::decode;
use crate::revision::{Fingerprint, Identifier, IdentifierValue, Revision};
use crate::source::Span;

/// The format that is written; older ones are read.
const VERSION: u32 = 1;

/// New lines come last, so that two branches that both add a revision conflict in git.
const HEADER: &str = "\
# The revisions that databases may have run, in the order in which they run, each with a hash of what it does.
# Written by `alembic-lint lock`, not by hand. Where a merge conflicts here, both sides added a revision after the
# same one: put one of them behind the other, and run `alembic-lint lock` again.
";

/// What git writes around the two sides of a conflict.
const CONFLICT_MARKERS: [&str; 4] = ["<<<<<<<", "=======", ">>>>>>>", ANCESTOR];

/// Above what both sides started from, where git is told to show it.
const ANCESTOR: &str = "|||||||";

/// A lock, read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock {
    /// Its revisions in the order of the lines.
    pub entries: Vec<Entry>,
}

/// One applied revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its identifier.
    pub revision: Box<str>,
    /// What it builds on and how it is labelled.
    pub links: Links,
    /// What it does.
    pub fingerprint: Fingerprint,
    /// Its line in the text that was read.
    pub span: Span,
}

/// The identifiers beside `revision`, each sorted; `None` where the revision alone would tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links {
    /// `down_revision`.
    pub down_revision: Option<Vec<Box<str>>>,
    /// `depends_on`.
    pub depends_on: Option<Vec<Box<str>>>,
    /// `branch_labels`.
    pub branch_labels: Option<Vec<Box<str>>>,
}

impl Links {
    /// Those of a revision.
    pub fn of(revision: &Revision) -> Self {
        let names = |identifier: &Identifier| match &identifier.value {
            IdentifierValue::Unknown | IdentifierValue::Unusable(_) => None,
            value => {
                let mut names = value.strings().to_vec();
                names.sort();
                names.dedup();
                Some(names)
            }
        };
        let identifiers = &revision.identifiers;
        Self {
            down_revision: names(&identifiers.down_revision),
            depends_on: names(&identifiers.depends_on),
            branch_labels: names(&identifiers.branch_labels),
        }
    }

    fn fields(&self) -> [(&'static str, &Option<Vec<Box<str>>>); 3] {
        [
            ("down_revision", &self.down_revision),
            ("depends_on", &self.depends_on),
            ("branch_labels", &self.branch_labels),
        ]
    }

    /// The variables of which both sides are known and differ, with both values as they are printed.
    pub fn differences(&self, now: &Self) -> Vec<(&'static str, String, String)> {
        self.fields()
            .into_iter()
            .zip(now.fields())
            .filter_map(|((name, before), (_, after))| {
                let (before, after) = (before.as_ref()?, after.as_ref()?);
                (before != after).then(|| (name, shown(before), shown(after)))
            })
            .collect()
    }
}

fn shown(names: &[Box<str>]) -> String {
    match names {
        [] => "nothing".to_owned(),
        names => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
    }
}

/// A text that is no lock.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{line}: {message}")]
pub struct LockError {
    /// The 1-based line.
    pub line: usize,
    /// What is wrong with it, and what to do.
    pub message: String,
}

impl Lock {
    /// Reads the text of a lock.
    pub fn parse(text: &str) -> Result<Self, LockError> {
        let mut lock = Self::default();
        let mut version = None;
        let mut lines: FxHashMap<Box<str>, usize> = FxHashMap::default();
        let mut start = 0;
        for (index, whole) in text.split_inclusive('\n').enumerate() {
            let span = Span::new(offset(start), offset(start + whole.trim_end().len()));
            start += whole.len();
            let content = whole.trim_start_matches('\u{feff}').trim();
            let error = |message: String| LockError { line: index + 1, message };
            if CONFLICT_MARKERS.iter().any(|marker| content.starts_with(marker)) {
                return Err(error(
                    "a merge conflict: `alembic-lint rebase` puts the new revisions of one side behind those of the other, then \
                     `alembic-lint lock` writes the lines of both"
                        .to_owned(),
                ));
            }
            if content.is_empty() || content.starts_with('#') {
                continue;
            }
            if version.is_none() {
                version = Some(read_version(content).map_err(error)?);
                continue;
            }
            let entry = Entry::parse(content, span).map_err(error)?;
            if let Some(first) = lines.insert(entry.revision.clone(), index + 1) {
                return Err(error(format!(
                    "the revision `{}` stands in line {first} already; keep one of the two lines",
                    entry.revision
                )));
            }
            lock.entries.push(entry);
        }
        match version {
            Some(_) => Ok(lock),
            None => Err(LockError { line: 1, message: no_version() }),
        }
    }

    /// Whether git left a conflict in the text.
    pub fn is_in_conflict(text: &str) -> bool {
        text.lines().any(|line| CONFLICT_MARKERS.iter().any(|marker| line.starts_with(marker)))
    }

    /// The text without git's markers and the common ancestor's lines; of a revision that both sides have, the first
    /// line counts. What a line says is compared with the file of its revision before it is written again.
    pub fn of_both_sides(text: &str) -> String {
        let mut is_ancestor = false;
        let mut seen = FxHashSet::default();
        let mut out = String::with_capacity(text.len());
        for line in text.lines() {
            if let Some(marker) = CONFLICT_MARKERS.iter().find(|marker| line.starts_with(**marker)) {
                is_ancestor = *marker == ANCESTOR;
                continue;
            }
            let revision = line.split_whitespace().next().filter(|word| !word.starts_with('#'));
            if !is_ancestor && revision.is_none_or(|revision| seen.insert(revision)) {
                out.push_str(line);
                out.push('\n');
            }
        }
        out
    }

    /// The text that [`Lock::parse`] reads.
    pub fn render(&self) -> String {
        let mut out = format!("{HEADER}version {VERSION}\n");
        for entry in &self.entries {
            entry.render(&mut out);
        }
        out
    }
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn no_version() -> String {
    format!(
        "there is no line `version {VERSION}`: this is no lock of alembic-lint; remove it and run `alembic-lint lock`"
    )
}

fn read_version(content: &str) -> Result<u32, String> {
    let version = content.strip_prefix("version ").and_then(|number| number.trim().parse().ok());
    match version {
        Some(version) if version == VERSION => Ok(version),
        Some(newer) => Err(format!(
            "version {newer} of the lock is not known here, where {VERSION} is written; update alembic-lint"
        )),
        None => Err(no_version()),
    }
}

impl Entry {
    fn parse(content: &str, span: Span) -> Result<Self, String> {
        let mut words = content.split_whitespace();
        let revision = decode(words.next().unwrap_or_default()).into();
        let mut links = Links::default();
        let none = || Some(Vec::new());
        (links.depends_on, links.branch_labels) = (none(), none());
        let mut fingerprint = None;
        let mut has_down = false;
        for word in words {
            match word.split_once('=') {
                Some(("down", names)) => {
                    links.down_revision = read_names(names);
                    has_down = true;
                }
                Some(("depends", names)) => links.depends_on = read_names(names),
                Some(("labels", names)) => links.branch_labels = read_names(names),
                Some(("hash", hash)) => {
                    fingerprint = Some(hash.parse().map_err(|_| format!("`{hash}` is no hash: {REPAIR}"))?);
                }
                _ => return Err(format!("`{word}` is not understood: {REPAIR}")),
            }
        }
        match (has_down, fingerprint) {
            (true, Some(fingerprint)) => Ok(Self { revision, links, fingerprint, span }),
            (false, _) => Err(format!("the revision `{revision}` has no `down=`: {REPAIR}")),
            (_, None) => Err(format!("the revision `{revision}` has no `hash=`: {REPAIR}")),
        }
    }

    fn render(&self, out: &mut String) {
        let Links { down_revision, depends_on, branch_labels } = &self.links;
        let _ = write!(out, "{} down={}", escape(&self.revision), write_names(down_revision.as_deref()));
        for (name, names) in [("depends", depends_on), ("labels", branch_labels)] {
            if names.as_ref().is_none_or(|names| !names.is_empty()) {
                let _ = write!(out, " {name}={}", write_names(names.as_deref()));
            }
        }
        let _ = writeln!(out, " hash={}", self.fingerprint);
    }
}

const REPAIR: &str = "take the line from git, or remove the file and run `alembic-lint lock`";

/// Stands for no name; alone it is no identifier that Alembic accepts.
const NOTHING: &str = "-";
/// Stands for names that only the running revision knows.
const UNKNOWN: &str = "?";

fn write_names(names: Option<&[Box<str>]>) -> String {
    match names {
        None => UNKNOWN.to_owned(),
        Some([]) => NOTHING.to_owned(),
        Some(names) => names.iter().map(|name| escape(name)).collect::<Vec<_>>().join(","),
    }
}

fn read_names(names: &str) -> Option<Vec<Box<str>>> {
    match names {
        UNKNOWN => None,
        NOTHING => Some(Vec::new()),
        names => Some(names.split(',').map(|name| decode(name).into()).collect()),
    }
}

/// An identifier without what means something in a line: as `%` and two digits.
fn escape(name: &str) -> String {
    let is_word = [NOTHING, UNKNOWN].contains(&name);
    let is_special = |character: char| {
        is_word || character.is_whitespace() || character.is_control() || "%=,#<>|".contains(character)
    };
    let mut out = String::with_capacity(name.len());
    for character in name.chars() {
        if is_special(character) {
            let mut bytes = [0; 4];
            for byte in character.encode_utf8(&mut bytes).bytes() {
                let _ = write!(out, "%{byte:02X}");
            }
        } else {
            out.push(character);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<Box<str>> {
        names.iter().map(|name| Box::from(*name)).collect()
    }

    fn entry(revision: &str, down: impl Into<Option<Vec<Box<str>>>>) -> Entry {
        Entry {
            revision: revision.into(),
            links: Links {
                down_revision: down.into(),
                depends_on: Some(names(&[])),
                branch_labels: Some(names(&[])),
            },
            fingerprint: "0123456789abcdef0123456789abcdef".parse().unwrap(),
            span: Span::default(),
        }
    }

    fn without_spans(mut lock: Lock) -> Lock {
        lock.entries.iter_mut().for_each(|entry| entry.span = Span::default());
        lock
    }

    fn error(text: &str) -> String {
        Lock::parse(text).unwrap_err().to_string()
    }

    const HASH: &str = "hash=0123456789abcdef0123456789abcdef";

    #[test]
    fn what_is_written_is_read_and_stays_as_it_is() {
        let mut merge = entry("cc", names(&["aa", "bb"]));
        merge.links.depends_on = Some(names(&["x y"]));
        merge.links.branch_labels = Some(names(&["größe"]));
        let mut odd = entry("a=b,c #%d", None);
        odd.links.depends_on = None;
        let lock = Lock { entries: vec![entry("aa", names(&[])), entry("-", names(&["aa"])), merge, odd] };
        let text = lock.render();
        let lines: Vec<&str> = text.lines().skip(3).collect();
        assert_eq!(
            lines,
            [
                "version 1".to_owned(),
                format!("aa down=- {HASH}"),
                format!("%2D down=aa {HASH}"),
                format!("cc down=aa,bb depends=x%20y labels=größe {HASH}"),
                format!("a%3Db%2Cc%20%23%25d down=? depends=? {HASH}"),
            ]
        );
        assert_eq!(without_spans(Lock::parse(&text).unwrap()), lock);
        assert_eq!(without_spans(Lock::parse(&text.replace('\n', "\r\n")).unwrap()), lock);
    }

    #[test]
    fn an_entry_knows_its_line() {
        let text = format!("version 1\r\n\r\naa down=- {HASH}\r\nbb down=aa {HASH}");
        let lock = Lock::parse(&text).unwrap();
        assert_eq!(lock.entries[0].span.of(&text), format!("aa down=- {HASH}"));
        assert_eq!(lock.entries[1].span.of(&text), format!("bb down=aa {HASH}"));
    }

    #[test]
    fn what_is_no_lock_is_refused_with_its_line() {
        assert!(error("").starts_with("1: there is no line `version 1`"));
        assert!(error("# x\nversion 2\n").starts_with("2: version 2 of the lock is not known here"));
        assert!(error("aa down=-\n").starts_with("1: there is no line `version 1`"));
        assert!(error("version 1\naa down=-\n").starts_with("2: the revision `aa` has no `hash=`"));
        assert!(error(&format!("version 1\naa {HASH}\n")).starts_with("2: the revision `aa` has no `down=`"));
        assert!(error("version 1\naa down=- hash=12\n").starts_with("2: `12` is no hash"));
        assert!(error("version 1\naa bb\n").starts_with("2: `bb` is not understood"));
        let twice = format!("version 1\naa down=- {HASH}\n#\naa down=- {HASH}\n");
        assert!(error(&twice).starts_with("4: the revision `aa` stands in line 2 already"));
        for marker in ["<<<<<<< HEAD", "=======", ">>>>>>> feature", "||||||| base"] {
            assert!(error(&format!("version 1\n{marker}\n")).starts_with("2: a merge conflict"), "{marker}");
        }
    }

    #[test]
    fn a_conflict_is_the_lines_of_both_sides() {
        let line = |revision: &str| format!("{revision} down=- {HASH}\n");
        let text = format!(
            "# x\nversion 1\n{}<<<<<<< ours\n{}{}||||||| base\n{}=======\n{}{}>>>>>>> theirs\n",
            line("aa"),
            line("bb"),
            line("cc"),
            line("old"),
            line("cc"),
            line("dd")
        );
        assert!(Lock::is_in_conflict(&text));
        let both = Lock::of_both_sides(&text);
        assert!(!Lock::is_in_conflict(&both));
        let revisions: Vec<_> = Lock::parse(&both).unwrap().entries.into_iter().map(|e| e.revision).collect();
        assert_eq!(revisions, ["aa", "bb", "cc", "dd"].map(Box::from));
    }

    #[test]
    fn links_differ_where_both_sides_are_known() {
        let was = entry("cc", names(&["aa"])).links;
        let now = Links { depends_on: None, ..entry("cc", names(&[])).links };
        assert_eq!(was.differences(&now), [("down_revision", "`aa`".to_owned(), "nothing".to_owned())]);
    }
}

//! Dotted paths outside the project. A thread keeps each once: nearly all revisions use the same few.

use std::borrow::Borrow;
use std::cell::RefCell;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::rc::Rc;

use rustc_hash::FxHashSet;

use crate::operation::last_part;

/// How many paths a thread keeps; a project has a few hundred.
const MOST: usize = 4_096;

/// How many letters a path may have to be made longer.
pub(super) const MAX_PATH: usize = 2_000;

thread_local! {
    static KNOWN: RefCell<Known> = RefCell::default();
}

/// The paths of the revisions that a thread has read.
#[derive(Default)]
struct Known {
    paths: FxHashSet<Path>,
    /// Where a path is put together to be looked up.
    joined: String,
}

/// `sqlalchemy.Column`, `alembic.op`, `builtins.len`.
#[derive(Clone)]
pub(super) struct Path(Rc<Parts>);

struct Parts {
    text: Box<str>,
    only_makes_value: bool,
}

impl Path {
    pub(super) fn new(text: &str) -> Self {
        KNOWN.with_borrow_mut(|known| Known::path(&mut known.paths, text))
    }

    /// `path.name`.
    pub(super) fn dotted(path: &str, name: &str) -> Self {
        KNOWN.with_borrow_mut(|Known { paths, joined }| {
            joined.clear();
            joined.push_str(path);
            joined.push('.');
            joined.push_str(name);
            Known::path(paths, joined)
        })
    }

    /// Whether it is a class of SQLAlchemy or SQLModel, or `sqlalchemy.text`, whose call does nothing but make a value.
    pub(super) fn only_makes_value(&self) -> bool {
        self.0.only_makes_value
    }
}

impl Known {
    fn path(paths: &mut FxHashSet<Path>, text: &str) -> Path {
        if let Some(known) = paths.get(text) {
            return known.clone();
        }
        let path = Path(Rc::new(Parts { text: text.into(), only_makes_value: only_makes_value(text) }));
        if paths.len() >= MOST {
            paths.clear();
        }
        paths.insert(path.clone());
        path
    }
}

fn only_makes_value(path: &str) -> bool {
    let class = last_part(path);
    let is_library = path.starts_with("sqlalchemy.") || path.starts_with("sqlmodel.");
    let does_more = matches!(class, "Session" | "Operations");
    is_library && class.starts_with(|first: char| first.is_ascii_uppercase()) && !does_more
        || path == "sqlalchemy.text"
}

impl Deref for Path {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0.text
    }
}

impl From<&str> for Path {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, formatter)
    }
}

impl PartialEq for Path {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0) || **self == **other
    }
}

impl Eq for Path {}

impl Hash for Path {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl Borrow<str> for Path {
    fn borrow(&self) -> &str {
        self
    }
}

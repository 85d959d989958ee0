//! Keeps a panic inside the unit of work it happens in: one file, one rule, one replay step or one output format.
//!
//! A panic is a bug, here or in a dependency. Everything else still gets its result; the failure is reported and the
//! run does not end as if it had passed.

use std::any::Any;
use std::cell::RefCell;
use std::fmt;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::{Mutex, PoisonError};

/// A unit of work whose panic does not affect other units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit<'a> {
    /// Reading the revision in the file at this path.
    Reading(&'a str),
    /// Reading only the identifiers of a file that could not be read as a whole.
    Identifiers(&'a str),
    /// One rule on the file at this path.
    Rule(&'a str, &'a str),
    /// One rule on the whole history.
    HistoryRule(&'a str),
    /// The schema changes that the revision with this identifier makes.
    Replay(&'a str),
    /// One output format.
    Format(&'a str),
    /// Asking a database for its applied revisions.
    Database,
    /// A whole command.
    Command,
}

impl fmt::Display for Unit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reading(path) => write!(f, "reading {path}"),
            Self::Identifiers(path) => write!(f, "reading the identifiers of {path}"),
            Self::Rule(rule, path) => write!(f, "rule {rule} on {path}"),
            Self::HistoryRule(rule) => write!(f, "rule {rule}"),
            Self::Replay(id) => write!(f, "replaying revision {id}"),
            Self::Format(format) => write!(f, "output format {format}"),
            Self::Database => f.write_str("reading applied revisions from the database"),
            Self::Command => f.write_str("the command"),
        }
    }
}

/// A panic that was caught.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What was being done.
    pub unit: String,
    /// What the panic said, its first line.
    pub message: String,
    /// The source position of the panic, where it is known.
    pub place: Option<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "internal error ({}): {}", self.unit, self.message)?;
        self.place.as_ref().map_or(Ok(()), |place| write!(f, " at {place}"))
    }
}

/// Where to report a failure.
pub const REPORT: &str = concat!("please report it at ", env!("CARGO_PKG_REPOSITORY"), "/issues");

thread_local! {
    /// The source position of the last panic of this thread.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// All failures of this process, in the order in which they were caught.
static FAILURES: Mutex<Vec<Failure>> = Mutex::new(Vec::new());

/// Runs `work`; a panic inside gives a [`Failure`], which [`take_failures`] will list as well.
pub fn isolated<T>(unit: Unit<'_>, work: impl FnOnce() -> T) -> Result<T, Failure> {
    let work = || {
        #[cfg(debug_assertions)]
        injection::panic_if_asked(unit);
        work()
    };
    panic::catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
        let place = PLACE.with_borrow_mut(Option::take);
        let failure = Failure { unit: unit.to_string(), message: message(&*payload), place };
        let mut failures = FAILURES.lock().unwrap_or_else(PoisonError::into_inner);
        failures.push(failure.clone());
        failure
    })
}

/// All failures so far, sorted, each once; the list is empty afterwards.
pub fn take_failures() -> Vec<Failure> {
    let mut failures = std::mem::take(&mut *FAILURES.lock().unwrap_or_else(PoisonError::into_inner));
    failures.sort_by(|a, b| (&a.unit, &a.message).cmp(&(&b.unit, &b.message)));
    failures.dedup();
    failures
}

/// Replaces the default panic hook, which prints to standard error: a caught panic is reported by whoever caught it.
pub fn silence_panics() {
    panic::set_hook(Box::new(|info: &PanicHookInfo<'_>| {
        PLACE.with_borrow_mut(|place| {
            *place = info.location().map(|at| format!("{}:{}", at.file(), at.line()));
        });
    }));
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.and_then(|text| text.lines().next()).unwrap_or("no message").to_owned()
}

/// Panics on demand, for tests of the whole program; release builds do not contain it.
#[cfg(debug_assertions)]
pub mod injection {
    use std::sync::OnceLock;

    use super::Unit;

    static UNITS: OnceLock<String> = OnceLock::new();

    /// Makes every unit panic whose description contains `text`.
    pub fn panic_in(text: String) {
        let _ = UNITS.set(text);
    }

    #[allow(clippy::panic, reason = "this is what it is for")]
    pub(super) fn panic_if_asked(unit: Unit<'_>) {
        if UNITS.get().is_some_and(|text| unit.to_string().contains(text)) {
            std::panic::panic_any("injected");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_failure_with_its_first_line() {
        let failure = isolated(Unit::Reading("a.py"), || -> u8 { panic!("no {}\nsecond line", "way") });
        let failure = failure.unwrap_err();
        assert_eq!(failure.to_string(), "internal error (reading a.py): no way");
        assert!(take_failures().contains(&failure));
        assert_eq!(isolated(Unit::Database, || 7), Ok(7));
    }
}

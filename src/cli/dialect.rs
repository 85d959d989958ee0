//! How the database family of a script directory became known, in words.

use crate::config::Settings;
use crate::operation::Dialect;
use crate::project::ScriptDirectory;

/// The family with where it comes from.
pub(super) fn described(settings: &Settings, directory: &ScriptDirectory) -> String {
    match (settings.dialect, directory.dialect, &directory.dialect_source) {
        (Some(dialect), ..) => format!("{} (configured)", dialect.title()),
        (None, Some(dialect), Some(source)) if source.is_guess => {
            format!("{} (guessed from {})", dialect.title(), source.place)
        }
        (None, Some(dialect), Some(source)) => format!("{} ({})", dialect.title(), source.place),
        (None, Some(dialect), None) => dialect.title().to_owned(),
        (None, None, Some(source)) => {
            format!("not supported ({}), checked as {}", source.place, Dialect::Postgresql.title())
        }
        (None, None, None) => format!("not known, checked as {}", Dialect::Postgresql.title()),
    }
}

/// The line that a run prints where nobody said which family it is.
pub(super) fn guess(settings: &Settings, directory: &ScriptDirectory) -> Option<String> {
    if settings.dialect.is_some() {
        return None;
    }
    let what = described(settings, directory);
    let option = "set `dialect` in alembic-lint.toml or pyproject.toml";
    match (directory.dialect, &directory.dialect_source) {
        (Some(_), Some(source)) if source.is_guess => {
            Some(format!("{}; {option})", what.trim_end_matches(')')))
        }
        (Some(_), _) => None,
        (None, _) => Some(format!("{what}; fixes that depend on the database are left out; {option}")),
    }
}

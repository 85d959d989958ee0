//! What SQL text is read as, case by case. Each line of a table is one text and the changes it gives.

mod mysql;
mod postgresql;
mod render;
mod robust;
mod rows;
mod sqlite;
mod texts;

use crate::operation::Dialect;

/// Compares every case at once, so that one run shows all differences.
fn check(dialect: Dialect, cases: &[(&str, &str)]) {
    let mut wrong = String::new();
    for (text, expected) in cases {
        let found = render::text(text, dialect);
        if found != *expected {
            wrong.extend(["\n", *text, "\n  expected ", *expected, "\n  found    ", found.as_str(), "\n"]);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

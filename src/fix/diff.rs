//! What a fix changes, as a unified diff that `patch` and `git apply` read. Prints nothing.

use similar::TextDiff;

/// The unified diff of a file's text; empty where nothing changes. A missing last line break is marked as
/// `diff` marks it.
pub fn unified_diff(path: &str, old: &str, new: &str) -> String {
    if old == new {
        return String::new();
    }
    let diff = TextDiff::from_lines(old, new);
    diff.unified_diff().context_radius(3).header(path, path).missing_newline_hint(true).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_file_and_shows_three_lines_around_the_change() {
        assert_eq!(
            unified_diff("versions/a.py", "1\n2\n3\n4\n5\n", "1\n2\n3\n4\nnew\n5\n"),
            "--- versions/a.py\n+++ versions/a.py\n@@ -2,4 +2,5 @@\n 2\n 3\n 4\n+new\n 5\n"
        );
        assert_eq!(unified_diff("a.py", "same\n", "same\n"), "");
    }

    #[test]
    fn marks_a_missing_last_line_break() {
        assert_eq!(
            unified_diff("a.py", "a", "a\nb"),
            "--- a.py\n+++ a.py\n@@ -1 +1,2 @@\n-a\n\\ No newline at end of file\n+a\n+b\n\\ No newline at end of file\n"
        );
    }

    #[test]
    fn keeps_carriage_returns() {
        assert!(unified_diff("a.py", "a\r\n", "a\r\nb\r\n").ends_with(" a\r\n+b\r\n"));
    }
}

//! `placeholder-revision-id`: an identifier that was typed by hand. What Alembic refuses is for `invalid-revision-id`.

use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds identifiers that follow the keyboard or the alphabet instead of chance: `a1b2c3d4e5f6`,
    /// `123456789abc`, `abcdef123456`, `aaaaaaaaaaaa`. Counted ones (`0001`, `20240131`) are a choice and pass.
    ///
    /// ## Why is this bad?
    /// Whoever writes revisions by hand, or lets a language model write them, comes upon the same identifiers again: two
    /// branches then both add `a1b2c3d4e5f6`, and after the merge one of the two never runs.
    ///
    /// ## Example
    /// ```python bad file=versions/a1b2c3d4e5f6_add_user.py
    /// revision = "a1b2c3d4e5f6"
    /// down_revision = None
    /// ```
    ///
    /// ## Use instead
    /// ```python good file=versions/8f3c0a91d2b7_add_user.py
    /// revision = "8f3c0a91d2b7"
    /// down_revision = None
    /// ```
    /// `alembic revision` makes a fresh one.
    ///
    /// ## References
    /// - [IBM/mcp-context-forge issue 4613](https://github.com/IBM/mcp-context-forge/issues/4613) lists 36 of them
    "placeholder-revision-id", Graph, Warning,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

/// Shorter identifiers are counted or named, not random.
const SHORTEST: usize = 8;

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let Some(id) = context.revision.id().filter(|id| is_placeholder(id)) else { return };
    sink.report(
        context.revision.identifiers.revision.span.unwrap_or_default(),
        format!("`{id}` is a made-up identifier, which the next made-up one may equal"),
    )
    .help("take a random one (`alembic revision` makes it), here and in the `down_revision` of what follows");
}

fn is_placeholder(id: &str) -> bool {
    let bytes = id.as_bytes();
    if bytes.len() < SHORTEST
        || !bytes.iter().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase())
        || !bytes.iter().any(u8::is_ascii_alphabetic)
    {
        return false;
    }
    let is_pattern = |stride: usize| {
        let steps = bytes.iter().zip(bytes.iter().skip(stride));
        let regular = steps.clone().filter(|(one, next)| follows(**one, **next)).count();
        // In a random identifier one step in sixteen is regular.
        regular * 4 >= steps.count() * 3
    };
    let is_repeated = bytes.iter().all(|byte| Some(byte) == bytes.first());
    is_pattern(1) || is_pattern(2) || is_repeated
}

/// The next key or letter, round the corner where one comes to the end.
const fn follows(one: u8, next: u8) -> bool {
    one + 1 == next || matches!((one, next), (b'9', b'0' | b'a') | (b'f', b'0' | b'1' | b'a') | (b'0', b'a'))
}

#[cfg(test)]
mod tests {
    use super::{RULE, is_placeholder};
    use crate::testing::Tester;

    #[test]
    fn patterns_of_the_keyboard() {
        for id in ["a1b2c3d4e5f6", "b2c3d4e5f6a7", "123456789abc", "abcdef123456", "aaaaaaaaaaaa", "a1b2c3d4"]
        {
            assert!(is_placeholder(id), "{id}");
        }
    }

    #[test]
    fn chance_counting_and_words() {
        for id in [
            "ae1027a6acf",
            "8f3c0a91d2b7",
            "0001",
            "00000001",
            "20240131",
            "123456789012",
            "add_user",
            "liberty",
        ] {
            assert!(!is_placeholder(id), "{id}");
        }
        Tester::new(&RULE)
            .file("versions/a.py", "revision = 'a1b2c3d4e5f6'\ndown_revision = None\n")
            .finds(&["`a1b2c3d4e5f6` is a made-up identifier"]);
    }
}

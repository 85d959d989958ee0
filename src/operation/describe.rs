//! Operations in plain words.

use super::Operation;

/// What the operation does, as a sentence without subject and full stop.
pub(super) fn summary(operation: &Operation) -> String {
    operation.change.directive().to_owned()
}

//! What the values of one file may take together, beside the steps that its code may take.

use std::cell::Cell;

use super::value::Value;

/// How many units all values of a file may take: one is a value in a list, or a few letters of a text.
const UNITS: usize = 4_000_000;

/// How many of them one value may take.
const MAX_VALUE: usize = UNITS / 4;

/// How many bytes of a text are one unit.
const BYTES_PER_UNIT: usize = 16;

/// What is left for values that the code makes, copies or compares.
///
/// What does not fit is refused and costs nothing: the code goes on with an unknown value.
#[derive(Debug)]
pub(super) struct Budget {
    left: Cell<usize>,
    /// Whether something was refused since that was last asked.
    refused: Cell<bool>,
}

impl Default for Budget {
    fn default() -> Self {
        Self { left: Cell::new(UNITS), refused: Cell::new(false) }
    }
}

impl Budget {
    /// Takes `units`, if so many are left.
    pub(super) fn afford(&self, units: usize) -> bool {
        match self.left.get().checked_sub(units) {
            Some(left) if units <= MAX_VALUE => {
                self.left.set(left);
                true
            }
            _ => {
                self.refused.set(true);
                false
            }
        }
    }

    /// Takes what a text of so many bytes costs.
    pub(super) fn afford_text(&self, bytes: usize) -> bool {
        self.afford(bytes / BYTES_PER_UNIT + 1)
    }

    /// Takes what a copy of a value costs, with all that it holds.
    pub(super) fn afford_whole(&self, value: &Value<'_>) -> bool {
        let mut cost = 0;
        let fits = self.measure(value, 0, &mut cost);
        // Looking at it was work, whether it fits or not.
        self.left.set(self.left.get().saturating_sub(cost));
        fits
    }

    /// Adds up the cost of a value to the depth that arguments of operations have; `false` where it is too much.
    fn measure(&self, value: &Value<'_>, depth: u32, cost: &mut usize) -> bool {
        *cost += 1;
        if let Value::Str(text) = value {
            *cost += text.value.len() / BYTES_PER_UNIT;
        }
        if *cost > self.left.get().min(MAX_VALUE) {
            self.refused.set(true);
            return false;
        }
        let deeper = depth + 1;
        if deeper > super::argument::MAX_DEPTH {
            return true;
        }
        match value {
            Value::Tuple(items) => items.iter().all(|item| self.measure(item, deeper, cost)),
            Value::List(list) => list.items.borrow().iter().all(|item| self.measure(item, deeper, cost)),
            Value::Dict(dict) => dict
                .entries
                .borrow()
                .iter()
                .all(|(key, value)| self.measure(key, deeper, cost) && self.measure(value, deeper, cost)),
            Value::Object(object) => {
                *cost += object.callee.len() / BYTES_PER_UNIT;
                object
                    .receiver
                    .iter()
                    .chain(object.arguments.all())
                    .all(|value| self.measure(value, deeper, cost))
            }
            _ => true,
        }
    }

    /// Whether nothing more can be made.
    pub(super) fn is_spent(&self) -> bool {
        self.left.get() == 0
    }

    /// Whether something was refused since this was last asked.
    pub(super) fn take_refused(&self) -> bool {
        self.refused.replace(false)
    }
}

/// A text that is put together from parts, as long as the budget lasts.
pub(super) struct Growing<'b> {
    text: String,
    fits: bool,
    budget: &'b Budget,
}

impl<'b> Growing<'b> {
    pub(super) fn new(budget: &'b Budget) -> Self {
        Self { text: String::new(), fits: budget.afford(1), budget }
    }

    pub(super) fn push(&mut self, part: &str) {
        self.fits &= part.len() < BYTES_PER_UNIT || self.budget.afford_text(part.len());
        // Short parts are paid for by what grows.
        self.fits &= self.text.len() < MAX_VALUE * BYTES_PER_UNIT;
        if self.fits {
            self.text.push_str(part);
        }
    }

    /// The whole text; unknown where it was too much.
    pub(super) fn finish<'a>(self) -> Value<'a> {
        if self.fits { Value::str(self.text) } else { Value::Unknown }
    }
}

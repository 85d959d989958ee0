//! Arguments of a directive, bound by its real signature.

use super::argument::argument;
use super::value::{Arguments, Value};
use crate::operation::{Argument, DIRECTIVES, Signature};

/// Whether `name` is a directive of `op`.
pub(super) fn is_directive(name: &str) -> bool {
    DIRECTIVES.iter().any(|signature| signature.directive == name)
}

/// The arguments of one call of a directive.
pub(super) struct Bound<'v, 'a> {
    values: Vec<(&'static str, &'v Value<'a>)>,
    /// Positional arguments beyond the named ones.
    pub(super) rest: &'v [Value<'a>],
    /// Keywords that no parameter has.
    options: Vec<(&'v str, &'v Value<'a>)>,
    /// Whether arguments are missing from view (`**unknown`).
    pub(super) open: bool,
    /// What may have been given out of view.
    unseen: Option<Value<'a>>,
}

impl<'v, 'a> Bound<'v, 'a> {
    pub(super) fn new(signature: &Signature, arguments: &'v Arguments<'a>) -> Self {
        let mut values: Vec<(&'static str, &'v Value<'a>)> = Vec::with_capacity(
            arguments.positional.len().min(signature.positional.len()) + arguments.keywords.len(),
        );
        values.extend(signature.positional.iter().copied().zip(&arguments.positional));
        let mut options = Vec::new();
        for (name, value) in &arguments.keywords {
            match signature.parameter(name) {
                Some(parameter) => values.push((parameter, value)),
                None => options.push((&**name, value)),
            }
        }
        let rest = arguments.positional.get(signature.positional.len()..).unwrap_or_default();
        let unseen = arguments.open.then_some(Value::Unknown);
        Self { values, rest, options, open: arguments.open, unseen }
    }

    /// A parameter's value; unknown where it may have been given out of view.
    pub(super) fn get(&self, name: &str) -> Option<&Value<'a>> {
        self.given(name).or(self.unseen.as_ref())
    }

    /// A parameter that was given in view.
    pub(super) fn given(&self, name: &str) -> Option<&'v Value<'a>> {
        self.values.iter().find(|(parameter, _)| *parameter == name).map(|(_, value)| *value)
    }

    /// Whether a flag is surely set.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.given(name).or_else(|| self.option(name)).is_some_and(|value| value.truth() == Some(true))
    }

    fn option(&self, name: &str) -> Option<&'v Value<'a>> {
        self.options.iter().find(|(option, _)| *option == name).map(|(_, value)| *value)
    }

    /// What no field holds: the given parameters of these names, then unknown keywords.
    pub(super) fn options(&self, also: &[&'static str]) -> Box<[(Box<str>, Argument)]> {
        let named = also.iter().filter_map(|name| Some(((*name).into(), argument(self.given(name)?))));
        named.chain(self.options.iter().map(|(name, value)| ((*name).into(), argument(value)))).collect()
    }
}

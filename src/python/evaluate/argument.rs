//! Values as plain data: what operations keep.

use std::borrow::Cow;
use std::rc::Rc;

use super::value::{Object, Value};
use crate::operation::{Argument, Call, HOLE, Name};

/// How deep values may nest before the rest counts as unknown.
pub(super) const MAX_DEPTH: u32 = 20;

/// A value as an owned argument.
pub(super) fn argument(value: &Value<'_>) -> Argument {
    convert(value, 0)
}

fn convert(value: &Value<'_>, depth: u32) -> Argument {
    if depth > MAX_DEPTH {
        return Argument::Unknown;
    }
    match value {
        Value::None => Argument::None,
        Value::Bool(value) => Argument::Bool(*value),
        Value::Int(value) => Argument::Int(*value),
        Value::Float(value) => Argument::Float(*value),
        Value::Str(text) => Argument::Str((&*text.value).into()),
        Value::Tuple(items) => Argument::List(items.iter().map(|item| convert(item, depth + 1)).collect()),
        Value::List(list) => {
            let mut items: Vec<_> = list.items.borrow().iter().map(|item| convert(item, depth + 1)).collect();
            if list.open.get() || list.uncertain.get() {
                items.push(Argument::Unknown);
            }
            Argument::List(items.into())
        }
        Value::Dict(dict) => {
            let mut entries: Vec<_> = dict
                .entries
                .borrow()
                .iter()
                .map(|(key, value)| (convert(key, depth + 1), convert(value, depth + 1)))
                .collect();
            if dict.open.get() {
                entries.push((Argument::Unknown, Argument::Unknown));
            }
            Argument::Dict(entries.into())
        }
        Value::Path(path) => Argument::Path((&**path).into()),
        Value::Object(object) => Argument::Call(Box::new(call(object, depth))),
        Value::Class(class) => Argument::Path(class.name.into()),
        _ => Argument::Unknown,
    }
}

fn call(object: &Rc<Object<'_>>, depth: u32) -> Call {
    let arguments = &object.arguments;
    let mut args: Vec<_> = object.receiver.iter().map(|receiver| convert(receiver, depth + 1)).collect();
    args.extend(arguments.positional.iter().map(|value| convert(value, depth + 1)));
    if arguments.open {
        args.push(Argument::Unknown);
    }
    let keywords = arguments
        .keywords
        .iter()
        .map(|(name, value)| ((&**name).into(), convert(value, depth + 1)))
        .collect();
    Call { callee: (&*object.callee).into(), args: args.into(), keywords }
}

/// A value as the name of a schema object.
pub(super) fn name(value: Option<&Value<'_>>) -> Name {
    named(value, 0)
}

fn named(value: Option<&Value<'_>>, depth: u32) -> Name {
    match value {
        Some(_) if depth > MAX_DEPTH => Name::Unknown,
        None | Some(Value::None) => Name::None,
        Some(Value::Str(text)) if text.dynamic => Name::Unknown,
        Some(Value::Str(text)) => Name::Known((&*text.value).into()),
        // `op.f("x")`, `quoted_name("x", True)`, `conv("x")`.
        Some(Value::Object(object)) if is_name_wrapper(&object.callee) => {
            named(object.arguments.positional.first(), depth + 1)
        }
        // A member of an enum that is a string, too.
        Some(Value::Instance(member)) => match member.attributes.own("value") {
            Some(value @ Value::Str(_)) => named(Some(&value), depth + 1),
            _ => Name::Unknown,
        },
        Some(_) => Name::Unknown,
    }
}

fn is_name_wrapper(callee: &str) -> bool {
    matches!(callee.rsplit('.').next(), Some("quoted_name" | "conv" | "_f"))
}

/// A value as it would read inside a string.
pub(super) fn display<'v>(value: &'v Value<'_>) -> Cow<'v, str> {
    let mut shown = value;
    // `str(sa.text("x"))` is its text.
    while let Value::Object(object) = shown
        && (is_name_wrapper(&object.callee) || object.callee.ends_with(".text"))
        && let Some(inner) = object.arguments.positional.first()
    {
        shown = inner;
    }
    match shown {
        Value::Str(text) => Cow::Borrowed(&text.value),
        Value::Int(value) => value.to_string().into(),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::None => "None".into(),
        _ => HOLE.into(),
    }
}

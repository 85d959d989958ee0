//! Values as plain data: what operations keep.

use std::rc::Rc;

use super::value::{Object, Value};
use crate::operation::{Argument, Call, HOLE, Name};

/// How deep values may nest before the rest counts as unknown.
const MAX_DEPTH: u32 = 20;

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
    match value {
        None | Some(Value::None) => Name::None,
        Some(Value::Str(text)) if text.dynamic => Name::Unknown,
        Some(Value::Str(text)) => Name::Known((&*text.value).into()),
        // `op.f("x")`, `quoted_name("x", True)`, `conv("x")`.
        Some(Value::Object(object)) if is_name_wrapper(&object.callee) => {
            name(object.arguments.positional.first())
        }
        // A member of an enum that is a string, too.
        Some(Value::Instance(member)) => match member.attributes.own("value") {
            Some(value @ Value::Str(_)) => name(Some(&value)),
            _ => Name::Unknown,
        },
        Some(_) => Name::Unknown,
    }
}

fn is_name_wrapper(callee: &str) -> bool {
    matches!(callee.rsplit('.').next(), Some("quoted_name" | "conv" | "_f"))
}

/// A value as it would read inside a string.
pub(super) fn display(value: &Value<'_>) -> String {
    match value {
        Value::Str(text) => text.value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::None => "None".to_owned(),
        Value::Object(object) if is_name_wrapper(&object.callee) => {
            object.arguments.positional.first().map_or_else(|| HOLE.to_owned(), display)
        }
        // `str(sa.text("x"))` is its text.
        Value::Object(object) if object.callee.ends_with(".text") => {
            object.arguments.positional.first().map_or_else(|| HOLE.to_owned(), display)
        }
        _ => HOLE.to_owned(),
    }
}

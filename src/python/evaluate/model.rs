//! Model classes that a revision declares for itself: their tables.

use std::rc::Rc;

use super::column::is_column;
use super::value::{Arguments, Class, Object, Value};
use crate::operation::last_part;

/// `Model.__table__` as `Table("name", metadata, *columns)`; open where the class may have more than is listed.
pub(super) fn table<'a>(class: &Class<'a>) -> Object<'a> {
    let name = class.attribute("__tablename__").unwrap_or(Value::Unknown);
    let mut arguments = Arguments::of(vec![name, Value::Unknown]);
    arguments.open = !class.bases.iter().all(is_base);
    for member in &class.members {
        match class.attributes.own(member) {
            Some(Value::Object(column)) if is_column(&Value::Object(Rc::clone(&column))) => {
                arguments.positional.push(named(&column, member));
            }
            Some(Value::Object(object)) if last_part(&object.callee) == "relationship" => {}
            Some(_) if *member == "__tablename__" => {}
            _ => arguments.open = true,
        }
    }
    Object { callee: "sqlalchemy.Table".into(), receiver: None, arguments }
}

/// A column, called like its attribute where it has no name of its own.
fn named<'a>(column: &Rc<Object<'a>>, attribute: &str) -> Value<'a> {
    let has_name = column.arguments.keyword("name").is_some()
        || matches!(column.arguments.positional.first(), Some(Value::Str(_) | Value::Unknown));
    // What `Mapped[..]` says of type and nullability is not read.
    let is_annotated = last_part(&column.callee) == "mapped_column";
    let mut arguments = column.arguments.clone();
    arguments.open |= is_annotated;
    if !has_name {
        arguments.keywords.push(("name".into(), Value::str(attribute.to_owned())));
    }
    let receiver = column.receiver.clone();
    Value::Object(Rc::new(Object { callee: column.callee.clone(), receiver, arguments }))
}

/// Whether a base class surely has no columns of its own.
fn is_base(base: &Value<'_>) -> bool {
    let makes_base = |path: &str| matches!(last_part(path), "declarative_base" | "generate_base");
    match base {
        Value::Object(object) => makes_base(&object.callee),
        Value::Class(class) => {
            class.members.is_empty()
                && class
                    .bases
                    .iter()
                    .all(|base| matches!(base, Value::Path(path) if last_part(path) == "DeclarativeBase"))
        }
        _ => false,
    }
}

//! SQLAlchemy Core statements: what they do to which table.

use std::rc::Rc;

use super::directive::{required, table_of};
use super::value::{Arguments, Class, Object, Value};
use crate::operation::last_part;
use crate::operation::{Name, Statement, TableName};

/// The statement an object stands for, with the methods called on it.
pub(super) fn core_statement(object: &Rc<Object<'_>>) -> Option<Statement> {
    let mut has_where = false;
    let mut columns = None;
    let mut current = Rc::clone(object);
    loop {
        let arguments = &current.arguments;
        let conditions = !arguments.positional.is_empty() || !arguments.keywords.is_empty();
        let method = last_part(&current.callee);
        has_where |= matches!(method, "where" | "filter" | "filter_by") && conditions;
        // `delete(t, t.c.id == 1)`, `t.update(t.c.id == 1)`, `whereclause=` of SQLAlchemy 1.x.
        has_where |= arguments.keyword("whereclause").is_some();
        let (table, given) = match &current.receiver {
            Some(Value::Object(receiver)) if is_table(receiver) => (table_of(receiver), 0),
            Some(_) => (TableName::new(Name::Unknown), 0),
            None => (table_argument(arguments.get(0, "table")), 1),
        };
        has_where |= matches!(method, "update" | "delete") && arguments.positional.len() > given;
        columns = columns.or_else(|| assigned(method, arguments));
        match method.to_ascii_lowercase().as_str() {
            "insert" => return Some(Statement::Insert { table }),
            "update" => return Some(Statement::Update { table, has_where, columns }),
            "delete" => return Some(Statement::Delete { table, has_where }),
            "select" | "exists" | "count" | "union" | "union_all" => return Some(Statement::Select),
            _ => {}
        }
        let Some(Value::Object(receiver)) = &current.receiver else { return None };
        let receiver = Rc::clone(receiver);
        current = receiver;
    }
}

/// The columns that `.values(a=1)` or `.values({"a": 1})` sets; `None` where one of them is not known.
fn assigned(method: &str, arguments: &Arguments<'_>) -> Option<Box<[Name]>> {
    if method != "values" || arguments.open {
        return None;
    }
    let mut columns: Vec<Name> = match arguments.positional.as_slice() {
        [] => Vec::new(),
        [Value::Dict(mapping)] if !mapping.open.get() => {
            let entries = mapping.entries.borrow();
            entries.iter().map(|(key, _)| key.as_str().map(Name::new)).collect::<Option<_>>()?
        }
        _ => return None,
    };
    columns.extend(arguments.keywords.iter().map(|(key, _)| Name::new(key)));
    (!columns.is_empty()).then(|| columns.into())
}

/// Whether an object is a table.
pub(super) fn is_table(object: &Object<'_>) -> bool {
    object.receiver.is_none() && matches!(last_part(&object.callee), "Table" | "table")
        || matches!(last_part(&object.callee), "alias")
}

/// The table of a model class that the revision declares for itself.
pub(super) fn table_of_model(model: &Class<'_>) -> TableName {
    TableName::new(required(model.attribute("__tablename__").as_ref()))
}

fn table_argument(value: Option<&Value<'_>>) -> TableName {
    match value {
        Some(Value::Object(object)) if is_table(object) => table_of(object),
        Some(Value::Class(model)) => table_of_model(model),
        _ => TableName::new(Name::Unknown),
    }
}

//! SQLAlchemy Core statements: what they do to which table.

use std::rc::Rc;

use super::column::last;
use super::directive::table_of;
use super::value::{Object, Value};
use crate::operation::{Name, Statement, TableName};

/// The statement an object stands for, with the methods called on it.
pub(super) fn core_statement(object: &Rc<Object<'_>>) -> Option<Statement> {
    let mut has_where = false;
    let mut current = Rc::clone(object);
    loop {
        let method = last(&current.callee).to_owned();
        has_where |= matches!(method.as_str(), "where" | "filter" | "filter_by")
            && !current.arguments.positional.is_empty()
            || (method == "filter_by" && !current.arguments.keywords.is_empty());
        // `t.update(t.c.id == 1)` of SQLAlchemy 1.x.
        has_where |= current.arguments.keyword("whereclause").is_some();
        let receiver = match &current.receiver {
            Some(Value::Object(receiver)) => Some(Rc::clone(receiver)),
            _ => None,
        };
        let on_table = receiver.as_ref().is_some_and(|receiver| is_table(receiver));
        let target = if on_table || current.receiver.is_some() && receiver.is_none() {
            receiver.as_ref().map_or_else(|| TableName::new(Name::Unknown), |table| table_of(table))
        } else {
            table_argument(current.arguments.get(0, "table"))
        };
        let is_start = on_table || current.receiver.is_none() || receiver.is_none();
        if is_start {
            let positional_where = current.receiver.is_some() && !current.arguments.positional.is_empty();
            return match method.as_str() {
                "insert" | "Insert" => Some(Statement::Insert { table: target }),
                "update" | "Update" => {
                    Some(Statement::Update { table: target, has_where: has_where || positional_where })
                }
                "delete" | "Delete" => {
                    Some(Statement::Delete { table: target, has_where: has_where || positional_where })
                }
                "select" | "Select" | "exists" | "count" | "union" | "union_all" => Some(Statement::Select),
                _ => None,
            };
        }
        current = receiver?;
    }
}

/// Whether an object is a table.
pub(super) fn is_table(object: &Object<'_>) -> bool {
    object.receiver.is_none() && matches!(last(&object.callee), "Table" | "table")
        || matches!(last(&object.callee), "alias")
}

fn table_argument(value: Option<&Value<'_>>) -> TableName {
    match value {
        Some(Value::Object(object)) if is_table(object) => table_of(object),
        _ => TableName::new(Name::Unknown),
    }
}

//! `op.invoke(ops.DropTableOp(..))`: operation objects as directives (`alembic/operations/ops.py`).

use std::rc::Rc;

use super::Interpreter;
use super::scope::Scope;
use super::value::{Arguments, Object, Value};
use crate::operation::last_part;
use crate::source::Span;

/// Classes, their directives, and the constructor's parameters that another name has in the directive.
const CLASSES: &[(&str, &str)] = &[
    ("AddColumnOp", "add_column"),
    ("AlterColumnOp", "alter_column"),
    ("BulkInsertOp", "bulk_insert"),
    ("CreateCheckConstraintOp", "create_check_constraint"),
    ("CreateForeignKeyOp", "create_foreign_key"),
    ("CreateIndexOp", "create_index"),
    ("CreatePrimaryKeyOp", "create_primary_key"),
    ("CreateTableCommentOp", "create_table_comment"),
    ("CreateTableOp", "create_table"),
    ("CreateUniqueConstraintOp", "create_unique_constraint"),
    ("DropColumnOp", "drop_column"),
    ("DropConstraintOp", "drop_constraint"),
    ("DropIndexOp", "drop_index"),
    ("DropTableCommentOp", "drop_table_comment"),
    ("DropTableOp", "drop_table"),
    ("ExecuteSQLOp", "execute"),
    ("RenameTableOp", "rename_table"),
];

/// Keywords of `AlterColumnOp` and what the directive calls them.
const ALTER_KEYWORDS: &[(&str, &str)] = &[
    ("modify_nullable", "nullable"),
    ("modify_server_default", "server_default"),
    ("modify_name", "new_column_name"),
    ("modify_type", "type_"),
    ("modify_comment", "comment"),
];

impl<'a> Interpreter<'a> {
    /// `op.invoke(operation)`.
    pub(super) fn invoke(&mut self, operation: Option<&Value<'a>>, span: Span, scope: &Rc<Scope<'a>>) {
        match operation {
            Some(Value::Object(object)) => self.invoke_object(object, span, scope),
            Some(Value::OneOf(values)) => {
                for value in values.iter() {
                    self.maybe(|this| this.invoke(Some(value), span, scope));
                }
            }
            _ => {
                self.unresolved_in(
                    span,
                    scope,
                    "the operation given to `op.invoke` is not known before it runs",
                );
            }
        }
    }

    fn invoke_object(&mut self, object: &Rc<Object<'a>>, span: Span, scope: &Rc<Scope<'a>>) {
        let class = last_part(&object.callee);
        if let Some((_, directive)) = CLASSES.iter().find(|(name, _)| *name == class) {
            let arguments = as_directive(directive, object.arguments.clone());
            self.directive(directive, arguments, None, span, scope);
            return;
        }
        if class.ends_with("Ops") {
            let inner =
                object.arguments.keyword("ops").or_else(|| object.arguments.positional.last()).cloned();
            for operation in inner.map(|inner| self.turns(&inner).items).unwrap_or_default() {
                if self.deeper(|this| this.invoke(Some(&operation), span, scope)).is_none() || !self.step() {
                    break;
                }
            }
            return;
        }
        // `ops.CreateTableOp.create_table(operations, ..)`: the directive itself.
        if object.receiver.is_none()
            && let Some((before, method)) = object.callee.rsplit_once('.')
            && CLASSES.iter().any(|(name, _)| *name == last_part(before))
        {
            let mut arguments = object.arguments.clone();
            if !arguments.positional.is_empty() {
                arguments.positional.remove(0);
            }
            let method = method.to_owned();
            self.directive(&method, arguments, None, span, scope);
            return;
        }
        if object.receiver.is_some() {
            let reason = format!("the operation that `{class}()` makes is not known before it runs");
            return self.unresolved_in(span, scope, reason);
        }
        self.directive(class, object.arguments.clone(), None, span, scope);
    }
}

/// Constructor arguments as those of the directive.
fn as_directive<'a>(directive: &str, mut arguments: Arguments<'a>) -> Arguments<'a> {
    match directive {
        "create_table" => {
            // `CreateTableOp(name, [columns])`.
            let columns = match arguments.positional.get(1).or_else(|| arguments.keyword("columns")) {
                Some(Value::List(list)) => list.items.borrow().clone(),
                Some(Value::Tuple(items)) => items.to_vec(),
                _ => {
                    arguments.open = true;
                    Vec::new()
                }
            };
            arguments.positional.truncate(1);
            arguments.positional.extend(columns);
            arguments.keywords.retain(|(name, _)| &**name != "columns");
        }
        "alter_column" => {
            for (keyword, _) in &mut arguments.keywords {
                if let Some((_, new)) = ALTER_KEYWORDS.iter().find(|(old, _)| *old == &**keyword) {
                    *keyword = (*new).into();
                }
            }
        }
        _ => {}
    }
    arguments
}

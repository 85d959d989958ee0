//! Edits that put calls of `op` into batch mode. Knows which argument names the table, and no rule.

use super::CallText;
use super::statement::indentation;
use crate::diagnostic::Edit;
use crate::operation::Operation;
use crate::revision::RevisionContext;
use crate::source::Span;

/// One step of indentation.
const INDENT: &str = "    ";

/// The arguments that a batch object has already: the table's place and name, and its schema's name.
fn table_argument(directive: &str) -> Option<(usize, &'static str, &'static str)> {
    match directive {
        "alter_column" => Some((0, "table_name", "schema")),
        "create_unique_constraint" | "create_check_constraint" | "create_primary_key" | "drop_constraint" => {
            Some((1, "table_name", "schema"))
        }
        "create_foreign_key" => Some((1, "source_table", "source_schema")),
        _ => None,
    }
}

/// The edits that put calls into one batch: `with op.batch_alter_table(..) as batch_op:`. The calls are statements that follow each
/// other. `None` where one of them is no plain statement.
pub fn put_into_batch(context: &RevisionContext<'_>, operations: &[&Operation]) -> Option<Vec<Edit>> {
    let text = context.text();
    let newline = super::newline_of(text);
    let mut edits = Vec::new();
    let mut head: Option<(&str, Option<&str>)> = None;
    for operation in operations {
        let call = context.own_call(operation)?;
        let span = operation.span;
        let indent = indentation(text, span.start)?;
        // Blanks at the start of a line may be a part of a string.
        if ["\"\"\"", "'''", "\\\n", "\\\r"].iter().any(|part| call.contains(part)) {
            return None;
        }
        let (place, table, schema) = table_argument(operation.change.directive())?;
        let arguments = CallText::new(text, span)?;
        let (table, without_table) = arguments.take_argument(place, table)?;
        let schema = arguments.take_argument(usize::MAX, schema);
        let of_call = (table, schema.as_ref().map(|(value, _)| *value));
        let opening = match head {
            None => {
                let schema = of_call.1.map_or_else(String::new, |value| format!(", schema={value}"));
                format!(
                    "with op.batch_alter_table({table}{schema}) as batch_op:{newline}{indent}{INDENT}batch_op"
                )
            }
            Some(head) if head == of_call => format!("{INDENT}batch_op"),
            Some(_) => return None,
        };
        head = Some(of_call);
        let removed: Vec<Edit> =
            std::iter::once(without_table).chain(schema.map(|(_, without_schema)| without_schema)).collect();
        edits.push(Edit { span: Span::new(span.start, span.start.checked_add(2)?), content: opening });
        for (at, _) in call.match_indices('\n') {
            let start = span.start.checked_add(u32::try_from(at).ok()?)?.checked_add(1)?;
            if !removed.iter().any(|edit| edit.span.start < start && start <= edit.span.end) {
                edits.push(Edit { span: Span::new(start, start), content: INDENT.to_owned() });
            }
        }
        edits.extend(removed);
    }
    Some(edits)
}

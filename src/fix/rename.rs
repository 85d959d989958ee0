//! Edits that turn a drop and an add of a column into a rename, in both directions. Decides not whether it is one.

use super::{CallText, Writer, insert_import, remove};
use crate::diagnostic::Edit;
use crate::operation::{AddColumn, Change, Operation, Origin, TableName};
use crate::revision::{Body, RevisionContext};

/// The edits that rename in `upgrade`, and back in `downgrade` where that has the opposite pair. `None` where a call is no plain
/// statement, or `downgrade` does something else with one of both columns.
pub fn rename_column(
    context: &RevisionContext<'_>,
    table: &TableName,
    old: &str,
    new: &str,
) -> Option<Vec<Edit>> {
    let revision = context.revision;
    let mut edits = rename_in(context, revision.upgrade.as_ref()?, table, (old, new))?;
    let Some(downgrade) = revision.downgrade.as_ref() else { return Some(edits) };
    let speaks = |operation: &Operation| {
        let name = operation.change.name().known();
        operation.change.table().is_some_and(|other| other.is_same(table))
            && (name == Some(old) || name == Some(new))
    };
    if downgrade.operations.iter().any(speaks) {
        for edit in rename_in(context, downgrade, table, (new, old))? {
            if !edits.contains(&edit) {
                edits.push(edit);
            }
        }
    }
    Some(edits)
}

fn rename_in(
    context: &RevisionContext<'_>,
    body: &Body,
    table: &TableName,
    (old, new): (&str, &str),
) -> Option<Vec<Edit>> {
    let drop = body.operations.iter().find(|operation| match &operation.change {
        Change::DropColumn(drop) => drop.table.is_same(table) && drop.column.known() == Some(old),
        _ => false,
    })?;
    let (add, added) = body.operations.iter().find_map(|operation| match &operation.change {
        Change::AddColumn(add) if add.table.is_same(table) && add.column.name.known() == Some(new) => {
            Some((operation, &**add))
        }
        _ => None,
    })?;
    let text = context.text();
    let (dropping, adding) = (plain_call(context, drop)?, plain_call(context, add)?);
    let object = dropping.callee().strip_suffix(".drop_column")?;
    if adding.callee() != format!("{object}.add_column") {
        return None;
    }
    let mut writer = Writer::new(context.revision, text);
    let arguments = arguments(context, added, new, &mut writer)?;
    let mut edits = vec![
        dropping.replace_callee(&format!("{object}.alter_column")),
        dropping.add_argument(&arguments),
        remove(text, add.span)?,
    ];
    edits.extend(writer.imports().map(|line| insert_import(context.revision, text, line)));
    Some(edits)
}

/// What `alter_column` is given; MySQL has to be told the type again.
fn arguments(
    context: &RevisionContext<'_>,
    add: &AddColumn,
    new: &str,
    writer: &mut Writer<'_>,
) -> Option<String> {
    let renamed = format!("new_column_name={}", writer.text(new));
    if !context.server.is_mysql_like() {
        return Some(renamed);
    }
    let type_ = writer.type_(add.column.type_.as_ref()?, context.dialect)?;
    let required = if add.column.nullable == Some(false) { ", existing_nullable=False" } else { "" };
    Some(format!("{renamed}, existing_type={type_}{required}"))
}

/// A call that is a statement of its own in the file.
fn plain_call<'a>(context: &RevisionContext<'a>, operation: &Operation) -> Option<CallText<'a>> {
    let is_plain = operation.origin == Origin::Directive
        && operation.call_sites.is_empty()
        && operation.via.is_empty()
        && context.revision.statements.contains(&operation.span);
    CallText::new(context.file.text(), operation.span).filter(|_| is_plain)
}

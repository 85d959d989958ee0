//! Whether the parts leave the schema that the whole leaves. Edits nothing.

use std::collections::BTreeSet;

use crate::history::schema::{Constraint, Index, Kind, Schema, Table};
use crate::server::repeats_not_null;

/// The schema after a revision, one line for each thing in it, as far as it is known; columns in no order.
pub(super) fn described(schema: Schema<'_>) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for listed in schema.tables() {
        of_table(listed.table, &mut lines);
    }
    for kind in [Kind::Type, Kind::Sequence, Kind::View, Kind::Schema] {
        for (name, object, _) in schema.objects(kind) {
            lines.insert(format!("{kind:?} `{name}` {:?}", object.labels));
        }
    }
    lines
}

fn of_table(table: &Table<'_>, lines: &mut BTreeSet<String>) {
    let key = &table.key;
    lines.insert(format!("table `{key}`"));
    for column in &table.columns {
        lines.insert(format!(
            "column `{key}.{}` {:?} nullable {:?} default {:?} comment {:?}",
            column.name, column.type_, column.nullable, column.server_default, column.comment
        ));
    }
    lines.extend(table.indexes.iter().map(|index| format!("index of `{key}` {}", of_index(index))));
    // A check that a column repeats is what the parts needed on their way.
    let constraints = table.constraints.iter().filter(|one| !repeats_not_null(table, one));
    lines.extend(constraints.map(|one| format!("constraint of `{key}` {}", of_constraint(one))));
}

fn of_index(index: &Index<'_>) -> String {
    format!("{:?} {:?} unique {:?} {:?}", index.name.known(), index.columns, index.unique, index.condition)
}

/// Whether all rows were looked at is what the parts bring about, and a name that nobody gave they write out.
fn of_constraint(constraint: &Constraint<'_>) -> String {
    let Constraint { kind, columns, referent, condition, .. } = constraint;
    format!("{kind:?} {columns:?} {referent:?} {condition:?}")
}

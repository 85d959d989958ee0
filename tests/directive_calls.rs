//! Calls of directives with arguments that they do not take: what the rules say of each is what real Alembic does.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop")]

mod environment;

use std::collections::BTreeMap;
use std::fs;

use environment::{ALEMBIC_LINT, needs_set_up, python_program, repository, run};

/// Each directive as it is called rightly, without the parenthesis at the end.
const CALLS: [&str; 17] = [
    "op.add_column('t', sa.Column('c', sa.Integer())",
    "op.alter_column('t', 'c', nullable=True",
    "op.bulk_insert(sa.table('t', sa.column('a')), []",
    "op.create_check_constraint('q', 't', 'c > 0'",
    "op.create_foreign_key('f', 't', 'u', ['c'], ['id']",
    "op.create_index('i', 't', ['c']",
    "op.create_primary_key('q', 't', ['c']",
    "op.create_table('t', sa.Column('c', sa.Integer())",
    "op.create_table_comment('t', 'x'",
    "op.create_unique_constraint('q', 't', ['c']",
    "op.drop_column('t', 'c'",
    "op.drop_constraint('q', 't'",
    "op.drop_index('i', 't'",
    "op.drop_table('t'",
    "op.drop_table_comment('t'",
    "op.execute('SELECT 1'",
    "op.rename_table('t', 'u'",
];

const MORE: [&str; 13] = [
    "cascade=True",
    "comment='x'",
    "concurrently=True",
    "default='x'",
    "deferrable=True",
    "foo=1",
    "if_exists=True",
    "if_not_exists=True",
    "initially='DEFERRED'",
    "mysql_algorithm='INPLACE'",
    "ondelete='CASCADE'",
    "type=sa.Text()",
    "unique=True",
];

/// Calls with too many or too few positional arguments.
const OTHERS: [&str; 9] = [
    "op.add_column('t', sa.Column('c', sa.Integer()), 's')",
    "op.create_index('i', 't')",
    "op.create_table('t', sa.Column('c', sa.Integer()), sa.Column('d', sa.Integer()))",
    "op.drop_column('t')",
    "op.drop_column('t', 'c', 's')",
    "op.drop_constraint('q')",
    "op.drop_index('i')",
    "op.drop_table('t', 'u')",
    "op.rename_table('t')",
];

/// Calls with values that the parameter does not take, and those beside them that it does.
const VALUES: [&str; 32] = [
    "op.add_column('t', 'c')",
    "op.add_column('t', sa.column('c'))",
    "op.add_column(sa.table('t'), sa.Column('c', sa.Integer()))",
    "op.alter_column('t', ['c'], nullable=True)",
    "op.alter_column('t', sa.column('c'), nullable=True)",
    "op.alter_column(sa.table('t'), 'c', nullable=True)",
    "op.bulk_insert('t', [{'a': 1}])",
    "op.bulk_insert(sa.table('t', sa.column('a')), {'a': 1})",
    "op.create_foreign_key('f', sa.table('t'), 'u', ['c'], ['id'])",
    "op.create_index('i', 't', [sa.text('c')])",
    "op.create_index('i', 't', sa.Column('c', sa.Integer()))",
    "op.create_index('i', 't', sa.column('c'))",
    "op.create_index('i', 't', sa.desc('c'))",
    "op.create_index('i', 't', sa.func.lower('c'))",
    "op.create_index('i', 't', sa.literal_column('c'))",
    "op.create_index('i', 't', sa.text('c'))",
    "op.create_index('i', ['t'], ['c'])",
    "op.create_index('i', sa.table('t'), ['c'])",
    "op.create_table(sa.table('t'), sa.Column('c', sa.Integer()))",
    "op.create_unique_constraint('q', 't', sa.text('c'))",
    "op.create_unique_constraint('q', sa.table('t'), ['c'])",
    "op.drop_column('t', ['c'])",
    "op.drop_column('t', sa.Column('c', sa.Integer()))",
    "op.drop_column('t', sa.column('c'))",
    "op.drop_column(sa.Table('t', sa.MetaData()), 'c')",
    "op.drop_constraint('q', 't', type_='foreign')",
    "op.drop_constraint('q', sa.table('t'))",
    "op.drop_constraint(sa.UniqueConstraint('c', name='q'), 't')",
    "op.drop_table(['t', 'u'])",
    "op.drop_table(sa.table('t'))",
    "op.rename_table('t', sa.table('u'))",
    "op.rename_table(sa.Table('t', sa.MetaData()), 'u')",
];

/// Calls that make a table without what they are given, and say nothing.
const SILENT: [&str; 3] = [
    "op.create_table('t', [sa.Column('c', sa.Integer())])",
    "op.create_table('t', sa.Column('c', sa.Integer()), 'd')",
    "op.create_table('t', sa.Column('c', sa.Integer()), sa.column('d'))",
];

/// Directives of a batch object as they are called rightly, without the parenthesis at the end.
const BATCH_CALLS: [&str; 9] = [
    "batch_op.add_column(sa.Column('c', sa.Integer())",
    "batch_op.alter_column('c', nullable=True",
    "batch_op.create_check_constraint('q', 'c > 0'",
    "batch_op.create_foreign_key('f', 'u', ['c'], ['id']",
    "batch_op.create_index('i', ['c']",
    "batch_op.create_primary_key('q', ['c']",
    "batch_op.drop_column('c'",
    "batch_op.drop_constraint('q'",
    "batch_op.drop_index('i'",
];

/// What they may be given of their table.
const OF_TABLE: [&str; 4] = ["schema='s'", "source_schema='s'", "source_table='t'", "table_name='t'"];

/// Taken and without effect on what `op` emits, which is no mistake: what they say is for other places or releases.
fn is_harmless(call: &str) -> bool {
    // A table's comment is a statement of its own, an index is dropped by its name alone.
    let of_constraint =
        call.contains("create_") && (call.contains("_constraint(") || call.contains("_foreign_key("));
    (of_constraint && call.ends_with("comment='x')"))
        || (call.contains("drop_table(") && (call.ends_with("comment='x')") || call.contains("mysql_")))
        || (call.contains("create_table(") && call.contains("mysql_"))
        || (call.contains("drop_index(") && call.ends_with("unique=True)"))
        || (call.contains("alter_column(") || call.contains("drop_column(")) && call.contains("mysql_")
        // Old releases of Alembic called `type_` so.
        || call == "op.drop_constraint('q', 't', type=sa.Text())"
        // A keyword that is named as one of a dialect, which nobody has.
        || (call.contains(", source_") && (call.contains("_index(") || call.contains("_check_constraint(")))
        || (call.starts_with("batch_op.create_foreign_key(") && call.contains("table_name="))
        || (call.contains("drop_index('i')") || call.contains("op.drop_table('t')"))
}

#[test]
fn what_the_rules_say_is_what_alembic_does() {
    needs_set_up!();
    let with_more = CALLS.iter().flat_map(|call| MORE.iter().map(move |more| format!("{call}, {more})")));
    let with_table =
        BATCH_CALLS.iter().flat_map(|call| OF_TABLE.iter().map(move |more| format!("{call}, {more})")));
    let others = OTHERS.into_iter().chain(VALUES).chain(SILENT).map(str::to_owned);
    let calls: Vec<String> = with_more.chain(others).chain(with_table).collect();
    let directory = tempfile::tempdir().unwrap();
    let list = directory.path().join("calls.txt");
    fs::write(&list, calls.join("\n")).unwrap();
    let script = repository("tests/python/directive_calls.py");
    let arguments = [script.to_str().unwrap(), list.to_str().unwrap()];
    let asked = run(python_program("python"), &arguments, directory.path()).succeeded();
    let really: BTreeMap<String, String> = serde_json::from_str(&asked.stdout).unwrap();

    let body = calls.iter().fold(String::new(), |body, call| {
        let batch = if call.starts_with("batch_op") {
            "    with op.batch_alter_table('t') as batch_op:\n    "
        } else {
            ""
        };
        body + batch + "    " + call + "\n"
    });
    let text = format!(
        "from alembic import op\nimport sqlalchemy as sa\nrevision = 'a'\ndown_revision = None\n\ndef upgrade():\n{body}"
    );
    fs::create_dir(directory.path().join("versions")).unwrap();
    fs::write(directory.path().join("versions/a_x.py"), &text).unwrap();
    let select = "ignored-keyword-argument,invalid-directive-call";
    let arguments = ["--select", select, "--output-format", "json", "--applied-ref", "false", "versions"];
    let found: serde_json::Value =
        serde_json::from_str(&run(ALEMBIC_LINT, &arguments, directory.path()).stdout).unwrap();
    let mut said: BTreeMap<String, &str> = BTreeMap::new();
    for finding in found["diagnostics"].as_array().unwrap() {
        let line = text.lines().nth(usize::try_from(finding["line"].as_u64().unwrap()).unwrap() - 1).unwrap();
        let says = if finding["rule"] == "invalid-directive-call" { "raises" } else { "ignored" };
        said.insert(line.trim().to_owned(), says);
    }

    let mut wrong = Vec::new();
    for call in &calls {
        let said = said.get(call).copied().unwrap_or("works");
        let really = really[call].as_str();
        let is_left_out = SILENT.contains(&call.as_str()) && really != "raises";
        let really = if is_left_out { "raises" } else { really };
        let really = if is_harmless(call) { "works" } else { really };
        if said != really {
            wrong.push(format!("{call}: Alembic: {really}, alembic-lint: {said}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), calls.len(), wrong.join("\n"));
}

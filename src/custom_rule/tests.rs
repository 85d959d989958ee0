//! What declared rules speak of, and in which words.

use super::rules;
use crate::config::{self, Settings};
use crate::rule::Severity;
use crate::selection::Selection;
use crate::testing::Tester;

/// The settings with one rule, from the keys besides its name.
fn settings(keys: &str) -> Settings {
    let directory = tempfile::tempdir().unwrap();
    let pair = format!("custom-rule = [{{ rule = 'own-rule', {keys} }}]");
    config::load(directory.path(), &[pair]).unwrap().0
}

fn declared(keys: &str) -> Tester {
    let settings = settings(keys);
    Tester::new(rules(&settings).remove(0)).settings(settings)
}

const DROP: &str = "on = 'drop_column', message = '{operation} of {name} in {table}'";

#[test]
fn every_spelling_of_an_operation() {
    let words = ["drop_column of age in user"];
    declared(DROP).upgrade("op.drop_column('user', 'age')").finds(&words);
    declared(DROP).upgrade("op.execute('ALTER TABLE \"user\" DROP COLUMN age')").finds(&words);
    declared(DROP)
        .upgrade("with op.batch_alter_table('user') as batch_op:\n    batch_op.drop_column('age')")
        .finds(&words);
    declared(DROP).upgrade("op.add_column('user', sa.Column('age', sa.Integer()))").ok();
    declared(DROP).upgrade("op.drop_column('user', 'age', schema='app')").finds(&["of age in app.user"]);
    let any = "on = ['create_table', 'rename_table'], message = '{operation} {table} {name}'";
    declared(any)
        .upgrade("op.create_table('a', sa.Column('x', sa.Integer()))\nop.rename_table('b', 'c')")
        .finds(&["create_table a nothing with a name", "rename_table b c"]);
}

#[test]
fn patterns_of_the_table() {
    let on = |pattern: &str, table: &str, schema: &str| {
        declared(&format!("{DROP}, table = {pattern}"))
            .upgrade(&format!("op.drop_column({table}, 'age', schema={schema})"))
    };
    on("'audit_*'", "'audit_log'", "None").finds(&["audit_log"]);
    on("'audit_*'", "'audit_log'", "'app'").finds(&["app.audit_log"]);
    on("'audit_*'", "'user'", "None").ok();
    on("'app.*'", "'user'", "'app'").finds(&["app.user"]);
    on("'app.*'", "'user'", "None").ok();
    on("['a*', 'b*', '!ab*']", "'bc'", "None").finds(&["bc"]);
    on("['a*', 'b*', '!ab*']", "'abc'", "None").ok();
    on("'!{user,role}'", "'user'", "None").ok();
    on("'!{user,role}'", "'order'", "None").finds(&["order"]);
}

#[test]
fn what_is_not_known_matches_no_pattern() {
    let unknown = "op.drop_column(sa.unknown(), 'age')";
    declared(DROP).upgrade(unknown).finds(&["of age in a table that is not known"]);
    declared(&format!("{DROP}, table = '*'")).upgrade(unknown).ok();
    declared(&format!("{DROP}, table = '!tmp_*'")).upgrade(unknown).ok();
    let unknown = "op.drop_column('user', sa.unknown())";
    declared(&format!("{DROP}, name = '*'")).upgrade(unknown).ok();
    declared(DROP).upgrade(unknown).finds(&["of a name that is not known in user"]);
}

#[test]
fn names_of_indexes_and_constraints() {
    let index = "on = 'create_index', message = '{name}', name = '!ix_*'";
    declared(index).upgrade("op.create_index('ix_a', 't', ['a'])").ok();
    declared(index).upgrade("op.create_index('a_idx', 't', ['a'])").finds(&["a_idx"]);
    declared(index).upgrade("op.create_index(None, 't', ['a'])").ok();
    let unique = "on = 'create_unique_constraint', message = '{name}', name = 'u_*'";
    declared(unique).upgrade("op.create_unique_constraint('u_a', 't', ['a'])").finds(&["u_a"]);
}

#[test]
fn columns_wherever_they_stand() {
    let by = |on: &str| {
        declared(&format!("on = '{on}', message = 'about {{column}}', column = ['*_at', '!created_at']"))
    };
    let columns = "sa.Column('created_at', sa.DateTime()), sa.Column('seen_at', sa.DateTime()), sa.Column('at', sa.DateTime())";
    by("create_table").upgrade(&format!("op.create_table('t', {columns})")).finds(&["about seen_at"]);
    by("add_column")
        .upgrade("op.add_column('t', sa.Column('seen_at', sa.DateTime()))")
        .finds(&["about seen_at"]);
    by("add_column").upgrade("op.add_column('t', sa.Column('created_at', sa.DateTime()))").ok();
    by("alter_column").upgrade("op.alter_column('t', 'seen_at', nullable=True)").finds(&["about seen_at"]);
    by("create_index")
        .upgrade("op.create_index('i', 't', ['a', 'seen_at', 'gone_at'])")
        .finds(&["seen_at, gone_at"]);
    by("create_unique_constraint")
        .upgrade("op.create_unique_constraint('u', 't', ['seen_at'])")
        .finds(&["seen_at"]);
    by("drop_table").upgrade("op.drop_table('t')").ok();
}

#[test]
fn what_the_function_made_itself() {
    let table = "op.create_table('t', sa.Column('a', sa.Integer()))\n";
    let drop = format!("{table}op.drop_column('t', 'a')");
    declared(DROP).upgrade(&drop).ok();
    declared(&format!("{DROP}, created-here = true")).upgrade(&drop).finds(&["of a in t"]);
    let added = "op.add_column('t', sa.Column('a', sa.Integer()))\nop.drop_column('t', 'a')";
    declared(DROP).upgrade(added).ok();
    let index = "on = ['create_index', 'drop_index'], message = '{operation}'";
    declared(index).upgrade(&format!("{table}op.create_index('i', 't', ['a'])")).ok();
    declared(index)
        .upgrade("op.create_index('i', 'old', ['a'])\nop.drop_index('i', 'old')")
        .finds(&["create_index"]);
    let rows = "on = ['execute', 'bulk_insert'], table = 't', message = '{operation} {table}'";
    declared(rows).upgrade("op.execute('UPDATE t SET a = 1')").finds(&["execute t"]);
    declared(rows).upgrade(&format!("{table}op.execute('UPDATE t SET a = 1')")).ok();
    declared(rows).upgrade("op.execute('UPDATE u SET a = 1')\nop.execute('VACUUM')").ok();
}

#[test]
fn both_directions() {
    let run = |direction: &str| {
        declared(&format!("{DROP}, direction = '{direction}'"))
            .upgrade("op.drop_column('t', 'up')")
            .downgrade("op.drop_column('t', 'down')")
    };
    run("upgrade").finds(&["of up in t"]);
    run("downgrade").finds(&["of down in t"]);
    run("both").finds(&["of up in t", "of down in t"]);
}

#[test]
fn help_and_severity() {
    let drop = "op.drop_column('t', 'a')";
    let found = declared(DROP).upgrade(drop).finds(&["of a in t"]);
    assert!(found.help().contains("alembic-lint: allow[own-rule]"), "{}", found.help());
    let found = declared(&format!("{DROP}, help = 'ask the owners of {{table}}'"))
        .upgrade(drop)
        .finds(&["of a in t"]);
    assert_eq!(found.help(), "ask the owners of t");
    declared(DROP).upgrade(drop).has_severity(Severity::Warning);
    declared(&format!("{DROP}, severity = 'error'")).upgrade(drop).has_severity(Severity::Error);
}

#[test]
fn braces_that_are_no_placeholders_stay() {
    declared("on = 'drop_table', message = '{ {} {a b} {table}}'")
        .upgrade("op.drop_table('t')")
        .finds(&["{ {} {a b} t}"]);
}

#[test]
fn the_names_of_others_are_taken() {
    for (name, kind) in
        [("drop-column", "rule"), ("data", "category or preset"), ("strict", "category or preset")]
    {
        let mut settings = settings(DROP);
        settings.custom_rules[0].rule = name.to_owned();
        let said = Selection::resolve(&settings).map(|_| ()).unwrap_err().to_string();
        assert!(said.contains(&format!("there is a {kind} `{name}` already")), "{said}");
    }
}

#[test]
fn it_is_selected_like_any_rule() {
    let names = |select: &[&str], ignore: &[&str]| {
        let mut settings = settings(DROP);
        settings.select = select.iter().map(|name| (*name).to_owned()).collect();
        settings.ignore = ignore.iter().map(|name| (*name).to_owned()).collect();
        let selection = Selection::resolve(&settings).unwrap();
        selection.rules().any(|(rule, _)| rule.name == "own-rule")
    };
    assert!(names(&[], &[]) && names(&["own-rule"], &[]) && names(&["custom"], &[]) && names(&["all"], &[]));
    assert!(!names(&["data"], &[]) && !names(&["none"], &[]));
    assert!(!names(&[], &["own-rule"]) && !names(&[], &["custom"]));
}

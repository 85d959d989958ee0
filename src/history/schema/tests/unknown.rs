//! What is not known becomes unknown, and nothing else does.

use super::History;
use crate::history::schema::Known;
use crate::operation::Dialect::{Mariadb, Mysql, Postgresql};
use crate::operation::{Name, TableName};

const TABLES: &str = "
op.create_table('a', sa.Column('x', sa.Integer))
op.create_table('b', sa.Column('y', sa.Integer))";

#[track_caller]
fn after(upgrade: &str, expected: &str) {
    History::on(Postgresql).then(TABLES).then(upgrade).shows(expected);
}

#[test]
fn what_may_not_run_may_be_there_or_not() {
    after(
        "if whatever():
    op.create_table('c', sa.Column('z', sa.Integer))
    op.add_column('a', sa.Column('more', sa.Integer))
    op.alter_column('a', 'x', nullable=False)
    op.drop_table('b')",
        "table a
           x INTEGER null?
           more INTEGER perhaps
         table b perhaps
           y INTEGER
         table c perhaps
           z INTEGER",
    );
}

#[test]
fn what_exists_already_stays_as_it_is() {
    after(
        "op.create_table('a', sa.Column('other', sa.Text()), if_not_exists=True)
op.create_table('c', sa.Column('z', sa.Text()), if_not_exists=True)
op.add_column('b', sa.Column('y', sa.Text()), if_not_exists=True)
op.add_column('b', sa.Column('new', sa.Text()), if_not_exists=True)",
        "table a
           x INTEGER
         table b
           y INTEGER
           new TEXT
         table c
           z TEXT",
    );
}

#[test]
fn an_unknown_name_touches_its_table_only() {
    after(
        "op.create_index('ix', 'a', ['x'])\nop.drop_index(name_of(), table_name='a')",
        "table a +indexes
           x INTEGER
           index ix (x) perhaps
         table b
           y INTEGER",
    );
    after(
        "op.create_unique_constraint('uq', 'a', ['x'])\nop.create_foreign_key('fk', 'a', 'b', ['x'], ['y'])
op.drop_constraint(name_of(), 'a', type_='foreignkey')",
        "table a +constraints
           x INTEGER
           unique uq (x)
           fk fk (x) -> b (y) perhaps
         table b
           y INTEGER",
    );
    after(
        "op.drop_column('a', name_of())",
        "table a +columns +indexes +constraints
           x ? null? default? perhaps
         table b
           y INTEGER",
    );
}

#[test]
fn mysql_takes_unique_constraints_and_indexes_for_one() {
    let table = "op.create_table('t', sa.Column('a', sa.Integer), sa.Column('b', sa.Integer), sa.UniqueConstraint('a', 'b'))";
    History::on(Mariadb)
        .then(table)
        .then("op.drop_index(name_of(), table_name='t')")
        .shows("table t +indexes +constraints\n a INTEGER\n b INTEGER\n unique ~a (a, b) perhaps");
    // Which name the database chose is not known where the metadata may have a convention.
    History::on(Mariadb)
        .then("op.create_table('t', sa.Column('a', sa.Integer))\nop.create_unique_constraint(name_of(), 't', ['a'])")
        .then("op.drop_index('a', table_name='t')")
        .shows("table t\n a INTEGER\n unique ? (a) perhaps");
    History::on(Mariadb)
        .then("op.create_table('t', sa.Column('a', sa.Integer))\nop.create_index('ix', 't', ['a'], unique=True)")
        .then("op.drop_constraint(name_of(), 't', type_='unique')")
        .shows("table t +indexes +constraints\n a INTEGER\n unique index ix (a) perhaps");
}

#[test]
fn an_unknown_table_may_be_any() {
    after(
        "op.add_column(name_of(), sa.Column('z', sa.Integer))",
        "table a +columns +indexes +constraints
           x INTEGER
         table b +columns +indexes +constraints
           y INTEGER
         open",
    );
    after(
        "op.drop_table(name_of())",
        "table a doubted
           x INTEGER
         table b doubted
           y INTEGER
         open",
    );
}

#[test]
fn unread_sql_touches_what_it_names() {
    after(
        "op.execute('ALTER TABLE a FROBNICATE x')",
        "table a perhaps +columns +indexes +constraints
           x ? null? default? perhaps
         table b
           y INTEGER
         open",
    );
    after(
        "op.execute(sql_of())",
        "table a doubted
           x INTEGER
         table b doubted
           y INTEGER
         open",
    );
    // Rows are no part of the schema, whatever is written.
    after(
        "op.execute(f'UPDATE a SET x = {sql_of()}')\nop.execute(f'INSERT INTO {sql_of()} VALUES (1)')",
        "table a
           x INTEGER
         table b
           y INTEGER",
    );
}

#[test]
fn a_block_may_run_or_not() {
    after(
        "op.execute('DO $$ BEGIN IF true THEN ALTER TABLE a ADD COLUMN z int; END IF; END $$')",
        "table a
           x INTEGER
           z INT perhaps
         table b
           y INTEGER",
    );
}

#[test]
fn code_that_is_not_followed_may_do_anything_where_it_stands() {
    after(
        "op.create_table('c', sa.Column('z', sa.Integer))
from elsewhere import helper
helper(op)
op.add_column('b', sa.Column('sure', sa.Integer))",
        "table a doubted
           x INTEGER
         table b +columns +indexes +constraints
           y ? null? default? perhaps
           sure INTEGER
         table c doubted
           z INTEGER
         open",
    );
}

#[test]
fn a_table_from_elsewhere_is_there_and_little_is_known() {
    History::on(Postgresql)
        .then("op.add_column('legacy', sa.Column('z', sa.Integer))\nop.alter_column('legacy', 'n', nullable=True, existing_type=sa.Text())")
        .shows(
            "table legacy +columns +indexes +constraints
               z INTEGER
               n TEXT default?
             open",
        );
}

#[test]
fn a_torn_history_may_hold_more() {
    History::on(Postgresql).torn().then(TABLES).shows(
        "table a
           x INTEGER
         table b
           y INTEGER
         open",
    );
}

#[test]
fn absence_is_known_in_a_whole_history_only() {
    let named = |name: &str| TableName::new(Name::new(name));
    let look = |history: &History, name: &str| {
        history.look(|replay, _| match replay.schema().table(&named(name)) {
            Known::Yes(_) => "yes",
            Known::No => "no",
            Known::Unknown => "unknown",
        })
    };
    let whole = History::on(Postgresql).then(TABLES).then("op.drop_table('b')");
    assert_eq!([look(&whole, "a"), look(&whole, "b"), look(&whole, "c")], ["yes", "no", "no"]);
    let torn = History::on(Postgresql).torn().then(TABLES).then("op.drop_table('b')");
    assert_eq!([look(&torn, "a"), look(&torn, "b"), look(&torn, "c")], ["yes", "no", "unknown"]);
    let with_view = History::on(Postgresql).then("op.execute('CREATE VIEW v AS SELECT 1')");
    assert_eq!(look(&with_view, "v"), "unknown");
}

#[test]
fn only_the_branches_of_the_dialect_are_run() {
    let upgrade = "
bind = op.get_bind()
if bind.dialect.name == 'mysql':
    op.add_column('a', sa.Column('m', sa.Integer))
elif bind.dialect.name in ('postgresql', 'oracle'):
    op.add_column('a', sa.Column('p', sa.Integer))
else:
    op.drop_table('a')
if op.get_context().dialect.name != 'postgresql' or bind.engine.name == 'sqlite':
    return
op.add_column('b', sa.Column('z', sa.Integer))";
    after(
        upgrade,
        "table a
           x INTEGER
           p INTEGER
         table b
           y INTEGER
           z INTEGER",
    );
    History::on(Mysql).then(TABLES).then(upgrade).shows(
        "table a
           x INTEGER
           m INTEGER
         table b
           y INTEGER",
    );
}

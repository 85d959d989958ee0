//! What operations make of tables, on each database.

use super::History;
use crate::operation::Dialect::{Mariadb, Mysql, Postgresql, Sqlite};

const USER: &str = "
op.create_table('user', sa.Column('id', sa.Integer(), nullable=False), sa.Column('email', sa.String(50)),
    sa.PrimaryKeyConstraint('id'))";

#[test]
fn a_table_with_all_that_its_columns_bring_along() {
    let upgrade = "
op.create_table('parent', sa.Column('id', sa.Integer, primary_key=True))
op.create_table('t',
    sa.Column('id', sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column('a', sa.String(20), unique=True, nullable=False),
    sa.Column('b', sa.Integer, sa.ForeignKey('parent.id', ondelete='CASCADE'), index=True),
    sa.Column('c', sa.Numeric(10, 2), sa.CheckConstraint('c > 0'), server_default='1'),
    sa.Column('d', sa.Integer, sa.Computed('c * 2')),
    sa.UniqueConstraint('b', 'c', name='uq_bc'),
    sa.Index('ix_more', 'c', sa.text('lower(a)'), unique=True),
)";
    History::on(Postgresql).then(upgrade).shows(
        "table parent
           id INTEGER not null
           pk ~parent_pkey (id)
         table t
           id BIGINT not null identity
           a VARCHAR(20) not null
           b INTEGER
           c NUMERIC(10, 2) default
           d INTEGER computed
           pk ~t_pkey (id)
           unique ~t_a_key (a)
           fk ~t_b_fkey (b) -> parent (id)
           check ~t_c_check (c)
           unique uq_bc (b, c)
           index ~ix_t_b (b)
           unique index ix_more (c, *)",
    );
    History::on(Mariadb).then(upgrade).shows(
        "table parent
           id INTEGER not null
           pk ~PRIMARY (id)
         table t
           id BIGINT not null identity
           a VARCHAR(20) not null
           b INTEGER
           c NUMERIC(10, 2) default
           d INTEGER computed
           pk ~PRIMARY (id)
           unique ~a (a)
           fk ~t_ibfk_1 (b) -> parent (id)
           check ~CONSTRAINT_1 (c)
           unique uq_bc (b, c)
           index ~ix_t_b (b)
           unique index ix_more (c, *)",
    );
    History::on(Sqlite).then(upgrade).shows(
        "table parent
           id INTEGER not null
           pk - (id)
         table t
           id BIGINT not null identity
           a VARCHAR(20) not null
           b INTEGER
           c NUMERIC(10, 2) default
           d INTEGER computed
           pk - (id)
           unique - (a)
           fk - (b) -> parent (id)
           check - (c)
           unique uq_bc (b, c)
           index ~ix_t_b (b)
           unique index ix_more (c, *)",
    );
}

#[test]
fn sql_and_directives_make_the_same() {
    let sql = "op.execute('CREATE TABLE \"user\" (id serial PRIMARY KEY, email varchar(50) NOT NULL UNIQUE, boss int REFERENCES \"user\" (id))')
op.execute('ALTER TABLE \"user\" ADD COLUMN age int, ADD CONSTRAINT adult CHECK (age > 17)')
op.execute('CREATE INDEX ON \"user\" (age, lower(email))')
op.execute('CREATE INDEX ON \"user\" (age)')";
    History::on(Postgresql).then(sql).shows(
        "table user
           id SERIAL not null
           email VARCHAR(50) not null
           boss INT
           age INT
           pk ~user_pkey (id)
           unique ~user_email_key (email)
           fk ~user_boss_fkey (boss) -> user (id)
           check adult (age)
           index ? (age, *)
           index ~user_age_idx (age)",
    );
}

#[test]
fn unquoted_names_of_sql_are_in_lower_case() {
    History::on(Postgresql)
        .then("op.execute('CREATE TABLE Users (Id int, \"Name\" text)')\nop.execute('ALTER TABLE USERS DROP COLUMN ID')")
        .shows("table users\n Name TEXT");
}

#[test]
fn columns_come_and_go_with_what_hangs_on_them() {
    let more = "
op.add_column('user', sa.Column('age', sa.Integer, nullable=False, unique=True))
op.create_index('ix_both', 'user', ['email', 'age'])
op.create_check_constraint('ck_age', 'user', 'age > 0 AND email IS NOT NULL')
op.create_index('ix_email', 'user', ['email'], postgresql_where=sa.text('age > 1'))
op.create_index('ix_other', 'user', ['id'])
op.drop_column('user', 'age')";
    History::on(Postgresql).then(USER).then(more).shows(
        "table user
           id INTEGER not null
           email VARCHAR(50)
           pk ~user_pkey (id)
           index ix_other (id)",
    );
    // MySQL takes the column out of its indexes; the condition of an index is not its own.
    History::on(Mysql).then(USER).then(more).shows(
        "table user
           id INTEGER not null
           email VARCHAR(50)
           pk ~PRIMARY (id)
           index ix_both (email)
           index ix_email (email)
           index ix_other (id)",
    );
}

#[test]
fn a_column_in_add_column_makes_no_key_and_needs_its_type() {
    History::on(Postgresql)
        .then("op.create_table('t', sa.Column('x', sa.Integer))")
        .then("op.add_column('t', sa.Column('id', sa.Integer, primary_key=True))\nop.add_column('t', sa.Column('s', sa.Enum('a', 'b', name='state')))")
        .shows("table t\n x INTEGER\n id INTEGER not null\n s state\ntype state");
}

#[test]
fn columns_are_altered_and_renamed() {
    History::on(Postgresql)
        .then(USER)
        .then(
            "op.create_table('t', sa.Column('u', sa.Integer), sa.ForeignKeyConstraint(['u'], ['user.id'], name='fk_u'))
op.create_index('ix', 'user', ['email'])
op.alter_column('user', 'email', nullable=False, type_=sa.Text(), new_column_name='mail', server_default='x')
op.alter_column('user', 'id', new_column_name='number')",
        )
        .shows(
            "table t
               u INTEGER
               fk fk_u (u) -> user (number)
             table user
               number INTEGER not null
               mail TEXT not null default
               pk ~user_pkey (number)
               index ix (mail)",
        );
}

#[test]
fn mysql_states_a_column_anew() {
    let table = "op.create_table('t', sa.Column('a', sa.String(9), nullable=False, server_default='x'))";
    let alter = "op.alter_column('t', 'a', type_=sa.String(20), existing_type=sa.String(9))";
    History::on(Mysql).then(table).then(alter).shows("table t\n a VARCHAR(20)");
    History::on(Postgresql).then(table).then(alter).shows("table t\n a VARCHAR(20) not null default");
    let whole = "op.alter_column('t', 'a', type_=sa.String(20), existing_nullable=False, existing_server_default='x')";
    History::on(Mysql).then(table).then(whole).shows("table t\n a VARCHAR(20) not null default");
    // SET DEFAULT leaves the rest alone.
    let default = "op.alter_column('t', 'a', server_default=None)";
    History::on(Mysql).then(table).then(default).shows("table t\n a VARCHAR(9) not null");
}

#[test]
fn a_renamed_table_keeps_what_it_has() {
    let rename = "
op.create_table('t', sa.Column('u', sa.Integer, sa.ForeignKey('user.id')))
op.rename_table('user', 'person')
op.rename_table('t', 'thing')";
    History::on(Postgresql).then(USER).then(rename).shows(
        "table person
           id INTEGER not null
           email VARCHAR(50)
           pk ~user_pkey (id)
         table thing
           u INTEGER
           fk ~t_u_fkey (u) -> person (id)",
    );
    History::on(Mysql).then(USER).then(rename).shows(
        "table person
           id INTEGER not null
           email VARCHAR(50)
           pk ~PRIMARY (id)
         table thing
           u INTEGER
           fk ~thing_ibfk_1 (u) -> person (id)
           index ~u (u)",
    );
}

#[test]
fn mysql_indexes_foreign_keys_until_another_index_serves() {
    let upgrade = "
op.create_table('t', sa.Column('a', sa.Integer), sa.Column('b', sa.Integer), sa.Column('c', sa.Integer),
    sa.ForeignKeyConstraint(['a'], ['user.id'], name='fk_a'), sa.ForeignKeyConstraint(['b'], ['user.id']),
    sa.ForeignKeyConstraint(['c'], ['user.id']), sa.UniqueConstraint('c', 'a'))
op.create_index('ix', 't', ['a', 'b'])";
    History::on(Mysql).then(USER).then(upgrade).shows(
        "table t
           a INTEGER
           b INTEGER
           c INTEGER
           fk fk_a (a) -> user (id)
           fk ~t_ibfk_1 (b) -> user (id)
           fk ~t_ibfk_2 (c) -> user (id)
           unique ~c (c, a)
           index ~b (b)
           index ix (a, b)
         table user
           id INTEGER not null
           email VARCHAR(50)
           pk ~PRIMARY (id)",
    );
}

#[test]
fn types_sequences_views_and_schemas() {
    History::on(Postgresql)
        .then(
            "op.create_table('t', sa.Column('s', sa.Enum('a', 'b', name='state')), sa.Column('l', postgresql.ARRAY(postgresql.ENUM('x', name='letter'))), sa.Column('n', postgresql.ENUM('q', name='no', create_type=False)))
sa.Enum('v', name='made').create(op.get_bind())
op.execute(\"CREATE TYPE old AS ENUM ('1')\")
op.execute(\"ALTER TYPE state ADD VALUE 'c'\")
op.execute(\"ALTER TYPE state RENAME VALUE 'a' TO 'z'\")
op.execute('ALTER TYPE made RENAME TO made2')
op.execute('DROP TYPE old')
op.execute('CREATE SEQUENCE s1')
op.execute('ALTER SEQUENCE s1 RENAME TO s2')
op.execute('CREATE OR REPLACE VIEW v AS SELECT 1')
op.execute('CREATE MATERIALIZED VIEW m AS SELECT 1')
op.execute('DROP VIEW v')
op.execute('CREATE SCHEMA app')
op.execute('ALTER TABLE t SET SCHEMA app')
op.drop_table('t', schema='app')",
        )
        .shows(
            "type letter (x)
             type made2 (v)
             type no
             type state (z, b, c)
             sequence s2
             view m
             schema app",
        );
}

#[test]
fn an_enum_type_without_labels_gets_them_later() {
    History::on(Postgresql)
        .then("op.create_table('t', sa.Column('s', sa.Enum(name='state')))\nop.execute(\"ALTER TYPE state ADD VALUE IF NOT EXISTS 'a'\")")
        .shows("table t\n s state\n type state (a)");
}

#[test]
fn indexes_and_constraints_are_renamed_replaced_and_dropped() {
    History::on(Postgresql)
        .then(USER)
        .then(
            "op.create_index('ix_a', 'user', ['email'], unique=True)
op.create_unique_constraint('uq', 'user', ['email', 'id'])
op.execute('ALTER INDEX ix_a RENAME TO ix_b')
op.execute('ALTER TABLE \"user\" RENAME CONSTRAINT uq TO uq2')
op.create_index('ix_gone', 'user', ['id'])
op.drop_index('ix_gone')
op.drop_constraint('user_pkey', 'user', type_='primary')
op.execute('ALTER TABLE \"user\" ADD CONSTRAINT uq_email UNIQUE USING INDEX ix_b')",
        )
        .shows(
            "table user
               id INTEGER not null
               email VARCHAR(50)
               unique uq2 (email, id)
               unique uq_email (email)",
        );
    History::on(Mysql)
        .then(USER)
        .then(
            "op.create_unique_constraint('uq', 'user', ['email'])
op.drop_index('uq', table_name='user')
op.create_index('ix', 'user', ['email'])
op.execute('ALTER TABLE user RENAME INDEX ix TO ix2')
op.create_index('ux', 'user', ['email'], unique=True)
op.drop_constraint('ux', 'user', type_='unique')",
        )
        .shows(
            "table user
               id INTEGER not null
               email VARCHAR(50)
               pk ~PRIMARY (id)
               index ix2 (email)",
        );
}

#[test]
fn dropping_with_cascade_takes_references_along() {
    History::on(Postgresql)
        .then(USER)
        .then(
            "op.create_table('t', sa.Column('u', sa.Integer, sa.ForeignKey('user.id')))
op.execute('DROP TABLE \"user\" CASCADE')",
        )
        .shows("table t\n u INTEGER");
}

#[test]
fn temporary_tables_and_other_dialects_types() {
    History::on(Sqlite)
        .then("op.create_table('t', sa.Column('e', sa.Enum('ab', 'abc')), sa.Column('j', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')), sa.Column('b', sa.Boolean(create_constraint=True, name='bb')))")
        .shows("table t\n e VARCHAR(3)\n j JSON\n b BOOLEAN\n check bb (b)");
    History::on(Postgresql)
        .then("op.create_table('t', sa.Column('j', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')), sa.Column('b', sa.Boolean(create_constraint=True, name='bb')))")
        .shows("table t\n j JSONB\n b BOOLEAN");
}

#[test]
fn equal_keys_of_postgresql_are_one() {
    History::on(Postgresql)
        .then("op.create_table('t', sa.Column('id', sa.Integer, primary_key=True, unique=True), sa.Column('a', sa.Integer, unique=True), sa.UniqueConstraint('a', name='uq_a'))")
        .shows("table t\n id INTEGER not null\n a INTEGER\n pk ~t_pkey (id)\n unique uq_a (a)");
}

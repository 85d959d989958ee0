//! Names that nobody gave.

use super::History;
use crate::operation::Dialect::{Mysql, Postgresql};

#[test]
fn postgresql_numbers_names_that_are_taken() {
    History::on(Postgresql)
        .then(
            "op.create_table('u', sa.Column('id', sa.Integer, primary_key=True))
op.create_table('t', sa.Column('a', sa.Integer, sa.ForeignKey('u.id')))
op.create_foreign_key(None, 't', 'u', ['a'], ['id'])
op.create_unique_constraint(None, 't', ['a'])
op.create_check_constraint(None, 't', 'a > 0')
op.create_check_constraint(None, 't', sa.text('1 = 1'))
op.create_primary_key(None, 't', ['a'])
op.rename_table('u', 'old')
op.create_table('u', sa.Column('id', sa.Integer, primary_key=True))",
        )
        .shows(
            "table old
               id INTEGER not null
               pk ~u_pkey (id)
             table t
               a INTEGER not null
               fk ~t_a_fkey (a) -> old (id)
               fk ~t_a_fkey1 (a) -> old (id)
               unique ~t_a_key (a)
               check ~t_a_check (a)
               check ~t_check ()
               pk ~t_pkey (a)
             table u
               id INTEGER not null
               pk ~u_pkey1 (id)",
        );
}

#[test]
fn exclude_constraints_are_named_for_their_columns() {
    History::on(Postgresql)
        .then(
            "op.create_table('t', sa.Column('a', sa.Integer), sa.Column('b', sa.Integer), postgresql.ExcludeConstraint(('a', '='), ('b', '&&')))",
        )
        .shows("table t\n a INTEGER\n b INTEGER\n exclude ~t_a_b_excl (a, b)");
}

#[test]
fn mysql_numbers_indexes_from_two() {
    History::on(Mysql)
        .then(
            "op.create_table('t', sa.Column('a', sa.Integer), sa.UniqueConstraint('a'), sa.CheckConstraint('a > 1'))
op.create_unique_constraint(None, 't', ['a'])",
        )
        .shows("table t\n a INTEGER\n unique ~a (a)\n check ~t_chk_1 (a)\n unique ~a_2 (a)");
}

#[test]
fn a_schema_is_part_of_the_name_that_sqlalchemy_gives_an_index() {
    History::on(Postgresql)
        .then("op.create_table('t', sa.Column('a', sa.Integer, index=True), schema='app')\nop.create_index(None, 't', ['a'], schema='app')")
        .shows("table app.t\n a INTEGER\n index ~ix_app_t_a (a)\n index ~ix_app_t_a (a)");
}

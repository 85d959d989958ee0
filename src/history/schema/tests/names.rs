//! Names that nobody gave.

use super::History;
use crate::history::schema::Known;
use crate::operation::Dialect::{Mysql, Postgresql};
use crate::operation::{ConstraintKind, Name, TableName};

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

#[test]
fn the_convention_of_the_metadata_names_what_has_no_name() {
    let convention = [
        ("pk", "pk_%(table_name)s"),
        ("fk", "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s_%(referred_column_0_name)s"),
        ("uq", "uq_%(column_0_label)s"),
        ("ck", "ck_%(table_name)s_%(constraint_name)s"),
        ("ix", "ix_%(table_name)s_%(column_0N_name)s"),
    ];
    let upgrade = "
op.create_table('p', sa.Column('id', sa.Integer, primary_key=True), schema='app')
op.create_table('t',
    sa.Column('a', sa.Integer, primary_key=True),
    sa.Column('b', sa.Integer, sa.ForeignKey('app.p.id'), index=True),
    sa.Column('c', sa.Integer, unique=True),
    sa.CheckConstraint('a > 0', name='positive'),
    sa.UniqueConstraint('a', 'b', name='uq_given'),
)
op.create_index(None, 't', ['a', 'b'])
op.execute('ALTER TABLE t ADD UNIQUE (b)')";
    History::on(Postgresql).named_by(&convention).then(upgrade).shows(
        "table app.p
           id INTEGER not null
           pk ~pk_p (id)
         table t
           a INTEGER not null
           b INTEGER
           c INTEGER
           pk ~pk_t (a)
           fk ~fk_t_b_p_id (b) -> app.p (id)
           unique ~uq_t_c (c)
           check ? (a)
           unique uq_given (a, b)
           unique ~t_b_key (b)
           index ~ix_t_b (b)
           index ~ix_t_ab (a, b)",
    );
}

#[test]
fn a_convention_that_lacks_a_kind_leaves_it_to_the_database() {
    History::on(Postgresql)
        .named_by(&[("pk", "%(table_name)s_%%_pk")])
        .then("op.create_table('t', sa.Column('a', sa.Integer, primary_key=True), sa.Column('b', sa.Integer, unique=True), sa.Column('c', sa.Integer, index=True))")
        .shows(
            "table t
               a INTEGER not null
               b INTEGER
               c INTEGER
               pk ~t_%_pk (a)
               unique ~t_b_key (b)
               index ? (c)",
        );
}

#[test]
fn a_check_that_the_convention_renames_may_be_back() {
    let check = "op.create_check_constraint('positive', 't', 'a > 0')";
    History::on(Postgresql)
        .named_by(&[("ck", "ck_%(table_name)s_%(constraint_name)s")])
        .then("op.create_table('t', sa.Column('a', sa.Integer))")
        .then(check)
        .then("op.drop_constraint('positive', 't', type_='check')")
        .then(check)
        .look(|replay, _| {
            let table = TableName::new(Name::new("t"));
            let Known::Yes(table) = replay.schema().table(&table) else { panic!("the table is there") };
            assert_eq!(table.constraint("positive", Some(ConstraintKind::Check)), Known::Unknown);
        });
}

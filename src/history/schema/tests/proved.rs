//! What real databases showed to be otherwise than thought (`tests/replay.rs`), each as a short history.

use super::History;
use crate::operation::Dialect::{Mariadb, Mysql, Postgresql, Sqlite};

#[test]
fn a_foreign_key_takes_the_place_of_the_index_of_an_earlier_one() {
    History::on(Mariadb)
        .then(
            "op.create_table('u', sa.Column('id', sa.Integer, primary_key=True))
op.create_table('t', sa.Column('a', sa.Integer, sa.ForeignKey('u.id', name='old')))
op.drop_constraint('old', 't', type_='foreignkey')
op.create_foreign_key('new', 't', 'u', ['a'], ['id'])",
        )
        .shows("table t\n a INTEGER\n fk new (a) -> u (id)\n index ~new (a)\ntable u\n id INTEGER not null\n pk ~PRIMARY (id)");
}

#[test]
fn a_unique_constraint_serves_a_foreign_key() {
    History::on(Mariadb)
        .then(
            "op.create_table('u', sa.Column('id', sa.Integer, primary_key=True))
op.create_table('t', sa.Column('a', sa.Integer, sa.ForeignKey('u.id', name='fk')), sa.Column('b', sa.Integer))
op.create_unique_constraint('uq', 't', ['a', 'b'])",
        )
        .shows(
            "table t\n a INTEGER\n b INTEGER\n fk fk (a) -> u (id)\n unique uq (a, b)
             table u\n id INTEGER not null\n pk ~PRIMARY (id)",
        );
}

#[test]
fn mysql_gets_the_type_that_was_said_to_be_there() {
    for (dialect, expected) in [(Mysql, "VARCHAR(36)"), (Postgresql, "VARCHAR(255)")] {
        History::on(dialect)
            .then(
                "op.create_table('t', sa.Column('a', sa.String(255)))
op.alter_column('t', 'a', new_column_name='b', existing_type=sa.String(36))",
            )
            .shows(&format!("table t\n b {expected}"));
    }
}

#[test]
fn types_as_each_database_writes_them() {
    let types = "op.create_table('t', sa.Column('a', sa.Float(precision=53)), \
                 sa.Column('b', sa.Text().with_variant(mysql.MEDIUMTEXT(), 'mysql')))";
    History::on(Sqlite).then(types).shows("table t\n a FLOAT\n b TEXT");
    History::on(Mariadb).then(types).shows("table t\n a FLOAT(53)\n b MEDIUMTEXT");
    History::on(Mariadb)
        .then("import sqlmodel\nop.create_table('t', sa.Column('a', sqlmodel.sql.sqltypes.AutoString()))")
        .shows("table t\n a VARCHAR(255)");
    History::on(Mariadb)
        .then(
            "op.create_table('t', sa.Column('a', mysql.INTEGER(unsigned=True)), sa.Column('b', mysql.TINYINT(display_width=1)),
             sa.Column('c', mysql.TINYINT(zerofill=True, unsigned=True)), sa.Column('d', mysql.SET('x', 'y')),
             sa.Column('e', mysql.LONGTEXT(charset='utf8mb4', collation='utf8mb4_bin')))",
        )
        .shows("table t\n a INTEGER UNSIGNED\n b TINYINT(1)\n c TINYINT UNSIGNED ZEROFILL\n d ?\n e LONGTEXT");
    History::on(Postgresql)
        .then(
            "import pgvector.sqlalchemy
op.create_table('t', sa.Column('a', pgvector.sqlalchemy.vector.VECTOR(dim=3)), sa.Column('b', pgvector.sqlalchemy.VECTOR()),
    sa.Column('c', postgresql.BIT(8)), sa.Column('d', postgresql.BIT(length=8, varying=True)),
    sa.Column('e', postgresql.JSONB(none_as_null=True, astext_type=sa.Text())))",
        )
        .shows("table t\n a VECTOR(3)\n b VECTOR\n c BIT(8)\n d BIT VARYING(8)\n e JSONB");
    History::on(Postgresql)
        .then(
            "op.create_table('t', sa.Column('a', postgresql.ENUM('x', name='someState', create_type=False)))",
        )
        .shows("table t\n a \"someState\"\ntype someState");
}

#[test]
fn members_of_an_enum_class_are_labels_in_their_order() {
    History::on(Postgresql)
        .then(
            "import enum\nclass Kind(enum.Enum):\n    Z = 1\n    A = 2\nsa.Enum(Kind).create(op.get_bind())",
        )
        .shows("type kind (Z, A)");
}

#[test]
fn batch_mode_of_sqlite_loses_checks_without_a_name() {
    let table = "op.create_table('t', sa.Column('a', sa.Integer), sa.Column('b', sa.Integer), \
                 sa.CheckConstraint('a > 0'), sa.CheckConstraint('a > 1', name='ck'))";
    let drop = "with op.batch_alter_table('t') as batch_op:\n    batch_op.drop_column('b')";
    History::on(Sqlite).then(table).then(drop).shows("table t\n a INTEGER\n check ck (a)");
    let add =
        "with op.batch_alter_table('t') as batch_op:\n    batch_op.add_column(sa.Column('c', sa.Integer))";
    History::on(Sqlite)
        .then(table)
        .then(add)
        .shows("table t\n a INTEGER\n b INTEGER\n c INTEGER\n check - (a)\n check ck (a)");
}

#[test]
fn an_item_that_is_not_known_may_compute_the_column() {
    History::on(Postgresql).then("op.create_table('t', sa.Column('a', sa.Integer, something()))").look(
        |replay, _| {
            let listed = replay.schema().tables().next().unwrap();
            let column = &listed.table.columns[0];
            assert_eq!((column.computed, column.identity), (None, None));
        },
    );
}

#[test]
fn a_type_of_another_package_may_be_anything() {
    History::on(Postgresql)
        .then(
            "from app.types import TIMESTAMP\nclass UUID(sa.TypeDecorator):\n    impl = sa.CHAR(36)
op.create_table('t', sa.Column('a', TIMESTAMP()), sa.Column('b', UUID), sa.Column('c', sa.TIMESTAMP()))",
        )
        .shows("table t\n a ?\n b ?\n c TIMESTAMP WITHOUT TIME ZONE");
}

#[test]
fn a_column_of_a_primary_key_takes_no_null_unless_it_says_so() {
    History::on(Sqlite)
        .then(
            "op.create_table('t', sa.Column('a', sa.Integer), sa.Column('b', sa.Integer, nullable=True), \
             sa.PrimaryKeyConstraint('a', 'b', name='pk'))",
        )
        .shows("table t\n a INTEGER not null\n b INTEGER\n pk pk (a, b)");
}

#[test]
fn batch_mode_of_sqlite_loses_constraints_of_columns_that_it_renames() {
    History::on(Sqlite)
        .then("op.create_table('t', sa.Column('a', sa.Integer), sa.Column('b', sa.Integer))")
        .then(
            "with op.batch_alter_table('t') as batch_op:
        batch_op.alter_column('a', new_column_name='c')
        batch_op.create_unique_constraint('uq_c', ['c'])
        batch_op.create_unique_constraint('uq_b', ['b'])",
        )
        .shows("table t\n c INTEGER\n b INTEGER\n unique uq_c (c) perhaps\n unique uq_b (b)");
}

#[test]
fn batch_mode_of_sqlite_loses_indexes_of_expressions() {
    let table = "op.create_table('t', sa.Column('a', sa.String), sa.Column('b', sa.Integer))
op.create_index('ix', 't', [sa.text('lower(a)')])
op.execute('CREATE INDEX ix_nocase ON t (a COLLATE NOCASE)')";
    let kept = " a VARCHAR\n b INTEGER\n index ix (*)\n index ix_nocase (a)";
    History::on(Sqlite).then(table).shows(&format!("table t\n{kept}"));
    History::on(Sqlite)
        .then(table)
        .then("with op.batch_alter_table('t') as batch_op:\n    batch_op.alter_column('b', new_column_name='c')")
        .shows("table t\n a VARCHAR\n c INTEGER\n index ix_nocase (a)");
}

//! Upgrade and downgrade: each step with the schema before it, and what a downgrade leaves.

use super::History;
use crate::history::schema::{Position, Schema};
use crate::operation::Dialect::{Postgresql, Sqlite};
use crate::operation::{Name, TableName};

const TABLE: &str = "op.create_table('t', sa.Column('a', sa.Integer, nullable=False, server_default='1'), sa.Column('b', sa.String(5)), sa.UniqueConstraint('b', name='uq_b'))
op.create_index('ix_a', 't', ['a'])";

#[track_caller]
fn differs(upgrade: &str, downgrade: &str, expected: &[&str]) {
    History::on(Postgresql).then(TABLE).revision(upgrade, downgrade).differs(expected);
}

#[test]
fn a_faithful_downgrade_leaves_nothing() {
    differs(
        "op.create_table('u', sa.Column('id', sa.Integer, primary_key=True))
op.add_column('t', sa.Column('c', sa.Integer, sa.ForeignKey('u.id'), index=True))
op.drop_index('ix_a', table_name='t')
op.alter_column('t', 'a', nullable=True, server_default=None, type_=sa.Text(), new_column_name='z')
op.drop_constraint('uq_b', 't')
op.rename_table('t', 's')",
        "op.rename_table('s', 't')
op.create_unique_constraint('uq_b', 't', ['b'])
op.alter_column('t', 'z', nullable=False, server_default=sa.text('1'), type_=sa.INTEGER(), new_column_name='a')
op.create_index('ix_a', 't', ['a'])
op.drop_column('t', 'c')
op.drop_table('u')",
        &[],
    );
}

#[test]
fn what_is_left_and_what_is_missing() {
    differs(
        "op.create_table('u', sa.Column('id', sa.Integer))
op.add_column('t', sa.Column('c', sa.Integer))
op.create_index('ix_b', 't', ['b'])
op.create_check_constraint('ck', 't', 'a > 1')
op.drop_index('ix_a')
op.drop_constraint('uq_b', 't')
op.drop_column('t', 'a')",
        "pass",
        &[
            "Missing Column t a",
            "Left Column t c",
            "Missing Index t ix_a",
            "Left Index t ix_b",
            "Missing Constraint t uq_b",
            "Left Table u",
        ],
    );
}

#[test]
fn what_comes_back_otherwise() {
    differs(
        "op.drop_table('t')",
        "op.create_table('t', sa.Column('a', sa.BigInteger), sa.Column('b', sa.String(5)))\nop.create_index('ix_a', 't', ['b'], unique=True)",
        &[
            "Changed object Column t a attribute type before INTEGER after BIGINT",
            "Changed object Column t a attribute nullability before not null after nullable",
            "Changed object Column t a attribute server default before 1 after none",
            "Changed object Index t ix_a attribute columns before a after b",
            "Missing Constraint t uq_b",
        ],
    );
}

#[test]
fn enum_types_stay_behind() {
    differs(
        "op.create_table('u', sa.Column('s', sa.Enum('a', name='state')))",
        "op.drop_table('u')",
        &["Left Other Type state"],
    );
    differs(
        "op.create_table('u', sa.Column('s', sa.Enum('a', name='state')))",
        "op.drop_table('u')\nsa.Enum(name='state').drop(op.get_bind())",
        &[],
    );
}

#[test]
fn tables_from_elsewhere_are_judged_by_what_the_upgrade_did() {
    let history = || History::on(Postgresql).then("op.add_column('legacy', sa.Column('x', sa.Integer))");
    history()
        .revision("op.add_column('legacy', sa.Column('z', sa.Integer))\nop.drop_column('legacy', 'old')\nop.drop_table('other')", "pass")
        .differs(&["Left Column legacy z", "Missing Column legacy old", "Missing Table other"]);
    history()
        .revision("op.execute('DROP TABLE IF EXISTS other')\nop.execute('ALTER TABLE legacy ADD COLUMN IF NOT EXISTS q int')", "pass")
        .differs(&["Left Column legacy q"]);
}

#[test]
fn names_that_the_database_chose_are_compared_by_what_they_name() {
    differs(
        "op.drop_table('t')",
        "op.create_table('t', sa.Column('a', sa.Integer, nullable=False, server_default='1'), sa.Column('b', sa.String(5), unique=True))\nop.create_index('ix_a', 't', ['a'])",
        &[],
    );
    History::on(Sqlite)
        .then("op.create_table('t', sa.Column('a', sa.Integer, unique=True))")
        .revision("op.drop_table('t')", "op.create_table('t', sa.Column('a', sa.Integer))")
        .differs(&["Missing Constraint t a"]);
}

#[test]
fn what_is_not_known_compares_as_nothing() {
    differs(
        "op.execute(sql_of())\nop.add_column('t', sa.Column('c', sa.Integer))",
        "op.execute(sql_of())",
        &[],
    );
    differs("op.add_column('t', sa.Column('c', sa.Integer))", "if x():\n    op.drop_column('t', 'c')", &[]);
    differs("op.drop_column('t', 'b')", "raise NotImplementedError('no way back')", &[]);
}

#[test]
fn each_operation_sees_the_schema_before_it() {
    let table = TableName::new(Name::new("t"));
    let history = History::on(Postgresql).then(TABLE).revision(
        "op.add_column('t', sa.Column('c', sa.Integer))\nop.drop_column('t', 'c')\nop.create_table('u')",
        "op.drop_table('u')\nop.add_column('t', sa.Column('d', sa.Integer))\nop.drop_column('t', 'd')",
    );
    history.step(|step| {
        let has = |schema: Schema<'_>, name: &str| {
            schema.table(&table).yes().unwrap().column(name).yes().map(|column| column.made)
        };
        let seen: Vec<bool> = step
            .upgrade()
            .map(|moment| has(moment.schema, "c").is_some_and(|made| step.is_own(made)))
            .collect();
        assert_eq!(seen, [false, true, false]);
        assert!(step.before().table(&TableName::new(Name::new("u"))).is_no());
        assert!(step.after().table(&TableName::new(Name::new("u"))).yes().is_some());
        let downgrade = step.downgrade().unwrap();
        let seen: Vec<(bool, bool)> = downgrade
            .moments()
            .map(|moment| {
                let other = TableName::new(Name::new("u"));
                let made = has(moment.schema, "d");
                (moment.schema.table(&other).yes().is_some(), made == Some(Position::DOWNGRADE))
            })
            .collect();
        assert_eq!(seen, [(true, false), (false, false), (false, true)]);
        assert_eq!(step.maker(step.before().table(&table).yes().unwrap().made), Some("r0"));
    });
}

#[test]
fn a_table_keeps_its_maker_under_another_name() {
    let history = History::on(Postgresql).then(TABLE).then("op.create_table('n')\nop.rename_table('n', 'm')\nop.drop_table('m')\nop.rename_table('t', 'n')\nop.drop_table('n')");
    history.step(|step| {
        let own: Vec<bool> = step
            .upgrade()
            .map(|moment| {
                let table =
                    moment.operation.change.table().and_then(|table| moment.schema.table(table).yes());
                table.is_some_and(|table| step.is_own(table.made))
            })
            .collect();
        assert_eq!(own, [false, true, true, false, false]);
    });
}

#[test]
fn what_is_written_otherwise_and_means_the_same() {
    differs(
        "op.add_column('t', sa.Column('x', sa.Uuid(), server_default='{}'))\nop.add_column('t', sa.Column('y', sa.Boolean(), server_default='0'))",
        "op.drop_column('t', 'x')\nop.drop_column('t', 'y')",
        &[],
    );
    let wide = "op.create_table('w', sa.Column('a', sa.Uuid(), server_default='{}'), sa.Column('b', sa.Boolean(), server_default='0'), sa.Column('c', sa.Text()), sa.Column('d', sa.DateTime(), server_default=sa.func.now()), sa.Column('e', app.types.JSON()))";
    let history = History::on(Postgresql).then(wide);
    history
        .revision(
            "op.drop_table('w')",
            "op.create_table('w', sa.Column('a', sa.CHAR(32), server_default=sa.text(\"'{}'::json\")), sa.Column('b', sa.BOOLEAN(), server_default=sa.text('false')), sa.Column('c', sa.VARCHAR()), sa.Column('d', sa.DateTime(), server_default=sa.text('CURRENT_TIMESTAMP')), sa.Column('e', sa.Text()))",
        )
        .differs(&[]);
}

#[test]
fn a_column_that_is_added_again_takes_null_for_the_rows_that_are_there() {
    differs(
        "op.drop_column('t', 'a')",
        "op.add_column('t', sa.Column('a', sa.Integer))\nop.create_index('ix_a', 't', ['a'])",
        &["Changed object Column t a attribute server default before 1 after none"],
    );
}

#[test]
fn what_goes_or_comes_with_something_else() {
    differs(
        "op.create_table('p', sa.Column('a', sa.Integer))\nop.execute('CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (2)')",
        "op.drop_table('p')",
        &[],
    );
    differs(
        "op.drop_column('t', 'b')",
        "op.execute('CREATE SEQUENCE IF NOT EXISTS t_b_seq OWNED BY t.b')\nop.add_column('t', sa.Column('b', sa.String(5)))",
        &["Missing Constraint t uq_b"],
    );
    differs("op.execute('CREATE TEMP TABLE x (a int)')", "pass", &[]);
}

#[test]
fn an_upgrade_that_makes_what_was_there_shows_that_it_was_not() {
    differs(TABLE, "op.drop_index('ix_a')\nop.drop_table('t')", &[]);
    differs(
        "op.add_column('t', sa.Column('a', sa.Integer))",
        "op.drop_column('t', 'a')",
        &["Missing Index t ix_a"],
    );
    differs("op.alter_column('t', 'a', nullable=False)", "op.alter_column('t', 'a', nullable=True)", &[]);
    differs("op.add_column('u', sa.Column('a', sa.Integer))", "op.drop_column('u', 'a')", &[]);
}

#[test]
fn labels_that_were_added_stay_and_names_of_types_that_are_gone_tell_nothing() {
    let history =
        || History::on(Postgresql).then("op.create_table('e', sa.Column('s', sa.Enum('a', name='state')))");
    history().revision("op.execute(\"ALTER TYPE state ADD VALUE 'b'\")", "pass").differs(&[]);
    history()
        .revision(
            "op.execute(\"UPDATE e SET s = 'a'\")",
            "op.execute(\"CREATE TYPE state_new AS ENUM ('a')\")\nop.execute('ALTER TABLE e ALTER COLUMN s TYPE state_new USING s::text::state_new')\nop.execute('DROP TYPE state')\nop.execute('ALTER TYPE state_new RENAME TO state')",
        )
        .differs(&[]);
}

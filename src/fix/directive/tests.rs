//! Downgrades as they are written. That they run is shown on real servers.

use crate::config::Settings;
use crate::operation::Dialect;
use crate::rules::RULES;
use crate::testing::Tester;

fn tester(name: &str) -> Tester {
    Tester::new(RULES.iter().copied().find(|rule| rule.name == name).unwrap())
}

/// A revision after those of `history`, whose empty downgrade becomes these statements.
#[track_caller]
fn undoes_on(dialect: Dialect, history: &[&str], upgrade: &str, expected: &str) {
    let settings = Settings { dialect: Some(dialect), ..Settings::default() };
    let (before, after) = (revision(history.len(), upgrade, "pass"), expected.trim_start_matches('\n'));
    assert_eq!(before.matches("    pass\n").count(), 1);
    let found = tester("empty-downgrade")
        .settings(settings)
        .history(history)
        .file("versions/z_add_it.py", &before)
        .finds(&["`downgrade` does nothing"]);
    found.fixes_unsafely("    pass\n", after);
}

#[track_caller]
fn undoes(history: &[&str], upgrade: &str, expected: &str) {
    undoes_on(Dialect::Postgresql, history, upgrade, expected);
}

#[track_caller]
fn is_not_undone(history: &[&str], upgrade: &str) {
    tester("empty-downgrade")
        .history(history)
        .file("versions/z_add_it.py", &revision(history.len(), upgrade, "pass"))
        .finds(&["`downgrade` does nothing"])
        .without_fix();
}

fn revision(at: usize, upgrade: &str, downgrade: &str) -> String {
    let parent = at.checked_sub(1).map_or("None".to_owned(), |before| format!("'r{before}'"));
    let upgrade = upgrade.trim().replace('\n', "\n    ");
    format!(
        "'''add it'''\nfrom alembic import op\nimport sqlalchemy as sa\nfrom sqlalchemy.dialects import mysql, postgresql\n\
         revision = 'z'\ndown_revision = {parent}\n\n\ndef upgrade():\n    {upgrade}\n\n\ndef downgrade():\n    {downgrade}\n"
    )
}

const USER: &str = "op.create_table('user', sa.Column('id', sa.Integer(), nullable=False), sa.Column('name', sa.String(20), \
                    server_default='x', nullable=False), sa.PrimaryKeyConstraint('id'))\n\
                    op.create_index('ix_user_name', 'user', ['name'])";

#[test]
fn what_was_made_is_dropped_in_the_opposite_order() {
    undoes(
        &[],
        USER,
        "
    op.drop_index('ix_user_name', table_name='user')
    op.drop_table('user')
",
    );
    undoes(
        &[USER],
        "op.add_column('user', sa.Column('age', sa.Integer()))\nop.create_unique_constraint('uq_age', 'user', ['age'])",
        "
    op.drop_constraint('uq_age', 'user', type_='unique')
    op.drop_column('user', 'age')
",
    );
    undoes(
        &[USER],
        "op.add_column('user', sa.Column('age', sa.Integer(), unique=True))",
        "
    op.drop_column('user', 'age')
",
    );
    undoes(
        &[USER],
        "op.create_check_constraint('ck', 'user', 'id > 0')",
        "
    op.drop_constraint('ck', 'user', type_='check')
",
    );
    undoes(
        &[],
        "op.create_table('t', sa.Column('a', sa.Enum('x', 'y', name='st')), schema='app')",
        "
    op.drop_table('t', schema='app')
    sa.Enum(name='st').drop(op.get_bind(), checkfirst=True)
",
    );
}

#[test]
fn what_was_dropped_comes_back_with_all_its_parts() {
    undoes(
        &[USER],
        "op.drop_column('user', 'name')",
        "
    op.add_column(
        'user',
        sa.Column('name', sa.String(20), server_default='x', nullable=False),
    )
    op.create_index('ix_user_name', 'user', ['name'], unique=False)
",
    );
    undoes(
        &[
            USER,
            "op.create_table('pet', sa.Column('owner', sa.Integer()), sa.ForeignKeyConstraint(['owner'], ['user.id'], \
             name='fk', ondelete='CASCADE'), sa.CheckConstraint('owner > 0'), comment='kept')",
        ],
        "op.drop_table('pet')",
        "
    op.create_table(
        'pet',
        sa.Column('owner', sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(['owner'], ['user.id'], name='fk', ondelete='CASCADE'),
        sa.CheckConstraint('owner > 0'),
        comment='kept',
    )
",
    );
    undoes(
        &["op.execute('CREATE TABLE t (a varchar(20) NOT NULL, b jsonb DEFAULT now())')"],
        "op.drop_column('t', 'a')\nop.drop_column('t', 'b')",
        "
    op.add_column(
        't',
        sa.Column('b', postgresql.JSONB(), server_default=sa.text('now()'), nullable=True),
    )
    op.add_column('t', sa.Column('a', sa.String(20), nullable=False))
",
    );
}

#[test]
fn what_was_altered_is_altered_back() {
    undoes(
        &[USER],
        "op.alter_column('user', 'name', nullable=True, server_default=None)",
        "
    op.alter_column(
        'user',
        'name',
        nullable=False,
        server_default='x',
        existing_type=sa.String(20),
    )
",
    );
    undoes(
        &[USER],
        "op.alter_column('user', 'name', new_column_name='nick')\nop.rename_table('user', 'person')",
        "
    op.rename_table('person', 'user')
    op.alter_column(
        'user',
        'nick',
        new_column_name='name',
        existing_type=sa.String(20),
        existing_nullable=False,
    )
",
    );
    undoes(
        &["op.create_table('t', sa.Column('order', sa.Boolean()))"],
        "op.alter_column('t', 'order', type_=sa.Integer(), postgresql_using='\"order\"::int')",
        "
    op.alter_column(
        't',
        'order',
        type_=sa.Boolean(),
        postgresql_using='\"order\"::boolean',
        existing_type=sa.Integer(),
        existing_nullable=True,
    )
",
    );
}

#[test]
fn no_type_is_narrowed_under_rows_that_came_since() {
    let make = "op.create_table('t', sa.Column('a', sa.String(20)), sa.Column('n', sa.Integer()), sa.Column('d', sa.Date()))";
    is_not_undone(&[make], "op.alter_column('t', 'a', type_=sa.Text())");
    is_not_undone(&[make], "op.alter_column('t', 'n', type_=sa.BigInteger())");
    is_not_undone(&[make], "op.alter_column('t', 'n', type_=sa.Text())");
    is_not_undone(&[make], "op.alter_column('t', 'd', type_=sa.DateTime())");
    is_not_undone(
        &[make],
        "op.alter_column('t', 'n', type_=sa.Uuid(), postgresql_using='gen_random_uuid()')",
    );
}

#[test]
fn sqlite_alters_in_batches() {
    undoes_on(
        Dialect::Sqlite,
        &[USER],
        "op.add_column('user', sa.Column('age', sa.Integer()))\nop.add_column('user', sa.Column('size', sa.Integer()))",
        "
    with op.batch_alter_table('user') as batch_op:
        batch_op.drop_column('size')
        batch_op.drop_column('age')
",
    );
}

#[test]
fn nothing_is_written_where_something_is_not_known() {
    is_not_undone(
        &[USER],
        "op.add_column('user', sa.Column('b', sa.Integer()))\nif late():\n    op.drop_column('user', 'id')",
    );
    is_not_undone(&[USER], "op.add_column('user', sa.Column('b', sa.Integer()))\nop.create_entity(view)");
    let key = "op.create_foreign_key('fk', 'user', 'user', ['id'], ['id'], onupdate='CASCADE')";
    is_not_undone(&[USER, key], "op.drop_constraint('fk', 'user', type_='foreignkey')");
}

#[test]
fn a_downgrade_that_is_missing_is_appended() {
    let text = revision(0, USER, "pass").replace("\n\n\ndef downgrade():\n    pass\n", "");
    tester("missing-downgrade").file("versions/z_add_it.py", &text).finds(&["no `downgrade`"]).fixes_unsafely(
        "['name'])",
        "['name'])\n\n\ndef downgrade():\n    op.drop_index('ix_user_name', table_name='user')\n    op.drop_table('user')\n",
    );
}

#[test]
fn the_downgrade_of_alembics_own_template_is_filled() {
    for (empty, filled) in [
        (
            "\"\"\"Downgrade schema.\"\"\"\n    pass",
            "\"\"\"Downgrade schema.\"\"\"\n    op.drop_table('user')",
        ),
        (
            "\"\"\"Downgrade schema.\"\"\"\n    # ### commands auto generated by Alembic - please adjust! ###\n    pass\n    # ### end ###",
            "\"\"\"Downgrade schema.\"\"\"\n    # ### commands auto generated by Alembic - please adjust! ###\n    op.drop_table('user')\n    # ### end ###",
        ),
    ] {
        tester("empty-downgrade")
            .file(
                "versions/z_add_it.py",
                &revision(0, "op.create_table('user', sa.Column('id', sa.Integer()))", empty),
            )
            .finds(&["`downgrade` does nothing"])
            .fixes_unsafely(empty, filled);
    }
}

#[test]
fn a_downgrade_that_says_something_is_left_to_people() {
    tester("empty-downgrade")
        .file("versions/z_add_it.py", &revision(0, USER, "print('no way back')\n    pass"))
        .finds(&["`downgrade` does nothing"])
        .without_fix();
}

#[test]
fn a_docstring_stays() {
    tester("empty-downgrade")
        .file("versions/z_add_it.py", &revision(0, USER, "'''Go back.'''"))
        .finds(&["does nothing"])
        .fixes_unsafely(
            "'''Go back.'''",
            "'''Go back.'''\n    op.drop_index('ix_user_name', table_name='user')\n    op.drop_table('user')",
        );
}

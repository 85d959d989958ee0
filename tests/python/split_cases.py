"""Revisions that are taken apart: what was there before, what old and new code do, and the steps that are expected."""


class Case:
    base_back = "op.drop_table('hero')\nop.drop_table('team')"
    base = """
op.create_table('team', sa.Column('id', sa.Integer(), primary_key=True), sa.Column('name', sa.String(50), nullable=False))
op.create_table('hero', sa.Column('id', sa.Integer(), primary_key=True), sa.Column('name', sa.String(50), nullable=False),
    sa.Column('alias', sa.String(50), nullable=False), sa.Column('age', sa.Integer()), sa.Column('team', sa.Integer()))
"""
    rows = [
        "INSERT INTO team (id, name) VALUES (1, 'one')",
        "INSERT INTO hero (id, name, alias, age, team) VALUES (1, 'a', 'x', NULL, 1), (2, 'b', 'y', 3, NULL)",
    ]
    module = ""
    fills = []
    old_code = ["INSERT INTO hero (id, name, alias, age) VALUES (3, 'c', 'z', 5)"]
    new_code = []
    on_the_way_back = []
    known = set()
    keeps_labels = False


class NotNullColumn(Case):
    upgrade = "op.add_column('hero', sa.Column('email', sa.String(length=90), nullable=False))"
    downgrade = "op.drop_column('hero', 'email')"
    fills = ["UPDATE hero SET email = 'nobody' WHERE email IS NULL"]
    new_code = ["INSERT INTO hero (id, name, alias, email) VALUES (4, 'd', 'w', 'd@x')"]
    stages = {
        "postgresql": ["expand", "backfill", "contract"],
        "mariadb": ["expand", "backfill", "contract"],
    }


class ColumnInTheWayOfSqlite(Case):
    upgrade = """
with op.batch_alter_table('hero') as batch_op:
    batch_op.add_column(sa.Column('email', sa.String(length=90), nullable=False))
    batch_op.drop_column('alias')
"""
    downgrade = """
with op.batch_alter_table('hero') as batch_op:
    batch_op.add_column(sa.Column('alias', sa.String(50), nullable=False))
    batch_op.drop_column('email')
"""
    fills = ["UPDATE hero SET email = 'nobody' WHERE email IS NULL"]
    new_code = ["INSERT INTO hero (id, name, email) VALUES (4, 'd', 'd@x')"]
    on_the_way_back = ["UPDATE hero SET alias = 'x'"]
    stages = {
        "sqlite": ["expand", "backfill", "contract"],
        "postgresql": ["expand", "backfill", "contract"],
        "mariadb": ["expand", "backfill", "contract"],
    }


class TokenForEachRow(Case):
    upgrade = """
op.add_column('hero', sa.Column('token', postgresql.UUID(), server_default=sa.text('gen_random_uuid()'), nullable=False))
op.create_index(op.f('ix_hero_token'), 'hero', ['token'], unique=True)
"""
    downgrade = "op.drop_index(op.f('ix_hero_token'), table_name='hero')\nop.drop_column('hero', 'token')"
    fills = ["UPDATE hero SET token = gen_random_uuid() WHERE token IS NULL"]
    new_code = ["INSERT INTO hero (id, name, alias) VALUES (4, 'd', 'w')"]
    stages = {"postgresql": ["expand", "indexes", "backfill", "contract"]}


class KeyAndCheck(Case):
    upgrade = """
op.create_foreign_key(None, 'hero', 'team', ['team'], ['id'])
op.create_check_constraint('hero_age', 'hero', 'age > 0')
op.create_unique_constraint(None, 'hero', ['alias'])
op.alter_column('hero', 'age', existing_type=sa.Integer(), nullable=False)
"""
    downgrade = """
op.alter_column('hero', 'age', existing_type=sa.Integer(), nullable=True)
op.drop_constraint(None, 'hero', type_='unique')
op.drop_constraint('hero_age', 'hero', type_='check')
op.drop_constraint(None, 'hero', type_='foreignkey')
"""
    fills = ["UPDATE hero SET age = 7 WHERE age IS NULL"]
    stages = {"postgresql": ["expand", "backfill", "contract indexes", "contract"]}


class AuthorFills(Case):
    """The author's own code fills the column, between what comes before and after it."""

    module = """
hero = sa.table('hero', sa.column('id'), sa.column('full'), sa.column('name'), sa.column('alias'))


def fill(connection):
    for row in connection.execute(sa.select(hero.c.id, hero.c.name, hero.c.alias)):
        connection.execute(hero.update().where(hero.c.id == row.id).values(full=f'{row.name} {row.alias}'))


"""
    upgrade = """
op.execute("SET LOCAL lock_timeout = '5s'")
op.add_column('hero', sa.Column('full', sa.String(120), nullable=True))
# the names as they were
connection = op.get_bind()
fill(connection)
op.alter_column('hero', 'full', existing_type=sa.String(120), nullable=False)
op.drop_column('hero', 'alias')
"""
    downgrade = """
op.add_column('hero', sa.Column('alias', sa.String(50), nullable=False))
op.drop_column('hero', 'full')
"""
    new_code = ["INSERT INTO hero (id, name, \"full\") VALUES (4, 'd', 'd w')"]
    on_the_way_back = ["UPDATE hero SET alias = 'x'"]
    stages = {"postgresql": ["expand", "backfill", "guard", "contract"]}


class EnumGrows(Case):
    """A label is used only when it is committed; tables of the revision itself stay in one piece."""

    base = Case.base + "op.create_table('mission', sa.Column('id', sa.Integer(), primary_key=True), " \
        "sa.Column('state', postgresql.ENUM('NEW', name='state')))"
    base_back = "op.drop_table('mission')\nop.execute('DROP TYPE state')\n" + Case.base_back
    upgrade = """
with op.get_context().autocommit_block():
    op.execute("ALTER TYPE state ADD VALUE IF NOT EXISTS 'DONE'")
op.create_table('log', sa.Column('id', sa.Integer(), primary_key=True), sa.Column('hero', sa.Integer(), nullable=False))
op.create_foreign_key('log_hero', 'log', 'hero', ['hero'], ['id'])
op.execute("UPDATE mission SET state = 'DONE' WHERE state = 'NEW'")
op.drop_index('ix_hero_name', table_name='hero')
"""
    base += "\nop.create_index('ix_hero_name', 'hero', ['name'])"
    downgrade = """
op.create_index('ix_hero_name', 'hero', ['name'])
op.execute("UPDATE mission SET state = 'NEW' WHERE state = 'DONE'")
op.drop_table('log')
"""
    rows = Case.rows + ["INSERT INTO mission (id, state) VALUES (1, 'NEW')"]
    stages = {"postgresql": ["expand", "indexes", "backfill", "contract indexes"]}
    known = {"foreign-key-without-not-valid"}
    keeps_labels = True


ALL = [NotNullColumn, ColumnInTheWayOfSqlite, TokenForEachRow, KeyAndCheck, AuthorFills, EnumGrows]

"""Revisions that an author writes, each wrong in a way in which autogenerate never is."""

from stages import Stage

TABLE = """
op.create_table(
    "note",
    sa.Column("id", sa.Integer(), nullable=False),
    sa.Column("body", sa.String(40), server_default="", nullable=False),
    sa.Column("size", sa.Integer(), nullable=True),
    sa.PrimaryKeyConstraint("id"),
)
"""

DRAWER = """
op.create_table("drawer", sa.Column("id", sa.Integer(), nullable=False), sa.PrimaryKeyConstraint("id"))
"""
PLACE = """
op.create_table(
    "place",
    sa.Column("note_id", sa.Integer(), nullable=False),
    sa.Column("drawer_id", sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(["note_id"], ["note.id"]),
    sa.ForeignKeyConstraint(["drawer_id"], ["drawer.id"]),
    sa.PrimaryKeyConstraint("note_id", "drawer_id"),
)
"""

STAGES = [
    Stage(
        "create notes",
        upgrade=TABLE,
        downgrade=None,
        rows=["INSERT INTO note (id, body, size) VALUES (1, 'buy milk', 8), (2, '', NULL)"],
    ),
    Stage(
        "index sizes of notes",
        upgrade='op.create_index("ix_note_size", "note", ["size"])',
        downgrade="pass",
    ),
    Stage(
        "index bodies of notes while they are written to",
        upgrade='op.create_index("ix_note_body", "note", ["body"], concurrently=True)',
        downgrade='op.drop_index("ix_note_body", table_name="note")',
        servers=("postgresql",),
    ),
    Stage(
        "let notes have a size of zero or more",
        upgrade='op.create_check_constraint("size_is_positive", "note", "size >= 0")',
        downgrade='op.drop_constraint("size_is_positive", "note", type_="check")',
        servers=("postgresql", "mariadb"),
    ),
    Stage(
        "let sizes of notes be large",
        upgrade='op.alter_column("note", "size", existing_type=sa.Integer(), type=sa.BigInteger())',
        downgrade='op.alter_column("note", "size", existing_type=sa.BigInteger(), type_=sa.Integer())',
        servers=("postgresql", "mariadb"),
    ),
    Stage(
        "let bodies of notes be long",
        upgrade='op.alter_column("note", "body", existing_type=sa.String(40), type_=sa.String(200))',
        downgrade='op.alter_column("note", "body", existing_type=sa.String(200), type_=sa.String(40))',
        servers=("mariadb",),
    ),
    Stage(
        "count bodies of notes",
        upgrade='op.get_bind().execute("UPDATE note SET size = length(body) WHERE size IS NULL")',
        downgrade='op.get_bind().execute("UPDATE note SET size = NULL WHERE size = 0")',
        keeps_catalog=True,
    ),
    Stage(
        "limit the first note",
        upgrade=r'''op.execute("""UPDATE note SET body = '{"limit":12}' WHERE id = 1""")''',
        downgrade="""op.execute("UPDATE note SET body = 'buy milk' WHERE id = 1")""",
        keeps_catalog=True,
    ),
    Stage(
        "pin notes",
        upgrade='op.add_column("note", sa.Column("pinned", sa.Boolean(), server_default=False, nullable=False))',
        downgrade='op.drop_column("note", "pinned")',
        edits=[("Revises: ", "Revises: 1a2b3c, ")],
    ),
    Stage(
        "give notes stars",
        upgrade='op.add_column("note", sa.Column("stars", sa.Integer(), default=0, nullable=False))',
        downgrade='op.drop_column("note", "stars")',
    ),
    Stage(
        "index stars of notes",
        upgrade='op.create_index("ix_note_stars", "note", ("stars"))',
        downgrade='op.drop_index("ix_note_stars", table_name="note")',
    ),
    Stage(
        "let notes know when they were made",
        upgrade='op.add_column("note", sa.Column("made", sa.DateTime(), server_default="CURRENT_TIMESTAMP", nullable=True))',
        downgrade='op.drop_column("note", "made")',
        servers=("postgresql",),
    ),
    Stage(
        "let notes be due",
        upgrade="""
op.add_column("note", sa.Column("due", sa.Date(), nullable=True))
op.create_index("ix_note_due", "note", ["due"])
op.add_column("note", sa.Column("author", sa.String(40), nullable=True))
""",
        downgrade='op.drop_column("note", "author")',
        rows=["INSERT INTO note (id, body, due, author) VALUES (3, 'pay rent', '2030-01-31', 'Ada')"],
    ),
    Stage(
        "give notes a colour",
        upgrade="""
op.add_column("note", sa.Column("colour", sa.String(20), nullable=True))
with op.batch_alter_table("note") as batch_op:
    pass
""",
        downgrade='op.drop_column("note", "colour")',
        is_branch=True,
    ),
    Stage(
        "take the colour of notes away",
        upgrade='op.drop_column("note", "colour")  # alembic-lint: allow[drop-colum] -- nobody has used it yet',
        downgrade="""
# alembic-lint: allow[drop-table] -- it is a new one
op.add_column("note", sa.Column("colour", sa.String(20), nullable=True))
""",
    ),
    Stage(
        "let notes lie in drawers",
        upgrade=DRAWER + PLACE,
        downgrade='op.drop_table("place")\nop.drop_table("drawer")',
        rows=["INSERT INTO drawer (id) VALUES (7)", "INSERT INTO place (note_id, drawer_id) VALUES (1, 7)"],
    ),
    Stage(
        "notes lie in drawers no more",
        upgrade='op.drop_table("drawer")\nop.drop_table("place")',
        downgrade=PLACE + DRAWER,
    ),
]

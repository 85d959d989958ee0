"""A SQLite project, whose tables are changed by copying them."""

import sqlalchemy as sa

metadata = sa.MetaData(naming_convention={"fk": "fk_%(table_name)s_%(column_0_name)s"})

sa.Table("folder", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("path", sa.String, nullable=False))
sa.Table(
    "note",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("title", sa.String(100)),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("colour", sa.String(20)),
)

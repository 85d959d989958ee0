"""Measurements, first with more columns than anyone needs."""

import sqlalchemy as sa

metadata = sa.MetaData()

sa.Table(
    "sensor",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("label", sa.String(80), nullable=False),
    sa.Column("old_label", sa.String(80)),
    sa.Column("colour", sa.String(20)),
)
sa.Table("scratchpad", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("note", sa.Text))

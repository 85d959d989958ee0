"""Measurements, without what nobody reads."""

import sqlalchemy as sa

metadata = sa.MetaData()

sa.Table(
    "sensor",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("label", sa.String(80), nullable=False),
)

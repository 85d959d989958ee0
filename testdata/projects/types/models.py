"""Columns of types that SQLAlchemy does not bring along: autogenerate renders them and imports nothing."""

import sqlalchemy as sa
from geoalchemy2 import Geometry
from pgvector.sqlalchemy import HALFVEC, Vector
from sqlalchemy.dialects import postgresql
from sqlalchemy_utils import EmailType, URLType, UUIDType

metadata = sa.MetaData()

sa.Table(
    "place",
    metadata,
    sa.Column("id", UUIDType(binary=False), primary_key=True),
    sa.Column("contact", EmailType, nullable=False),
    sa.Column("homepage", URLType),
    sa.Column("position", Geometry("POINT", srid=4326, spatial_index=False)),
    sa.Column("embedding", Vector(3)),
    sa.Column("short_embedding", HALFVEC(3)),
    sa.Column("details", postgresql.JSONB),
)

"""Two databases: accounts and what they did."""

import sqlalchemy as sa

accounts = sa.MetaData()
events = sa.MetaData()

sa.Table(
    "account",
    accounts,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("email", sa.String(320), nullable=False),
    sa.Column("nickname", sa.String(80)),
)
sa.Table(
    "event",
    events,
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("account_id", sa.Integer, nullable=False),
    sa.Column("payload", sa.JSON),
)

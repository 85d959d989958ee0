"""A project on SQLAlchemy whose metadata has a naming convention: types of its own, JSON, a schema, comments, composite keys."""

import by_hand
from stages import Project, Stage

MODELS = '''
import datetime
import decimal
import enum
from typing import Optional

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from store.money import Money

CONVENTION = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    metadata = sa.MetaData(naming_convention=CONVENTION)


metadata = Base.metadata


class Customer(Base):
    __tablename__ = "customer"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    email: Mapped[Optional[str]] = mapped_column(sa.String(120), unique=True)


class Product(Base):
    __tablename__ = "product"
    __table_args__ = (sa.CheckConstraint("stock >= 0", name="stock"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(sa.String(80), index=True)
    stock: Mapped[int] = mapped_column(server_default="0")
    code: Mapped[Optional[str]] = mapped_column(sa.String(20))
'''

MONEY = '''
import sqlalchemy as sa


class Money(sa.types.TypeDecorator):
    impl = sa.Numeric(12, 2)
    cache_ok = True
'''

STAGES = [
    Stage(
        "create customers and products",
        models=[("import enum\n", "import enum\n")],
        rows=[
            "INSERT INTO customer (id, name, email) VALUES (1, 'Ada', 'ada@example.org'), (2, 'Max', NULL)",
            "INSERT INTO product (id, title, stock, code) VALUES (1, 'Tea', 12, '101'), (2, 'Cup', 0, NULL)",
        ],
    ),
    Stage(
        "add purchases with their state",
        models=[
            (
                "class Product(",
                'class State(enum.Enum):\n    open = "open"\n    paid = "paid"\n\n\nclass Purchase(Base):\n'
                '    __tablename__ = "purchase"\n    id: Mapped[int] = mapped_column(primary_key=True)\n'
                '    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customer.id", ondelete="CASCADE"))\n'
                "    state: Mapped[State]\n    made_at: Mapped[datetime.datetime] = mapped_column(server_default=sa.func.now())\n\n\nclass Product(",
            )
        ],
        rows=["INSERT INTO purchase (id, customer_id, state) VALUES (1, 1, 'open'), (2, 2, 'paid')"],
    ),
    Stage(
        "add price of products",
        models=[("    stock: ", "    price: Mapped[Optional[decimal.Decimal]] = mapped_column(Money())\n    stock: ")],
        rows=["UPDATE product SET price = 9.5 WHERE id = 1"],
    ),
    Stage(
        "add details of products",
        models=[
            (
                "    stock: ",
                '    details: Mapped[Optional[dict]] = mapped_column(sa.JSON().with_variant(postgresql.JSONB(), "postgresql"))\n    stock: ',
            )
        ],
        rows=["UPDATE product SET details = '{\"weight\": 50}' WHERE id = 1"],
    ),
    Stage(
        "add lines of purchases",
        models=[
            (
                "class Product(",
                'class Line(Base):\n    __tablename__ = "line"\n'
                '    purchase_id: Mapped[int] = mapped_column(sa.ForeignKey("purchase.id"), primary_key=True)\n'
                '    product_id: Mapped[int] = mapped_column(sa.ForeignKey("product.id"), primary_key=True)\n'
                "    amount: Mapped[int]\n\n\nclass Product(",
            )
        ],
        rows=["INSERT INTO line (purchase_id, product_id, amount) VALUES (1, 1, 3), (1, 2, 1), (2, 1, 5)"],
    ),
    Stage(
        "add categories that have parents",
        models=[
            (
                "class Product(",
                'class Category(Base):\n    __tablename__ = "category"\n    id: Mapped[int] = mapped_column(primary_key=True)\n'
                "    name: Mapped[str] = mapped_column(sa.String(40), unique=True)\n"
                '    parent_id: Mapped[Optional[int]] = mapped_column(sa.ForeignKey("category.id"))\n\n\nclass Product(',
            ),
            ("    stock: ", '    category_id: Mapped[Optional[int]] = mapped_column(sa.ForeignKey("category.id"))\n    stock: '),
        ],
        rows=[
            "INSERT INTO category (id, name, parent_id) VALUES (1, 'Kitchen', NULL), (2, 'China', 1)",
            "UPDATE product SET category_id = 2 WHERE id = 2",
        ],
    ),
    Stage(
        "add a unique code of products in their category",
        models=[("    __table_args__ = (sa.Check", '    __table_args__ = (sa.UniqueConstraint("code", "category_id"), sa.Check')],
    ),
    Stage(
        "let product codes be numbers",
        models=[("    code: Mapped[Optional[str]] = mapped_column(sa.String(20))", "    code: Mapped[Optional[int]]")],
        rows=["UPDATE product SET code = 102 WHERE id = 2"],
    ),
    Stage(
        "add channel of purchases",
        models=[
            ("class Purchase(", 'class Channel(enum.Enum):\n    web = "web"\n    phone = "phone"\n\n\nclass Purchase('),
            ("    state: ", "    channel: Mapped[Optional[Channel]]\n    state: "),
        ],
        rows=["UPDATE purchase SET channel = 'phone' WHERE id = 1"],
    ),
    Stage(
        "let purchases be cancelled with a reason",
        models=[
            (
                "    made_at: Mapped",
                '    reason: Mapped[str] = mapped_column(sa.Text(), server_default="", comment="why it was cancelled")\n    made_at: Mapped',
            )
        ],
        servers=("postgresql", "sqlite"),
        rows=["UPDATE purchase SET reason = 'too late' WHERE id = 2"],
    ),
    Stage(
        "index what is searched for",
        models=[
            ("    title: Mapped[str] = mapped_column(sa.String(80), index=True)", "    title: Mapped[str] = mapped_column(sa.String(80))"),
            (
                "(sa.UniqueConstraint",
                '(sa.Index("ix_product_stock_title", "stock", "title", postgresql_concurrently=True), sa.UniqueConstraint',
            ),
        ],
    ),
    Stage(
        "longer names of customers",
        models=[("    name: Mapped[str] = mapped_column(sa.String(80))", "    name: Mapped[str] = mapped_column(sa.String(200))")],
        rows=["UPDATE customer SET name = 'Ada Lovelace' WHERE id = 1"],
    ),
    Stage(
        "make a schema for billing",
        upgrade='op.execute("CREATE SCHEMA billing")',
        downgrade='op.execute("DROP SCHEMA billing")',
        keeps_catalog=True,
        servers=("postgresql",),
    ),
    Stage(
        "add bills in their schema",
        models=[
            (
                "class Product(",
                'class Method(enum.Enum):\n    card = "card"\n    cash = "cash"\n\n\nclass Bill(Base):\n    __tablename__ = "bill"\n'
                '    __table_args__ = {"schema": "billing"}\n    id: Mapped[int] = mapped_column(primary_key=True)\n'
                '    purchase_id: Mapped[int] = mapped_column(sa.ForeignKey("purchase.id"))\n'
                '    method: Mapped[Method] = mapped_column(sa.Enum(Method, schema="billing", name="method"))\n\n\nclass Product(',
            )
        ],
        rows=["INSERT INTO billing.bill (id, purchase_id, method) VALUES (1, 1, 'card')"],
        servers=("postgresql",),
    ),
    Stage(
        "add a number of bills",
        models=[
            (
                '    __table_args__ = {"schema": "billing"}\n',
                '    __table_args__ = (sa.UniqueConstraint("number"), {"schema": "billing"})\n    number: Mapped[Optional[int]] = mapped_column(index=True)\n',
            )
        ],
        servers=("postgresql",),
    ),
    Stage(
        "bills go",
        models=[
            (
                'class Bill(Base):\n    __tablename__ = "bill"\n'
                '    __table_args__ = (sa.UniqueConstraint("number"), {"schema": "billing"})\n'
                "    number: Mapped[Optional[int]] = mapped_column(index=True)\n"
                "    id: Mapped[int] = mapped_column(primary_key=True)\n"
                '    purchase_id: Mapped[int] = mapped_column(sa.ForeignKey("purchase.id"))\n'
                '    method: Mapped[Method] = mapped_column(sa.Enum(Method, schema="billing", name="method"))\n',
                "",
            )
        ],
        servers=("postgresql",),
    ),
    Stage(
        "customers have no e-mail any more",
        models=[("    email: Mapped[Optional[str]] = mapped_column(sa.String(120), unique=True)\n", "")],
    ),
]

PROJECT = Project(
    models=MODELS,
    stages=STAGES + by_hand.STAGES,
    configure={"postgresql": "include_schemas=True"},
    settings='required-imports = ["decimal"]\n',
    modules={"store/__init__.py": "", "store/money.py": MONEY},
)

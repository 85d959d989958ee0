"""A database that is not there: a real SQLAlchemy engine over a driver that takes every statement and gives nothing.

Statements are told to `heard`, in order, as SQLAlchemy objects or as text.
"""

import types

import sqlalchemy as sa
from sqlalchemy import event, inspection
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.engine.reflection import Inspector as RealInspector
from sqlalchemy.exc import CompileError
from sqlalchemy.orm.bulk_persistence import _BulkORMInsert, _BulkUDCompileState
from sqlalchemy.orm.context import _ORMCompileState
from sqlalchemy.pool import StaticPool
from sqlalchemy.sql.base import ColumnCollection
from sqlalchemy.util import FacadeDict

import stand_ins

URLS = {"postgresql": "postgresql+psycopg2://", "mysql": "mysql+mysqldb://", "sqlite": "sqlite+pysqlite://"}
READING = ("select", "show", "pragma", "with", "values", "explain", "table")


class Cursor:
    """A cursor of the driver that is not there."""

    arraysize = 1
    connection = types.SimpleNamespace(notices=[])
    description = None
    rowcount = 0
    lastrowid = 1

    def execute(self, statement, parameters=None):
        pass

    executemany = execute

    def fetchone(self):
        return None

    def fetchmany(self, size=None):
        return []

    def fetchall(self):
        return []

    def close(self):
        pass


class DriverConnection:
    """A connection of the driver that is not there."""

    autocommit = False
    isolation_level = None
    encoding = "utf8"

    def cursor(self, *arguments, **keywords):
        return Cursor()

    def commit(self):
        pass

    rollback = close = commit

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *arguments, **keywords: None


class Error(Exception):
    """Every error class of the driver."""


def _driver(paramstyle):
    names = (
        "Warning InterfaceError DatabaseError DataError OperationalError IntegrityError InternalError"
        " ProgrammingError NotSupportedError"
    ).split()
    module = types.SimpleNamespace(
        paramstyle=paramstyle,
        apilevel="2.0",
        threadsafety=1,
        __version__="2.9.9",
        version_info=(2, 2, 0),
        sqlite_version_info=(3, 45, 0),
        Error=Error,
        Binary=bytes,
        connect=lambda *arguments, **keywords: DriverConnection(),
    )
    for name in names:
        setattr(module, name, type(name, (Error,), {}))
    return module


def connect(dialect, heard):
    """A connection in `dialect`; each statement is given to `heard(statement)` before it is run."""
    paramstyle = {"postgresql": "pyformat", "mysql": "format", "sqlite": "qmark"}[dialect]
    engine = sa.create_engine(URLS[dialect], module=_driver(paramstyle), poolclass=StaticPool, _initialize=False)
    engine.dialect.server_version_info = {"postgresql": (15, 0), "mysql": (8, 0, 35), "sqlite": (3, 45, 0)}[dialect]
    engine.dialect.default_schema_name = "public"
    engine.dialect.on_connect_url = engine.dialect.on_connect = lambda *arguments: None
    for name in ("has_table", "has_index", "has_sequence", "has_type", "has_schema"):
        setattr(engine.dialect, name, lambda *arguments, **keywords: stand_ins.World.answer())

    @event.listens_for(engine, "before_execute")
    def before_execute(connection, statement, multiple, parameters, options):
        heard(statement)

    connection = engine.connect()
    connection.heard = heard
    return connection


def _reads(statement):
    text = statement if isinstance(statement, str) else getattr(statement, "text", None)
    if text is not None:
        return text.strip().lower().startswith(READING)
    return getattr(statement, "is_select", False) or bool(getattr(statement, "_returning", ()))


def install(heard):
    """Lets statements that read give stand-ins, and `inspect()` tell of a database that is not there."""
    execute, exec_driver_sql = Connection.execute, Connection.exec_driver_sql

    def recording_execute(self, statement, *arguments, **keywords):
        if isinstance(statement, str):
            # SQLAlchemy 1.x took text here; what the revision meant is plain.
            statement = sa.text(statement)
        if _reads(statement):
            heard(statement)
            return stand_ins.Result()
        try:
            return execute(self, statement, *arguments, **keywords)
        except CompileError:
            # It names columns that only the database would tell; it has been heard.
            return stand_ins.Result()

    def recording_driver_sql(self, statement, *arguments, **keywords):
        heard(str(statement))
        if _reads(statement):
            return stand_ins.Result()
        return exec_driver_sql(self, statement, *arguments, **keywords)

    Connection.execute = recording_execute
    Connection.exec_driver_sql = recording_driver_sql
    Connection.scalar = lambda self, *arguments, **keywords: self.execute(*arguments, **keywords).scalar()
    Connection.scalars = lambda self, *arguments, **keywords: self.execute(*arguments, **keywords).scalars()
    _install_reflection()
    _install_sessions()
    RealInspector.from_engine = classmethod(lambda cls, bind: stand_ins.Inspector(bind))
    for cls in (Connection, Engine):
        inspection._registrars[cls] = stand_ins.Inspector


def _install_reflection():
    """Tables read from the database have each column that a revision asks for."""
    missing_attribute, missing_item = ColumnCollection.__getattr__, ColumnCollection.__getitem__

    def column(columns, name, otherwise):
        table = stand_ins.ReflectedTables.of(columns)
        if table is None or not isinstance(name, str) or name.startswith("_") or name in columns:
            return otherwise(columns, name)
        table.append_column(sa.Column(name))
        return otherwise(columns, name)

    ColumnCollection.__getattr__ = lambda self, name: column(self, name, missing_attribute)
    ColumnCollection.__getitem__ = lambda self, name: column(self, name, missing_item)

    def reflected(name, metadata):
        table = sa.Table(name, metadata)
        stand_ins.ReflectedTables.add(table)
        return table

    def reflect(self, bind, schema=None, views=False, only=None, **keywords):
        for name in only if isinstance(only, (list, tuple, set)) else ():
            reflected(name, self)

    sa.MetaData.reflect = reflect
    FacadeDict.__missing__ = lambda self, name: reflected(name, sa.MetaData())

    default_clause = sa.schema.DefaultClause.__init__

    def named_default(self, arg, *arguments, **keywords):
        default_clause(self, str(arg) if isinstance(arg, stand_ins.StandIn) else arg, *arguments, **keywords)

    sa.schema.DefaultClause.__init__ = named_default


def _install_sessions():
    """Sessions hand stand-ins on as they are."""
    for state in (_ORMCompileState, _BulkORMInsert, _BulkUDCompileState):
        real = state.orm_setup_cursor_result.__func__

        def setup(cls, session, statement, parameters, options, bind_arguments, result, real=real):
            if isinstance(result, stand_ins.Result):
                return result
            return real(cls, session, statement, parameters, options, bind_arguments, result)

        state.orm_setup_cursor_result = classmethod(setup)

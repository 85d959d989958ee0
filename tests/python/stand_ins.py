"""Values that stand in for what a revision asks of the world outside: missing modules, rows, what a database holds.

They know nothing of Alembic and record nothing. Whether they are true or empty is set from outside, so that a
revision can be run once each way.
"""

import collections
import contextlib
import dis
import importlib
import importlib.abc
import importlib.machinery
import sys
import types

# Text made from a stand-in carries this mark; a name with the mark is a name nobody can know.
MARK = "\N{LEFT DOUBLE ANGLE BRACKET}?\N{RIGHT DOUBLE ANGLE BRACKET}"


class World:
    """What the stand-ins answer: `exists` makes them true and gives one row, otherwise they are false and empty."""

    exists = False
    # Where the revisions lie: what asks is a line below it.
    root = None
    _answered = collections.Counter()

    @classmethod
    def reset(cls, exists):
        cls.exists = exists
        cls._answered.clear()

    @classmethod
    def answer(cls):
        """Whether there is something. Each line is told so a few times only: a loop that runs until nothing is left ends."""
        if not cls.exists:
            return False
        frame = sys._getframe(1)
        while frame is not None and not frame.f_code.co_filename.startswith(cls.root):
            frame = frame.f_back
        asking = frame and (frame.f_code, frame.f_lineno)
        cls._answered[asking] += 1
        return cls._answered[asking] <= 3


def _wanted_by_caller(depth):
    """How many values the calling code unpacks, or `None` when it iterates."""
    frame = sys._getframe(depth)
    for step in dis.get_instructions(frame.f_code):
        if step.offset == frame.f_lasti:
            return step.arg if step.opname == "UNPACK_SEQUENCE" else None
    return None


class StandIn:
    """Anything at all: can be called, subclassed, indexed, compared, iterated, entered."""

    def __call__(self, *arguments, **keywords):
        # As a decorator it leaves the function alone.
        if len(arguments) == 1 and not keywords and isinstance(arguments[0], types.FunctionType):
            return arguments[0]
        return StandIn()

    def __getattr__(self, name):
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return StandIn()

    def __mro_entries__(self, bases):
        return ()

    def __getitem__(self, key):
        return StandIn()

    def __setitem__(self, key, value):
        pass

    def __delitem__(self, key):
        pass

    def __iter__(self):
        wanted = _wanted_by_caller(2)
        if wanted is not None:
            return iter([StandIn() for _ in range(wanted)])
        return iter([StandIn()] if World.answer() else [])

    def __contains__(self, item):
        return World.answer()

    def __len__(self):
        return int(World.exists)

    def __bool__(self):
        return World.answer()

    def __eq__(self, other):
        return World.answer()

    def __ne__(self, other):
        return not World.answer()

    def __lt__(self, other):
        return World.answer()

    __le__ = __gt__ = __ge__ = __lt__

    def __hash__(self):
        return id(self)

    def __str__(self):
        return MARK

    __repr__ = __str__

    def __format__(self, spec):
        return MARK

    def __fspath__(self):
        return MARK

    def __int__(self):
        return 0

    __index__ = __int__

    def __float__(self):
        return 0.0

    def __enter__(self):
        return StandIn()

    def __exit__(self, *error):
        return None

    def _same(self, *others):
        return StandIn()

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _same
    __floordiv__ = __mod__ = __rmod__ = __or__ = __ror__ = __and__ = __rand__ = __neg__ = _same


class Options(dict):
    """Settings that have whatever is asked for."""

    def __missing__(self, name):
        return StandIn()


class StandInModule(types.ModuleType):
    """A module that is not installed, or a folder without `__init__.py` of which only some modules are here."""

    def __getattr__(self, name):
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        # `from folder import module` asks here first.
        found = importlib.machinery.PathFinder.find_spec(f"{self.__name__}.{name}", self.__path__)
        if found is not None and found.origin is not None:
            return importlib.import_module(found.name)
        return StandIn()


class StandInFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds what Python finds; whatever it does not find becomes a stand-in, and its name is kept."""

    # What SQLAlchemy and Alembic try to import and do well without.
    OPTIONAL = {"greenlet", "psycopg", "psycopg2", "asyncpg", "tzdata", "colorama", "MySQLdb", "cython", "pytz"}

    def __init__(self):
        self.used = set()

    def find_spec(self, name, path=None, target=None):
        found = importlib.machinery.PathFinder.find_spec(name, path, target)
        if found is not None and found.origin is not None:
            return found
        if name.partition(".")[0] in self.OPTIONAL | {"sqlalchemy", "alembic", "mako"}:
            return None
        spec = importlib.machinery.ModuleSpec(name, self, is_package=True)
        if found is not None:
            spec.submodule_search_locations = list(found.submodule_search_locations)
        return spec

    def create_module(self, spec):
        self.used.add(spec.name)
        return StandInModule(spec.name)

    def exec_module(self, module):
        pass


def add_to(engine):
    """Adds to `sqlalchemy.engine` what is gone since SQLAlchemy 2.0 and revisions still import for annotations."""
    for name in ("LegacyCursorResult", "LegacyRow", "ResultProxy", "RowProxy"):
        setattr(engine, name, StandIn())


class Result:
    """What a SELECT gives: nothing, or one row of stand-ins."""

    rowcount = 0
    lastrowid = 1
    returns_rows = True
    inserted_primary_key = (1,)
    _attributes = {}

    def __init__(self):
        self._rows = [StandIn()] if World.answer() else []

    def __iter__(self):
        rows, self._rows = self._rows, []
        return iter(rows)

    def all(self):
        return list(self)

    fetchall = all

    def unique(self, strategy=None):
        return self

    def filtered(self, *arguments, **keywords):
        return self

    columns = yield_per = filtered

    def fetchmany(self, size=None):
        return list(self)

    def partitions(self, size=None):
        return iter([self.all()]) if self._rows else iter([])

    def first(self):
        return next(iter(self), None)

    fetchone = one_or_none = first

    def one(self):
        return next(iter(self), None) or StandIn()

    def scalar(self):
        return StandIn() if self._rows else None

    scalar_one_or_none = scalar

    def scalar_one(self):
        return StandIn()

    def scalars(self, index=0):
        return self

    mappings = scalars

    def keys(self):
        return []

    def close(self):
        pass


class ReflectedTables:
    """Tables that were read from the database: they have each column that is asked for."""

    _by_columns = {}

    @classmethod
    def add(cls, table):
        cls._by_columns[id(table.c)] = table

    @classmethod
    def of(cls, columns):
        return cls._by_columns.get(id(columns))


class Inspector:
    """What `sqlalchemy.inspect(bind)` gives."""

    default_schema_name = "public"

    def __init__(self, bind):
        self.bind = bind
        self.engine = getattr(bind, "engine", bind)
        self.dialect = bind.dialect

    def _inspection_context(self):
        return contextlib.nullcontext(self)

    def reflect_table(self, table, *arguments, **keywords):
        ReflectedTables.add(table)

    def __getattr__(self, name):
        if name.startswith("has_"):
            return lambda *arguments, **keywords: World.answer()
        if name.startswith("get_"):
            return lambda *arguments, **keywords: StandIn()
        return lambda *arguments, **keywords: None

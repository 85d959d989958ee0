"""Runs the revisions of one directory under real Alembic and writes down each operation that was asked for.

    record.py [--root DIR] VERSIONS_DIRECTORY... > recorded.json

Nothing is known here of how alembic-lint reads a revision. `alembic.op` is real; each operation that it makes is
written down instead of being carried out. Each function is run for several databases, and both with an empty database
and with one that has whatever is asked for, because a revision may decide by that.
"""

import argparse
import collections
import contextlib
import importlib.machinery
import importlib.util
import inspect
import json
import logging
import os
import pathlib
import re
import shutil
import signal
import sys
import tempfile
import warnings

import alembic.op
import sqlalchemy as sa
import sqlalchemy.ext.declarative
import sqlalchemy.orm
from alembic.autogenerate import api as _autogenerate  # noqa: F401  (registers every operation)
from alembic.config import Config
from alembic.operations import base, batch, ops
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from sqlalchemy import schema
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.sql import ddl
from sqlalchemy.sql.elements import ReleaseSavepointClause, RollbackToSavepointClause, SavepointClause

import database
import stand_ins

SECONDS_FOR_ONE_RUN = 5
MOST_OPERATIONS = 5000
VARIANTS = [(dialect, exists) for dialect in ("postgresql", "sqlite", "mysql") for exists in (False, True)]
CONSTRAINTS = {
    schema.ForeignKeyConstraint: "create_foreign_key",
    schema.UniqueConstraint: "create_unique_constraint",
    schema.CheckConstraint: "create_check_constraint",
    schema.PrimaryKeyConstraint: "create_primary_key",
    ExcludeConstraint: "create_exclude_constraint",
}


class TooLong(BaseException):
    """The run took too long or asked for too much."""


class Recording:
    """The operations of one run."""

    def __init__(self, path):
        self.path = str(path)
        self.operations = []
        self.quiet = 0

    def add(self, operation, schema=None, table=None, name=None, sql=None):
        if self.quiet:
            return
        if len(self.operations) >= MOST_OPERATIONS:
            raise TooLong(f"more than {MOST_OPERATIONS} operations")
        self.operations.append(
            {
                "operation": operation,
                "schema": known(schema),
                "table": known(table),
                "name": known(name),
                "sql": sql,
                "line": self._line(),
            }
        )

    def _line(self):
        frame, line = sys._getframe(1), None
        while frame:
            if frame.f_code.co_filename == self.path:
                line = frame.f_lineno
                break
            frame = frame.f_back
        return line


current = None


def known(name):
    """A name as text, or `None` when it is missing or was made from a stand-in."""
    if name is None or isinstance(name, stand_ins.StandIn):
        return None
    name = str(name)
    return None if stand_ins.MARK in name else name


def text_of(statement):
    """The SQL of a statement."""
    if isinstance(statement, str):
        return statement
    if isinstance(statement, sa.sql.elements.TextClause):
        return statement.text
    # A statement that SQLAlchemy builds is written in no dialect where that is possible: it is the same in all of them.
    for dialect in (current.dialect,) if isinstance(statement, ddl.DDLElement) else (None, current.dialect):
        for options in ({"literal_binds": True}, {}):
            with contextlib.suppress(Exception):
                return str(statement.compile(dialect=dialect, compile_kwargs=options))
    return type(statement).__name__


def heard(statement):
    """A statement on its way to the database."""
    if isinstance(statement, ddl.CreateTable):
        current.add("create_table", statement.element.schema, statement.element.name)
    elif isinstance(statement, ddl.DropTable):
        current.add("drop_table", statement.element.schema, statement.element.name)
    elif isinstance(statement, (ddl.CreateIndex, ddl.DropIndex)):
        index = statement.element
        kind = "create_index" if isinstance(statement, ddl.CreateIndex) else "drop_index"
        table = index.table
        current.add(kind, table.schema if table is not None else None, table.name if table is not None else None, index.name)
    elif isinstance(statement, (ddl.AddConstraint, ddl.DropConstraint)):
        constraint = statement.element
        kind = "drop_constraint"
        if isinstance(statement, ddl.AddConstraint):
            kind = next((value for cls, value in CONSTRAINTS.items() if isinstance(constraint, cls)), "execute")
        current.add(kind, constraint.table.schema, constraint.table.name, constraint.name)
    elif isinstance(statement, sa.Select) and "pg_catalog." in text_of(statement):
        # SQLAlchemy looks up whether a table is there before it creates it.
        return
    elif not isinstance(statement, (SavepointClause, ReleaseSavepointClause, RollbackToSavepointClause)):
        current.add("execute", sql=text_of(statement))


def directive(operation):
    """Writes one operation object of Alembic down."""
    get = lambda *names: next((getattr(operation, name) for name in names if getattr(operation, name, None) is not None), None)
    if isinstance(operation, ops.ExecuteSQLOp):
        current.add("execute", sql=text_of(operation.sqltext))
        return
    if isinstance(operation, ops.BulkInsertOp):
        table = operation.table
        current.add("bulk_insert", getattr(table, "schema", None), getattr(table, "name", None))
        return
    kinds = [
        (ops.CreateTableOp, "create_table", ()),
        (ops.DropTableOp, "drop_table", ()),
        (ops.RenameTableOp, "rename_table", ("new_table_name",)),
        (ops.AddColumnOp, "add_column", ("column",)),
        (ops.DropColumnOp, "drop_column", ("column_name",)),
        (ops.AlterColumnOp, "alter_column", ("column_name",)),
        (ops.CreateIndexOp, "create_index", ("index_name",)),
        (ops.DropIndexOp, "drop_index", ("index_name",)),
        (ops.DropConstraintOp, "drop_constraint", ("constraint_name",)),
        (ops.CreateForeignKeyOp, "create_foreign_key", ("constraint_name",)),
        (ops.CreateUniqueConstraintOp, "create_unique_constraint", ("constraint_name",)),
        (ops.CreateCheckConstraintOp, "create_check_constraint", ("constraint_name",)),
        (ops.CreatePrimaryKeyOp, "create_primary_key", ("constraint_name",)),
        (ops.CreateTableCommentOp, "create_table_comment", ()),
        (ops.DropTableCommentOp, "drop_table_comment", ()),
    ]
    for cls, kind, names in kinds:
        if isinstance(operation, cls):
            break
    else:
        kind = re.sub(r"(?<!^)(?=[A-Z])", "_", type(operation).__name__.removesuffix("Op")).lower()
        names = ("constraint_name",)
    name = get(*names) if names else None
    if isinstance(operation, ops.AddColumnOp):
        name = getattr(operation.column, "name", None)
    schema_name = get("schema")
    if isinstance(operation, ops.CreateForeignKeyOp):
        schema_name = operation.kw.get("source_schema")
    current.add(kind, schema_name, get("table_name", "source_table"), name)


def invoke(self, operation):
    """Stands in for `Operations.invoke`: the operation is written down, not carried out."""
    directive(operation)
    if isinstance(operation, ops.CreateTableOp):
        try:
            return operation.to_table(self.migration_context)
        except Exception:
            return sa.table(str(operation.table_name), *(sa.column(str(column.name)) for column in operation.columns if isinstance(column, sa.Column)))
    return None


def unknown_directive(name):
    if name.startswith("_"):
        raise AttributeError(name)
    return lambda *arguments, **keywords: current.add(name)


def install():
    """Lets `alembic.op` write down what it is asked for."""
    base.AbstractOperations.invoke = invoke
    batch.BatchOperationsImpl.flush = lambda self: None
    MigrationContext.autocommit_block = lambda self: contextlib.nullcontext()
    # A directive that a plugin would register.
    alembic.op.__getattr__ = unknown_directive
    database.install(heard)
    logging._checkLevel = lambda level: logging.INFO
    stand_ins.add_to(sa.engine)


def alarm(signal_number, frame):
    raise TooLong(f"more than {SECONDS_FOR_ONE_RUN} seconds")


def calls(module, function):
    """The argument lists to call `upgrade` or `downgrade` with, as the environments in use do."""
    required = [
        parameter
        for parameter in inspect.signature(function).parameters.values()
        if parameter.default is parameter.empty and parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    ]
    if not required:
        return [()]
    if [parameter.name for parameter in required] == ["engine_name"]:
        prefix = function.__name__ + "_"
        return [(name.removeprefix(prefix),) for name in sorted(vars(module)) if name.startswith(prefix)]
    given = {"op": alembic.op, "operations": alembic.op}
    return [tuple(given.get(parameter.name, stand_ins.StandIn()) for parameter in required)]


def load(path, number):
    """Imports the file anew, so that nothing is left from the run before."""
    spec = importlib.util.spec_from_file_location(f"revision_{number}_{path.stem}".replace("-", "_"), path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules[spec.name]
    return module


def run(path, number, direction, dialect, exists, environment):
    """One run of one function: what it asked for, and why it stopped early if it did."""
    global current
    stand_ins.World.reset(exists)
    current = Recording(path)
    connection = database.connect(dialect, heard)
    current.dialect = connection.dialect
    context = MigrationContext.configure(connection=connection, environment_context=environment, opts={"target_metadata": sa.MetaData()})
    context.opts = stand_ins.Options(context.opts)
    environment._migration_context = context
    stopped = None
    signal.signal(signal.SIGALRM, alarm)
    signal.alarm(SECONDS_FOR_ONE_RUN)
    try:
        with base.Operations.context(context):
            module = load(path, number)
            function = getattr(module, direction, None)
            if function is not None:
                for arguments in calls(module, function):
                    function(*arguments)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        stopped = f"{type(error).__name__}: {error}".splitlines()[0][:300]
    finally:
        signal.alarm(0)
    return current.operations, stopped


def common(one, other):
    """What two variants agree on; a name in which they differ is known only when the revision runs."""
    agreed = {part: one[part] if one[part] == other[part] else None for part in ("schema", "table", "name")}
    texts = [one["sql"], *one.get("or", ())]
    return one | agreed | {"or": texts[1:] + [other["sql"]] * (other["sql"] not in texts)}


def both_ways(path, number, direction, environment):
    """Every variant of one function, put together: of each line, what the variant that asked for most asked for.

    A line that asks for another text in each dialect thus counts once.
    """
    most, reasons, complete = {}, [], False
    for dialect, exists in VARIANTS:
        operations, stopped = run(path, number, direction, dialect, exists, environment)
        lines = collections.defaultdict(list)
        for operation in operations:
            lines[operation["line"], operation["operation"]].append(operation)
        for line, asked in lines.items():
            if len(asked) > len(most.get(line, ())):
                most[line] = asked
            elif len(asked) == len(most[line]):
                most[line] = [common(one, other) for one, other in zip(most[line], asked)]
        if stopped is None:
            complete = True
        else:
            reasons.append(f"{dialect}, {'full' if exists else 'empty'}: {stopped}")
    operations = [operation for asked in most.values() for operation in asked]
    return {"operations": operations, "complete": complete, "stopped": reasons}


def identifiers(directory):
    """What Alembic's own `ScriptDirectory` makes of each file of one version location."""
    scripts = ScriptDirectory(str(directory), version_locations=[str(directory)])
    as_list = lambda value: list(value or ()) if isinstance(value, (tuple, list, set, type(None))) else [value]
    for path in sorted(directory.iterdir()):
        try:
            script = Script._from_path(scripts, str(path))
        except Exception as error:
            yield {"path": str(path), "error": f"{type(error).__name__}: {error}"}
            continue
        if script is not None:
            yield {
                "path": script.path,
                "revision": script.revision,
                "down_revision": as_list(script.module.down_revision),
                "branch_labels": as_list(getattr(script.module, "branch_labels", None)),
                "depends_on": as_list(getattr(script.module, "depends_on", None)),
            }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=pathlib.Path, help="what the revisions' own imports are searched in")
    parser.add_argument("directories", nargs="+", type=pathlib.Path)
    arguments = parser.parse_args()
    directories = [directory.resolve() for directory in arguments.directories]
    root = (arguments.root or pathlib.Path(os.path.commonpath(directories))).resolve()

    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    install()
    finder = stand_ins.StandInFinder()
    output = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    with tempfile.TemporaryDirectory() as scratch:
        copy = pathlib.Path(scratch, "project")
        shutil.copytree(root, copy)
        os.chdir(copy)
        stand_ins.World.root = str(copy)
        sys.path.insert(0, str(copy))
        sys.dont_write_bytecode = True
        sys.meta_path.insert(sys.meta_path.index(importlib.machinery.PathFinder), finder)
        configuration = Config()
        configuration.set_main_option("script_location", str(copy))
        environment = EnvironmentContext(configuration, ScriptDirectory(str(copy)))
        revisions, scripts, number = [], [], 0
        with environment:
            for directory in directories:
                for script in identifiers(copy / directory.relative_to(root)):
                    scripts.append(dict(script, path=str(root / pathlib.Path(script["path"]).relative_to(copy))))
                for path in sorted((copy / directory.relative_to(root)).glob("*.py")):
                    if path.name.startswith("__init__"):
                        continue
                    number += 1
                    finder.used.clear()
                    for name in [name for name, module in sys.modules.items() if isinstance(module, stand_ins.StandInModule)]:
                        del sys.modules[name]
                    revision = {"path": str(root / path.relative_to(copy))}
                    for direction in ("upgrade", "downgrade"):
                        revision[direction] = both_ways(path, number, direction, environment)
                    revision["stand_ins"] = sorted(finder.used)
                    revisions.append(revision)
    json.dump({"revisions": revisions, "script_directory": scripts}, output, indent=1, default=str)
    output.close()


if __name__ == "__main__":
    main()

"""Carries out revisions in an empty database, with real Alembic and a neutral environment, and prints what there is then.

    carry_out.py --root DIR --url URL [--engine NAME]... [--convention MODULE:NAME] [--before CODE]
        [--revision REVISION] VERSIONS_DIRECTORY...

The directories are the version locations of one script directory. With `--engine`, `upgrade(engine_name)` is called for each, as
the template `multidb` of Alembic does, but in one database. With `--convention`, the metadata has the naming convention that
the project's own `env.py` gives it. `--before` is Python that runs first, with `engine` and `url`: what an `env.py` sees to before
it runs revisions, such as an extension of the database or the project's settings.

Where the revisions import what is not installed they get a stand-in; if one reached a statement, the tables would be shaped by
it, so that is an error. A stand-in among the values of an INSERT or UPDATE shapes nothing and becomes NULL.
"""

import argparse
import importlib
import importlib.machinery
import json
import logging
import os
import pathlib
import sys
import traceback
import warnings

import sqlalchemy as sa
import sqlalchemy.dialects.mysql  # noqa: F401  (revisions use it, as the next, without importing it)
import sqlalchemy.orm  # noqa: F401
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import event

import catalog
import stand_ins


class Failure(Exception):
    """The revisions do not run on an empty database."""


def connect(url):
    engine = sa.create_engine(url)

    @event.listens_for(engine, "before_cursor_execute", retval=True)
    def refuse_stand_ins(connection, cursor, statement, parameters, context, many):
        if stand_ins.MARK in statement:
            raise Failure(f"a stand-in in: {statement}")
        if statement.lstrip()[:6].upper() in ("INSERT", "UPDATE"):
            parameters = without_stand_ins(parameters)
        return statement, parameters

    return engine


def without_stand_ins(values):
    if isinstance(values, dict):
        return {name: without_stand_ins(value) for name, value in values.items()}
    if isinstance(values, (list, tuple)):
        return type(values)(map(without_stand_ins, values))
    return None if isinstance(values, stand_ins.StandIn) else values


def upgrade(engine, locations, revision, version_table, keywords, metadata, ran):
    """`alembic upgrade` to a revision, with what `env.py` gives to `run_migrations`."""
    configuration = Config()
    configuration.set_main_option("script_location", str(locations[0]))
    scripts = ScriptDirectory(str(locations[0]), version_locations=[str(location) for location in locations])
    environment = EnvironmentContext(configuration, scripts)
    with environment, engine.connect() as connection:
        environment.configure(
            connection=connection,
            target_metadata=metadata,
            version_table=version_table,
            transaction_per_migration=True,
            fn=lambda current, context: scripts._upgrade_revs(revision, current),
            on_version_apply=lambda step, **rest: ran.append(step.up_revision_id),
        )
        with environment.begin_transaction():
            environment.run_migrations(**keywords)
        connection.commit()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=pathlib.Path, required=True)
    parser.add_argument("--url", required=True)
    parser.add_argument("--engine", action="append", dest="engines", default=[])
    parser.add_argument("--convention")
    parser.add_argument("--before", default="", metavar="CODE")
    parser.add_argument("--revision", default="heads")
    parser.add_argument("directories", nargs="+")
    arguments = parser.parse_args()
    root = arguments.root.resolve()
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    output = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    os.chdir(root)
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(root))
    finder = stand_ins.StandInFinder()
    stand_ins.World.root = str(root)
    sys.meta_path.insert(sys.meta_path.index(importlib.machinery.PathFinder), finder)

    engine, ran, error, metadata = connect(arguments.url), [], None, None
    exec(arguments.before, {"engine": engine, "url": arguments.url})
    if arguments.convention:
        module, name = arguments.convention.split(":")
        metadata = sa.MetaData(naming_convention=getattr(importlib.import_module(module), name))
    locations = [root / location for location in arguments.directories]
    version_tables = {f"version_of_{name}": {"engine_name": name} for name in arguments.engines} or {"alembic_version": {}}
    try:
        for version_table, keywords in version_tables.items():
            upgrade(engine, locations, arguments.revision, version_table, keywords, metadata, ran)
    except (Exception, SystemExit) as problem:
        frames = [frame for frame in traceback.extract_tb(problem.__traceback__) if frame.filename.startswith(str(root))]
        places = " < ".join(f"{os.path.relpath(frame.filename, root)}:{frame.lineno}" for frame in reversed(frames[-3:]))
        error = f"{type(problem).__name__}: {problem} ({places})"
    result = {"revisions": len(set(ran)), "stand_ins": sorted(finder.used), "error": error}
    if error is None:
        with engine.connect() as connection:
            result["catalog"] = catalog.read(connection)
        tables = result["catalog"]["tables"]
        result["catalog"]["tables"] = [table for table in tables if table["name"] not in version_tables]
    json.dump(result, output, indent=1, default=str)
    output.close()
    sys.exit(error is not None)


if __name__ == "__main__":
    main()

"""Runs each revision of a script directory there, back and there again, with real Alembic on one database, and prints what differs.

    there_and_back.py --root DIR --url URL --written FILE... [--convention MODULE:NAME] [--before CODE] -- VERSIONS_DIRECTORY...

Revisions run from the base to the heads. Those whose downgrade alembic-lint wrote (`--written`) are taken back at once: the
catalog must be what it was before, and after the second upgrade what it was after the first.
"""

import argparse
import importlib
import importlib.machinery
import json
import logging
import os
import pathlib
import sys
import warnings

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory

import carry_out
import catalog
import stand_ins


def run(engine, metadata, function):
    """One direction of one revision, in a transaction of its own."""
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"transaction_per_migration": True, "target_metadata": metadata}
        )
        with Operations.context(context), context.begin_transaction(_per_migration=True):
            function()
        connection.commit()


def held(engine):
    """The catalog, in an order that says nothing."""
    with engine.connect() as connection:
        found = catalog.read(connection)
    tables = {}
    for table in found.pop("tables"):
        # A column that comes back stands last, and its default is as the database writes it.
        for key, parts in table.items():
            if isinstance(parts, list):
                table[key] = sorted(json.dumps(part, sort_keys=True, default=str) for part in parts)
        tables[f"{table['schema']}.{table['name']}"] = table
    return {"tables": tables, **{key: sorted(map(str, parts)) for key, parts in found.items()}}


def difference(one, other):
    """The first thing that differs, in words."""
    for key in one["tables"].keys() ^ other["tables"].keys():
        return f"table {key} is in one only"
    for key, table in one["tables"].items():
        for part, value in table.items():
            if value != other["tables"][key][part]:
                return f"{part} of {key}: {value} | {other['tables'][key][part]}"[:2000]
    for key, parts in one.items():
        if key != "tables" and parts != other[key]:
            return f"{key}: {parts} | {other[key]}"[:2000]
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=pathlib.Path, required=True)
    parser.add_argument("--url", required=True)
    parser.add_argument("--written", nargs="*", default=[])
    parser.add_argument("--convention")
    parser.add_argument("--before", default="")
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
    stand_ins.World.root = str(root)
    sys.meta_path.insert(sys.meta_path.index(importlib.machinery.PathFinder), stand_ins.StandInFinder())

    engine, metadata = carry_out.connect(arguments.url), None
    exec(arguments.before, {"engine": engine, "url": arguments.url})
    if arguments.convention:
        module, name = arguments.convention.split(":")
        metadata = sa.MetaData(naming_convention=getattr(importlib.import_module(module), name))
    locations = [str(root / location) for location in arguments.directories]
    scripts = ScriptDirectory(locations[0], version_locations=locations)
    written = {str(root / file) for file in arguments.written}
    back, wrong, skipped = 0, [], 0
    before = held(engine)
    for script in reversed(list(scripts.walk_revisions())):
        run(engine, metadata, script.module.upgrade)
        after = held(engine)
        if script.path in written:
            file = os.path.relpath(script.path, root)
            try:
                run(engine, metadata, script.module.downgrade)
            except Exception as problem:
                wrong.append(f"{file}: downgrade: {type(problem).__name__}: {str(problem)[:500]}")
                if engine.dialect.name != "postgresql":
                    break
                before = held(engine)
                continue
            found = difference(before, held(engine))
            if found:
                wrong.append(f"{file}: after downgrade: {found}")
            try:
                run(engine, metadata, script.module.upgrade)
            except Exception as problem:
                wrong.append(f"{file}: second upgrade: {type(problem).__name__}: {str(problem)[:500]}")
                break
            found = difference(after, held(engine))
            if found:
                wrong.append(f"{file}: after the second upgrade: {found}")
            back += 1
        before = held(engine)
    json.dump({"back": back, "wrong": wrong}, output)
    output.close()


if __name__ == "__main__":
    main()

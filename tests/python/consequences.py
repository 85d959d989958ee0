"""Runs revisions on MariaDB or SQLite, and tells what became of the database.

    consequences.py mariadb URL <cases.json >results.json
    consequences.py sqlite FILE <cases.json >results.json

Each case has `before` (statements on an empty database), `session` (statements on the connection that upgrades), `revisions` (texts of
files whose `upgrade` runs), `between` (statements after all revisions but the last) and `ask` (a query, or null). Of each: `error` (what
the server, the driver or Alembic says; else null) and `answer` (the first row of the query as text).
"""

import json
import pathlib
import sys
import types

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations


def upgrade_of(text):
    """The `upgrade` of a revision's text."""
    module = types.ModuleType("revision")
    exec(compile(text, "revision.py", "exec"), module.__dict__)
    return module.upgrade


def execute(connection, statements):
    """Executes and commits each statement."""
    for statement in statements:
        connection.exec_driver_sql(statement)
        connection.commit()


def run(engine, case):
    """One case on an empty database."""
    error = None
    with engine.connect() as connection:
        execute(connection, case["before"] + case["session"])
        context = MigrationContext.configure(connection)
        for number, text in enumerate(case["revisions"], 1):
            if number == len(case["revisions"]):
                execute(connection, case["between"])
            try:
                with context.begin_transaction(), Operations.context(context):
                    upgrade_of(text)()
            except Exception as refusal:
                error = f"{type(refusal).__name__}: {refusal}".splitlines()[0]
                connection.rollback()
            else:
                connection.commit()
        row = connection.exec_driver_sql(case["ask"]).first() if case["ask"] else ()
        return {"error": error, "answer": ", ".join(str(value) for value in row)}


def main():
    kind, place = sys.argv[1:]
    results = []
    for case in json.load(sys.stdin):
        if kind == "sqlite":
            pathlib.Path(place).unlink(missing_ok=True)
            engine = sa.create_engine(f"sqlite:///{place}", poolclass=sa.pool.NullPool)
        else:
            engine = sa.create_engine(place, poolclass=sa.pool.NullPool)
            with engine.connect() as connection:
                execute(connection, ["DROP DATABASE facts", "CREATE DATABASE facts"])
        results.append(run(engine, case))
    json.dump(results, sys.stdout)


if __name__ == "__main__":
    main()

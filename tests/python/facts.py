"""Runs revisions on a server, and tells what the server did: locks, tables written anew, tables read.

    facts.py URL <cases.json >results.json

Each case has `before`, SQL that follows the statements of `base`, and `revisions`, the texts of files whose `upgrade` runs, each in one
transaction as `env.py` opens it. What an `autocommit_block` did is committed when the locks are read. Of the last revision: `locks`
(the modes by table), `rewritten` and `scanned` (tables), `error` (what the server or Alembic says; else null).
"""

import contextlib
import json
import sys
import types

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

RELATIONS = """
SELECT c.oid::bigint, c.relname, c.relfilenode::bigint FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'm', 'i')
"""
LOCKS = """
SELECT l.relation::bigint, l.mode FROM pg_locks l LEFT JOIN pg_class c ON c.oid = l.relation
WHERE l.pid = pg_backend_pid() AND l.granted AND l.locktype = 'relation' AND l.mode <> 'AccessShareLock'
AND coalesce(c.relkind, 'r') IN ('r', 'p', 'm') ORDER BY 1, 2
"""
SCANS = "SELECT relname, seq_scan FROM pg_stat_xact_user_tables WHERE seq_scan > 0"


def upgrade_of(text):
    """The `upgrade` of a revision's text."""
    module = types.ModuleType("revision")
    exec(compile(text, "revision.py", "exec"), module.__dict__)
    return module.upgrade


def relations(connection):
    """The name and the file of each table and index, by its identity."""
    return {identity: (name, file) for identity, name, file in connection.exec_driver_sql(RELATIONS)}


def scans(connection):
    """How often each table was read from end to end since the server last counted."""
    return dict(connection.exec_driver_sql(SCANS).all())


def observe(connection, before, scanned_before):
    """What the transaction holds and did, by the names that tables had before it."""
    locks = {}
    for identity, mode in connection.exec_driver_sql(LOCKS):
        if identity in before:
            locks.setdefault(before[identity][0], []).append(mode)
    after = relations(connection)
    changed = {name for key, (name, file) in before.items() if key in after and after[key][1] != file}
    # Another table may have taken its place.
    names = {name for name, _ in after.values()}
    changed |= {name for key, (name, _) in before.items() if key not in after and name in names}
    # Fewer than before: the server has counted meanwhile, and these are new.
    scanned = sorted(name for name, count in scans(connection).items() if count != scanned_before.get(name))
    return locks, sorted(changed), scanned


def noting_scans(context, connection, scanned_before):
    """Has an `autocommit_block` leave no scans for the transaction that follows it."""
    block = context.autocommit_block

    @contextlib.contextmanager
    def noted():
        with block():
            yield
            scanned_before.clear()
            scanned_before.update(scans(connection))

    context.autocommit_block = noted


def run(engine, base, case):
    """One case on an empty database."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        connection.exec_driver_sql(base)
        if case["before"]:
            connection.exec_driver_sql(case["before"])
    with engine.connect() as connection:
        # From and to a time with zone nothing is written where the zone is UTC.
        connection.exec_driver_sql("SET TIME ZONE 'Europe/Berlin'")
        connection.commit()
        context = MigrationContext.configure(connection)
        scanned_before = {}
        noting_scans(context, connection, scanned_before)
        locks, rewritten, scanned, error = {}, [], [], None
        try:
            for text in case["revisions"]:
                before = relations(connection)
                scanned_before.clear()
                scanned_before.update(scans(connection))
                connection.rollback()
                with context.begin_transaction(), Operations.context(context):
                    upgrade_of(text)()
                    locks, rewritten, scanned = observe(connection, before, scanned_before)
        except Exception as refusal:
            error = f"{type(refusal).__name__}: {refusal}".splitlines()[0]
        return {"locks": locks, "rewritten": rewritten, "scanned": scanned, "error": error}


def main():
    request = json.load(sys.stdin)
    engine = sa.create_engine(sys.argv[1], poolclass=sa.pool.NullPool)
    json.dump([run(engine, request["base"], case) for case in request["cases"]], sys.stdout)


if __name__ == "__main__":
    main()

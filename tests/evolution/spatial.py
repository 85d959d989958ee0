"""A table with a place on a PostgreSQL with PostGIS: what autogenerate writes fails there, and runs when it was repaired.

    spatial.py --binary ALEMBIC_LINT --postgresql URL
"""

import argparse
import pathlib
import subprocess
import tempfile

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

import databases

ENV = """\
import sqlalchemy as sa
from alembic import context
from geoalchemy2 import Geometry

metadata = sa.MetaData()
sa.Table("lake", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("shape", Geometry("POLYGON", srid=4326)))
engine = sa.create_engine(context.config.attributes["url"])
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        # PostGIS has tables of its own.
        include_object=lambda object, name, kind, reflected, other: name != "spatial_ref_sys",
    )
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
"""
TEMPLATE = '''\
"""${message}

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}

"""
from alembic import op
import sqlalchemy as sa
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade():
    ${upgrades if upgrades else "pass"}


def downgrade():
    ${downgrades if downgrades else "pass"}
'''
LAKE = "INSERT INTO lake (id, shape) VALUES (1, ST_GeomFromText('POLYGON((0 0, 1 0, 1 1, 0 0))', 4326))"
INDEXES = "SELECT indexname FROM pg_indexes WHERE tablename = 'lake' ORDER BY 1"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--postgresql", required=True)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root = pathlib.Path(scratch)
        (root / "migrations" / "versions").mkdir(parents=True)
        (root / "migrations" / "env.py").write_text(ENV)
        (root / "migrations" / "script.py.mako").write_text(TEMPLATE)
        (root / "alembic.ini").write_text("[alembic]\nscript_location = migrations\n")
        config = Config(str(root / "alembic.ini"))
        config.set_main_option("script_location", str(root / "migrations"))
        servers = databases.of("postgresql", arguments.postgresql, scratch)
        servers.create("lakes")
        config.attributes["url"] = servers.url("lakes")
        engine = sa.create_engine(servers.url("lakes"), poolclass=sa.NullPool)
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE EXTENSION postgis")
        command.revision(config, message="add lakes and their shapes", autogenerate=True)
        (written,) = (root / "migrations" / "versions").glob("*.py")

        def fix(rules):
            lint = [arguments.binary, "--fix", "--applied-ref", "false", "--select", rules]
            subprocess.run(lint, cwd=root, check=True, capture_output=True)

        fix("undefined-name")
        try:
            command.upgrade(config, "head")
        except sa.exc.ProgrammingError as error:
            assert 'relation "idx_lake_shape" already exists' in str(error), error
        else:
            raise SystemExit(f"the index was made once:\n{written.read_text()}")
        fix("spatial-index-created-twice")
        assert written.read_text().count("spatial_index=False") == 1, written.read_text()
        for _ in range(2):
            command.upgrade(config, "head")
            with engine.begin() as connection:
                connection.exec_driver_sql(LAKE)
                assert connection.exec_driver_sql(INDEXES).scalars().all() == ["idx_lake_shape", "lake_pkey"]
            command.downgrade(config, "base")
            assert "lake" not in sa.inspect(engine).get_table_names()


if __name__ == "__main__":
    main()

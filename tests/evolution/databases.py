"""Databases of the tests: made, copied with their rows, and thrown away. Knows nothing of Alembic."""

import pathlib
import shutil

import sqlalchemy as sa


def of(kind, url, scratch):
    """The databases of a server, or of a directory."""
    return {"postgresql": Postgresql, "mariadb": Mariadb, "sqlite": Sqlite}[kind](url, scratch)


class Databases:
    def __init__(self, url, scratch):
        self._administration = url and sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        self._scratch = pathlib.Path(scratch)

    def url(self, name):
        """The URL as text, with its password."""
        return self._administration.url.set(database=name).render_as_string(hide_password=False)

    def _execute(self, *statements):
        with self._administration.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)


class Postgresql(Databases):
    def create(self, name):
        self._execute(f"CREATE DATABASE {name}")

    def copy(self, source, name):
        self._execute(f"CREATE DATABASE {name} TEMPLATE {source}")

    def drop(self, name):
        self._execute(f"DROP DATABASE {name}")


class Mariadb(Databases):
    def create(self, name):
        self._execute(f"CREATE DATABASE {name}")

    def copy(self, source, name):
        self.create(name)
        with self._administration.connect() as connection:
            tables = connection.exec_driver_sql(f"SHOW TABLES FROM {source}").scalars().all()
            connection.exec_driver_sql("SET foreign_key_checks = 0")
            connection.exec_driver_sql(f"USE {name}")
            for table in tables:
                made = connection.exec_driver_sql(f"SHOW CREATE TABLE {source}.`{table}`").one()[1]
                connection.exec_driver_sql(made.replace("%", "%%"))
                connection.exec_driver_sql(f"INSERT INTO `{table}` SELECT * FROM {source}.`{table}`")

    def drop(self, name):
        self._execute(f"DROP DATABASE {name}")


class Sqlite(Databases):
    def url(self, name):
        return f"sqlite:///{self._scratch / name}.db"

    def create(self, name):
        (self._scratch / f"{name}.db").touch()

    def copy(self, source, name):
        shutil.copyfile(self._scratch / f"{source}.db", self._scratch / f"{name}.db")

    def drop(self, name):
        (self._scratch / f"{name}.db").unlink()

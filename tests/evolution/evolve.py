"""Evolves a project stage by stage on one database, with real Alembic and alembic-lint, and prints what happened as JSON.

    evolve.py --binary target/debug/alembic-lint --project heroes --server postgresql --version 15 --url URL

For each stage the models change and `alembic revision --autogenerate` writes a revision, or the author writes one by hand.
A copy of the database shows what becomes of it as it stands. Then `alembic-lint --fix --unsafe-fixes` repairs it, and it must go
up, down and up again, with rows in the tables, and leave the catalog as it was each time. At the end all goes down to the base and
up to the head.
"""

import argparse
import contextlib
import importlib
import io
import json
import logging
import pathlib
import subprocess
import sys
import tempfile
import time
import warnings

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "python"))

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

import databases
from there_and_back import difference, held

VERSIONS = "migrations/versions"


class Failure(Exception):
    """What must not happen."""


def replaced(text, edits):
    for old, new in edits:
        if text.count(old) != 1:
            raise Failure(f"{old!r} stands {text.count(old)} times in\n{text}")
        text = text.replace(old, new)
    return text


class Evolution:
    """One project on one database."""

    def __init__(self, project, arguments, root):
        self.project, self.server, self.root = project, arguments.server, root
        self.binary = arguments.binary.resolve()
        self.databases = databases.of(arguments.server, arguments.url, root)
        self.name, self.trial_name = arguments.database, f"{arguments.database}_trial"
        self.models = project.models
        self.stages, self.took_part = [], {}
        # The catalog before the stage.
        self.before = None
        self._prepare(arguments.version)

    def _prepare(self, version):
        """What `alembic init` makes, and what an author then writes into it."""
        self.databases.create(self.name)
        config = Config(self.root / "alembic.ini")
        with contextlib.chdir(self.root), contextlib.redirect_stdout(io.StringIO()):
            command.init(config, "migrations")
        environment = self.root / "migrations/env.py"
        configure = self.project.configure.get(self.server)
        edits = [("target_metadata = None", "import models\n\ntarget_metadata = models.metadata")]
        if configure:
            old = "connection=connection, target_metadata=target_metadata"
            edits.append((old, f"{old}, {configure}"))
        environment.write_text(replaced(environment.read_text(), edits))
        for name, text in self.project.modules.items():
            (self.root / name).parent.mkdir(exist_ok=True)
            (self.root / name).write_text(text)
        settings = f'dialect = "{self.server}"\n{self.project.settings}'
        if version:
            settings += f'database-version = "{version}"\n'
        (self.root / "alembic-lint.toml").write_text(settings)

    def config(self, database):
        config = Config(self.root / "alembic.ini", stdout=io.StringIO())
        config.set_main_option("sqlalchemy.url", self.databases.url(database).replace("%", "%%"))
        return config

    def engine(self, database):
        return sa.create_engine(self.databases.url(database), poolclass=sa.NullPool)

    def catalog(self, database):
        found = held(self.engine(database))
        found["tables"].pop("None.alembic_version", None)
        if self.server == "mariadb":
            for table in found["tables"].values():
                table["indexes"] = without_own_names(table)
        return found

    # What an author does.

    def change_models(self, stage):
        self.models = replaced(self.models, stage.models)
        (self.root / "models.py").write_text(self.models)

    def forget_models(self):
        """Lets the next command import the models as they are now."""
        sys.modules.pop("models", None)
        if "sqlmodel" in sys.modules:
            from sqlmodel import SQLModel
            from sqlmodel.main import default_registry

            default_registry.dispose()
            SQLModel.metadata.clear()

    def new_revision(self, stage, number):
        """The path of a new revision file, as Alembic or the author writes it."""
        config = self.config(self.name)
        options = {}
        if stage.is_branch:
            head = ScriptDirectory.from_config(config).get_revision("head")
            options = {"head": head.down_revision, "splice": True}
        self.forget_models()
        made = command.revision(
            config,
            message=f"{stage.name}",
            rev_id=f"{number:04}",
            autogenerate=not stage.is_written_by_hand,
            **options,
        )
        path = pathlib.Path(made.path)
        text = path.read_text()
        if stage.is_written_by_hand:
            text = written(text, "upgrade", stage.upgrade)
            text = written(text, "downgrade", stage.downgrade)
        elif "op." not in text.partition("def upgrade")[2]:
            raise Failure(f"autogenerate saw no difference:\n{text}")
        path.write_text(replaced(text, stage.edits))
        return path

    def insert(self, database, rows):
        with self.engine(database).begin() as connection:
            for statement in rows:
                connection.exec_driver_sql(statement.replace("%", "%%"))

    def look(self, stage, database):
        """What the rows do not hold as they must, or nothing."""
        if stage.holds:
            query, wanted = stage.holds
            with self.engine(database).connect() as connection:
                found = connection.exec_driver_sql(query).scalar()
            if found != wanted:
                return f"{query} gives {found!r} and not {wanted!r}"
        return None

    # What is proved.

    def trial(self, stage):
        """What becomes of a copy of the database: the first thing that goes wrong with the newest revision, or nothing."""
        self.databases.copy(self.name, self.trial_name)
        try:
            return self.there_and_back(stage, self.trial_name)[0]
        finally:
            self.databases.drop(self.trial_name)

    def there_and_back(self, stage, database):
        """Up, down and up again: the first thing that is not as it should be, and the catalog."""
        config, after = self.config(database), None
        for phase, move in (
            ("upgrade", lambda: command.upgrade(config, "head")),
            ("downgrade", lambda: command.downgrade(config, "-1")),
            ("second upgrade", lambda: command.upgrade(config, "head")),
        ):
            try:
                move()
            except (Exception, SystemExit) as problem:
                return f"{phase}: {type(problem).__name__}: {problem}", None
            now = self.catalog(database)
            if phase == "upgrade":
                after = now
                if self.before == after and not stage.keeps_catalog:
                    return "upgrade: the catalog is as it was", None
            if phase == "downgrade" and (found := difference(self.before, now)):
                return f"after downgrade: {found}", None
            if phase == "second upgrade" and (found := difference(after, now)):
                return f"after the second upgrade: {found}", None
        return self.look(stage, database), after

    def lint(self, *options):
        address = self.databases.url(self.name)
        ran = subprocess.run(
            [self.binary, *options, "--database-url", address, "--exit-zero"],
            cwd=self.root,
            capture_output=True,
            text=True,
        )
        if ran.returncode:
            raise Failure(f"alembic-lint {' '.join(options)}: {ran.stdout}\n{ran.stderr}")
        return ran

    def findings(self, *options):
        ran = self.lint(*options, "--output-format", "json")
        return json.loads(ran.stdout)["diagnostics"], ran.stderr

    def repair(self, stage, path):
        """Repairs a revision, and says which rules took part and which speak still."""
        renames = [option for rename in stage.renames for option in ("--rename", rename)]
        others = {file: file.read_text() for file in path.parent.glob("*.py") if file != path}
        found, _ = self.findings()
        # A rename is repaired where the author says that it is one.
        is_repaired = lambda finding: finding["fix"] or (renames and finding["rule"] == "possible-rename")
        found = [(finding["rule"], finding["path"]) for finding in found if is_repaired(finding)]
        left, told = self.findings("--fix", "--unsafe-fixes", *renames)
        for finding in left:
            if is_repaired(finding) and (finding["rule"], finding["path"]) in found:
                raise Failure(f"not repaired: {finding['message']}\n{told}\n{path.read_text()}")
        for file, text in others.items():
            if file.read_text() != text:
                raise Failure(f"{file.name} has run and was written")
        return [rule for rule, _ in found], sorted({finding["rule"] for finding in left})

    def evolve(self):
        self.before = self.catalog(self.name)
        stages = [stage for stage in self.project.stages if self.server in stage.servers]
        for number, stage in enumerate(stages, 1):
            self.change_models(stage)
            path = self.new_revision(stage, number)
            unfixed = path.read_text()
            repaired, left = self.repair(stage, path)
            fixed, wrong = path.read_text(), None
            if fixed != unfixed:
                path.write_text(unfixed)
                wrong = self.trial(stage)
                path.write_text(fixed)
            for rule in repaired:
                self.took_part[rule] = self.took_part.get(rule, 0) + 1
            self.stages.append({"name": stage.name, "unfixed": wrong, "repaired": repaired, "left": left})
            problem, catalog = self.there_and_back(stage, self.name)
            if problem:
                raise Failure(f"{stage.name}: {problem}\n--- unfixed\n{unfixed}\n--- fixed\n{fixed}")
            self.before = catalog
            self.insert(self.name, stage.rows)
        self.whole_way()

    def whole_way(self):
        """Down to the base, where nothing is left, and up to the head, where all is again as it was."""
        config = self.config(self.name)
        try:
            command.downgrade(config, "base")
            left = {kind: objects for kind, objects in self.catalog(self.name).items() if objects}
            if left:
                raise Failure(f"left at the base: {left}")
            command.upgrade(config, "head")
        except sa.exc.SQLAlchemyError as problem:
            raise Failure(f"the whole way: {problem}") from problem
        if found := difference(self.before, self.catalog(self.name)):
            raise Failure(f"at the head again: {found}")


def without_own_names(table):
    """The indexes, without the names that MariaDB gives to those it makes for foreign keys: they depend on how the key came about."""
    keys = [json.loads(key)["columns"] for key in table["foreign_keys"]]
    indexes = map(json.loads, table["indexes"])
    return sorted(json.dumps(index | {"name": "" if index["columns"] in keys else index["name"]}, sort_keys=True) for index in indexes)


def written(text, function, body):
    """The revision with these statements in a function, or without the function."""
    start = text.index(f"def {function}()")
    end = text.find("\n\n\ndef ", start)
    end = len(text) - 1 if end < 0 else end
    if body is None:
        return text[:start].rstrip() + text[end:]
    signature, _, _ = text[start:end].partition("\n")
    lines = [f"    {line}".rstrip() for line in body.strip("\n").split("\n")]
    return text[:start] + "\n".join([signature, *lines]) + text[end:]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=pathlib.Path, required=True)
    parser.add_argument("--project", required=True)
    parser.add_argument("--server", choices=("postgresql", "mariadb", "sqlite"), required=True)
    parser.add_argument("--version", help="the `database-version` of the configuration")
    parser.add_argument("--url")
    parser.add_argument("--database", default="evolution", help="the name of the database that is made")
    parser.add_argument("--keep", type=pathlib.Path, help="a new directory for the project, which stays")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    sys.dont_write_bytecode = True
    project = importlib.import_module(arguments.project).PROJECT
    with tempfile.TemporaryDirectory() as scratch:
        root = arguments.keep or pathlib.Path(scratch, "project")
        root.mkdir(parents=True)
        sys.path.insert(0, str(root))
        started, error = time.monotonic(), None
        evolution = Evolution(project, arguments, root.resolve())
        try:
            # Alembic tells what it does.
            with contextlib.redirect_stdout(sys.stderr):
                evolution.evolve()
        except Failure as failure:
            error = str(failure)
    result = {"stages": evolution.stages, "repaired": evolution.took_part, "error": error}
    json.dump(result | {"seconds": round(time.monotonic() - started, 1)}, sys.stdout, indent=1)
    sys.exit(error is not None)


if __name__ == "__main__":
    main()

"""Upgrades empty databases with real Alembic and compares what is there then with what alembic-lint replayed.

    replay.py --binary target/debug/alembic-lint --postgresql URL --mariadb URL [--details] [PACKAGE]...

The URLs name a server and a database to connect to for creating others, such as `postgresql+psycopg://me:secret@127.0.0.1:5432/postgres`.
SQLite needs none. `tests/corpus/replay.toml` says which packages run where, and why they do not run elsewhere. Fails on any difference,
where revisions do not do as is noted there, and where less is known.
"""

import argparse
import concurrent.futures
import csv
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import tomllib
from typing import NamedTuple

import sqlalchemy as sa

import schema_comparison

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
# So many packages of the corpus have to agree with a database in something, lest the proof dwindle unnoticed.
FEWEST_PACKAGES = 22
DIALECTS = {"postgresql": "postgresql", "mariadb": "mariadb", "sqlite": "sqlite"}


class Target(NamedTuple):
    """One script directory and one database."""

    name: str
    database: str
    root: pathlib.Path
    locations: list[str]
    floor: float
    is_project: bool = False
    engines: tuple[str, ...] = ()
    convention: str | None = None
    before: str | None = None
    driver: str | None = None
    # Whether `env.py` chooses the version locations, as only a setting tells.
    has_own_locations: bool = False
    revision: str = "heads"
    # How the revisions fail, where they cannot run.
    failure: dict | None = None

    @property
    def label(self):
        return f"{self.name} on {self.database}"


def targets():
    """What is carried out: packages of the corpus and the example projects."""
    settled = tomllib.loads((ROOT / "tests/corpus/replay.toml").read_text())
    with open(ROOT / "tests/corpus/packages.tsv", newline="") as file:
        versions = {row["package"]: row["versions"].split(";") for row in csv.DictReader(file, delimiter="\t")}
    if settled["packages"].keys() != versions.keys():
        raise ValueError(f"in one list only: {sorted(settled['packages'].keys() ^ versions.keys())}")
    for package, settings in settled["packages"].items():
        # The first location is the main script directory's; some packages have others beside it.
        locations = [version for version in versions[package] if f"{version}/".startswith(f"{versions[package][0]}/")]
        yield from targets_of(package, ROOT / "target/replay" / package, locations, settings)
    for project, settings in settled["projects"].items():
        for target in targets_of(project, ROOT / "testdata/projects" / project, [settings["versions"]], settings):
            yield target._replace(is_project=True)


def targets_of(name, root, locations, settings):
    """A package or project on each database: either it runs there or it fails."""
    floors, failures = settings.get("databases", {}), settings.get("fails", {})
    for database in DIALECTS:
        if (database in floors) == (database in failures):
            raise ValueError(f"{name} on {database}: either it runs or it fails")
        yield Target(
            name,
            database,
            root,
            settings.get("locations", {}).get(database, locations),
            floors.get(database, 0.0),
            engines=tuple(settings.get("engines", ())),
            convention=settings.get("convention"),
            before=settings.get("before"),
            driver=settings.get("drivers", {}).get(database),
            has_own_locations="locations" in settings,
            revision=settings.get("revision", "heads"),
            failure=failures.get(database),
        )


class Servers:
    """Where databases are made."""

    def __init__(self, urls, scratch):
        self._urls = {database: sa.make_url(url) for database, url in urls.items() if url}
        self.scratch = pathlib.Path(scratch)

    def has(self, database):
        return database == "sqlite" or database in self._urls

    def create(self, target):
        """An empty database of its own."""
        if target.database == "sqlite":
            path = self.scratch / f"{target.name}.sqlite"
            path.unlink(missing_ok=True)
            return f"sqlite:///{path}"
        url = self._urls[target.database]
        name = f"replay_{target.name}"
        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name}")
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        engine.dispose()
        url = url.set(database=name, drivername=target.driver or url.drivername)
        return url.render_as_string(hide_password=False)


def carried_out(target, url):
    """What the database holds after `alembic upgrade heads`."""
    command = [sys.executable, HERE / "carry_out.py", "--root", target.root, "--url", url, "--revision", target.revision]
    for engine in target.engines:
        command += ["--engine", engine]
    if target.convention:
        command += ["--convention", target.convention]
    if target.before:
        command += ["--before", target.before]
    ran = subprocess.run([*command, *target.locations], capture_output=True, text=True)
    if not ran.stdout:
        raise RuntimeError(ran.stderr)
    return json.loads(ran.stdout)


def repaired(binary, target, scratch):
    """A copy of an example project in which the imports are there that its revisions lack on purpose."""
    root = pathlib.Path(tempfile.mkdtemp(dir=scratch), target.name)
    shutil.copytree(target.root, root)
    ran = subprocess.run([binary, "--fix", "--quiet"], cwd=root, capture_output=True, text=True)
    if ran.returncode not in (0, 1):
        raise RuntimeError(ran.stderr)
    return target._replace(root=root)


def replayed(binary, target):
    """What alembic-lint says."""
    command = [binary, "schema", "--output-format", "json", "--config", f'dialect = "{DIALECTS[target.database]}"']
    if target.has_own_locations:
        command += ["--config", f"version-locations = {json.dumps(target.locations)}"]
    command.append(target.revision)
    ran = subprocess.run([*command, *target.locations], cwd=target.root, capture_output=True, text=True)
    if ran.returncode:
        raise RuntimeError(ran.stderr)
    (directory,) = json.loads(ran.stdout)["directories"]
    return directory


def compare(binary, servers, target):
    if target.is_project:
        target = repaired(binary, target, servers.scratch)
    url = servers.create(target)
    result = carried_out(target, url)
    if target.failure is not None:
        wanted = (target.failure["error"], f"/{target.failure['at']}:" if "at" in target.failure else "")
        if result["error"] is None or not all(part in result["error"] for part in wanted):
            raise RuntimeError(f"expected {target.failure}, after {result['revisions']} revisions: {result['error']}")
        return result["revisions"], None
    if result["error"]:
        raise RuntimeError(f"after {result['revisions']} revisions: {result['error']}")
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        comparison = schema_comparison.compare(replayed(binary, target), result["catalog"], connection)
    engine.dispose()
    return result["revisions"], comparison


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=pathlib.Path, required=True)
    parser.add_argument("--postgresql", metavar="URL")
    parser.add_argument("--mariadb", metavar="URL")
    parser.add_argument("--only", choices=DIALECTS)
    parser.add_argument("--details", action="store_true", help="say what is not known")
    parser.add_argument("packages", nargs="*")
    arguments = parser.parse_args()
    binary = arguments.binary.resolve()
    failures, proved = [], set()
    row = "{:38} {:>9} {:>7} {:>8} {:>7} {:>7} {:>10} {:>8} {:>7}".format
    print(row("", "revisions", "tables", "columns", "facts", "equal", "different", "unknown", "known"))
    with tempfile.TemporaryDirectory() as scratch, concurrent.futures.ThreadPoolExecutor(2) as pool:
        servers = Servers({"postgresql": arguments.postgresql, "mariadb": arguments.mariadb}, scratch)
        chosen = [
            target
            for target in targets()
            if servers.has(target.database)
            and (not arguments.packages or target.name in arguments.packages)
            and arguments.only in (None, target.database)
        ]
        running = [(target, pool.submit(compare, binary, servers, target)) for target in chosen]
        for target, run in running:
            try:
                revisions, found = run.result()
            except (RuntimeError, subprocess.SubprocessError, sa.exc.SQLAlchemyError) as error:
                print(f"{target.label:38} is otherwise")
                failures.append(f"{target.label}: {error}")
                continue
            if found is None:
                print(f"{target.label:38} {revisions:>9} fails: {target.failure['error']}", flush=True)
                continue
            print(
                row(
                    target.label,
                    revisions,
                    found.tables,
                    found.columns,
                    found.facts,
                    found.equal,
                    len(found.differences),
                    found.unknown,
                    f"{found.known:.1%}",
                ),
                flush=True,
            )
            failures += [f"{target.label}: {difference}" for difference in found.differences]
            if found.equal and not target.is_project:
                proved.add(target.name)
            if found.known < target.floor:
                failures.append(f"{target.label}: {found.known:.2%} are known, and it was {target.floor:.2%}")
            if arguments.details:
                failures += [f"{target.label}: not known: {doubt}" for doubt in found.doubts]
    if not arguments.packages and not arguments.only and len(proved) < FEWEST_PACKAGES:
        failures.append(f"only {len(proved)} packages prove something: {sorted(proved)}")
    print("\n".join(failures))
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()

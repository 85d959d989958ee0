"""Compares what alembic-lint reads with what real Alembic does, revision by revision.

    compare.py --binary target/release/alembic-lint [--package NAME]... [--project DIRECTORY]... [--details]

Without `--package` and `--project`: every package of the corpus and every example project. `record.py` tells the truth;
`alembic-lint review --all --output-format json` tells what is read. Without `--binary` only the recordings are made and
counted. The exit code is 1 when a figure is below what the project promises.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent / "corpus"))
from download import packages  # noqa: E402
from stand_ins import MARK as UNKNOWN  # noqa: E402

CORPUS = ROOT / "target/corpus"
RECORDED = ROOT / "target/recorded"
PROJECTS = ROOT / "testdata/projects"
LISTED_AT_LEAST = 0.995
RECORDED_AT_LEAST = 0.99
SECONDS_FOR_ONE_PACKAGE = 900

Unit = collections.namedtuple("Unit", "name root directories")


def units(names, projects):
    """The packages and projects to compare, each with its version locations."""
    everything = not names and not projects
    for package in packages():
        if everything or package["package"] in names:
            root = CORPUS / package["package"]
            yield Unit(package["package"], root, [root / folder for folder in package["versions"]])
    for root in sorted(PROJECTS.iterdir()) if everything and PROJECTS.is_dir() else projects:
        root = pathlib.Path(root).resolve()
        yield Unit(root.name, root, sorted(path.parent for path in root.glob("**/versions/") if path.is_dir()) and sorted(p for p in root.glob("**/versions") if p.is_dir()))


def recording(unit):
    """What real Alembic does; kept until the recorder or the revisions change."""
    kept = RECORDED / f"{unit.name}.json"
    sources = [*HERE.glob("*.py"), *(path for folder in unit.directories for path in folder.glob("*.py"))]
    if not kept.exists() or kept.stat().st_mtime < max(path.stat().st_mtime for path in sources):
        RECORDED.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, str(HERE / "record.py"), "--root", str(unit.root), *map(str, unit.directories)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS_FOR_ONE_PACKAGE)
        if done.returncode != 0:
            raise SystemExit(f"{unit.name}: the recorder failed\n{done.stderr[-4000:]}")
        kept.write_text(done.stdout)
    return json.loads(kept.read_text())


def reading(binary, unit):
    """What alembic-lint reads."""
    command = [str(binary), "review", "--all", "--output-format", "json", *map(str, unit.directories)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=unit.root, timeout=SECONDS_FOR_ONE_PACKAGE)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{unit.name}: {' '.join(command)}: exit code {done.returncode}\n{done.stderr[-4000:]}")
    return json.loads(done.stdout)


def normal(sql):
    """SQL without what does not matter: layout, case, the closing semicolon, escaped colons and percent signs."""
    sql = re.sub(r"--[^\n]*", " ", sql).replace("\\:", ":").replace("%%", "%")
    return re.sub(r"\s+", "", sql).rstrip(";").lower()


class Statement:
    """SQL that is compared by its text, as far as the text is known."""

    # What stands for a part that only running tells: ours, and the recorder's.
    UNKNOWN = re.compile(r"alembic_lint_unknown|" + UNKNOWN)

    def __init__(self, sql):
        self.text = normal(sql or "")
        parts = self.UNKNOWN.split(self.text)
        self.pattern = re.compile(".*".join(map(re.escape, parts))) if len(parts) > 1 else None

    def within(self, other):
        """Whether this text is the other one, or one of its statements."""
        if not self.text:
            return False
        return bool(self.pattern.search(other.text)) if self.pattern else self.text in other.text

    def equals(self, other):
        return self.text == other.text


class Direction:
    """One function of one revision: which recorded operations are listed, and which listed ones were recorded."""

    def __init__(self, recorded, read):
        self.recorded = [dict(one) for one in recorded["operations"]]
        self.read = [dict(one) for one in read["operations"]]
        self.decided = recorded["complete"] and not read["unresolved"] and not any(one["conditional"] for one in self.read)
        self._pair_directives()
        self._pair_statements()
        self._pair_repetitions()
        self.lost = [one for one in self.recorded if not one.get("paired")]
        self.invented = [one for one in self.read if not one.get("paired")]

    def _pair(self, matches, recorded, read):
        for one in recorded:
            other = next((other for other in read if not one.get("paired") and not other.get("paired") and matches(one, other)), None)
            if other is not None:
                one["paired"] = other["paired"] = True

    def _pair_directives(self):
        recorded = [one for one in self.recorded if one["operation"] != "execute"]
        read = [one for one in self.read if not one["raw_sql"]]
        same = lambda one, other: all(one[part] == other[part] for part in ("operation", "table", "name"))
        # What a stand-in named has no name to compare.
        unnamed = lambda one, other: all(one[part] is None or one[part] == other[part] for part in ("operation", "table", "name"))
        self._pair(same, recorded, read)
        self._pair(unnamed, recorded, read)

    def _pair_statements(self):
        recorded = [one for one in self.recorded if one["operation"] == "execute"]
        read = [one for one in self.read if one["raw_sql"] or one["operation"] == "execute"]
        for one in [*recorded, *read]:
            # What a statement is in each of the databases.
            one["statements"] = [Statement(sql) for sql in (one["sql"], *one.get("or", ()))]
        any_of = lambda one, other, test: any(test(a, b) for a in one["statements"] for b in other["statements"])
        within = lambda one, other: any_of(one, other, lambda a, b: a.within(b) or b.within(a))
        self._pair(lambda one, other: any_of(one, other, Statement.equals), recorded, read)
        self._pair(within, recorded, read)
        # One text may hold several statements, and one statement may be several operations.
        for other in read:
            if not other.get("paired") and any(within(one, other) for one in recorded):
                other["paired"] = True
        # What SQLAlchemy builds has no text before it is run.
        self._pair(lambda one, other: True, recorded, [other for other in read if other["sql"] is None])

    def _pair_repetitions(self):
        """What depends on data is listed once, however often it was asked for."""
        for one in self.recorded:
            if not one.get("paired"):
                one["paired"] = any(
                    other["conditional"] and other.get("paired") and self._is_again(one, other) for other in self.read
                )

    @staticmethod
    def _is_again(one, other):
        if one["operation"] == "execute":
            if "statements" not in other:
                return False
            return one["line"] == other["line"] or other["statements"][0].within(one["statements"][0])
        return all(one[part] == other[part] for part in ("operation", "table", "name"))


class Figures:
    """The sums of one unit."""

    def __init__(self, unit):
        self.unit = unit
        self.revisions = self.complete = self.recorded = self.lost = self.read = self.invented = self.strangers = 0
        self.notes = []

    def add(self, path, name, direction):
        self.recorded += len(direction.recorded)
        self.lost += len(direction.lost)
        place = f"{path}:{{}} {name}"
        self.notes += [f"  not listed: {place.format(one['line'])}: {brief(one)}" for one in direction.lost]
        if direction.decided:
            self.read += len(direction.read)
            self.invented += len(direction.invented)
            self.notes += [f"  not recorded: {place.format(one['line'])}: {brief(one)}" for one in direction.invented]


def brief(one):
    sql = re.sub(r"\s+", " ", one["sql"] or "")[:100]
    return f"{one['operation']} {one['table']} {one['name']} {sql}".rstrip()


def compare(binary, unit):
    figures = Figures(unit)
    truth = recording(unit)
    figures.revisions = len(truth["revisions"])
    for revision in truth["revisions"]:
        figures.complete += all(revision[name]["complete"] for name in ("upgrade", "downgrade"))
    if binary is None:
        for revision in truth["revisions"]:
            for name in ("upgrade", "downgrade"):
                figures.recorded += len(revision[name]["operations"])
                if not revision[name]["complete"]:
                    figures.notes.append(f"  stopped: {revision['path']} {name}: {revision[name]['stopped'][0]}")
        return figures
    read = {os.path.normpath(unit.root / revision["path"]): revision for revision in reading(binary, unit)["revisions"]}
    for revision in truth["revisions"]:
        ours = read.get(revision["path"])
        for name in ("upgrade", "downgrade"):
            nothing = {"operations": [], "unresolved": []}
            figures.add(revision["path"], name, Direction(revision[name], ours[name] if ours else nothing))
    for path, difference in identifiers(truth["script_directory"], read):
        figures.strangers += 1
        figures.notes.append(f"  identifiers: {path}: {difference}")
    return figures


def identifiers(scripts, read):
    """Where Alembic's script directory and alembic-lint do not see the same revisions."""
    theirs = {script["path"]: script for script in scripts}
    for path in sorted(read.keys() - theirs.keys()):
        yield path, "no revision to Alembic"
    for path, script in sorted(theirs.items()):
        if path not in read:
            yield path, "not read"
            continue
        for part in ("revision", "down_revision", "branch_labels", "depends_on"):
            # A file that cannot be imported here tells nothing, nor does a value from a module that is not installed.
            if "error" in script or UNKNOWN in str(script[part]):
                continue
            if script[part] != read[path][part]:
                yield path, f"{part}: Alembic has {script[part]!r}, alembic-lint {read[path][part]!r}"


def share(part, whole):
    return 1.0 if whole == 0 else 1 - part / whole


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=pathlib.Path)
    parser.add_argument("--package", action="append", default=[])
    parser.add_argument("--project", action="append", default=[], type=pathlib.Path)
    parser.add_argument("--details", action="store_true", help="print every difference")
    arguments = parser.parse_args()
    binary = arguments.binary and arguments.binary.resolve()
    print(f"{'':22} {'revisions':>9} {'complete':>9} {'recorded':>9} {'listed':>9} {'read':>9} {'was recorded':>13} {'other ids':>10}")
    total = Figures(Unit("total", None, None))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for figures in pool.map(lambda unit: compare(binary, unit), units(arguments.package, arguments.project)):
            show(figures)
            if arguments.details and figures.notes:
                print("\n".join(figures.notes))
            for name in ("revisions", "complete", "recorded", "lost", "read", "invented", "strangers"):
                setattr(total, name, getattr(total, name) + getattr(figures, name))
    show(total)
    if binary is None:
        return 0
    good = share(total.lost, total.recorded) >= LISTED_AT_LEAST and share(total.invented, total.read) >= RECORDED_AT_LEAST
    good = good and total.strangers == 0 and total.recorded > 0
    print("as promised" if good else f"below what is promised: {LISTED_AT_LEAST:.1%} listed, {RECORDED_AT_LEAST:.0%} recorded, the same identifiers")
    return 0 if good else 1


def show(figures):
    listed, recorded = share(figures.lost, figures.recorded), share(figures.invented, figures.read)
    print(
        f"{figures.unit.name:22} {figures.revisions:>9} {figures.complete:>9} {figures.recorded:>9} {listed:>9.2%}"
        f" {figures.read:>9} {recorded:>13.2%} {figures.strangers:>10}",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())

"""Times alembic-lint beside ruff on the corpus of real revisions.

    tests/set_up.sh && cargo build --release && python3 benches/speed.py [--runs 15]

All read the same files in turns, so that what else the machine does weighs on each. Ruff checks one rule, F821 (undefined
names), without its cache; alembic-lint checks its main rules, those that are on by default, and everything it has.
"""

import argparse
import csv
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time

# What may never pass: imports, losses, hand-written SQL, revisions that say or do nothing, changes to applied revisions.
MAIN_RULES = """
    parse-error missing-sqlmodel-import template-missing-import required-import undefined-name missing-revision-identifiers
    unanalysable-operation drop-table drop-column truncate delete-data update-without-where delete-without-where drop-schema
    drop-index drop-constraint raw-sql dynamic-sql empty-migration manual-migration nondescriptive-message
    applied-revision-edited applied-revision-deleted applied-revision-renamed applied-revision-reparented
    unused-suppression suppression-without-reason unknown-rule-in-suppression
""".split()

ROOT = pathlib.Path(__file__).resolve().parent.parent


def version_locations():
    with (ROOT / "tests/corpus/packages.tsv").open(newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            for location in row["versions"].split(";"):
                yield f"{row['package']}/{location}"


def seconds(command, folder):
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    taken = time.perf_counter() - start
    # 1 is "there are findings" for both.
    if done.returncode not in (0, 1):
        raise SystemExit(f"{command[0]}: exit code {done.returncode}\n{done.stderr.decode()[-2000:]}")
    return taken


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=pathlib.Path, default=ROOT / "target/release/alembic-lint")
    parser.add_argument("--ruff", type=pathlib.Path, default=ROOT / "target/test-environment/bin/ruff")
    parser.add_argument("--runs", type=int, default=15)
    arguments = parser.parse_args()
    places = list(version_locations())

    def check(rules):
        every_revision = ["--all", "--applied-ref", "false", "--output-format", "json"]
        return [arguments.binary.resolve(), *every_revision, "--select", rules, *places]

    commands = {
        "ruff check --select F821": [arguments.ruff, "check", "--no-cache", "--isolated", "--select", "F821", *places],
        f"alembic-lint, {len(MAIN_RULES)} main rules": check(",".join(MAIN_RULES)),
        "alembic-lint, recommended": check("recommended"),
        "alembic-lint, every rule": check("all"),
        "alembic-lint review": [arguments.binary.resolve(), "review", "--all", "--applied-ref", "false", *places],
    }
    with tempfile.TemporaryDirectory() as scratch:
        # Outside the repository: neither program is to find its settings or its git history.
        corpus = shutil.copytree(ROOT / "target/corpus", pathlib.Path(scratch, "corpus"))
        times = {name: [] for name in commands}
        for command in commands.values():
            seconds(command, corpus)
        for _ in range(arguments.runs):
            for name, command in commands.items():
                times[name].append(seconds(command, corpus))
    yardstick = min(next(iter(times.values())))
    print(f"{'':28} {'min':>8} {'median':>8} {'min, ruff = 1':>15}")
    for name, taken in times.items():
        print(f"{name:28} {min(taken) * 1000:>5.0f} ms {statistics.median(taken) * 1000:>5.0f} ms {min(taken) / yardstick:>15.2f}")


if __name__ == "__main__":
    main()

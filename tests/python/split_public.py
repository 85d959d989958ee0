"""Takes all revisions of public packages apart, and runs whole and parts with real Alembic on empty databases: the catalogs must be equal.

    split_public.py --binary ALEMBIC_LINT --postgresql URL PACKAGE...

The packages are some of those that `replay.py` runs on PostgreSQL.
"""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import replay
import there_and_back


def in_any_order(catalog):
    """A catalog as `there_and_back` compares it: the order of parts says nothing."""
    catalog = json.loads(json.dumps(catalog))
    tables = {}
    for table in catalog.pop("tables"):
        for key, parts in table.items():
            if isinstance(parts, list):
                table[key] = sorted(json.dumps(part, sort_keys=True) for part in parts)
        tables[f"{table['schema']}.{table['name']}"] = table
    return {"tables": tables, **{key: sorted(map(str, parts)) for key, parts in catalog.items()}}


def taken_apart(binary, target, scratch):
    """A copy of a package in which every revision is taken apart that can be, and how many were."""
    root = pathlib.Path(tempfile.mkdtemp(dir=scratch), target.name)
    shutil.copytree(target.root, root)
    wholes = parts = 0
    for path in sorted(path for location in target.locations for path in (root / location).glob("*.py")):
        command = [binary, "split", path, "--applied-ref", "false", "--config", f'dialect = "{target.database}"']
        ran = subprocess.run(command, cwd=root, capture_output=True, text=True)
        if ran.returncode not in (0, 2) or "please report" in ran.stderr:
            raise SystemExit(f"{path}: {ran.stderr}")
        told = sum(line[:1].isdigit() for line in ran.stdout.splitlines())
        wholes, parts = wholes + (told > 0), parts + told
    return target._replace(root=root), wholes, parts


def run(servers, target):
    ran = replay.carried_out(target, servers.create(target))
    if ran["error"]:
        raise SystemExit(f"{target.label}: after {ran['revisions']} revisions: {ran['error']}")
    return in_any_order(ran["catalog"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=pathlib.Path, required=True)
    parser.add_argument("--postgresql", metavar="URL", required=True)
    parser.add_argument("packages", nargs="+")
    arguments = parser.parse_args()
    binary = arguments.binary.resolve()
    with tempfile.TemporaryDirectory() as scratch:
        servers = replay.Servers({"postgresql": arguments.postgresql}, scratch)
        chosen = [target for target in replay.targets() if target.database == "postgresql"]
        for target in (target for target in chosen if target.name in arguments.packages):
            wanted = run(servers, target)
            apart, wholes, parts = taken_apart(binary, target, scratch)
            found = there_and_back.difference(wanted, run(servers, apart))
            if found or wholes == 0:
                raise SystemExit(f"{target.label}: {wholes} revisions in {parts} parts: {found}")
            print(f"{target.label}: {wholes} revisions in {parts} parts leave the same catalog", flush=True)


if __name__ == "__main__":
    sys.exit(main())

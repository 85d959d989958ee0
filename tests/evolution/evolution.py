"""Evolves every project on every database and says whether all is as it should be.

    evolution.py --binary target/debug/alembic-lint --postgresql 14=URL --postgresql 18=URL --mariadb URL [--details]

What `evolve.py` demands of each stage must hold. What goes wrong without repairs must be what `unfixed.toml` says, so that it is
known which repairs are needed. Each rule that repairs must have taken part.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tomllib
from collections import Counter

HERE = pathlib.Path(__file__).resolve().parent
EXPECTED = tomllib.loads((HERE / "unfixed.toml").read_text())
PROJECTS = ("shop", "heroes")


def evolve(binary, project, server, version, url):
    command = [sys.executable, HERE / "evolve.py", "--binary", binary, "--project", project, "--server", server]
    command += ["--database", f"{project}_{version or server}"]
    command += ["--url", url] if url else []
    command += ["--version", version] if version else []
    ran = subprocess.run(command, capture_output=True, text=True)
    try:
        return json.loads(ran.stdout)
    except json.JSONDecodeError:
        return {"stages": [], "repaired": {}, "seconds": 0, "error": ran.stdout + ran.stderr}


def unexpected(project, server, version, stages):
    """What goes wrong without repairs and is not expected to, and the other way round."""
    expected = EXPECTED.get(project, {})
    for stage in stages:
        by_server = expected.get(stage["name"], {})
        of_server = by_server.get(server, by_server.get("all", []))
        wanted = by_server.get(f"{server} {version}", of_server)
        wanted = [wanted] if isinstance(wanted, str) else wanted
        found = stage["unfixed"]
        if found is None:
            is_expected = not wanted or by_server.get("sometimes")
        else:
            is_expected = any(text in found for text in wanted)
        if not is_expected:
            yield f"{stage['name']}, unrepaired: expected {wanted}, found {found!r}"


def rules_with_repairs(binary):
    listed = json.loads(subprocess.run([binary, "rule", "--output-format", "json"], capture_output=True, text=True, check=True).stdout)
    return {rule["name"] for rule in listed["rules"] if rule["fix"] != "none"}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=pathlib.Path, required=True)
    parser.add_argument("--postgresql", action="append", default=[], metavar="MAJOR=URL")
    parser.add_argument("--mariadb", metavar="URL")
    parser.add_argument("--details", action="store_true")
    arguments = parser.parse_args()
    binary = arguments.binary.resolve()
    servers = [("postgresql", *place.split("=", 1)) for place in arguments.postgresql]
    servers += [("mariadb", None, arguments.mariadb)] if arguments.mariadb else []
    servers += [("sqlite", None, None)]
    runs = [(project, *server) for server in servers for project in PROJECTS]
    took_part, wrong, figures = Counter(), [], Counter()
    # Half of the time is spent in waiting for the servers.
    with concurrent.futures.ThreadPoolExecutor(2 * os.cpu_count()) as pool:
        results = pool.map(lambda run: evolve(binary, *run), runs)
        for (project, server, version, _), result in zip(runs, results):
            label = f"{project} on {server} {version or ''}".rstrip()
            stages, failing = result["stages"], [stage for stage in result["stages"] if stage["unfixed"]]
            repairs = sum(result["repaired"].values())
            figures.update(revisions=len(stages), failing=len(failing), repairs=repairs)
            took_part.update(result["repaired"])
            if result["error"]:
                wrong.append(f"{label}: {result['error']}")
            wrong += [f"{label}: {line}" for line in unexpected(project, server, version, stages)]
            print(f"{label:24} {len(stages):3} revisions {len(failing):3} fail without repairs {repairs:3} repairs {result['seconds']:5} s", flush=True)
            if arguments.details:
                for stage in failing:
                    print(f"    {stage['name']}: {stage['unfixed']}")
    absent = rules_with_repairs(binary) - took_part.keys()
    exceptions = EXPECTED["exceptions"]
    wrong += [f"the repair of {rule} took no part" for rule in sorted(absent - exceptions.keys())]
    wrong += [f"the repair of {rule} is excepted and took part" for rule in sorted(exceptions.keys() - absent)]
    print(f"{figures['revisions']} revisions, {figures['failing']} fail without repairs, {figures['repairs']} repairs of {len(took_part)} rules:")
    print(", ".join(f"{rule} {count}" for rule, count in sorted(took_part.items())))
    print("\n".join(wrong))
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()

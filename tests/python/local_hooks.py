"""Writes a pre-commit configuration that runs this repository's own hooks with a binary that is built already.

    local_hooks.py BINARY HOOK_ID... > .pre-commit-config.yaml

Each hook is taken from `.pre-commit-hooks.yaml` as it stands; only how the program gets onto the machine is left out.
"""

import pathlib
import sys

import yaml

MANIFEST = pathlib.Path(__file__).resolve().parent.parent.parent / ".pre-commit-hooks.yaml"


def main():
    binary, *wanted = sys.argv[1:]
    hooks = {hook["id"]: hook for hook in yaml.safe_load(MANIFEST.read_text())}
    local = []
    for name in wanted:
        program, *arguments = hooks[name]["entry"].split()
        if program != "alembic-lint":
            raise SystemExit(f"{name}: expected the entry to start with alembic-lint, found {program}")
        local.append(hooks[name] | {"language": "system", "entry": " ".join([binary, *arguments])})
    yaml.safe_dump({"repos": [{"repo": "local", "hooks": local}]}, sys.stdout)


if __name__ == "__main__":
    main()
